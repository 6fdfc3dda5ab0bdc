//! Several texts at once.
//!
//! A batch counts as many calls as it has texts, under the very limit of single ones, and passes as a whole or not at all:
//! whoever gets half an answer would have to find out which half was paid for.

use std::collections::BTreeSet;

use axum::body::Body;
use http::StatusCode;
use serde::Serialize;

use super::body::{Input, JsonInput};
use super::call::{Call, Principal};
use super::detect::{Document, Usage, some_text, usage};
use super::fields::{Fields, UNKNOWN};
use super::reply::Reply;
use super::upload::{self, Form, Part};
use super::usage as record;
use crate::config::Config;
use crate::detector::{self, Assessment, Options};
use crate::error::{Error, Result};
use crate::extract::{self, Extracted, Kind};
use crate::telemetry::observed::step;

/// Largest body: that of all files, or of all texts.
#[must_use]
pub fn body_limit(config: &Config) -> usize {
    json_limit(config).max(FILES)
}

/// Largest JSON body: all characters that a batch may have, each as a pair of `\uXXXX` escapes, and room for the rest.
fn json_limit(config: &Config) -> usize {
    config.detect.batch_max_chars * 12 + 32 * 1024
}

/// Texts that the detector takes. They are never stored nor logged.
pub struct Batch(Vec<Item>);

struct Item {
    id: Option<String>,
    text: String,
    /// What kind of file it came in.
    file: Option<Kind>,
}

impl Input for Batch {
    async fn read(call: &Call, body: Body, limit: usize) -> Result<Self> {
        if upload::is_multipart(&call.headers) {
            return files(call, body, limit.min(FILES)).await;
        }
        let Typed(items) = Typed::read(call, body, limit.min(json_limit(&call.app.config))).await?;
        Ok(Self(items))
    }

    fn cost(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

/// The texts of a form's files. Each is taken out as it comes, and its bytes are let go before those of the next.
async fn files(call: &Call, body: Body, limit: usize) -> Result<Batch> {
    let config = &call.app.config.detect;
    let mut form = Form::open(&call.headers, body, limit)?;
    let mut items = Vec::new();
    let mut chars = 0;
    let mut work = WORK;
    while let Some(part) = form.next().await? {
        let (name, bytes) = match part {
            Part::File { name: Some(name), bytes } => (name, bytes),
            Part::File { name: None, .. } => return Err(wrong(upload::PART, upload::NO_FILE)),
            Part::SecondOpinion(_) => return Err(wrong(upload::SECOND_OPINION, UNKNOWN)),
            Part::Other(name) => return Err(wrong(&name, UNKNOWN)),
        };
        let number = items.len() + 1;
        if number > MOST_TEXTS {
            return Err(wrong_number(upload::PART));
        }
        let Extracted { kind, text } = extract::extract_within(&name, &bytes, config.max_chars, &mut work)
            .map_err(|refusal| Error::OneOfFiles { number, refusal })?;
        chars += text.chars().count();
        if chars > config.batch_max_chars {
            return Err(Error::TextTooLong { limit: config.batch_max_chars });
        }
        items.push(Item { id: None, text, file: Some(kind) });
    }
    if items.is_empty() { Err(wrong_number(upload::PART)) } else { Ok(Batch(items)) }
}

fn wrong_number(field: &str) -> Error {
    wrong(field, &format!("A batch has 1 to {MOST_TEXTS} texts."))
}

fn wrong(field: &str, message: &str) -> Error {
    Error::InvalidInput(vec![upload::problem(field, message)])
}

/// Texts that were sent as JSON.
struct Typed(Vec<Item>);

impl JsonInput for Typed {
    fn from_fields(fields: &mut Fields<'_>, call: &Call) -> Option<Self> {
        let most_chars = call.app.config.detect.max_chars;
        let mut ids = BTreeSet::new();
        fields
            .list("texts", 1..=MOST_TEXTS, |item| {
                let id = item.optional("id", |id| fresh_id(id, &mut ids));
                let text = item.required("text", |text| match some_text(text) {
                    Ok(text) if text.chars().nth(most_chars).is_none() => Ok(text),
                    Ok(_) => Err(format!("The text is longer than {most_chars} characters.")),
                    Err(problem) => Err(problem.to_owned()),
                });
                Some(Item { id: id?, text: text?, file: None })
            })
            .map(Self)
    }

    /// All of it is judged within one request, whose computation stalls every other request of the isolate.
    fn checked(self, call: &Call) -> Result<Self> {
        let limit = call.app.config.detect.batch_max_chars;
        let chars: usize = self.0.iter().map(|item| item.text.chars().count()).sum();
        if chars > limit { Err(Error::TextTooLong { limit }) } else { Ok(self) }
    }
}

fn fresh_id(id: String, ids: &mut BTreeSet<String>) -> Result<String, String> {
    if id.is_empty() || id.chars().count() > LONGEST_ID || id.chars().any(char::is_control) {
        Err(format!("An id has 1 to {LONGEST_ID} characters, none of them a control character."))
    } else if !ids.insert(id.clone()) {
        Err("Another text of this batch has this id.".into())
    } else {
        Ok(id)
    }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct BatchReply {
    results: Vec<ResultBody>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    usage: Option<Usage>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct ResultBody {
    id: String,
    #[serde(flatten)]
    assessment: Assessment,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Document>,
}

/// Judges the texts, in their order. A text keeps its id; one without gets one.
///
/// # Errors
/// When there is no randomness for an id.
pub async fn detect(call: Call, principal: Principal, input: Batch) -> Result<Reply> {
    let options = Options { min_words: call.app.config.detect.min_words };
    let texts = input.cost();
    let clock = call.app.ports.clock.as_ref();
    let judge = |item: Item| {
        let id = item.id.map_or_else(|| call.app.new_id(), Ok)?;
        let assess = || detector::assess(&item.text, &options);
        let assessment = step(clock, "function", "detector::assess", assess);
        let document = item.file.map(|kind| Document { kind, text: item.text });
        Ok(ResultBody { id, assessment, document })
    };
    let results = input.0.into_iter().map(judge).collect::<Result<Vec<_>>>()?;
    record::record(&call, &principal, texts);
    let usage = call.quota.as_ref().and_then(|quota| usage(quota, call.now_ms));
    Reply::json(StatusCode::OK, &BatchReply { results, usage })
}

/// Texts of one batch.
const MOST_TEXTS: usize = 20;
const LONGEST_ID: usize = 64;
/// Bytes of all files of a batch and the frame around them: two files of the largest size, or more smaller ones.
const FILES: usize = 2 * upload::LIMIT;
/// Work for all files of a batch, see [`extract::WORK`]: they are read within one request, which stalls all others.
const WORK: usize = 2 * extract::WORK;

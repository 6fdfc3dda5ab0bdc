//! Several texts at once.
//!
//! A batch counts as many calls as it has texts, under the very limit of single ones, and passes as a whole or not at all:
//! whoever gets half an answer would have to find out which half was paid for.

use std::collections::BTreeSet;

use http::StatusCode;
use serde::Serialize;

use super::body::JsonInput;
use super::call::{Call, Principal};
use super::detect::{Usage, some_text, usage};
use super::fields::Fields;
use super::reply::Reply;
use super::usage as record;
use crate::config::Config;
use crate::detector::{self, Assessment, Options};
use crate::error::{Error, Result};
use crate::telemetry::observed::step;

/// Largest body: all characters that a batch may have, each as a pair of `\uXXXX` escapes, and room for the rest.
#[must_use]
pub fn body_limit(config: &Config) -> usize {
    config.detect.batch_max_chars * 12 + 32 * 1024
}

/// Texts that the detector takes. They are never stored nor logged.
pub struct Batch(Vec<Item>);

struct Item {
    id: Option<String>,
    text: String,
}

impl JsonInput for Batch {
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
                Some(Item { id: id?, text: text? })
            })
            .map(Self)
    }

    /// All of it is judged within one request, whose computation stalls every other request of the isolate.
    fn checked(self, call: &Call) -> Result<Self> {
        let limit = call.app.config.detect.batch_max_chars;
        let chars: usize = self.0.iter().map(|item| item.text.chars().count()).sum();
        if chars > limit { Err(Error::TextTooLong { limit }) } else { Ok(self) }
    }

    fn cost(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
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
}

/// Judges the texts, in their order. A text keeps its id; one without gets one.
///
/// # Errors
/// When there is no randomness for an id.
pub async fn detect(call: Call, principal: Principal, input: Batch) -> Result<Reply> {
    let options = Options { min_words: call.app.config.detect.min_words };
    let texts = JsonInput::cost(&input);
    let clock = call.app.ports.clock.as_ref();
    let judge = |item: Item| {
        let id = item.id.map_or_else(|| call.app.new_id(), Ok)?;
        let assess = || detector::assess(&item.text, &options);
        Ok(ResultBody { id, assessment: step(clock, "function", "detector::assess", assess) })
    };
    let results = input.0.into_iter().map(judge).collect::<Result<Vec<_>>>()?;
    record::record(&call, &principal, texts);
    let usage = call.quota.as_ref().and_then(|quota| usage(quota, call.now_ms));
    Reply::json(StatusCode::OK, &BatchReply { results, usage })
}

/// Texts of one batch.
const MOST_TEXTS: usize = 20;
const LONGEST_ID: usize = 64;

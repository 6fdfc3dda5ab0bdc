//! Was this text written by a machine?

use axum::body::Body;
use http::StatusCode;
use serde::Serialize;

use super::body::{Input, JsonInput};
use super::call::{Call, Principal};
use super::fields::Fields;
use super::limits::Quota;
use super::reply::Reply;
use super::second_opinion::OpinionBody;
use super::{upload, usage as record};
use crate::config::Config;
use crate::detector::{self, Assessment, Options};
use crate::domain::time::rfc3339;
use crate::error::{Error, Result};
use crate::extract::{self, Kind};
use crate::opinion;
use crate::telemetry::observed::step;

/// Largest body: that of a file, or of the longest text.
#[must_use]
pub fn body_limit(config: &Config) -> usize {
    json_limit(config).max(upload::LIMIT)
}

/// Largest JSON body: the longest text that the detector takes, each character as a pair of `\uXXXX` escapes, and room for
/// the rest.
fn json_limit(config: &Config) -> usize {
    config.detect.max_chars * 12 + 4 * 1024
}

/// A text that the detector takes, as JSON or out of a file. It is never stored nor logged.
pub struct DetectText {
    text: String,
    /// Another model, elsewhere, is to be asked too. Only then does the text leave the Worker.
    second_opinion: bool,
    /// What kind of file it came in.
    file: Option<Kind>,
}

impl Input for DetectText {
    async fn read(call: &Call, body: Body, limit: usize) -> Result<Self> {
        if !upload::is_multipart(&call.headers) {
            let Typed { text, second_opinion } =
                Typed::read(call, body, limit.min(json_limit(&call.app.config))).await?;
            return Ok(Self { text, second_opinion, file: None });
        }
        let file = upload::read(&call.headers, body, limit.min(upload::LIMIT)).await?;
        let extracted = extract::extract(&file.name, &file.bytes, call.app.config.detect.max_chars)?;
        Ok(Self { text: extracted.text, second_opinion: file.second_opinion, file: Some(extracted.kind) })
    }
}

/// A text that was sent as JSON.
struct Typed {
    text: String,
    second_opinion: bool,
}

impl JsonInput for Typed {
    fn from_fields(fields: &mut Fields<'_>, _: &Call) -> Option<Self> {
        let text = fields.required("text", some_text);
        let second_opinion = fields.flag("second_opinion");
        Some(Self { text: text?, second_opinion: second_opinion? })
    }

    fn checked(self, call: &Call) -> Result<Self> {
        let limit = call.app.config.detect.max_chars;
        if self.text.chars().nth(limit).is_some() { Err(Error::TextTooLong { limit }) } else { Ok(self) }
    }
}

/// Refuses a text of nothing but white space.
pub(super) fn some_text(text: String) -> Result<String, &'static str> {
    if text.trim().is_empty() { Err("There is no text to judge.") } else { Ok(text) }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct DetectReply {
    id: String,
    #[serde(flatten)]
    assessment: Assessment,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Document>,
    #[serde(skip_serializing_if = "Option::is_none")]
    second_opinion: Option<OpinionBody>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    usage: Option<Usage>,
}

/// What was read from a file: the offsets of sentences are places in this text.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Document {
    pub(super) kind: Kind,
    pub(super) text: String,
}

/// What is left of the limit.
#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct Usage {
    limit: u32,
    remaining: u32,
    resets_at: String,
}

/// Judges the text with the model inside the Worker, and asks for a second opinion when the request does. Neither changes
/// the other.
///
/// # Errors
/// When there is no randomness for the id.
pub async fn detect(call: Call, principal: Principal, input: DetectText) -> Result<Reply> {
    let id = call.app.new_id()?;
    let options = Options { min_words: call.app.config.detect.min_words };
    let assess = || detector::assess(&input.text, &options);
    let assessment = step(call.app.ports.clock.as_ref(), "function", "detector::assess", assess);
    record::record(&call, &principal, 1);
    let second_opinion = match input.second_opinion {
        true => Some(opinion::ask(&call.app, &principal.user.id, &input.text).await.into()),
        false => None,
    };
    let document = input.file.map(|kind| Document { kind, text: input.text });
    let usage = call.quota.as_ref().and_then(|quota| usage(quota, call.now_ms));
    Reply::json(StatusCode::OK, &DetectReply { id, assessment, document, second_opinion, usage })
}

/// The window of the policy with the least room left.
pub(super) fn usage(quota: &Quota, now_ms: i64) -> Option<Usage> {
    let windows = quota.policy.windows.iter().zip(&quota.decision.windows);
    let (window, state) = windows.min_by_key(|(_, state)| state.remaining)?;
    Some(Usage { limit: window.limit, remaining: state.remaining, resets_at: rfc3339(now_ms + state.reset_ms) })
}

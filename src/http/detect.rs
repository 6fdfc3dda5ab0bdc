//! Was this text written by a machine?

use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::body::JsonInput;
use super::call::{Call, Principal};
use super::limits::Quota;
use super::reply::Reply;
use crate::config::Config;
use crate::detector::{self, Assessment, Options};
use crate::domain::time::rfc3339;
use crate::error::{Error, FieldProblem, Result};

/// Largest body: the longest text that the detector takes, each character as a pair of `\uXXXX` escapes, and room for the
/// rest.
#[must_use]
pub fn body_limit(config: &Config) -> usize {
    config.detect.max_chars * 12 + 4 * 1024
}

/// Body of a detection.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DetectBody {
    text: String,
}

/// A text that the detector takes. It is never stored nor logged.
pub struct DetectText(String);

impl JsonInput for DetectText {
    type Wire = DetectBody;

    fn from_wire(wire: DetectBody, call: &Call) -> Result<Self> {
        let limit = call.app.config.detect.max_chars;
        if wire.text.chars().nth(limit).is_some() {
            return Err(Error::TextTooLong { limit });
        }
        if wire.text.trim().is_empty() {
            return Err(Error::InvalidInput(vec![FieldProblem::new("text", "There is no text to judge.")]));
        }
        Ok(Self(wire.text))
    }
}

#[derive(Serialize)]
struct DetectReply {
    id: String,
    #[serde(flatten)]
    assessment: Assessment,
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Usage {
    limit: u32,
    remaining: u32,
    resets_at: String,
}

/// Judges the text with the model inside the Worker.
///
/// # Errors
/// When there is no randomness for the id.
pub async fn detect(call: Call, _: Principal, input: DetectText) -> Result<Reply> {
    let options = Options { min_words: call.app.config.detect.min_words };
    let assessment = detector::assess(&input.0, &options);
    let usage = call.quota.as_ref().and_then(|quota| usage(quota, call.now_ms));
    Reply::json(StatusCode::OK, &DetectReply { id: call.app.new_id()?, assessment, usage })
}

/// The window of the policy with the least room left.
fn usage(quota: &Quota, now_ms: i64) -> Option<Usage> {
    let windows = quota.policy.windows.iter().zip(&quota.decision.windows);
    let (window, state) = windows.min_by_key(|(_, state)| state.remaining)?;
    Some(Usage { limit: window.limit, remaining: state.remaining, resets_at: rfc3339(now_ms + state.reset_ms) })
}

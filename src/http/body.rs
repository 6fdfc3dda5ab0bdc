//! Request bodies: from bytes to a value that is valid because it exists.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::call::Call;
use crate::error::{Error, FieldProblem, Result};

/// What a handler takes as its input.
pub trait Input: Sized + Send {
    /// Reads it from the body, of which at most `limit` bytes are taken.
    fn read(call: &Call, body: Body, limit: usize) -> impl Future<Output = Result<Self>> + Send;

    /// How many calls it counts for against the limit of the route.
    fn cost(&self) -> u32 {
        1
    }
}

/// A handler without input takes an empty body, or `{}`: what is sent and not wanted is a mistake that its sender should
/// hear of.
impl Input for () {
    async fn read(call: &Call, body: Body, limit: usize) -> Result<Self> {
        let Nothing = Nothing::read(call, body, limit).await?;
        Ok(())
    }
}

struct Nothing;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NothingBody {}

impl JsonInput for Nothing {
    type Wire = NothingBody;
    const MAY_BE_EMPTY: bool = true;

    fn from_wire(_: NothingBody, _: &Call) -> Result<Self> {
        Ok(Self)
    }
}

/// Input that arrives as a JSON object.
pub trait JsonInput: Sized + Send {
    /// The object as it stands on the wire. Refuses unknown fields (`#[serde(deny_unknown_fields)]`).
    type Wire: DeserializeOwned + Send;

    /// What [`Input::cost`] says of it.
    fn cost(&self) -> u32 {
        1
    }

    /// An empty body counts as `{}`.
    const MAY_BE_EMPTY: bool = false;

    /// Validates; reports every problem at once.
    ///
    /// # Errors
    /// [`Error::InvalidInput`], or what else the value can be refused for.
    fn from_wire(wire: Self::Wire, call: &Call) -> Result<Self>;
}

impl<T: JsonInput> Input for T {
    async fn read(call: &Call, body: Body, limit: usize) -> Result<Self> {
        let bytes = collect(&call.headers, body, limit).await?;
        if bytes.is_empty() && T::MAY_BE_EMPTY {
            return T::from_wire(parse(b"{}")?, call);
        }
        require_json(&call.headers)?;
        T::from_wire(parse(&bytes)?, call)
    }

    fn cost(&self) -> u32 {
        JsonInput::cost(self)
    }
}

/// Reads a body up to `limit` bytes. A length that is announced and too large is refused before a byte is read; one that
/// is not announced, or announced wrongly, as soon as it passes the limit.
async fn collect(headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Bytes> {
    require_announced(headers, limit)?;
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Error::InvalidJson("the body broke off".into()))?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > limit {
                return Err(Error::BodyTooLarge { limit });
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.freeze())
}

/// Refuses a body that is announced to be larger than `limit`.
///
/// # Errors
/// [`Error::BodyTooLarge`].
pub(super) fn require_announced(headers: &HeaderMap, limit: usize) -> Result<()> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) { Err(Error::BodyTooLarge { limit }) } else { Ok(()) }
}

/// Refuses a body that is compressed: its size would say nothing.
///
/// # Errors
/// [`Error::UnsupportedMediaType`].
pub(super) fn require_plain(headers: &HeaderMap) -> Result<()> {
    let encoding = headers.get(header::CONTENT_ENCODING).map_or(Some(""), |value| value.to_str().ok());
    match encoding {
        Some(text) if text.is_empty() || text.eq_ignore_ascii_case("identity") => Ok(()),
        _ => Err(Error::UnsupportedMediaType),
    }
}

/// `application/json`, in UTF-8 when a charset is named, and not compressed.
fn require_json(headers: &HeaderMap) -> Result<()> {
    let text = |name| headers.get(name).map_or(Some(""), |value: &http::HeaderValue| value.to_str().ok());
    let content_type = text(header::CONTENT_TYPE).ok_or(Error::UnsupportedMediaType)?;
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let is_utf8 = parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
        !name.trim().eq_ignore_ascii_case("charset") || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    if is_json && is_utf8 { require_plain(headers) } else { Err(Error::UnsupportedMediaType) }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    // A struct can be read from an array too; ours are objects.
    if bytes.trim_ascii_start().first().is_some_and(|byte| *byte != b'{') {
        return Err(match serde_json::from_slice::<IgnoredAny>(bytes) {
            Ok(_) => one_problem("", "The body must be a JSON object."),
            Err(error) => not_json(&error),
        });
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        problem(&path, error.inner(), bytes)
    })?;
    deserializer.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

fn not_json(error: &serde_json::Error) -> Error {
    let what = if error.is_eof() { "it ends too early" } else { "it can't be read" };
    Error::InvalidJson(format!("{what} at line {}, column {}", error.line(), error.column()))
}

/// Says what is wrong without quoting a value: the body may hold a password.
fn problem(path: &str, error: &serde_json::Error, bytes: &[u8]) -> Error {
    // serde_json takes a number where the name of a choice should stand for broken JSON, which it is not.
    if !error.is_data() && serde_json::from_slice::<serde_json::Value>(bytes).is_err() {
        return not_json(error);
    }
    let text = error.to_string();
    let named = text.split('`').nth(1).unwrap_or_default();
    let place = place(path, named);
    let (field, message) = if text.starts_with("unknown field") {
        (place.as_str(), "There is no such field in this request.")
    } else if text.starts_with("missing field") {
        (place.as_str(), "This field is required.")
    } else if text.starts_with("duplicate field") {
        (place.as_str(), "This field stands there twice.")
    } else if text.starts_with("unknown variant") {
        (path, "This is not one of the values that the field can have.")
    } else {
        (if path == "." { "" } else { path }, "This value is of the wrong type.")
    };
    one_problem(field, message)
}

/// `texts[1].text`: the path leads to the object and mostly, but not always, on to the field in it.
fn place(path: &str, field: &str) -> String {
    let leads_there = path == field || path.strip_suffix(field).is_some_and(|object| object.ends_with('.'));
    match path {
        "." => field.to_owned(),
        path if leads_there => path.to_owned(),
        path => format!("{path}.{field}"),
    }
}

/// A field's name comes from the client too: it is cut, so that an answer can't be made huge.
fn one_problem(field: &str, message: &str) -> Error {
    Error::InvalidInput(vec![FieldProblem { field: field.chars().take(64).collect(), message: message.into() }])
}

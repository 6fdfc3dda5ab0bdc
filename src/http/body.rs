//! Request bodies: from bytes to a value that is valid because it exists.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;

use super::call::Call;
use super::fields::Fields;
use crate::error::{Error, Result};

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

impl JsonInput for Nothing {
    const MAY_BE_EMPTY: bool = true;

    fn from_fields(_: &mut Fields<'_>, _: &Call) -> Option<Self> {
        Some(Self)
    }
}

/// Input that arrives as a JSON object.
pub trait JsonInput: Sized + Send {
    /// An empty body counts as `{}`.
    const MAY_BE_EMPTY: bool = false;

    /// Takes its fields, all of them before it gives up: every problem is to be told at once. `None` when there is one. A
    /// field that is not taken is refused as unknown.
    fn from_fields(fields: &mut Fields<'_>, call: &Call) -> Option<Self>;

    /// What is to be said against it as a whole, when nothing is wrong with any field.
    ///
    /// # Errors
    /// What it can be refused for.
    fn checked(self, _: &Call) -> Result<Self> {
        Ok(self)
    }

    /// What [`Input::cost`] says of it.
    fn cost(&self) -> u32 {
        1
    }
}

impl<T: JsonInput> Input for T {
    async fn read(call: &Call, body: Body, limit: usize) -> Result<Self> {
        let bytes = collect(&call.headers, body, limit).await?;
        let is_left_out = bytes.is_empty() && T::MAY_BE_EMPTY;
        if !is_left_out {
            require_json(&call.headers)?;
        }
        let mut fields = Fields::parse(if is_left_out { b"{}" } else { &bytes })?;
        let input = T::from_fields(&mut fields, call);
        fields.finish(input)?.checked(call)
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

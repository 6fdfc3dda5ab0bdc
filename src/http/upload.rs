//! Files in `multipart/form-data`: parts named `file`, and one, `second_opinion`, that may be there.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use multer::{Constraints, Multipart, SizeLimit};
use percent_encoding::percent_decode_str;

use super::body;
use crate::error::{Error, FieldProblem, Result};

/// Largest body with a file: 5 MiB and room for the frame around it.
pub const LIMIT: usize = 5 * 1024 * 1024 + 4 * 1024;

/// A file as it was sent. The type that the sender declares is not kept: what it is, its name and its bytes say.
pub struct Upload {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
    /// Whether a second opinion is asked for.
    pub second_opinion: bool,
}

/// Whether the body says that it is a form with files.
#[must_use]
pub fn is_multipart(headers: &HeaderMap) -> bool {
    content_type(headers).is_some_and(|text| {
        text.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case("multipart/form-data"))
    })
}

/// Reads the one file of a form, of at most `limit` bytes in all.
///
/// # Errors
/// [`Error::BodyTooLarge`]; [`Error::InvalidMultipart`]; [`Error::InvalidInput`] for a part that is not `file`, that is
/// there twice or not at all, or that has no name.
pub async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Upload> {
    let mut form = Form::open(headers, body, limit)?;
    let mut found = None;
    let mut second_opinion = None;
    while let Some(part) = form.next().await? {
        match part {
            Part::SecondOpinion(_) if second_opinion.is_some() => {
                return Err(problem(SECOND_OPINION, "This field stands there twice."));
            }
            Part::SecondOpinion(wanted) => second_opinion = Some(wanted),
            Part::File { .. } if found.is_some() => return Err(problem(PART, "This field stands there twice.")),
            Part::File { name, bytes } => found = Some((name, bytes)),
        }
    }
    let upload = |(name, bytes)| Upload { name, bytes, second_opinion: second_opinion.unwrap_or(false) };
    found.map(upload).ok_or_else(|| problem(PART, "This field is required."))
}

/// A form whose parts are read one after the other, so that one file at a time is in memory.
pub struct Form {
    parts: Multipart<'static>,
    limit: usize,
}

/// A part of a form.
pub enum Part {
    /// `file`.
    File {
        /// Its name.
        name: String,
        /// Its bytes, at most [`LIMIT`].
        bytes: Bytes,
    },
    /// `second_opinion`.
    SecondOpinion(bool),
}

impl Form {
    /// A form of at most `limit` bytes in all.
    ///
    /// # Errors
    /// [`Error::BodyTooLarge`]; [`Error::InvalidMultipart`].
    pub fn open(headers: &HeaderMap, body: Body, limit: usize) -> Result<Self> {
        body::require_announced(headers, limit)?;
        body::require_plain(headers)?;
        let boundary = content_type(headers).and_then(|text| multer::parse_boundary(text).ok());
        let boundary = boundary.filter(|boundary| (1..=LONGEST_BOUNDARY).contains(&boundary.len()));
        let boundary = boundary.ok_or(Error::InvalidMultipart)?;
        let size = SizeLimit::new().whole_stream(limit as u64).per_field(LIMIT as u64);
        let constraints = Constraints::new().size_limit(size);
        Ok(Self { parts: Multipart::with_constraints(body.into_data_stream(), boundary, constraints), limit })
    }

    /// The next part.
    ///
    /// # Errors
    /// [`Error::BodyTooLarge`]; [`Error::InvalidMultipart`]; [`Error::InvalidInput`] for a part of another name, and for a
    /// file that has none.
    pub async fn next(&mut self) -> Result<Option<Part>> {
        let limit = self.limit;
        let refused = |error| match error {
            multer::Error::StreamSizeExceeded { .. } => Error::BodyTooLarge { limit },
            multer::Error::FieldSizeExceeded { .. } => Error::BodyTooLarge { limit: LIMIT },
            _ => Error::InvalidMultipart,
        };
        let Some(part) = self.parts.next_field().await.map_err(refused)? else { return Ok(None) };
        match part.name() {
            Some(SECOND_OPINION) => match part.bytes().await.map_err(refused)?.as_ref() {
                b"true" => Ok(Some(Part::SecondOpinion(true))),
                b"false" => Ok(Some(Part::SecondOpinion(false))),
                _ => Err(problem(SECOND_OPINION, "This field must be true or false.")),
            },
            Some(PART) => {
                let name = extended_name(part.headers()).or_else(|| part.file_name().map(ToOwned::to_owned));
                let name = name.ok_or_else(|| problem(PART, "This field must be a file, with its name."))?;
                let bytes = part.bytes().await.map_err(refused)?;
                Ok(Some(Part::File { name, bytes }))
            }
            other => Err(problem(other.unwrap_or_default(), NO_SUCH_FIELD)),
        }
    }
}

/// The name in `filename*`, of RFC 5987: `UTF-8'en'na%C3%AFve.pdf`. Where both stand, it is the more exact one.
fn extended_name(headers: &HeaderMap) -> Option<String> {
    let disposition = std::str::from_utf8(headers.get(header::CONTENT_DISPOSITION)?.as_bytes()).ok()?;
    let parameters = disposition.split(';').filter_map(|parameter| parameter.split_once('='));
    let mut extended = parameters.filter(|(key, _)| key.trim().eq_ignore_ascii_case("filename*"));
    let (charset, rest) = extended.next()?.1.trim().split_once('\'')?;
    let bytes = percent_decode_str(rest.split_once('\'')?.1);
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" => bytes.decode_utf8().ok().map(Into::into),
        "iso-8859-1" => Some(bytes.map(char::from).collect()),
        _ => None,
    }
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()
}

pub(super) fn problem(field: &str, message: &str) -> Error {
    let field: String = field.chars().take(64).collect();
    Error::InvalidInput(vec![FieldProblem { field, message: message.into() }])
}

pub(super) const PART: &str = "file";
pub(super) const SECOND_OPINION: &str = "second_opinion";
pub(super) const NO_SUCH_FIELD: &str = "There is no such field in this request.";
/// RFC 2046.
const LONGEST_BOUNDARY: usize = 70;

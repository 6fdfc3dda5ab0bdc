//! Files in `multipart/form-data`: parts named `file`, and one, `second_opinion`, that may be there.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use multer::{Constraints, Multipart, SizeLimit};
use percent_encoding::percent_decode_str;

use super::body;
use super::fields::{LONGEST_NAME, MISSING, TWICE, UNKNOWN};
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
    let mut problems = Vec::new();
    while let Some(part) = form.next().await? {
        match part {
            Part::File { .. } if found.is_some() => problems.push(problem(PART, TWICE)),
            Part::File { name, bytes } => {
                if name.is_none() {
                    problems.push(problem(PART, NO_FILE));
                }
                found = Some((name, bytes));
            }
            Part::SecondOpinion(_) if second_opinion.is_some() => problems.push(problem(SECOND_OPINION, TWICE)),
            Part::SecondOpinion(wanted) => {
                if wanted.is_none() {
                    problems.push(problem(SECOND_OPINION, "This field must be true or false."));
                }
                second_opinion = Some(wanted.unwrap_or(false));
            }
            Part::Other(name) => problems.push(problem(&name, UNKNOWN)),
        }
        if problems.len() > MOST_PARTS {
            return Err(Error::InvalidInput(problems));
        }
    }
    if found.is_none() {
        problems.push(problem(PART, MISSING));
    }
    match found {
        Some((Some(name), bytes)) if problems.is_empty() => {
            Ok(Upload { name, bytes, second_opinion: second_opinion.unwrap_or(false) })
        }
        _ => Err(Error::InvalidInput(problems)),
    }
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
        /// Its name, if it has one.
        name: Option<String>,
        /// Its bytes, at most [`LIMIT`].
        bytes: Bytes,
    },
    /// `second_opinion`, if it is one of the two words.
    SecondOpinion(Option<bool>),
    /// A part of that name, which no form has. What it holds is not kept.
    Other(String),
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
    /// [`Error::BodyTooLarge`]; [`Error::InvalidMultipart`].
    pub async fn next(&mut self) -> Result<Option<Part>> {
        let limit = self.limit;
        let refused = |error| match error {
            multer::Error::StreamSizeExceeded { .. } => Error::BodyTooLarge { limit },
            multer::Error::FieldSizeExceeded { .. } => Error::BodyTooLarge { limit: LIMIT },
            _ => Error::InvalidMultipart,
        };
        let Some(part) = self.parts.next_field().await.map_err(refused)? else { return Ok(None) };
        Ok(Some(match part.name() {
            Some(SECOND_OPINION) => Part::SecondOpinion(match part.bytes().await.map_err(refused)?.as_ref() {
                b"true" => Some(true),
                b"false" => Some(false),
                _ => None,
            }),
            Some(PART) => {
                let name = extended_name(part.headers()).or_else(|| part.file_name().map(ToOwned::to_owned));
                Part::File { name, bytes: part.bytes().await.map_err(refused)? }
            }
            other => Part::Other(other.unwrap_or_default().to_owned()),
        }))
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

pub(super) fn problem(field: &str, message: &str) -> FieldProblem {
    let field: String = field.chars().take(LONGEST_NAME).collect();
    FieldProblem { field, message: message.into() }
}

pub(super) const PART: &str = "file";
pub(super) const SECOND_OPINION: &str = "second_opinion";
pub(super) const NO_FILE: &str = "This field must be a file, with its name.";
/// More parts that are wrong than that are not told of.
const MOST_PARTS: usize = 32;
/// RFC 2046.
const LONGEST_BOUNDARY: usize = 70;

//! Files in `multipart/form-data`: one part, named `file`, and one, `second_opinion`, that may be there.

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use multer::{Constraints, Multipart, SizeLimit};

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
    body::require_announced(headers, limit)?;
    body::require_plain(headers)?;
    let boundary = content_type(headers).and_then(|text| multer::parse_boundary(text).ok());
    let boundary = boundary.filter(|boundary| (1..=LONGEST_BOUNDARY).contains(&boundary.len()));
    let boundary = boundary.ok_or(Error::InvalidMultipart)?;
    let size = SizeLimit::new().whole_stream(limit as u64);
    let constraints = Constraints::new().size_limit(size);
    let mut form = Multipart::with_constraints(body.into_data_stream(), boundary, constraints);
    let refused = |error| match error {
        multer::Error::StreamSizeExceeded { .. } => Error::BodyTooLarge { limit },
        _ => Error::InvalidMultipart,
    };
    let mut found = None;
    let mut second_opinion = None;
    let mut problems = Vec::new();
    while let Some(part) = form.next_field().await.map_err(refused)? {
        // What a part that is refused holds is not kept.
        match part.name() {
            Some(PART) if found.is_some() => problems.push(problem(PART, TWICE)),
            Some(PART) => {
                let name = part.file_name().map(ToOwned::to_owned);
                if name.is_none() {
                    problems.push(problem(PART, "This field must be a file, with its name."));
                }
                found = Some((name, part.bytes().await.map_err(refused)?));
            }
            Some(SECOND_OPINION) if second_opinion.is_some() => problems.push(problem(SECOND_OPINION, TWICE)),
            Some(SECOND_OPINION) => {
                let value = part.bytes().await.map_err(refused)?;
                if !matches!(value.as_ref(), b"true" | b"false") {
                    problems.push(problem(SECOND_OPINION, "This field must be true or false."));
                }
                second_opinion = Some(value.as_ref() == b"true");
            }
            name => problems.push(problem(name.unwrap_or_default(), UNKNOWN)),
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

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()
}

fn problem(field: &str, message: &str) -> FieldProblem {
    let field: String = field.chars().take(LONGEST_NAME).collect();
    FieldProblem { field, message: message.into() }
}

const PART: &str = "file";
const SECOND_OPINION: &str = "second_opinion";
/// More parts that are wrong than that are not told of.
const MOST_PARTS: usize = 32;
/// RFC 2046.
const LONGEST_BOUNDARY: usize = 70;

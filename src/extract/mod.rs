//! Files in, text out: `.txt`, `.md`, `.docx` and `.pdf`.
//!
//! Pure, and written for files made to do harm: memory and work have bounds that do not depend on what a file claims of
//! itself, nothing recurses deeper than a constant, and a file that can't be read is an answer, not a panic. What kind a
//! file is, its name says, and its first bytes must agree; the type that the sender declares counts for nothing.

mod budget;
mod docx;
mod pdf;
mod plain;
#[cfg(test)]
mod tests;
mod utf16;

use std::fmt;

use serde::Serialize;

use budget::Budget;

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `.txt`
    Text,
    /// `.md`: kept as it stands.
    Markdown,
    /// `.docx`
    Docx,
    /// `.pdf`
    Pdf,
}

/// The text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    /// What kind of file it was.
    pub kind: Kind,
    /// Its text: paragraphs end with a line break.
    pub text: String,
}

/// Why there is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The name does not end in a kind that is read.
    UnknownKind,
    /// The first bytes are not those of the kind that the name says.
    NotWhatItSays(Kind),
    /// A Word document of before 2007, or one with a password: both look alike from outside.
    OldOrProtectedWord,
    /// A text in none of the encodings that are read.
    UnknownEncoding,
    /// Damaged, or not made by the rules of its kind.
    Damaged(Kind),
    /// Protected by a password or against copying.
    Protected,
    /// There is no text in it.
    NoText(Kind),
    /// There is text, but the file does not say which characters its shapes stand for.
    NoCharacters,
    /// It unpacks to more than is read, or takes more work than it is worth.
    TooMuch(Kind),
    /// More text than this many characters.
    TooLong(usize),
}

/// Takes the text out of a file, up to `max_chars` characters.
///
/// # Errors
/// See [`Refusal`].
pub fn extract(name: &str, bytes: &[u8], max_chars: usize) -> Result<Extracted, Refusal> {
    extract_within(name, bytes, max_chars, &mut { WORK })
}

/// The same, of one of several files, which share `work`: what is left of it is for the next.
///
/// # Errors
/// See [`Refusal`].
pub fn extract_within(name: &str, bytes: &[u8], max_chars: usize, work: &mut usize) -> Result<Extracted, Refusal> {
    let kind = kind(name, bytes)?;
    let granted = WORK.min(*work);
    let budget = Budget::new(kind, granted);
    let text = match kind {
        Kind::Text | Kind::Markdown => plain::text(bytes)?,
        Kind::Docx => docx::text(bytes, max_chars, &budget)?,
        Kind::Pdf => pdf::text(bytes, max_chars, &budget)?,
    };
    *work -= granted - budget.left();
    if text.chars().nth(max_chars).is_some() {
        return Err(Refusal::TooLong(max_chars));
    }
    if text.trim().is_empty() {
        return Err(Refusal::NoText(kind));
    }
    Ok(Extracted { kind, text })
}

fn kind(name: &str, bytes: &[u8]) -> Result<Kind, Refusal> {
    let (_, extension) = name.rsplit_once('.').ok_or(Refusal::UnknownKind)?;
    let known = KINDS.iter().find(|(known, _)| extension.eq_ignore_ascii_case(known));
    let (_, kind) = *known.ok_or(Refusal::UnknownKind)?;
    let is_pdf = bytes.get(..bytes.len().min(HEAD)).is_some_and(|head| find(head, b"%PDF-").is_some());
    let is_zip = bytes.starts_with(b"PK\x03\x04");
    let is_old_office = bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    let agrees = match kind {
        Kind::Text | Kind::Markdown => !bytes.starts_with(b"%PDF-") && !is_zip && !is_old_office,
        Kind::Docx if is_old_office => return Err(Refusal::OldOrProtectedWord),
        Kind::Docx => is_zip,
        Kind::Pdf => is_pdf,
    };
    if agrees { Ok(kind) } else { Err(Refusal::NotWhatItSays(kind)) }
}

/// Where `needle` begins in `bytes` for the first time.
fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(bytes, needle)
}

impl Kind {
    /// In words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text file",
            Self::Markdown => "Markdown file",
            Self::Docx => "Word document",
            Self::Pdf => "PDF",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKind => {
                f.write_str("Send a file whose name ends in .txt, .md, .docx or .pdf, or send its text as JSON.")
            }
            Self::NotWhatItSays(kind) => write!(f, "The name says {}, but what is in the file is not one.", kind.name()),
            Self::OldOrProtectedWord => f.write_str(
                "This is a Word document of before 2007 or one with a password. Save it as .docx without a password.",
            ),
            Self::UnknownEncoding => f.write_str("The text is not in UTF-8 (nor in UTF-16 with its mark). Save it as UTF-8."),
            Self::Damaged(kind) => write!(f, "The {} is damaged and can't be read. Save it anew.", kind.name()),
            Self::Protected => f.write_str("The PDF is protected. Save it without a password and without restrictions."),
            Self::NoText(Kind::Pdf) => f.write_str(
                "There is no text in the PDF: its pages are probably pictures. Run text recognition (OCR) on it first.",
            ),
            Self::NoText(kind) => write!(f, "There is no text in the {}.", kind.name()),
            Self::NoCharacters => f.write_str(
                "The PDF does not say which characters its letters are. Copy the text out by hand, or run text recognition \
                 (OCR) on it.",
            ),
            Self::TooMuch(kind) => {
                write!(f, "The {} unpacks to more than is read here. Send its text as .txt instead.", kind.name())
            }
            Self::TooLong(limit) => write!(f, "The text is longer than {limit} characters. Send it in parts."),
        }
    }
}

/// Work for one file, in bytes looked at or made: several times what a long thesis takes.
pub const WORK: usize = 48 * 1024 * 1024;
/// A PDF may begin a little late.
const HEAD: usize = 1024;

const KINDS: [(&str, Kind); 5] = [
    ("txt", Kind::Text),
    ("md", Kind::Markdown),
    ("markdown", Kind::Markdown),
    ("docx", Kind::Docx),
    ("pdf", Kind::Pdf),
];

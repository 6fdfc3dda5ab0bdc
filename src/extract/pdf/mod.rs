//! PDF: the text of its pages in the order in which they show it.
//!
//! Written for this purpose, on well-kept decoders: the crates that read PDFs answer hostile files with panics, unbounded
//! memory or both, which in a Worker ends the requests of others. Read are pages, forms within them, simple and composite
//! fonts by their `ToUnicode` tables or encodings. Not read: encrypted files, annotations, fonts that say of no shape which
//! character it is, and the pixels of pictures.

mod cmap;
mod content;
mod encoding;
mod file;
mod filters;
mod font;
mod hyphens;
mod layout;
mod lexer;
mod pages;
mod standard;

use super::budget::Budget;
use super::{Kind, Refusal};
use content::Painter;
use file::File;

/// The text of all pages.
pub(super) fn text(bytes: &[u8], max_chars: usize) -> Result<String, Refusal> {
    let budget = Budget::new(Kind::Pdf, WORK);
    let file = File::open(bytes, &budget)?;
    let pages = pages::all(&file)?;
    if pages.is_empty() {
        return Err(DAMAGED);
    }
    let mut painter = Painter::new(&file, max_chars);
    let mut lines = Vec::new();
    for page in &pages {
        painter.page(page)?;
        lines.push(layout::lines(painter.take_spans()));
    }
    if painter.unknown > painter.known {
        return Err(Refusal::NoCharacters);
    }
    Ok(layout::text(lines))
}

const DAMAGED: Refusal = Refusal::Damaged(Kind::Pdf);
const TOO_MUCH: Refusal = Refusal::TooMuch(Kind::Pdf);

/// Work for one file, see [`Budget`]: several times what a long thesis takes.
const WORK: usize = 48 * 1024 * 1024;

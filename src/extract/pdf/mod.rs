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
pub(super) fn text(bytes: &[u8], max_chars: usize, budget: &Budget) -> Result<String, Refusal> {
    let text = read(bytes, max_chars, budget);
    let is_nothing = text.as_ref().is_ok_and(|text| text.trim().is_empty()) || text == Err(Refusal::NoCharacters);
    // Half a file has pages without contents and fonts without tables: nobody is to be told that those are pictures.
    if is_nothing && !has_end(bytes) { Err(DAMAGED) } else { text }
}

/// Whether the file says where its table of references is, which is the last that a writer writes.
fn has_end(bytes: &[u8]) -> bool {
    let tail = bytes.get(bytes.len().saturating_sub(TAIL)..).unwrap_or_default();
    super::find(tail, b"startxref").is_some()
}

fn read(bytes: &[u8], max_chars: usize, budget: &Budget) -> Result<String, Refusal> {
    let file = File::open(bytes, budget)?;
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

/// Where the end of a file is looked for: some mail programs add a few lines.
const TAIL: usize = 2048;

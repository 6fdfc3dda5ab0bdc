//! Word documents: the main part of the package, paragraph by paragraph.
//!
//! Left out, as a reader of the printed page would not see it: deleted and moved-away text of tracked changes, hidden text,
//! field codes, the second copy of what has a fallback. Not read: headers, footers, notes and comments, which are other
//! parts of the package.

use std::io::{BufRead, BufReader, Read};

use flate2::bufread::DeflateDecoder;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use rawzip::{CompressionMethod, ZipArchive, ZipSliceArchive};

use super::budget::Budget;
use super::utf16::Utf16;
use super::{Kind, Refusal};

/// The text of the main part.
pub(super) fn text(bytes: &[u8], max_chars: usize, budget: &Budget) -> Result<String, Refusal> {
    let archive = ZipArchive::from_slice(bytes).map_err(|_| DAMAGED)?;
    let target = main_part(&archive, budget)?;
    let part = open(&archive, &target, MAX_UNPACKED, budget)?.ok_or(Refusal::NotWhatItSays(Kind::Docx))?;
    let mut body = Body { max_chars, ..Body::default() };
    walk(part, |event| body.take(event))?;
    Ok(body.finish())
}

/// Name of the part that holds the text, from the package's table of relations.
fn main_part(archive: &ZipSliceArchive<&[u8]>, budget: &Budget) -> Result<String, Refusal> {
    let mut target = None;
    if let Some(relations) = open(archive, "_rels/.rels", MAX_RELATIONS, budget)? {
        walk(relations, |event| {
            if let Event::Start(tag) | Event::Empty(tag) = event
                && tag.local_name().as_ref() == "Relationship"
                && attribute(&tag, "Type").is_some_and(|kind| kind.ends_with("/officeDocument"))
            {
                target = attribute(&tag, "Target");
            }
            Ok(())
        })?;
    }
    let target = target.unwrap_or_else(|| "word/document.xml".into());
    Ok(target.trim_start_matches('/').to_owned())
}

/// An entry of the package, unpacked as it is read and never beyond `limit` bytes, whatever its header claims.
fn open<'a>(
    archive: &'a ZipSliceArchive<&[u8]>,
    name: &str,
    limit: u64,
    budget: &'a Budget,
) -> Result<Option<impl Read + use<'a>>, Refusal> {
    let mut entries = archive.entries();
    for _ in 0..MAX_ENTRIES {
        let Some(entry) = entries.next_entry().map_err(|_| DAMAGED)? else { return Ok(None) };
        if !entry.file_path().as_ref().eq_ignore_ascii_case(name.as_bytes()) {
            continue;
        }
        let method = entry.compression_method();
        let packed = archive.get_entry(entry.wayfinder()).map_err(|_| DAMAGED)?.data();
        let unpacked: Box<dyn Read + 'a> = match method {
            CompressionMethod::STORE => Box::new(packed),
            CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(packed)),
            _ => return Err(DAMAGED),
        };
        return Ok(Some(Capped { inner: unpacked, left: limit, budget }));
    }
    Err(TOO_MUCH)
}

/// A reader that fails at its limit; one that ended there would pass off a part as the whole.
struct Capped<'b, R> {
    inner: R,
    left: u64,
    budget: &'b Budget,
}

impl<R: Read> Read for Capped<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.budget.spend(read).map_err(|_| std::io::ErrorKind::FileTooLarge)?;
        self.left = self.left.checked_sub(read as u64).ok_or(std::io::ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}

/// Goes through a part event by event. No document type is taken: it could declare entities that grow.
fn walk(part: impl Read, take: impl FnMut(Event<'_>) -> Result<(), Refusal>) -> Result<(), Refusal> {
    let mut part = BufReader::new(part);
    // Word writes UTF-8; the standard allows UTF-16 as well, which has a mark or begins with a `<` of two bytes.
    let head = part.fill_buf().unwrap_or_default();
    let unit = match head {
        [0xff, 0xfe, ..] | [b'<', 0, ..] => Some(u16::from_le_bytes as fn([u8; 2]) -> u16),
        [0xfe, 0xff, ..] | [0, b'<', ..] => Some(u16::from_be_bytes as fn([u8; 2]) -> u16),
        _ => None,
    };
    match unit {
        Some(unit) => events(BufReader::new(Utf16::new(part, unit)), take),
        None => events(part, take),
    }
}

fn events(part: impl BufRead, mut take: impl FnMut(Event<'_>) -> Result<(), Refusal>) -> Result<(), Refusal> {
    let mut reader = Reader::from_reader(part);
    let (mut buffer, mut depth) = (Vec::new(), 0_usize);
    for _ in 0..MAX_EVENTS {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer).map_err(|error| match error {
            quick_xml::Error::Io(error) if error.kind() == std::io::ErrorKind::FileTooLarge => TOO_MUCH,
            _ => DAMAGED,
        })?;
        match &event {
            Event::Eof if depth == 0 => return Ok(()),
            Event::Eof | Event::DocType(_) => return Err(DAMAGED),
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(DAMAGED);
        }
        take(event)?;
    }
    Err(TOO_MUCH)
}

/// What of the document has been read.
#[derive(Default)]
struct Body {
    text: String,
    chars: usize,
    max_chars: usize,
    /// Depth within something that is left out.
    left_out: usize,
    /// Within `w:t`.
    in_text: bool,
    /// The run is hidden.
    is_hidden: bool,
    /// Paragraph and run properties nest: `w:tab` in them is a tab stop, not a tab.
    in_properties: usize,
}

impl Body {
    fn take(&mut self, event: Event<'_>) -> Result<(), Refusal> {
        match event {
            Event::Start(tag) => {
                self.open(&tag)?;
                if self.left_out > 0 || LEFT_OUT.contains(&tag.local_name().as_ref()) {
                    self.left_out += 1;
                }
                if PROPERTIES.contains(&tag.local_name().as_ref()) {
                    self.in_properties += 1;
                }
                self.in_text = tag.local_name().as_ref() == "t";
            }
            Event::Empty(tag) => {
                self.open(&tag)?;
                if tag.local_name().as_ref() == "p" {
                    self.end_paragraph()?;
                }
            }
            Event::End(tag) => {
                self.in_text = false;
                self.left_out = self.left_out.saturating_sub(1);
                if PROPERTIES.contains(&tag.local_name().as_ref()) {
                    self.in_properties = self.in_properties.saturating_sub(1);
                }
                match tag.local_name().as_ref() {
                    "p" => self.end_paragraph()?,
                    "r" => self.is_hidden = false,
                    _ => {}
                }
            }
            Event::Text(text) if self.in_text && !self.is_hidden => self.push(&text)?,
            Event::CData(text) if self.in_text && !self.is_hidden => self.push(&text)?,
            Event::GeneralRef(reference) if self.in_text && !self.is_hidden => {
                let char = character(&reference).ok_or(DAMAGED)?;
                self.push(char.encode_utf8(&mut [0; 4]))?;
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), Refusal> {
        match tag.local_name().as_ref() {
            "r" => self.is_hidden = false,
            "vanish" if self.in_properties > 0 => {
                let off = attribute(tag, "w:val").is_some_and(|value| ["0", "false", "off"].contains(&value.as_str()));
                self.is_hidden = !off;
            }
            _ if self.in_properties > 0 || self.is_hidden => {}
            "tab" | "ptab" => self.push("\t")?,
            "br" | "cr" => self.push("\n")?,
            "noBreakHyphen" => self.push("-")?,
            _ => {}
        }
        Ok(())
    }

    /// Paragraphs have an empty line between them, however many empty ones the document has there.
    fn end_paragraph(&mut self) -> Result<(), Refusal> {
        if self.text.is_empty() || self.text.ends_with("\n\n") { Ok(()) } else { self.push("\n\n") }
    }

    fn push(&mut self, text: &str) -> Result<(), Refusal> {
        if self.left_out > 0 {
            return Ok(());
        }
        self.chars += text.chars().count();
        // One more paragraph end than characters is allowed: it is cut off at the end.
        if self.chars > self.max_chars.saturating_add(2) {
            return Err(Refusal::TooLong(self.max_chars));
        }
        self.text.push_str(text);
        Ok(())
    }

    fn finish(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        self.text
    }
}

/// `&amp;`, `&#8211;` and their like; entities of a document's own do not exist.
fn character(reference: &BytesRef<'_>) -> Option<char> {
    match reference.resolve_char_ref() {
        Ok(Some(char)) => Some(char),
        Ok(None) => match &**reference {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => None,
        },
        Err(_) => None,
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = tag.try_get_attribute(name).ok()??;
    Some(attribute.value.to_string())
}

const DAMAGED: Refusal = Refusal::Damaged(Kind::Docx);
const TOO_MUCH: Refusal = Refusal::TooMuch(Kind::Docx);

/// A document of 100,000 characters has 1 to 4 MB of XML. This is also what bounds a zip bomb, at any ratio.
const MAX_UNPACKED: u64 = 16 * 1024 * 1024;
/// Tags and texts looked at: a document of 100,000 characters with a run for each word has about 300,000.
const MAX_EVENTS: usize = 600_000;
const MAX_RELATIONS: u64 = 256 * 1024;
/// Entries looked at; a document full of pictures has some hundreds.
const MAX_ENTRIES: usize = 10_000;
const MAX_DEPTH: usize = 256;

const LEFT_OUT: [&str; 4] = ["del", "moveFrom", "Fallback", "instrText"];
const PROPERTIES: [&str; 4] = ["rPr", "pPr", "tblPr", "sectPr"];

//! What every kind needs: samples, and writers of small files.

mod hostile;
mod kinds;
mod pdf;
mod word;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, ZlibEncoder};
use rawzip::{CompressionMethod, ZipArchiveWriter};

use super::*;

const MAX: usize = 100_000;

/// The same three paragraphs under a heading, by Word's and by several PDF writers.
const WORD: &[u8] = include_bytes!("../../tests/samples/word.docx");
const TYPST: &[u8] = include_bytes!("../../tests/samples/typst.pdf");
const OBJECT_STREAMS: &[u8] = include_bytes!("../../tests/samples/objstm.pdf");
const WEASYPRINT: &[u8] = include_bytes!("../../tests/samples/weasyprint.pdf");
const REPORTLAB: &[u8] = include_bytes!("../../tests/samples/reportlab.pdf");
/// In the standard fonts, without widths, each word or each letter placed by itself.
const WORDS: &[u8] = include_bytes!("../../tests/samples/words.pdf");
const BOLD_WORDS: &[u8] = include_bytes!("../../tests/samples/bold.pdf");
const LETTERS: &[u8] = include_bytes!("../../tests/samples/letters.pdf");
const ENCRYPTED: &[u8] = include_bytes!("../../tests/samples/encrypted.pdf");
const SCAN: &[u8] = include_bytes!("../../tests/samples/scan.pdf");

const LIBRARY: &str = "The library

The town library closed its doors on a wet Thursday in March, and nobody who worked there believed the notice when it was \
first pinned up. My aunt had shelved books in that building for thirty years.

She could tell you, without looking, which radiator hissed and which window would stick in August. When the council’s \
letter came she read it twice, folded it, and went back to mending the spine of an atlas that no one had borrowed since \
1987.

I asked her why she bothered. She said “somebody would want to know where Bolivia was”, sooner or later, and then they \
would be glad — for €2 or nothing.";

fn text(name: &str, bytes: &[u8]) -> Result<String, Refusal> {
    extract(name, bytes, MAX).map(|extracted| extracted.text)
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, content) in entries {
        let (mut entry, config) =
            archive.new_file(name).compression_method(CompressionMethod::DEFLATE).start().unwrap();
        let mut writer = config.wrap(DeflateEncoder::new(&mut entry, Compression::best()));
        writer.write_all(content).unwrap();
        let (encoder, descriptor) = writer.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

fn word(body: &str) -> Result<String, Refusal> {
    let xml = format!("<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>");
    text("a.docx", &zip(&[("word/document.xml", xml.as_bytes())]))
}

/// A PDF of these objects, the first of which is the catalog.
fn pdf(objects: &[&[u8]]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.4\n".to_vec();
    for (at, object) in objects.iter().enumerate() {
        bytes.extend(format!("{} 0 obj\n", at + 1).bytes());
        bytes.extend_from_slice(object);
        bytes.extend(b"\nendobj\n");
    }
    bytes.extend(b"trailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n");
    bytes
}

fn stream(dict: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = format!("<< {dict} /Length {} >>\nstream\n", content.len()).into_bytes();
    bytes.extend_from_slice(content);
    bytes.extend(b"\nendstream");
    bytes
}

const CATALOG: &[u8] = b"<< /Type /Catalog /Pages 2 0 R >>";
const PAGES: &[u8] = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>";
const PAGE: &[u8] =
    b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F 5 0 R >> /XObject << /X 6 0 R >> >> >>";
const FONT: &[u8] = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>";

fn page(content: &str) -> Result<String, Refusal> {
    text("a.pdf", &pdf(&[CATALOG, PAGES, PAGE, &stream("", content.as_bytes()), FONT]))
}

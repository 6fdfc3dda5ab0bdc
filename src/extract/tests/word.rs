//! Word documents.

use super::*;

#[test]
fn reads_the_paragraphs_of_a_word_document() {
    assert_eq!(text("essay.docx", WORD).unwrap(), LIBRARY);
}

#[test]
fn reads_what_a_reader_of_the_printed_page_sees() {
    for (body, expected) in [
        ("<w:p><w:r><w:t>a</w:t></w:r><w:r><w:t xml:space=\"preserve\"> b</w:t></w:r></w:p>", "a b"),
        (
            "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t></w:r></w:p>",
            "a\tb\nc-d",
        ),
        ("<w:p><w:pPr><w:tabs><w:tab w:val=\"left\"/></w:tabs></w:pPr><w:r><w:t>a</w:t></w:r></w:p>", "a"),
        ("<w:p><w:r><w:t>a</w:t></w:r></w:p><w:p/><w:p/><w:p><w:r><w:t>b</w:t></w:r></w:p>", "a\n\nb"),
        (
            "<w:p><w:del><w:r><w:delText>x</w:delText><w:t>y</w:t></w:r></w:del><w:ins><w:r><w:t>a</w:t></w:r></w:ins></w:p>",
            "a",
        ),
        (
            "<w:p><w:moveFrom><w:r><w:t>x</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>a</w:t></w:r></w:moveTo></w:p>",
            "a",
        ),
        ("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>x</w:t></w:r><w:r><w:t>a</w:t></w:r></w:p>", "a"),
        ("<w:p><w:r><w:rPr><w:vanish w:val=\"0\"/></w:rPr><w:t>a</w:t></w:r></w:p>", "a"),
        ("<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>a</w:t></w:r></w:p>", "a"),
        ("<w:p><m:C><m:Choice><w:t>a</w:t></m:Choice><m:Fallback><w:t>a</w:t></m:Fallback></m:C></w:p>", "a"),
        ("<w:p><w:r><w:t>&lt;&amp;&#8211;&#x20AC;&quot;</w:t></w:r></w:p>", "<&–€\""),
        ("<w:p><w:r><w:t><![CDATA[a<b]]></w:t></w:r></w:p>", "a<b"),
    ] {
        assert_eq!(word(body).as_deref(), Ok(expected), "{body}");
    }
    assert_eq!(word("<w:p/>"), Err(Refusal::NoText(Kind::Docx)));
}

#[test]
fn finds_the_main_part_by_the_relations_of_the_package() {
    let relations = b"<Relationships><Relationship Id=\"1\" Type=\"http://x/officeDocument\" Target=\"/word/other.xml\"/></Relationships>";
    let part = b"<w:document><w:p><w:r><w:t>a</w:t></w:r></w:p></w:document>";
    assert_eq!(text("a.docx", &zip(&[("_rels/.rels", relations), ("word/other.xml", part)])).unwrap(), "a");
    let sheet = zip(&[("xl/workbook.xml", b"<workbook/>")]);
    assert_eq!(text("a.docx", &sheet), Err(Refusal::NotWhatItSays(Kind::Docx)));
}

#[test]
fn reads_utf_16_with_and_without_a_mark() {
    let words = "Zürich 😀 ".repeat(2000);
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?><w:document><w:p><w:r><w:t>{words}</w:t></w:r></w:p></w:document>"
    );
    for mark in ["", "\u{feff}"] {
        let units: Vec<u16> = mark.encode_utf16().chain(xml.encode_utf16()).collect();
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            let part: Vec<u8> = units.iter().flat_map(|one| unit(*one)).collect();
            let read = text("a.docx", &zip(&[("word/document.xml", &part)]));
            assert_eq!(read.as_deref(), Ok(words.trim_end()));
            // Half a unit, half a pair, and two first halves.
            let half = [&part[..], &unit(0xd83d)].concat();
            let halves = [&unit(0xd83d), &part[..]].concat();
            for broken in [&part[..part.len() - 1], &half, &[&part[..40], &halves].concat()] {
                assert_eq!(text("a.docx", &zip(&[("word/document.xml", broken)])), Err(Refusal::Damaged(Kind::Docx)));
            }
        }
    }
}

#[test]
fn a_document_that_unpacks_to_gigabytes_is_refused_at_a_fixed_size() {
    for filler in ["<w:p/>", "  ", "<w:r>x</w:r>"] {
        let xml = format!("<w:document>{}</w:document>", filler.repeat(20 * 1024 * 1024 / filler.len()));
        let bomb = zip(&[("word/document.xml", xml.as_bytes())]);
        assert!(bomb.len() < 400_000, "{}", bomb.len());
        assert_eq!(text("a.docx", &bomb), Err(Refusal::TooMuch(Kind::Docx)), "{filler}");
    }
    let xml = format!("<w:p><w:t>{}", "a".repeat(20 * 1024 * 1024));
    let bomb = zip(&[("word/document.xml", xml.as_bytes())]);
    assert_eq!(text("a.docx", &bomb), Err(Refusal::TooMuch(Kind::Docx)));
}

#[test]
fn no_entity_is_expanded_and_no_depth_is_followed() {
    let laughs =
        b"<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><w:document><w:p><w:t>&c;</w:t></w:p></w:document>";
    assert_eq!(text("a.docx", &zip(&[("word/document.xml", laughs)])), Err(Refusal::Damaged(Kind::Docx)));
    assert_eq!(word("<w:p><w:t>&c;</w:t></w:p>"), Err(Refusal::Damaged(Kind::Docx)));
    let deep = format!("{}{}", "<w:p>".repeat(100_000), "</w:p>".repeat(100_000));
    assert_eq!(word(&deep), Err(Refusal::Damaged(Kind::Docx)));
}

#[test]
fn a_package_of_very_many_entries_is_refused() {
    let names: Vec<String> = (0..20_000).map(|at| format!("word/media/{at}")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(text("a.docx", &zip(&entries)), Err(Refusal::TooMuch(Kind::Docx)));
}

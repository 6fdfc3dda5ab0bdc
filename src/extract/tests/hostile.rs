//! Any bytes at all.

use proptest::prelude::*;

use super::*;

fn samples() -> [(&'static str, &'static [u8]); 7] {
    [
        ("a.docx", WORD),
        ("a.pdf", TYPST),
        ("a.pdf", OBJECT_STREAMS),
        ("a.pdf", WEASYPRINT),
        ("a.pdf", REPORTLAB),
        ("a.pdf", ENCRYPTED),
        ("a.pdf", SCAN),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_get_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..2_000), name in "[a-z]{0,3}\\.(txt|md|docx|pdf)") {
        let _ = extract(&name, &bytes, MAX);
        let _ = extract("a.pdf", &[b"%PDF-1.7\n1 0 obj ".as_slice(), &bytes].concat(), MAX);
        let _ = extract("a.docx", &[b"PK\x03\x04".as_slice(), &bytes].concat(), MAX);
    }

    #[test]
    fn a_damaged_file_gets_an_answer(
        sample in prop::sample::select(samples().to_vec()),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (name, bytes) = sample;
        let mut bytes = bytes.to_vec();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(extracted) = extract(name, &bytes, MAX) {
            prop_assert!(extracted.text.chars().count() <= MAX);
        }
    }

    #[test]
    fn any_contents_of_a_page_get_an_answer(
        words in prop::collection::vec(prop_oneof![
            prop::sample::select(vec![
                "q", "Q", "BT", "ET", "Tj", "TJ", "'", "\"", "Td", "TD", "Tm", "T*", "Tf", "Tc", "Tw", "Tz", "TL", "Ts", "cm", "Do",
                "BI", "ID", "EI", "BDC", "BMC", "EMC", "[", "]", "<<", ">>", "/F", "/X", "/Span", "/ActualText", "/Artifact", "(",
                ")", "(text)", "<4142>", "5 0 R", "R", "null", "%",
            ]).prop_map(str::to_owned),
            any::<i64>().prop_map(|number| number.to_string()),
            any::<f32>().prop_map(|number| format!("{number:.4}")),
            (-100_i32..800).prop_map(|number| number.to_string()),
        ], 0..200),
    ) {
        let content = format!("BT /F 12 Tf {}", words.join(" "));
        let form = stream("/Subtype /Form", content.as_bytes());
        let file = pdf(&[CATALOG, PAGES, PAGE, &stream("", content.as_bytes()), FONT, &form]);
        let _ = extract("a.pdf", &file, MAX);
    }

    #[test]
    fn any_body_of_a_document_gets_an_answer(parts in prop::collection::vec(prop::sample::select(vec![
        "<w:p>", "</w:p>", "<w:r>", "</w:r>", "<w:t>", "</w:t>", "<w:del>", "</w:del>", "<w:rPr>", "</w:rPr>", "<w:vanish/>",
        "<w:tab/>", "<w:br/>", "text", "&amp;", "&#0;", "&#x110000;", "&nbsp;", "<!--", "-->", "<![CDATA[", "]]>", "<?x", "?>", "<", ">",
        "\0", "\"", "<w:p w:x=\"1\" w:x=\"2\"/>",
    ]), 0..60)) {
        let _ = word(&parts.concat());
    }

    #[test]
    fn what_is_written_into_a_document_is_read_from_it(paragraphs in prop::collection::vec("[a-zA-Zäé€😀.,;<>&'\"-]{1,40}", 1..8)) {
        let escape = |text: &String| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let body: String = paragraphs.iter().map(|text| format!("<w:p><w:r><w:t>{}</w:t></w:r></w:p>", escape(text))).collect();
        prop_assert_eq!(word(&body).unwrap(), paragraphs.join("\n\n"));
    }
}

#[test]
fn files_that_share_their_work_cannot_cost_more_than_it_together() {
    let part = format!("<w:document><w:p><w:r><w:t>a{}</w:t></w:r></w:p></w:document>", " ".repeat(15 << 20));
    let packed = zip(&[("word/document.xml", part.as_bytes())]);
    let mut work = 40 << 20;
    let mut read = || extract_within("a.docx", &packed, 20 << 20, &mut work).map(|_| ());
    assert_eq!((read(), read()), (Ok(()), Ok(())));
    assert_eq!(read(), Err(Refusal::TooMuch(Kind::Docx)));
}

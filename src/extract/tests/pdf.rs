//! PDFs.

use super::*;

#[test]
fn reads_the_paragraphs_of_pdfs_by_several_writers() {
    for (writer, bytes) in [
        ("typst", TYPST),
        ("object streams", OBJECT_STREAMS),
        ("weasyprint", WEASYPRINT),
        ("reportlab", REPORTLAB),
        ("reportlab, word by word", WORDS),
        ("reportlab, word by word, bold and italic", BOLD_WORDS),
        ("reportlab, letter by letter", LETTERS),
    ] {
        assert_eq!(text("essay.pdf", bytes).as_deref(), Ok(LIBRARY), "{writer}");
    }
}

#[test]
fn says_what_to_do_with_a_pdf_that_is_protected_or_only_a_picture() {
    assert_eq!(text("a.pdf", ENCRYPTED), Err(Refusal::Protected));
    assert_eq!(text("a.pdf", SCAN), Err(Refusal::NoText(Kind::Pdf)));
    assert!(Refusal::NoText(Kind::Pdf).to_string().contains("OCR"));
}

#[test]
fn reads_the_operators_that_show_text() {
    for (content, expected) in [
        ("BT /F 12 Tf 72 700 Td (Hello world) Tj ET", "Hello world"),
        ("BT /F 12 Tf 72 700 Td <48656C6C6F> Tj ET", "Hello"),
        (r"BT /F 12 Tf 72 700 Td (a\(b\)\\ \101 (nested)) Tj ET", "a(b)\\ A (nested)"),
        ("BT /F 12 Tf 72 700 Td [(Hel) 20 (lo) -300 (world)] TJ ET", "Hello world"),
        ("BT /F 12 Tf 14 TL 72 700 Td (one) Tj (two) ' 1 0 (three) \" ET", "one two three"),
        ("BT /F 12 Tf 1 0 0 1 72 700 Tm (one) Tj 0 -14 TD (two) Tj T* (three) Tj ET", "one two three"),
        ("BT /F 12 Tf 72 700 Td (one.) Tj 0 -60 Td (Two) Tj ET", "one.\n\nTwo"),
        ("q .24 0 0 -.24 72 700 cm BT /F 50 Tf 1 0 0 -1 0 0 Tm (flipped) Tj ET Q", "flipped"),
        ("BT /F 12 Tf 0 1 -1 0 300 100 Tm (rotated) Tj 0 -14 Td (text) Tj ET", "rotated text"),
        ("BT /F 12 Tf 3 Tr 72 700 Td (recognised) Tj ET", "recognised"),
        ("BI /W 1 /H 1 ID \x01(EI) Tj\x02 EI BT /F 12 Tf 72 700 Td (after) Tj ET", "after"),
        ("/Artifact BMC BT /F 12 Tf (7) Tj ET EMC BT /F 12 Tf 72 700 Td (text) Tj ET", "text"),
        ("/Span << /ActualText (fi) >> BDC BT /F 12 Tf 72 700 Td (x) Tj (y) Tj ET EMC", "fi"),
        ("BT /F 12 Tf 72 700 Td (bold) Tj 72.1 700 Td ET BT /F 12 Tf 72.2 700 Td (bold) Tj ET", "bold"),
        ("BT /F 12 Tf 72 700 Td (It didn\x27t cost \\200 2) Tj ET", "It didn't cost € 2"),
        ("BT /F 12 Tf 72 700 Td (some hyphen-) Tj 0 -14 Td (ated words) Tj ET", "some hyphenated words"),
        ("/None 12 Tf (no font) Tj BT /F 12 Tf 72 700 Td (text) Tj ET ) ] >> } R 5 0 R Q Q ET", "text"),
    ] {
        assert_eq!(page(content).as_deref(), Ok(expected), "{content}");
    }
}

#[test]
fn a_hyphen_of_the_author_stays_and_one_of_the_end_of_the_line_goes() {
    for (before, after, expected) in [
        ("some hyphen-", "ated words", "some hyphenated words"),
        ("the Anglo-", "American war", "the Anglo-American war"),
        ("a well-", "known name,", "a well-known name,"),
        ("Well-", "known names", "Well-known names"),
        ("a self-", "ish man", "a selfish man"),
        ("at seven-", "teen years", "at seventeen years"),
        ("state-of-the-", "art methods", "state-of-the-art methods"),
        ("the COVID-", "19 years", "the COVID-19 years"),
        ("in pre-", "and post-war times", "in pre- and post-war times"),
        ("red-hot iron is (red-", "hot), always", "red-hot iron is (red-hot), always"),
        ("a dash -", "not a hyphen", "a dash - not a hyphen"),
    ] {
        let content = format!("BT /F 12 Tf 72 700 Td ({}) Tj 0 -14 Td ({}) Tj ET", escaped(before), escaped(after));
        assert_eq!(page(&content).as_deref(), Ok(expected), "{before}/{after}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('(', r"\(").replace(')', r"\)")
}

#[test]
fn reads_every_filter_that_text_comes_in() {
    let content = b"BT /F 12 Tf 72 700 Td (Hello world) Tj ET";
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(content).unwrap();
    let zlib = zlib.finish().unwrap();
    let lzw = weezl::encode::Encoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8).encode(content).unwrap();
    let hex: Vec<u8> = content.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).chain(*b">").collect();
    let mut runs = vec![u8::try_from(content.len() - 1).unwrap()];
    runs.extend_from_slice(content);
    runs.push(128);
    let mut rows = vec![2_u8];
    rows.extend_from_slice(content);
    let mut predicted = ZlibEncoder::new(Vec::new(), Compression::best());
    predicted.write_all(&rows).unwrap();
    let predicted = predicted.finish().unwrap();
    let columns = format!("/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns {} >>", content.len());
    for (dict, bytes) in [
        ("/Filter /FlateDecode", &zlib),
        ("/Filter [/FlateDecode] /DecodeParms [null]", &zlib),
        ("/Filter /FlateDecode", &zlib[..zlib.len() - 6].to_vec()),
        ("/Filter /FlateDecode", &zlib[2..].to_vec()),
        ("/Filter /LZWDecode", &lzw),
        ("/Filter /ASCIIHexDecode", &hex),
        ("/Filter /RunLengthDecode", &runs),
        (&columns, &predicted),
        ("/Filter /ASCII85Decode", &b"6<#'\\7NaE@+B2qq2_lL70JFVKA0<9kASc1$+EqaECh+t;<,*OE;u~>".to_vec()),
    ] {
        let file = pdf(&[CATALOG, PAGES, PAGE, &stream(dict, bytes), FONT]);
        assert_eq!(text("a.pdf", &file).as_deref(), Ok("Hello world"), "{dict}");
    }
}

#[test]
fn reads_composite_fonts_by_their_unicode_table_and_says_when_there_is_none() {
    let composite =
        b"<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 6 0 R /DescendantFonts [<< /DW 500 >>] >>";
    let mute = b"<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [<< /DW 500 >>] >>";
    let table = b"1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfchar <0001> <0046> endbfchar \
        2 beginbfrange <0002> <0004> <0061> <0005> <0006> [<D83DDE00> <006600660069>] endbfrange";
    let content = stream("", b"BT /F 12 Tf 72 700 Td <0001000200040005000600FF> Tj ET");
    let file = pdf(&[CATALOG, PAGES, PAGE, &content, composite, &stream("", table)]);
    assert_eq!(text("a.pdf", &file).as_deref(), Ok("Fac😀ffi"));
    let file = pdf(&[CATALOG, PAGES, PAGE, &content, mute]);
    assert_eq!(text("a.pdf", &file), Err(Refusal::NoCharacters));
}

#[test]
fn later_definitions_hold_and_damage_at_the_end_does_no_harm() {
    let mut file = pdf(&[CATALOG, PAGES, PAGE, &stream("", b"BT /F 9 Tf (old) Tj ET"), FONT]);
    file.extend(b"4 0 obj\n");
    file.extend(stream("", b"BT /F 9 Tf (new) Tj ET"));
    file.extend(b"\nendobj\n");
    assert_eq!(text("a.pdf", &file).as_deref(), Ok("new"));
    file.extend(b"5 0 ob");
    assert_eq!(text("a.pdf", &file).as_deref(), Ok("new"));
    let wrong_length = b"<< /Length 3 >>\nstream\nBT /F 9 Tf (text) Tj ET\nendstream";
    assert_eq!(text("a.pdf", &pdf(&[CATALOG, PAGES, PAGE, wrong_length, FONT])).as_deref(), Ok("text"));
}

#[test]
fn a_part_of_a_file_is_damaged_and_not_a_picture() {
    for bytes in [TYPST, OBJECT_STREAMS, WEASYPRINT, REPORTLAB, WORDS, SCAN] {
        for percent in [10, 30, 60, 90] {
            match text("a.pdf", &bytes[..bytes.len() * percent / 100]) {
                Ok(part) => assert!(!part.trim().is_empty()),
                Err(refusal) => assert_eq!(refusal, Refusal::Damaged(Kind::Pdf), "{percent} %"),
            }
        }
    }
}

#[test]
fn running_heads_and_page_numbers_are_not_text() {
    let pages = b"<< /Kids [3 0 R 6 0 R 7 0 R] >>";
    let of =
        |contents: usize| format!("<< /Type /Page /Contents {contents} 0 R /Resources << /Font << /F 5 0 R >> >> >>");
    let content = |number: usize, words: &str| {
        let text = format!(
            "BT /F 9 Tf 72 800 Td (Ada Lovelace) Tj ET BT /F 12 Tf 72 700 Td ({words}) Tj ET BT /F 9 Tf 300 20 Td ({number}) Tj ET"
        );
        stream("", text.as_bytes())
    };
    let file = pdf(&[
        CATALOG,
        pages,
        of(4).as_bytes(),
        &content(1, "The first page of this text goes on"),
        FONT,
        of(8).as_bytes(),
        of(9).as_bytes(),
        &content(2, "and on and on until it comes to its end."),
        &content(3, "Another one."),
    ]);
    let expected = "The first page of this text goes on and on and on until it comes to its end.\n\nAnother one.";
    assert_eq!(text("a.pdf", &file).as_deref(), Ok(expected));
}

fn bomb(byte: u8, bytes: usize) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..bytes / 65_536 {
        encoder.write_all(&[byte; 65_536]).unwrap();
    }
    encoder.finish().unwrap()
}

#[test]
fn streams_that_unpack_to_gigabytes_end_with_the_budget() {
    let packed = bomb(b' ', 100 << 20);
    assert!(packed.len() < 150_000);
    let contents = pdf(&[CATALOG, PAGES, PAGE, &stream("/Filter /FlateDecode", &packed), FONT]);
    assert_eq!(text("a.pdf", &contents), Err(Refusal::TooMuch(Kind::Pdf)));
    let objects = pdf(&[CATALOG, PAGES, &stream("/Type /ObjStm /N 9 /First 9 /Filter /FlateDecode", &packed)]);
    assert_eq!(text("a.pdf", &objects), Err(Refusal::TooMuch(Kind::Pdf)));
    let mut twice = ZlibEncoder::new(Vec::new(), Compression::best());
    twice.write_all(&packed).unwrap();
    let twice = stream("/Filter [/FlateDecode /FlateDecode]", &twice.finish().unwrap());
    assert_eq!(text("a.pdf", &pdf(&[CATALOG, PAGES, PAGE, &twice, FONT])), Err(Refusal::TooMuch(Kind::Pdf)));
    // Small each, but painted again and again.
    let picture = bomb(b' ', 1 << 20);
    let form = stream("/Subtype /Form /Filter /FlateDecode", &picture);
    let contents = stream("", "/X Do ".repeat(10_000).as_bytes());
    let file = pdf(&[CATALOG, PAGES, PAGE, &contents, FONT, &form]);
    assert_eq!(text("a.pdf", &file), Err(Refusal::TooMuch(Kind::Pdf)));
}

#[test]
fn circles_and_depths_come_to_an_end() {
    let circle = pdf(&[CATALOG, b"<< /Kids [2 0 R 2 0 R] >>"]);
    assert_eq!(text("a.pdf", &circle), Err(Refusal::Damaged(Kind::Pdf)));
    assert_eq!(text("a.pdf", &pdf(&[b"2 0 R", b"1 0 R"])), Err(Refusal::Damaged(Kind::Pdf)));
    let form = stream("/Subtype /Form", b"/X Do /X Do BT /F 12 Tf (x) Tj ET");
    let file = pdf(&[CATALOG, PAGES, PAGE, &stream("", b"/X Do"), FONT, &form]);
    assert!(text("a.pdf", &file).is_ok(), "forms within themselves end at a depth");
    let own_length = b"<< /Length 4 0 R >>\nstream\nBT /F 12 Tf (x) Tj ET\nendstream";
    assert_eq!(text("a.pdf", &pdf(&[CATALOG, PAGES, PAGE, own_length, FONT])).as_deref(), Ok("x"));
    for bracket in ["[", "<<", "<< /A [", "("] {
        let deep = bracket.repeat(100_000);
        let file = pdf(&[CATALOG, PAGES, deep.as_bytes(), PAGE]);
        assert!(text("a.pdf", &file).is_err(), "{bracket}");
        assert!(page(&deep).is_err(), "{bracket}");
    }
}

#[test]
fn work_that_would_grow_with_the_square_of_the_file_is_paid_for() {
    // Each stream is looked for its end through all the rest.
    let mut objects = vec![CATALOG.to_vec(), b"<< /Kids [".to_vec()];
    for at in 3..20_000 {
        objects[1].extend(format!("{at} 0 R ").bytes());
        objects.push(format!("<< /Contents {at} 0 R >> stream").into_bytes());
    }
    objects[1].extend(b"] >>");
    let objects: Vec<&[u8]> = objects.iter().map(Vec::as_slice).collect();
    assert_eq!(text("a.pdf", &pdf(&objects)), Err(Refusal::TooMuch(Kind::Pdf)));
}

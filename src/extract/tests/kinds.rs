//! Which files are taken for what, and text files.

use super::*;

#[test]
fn reads_text_in_the_encodings_that_say_what_they_are() {
    let utf16 = |unit: fn(u16) -> [u8; 2]| "\u{feff}Zürich 😀".encode_utf16().flat_map(unit).collect::<Vec<_>>();
    for bytes in [
        "Zürich 😀".as_bytes().to_vec(),
        "\u{feff}Zürich 😀".as_bytes().to_vec(),
        utf16(u16::to_le_bytes),
        utf16(u16::to_be_bytes),
    ] {
        assert_eq!(text("a.txt", &bytes).unwrap(), "Zürich 😀");
    }
    assert_eq!(text("a.md", b"# A *title*\r\n").unwrap(), "# A *title*\r\n", "kept as it stands");
    assert_eq!(extract("NOTES.MD", b"x", MAX).unwrap().kind, Kind::Markdown);
}

#[test]
fn refuses_text_in_an_encoding_that_would_have_to_be_guessed() {
    let silent_utf16: Vec<u8> = "Zurich".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in
        [&b"Z\xfcrich"[..], &silent_utf16, b"\xff\xfea", b"\xfe\xff\xd8\x00", b"a\0b", b"\xff\xfe\x00\xd8a\x00"]
    {
        assert_eq!(text("a.txt", bytes), Err(Refusal::UnknownEncoding), "{bytes:?}");
    }
}

#[test]
fn the_name_says_what_it_is_and_the_first_bytes_must_agree() {
    for (name, bytes, refusal) in [
        ("essay", &b"text"[..], Refusal::UnknownKind),
        ("essay.", b"text", Refusal::UnknownKind),
        ("essay.doc", b"text", Refusal::UnknownKind),
        ("essay.pdf.exe", b"%PDF-1.7", Refusal::UnknownKind),
        ("essay.html", b"<p>text", Refusal::UnknownKind),
        ("essay.pdf", b"text", Refusal::NotWhatItSays(Kind::Pdf)),
        ("essay.pdf", WORD, Refusal::NotWhatItSays(Kind::Pdf)),
        ("essay.docx", b"text", Refusal::NotWhatItSays(Kind::Docx)),
        ("essay.docx", TYPST, Refusal::NotWhatItSays(Kind::Docx)),
        ("essay.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Refusal::OldOrProtectedWord),
        ("essay.txt", b"%PDF-1.7", Refusal::NotWhatItSays(Kind::Text)),
        ("essay.md", WORD, Refusal::NotWhatItSays(Kind::Markdown)),
        ("essay.txt", b"", Refusal::NoText(Kind::Text)),
        ("essay.txt", b" \n\t", Refusal::NoText(Kind::Text)),
        ("essay.docx", b"PK\x03\x04", Refusal::Damaged(Kind::Docx)),
        ("essay.pdf", b"%PDF-1.7", Refusal::Damaged(Kind::Pdf)),
    ] {
        assert_eq!(text(name, bytes), Err(refusal), "{name}");
        assert!(!refusal.to_string().is_empty());
    }
}

#[test]
fn the_limit_is_in_characters_and_holds_for_every_kind() {
    assert!(extract("a.txt", "ü".repeat(10).as_bytes(), 10).is_ok());
    for (name, bytes) in [("a.txt", &b"12345678901"[..]), ("a.docx", WORD), ("a.pdf", TYPST)] {
        assert_eq!(extract(name, bytes, 10), Err(Refusal::TooLong(10)), "{name}");
    }
    let exactly = LIBRARY.chars().count();
    assert!(extract("a.docx", WORD, exactly).is_ok());
    assert_eq!(extract("a.docx", WORD, exactly - 1), Err(Refusal::TooLong(exactly - 1)));
}

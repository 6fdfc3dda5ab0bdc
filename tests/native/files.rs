//! Files instead of texts: one form, one part, whatever may be in it.

use axum::body::Body;
use bytes::Bytes;
use proptest::prelude::*;

use crate::support::world::{DETECT, Person};
use crate::support::{Answer, World};

const BOUNDARY: &str = "----boundary47";
const ESSAY: &str = "The ferry left at six and nobody waved. ";

fn part(name: &str, file: Option<&str>, bytes: &[u8]) -> Vec<u8> {
    let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
    [head.as_bytes(), bytes, b"\r\n"].concat()
}

fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat()
}

async fn send(world: &World, person: &Person, body: impl Into<Bytes>) -> Answer {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    world.post(DETECT).bearer(&person.access_token).header("content-type", &content_type).bytes(body).await
}

#[tokio::test]
async fn a_text_file_is_judged_like_its_text_and_comes_back_with_it() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let text = ESSAY.repeat(12);
    world.keep_secret(&text);
    world.keep_secret("diary-of-ada.txt");
    let answer =
        send(&world, &person, form(&[part("file", Some("diary-of-ada.txt"), text.as_bytes())])).await.expect(200);
    assert_eq!(answer.text("/document/text"), text, "offsets are places in this text");
    let alone = world.detect(&person.access_token, &text).await.expect(200);
    assert_eq!(answer.at("/probability"), alone.at("/probability"));
    assert_eq!(answer.at("/sentences"), alone.at("/sentences"));
    assert_eq!(alone.json().get("document"), None);
    assert_eq!(answer.at("/usage/remaining"), 9);
    let dump = world.db.dump();
    assert!(!dump.contains("ferry") && !dump.contains("diary"), "neither the text nor the name is stored");
    world.assert_log_is_clean();
}

#[tokio::test]
async fn text_files_come_in_utf_8_and_in_utf_16_with_its_mark() {
    let world = World::with(&[("DETECT_LIMIT", "100/hour")]);
    let person = world.someone("ada@example.com").await;
    let text = "Ünïcødé 李 😀 text.";
    let little: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
    for (name, bytes) in [("a.txt", text.as_bytes().to_vec()), ("A.MD", marked), ("b.txt", little), ("c.markdown", big)]
    {
        let answer = send(&world, &person, form(&[part("file", Some(name), &bytes)])).await.expect(200);
        assert_eq!(answer.text("/document/text"), text, "{name}");
    }
    let latin = b"caf\xe9".to_vec();
    let answer = send(&world, &person, form(&[part("file", Some("a.txt"), &latin)])).await;
    answer.expect_problem(422, "unreadable_file");
}

#[tokio::test]
async fn what_a_file_is_its_name_and_its_bytes_must_agree_on() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    for (name, bytes, status, code) in [
        ("a.exe", &b"text"[..], 415, "unsupported_file"),
        ("a", b"text", 415, "unsupported_file"),
        (".txt.exe", b"text", 415, "unsupported_file"),
        ("a.pdf", b"text", 415, "unsupported_file"),
        ("a.docx", b"text", 415, "unsupported_file"),
        ("a.txt", b"%PDF-1.7 ...", 415, "unsupported_file"),
        ("a.txt", b"PK\x03\x04....", 415, "unsupported_file"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 415, "unsupported_file"),
        ("a.docx", b"PK\x03\x04 and then nothing of a zip", 422, "unreadable_file"),
        ("a.pdf", b"%PDF-1.7\nand then nothing of a PDF", 422, "unreadable_file"),
        ("a.txt", b"  \n ", 422, "no_text_in_file"),
        ("a.txt", b"", 422, "no_text_in_file"),
        ("a.txt", b"t\0e\0x\0t\0", 422, "unreadable_file"),
    ] {
        let answer = send(&world, &person, form(&[part("file", Some(name), bytes)])).await;
        assert_eq!((answer.status.as_u16(), answer.text("/code").as_str()), (status, code), "{name} {bytes:?}");
    }
    let long = "a".repeat(100_001);
    let answer = send(&world, &person, form(&[part("file", Some("a.txt"), long.as_bytes())])).await;
    answer.expect_problem(413, "text_too_long");
    assert_eq!(world.limiter.faults.calls(), 1, "none of this cost quota");
}

#[tokio::test]
async fn a_form_has_one_part_which_is_a_file() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let file = part("file", Some("a.txt"), b"A text.");
    for (parts, field) in [
        (vec![], "file"),
        (vec![part("file", None, b"A text.")], "file"),
        (vec![file.clone(), file.clone()], "file"),
        (vec![part("text", None, b"A text."), file.clone()], "text"),
        (vec![file.clone(), part("user_id", None, b"u")], "user_id"),
        (vec![part("upload", Some("a.txt"), b"A text.")], "upload"),
    ] {
        let answer = send(&world, &person, form(&parts)).await.expect_problem(400, "invalid_input");
        assert_eq!(answer.fields(), [field]);
    }
    let long = send(&world, &person, form(&[part(&"x".repeat(5000), None, b"")])).await;
    assert!(long.body.len() < 1000, "an answer stays small: {}", long.body.len());
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let whole = form(&[part("file", Some("a.txt"), b"A text.")]);
    let torn = whole[..whole.len() - 12].to_vec();
    for body in [Vec::new(), b"--".to_vec(), b"{\"text\": \"A text.\"}".to_vec(), vec![0xff; 200], torn] {
        let answer = send(&world, &person, body).await.expect(400);
        assert!(
            ["invalid_multipart", "invalid_input"].contains(&answer.text("/code").as_str()),
            "{}",
            answer.body_text()
        );
    }
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        &format!("multipart/form-data; boundary={}", "x".repeat(71)),
        "multipart/form-data; boundary=another",
    ] {
        let call = world.post(DETECT).bearer(&person.access_token).header("content-type", content_type);
        call.bytes(whole.clone()).await.expect_problem(400, "invalid_multipart");
    }
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let call = || world.post(DETECT).bearer(&person.access_token).header("content-type", &content_type);
    call().header("content-encoding", "gzip").bytes(whole.clone()).await.expect_problem(415, "unsupported_media_type");
    let broken: Vec<Result<Bytes, std::io::Error>> =
        vec![Ok(whole[..40].to_vec().into()), Err(std::io::Error::other("gone"))];
    call().body(Body::from_stream(futures_util::stream::iter(broken))).await.expect_problem(400, "invalid_multipart");
    let mixed = world.post(DETECT).bearer(&person.access_token).header("content-type", "multipart/mixed; boundary=x");
    mixed.bytes(whole.clone()).await.expect_problem(415, "unsupported_media_type");
    let other = world.post(crate::support::world::BATCH).bearer(&person.access_token);
    let other = other.header("content-type", &content_type).bytes(whole).await;
    other.expect_problem(415, "unsupported_media_type");
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_before_it_is_in_memory() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let call = || world.post(DETECT).bearer(&person.access_token).header("content-type", &content_type);
    call().header("content-length", "99999999").bytes("").await.expect_problem(413, "body_too_large");
    let head = Bytes::from(part("file", Some("a.pdf"), b"%PDF-1.7"));
    let endless = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'x'; 64 * 1024])));
    let stream = futures_util::StreamExt::chain(futures_util::stream::iter([Ok(head)]), endless);
    call().body(Body::from_stream(stream)).await.expect_problem(413, "body_too_large");
    let headers = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(b"X-A: b\r\n")));
    let start = Bytes::from(format!("--{BOUNDARY}\r\n"));
    let stream = futures_util::StreamExt::chain(futures_util::stream::iter([Ok(start)]), headers);
    let answer = call().body(Body::from_stream(stream)).await;
    assert!(answer.status.is_client_error(), "headers without an end: {}", answer.status);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_under_any_name_never_break_anything(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        head in prop::sample::select(vec![&b""[..], b"%PDF-1.4\n", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf"]),
        name in prop::sample::select(vec!["a.txt", "a.md", "a.pdf", "a.docx", "a.PDF", "\u{202e}fdp.txt"]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new();
            let person = world.someone("eve@example.com").await;
            let answer = send(&world, &person, form(&[part("file", Some(name), &[head, &bytes].concat())])).await;
            prop_assert!(!answer.status.is_server_error(), "{}", answer.body_text());
            Ok(())
        })?;
    }

    #[test]
    fn any_bytes_as_a_form_never_break_anything(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 0..200_usize) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new();
            let person = world.someone("eve@example.com").await;
            let mut body = form(&[part("file", Some("a.txt"), &bytes)]);
            body.truncate(cut.min(body.len()));
            body.extend_from_slice(&bytes);
            let answer = send(&world, &person, body).await;
            prop_assert!(!answer.status.is_server_error(), "{}", answer.body_text());
            Ok(())
        })?;
    }
}

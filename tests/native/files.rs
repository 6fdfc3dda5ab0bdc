//! Files on the detect routes: what they are, their names and bytes say.

use axum::body::Body;
use bytes::Bytes;
use serde_json::json;

use crate::support::world::{BATCH, DETECT};
use crate::support::{Answer, World};

const WORD: &[u8] = include_bytes!("../samples/word.docx");
const PDF: &[u8] = include_bytes!("../samples/typst.pdf");
const ENCRYPTED: &[u8] = include_bytes!("../samples/encrypted.pdf");
const SCAN: &[u8] = include_bytes!("../samples/scan.pdf");
const BOUNDARY: &str = "----edge7";

/// One part of a form.
fn part(disposition: &str, content_type: &str, content: &[u8]) -> Vec<u8> {
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: {content_type}\r\n\r\n"
    );
    [head.as_bytes(), content, b"\r\n"].concat()
}

fn form(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat().as_slice(), format!("--{BOUNDARY}--\r\n").as_bytes()].concat()
}

fn file(name: &str, content: &[u8]) -> Vec<u8> {
    form(&[part(&format!("name=\"file\"; filename=\"{name}\""), "application/octet-stream", content)])
}

async fn send(world: &World, token: &str, body: impl Into<Body>) -> Answer {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    world.post(DETECT).bearer(token).header("content-type", &content_type).body(body.into()).await
}

#[tokio::test]
async fn a_file_of_each_kind_is_judged_and_its_text_comes_back_for_the_offsets() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    for (name, content, kind) in [
        ("library.docx", WORD, "docx"),
        ("library.pdf", PDF, "pdf"),
        ("NOTES.TXT", "The library closed.".as_bytes(), "text"),
        ("notes.md", "# The library\n\nIt closed.".as_bytes(), "markdown"),
    ] {
        world.keep_secret(name);
        let answer = send(&world, &person.access_token, file(name, content)).await.expect(200);
        assert_eq!(answer.text("/document/kind"), kind);
        let text = answer.text("/document/text");
        assert!(text.contains("library closed") || text.contains("It closed"), "{text}");
        let units = u64::try_from(text.encode_utf16().count()).unwrap();
        for sentence in answer.at("/sentences").as_array().unwrap() {
            assert!(
                sentence["start"].as_u64() < sentence["end"].as_u64() && sentence["end"].as_u64().unwrap() <= units
            );
        }
        world.keep_secret("library closed");
        world.assert_log_is_clean();
    }
    assert_eq!(world.limiter.asked().iter().filter(|key| key.policy == "detect").count(), 4);
}

#[tokio::test]
async fn a_text_in_a_file_gets_the_verdict_of_the_same_text_as_json() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let from_file = send(&world, &person.access_token, file("library.pdf", PDF)).await.expect(200);
    let as_json = world.detect(&person.access_token, &from_file.text("/document/text")).await.expect(200);
    for member in ["/verdict", "/probability", "/words", "/sentences"] {
        assert_eq!(from_file.at(member), as_json.at(member), "{member}");
    }
    assert!(as_json.json().get("document").is_none());
}

#[tokio::test]
async fn a_file_that_cannot_be_read_says_why_and_costs_nothing() {
    let world = World::with(&[("DETECT_LIMIT", "1/hour")]);
    let person = world.someone("ada@example.com").await;
    for (name, content, status, code) in [
        ("essay.doc", &b"text"[..], 415, "unsupported_file"),
        ("essay", b"text", 415, "unsupported_file"),
        ("essay.pdf", b"text", 415, "unsupported_file"),
        ("essay.docx", PDF, 415, "unsupported_file"),
        ("essay.txt", b"Z\xfcrich", 422, "unreadable_file"),
        ("essay.docx", b"PK\x03\x04 and no more", 422, "unreadable_file"),
        ("essay.pdf", b"%PDF-1.7 and no more", 422, "unreadable_file"),
        ("essay.pdf", ENCRYPTED, 422, "protected_file"),
        ("essay.pdf", SCAN, 422, "no_text_in_file"),
        ("essay.txt", b"  \n", 422, "no_text_in_file"),
        ("essay.txt", "ü".repeat(100_001).as_bytes(), 413, "text_too_long"),
    ] {
        let answer = send(&world, &person.access_token, file(name, content)).await;
        answer.expect_problem(status, code);
    }
    send(&world, &person.access_token, file("essay.txt", b"A text.")).await.expect(200);
    send(&world, &person.access_token, file("essay.txt", b"A text.")).await.expect_problem(429, "rate_limited");
}

#[tokio::test]
async fn a_form_has_one_part_which_is_a_file() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let good = || part("name=\"file\"; filename=\"a.txt\"", "text/plain", b"A text.");
    let opinion = |value: &[u8]| part("name=\"second_opinion\"", "text/plain", value);
    for (parts, fields) in [
        (vec![], &["file"][..]),
        (vec![part("name=\"text\"", "text/plain", b"A text.")], &["text", "file"]),
        (vec![part("name=\"file\"", "text/plain", b"A text.")], &["file"]),
        (vec![good(), good()], &["file"]),
        (vec![good(), part("name=\"role\"", "text/plain", b"admin")], &["role"]),
        (vec![part("filename=\"a.txt\"", "text/plain", b"A text.")], &["", "file"]),
        (vec![opinion(b"maybe"), good(), opinion(b"true"), good()], &["second_opinion", "second_opinion", "file"]),
    ] {
        let answer = send(&world, &person.access_token, form(&parts)).await.expect_problem(400, "invalid_input");
        assert_eq!(answer.fields(), fields);
    }
    let many = vec![part("name=\"x\"", "text/plain", b"A text."); 1000];
    let answer = send(&world, &person.access_token, form(&many)).await.expect_problem(400, "invalid_input");
    assert!(answer.fields().len() < 40, "an answer stays small");
    let declared = part("name=\"file\"; filename=\"a.txt\"", "application/pdf", b"A text.");
    send(&world, &person.access_token, form(&[declared])).await.expect(200);
}

#[tokio::test]
async fn a_name_may_be_in_the_extended_form_alone() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    for name in [
        "filename*=UTF-8''a.txt",
        "filename*=utf-8'en'%E2%82%AC%20rates.txt",
        "filename*=ISO-8859-1''caf%E9.txt",
        "filename=\"a.exe\"; filename*=UTF-8''a.txt",
    ] {
        let body = form(&[part(&format!("name=\"file\"; {name}"), "text/plain", b"A text.")]);
        send(&world, &person.access_token, body).await.expect(200);
    }
    for name in ["filename*=UTF-8''%FF.txt", "filename*=KOI8-R''a.txt", "filename*=a.txt"] {
        let body = form(&[part(&format!("name=\"file\"; {name}"), "text/plain", b"A text.")]);
        send(&world, &person.access_token, body).await.expect_problem(400, "invalid_input");
    }
}

#[tokio::test]
async fn a_body_that_is_no_form_is_refused() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let whole = file("a.txt", b"A text.");
    for cut in 0..whole.len() - 4 {
        let answer = send(&world, &person.access_token, whole[..cut].to_vec()).await;
        assert_eq!(answer.status.as_u16(), 400, "cut at {cut}");
    }
    for content_type in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other"]
    {
        let call = world.post(DETECT).bearer(&person.access_token).header("content-type", content_type);
        call.bytes(whole.clone()).await.expect_problem(400, "invalid_multipart");
    }
    let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
    let call = world.post(DETECT).bearer(&person.access_token).header("content-type", &long);
    call.bytes(whole.clone()).await.expect_problem(400, "invalid_multipart");
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let call = world.post(DETECT).bearer(&person.access_token).header("content-type", &content_type);
    call.header("content-encoding", "gzip").bytes(whole).await.expect_problem(415, "unsupported_media_type");
    for content_type in ["multipart/mixed; boundary=x", "text/plain", "application/pdf"] {
        let call = world.post(DETECT).bearer(&person.access_token).header("content-type", content_type);
        call.bytes("x").await.expect_problem(415, "unsupported_media_type");
    }
}

#[tokio::test]
async fn a_form_that_is_too_large_is_refused_by_its_announced_length_and_by_what_comes() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    let call = || world.post(DETECT).bearer(&person.access_token).header("content-type", &content_type);
    call().header("content-length", "5500000").bytes("x").await.expect_problem(413, "body_too_large");
    let head = part("name=\"file\"; filename=\"a.txt\"", "text/plain", b"");
    for start in [head, b"--".to_vec(), Vec::new()] {
        let first = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from(start))]);
        let rest = futures_util::stream::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 65_536])));
        let body = Body::from_stream(futures_util::StreamExt::chain(first, rest));
        call().body(body).await.expect_problem(413, "body_too_large");
    }
    // JSON on the same route keeps its own limit.
    let call = world.post(DETECT).bearer(&person.access_token).header("content-type", "application/json");
    call.bytes(vec![b' '; 1_300_000]).await.expect_problem(413, "body_too_large");
}

async fn send_batch(world: &World, token: &str, parts: &[Vec<u8>]) -> Answer {
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    world.post(BATCH).bearer(token).header("content-type", &content_type).body(form(parts).into()).await
}

fn named(name: &str, content: &[u8]) -> Vec<u8> {
    part(&format!("name=\"file\"; filename=\"{name}\""), "application/octet-stream", content)
}

#[tokio::test]
async fn several_files_are_judged_in_order_each_with_its_text_and_each_counted() {
    let world = World::with(&[("DETECT_LIMIT", "6/hour")]);
    let person = world.someone("ada@example.com").await;
    let parts = [named("a.docx", WORD), named("b.txt", b"A text."), named("a.pdf", PDF)];
    let answer = send_batch(&world, &person.access_token, &parts).await.expect(200);
    let results = answer.at("/results");
    let documents: Vec<_> = results.as_array().unwrap().iter().map(|result| &result["document"]).collect();
    let kinds: Vec<_> = documents.iter().map(|document| document["kind"].as_str().unwrap()).collect();
    assert_eq!((kinds, &documents[1]["text"]), (vec!["docx", "text", "pdf"], &json!("A text.")));
    assert_eq!(answer.at("/usage/remaining"), json!(3));
    let alone = send(&world, &person.access_token, file("a.docx", WORD)).await.expect(200);
    for field in ["verdict", "probability", "sentences", "document"] {
        assert_eq!(results[0][field], alone.at(&format!("/{field}")), "{field}");
    }
    send_batch(&world, &person.access_token, &parts).await.expect_problem(429, "rate_limited");
}

#[tokio::test]
async fn files_pass_as_a_whole_or_not_at_all_and_the_bad_one_is_named() {
    let world = World::with(&[("DETECT_LIMIT", "20/hour"), ("DETECT_BATCH_MAX_CHARS", "1000")]);
    let person = world.someone("ada@example.com").await;
    let good = || named("a.txt", b"A text.");
    let long = || named("a.txt", &[b'a'; 501]);
    for (parts, status, code) in [
        (vec![], 400, "invalid_input"),
        (vec![good(); 21], 400, "invalid_input"),
        (vec![good(), part("name=\"second_opinion\"", "text/plain", b"true")], 400, "invalid_input"),
        (vec![good(), named("b.exe", b"A text.")], 415, "unsupported_file"),
        (vec![good(), named("b.pdf", SCAN), good()], 422, "no_text_in_file"),
        (vec![long(), long()], 413, "text_too_long"),
        (vec![good(), named("b.txt", &vec![b'a'; (5 << 20) + 8192])], 413, "body_too_large"),
        (vec![named("b.txt", &vec![b' '; 5 << 20]); 3], 413, "body_too_large"),
    ] {
        let answer = send_batch(&world, &person.access_token, &parts).await.expect_problem(status, code);
        if matches!(status, 415 | 422) {
            assert!(answer.text("/detail").starts_with("File 2: "), "{}", answer.text("/detail"));
        }
    }
    let twenty = vec![good(); 20];
    send_batch(&world, &person.access_token, &twenty).await.expect(200);
}

//! Request bodies: what is refused, with which answer, and all problems at once.

use std::collections::BTreeSet;

use axum::body::Body;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::world::{BATCH, DETECT, LOGIN, OPERATOR_TOKEN, PASSWORD, REFRESH, REGISTER};

#[tokio::test]
async fn tells_all_problems_at_once() {
    let world = World::new();
    let body = json!({"email": "nowhere", "password": "short", "name": "x".repeat(1000)});
    let answer = world.post(REGISTER).json(&body).await.expect_problem(400, "invalid_input");
    let mut fields = answer.fields();
    fields.sort_unstable();
    assert_eq!(fields, ["email", "name", "password"]);
    let answer = world.post(LOGIN).json(&json!({"email": "nowhere", "password": ""})).await;
    assert_eq!(answer.expect_problem(400, "invalid_input").fields(), ["email", "password"]);
}

#[tokio::test]
async fn names_the_field_that_is_missing_unknown_doubled_or_of_the_wrong_type() {
    let world = World::new();
    for (body, field) in [
        (r#"{"password": "granite otter lamp 47"}"#, "email"),
        (r#"{"email": "ada@example.com"}"#, "password"),
        (r#"{"email": "ada@example.com", "password": "granite otter lamp 47", "role": "admin"}"#, "role"),
        (r#"{"email": "ada@example.com", "password": "granite otter lamp 47", "password": "other"}"#, "password"),
        (r#"{"email": "a@example.com", "email": "b@example.com", "password": "granite otter lamp 47"}"#, "email"),
        (r#"{"email": 7, "password": "granite otter lamp 47"}"#, "email"),
        (r#"{"email": ["ada@example.com"], "password": "granite otter lamp 47"}"#, "email"),
        (r#"{"email": null, "password": "granite otter lamp 47"}"#, "email"),
        (r#"{"email": "ada@example.com", "password": {"$ne": ""}}"#, "password"),
        (r#"{"email": "ada@example.com", "password": true}"#, "password"),
        (r#"{"email": "ada@example.com", "password": "granite otter lamp 47", "delivery": "pigeon"}"#, "delivery"),
        (r#"{"email": "ada@example.com", "password": "granite otter lamp 47", "delivery": 1}"#, "delivery"),
        (r#"{"email": "ada@example.com", "password": "granite otter lamp 47", "delivery": null}"#, "delivery"),
        (
            r#"{"email": "ada@example.com", "password": "granite otter lamp 47", "delivery": {"cookie": null}}"#,
            "delivery",
        ),
        (r#"{"email": "ada@example.com", "password": "granite otter lamp 47", "delivery": ["cookie"]}"#, "delivery"),
    ] {
        for path in [REGISTER, LOGIN] {
            let answer = world.post(path).header("content-type", "application/json").bytes(body).await;
            let answer = answer.expect_problem(400, "invalid_input");
            assert_eq!(answer.fields(), [field], "{path} {body}");
            assert!(!answer.body_text().contains("granite"), "an answer never quotes a value");
        }
    }
    assert_eq!(world.db.faults.calls(), 0);
    assert_eq!(world.hasher.work(), []);
}

#[tokio::test]
async fn tells_all_that_is_wrong_with_the_fields_at_once() {
    let world = World::new();
    let twice = r#"{"email": 1, "password": "granite otter lamp 47", "password": [2], "email": 3, "a": {}, "a": 4, "\u0062": 5}"#;
    for (body, fields) in [
        ("{}", &["email", "password"][..]),
        (r#"{"email": 1, "password": 2, "x": 3}"#, &["email", "password", "x"]),
        (
            r#"{"email": "nowhere", "y": 1, "z": [[]], "delivery": "pigeon"}"#,
            &["email", "password", "delivery", "y", "z"],
        ),
        (r#"{"email": "\ud800", "password": "granite otter lamp 47", "delivery": {}}"#, &["email", "delivery"]),
        (twice, &["password", "email", "a", "b"]),
    ] {
        for path in [REGISTER, LOGIN] {
            let answer = world.post(path).header("content-type", "application/json").bytes(body).await;
            let answer = answer.expect_problem(400, "invalid_input");
            assert_eq!(answer.fields(), fields, "{path} {body}");
            assert!(!answer.body_text().contains("granite"), "an answer never quotes a value");
        }
    }
    let person = world.someone("ada@example.com").await;
    let post = |path| world.post(path).bearer(&person.access_token);
    let answer = post(DETECT).json(&json!({"second_opinion": 1, "texts": []})).await;
    assert_eq!(answer.expect_problem(400, "invalid_input").fields(), ["text", "second_opinion", "texts"]);
    let texts = json!([{"text": 7, "id": 8}, "a text", {"text": "a", "lang": "en"}, {}, {"id": "", "text": " "}]);
    let answer = post(BATCH).json(&json!({"texts": texts, "x": 1})).await.expect_problem(400, "invalid_input");
    let places = ["[0].id", "[0].text", "[1]", "[2].lang", "[3].text", "[4].id", "[4].text"];
    let mut fields: Vec<_> = places.iter().map(|place| format!("texts{place}")).collect();
    fields.push("x".into());
    assert_eq!(answer.fields(), fields);
    for texts in [json!([]), json!({}), json!("a"), json!(null), json!(vec![json!({"text": "a"}); 21])] {
        let answer = post(BATCH).json(&json!({"texts": texts})).await.expect_problem(400, "invalid_input");
        assert_eq!(answer.fields(), ["texts"]);
    }
}

/// What the description of the API says of each body is what is asked for.
#[tokio::test]
async fn every_body_asks_for_the_fields_that_the_description_names() {
    let document = edgekeep::http::openapi::document().expect("all routes are described");
    let mut bodies = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema/$ref") else {
                continue;
            };
            let schema = &document.pointer(schema.as_str().unwrap().trim_start_matches('#')).unwrap();
            let properties: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
            let required =
                schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned());
            let world = World::new();
            let person = world.someone("ada@example.com").await;
            let token = if path.contains("/operator/") { OPERATOR_TOKEN } else { &person.access_token };
            let call = || world.call(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), path).bearer(token);
            let missing: BTreeSet<_> = required.collect();
            if !missing.is_empty() {
                let answer = call().json(&json!({})).await.expect_problem(400, "invalid_input");
                assert_eq!(answer.fields().into_iter().collect::<BTreeSet<_>>(), missing, "{method} {path}");
            }
            // An object is what no field of ours is.
            let mut wrong: serde_json::Map<_, _> = properties.iter().map(|name| (name.clone(), json!({}))).collect();
            wrong.insert("user_id".into(), json!("someone"));
            let answer = call().json(&wrong.into()).await.expect_problem(400, "invalid_input");
            let mut expected = properties;
            expected.insert("user_id".into());
            assert_eq!(answer.fields().into_iter().collect::<BTreeSet<_>>(), expected, "{method} {path}");
            assert_eq!(schema["additionalProperties"], false);
            bodies += 1;
        }
    }
    assert!(bodies >= 9, "{bodies}");
}

#[tokio::test]
async fn an_answer_stays_small_however_many_fields_are_wrong() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let many = |count: usize| (0..count).map(|n| format!("\"{n}{}\":1", "x".repeat(100))).collect::<Vec<_>>().join(",");
    let post = |path| world.post(path).header("content-type", "application/json").bearer(&person.access_token);
    let answer = post(LOGIN).bytes(format!("{{{}}}", many(140))).await.expect_problem(400, "invalid_input");
    assert_eq!(answer.fields(), [""], "more fields than any request has");
    let texts = vec![format!("{{{}}}", many(32)); 20].join(",");
    let answer = post(BATCH).bytes(format!("{{\"texts\":[{texts}]}}")).await.expect_problem(400, "invalid_input");
    assert_eq!(answer.fields().len(), 100);
    let huge = vec!["1"; 400_000].join(",");
    for body in [format!("{{\"texts\":[{huge}]}}"), format!("{{\"texts\":[{{\"text\":[{huge}]}}]}}")] {
        post(BATCH).bytes(body).await.expect_problem(400, "invalid_input");
    }
}

#[tokio::test]
async fn takes_an_object_and_nothing_else() {
    let world = World::new();
    for body in ["null", "7", "\"text\"", "[]", r#"["ada@example.com", "granite otter lamp 47"]"#, "true"] {
        for path in [REGISTER, LOGIN, REFRESH] {
            let answer = world.post(path).header("content-type", "application/json").bytes(body).await;
            answer.expect_problem(400, "invalid_input");
        }
    }
}

#[tokio::test]
async fn tells_broken_json_from_wrong_fields_and_quotes_none_of_it() {
    let world = World::new();
    let deep = format!("{}1{}", "[".repeat(20_000 / 2), "]".repeat(20_000 / 2));
    for body in [
        &b""[..],
        b" ",
        b"{",
        b"{\"email\": \"ada@example.com\", \"password\": \"granite ot",
        b"{\"email\": \"ada@example.com\"} {\"password\": \"granite\"}",
        b"{'email': 'ada@example.com'}",
        b"{\"email\": \"a\", // comment\n}",
        b"{\"email\": \"ada@example.com\",}",
        b"\xef\xbb\xbf{}",
        b"{\"email\": \"\xff\xfe\"}",
        b"{\"email\": \"\\ud800\"}",
        b"{\"email\": 1e999999}",
        b"{\"email\": \"granite\x01\"}",
        b"\x00",
        b"{\"a\":1}\x00",
        deep.as_bytes().get(..16_000).unwrap(),
    ] {
        for path in [REGISTER, LOGIN] {
            let answer = world.post(path).header("content-type", "application/json").bytes(body.to_vec()).await;
            let answer = answer.expect(400);
            let code = answer.text("/code");
            assert!(["invalid_json", "invalid_input"].contains(&code.as_str()), "{code}");
            assert!(!answer.body_text().contains("granite"));
        }
    }
}

#[tokio::test]
async fn refuses_other_media_types_charsets_and_encodings() {
    let world = World::new();
    let body = json!({"email": "ada@example.com", "password": PASSWORD}).to_string();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonp",
        "application/json2",
        "text/json",
        "application/json; charset=utf-16",
        "application/json; charset=\"iso-8859-1\"",
        "",
    ] {
        let answer = world.post(REGISTER).header("content-type", content_type).bytes(body.clone()).await;
        answer.expect_problem(415, "unsupported_media_type");
    }
    world.post(REGISTER).bytes(body.clone()).await.expect_problem(415, "unsupported_media_type");
    for encoding in ["gzip", "br", "deflate", "identity, gzip", "zstd"] {
        let call = world.post(REGISTER).header("content-type", "application/json").header("content-encoding", encoding);
        call.bytes(body.clone()).await.expect_problem(415, "unsupported_media_type");
    }
    assert_eq!(world.db.faults.calls(), 0);
}

#[tokio::test]
async fn takes_json_in_every_way_of_saying_so() {
    for (at, content_type) in [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        "application/json; charset=UTF-8",
        "application/json; charset=\"utf-8\"",
        "application/json ; profile=x",
    ]
    .iter()
    .enumerate()
    {
        let world = World::new();
        let body = json!({"email": format!("a{at}@example.com"), "password": PASSWORD}).to_string();
        world.post(REGISTER).header("content-type", content_type).bytes(body).await.expect(201);
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_by_its_announced_length_and_by_what_comes() {
    let world = World::new();
    let huge = json!({"email": "ada@example.com", "password": "x".repeat(20_000)}).to_string();
    let json = |path| world.post(path).header("content-type", "application/json");
    json(REGISTER).bytes(huge.clone()).await.expect_problem(413, "body_too_large");
    let announced = json(REGISTER).header("content-length", "99999999").bytes("{}").await;
    announced.expect_problem(413, "body_too_large");
    // In pieces without an announced length, and never more than the limit in memory.
    let pieces = futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 1024])));
    json(REGISTER).body(Body::from_stream(pieces)).await.expect_problem(413, "body_too_large");
    // A length that lies changes nothing.
    let liar = json(REGISTER).header("content-length", "2").bytes(huge).await;
    liar.expect_problem(413, "body_too_large");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_a_400() {
    let world = World::new();
    let parts: Vec<Result<Bytes, std::io::Error>> =
        vec![Ok(Bytes::from_static(b"{\"email\": \"ada@")), Err(std::io::Error::other("connection lost"))];
    let body = Body::from_stream(futures_util::stream::iter(parts));
    let answer = world.post(REGISTER).header("content-type", "application/json").body(body).await;
    answer.expect_problem(400, "invalid_json");
}

#[tokio::test]
async fn an_answer_stays_small_however_long_the_name_of_an_unknown_field_is() {
    let world = World::new();
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "x".repeat(10_000): 1});
    let answer = world.post(REGISTER).json(&body).await.expect_problem(400, "invalid_input");
    assert!(answer.body.len() < 1000, "{}", answer.body.len());
}

#[tokio::test]
async fn a_request_refused_for_its_form_costs_no_quota() {
    let world = World::with(&[("LOGIN_LIMIT", "1/hour"), ("DETECT_LIMIT", "1/hour")]);
    let person = world.someone("ada@example.com").await;
    for _ in 0..3 {
        world.login("nowhere", PASSWORD).await.expect(400);
        let answer = world.post(DETECT).bearer(&person.access_token).json(&json!({"text": 7})).await;
        answer.expect(400);
    }
    world.login("ada@example.com", PASSWORD).await.expect(200);
    world.detect(&person.access_token, "A text.").await.expect(200);
}

#[tokio::test]
async fn a_name_may_be_absent_null_or_text() {
    for (at, (name, expected)) in
        [(json!(null), Value::Null), (json!("  Ada  "), json!("Ada")), (json!("Ünïcødé 李"), json!("Ünïcødé 李"))]
            .into_iter()
            .enumerate()
    {
        let world = World::new();
        let body = json!({"email": format!("a{at}@example.com"), "password": PASSWORD, "name": name});
        let answer = world.post(REGISTER).json(&body).await.expect(201);
        assert_eq!(answer.at("/user/name"), expected);
    }
}

#[tokio::test]
async fn routes_without_input_take_no_body_but_an_empty_object() {
    for (method, path) in without_input() {
        let world = World::new();
        let person = world.someone("ada@example.com").await;
        let token = if path.contains("/operator/") { OPERATOR_TOKEN } else { &person.access_token };
        let call = || world.call(method.clone(), &path).bearer(token);
        let json = || call().header("content-type", "application/json");
        for broken in ["{{{", "{", "[", "{} {}"] {
            json().bytes(broken).await.expect_problem(400, "invalid_json");
        }
        json().bytes("[]").await.expect_problem(400, "invalid_input");
        let answer = json().bytes(r#"{"all": true, "user_id": "x"}"#).await.expect_problem(400, "invalid_input");
        assert_eq!(answer.fields(), ["all", "user_id"]);
        json().bytes(vec![b' '; 1_000_000]).await.expect_problem(413, "body_too_large");
        call().bytes("{}").await.expect_problem(415, "unsupported_media_type");
        call().header("content-type", "text/plain").bytes("all").await.expect_problem(415, "unsupported_media_type");
        world.me(&person.access_token).await.expect(200);
        // What fetch sends without a body says nothing of a type, and some clients say one all the same.
        for call in [call(), json(), call().header("content-length", "0")] {
            let status = call.send().await.status.as_u16();
            assert!([200, 202, 204, 401, 404].contains(&status), "{method} {path}: {status}");
        }
        let person = world.logged_in("ada@example.com").await;
        let token = if path.contains("/operator/") { OPERATOR_TOKEN } else { &person.access_token };
        let call = world.call(method.clone(), &path).bearer(token);
        let status = call.json(&json!({})).await.status.as_u16();
        assert!([200, 202, 204, 404].contains(&status), "{method} {path}: {status}");
    }
}

/// The routes that change something without input, by the description of the API; those that only read get no body.
fn without_input() -> Vec<(Method, String)> {
    let document = edgekeep::http::openapi::document().expect("all routes are described");
    let mut found = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if method != "get" && operation.get("requestBody").is_none() {
                let path = path.replace("{id}", "0192f0c1-2345-7abc-8def-0123456789ab");
                found.push((Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), path));
            }
        }
    }
    assert!(found.len() >= 4, "log out, two revocations, a backup: {found:?}");
    found
}

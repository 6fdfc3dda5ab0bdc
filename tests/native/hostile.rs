//! Hostile input of any kind: never a panic, never a 5xx, never a way in.

use axum::body::Body;
use edgekeep::domain::quota::{Policy, SlidingLog};
use http::{HeaderName, HeaderValue, Method, Request};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::world::{BATCH, DETECT, LOGIN, LOGOUT, ME, PASSWORD, REFRESH, REGISTER, SESSIONS};

/// A whole installation is made for each case: fewer cases than usual, unless `PROPTEST_CASES` asks for more.
fn config() -> ProptestConfig {
    let config = ProptestConfig::default();
    if std::env::var_os("PROPTEST_CASES").is_some() { config } else { ProptestConfig { cases: 64, ..config } }
}

fn on_a_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

const PATHS: [&str; 10] = [REGISTER, LOGIN, REFRESH, LOGOUT, ME, SESSIONS, DETECT, BATCH, "/healthz", "/readyz"];
const METHODS: [Method; 7] =
    [Method::GET, Method::POST, Method::DELETE, Method::PUT, Method::PATCH, Method::HEAD, Method::OPTIONS];

/// A request that is sent as it is; what must hold of any answer.
async fn send(world: &World, request: Request<Body>) -> TestCaseResult {
    let answer = edgekeep::http::serve(&world.app, request).await;
    prop_assert!(!answer.status().is_server_error(), "{}: {:?}", answer.status(), answer.body());
    prop_assert!(answer.headers().contains_key("x-request-id"));
    prop_assert_eq!(&answer.headers()["cache-control"], "no-store");
    if answer.status().is_client_error() {
        prop_assert_eq!(&answer.headers()["content-type"], "application/problem+json");
        prop_assert!(answer.body().len() < 2000, "an error stays small: {}", answer.body().len());
    }
    Ok(())
}

/// A body that says it is a form, from somebody who may send one.
async fn send_form(body: Vec<u8>) -> TestCaseResult {
    let world = World::new();
    let person = world.someone("eve@example.com").await;
    let request = Request::post(format!("https://edgekeep.example{DETECT}"))
        .header("content-type", "multipart/form-data; boundary=x")
        .header("authorization", format!("Bearer {}", person.access_token));
    send(&world, request.body(Body::from(body)).unwrap()).await
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,40}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!("ada@example.com")),
        Just(json!(PASSWORD)),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        let name = prop_oneof![
            Just("email".to_owned()),
            Just("password".to_owned()),
            Just("name".to_owned()),
            Just("delivery".to_owned()),
            Just("refresh_token".to_owned()),
            Just("text".to_owned()),
            Just("texts".to_owned()),
            "\\PC{0,12}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn header_name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("authorization".to_owned()),
        Just("cookie".to_owned()),
        Just("origin".to_owned()),
        Just("content-type".to_owned()),
        Just("content-length".to_owned()),
        Just("content-encoding".to_owned()),
        Just("cf-connecting-ip".to_owned()),
        Just("traceparent".to_owned()),
        Just("user-agent".to_owned()),
        Just("access-control-request-method".to_owned()),
        "[a-z][a-z0-9-]{0,12}",
    ]
}

fn header_value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        "[ -~]{0,80}".prop_map(String::into_bytes),
        "Bearer [A-Za-z0-9._-]{0,200}".prop_map(String::into_bytes),
        "__Host-edgekeep_refresh=[ -~]{0,60}".prop_map(String::into_bytes),
        "[0-9a-fA-F:.]{0,45}".prop_map(String::into_bytes),
        "https?://[a-z.:0-9@/]{0,40}".prop_map(String::into_bytes),
        Just(b"application/json".to_vec()),
        "[0-9-]{0,24}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_json_to_any_route(body in any_json(), path in prop::sample::select(&PATHS), with_token in any::<bool>()) {
        on_a_runtime(async {
            let world = World::new();
            let person = world.someone("eve@example.com").await;
            let mut request = Request::post(format!("https://edgekeep.example{path}"))
                .header("content-type", "application/json");
            if with_token {
                request = request.header("authorization", format!("Bearer {}", person.access_token));
            }
            send(&world, request.body(Body::from(body.to_string())).unwrap()).await?;
            let line = world.log.last().to_string();
            prop_assert!(!line.contains('@') && !line.contains(PASSWORD), "{}", line);
            Ok(())
        })?;
    }

    #[test]
    fn any_bytes_to_any_route(body in prop::collection::vec(any::<u8>(), 0..300), path in prop::sample::select(&PATHS)) {
        on_a_runtime(async {
            let world = World::new();
            let person = world.someone("eve@example.com").await;
            let request = Request::post(format!("https://edgekeep.example{path}"))
                .header("content-type", "application/json")
                .header("authorization", format!("Bearer {}", person.access_token));
            send(&world, request.body(Body::from(body)).unwrap()).await
        })?;
    }

    #[test]
    fn any_headers_on_any_method_and_route(
        headers in prop::collection::vec((header_name(), header_value()), 0..8),
        method in prop::sample::select(&METHODS),
        path in prop::sample::select(&PATHS),
    ) {
        on_a_runtime(async {
            let world = World::new();
            let mut request = Request::new(Body::from("{}"));
            *request.method_mut() = method;
            *request.uri_mut() = format!("https://edgekeep.example{path}").parse().unwrap();
            for (name, value) in &headers {
                let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                if let Ok(value) = HeaderValue::from_bytes(value) {
                    request.headers_mut().append(name, value);
                }
            }
            send(&world, request).await?;
            let line = world.log.last().to_string();
            for (name, value) in headers.iter().filter(|(_, value)| value.len() >= 12) {
                let text = String::from_utf8_lossy(value);
                prop_assert!(!line.contains(text.trim()), "{} is in the log: {}", name, line);
            }
            Ok(())
        })?;
    }

    #[test]
    fn any_path(path in "(/[!-~]{0,20}){0,4}(\\?[!-~]{0,20})?", method in prop::sample::select(&METHODS)) {
        let Ok(uri) = format!("https://edgekeep.example{path}").parse::<http::Uri>() else { return Ok(()) };
        on_a_runtime(async {
            let world = World::new();
            let mut request = Request::new(Body::empty());
            *request.method_mut() = method;
            *request.uri_mut() = uri;
            send(&world, request).await
        })?;
    }

    #[test]
    fn any_file_under_any_name(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        head in prop::sample::select(vec![&b""[..], b"%PDF-1.4\n", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf"]),
        name in prop::sample::select(vec!["a.txt", "a.md", "a.pdf", "a.docx", "a.PDF", "fdp.txt.", "..", "a\\b.txt"]),
    ) {
        let start = format!("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        on_a_runtime(send_form([start.as_bytes(), head, &bytes, b"\r\n--x--\r\n"].concat()))?;
    }

    #[test]
    fn any_bytes_as_a_form(bytes in prop::collection::vec(any::<u8>(), 0..400), start in "(--x)?(\r\n)?[ -~]{0,60}(\r\n){0,2}") {
        on_a_runtime(send_form([start.as_bytes(), &bytes, b"\r\n--x--\r\n"].concat()))?;
    }

    #[test]
    fn a_token_with_any_byte_changed_is_refused(at in 0..400_usize, byte in "[A-Za-z0-9._-]") {
        on_a_runtime(async {
            let world = World::new();
            let person = world.someone("eve@example.com").await;
            let mut token = person.access_token.clone();
            let at = at % token.len();
            token.replace_range(at..=at, &byte);
            prop_assume!(token != person.access_token);
            let status = world.me(&token).await.status;
            prop_assert_eq!(status.as_u16(), 401);
            Ok(())
        })?;
    }

    #[test]
    fn any_password_and_e_mail_that_register_can_log_in(email in "[a-z]{1,8}@[a-z]{1,8}\\.[a-z]{2,4}", password in "\\PC{0,80}") {
        on_a_runtime(async {
            let world = World::new();
            let body = json!({"email": email, "password": password});
            let answer = world.post(REGISTER).json(&body).await;
            if answer.status == 201 {
                world.post(LOGIN).json(&body).await.expect(200);
            } else {
                answer.expect_problem(400, "invalid_input");
            }
            Ok::<_, TestCaseError>(())
        })?;
    }
}

proptest! {
    #![proptest_config(config())]

    /// Against a plain log of admitted calls: over any window never more than the limit, and never a refusal with room.
    #[test]
    fn limits_are_exact_over_any_moves_of_the_clock(
        moves in prop::collection::vec(-20_000_i64..40_000, 1..120),
        first in 1..8_u32,
        second in 1..20_u32,
    ) {
        on_a_runtime(async {
            let text = format!("{first}/15s;{second}/minute");
            let world = World::with(&[("LOGIN_LIMIT", text.as_str())]);
            // Time as the limiter sees it: it never runs before the newest admitted call.
            let mut admitted: Vec<i64> = Vec::new();
            for step in moves {
                world.clock.advance(step);
                let now = admitted.last().map_or(world.app.now_ms(), |newest| world.app.now_ms().max(*newest));
                let room = |length_ms: i64, limit: u32| {
                    admitted.iter().filter(|time| **time > now - length_ms).count() < limit as usize
                };
                let expected = room(15_000, first) && room(60_000, second);
                let status = world.login("nobody@example.com", "granite otter lamp 48").await;
                let refused = status.text("/code") == "rate_limited";
                prop_assert_eq!(!refused, expected, "at {} with {:?}", now, admitted);
                if expected {
                    admitted.push(now);
                }
            }
            for (at, start) in admitted.iter().enumerate() {
                for (length, limit) in [(15_000, first), (60_000, second)] {
                    let within = admitted[at..].iter().filter(|time| **time < start + length).count();
                    prop_assert!(within <= limit as usize);
                }
            }
            Ok(())
        })?;
    }

    /// What an object does when it is evicted or the machine dies: only what was stored comes back.
    #[test]
    fn limits_are_exact_when_the_log_is_loaded_anew_at_any_time(
        moves in prop::collection::vec((0..30_000_i64, any::<bool>()), 1..100),
        limit in 1..6_u32,
    ) {
        let policy = Policy::parse(&format!("{limit}/minute")).unwrap();
        let (mut log, mut rows, mut now) = (SlidingLog::default(), Vec::new(), 0);
        for (step, evicted) in moves {
            now += step;
            if evicted {
                rows.retain(|time| *time > log.forgotten(&policy, now));
                log = SlidingLog::load(rows.clone());
            }
            if log.take(&policy, now, 1).admitted {
                rows.extend(log.newest());
            }
            let counted = rows.iter().filter(|time| **time > now - 60_000).count();
            prop_assert!(counted <= limit as usize);
        }
    }
}

//! HTTP as clients expect it.

use http::Method;
use serde_json::json;

use crate::support::World;
use crate::support::world::{DETECT, LOGIN, LOGOUT, ME, PASSWORD, REFRESH, REGISTER, SESSIONS};

const APP: &str = "https://app.example";

#[tokio::test]
async fn head_is_get_without_the_body() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    for path in ["/healthz", "/readyz", ME, SESSIONS] {
        let get = world.get(path).bearer(&person.access_token).send().await.expect(200);
        let head = world.call(Method::HEAD, path).bearer(&person.access_token).send().await.expect(200);
        assert!(head.body.is_empty());
        assert_eq!(head.header("content-type"), get.header("content-type"));
    }
    world.call(Method::HEAD, ME).send().await.expect(401);
    world.call(Method::HEAD, LOGIN).send().await.expect(405);
    world.call(Method::HEAD, "/nothing").send().await.expect(404);
}

#[tokio::test]
async fn a_known_path_with_another_method_is_a_405_that_lists_the_methods() {
    let world = World::new();
    for (method, path, allowed) in [
        (Method::GET, LOGIN, &["POST"][..]),
        (Method::PUT, REGISTER, &["POST"]),
        (Method::PATCH, REFRESH, &["POST"]),
        (Method::DELETE, LOGOUT, &["POST"]),
        (Method::POST, ME, &["DELETE", "GET", "HEAD", "PATCH"]),
        (Method::POST, SESSIONS, &["DELETE", "GET", "HEAD"]),
        (Method::GET, DETECT, &["POST"]),
        (Method::POST, "/healthz", &["GET", "HEAD"]),
        (Method::PUT, "/api/v1/auth/sessions/1", &["DELETE"]),
        (Method::TRACE, LOGIN, &["POST"]),
        (Method::CONNECT, LOGIN, &["POST"]),
        (Method::from_bytes(b"BREW").unwrap(), LOGIN, &["POST"]),
    ] {
        let answer = world.call(method.clone(), path).send().await.expect_problem(405, "method_not_allowed");
        let mut found: Vec<_> = answer.header("allow").unwrap().split(',').map(str::trim).collect();
        found.sort_unstable();
        let mut allowed = allowed.to_vec();
        allowed.push("OPTIONS");
        allowed.sort_unstable();
        assert_eq!(found, allowed, "{method} {path}");
        let options = world.call(Method::OPTIONS, path).send().await.expect(204);
        assert_eq!(options.header("allow"), answer.header("allow"));
    }
}

#[tokio::test]
async fn what_is_not_in_the_table_is_a_404() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    for path in [
        "/",
        "//",
        "/api",
        "/api/v1/auth",
        "/api/v1/auth/",
        "/api/v1/auth/me/",
        "//api/v1/auth/me",
        "/api//v1/auth/me",
        "/api/v1/auth/ME",
        "/api/v1/auth/me%2F",
        "/api/v1/auth/%6De",
        "/api/v1/auth%2fme",
        "/api/v1/auth/./me",
        "/api/v1/auth/x/../me",
        "/api/v2/auth/me",
        "/api/v1/auth/sessions/",
        "/api/v1/auth/sessions/a/b",
        "/healthz/",
        "/healthz%00",
        "/.env",
        "/.git/config",
        "/wp-login.php",
        "/%",
        "/%ff",
        "/..%2f..%2fetc%2fpasswd",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = world.call(method, path).bearer(&person.access_token).send().await;
            answer.expect_problem(404, "not_found");
        }
    }
}

#[tokio::test]
async fn a_path_parameter_is_percent_decoded_once() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let other = world.logged_in("ada@example.com").await;
    let sid = crate::support::world::claims(&other.access_token)["sid"].as_str().unwrap().to_owned();
    let twice: String = sid.bytes().map(|byte| format!("%25{byte:02x}")).collect();
    let once: String = sid.bytes().map(|byte| format!("%{byte:02X}")).collect();
    for wrong in [twice.as_str(), "%ff%fe", "%", "%zz", "..", "%2e%2e", "%2F"] {
        let answer = world.delete(&format!("{SESSIONS}/{wrong}")).bearer(&person.access_token).send().await;
        answer.expect_problem(404, "not_found");
    }
    world.delete(&format!("{SESSIONS}/{once}")).bearer(&person.access_token).send().await.expect(200);
    world.me(&other.access_token).await.expect(401);
}

#[tokio::test]
async fn options_tells_the_methods_of_a_path_and_does_nothing() {
    let world = World::new();
    let answer = world.call(Method::OPTIONS, LOGIN).send().await.expect(204);
    assert_eq!(answer.header("allow"), Some("POST,OPTIONS"));
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("access-control-allow-methods"), None);
    world.call(Method::OPTIONS, "/nothing").send().await.expect_problem(404, "not_found");
    assert_eq!(world.db.faults.calls() + world.limiter.faults.calls(), 0);
}

#[tokio::test]
async fn a_preflight_from_an_allowed_origin_is_granted_for_that_one_origin() {
    let world = World::with(&[("CORS_ORIGINS", "https://app.example,https://other.example")]);
    for (path, methods) in [(LOGIN, "POST,OPTIONS"), (ME, "GET,HEAD,PATCH,DELETE,OPTIONS"), (DETECT, "POST,OPTIONS")] {
        let call = world.call(Method::OPTIONS, path).header("origin", APP);
        let call = call.header("access-control-request-method", "POST");
        let call = call.header("access-control-request-headers", "authorization, content-type, x-evil");
        let answer = call.send().await.expect(204);
        assert_eq!(answer.header("access-control-allow-origin"), Some(APP));
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
        assert_eq!(answer.header("access-control-allow-methods"), Some(methods));
        let headers = answer.header("access-control-allow-headers").unwrap().to_ascii_lowercase();
        assert!(headers.contains("authorization") && headers.contains("content-type"));
        assert!(!headers.contains("evil") && !headers.contains('*'));
        assert_eq!(answer.header("vary"), Some("Origin"));
    }
}

#[tokio::test]
async fn other_origins_are_granted_nothing() {
    let world = World::with(&[("CORS_ORIGINS", "https://app.example,https://other.example")]);
    for origin in [
        "https://evil.example",
        "null",
        "",
        "*",
        "http://app.example",
        "https://app.example.evil.example",
        "https://evilapp.example",
        "https://app.example:8443",
        "https://app.example/",
        "https://app.example,https://other.example",
        "https://user@app.example",
    ] {
        for (method, path) in [(Method::OPTIONS, LOGIN), (Method::GET, "/healthz"), (Method::POST, LOGIN)] {
            let call = world.call(method, path).header("origin", origin);
            let answer = call.header("access-control-request-method", "POST").send().await;
            let granted = answer.headers.keys().any(|name| name.as_str().starts_with("access-control-"));
            assert!(!granted, "{origin}: {:?}", answer.headers);
            assert_eq!(answer.header("vary"), Some("Origin"), "a cache must tell origins apart");
        }
    }
}

#[tokio::test]
async fn every_answer_to_an_allowed_origin_may_be_read_by_it() {
    let world = World::new();
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let answers = [
        world.get("/healthz").header("origin", APP).send().await.expect(200),
        world.get("/nothing").header("origin", APP).send().await.expect(404),
        world.get(ME).header("origin", APP).send().await.expect(401),
        world.get(LOGIN).header("origin", APP).send().await.expect(405),
        world.post(LOGIN).header("origin", APP).json(&body).await.expect(401),
        world.post(REGISTER).header("origin", "HTTPS://APP.example:443").json(&body).await.expect(201),
    ];
    for answer in &answers {
        let origin = answer.header("access-control-allow-origin").unwrap();
        assert!(origin.eq_ignore_ascii_case(APP) || origin == "HTTPS://APP.example:443", "{origin}");
        let exposed = answer.header("access-control-expose-headers").unwrap();
        for header in ["RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"] {
            assert!(exposed.contains(header), "{exposed}");
        }
    }
}

#[tokio::test]
async fn without_an_allow_list_no_origin_is_granted_anything() {
    let world = World::with(&[("CORS_ORIGINS", "")]);
    let call = world.call(Method::OPTIONS, LOGIN).header("origin", APP);
    let answer = call.header("access-control-request-method", "POST").send().await.expect(204);
    assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")));
}

#[tokio::test]
async fn s29_every_answer_of_every_kind_is_never_stored() {
    // The client of these tests asserts it of every answer; here are those that it might not have met.
    let world = World::new();
    world.entropy.set_broken(true);
    let answer = world.get("/healthz").send().await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    world.clock.advance(1);
    let answer = world.register("ada@example.com").await;
    assert!(answer.status.is_server_error(), "no randomness, no account: {}", answer.status);
    assert_eq!(world.db.number("SELECT count(*) FROM users", []), 0);
}

#[tokio::test]
async fn hsts_is_sent_over_tls_only() {
    let world = World::new();
    let answer = world.get("/healthz").send().await;
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=63072000; includeSubDomains"));
    let answer = world.get("/healthz").on_host("http://localhost:8787").send().await;
    assert_eq!(answer.header("strict-transport-security"), None);
}

#[tokio::test]
async fn a_request_id_is_ours_and_never_the_clients() {
    let world = World::new();
    let answer = world.get("/healthz").header("x-request-id", "forged").send().await;
    let again = world.get("/healthz").header("x-request-id", "forged").send().await;
    assert_ne!(answer.header("x-request-id"), Some("forged"));
    assert_ne!(answer.header("x-request-id"), again.header("x-request-id"));
}

#[tokio::test]
async fn the_log_line_follows_the_trace_of_the_caller_and_holds_the_template_of_the_route() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let path = format!("{SESSIONS}/%0a%7b%22forged%22:1%7d?token=secret");
    world.delete(&path).bearer(&person.access_token).header("traceparent", trace).send().await.expect(404);
    let line = world.log.last();
    assert_eq!(line["trace_id"], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(line["http.route"], "/api/v1/auth/sessions/{id}");
    assert_eq!(line["http.request.method"], "DELETE");
    assert_eq!(line["error.type"], "not_found");
    let text = line.to_string();
    assert!(!text.contains("forged") && !text.contains("secret") && !text.contains('\n'));
    world.call(Method::from_bytes(b"FORGED").unwrap(), "/x").send().await.expect(404);
    assert_eq!(world.log.last()["http.request.method"], "_OTHER");
}

#[tokio::test]
async fn lines_below_the_level_are_not_written() {
    use edgekeep::ports::DbError;
    let world = World::with(&[("LOG_LEVEL", "error")]);
    let request = || http::Request::get("https://edgekeep.example/readyz").body(axum::body::Body::empty()).unwrap();
    edgekeep::http::serve(&world.app, request()).await;
    assert_eq!(world.log.lines().len(), 0);
    world.clock.advance(edgekeep::health::FRESH_MS);
    world.db.faults.fail_on(1, DbError::Timeout);
    edgekeep::http::serve(&world.app, request()).await;
    assert_eq!(world.log.lines().len(), 1);
}

#[tokio::test]
async fn whoever_watches_over_security_is_told_what_happened_and_to_whom() {
    let world = World::with(&[("LOGIN_FREE_FAILURES", "1"), ("DETECT_LIMIT", "1/hour")]);
    let said = |event: &str, user_id: Option<&str>| {
        let line = world.log.last();
        assert_eq!(line["event.name"].as_str(), Some(event), "{line}");
        assert_eq!(line["user.id"].as_str(), user_id, "{line}");
    };
    let person = world.someone("ada@example.com").await;
    let id = Some(person.user_id.as_str());
    said("user_created", id);
    world.login("ada@example.com", PASSWORD).await.expect(200);
    said("authn_login_success", id);
    let next = world.refresh(&person.refresh_token).await.expect(200).text("/refresh_token");
    said("authn_token_refreshed", id);
    world.delete(SESSIONS).bearer(&person.access_token).send().await.expect(200);
    said("authn_token_revoked", id);
    world.detect(&person.access_token, "A text.").await.expect(200);
    world.detect(&person.access_token, "A text.").await.expect(429);
    said("excess_rate_limit_exceeded", id);
    world.detect(&person.access_token, "").await.expect(400);
    said("input_validation_fail", id);
    world.me("forged").await.expect(401);
    said("authz_fail", None);
    world.login("ada@example.com", "granite otter lamp 48").await.expect(401);
    said("authn_login_fail", None);
    world.login("ada@example.com", "granite otter lamp 48").await.expect(429);
    said("authn_login_lock", None);
    world.refresh(&next).await.expect(200);
    world.refresh(&person.refresh_token).await.expect(401);
    said("authn_token_reuse", id);
    let bob = world.someone("bob@example.com").await;
    world.post(LOGOUT).bearer(&bob.access_token).send().await.expect(204);
    said("session_ended", Some(bob.user_id.as_str()));
}

//! Browser clients: the refresh token in a cookie that scripts can't read.

use http::Method;
use serde_json::json;

use crate::support::client::COOKIE;
use crate::support::world::{LOGIN, LOGOUT, PASSWORD, REFRESH, REGISTER};
use crate::support::{Answer, World};

const OWN: &str = "https://edgekeep.example";
const ALLOWED: &str = "https://app.example";

async fn register(world: &World) -> Answer {
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "delivery": "cookie"});
    world.post(REGISTER).json(&body).await.expect(201)
}

#[tokio::test]
async fn the_token_comes_in_the_cookie_and_never_in_the_body() {
    let world = World::new();
    let registered = register(&world).await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "delivery": "cookie"});
    let logged_in = world.post(LOGIN).json(&body).await.expect(200);
    let cookie = registered.cookie().unwrap();
    let refreshed = world.post(REFRESH).cookie(&cookie).header("origin", OWN).send().await.expect(200);
    for answer in [&registered, &logged_in, &refreshed] {
        assert!(answer.json().get("refresh_token").is_none(), "{}", answer.body_text());
        let token = answer.cookie().unwrap();
        assert!(!answer.body_text().contains(&token));
        let cookie = answer.header("set-cookie").unwrap();
        let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
        assert_eq!(attributes, ["Max-Age=2592000", "Path=/", "Secure", "HttpOnly", "SameSite=Strict"]);
        assert!(cookie.starts_with("__Host-"), "{cookie}");
    }
    assert_ne!(refreshed.cookie(), registered.cookie());
}

#[tokio::test]
async fn a_body_client_gets_no_cookie() {
    let world = World::new();
    let answer = world.register("ada@example.com").await.expect(201);
    assert_eq!(answer.header("set-cookie"), None);
    let answer = world.refresh(&answer.text("/refresh_token")).await.expect(200);
    assert_eq!(answer.header("set-cookie"), None);
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "delivery": "body"});
    let answer = world.post(LOGIN).json(&body).await.expect(200);
    assert_eq!(answer.header("set-cookie"), None);
}

#[tokio::test]
async fn a_refresh_by_cookie_must_come_from_the_own_or_an_allowed_origin() {
    let world = World::new();
    let cookie = register(&world).await.cookie().unwrap();
    for origin in [
        "https://evil.example",
        "null",
        "",
        "http://edgekeep.example",
        "https://edgekeep.example:444",
        "https://edgekeep.example.evil.example",
        "https://evil.example/https://edgekeep.example",
        "https://edgekeep.example@evil.example",
        "https://xedgekeep.example",
        "https://sub.edgekeep.example",
    ] {
        let answer = world.post(REFRESH).cookie(&cookie).header("origin", origin).send().await;
        let answer = answer.expect_problem(403, "origin_not_allowed");
        assert_eq!(answer.header("set-cookie"), None, "a stranger does not remove the cookie");
    }
    let answer = world.post(REFRESH).cookie(&cookie).send().await;
    answer.expect_problem(403, "origin_not_allowed");
    assert_eq!(world.db.number("SELECT count(*) FROM refresh_tokens", []), 1, "nothing was redeemed");
    let next = world.post(REFRESH).cookie(&cookie).header("origin", OWN).send().await.expect(200).cookie().unwrap();
    world.post(REFRESH).cookie(&next).header("origin", ALLOWED).send().await.expect(200);
}

#[tokio::test]
async fn the_own_origin_is_that_of_the_request() {
    let world = World::new();
    let cookie = register(&world).await.cookie().unwrap();
    let local = "http://localhost:8787";
    let call = || world.post(REFRESH).cookie(&cookie).on_host(local);
    call().header("origin", "http://localhost:8788").send().await.expect(403);
    call().header("origin", "https://localhost:8787").send().await.expect(403);
    call().header("origin", OWN).send().await.expect(403);
    // What a proxy claims about the host is not believed.
    call().header("origin", OWN).header("x-forwarded-host", "edgekeep.example").send().await.expect(403);
    call().header("origin", local).send().await.expect(200);
}

#[tokio::test]
async fn a_bad_cookie_is_removed() {
    let world = World::new();
    register(&world).await;
    for cookie in ["", "nonsense", "a.b.c", &format!("ekr_{}", "A".repeat(43))] {
        let answer = world.post(REFRESH).cookie(cookie).header("origin", OWN).send().await;
        let answer = answer.expect_problem(401, "invalid_refresh_token");
        assert_eq!(answer.cookie().as_deref(), Some(""), "{cookie}");
        assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict"));
    }
}

#[tokio::test]
async fn two_cookies_of_the_name_are_no_token_and_still_a_cookie() {
    let world = World::new();
    let cookie = register(&world).await.cookie().unwrap();
    let both = format!("{COOKIE}={cookie}; {COOKIE}={cookie}");
    let answer = world.post(REFRESH).header("cookie", &both).header("origin", OWN).send().await;
    answer.expect_problem(401, "invalid_refresh_token");
    let answer = world.post(REFRESH).header("cookie", &both).header("origin", "https://evil.example").send().await;
    answer.expect_problem(403, "origin_not_allowed");
    let other = format!("a=b; {COOKIE}={cookie}; {COOKIE}x=1; __host-edgekeep_refresh=2; c");
    world.post(REFRESH).header("cookie", &other).header("origin", OWN).send().await.expect(200);
}

#[tokio::test]
async fn s22_no_way_of_writing_the_cookie_takes_it_out_of_the_check_of_the_origin() {
    let world = World::new();
    let registered = register(&world).await;
    let (token, cookie) = (registered.text("/access_token"), registered.cookie().unwrap());
    let pair = format!("{COOKIE}={cookie}");
    let written = [
        vec![format!("{pair}; {pair}")],
        vec![pair.clone(), pair.clone()],
        vec![format!("{pair}; {COOKIE}=")],
        vec![format!("{COOKIE}; a=b")],
        vec![format!("name=\u{fc}; {pair}")],
        vec![format!("{pair}\u{fc}")],
        vec!["a=b".into(), format!(" \t{COOKIE} = {cookie}")],
    ];
    for headers in written {
        for (method, path, body) in
            [(Method::POST, LOGOUT, None), (Method::DELETE, "/api/v1/auth/me", Some(json!({"password": PASSWORD})))]
        {
            let mut call = world.call(method, path).bearer(&token).header("origin", "https://evil.example");
            for header in &headers {
                call = call.header("cookie", header);
            }
            let answer = match &body {
                Some(body) => call.json(body).await,
                None => call.send().await,
            };
            answer.expect_problem(403, "origin_not_allowed");
        }
    }
    world.me(&token).await.expect(200);
    let call = world.post(LOGOUT).bearer(&token).header("origin", OWN).header("cookie", &format!("{pair}; {pair}"));
    assert_eq!(call.send().await.expect(204).cookie().as_deref(), Some(""), "and both are removed");
}

#[tokio::test]
async fn a_token_in_the_body_needs_no_origin_and_wins_over_a_cookie() {
    let world = World::new();
    let cookie = register(&world).await.cookie().unwrap();
    let bob = world.someone("bob@example.com").await;
    let call = world.post(REFRESH).cookie(&cookie).header("origin", "https://evil.example");
    let answer = call.json(&json!({"refresh_token": bob.refresh_token})).await.expect(200);
    assert_eq!(answer.text("/user/id"), bob.user_id);
    assert_eq!(answer.header("set-cookie"), None);
}

#[tokio::test]
async fn an_empty_object_is_as_good_as_an_empty_body() {
    let world = World::new();
    let cookie = register(&world).await.cookie().unwrap();
    world.post(REFRESH).cookie(&cookie).header("origin", OWN).json(&json!({})).await.expect(200);
}

#[tokio::test]
async fn s22_a_log_out_with_a_cookie_checks_the_origin_and_removes_the_cookie() {
    let world = World::new();
    let registered = register(&world).await;
    let (token, cookie) = (registered.text("/access_token"), registered.cookie().unwrap());
    let call = || world.post(LOGOUT).bearer(&token).cookie(&cookie);
    call().send().await.expect_problem(403, "origin_not_allowed");
    call().header("origin", "https://evil.example").send().await.expect_problem(403, "origin_not_allowed");
    world.me(&token).await.expect(200);
    let answer = call().header("origin", OWN).send().await.expect(204);
    assert_eq!(answer.cookie().as_deref(), Some(""));
    world.me(&token).await.expect(401);
    world.post(REFRESH).cookie(&cookie).header("origin", OWN).send().await.expect(401);
}

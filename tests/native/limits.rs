//! Limits on calls: who is counted, what the client is told, and what happens when the limiter is down.

use edgekeep::domain::address;
use edgekeep::http::route::Caller;
use edgekeep::ports::PortError;
use futures_util::future::join_all;
use http::Method;
use serde_json::json;

use crate::support::World;
use crate::support::faults::Fault;
use crate::support::world::{BATCH, CHANGE_PASSWORD, DETECT, LOGIN, LOGOUT, ME, PASSWORD, REFRESH, REGISTER, SESSIONS};

#[tokio::test]
async fn the_eleventh_text_within_the_hour_is_refused_and_an_hour_later_there_is_room() {
    let world = World::with(&[("ACCESS_TOKEN_MINUTES", "1440")]);
    let person = world.someone("ada@example.com").await;
    for left in (0..10).rev() {
        let answer = world.detect(&person.access_token, "A text.").await.expect(200);
        assert_eq!(answer.header("ratelimit-policy"), Some("\"detect\";q=10;w=3600"));
        assert_eq!(
            answer.header("ratelimit"),
            Some(format!("\"detect\";r={left};t={}", 3600 - 60 * (9 - left)).as_str())
        );
        world.clock.advance(60_000);
    }
    let answer = world.detect(&person.access_token, "A text.").await.expect_problem(429, "rate_limited");
    assert_eq!(answer.header("retry-after"), Some("3000"));
    assert_eq!(answer.header("ratelimit"), Some("\"detect\";r=0;t=3000"));
    assert_eq!(answer.header("ratelimit-policy"), Some("\"detect\";q=10;w=3600"));
    assert_eq!(answer.text("/type"), "https://iana.org/assignments/http-problem-types#quota-exceeded");
    assert_eq!(answer.at("/violated-policies"), json!(["detect"]));
    assert!(answer.text("/detail").contains("10/hour"));

    world.clock.advance(2_999_999);
    world.detect(&person.access_token, "A text.").await.expect(429);
    world.clock.advance(1);
    let answer = world.detect(&person.access_token, "A text.").await.expect(200);
    assert_eq!(answer.header("ratelimit"), Some("\"detect\";r=0;t=60"), "the first has left, the second follows");
    world.detect(&person.access_token, "A text.").await.expect(429);
}

#[tokio::test]
async fn a_client_that_waits_as_told_finds_room() {
    let world = World::with(&[("DETECT_LIMIT", "2/minute")]);
    let person = world.someone("ada@example.com").await;
    world.detect(&person.access_token, "A text.").await.expect(200);
    world.clock.advance(1);
    world.detect(&person.access_token, "A text.").await.expect(200);
    world.clock.advance(1234);
    let answer = world.detect(&person.access_token, "A text.").await.expect(429);
    let seconds: i64 = answer.header("retry-after").unwrap().parse().unwrap();
    world.clock.advance(seconds * 1000);
    world.detect(&person.access_token, "A text.").await.expect(200);
}

#[tokio::test]
async fn s9_of_two_hundred_texts_at_once_exactly_ten_pass() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let answers = join_all((0..200).map(|_| world.detect(&person.access_token, "A text."))).await;
    let passed = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!((passed, refused), (10, 190));
}

#[tokio::test]
async fn detection_is_counted_per_account_wherever_it_calls_from() {
    let world = World::with(&[("DETECT_LIMIT", "1/hour")]);
    let ada = world.someone("ada@example.com").await;
    let ada_again = world.logged_in("ada@example.com").await;
    let bob = world.someone("bob@example.com").await;
    world.detect(&ada.access_token, "A text.").await.expect(200);
    let body = json!({"text": "A text."});
    let elsewhere = world.post(DETECT).bearer(&ada_again.access_token).at_address("198.51.100.1");
    elsewhere.json(&body).await.expect(429);
    world.detect(&bob.access_token, "A text.").await.expect(200);
}

#[tokio::test]
async fn s3_an_address_is_counted_once_however_it_is_spelled() {
    for spellings in [
        ["2001:db8:1:2::1", "2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:0db8:0001:0002:0:0:0:7"],
        ["198.51.100.7", "::ffff:198.51.100.7", "::FFFF:C633:6407"],
    ] {
        let world = World::with(&[("LOGIN_LIMIT", "2/hour")]);
        let statuses =
            join_all(
                spellings.map(|address| {
                    let call = world.post(LOGIN).at_address(address);
                    async move {
                        call.json(&json!({"email": "ada@example.com", "password": PASSWORD})).await.status.as_u16()
                    }
                }),
            );
        assert_eq!(statuses.await, [401, 401, 429], "{spellings:?}");
    }
}

#[tokio::test]
async fn s4_no_header_but_the_one_of_the_edge_says_who_calls() {
    let world = World::with(&[("LOGIN_LIMIT", "3/hour")]);
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    for (at, header) in
        ["x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip", "x-client-ip"].iter().enumerate()
    {
        let value = if *header == "forwarded" { "for=192.0.2.1" } else { "192.0.2.1" };
        let answer = world.post(LOGIN).header(header, value).json(&body).await;
        assert_eq!(answer.status.as_u16(), if at < 3 { 401 } else { 429 }, "{header}");
    }
    let subjects: Vec<_> = world.limiter.asked().into_iter().map(|key| key.subject).collect();
    assert_eq!(subjects, ["203.0.113.77"; 5]);
}

#[tokio::test]
async fn s4_callers_without_an_address_share_one_bucket() {
    let world = World::with(&[("LOGIN_LIMIT", "3/hour")]);
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let call = || world.post(LOGIN).without("cf-connecting-ip");
    call().json(&body).await.expect(401);
    call().header("x-forwarded-for", "192.0.2.1").json(&body).await.expect(401);
    call().header("cf-connecting-ip", "nonsense").json(&body).await.expect(401);
    let two = call().header("cf-connecting-ip", "192.0.2.1").header("cf-connecting-ip", "192.0.2.2");
    two.json(&body).await.expect(429);
    call().json(&body).await.expect(429);
    assert!(world.limiter.asked().iter().all(|key| key.subject == address::UNKNOWN));
    world.login("ada@example.com", PASSWORD).await.expect(401);
}

#[tokio::test]
async fn s5_a_limit_belongs_to_the_route_and_no_spelling_of_the_path_goes_round_it() {
    let world = World::with(&[("LOGIN_LIMIT", "1/hour")]);
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    world.post(LOGIN).json(&body).await.expect(401);
    for path in [
        "/api/v1/auth/login?x=1",
        "//api/v1/auth/login",
        "/api/v1/auth//login",
        "/api/v1/auth/login/",
        "/api/v1/auth/./login",
        "/api/v1/auth/x/../login",
        "/api/v1/auth%2Flogin",
        "/api/v1/auth/%6Cogin",
        "/api/v1/auth/login%00",
        "/api/v1/auth/login%20",
        "/api/v1/auth/login;x=1",
        "/API/v1/auth/login",
        "/api/v1/auth/LOGIN",
        "/api/v1/auth/login.json",
        "/x/../api/v1/auth/login",
    ] {
        let answer = world.post(path).json(&body).await;
        assert!([404, 405, 429].contains(&answer.status.as_u16()), "{path}: {}", answer.status);
    }
    for header in ["x-http-method-override", "x-method-override", "x-http-method"] {
        let answer = world.get(LOGIN).header(header, "POST").json(&body).await;
        answer.expect_problem(405, "method_not_allowed");
    }
    for header in ["x-original-url", "x-rewrite-url", "x-forwarded-path", "x-forwarded-prefix"] {
        world.get("/healthz").header(header, ME).send().await.expect(200);
        world.post(LOGIN).header(header, "/healthz").json(&body).await.expect(429);
    }
    world.post("/healthz?_method=POST").json(&body).await.expect(405);
    assert!(world.limiter.asked().iter().all(|key| key.policy == "login"), "keys name policies, not paths");
}

#[tokio::test]
async fn each_route_has_a_limit_of_its_own() {
    let world = World::with(&[("LOGIN_LIMIT", "1/hour"), ("REGISTER_LIMIT", "1/hour"), ("REFRESH_LIMIT", "1/hour")]);
    let person = world.someone("ada@example.com").await;
    world.login("ada@example.com", PASSWORD).await.expect(200);
    world.refresh(&person.refresh_token).await.expect(200);
    world.register("bob@example.com").await.expect(429);
    world.login("ada@example.com", PASSWORD).await.expect(429);
    world.refresh(&person.refresh_token).await.expect(429);
}

#[tokio::test]
async fn all_windows_of_a_policy_are_told_and_all_must_have_room() {
    let world = World::with(&[("LOGIN_LIMIT", "2/minute;3/hour")]);
    let answer = world.login("ada@example.com", PASSWORD).await.expect(401);
    assert_eq!(answer.header("ratelimit-policy"), Some("\"login-60\";q=2;w=60, \"login-3600\";q=3;w=3600"));
    assert_eq!(answer.header("ratelimit"), Some("\"login-60\";r=1;t=60, \"login-3600\";r=2;t=3600"));
    world.login("ada@example.com", PASSWORD).await.expect(401);
    let answer = world.login("ada@example.com", PASSWORD).await.expect(429);
    assert_eq!(answer.header("retry-after"), Some("60"));
    assert_eq!(answer.at("/violated-policies"), json!(["login-60"]));
    world.clock.advance(60_000);
    world.login("ada@example.com", PASSWORD).await.expect(401);
    let answer = world.login("ada@example.com", PASSWORD).await.expect(429);
    assert_eq!(answer.header("retry-after"), Some("3540"), "the hour is full, the minute is not");
    assert_eq!(answer.at("/violated-policies"), json!(["login-3600"]));
    let world = World::with(&[("DETECT_LIMIT", "2/minute;4/hour")]);
    let person = world.someone("ada@example.com").await;
    world.detect(&person.access_token, "A text.").await.expect(200);
    for (texts, violated) in [(2, json!(["detect-60"])), (4, json!(["detect-60", "detect-3600"]))] {
        let texts: Vec<_> = (0..texts).map(|_| json!({"text": "A text."})).collect();
        let answer = world.post(BATCH).bearer(&person.access_token).json(&json!({"texts": texts})).await;
        assert_eq!(answer.expect_problem(429, "rate_limited").at("/violated-policies"), violated);
    }
}

#[tokio::test]
async fn routes_without_a_limit_say_nothing_of_one() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    for path in [ME, SESSIONS, "/healthz", "/readyz"] {
        let answer = world.get(path).bearer(&person.access_token).send().await.expect(200);
        assert_eq!(answer.header("ratelimit"), None);
        assert_eq!(answer.header("ratelimit-policy"), None);
    }
}

#[tokio::test]
async fn when_the_limiter_is_down_what_must_be_limited_is_refused_and_the_rest_goes_on() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    for error in [PortError::Timeout, PortError::Failed("the object was reset".into())] {
        world.limiter.faults.always(Fault::Fail(error));
        let answers = [
            world.register("bob@example.com").await,
            world.login("ada@example.com", PASSWORD).await,
            world.refresh(&person.refresh_token).await,
            world.detect(&person.access_token, "A text.").await,
        ];
        for answer in answers {
            let answer = answer.expect_problem(503, "unavailable");
            assert!(answer.header("retry-after").is_some());
            assert!(!answer.body_text().contains("object"), "the cause is for the log");
        }
        assert!(world.log.last()["exception.message"].as_str().unwrap().starts_with("limiter"));
        world.me(&person.access_token).await.expect(200);
        world.get(SESSIONS).bearer(&person.access_token).send().await.expect(200);
        world.get("/healthz").send().await.expect(200);
    }
    assert_eq!(world.hasher.work().len(), 1, "no hash was computed for those refused");
    world.limiter.faults.heal();
    world.detect(&person.access_token, "A text.").await.expect(200);
    world.post(LOGOUT).bearer(&person.access_token).send().await.expect(204);
}

#[tokio::test]
async fn which_methods_and_paths_are_limited() {
    let (operators, others): (Vec<_>, Vec<_>) =
        edgekeep::routes::table().into_iter().partition(|route| route.caller == Caller::Operator);
    assert!(operators.iter().all(|route| route.limit.is_some_and(|limit| limit.name == "operator")));
    let limited: Vec<_> = others
        .into_iter()
        .filter_map(|route| route.limit.map(|limit| (route.method, route.path, limit.name)))
        .collect();
    assert_eq!(
        limited,
        [
            (Method::POST, REGISTER, "register"),
            (Method::POST, LOGIN, "login"),
            (Method::POST, REFRESH, "refresh"),
            (Method::POST, CHANGE_PASSWORD, "password"),
            (Method::DELETE, ME, "deletion"),
            (Method::POST, DETECT, "detect"),
            (Method::POST, BATCH, "detect"),
        ]
    );
}

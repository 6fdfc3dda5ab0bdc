//! Rotation of refresh tokens.

use edgekeep::ports::DbError;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::faults::Fault;
use crate::support::world::{PASSWORD, Person, REFRESH, SESSIONS, claims};

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

#[tokio::test]
async fn gives_new_tokens_for_the_same_session() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    world.clock.advance(MINUTE_MS);
    let answer = world.refresh(&person.refresh_token).await.expect(200);
    let next = Person::of(&answer);
    assert_ne!(next.refresh_token, person.refresh_token);
    assert_ne!(next.access_token, person.access_token);
    assert_eq!(next.user_id, person.user_id);
    assert_eq!(claims(&next.access_token)["sid"], claims(&person.access_token)["sid"]);
    assert_ne!(claims(&next.access_token)["jti"], claims(&person.access_token)["jti"]);
    world.me(&next.access_token).await.expect(200);
    world.me(&person.access_token).await.expect(200);
    let list = world.get(SESSIONS).bearer(&next.access_token).send().await.expect(200);
    assert_eq!(list.text("/sessions/0/last_used_at"), "2026-01-02T03:05:05.678Z");
    assert_eq!(list.text("/sessions/0/created_at"), "2026-01-02T03:04:05.678Z");
}

#[tokio::test]
async fn a_lost_response_logs_nobody_out_and_gives_the_same_successor_again() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let first = Person::of(&world.refresh(&person.refresh_token).await.expect(200));
    world.clock.advance(5 * MINUTE_MS);
    let again = Person::of(&world.refresh(&person.refresh_token).await.expect(200));
    assert_eq!(again.refresh_token, first.refresh_token, "one token has one successor");
    world.refresh(&again.refresh_token).await.expect(200);
}

#[tokio::test]
async fn an_answer_of_the_database_that_is_lost_loses_no_session() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    world.db.faults.on(1, Fault::Lose(DbError::Timeout));
    world.refresh(&person.refresh_token).await.expect_problem(503, "unavailable");
    let next = Person::of(&world.refresh(&person.refresh_token).await.expect(200));
    world.refresh(&next.refresh_token).await.expect(200);
}

#[tokio::test]
async fn s9_parallel_redemptions_give_one_successor() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let answers = join_all((0..20).map(|_| world.refresh(&person.refresh_token))).await;
    let mut successors: Vec<_> = answers.into_iter().map(|answer| answer.expect(200).text("/refresh_token")).collect();
    successors.dedup();
    assert_eq!(successors.len(), 1, "all got the same one");
    assert_eq!(world.db.number("SELECT count(*) FROM refresh_tokens", []), 2);
    world.refresh(&successors[0]).await.expect(200);
}

#[tokio::test]
async fn s9_a_token_used_again_after_its_successor_was_used_revokes_the_family() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let second = Person::of(&world.refresh(&person.refresh_token).await.expect(200));
    let third = Person::of(&world.refresh(&second.refresh_token).await.expect(200));
    world.me(&third.access_token).await.expect(200);

    world.refresh(&person.refresh_token).await.expect_problem(401, "invalid_refresh_token");
    assert_eq!(world.log.last()["event.name"], "authn_token_reuse");
    for token in [&person, &second, &third] {
        world.refresh(&token.refresh_token).await.expect_problem(401, "invalid_refresh_token");
        world.me(&token.access_token).await.expect_problem(401, "unauthenticated");
    }
    let rows = world.db.look("SELECT revoked_because FROM sessions", []);
    assert_eq!(rows[0].text("revoked_because").unwrap(), "token_reuse");
}

#[tokio::test]
async fn a_reused_token_ends_its_own_family_and_no_other() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let other = world.logged_in("ada@example.com").await;
    let second = Person::of(&world.refresh(&person.refresh_token).await.expect(200));
    world.refresh(&second.refresh_token).await.expect(200);
    world.refresh(&person.refresh_token).await.expect(401);
    world.me(&other.access_token).await.expect(200);
    world.refresh(&other.refresh_token).await.expect(200);
}

#[tokio::test]
async fn any_ancestor_counts_as_reused() {
    let world = World::new();
    let mut tokens = vec![world.someone("ada@example.com").await.refresh_token];
    for _ in 0..5 {
        let next = world.refresh(tokens.last().unwrap()).await.expect(200).text("/refresh_token");
        tokens.push(next);
    }
    world.refresh(&tokens[1]).await.expect(401);
    world.refresh(&tokens[5]).await.expect_problem(401, "invalid_refresh_token");
}

#[tokio::test]
async fn when_the_revocation_after_a_reuse_fails_the_next_attempt_revokes() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let second = Person::of(&world.refresh(&person.refresh_token).await.expect(200));
    let third = Person::of(&world.refresh(&second.refresh_token).await.expect(200));
    world.db.faults.fail_on(2, DbError::Unavailable("reset".into()));
    world.refresh(&person.refresh_token).await.expect_problem(503, "unavailable");
    world.refresh(&person.refresh_token).await.expect_problem(401, "invalid_refresh_token");
    world.refresh(&third.refresh_token).await.expect(401);
}

#[tokio::test]
async fn an_unused_session_ends_and_a_used_one_goes_on_until_its_absolute_end() {
    let world = World::with(&[("SESSION_IDLE_DAYS", "10"), ("SESSION_ABSOLUTE_DAYS", "25")]);
    let unused = world.someone("unused@example.com").await;
    let mut used = world.someone("used@example.com").await;
    world.clock.advance(9 * DAY_MS);
    used = Person::of(&world.refresh(&used.refresh_token).await.expect(200));
    world.clock.advance(DAY_MS);
    world.refresh(&unused.refresh_token).await.expect_problem(401, "invalid_refresh_token");
    world.clock.advance(8 * DAY_MS);
    used = Person::of(&world.refresh(&used.refresh_token).await.expect(200));
    world.clock.advance(7 * DAY_MS - 1);
    used = Person::of(&world.refresh(&used.refresh_token).await.expect(200));
    world.me(&used.access_token).await.expect(200);
    let beyond = "SELECT count(*) FROM sessions WHERE idle_expires_at > expires_at";
    assert_eq!(world.db.number(beyond, []), 0, "a refresh never promises more than the absolute end");
    world.clock.advance(1);
    world.refresh(&used.refresh_token).await.expect_problem(401, "invalid_refresh_token");
    world.me(&used.access_token).await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn an_expired_session_stays_expired_when_the_clock_jumps_back_over_a_log_out() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    world.post("/api/v1/auth/logout").bearer(&person.access_token).send().await.expect(204);
    world.clock.advance(-60 * MINUTE_MS);
    world.refresh(&person.refresh_token).await.expect(401);
}

#[tokio::test]
async fn s9_a_log_out_beats_refreshes_that_run_at_the_same_time() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let out = world.post("/api/v1/auth/logout").bearer(&person.access_token).send();
    let (out, refreshed) = futures_util::join!(out, join_all((0..5).map(|_| world.refresh(&person.refresh_token))));
    out.expect(204);
    world.refresh(&person.refresh_token).await.expect(401);
    for answer in refreshed.iter().filter(|answer| answer.status == 200) {
        world.me(&answer.text("/access_token")).await.expect(401);
        world.refresh(&answer.text("/refresh_token")).await.expect(401);
    }
}

#[tokio::test]
async fn refuses_what_is_no_refresh_token() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let token = &person.refresh_token;
    let (prefix, secret) = token.rsplit_once('_').unwrap();
    let mut flipped = token.clone();
    flipped.replace_range(token.len() - 10..token.len() - 9, if token.ends_with('A') { "B" } else { "A" });
    for wrong in [
        String::new(),
        " ".into(),
        secret.to_owned(),
        token.to_uppercase(),
        format!("{token} "),
        format!("{token}="),
        format!(" {token}"),
        format!("{prefix}_"),
        format!("{prefix}_{}", "A".repeat(43)),
        token.get(..token.len() - 1).unwrap().to_owned(),
        person.access_token.clone(),
        "x".repeat(10_000),
        "\u{0}".into(),
        flipped,
    ] {
        let before = world.db.faults.calls();
        let answer = world.refresh(&wrong).await;
        assert_eq!(answer.status, 401, "{wrong:?}: {}", answer.body_text());
        assert!(world.db.faults.calls() - before <= 1);
    }
    for body in [json!({}), json!({"refresh_token": Value::Null})] {
        world.post(REFRESH).json(&body).await.expect(401);
    }
    for body in [json!({"refresh_token": 7}), json!({"refresh_token": [token]}), json!({"token": token})] {
        world.post(REFRESH).json(&body).await.expect_problem(400, "invalid_input");
    }
    world.refresh(token).await.expect(200);
}

#[tokio::test]
async fn s9_replacing_costs_one_batch() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let before = world.db.faults.calls();
    world.refresh(&person.refresh_token).await.expect(200);
    assert_eq!(world.db.faults.calls() - before, 1);
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let before = world.db.faults.calls();
    world.post("/api/v1/auth/login").json(&body).await.expect(200);
    assert_eq!(world.db.faults.calls() - before, 2, "a log-in: look up, then one batch");
}

#[tokio::test]
async fn what_is_no_refresh_token_is_counted_and_told_so_like_any_other() {
    let world = World::with(&[("REFRESH_LIMIT", "5/hour")]);
    let call = || world.post(REFRESH);
    let (none, malformed, unknown) = (json!({}), json!({"refresh_token": "x"}), format!("ekr_{}", "A".repeat(43)));
    let cookie = call().cookie("nonsense").header("origin", "https://edgekeep.example");
    let answers = [
        call().send().await,
        call().json(&none).await,
        call().json(&malformed).await,
        cookie.send().await,
        world.refresh(&unknown).await,
    ];
    for (at, answer) in answers.into_iter().enumerate() {
        let answer = answer.expect_problem(401, "invalid_refresh_token");
        assert_eq!(answer.header("ratelimit-policy"), Some("\"refresh\";q=5;w=3600"));
        assert_eq!(answer.header("ratelimit"), Some(format!("\"refresh\";r={};t=3600", 4 - at).as_str()));
    }
    call().send().await.expect_problem(429, "rate_limited");
    call().json(&malformed).await.expect_problem(429, "rate_limited");
}

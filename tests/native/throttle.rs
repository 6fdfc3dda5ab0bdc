//! Growing waits after failed log-ins.

use edgekeep::ports::{DbError, HashError, PortError};
use futures_util::future::join_all;
use serde_json::json;

use crate::support::faults::Fault;
use crate::support::world::{LOGIN, PASSWORD, REGISTER};
use crate::support::{Answer, World};

const WRONG: &str = "granite otter lamp 48";

async fn login_from(world: &World, address: &str, password: &str) -> Answer {
    let body = json!({"email": "ada@example.com", "password": password});
    world.post(LOGIN).at_address(address).json(&body).await
}

#[tokio::test]
async fn waits_begin_after_the_free_failures_and_double() {
    let world = World::new();
    world.someone("ada@example.com").await;
    for _ in 0..5 {
        world.login("ada@example.com", WRONG).await.expect_problem(401, "invalid_credentials");
    }
    for wait in [1, 2, 4, 8, 16] {
        let answer = world.login("ada@example.com", WRONG).await.expect_problem(429, "too_many_attempts");
        assert_eq!(answer.header("retry-after"), Some(wait.to_string().as_str()));
        world.clock.advance(wait * 1000);
        world.login("ada@example.com", WRONG).await.expect_problem(401, "invalid_credentials");
    }
    let answer = world.login("ada@example.com", PASSWORD).await;
    answer.expect_problem(429, "too_many_attempts");
    world.clock.advance(32_000);
    world.login("ada@example.com", PASSWORD).await.expect(200);
    for _ in 0..5 {
        world.login("ada@example.com", WRONG).await.expect(401);
    }
}

#[tokio::test]
async fn a_log_in_that_came_to_no_comparison_does_not_count() {
    let world = World::new();
    world.someone("ada@example.com").await;
    for _ in 0..20 {
        world.hasher.faults.fail_on(1, HashError::Busy { retry_after: 1 });
        world.login("ada@example.com", PASSWORD).await.expect_problem(503, "busy");
        world.db.faults.fail_on(1, DbError::Timeout);
        world.login("ada@example.com", PASSWORD).await.expect_problem(503, "unavailable");
        // An unknown e-mail is counted no differently.
        world.hasher.faults.fail_on(1, HashError::Busy { retry_after: 1 });
        world.login("eve@example.com", PASSWORD).await.expect_problem(503, "busy");
    }
    for email in ["ada@example.com", "eve@example.com"] {
        for _ in 0..5 {
            world.login(email, WRONG).await.expect_problem(401, "invalid_credentials");
        }
        world.login(email, WRONG).await.expect_problem(429, "too_many_attempts");
    }
}

#[tokio::test]
async fn a_log_in_that_came_to_no_comparison_frees_nobody_from_a_wait() {
    let world = World::new();
    world.someone("ada@example.com").await;
    for _ in 0..7 {
        world.login("ada@example.com", WRONG).await;
        world.clock.advance(1000);
    }
    world.clock.advance(60_000);
    world.hasher.faults.fail_on(1, HashError::Busy { retry_after: 1 });
    world.login("ada@example.com", PASSWORD).await.expect_problem(503, "busy");
    let answer = world.login("ada@example.com", WRONG).await.expect_problem(429, "too_many_attempts");
    assert_ne!(answer.header("retry-after"), None);
}

#[tokio::test]
async fn a_waiting_log_in_costs_no_hash_and_no_query() {
    let world = World::with(&[("LOGIN_FREE_FAILURES", "1")]);
    world.someone("ada@example.com").await;
    world.login("ada@example.com", WRONG).await.expect(401);
    let before = (world.hasher.work().len(), world.db.faults.calls());
    world.login("ada@example.com", PASSWORD).await.expect(429);
    assert_eq!((world.hasher.work().len(), world.db.faults.calls()), before);
}

#[tokio::test]
async fn s20_an_unknown_e_mail_waits_like_a_known_one() {
    let world = World::new();
    world.someone("ada@example.com").await;
    let mut traces = Vec::new();
    for email in ["ada@example.com", "nobody@example.com"] {
        let mut trace = Vec::new();
        for _ in 0..8 {
            let answer = world.login(email, WRONG).await;
            trace.push((answer.status.as_u16(), answer.header("retry-after").map(ToOwned::to_owned)));
        }
        traces.push(trace);
    }
    assert_eq!(traces[0], traces[1]);
}

#[tokio::test]
async fn a_stranger_who_guesses_never_makes_the_owner_wait_wherever_she_is() {
    let world = World::new();
    let owner = world.someone("ada@example.com").await;
    for _ in 0..20 {
        login_from(&world, "198.51.100.1", WRONG).await;
    }
    login_from(&world, "198.51.100.1", PASSWORD).await.expect_problem(429, "too_many_attempts");
    world.login("ada@example.com", PASSWORD).await.expect(200);
    login_from(&world, "192.0.2.7", PASSWORD).await.expect(200);
    let new = "granite otter lamp 49";
    let body = json!({"current_password": PASSWORD, "new_password": new});
    world
        .post("/api/v1/auth/password")
        .at_address("192.0.2.8")
        .bearer(&owner.access_token)
        .json(&body)
        .await
        .expect(200);
    let deletion = world.delete("/api/v1/auth/me").at_address("198.51.100.1").bearer(&owner.access_token);
    deletion.json(&json!({"password": new})).await.expect(204);
}

#[tokio::test]
async fn strangers_at_many_addresses_make_all_strangers_wait_and_never_the_owner_at_home() {
    let world = World::new();
    world.someone("ada@example.com").await;
    for stranger in 0..50 {
        login_from(&world, &format!("192.0.2.{stranger}"), WRONG).await.expect(401);
    }
    login_from(&world, "192.0.2.200", PASSWORD).await.expect_problem(429, "too_many_attempts");
    world.login("ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn the_address_of_a_registration_is_known_and_that_of_a_refused_one_is_not() {
    let world = World::new();
    world.someone("ada@example.com").await;
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    world.post(REGISTER).at_address("198.51.100.1").json(&body).await.expect_problem(409, "email_taken");
    for stranger in 0..50 {
        login_from(&world, &format!("192.0.2.{stranger}"), WRONG).await.expect(401);
    }
    login_from(&world, "198.51.100.1", PASSWORD).await.expect_problem(429, "too_many_attempts");
    world.login("ada@example.com", WRONG).await.expect(401);
    world.login("ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_registration_neither_fails_nor_waits_when_the_throttle_is_down() {
    let world = World::new();
    world.throttle.faults.always(Fault::Fail(PortError::Timeout));
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    world.post(REGISTER).json(&body).await.expect(201);
    assert_eq!(world.throttle.faults.calls(), 1);
    world.throttle.faults.always(Fault::Hang);
    let body = json!({"email": "eve@example.com", "password": PASSWORD});
    let request = http::Request::post(format!("https://edgekeep.example{REGISTER}"))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(body.to_string()))
        .unwrap();
    assert_eq!(edgekeep::http::serve(&world.app, request).await.status(), 201, "before the throttle has answered");
}

#[tokio::test]
async fn guesses_within_a_session_wait_by_the_session_wherever_they_come_from() {
    let world = World::with(&[("LOGIN_LIMIT", "1000/minute")]);
    let thief = world.someone("ada@example.com").await;
    let owner = world.logged_in("ada@example.com").await;
    let guess = async |token: &str, at: u32| {
        let body = json!({"password": WRONG});
        world.delete("/api/v1/auth/me").at_address(&format!("192.0.2.{at}")).bearer(token).json(&body).await
    };
    for at in 0..5 {
        guess(&thief.access_token, at).await.expect_problem(400, "invalid_input");
    }
    guess(&thief.access_token, 6).await.expect_problem(429, "too_many_attempts");
    let change = json!({"current_password": PASSWORD, "new_password": "granite otter lamp 49"});
    let password = |token: &str| world.post("/api/v1/auth/password").bearer(token);
    password(&thief.access_token).json(&change).await.expect_problem(429, "too_many_attempts");
    world.login("ada@example.com", PASSWORD).await.expect(200);
    password(&owner.access_token).json(&change).await.expect(200);
}

#[tokio::test]
async fn s9_of_guesses_sent_at_once_no_more_get_through_than_of_guesses_sent_in_turn() {
    let world = World::new();
    world.someone("ada@example.com").await;
    let answers = join_all((0..100).map(|_| world.login("ada@example.com", WRONG))).await;
    let tried = answers.iter().filter(|answer| answer.status == 401).count();
    let waiting = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!((tried, waiting), (5, 95));
    let verified = world.hasher.work().len() - 1;
    assert_eq!(verified, 5, "and no more were hashed");
}

#[tokio::test]
async fn when_the_throttle_is_down_nobody_guesses() {
    let world = World::new();
    world.someone("ada@example.com").await;
    for error in [PortError::Timeout, PortError::Failed("reset".into())] {
        world.throttle.faults.fail_on(1, error);
        world.login("ada@example.com", PASSWORD).await.expect_problem(503, "unavailable");
    }
    assert_eq!(world.hasher.work().len(), 1, "only the registration's");
    world.login("ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn the_throttle_knows_accounts_by_a_hash_and_never_by_e_mail() {
    let world = World::new();
    world.login("ada@example.com", WRONG).await.expect(401);
    world.login("ADA@example.com", WRONG).await.expect(401);
    let asked = world.throttle.asked();
    assert_eq!(asked[0], asked[1], "one account however it is spelled");
    let (account, address) = &asked[0];
    assert_eq!(account.len(), 64);
    assert!(account.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(address, "203.0.113.77");
}

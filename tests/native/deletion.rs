//! Delete the account.

use edgekeep::domain::password::PhcString;
use edgekeep::ports::{HashError, PortError};
use edgekeep::store::users;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::hashers::outdated;
use crate::support::world::{ME, PASSWORD, Person};
use crate::support::{Answer, World};

const WRONG: &str = "granite otter lamp 48";

async fn delete(world: &World, person: &Person, password: &str) -> Answer {
    world.delete(ME).bearer(&person.access_token).json(&json!({"password": password})).await
}

#[tokio::test]
async fn takes_the_account_with_all_that_belongs_to_it_and_nothing_else() {
    let world = World::new();
    let ada = world.someone("ada@example.com").await;
    world.logged_in("ada@example.com").await;
    let bob = world.someone("bob@example.com").await;
    delete(&world, &ada, PASSWORD).await.expect(204);
    assert_eq!(world.log.last()["event.name"], "user_deleted");
    for (table, left) in [("users", 1), ("sessions", 1), ("refresh_tokens", 1)] {
        assert_eq!(world.db.number(COUNTS.iter().find(|sql| sql.ends_with(table)).unwrap(), []), left, "{table}");
    }
    assert!(!world.db.dump().contains("ada@example.com"));
    assert!(!world.db.dump().contains(&ada.user_id));
    world.me(&bob.access_token).await.expect(200);
    world.refresh(&bob.refresh_token).await.expect(200);
}

const COUNTS: [&str; 3] =
    ["SELECT count(*) FROM users", "SELECT count(*) FROM sessions", "SELECT count(*) FROM refresh_tokens"];

#[tokio::test]
async fn s10_no_token_of_the_account_works_from_the_next_request_on() {
    let world = World::new();
    let here = world.someone("ada@example.com").await;
    let there = world.logged_in("ada@example.com").await;
    delete(&world, &here, PASSWORD).await.expect(204);
    for person in [&here, &there] {
        world.me(&person.access_token).await.expect_problem(401, "unauthenticated");
        world.detect(&person.access_token, "A text.").await.expect_problem(401, "unauthenticated");
        world.refresh(&person.refresh_token).await.expect_problem(401, "invalid_refresh_token");
        delete(&world, person, PASSWORD).await.expect_problem(401, "unauthenticated");
    }
    world.login("ada@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
    let anew = world.someone("ada@example.com").await;
    assert_ne!(anew.user_id, here.user_id, "the e-mail is free, and the account another one");
}

#[tokio::test]
async fn s1_deletes_the_account_of_the_credential_whatever_else_the_request_names() {
    let world = World::new();
    let ada = world.someone("ada@example.com").await;
    let bob = world.someone("bob@example.com").await;
    for field in ["user_id", "id", "sub", "account"] {
        let body = json!({"password": PASSWORD, field: ada.user_id});
        let answer = world.delete(ME).bearer(&bob.access_token).json(&body).await;
        assert_eq!(answer.expect_problem(400, "invalid_input").fields(), [field]);
    }
    let call = world
        .delete(&format!("{ME}?user_id={}", ada.user_id))
        .header("x-user-id", &ada.user_id)
        .cookie(&ada.refresh_token)
        .header("origin", "https://edgekeep.example")
        .bearer(&bob.access_token);
    call.json(&json!({"password": PASSWORD})).await.expect(204);
    world.me(&ada.access_token).await.expect(200);
    world.refresh(&ada.refresh_token).await.expect(200);
    world.me(&bob.access_token).await.expect(401);
    // The right password and a cookie are no credential here.
    let call = world.delete(ME).cookie(&ada.refresh_token).header("origin", "https://edgekeep.example");
    call.json(&json!({"password": PASSWORD})).await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_token_without_the_password_is_not_enough() {
    let world = World::with_real_hashes(&[]);
    let person = world.someone("ada@example.com").await;
    let answer = delete(&world, &person, WRONG).await.expect_problem(400, "invalid_input");
    assert_eq!(answer.fields(), ["password"]);
    for body in [json!({}), json!({"password": null}), json!({"password": ""}), json!({"password": [PASSWORD]})] {
        let answer = world.delete(ME).bearer(&person.access_token).json(&body).await;
        assert_eq!(answer.expect_problem(400, "invalid_input").fields(), ["password"]);
    }
    world.delete(ME).bearer(&person.access_token).send().await.expect(415);
    world.me(&person.access_token).await.expect(200);
    delete(&world, &person, PASSWORD).await.expect(204);
}

#[tokio::test]
async fn s27_a_password_too_long_is_refused_before_any_hash() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let before = world.hasher.work().len();
    delete(&world, &person, &"x".repeat(257)).await.expect_problem(400, "invalid_input");
    assert_eq!(world.hasher.work().len(), before);
}

#[tokio::test]
async fn s12_guesses_through_a_deletion_wait_together_with_those_through_a_change_of_password() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let change = async || {
        let body = json!({"current_password": WRONG, "new_password": "granite otter lamp 49"});
        world.post("/api/v1/auth/password").bearer(&person.access_token).json(&body).await
    };
    for _ in 0..3 {
        delete(&world, &person, WRONG).await.expect(400);
    }
    for _ in 0..2 {
        change().await.expect(400);
    }
    let hashed = world.hasher.work().len();
    delete(&world, &person, PASSWORD).await.expect_problem(429, "too_many_attempts");
    change().await.expect_problem(429, "too_many_attempts");
    assert_eq!(world.hasher.work().len(), hashed);
    world.clock.advance(1_000);
    delete(&world, &person, PASSWORD).await.expect(204);
}

#[tokio::test]
async fn s9_of_guesses_sent_at_once_no_more_get_through_than_of_guesses_sent_in_turn() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let answers = join_all((0..50).map(|_| delete(&world, &person, WRONG))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 400).count(), 5);
    assert_eq!(answers.iter().filter(|answer| answer.status == 429).count(), 45);
}

#[tokio::test]
async fn is_limited_per_account() {
    let world = World::with(&[("LOGIN_LIMIT", "2/minute")]);
    let person = world.someone("ada@example.com").await;
    for address in ["192.0.2.1", "192.0.2.2"] {
        let call = world.delete(ME).bearer(&person.access_token).at_address(address);
        call.json(&json!({"password": WRONG})).await.expect(400);
    }
    let call = world.delete(ME).bearer(&person.access_token).at_address("192.0.2.3");
    call.json(&json!({"password": PASSWORD})).await.expect_problem(429, "rate_limited");
}

#[tokio::test]
async fn s9_of_deletions_at_once_exactly_one_deletes() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let answers = join_all((0..4).map(|_| delete(&world, &person, PASSWORD))).await;
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 401, 401, 401]);
}

#[tokio::test]
async fn a_password_changed_in_the_meantime_keeps_the_account() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    // The old password is right when it is read, and another one is stored before the deletion.
    let stored = outdated(PASSWORD);
    world.db.look("UPDATE users SET password = ?1", [stored.as_str().into()]);
    let other = PhcString::stored(outdated(WRONG));
    assert_eq!(users::delete(world.db.as_ref(), &person.user_id, &other).await.unwrap(), 0);
    assert_eq!(world.db.number("SELECT count(*) FROM users", []), 1);
}

#[tokio::test]
async fn in_a_browser_it_removes_the_cookie_and_asks_for_the_origin() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let attempt = |origin: Option<&'static str>| {
        let call = world.delete(ME).bearer(&person.access_token).cookie(&person.refresh_token);
        match origin {
            Some(origin) => call.header("origin", origin),
            None => call,
        }
    };
    let body: Value = json!({"password": PASSWORD});
    attempt(None).json(&body).await.expect_problem(403, "origin_not_allowed");
    attempt(Some("https://evil.example")).json(&body).await.expect_problem(403, "origin_not_allowed");
    let answer = attempt(Some("https://edgekeep.example")).json(&body).await.expect(204);
    assert_eq!(answer.cookie().as_deref(), Some(""));
}

#[tokio::test]
async fn an_attempt_that_came_to_no_comparison_makes_nobody_wait() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    for _ in 0..20 {
        world.hasher.faults.fail_on(1, HashError::Busy { retry_after: 1 });
        delete(&world, &person, PASSWORD).await.expect_problem(503, "busy");
    }
    delete(&world, &person, PASSWORD).await.expect(204);
}

#[tokio::test]
async fn when_the_throttle_is_down_nothing_is_deleted() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    world.throttle.faults.fail_on(1, PortError::Timeout);
    delete(&world, &person, PASSWORD).await.expect_problem(503, "unavailable");
    world.me(&person.access_token).await.expect(200);
}

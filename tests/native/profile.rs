//! The owner changes the name and the password.

use futures_util::future::join;
use http::Method;
use serde_json::json;

use crate::support::World;
use crate::support::client::Answer;
use crate::support::world::{CHANGE_PASSWORD, ME, PASSWORD, Person};

const OTHER: &str = "granite otter lamp 48";

async fn change(world: &World, person: &Person, current: &str, new: &str) -> Answer {
    let body = json!({"current_password": current, "new_password": new});
    world.post(CHANGE_PASSWORD).bearer(&person.access_token).json(&body).await
}

#[tokio::test]
async fn changes_the_name_and_takes_it_away() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let call = || world.call(Method::PATCH, ME).bearer(&person.access_token);
    let answer = call().json(&json!({"name": " Countess of Lovelace "})).await.expect(200);
    assert_eq!(answer.text("/name"), "Countess of Lovelace");
    assert_eq!(world.me(&person.access_token).await.json(), answer.json());
    call().json(&json!({"name": null})).await.expect(200);
    assert!(world.me(&person.access_token).await.at("/name").is_null());
}

#[tokio::test]
async fn a_name_that_cannot_be_and_a_body_that_says_nothing_change_nothing() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let call = || world.call(Method::PATCH, ME).bearer(&person.access_token);
    call().json(&json!({"name": "Ada"})).await.expect(200);
    for (body, field) in [
        (json!({}), "name"),
        (json!({"name": "a\u{202e}b"}), "name"),
        (json!({"name": ""}), "name"),
        (json!({"name": "Eve", "user_id": "1"}), "user_id"),
        (json!({"name": "Eve", "email": "eve@example.com"}), "email"),
    ] {
        assert_eq!(call().json(&body).await.expect_problem(400, "invalid_input").fields(), [field], "{body}");
    }
    assert_eq!(world.me(&person.access_token).await.text("/name"), "Ada");
}

#[tokio::test]
async fn s10_a_changed_password_ends_every_other_session_at_its_next_request() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let elsewhere = world.logged_in("ada@example.com").await;
    let stranger = world.someone("eve@example.com").await;
    let answer = change(&world, &person, PASSWORD, OTHER).await.expect(200);
    assert_eq!(answer.at("/revoked"), 1);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    world.me(&elsewhere.access_token).await.expect_problem(401, "unauthenticated");
    world.refresh(&elsewhere.refresh_token).await.expect_problem(401, "invalid_refresh_token");
    world.me(&person.access_token).await.expect(200);
    world.refresh(&person.refresh_token).await.expect(200);
    world.me(&stranger.access_token).await.expect(200);
    world.login("ada@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
    world.login("ada@example.com", OTHER).await.expect(200);
    world.assert_log_is_clean();
}

#[tokio::test]
async fn a_wrong_password_and_one_that_cannot_be_taken_are_said_at_their_field() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let elsewhere = world.logged_in("ada@example.com").await;
    for (current, new, field) in [
        ("not the password at all", OTHER, "current_password"),
        ("", OTHER, "current_password"),
        (PASSWORD, "short", "new_password"),
        (PASSWORD, "password1234", "new_password"),
        (PASSWORD, "ada@example.com", "new_password"),
    ] {
        let answer = change(&world, &person, current, new).await.expect_problem(400, "invalid_input");
        assert_eq!(answer.fields(), [field], "{current} {new}");
    }
    world.me(&elsewhere.access_token).await.expect(200);
    world.login("ada@example.com", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn s12_guesses_at_the_old_password_make_the_same_waits_as_failed_log_ins() {
    let world = World::with(&[("LOGIN_FREE_FAILURES", "3"), ("LOGIN_LIMIT", "1000/minute")]);
    let person = world.someone("ada@example.com").await;
    for _ in 0..3 {
        change(&world, &person, "not the password at all", OTHER).await.expect_problem(400, "invalid_input");
        world.login("ada@example.com", OTHER).await.expect_problem(401, "invalid_credentials");
    }
    for wait in [1, 2, 4, 8, 16] {
        for refused in [change(&world, &person, PASSWORD, OTHER).await, world.login("ada@example.com", OTHER).await] {
            let refused = refused.expect_problem(429, "too_many_attempts");
            assert_eq!(refused.header("retry-after"), Some(wait.to_string().as_str()));
        }
        world.clock.advance(wait * 1000);
        change(&world, &person, "not the password at all", OTHER).await.expect_problem(400, "invalid_input");
        world.login("ada@example.com", OTHER).await.expect_problem(401, "invalid_credentials");
    }
}

#[tokio::test]
async fn what_never_came_to_a_comparison_is_no_guess() {
    let world = World::with(&[("LOGIN_FREE_FAILURES", "1")]);
    let person = world.someone("ada@example.com").await;
    for _ in 0..5 {
        // A new password that can't be taken is refused before anything is compared.
        change(&world, &person, PASSWORD, "short").await.expect_problem(400, "invalid_input");
    }
    change(&world, &person, PASSWORD, OTHER).await.expect(200);
}

#[tokio::test]
async fn s9_of_two_changes_at_once_one_wins_and_the_password_is_the_winners() {
    let world = World::with_real_hashes(&[]);
    let person = world.someone("ada@example.com").await;
    let elsewhere = world.logged_in("ada@example.com").await;
    let third = "copper heron violin 93";
    let (one, two) = join(change(&world, &person, PASSWORD, OTHER), change(&world, &elsewhere, PASSWORD, third)).await;
    let won: Vec<_> = [(&one, OTHER), (&two, third)].into_iter().filter(|(answer, _)| answer.status == 200).collect();
    let [(_, password)] = won.as_slice() else { panic!("{} {}", one.status, two.status) };
    world.login("ada@example.com", password).await.expect(200);
    world.login("ada@example.com", PASSWORD).await.expect_problem(401, "invalid_credentials");
}

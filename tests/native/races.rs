//! A log-in that is under way while the password is changed or the account deleted, at every point where it waits for
//! another part: the database decides, and what the old password opens is over.

use std::collections::BTreeSet;
use std::pin::pin;
use std::task::Poll;

use futures_util::poll;
use serde_json::{Value, json};

use crate::support::hashers::outdated;
use crate::support::world::{CHANGE_PASSWORD, ME, PASSWORD, Person};
use crate::support::{Answer, World};

const EMAIL: &str = "ada@example.com";
const OTHER: &str = "granite otter lamp 48";

/// Runs `first` for so many steps, `second` to its end, and then the rest of `first`. Says too whether `first` had its end
/// before `second` began.
async fn interleaved<A, B>(
    first: impl Future<Output = A>,
    steps: usize,
    second: impl Future<Output = B>,
) -> (A, B, bool) {
    let mut first = pin!(first);
    for _ in 0..steps {
        if let Poll::Ready(done) = poll!(first.as_mut()) {
            return (done, second.await, true);
        }
    }
    let second = second.await;
    (first.await, second, false)
}

/// What a client can tell two refusals apart by.
fn refusal(answer: &Answer) -> (u16, Vec<String>, Value) {
    let mut body = answer.json();
    body["request_id"] = json!("-");
    let names = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status.as_u16(), names, body)
}

fn live_sessions(world: &World) -> i64 {
    world.db.number("SELECT count(*) FROM sessions WHERE revoked_at IS NULL", [])
}

fn all_sessions(world: &World) -> i64 {
    world.db.number("SELECT count(*) FROM sessions", [])
}

async fn change(world: &World, person: &Person) -> Answer {
    let body = json!({"current_password": PASSWORD, "new_password": OTHER});
    world.post(CHANGE_PASSWORD).bearer(&person.access_token).json(&body).await
}

async fn delete(world: &World, person: &Person) -> Answer {
    world.delete(ME).bearer(&person.access_token).json(&json!({"password": PASSWORD})).await
}

#[tokio::test]
async fn s10_wherever_a_change_of_password_meets_a_log_in_with_the_old_one_nothing_stays_open() {
    let mut seen = BTreeSet::new();
    for steps in 0.. {
        let world = World::new();
        let person = world.someone(EMAIL).await;
        let wrong = refusal(&world.login(EMAIL, OTHER).await);
        let (login, changed, over) = interleaved(world.login(EMAIL, PASSWORD), steps, change(&world, &person)).await;
        changed.expect(200);
        seen.insert(login.status.as_u16());
        if login.status == 200 {
            world.me(&login.text("/access_token")).await.expect_problem(401, "unauthenticated");
            world.refresh(&login.text("/refresh_token")).await.expect_problem(401, "invalid_refresh_token");
        } else {
            assert_eq!(refusal(&login), wrong, "after {steps} steps");
        }
        assert_eq!(live_sessions(&world), 1, "after {steps} steps: the one that changed the password");
        assert_eq!(world.db.number("SELECT count(*) FROM refresh_tokens", []), all_sessions(&world));
        world.me(&person.access_token).await.expect(200);
        if over {
            assert!(steps > 5, "a log-in waits more often than {steps} times");
            break;
        }
    }
    assert_eq!(seen, BTreeSet::from([200, 401]), "both ends were met");
}

#[tokio::test]
async fn s10_wherever_a_log_in_with_the_old_password_meets_a_change_of_it_nothing_stays_open() {
    for steps in 0.. {
        let world = World::new();
        let person = world.someone(EMAIL).await;
        let (changed, login, over) = interleaved(change(&world, &person), steps, world.login(EMAIL, PASSWORD)).await;
        assert_eq!(changed.expect(200).at("/revoked"), u64::from(login.status == 200), "after {steps} steps");
        assert_eq!(live_sessions(&world), 1, "after {steps} steps");
        if over {
            break;
        }
    }
}

#[tokio::test]
async fn s10_wherever_a_deletion_meets_a_log_in_nothing_of_the_account_is_left() {
    let mut seen = BTreeSet::new();
    for steps in 0.. {
        let world = World::new();
        let person = world.someone(EMAIL).await;
        let wrong = refusal(&world.login(EMAIL, OTHER).await);
        let (login, deleted, over) = interleaved(world.login(EMAIL, PASSWORD), steps, delete(&world, &person)).await;
        deleted.expect(204);
        seen.insert(login.status.as_u16());
        if login.status != 200 {
            assert_eq!(refusal(&login), wrong, "after {steps} steps");
        }
        assert_eq!(all_sessions(&world), 0, "after {steps} steps");
        assert_eq!(world.db.number("SELECT count(*) FROM refresh_tokens", []), 0);
        if over {
            break;
        }
    }
    assert_eq!(seen, BTreeSet::from([200, 401]), "both ends were met");
}

#[tokio::test]
async fn two_log_ins_that_both_store_newer_parameters_both_get_in() {
    for steps in 0.. {
        let world = World::new();
        world.someone(EMAIL).await;
        let stored = outdated(PASSWORD);
        world.db.look("UPDATE users SET password = ?1", [stored.as_str().into()]);
        let (one, two, over) = interleaved(world.login(EMAIL, PASSWORD), steps, world.login(EMAIL, PASSWORD)).await;
        for answer in [one, two] {
            world.me(&answer.expect(200).text("/access_token")).await.expect(200);
        }
        assert_ne!(world.db.look("SELECT password FROM users", [])[0].text("password").unwrap(), stored);
        if over {
            break;
        }
    }
}

#[tokio::test]
async fn a_log_in_that_came_to_nothing_pushes_no_other_session_out() {
    for steps in 0.. {
        let world = World::with(&[("MAX_SESSIONS_PER_USER", "1")]);
        let person = world.someone(EMAIL).await;
        let (login, changed, over) = interleaved(world.login(EMAIL, PASSWORD), steps, change(&world, &person)).await;
        // A log-in that was there first has pushed the session out that wanted to change the password.
        if login.status == 401 {
            changed.expect(200);
            world.me(&person.access_token).await.expect(200);
        }
        if over {
            break;
        }
    }
}

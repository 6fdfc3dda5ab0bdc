//! Log out, the list of devices, revocation.

use edgekeep::domain::time::rfc3339;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::clock::START_MS;
use crate::support::world::{LOGIN, LOGOUT, ME, PASSWORD, Person, SESSIONS, claims};

fn session_of(person: &Person) -> String {
    claims(&person.access_token)["sid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn s10_a_log_out_is_in_force_with_the_very_next_request() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let other = world.logged_in("ada@example.com").await;
    world.post(LOGOUT).bearer(&person.access_token).send().await.expect(204);

    world.me(&person.access_token).await.expect_problem(401, "unauthenticated");
    world.refresh(&person.refresh_token).await.expect_problem(401, "invalid_refresh_token");
    world.detect(&person.access_token, "A text.").await.expect_problem(401, "unauthenticated");
    world.post(LOGOUT).bearer(&person.access_token).send().await.expect_problem(401, "unauthenticated");
    world.me(&other.access_token).await.expect(200);
    world.refresh(&other.refresh_token).await.expect(200);
}

#[tokio::test]
async fn s22_a_log_out_ends_the_session_of_the_credential_and_no_other() {
    let world = World::new();
    let ada = world.someone("ada@example.com").await;
    let bob = world.someone("bob@example.com").await;
    // Bob logs out with the cookie and the names of Ada's session in every place that there is.
    let call = || {
        world
            .post(&format!("{LOGOUT}?session_id={}", session_of(&ada)))
            .bearer(&bob.access_token)
            .cookie(&ada.refresh_token)
            .header("origin", "https://edgekeep.example")
            .header("x-session-id", &session_of(&ada))
    };
    call().json(&json!({"session_id": session_of(&ada)})).await.expect_problem(400, "invalid_input");
    world.me(&bob.access_token).await.expect(200);
    call().send().await.expect(204);
    world.me(&ada.access_token).await.expect(200);
    world.refresh(&ada.refresh_token).await.expect(200);
    world.me(&bob.access_token).await.expect(401);
    // A cookie alone is no credential here.
    let call = world.post(LOGOUT).cookie(&ada.refresh_token).header("origin", "https://edgekeep.example");
    call.send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn lists_live_sessions_with_the_current_one_marked() {
    let world = World::new();
    let first = world.someone("ada@example.com").await;
    world.clock.advance(1000);
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let second = Person::of(&world.post(LOGIN).header("user-agent", agent).json(&body).await.expect(200));
    world.someone("bob@example.com").await;

    let answer = world.get(SESSIONS).bearer(&first.access_token).send().await.expect(200);
    let sessions = answer.at("/sessions");
    let ids: Vec<_> = sessions.as_array().unwrap().iter().map(|session| session["id"].clone()).collect();
    assert_eq!(ids, [session_of(&second), session_of(&first)], "newest use first, and nobody else's");
    assert_eq!(answer.at("/sessions/0/current"), false);
    assert_eq!(answer.at("/sessions/1/current"), true);
    assert_eq!(answer.text("/sessions/0/device"), "Firefox on Linux");
    assert!(!world.db.dump().contains("Gecko"), "the raw user agent is not kept");
    let members: Vec<_> = sessions[0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["created_at", "current", "device", "expires_at", "id", "last_used_at"]);
}

#[tokio::test]
async fn a_session_says_when_it_ends_without_further_use_and_ends_then() {
    let world =
        World::with(&[("SESSION_IDLE_DAYS", "10"), ("SESSION_ABSOLUTE_DAYS", "25"), ("ACCESS_TOKEN_MINUTES", "1440")]);
    let mut person = world.someone("ada@example.com").await;
    let shown = async |person: &Person| {
        world.get(SESSIONS).bearer(&person.access_token).send().await.expect(200).text("/sessions/0/expires_at")
    };
    assert_eq!(shown(&person).await, rfc3339(START_MS + 10 * DAY_MS));
    for end in [19, 25] {
        world.clock.advance(9 * DAY_MS);
        person = Person::of(&world.refresh(&person.refresh_token).await.expect(200));
        assert_eq!(shown(&person).await, rfc3339(START_MS + end * DAY_MS));
    }
    let end = START_MS + 25 * DAY_MS;
    world.clock.advance(end - 1 - world.app.now_ms());
    assert_eq!(shown(&Person::of(&world.refresh(&person.refresh_token).await.expect(200))).await, rfc3339(end));
    world.clock.advance(1);
    world.refresh(&person.refresh_token).await.expect(401);
    let idle = world.someone("bob@example.com").await;
    assert_eq!(shown(&idle).await, rfc3339(end + 10 * DAY_MS));
    world.clock.advance(10 * DAY_MS);
    world.refresh(&idle.refresh_token).await.expect(401);
}

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[tokio::test]
async fn s10_a_revoked_session_is_refused_with_the_very_next_request() {
    let world = World::new();
    let first = world.someone("ada@example.com").await;
    let second = world.logged_in("ada@example.com").await;
    let path = format!("{SESSIONS}/{}", session_of(&second));
    let answer = world.delete(&path).bearer(&first.access_token).send().await.expect(200);
    assert_eq!(answer.json(), json!({"revoked": 1}));
    world.me(&second.access_token).await.expect_problem(401, "unauthenticated");
    world.refresh(&second.refresh_token).await.expect_problem(401, "invalid_refresh_token");
    world.me(&first.access_token).await.expect(200);
}

#[tokio::test]
async fn s26_a_revocation_that_hits_nothing_says_so() {
    let world = World::new();
    let ada = world.someone("ada@example.com").await;
    let bob = world.someone("bob@example.com").await;
    let second = world.logged_in("ada@example.com").await;
    let expired = world.logged_in("ada@example.com").await;
    let bearer = &ada.access_token;
    let sid = session_of(&expired);
    world.db.look("UPDATE sessions SET idle_expires_at = 1 WHERE id = ?1", [sid.as_str().into()]);

    let path = format!("{SESSIONS}/{}", session_of(&second));
    world.delete(&path).bearer(bearer).send().await.expect(200);
    for id in [
        session_of(&second),
        session_of(&bob),
        sid,
        "01890000-0000-7000-8000-000000000000".into(),
        "x".into(),
        session_of(&ada).to_uppercase(),
        "%00".into(),
        "%27%20OR%201=1%20--".into(),
    ] {
        world.delete(&format!("{SESSIONS}/{id}")).bearer(bearer).send().await.expect_problem(404, "not_found");
    }
    let none = world.delete(SESSIONS).bearer(bearer).send().await.expect(200);
    assert_eq!(none.json(), json!({"revoked": 0}), "there was no other live one");
    world.me(&bob.access_token).await.expect(200);
    world.me(bearer).await.expect(200);
}

#[tokio::test]
async fn revoking_the_others_leaves_the_session_that_asks() {
    let world = World::new();
    let mine = world.someone("ada@example.com").await;
    let others = [world.logged_in("ada@example.com").await, world.logged_in("ada@example.com").await];
    let bob = world.someone("bob@example.com").await;
    let answer = world.delete(SESSIONS).bearer(&mine.access_token).send().await.expect(200);
    assert_eq!(answer.json(), json!({"revoked": 2}));
    for other in &others {
        world.me(&other.access_token).await.expect(401);
    }
    world.me(&mine.access_token).await.expect(200);
    world.me(&bob.access_token).await.expect(200);
    let left = world.get(SESSIONS).bearer(&mine.access_token).send().await.expect(200);
    assert_eq!(left.at("/sessions").as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn revoking_the_own_session_from_the_list_is_a_log_out() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let path = format!("{SESSIONS}/{}", session_of(&person));
    world.delete(&path).bearer(&person.access_token).send().await.expect(200);
    world.me(&person.access_token).await.expect(401);
}

#[tokio::test]
async fn s10_a_deleted_account_is_refused_with_the_very_next_request() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    world.db.look("DELETE FROM users", []);
    world.me(&person.access_token).await.expect_problem(401, "unauthenticated");
    world.refresh(&person.refresh_token).await.expect_problem(401, "invalid_refresh_token");
}

#[tokio::test]
async fn sessions_from_before_a_restore_are_dead_and_new_ones_live() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let restore = START_MS + 60_000;
    world.db.look("UPDATE installation SET sessions_not_before = ?1", [restore.into()]);
    world.me(&person.access_token).await.expect_problem(401, "unauthenticated");
    world.refresh(&person.refresh_token).await.expect_problem(401, "invalid_refresh_token");
    world.clock.advance(60_000);
    let again = world.logged_in("ada@example.com").await;
    world.me(&again.access_token).await.expect(200);
    // What is dead can't be revoked any more.
    let path = format!("{SESSIONS}/{}", session_of(&person));
    world.delete(&path).bearer(&again.access_token).send().await.expect_problem(404, "not_found");
    let others = world.delete(SESSIONS).bearer(&again.access_token).send().await.expect(200);
    assert_eq!(others.json(), json!({"revoked": 0}));
    let list = world.get(SESSIONS).bearer(&again.access_token).send().await.expect(200);
    assert_eq!(list.at("/sessions").as_array().map(Vec::len), Some(1), "the dead one is not listed");
}

#[tokio::test]
async fn a_session_of_one_account_does_not_serve_another() {
    // A token whose `sub` and `sid` belong to different accounts can only be made with the key; it is refused all the same.
    let world = World::new();
    let ada = world.someone("ada@example.com").await;
    let bob = world.someone("bob@example.com").await;
    let grant = edgekeep::domain::token::access::Grant {
        user_id: ada.user_id,
        session_id: session_of(&bob),
        token_id: session_of(&bob),
    };
    let token = world.app.config.auth.keyring.issue(&grant, START_MS, 60).unwrap();
    world.me(&token).await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_credential_comes_in_one_authorization_header_and_nowhere_else() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let token = &person.access_token;
    let refused = [
        world.get(ME),
        world.get(&format!("{ME}?access_token={token}")),
        world.get(ME).header("cookie", &format!("access_token={token}")),
        world.get(ME).header("x-access-token", token),
        world.get(ME).header("authorization", token),
        world.get(ME).header("authorization", "Bearer"),
        world.get(ME).header("authorization", "Bearer "),
        world.get(ME).header("authorization", &format!("Basic {token}")),
        world.get(ME).header("authorization", &format!("Bearer {token}, Bearer {token}")),
        world.get(ME).header("authorization", &format!("Bearer {token} x")),
        world.get(ME).bearer(token).bearer(token),
        world.get(ME).bearer("x").bearer(token),
        world.get(ME).header("proxy-authorization", &format!("Bearer {token}")),
        world.get(ME).bearer(&person.refresh_token),
    ];
    for call in refused {
        let answer = call.send().await.expect_problem(401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    world.get(ME).header("authorization", &format!("bearer {token}")).send().await.expect(200);
    world.get(ME).header("authorization", &format!("BEARER  {token}")).send().await.expect(200);
    let body: Value = world.me(token).await.json();
    assert_eq!(body["id"], json!(person.user_id));
}

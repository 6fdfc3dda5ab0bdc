//! Register, log in, who am I.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::World;
use crate::support::clock::START_MS;
use crate::support::hashers::{Work, outdated};
use crate::support::world::{LOGIN, ME, PASSWORD, Person, REGISTER, claims};

#[tokio::test]
async fn registers_and_is_logged_in_at_once() {
    let world = World::new();
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada Lovelace"});
    let answer = world.post(REGISTER).json(&body).await.expect(201);
    assert_eq!(answer.text("/token_type"), "bearer");
    assert_eq!(answer.at("/expires_in"), 1800);
    assert_eq!(answer.text("/user/email"), "ada@example.com");
    assert_eq!(answer.text("/user/name"), "Ada Lovelace");
    assert_eq!(answer.text("/user/created_at"), "2026-01-02T03:04:05.678Z");

    let person = Person::of(&answer);
    let me = world.me(&person.access_token).await.expect(200);
    assert_eq!(me.json(), answer.at("/user"), "the same account on both answers");
    let members: Vec<_> = me.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["created_at", "email", "id", "name"], "nothing else of the account leaves the Worker");
}

#[tokio::test]
async fn logs_in_with_the_password_of_the_registration_under_real_argon2() {
    let world = World::with_real_hashes(&[]);
    let registered = world.someone("ada@example.com").await;
    let answer = world.login("ada@example.com", PASSWORD).await.expect(200);
    assert_eq!(answer.text("/user/id"), registered.user_id);
    assert_ne!(answer.text("/refresh_token"), registered.refresh_token, "a session of its own");
    assert_ne!(claims(&answer.text("/access_token"))["sid"], claims(&registered.access_token)["sid"]);
    world.login("ada@example.com", "granite otter lamp 48").await.expect_problem(401, "invalid_credentials");
}

#[tokio::test]
async fn stores_neither_the_password_nor_a_token() {
    let world = World::with_real_hashes(&[]);
    let person = world.someone("ada@example.com").await;
    let dump = world.db.dump();
    let tail = person.refresh_token.strip_prefix("ekr_").unwrap();
    for secret in [PASSWORD, &person.refresh_token, tail, &person.access_token] {
        assert!(!dump.contains(secret), "{secret} is in the database");
    }
    assert!(dump.contains("$argon2id$v=19$m=19456,t=2,p=1$"), "{dump}");
}

#[tokio::test]
async fn an_e_mail_is_one_account_however_it_is_spelled() {
    let world = World::new();
    world.someone("ada@example.com").await;
    world.register("ADA@Example.COM").await.expect_problem(409, "email_taken");
    world.login("Ada@EXAMPLE.com", PASSWORD).await.expect(200);
    assert_eq!(world.db.number("SELECT count(*) FROM users", []), 1);
}

#[tokio::test]
async fn s9_of_many_registrations_of_one_e_mail_at_once_exactly_one_wins() {
    let world = World::new();
    let answers = join_all((0..20).map(|_| world.register("ada@example.com"))).await;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 19, "{statuses:?}");
    assert_eq!(world.db.number("SELECT count(*) FROM users", []), 1);
    assert_eq!(world.db.number("SELECT count(*) FROM sessions", []), 1, "no session of those who lost");
    assert_eq!(world.db.number("SELECT count(*) FROM refresh_tokens", []), 1);
}

#[tokio::test]
async fn s20_an_unknown_e_mail_gets_the_same_answer_on_the_same_path_as_a_wrong_password() {
    let world = World::new();
    world.someone("ada@example.com").await;
    let wrong = "granite otter lamp 48";
    let mut traces = Vec::new();
    for email in ["ada@example.com", "nobody@example.com"] {
        let before = (world.db.faults.calls(), world.hasher.faults.calls(), world.throttle.faults.calls());
        world.db.take_statements();
        let answer = world.login(email, wrong).await.expect_problem(401, "invalid_credentials");
        let statements: Vec<_> = world.db.take_statements().into_iter().map(|statement| statement.sql).collect();
        let after = (world.db.faults.calls(), world.hasher.faults.calls(), world.throttle.faults.calls());
        let calls = (after.0 - before.0, after.1 - before.1, after.2 - before.2);
        let mut body = answer.json();
        body["request_id"] = json!("-");
        let mut headers: Vec<_> =
            answer.headers.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        headers.retain(|(name, _)| !["x-request-id", "traceparent", "ratelimit"].contains(&name.as_str()));
        traces.push((calls, statements, body, headers, answer.body.len()));
    }
    assert_eq!(traces[0], traces[1]);
    assert_eq!(traces[0].0, (1, 1, 1), "one look-up, one hash, one question to the throttle");
}

#[tokio::test]
async fn s20_an_unknown_e_mail_costs_a_hash_of_the_same_parameters() {
    let world = World::with_real_hashes(&[]);
    world.someone("ada@example.com").await;
    world.login("ada@example.com", "granite otter lamp 48").await.expect(401);
    world.login("nobody@example.com", "granite otter lamp 48").await.expect(401);
    let work = world.hasher.work();
    let [.., Work::Verify(real), Work::Verify(decoy)] = work.as_slice() else { panic!("{work:?}") };
    let parameters = |phc: &str| phc.split('$').take(4).map(ToOwned::to_owned).collect::<Vec<_>>();
    assert_eq!(parameters(real), parameters(decoy), "algorithm, version, memory, passes and lanes");
    assert_eq!(real.len(), decoy.len(), "salt and tag of the same length");
}

#[tokio::test]
async fn s20_a_taken_e_mail_takes_the_path_of_a_free_one_up_to_the_database() {
    let world = World::new();
    world.someone("ada@example.com").await;
    let mut traces = Vec::new();
    for email in ["ada@example.com", "bob@example.com"] {
        let before = (world.db.faults.calls(), world.hasher.faults.calls());
        world.db.take_statements();
        world.register(email).await;
        let statements: Vec<_> = world.db.take_statements().into_iter().map(|statement| statement.sql).collect();
        traces.push((statements, world.db.faults.calls() - before.0, world.hasher.faults.calls() - before.1));
    }
    assert_eq!(traces[0], traces[1], "the hash is made before anybody asks whether the e-mail is free");
}

#[tokio::test]
async fn s27_passwords_of_64_and_of_256_characters_count_in_full() {
    let world = World::with_real_hashes(&[]);
    for (email, length) in [("a64@example.com", 64), ("a256@example.com", 256)] {
        let password: String = "granite otter lamp, quiet ferry 47; ".chars().cycle().take(length - 1).collect();
        let (right, wrong) = (format!("{password}x"), format!("{password}y"));
        world.post(REGISTER).json(&json!({"email": email, "password": right})).await.expect(201);
        world.login(email, &wrong).await.expect_problem(401, "invalid_credentials");
        world.login(email, &password).await.expect_problem(401, "invalid_credentials");
        world.login(email, &right).await.expect(200);
    }
}

#[tokio::test]
async fn s27_a_nul_does_not_end_a_password() {
    let world = World::with_real_hashes(&[]);
    let password = "granite otter\u{0}lamp 47";
    world.post(REGISTER).json(&json!({"email": "ada@example.com", "password": password})).await.expect(201);
    world.login("ada@example.com", "granite otter\u{0}lamp 48").await.expect(401);
    world.login("ada@example.com", "granite otter").await.expect(401);
    world.login("ada@example.com", password).await.expect(200);
}

#[tokio::test]
async fn s27_a_longer_password_is_refused_before_any_hash() {
    let world = World::new();
    let password = "x".repeat(257);
    for path in [REGISTER, LOGIN] {
        let answer = world.post(path).json(&json!({"email": "ada@example.com", "password": password})).await;
        let answer = answer.expect_problem(400, "invalid_input");
        assert_eq!(answer.fields(), ["password"]);
        assert!(!answer.body_text().contains("xxxx"), "an answer never quotes a password");
    }
    assert_eq!(world.hasher.work(), []);
    assert_eq!(world.db.faults.calls(), 0);
}

#[tokio::test]
async fn the_same_characters_typed_on_another_keyboard_are_the_same_password() {
    let world = World::with_real_hashes(&[]);
    let (composed, decomposed) = ("caf\u{e9} granite otter lamp", "cafe\u{301} granite otter lamp");
    world.post(REGISTER).json(&json!({"email": "ada@example.com", "password": composed})).await.expect(201);
    world.login("ada@example.com", decomposed).await.expect(200);
}

#[tokio::test]
async fn a_common_or_personal_password_is_refused() {
    let world = World::new();
    for password in ["passwordpassword", "123456789012345", "aaaaaaaaaaaaaaaa", "lovelace@example", "short"] {
        let body = json!({"email": "lovelace@example.com", "password": password});
        let answer = world.post(REGISTER).json(&body).await.expect_problem(400, "invalid_input");
        assert_eq!(answer.fields(), ["password"], "{password}");
    }
    assert_eq!(world.hasher.work(), []);
}

#[tokio::test]
async fn s28_a_log_in_renews_a_hash_of_outdated_parameters_and_a_failed_one_does_not() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let old = outdated(PASSWORD);
    let values = [person.user_id.as_str().into(), old.as_str().into()];
    world.db.look("UPDATE users SET password = ?2 WHERE id = ?1", values);
    let stored = || world.db.look("SELECT password FROM users", [])[0].text("password").unwrap();

    world.login("ada@example.com", "granite otter lamp 48").await.expect(401);
    assert_eq!(stored(), old);
    world.login("ada@example.com", PASSWORD).await.expect(200);
    let renewed = stored();
    assert_ne!(renewed, old);
    world.login("ada@example.com", PASSWORD).await.expect(200);
    assert_eq!(stored(), renewed, "once is enough");
}

#[tokio::test]
async fn a_renewed_hash_never_overwrites_a_password_that_was_changed_meanwhile() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let set = |hash: &str| {
        let values = [person.user_id.as_str().into(), hash.into()];
        world.db.look("UPDATE users SET password = ?2 WHERE id = ?1", values);
    };
    set(&outdated(PASSWORD));
    let login = world.login("ada@example.com", PASSWORD);
    let change = async {
        while world.hasher.work().iter().filter(|work| matches!(work, Work::Verify(_))).count() < 1 {
            tokio::task::yield_now().await;
        }
        set("changed");
    };
    let (answer, ()) = futures_util::join!(login, change);
    answer.expect_problem(401, "invalid_credentials");
    assert_eq!(world.db.look("SELECT password FROM users", [])[0].text("password").unwrap(), "changed");
}

#[tokio::test]
async fn s1_s19_identity_comes_from_the_credential_alone() {
    let world = World::new();
    let ada = world.someone("ada@example.com").await;
    let bob = world.someone("bob@example.com").await;
    let ada_session = claims(&ada.access_token)["sid"].as_str().unwrap().to_owned();

    // In a query string or a header it is nobody's business.
    let path = format!("{ME}?user_id={0}&sub={0}&id={0}", ada.user_id);
    let me = world.get(&path).bearer(&bob.access_token).header("x-user-id", &ada.user_id).send().await.expect(200);
    assert_eq!(me.text("/id"), bob.user_id);
    // Behind no credential it is nobody.
    world.get(&path).header("x-user-id", &ada.user_id).send().await.expect_problem(401, "unauthenticated");
    // In a body it is refused.
    for (path, mut body) in [
        (REGISTER, json!({"email": "eve@example.com", "password": PASSWORD})),
        (LOGIN, json!({"email": "bob@example.com", "password": PASSWORD})),
        ("/api/v1/auth/refresh", json!({"refresh_token": bob.refresh_token})),
        ("/api/v1/ai-tools/detect", json!({"text": "A text."})),
    ] {
        for field in ["user_id", "id", "role", "admin", "created_at", "session_id"] {
            body[field] = json!(ada.user_id);
            let answer = world.post(path).bearer(&bob.access_token).json(&body).await;
            assert_eq!(answer.expect_problem(400, "invalid_input").fields(), [field], "{path}");
            body.as_object_mut().unwrap().remove(field);
        }
    }
    // Another's session is not there.
    let path = format!("/api/v1/auth/sessions/{ada_session}");
    world.delete(&path).bearer(&bob.access_token).send().await.expect_problem(404, "not_found");
    world.me(&ada.access_token).await.expect(200);
}

#[tokio::test]
async fn s18_an_e_mail_is_one_plain_address() {
    let world = World::new();
    for email in [
        "a@example.com,b@example.com",
        "a@example.com;b@example.com",
        "a@example.com b@example.com",
        "Ada <a@example.com>",
        "a@b@example.com",
        "a@example.com\nbcc: b@example.com",
        "a@example.com\u{0}",
        "a@",
        "@example.com",
        "a",
        "",
        "a@exa mple.com",
        "a@localhost",
    ] {
        for path in [REGISTER, LOGIN] {
            let answer = world.post(path).json(&json!({"email": email, "password": PASSWORD})).await;
            let answer = answer.expect_problem(400, "invalid_input");
            assert_eq!(answer.fields(), ["email"], "{email:?}");
        }
    }
    let long = format!("{}@example.com", "a".repeat(300));
    world.register(&long).await.expect_problem(400, "invalid_input");
    assert_eq!(world.db.number("SELECT count(*) FROM users", []), 0);
}

#[tokio::test]
async fn a_log_in_beyond_the_number_of_sessions_ends_the_oldest_and_never_itself() {
    let world = World::with(&[("MAX_SESSIONS_PER_USER", "2")]);
    let first = world.someone("ada@example.com").await;
    world.clock.advance(1000);
    let second = world.logged_in("ada@example.com").await;
    world.clock.advance(1000);
    let third = world.logged_in("ada@example.com").await;
    world.me(&first.access_token).await.expect_problem(401, "unauthenticated");
    world.me(&second.access_token).await.expect(200);
    world.me(&third.access_token).await.expect(200);
    // Within one millisecond, and even when the clock has jumped back: who logs in now is in.
    for jump in [0, 0, 0, 0, -5000, -5000, 0] {
        world.clock.advance(jump);
        let newest = world.logged_in("ada@example.com").await;
        world.me(&newest.access_token).await.expect(200);
    }
}

#[tokio::test]
async fn of_too_many_sessions_the_one_unused_for_longest_ends_and_expired_ones_take_no_place() {
    let world = World::with(&[("MAX_SESSIONS_PER_USER", "3"), ("SESSION_IDLE_DAYS", "1")]);
    let mut used = world.someone("ada@example.com").await;
    world.clock.advance(1000);
    let unused = world.logged_in("ada@example.com").await;
    world.clock.advance(1000);
    used = Person::of(&world.refresh(&used.refresh_token).await.expect(200));
    let third = world.logged_in("ada@example.com").await;
    world.clock.advance(1000);
    let fourth = world.logged_in("ada@example.com").await;
    world.refresh(&unused.refresh_token).await.expect_problem(401, "invalid_refresh_token");
    for person in [&used, &third, &fourth] {
        world.me(&person.access_token).await.expect(200);
    }
    // The third and the fourth expire, the first goes on.
    world.clock.advance(23 * 3_600_000);
    used = Person::of(&world.refresh(&used.refresh_token).await.expect(200));
    world.clock.advance(2 * 3_600_000);
    for _ in 0..2 {
        world.logged_in("ada@example.com").await;
    }
    world.refresh(&used.refresh_token).await.expect(200);
}

#[tokio::test]
async fn time_in_an_access_token_is_that_of_the_clock() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let claims = claims(&person.access_token);
    assert_eq!(claims["iat"], START_MS / 1000);
    assert_eq!(claims["nbf"], START_MS / 1000);
    assert_eq!(claims["exp"], START_MS / 1000 + 1800);
    world.clock.advance(1_799_000);
    world.me(&person.access_token).await.expect(200);
    world.clock.advance(1_000);
    world.me(&person.access_token).await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_protected_request_costs_one_query() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    for (path, calls) in [(ME, 1), ("/api/v1/auth/sessions", 2)] {
        let before = world.db.faults.calls();
        world.get(path).bearer(&person.access_token).send().await.expect(200);
        assert_eq!(world.db.faults.calls() - before, calls, "{path}");
    }
    let before = world.db.faults.calls();
    let answer = world.detect(&person.access_token, "A text that is short.").await.expect(200);
    assert_eq!(answer.db_calls - before, 1, "detection");
    let before = world.db.faults.calls();
    world.me("not.a.token").await.expect(401);
    assert_eq!(world.db.faults.calls() - before, 0, "a token that is not ours costs none");
}

#[tokio::test]
async fn a_full_hasher_is_a_503_that_says_when_to_come_back() {
    use edgekeep::ports::HashError;
    let world = World::new();
    world.hasher.faults.fail_on(1, HashError::Busy { retry_after: 3 });
    let answer = world.register("ada@example.com").await.expect_problem(503, "busy");
    assert_eq!(answer.header("retry-after"), Some("3"));
    assert_eq!(world.db.number("SELECT count(*) FROM users", []), 0);
    world.someone("ada@example.com").await;
    world.hasher.faults.fail_on(1, HashError::Failed("boom".into()));
    let answer = world.login("ada@example.com", PASSWORD).await.expect_problem(503, "unavailable");
    assert!(!answer.body_text().contains("boom"));
}

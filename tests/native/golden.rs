//! What clients and stored data rely on, pinned to the byte. See `support::golden` for how to change it on purpose.

use edgekeep::domain::password::{Password, PhcString};
use edgekeep::domain::token::access::Grant;
use edgekeep::domain::token::refresh::RefreshToken;
use edgekeep::hashing::{self, Cost, Memory};
use edgekeep::store::value::{Row, Value as Sql};
use serde_json::{Value, json};

use crate::support::clock::START_MS;
use crate::support::golden::{assert_golden, assert_golden_json, golden};
use crate::support::world::{DETECT, LOGIN, LOGOUT, ME, PASSWORD, Person, REFRESH, REGISTER, SESSIONS, segment};
use crate::support::{Answer, World};

/// An answer as a client sees it: status, headers in order, body.
fn wire(answer: &Answer) -> Value {
    let mut headers: Vec<_> =
        answer.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    headers.retain(|header| !["x-request-id: ", "traceparent: "].iter().any(|name| header.starts_with(name)));
    headers.sort_unstable();
    let mut body = if answer.body.is_empty() { Value::Null } else { answer.json() };
    if let Some(id) = body.get_mut("request_id") {
        *id = json!("-"); // checked for every answer by the client of these tests
    }
    json!({"status": answer.status.as_u16(), "headers": headers, "body": body})
}

#[tokio::test]
async fn s28_bodies_of_accounts_and_sessions() {
    let world = World::with(&[("LOGIN_LIMIT", "5/minute;20/hour"), ("REGISTER_LIMIT", "5/minute;20/hour")]);
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada"});
    let registered = world.post(REGISTER).json(&body).await.expect(201);
    world.clock.advance(1000);
    let body = json!({"email": "ada@example.com", "password": PASSWORD, "delivery": "cookie"});
    let logged_in = world.post(LOGIN).json(&body).await.expect(200);
    let person = Person::of(&registered);
    let refreshed = world.refresh(&person.refresh_token).await.expect(200);
    let me = world.me(&person.access_token).await.expect(200);
    let sessions = world.get(SESSIONS).bearer(&person.access_token).send().await.expect(200);
    let revoked = world.delete(SESSIONS).bearer(&person.access_token).send().await.expect(200);
    let logged_out = world.post(LOGOUT).bearer(&person.access_token).send().await.expect(204);
    assert_golden_json("register.json", &wire(&registered));
    assert_golden_json("login_cookie.json", &wire(&logged_in));
    assert_golden_json("refresh.json", &wire(&refreshed));
    assert_golden_json("me.json", &wire(&me));
    assert_golden_json("sessions.json", &wire(&sessions));
    assert_golden_json("revoked.json", &wire(&revoked));
    assert_golden_json("logout.json", &wire(&logged_out));
    let again = world.logged_in("ada@example.com").await;
    let deletion = world.delete(ME).bearer(&again.access_token).json(&json!({"password": PASSWORD})).await.expect(204);
    assert_golden_json("deletion.json", &wire(&deletion));
}

#[tokio::test]
async fn bodies_of_detection_and_health() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let mut detected = wire(&world.detect(&person.access_token, "Too short to say.").await.expect(200));
    // The model has a version of its own; what is pinned here is the form.
    detected["body"]["model"] = json!({"version": "-", "trained_on": "-"});
    detected["body"]["probability"] = json!("-");
    for sentence in detected["body"]["sentences"].as_array_mut().unwrap() {
        sentence["probability"] = json!("-");
    }
    detected["headers"] = json!("-");
    assert_golden_json("detect_too_short.json", &detected);
    let mut alive = wire(&world.get("/healthz").send().await);
    assert_eq!(
        alive["body"]["commit"],
        env!("EDGEKEEP_GIT_SHA"),
        "which changes with each commit, and its length at times"
    );
    alive["body"]["commit"] = json!("-");
    let built_at = alive["body"]["built_at"].as_str().expect("a time");
    assert!(built_at.len() == 24 && built_at.ends_with('Z'), "{built_at}");
    alive["body"]["built_at"] = json!("-");
    let changes = |header: &Value| header.as_str().is_some_and(|header| header.starts_with("content-length: "));
    alive["headers"].as_array_mut().unwrap().retain(|header| !changes(header));
    assert_golden_json("healthz.json", &alive);
    assert_golden_json("readyz.json", &wire(&world.get("/readyz").send().await));
}

#[tokio::test]
async fn problems() {
    use edgekeep::ports::{DbError, HashError};
    let world = World::with(&[("DETECT_LIMIT", "1/hour"), ("LOGIN_FREE_FAILURES", "1")]);
    let person = world.someone("ada@example.com").await;
    world.detect(&person.access_token, "A text.").await.expect(200);
    let wrong = "granite otter lamp 48";
    let mut problems = Vec::new();
    let mut keep = |name: &str, answer: Answer| {
        let mut problem = wire(&answer);
        let security = |header: &str| {
            ["retry-after", "www-authenticate", "allow", "ratelimit", "set-cookie", "content-type"]
                .iter()
                .any(|name| header.starts_with(name))
        };
        problem["headers"].as_array_mut().unwrap().retain(|header| security(header.as_str().unwrap()));
        problem["when"] = json!(name);
        problems.push(problem);
    };
    let text = |path: &'static str| world.post(path).header("content-type", "application/json");
    keep("broken JSON", text(LOGIN).bytes("{\"email\":").await);
    keep("not an object", text(LOGIN).bytes("[]").await);
    keep("missing field", text(LOGIN).bytes("{}").await);
    keep("unknown field", text(LOGIN).bytes("{\"role\": 1}").await);
    keep("bad fields", world.post(REGISTER).json(&json!({"email": "x", "password": "short", "name": "\u{7}"})).await);
    keep(
        "common password",
        world.post(REGISTER).json(&json!({"email": "b@example.com", "password": "passwordpassword"})).await,
    );
    keep("taken e-mail", world.register("ada@example.com").await);
    keep("media type", world.post(LOGIN).bytes("{}").await);
    keep("body too large", text(LOGIN).bytes(" ".repeat(20_000)).await);
    keep("text too long", world.detect(&person.access_token, &"a".repeat(100_001)).await);
    keep("limit used up", world.detect(&person.access_token, "A text.").await);
    keep("no token", world.get(ME).send().await);
    keep("wrong password", world.login("ada@example.com", wrong).await);
    keep("waiting", world.login("ada@example.com", wrong).await);
    keep("bad refresh token", world.refresh("ekr_nonsense").await);
    keep(
        "bad refresh cookie",
        world.post(REFRESH).cookie("x").header("origin", "https://edgekeep.example").send().await,
    );
    keep("other origin", world.post(REFRESH).cookie("x").header("origin", "https://evil.example").send().await);
    keep("nothing there", world.get("/nothing").send().await);
    keep("other method", world.get(DETECT).send().await);
    world.hasher.faults.fail_on(1, HashError::Busy { retry_after: 2 });
    keep("full", world.register("b@example.com").await);
    world.db.faults.fail_on(1, DbError::Timeout);
    keep("unavailable", world.me(&person.access_token).await);
    world.db.faults.fail_on(1, DbError::Other("x".into()));
    keep("a defect", world.me(&person.access_token).await);
    assert_golden_json("problems.json", &Value::Array(problems));
}

#[test]
fn s28_an_access_token_of_a_fixed_key() {
    let world = World::new();
    let id = |n: u8| format!("019b7ca9-8f2e-7000-8000-0000000000{n:02}");
    let grant = Grant { user_id: id(1), session_id: id(2), token_id: id(3) };
    let keyring = &world.app.config.auth.keyring;
    let token = keyring.issue(&grant, START_MS, 1800).unwrap();
    assert_golden("access_token.txt", &format!("{token}\n"));
    assert_golden_json("access_token.json", &json!({"header": segment(&token, 0), "claims": segment(&token, 1)}));
    // What was issued once is read for as long as it lives, by later versions too.
    let pinned = golden("access_token.txt");
    let claims = keyring.verify(pinned.trim_end(), START_MS).unwrap();
    assert_eq!((claims.user_id, claims.session_id, claims.token_id), (id(1), id(2), id(3)));
}

#[test]
fn s28_refresh_tokens_their_hashes_and_successors() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let text = format!("ekr_{}", "A".repeat(42) + "E");
    let token = RefreshToken::parse(&text).unwrap();
    let successor = token.successor(&[7; 32]);
    let pinned = json!({
        "token": token.expose(),
        "stored": hex(&token.hash()),
        "salt": hex(&[7; 32]),
        "successor": successor.expose(),
        "successor_stored": hex(&successor.hash()),
    });
    assert_golden_json("refresh_token.json", &pinned);
}

#[test]
fn s28_stored_passwords() {
    let password = Password::parse(PASSWORD).unwrap();
    let phc = hashing::hash(&mut Memory::new(), password.expose().as_bytes(), &[7; 16], Cost::FLOOR).unwrap();
    assert_golden("password.txt", &format!("{}\n", phc.expose()));
    let pinned = PhcString::stored(golden("password.txt").trim_end().to_owned());
    let found = hashing::verify(&mut Memory::new(), password.expose().as_bytes(), &pinned, Cost::FLOOR).unwrap();
    assert!(found.matches && !found.outdated);
    let wrong = hashing::verify(&mut Memory::new(), b"granite otter lamp 48", &pinned, Cost::FLOOR).unwrap();
    assert!(!wrong.matches);
}

#[tokio::test]
async fn log_lines() {
    let world = World::new();
    world.register("ada@example.com").await.expect(201);
    world.login("ada@example.com", "granite otter lamp 48").await.expect(401);
    world.get("/nothing?x=1").send().await.expect(404);
    edgekeep::cron::run(&world.app, "17 3 * * *", START_MS).await;
    let mut lines: Vec<_> = world.log.lines().into_iter().map(|(_, line)| line).collect();
    for line in &mut lines {
        if line.get("service.version").is_some() {
            line["service.version"] = json!("-");
        }
    }
    assert_golden_json("log.json", &Value::Array(lines));
}

#[tokio::test]
async fn s28_what_is_stored_for_an_account_and_a_session() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    world.clock.advance(1000);
    world.refresh(&person.refresh_token).await.expect(200);
    let tables = [
        "SELECT id, email, name, typeof(password) AS password, created_at, updated_at FROM users",
        "SELECT * FROM sessions",
        "SELECT hex(hash) AS hash, session_id, hex(predecessor) AS predecessor, created_at, redeemed_at,
                hex(successor_salt) AS successor_salt FROM refresh_tokens ORDER BY created_at",
    ];
    let rows = tables.map(|sql| world.db.look(sql, []).iter().map(row_json).collect::<Vec<_>>());
    assert_golden_json("database.json", &json!(rows));
}

fn row_json(row: &Row) -> Value {
    let value = |value: &Sql| match value {
        Sql::Null => Value::Null,
        Sql::Integer(number) => json!(number),
        Sql::Real(number) => json!(number),
        Sql::Text(text) => json!(text),
        Sql::Blob(bytes) => json!(bytes),
    };
    row.0.iter().map(|(name, found)| (name.clone(), value(found))).collect::<serde_json::Map<_, _>>().into()
}

//! Every port failing on every one of its calls, on every route: a clean 5xx, nothing half done, nothing revealed.

use edgekeep::ports::{DbError, HashError, PortError};
use http::Method;
use serde_json::{Value, json};

use crate::support::faults::Fault;
use crate::support::world::{
    BATCH, CHANGE_PASSWORD, CRON_RUNS, DETECT, LOGIN, LOGOUT, ME, OPERATOR_TOKEN, OPERATOR_USAGE, PASSWORD, Person,
    REFRESH, REGISTER, SESSIONS, USAGE,
};
use crate::support::{Answer, World};

/// One request to each route, as somebody who may make it.
fn requests(person: &Person, other: &Person) -> Vec<(Method, String, Option<Value>)> {
    let other_session = crate::support::world::claims(&other.access_token)["sid"].clone();
    vec![
        (Method::POST, REGISTER.into(), Some(json!({"email": "bob@example.com", "password": PASSWORD}))),
        (Method::POST, LOGIN.into(), Some(json!({"email": "ada@example.com", "password": PASSWORD}))),
        (Method::POST, REFRESH.into(), Some(json!({"refresh_token": person.refresh_token}))),
        (Method::POST, LOGOUT.into(), None),
        (Method::GET, ME.into(), None),
        (Method::GET, SESSIONS.into(), None),
        (Method::DELETE, SESSIONS.into(), None),
        (Method::DELETE, format!("{SESSIONS}/{}", other_session.as_str().unwrap()), None),
        (Method::POST, DETECT.into(), Some(json!({"text": "A text."}))),
        (Method::POST, BATCH.into(), Some(json!({"texts": [{"text": "A text."}, {"text": "Another."}]}))),
        (Method::GET, CRON_RUNS.into(), None),
        (Method::GET, USAGE.into(), None),
        (Method::GET, OPERATOR_USAGE.into(), None),
        (Method::DELETE, ME.into(), Some(json!({"password": PASSWORD}))),
        (Method::PATCH, ME.into(), Some(json!({"name": "Countess"}))),
        (
            Method::POST,
            CHANGE_PASSWORD.into(),
            Some(json!({"current_password": PASSWORD, "new_password": "granite otter lamp 48"})),
        ),
    ]
}

struct Scene {
    world: World,
    person: Person,
    other: Person,
}

impl Scene {
    async fn set() -> Self {
        let world = World::new();
        let person = world.someone("ada@example.com").await;
        let other = world.logged_in("ada@example.com").await;
        Self { world, person, other }
    }

    async fn play(&self, at: usize) -> Answer {
        let (method, path, body) = requests(&self.person, &self.other).swap_remove(at);
        let token = if path.contains("/operator/") { OPERATOR_TOKEN } else { &self.person.access_token };
        let call = self.world.call(method, &path).bearer(token);
        match body {
            Some(body) => call.json(&body).await,
            None => call.send().await,
        }
    }
}

const ROUTES: usize = 16;

#[tokio::test]
async fn every_route_of_the_table_takes_part() {
    let scene = Scene::set().await;
    let health = ["/healthz", "/readyz", "/api/v1/status"]; // tested in `health` and `status`
    let backups = "/api/v1/operator/backups"; // ask no database: tested in `operator`
    let table = edgekeep::routes::table();
    let routes = table.iter().filter(|route| !health.contains(&route.path) && !route.path.starts_with(backups)).count();
    assert_eq!(routes, requests(&scene.person, &scene.other).len());
    assert_eq!(routes, ROUTES);
    for at in 0..ROUTES {
        let scene = Scene::set().await;
        let answer = scene.play(at).await;
        assert!(answer.status.is_success(), "{at}: {}", answer.body_text());
    }
}

#[tokio::test]
async fn the_database_failing_on_any_call_of_any_route_is_a_clean_error_and_changes_nothing() {
    let secret = "SECRET CAUSE";
    for at in 0..ROUTES {
        let scene = Scene::set().await;
        let before = scene.world.db.faults.calls();
        let calls = scene.play(at).await.db_calls - before;
        assert!(calls >= 1, "{at}");
        for n in 1..=calls {
            for (error, status) in [
                (DbError::Timeout, 503),
                (DbError::Unavailable(secret.into()), 503),
                (DbError::Other(secret.into()), 500),
                (DbError::Shape(secret.into()), 500),
                (DbError::Constraint(secret.into()), 500),
                (DbError::Unique("sessions.id".into()), 500),
            ] {
                let scene = Scene::set().await;
                let dump = scene.world.db.dump();
                scene.world.db.faults.fail_on(n, error.clone());
                let answer = scene.play(at).await;
                let about = format!("route {at}, call {n}, {error:?}: {} {}", answer.status, answer.body_text());
                assert_eq!(answer.status.as_u16(), status, "{about}");
                assert!(!answer.body_text().contains(secret), "{about}");
                assert!(!answer.body_text().contains("sessions.id"), "{about}");
                assert_eq!(answer.header("retry-after").is_some(), status == 503, "{about}");
                assert!(scene.world.log.last()["exception.message"].is_string(), "the log has the cause: {about}");
                assert_eq!(scene.world.db.dump(), dump, "{about}");
                let again = scene.play(at).await;
                assert!(again.status.is_success(), "and then it works: {about}; {}", again.body_text());
            }
        }
    }
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_a_503_and_leaves_no_half_of_anything() {
    for at in 0..ROUTES {
        let scene = Scene::set().await;
        let before = scene.world.db.faults.calls();
        for n in 1..=scene.play(at).await.db_calls - before {
            let scene = Scene::set().await;
            scene.world.db.faults.on(n, Fault::Lose(DbError::Timeout));
            scene.play(at).await.expect_problem(503, "unavailable");
            let whole = |sql| assert_eq!(scene.world.db.number(sql, []), 0, "{sql} after route {at}, call {n}");
            whole("SELECT count(*) FROM users WHERE id NOT IN (SELECT user_id FROM sessions)");
            whole("SELECT count(*) FROM sessions WHERE id NOT IN (SELECT session_id FROM refresh_tokens)");
            whole(
                "SELECT count(*) FROM refresh_tokens t WHERE redeemed_at IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM refresh_tokens n WHERE n.predecessor = t.hash)",
            );
        }
    }
}

#[tokio::test]
async fn no_account_is_half_made_when_any_statement_of_its_batch_fails() {
    for table in ["refresh_tokens", "sessions"] {
        let world = World::new();
        let drop: &'static str = Box::leak(format!("ALTER TABLE {table} RENAME TO gone").into_boxed_str());
        world.db.look(drop, []);
        world.register("ada@example.com").await.expect_problem(500, "internal");
        assert_eq!(world.db.number("SELECT count(*) FROM users", []), 0, "without {table}");
    }
}

#[tokio::test]
async fn other_ports_failing_are_clean_errors() {
    for n in 1..=2 {
        for error in [PortError::Timeout, PortError::Failed("SECRET CAUSE".into())] {
            let scene = Scene::set().await;
            scene.world.throttle.faults.fail_on(n, error);
            let sessions = scene.world.db.number("SELECT count(*) FROM sessions", []);
            let answer = scene.play(1).await.expect_problem(503, "unavailable");
            assert!(!answer.body_text().contains("SECRET"));
            assert_eq!(scene.world.db.number("SELECT count(*) FROM sessions", []), sessions);
            scene.play(1).await.expect(200);
        }
    }
    for at in [0, 1, 13, 15] {
        for (error, code) in
            [(HashError::Busy { retry_after: 2 }, "busy"), (HashError::Failed("SECRET CAUSE".into()), "unavailable")]
        {
            let scene = Scene::set().await;
            let dump = scene.world.db.dump();
            scene.world.hasher.faults.fail_on(1, error);
            let answer = scene.play(at).await.expect_problem(503, code);
            assert!(!answer.body_text().contains("SECRET"));
            assert_eq!(scene.world.db.dump(), dump);
        }
    }
}

#[tokio::test]
async fn without_randomness_nothing_is_made_and_nobody_is_told_a_guessable_token() {
    for at in 0..ROUTES {
        let scene = Scene::set().await;
        let dump = scene.world.db.dump();
        scene.world.entropy.set_broken(true);
        scene.world.clock.advance(1);
        let answer = scene.play(at).await;
        let makes_something = [0, 1, 2, 8, 9, 15].contains(&at);
        if makes_something {
            assert!(answer.status.is_server_error(), "{at}: {}", answer.status);
            assert_eq!(scene.world.db.dump(), dump, "{at}");
        } else {
            assert!(answer.status.is_success(), "{at}: {}", answer.body_text());
        }
    }
}

#[tokio::test]
async fn a_row_of_the_wrong_shape_is_a_500_and_names_no_value() {
    let scene = Scene::set().await;
    scene.world.db.look("ALTER TABLE users RENAME COLUMN name TO nickname", []);
    let answer = scene.world.me(&scene.person.access_token).await.expect_problem(500, "internal");
    assert!(!answer.body_text().contains("name\""));
}

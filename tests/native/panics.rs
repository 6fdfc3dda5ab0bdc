//! Panics and other defects: each is one 500 and one log line, and nobody else notices.

use edgekeep::ports::Level;
use edgekeep::{cron, telemetry};
use serde_json::Value;

use crate::support::World;
use crate::support::clock::START_MS;

fn development() -> World {
    World::with(&[("ENVIRONMENT", "development")])
}

fn lines_with<'a>(lines: &'a [(Level, Value)], name: &str, value: &str) -> Vec<&'a Value> {
    lines.iter().filter(|(_, line)| line[name] == value).map(|(_, line)| line).collect()
}

#[tokio::test]
async fn a_panic_is_one_500_with_the_request_id_and_one_line() {
    let world = development();
    let answer = world.get("/__debug/panic").send().await.expect_problem(500, "internal");
    let lines = world.log.lines();
    assert_eq!(lines.len(), 1);
    let (level, line) = &lines[0];
    assert_eq!(*level, Level::Error);
    assert_eq!(line["request_id"], answer.text("/request_id"));
    assert_eq!(line["http.route"], "/__debug/panic");
    assert_eq!(line["http.response.status_code"], 500);
    assert_eq!(line["error.type"], "internal");
    assert_eq!(line["exception.type"], "panic");
    assert_eq!(line["exception.message"], "drill: a deliberate panic");
    assert!(!answer.body_text().contains("deliberate"), "the client is told nothing of it");
}

#[tokio::test]
async fn requests_beside_a_panic_do_not_notice_it() {
    let world = development();
    let person = world.someone("ada@example.com").await;
    let (panicked, me, login, live, panicked_too) = tokio::join!(
        world.get("/__debug/panic").send(),
        world.me(&person.access_token),
        world.login("ada@example.com", crate::support::world::PASSWORD),
        world.get("/healthz").send(),
        world.get("/__debug/panic").send(),
    );
    panicked.expect_problem(500, "internal");
    panicked_too.expect_problem(500, "internal");
    me.expect(200);
    login.expect(200);
    live.expect(200);
    world.assert_log_is_clean();
}

#[tokio::test]
async fn an_error_and_a_panic_in_an_object_are_500_too() {
    let world = development();
    for path in ["/__debug/error", "/__debug/panic-in-object"] {
        let before = world.log.lines().len();
        world.get(path).send().await.expect_problem(500, "internal");
        assert_eq!(world.log.lines().len(), before + 1, "{path}");
        assert_eq!(world.log.last()["error.type"], "internal");
    }
}

#[tokio::test]
async fn a_panic_after_the_answer_is_one_line() {
    let world = development();
    let scope = telemetry::scope::Scope::new("id".into(), telemetry::trace::Trace::begin("id"), START_MS);
    let work = Box::pin(async { panic!("as asked") });
    let event = async {
        let work = telemetry::guarded(&world.app, work);
        vec![work]
    };
    let begun = telemetry::scope::guard(scope, event).await.expect("the event itself is well");
    for work in begun {
        work.await;
    }
    let lines = world.log.lines();
    let [line] = lines_with(&lines, "body", "background")[..] else { panic!("one line: {lines:?}") };
    assert_eq!(line["exception.message"], "as asked");
    assert_eq!(line["request_id"], "id", "it is of the event that began it");
}

#[tokio::test]
async fn a_cron_run_that_panics_is_recorded_as_failed() {
    let world = development();
    cron::run(&world.app, "drill", START_MS).await;
    let rows = world.db.look("SELECT outcome, detail FROM cron_runs", []);
    assert_eq!(rows[0].text("outcome").unwrap(), "error");
    assert_eq!(rows[0].text("detail").unwrap(), "internal: drill: a deliberate panic");
    let lines = world.log.lines();
    let [(level, line)] = &lines[..] else { panic!("one line: {lines:?}") };
    assert_eq!(*level, Level::Error);
    assert_eq!(line["exception.type"], "panic");
    cron::run(&world.app, "0 * * * *", START_MS).await;
    assert_eq!(world.log.last()["outcome"], "ok", "the next run is as ever");
}

#[tokio::test]
async fn there_are_no_faults_on_command_outside_of_development() {
    for environment in ["production", "staging"] {
        let world = World::with(&[("ENVIRONMENT", environment)]);
        for route in edgekeep::routes::debug_table() {
            world.get(&route.path.replace("{how}", "trap")).send().await.expect_problem(404, "not_found");
            world.post(route.path).send().await.expect_problem(404, "not_found");
        }
        cron::run(&world.app, "drill", START_MS).await;
        assert_eq!(world.log.last()["outcome"], "ok");
    }
}

#[tokio::test]
async fn an_instance_that_was_aborted_is_told_of_by_the_next() {
    let world = World::new();
    let stack = "Error\n    at edgekeep::platform::drill::deeper (wasm://wasm/1:wasm-function[9]:0x30)";
    telemetry::instance_ended(&world.app, stack);
    let line = world.log.last();
    assert_eq!(line["body"], "abort");
    assert_eq!(line["exception.stacktrace"], "edgekeep::platform::drill::deeper (wasm-function[9]:0x30)");
}

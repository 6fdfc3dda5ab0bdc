//! The operator's routes: one token opens them, guesses count, and without a token they are not there.

use edgekeep::backup::digest::Digest;
use edgekeep::backup::manifest::manifest_key;
use edgekeep::http::route::Caller;
use edgekeep::ports::PortError;
use edgekeep::routes;
use http::Method;

use crate::support::World;
use crate::support::backups::Bench;
use crate::support::sqlite_db::SqliteDb;
use crate::support::world::{CRON_RUNS, OPERATOR_TOKEN, SECRET};

#[tokio::test]
async fn the_operator_sees_how_scheduled_runs_went() {
    let world = World::new();
    edgekeep::cron::run(&world.app, "0 * * * *", world.app.now_ms() - 5).await;
    let answer = world.get(CRON_RUNS).bearer(OPERATOR_TOKEN).send().await.expect(200);
    assert_eq!(answer.at("/runs").as_array().unwrap().len(), 1);
    assert_eq!(answer.text("/runs/0/cron"), "0 * * * *");
    assert_eq!(answer.text("/runs/0/outcome"), "ok");
    assert!(answer.header("ratelimit").is_some());
    assert_eq!(world.log.last()["event.name"], "authz_admin", "what the operator does is told");
}

#[tokio::test]
async fn s6_no_other_credential_opens_an_operators_route() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let near = &OPERATOR_TOKEN[..OPERATOR_TOKEN.len() - 1];
    let spaced = format!("{OPERATOR_TOKEN} x");
    for token in [person.access_token.as_str(), person.refresh_token.as_str(), SECRET, near, &spaced, "", "null"] {
        for route in routes::table().into_iter().filter(|route| route.caller == Caller::Operator) {
            let path = route.path.replace("{id}", "1");
            let answer = world.call(route.method, &path).bearer(token).send().await;
            answer.expect_problem(401, "unauthenticated");
        }
    }
}

#[tokio::test]
async fn s6_the_operators_token_opens_no_account() {
    let world = World::new();
    world.me(OPERATOR_TOKEN).await.expect_problem(401, "unauthenticated");
    world.detect(OPERATOR_TOKEN, "A text.").await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn without_a_token_the_routes_are_absent_like_any_path_that_never_was() {
    let world = World::with(&[("OPERATOR_TOKEN", "")]);
    let nothing = world.get("/api/v1/operator/nothing").bearer("x").send().await.expect_problem(404, "not_found");
    for route in routes::table().into_iter().filter(|route| route.caller == Caller::Operator) {
        for token in ["", OPERATOR_TOKEN] {
            let path = route.path.replace("{id}", "1");
            let answer = world.call(route.method.clone(), &path).bearer(token).send().await;
            let answer = answer.expect_problem(404, "not_found");
            assert_eq!(answer.text("/detail"), nothing.text("/detail"));
            let other = world.call(http::Method::PATCH, &path).send().await;
            other.expect_problem(404, "not_found");
        }
    }
    assert_eq!(world.limiter.faults.calls(), 0);
}

#[tokio::test]
async fn guesses_of_the_token_are_limited_per_address() {
    let world = World::with(&[("OPERATOR_LIMIT", "3/hour")]);
    for _ in 0..3 {
        world.get(CRON_RUNS).bearer("guess").send().await.expect_problem(401, "unauthenticated");
    }
    world.get(CRON_RUNS).bearer("guess").send().await.expect_problem(429, "rate_limited");
    world.get(CRON_RUNS).bearer(OPERATOR_TOKEN).send().await.expect_problem(429, "rate_limited");
    let elsewhere = world.get(CRON_RUNS).at_address("198.51.100.77").bearer(OPERATOR_TOKEN);
    elsewhere.send().await.expect(200);
}

#[tokio::test]
async fn nothing_is_compared_when_the_limiter_does_not_answer() {
    let world = World::new();
    world.limiter.faults.fail_on(1, PortError::Timeout);
    world.get(CRON_RUNS).bearer(OPERATOR_TOKEN).send().await.expect_problem(503, "unavailable");
}

#[tokio::test]
async fn backups_are_the_operators_alone_and_are_absent_without_a_token() {
    let routes = [
        (Method::GET, "/api/v1/operator/backups"),
        (Method::POST, "/api/v1/operator/backups"),
        (Method::POST, "/api/v1/operator/backups/prune"),
        (Method::GET, "/api/v1/operator/backups/20260102T030405Z-00000001"),
        (Method::GET, "/api/v1/operator/backups/20260102T030405Z-00000001/parts/1"),
    ];
    let (world, none) = (World::new(), World::with(&[("OPERATOR_TOKEN", "")]));
    for (method, path) in routes {
        world.call(method.clone(), path).send().await.expect_problem(401, "unauthenticated");
        none.call(method, path).bearer(OPERATOR_TOKEN).send().await.expect_problem(404, "not_found");
    }
    assert!(world.backups.slots.lock().unwrap().is_empty());
}

#[tokio::test]
async fn hands_out_a_backup_part_by_part() {
    let bench = Bench::over(SqliteDb::migrated());
    let id = "20260102T030405Z-00000001";
    bench.run(id).await;
    let world = World::new();
    for key in bench.objects.keys() {
        world.objects.plant(&key, bench.objects.look(&key).unwrap());
    }
    let get =
        async |path: &str| world.get(&format!("/api/v1/operator/backups{path}")).bearer(OPERATOR_TOKEN).send().await;
    let listed = get("").await.expect(200);
    assert_eq!((listed.text("/backups/0/id"), listed.at("/backups/0/encrypted")), (id.to_owned(), false.into()));
    let shown = get(&format!("/{id}")).await.expect(200);
    let manifest = shown.at("/manifest");
    let text = shown.text("/manifest_text");
    assert_eq!(text.as_bytes(), world.objects.look(&manifest_key(id)).unwrap(), "byte by byte");
    assert_eq!(shown.text("/attested_sha256"), Digest::of(text.as_bytes()));
    let parts = manifest["object"]["parts"].as_array().unwrap().len();
    assert_eq!(parts, 1);
    get(&format!("/{id}/parts/1")).await.expect(200);
    for path in
        [format!("/{id}/parts/0"), format!("/{id}/parts/2"), format!("/{id}/parts/x"), "/x".into(), "/..%2F..".into()]
    {
        get(&path).await.expect_problem(404, "not_found");
    }
    world.objects.plant(&manifest_key(id), b"{damaged".to_vec());
    let damaged = get(&format!("/{id}")).await.expect(200);
    assert_eq!((damaged.at("/manifest"), damaged.text("/manifest_text")), (serde_json::Value::Null, "{damaged".into()));
    assert_eq!(
        (damaged.at("/verified_at"), damaged.text("/attested_sha256")),
        (serde_json::Value::Null, Digest::of(text.as_bytes()))
    );
    get(&format!("/{id}/parts/1")).await.expect_problem(404, "not_found");
    world.objects.plant(&manifest_key(id), text.into_bytes());
    let prune = |body| world.post("/api/v1/operator/backups/prune").bearer(OPERATOR_TOKEN).json(body);
    let said = prune(&serde_json::json!({"dry_run": true})).await.expect(200);
    assert_eq!(said.at("/backups/0/stays"), true);
    assert_eq!(said.text("/backups/0/reasons/0"), "newest verified");
}

#[tokio::test]
async fn backups_that_can_not_be_asked_are_a_clean_503() {
    for (method, path) in [
        (Method::GET, "/api/v1/operator/backups"),
        (Method::POST, "/api/v1/operator/backups"),
        (Method::POST, "/api/v1/operator/backups/prune"),
        (Method::GET, "/api/v1/operator/backups/20260102T030405Z-00000001"),
    ] {
        let world = World::new();
        world.objects.faults.fail_on(1, PortError::Failed("SECRET CAUSE".into()));
        let answer = world.call(method, path).bearer(OPERATOR_TOKEN).send().await;
        assert!(!answer.body_text().contains("SECRET CAUSE"));
        answer.expect_problem(503, "unavailable");
    }
    let world = World::new();
    world.backups.faults.fail_on(1, PortError::Timeout);
    let answer = world.post("/api/v1/operator/backups").bearer(OPERATOR_TOKEN).send().await;
    answer.expect_problem(503, "unavailable");
}

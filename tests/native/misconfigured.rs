//! A bad configuration: 503 on every route, silent on what is wrong.

use axum::body::Body;
use edgekeep::config::{Config, Problem, SETTINGS};
use edgekeep::cron;
use edgekeep::http::misconfigured;
use edgekeep::ports::{Bare, Level};
use http::Request;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::clock::START_MS;
use crate::support::world::{SECRET, config};

#[tokio::test]
async fn every_route_says_503_and_nothing_of_the_reason() {
    let world = World::new();
    let problems = refused();
    let mut answers = 0;
    let routes = edgekeep::routes::table().into_iter().map(|route| (route.method, route.path.to_owned()));
    for (method, path) in routes.chain([(http::Method::GET, "/nothing".to_owned())]) {
        let path = path.replace("{id}", "1");
        let request = Request::builder().method(method).uri(format!("https://edgekeep.example{path}"));
        let request = request.body(Body::from("{}")).unwrap();
        let route = request.method().clone();
        let answer = misconfigured(bare(&world), &problems, &request);
        assert_eq!(answer.status(), 503);
        let problem: Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(problem["code"], "misconfigured");
        assert_eq!(problem["status"], 503);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        assert_eq!(answer.headers()["x-request-id"].to_str().unwrap(), problem["request_id"]);
        let text = problem.to_string();
        assert!(!SETTINGS.iter().any(|setting| text.contains(setting.name)), "{text}");
        let (level, line) = world.log.lines().pop().unwrap();
        assert_eq!(level, Level::Error);
        assert_eq!((&line["body"], &line["error.type"]), (&json!("request"), &json!("misconfigured")));
        assert_eq!(line["http.request.method"], route.as_str());
        assert_eq!(line["http.response.status_code"], 503);
        assert_eq!(line["request_id"], problem["request_id"]);
        assert_eq!(line["settings"], json!(["JWT_SECRET", "CORS_ORIGINS"]));
        assert!(!line.to_string().contains("hunter2"), "{line}");
        answers += 1;
    }
    assert_eq!(world.log.lines().len(), answers, "a line for each");
}

#[test]
fn each_scheduled_event_leaves_its_line() {
    let world = World::new();
    for n in 1..=3 {
        cron::misconfigured(bare(&world), &refused(), "0 * * * *", START_MS);
        assert_eq!(world.log.lines().len(), n);
        let (level, line) = world.log.lines().pop().unwrap();
        assert_eq!(level, Level::Error);
        assert_eq!(
            (&line["body"], &line["cron"], &line["outcome"]),
            (&json!("cron"), &json!("0 * * * *"), &json!("error"))
        );
        assert_eq!(line["scheduled_at"], "2026-01-02T03:04:05.678Z");
        assert_eq!((&line["error.type"], &line["recorded"]), (&json!("misconfigured"), &json!(false)));
        assert_eq!(line["settings"], json!(["JWT_SECRET", "CORS_ORIGINS"]));
    }
}

fn refused() -> Vec<Problem> {
    let lookup = |name: &str| match name {
        "JWT_SECRET" => Some("hunter2-hunter2".to_owned()),
        "CORS_ORIGINS" => Some("*, https://hunter2/".to_owned()),
        _ => None,
    };
    Config::parse(lookup).unwrap_err()
}

fn bare(world: &World) -> Bare<'_> {
    Bare { reporter: world.log.as_ref(), clock: world.clock.as_ref(), entropy: world.entropy.as_ref() }
}

#[test]
fn all_problems_are_told_at_once_and_no_value_is_quoted() {
    let lookup = |name: &str| match name {
        "JWT_SECRET" => Some("hunter2-hunter2".to_owned()),
        "DETECT_LIMIT" => Some("ten-an-hour".to_owned()),
        "SESSION_IDLE_DAYS" => Some("forever".to_owned()),
        "CORS_ORIGINS" => Some("*".to_owned()),
        "LOG_LEVEL" => Some("loud".to_owned()),
        _ => None,
    };
    let problems = Config::parse(lookup).unwrap_err();
    let mut names: Vec<_> = problems.iter().map(|problem| problem.name).collect();
    names.sort_unstable();
    assert_eq!(names, ["CORS_ORIGINS", "DETECT_LIMIT", "JWT_SECRET", "LOG_LEVEL", "SESSION_IDLE_DAYS"]);
    let text = problems.iter().map(ToString::to_string).collect::<String>();
    for value in ["hunter2", "ten-an-hour", "forever", "loud"] {
        assert!(!text.contains(value), "{text}");
    }
}

#[test]
fn a_configuration_never_shows_its_secret() {
    let text = format!("{:?}", config(&[]));
    assert!(!text.contains(SECRET) && !text.contains(&SECRET[..8]), "{text}");
}

#[test]
fn without_a_secret_there_is_no_configuration() {
    let problems = Config::parse(|_| None).unwrap_err();
    let names: Vec<_> = problems.iter().map(|problem| problem.name).collect();
    assert_eq!(names, ["JWT_SECRET"], "everything else has a default");
}

//! A bad configuration: 503 on every route, silent on what is wrong.

use axum::body::Body;
use edgekeep::config::{Config, SETTINGS};
use edgekeep::http::misconfigured;
use http::Request;
use serde_json::Value;

use crate::support::World;
use crate::support::world::{SECRET, config};

#[tokio::test]
async fn every_route_says_503_and_nothing_of_the_reason() {
    let world = World::new();
    let routes = edgekeep::routes::table().into_iter().map(|route| (route.method, route.path.to_owned()));
    for (method, path) in routes.chain([(http::Method::GET, "/nothing".to_owned())]) {
        let path = path.replace("{id}", "1");
        let request = Request::builder().method(method).uri(format!("https://edgekeep.example{path}"));
        let request = request.body(Body::from("{}")).unwrap();
        let answer = misconfigured(world.entropy.as_ref(), world.clock.as_ref(), &request);
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
    }
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

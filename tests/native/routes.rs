//! Default deny: who may call what is pinned here, and whatever is not on the list needs a token.

use edgekeep::http::route::Caller;
use edgekeep::routes;
use http::Method;

use crate::support::World;
use crate::support::golden::assert_golden;

/// Routes that answer without an access token. Whoever adds one here says so in a review.
const PUBLIC: [(&str, &str); 6] = [
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/api/v1/status"),
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/auth/refresh"),
];

fn is_public(method: &Method, path: &str) -> bool {
    PUBLIC.contains(&(method.as_str(), path))
}

#[tokio::test]
async fn s6_every_route_that_is_not_on_the_public_list_refuses_a_caller_without_a_token() {
    let world = World::new();
    for route in routes::table() {
        let path = route.path.replace("{id}", "018cc251-f400-7fff-bfff-ffffffffffff");
        let statements = world.db.faults.calls();
        let answer = world.call(route.method.clone(), &path).send().await;
        if is_public(&route.method, route.path) {
            assert_ne!(answer.json()["code"], "unauthenticated", "{path}");
        } else {
            let answer = answer.expect_problem(401, "unauthenticated");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            assert_eq!(world.db.faults.calls(), statements, "and asks the database nothing");
        }
    }
}

#[tokio::test]
async fn s6_a_token_is_looked_at_before_the_body_and_before_the_limit() {
    let world = World::new();
    for route in routes::table().into_iter().filter(|route| !is_public(&route.method, route.path)) {
        let path = route.path.replace("{id}", "1");
        let answer = world.call(route.method, &path).header("content-type", "text/plain").bytes(vec![0xff; 5000]).await;
        answer.expect_problem(401, "unauthenticated");
    }
    let operators = routes::table().iter().filter(|route| route.caller == Caller::Operator).count();
    assert_eq!(world.limiter.faults.calls(), operators as u64, "an operator's route counts guesses");
}

#[test]
fn s6_the_caller_class_of_each_route_is_pinned() {
    let mut lines: Vec<_> = routes::table()
        .iter()
        .map(|route| {
            let caller = match route.caller {
                Caller::Anyone => "anyone",
                Caller::Bearer => "bearer",
                Caller::Operator => "operator",
            };
            let limit = route.limit.map_or("-", |limit| limit.name);
            format!("{:<6} {:<29} {caller:<8} {limit}", route.method.as_str(), route.path)
        })
        .collect();
    lines.sort_unstable();
    assert_golden("routes.txt", &(lines.join("\n") + "\n"));
}

#[test]
fn s6_the_public_list_names_routes_that_exist_and_says_anyone_of_exactly_those() {
    let table = routes::table();
    for (method, path) in PUBLIC {
        assert!(table.iter().any(|route| route.method == method && route.path == path), "{method} {path}");
    }
    for route in &table {
        assert_eq!(is_public(&route.method, route.path), route.caller == Caller::Anyone, "{}", route.path);
    }
}

#[test]
fn no_route_stands_there_twice() {
    let mut rows: Vec<_> = routes::table().iter().map(|route| (route.method.to_string(), route.path)).collect();
    let count = rows.len();
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows.len(), count);
}

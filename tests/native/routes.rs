//! Default deny: who may call what is pinned here, and whatever is not on the list needs a token.

use edgekeep::http::route::Caller;
use edgekeep::routes;
use http::Method;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::golden::assert_golden;
use crate::support::world::{PASSWORD, Person, claims};

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

/// Every route that changes something behind a token, with a request that it takes.
#[tokio::test]
async fn s1_whose_things_change_is_said_by_the_credential_alone() {
    let mut tried = 0;
    for route in routes::table() {
        if route.caller != Caller::Bearer || route.method == Method::GET {
            continue;
        }
        let name = format!("{} {}", route.method, route.path);
        let world = World::new();
        let ada = world.someone("ada@example.com").await;
        let bob = world.someone("bob@example.com").await;
        let other = world.logged_in("bob@example.com").await;
        let path = route.path.replace("{id}", &session(&other));
        let good = good_body(&name);
        let (before_ada, before_bob) = (belongings(&world, &ada), belongings(&world, &bob));
        assert!(before_ada.len() >= 3, "an account, a session, a token: {before_ada:?}");

        // In a body it is refused, and nothing happens to anyone.
        for field in ["user_id", "userId", "account_id", "owner", "id", "sub", "email", "session_id", "role"] {
            let mut body = good.clone().unwrap_or_else(|| json!({}));
            body[field] = json!(ada.user_id);
            let answer = world.call(route.method.clone(), &path).bearer(&bob.access_token).json(&body).await;
            assert_eq!(answer.expect_problem(400, "invalid_input").fields(), [field], "{name}");
        }
        assert_eq!(
            (belongings(&world, &ada), belongings(&world, &bob)),
            (before_ada.clone(), before_bob.clone()),
            "{name}"
        );

        // In a query string or a header it is nobody's business: what changes is the caller's.
        let path = format!("{path}?user_id={0}&userId={0}&id={0}&sub={0}", ada.user_id);
        let call = world.call(route.method.clone(), &path).bearer(&bob.access_token).header("x-user-id", &ada.user_id);
        let answer = match &good {
            Some(body) => call.json(body).await,
            None => call.send().await,
        };
        assert!(answer.status.is_success(), "{name}: {} {}", answer.status, answer.body_text());
        assert!(!answer.body_text().contains(&ada.user_id), "{name}");
        assert_eq!(belongings(&world, &ada), before_ada, "{name}");
        assert_ne!(belongings(&world, &bob), before_bob, "{name} has done what it is for");

        // What is another's by its path is not there.
        if route.path.contains("{id}") {
            let path = route.path.replace("{id}", &session(&ada));
            let call = world.call(route.method.clone(), &path).bearer(&bob.access_token);
            call.send().await.expect_problem(404, "not_found");
            assert_eq!(belongings(&world, &ada), before_ada, "{name}");
        }
        tried += 1;
    }
    assert!(tried >= 8, "{tried}");
}

/// A body that the route takes; `None` where it takes none. A new route has to be told of here.
fn good_body(route: &str) -> Option<Value> {
    Some(match route {
        "POST /api/v1/auth/logout" | "DELETE /api/v1/auth/sessions" | "DELETE /api/v1/auth/sessions/{id}" => {
            return None;
        }
        "PATCH /api/v1/auth/me" => json!({"name": "Bob"}),
        "POST /api/v1/auth/password" => json!({"current_password": PASSWORD, "new_password": "granite otter lamp 49"}),
        "DELETE /api/v1/auth/me" => json!({"password": PASSWORD}),
        "POST /api/v1/ai-tools/detect" => json!({"text": "A text."}),
        "POST /api/v1/ai-tools/detect/batch" => json!({"texts": [{"text": "A text."}]}),
        new => panic!("which body does {new} take?"),
    })
}

fn session(person: &Person) -> String {
    claims(&person.access_token)["sid"].as_str().unwrap().to_owned()
}

/// Every row of a person: of the account, of its refresh tokens, and of whatever table says `user_id`.
fn belongings(world: &World, person: &Person) -> Vec<String> {
    let tables = "SELECT t.name AS name FROM pragma_table_list AS t, pragma_table_info(t.name) AS c
        WHERE t.schema = 'main' AND c.name = 'user_id' ORDER BY t.name";
    let tables: Vec<_> = world.db.look(tables, []).iter().map(|row| row.text("name").unwrap()).collect();
    assert!(tables.len() >= 2, "{tables:?}");
    let mut queries: Vec<_> = tables.iter().map(|table| format!("SELECT * FROM {table} WHERE user_id = ?1")).collect();
    queries.push("SELECT * FROM users WHERE id = ?1".into());
    queries
        .push("SELECT * FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE user_id = ?1)".into());
    let rows = queries.into_iter().flat_map(|sql| world.db.look(sql.leak(), [person.user_id.as_str().into()]));
    rows.map(|row| format!("{row:?}")).collect()
}

#[test]
fn no_route_stands_there_twice() {
    let mut rows: Vec<_> = routes::table().iter().map(|route| (route.method.to_string(), route.path)).collect();
    let count = rows.len();
    rows.sort_unstable();
    rows.dedup();
    assert_eq!(rows.len(), count);
}

//! What the statements of the application cost: D1 bills each row that is read, and stalls on tables that are scanned.

use edgekeep::store::value::Statement;
use serde_json::json;

use crate::support::World;
use crate::support::world::{LOGIN, LOGOUT, PASSWORD, SESSIONS};

/// Every statement of every route, as they are asked for.
async fn statements(world: &World) -> Vec<Statement> {
    let person = world.someone("ada@example.com").await;
    let other = world.logged_in("ada@example.com").await;
    let next = world.refresh(&person.refresh_token).await.expect(200).text("/refresh_token");
    world.refresh(&next).await.expect(200);
    world.me(&person.access_token).await.expect(200);
    world.get(SESSIONS).bearer(&person.access_token).send().await.expect(200);
    let path = format!("{SESSIONS}/{}", crate::support::world::claims(&other.access_token)["sid"].as_str().unwrap());
    world.delete(&path).bearer(&person.access_token).send().await.expect(200);
    world.delete(SESSIONS).bearer(&person.access_token).send().await.expect(200);
    world.refresh(&person.refresh_token).await.expect(401);
    world.get("/readyz").send().await.expect(200);
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let token = world.post(LOGIN).json(&body).await.expect(200).text("/access_token");
    world.post(LOGOUT).bearer(&token).send().await.expect(204);
    world.db.take_statements()
}

#[tokio::test]
async fn no_request_scans_a_table() {
    let world = World::new();
    let mut asked = statements(&world).await;
    asked.sort_by_key(|statement| statement.sql.clone());
    asked.dedup_by_key(|statement| statement.sql.clone());
    assert!(asked.len() >= 14, "{}", asked.len());
    for statement in asked {
        let sql: &'static str = Box::leak(format!("EXPLAIN QUERY PLAN {}", statement.sql).into_boxed_str());
        for row in world.db.look(sql, statement.values.clone()) {
            let step = row.text("detail").unwrap();
            // A search for nothing but "later than" finds nearly all rows.
            let finds_all = step.starts_with("SEARCH ") && !step.contains("=?");
            let scans = finds_all || step.starts_with("SCAN ") && !step.starts_with("SCAN CONSTANT");
            assert!(!scans, "{step}: {}", statement.sql);
        }
    }
}

#[tokio::test]
async fn no_statement_carries_a_value_in_its_text() {
    let world = World::new();
    for statement in statements(&world).await {
        for secret in ["ada@", PASSWORD, "019b7ca9"] {
            assert!(!statement.sql.contains(secret), "{}", statement.sql);
        }
        assert!(statement.values.len() <= 100);
    }
}

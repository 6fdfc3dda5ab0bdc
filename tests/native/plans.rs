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

/// What goes with a deleted row is searched for without a plan to see: by an index, or through the whole table.
#[tokio::test]
async fn whoever_refers_to_another_row_is_found_by_an_index() {
    let world = World::new();
    let references = "SELECT child.name AS child, key.\"from\" AS key FROM pragma_table_list AS child, \
        pragma_foreign_key_list(child.name) AS key WHERE child.schema = 'main' AND child.type = 'table'";
    let found = world.db.look(references, []);
    assert!(found.len() >= 3, "{}", found.len());
    for row in found {
        let (child, key) = (row.text("child").unwrap(), row.text("key").unwrap());
        let indexes = "SELECT count(*) AS n FROM pragma_index_list(?1) AS i, pragma_index_info(i.name) AS c \
            WHERE c.seqno = 0 AND c.name = ?2 AND NOT i.partial";
        assert!(world.db.number(indexes, [child.as_str().into(), key.as_str().into()]) > 0, "{child}.{key}");
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

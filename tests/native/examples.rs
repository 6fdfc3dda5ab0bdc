//! What people are told to type works.

use http::Method;
use serde_json::{Value, json};

use crate::support::World;
use crate::support::world::REGISTER;

/// The JSON of each `-d '...'` in a text that has a password.
fn bodies(text: &str) -> Vec<Value> {
    let quoted = text.split("-d '").skip(1).filter_map(|rest| rest.split('\'').next());
    quoted
        .filter_map(|body| serde_json::from_str(body).ok())
        .filter(|body: &Value| body.get("password").is_some())
        .collect()
}

#[tokio::test]
async fn the_accounts_of_the_examples_can_be_registered() {
    for (file, text) in [("README.md", README), ("npm run dev", DEV)] {
        let bodies = bodies(text);
        let body = bodies.first().unwrap_or_else(|| panic!("{file} has no example"));
        World::new().call(Method::POST, REGISTER).json(body).await.expect(201);
    }
}

#[tokio::test]
async fn the_password_of_the_reference_can_be_set_and_is_none_that_everybody_knows() {
    let reference = include_str!("../../web/src/pages/docs/document.ts");
    let password = reference.split("password: \"").nth(1).and_then(|rest| rest.split('"').next()).expect("an example");
    World::new().post(REGISTER).json(&json!({"email": "ada@example.com", "password": password})).await.expect(201);
    for text in [reference, README, DEV] {
        assert!(!text.contains("horse") && !text.contains("battery"));
    }
}

const README: &str = include_str!("../../README.md");
const DEV: &str = include_str!("../../scripts/commands/dev.mjs");

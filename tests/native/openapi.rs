//! The description of the API: complete, kept, and true to the bodies that are pinned.

use std::collections::BTreeSet;

use edgekeep::http::openapi;
use edgekeep::routes;
use serde_json::Value;

use crate::support::golden::{assert_golden_json, golden};

#[test]
fn the_kept_document_is_the_one_that_the_code_makes() {
    assert_golden_json("../../web/public/openapi.json", &document());
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let document = document();
    let described: BTreeSet<_> = operations(&document).map(|(method, path, _)| (method.to_uppercase(), path)).collect();
    let there: BTreeSet<_> =
        routes::table().iter().map(|route| (route.method.to_string(), route.path.to_owned())).collect();
    assert_eq!(described, there);
}

#[test]
fn ids_are_unique_and_every_reference_leads_somewhere() {
    let document = document();
    let ids: Vec<_> = operations(&document).map(|(_, _, operation)| operation["operationId"].to_string()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    for pointer in references(&document) {
        assert!(document.pointer(pointer.trim_start_matches('#')).is_some(), "{pointer}");
    }
}

#[test]
fn pinned_bodies_have_the_fields_that_the_document_names() {
    let document = document();
    for (file, schema) in [
        ("register.json", "TokenBody"),
        ("refresh.json", "TokenBody"),
        ("me.json", "UserBody"),
        ("sessions.json", "SessionsBody"),
        ("healthz.json", "Live"),
        ("readyz.json", "Ready"),
        ("detect_too_short.json", "DetectReply"),
        ("usage.json", "UsageBody"),
        ("operator_usage.json", "InstallationBody"),
        ("status.json", "StatusBody"),
    ] {
        let pinned: Value = serde_json::from_str(&golden(file)).unwrap();
        let body = pinned.get("body").unwrap_or(&pinned);
        let properties = properties(&document, &document["components"]["schemas"][schema]);
        for (field, _) in body.as_object().unwrap() {
            assert!(properties.contains(field), "{file}: {field} is not in {schema}: {properties:?}");
        }
    }
}

fn document() -> Value {
    openapi::document().unwrap_or_else(|missing| panic!("describe in src/http/openapi/operations.rs: {missing:?}"))
}

fn operations(document: &Value) -> impl Iterator<Item = (String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (method.clone(), path.clone(), operation))
    })
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) => {
            let own = map.get("$ref").and_then(Value::as_str).map(ToOwned::to_owned);
            own.into_iter().chain(map.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// The names of a schema's fields, through references and `allOf`.
fn properties(document: &Value, schema: &Value) -> BTreeSet<String> {
    if let Some(pointer) = schema["$ref"].as_str() {
        return properties(document, document.pointer(pointer.trim_start_matches('#')).unwrap());
    }
    let own = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
    let parts = schema["allOf"].as_array().into_iter().flatten();
    own.chain(parts.flat_map(|part| properties(document, part))).collect()
}

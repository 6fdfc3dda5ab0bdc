//! The description of the API (OpenAPI 3.1), made from the table of routes and the wire structs.
//!
//! It is made natively and kept as a file among the assets, so it costs the Worker nothing. Methods, paths, who may call
//! and which limit counts come from [`crate::routes`]; bodies of answers from the very structs that are
//! written. A route that is not described here fails a test, as does a body that is read otherwise, and a file that is not
//! what this makes.

mod operations;
mod requests;

use http::Method;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::problem::Problem;
use super::route::{Caller, Route};
use crate::routes;
use operations::describe;

/// The document.
///
/// # Errors
/// The routes that nobody described, as `METHOD path`.
pub fn document() -> Result<Value, Vec<String>> {
    let mut schemas = Schemas::default();
    let mut paths = Map::new();
    let mut missing = Vec::new();
    for route in routes::table() {
        match describe(&mut schemas, &route) {
            Some(operation) => {
                let path = paths.entry(route.path).or_insert_with(|| json!({}));
                if let Some(path) = path.as_object_mut() {
                    path.insert(route.method.as_str().to_lowercase(), operation.on_the_wire(&mut schemas, &route));
                }
            }
            None => missing.push(format!("{} {}", route.method, route.path)),
        }
    }
    if !missing.is_empty() {
        return Err(missing);
    }
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Edgekeep",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": env!("CARGO_PKG_DESCRIPTION"),
            "license": {"name": env!("CARGO_PKG_LICENSE")},
        },
        "servers": [{"url": "/"}],
        "tags": operations::TAGS.map(|(name, description)| json!({"name": name, "description": description})),
        "paths": paths,
        "components": {"schemas": schemas.0, "securitySchemes": security_schemes()},
    }))
}

/// One route, described.
struct Operation {
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    description: &'static str,
    /// Schema of each media type, when there is a body.
    request: Option<Value>,
    /// Whether the body may be left out.
    request_optional: bool,
    /// Status, what it means, schema of the JSON body.
    answers: Vec<(u16, &'static str, Option<Value>)>,
    /// Problems besides those that follow from the form of the route.
    problems: &'static [u16],
    /// Other credentials than those that follow from the caller class.
    security: Option<Value>,
}

impl Operation {
    fn on_the_wire(self, schemas: &mut Schemas, route: &Route) -> Value {
        let mut responses = Map::new();
        for (status, meaning, schema) in self.answers {
            let mut response =
                json!({"description": meaning, "headers": {"x-request-id": header("Id of this request")}});
            if let Some(schema) = schema {
                put(&mut response, "content", json!({"application/json": {"schema": schema}}));
            }
            responses.insert(status.to_string(), response);
        }
        let mut problems = self.problems.to_vec();
        problems.extend(problems_of(route));
        problems.sort_unstable();
        problems.dedup();
        for status in problems {
            responses.entry(status.to_string()).or_insert_with(|| problem(schemas, status));
        }
        let mut operation = json!({
            "operationId": self.id,
            "tags": [self.tag],
            "summary": self.summary,
            "description": self.description,
            "responses": responses,
            "security": self.security.unwrap_or_else(|| security(route.caller)),
        });
        if let Some(content) = self.request {
            put(&mut operation, "requestBody", json!({"required": !self.request_optional, "content": content}));
        }
        let parameters = parameters(route.path);
        if !parameters.is_empty() {
            put(&mut operation, "parameters", parameters.into());
        }
        operation
    }
}

/// What may go wrong on any route of this form.
fn problems_of(route: &Route) -> Vec<u16> {
    let mut problems = vec![500, 503];
    // Also where no body is wanted, which then must be empty.
    if route.method != Method::GET {
        problems.extend([400, 413, 415]);
    }
    if route.caller != Caller::Anyone {
        problems.push(401);
    }
    if route.limit.is_some() {
        problems.push(429);
    }
    if route.path.contains('{') {
        problems.push(404);
    }
    problems
}

fn problem(schemas: &mut Schemas, status: u16) -> Value {
    let meaning = match status {
        400 => "The body can't be accepted; `errors` says which fields and why",
        401 => "No valid credential",
        403 => "A cookie from another origin",
        404 => "There is no such thing",
        409 => "It is there already",
        413 => "The body or the text is too large",
        415 => "Not a media type that this route takes",
        422 => "The file can't be read",
        429 => "Over a limit; `Retry-After` says when there is room again",
        503 => {
            "Something that the request needs does not answer, or there is too much to do; try again after `Retry-After`"
        }
        _ => "A defect on our side; quote `request_id` when you report it",
    };
    let mut headers = json!({"x-request-id": header("Id of this request")});
    if status == 401 {
        put(&mut headers, "www-authenticate", header("The scheme by which to prove oneself"));
    }
    if matches!(status, 429 | 503) {
        put(&mut headers, "retry-after", header("Seconds to wait"));
    }
    let schema = schemas.of::<Problem<'_>>();
    json!({"description": meaning, "headers": headers, "content": {"application/problem+json": {"schema": schema}}})
}

fn header(description: &str) -> Value {
    json!({"description": description, "schema": {"type": "string"}})
}

fn security(caller: Caller) -> Value {
    match caller {
        Caller::Anyone => json!([]),
        Caller::Bearer => json!([{"accessToken": []}]),
        Caller::Operator => json!([{"operatorToken": []}]),
    }
}

fn security_schemes() -> Value {
    json!({
        "accessToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "The `access_token` of register, log-in or refresh. Good until it expires or its session ends."},
        "operatorToken": {"type": "http", "scheme": "bearer",
            "description": "The secret `OPERATOR_TOKEN`. Without it these routes are absent."},
        "refreshCookie": {"type": "apiKey", "in": "cookie", "name": "__Host-edgekeep_refresh",
            "description": "Set by register and log-in with `\"delivery\": \"cookie\"`. Needs an `Origin` that is allowed."},
    })
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

/// The parameters in a path template.
fn parameters(path: &str) -> Vec<Value> {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    names.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}})).collect()
}

/// The schemas that are used, by name.
#[derive(Default)]
struct Schemas(Map<String, Value>);

impl Schemas {
    /// A reference to the schema of `T`, which is kept with all that it refers to.
    fn of<T: ToSchema>(&mut self) -> Value {
        let name = T::name().into_owned();
        let mut all: Vec<(String, RefOr<Schema>)> = vec![(name.clone(), T::schema())];
        T::schemas(&mut all);
        for (name, schema) in all {
            // Schemas are trees of text: writing them can't fail.
            let schema = serde_json::to_value(schema).unwrap_or_default();
            let before = self.0.insert(name.clone(), schema.clone());
            assert!(before.is_none_or(|before| before == schema), "two structs of the wire are called {name}");
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// A JSON body of `T`.
    fn json<T: ToSchema>(&mut self) -> Option<Value> {
        Some(json!({"application/json": {"schema": self.of::<T>()}}))
    }
}

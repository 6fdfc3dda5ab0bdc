//! A client that holds every answer to what every answer owes.

use axum::body::Body;
use bytes::Bytes;
use edgekeep::ports::Level;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode};
use serde_json::Value;

use super::pages::MARK;
use super::world::World;

/// A request to be.
#[must_use]
pub struct Call<'w> {
    world: &'w World,
    method: Method,
    url: String,
    headers: HeaderMap,
}

impl<'w> Call<'w> {
    pub(super) fn new(world: &'w World, method: Method, path: &str) -> Self {
        let call = Self { world, method, url: format!("{HOST}{path}"), headers: HeaderMap::new() };
        call.at_address(ADDRESS)
    }

    /// Adds a header beside those of the same name.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header value");
        self.headers.append(HeaderName::from_static(name), value);
        self
    }

    /// Takes a header away.
    pub fn without(mut self, name: &'static str) -> Self {
        self.headers.remove(name);
        self
    }

    /// Comes from another address.
    pub fn at_address(self, address: &str) -> Self {
        self.world.keep_secret(address);
        self.without("cf-connecting-ip").header("cf-connecting-ip", address)
    }

    /// Goes to another host, or without TLS: `http://localhost:8787`.
    pub fn on_host(mut self, host: &str) -> Self {
        self.url = self.url.replacen(HOST, host, 1);
        self
    }

    /// Carries an access token.
    pub fn bearer(self, token: &str) -> Self {
        self.world.keep_secret(token);
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Carries the refresh cookie.
    pub fn cookie(self, token: &str) -> Self {
        self.world.keep_secret(token);
        self.header("cookie", &format!("{COOKIE}={token}"))
    }

    /// Sends it without a body.
    pub async fn send(self) -> Answer {
        self.body(Body::empty()).await
    }

    /// Sends it with a JSON body.
    pub async fn json(self, body: &Value) -> Answer {
        for name in ["email", "password", "refresh_token", "text", "name"] {
            if let Some(text) = body.get(name).and_then(Value::as_str) {
                self.world.keep_secret(text);
            }
        }
        self.header("content-type", "application/json").bytes(body.to_string()).await
    }

    /// Sends it with these bytes.
    pub async fn bytes(self, body: impl Into<Bytes>) -> Answer {
        self.body(Body::from(body.into())).await
    }

    /// Sends it with this body.
    pub async fn body(self, body: Body) -> Answer {
        let Self { world, method, url, headers } = self;
        let mut request = Request::new(body);
        *request.method_mut() = method.clone();
        *request.uri_mut() = url.parse().expect("a URL");
        *request.headers_mut() = headers;
        let response = edgekeep::http::serve(&world.app, request).await;
        let db_calls = world.db.faults.calls();
        world.background.settle().await;
        let (parts, body) = response.into_parts();
        let answer = Answer { method, url, db_calls, status: parts.status, headers: parts.headers, body };
        answer.hold_to_its_duties(world);
        answer.hold_to_its_log_line(world);
        answer
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    method: Method,
    url: String,
    /// Calls of the database up to the answer, and not those in the background after it.
    pub db_calls: u64,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// This answer, if it has that status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{} {}: {}", self.method, self.url, self.body_text());
        self
    }

    /// This answer, if it is the problem of that status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.text("/code"), code, "{}", answer.body_text());
        answer
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.body_text()))
    }

    /// What a JSON pointer points at.
    #[track_caller]
    pub fn at(&self, pointer: &str) -> Value {
        let json = self.json();
        json.pointer(pointer).cloned().unwrap_or_else(|| panic!("nothing at {pointer} in {json}"))
    }

    /// The text that a JSON pointer points at.
    #[track_caller]
    pub fn text(&self, pointer: &str) -> String {
        let value = self.at(pointer);
        value.as_str().map(ToOwned::to_owned).unwrap_or_else(|| panic!("no text at {pointer}: {value}"))
    }

    /// The fields that `errors` names, in order.
    #[track_caller]
    pub fn fields(&self) -> Vec<String> {
        let errors = self.at("/errors");
        let field = |error: &Value| error["field"].as_str().map(ToOwned::to_owned);
        errors.as_array().expect("a list").iter().map(|error| field(error).expect("a field")).collect()
    }

    /// A header, when it is there exactly once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        assert!(values.next().is_none(), "{name} stands there twice");
        Some(value)
    }

    /// The refresh token that the answer puts into the cookie; empty when it removes the cookie.
    pub fn cookie(&self) -> Option<String> {
        let pair = self.header("set-cookie")?.split(';').next()?;
        pair.strip_prefix(COOKIE)?.strip_prefix('=').map(ToOwned::to_owned)
    }

    /// The body as text, for messages.
    pub fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What every answer owes, whatever was asked.
    fn hold_to_its_duties(&self, world: &World) {
        let about = format!("{} {} -> {} {}", self.method, self.url, self.status, self.body_text());
        let id = self.header("x-request-id").unwrap_or_else(|| panic!("no x-request-id: {about}"));
        if self.header(MARK).is_some() {
            return;
        }
        for (name, value) in DUTIES {
            assert_eq!(self.header(name), Some(value), "{about}");
        }
        let over_tls = self.url.starts_with("https:");
        assert_eq!(self.header("strict-transport-security").is_some(), over_tls, "{about}");
        let content_type = self.header("content-type");
        if self.status.is_client_error() || content_type == Some("application/problem+json") {
            assert_eq!(content_type, Some("application/problem+json"), "{about}");
            if self.method != Method::HEAD {
                self.hold_to_the_form_of_problems(id, &about);
            }
        }
        let challenge = self.header("www-authenticate");
        assert_eq!(challenge.is_some(), self.status == StatusCode::UNAUTHORIZED, "{about}");
        if self.status == StatusCode::NO_CONTENT {
            assert!(self.body.is_empty() && content_type.is_none(), "{about}");
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            assert!(self.header("allow").is_some_and(|allow| !allow.is_empty()), "{about}");
        }
        for pointer in ["/access_token", "/refresh_token"] {
            let json: Option<Value> = serde_json::from_slice(&self.body).ok();
            if let Some(token) = json.as_ref().and_then(|json| json.pointer(pointer)).and_then(Value::as_str) {
                world.keep_secret(token);
            }
        }
        if let Some(token) = self.cookie() {
            world.keep_secret(&token);
        }
    }

    /// One line, which tells the same story.
    fn hold_to_its_log_line(&self, world: &World) {
        let lines = world.log.lines();
        let mine: Vec<_> =
            lines.iter().filter(|(_, line)| line["request_id"].as_str() == self.header("x-request-id")).collect();
        let [(level, line)] = mine.as_slice() else { panic!("one log line per request: {mine:?}") };
        assert_eq!(line["http.response.status_code"], self.status.as_u16(), "{line}");
        assert_eq!(*level == Level::Error, self.status.is_server_error(), "{line}");
        world.assert_free_of_secrets(&line.to_string());
    }

    fn hold_to_the_form_of_problems(&self, request_id: &str, about: &str) {
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16(), "{about}");
        assert_eq!(problem["request_id"], request_id, "{about}");
        assert!(problem["type"].as_str().is_some_and(|uri| uri.contains(':')), "{about}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{about}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.ends_with('.')), "{about}");
        let code = problem["code"].as_str().expect("a code");
        assert!(code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{about}");
        assert_eq!(code == "invalid_input", problem.get("errors").is_some(), "{about}");
        let known = ["type", "title", "status", "code", "detail", "request_id", "errors", "violated-policies"];
        let members = problem.as_object().expect("an object").keys();
        assert!(members.clone().all(|member| known.contains(&member.as_str())), "{about}");
    }
}

/// Where requests go unless they say otherwise.
pub const HOST: &str = "https://edgekeep.example";
/// Where requests come from unless they say otherwise.
pub const ADDRESS: &str = "203.0.113.77";
/// Name of the refresh cookie.
pub const COOKIE: &str = "__Host-edgekeep_refresh";

const DUTIES: [(&str, &str); 7] = [
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-permitted-cross-domain-policies", "none"),
];

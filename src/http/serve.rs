//! The pipeline around the router.

use std::sync::{Arc, OnceLock};

use axum::RequestExt as _;
use axum::Router;
use axum::body::Body;
use axum::extract::RawPathParams;
use axum::routing::{MethodFilter, on};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::access_log::{self, Arrival};
use super::call::Call;
use super::pages::{self, Served};
use super::route::{Caller, Route};
use super::{cors, headers, problem};
use crate::app::App;
use crate::config::{Config, Environment, Problem, names};
use crate::domain::{address, id};
use crate::error::Error;
use crate::ports::{Bare, Clock, Entropy, Level};
use crate::routes;
use crate::telemetry;
use crate::telemetry::scope::{self, Scope};
use crate::telemetry::scrub::scrub;
use crate::telemetry::trace::Trace;

/// Answers a request. Never fails: what goes wrong is an answer too.
pub async fn serve(app: &App, mut request: Request<Body>) -> Response<Bytes> {
    let arrival = arrive(app.ports.entropy.as_ref(), app.ports.clock.as_ref(), &request);
    telemetry::sweep(app, &arrival.scope);
    let over_tls = request.uri().scheme_str() == Some("https");
    let origin = cors::allowed(request.headers(), &app.config);
    let is_preflight = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    request.extensions_mut().insert(app.clone());
    request.extensions_mut().insert(arrival.clone());

    let answered = async {
        match router(&app.config).oneshot(request).await {
            Ok(response) => collect(response).await,
            Err(never) => match never {},
        }
    };
    let mut response = match scope::guard(Arc::clone(&arrival.scope), answered).await {
        Ok(response) => response,
        Err(panic) => {
            let mut response = problem::respond(&Error::Panicked(scrub(&panic.message)), &arrival.scope.id);
            response.extensions_mut().insert(panic);
            response
        }
    };
    allow_options(response.headers_mut());
    if arrival.method == Method::OPTIONS {
        response = options(response, origin.is_some() && is_preflight);
    }
    if response.extensions().get::<Served>().is_some() {
        pages::finish(&mut response);
    } else {
        cors::mark(response.headers_mut(), origin.as_ref(), &app.config);
        headers::secure(response.headers_mut(), over_tls);
    }
    headers::identify(response.headers_mut(), &arrival.scope);
    access_log::write(app, &arrival, &response);
    access_log::report(app, &arrival, &response);
    response
}

/// The answer of an installation whose configuration is bad: the same on every route, and silent on what is wrong. That is
/// for the log, where the line of each request names the settings.
pub fn misconfigured(ports: Bare<'_>, problems: &[Problem], request: &Request<Body>) -> Response<Bytes> {
    let arrival = arrive(ports.entropy, ports.clock, request);
    let mut response = problem::respond(&Error::Misconfigured, &arrival.scope.id);
    let over_tls = request.uri().scheme_str() == Some("https");
    headers::secure(response.headers_mut(), over_tls);
    headers::identify(response.headers_mut(), &arrival.scope);
    let line = access_log::line(&arrival, &response, Level::Error, ports.clock.now_ms());
    ports.reporter.write(Level::Error, &line.with("settings", names(problems)));
    response
}

fn arrive(entropy: &dyn Entropy, clock: &dyn Clock, request: &Request<Body>) -> Arrival {
    let now_ms = clock.now_ms();
    let id = id::event_id(entropy, now_ms);
    let mut values = request.headers().get_all("traceparent").iter();
    let traceparent = values.next().and_then(|value| value.to_str().ok());
    let trace = Trace::go_on(if values.next().is_none() { traceparent } else { None }, &id);
    Arrival { method: request.method().clone(), scope: Scope::new(id, trace, now_ms) }
}

/// Answers are small and complete: as one buffer they leave with a `Content-Length`.
async fn collect(response: axum::response::Response) -> Response<Bytes> {
    let (parts, body) = response.into_parts();
    // The bodies are ours and in memory: reading them can't fail.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    Response::from_parts(parts, body)
}

/// Every path that is there takes OPTIONS, which the router does not know.
fn allow_options(headers: &mut HeaderMap) {
    let methods = headers.get(header::ALLOW).and_then(|allow| allow.to_str().ok());
    if let Some(Ok(methods)) = methods.map(|methods| HeaderValue::from_str(&format!("{methods},OPTIONS"))) {
        headers.insert(header::ALLOW, methods);
    }
}

/// No route takes OPTIONS, so the router's 405 with its `Allow` tells which methods the path has.
fn options(response: Response<Bytes>, preflight: bool) -> Response<Bytes> {
    let Some(methods) = response.headers().get(header::ALLOW).cloned() else { return response };
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    if preflight {
        cors::preflight(answer.headers_mut(), &methods);
    }
    answer.headers_mut().insert(header::ALLOW, methods);
    answer
}

/// The paths that exist in an installation: the operator's only where there is an operator's token, those for drills only in
/// development.
fn router(config: &Config) -> Router {
    static ROUTERS: [OnceLock<Router>; 4] = [const { OnceLock::new() }; 4];
    let operator = config.operator.is_some();
    let drills = config.environment == Environment::Development;
    let [neither, for_operator, for_drills, both] = &ROUTERS;
    let router = match (operator, drills) {
        (false, false) => neither,
        (true, false) => for_operator,
        (false, true) => for_drills,
        (true, true) => both,
    };
    router.get_or_init(|| build_router(operator, drills)).clone()
}

fn build_router(operator: bool, drills: bool) -> Router {
    let table = routes::table().into_iter().filter(|route| operator || route.caller != Caller::Operator);
    let mut router = Router::new();
    for route in table.chain(drills.then(routes::debug_table).into_iter().flatten()) {
        let path = route.path;
        let filter = MethodFilter::try_from(route.method.clone()).unwrap_or(MethodFilter::GET);
        router = router.route(path, on(filter, move |request| dispatch(route.clone(), request)));
    }
    router.fallback(elsewhere).method_not_allowed_fallback(|request| refuse(Error::MethodNotAllowed, request))
}

async fn dispatch(route: Route, mut request: Request<Body>) -> axum::response::Response {
    let params = request.extract_parts::<RawPathParams>().await;
    let (mut parts, body) = request.into_parts();
    let (Some(app), Some(arrival)) = (parts.extensions.remove::<App>(), parts.extensions.remove::<Arrival>()) else {
        return from_bytes(problem::respond(&Error::internal("request without its context"), ""));
    };
    let Ok(params) = params else {
        return from_bytes(problem::respond(&Error::NotFound, &arrival.scope.id));
    };
    arrival.scope.set_name(route.path);
    let call = Call {
        host_origin: host_origin(&parts.uri),
        params: params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        now_ms: arrival.scope.started_ms,
        request_id: arrival.scope.id.clone(),
        address: client_address(&parts.headers),
        headers: parts.headers,
        quota: None,
        app,
    };
    from_bytes(route.run(call, body).await)
}

/// What is no route is the web app's, or nobody's.
async fn elsewhere(request: Request<Body>) -> axum::response::Response {
    let (mut parts, _) = request.into_parts();
    let (Some(app), Some(arrival)) = (parts.extensions.remove::<App>(), parts.extensions.remove::<Arrival>()) else {
        return from_bytes(problem::respond(&Error::internal("request without its context"), ""));
    };
    from_bytes(pages::answer(&app, &arrival, &parts).await.unwrap_or_else(|error| {
        let mut response = problem::respond(&error, &arrival.scope.id);
        if error == Error::MethodNotAllowed {
            response.headers_mut().insert(header::ALLOW, pages::ALLOW);
        }
        response
    }))
}

async fn refuse(error: Error, request: Request<Body>) -> axum::response::Response {
    let request_id = request.extensions().get::<Arrival>().map_or("", |arrival| arrival.scope.id.as_str());
    from_bytes(problem::respond(&error, request_id))
}

fn from_bytes(response: Response<Bytes>) -> axum::response::Response {
    response.map(Body::from)
}

fn host_origin(uri: &http::Uri) -> String {
    format!("{}://{}", uri.scheme_str().unwrap_or_default(), uri.authority().map_or("", http::uri::Authority::as_str))
}

/// Cloudflare sets `CF-Connecting-IP` and overwrites whatever a client sends under that name. No other header is believed.
fn client_address(headers: &HeaderMap) -> String {
    let mut values = headers.get_all("cf-connecting-ip").iter();
    let value = values.next().and_then(|value| value.to_str().ok());
    address::subject(if values.next().is_none() { value } else { None })
}

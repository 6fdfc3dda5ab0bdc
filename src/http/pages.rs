//! The web app: what is no route is asked of its server of files, which knows its pages and what an unknown one looks like.
//!
//! What must hold: that server tidies a path up and sends people to the tidy one, so a path that spells one of the API's in
//! another way must not get there. It is unknown, to whoever asks. An answer of the server keeps the headers that it has.

use std::sync::OnceLock;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use percent_encoding::percent_decode_str;

use super::access_log::Arrival;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ports::OutboundRequest;
use crate::routes;

/// Marks an answer of the web app's server, in its extensions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Served;

/// A page, a file, a redirect, or the page that says that there is none.
///
/// # Errors
/// [`Error::NotFound`] for a path of the API, for any path where there is no web app, and for other methods than GET and
/// HEAD where the app has nothing; [`Error::MethodNotAllowed`] for those where it has; [`Error::Unavailable`] when its
/// server does not answer.
pub(super) async fn answer(app: &App, arrival: &Arrival, request: &Parts) -> Result<Response<Bytes>> {
    let of_api = spells_a_route(request.uri.path());
    let Some(server) = app.ports.pages.as_ref().filter(|_| !of_api) else { return Err(Error::NotFound) };
    arrival.scope.set_name(ROUTE);
    let is_read = matches!(request.method, Method::GET | Method::HEAD);
    let asked = OutboundRequest {
        // HEAD too: whoever sends the answer leaves the body out, and knows its length.
        method: if is_read { Method::GET } else { Method::HEAD },
        url: request.uri.to_string(),
        headers: if is_read { request.headers.clone() } else { HeaderMap::new() },
        body: Bytes::new(),
        deadline_ms: DEADLINE_MS,
        max_response_bytes: LARGEST_FILE,
    };
    let file = server.send(asked).await?;
    let status = StatusCode::from_u16(file.status).map_err(|_| Error::internal("a page without a status"))?;
    if !is_read {
        return Err(if status == StatusCode::NOT_FOUND { Error::NotFound } else { Error::MethodNotAllowed });
    }
    let mut response = Response::new(file.body);
    *response.status_mut() = status;
    *response.headers_mut() = file.headers;
    response.extensions_mut().insert(Served);
    Ok(response)
}

/// The methods that a page has.
pub(super) const ALLOW: HeaderValue = HeaderValue::from_static("GET,HEAD");

/// What an answer of the web app's server owes beside its own headers.
pub(super) fn finish(response: &mut Response<Bytes>) {
    // Of a body that is not sent: the router counts the bytes that there are.
    if response.status() == StatusCode::NOT_MODIFIED {
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
}

/// Whether a path becomes one of the API when it is tidied up: decoded, without empty segments and dots, in small letters.
fn spells_a_route(path: &str) -> bool {
    let mut tidy = path.to_owned();
    // More than once, for nobody knows how often the next one decodes. Each round makes it shorter, or is the last.
    loop {
        let decoded = percent_decode_str(&tidy).decode_utf8_lossy().into_owned();
        if decoded.len() >= tidy.len() {
            break;
        }
        tidy = decoded;
    }
    let mut segments = Vec::new();
    for segment in tidy.split(['/', '\\']).map(str::trim) {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    let first = segments.first().copied().unwrap_or_default();
    first_segments().iter().any(|known| known.eq_ignore_ascii_case(first))
}

/// Those of all routes, whatever of them an installation has.
fn first_segments() -> &'static [&'static str] {
    static SEGMENTS: OnceLock<Vec<&str>> = OnceLock::new();
    SEGMENTS.get_or_init(|| {
        let paths = routes::table().into_iter().chain(routes::debug_table()).map(|route| route.path);
        let mut segments: Vec<_> = paths.filter_map(|path| path.split('/').nth(1)).collect();
        segments.dedup();
        segments
    })
}

/// For the log: never the path.
const ROUTE: &str = "/{*page}";

/// It is part of the platform: what does not come at once does not come.
const DEADLINE_MS: u32 = 5_000;

/// What the platform takes as a file.
const LARGEST_FILE: u32 = 25 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::spells_a_route;

    #[test]
    fn a_path_of_the_api_is_one_however_it_is_spelled() {
        for path in [
            "/api",
            "/api/",
            "/api/v1/none",
            "//api/v1/auth/me",
            "/API/v1/auth/me",
            "/./api/v1",
            "/x/../api/v1",
            "/x/%2e%2e%2fapi/v1",
            "/%61pi/v1",
            "/%2561pi/v1",
            "/api%2Fv1/auth/me",
            "/\\api/v1",
            "/%5Capi/v1",
            "/api%20/v1",
            "/healthz/",
            "/Healthz",
            "/readyz/",
            "/healthz/none",
            "/__debug/none",
        ] {
            assert!(spells_a_route(path), "{path}");
        }
    }

    #[test]
    fn a_page_is_none() {
        for path in
            ["/", "//", "/..", "/detect", "/apis", "/my/api", "/api/..", "/apix/v1", "/%", "/%ff%fe", "/%25", "/a;api"]
        {
            assert!(!spells_a_route(path), "{path}");
        }
    }
}

//! A server of a web app's files with the manners of the runtime's: one page, the page for what there is not, a tag by
//! which a browser asks again, and people sent from an untidy path to the tidy one.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use edgekeep::ports::{Outbound, OutboundRequest, OutboundResponse, PortError};
use http::{HeaderMap, HeaderValue, Method, header};

use super::faults::Faults;

/// Has `/` and `/detect`.
pub struct TestPages {
    asked: Mutex<Vec<String>>,
    /// Its plan of faults.
    pub faults: Faults<PortError>,
}

impl Default for TestPages {
    fn default() -> Self {
        Self { asked: Mutex::default(), faults: Faults::none() }
    }
}

impl TestPages {
    /// `METHOD path` of each request so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Outbound for TestPages {
    async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, PortError> {
        let work = || {
            let path = request.url.parse::<http::Uri>().map(|uri| uri.path().to_owned()).expect("a URL");
            self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{} {path}", request.method));
            assert!(
                matches!(request.method, Method::GET | Method::HEAD),
                "the runtime's server takes no {}",
                request.method
            );
            let mut headers = HeaderMap::new();
            headers.insert(MARK, HeaderValue::from_static("test"));
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
            let tidy = path.replace("//", "/").to_lowercase();
            if tidy != path {
                headers.insert(header::LOCATION, tidy.parse().expect("a path"));
                return Ok(OutboundResponse { status: 307, headers, body: Bytes::new() });
            }
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=0, must-revalidate"));
            headers.insert(header::ETAG, HeaderValue::from_static(TAG));
            let is_page = ["/", "/detect"].contains(&path.as_str());
            let is_known = request.headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag == TAG);
            let status = match (is_known, is_page) {
                (true, _) => 304,
                (false, true) => 200,
                (false, false) => 404,
            };
            let body = if status == 304 || request.method == Method::HEAD { Bytes::new() } else { PAGE.into() };
            Ok(OutboundResponse { status, headers, body })
        };
        self.faults.pass(work).await
    }
}

/// Stands on each of its answers, to tell them from those of the API.
pub const MARK: &str = "x-server-of-files";
/// What every page is.
pub const PAGE: &str = "<!doctype html><div id=root></div>";
/// The tag of every page.
pub const TAG: &str = "\"a-page\"";
/// What its pages may do.
pub const POLICY: &str = "default-src 'none'; script-src 'self'";

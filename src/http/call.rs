//! One request on its way to a handler.

use http::HeaderMap;

use super::limits::Quota;
use crate::app::App;
use crate::store::users::User;

/// What a handler knows of the request besides its validated input.
#[derive(Clone)]
pub struct Call {
    /// Configuration and ports.
    pub app: App,
    /// Headers as they came.
    pub headers: HeaderMap,
    /// `scheme://host[:port]` that the request was sent to.
    pub host_origin: String,
    /// Path parameters, percent-decoded.
    pub params: Vec<(String, String)>,
    /// When the request arrived, ms. One request has one time.
    pub now_ms: i64,
    /// Id of the request, as in `x-request-id`.
    pub request_id: String,
    /// Canonical address of the client, see [`crate::domain::address`].
    pub address: String,
    /// What is left of the route's limit after this call, when the route has one.
    pub quota: Option<Quota>,
}

impl Call {
    /// A path parameter, empty when the route has none of that name.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// A header as text; `None` when it is absent or not visible ASCII.
    #[must_use]
    pub fn header(&self, name: http::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Who calls: proven by a verified access token and a live session, and in no other way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The account.
    pub user: User,
    /// The session of the token.
    pub session_id: String,
}

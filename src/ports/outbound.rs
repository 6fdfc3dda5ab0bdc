//! Other HTTP servers: of providers, of reports, of the web app's own files.

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method};

use super::PortError;

/// HTTP servers elsewhere.
#[async_trait]
pub trait Outbound: Send + Sync {
    /// Sends a request and reads the whole answer, whatever its status. Follows no redirect: what is sent may be secret.
    ///
    /// # Errors
    /// [`PortError::Timeout`] when the answer is not complete within the request's deadline; [`PortError::Failed`] when there
    /// is none, or it is larger than was asked for.
    async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, PortError>;
}

/// A request to an HTTP server elsewhere. `Debug` prints neither headers nor body: they may be secret.
#[derive(Clone)]
pub struct OutboundRequest {
    /// Method.
    pub method: Method,
    /// Absolute URL.
    pub url: String,
    /// Headers.
    pub headers: HeaderMap,
    /// Body; empty for none.
    pub body: Bytes,
    /// The answer must be complete within so many milliseconds.
    pub deadline_ms: u32,
    /// An answer with more bytes than this is refused.
    pub max_response_bytes: u32,
}

impl std::fmt::Debug for OutboundRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OutboundRequest({}, {} bytes, ..)", self.method, self.body.len())
    }
}

/// The answer of an HTTP server elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundResponse {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

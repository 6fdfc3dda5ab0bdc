//! A server elsewhere that answers by a script and remembers what it was sent.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use edgekeep::ports::{Outbound, OutboundRequest, OutboundResponse, PortError};

use super::faults::Faults;

/// Gives the scripted answers in order, then 404.
pub struct TestOutbound {
    sent: Mutex<Vec<OutboundRequest>>,
    answers: Mutex<VecDeque<OutboundResponse>>,
    /// Its plan of faults.
    pub faults: Faults<PortError>,
}

impl Default for TestOutbound {
    fn default() -> Self {
        Self { sent: Mutex::default(), answers: Mutex::default(), faults: Faults::none() }
    }
}

#[allow(dead_code, reason = "the double comes before its first user")]
impl TestOutbound {
    /// Adds an answer to the script.
    pub fn answer(&self, status: u16, headers: &[(&'static str, &str)], body: impl Into<bytes::Bytes>) {
        let pair = |(name, value): &(&'static str, &str)| {
            (http::HeaderName::from_static(name), value.parse().expect("a header value"))
        };
        let answer = OutboundResponse { status, headers: headers.iter().map(pair).collect(), body: body.into() };
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push_back(answer);
    }

    /// What was sent so far.
    pub fn sent(&self) -> Vec<OutboundRequest> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Outbound for TestOutbound {
    async fn send(&self, request: OutboundRequest) -> Result<OutboundResponse, PortError> {
        let work = || {
            self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(request);
            let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let nothing = OutboundResponse { status: 404, headers: http::HeaderMap::new(), body: bytes::Bytes::new() };
            Ok(answer.unwrap_or(nothing))
        };
        self.faults.pass(work).await
    }
}

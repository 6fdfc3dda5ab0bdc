//! Where and how errors are reported.

use std::fmt;

use sentry_core::types::Dsn;

/// Reports to Sentry. `Debug` prints no key.
#[derive(Clone, PartialEq)]
pub struct SentryConfig {
    /// The DSN, as each envelope names it.
    pub dsn: String,
    /// Where envelopes go: to the DSN's own address, or through the tunnel.
    pub endpoint: String,
    /// Share of traces that are sent.
    pub traces_sample_rate: f64,
    /// Wait for the receiver.
    pub deadline_ms: u32,
    pub(super) public_key: String,
}

impl SentryConfig {
    /// Reads a DSN. An empty tunnel is none.
    #[must_use]
    pub fn parse(dsn: &str, tunnel: &str) -> Option<Self> {
        let parsed: Dsn = dsn.parse().ok()?;
        let endpoint = if tunnel.is_empty() { parsed.envelope_api_url().to_string() } else { tunnel.to_owned() };
        let public_key = parsed.public_key().to_owned();
        Some(Self { dsn: dsn.to_owned(), endpoint, traces_sample_rate: 0.0, deadline_ms: 2_000, public_key })
    }

    /// `X-Sentry-Auth` of a client.
    #[must_use]
    pub fn auth(&self, client: &str) -> String {
        format!("Sentry sentry_version=7, sentry_client={client}, sentry_key={}", self.public_key)
    }
}

impl fmt::Debug for SentryConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { traces_sample_rate, deadline_ms, .. } = self;
        write!(f, "SentryConfig {{ traces_sample_rate: {traces_sample_rate}, deadline_ms: {deadline_ms}, .. }}")
    }
}

pub(super) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()))
}

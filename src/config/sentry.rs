//! Where and how errors are reported.

use std::fmt;

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
    /// Reads a DSN, `https://key@host/project`. An empty tunnel is none.
    ///
    /// By hand: the reader that sentry-core has brings the tables of international host names along, 75 KB of the Worker.
    #[must_use]
    pub fn parse(dsn: &str, tunnel: &str) -> Option<Self> {
        let (scheme, rest) = dsn.split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http"))?;
        let (user, place) = rest.split_once('@')?;
        // A secret key behind a colon is of old and not used any more.
        let public_key = user.split(':').next()?;
        let (host_and_path, project) = place.rsplit_once('/')?;
        let (host, path) = host_and_path.split_once('/').unwrap_or((host_and_path, ""));
        let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
        let is_path = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~' | b'/');
        let good = is_word(public_key)
            && project.bytes().all(|byte| byte.is_ascii_digit())
            && !project.is_empty()
            && !host.is_empty()
            && host.bytes().all(is_host)
            && path.bytes().all(is_path);
        let prefix = if path.is_empty() { String::new() } else { format!("/{path}") };
        let direct = format!("{scheme}://{host}{prefix}/api/{project}/envelope/");
        let endpoint = if tunnel.is_empty() { direct } else { tunnel.to_owned() };
        let public_key = public_key.to_owned();
        good.then(|| Self { dsn: dsn.to_owned(), endpoint, traces_sample_rate: 0.0, deadline_ms: 2_000, public_key })
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

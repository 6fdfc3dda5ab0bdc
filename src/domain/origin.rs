//! Web origins: the allow-list of CORS and the check of cookie requests.

use std::fmt;
use std::net::Ipv6Addr;

/// `scheme://host[:port]`, lower-cased, without the scheme's own port: as browsers send it in `Origin`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(String);

impl Origin {
    /// Reads an origin. Only `http` and `https`; no path, no user, no wildcard; `null` is no origin.
    ///
    /// # Errors
    /// [`OriginProblem`] for anything else.
    pub fn parse(text: &str) -> Result<Self, OriginProblem> {
        let text = text.to_ascii_lowercase();
        let (scheme, authority) = text.split_once("://").ok_or(OriginProblem)?;
        let own_port = match scheme {
            "https" => "443",
            "http" => "80",
            _ => return Err(OriginProblem),
        };
        let (host, port) = split_port(authority);
        if !is_host(host) || !port.is_none_or(is_port) {
            return Err(OriginProblem);
        }
        Ok(match port {
            Some(port) if port != own_port => Self(format!("{scheme}://{host}:{port}")),
            _ => Self(format!("{scheme}://{host}")),
        })
    }

    /// The normal form: also what to answer in `Access-Control-Allow-Origin`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the value of an `Origin` header is this very origin.
    #[must_use]
    pub fn matches(&self, header: &str) -> bool {
        Self::parse(header).is_ok_and(|origin| origin == *self)
    }

    /// Whether it is reached over TLS, or never leaves the machine.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        let Some(authority) = self.0.strip_prefix("http://") else { return true };
        let (host, _) = split_port(authority);
        matches!(host, "localhost" | "127.0.0.1" | "[::1]") || host.ends_with(".localhost")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is no origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OriginProblem;

impl fmt::Display for OriginProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an origin is https://host or https://host:port, without a path")
    }
}

impl std::error::Error for OriginProblem {}

/// The colons within `[..]` are the address's own.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        // Browsers write the compressed form; another spelling would never match.
        return address.parse::<Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address);
    }
    host.len() <= 253
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        })
}

fn is_port(port: &str) -> bool {
    port.parse::<u16>().is_ok_and(|number| number > 0 && number.to_string() == port)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn writes_the_form_that_browsers_send() {
        for (text, origin) in [
            ("https://app.example.org", "https://app.example.org"),
            ("HTTPS://App.Example.ORG", "https://app.example.org"),
            ("https://app.example.org:443", "https://app.example.org"),
            ("http://localhost:80", "http://localhost"),
            ("http://localhost:8787", "http://localhost:8787"),
            ("https://app.example.org:80", "https://app.example.org:80"),
            ("http://127.0.0.1:5173", "http://127.0.0.1:5173"),
            ("http://[::1]:5173", "http://[::1]:5173"),
            ("http://[::1]", "http://[::1]"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().as_str(), origin);
        }
    }

    #[test]
    fn s14_refuses_everything_that_is_no_plain_origin() {
        for text in [
            "",
            "null",
            "*",
            "https://",
            "https://*",
            "https://*.example.org",
            "//evil.example",
            "app.example.org",
            "https://app.example.org/",
            "https://app.example.org/path",
            "https://app.example.org?x",
            "https://app.example.org#x",
            "https://user@app.example.org",
            "https://app.example.org@evil.example",
            "https://app.example.org\\@evil.example",
            "https:/app.example.org",
            "https:app.example.org",
            "javascript://app.example.org",
            "JavaScript:alert(1)",
            "file://",
            "chrome-extension://abc",
            "https://app.example.org:",
            "https://app.example.org:0",
            "https://app.example.org:0443",
            "https://app.example.org:65536",
            "https://app.example.org:+443",
            "https://app.example.org:1:2",
            "https://app..example.org",
            "https://app.example.org.",
            "https://app.example.org\r\nx: y",
            " https://app.example.org",
            "https://app.example.org https://evil.example",
            "https://app.example.org,https://evil.example",
            "https://bücher.example",
            "https://[::1",
            "https://::1",
            "https://[0:0::1]",
            "https://[::1%25eth0]",
        ] {
            assert_eq!(Origin::parse(text), Err(OriginProblem), "{text:?}");
        }
    }

    #[test]
    fn s14_matches_the_whole_origin_only() {
        let ours = Origin::parse("https://app.example.org").unwrap();
        assert!(ours.matches("https://app.example.org"));
        assert!(ours.matches("https://app.example.org:443"));
        for other in [
            "http://app.example.org",
            "https://app.example.org.evil.example",
            "https://evil-app.example.org",
            "https://example.org",
            "https://app.example.org:8443",
            "null",
            "",
        ] {
            assert!(!ours.matches(other), "{other}");
        }
    }

    #[test]
    fn knows_which_origins_are_secure() {
        for (text, secure) in [
            ("https://app.example.org", true),
            ("http://app.example.org", false),
            ("http://localhost:5173", true),
            ("http://app.localhost", true),
            ("http://127.0.0.1:8787", true),
            ("http://[::1]:8787", true),
            ("http://localhost.evil.example", false),
        ] {
            assert_eq!(Origin::parse(text).unwrap().is_secure(), secure, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_it_takes_is_its_own_normal_form(text in "(https?|HTTP)(://|:/)[a-zA-Z0-9.:@/\\[\\]_-]{0,20}(:[0-9]{0,6})?") {
            if let Ok(origin) = Origin::parse(&text) {
                prop_assert_eq!(Origin::parse(origin.as_str()), Ok(origin.clone()));
                prop_assert!(origin.matches(&text));
            }
        }

        #[test]
        fn answers_any_text(text in any::<String>()) {
            let _ = Origin::parse(&text);
        }
    }
}

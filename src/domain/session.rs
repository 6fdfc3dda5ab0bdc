//! Sessions: how long they live, and what they are called.

/// How long a session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRules {
    /// Milliseconds without a refresh after which it ends.
    pub idle_ms: i64,
    /// Milliseconds after log-in at which it ends in any case.
    pub absolute_ms: i64,
}

impl SessionRules {
    /// Absolute end of a session that begins now.
    #[must_use]
    pub fn expires_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_add(self.absolute_ms)
    }
}

/// A short label for the list of devices, such as `Firefox on Linux`. Always plain ASCII of at most 40 characters, whatever
/// the header holds, since the label is stored and shown.
#[must_use]
pub fn device_label(user_agent: Option<&str>) -> String {
    let agent = user_agent.unwrap_or_default();
    let system = name_in(agent, SYSTEMS);
    match (name_in(agent, BROWSERS), system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, Some(system)) => format!("Browser on {system}"),
        (None, None) => product(agent).unwrap_or_else(|| "Unknown device".to_owned()),
    }
}

fn name_in(agent: &str, table: &[(&str, &'static str)]) -> Option<&'static str> {
    table.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
}

/// The first product of a program that is no browser: `curl` of `curl/8.5.0`.
fn product(agent: &str) -> Option<String> {
    let first = agent.split([' ', '/']).next().unwrap_or_default();
    let name: String = first
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .take(LABEL_LENGTH)
        .collect();
    (!name.is_empty()).then_some(name)
}

/// In order: each browser also names those below that it descends from.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

/// In order: Android also says Linux, an iPhone also says Mac OS X.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

const LABEL_LENGTH: usize = 40;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_the_browser_and_the_system() {
        for (agent, label) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.0.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            ("Mozilla/5.0 (Linux) Something", "Browser on Linux"),
            ("curl/8.5.0", "curl"),
            ("python-requests/2.32.0", "python-requests"),
            ("<script>alert(1)</script>", "scriptalert1"),
            ("\u{202e}evil", "evil"),
            ("", "Unknown device"),
            ("€€€", "Unknown device"),
        ] {
            assert_eq!(device_label(Some(agent)), label);
        }
        assert_eq!(device_label(None), "Unknown device");
    }

    proptest! {
        #[test]
        fn labels_are_short_and_plain_whatever_the_header(agent in any::<String>()) {
            let label = device_label(Some(&agent));
            prop_assert!((1..=40).contains(&label.len()));
            prop_assert!(label.bytes().all(|b| b.is_ascii_alphanumeric() || b" -_.".contains(&b)));
        }
    }
}

//! Reading single values and keeping the list of problems.

use std::fmt;
use std::ops::RangeInclusive;

use super::secret::{check, signing_key};
use super::sentry::{SentryConfig, is_url};
use super::settings::SETTINGS;
use crate::domain::origin::Origin;
use crate::domain::quota::Policy;
use crate::domain::token::access::Keyring;
use crate::domain::token::operator::OperatorToken;

/// One thing wrong with the configuration. Never quotes a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting.
    pub name: &'static str,
    /// What is wrong with it, and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message)
    }
}

/// The names of what is wrong, each once, for a log line.
#[must_use]
pub fn names(problems: &[Problem]) -> serde_json::Value {
    let mut names: Vec<_> = problems.iter().map(|problem| problem.name).collect();
    names.dedup();
    names.into()
}

/// Reads settings by name. Each method gives `None` when there is a problem, and notes it.
pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, problems: Vec::new() }
    }

    pub(super) fn problem(&mut self, name: &'static str, message: impl Into<String>) {
        self.problems.push(Problem { name, message: message.into() });
    }

    pub(super) fn finish<T>(mut self, value: Option<T>) -> Result<T, Vec<Problem>> {
        let place = |name: &str| SETTINGS.iter().position(|setting| setting.name == name);
        self.problems.sort_by_key(|problem| place(problem.name));
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            _ => Err(self.problems),
        }
    }

    pub(super) fn number(&mut self, name: &'static str, bounds: RangeInclusive<u32>) -> Option<u32> {
        let text = self.text(name)?;
        // Digits only: no sign, no space, no leading zero.
        let number = text.parse::<u32>().ok().filter(|number| bounds.contains(number) && number.to_string() == text);
        if number.is_none() {
            self.problem(name, format!("must be a whole number from {} to {}", bounds.start(), bounds.end()));
        }
        number
    }

    pub(super) fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let choice = choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if choice.is_none() {
            let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            self.problem(name, format!("must be one of {}", words.join(", ")));
        }
        choice
    }

    pub(super) fn policy(&mut self, name: &'static str) -> Option<Policy> {
        let text = self.text(name)?;
        self.entries(name, text.split(';'), |part| Policy::parse(part).map_err(|problem| problem.to_string()))?;
        Policy::parse(&text).map_err(|problem| self.problem(name, problem.to_string())).ok()
    }

    pub(super) fn origins(&mut self, name: &'static str, secure_only: bool) -> Option<Vec<Origin>> {
        let text = self.text(name)?;
        if text.trim_ascii().is_empty() {
            return Some(Vec::new());
        }
        let mut seen = Vec::new();
        self.entries(name, text.split(','), |part| {
            let origin = Origin::parse(part).map_err(|problem| problem.to_string())?;
            if secure_only && !origin.is_secure() {
                return Err("only https outside of development".into());
            }
            if seen.contains(&origin) {
                return Err(TWICE.into());
            }
            seen.push(origin.clone());
            Ok(origin)
        })
    }

    /// What `judge` makes of each entry of a list. Each that it has something against is a problem of its own.
    pub(super) fn entries<'t, T>(
        &mut self,
        name: &'static str,
        parts: impl Iterator<Item = &'t str>,
        mut judge: impl FnMut(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let mut good = Vec::new();
        let before = self.problems.len();
        for (at, part) in parts.enumerate() {
            match judge(part.trim_ascii()) {
                Ok(entry) => good.push(entry),
                Err(message) => self.problem(name, format!("entry {}: {message}", at + 1)),
            }
        }
        (self.problems.len() == before).then_some(good)
    }

    pub(super) fn keyring(&mut self) -> Option<Keyring> {
        let current_text = self.text(SECRET);
        let current = current_text.as_deref().and_then(|text| self.key(SECRET, text));
        let previous_text = self.text(SECRET_PREVIOUS).filter(|text| !text.is_empty());
        let previous = previous_text.as_deref().map(|text| self.key(SECRET_PREVIOUS, text));
        if previous_text.is_some() && previous_text == current_text {
            self.problem(SECRET_PREVIOUS, "must differ from JWT_SECRET");
        }
        let issuer = self.label("JWT_ISSUER");
        let audience = self.label("JWT_AUDIENCE");
        let previous = match previous {
            Some(key) => Some(key?),
            None => None,
        };
        Some(Keyring { current: current?, previous, issuer: issuer?, audience: audience? })
    }

    /// What a parser makes of a text, or says of it.
    pub(super) fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        let text = self.text(name)?;
        match parse(&text) {
            Ok(value) => Some(value),
            Err(message) => {
                self.problem(name, message);
                None
            }
        }
    }

    /// The operator's token; the inner `None` when none is set.
    pub(super) fn operator(&mut self) -> Option<Option<OperatorToken>> {
        let text = self.text(OPERATOR)?;
        if text.is_empty() {
            return Some(None);
        }
        let checked = check(&text).map_err(|message| self.problem(OPERATOR, message));
        let taken = [SECRET, SECRET_PREVIOUS].iter().any(|name| (self.lookup)(name).as_ref() == Some(&text));
        if taken {
            self.problem(OPERATOR, "must differ from JWT_SECRET and JWT_SECRET_PREVIOUS");
        }
        (checked.is_ok() && !taken).then(|| Some(OperatorToken::new(&text)))
    }

    fn key(&mut self, name: &'static str, text: &str) -> Option<crate::domain::token::access::SigningKey> {
        match signing_key(text) {
            Ok(key) => Some(key),
            Err(message) => {
                self.problem(name, message);
                None
            }
        }
    }

    fn label(&mut self, name: &'static str) -> Option<String> {
        let text = self.text(name)?;
        if (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some(text);
        }
        self.problem(name, "must be 1 to 200 visible ASCII characters without spaces");
        None
    }

    /// A share: 0 to 1, in decimal.
    pub(super) fn share(&mut self, name: &'static str) -> Option<f64> {
        let text = self.text(name)?;
        let is_decimal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let share = text.parse::<f64>().ok().filter(|share| is_decimal && (0.0..=1.0).contains(share));
        if share.is_none() {
            self.problem(name, "must be a number from 0 to 1");
        }
        share
    }

    /// `Some(None)` when nothing is to be sent.
    pub(super) fn sentry(&mut self) -> Option<Option<SentryConfig>> {
        let dsn = self.text("SENTRY_DSN")?;
        let tunnel = self.text("SENTRY_TUNNEL")?;
        let traces_sample_rate = self.share("SENTRY_TRACES_SAMPLE_RATE");
        let deadline_ms = self.number("SENTRY_DEADLINE_MS", 100..=10_000);
        let sentry = if dsn.is_empty() { None } else { SentryConfig::parse(&dsn, &tunnel) };
        if sentry.is_none() && !dsn.is_empty() {
            self.problem("SENTRY_DSN", "must be like https://key@host/project");
        }
        if !tunnel.is_empty() && !is_url(&tunnel) {
            self.problem("SENTRY_TUNNEL", "must be a URL that begins with https:// or http://");
        }
        let (traces_sample_rate, deadline_ms) = (traces_sample_rate?, deadline_ms?);
        Some(sentry.map(|sentry| SentryConfig { traces_sample_rate, deadline_ms, ..sentry }))
    }

    /// What is set, or the default; a problem when there is neither.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        if let Some(text) = (self.lookup)(name) {
            return Some(text);
        }
        let default = SETTINGS.iter().find(|setting| setting.name == name).and_then(|setting| setting.default);
        if default.is_none() {
            self.problem(name, "must be set");
        }
        default.map(str::to_owned)
    }
}

pub(super) const TWICE: &str = "is there twice";
const SECRET: &str = "JWT_SECRET";
const SECRET_PREVIOUS: &str = "JWT_SECRET_PREVIOUS";
const OPERATOR: &str = "OPERATOR_TOKEN";

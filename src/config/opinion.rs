//! The second opinion: who is asked, with which key, at what price, under which caps.

use std::fmt;

use zeroize::Zeroizing;

use super::read::{Reader, TWICE};
use crate::domain::budget::{Both, Caps, Micros, Price};
use crate::domain::circuit::Rules;
use crate::domain::origin::Origin;
use crate::domain::time::SECOND_MS;

/// The second opinion.
#[derive(Debug, Clone)]
pub struct OpinionConfig {
    /// Who is asked, in this order. Empty when it is off, or when there is no key.
    pub providers: Vec<Provider>,
    /// What may be spent.
    pub caps: Both<Caps>,
    /// An opinion that is not there by then does not come any more.
    pub deadline_ms: u32,
    /// Tokens of one answer, thinking included.
    pub max_tokens: u32,
    /// When a provider is left alone.
    pub circuit: Rules,
}

/// A server that speaks the chat completions API.
#[derive(Debug, Clone)]
pub struct Provider {
    /// `groq` or `openai`.
    pub name: &'static str,
    /// Where its API begins, without a slash at the end.
    pub base_url: String,
    /// The model that is asked.
    pub model: String,
    /// What opens it.
    pub key: ApiKey,
    /// What it costs.
    pub price: Price,
}

/// A provider's key. `Debug` prints nothing of it.
#[derive(Clone)]
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// The key itself, for the header of a request and nothing else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

impl OpinionConfig {
    pub(super) fn read(reader: &mut Reader<'_>, secure_only: bool) -> Option<Self> {
        let is_on = reader.choice("SECOND_OPINION", &[("off", false), ("on", true)]);
        let order = reader.order();
        let prices = reader.prices();
        let mut found = KNOWN.map(|known| reader.candidate(known, secure_only));
        let installation = reader.caps("AI_BUDGET");
        let account = reader.caps("AI_BUDGET_PER_ACCOUNT");
        let deadline_ms = reader.number("SECOND_OPINION_DEADLINE_MS", 1_000..=60_000);
        let max_tokens = reader.number("SECOND_OPINION_MAX_TOKENS", 100..=20_000);
        let failures = reader.number("CIRCUIT_FAILURES", 1..=100);
        let first_open = reader.number("CIRCUIT_OPEN_SECONDS", 1..=3_600);
        let (is_on, order, prices) = (is_on?, order?, prices?);
        let mut providers = Vec::new();
        for place in order.into_iter().filter(|_| is_on) {
            // What is wrong with one that could not be read has been told, and the next may have problems of its own.
            let Some(Some(Candidate { name, model_setting, base_url, model, key })) =
                found.get_mut(place).and_then(Option::take)
            else {
                continue;
            };
            match prices.iter().find(|(priced, _)| *priced == model) {
                Some((_, price)) => providers.push(Provider { name, base_url, model, key, price: *price }),
                None => reader.problem(model_setting, "must be a model that AI_PRICES has a price for"),
            }
        }
        let deadline_ms = deadline_ms?;
        let first_open_ms = i64::from(first_open?) * SECOND_MS;
        Some(Self {
            providers,
            caps: Both { installation: installation?, account: account? },
            deadline_ms,
            max_tokens: max_tokens?,
            circuit: Rules {
                failures: failures?,
                first_open_ms,
                longest_open_ms: first_open_ms.saturating_mul(10),
                probe_ms: i64::from(deadline_ms),
            },
        })
    }
}

/// A provider whose price is not known yet.
struct Candidate {
    name: &'static str,
    model_setting: &'static str,
    base_url: String,
    model: String,
    key: ApiKey,
}

/// The names of a provider's settings.
#[derive(Clone, Copy)]
struct Known {
    name: &'static str,
    key: &'static str,
    base_url: &'static str,
    model: &'static str,
}

impl Reader<'_> {
    /// Places in [`KNOWN`].
    fn order(&mut self) -> Option<Vec<usize>> {
        let text = self.text(ORDER)?;
        let mut seen = Vec::new();
        self.entries(ORDER, text.split(','), |name| {
            let place = KNOWN.iter().position(|known| known.name == name).ok_or("must be groq or openai")?;
            if seen.contains(&place) {
                return Err(TWICE.into());
            }
            seen.push(place);
            Ok(place)
        })
    }

    fn prices(&mut self) -> Option<Vec<(String, Price)>> {
        let text = self.text(PRICES)?;
        let price = |part: &str| {
            let (model, price) = part.split_once('=')?;
            let (input, output) = price.split_once('/')?;
            let price = Price { input: Micros::parse_usd(input)?, output: Micros::parse_usd(output)? };
            is_model(model).then(|| (model.to_owned(), price))
        };
        self.entries(PRICES, text.split(';'), |part| {
            price(part).ok_or_else(|| "must be model=input/output in dollars per million tokens".to_owned())
        })
    }

    fn caps(&mut self, name: &'static str) -> Option<Caps> {
        let text = self.text(name)?;
        self.entries(name, text.split(';'), |part| Caps::parse(part).map_err(|problem| problem.to_string()))?;
        Caps::parse(&text).map_err(|problem| self.problem(name, problem.to_string())).ok()
    }

    /// The inner `None`: there is no key.
    fn candidate(&mut self, known: Known, secure_only: bool) -> Option<Option<Candidate>> {
        let key = self.api_key(known.key);
        let base_url = self.base_url(known.base_url, secure_only);
        let model = self.text(known.model)?;
        if !is_model(&model) {
            self.problem(known.model, "must be the name of a model: 1 to 100 visible ASCII characters without = and ;");
            return None;
        }
        let (base_url, key) = (base_url?, key?);
        Some(key.map(|key| Candidate { name: known.name, model_setting: known.model, base_url, model, key }))
    }

    fn api_key(&mut self, name: &'static str) -> Option<Option<ApiKey>> {
        let text = Zeroizing::new(self.text(name)?);
        if text.is_empty() {
            return Some(None);
        }
        if !(LEAST_KEY..=MOST_KEY).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            self.problem(name, "must be 16 to 500 visible ASCII characters without spaces");
            return None;
        }
        Some(Some(ApiKey(text)))
    }

    fn base_url(&mut self, name: &'static str, secure_only: bool) -> Option<String> {
        let text = self.text(name)?;
        let text = text.strip_suffix('/').unwrap_or(&text);
        let authority = text.find("://").map_or(0, |at| at + 3);
        let path = text.get(authority..).and_then(|rest| rest.find('/')).map_or(text.len(), |at| authority + at);
        let origin = text.get(..path).and_then(|origin| Origin::parse(origin).ok());
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~%:".contains(&byte);
        let plain_path = text.get(path..).is_some_and(|path| path.bytes().all(is_plain));
        match origin {
            Some(origin) if plain_path && (origin.is_secure() || !secure_only) => Some(text.to_owned()),
            _ => {
                self.problem(name, "must be https://host/path, without a query; http only to this machine");
                None
            }
        }
    }
}

fn is_model(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"=;".contains(&byte))
}

const KNOWN: [Known; 2] = [
    Known { name: "groq", key: "GROQ_API_KEY", base_url: "GROQ_BASE_URL", model: "GROQ_MODEL" },
    Known { name: "openai", key: "OPENAI_API_KEY", base_url: "OPENAI_BASE_URL", model: "OPENAI_MODEL" },
];
const ORDER: &str = "SECOND_OPINION_PROVIDERS";
const PRICES: &str = "AI_PRICES";
const LEAST_KEY: usize = 16;
const MOST_KEY: usize = 500;

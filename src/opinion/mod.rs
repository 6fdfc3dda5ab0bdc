//! A second opinion: another model, elsewhere, is asked about a text, because the request asks for it, within a budget.
//!
//! What must hold: no call is made whose worst case is not reserved; the text leaves by nothing but that call and is kept
//! and logged nowhere; whatever goes wrong costs the caller this opinion and nothing else.

mod answer;
mod question;
mod retry;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::json;

use crate::app::App;
use crate::config::Provider;
use crate::domain::budget::{Decision, Micros, Passed, Reserve, Scope, Settle, Tokens};
use crate::domain::circuit::Passage;
use crate::domain::time::rfc3339;
use crate::ports::{Level, OutboundRequest, OutboundResponse, PortError};
use answer::{Answer, Judgement, NoJudgement};

/// What came of asking.
#[derive(Debug, Clone, PartialEq)]
pub struct Opinion {
    /// How it went.
    pub outcome: Outcome,
    /// What counts against the budgets for it, attempts that came to nothing included.
    pub cost: Micros,
}

/// How it went.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// There is an opinion.
    Given {
        /// Whose: the provider.
        provider: &'static str,
        /// Whose: its model.
        model: String,
        /// That a machine wrote the text, 0 to 1.
        probability: f64,
        /// Why; written by a model, perhaps under the influence of the text.
        reasons: Vec<String>,
        /// What the provider counted, when it did.
        tokens: Option<Tokens>,
    },
    /// It is off, or nobody's key is set.
    NotConfigured,
    /// Nobody gave one in time.
    Unavailable,
    /// A cap is in the way.
    Exhausted {
        /// Until then, ms; for good, as far as this text goes, when there is none.
        opens_ms: Option<i64>,
    },
}

/// Asks the providers in turn, until one gives an opinion.
pub async fn ask(app: &App, account: &str, text: &str) -> Opinion {
    let config = &app.config.opinion;
    if config.providers.is_empty() {
        return Opinion { outcome: Outcome::NotConfigured, cost: Micros(0) };
    }
    let ends_ms = app.now_ms().saturating_add(config.deadline_ms.into());
    let mut asking = Asking { app, account, ends_ms, cost: Micros(0) };
    let mut refused = None;
    for provider in &config.providers {
        match asking.provider(provider, text).await {
            Ok((Judgement { probability, reasons }, tokens)) => {
                let (provider, model) = (provider.name, provider.model.clone());
                let outcome = Outcome::Given { provider, model, probability, reasons, tokens };
                return Opinion { outcome, cost: asking.cost };
            }
            // The next one may be cheaper. Of two that are too dear the first to open counts.
            Err(No::Exhausted(opens_ms)) => refused = Some(earlier(refused, opens_ms)),
            Err(No::Trouble) => {}
        }
    }
    let outcome = refused.map_or(Outcome::Unavailable, |opens_ms| Outcome::Exhausted { opens_ms });
    Opinion { outcome, cost: asking.cost }
}

fn earlier(before: Option<Option<i64>>, opens_ms: Option<i64>) -> Option<i64> {
    match (before.flatten(), opens_ms) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Why a provider gave no opinion.
enum No {
    Trouble,
    Exhausted(Option<i64>),
}

/// What came of one attempt.
struct Attempt {
    result: Result<(Judgement, Option<Tokens>), After>,
    /// What it cost at most, as far as can be known.
    cost: Micros,
    /// The provider did its part.
    healthy: bool,
}

/// What to do after an attempt that came to nothing.
enum After {
    /// Try once more, after so many milliseconds if the provider said so.
    Retry(Option<i64>),
    GiveUp,
}

struct Asking<'a> {
    app: &'a App,
    account: &'a str,
    ends_ms: i64,
    cost: Micros,
}

impl Asking<'_> {
    async fn provider(&mut self, provider: &Provider, text: &str) -> Result<(Judgement, Option<Tokens>), No> {
        let config = &self.app.config.opinion;
        let body = question::body(&provider.model, text, config.max_tokens);
        let most = question::most_tokens(&body, config.max_tokens);
        let mut may_retry = true;
        loop {
            let attempt = self.attempt(provider, body.clone(), most).await?;
            let after = match attempt.result {
                Ok(given) => return Ok(given),
                Err(After::Retry(after)) if may_retry => after,
                Err(_) => return Err(No::Trouble),
            };
            may_retry = false;
            let wait = retry::wait_ms(after, self.app.ports.entropy.as_ref());
            if self.left_ms() < wait.saturating_add(SHORTEST_ATTEMPT_MS) {
                return Err(No::Trouble);
            }
            self.app.ports.clock.sleep(u32::try_from(wait).unwrap_or(u32::MAX)).await;
        }
    }

    /// One call, between its reservation and its settlement.
    async fn attempt(&mut self, provider: &Provider, body: Vec<u8>, most: Tokens) -> Result<Attempt, No> {
        let config = &self.app.config.opinion;
        let ports = &self.app.ports;
        if self.left_ms() < SHORTEST_ATTEMPT_MS {
            return Err(No::Trouble);
        }
        let request = self.request(provider, body)?;
        match ports.circuits.admit(provider.name, &config.circuit).await {
            Ok(Passage::Open) => {}
            Ok(Passage::Shut(_)) => return Err(No::Trouble),
            // A breaker spares time; money is the ledger's business. So a breaker that is broken is in nobody's way.
            Err(error) => self.log(provider, &format!("circuit breaker: {error:?}")),
        }
        let amount = provider.price.cost(most);
        let asked = Reserve { account: self.account.to_owned(), caps: config.caps, amount };
        let reserved = ports.budget.reserve(&asked).await.map_err(|error| {
            self.log(provider, &format!("budget: {error:?}"));
            No::Trouble
        })?;
        self.tell(&reserved.passed);
        let id = match reserved.decision {
            Decision::Granted(id) => id,
            Decision::Refused(opens_ms) => return Err(No::Exhausted(opens_ms)),
        };
        let answer = ports.outbound.send(request).await;
        let attempt = self.judge(provider, answer, most);
        let settle = Settle { id, caps: config.caps, cost: attempt.cost };
        let (settled, reported) = futures_util::join!(
            ports.budget.settle(&settle),
            ports.circuits.report(provider.name, &config.circuit, attempt.healthy),
        );
        if let Err(error) = reported {
            self.log(provider, &format!("circuit breaker: {error:?}"));
        }
        let counted = match settled {
            Ok(settled) => {
                self.tell(&settled.passed);
                settled.counted.unwrap_or(amount)
            }
            Err(error) => {
                self.log(provider, &format!("budget: {error:?}"));
                amount
            }
        };
        self.cost = self.cost.plus(counted);
        Ok(attempt)
    }

    fn request(&self, provider: &Provider, body: Vec<u8>) -> Result<OutboundRequest, No> {
        let mut bearer =
            HeaderValue::from_str(&format!("Bearer {}", provider.key.expose())).map_err(|_| No::Trouble)?;
        bearer.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, bearer);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        // Half of the time at most, so that one who hangs leaves time for the other.
        let deadline_ms = self.left_ms().min(i64::from(self.app.config.opinion.deadline_ms / 2));
        Ok(OutboundRequest {
            method: Method::POST,
            url: format!("{}/chat/completions", provider.base_url),
            headers,
            body: body.into(),
            deadline_ms: u32::try_from(deadline_ms).unwrap_or(0),
            max_response_bytes: LONGEST_ANSWER,
        })
    }

    /// What an answer is worth, and what it may have cost. Only answers by which a provider says that it did not begin
    /// cost nothing; whatever else came to nothing may have been computed and is counted as the worst case.
    fn judge(&self, provider: &Provider, answer: Result<OutboundResponse, PortError>, most: Tokens) -> Attempt {
        let worst = provider.price.cost(most);
        let failed = |after, cost, healthy| Attempt { result: Err(after), cost, healthy };
        let response = match answer {
            Ok(response) => response,
            Err(error) => {
                self.log(provider, &format!("{error:?}"));
                let after = if error == PortError::Timeout { After::GiveUp } else { After::Retry(None) };
                return failed(after, worst, false);
            }
        };
        if response.status != 200 {
            self.log(provider, &format!("status {}", response.status));
            let after = retry::asked_for_ms(&response.headers, self.app.now_ms());
            return match response.status {
                429 => failed(After::Retry(after), Micros(0), false),
                500 | 502..=504 => failed(After::Retry(after), worst, false),
                401 | 403 | 404 => failed(After::GiveUp, Micros(0), false),
                413 => failed(After::GiveUp, Micros(0), true),
                // It lives, and does not like this very request.
                400 | 422 => failed(After::GiveUp, worst, true),
                _ => failed(After::GiveUp, worst, false),
            };
        }
        let Answer { judgement, tokens } = answer::read(&response.body, most);
        let cost = tokens.map_or(worst, |tokens| provider.price.cost(tokens));
        match judgement {
            Ok(judgement) => Attempt { result: Ok((judgement, tokens)), cost, healthy: true },
            Err(NoJudgement::Envelope) => {
                self.log(provider, "not a chat completion");
                failed(After::GiveUp, cost, false)
            }
            // Healthy: otherwise whoever sends texts that confuse a model could shut everybody's circuit.
            Err(NoJudgement::Content(why)) => {
                self.log(provider, why);
                failed(After::GiveUp, cost, true)
            }
        }
    }

    fn left_ms(&self) -> i64 {
        self.ends_ms.saturating_sub(self.app.now_ms())
    }

    /// A line on a provider's trouble: never a text, an answer or a key.
    fn log(&self, provider: &Provider, why: &str) {
        let line = json!({
            "timestamp": rfc3339(self.app.now_ms()),
            "severity_text": "WARN",
            "body": "second opinion",
            "provider": provider.name,
            "model": provider.model,
            "exception.message": why,
        });
        self.app.log(Level::Warn, line);
    }

    /// A line for each mark of a cap that was passed.
    fn tell(&self, passed: &[Passed]) {
        for Passed { scope, account, span, percent, cap, spent } in passed {
            let level = match (scope, percent) {
                (Scope::Installation, 100) => Level::Error,
                (Scope::Installation, 80) | (Scope::Account, 100) => Level::Warn,
                _ => Level::Info,
            };
            let severity = match level {
                Level::Error => "ERROR",
                Level::Warn => "WARN",
                _ => "INFO",
            };
            let mut line = json!({
                "timestamp": rfc3339(self.app.now_ms()),
                "severity_text": severity,
                "body": "budget",
                "event.name": "excess_budget_used",
                "budget.scope": scope.as_str(),
                "budget.span": span.as_str(),
                "budget.percent": percent,
                "budget.cap_usd": cap.usd(),
                "budget.spent_usd": spent.usd(),
            });
            if let (Some(account), Some(line)) = (account, line.as_object_mut()) {
                line.insert("user.id".into(), json!(account));
            }
            self.app.log(level, line);
        }
    }
}

/// Less time than this is not worth an attempt.
const SHORTEST_ATTEMPT_MS: i64 = 300;
/// Bytes; room for the thoughts that some providers send along.
const LONGEST_ANSWER: u32 = 512 * 1024;

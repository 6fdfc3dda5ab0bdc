//! What was used and spent, and what is left: for an account, and for the operator over all of them.

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Serialize;

use super::call::{Call, Principal};
use super::limits;
use super::reply::Reply;
use crate::app::App;
use crate::domain::budget::{Caps, Look, Span, Spending};
use crate::domain::day::{day_of, day_text, start_ms};
use crate::domain::time::rfc3339;
use crate::error::{Error, Result};
use crate::routes::DETECT;
use crate::store::usage::{self, DAYS, DayUsage};
use crate::tally;

#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[derive(Serialize)]
pub(super) struct UsageBody {
    days: Vec<DayBody>,
    detect: Vec<WindowBody>,
    second_opinion: BudgetBody,
}

#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[derive(Serialize)]
pub(super) struct InstallationBody {
    days: Vec<DayBody>,
    second_opinion: BudgetBody,
    top_spenders: Vec<SpenderBody>,
}

#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[derive(Serialize)]
pub(super) struct DayBody {
    day: String,
    detections: i64,
    /// Only where it is about all accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    accounts: Option<i64>,
    spent_usd: f64,
}

#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[derive(Serialize)]
pub(super) struct WindowBody {
    limit: u32,
    window_seconds: u32,
    remaining: u32,
    resets_at: String,
}

#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[derive(Serialize)]
pub(super) struct BudgetBody {
    /// Somebody would be asked.
    configured: bool,
    /// Who, in this order, until one of them answers: `groq`, `openai`.
    providers: Vec<&'static str>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    day: Option<CapBody>,
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    month: Option<CapBody>,
}

#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[derive(Serialize)]
pub(super) struct CapBody {
    cap_usd: f64,
    spent_usd: f64,
    left_usd: f64,
    resets_at: String,
}

#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[derive(Serialize)]
pub(super) struct SpenderBody {
    user_id: String,
    spent_usd: f64,
}

/// The last 30 days of the account, its limits and what is left of them.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn of_account(call: Call, principal: Principal, (): ()) -> Result<Reply> {
    let ports = &call.app.ports;
    let today = day_of(call.now_ms);
    tally::write_down(&call.app).await;
    let look = Look { account: Some(principal.user.id.clone()), from_day: today - DAYS + 1, top: 0 };
    let (used, spending, quota) = futures_util::join!(
        usage::of_account(ports.db.as_ref(), &principal.user.id, today),
        ports.budget.spending(&look),
        limits::admit(&call, DETECT, Some(&principal), 0),
    );
    let (used, spending, quota) = (used?, spending.map_err(ledger)?, quota?);
    let windows = quota.policy.windows.iter().zip(&quota.decision.windows);
    let detect = windows.map(|(window, state)| WindowBody {
        limit: window.limit,
        window_seconds: window.seconds,
        remaining: state.remaining,
        resets_at: rfc3339(call.now_ms.saturating_add(state.reset_ms)),
    });
    let body = UsageBody {
        days: days(today, &used, &spending, false),
        detect: detect.collect(),
        second_opinion: budget(&call.app, &call.app.config.opinion.caps.account, &spending),
    };
    Reply::json(StatusCode::OK, &body)
}

/// The last 30 days of all accounts together, what is left of the installation's budget, and who spent most of it.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn of_all(call: Call, (): ()) -> Result<Reply> {
    let ports = &call.app.ports;
    let today = day_of(call.now_ms);
    tally::write_down(&call.app).await;
    let look = Look { account: None, from_day: today - DAYS + 1, top: TOP };
    let (used, spending) = futures_util::join!(usage::of_all(ports.db.as_ref(), today), ports.budget.spending(&look));
    let (used, spending) = (used?, spending.map_err(ledger)?);
    let second_opinion = budget(&call.app, &call.app.config.opinion.caps.installation, &spending);
    let days = days(today, &used, &spending, true);
    let top = spending.top.into_iter().map(|(user_id, spent)| SpenderBody { user_id, spent_usd: spent.usd() });
    Reply::json(StatusCode::OK, &InstallationBody { days, second_opinion, top_spenders: top.collect() })
}

/// Counts texts that were judged.
pub(super) fn record(call: &Call, principal: &Principal, detections: u32) {
    tally::record(&call.app, &principal.user.id, day_of(call.now_ms), detections);
}

/// Each of the last 30 days, oldest first.
fn days(today: i64, used: &[DayUsage], spending: &Spending, with_accounts: bool) -> Vec<DayBody> {
    let used: BTreeMap<i64, &DayUsage> = used.iter().map(|used| (used.day, used)).collect();
    let spent: BTreeMap<i64, f64> = spending.days.iter().map(|(day, spent)| (*day, spent.usd())).collect();
    let body = |day: i64| DayBody {
        day: day_text(day),
        detections: used.get(&day).map_or(0, |used| used.detections),
        accounts: with_accounts.then(|| used.get(&day).map_or(0, |used| used.accounts)),
        spent_usd: spent.get(&day).copied().unwrap_or(0.0),
    };
    (today - DAYS + 1..=today).map(body).collect()
}

fn budget(app: &App, caps: &Caps, spending: &Spending) -> BudgetBody {
    let body = |span: Span| {
        let (cap, spent) = (caps.of(span)?, spending.standing.of(span));
        Some(CapBody {
            cap_usd: cap.usd(),
            spent_usd: spent.usd(),
            left_usd: cap.minus(spent).usd(),
            resets_at: rfc3339(start_ms(span.next_day(spending.today))),
        })
    };
    let providers: Vec<_> = app.config.opinion.providers.iter().map(|provider| provider.name).collect();
    BudgetBody { configured: !providers.is_empty(), providers, day: body(Span::Day), month: body(Span::Month) }
}

fn ledger(error: crate::ports::PortError) -> Error {
    Error::Unavailable(format!("budget: {error:?}"))
}

const TOP: u32 = 20;

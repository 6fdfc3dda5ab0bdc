//! A second opinion on the wire: a block of its own beside our verdict.

use serde::Serialize;

use crate::domain::time::rfc3339;
use crate::opinion::{Opinion, Outcome};

/// The block.
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum OpinionBody {
    /// There is one.
    Ok {
        /// Whose.
        provider: &'static str,
        /// Whose.
        model: String,
        /// That a machine wrote the text, 0 to 1.
        probability: f64,
        /// Written by that model.
        reasons: Vec<String>,
        /// What counts against the budget.
        cost_usd: f64,
        /// `null` when the provider did not say.
        #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
        tokens: Option<TokensBody>,
    },
    /// This installation gives none.
    NotConfigured,
    /// Nobody answered in time, or well.
    Unavailable {
        /// What counts against the budget all the same.
        cost_usd: f64,
    },
    /// A cap is in the way.
    BudgetExhausted {
        /// From then on there is room; `null` when this text would cost more than a cap ever holds.
        #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
        opens_at: Option<String>,
        /// What attempts before cost.
        cost_usd: f64,
    },
}

/// Tokens on the wire.
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[derive(Debug, Serialize)]
pub struct TokensBody {
    input: u64,
    output: u64,
}

impl From<Opinion> for OpinionBody {
    fn from(Opinion { outcome, cost }: Opinion) -> Self {
        let cost_usd = cost.usd();
        match outcome {
            Outcome::Given { provider, model, probability, reasons, tokens } => {
                let tokens = tokens.map(|tokens| TokensBody { input: tokens.input, output: tokens.output });
                Self::Ok { provider, model, probability, reasons, cost_usd, tokens }
            }
            Outcome::NotConfigured => Self::NotConfigured,
            Outcome::Unavailable => Self::Unavailable { cost_usd },
            Outcome::Exhausted { opens_ms } => Self::BudgetExhausted { opens_at: opens_ms.map(rfc3339), cost_usd },
        }
    }
}

//! What goes between a stub and its Durable Object: small JSON, both ends in this Worker and of one version. Pure.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::domain::circuit;
use crate::domain::throttle::Rules;
use crate::hashing::{Cost, Salt};

/// Asks a limiter to admit calls, all or none.
#[derive(Debug, Serialize, Deserialize)]
pub struct Take {
    /// The policy as text: an object knows its hits and no configuration.
    pub policy: String,
    /// How many calls.
    pub cost: u32,
}

/// Tells a throttle of an attempt, or of its success.
#[derive(Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// The numbers of the throttle.
    pub rules: Rules,
    /// Canonical address of the client.
    pub address: String,
}

/// Tells a circuit breaker how a call went.
#[derive(Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The numbers of the breaker.
    pub rules: circuit::Rules,
    /// The other side did its part.
    pub ok: bool,
}

/// One job for a hasher. Never logged: no `Debug`.
#[derive(Serialize, Deserialize)]
pub struct Job {
    /// The password, wiped when the job is dropped.
    pub password: Zeroizing<String>,
    /// The hash to compare with; none: make a hash.
    pub stored: Option<String>,
    /// Salt of a new hash.
    pub salt: Salt,
    /// Cost of a new hash.
    pub cost: Cost,
    /// Jobs that may wait in one object.
    pub queue: usize,
    /// Milliseconds that the caller waits; the job is not worth computing after that.
    pub patience_ms: i64,
}

/// What a hasher made of a job.
#[derive(Serialize, Deserialize)]
pub struct Hashed {
    /// The password is that of the stored hash; true for a new hash.
    pub matches: bool,
    /// The hash to store: the new one, or that of a right password whose stored hash is outdated.
    pub hash: Option<String>,
}

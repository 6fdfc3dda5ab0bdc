//! Argon2id: the computation itself, and nothing of where it runs.
//!
//! Pure, so that native tests run the very code of the Worker. What must hold: nothing is hashed below [`Cost::FLOOR`], a
//! stored hash above [`Cost::CEILING`] is refused before any memory is taken, and comparison takes the same time whatever
//! its outcome.

use std::fmt;

use argon2::password_hash::phc::{Ident, Output, Salt as PhcSalt};
use argon2::password_hash::phc::{ParamsString, PasswordHash};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use serde::{Deserialize, Serialize};

use crate::domain::password::PhcString;

/// Bytes of a new salt, as RFC 9106 section 3.1 recommends.
pub const SALT_LENGTH: usize = 16;

/// A fresh random salt.
pub type Salt = [u8; SALT_LENGTH];

/// What one hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Memory in KiB (`m`).
    pub memory_kib: u32,
    /// Passes over it (`t`).
    pub passes: u32,
    /// Lanes (`p`); they are computed one after the other.
    pub lanes: u32,
}

impl Cost {
    /// The OWASP minimum for Argon2id; nothing is hashed with less.
    pub const FLOOR: Self = Self { memory_kib: 19_456, passes: 2, lanes: 1 };

    /// The most that is computed, for new hashes and for stored ones: half of an isolate's memory, and some seconds.
    pub const CEILING: Self = Self { memory_kib: 65_536, passes: 10, lanes: 4 };

    /// Within [`Cost::FLOOR`] and [`Cost::CEILING`], each number on its own.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        let floor = Self::FLOOR;
        let enough = self.memory_kib >= floor.memory_kib && self.passes >= floor.passes && self.lanes >= floor.lanes;
        enough && self.is_bearable()
    }

    fn is_bearable(&self) -> bool {
        let ceiling = Self::CEILING;
        self.memory_kib <= ceiling.memory_kib && self.passes <= ceiling.passes && self.lanes <= ceiling.lanes
    }

    fn params(&self) -> Result<Params, Failure> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(TAG_LENGTH)).map_err(|_| Failure::CostNotAllowed)
    }
}

/// The memory that hashes are computed in, kept between them: taking 19 MiB from the system costs more than wiping it.
#[derive(Default)]
pub struct Memory(Vec<Block>);

impl Memory {
    /// No memory yet; the first hash takes it.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    fn blocks(&mut self, count: usize) -> Result<&mut [Block], Failure> {
        if let Some(missing) = count.checked_sub(self.0.len()) {
            self.0.try_reserve_exact(missing).map_err(|_| Failure::OutOfMemory)?;
            self.0.resize(count, Block::new());
        }
        self.0.get_mut(..count).ok_or(Failure::OutOfMemory)
    }
}

/// What the comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    /// The password is the right one.
    pub matches: bool,
    /// The stored hash was made with another cost or form than a new one would be now.
    pub outdated: bool,
}

/// Why nothing was computed. Says nothing of password or hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Below the floor or above the ceiling.
    CostNotAllowed,
    /// The stored text is not an Argon2id hash in PHC format.
    Unreadable,
    /// The memory could not be had.
    OutOfMemory,
    /// Argon2 refused its input.
    Refused,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CostNotAllowed => "cost below the floor or above the ceiling",
            Self::Unreadable => "the stored hash can't be read",
            Self::OutOfMemory => "no memory for a hash",
            Self::Refused => "Argon2 refused its input",
        })
    }
}

/// Hashes a password.
///
/// # Errors
/// [`Failure::CostNotAllowed`] below the floor or above the ceiling.
pub fn hash(memory: &mut Memory, password: &[u8], salt: &Salt, cost: Cost) -> Result<PhcString, Failure> {
    if !cost.is_allowed() {
        return Err(Failure::CostNotAllowed);
    }
    let params = cost.params()?;
    let mut tag = [0; TAG_LENGTH];
    compute(memory, password, salt, &params, &mut tag)?;
    encode(&params, salt, &tag)
}

/// Compares a password with a stored hash, computed with the cost that stands in it.
///
/// # Errors
/// [`Failure::Unreadable`] and [`Failure::CostNotAllowed`] for a stored hash that is not ours to compute.
pub fn verify(memory: &mut Memory, password: &[u8], stored: &PhcString, now: Cost) -> Result<Comparison, Failure> {
    let stored = PasswordHash::new(stored.expose()).map_err(|_| Failure::Unreadable)?;
    let current = Ident::new(ARGON2ID_IDENT.as_str()).is_ok_and(|ident| ident == stored.algorithm)
        && stored.version == Some(Version::V0x13.into());
    let (Some(salt), Some(expected), true) = (&stored.salt, &stored.hash, current) else {
        return Err(Failure::Unreadable);
    };
    let params = Params::try_from(&stored).map_err(|_| Failure::Unreadable)?;
    let cost = Cost { memory_kib: params.m_cost(), passes: params.t_cost(), lanes: params.p_cost() };
    if !cost.is_bearable() {
        return Err(Failure::CostNotAllowed);
    }
    let mut buffer = [0; Output::MAX_LENGTH];
    let tag = buffer.get_mut(..expected.len()).ok_or(Failure::Unreadable)?;
    compute(memory, password, salt, &params, tag)?;
    // `Output` compares in constant time.
    let matches = Output::new(tag).is_ok_and(|tag| tag == *expected);
    let outdated = cost != now || salt.len() != SALT_LENGTH || expected.len() != TAG_LENGTH;
    Ok(Comparison { matches, outdated })
}

/// A hash that no known password has: verifying against it costs what a real one costs, for accounts that do not exist.
/// Not computed, since nothing would be gained: finding a password for a tag chosen freely is as hard as inverting Argon2.
///
/// # Errors
/// [`Failure::CostNotAllowed`] below the floor or above the ceiling.
pub fn dummy(cost: Cost) -> Result<PhcString, Failure> {
    if !cost.is_allowed() {
        return Err(Failure::CostNotAllowed);
    }
    encode(&cost.params()?, b"no such account!", &[0x5a; TAG_LENGTH])
}

fn compute(memory: &mut Memory, password: &[u8], salt: &[u8], params: &Params, tag: &mut [u8]) -> Result<(), Failure> {
    let blocks = memory.blocks(params.block_count())?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password, salt, tag, blocks)
        .map_err(|_| Failure::Refused)
}

fn encode(params: &Params, salt: &Salt, tag: &[u8]) -> Result<PhcString, Failure> {
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).map_err(|_| Failure::Refused)?,
        salt: Some(PhcSalt::new(salt).map_err(|_| Failure::Refused)?),
        hash: Some(Output::new(tag).map_err(|_| Failure::Refused)?),
    };
    Ok(PhcString::stored(hash.to_string()))
}

/// Bytes of a tag: 256 bits, as RFC 9106 section 4 recommends.
const TAG_LENGTH: usize = 32;

//! Password hashing: the real one, and a fast one for tests that are about something else.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use edgekeep::domain::password::{Password, PhcString};
use edgekeep::hashing::{self, Cost, Memory};
use edgekeep::ports::{Entropy as _, HashError, Hasher, Verification};
use sha2::{Digest as _, Sha256};

use super::entropy::TestEntropy;
use super::faults::Faults;

/// What a hasher was asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// A new hash.
    Hash,
    /// A comparison with this stored hash.
    Verify(String),
}

/// A hasher that counts, with a plan of faults.
pub struct TestHasher {
    kind: Kind,
    entropy: Arc<TestEntropy>,
    work: Mutex<Vec<Work>>,
    /// Its plan of faults.
    pub faults: Faults<HashError>,
}

enum Kind {
    Argon2,
    Fast,
}

impl TestHasher {
    /// Argon2id with the least parameters that a deployment may have.
    pub fn real(entropy: Arc<TestEntropy>) -> Self {
        Self { kind: Kind::Argon2, entropy, work: Mutex::default(), faults: Faults::none() }
    }

    /// One SHA-256. Knows its own hashes; nothing matches a real one.
    pub fn fast(entropy: Arc<TestEntropy>) -> Self {
        Self { kind: Kind::Fast, entropy, work: Mutex::default(), faults: Faults::none() }
    }

    /// Everything that was asked for, in order.
    pub fn work(&self) -> Vec<Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, work: Work) {
        self.work.lock().unwrap_or_else(PoisonError::into_inner).push(work);
    }

    fn make(&self, password: &Password) -> Result<PhcString, HashError> {
        let mut salt = [0; hashing::SALT_LENGTH];
        self.entropy.fill(&mut salt).map_err(|error| HashError::Failed(format!("{error:?}")))?;
        match self.kind {
            Kind::Fast => Ok(PhcString::stored(fast(&salt, password))),
            Kind::Argon2 => {
                let password = password.expose().as_bytes();
                hashing::hash(&mut Memory::new(), password, &salt, COST)
                    .map_err(|failure| HashError::Failed(failure.to_string()))
            }
        }
    }

    fn compare(&self, password: &Password, stored: &PhcString) -> Result<Verification, HashError> {
        let (matches, outdated) = match self.kind {
            Kind::Fast => (fast_matches(password, stored.expose()), stored.expose().starts_with(OUTDATED)),
            Kind::Argon2 => {
                let found = hashing::verify(&mut Memory::new(), password.expose().as_bytes(), stored, COST)
                    .map_err(|failure| HashError::Failed(failure.to_string()))?;
                (found.matches, found.outdated)
            }
        };
        let rehashed = if matches && outdated { Some(self.make(password)?) } else { None };
        Ok(Verification { matches, rehashed })
    }
}

#[async_trait]
impl Hasher for TestHasher {
    async fn hash(&self, password: &Password) -> Result<PhcString, HashError> {
        self.note(Work::Hash);
        self.faults.pass(|| self.make(password)).await
    }

    async fn verify(&self, password: &Password, stored: &PhcString) -> Result<Verification, HashError> {
        self.note(Work::Verify(stored.expose().to_owned()));
        self.faults.pass(|| self.compare(password, stored)).await
    }
}

/// A stored hash of [`TestHasher::fast`] made "with other parameters than now".
pub fn outdated(password: &str) -> String {
    let password = Password::parse(password).expect("a password");
    fast(&[7; 16], &password).replacen(CURRENT, OUTDATED, 1)
}

fn fast(salt: &[u8], password: &Password) -> String {
    format!("{CURRENT}{}${}", hex(salt), digest(&hex(salt), password))
}

fn fast_matches(password: &Password, stored: &str) -> bool {
    let rest = stored.strip_prefix(CURRENT).or_else(|| stored.strip_prefix(OUTDATED));
    rest.and_then(|rest| rest.split_once('$')).is_some_and(|(salt, hash)| digest(salt, password) == hash)
}

fn digest(salt: &str, password: &Password) -> String {
    hex(&Sha256::digest(format!("{salt}{}", password.expose())))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const COST: Cost = Cost::FLOOR;
const CURRENT: &str = "$fast$v=2$";
const OUTDATED: &str = "$fast$v=1$";

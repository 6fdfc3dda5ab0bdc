//! Password hashing in a pool of Durable Objects.
//!
//! Why not in the isolate that serves requests: a hash is some 50 ms of computation, which would hold up every request of
//! the isolate and is five times what a request may compute on the free plan. An object has 30 s.

mod object;

pub use object::HasherObject;

use async_trait::async_trait;
use worker::ObjectNamespace;
use worker::send::SendFuture;
use zeroize::Zeroizing;

use super::entropy::SystemEntropy;
use super::objects::{self, Answer, Objects};
use super::wire::{Hashed, Job};
use crate::domain::password::{Password, PhcString};
use crate::hashing::{Cost, SALT_LENGTH};
use crate::ports::{Entropy as _, HashError, Hasher, PortError, Verification};

/// The hashers of an installation.
pub struct HasherPool {
    objects: Objects,
    cost: Cost,
    size: u32,
    queue: usize,
}

impl HasherPool {
    /// So many objects, in each of which so many jobs may wait.
    #[must_use]
    pub fn new(namespace: ObjectNamespace, cost: Cost, size: u32, queue: usize, deadline_ms: u64) -> Self {
        Self { objects: Objects::new(namespace, deadline_ms), cost, size: size.max(1), queue }
    }

    async fn run(&self, password: &Password, stored: Option<&PhcString>) -> Result<Hashed, HashError> {
        let mut salt = [0; SALT_LENGTH];
        let mut chance = [0; 8];
        SystemEntropy.fill(&mut salt).map_err(failed)?;
        SystemEntropy.fill(&mut chance).map_err(failed)?;
        let job = Job {
            password: Zeroizing::new(password.expose().to_owned()),
            stored: stored.map(|stored| stored.expose().to_owned()),
            salt,
            cost: self.cost,
            queue: self.queue,
            patience_ms: i64::try_from(self.objects.deadline_ms()).unwrap_or(i64::MAX),
        };
        for number in two_of(self.size, chance) {
            let name = format!("hasher-{number}");
            if let Answer::Done(body) = self.objects.ask(&name, HASH, &job).await.map_err(failed)? {
                return objects::parse(&body).map_err(failed);
            }
        }
        Err(HashError::Busy { retry_after: 1 })
    }
}

#[async_trait]
impl Hasher for HasherPool {
    async fn hash(&self, password: &Password) -> Result<PhcString, HashError> {
        let hashed = SendFuture::new(self.run(password, None)).await?;
        hashed.hash.map(PhcString::stored).ok_or_else(|| HashError::Failed("a hasher made no hash".into()))
    }

    async fn verify(&self, password: &Password, stored: &PhcString) -> Result<Verification, HashError> {
        let hashed = SendFuture::new(self.run(password, Some(stored))).await?;
        Ok(Verification { matches: hashed.matches, rehashed: hashed.hash.map(PhcString::stored) })
    }
}

/// One object by chance, and another for when that one is full.
fn two_of(size: u32, chance: [u8; 8]) -> impl Iterator<Item = u32> {
    let [a, b, c, d, e, f, g, h] = chance;
    let first = u32::from_le_bytes([a, b, c, d]) % size;
    let others = size - 1;
    let second = u32::from_le_bytes([e, f, g, h]).checked_rem(others).map(|step| (first + 1 + step) % size);
    std::iter::once(first).chain(second)
}

fn failed(error: PortError) -> HashError {
    match error {
        PortError::Timeout => HashError::Failed("no answer within the deadline".into()),
        PortError::Failed(cause) => HashError::Failed(cause),
        PortError::Defect(cause) => HashError::Defect(cause),
    }
}

const HASH: &str = "/hash";

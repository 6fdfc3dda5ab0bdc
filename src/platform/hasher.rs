//! Password hashing in a pool of Durable Objects.
//!
//! Why not in the isolate that serves requests: a hash is some 50 ms of computation, which would hold up every request of
//! the isolate and is five times what a request may compute on the free plan. An object has 30 s.
//!
//! How an object works: a job is read, joins the line ([`super::line`]) or is refused when the line is full, waits for its
//! turn, and at its turn first gives way once to the runtime, by a timer of 0 ms. Nothing can be delivered to an object
//! while it computes. Without that pause hash would follow hash, and those who came meanwhile would learn only after all of
//! them that there was no place. With it, between two hashes whoever has arrived is let in, counted, and refused at once
//! when the line is full. One timer is outstanding at any time, so hashes never run back to back.

use std::cell::RefCell;
use std::time::Duration;

use async_trait::async_trait;
use worker::send::SendFuture;
use worker::{Delay, DurableObject, Env, ObjectNamespace, Request, Response, Result, State, durable_object};
use zeroize::{Zeroize as _, Zeroizing};

use super::clock;
use super::entropy::SystemEntropy;
use super::line::Line;
use super::objects::{self, Answer, Objects};
use super::wire::{Hashed, Job};
use crate::domain::password::{Password, PhcString};
use crate::hashing::{self, Cost, Memory, SALT_LENGTH};
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

    async fn run(&self, password: &Password, stored: Option<&PhcString>) -> std::result::Result<Hashed, HashError> {
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
    async fn hash(&self, password: &Password) -> std::result::Result<PhcString, HashError> {
        let hashed = SendFuture::new(self.run(password, None)).await?;
        hashed.hash.map(PhcString::stored).ok_or_else(|| HashError::Failed("a hasher made no hash".into()))
    }

    async fn verify(&self, password: &Password, stored: &PhcString) -> std::result::Result<Verification, HashError> {
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
    HashError::Failed(match error {
        PortError::Timeout => "no answer within the deadline".into(),
        PortError::Failed(cause) => cause,
    })
}

/// One hasher of the pool. It stores nothing.
#[durable_object(fetch)]
pub struct HasherObject {
    line: Line,
}

impl DurableObject for HasherObject {
    fn new(_: State, _: Env) -> Self {
        Self { line: Line::default() }
    }

    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let job = read(&mut request).await?;
        let came_ms = clock::now_ms();
        // One computes, the others wait.
        let Some(place) = self.line.join(job.queue.saturating_add(1), came_ms) else { return full() };
        if !place.turn().await {
            return full();
        }
        Delay::from(Duration::ZERO).await;
        if clock::now_ms().saturating_sub(came_ms) > job.patience_ms {
            return full();
        }
        let hashed = MEMORY.with_borrow_mut(|memory| compute(memory, &job));
        match hashed {
            Ok(hashed) => objects::answer(&hashed),
            Err(failure) => Response::error(failure.to_string(), 500),
        }
    }
}

/// Reads a job and wipes the text that it came in. What JavaScript holds of it can't be wiped.
async fn read(request: &mut Request) -> Result<Job> {
    let mut body = request.bytes().await?;
    // The category and not the text: an error's text may quote a value.
    let job = serde_json::from_slice(&body).map_err(|error| format!("job: {:?} error", error.classify()));
    body.zeroize();
    Ok(job?)
}

fn compute(memory: &mut Memory, job: &Job) -> std::result::Result<Hashed, hashing::Failure> {
    let password = job.password.as_bytes();
    let new_hash = |memory: &mut Memory| hashing::hash(memory, password, &job.salt, job.cost).map(PhcString::into_text);
    let Some(stored) = &job.stored else {
        return Ok(Hashed { matches: true, hash: Some(new_hash(memory)?) });
    };
    let found = hashing::verify(memory, password, &PhcString::stored(stored.clone()), job.cost)?;
    let hash = if found.matches && found.outdated { Some(new_hash(memory)?) } else { None };
    Ok(Hashed { matches: found.matches, hash })
}

fn full() -> Result<Response> {
    Response::error("full", 503)
}

thread_local! {
    /// Shared by the hashers that the runtime happens to put into one isolate: they compute one at a time.
    static MEMORY: RefCell<Memory> = const { RefCell::new(Memory::new()) };
}

const HASH: &str = "/hash";

//! One hasher of the pool: a line, and the computation at its end. It stores nothing.
//!
//! How it works: a job is read, joins the line ([`crate::platform::line`]) or is refused when the line is full, waits for its
//! turn, and at its turn first gives way once to the runtime, by a timer of 0 ms. Nothing can be delivered to an object
//! while it computes. Without that pause hash would follow hash, and those who came meanwhile would learn only after all of
//! them that there was no place. With it, between two hashes whoever has arrived is let in, counted, and refused at once
//! when the line is full. One timer is outstanding at any time, so hashes never run back to back.
#![expect(missing_docs, reason = "the attribute adds a constructor and methods for the runtime, without documentation")]

use std::cell::RefCell;
use std::panic::RefUnwindSafe;
use std::time::Duration;

use worker::{Delay, DurableObject, Env, Request, Response, Result, State, durable_object};
use zeroize::Zeroize as _;

use super::HASH;
use crate::domain::password::PhcString;
use crate::hashing::{self, Memory};
use crate::platform::line::Line;
use crate::platform::wire::{Hashed, Job};
use crate::platform::{clock, objects};

/// One hasher of the pool. It stores nothing.
#[durable_object(fetch)]
pub struct HasherObject {
    env: Env,
    line: Line,
}

/// A job that panics gives up its place in the line, as one that ends does, and the shared memory is written anew by each.
impl RefUnwindSafe for HasherObject {}

impl DurableObject for HasherObject {
    fn new(_: State, env: Env) -> Self {
        Self { env, line: Line::default() }
    }

    async fn fetch(&self, request: Request) -> Result<Response> {
        objects::answer_call(("HasherObject", &self.env), request, || (), |request| self.work(request)).await
    }
}

impl HasherObject {
    async fn work(&self, mut request: Request) -> Result<Response> {
        if request.path() != HASH {
            return objects::no_such_path();
        }
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

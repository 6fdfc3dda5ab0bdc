//! Attempts at a password, wherever one is asked for: at log-in, and once more before what can't be undone.
//!
//! Log-ins count by account and address. Whoever asks within a session has shown to be more than a stranger and is counted
//! by the session, wherever the request comes from: no stranger's guessing keeps the owner from changing the password, and
//! whoever holds a stolen token guesses no faster than a stranger.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::call::{Call, Principal};
use crate::domain::address::UNKNOWN;
use crate::domain::password::{Password, PhcString};
use crate::domain::throttle::Wait;
use crate::error::{Error, Result};
use crate::store::users;

/// What attempts are counted by.
#[derive(Clone)]
pub(super) struct Counter {
    /// Names an account or a session to the throttle.
    subject: String,
    address: String,
}

impl Counter {
    /// Of log-ins. The e-mail, which is normalised, is not named; the counter exists for any, so that waiting tells nothing
    /// about who is registered.
    pub(super) fn of_account(call: &Call, email: &str) -> Self {
        Self { subject: digest(email), address: call.address.clone() }
    }

    /// Of attempts within a session, which is no e-mail. All addresses are one, or a thief would change them.
    fn of_session(session_id: &str) -> Self {
        Self { subject: digest(session_id), address: UNKNOWN.to_owned() }
    }
}

/// One attempt: `compare` looks up and compares, and says with which outcome. Whoever waits costs no comparison.
/// What is right has to be told to the throttle by [`succeed`].
///
/// # Errors
/// [`Error::TooManyAttempts`], those of `compare`, and [`Error::Unavailable`].
pub(super) async fn attempt<T>(call: &Call, counter: &Counter, compare: impl Future<Output = Result<T>>) -> Result<T> {
    if let Wait::Milliseconds(wait_ms) = call.app.ports.throttle.begin(&counter.subject, &counter.address).await? {
        return Err(Error::TooManyAttempts { wait_ms });
    }
    let compared = compare.await;
    if compared.is_err() {
        withdraw(call, counter);
    }
    compared
}

/// The password was right.
///
/// # Errors
/// [`Error::Unavailable`].
pub(super) async fn succeed(call: &Call, counter: &Counter) -> Result<()> {
    Ok(call.app.ports.throttle.succeed(&counter.subject, &counter.address).await?)
}

/// An account was made from this address, which is then no stranger's. It is told after the answer: a throttle that does not
/// answer must neither fail nor slow a registration, and all that is lost is that the owner counts as a stranger until the
/// first log-in.
pub(super) fn remember(call: &Call, email: &str) {
    let throttle = Arc::clone(&call.app.ports.throttle);
    let Counter { subject, address } = Counter::of_account(call, email);
    call.app.ports.background.spawn(Box::pin(async move { drop(throttle.succeed(&subject, &address).await) }));
}

/// Asks whoever is logged in for the password of the account. Gives the stored hash that it matches, or `None` for a
/// wrong one.
///
/// # Errors
/// As for [`attempt`]; `gone` when there is no such account any more.
pub(super) async fn confirm(
    call: &Call,
    principal: &Principal,
    password: &Password,
    gone: Error,
) -> Result<Option<PhcString>> {
    let counter = Counter::of_session(&principal.session_id);
    let compare = async {
        let stored = users::password(call.app.ports.db.as_ref(), &principal.user.id).await?.ok_or(gone)?;
        let verification = call.app.ports.hasher.verify(password, &stored).await?;
        Ok(verification.matches.then_some(stored))
    };
    let stored = attempt(call, &counter, compare).await?;
    if stored.is_some() {
        succeed(call, &counter).await?;
    }
    Ok(stored)
}

/// An attempt that came to no comparison guessed nothing, and must not make its owner wait: it is taken back after the
/// answer. When even that fails, it stays counted, which is the safe side.
fn withdraw(call: &Call, counter: &Counter) {
    let throttle = Arc::clone(&call.app.ports.throttle);
    let Counter { subject, address } = counter.clone();
    call.app.ports.background.spawn(Box::pin(async move { drop(throttle.withdraw(&subject, &address).await) }));
}

fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

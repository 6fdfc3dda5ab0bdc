//! Attempts at a password, wherever one is asked for: at log-in, and once more before what can't be undone. All of them
//! count as log-ins of the account, so that no route is a second way to guess.

use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::call::Call;
use crate::domain::password::{Password, PhcString};
use crate::domain::throttle::Wait;
use crate::error::{Error, Result};
use crate::store::users;

/// One attempt: `compare` looks up and compares, and says with which outcome. An account that waits costs no comparison.
/// What is right has to be told to the throttle by [`succeed`].
///
/// # Errors
/// [`Error::TooManyAttempts`], those of `compare`, and [`Error::Unavailable`].
pub(super) async fn attempt<T>(call: &Call, email: &str, compare: impl Future<Output = Result<T>>) -> Result<T> {
    let account = throttle_key(email);
    if let Wait::Milliseconds(wait_ms) = call.app.ports.throttle.begin(&account, &call.address).await? {
        return Err(Error::TooManyAttempts { wait_ms });
    }
    let compared = compare.await;
    if compared.is_err() {
        withdraw(call, account);
    }
    compared
}

/// The password was right.
///
/// # Errors
/// [`Error::Unavailable`].
pub(super) async fn succeed(call: &Call, email: &str) -> Result<()> {
    Ok(call.app.ports.throttle.succeed(&throttle_key(email), &call.address).await?)
}

/// Asks whoever is logged in for the password of the account. Gives the stored hash that it matches, or `None` for a
/// wrong one.
///
/// # Errors
/// As for [`attempt`]; `gone` when there is no such account any more.
pub(super) async fn confirm(
    call: &Call,
    (user_id, email): (&str, &str),
    password: &Password,
    gone: Error,
) -> Result<Option<PhcString>> {
    let compare = async {
        let stored = users::password(call.app.ports.db.as_ref(), user_id).await?.ok_or(gone)?;
        let verification = call.app.ports.hasher.verify(password, &stored).await?;
        Ok(verification.matches.then_some(stored))
    };
    let stored = attempt(call, email, compare).await?;
    if stored.is_some() {
        succeed(call, email).await?;
    }
    Ok(stored)
}

/// An attempt that came to no comparison guessed nothing, and must not make its owner wait: it is taken back after the
/// answer. When even that fails, it stays counted, which is the safe side.
fn withdraw(call: &Call, account: String) {
    let throttle = Arc::clone(&call.app.ports.throttle);
    let address = call.address.clone();
    call.app.ports.background.spawn(Box::pin(async move { drop(throttle.withdraw(&account, &address).await) }));
}

/// Names an account to the throttle without naming its e-mail, which is normalised. It exists for any address, so that
/// waiting tells nothing about who is registered.
fn throttle_key(email: &str) -> String {
    Sha256::digest(email.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

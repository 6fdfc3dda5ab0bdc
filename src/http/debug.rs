//! Faults on command, so that a person can see what becomes of them. These routes exist only where `ENVIRONMENT` is
//! `development`.

use super::call::Call;
use super::reply::Reply;
use crate::error::{Error, Result};
use crate::ports::Abort;

/// A defect: 500.
///
/// # Errors
/// Always.
pub async fn error(_: Call, (): ()) -> Result<Reply> {
    Err(Error::internal("drill: a deliberate error"))
}

/// A panic while the request is handled, after it has waited once, as most of them would.
///
/// # Errors
/// Never: it panics.
#[expect(clippy::panic, reason = "that is what it is for")]
pub async fn panic(call: Call, (): ()) -> Result<Reply> {
    call.app.ports.clock.sleep(0).await;
    panic!("drill: a deliberate panic");
}

/// A panic in work that goes on after the answer.
///
/// # Errors
/// Never.
#[expect(clippy::panic, reason = "that is what it is for")]
pub async fn panic_in_background(call: Call, (): ()) -> Result<Reply> {
    let clock = call.app.ports.clock.clone();
    call.app.ports.background.spawn(Box::pin(async move {
        clock.sleep(0).await;
        panic!("drill: a deliberate panic");
    }));
    Ok(Reply::no_content())
}

/// A panic in a Durable Object that the request asks.
///
/// # Errors
/// What the object's panic makes of the request.
pub async fn panic_in_object(call: Call, (): ()) -> Result<Reply> {
    call.app.ports.drill.panic_in_object().await?;
    Ok(Reply::no_content())
}

/// The end of the instance, as it can't be caught: `trap`, `stack` or `memory`.
///
/// # Errors
/// [`Error::NotFound`] for other names.
pub async fn abort(call: Call, (): ()) -> Result<Reply> {
    call.app.ports.clock.sleep(0).await;
    let how = match call.param("how") {
        "" | "trap" => Abort::Trap,
        "stack" => Abort::Stack,
        "memory" => Abort::Memory,
        _ => return Err(Error::NotFound),
    };
    call.app.ports.drill.abort(how);
    Ok(Reply::no_content())
}

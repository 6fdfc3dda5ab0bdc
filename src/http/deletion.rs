//! Delete the account.

use http::header;
use serde::Deserialize;

use super::attempt::confirm;
use super::body::JsonInput;
use super::call::{Call, Principal};
use super::cookie;
use super::reply::Reply;
use crate::domain::password::Password;
use crate::error::{Error, FieldProblem, Result};
use crate::store::users;

/// Body of a deletion: the password once more, since a token that was left behind on a shared device must not be enough.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeletionBody {
    password: String,
}

/// A deletion that can be tried.
pub struct Deletion {
    password: Password,
}

impl JsonInput for Deletion {
    type Wire = DeletionBody;

    fn from_wire(wire: DeletionBody, _: &Call) -> Result<Self> {
        let refused = |problem| Error::InvalidInput(vec![FieldProblem::new("password", problem)]);
        Ok(Self { password: Password::parse(&wire.password).map_err(refused)? })
    }
}

/// Deletes the account of the access token with its sessions and tokens, at once and for good. Wrong passwords make the
/// session wait as failed log-ins do: whoever holds a token gains no faster way to guess. It is not a 401, on which
/// clients would refresh a token that is perfectly good.
///
/// # Errors
/// [`Error::InvalidInput`] for a wrong password, [`Error::TooManyAttempts`], [`Error::Busy`], [`Error::Unavailable`].
pub async fn delete(call: Call, principal: Principal, input: Deletion) -> Result<Reply> {
    let with_cookie = cookie::read(&call.headers).is_some();
    if with_cookie {
        cookie::require_own_origin(&call)?;
    }
    let ports = &call.app.ports;
    let user = &principal.user;
    let stored = confirm(&call, &principal, &input.password, GONE).await?;
    let Some(stored) = stored else {
        return Err(Error::InvalidInput(vec![FieldProblem::new(
            "password",
            "This is not the password of the account.",
        )]));
    };
    if users::delete(ports.db.as_ref(), &user.id, &stored).await? == 0 {
        return Err(GONE);
    }
    let reply = Reply::no_content().with_event("user_deleted", &user.id);
    Ok(if with_cookie { reply.with_header(header::SET_COOKIE, cookie::removal()) } else { reply })
}

const GONE: Error = Error::Unauthenticated("the account was deleted or its password changed in the meantime");

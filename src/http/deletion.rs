//! Delete the account.

use http::header;

use super::attempt::confirm;
use super::body::JsonInput;
use super::call::{Call, Principal};
use super::cookie;
use super::fields::Fields;
use super::reply::Reply;
use crate::domain::password::Password;
use crate::error::{Error, FieldProblem, Result};
use crate::store::users;

/// A deletion that can be tried. It has the password once more, since a token that was left behind on a shared device must not
/// be enough.
pub struct Deletion {
    password: Password,
}

impl JsonInput for Deletion {
    fn from_fields(fields: &mut Fields<'_>, _: &Call) -> Option<Self> {
        fields.required("password", |text| Password::parse(&text)).map(|password| Self { password })
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

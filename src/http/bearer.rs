//! From an `Authorization` header to a principal, or to the operator.

use http::{HeaderMap, header};

use super::call::{Call, Principal};
use crate::error::{Error, Result};
use crate::store::sessions;

/// The principal of a request: the access token is verified, then its session is looked up in one query, so that a
/// session revoked a moment ago is refused.
///
/// # Errors
/// [`Error::Unauthenticated`]; [`Error::Unavailable`] when the database does not answer.
pub async fn authenticate(call: &Call) -> Result<Principal> {
    let token = token(&call.headers)?;
    let keyring = &call.app.config.auth.keyring;
    let claims = keyring.verify(token, call.now_ms).map_err(|_| Error::Unauthenticated("access token refused"))?;
    let db = call.app.ports.db.as_ref();
    let user = sessions::authenticate(db, &claims.session_id, &claims.user_id, call.now_ms).await?;
    let user = user.ok_or(Error::Unauthenticated("session is over"))?;
    Ok(Principal { user, session_id: claims.session_id })
}

/// Passes when the header holds the operator's token.
///
/// # Errors
/// [`Error::Unauthenticated`]; [`Error::NotFound`] in an installation without such a token.
pub fn require_operator(call: &Call) -> Result<()> {
    let operator = call.app.config.operator.as_ref().ok_or(Error::NotFound)?;
    if operator.matches(token(&call.headers)?) {
        Ok(())
    } else {
        Err(Error::Unauthenticated("operator's token refused"))
    }
}

/// The token of exactly one `Authorization: Bearer` header.
fn token(headers: &HeaderMap) -> Result<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next().ok_or(Error::Unauthenticated("no authorization header"))?;
    if values.next().is_some() {
        return Err(Error::Unauthenticated("more than one authorization header"));
    }
    let value = value.to_str().map_err(|_| Error::Unauthenticated("authorization header is not ASCII"))?;
    let (scheme, token) = value.split_once(' ').ok_or(Error::Unauthenticated("authorization header has no token"))?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::Unauthenticated("authorization scheme is not bearer"));
    }
    Ok(token.trim_matches(' '))
}

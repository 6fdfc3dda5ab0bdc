//! Log out, and the list of devices.

use http::{StatusCode, header};
use serde::Serialize;

use super::call::{Call, Principal};
use super::cookie;
use super::reply::Reply;
use crate::domain::id;
use crate::domain::time::rfc3339;
use crate::error::{Error, Result};
use crate::store::sessions::{self, Because, Session};

/// Ends the session of the access token, and no other: what else the request carries names no session. The access token
/// and every refresh token of the session are refused from the next request on.
///
/// # Errors
/// [`Error::Unavailable`]: then nothing is said to be over that may not be.
pub async fn logout(call: Call, principal: Principal, (): ()) -> Result<Reply> {
    let with_cookie = cookie::read(&call.headers).is_some();
    if with_cookie {
        cookie::require_own_origin(&call)?;
    }
    let db = call.app.ports.db.as_ref();
    sessions::revoke(db, &principal.session_id, &principal.user.id, Because::Logout, call.now_ms).await?;
    let reply = Reply::no_content().with_event("session_ended", &principal.user.id);
    Ok(if with_cookie { reply.with_header(header::SET_COOKIE, cookie::removal()) } else { reply })
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct SessionBody {
    id: String,
    device: String,
    created_at: String,
    last_used_at: String,
    /// When it ends if it is not used any more.
    expires_at: String,
    current: bool,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct SessionsBody {
    sessions: Vec<SessionBody>,
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct RevokedBody {
    revoked: u64,
}

/// The live sessions of the account.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn list(call: Call, principal: Principal, (): ()) -> Result<Reply> {
    let found = sessions::list(call.app.ports.db.as_ref(), &principal.user.id, call.now_ms).await?;
    let on_the_wire = |session: Session| SessionBody {
        current: session.id == principal.session_id,
        id: session.id,
        device: session.device,
        created_at: rfc3339(session.created_at),
        last_used_at: rfc3339(session.last_used_at),
        expires_at: rfc3339(session.expires_at),
    };
    Reply::json(StatusCode::OK, &SessionsBody { sessions: found.into_iter().map(on_the_wire).collect() })
}

/// Revokes one session of the account and says how many that were: one that is not there, is over, or is somebody
/// else's is 404, never a success that did nothing.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unavailable`].
pub async fn revoke(call: Call, principal: Principal, (): ()) -> Result<Reply> {
    let session_id = call.param("id");
    if !id::is_id(session_id) {
        return Err(Error::NotFound);
    }
    let db = call.app.ports.db.as_ref();
    match sessions::revoke(db, session_id, &principal.user.id, Because::Revoked, call.now_ms).await? {
        0 => Err(Error::NotFound),
        revoked => revoked_reply(revoked, &principal),
    }
}

/// Revokes all sessions of the account but the one that asks, and says how many those were.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn revoke_others(call: Call, principal: Principal, (): ()) -> Result<Reply> {
    let db = call.app.ports.db.as_ref();
    let revoked = sessions::revoke_others(db, &principal.session_id, &principal.user.id, call.now_ms).await?;
    revoked_reply(revoked, &principal)
}

pub(super) fn revoked_reply(revoked: u64, principal: &Principal) -> Result<Reply> {
    Ok(Reply::json(StatusCode::OK, &RevokedBody { revoked })?.with_event("authn_token_revoked", &principal.user.id))
}

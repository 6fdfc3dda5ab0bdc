//! A new access token for a refresh token.

use http::StatusCode;

use super::body::JsonInput;
use super::call::Call;
use super::cookie;
use super::fields::Fields;
use super::grant::{self, Delivery};
use super::reply::Reply;
use crate::domain::token::refresh::RefreshToken;
use crate::error::{Error, Result};
use crate::store::refresh_tokens::{self, Redeemed, Redemption};
use crate::store::sessions::{self, Because};

/// A refresh token, and where it was found. `None`: there is none that could be one. That is refused only after it has been
/// counted, for it is an attempt like any other.
pub struct Presented {
    token: Option<RefreshToken>,
    delivery: Delivery,
}

impl JsonInput for Presented {
    const MAY_BE_EMPTY: bool = true;

    fn from_fields(fields: &mut Fields<'_>, call: &Call) -> Option<Self> {
        let text = fields.optional("refresh_token", Ok::<_, String>)?;
        let (text, delivery) = match text {
            Some(text) => (Some(text), Delivery::Body),
            None => match cookie::read(&call.headers) {
                Some(text) => (Some(text), Delivery::Cookie),
                None => (None, Delivery::Body),
            },
        };
        Some(Self { token: text.as_deref().and_then(RefreshToken::parse), delivery })
    }

    fn checked(self, call: &Call) -> Result<Self> {
        if self.delivery == Delivery::Cookie {
            cookie::require_own_origin(call)?;
        }
        Ok(self)
    }
}

/// Rotates. The same token may be presented again until its successor has been used, and always gives that one successor:
/// a lost response or a second tab logs nobody out, and a parallel redemption wins nothing. After that it is a copy in
/// somebody else's hands, and the whole session ends.
///
/// # Errors
/// [`Error::InvalidRefreshToken`], [`Error::Unavailable`].
pub async fn refresh(call: Call, input: Presented) -> Result<Reply> {
    let Presented { token, delivery } = input;
    let refused = |revoked_of| Error::InvalidRefreshToken { revoked_of, cookie: delivery == Delivery::Cookie };
    let Some(token) = token else { return Err(refused(None)) };
    let mut salt = [0; 32];
    call.app.ports.entropy.fill(&mut salt)?;
    let redemption = Redemption {
        token: &token.hash(),
        salt: &salt,
        successor: &token.successor(&salt).hash(),
        now_ms: call.now_ms,
        idle_expires_at: call.now_ms + call.app.config.auth.session.idle_ms,
    };
    let db = call.app.ports.db.as_ref();
    match refresh_tokens::redeem(db, &redemption).await? {
        Redeemed::Replaced { user, session_id, salt } => {
            let user_id = user.id.clone();
            let reply = grant::reply(&call, StatusCode::OK, user, &session_id, &token.successor(&salt), delivery)?;
            Ok(reply.with_event("authn_token_refreshed", &user_id))
        }
        Redeemed::Reused { user_id, session_id } => {
            sessions::revoke(db, &session_id, &user_id, Because::TokenReuse, call.now_ms).await?;
            Err(refused(Some(user_id)))
        }
        Redeemed::Refused => Err(refused(None)),
    }
}

//! What a log-in gives: a session, its first refresh token, and an access token.

use http::{StatusCode, header};
use serde::Serialize;

use super::call::Call;
use super::cookie;
use super::reply::Reply;
use crate::domain::password::PhcString;
use crate::domain::session::device_label;
use crate::domain::time::rfc3339;
use crate::domain::token::access::Grant;
use crate::domain::token::refresh::RefreshToken;
use crate::error::{Error, Result};
use crate::store::users::User;
use crate::store::value::Statement;
use crate::store::{refresh_tokens, sessions};

/// Where the client wants its refresh token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema), serde(rename_all = "snake_case"))]
pub enum Delivery {
    /// In the body: for clients that can keep a secret.
    #[default]
    Body,
    /// In a cookie that scripts can't read, and never in the body: for browsers.
    Cookie,
}

/// What clients call them.
pub(super) const DELIVERIES: [(&str, Delivery); 2] = [("body", Delivery::Body), ("cookie", Delivery::Cookie)];

/// An account on the wire.
#[derive(Debug, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub struct UserBody {
    id: String,
    email: String,
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    name: Option<String>,
    created_at: String,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self { id: user.id, email: user.email, name: user.name, created_at: rfc3339(user.created_at) }
    }
}

#[derive(Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub(super) struct TokenBody {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    user: UserBody,
}

/// A session that is about to begin.
#[derive(Debug)]
pub struct Opening {
    /// Id of the session.
    pub session_id: String,
    /// Its first refresh token.
    pub refresh_token: RefreshToken,
    /// What makes it so, for the batch that it belongs to.
    pub statements: Vec<Statement>,
}

/// Begins a session of an account for whoever knows `password`, as it is stored. Nothing begins when another one is stored by
/// the time the batch is run; the first row that it gives back is the session's.
///
/// # Errors
/// When there is no randomness.
pub fn open(call: &Call, user_id: &str, password: &PhcString) -> Result<Opening> {
    let session_id = call.app.new_id()?;
    let refresh_token = RefreshToken::generate(call.app.ports.entropy.as_ref())?;
    let auth = &call.app.config.auth;
    let session = sessions::NewSession {
        id: &session_id,
        user_id,
        device: &device_label(call.header(header::USER_AGENT)),
        now_ms: call.now_ms,
        idle_expires_at: call.now_ms + auth.session.idle_ms,
        expires_at: auth.session.expires_ms(call.now_ms),
    };
    let statements = vec![
        sessions::insert(&session, password),
        refresh_tokens::insert_first(&refresh_token.hash(), &session_id, call.now_ms),
        sessions::trim(user_id, &session_id, auth.max_sessions_per_user, call.now_ms),
    ];
    Ok(Opening { session_id, refresh_token, statements })
}

/// The answer to register, log-in and refresh.
///
/// # Errors
/// When the access token can't be signed: a defect.
pub fn reply(
    call: &Call,
    status: StatusCode,
    user: User,
    session_id: &str,
    token: &RefreshToken,
    delivery: Delivery,
) -> Result<Reply> {
    let auth = &call.app.config.auth;
    let grant = Grant { user_id: user.id.clone(), session_id: session_id.to_owned(), token_id: call.app.new_id()? };
    let access_token = auth
        .keyring
        .issue(&grant, call.now_ms, auth.access_token_seconds)
        .map_err(|error| Error::internal(format!("access token: {error:?}")))?;
    let body = TokenBody {
        access_token,
        token_type: "bearer",
        expires_in: auth.access_token_seconds,
        refresh_token: (delivery == Delivery::Body).then(|| token.expose()),
        user: user.into(),
    };
    let reply = Reply::json(status, &body)?;
    Ok(match delivery {
        Delivery::Body => reply,
        Delivery::Cookie => {
            let cookie = cookie::set(token, auth.session.idle_ms / 1000)?;
            reply.with_header(header::SET_COOKIE, cookie)
        }
    })
}

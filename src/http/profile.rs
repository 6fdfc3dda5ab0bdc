//! What the owner of an account may change of it: the name and the password.

use http::StatusCode;
use serde::Deserialize;

use super::attempt::confirm;
use super::body::JsonInput;
use super::call::{Call, Principal};
use super::grant::UserBody;
use super::reply::Reply;
use super::sessions::revoked_reply;
use crate::domain::email::Email;
use crate::domain::name::DisplayName;
use crate::domain::password::{NewPassword, Password};
use crate::error::{Error, FieldProblem, Result};
use crate::store::{sessions, users};

/// Body of a change of name.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProfileBody {
    /// The new name; null takes it away.
    #[serde(deserialize_with = "Option::deserialize")]
    #[cfg_attr(not(target_arch = "wasm32"), schema(required))]
    name: Option<String>,
}

/// A name that an account may have, or none.
pub struct Profile(Option<DisplayName>);

impl JsonInput for Profile {
    type Wire = ProfileBody;

    fn from_wire(wire: ProfileBody, _: &Call) -> Result<Self> {
        let name = wire.name.as_deref().map(DisplayName::parse).transpose();
        Ok(Self(name.map_err(|problem| Error::InvalidInput(vec![FieldProblem::new("name", problem)]))?))
    }
}

/// Changes the name of the account.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn rename(call: Call, principal: Principal, Profile(name): Profile) -> Result<Reply> {
    let mut user = principal.user;
    user.name = name.map(|name| name.as_str().to_owned());
    call.app.ports.db.execute(users::rename(&user.id, user.name.as_deref(), call.now_ms)).await?;
    let user_id = user.id.clone();
    Ok(Reply::json(StatusCode::OK, &UserBody::from(user))?.with_event("user_updated", &user_id))
}

/// Body of a change of password.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordBody {
    current_password: String,
    new_password: String,
}

/// A change of password that can be tried. What the new one must be depends on whose it is.
pub struct Change {
    current: Password,
    new: String,
}

impl JsonInput for Change {
    type Wire = PasswordBody;

    fn from_wire(wire: PasswordBody, _: &Call) -> Result<Self> {
        let current = Password::parse(&wire.current_password)
            .map_err(|problem| Error::InvalidInput(vec![FieldProblem::new("current_password", problem)]))?;
        Ok(Self { current, new: wire.new_password })
    }
}

/// Sets another password and ends every other session, since who changes a password often fears that somebody knows the
/// old one. Asks for the old one: an unlocked screen must not be enough to take an account over. Wrong guesses at it make the
/// session wait as failed log-ins do.
///
/// # Errors
/// [`Error::InvalidInput`] for a new password that can't be taken and for a wrong old one; [`Error::TooManyAttempts`],
/// [`Error::Busy`], [`Error::Unavailable`].
pub async fn change_password(call: Call, principal: Principal, input: Change) -> Result<Reply> {
    let ports = &call.app.ports;
    let user = &principal.user;
    let email = Email::parse(&user.email).map_err(|_| Error::internal("the account's e-mail is none"))?;
    let name = user.name.as_deref().and_then(|name| DisplayName::parse(name).ok());
    let new = NewPassword::parse(&input.new, &call.app.config.auth.password, Some(&email), name.as_ref())
        .map_err(|problem| Error::InvalidInput(vec![FieldProblem::new("new_password", problem)]))?
        .into_password();

    let gone = Error::Unauthenticated("account is gone");
    let stored = confirm(&call, &principal, &input.current, gone).await?;
    let Some(stored) = stored else { return Err(wrong()) };

    let hash = ports.hasher.hash(&new).await?;
    let outcome = ports
        .db
        .batch(vec![
            users::rehash(&user.id, &stored, &hash, call.now_ms),
            sessions::revoke_others_after_change(&principal.session_id, &user.id, &hash, call.now_ms),
        ])
        .await?;
    // Of two changes at once one wins, and then what the other took for the old password is so no longer.
    let [changed, revoked] = outcome.as_slice() else { return Err(Error::internal("batch of two")) };
    if changed.changes == 0 {
        return Err(wrong());
    }
    Ok(revoked_reply(revoked.rows.len() as u64, &principal)?.with_event("authn_password_change", &user.id))
}

fn wrong() -> Error {
    Error::InvalidInput(vec![FieldProblem::new("current_password", "This is not your current password.")])
}

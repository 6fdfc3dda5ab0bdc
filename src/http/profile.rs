//! What the owner of an account may change of it: the name and the password.

use http::StatusCode;

use super::attempt::confirm;
use super::body::JsonInput;
use super::call::{Call, Principal};
use super::fields::Fields;
use super::grant::UserBody;
use super::reply::Reply;
use super::sessions::revoked_reply;
use crate::domain::email::Email;
use crate::domain::name::DisplayName;
use crate::domain::password::{NewPassword, Password};
use crate::error::{Error, FieldProblem, Result};
use crate::store::{sessions, users};

/// A name that an account may have, or none.
pub struct Profile(Option<DisplayName>);

impl JsonInput for Profile {
    fn from_fields(fields: &mut Fields<'_>, _: &Call) -> Option<Self> {
        fields.nullable("name", |text| DisplayName::parse(&text)).map(Self)
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

/// A change of password that can be tried. What the new one must be depends on whose it is.
pub struct Change {
    current: Password,
    new: String,
}

impl JsonInput for Change {
    fn from_fields(fields: &mut Fields<'_>, _: &Call) -> Option<Self> {
        let current = fields.required("current_password", |text| Password::parse(&text));
        let new = fields.required("new_password", Ok::<_, String>);
        Some(Self { current: current?, new: new? })
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

//! Register, log in, and who am I.

use http::StatusCode;
use serde::Deserialize;

use super::attempt::{attempt, succeed};
use super::body::JsonInput;
use super::call::{Call, Principal};
use super::grant::{self, Delivery, UserBody};
use super::reply::Reply;
use crate::domain::email::Email;
use crate::domain::name::DisplayName;
use crate::domain::password::{NewPassword, Password, PhcString};
use crate::error::{Error, FieldProblem, Result};
use crate::hashing;
use crate::ports::{DbError, Verification};
use crate::store::users::{self, Credentials, User};

/// Body of a registration.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RegisterBody {
    email: String,
    password: String,
    name: Option<String>,
    #[serde(default)]
    delivery: Delivery,
}

/// A registration that can be carried out.
pub struct Registration {
    email: Email,
    password: Password,
    name: Option<DisplayName>,
    delivery: Delivery,
}

impl JsonInput for Registration {
    type Wire = RegisterBody;

    fn from_wire(wire: RegisterBody, call: &Call) -> Result<Self> {
        let mut problems = Vec::new();
        let email =
            Email::parse(&wire.email).map_err(|problem| problems.push(FieldProblem::new("email", problem))).ok();
        let name = wire.name.as_deref().map(DisplayName::parse).transpose();
        let name = name.map_err(|problem| problems.push(FieldProblem::new("name", problem))).ok().flatten();
        let rules = &call.app.config.auth.password;
        let password = NewPassword::parse(&wire.password, rules, email.as_ref(), name.as_ref())
            .map_err(|problem| problems.push(FieldProblem::new("password", problem)))
            .ok();
        match (email, password) {
            (Some(email), Some(password)) if problems.is_empty() => {
                Ok(Self { email, password: password.into_password(), name, delivery: wire.delivery })
            }
            _ => Err(Error::InvalidInput(problems)),
        }
    }
}

/// Makes an account and logs it in. Whether the e-mail is free is decided by the database, after the hash, so that a
/// taken one takes as long to answer as a free one.
///
/// # Errors
/// [`Error::EmailTaken`], [`Error::Busy`], [`Error::Unavailable`].
pub async fn register(call: Call, input: Registration) -> Result<Reply> {
    let hash = call.app.ports.hasher.hash(&input.password).await?;
    let user = User {
        id: call.app.new_id()?,
        email: input.email.as_str().to_owned(),
        name: input.name.map(|name| name.as_str().to_owned()),
        created_at: call.now_ms,
    };
    let opening = grant::open(&call, &user.id)?;
    let mut statements = vec![users::insert(&user, &hash)];
    statements.extend(opening.statements);
    match call.app.ports.db.batch(statements).await {
        Ok(_) => {}
        Err(DbError::Unique(column)) if column == "users.email" => return Err(Error::EmailTaken),
        Err(error) => return Err(error.into()),
    }
    let user_id = user.id.clone();
    let reply =
        grant::reply(&call, StatusCode::CREATED, user, &opening.session_id, &opening.refresh_token, input.delivery)?;
    Ok(reply.with_event("user_created", &user_id))
}

/// Body of a log-in.
#[derive(Deserialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginBody {
    email: String,
    password: String,
    #[serde(default)]
    delivery: Delivery,
}

/// A log-in that can be tried.
pub struct Login {
    email: Email,
    password: Password,
    delivery: Delivery,
}

impl JsonInput for Login {
    type Wire = LoginBody;

    fn from_wire(wire: LoginBody, _: &Call) -> Result<Self> {
        let mut problems = Vec::new();
        let email =
            Email::parse(&wire.email).map_err(|problem| problems.push(FieldProblem::new("email", problem))).ok();
        let password = Password::parse(&wire.password)
            .map_err(|problem| problems.push(FieldProblem::new("password", problem)))
            .ok();
        match (email, password) {
            (Some(email), Some(password)) => Ok(Self { email, password, delivery: wire.delivery }),
            _ => Err(Error::InvalidInput(problems)),
        }
    }
}

/// Opens a session for a right password. An unknown e-mail goes the same way as a wrong password, step by step: the same
/// throttle, one look-up, one hash, the same answer.
///
/// # Errors
/// [`Error::InvalidCredentials`], [`Error::TooManyAttempts`], [`Error::Busy`], [`Error::Unavailable`].
pub async fn login(call: Call, input: Login) -> Result<Reply> {
    let ports = &call.app.ports;
    let (found, verification) = attempt(&call, input.email.as_str(), compare(&call, &input)).await?;
    let Some(credentials) = found.filter(|_| verification.matches) else {
        return Err(Error::InvalidCredentials);
    };
    succeed(&call, input.email.as_str()).await?;

    let user = credentials.user;
    let opening = grant::open(&call, &user.id)?;
    let mut statements = opening.statements;
    if let Some(new) = &verification.rehashed {
        statements.push(users::rehash(&user.id, &credentials.password, new, call.now_ms));
    }
    ports.db.batch(statements).await?;
    let user_id = user.id.clone();
    let reply = grant::reply(&call, StatusCode::OK, user, &opening.session_id, &opening.refresh_token, input.delivery)?;
    Ok(reply.with_event("authn_login_success", &user_id))
}

/// Looks the account up and compares the password: with a decoy's, when there is no account.
async fn compare(call: &Call, input: &Login) -> Result<(Option<Credentials>, Verification)> {
    let found = users::by_email(call.app.ports.db.as_ref(), &input.email).await?;
    let stored = match &found {
        Some(credentials) => credentials.password.clone(),
        None => decoy(call)?,
    };
    let verification = call.app.ports.hasher.verify(&input.password, &stored).await?;
    Ok((found, verification))
}

/// The account behind the access token.
///
/// # Errors
/// Never in practice.
pub async fn me(_: Call, principal: Principal, (): ()) -> Result<Reply> {
    Reply::json(StatusCode::OK, &UserBody::from(principal.user))
}

/// What a password is compared with when there is no account: it costs what a stored hash costs.
fn decoy(call: &Call) -> Result<PhcString> {
    hashing::dummy(call.app.config.hashing.cost()).map_err(|failure| Error::internal(format!("decoy: {failure}")))
}

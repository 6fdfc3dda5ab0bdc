//! Register, log in, and who am I.

use http::StatusCode;

use super::attempt::{Counter, attempt, remember, succeed};
use super::body::JsonInput;
use super::call::{Call, Principal};
use super::fields::Fields;
use super::grant::{self, DELIVERIES, Delivery, Opening, UserBody};
use super::reply::Reply;
use crate::domain::email::Email;
use crate::domain::name::DisplayName;
use crate::domain::password::{NewPassword, Password, PhcString};
use crate::error::{Error, Result};
use crate::hashing;
use crate::ports::{DbError, Verification};
use crate::store::users::{self, Credentials, User};

/// A registration that can be carried out.
pub struct Registration {
    email: Email,
    password: Password,
    name: Option<DisplayName>,
    delivery: Delivery,
}

impl JsonInput for Registration {
    fn from_fields(fields: &mut Fields<'_>, call: &Call) -> Option<Self> {
        let email = fields.required("email", |text| Email::parse(&text));
        let name = fields.optional("name", |text| DisplayName::parse(&text));
        let rules = &call.app.config.auth.password;
        // Made from the e-mail or the name it would be easy to guess.
        let password = fields.required("password", |text| {
            NewPassword::parse(&text, rules, email.as_ref(), name.as_ref().and_then(Option::as_ref))
        });
        let delivery = fields.choice("delivery", &DELIVERIES);
        let password = password?.into_password();
        Some(Self { email: email?, password, name: name?, delivery: delivery? })
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
    let opening = grant::open(&call, &user.id, &hash)?;
    let mut statements = vec![users::insert(&user, &hash)];
    statements.extend(opening.statements);
    match call.app.ports.db.batch(statements).await {
        Ok(_) => {}
        Err(DbError::Unique(column)) if column == "users.email" => return Err(Error::EmailTaken),
        Err(error) => return Err(error.into()),
    }
    remember(&call, &user.email);
    let user_id = user.id.clone();
    let reply =
        grant::reply(&call, StatusCode::CREATED, user, &opening.session_id, &opening.refresh_token, input.delivery)?;
    Ok(reply.with_event("user_created", &user_id))
}

/// A log-in that can be tried.
pub struct Login {
    email: Email,
    password: Password,
    delivery: Delivery,
}

impl JsonInput for Login {
    fn from_fields(fields: &mut Fields<'_>, _: &Call) -> Option<Self> {
        let email = fields.required("email", |text| Email::parse(&text));
        let password = fields.required("password", |text| Password::parse(&text));
        let delivery = fields.choice("delivery", &DELIVERIES);
        Some(Self { email: email?, password: password?, delivery: delivery? })
    }
}

/// Opens a session for a right password. An unknown e-mail goes the same way as a wrong password, step by step: the same
/// throttle, one look-up, one hash, the same answer.
///
/// Between the comparison and the session another password may be stored, or the account deleted. The database notices
/// (`sessions::insert`), and the comparison is made once more with what is stored then: it may be the same password with
/// newer parameters, stored by a log-in at the same time, and else it is wrong now like any other.
///
/// # Errors
/// [`Error::InvalidCredentials`], [`Error::TooManyAttempts`], [`Error::Busy`], [`Error::Unavailable`].
pub async fn login(call: Call, input: Login) -> Result<Reply> {
    let counter = Counter::of_account(&call, input.email.as_str());
    let mut compared = attempt(&call, &counter, compare(&call, &input)).await?;
    for _ in 0..COMPARISONS {
        let (found, verification) = compared;
        let Some(credentials) = found.filter(|_| verification.matches) else {
            return Err(Error::InvalidCredentials);
        };
        succeed(&call, &counter).await?;
        if let Some(opening) = open(&call, &credentials, verification.rehashed.as_ref()).await? {
            let user_id = credentials.user.id.clone();
            let Opening { session_id, refresh_token, .. } = &opening;
            let reply =
                grant::reply(&call, StatusCode::OK, credentials.user, session_id, refresh_token, input.delivery)?;
            return Ok(reply.with_event("authn_login_success", &user_id));
        }
        compared = compare(&call, &input).await?;
    }
    Err(Error::InvalidCredentials)
}

/// Opens the session and stores the password with newer parameters, or neither when `credentials` are no longer stored.
async fn open(call: &Call, credentials: &Credentials, rehashed: Option<&PhcString>) -> Result<Option<Opening>> {
    let Credentials { user, password } = credentials;
    let mut opening = grant::open(call, &user.id, password)?;
    let mut statements = std::mem::take(&mut opening.statements);
    if let Some(new) = rehashed {
        statements.push(users::rehash(&user.id, password, new, call.now_ms));
    }
    let outcomes = call.app.ports.db.batch(statements).await?;
    let opened = outcomes.first().is_some_and(|inserted| !inserted.rows.is_empty());
    Ok(opened.then_some(opening))
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

/// One, and one more for each hash that others may store meanwhile: one with newer parameters and one of another password.
const COMPARISONS: u32 = 3;

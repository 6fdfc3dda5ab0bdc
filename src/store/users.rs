//! Table `users`.

use crate::domain::email::Email;
use crate::domain::password::PhcString;
use crate::ports::{Db, DbError};
use crate::store::value::{Row, Statement};

/// An account as its owner may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Id.
    pub id: String,
    /// Normalised e-mail address.
    pub email: String,
    /// Name, when one was given.
    pub name: Option<String>,
    /// When the account was made, ms.
    pub created_at: i64,
}

/// An account with what is needed to log in.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The account.
    pub user: User,
    /// The stored hash.
    pub password: PhcString,
}

/// Statement that adds an account. Fails with [`DbError::Unique`] when the e-mail is taken: that is how the race of two
/// registrations is decided.
#[must_use]
pub fn insert(user: &User, password: &PhcString) -> Statement {
    Statement::new(
        INSERT,
        [
            user.id.as_str().into(),
            user.email.as_str().into(),
            user.name.clone().into(),
            password.expose().into(),
            user.created_at.into(),
        ],
    )
}

/// Statement that replaces a hash, by one of the same password or of another, unless it was changed since it was read.
#[must_use]
pub fn rehash(user_id: &str, old: &PhcString, new: &PhcString, now_ms: i64) -> Statement {
    Statement::new(REHASH, [user_id.into(), old.expose().into(), new.expose().into(), now_ms.into()])
}

/// Statement that changes the name, or takes it away.
#[must_use]
pub fn rename(user_id: &str, name: Option<&str>, now_ms: i64) -> Statement {
    Statement::new(RENAME, [user_id.into(), name.map(ToOwned::to_owned).into(), now_ms.into()])
}

/// The account of an e-mail address.
///
/// # Errors
/// As [`Db::query`].
pub async fn by_email(db: &dyn Db, email: &Email) -> Result<Option<Credentials>, DbError> {
    let rows = db.query(Statement::new(BY_EMAIL, [email.as_str().into()])).await?;
    rows.first()
        .map(|row| Ok(Credentials { user: user(row)?, password: PhcString::stored(row.text("password")?) }))
        .transpose()
}

/// The stored hash of an account.
///
/// # Errors
/// As [`Db::query`].
pub async fn password(db: &dyn Db, user_id: &str) -> Result<Option<PhcString>, DbError> {
    let rows = db.query(Statement::new(PASSWORD, [user_id.into()])).await?;
    rows.first().map(|row| Ok(PhcString::stored(row.text("password")?))).transpose()
}

/// Deletes an account, unless its password was changed since it was read, and says how many that were: 0 or 1. All that
/// refers to it goes with it (`ON DELETE CASCADE`).
///
/// # Errors
/// As [`Db::execute`].
pub async fn delete(db: &dyn Db, user_id: &str, password: &PhcString) -> Result<u64, DbError> {
    // `changes` would count what went with it on some engines; the rows returned do not.
    let outcome = db.execute(Statement::new(DELETE, [user_id.into(), password.expose().into()])).await?;
    Ok(outcome.rows.len() as u64)
}

/// Reads the columns `id, email, name, created_at`.
///
/// # Errors
/// [`DbError::Shape`].
pub fn user(row: &Row) -> Result<User, DbError> {
    Ok(User {
        id: row.text("id")?,
        email: row.text("email")?,
        name: row.optional_text("name")?,
        created_at: row.integer("created_at")?,
    })
}

const INSERT: &str =
    "INSERT INTO users (id, email, name, password, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5)";
const REHASH: &str = "UPDATE users SET password = ?3, updated_at = ?4 WHERE id = ?1 AND password = ?2";
const RENAME: &str = "UPDATE users SET name = ?2, updated_at = ?3 WHERE id = ?1";
const BY_EMAIL: &str = "SELECT id, email, name, created_at, password FROM users WHERE email = ?1";
const PASSWORD: &str = "SELECT password FROM users WHERE id = ?1";
const DELETE: &str = "DELETE FROM users WHERE id = ?1 AND password = ?2 RETURNING id";

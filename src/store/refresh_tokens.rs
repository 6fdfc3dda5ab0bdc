//! Table `refresh_tokens`: every refresh token of the sessions that exist, by hash.
//!
//! Redeeming is one batch, so the database decides the race: of any number of parallel redemptions of one token exactly one
//! makes the successor, and all others find that successor.

use crate::ports::{Db, DbError};
use crate::store::users::{self, User};
use crate::store::value::{Row, Statement};

/// SHA-256 of a refresh token.
pub type TokenHash = [u8; 32];

/// Randomness that, with the token itself, gives its successor.
pub type Salt = [u8; 32];

/// A redemption as it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Redemption<'a> {
    /// Hash of the token presented.
    pub token: &'a TokenHash,
    /// Fresh salt, and the hash of the successor that it makes.
    pub salt: &'a Salt,
    /// See `salt`.
    pub successor: &'a TokenHash,
    /// Now, ms.
    pub now_ms: i64,
    /// When the session will end unless it is refreshed again, ms.
    pub idle_expires_at: i64,
}

/// What became of a redemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// The token was live and has been replaced, now or by an earlier redemption whose successor has not been used yet.
    /// `salt` makes the successor.
    Replaced {
        /// Owner of the session.
        user: User,
        /// Session.
        session_id: String,
        /// Salt of the successor.
        salt: Salt,
    },
    /// The token was replaced and its successor has been used: somebody holds a copy.
    Reused {
        /// Owner of the session.
        user_id: String,
        /// Session.
        session_id: String,
    },
    /// No such token, or its session is over.
    Refused,
}

/// Statement that adds the first token of a session, if that session came to be.
#[must_use]
pub fn insert_first(token: &TokenHash, session_id: &str, now_ms: i64) -> Statement {
    Statement::new(INSERT_FIRST, [token.into(), session_id.into(), now_ms.into()])
}

/// Redeems a token.
///
/// # Errors
/// As [`Db::batch`].
pub async fn redeem(db: &dyn Db, redemption: &Redemption<'_>) -> Result<Redeemed, DbError> {
    let Redemption { token, salt, successor, now_ms, idle_expires_at } = *redemption;
    let outcomes = db
        .batch(vec![
            Statement::new(REDEEM, [token.into(), now_ms.into(), salt.into()]),
            Statement::new(INSERT_SUCCESSOR, [token.into(), now_ms.into(), salt.into(), successor.into()]),
            Statement::new(TOUCH, [token.into(), now_ms.into(), salt.into(), idle_expires_at.into()]),
            Statement::new(STATE, [token.into(), now_ms.into()]),
        ])
        .await?;
    match outcomes.last().and_then(|outcome| outcome.rows.first()) {
        Some(row) => state(row),
        None => Ok(Redeemed::Refused),
    }
}

fn state(row: &Row) -> Result<Redeemed, DbError> {
    let (user, session_id) = (users::user(row)?, row.text("session_id")?);
    if row.optional_integer("successor_redeemed_at")?.is_some() {
        return Ok(Redeemed::Reused { user_id: user.id, session_id });
    }
    let salt = row.blob("successor_salt")?;
    let salt = Salt::try_from(salt).map_err(|_| DbError::Shape("successor_salt: expected 32 bytes".into()))?;
    Ok(Redeemed::Replaced { user, session_id, salt })
}

const INSERT_FIRST: &str = "INSERT INTO refresh_tokens (hash, session_id, created_at)
SELECT ?1, id, ?3 FROM sessions WHERE id = ?2";

const REDEEM: &str = "UPDATE refresh_tokens SET redeemed_at = ?2, successor_salt = ?3
WHERE hash = ?1 AND redeemed_at IS NULL AND EXISTS (
    SELECT 1 FROM sessions s JOIN installation i ON i.id = 1
    WHERE s.id = refresh_tokens.session_id AND s.revoked_at IS NULL
      AND s.idle_expires_at > ?2 AND s.expires_at > ?2 AND s.created_at >= i.sessions_not_before)";

// Only the redemption whose salt was stored makes a successor: a parallel one has another salt and inserts nothing.
const INSERT_SUCCESSOR: &str = "INSERT INTO refresh_tokens (hash, session_id, predecessor, created_at)
SELECT ?4, session_id, hash, ?2 FROM refresh_tokens WHERE hash = ?1 AND successor_salt = ?3";

const TOUCH: &str = "UPDATE sessions SET last_used_at = ?2, idle_expires_at = min(CAST(?4 AS INTEGER), expires_at)
WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = ?1 AND successor_salt = ?3)";

const STATE: &str = "SELECT u.id, u.email, u.name, u.created_at, s.id AS session_id, t.successor_salt,
       n.redeemed_at AS successor_redeemed_at
FROM refresh_tokens t
JOIN sessions s ON s.id = t.session_id
JOIN users u ON u.id = s.user_id
JOIN installation i ON i.id = 1
LEFT JOIN refresh_tokens n ON n.predecessor = t.hash
WHERE t.hash = ?1 AND s.revoked_at IS NULL
  AND s.idle_expires_at > ?2 AND s.expires_at > ?2 AND s.created_at >= i.sessions_not_before";

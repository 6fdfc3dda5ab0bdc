//! Table `sessions`: one row per log-in.

use crate::domain::password::PhcString;
use crate::ports::{Db, DbError};
use crate::store::users::{self, User};
use crate::store::value::Statement;

/// A session as its owner may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Id.
    pub id: String,
    /// "Firefox on Linux".
    pub device: String,
    /// Log-in, ms.
    pub created_at: i64,
    /// Last log-in or refresh, ms.
    pub last_used_at: i64,
    /// When it ends if it is not used any more, ms.
    pub expires_at: i64,
}

/// A session to be.
#[derive(Debug, Clone)]
pub struct NewSession<'a> {
    /// Id.
    pub id: &'a str,
    /// Whose.
    pub user_id: &'a str,
    /// "Firefox on Linux".
    pub device: &'a str,
    /// Now, ms.
    pub now_ms: i64,
    /// When it ends unless it is refreshed, ms.
    pub idle_expires_at: i64,
    /// When it ends whatever happens, ms.
    pub expires_at: i64,
}

/// Why a session was revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// Its owner logged out.
    Logout,
    /// Its owner revoked it from the list.
    Revoked,
    /// A refresh token was used that had been replaced.
    TokenReuse,
}

impl Because {
    fn text(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Revoked => "revoked",
            Self::TokenReuse => "token_reuse",
        }
    }
}

/// Statement that adds a session, if the account is still there with the password that was compared: a log-in that is under
/// way while the password is changed, or the account deleted, must open nothing afterwards. Gives back the id when it did.
#[must_use]
pub fn insert(session: &NewSession<'_>, password: &PhcString) -> Statement {
    Statement::new(
        INSERT,
        [
            session.id.into(),
            session.user_id.into(),
            session.device.into(),
            session.now_ms.into(),
            session.idle_expires_at.into(),
            session.expires_at.into(),
            password.expose().into(),
        ],
    )
}

/// Statement that revokes the live sessions of an account that were unused for longest, so that `newest` and at most
/// `keep - 1` others stay and the list is one that people can read. Never `newest` itself, whatever the clock does; and none
/// when `newest` did not come to be.
#[must_use]
pub fn trim(user_id: &str, newest: &str, keep: u32, now_ms: i64) -> Statement {
    let others = i64::from(keep.saturating_sub(1));
    Statement::new(TRIM, [user_id.into(), newest.into(), others.into(), now_ms.into()])
}

/// The owner of a live session, in the one query that a protected request costs. `None` when the session is revoked,
/// expired, unknown, of another account, or older than the installation's restore point.
///
/// # Errors
/// As [`Db::query`].
pub async fn authenticate(db: &dyn Db, session_id: &str, user_id: &str, now_ms: i64) -> Result<Option<User>, DbError> {
    let rows = db.query(Statement::new(AUTHENTICATE, [session_id.into(), user_id.into(), now_ms.into()])).await?;
    rows.first().map(users::user).transpose()
}

/// The live sessions of an account, newest use first.
///
/// # Errors
/// As [`Db::query`].
pub async fn list(db: &dyn Db, user_id: &str, now_ms: i64) -> Result<Vec<Session>, DbError> {
    let rows = db.query(Statement::new(LIST, [user_id.into(), now_ms.into()])).await?;
    rows.iter()
        .map(|row| {
            Ok(Session {
                id: row.text("id")?,
                device: row.text("device")?,
                created_at: row.integer("created_at")?,
                last_used_at: row.integer("last_used_at")?,
                expires_at: row.integer("expires_at")?,
            })
        })
        .collect()
}

/// Revokes one session of an account and says how many it hit: 0 or 1.
///
/// # Errors
/// As [`Db::execute`].
pub async fn revoke(
    db: &dyn Db,
    session_id: &str,
    user_id: &str,
    because: Because,
    now_ms: i64,
) -> Result<u64, DbError> {
    let values = [session_id.into(), user_id.into(), now_ms.into(), because.text().into()];
    Ok(db.execute(Statement::new(REVOKE, values)).await?.rows.len() as u64)
}

/// Revokes every session of an account but one and says how many it hit.
///
/// # Errors
/// As [`Db::execute`].
pub async fn revoke_others(db: &dyn Db, keep: &str, user_id: &str, now_ms: i64) -> Result<u64, DbError> {
    let values = [keep.into(), user_id.into(), now_ms.into(), Because::Revoked.text().into()];
    Ok(db.execute(Statement::new(REVOKE_OTHERS, values)).await?.rows.len() as u64)
}

/// Statement that revokes every session of an account but one, if `password` is what is stored for it now: it stands in
/// the batch of a change of password, and must do nothing when the change did nothing.
#[must_use]
pub fn revoke_others_after_change(keep: &str, user_id: &str, password: &PhcString, now_ms: i64) -> Statement {
    let because = Because::Revoked.text();
    Statement::new(
        REVOKE_OTHERS_AFTER_CHANGE,
        [keep.into(), user_id.into(), now_ms.into(), because.into(), password.expose().into()],
    )
}

/// Deletes at most `limit` sessions that have been over since before `before_ms`, with their refresh tokens.
///
/// # Errors
/// As [`Db::execute`].
pub async fn delete_ended(db: &dyn Db, before_ms: i64, limit: u32) -> Result<u64, DbError> {
    let values = [before_ms.into(), i64::from(limit).into()];
    Ok(db.execute(Statement::new(DELETE_ENDED, values)).await?.rows.len() as u64)
}

const INSERT: &str = "INSERT INTO sessions (id, user_id, device, created_at, last_used_at, idle_expires_at, expires_at)
SELECT ?1, id, ?3, ?4, ?4, ?5, ?6 FROM users WHERE id = ?2 AND password = ?7
RETURNING id";

// What has expired takes no live session's place.
const TRIM: &str = "UPDATE sessions SET revoked_at = ?4, revoked_because = 'too_many_sessions'
WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?2)
  AND user_id = ?1 AND id <> ?2 AND revoked_at IS NULL AND idle_expires_at > ?4 AND expires_at > ?4 AND id NOT IN (
    SELECT id FROM sessions
    WHERE user_id = ?1 AND id <> ?2 AND revoked_at IS NULL AND idle_expires_at > ?4 AND expires_at > ?4
    ORDER BY last_used_at DESC, id DESC LIMIT CAST(?3 AS INTEGER))";

const AUTHENTICATE: &str = "SELECT u.id, u.email, u.name, u.created_at
FROM sessions s JOIN users u ON u.id = s.user_id JOIN installation i ON i.id = 1
WHERE s.id = ?1 AND s.user_id = ?2 AND s.revoked_at IS NULL
  AND s.idle_expires_at > ?3 AND s.expires_at > ?3 AND s.created_at >= i.sessions_not_before";

const LIST: &str =
    "SELECT s.id, s.device, s.created_at, s.last_used_at, min(s.idle_expires_at, s.expires_at) AS expires_at
FROM sessions s JOIN installation i ON i.id = 1
WHERE s.user_id = ?1 AND s.revoked_at IS NULL
  AND s.idle_expires_at > ?2 AND s.expires_at > ?2 AND s.created_at >= i.sessions_not_before
ORDER BY s.last_used_at DESC, s.id DESC";

const REVOKE: &str = "UPDATE sessions SET revoked_at = ?3, revoked_because = ?4
WHERE id = ?1 AND user_id = ?2 AND revoked_at IS NULL AND idle_expires_at > ?3 AND expires_at > ?3
  AND created_at >= (SELECT sessions_not_before FROM installation WHERE id = 1)
RETURNING id";

const REVOKE_OTHERS: &str = "UPDATE sessions SET revoked_at = ?3, revoked_because = ?4
WHERE user_id = ?2 AND id <> ?1 AND revoked_at IS NULL AND idle_expires_at > ?3 AND expires_at > ?3
  AND created_at >= (SELECT sessions_not_before FROM installation WHERE id = 1)
RETURNING id";

const REVOKE_OTHERS_AFTER_CHANGE: &str = "UPDATE sessions SET revoked_at = ?3, revoked_because = ?4
WHERE user_id = ?2 AND id <> ?1 AND revoked_at IS NULL AND idle_expires_at > ?3 AND expires_at > ?3
  AND created_at >= (SELECT sessions_not_before FROM installation WHERE id = 1)
  AND (SELECT password FROM users WHERE id = ?2) = ?5
RETURNING id";

const DELETE_ENDED: &str = "DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions
    WHERE expires_at < ?1 OR idle_expires_at < ?1 OR revoked_at < ?1
    LIMIT CAST(?2 AS INTEGER))
RETURNING id";

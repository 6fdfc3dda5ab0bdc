//! What the messages of D1 mean. The only place that reads them; pure, so that it is tested natively.
//!
//! A message looks like `D1_ERROR: UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT (extended: ...)`. SQLite names
//! columns and constraints in it, never values.

use crate::ports::DbError;

/// Makes an error of a message.
#[must_use]
pub fn classify(message: &str) -> DbError {
    let text = message.strip_prefix("D1_ERROR:").unwrap_or(message).trim();
    let text = text.split(": SQLITE_").next().unwrap_or(text);
    if let Some((_, columns)) = text.split_once("UNIQUE constraint failed: ") {
        return DbError::Unique(columns.to_owned());
    }
    if text.contains("constraint failed") || message.contains("SQLITE_CONSTRAINT") {
        return DbError::Constraint(text.to_owned());
    }
    if TIMEOUTS.iter().any(|sign| message.contains(sign)) {
        return DbError::Timeout;
    }
    if PASSING.iter().any(|sign| message.contains(sign)) {
        return DbError::Unavailable(text.to_owned());
    }
    DbError::Other(text.to_owned())
}

/// The statement itself took too long; trying again would take as long.
const TIMEOUTS: [&str; 3] = ["exceeded timeout", "exceeded its CPU time limit", "SQLITE_INTERRUPT"];

/// Trouble of the moment, from Cloudflare's list of D1 errors and from reports of its users.
const PASSING: [&str; 10] = [
    "Network connection lost",
    "reset",
    "overloaded",
    "transient",
    "Internal error",
    "internal error",
    "starting up D1 DB storage",
    "SQLITE_BUSY",
    "Failed to parse body as JSON",
    "disconnected",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_column_that_must_be_unique() {
        let message =
            "D1_ERROR: UNIQUE constraint failed: users.email: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)";
        assert_eq!(classify(message), DbError::Unique("users.email".into()));
        let message =
            "D1_ERROR: UNIQUE constraint failed: a.x, a.y: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)";
        assert_eq!(classify(message), DbError::Unique("a.x, a.y".into()));
        assert_eq!(classify("UNIQUE constraint failed: users.email"), DbError::Unique("users.email".into()));
    }

    #[test]
    fn tells_other_constraints_apart_from_unique_ones() {
        for (message, expected) in [
            ("D1_ERROR: FOREIGN KEY constraint failed: SQLITE_CONSTRAINT", "FOREIGN KEY constraint failed"),
            (
                "D1_ERROR: NOT NULL constraint failed: users.email: SQLITE_CONSTRAINT",
                "NOT NULL constraint failed: users.email",
            ),
            ("D1_ERROR: CHECK constraint failed: at > 0: SQLITE_CONSTRAINT", "CHECK constraint failed: at > 0"),
            (
                "D1_ERROR: cannot store TEXT value in INTEGER column t.n: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_DATATYPE)",
                "cannot store TEXT value in INTEGER column t.n",
            ),
        ] {
            assert_eq!(classify(message), DbError::Constraint(expected.into()));
        }
    }

    #[test]
    fn tells_what_passes_from_what_takes_too_long_and_from_defects() {
        for message in [
            "D1_ERROR: Network connection lost.",
            "D1_ERROR: D1 DB reset because its code was updated.",
            "D1_ERROR: Internal error while starting up D1 DB storage caused object to be reset.",
            "D1_ERROR: D1 DB is overloaded. Requests queued for too long.",
            "D1_ERROR: Cannot resolve D1 DB due to transient issue on remote node.",
        ] {
            assert!(matches!(classify(message), DbError::Unavailable(_)), "{message}");
        }
        let slow = "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.";
        assert_eq!(classify(slow), DbError::Timeout);
        let defect = "D1_ERROR: no such table: nothing: SQLITE_ERROR";
        assert_eq!(classify(defect), DbError::Other("no such table: nothing".into()));
    }
}

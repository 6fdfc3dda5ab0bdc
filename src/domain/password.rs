//! Passwords: what a new one must be, and the types that keep them out of logs.

use std::fmt;

/// A password as typed, NFKC-normalised, within the length limits. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
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

/// A password hash in PHC string format (`$argon2id$v=19$m=..,t=..,p=..$salt$hash`). `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PhcString(String);

impl PhcString {
    /// Wraps a stored hash; it is parsed when it is used.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
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

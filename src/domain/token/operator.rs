//! The operator's token: one secret that opens the routes under `/api/v1/operator/`.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The configured token. Only its hash is kept; `Debug` prints nothing of it.
#[derive(Clone)]
pub struct OperatorToken([u8; 32]);

impl OperatorToken {
    /// Keeps the hash of a secret that was found good enough.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }

    /// Whether `presented` is the token. The time depends on the length of what was presented and on nothing else.
    #[must_use]
    pub fn matches(&self, presented: &str) -> bool {
        let presented: [u8; 32] = Sha256::digest(presented).into();
        self.0.ct_eq(&presented).into()
    }
}

impl fmt::Debug for OperatorToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::OperatorToken;

    #[test]
    fn matches_itself_and_nothing_near_it() {
        let token = OperatorToken::new("pW8-token");
        assert!(token.matches("pW8-token"));
        for near in ["", "pW8-toke", "pW8-token ", "pw8-token", "pW8-tokem"] {
            assert!(!token.matches(near), "{near:?}");
        }
        assert_eq!(format!("{token:?}"), "OperatorToken(..)");
    }
}

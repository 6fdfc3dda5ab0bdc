//! Refresh tokens: 256 random bits, of which only the SHA-256 is stored.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::ports::{Entropy, PortError};

/// A refresh token. `Debug` prints nothing of it. Two of them are compared by their hashes, in the database.
#[derive(Clone)]
pub struct RefreshToken([u8; 32]);

impl RefreshToken {
    /// A new token.
    ///
    /// # Errors
    /// When there is no randomness to be had.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, PortError> {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// Reads a token as [`RefreshToken::expose`] writes it; any other spelling of the same bits is refused.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(PREFIX)?;
        let mut bytes = [0; 32];
        let decoded = Base64UrlUnpadded::decode(encoded, &mut bytes).ok()?;
        (decoded.len() == 32).then_some(Self(bytes))
    }

    /// The text to hand out: a prefix by which secret scanners know it, then base64url.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{PREFIX}{}", Base64UrlUnpadded::encode_string(&self.0))
    }

    /// What is stored. Plain SHA-256 will do: there is nothing to guess in 256 random bits.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    /// The one token that follows this one.
    ///
    /// It is derived, not drawn, so that a token presented twice (a lost response, two tabs) gets the same successor, although
    /// the store knows only hashes and `salt`. The salt is drawn at rotation: without it, whoever once saw an old token could
    /// compute the whole chain from it.
    #[must_use]
    pub fn successor(&self, salt: &[u8; 32]) -> Self {
        #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("any key length");
        mac.update(SUCCESSOR);
        mac.update(salt);
        Self(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}

const PREFIX: &str = "ekr_";
/// Tells this use of HMAC from any other; part of the stored format, never to change.
const SUCCESSOR: &[u8] = b"edgekeep/refresh-successor/v1";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn s28_golden_text_hash_and_successor() {
        let token = RefreshToken(std::array::from_fn(|i| u8::try_from(i).unwrap()));
        assert_eq!(token.expose(), "ekr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
        assert_eq!(hex(&token.hash()), "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd");
        assert_eq!(token.successor(&[7; 32]).expose(), "ekr_FMgpgpbnwVNFSwXaWX1nxnBEfCQJCpGfrO-JFygKkfs");
    }

    #[test]
    fn refuses_every_other_spelling() {
        let good = "ekr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
        assert_eq!(RefreshToken::parse(good).unwrap().expose(), good);
        for bad in [
            "",
            "ekr_",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            "EKR_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            "ekr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            // the same 32 bytes with the unused low bits set
            "ekr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9",
            "ekr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh",
            "ekr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8A",
            "ekr_++ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            " ekr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            "ekr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n",
            "ekr_ekr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdH",
        ] {
            assert!(RefreshToken::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn prints_nothing_of_itself() {
        assert_eq!(format!("{:?}", RefreshToken([1; 32])), "RefreshToken(..)");
    }

    #[test]
    fn fails_without_randomness_and_uses_what_it_gets() {
        struct Source(Option<u8>);
        impl Entropy for Source {
            fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
                bytes.fill(self.0.ok_or(PortError::Timeout)?);
                Ok(())
            }
        }
        assert!(RefreshToken::generate(&Source(None)).is_err());
        assert_eq!(RefreshToken::generate(&Source(Some(3))).unwrap().0, [3; 32]);
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(bytes in any::<[u8; 32]>()) {
            prop_assert_eq!(RefreshToken::parse(&RefreshToken(bytes).expose()).unwrap().0, bytes);
        }

        #[test]
        fn what_it_reads_it_writes_alike(text in "(ekr_)?[A-Za-z0-9_=+/-]{42,44}") {
            if let Some(token) = RefreshToken::parse(&text) {
                prop_assert_eq!(token.expose(), text);
            }
        }

        #[test]
        fn answers_any_text(text in any::<String>()) {
            prop_assert!(RefreshToken::parse(&text).is_none());
        }

        #[test]
        fn the_successor_depends_on_token_and_salt(a in any::<[u8; 32]>(), b in any::<[u8; 32]>(), salt in any::<[u8; 32]>()) {
            prop_assume!(a != b);
            let next = |token, salt| RefreshToken(token).successor(&salt).0;
            prop_assert_eq!(next(a, salt), next(a, salt));
            prop_assert_ne!(next(a, salt), next(b, salt));
            prop_assert_ne!(next(salt, a), next(salt, b));
            prop_assert_ne!(next(a, salt), a);
        }
    }
}

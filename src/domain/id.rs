//! Identifiers: UUID version 7, so that rows of one table lie in the order in which they were made.

use uuid::Builder;

use crate::ports::{Entropy, PortError};

/// A new identifier: 48 bits of `now_ms`, 74 random bits, as lower-case text with hyphens.
///
/// # Errors
/// When there is no randomness to be had.
pub fn new_id(entropy: &dyn Entropy, now_ms: i64) -> Result<String, PortError> {
    let mut random = [0; 10];
    entropy.fill(&mut random)?;
    let millis = u64::try_from(now_ms).unwrap_or(0);
    Ok(Builder::from_unix_timestamp_millis(millis, &random).into_uuid().hyphenated().to_string())
}

/// An identifier for something that goes on without randomness too: the time can still tell two events apart, and what needs
/// secrets fails on its own.
#[must_use]
pub fn event_id(entropy: &dyn Entropy, now_ms: i64) -> String {
    new_id(entropy, now_ms).unwrap_or_else(|_| format!("without-entropy-{now_ms}"))
}

/// Whether `text` is an identifier exactly as [`new_id`] writes them: other spellings of the same UUID (capitals, braces,
/// no hyphens) would be other keys to the database and to the limiter, so they are no identifiers here.
#[must_use]
pub fn is_id(text: &str) -> bool {
    text.len() == LENGTH
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            VERSION_AT => byte == b'7',
            VARIANT_AT => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

const LENGTH: usize = 36;
const VERSION_AT: usize = 14;
const VARIANT_AT: usize = 19;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Fixed(u8);

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
            bytes.fill(self.0);
            Ok(())
        }
    }

    struct Broken;

    impl Entropy for Broken {
        fn fill(&self, _: &mut [u8]) -> Result<(), PortError> {
            Err(PortError::Failed("no randomness".into()))
        }
    }

    #[test]
    fn writes_time_then_randomness() {
        // 0x018c_c251_f400 is 2024-01-01T00:00:00Z
        assert_eq!(new_id(&Fixed(0xff), 1_704_067_200_000).unwrap(), "018cc251-f400-7fff-bfff-ffffffffffff");
        assert_eq!(new_id(&Fixed(0), 1_704_067_200_000).unwrap(), "018cc251-f400-7000-8000-000000000000");
    }

    #[test]
    fn fails_when_there_is_no_randomness() {
        assert_eq!(new_id(&Broken, 0), Err(PortError::Failed("no randomness".into())));
    }

    #[test]
    fn accepts_one_spelling_only() {
        for other in [
            "",
            "018CC251-F400-7FFF-BFFF-FFFFFFFFFFFF",
            "018cc251f4007fffbfffffffffffffff",
            "{018cc251-f400-7fff-bfff-ffffffffffff}",
            "018cc251-f400-4fff-bfff-ffffffffffff",
            "018cc251-f400-7fff-cfff-ffffffffffff",
            "018cc251-f400-7fff-bfff-fffffffffffff",
            "018cc251-f400-7fff-bfff-ffffffffffé",
            "018cc251_f400_7fff_bfff_ffffffffffff",
        ] {
            assert!(!is_id(other), "{other}");
        }
    }

    proptest! {
        #[test]
        fn makes_identifiers_at_any_time(now in any::<i64>(), byte in any::<u8>()) {
            prop_assert!(is_id(&new_id(&Fixed(byte), now).unwrap()));
        }

        #[test]
        fn sorts_by_time(earlier in 0..1_i64 << 47, gap in 1..1_i64 << 40) {
            let first = new_id(&Fixed(0xff), earlier).unwrap();
            prop_assert!(first < new_id(&Fixed(0), earlier + gap).unwrap());
        }

        #[test]
        fn judges_any_text(text in "\\PC{0,40}") {
            let _ = is_id(&text);
        }
    }
}

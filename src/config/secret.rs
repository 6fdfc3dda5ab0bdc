//! What is good enough as a secret.

use crate::domain::token::access::SigningKey;

/// The key of a secret as it was set. The bytes of the text are the key: nothing is decoded, so nothing can be decoded in
/// two ways; the checks see to it that the text carries enough.
///
/// # Errors
/// What is wrong, without quoting any of it.
pub(super) fn signing_key(text: &str) -> Result<SigningKey, &'static str> {
    check(text)?;
    SigningKey::new(text.as_bytes()).ok_or("is too short: at least 32 random bytes")
}

/// Whether a text is good enough as a secret.
///
/// # Errors
/// As for [`signing_key`].
pub(super) fn check(text: &str) -> Result<(), &'static str> {
    if text.trim_ascii() != text {
        return Err("has spaces or a line break around it; set it again without them");
    }
    if text.chars().any(char::is_control) {
        return Err("contains control characters; use base64url or hex");
    }
    let least = if text.bytes().all(|byte| byte.is_ascii_hexdigit()) { HEX_LENGTH } else { LENGTH };
    if text.len() < least {
        return Err("is too short: at least 32 random bytes, for instance of `openssl rand -hex 32`");
    }
    if is_repetitive(text) || names_a_placeholder(text) {
        return Err("looks like a placeholder: use 32 random bytes, for instance of `openssl rand -hex 32`");
    }
    Ok(())
}

/// Few different characters, or one short piece over and over, or steps along the alphabet.
fn is_repetitive(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut seen = bytes.to_vec();
    seen.sort_unstable();
    seen.dedup();
    let repeats = |period: usize| bytes.iter().zip(bytes.iter().skip(period)).all(|(a, b)| a == b);
    let steps = bytes.iter().zip(bytes.iter().skip(1)).filter(|(a, b)| a.abs_diff(**b) <= 1).count();
    seen.len() < DISTINCT || (1..=bytes.len() / 2).any(repeats) || steps * 2 > bytes.len()
}

fn names_a_placeholder(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|word| text.contains(word))
}

/// Bytes; 43 characters of base64url carry 32, and 32 characters still carry 192 bits.
const LENGTH: usize = 32;
/// Digits of 32 bytes.
const HEX_LENGTH: usize = 64;
/// 64 random hex digits have fewer different ones once in some million million times.
const DISTINCT: usize = 8;
/// Long enough to turn up in a random secret once in millions only.
const PLACEHOLDERS: [&str; 13] = [
    "secret",
    "change",
    "example",
    "password",
    "passwort",
    "placeholder",
    "replace",
    "edgekeep",
    "default",
    "insert",
    "your-",
    "your_",
    "development",
];

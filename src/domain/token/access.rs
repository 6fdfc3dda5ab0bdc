//! Access tokens: JWT, HS256, read as strictly as they are written.
//!
//! `jwt-compact` signs and checks the structure, the algorithm and the signature (in constant time). What it leaves open is
//! closed here: the header may hold nothing but `alg`, `typ` and `kid`, the claims nothing but ours, each once and of its
//! type. Both readers must agree, so neither can be talked into something by itself.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use chrono::DateTime;
use jwt_compact::alg::{Hs256, Hs256Key};
use jwt_compact::{AlgorithmExt as _, Claims, Empty, Header, UntrustedToken, ValidationError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::domain::id::is_id;

/// A secret that signs access tokens. `Debug` prints nothing but its id.
#[derive(Clone)]
pub struct SigningKey {
    key: Hs256Key,
    id: String,
}

impl SigningKey {
    /// Wraps a secret of 32 bytes or more (RFC 7518 3.2); `None` for a shorter one.
    #[must_use]
    pub fn new(secret: &[u8]) -> Option<Self> {
        if secret.len() < SECRET_BYTES {
            return None;
        }
        let digest = Sha256::new().chain_update(KEY_ID).chain_update(secret).finalize();
        let mut id = Base64UrlUnpadded::encode_string(&digest);
        id.truncate(8);
        Some(Self { key: Hs256Key::new(secret), id })
    }

    /// The key id in the header: 48 bits of a hash of the secret. It tells keys apart and tells nothing about them.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, ..)", self.id)
    }
}

/// The keys of an installation, and the names that its tokens carry.
#[derive(Debug, Clone)]
pub struct Keyring {
    /// Signs, and verifies.
    pub current: SigningKey,
    /// Verifies only: tokens of the time before a rotation.
    pub previous: Option<SigningKey>,
    /// Claim `iss`.
    pub issuer: String,
    /// Claim `aud`.
    pub audience: String,
}

/// Whom a token speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Claim `sub`.
    pub user_id: String,
    /// Claim `sid`.
    pub session_id: String,
    /// Claim `jti`.
    pub token_id: String,
}

/// What a verified token says. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessClaims {
    /// Claim `sub`.
    pub user_id: String,
    /// Claim `sid`.
    pub session_id: String,
    /// Claim `jti`.
    pub token_id: String,
    /// Claim `iat`.
    pub issued_at: i64,
    /// Claim `exp`.
    pub expires_at: i64,
}

impl Keyring {
    /// A signed token for `grant`, from now on for so many seconds.
    ///
    /// # Errors
    /// [`TokenError::Claims`] for a grant, a time or a lifetime that [`Keyring::verify`] would not take.
    pub fn issue(&self, grant: &Grant, now_ms: i64, lifetime_seconds: i64) -> Result<String, TokenError> {
        let now = now_ms.div_euclid(1_000);
        let ids = [&grant.user_id, &grant.session_id, &grant.token_id];
        if now < 0 || !(1..=LONGEST_LIFETIME).contains(&lifetime_seconds) || !ids.into_iter().all(|id| is_id(id)) {
            return Err(TokenError::Claims);
        }
        let issued = DateTime::from_timestamp(now, 0).ok_or(TokenError::Claims)?;
        let mut claims = Claims::new(OurClaims {
            iss: &self.issuer,
            sub: &grant.user_id,
            aud: &self.audience,
            jti: &grant.token_id,
            sid: &grant.session_id,
        });
        claims.issued_at = Some(issued);
        claims.not_before = Some(issued);
        claims.expiration = DateTime::from_timestamp(now.saturating_add(lifetime_seconds), 0);
        let header = Header::empty().with_token_type(TYPE).with_key_id(self.current.id());
        Hs256.token(&header, &claims, &self.current.key).map_err(|_| TokenError::Claims)
    }

    /// What the token says, if one of our keys signed it and it is valid now.
    ///
    /// # Errors
    /// Why not, for the log; a client is told only that the token is not valid.
    pub fn verify(&self, token: &str, now_ms: i64) -> Result<AccessClaims, TokenError> {
        if token.len() > TOKEN_LENGTH {
            return Err(TokenError::Malformed);
        }
        let (header, claims) = strict_parts(token)?;
        if header.alg != "HS256" || header.typ != TYPE {
            return Err(TokenError::Header);
        }
        let key = self.key(&header.kid).ok_or(TokenError::UnknownKey)?;
        let untrusted = UntrustedToken::new(token).map_err(|_| TokenError::Malformed)?;
        Hs256.validator::<Empty>(&key.key).validate(&untrusted).map_err(|error| match error {
            ValidationError::MalformedClaims(_) => TokenError::Claims,
            _ => TokenError::Signature,
        })?;
        self.check(claims, now_ms.div_euclid(1_000))
    }

    fn key(&self, id: &str) -> Option<&SigningKey> {
        [Some(&self.current), self.previous.as_ref()].into_iter().flatten().find(|key| key.id == id)
    }

    fn check(&self, claims: WireClaims, now: i64) -> Result<AccessClaims, TokenError> {
        let WireClaims { iss, sub, aud, exp, iat, nbf, jti, sid } = claims;
        if iss != self.issuer || aud != self.audience || ![&sub, &jti, &sid].into_iter().all(|id| is_id(id)) {
            return Err(TokenError::Claims);
        }
        let (exp, iat, nbf) = (seconds(exp)?, seconds(iat)?, seconds(nbf)?);
        if nbf < iat || exp <= nbf || exp - iat > LONGEST_LIFETIME {
            return Err(TokenError::Claims);
        }
        if now >= exp {
            return Err(TokenError::Expired);
        }
        if now.saturating_add(LEEWAY) < nbf {
            return Err(TokenError::NotYet);
        }
        Ok(AccessClaims { user_id: sub, session_id: sid, token_id: jti, issued_at: iat, expires_at: exp })
    }
}

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// Not three segments of canonical base64url, or too long.
    Malformed,
    /// A header with anything but our algorithm, our type and a key id.
    Header,
    /// No key of ours has this id.
    UnknownKey,
    /// The signature is not the key's.
    Signature,
    /// Claims missing, unknown, of another type or value than ours.
    Claims,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYet,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "malformed token",
            Self::Header => "token header not ours",
            Self::UnknownKey => "token of an unknown key",
            Self::Signature => "token signature wrong",
            Self::Claims => "token claims not ours",
            Self::Expired => "token expired",
            Self::NotYet => "token not valid yet",
        })
    }
}

impl std::error::Error for TokenError {}

#[derive(Serialize)]
struct OurClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: &'a str,
    sid: &'a str,
}

/// Exactly these, each once: serde refuses a field that is unknown or comes twice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireHeader {
    alg: String,
    typ: String,
    kid: String,
}

/// As for the header. `u64` takes whole numbers only: no fraction, no exponent, no sign, no text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireClaims {
    iss: String,
    sub: String,
    aud: String,
    exp: u64,
    iat: u64,
    nbf: u64,
    jti: String,
    sid: String,
}

fn strict_parts(token: &str) -> Result<(WireHeader, WireClaims), TokenError> {
    let mut segments = token.split('.');
    let (Some(header), Some(claims), Some(_), None) =
        (segments.next(), segments.next(), segments.next(), segments.next())
    else {
        return Err(TokenError::Malformed);
    };
    Ok((strict_json(header, TokenError::Header)?, strict_json(claims, TokenError::Claims)?))
}

fn strict_json<T: DeserializeOwned>(segment: &str, otherwise: TokenError) -> Result<T, TokenError> {
    let bytes = Base64UrlUnpadded::decode_vec(segment).map_err(|_| TokenError::Malformed)?;
    // A struct can be read from an array too; ours are objects.
    if bytes.first() != Some(&b'{') {
        return Err(otherwise);
    }
    serde_json::from_slice(&bytes).map_err(|_| otherwise)
}

fn seconds(value: u64) -> Result<i64, TokenError> {
    i64::try_from(value).ok().filter(|seconds| *seconds <= LAST_SECOND).ok_or(TokenError::Claims)
}

/// RFC 7518 3.2: as long as the hash.
const SECRET_BYTES: usize = 32;
/// Part of the format of key ids, never to change.
const KEY_ID: &[u8] = b"edgekeep-kid";
const TYPE: &str = "JWT";
/// Ours are under 600 bytes; more is not worth decoding.
const TOKEN_LENGTH: usize = 4_096;
/// Seconds by which the clocks of two machines may differ, for `nbf` and `iat`. `exp` is never stretched.
const LEEWAY: i64 = 5;
/// Seconds: a day, the most that the configuration allows.
const LONGEST_LIFETIME: i64 = 86_400;
/// 9999-12-31T23:59:59Z.
const LAST_SECOND: i64 = 253_402_300_799;

#[cfg(test)]
mod tests;

//! The refresh cookie of browser clients.

use http::{HeaderMap, HeaderValue, header};

use super::call::Call;
use crate::domain::origin::Origin;
use crate::domain::token::refresh::RefreshToken;
use crate::error::{Error, Result};

/// The cookie's value in a request that has one. Of several nobody knows which is meant: they are one that is no token.
#[must_use]
pub fn read(headers: &HeaderMap) -> Option<String> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        // Other cookies may have bytes that are no text; they must not hide this one.
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| {
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            (parts.next()?.trim_ascii() == NAME.as_bytes()).then(|| parts.next().unwrap_or_default())
        })
        .map(|value| String::from_utf8_lossy(value).trim_ascii().to_owned());
    let first = found.next()?;
    Some(if found.next().is_none() { first } else { String::new() })
}

/// A cookie is sent by the browser on its own accord, so a request that rests on one must say that it comes from the
/// application itself or from an origin on the allow-list.
///
/// # Errors
/// [`Error::OriginNotAllowed`], also without an `Origin` header: browsers send one with every POST.
pub fn require_own_origin(call: &Call) -> Result<()> {
    let origin =
        call.header(header::ORIGIN).and_then(|text| Origin::parse(text).ok()).ok_or(Error::OriginNotAllowed)?;
    let own = Origin::parse(&call.host_origin).is_ok_and(|own| own == origin);
    if own || call.app.config.cors_origins.contains(&origin) { Ok(()) } else { Err(Error::OriginNotAllowed) }
}

/// `Set-Cookie` with a refresh token. The `__Host-` prefix ties it to this host, over TLS, for all paths.
///
/// # Errors
/// Never in practice: the token is base64url.
pub fn set(token: &RefreshToken, max_age_seconds: i64) -> Result<HeaderValue> {
    let text = format!("{NAME}={}; Max-Age={max_age_seconds}; {ATTRIBUTES}", token.expose());
    let mut value = HeaderValue::from_str(&text).map_err(|error| Error::internal(format!("cookie: {error}")))?;
    value.set_sensitive(true);
    Ok(value)
}

/// `Set-Cookie` that removes the cookie.
#[must_use]
pub fn removal() -> HeaderValue {
    HeaderValue::from_static("__Host-edgekeep_refresh=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict")
}

const NAME: &str = "__Host-edgekeep_refresh";
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

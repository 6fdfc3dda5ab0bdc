//! When to try again.

use chrono::DateTime;
use http::HeaderMap;
use http::header::RETRY_AFTER;

use crate::ports::Entropy;

/// What `Retry-After` asks for: seconds, or a date. Nonsense is nothing; a date that has passed is now.
#[must_use]
pub fn asked_for_ms(headers: &HeaderMap, now_ms: i64) -> Option<i64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse::<i64>().unwrap_or(i64::MAX).saturating_mul(1_000));
    }
    let date = DateTime::parse_from_rfc2822(text).ok()?;
    Some(date.timestamp_millis().saturating_sub(now_ms).max(0))
}

/// How long to wait before the second attempt: as long as was asked for, or a quarter of a second, and up to another
/// quarter, so that those who failed together do not come back together.
#[must_use]
pub fn wait_ms(asked_for_ms: Option<i64>, entropy: &dyn Entropy) -> i64 {
    let mut random = [0];
    // Without randomness everybody waits alike: worse, but not wrong.
    let _ = entropy.fill(&mut random);
    asked_for_ms.unwrap_or(FIRST_WAIT_MS).max(0).saturating_add(i64::from(random[0]))
}

const FIRST_WAIT_MS: i64 = 250;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::PortError;

    fn asked(text: &str) -> Option<i64> {
        // 2015-10-21T07:27:30Z
        asked_for_ms(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]), 1_445_412_450_000)
    }

    #[test]
    fn reads_seconds_and_dates() {
        assert_eq!(asked("0"), Some(0));
        assert_eq!(asked("120"), Some(120_000));
        assert_eq!(asked(" 2 "), Some(2_000));
        assert_eq!(asked("Wed, 21 Oct 2015 07:28:00 GMT"), Some(30_000));
        assert_eq!(asked("Wed, 21 Oct 2015 07:27:00 GMT"), Some(0));
        assert!(asked("99999999999999999999").is_some_and(|ms| ms > 1 << 60));
        for nonsense in ["", "-1", "soon", "1.5", "0x10"] {
            assert_eq!(asked(nonsense), None, "{nonsense}");
        }
        assert_eq!(asked_for_ms(&HeaderMap::new(), 0), None);
    }

    struct Fixed(Result<u8, PortError>);

    impl Entropy for Fixed {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), PortError> {
            bytes.fill(self.0.clone()?);
            Ok(())
        }
    }

    #[test]
    fn waits_at_least_as_long_as_was_asked_for() {
        assert_eq!(wait_ms(Some(2_000), &Fixed(Ok(0))), 2_000);
        assert_eq!(wait_ms(Some(2_000), &Fixed(Ok(255))), 2_255);
        assert_eq!(wait_ms(None, &Fixed(Ok(7))), 257);
        assert_eq!(wait_ms(Some(i64::MAX), &Fixed(Ok(255))), i64::MAX);
        assert_eq!(wait_ms(None, &Fixed(Err(PortError::Timeout))), 250);
    }
}

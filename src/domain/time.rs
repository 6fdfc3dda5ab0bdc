//! Time as text.

use chrono::{DateTime, SecondsFormat};

/// RFC 3339 in UTC with milliseconds: `2026-01-02T03:04:05.678Z`. Total: the format ends with the years 0000 and 9999, and
/// so does the answer.
#[must_use]
pub fn rfc3339(ms: i64) -> String {
    DateTime::from_timestamp_millis(ms.clamp(FIRST_MS, LAST_MS))
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds of a minute.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// Milliseconds of a second.
pub const SECOND_MS: i64 = 1_000;

/// 0000-01-01T00:00:00.000Z.
const FIRST_MS: i64 = -62_167_219_200_000;
/// 9999-12-31T23:59:59.999Z.
const LAST_MS: i64 = 253_402_300_799_999;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn writes_utc_with_milliseconds() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_767_323_045_678, "2026-01-02T03:04:05.678Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (i64::MIN, "0000-01-01T00:00:00.000Z"),
            (i64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(rfc3339(ms), text);
        }
    }

    proptest! {
        #[test]
        fn is_total_and_of_one_length(ms in any::<i64>()) {
            prop_assert_eq!(rfc3339(ms).len(), 24);
        }

        #[test]
        fn reads_back_as_the_same_moment(ms in FIRST_MS..=LAST_MS) {
            let read = DateTime::parse_from_rfc3339(&rfc3339(ms)).map(|moment| moment.timestamp_millis());
            prop_assert_eq!(read, Ok(ms));
        }

        #[test]
        fn sorts_as_text_as_it_does_as_number(a in FIRST_MS..=LAST_MS, b in FIRST_MS..=LAST_MS) {
            prop_assert_eq!(a.cmp(&b), rfc3339(a).cmp(&rfc3339(b)));
        }
    }
}

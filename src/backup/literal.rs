//! Values as SQL literals that every SQLite reads back as the very same value, and that stand on one line.

use std::fmt::Write as _;

/// A text: in quotes when it can stand so, with marks for its ends of lines, otherwise by its bytes. `sqlite3` takes the
/// carriage return out of a line that it reads, NUL ends what it reads, wrangler looks for the words that begin a
/// transaction, and U+0001 is a mark of [`super::page`], where the same is said in SQL.
#[must_use]
pub fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(['\0', '\u{1}']) => on_one_line(&super::sql::text(text)),
        _ => format!("CAST({} AS TEXT)", blob(bytes)),
    }
}

/// Literals as SQLite quotes them, those with ends of lines written so that they have none, those with the words that begin
/// a transaction by their bytes.
#[must_use]
pub fn on_one_line(literals: &str) -> String {
    let mut done = String::with_capacity(literals.len() + literals.len() / 16);
    let mut rest = literals;
    while let Some(open) = memchr::memchr(b'\'', rest.as_bytes()) {
        let (before, quoted) = rest.split_at(open);
        done.push_str(before);
        let (literal, after) = quoted.split_at(quoted_end(quoted.as_bytes()));
        let ends = memchr::memchr2(b'\n', b'\r', literal.as_bytes()).is_some();
        if has(literal, TRANSACTION) || ends && (has(literal, LF) || has(literal, CR)) {
            let text = literal.get(1..literal.len() - 1).unwrap_or_default().replace("''", "'");
            let _ = write!(done, "CAST({} AS TEXT)", blob(text.as_bytes()));
        } else if ends {
            let marked = literal.replace('\n', LF).replace('\r', CR);
            let _ = write!(done, "replace(replace({marked},'{LF}',char(10)),'{CR}',char(13))");
        } else {
            done.push_str(literal);
        }
        rest = after;
    }
    done.push_str(rest);
    done
}

/// Whether these words stand in a text. Every text of a dump is searched: this way is several times as fast as `contains`.
#[must_use]
pub fn has(text: &str, words: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), words.as_bytes()).is_some()
}

/// Where a quoted stretch at the beginning of a text ends: at a quote that is not doubled.
fn quoted_end(text: &[u8]) -> usize {
    let mut at = 1;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr(b'\'', rest)) {
        at += found + 1;
        if text.get(at) != Some(&b'\'') {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// A blob: `X'00FF'`.
#[must_use]
pub fn blob(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(bytes.len() * 2 + 3);
    hex.push_str("X'");
    for byte in bytes {
        let _ = write!(hex, "{byte:02X}");
    }
    hex.push('\'');
    hex
}

/// The bytes behind hex digits.
#[must_use]
pub fn unhex(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks_exact(2);
    if !digits.remainder().is_empty() {
        return None;
    }
    digits
        .map(|pair| match pair {
            [high, low] => Some(nibble(*high)? << 4 | nibble(*low)?),
            _ => None,
        })
        .collect()
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// A REAL to the last bit.
///
/// Not every SQLite reads every decimal number to the nearest double. Up to 15 digits times a power of ten up to 10^22 all
/// do, since both are exact and there is one rounding. Everything else is written as a whole number below 2^53 multiplied or
/// divided by powers of two, which is exact at each step.
#[must_use]
pub fn real(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "9e999".into() } else { "-9e999".into() };
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0.0".into() } else { "0.0".into() };
    }
    let shortest = format!("{value:?}");
    if is_sure(&shortest) { shortest } else { exact(value) }
}

/// What `quote` made of a REAL, when that says for sure which one it is.
#[must_use]
pub fn sure_real(quoted: &str) -> Option<f64> {
    match quoted {
        "9.0e+999" => Some(f64::INFINITY),
        "-9.0e+999" => Some(f64::NEG_INFINITY),
        _ => quoted.parse().ok().filter(|_| is_sure(quoted)),
    }
}

fn is_sure(decimal: &str) -> bool {
    let (mantissa, exponent) = decimal.split_once(['e', 'E']).unwrap_or((decimal, "0"));
    let (whole, fraction) =
        mantissa.trim_start_matches('-').split_once('.').unwrap_or((mantissa.trim_start_matches('-'), ""));
    let fraction = fraction.trim_end_matches('0');
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let Ok(exponent) = exponent.parse::<i64>() else { return false };
    let power = exponent - i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    significant.len() <= 15 && (-22..=22).contains(&power)
}

fn exact(value: f64) -> String {
    let bits = value.to_bits();
    let biased = i64::try_from(bits >> 52 & 0x7ff).unwrap_or(0);
    let fraction = bits & ((1 << 52) - 1);
    let (mut mantissa, mut power) = if biased == 0 { (fraction, -1074) } else { (fraction | 1 << 52, biased - 1075) };
    let zeros = i64::from(mantissa.trailing_zeros());
    mantissa >>= zeros;
    power += zeros;
    let mut text = format!("{}{mantissa}.0", if value < 0.0 { "-" } else { "" });
    let sign = if power < 0 { '/' } else { '*' };
    let mut left = power.unsigned_abs();
    while left > 0 {
        let step = left.min(52);
        let _ = write!(text, "{sign}{}.0", 1_u64 << step);
        left -= step;
    }
    text
}

/// What stands for a line feed. A text that holds it, and ends of lines besides, is written by its bytes.
pub const LF: &str = "\\n";
/// Likewise for a carriage return.
pub const CR: &str = "\\r";
/// Words that wrangler takes for a transaction wherever they stand.
pub const TRANSACTION: &str = "BEGIN TRANSACTION";

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn writes_texts_so_that_they_stand_on_one_line() {
        assert_eq!(text(b"it's\t\xc3\xa9"), "'it''s\té'");
        assert_eq!(text(b"it's\r\n"), "replace(replace('it''s\\r\\n','\\n',char(10)),'\\r',char(13))");
        assert_eq!(text(b"c:\\new"), "'c:\\new'");
        assert_eq!(text(b"\x02\x1f'"), "'\x02\x1f'''");
        assert_eq!(
            on_one_line("1,'''\n',X'00','b'"),
            "1,replace(replace('''\\n','\\n',char(10)),'\\r',char(13)),X'00','b'"
        );
        let by_bytes = text(b"it's BEGIN TRANSACTION;");
        assert_eq!(on_one_line("1,'it''s BEGIN TRANSACTION;',NULL"), format!("1,{by_bytes},NULL"));
        for bytes in [&b"a\0b"[..], b"c:\\new\n", b"\\r\n", b"\xff\xfe", b"\n BEGIN TRANSACTION;", b"\x01"] {
            let hex = text(bytes);
            assert!(hex.starts_with("CAST(X'") && hex.ends_with("' AS TEXT)"), "{hex}");
            assert_eq!(unhex(&hex[7..hex.len() - 10]).unwrap(), bytes);
        }
        assert_eq!((unhex("0"), unhex("0g")), (None, None));
    }

    #[test]
    fn believes_what_sqlite_says_of_a_real_only_when_it_is_sure() {
        assert_eq!(sure_real("0.5"), Some(0.5));
        assert_eq!(sure_real("-1.0e+21"), Some(-1e21));
        assert_eq!(sure_real("9.0e+999"), Some(f64::INFINITY));
        assert_eq!(sure_real("-0.0").map(real).as_deref(), Some("-0.0"));
        assert_eq!(sure_real("-123456789012345.0"), Some(-123_456_789_012_345.0));
        for unsure in ["0.30000000000000004", "1.0e-30", "1.0e+40", "1234567890123456.0", "nonsense"] {
            assert_eq!(sure_real(unsure), None, "{unsure}");
        }
    }

    /// What a reader makes of a literal who computes as the standard says and reads only sure numbers right.
    fn computed(literal: &str) -> f64 {
        let mut parts = literal.split_inclusive(['*', '/']);
        let number = |part: &str| part.trim_end_matches(['*', '/']).parse::<f64>().unwrap();
        let first = parts.next().unwrap();
        let (mut value, mut sign) = (number(first), first.chars().last());
        for part in parts {
            value = if sign == Some('*') { value * number(part) } else { value / number(part) };
            sign = part.chars().last();
        }
        value
    }

    proptest! {
        #[test]
        fn writes_every_real_to_the_last_bit(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            if value.is_finite() && value != 0.0 {
                prop_assert_eq!(computed(&real(value)).to_bits(), value.to_bits(), "{}", real(value));
                prop_assert_eq!(computed(&exact(value)).to_bits(), value.to_bits(), "{}", exact(value));
            }
        }
    }
}

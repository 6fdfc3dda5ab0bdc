//! Values that a statement is given beside its text.
//!
//! D1 and Durable Objects keep what they have compiled by its text, up to 1 MiB of texts, and a compiled page takes ten times
//! the room of its text. So the text of a page must be the same from page to page: what differs is bound.

use crate::store::value::Value;

/// Values in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct Bound(Vec<Value>);

impl Bound {
    /// The place of a whole number.
    pub(super) fn number(&mut self, number: u64) -> String {
        let value = i64::try_from(number).ok().filter(|number| *number <= EXACT);
        value.and_then(|number| self.place(number.into())).unwrap_or_else(|| number.to_string())
    }

    /// The expression for a literal, which has no affinity, as the literal has none. What has no plain value stays itself.
    pub(super) fn literal(&mut self, literal: &str) -> String {
        let bound = match plain(literal) {
            // As text, since a bound number is a REAL; and without the affinity that a CAST has.
            Some(Plain::Integer) => self.place(literal.into()).map(|place| format!("+CAST({place} AS INTEGER)")),
            Some(Plain::Other(value)) => self.place(value).map(|place| format!("+{place}")),
            None => None,
        };
        bound.unwrap_or_else(|| format!("+{literal}"))
    }

    pub(super) fn values(self) -> Vec<Value> {
        self.0
    }

    fn place(&mut self, value: Value) -> Option<String> {
        if self.0.len() >= MOST {
            return None;
        }
        self.0.push(value);
        Some(format!("?{}", self.0.len()))
    }
}

enum Plain {
    Integer,
    Other(Value),
}

fn plain(literal: &str) -> Option<Plain> {
    if literal.parse::<i64>().is_ok() {
        return Some(Plain::Integer);
    }
    if let Some(hex) = literal.strip_prefix("X'").and_then(|rest| rest.strip_suffix('\'')) {
        return super::literal::unhex(hex).map(|bytes| Plain::Other(Value::Blob(bytes)));
    }
    let inside = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let text = inside.replace("''", "'");
    // Each quote within is one of two, or this is more than one literal.
    let quotes = |text: &str| memchr::memchr_iter(b'\'', text.as_bytes()).count();
    (quotes(inside) == 2 * quotes(&text)).then_some(Plain::Other(Value::Text(text)))
}

/// D1 takes 100.
const MOST: usize = 90;
/// Whole numbers up to here are bound as they are.
const EXACT: i64 = 1 << 53;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binds_what_is_plain_and_leaves_the_rest() {
        let mut bound = Bound::default();
        assert_eq!(bound.literal("-9223372036854775808"), "+CAST(?1 AS INTEGER)");
        assert_eq!(bound.literal("'it''s'"), "+?2");
        assert_eq!(bound.literal("X'00FF'"), "+?3");
        assert_eq!(bound.literal("''"), "+?4");
        assert_eq!(bound.number(128), "?5");
        for other in ["NULL", "0.5", "9e999", "CAST(X'00' AS TEXT)", "replace('a\\n','\\n',char(10))", "'a'||'b'"] {
            assert_eq!(bound.literal(other), format!("+{other}"));
        }
        let wanted =
            ["-9223372036854775808".into(), "it's".into(), Value::Blob(vec![0, 255]), "".into(), Value::Integer(128)];
        assert_eq!(bound.values(), wanted);
    }

    #[test]
    fn binds_no_more_than_d1_takes() {
        let mut bound = Bound::default();
        let places: Vec<_> = (0..100).map(|number| bound.number(number)).collect();
        assert_eq!((places[89].as_str(), places[90].as_str()), ("?90", "90"));
        assert_eq!(bound.literal("'a'"), "+'a'");
        assert_eq!(bound.values().len(), 90);
    }
}

//! W3C trace context (<https://www.w3.org/TR/trace-context/>): which trace an event belongs to, and what it hands on.

use std::fmt;

/// Where an event stands in its trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// 32 lower-case hex digits, not all zero.
    pub trace_id: String,
    /// This event: 16 lower-case hex digits, not all zero.
    pub span_id: String,
    /// The span that called, when one did.
    pub parent: Option<String>,
    /// What the caller decided on recording; `None` when there is no caller.
    pub sampled: Option<bool>,
}

impl Trace {
    /// A trace that begins with the event of this id: a UUID gives all the digits that are needed, those at its end random.
    #[must_use]
    pub fn begin(id: &str) -> Self {
        let mut trace_id = [b'0'; 32];
        for (place, digit) in trace_id.iter_mut().zip(digits(id)) {
            *place = digit;
        }
        let trace_id = text(&trace_id);
        // An id without digits would make the forbidden ids of zeros.
        let trace_id = if is_nonzero(&trace_id) { trace_id } else { format!("{:0>32}", 1) };
        Self { span_id: span_of(id), trace_id, parent: None, sampled: None }
    }

    /// Goes on with the trace of a valid `traceparent`; a value that is not valid begins a new one.
    #[must_use]
    pub fn go_on(traceparent: Option<&str>, id: &str) -> Self {
        match traceparent.and_then(parse) {
            Some((trace_id, parent, sampled)) => {
                Self { trace_id, span_id: span_of(id), parent: Some(parent), sampled: Some(sampled) }
            }
            None => Self::begin(id),
        }
    }

    /// Whether a transaction of this trace is sent, at this rate. By the trace id alone, so that all parts of a trace agree
    /// without asking each other.
    #[must_use]
    pub fn is_sampled(&self, rate: f64) -> bool {
        // The last 52 bits: a UUID has its time in front, and a double holds so many.
        let digits = self.trace_id.get(19..).unwrap_or_default();
        let number = u64::from_str_radix(digits, 16).unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "52 bits are exact")]
        let place = number as f64 / (1_u64 << 52) as f64;
        place < rate
    }
}

/// `traceparent`, for those that are called from here. The flag says what the caller said; one that began here is sampled
/// by its id everywhere.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = if self.sampled.unwrap_or(false) { "01" } else { "00" };
        write!(f, "00-{}-{}-{flags}", self.trace_id, self.span_id)
    }
}

/// Trace id, parent and flag of a valid `traceparent`.
fn parse(value: &str) -> Option<(String, String, bool)> {
    let mut parts = value.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let more = parts.next().is_some();
    let well_formed = is_hex(version, 2) && is_hex(trace, 32) && is_hex(parent, 16) && is_hex(flags, 2);
    // Version ff is forbidden; version 00 has exactly four parts, later ones may have more.
    let known = version != "ff" && !(version == "00" && more);
    let sampled = u8::from_str_radix(flags, 16).unwrap_or(0) & 1 == 1;
    (well_formed && known && is_nonzero(trace) && is_nonzero(parent))
        .then(|| (trace.to_owned(), parent.to_owned(), sampled))
}

/// The last 16 digits of an id, which are random.
fn span_of(id: &str) -> String {
    let mut span = [b'0'; 16];
    for (place, digit) in span.iter_mut().rev().zip(digits(id).rev()) {
        *place = digit;
    }
    let span = text(&span);
    if is_nonzero(&span) { span } else { format!("{:0>16}", 1) }
}

/// The hex digits of an id, in lower case.
fn digits(id: &str) -> impl DoubleEndedIterator<Item = u8> {
    id.bytes().filter(u8::is_ascii_hexdigit).map(|digit| digit.to_ascii_lowercase())
}

fn text(digits: &[u8]) -> String {
    digits.iter().copied().map(char::from).collect()
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_nonzero(text: &str) -> bool {
    text.bytes().any(|byte| byte != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "019b7ca9-8f2e-7f55-b0f5-a1810b7af78c";
    const EXAMPLE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn takes_the_example_of_the_standard_and_hands_it_on() {
        let trace = Trace::go_on(Some(EXAMPLE), ID);
        assert_eq!(trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.parent.as_deref(), Some("00f067aa0ba902b7"));
        assert_eq!(trace.to_string(), "00-4bf92f3577b34da6a3ce929d0e0e4736-b0f5a1810b7af78c-01");
        let later = "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes";
        assert_eq!(Trace::go_on(Some(later), ID), trace, "a later version");
    }

    #[test]
    fn begins_anew_on_what_the_standard_refuses() {
        for value in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(Trace::go_on(Some(value), ID), Trace::begin(ID), "{value}");
        }
        assert_eq!(Trace::begin(ID).trace_id, "019b7ca98f2e7f55b0f5a1810b7af78c");
    }

    #[test]
    fn is_valid_for_any_id() {
        for id in ["", "zzz", "without-entropy-1767323045678", "0", ID] {
            let text = Trace::begin(id).to_string();
            assert!(parse(&text).is_some(), "{id}: {text}");
        }
    }

    #[test]
    fn samples_by_the_trace_alone_and_about_as_often_as_asked() {
        let traces: Vec<_> = (0..10_000_u64)
            .map(|n| {
                let digits = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                Trace::go_on(Some(&format!("00-{:016x}{digits:016x}-00f067aa0ba902b7-00", n + 1)), ID)
            })
            .collect();
        let sampled = |rate: f64| traces.iter().filter(|trace| trace.is_sampled(rate)).count();
        assert_eq!(sampled(0.0), 0);
        assert_eq!(sampled(1.0), traces.len());
        assert!((900..1_100).contains(&sampled(0.1)), "{}", sampled(0.1));
        let subset = traces.iter().all(|trace| !trace.is_sampled(0.1) || trace.is_sampled(0.2));
        assert!(subset, "what is sampled at a rate is sampled at a higher one");
    }
}

//! Display names.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

/// A name as it is shown: trimmed, NFC, 1 to 100 code points of which at least one can be seen. `Debug` prints nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct DisplayName(String);

impl DisplayName {
    /// Reads a name. Names are free text; refused is only what would break the page or forge its reading order.
    ///
    /// # Errors
    /// Says what is wrong in words for whoever typed it.
    pub fn parse(text: &str) -> Result<Self, NameProblem> {
        if text.len() > RAW_BYTES {
            return Err(NameProblem::TooLong);
        }
        let name: String = text.trim().nfc().collect();
        if name.chars().count() > LENGTH {
            return Err(NameProblem::TooLong);
        }
        if name.chars().any(is_refused) {
            return Err(NameProblem::Characters);
        }
        if name.chars().all(is_invisible) {
            return Err(NameProblem::Empty);
        }
        Ok(Self(name))
    }

    /// The normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DisplayName(..)")
    }
}

/// Why a text is no name that we show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameProblem {
    /// Nothing that could be seen.
    Empty,
    /// Over 100 characters.
    TooLong,
    /// Control or direction characters.
    Characters,
}

impl fmt::Display for NameProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Enter a name, or leave it out.",
            Self::TooLong => "A name has at most 100 characters.",
            Self::Characters => "A name can't contain line breaks, control characters or hidden formatting characters.",
        })
    }
}

impl std::error::Error for NameProblem {}

/// Controls, line and paragraph separators, bidirectional embeddings, overrides and isolates (UAX #9), and characters that
/// carry hidden text: byte order mark, interlinear annotation, tags, noncharacters.
fn is_refused(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{200b}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// Allowed within a name, for scripts and emoji need them, but no name by themselves.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200c}'..='\u{200f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}')
}

/// Code points after normalisation.
const LENGTH: usize = 100;
/// Before normalisation, so that its work is bounded: far above what 100 code points need.
const RAW_BYTES: usize = 2_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn trims_and_composes() {
        for (text, name) in [
            ("  Ada  ", "Ada"),
            ("Zoe\u{308}", "Zoë"),
            ("\u{3000}山田太郎\u{3000}", "山田太郎"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
            ("O'Brien, <b>", "O'Brien, <b>"),
        ] {
            assert_eq!(DisplayName::parse(text).unwrap().as_str(), name);
        }
    }

    #[test]
    fn refuses_what_cannot_be_seen_or_deceives() {
        for (text, problem) in [
            ("", NameProblem::Empty),
            ("   ", NameProblem::Empty),
            ("\u{200d}\u{3164}", NameProblem::Empty),
            ("a\nb", NameProblem::Characters),
            ("a\0", NameProblem::Characters),
            ("a\u{85}b", NameProblem::Characters),
            ("\u{202e}moc.live", NameProblem::Characters),
            ("a\u{2066}b", NameProblem::Characters),
            ("a\u{200b}b", NameProblem::Characters),
            ("a\u{e0041}", NameProblem::Characters),
            ("a\u{10ffff}", NameProblem::Characters),
        ] {
            assert_eq!(DisplayName::parse(text), Err(problem), "{text:?}");
        }
    }

    #[test]
    fn counts_code_points_after_normalising() {
        assert!(DisplayName::parse(&"😀".repeat(100)).is_ok());
        assert!(DisplayName::parse(&"e\u{301}".repeat(100)).is_ok());
        assert_eq!(DisplayName::parse(&"😀".repeat(101)), Err(NameProblem::TooLong));
        assert_eq!(DisplayName::parse(&" ".repeat(2_001)), Err(NameProblem::TooLong));
    }

    #[test]
    fn prints_nothing_of_itself() {
        assert_eq!(format!("{:?}", DisplayName::parse("Ada").unwrap()), "DisplayName(..)");
    }

    proptest! {
        #[test]
        fn what_it_takes_is_its_own_normal_form(text in any::<String>()) {
            if let Ok(name) = DisplayName::parse(&text) {
                prop_assert_eq!(DisplayName::parse(name.as_str()), Ok(name.clone()));
                prop_assert!((1..=100).contains(&name.as_str().chars().count()));
            }
        }
    }
}

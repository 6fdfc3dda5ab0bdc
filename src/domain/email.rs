//! E-mail addresses: one strict address, in one normal form.
//!
//! The parser is our own. RFC 5322 allows comments, quoted local parts, folding and address literals that no provider hands
//! out and that have let one text mean two addresses elsewhere; the crates that read addresses read all of that, or leave
//! the length caps and the normal form to the caller. The strict subset is short enough to be read whole.

use std::fmt;

/// An address such as `ada@example.org`, lower-cased. `Debug` prints nothing of it.
///
/// The local part is lower-cased as well: providers that tell `Ada@` from `ada@` are all but extinct, and two accounts that
/// differ in case only are a way to impersonate.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Reads exactly one address, with ASCII whitespace around it allowed.
    ///
    /// # Errors
    /// Says what is wrong in words for whoever typed it.
    pub fn parse(text: &str) -> Result<Self, EmailProblem> {
        let text = text.trim_ascii();
        if text.is_empty() {
            return Err(EmailProblem::Empty);
        }
        if text.len() > TOTAL_LENGTH {
            return Err(EmailProblem::TooLong);
        }
        if !text.is_ascii() {
            return Err(EmailProblem::NotAscii);
        }
        let (local, domain) = text.split_once('@').ok_or(EmailProblem::NotAnAddress)?;
        if local.len() > LOCAL_LENGTH {
            return Err(EmailProblem::TooLong);
        }
        if !is_dot_atom(local) {
            return Err(EmailProblem::NotAnAddress);
        }
        if !is_host_name(domain) {
            return Err(EmailProblem::Domain);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }

    /// The normal form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`.
    #[must_use]
    pub fn local(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }

    /// The part after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Email(..)")
    }
}

/// Why a text is no address that we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailProblem {
    /// Nothing there.
    Empty,
    /// Over 254 characters, or 64 before the `@`.
    TooLong,
    /// Characters beyond ASCII.
    NotAscii,
    /// Not of the form `name@example.org`.
    NotAnAddress,
    /// What follows the `@` is no full domain name.
    Domain,
}

impl fmt::Display for EmailProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "Enter an e-mail address.",
            Self::TooLong => "This e-mail address is too long: at most 254 characters, 64 of them before the @.",
            Self::NotAscii => {
                "Only unaccented Latin letters can be used here. For a domain in another script, enter its xn-- form."
            }
            Self::NotAnAddress => "Enter one e-mail address, such as name@example.org.",
            Self::Domain => "What follows the @ must be a full domain name, such as example.org.",
        })
    }
}

impl std::error::Error for EmailProblem {}

/// RFC 5322 `dot-atom-text`: atoms with single dots between them.
fn is_dot_atom(text: &str) -> bool {
    text.split('.').all(|atom| {
        !atom.is_empty()
            && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
    })
}

/// A name of two labels or more (RFC 1123), whose last label is not a number: `1.2.3.4` is no name.
fn is_host_name(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default();
    text.contains('.') && text.split('.').all(is_label) && last.len() >= 2 && !last.bytes().all(|b| b.is_ascii_digit())
}

fn is_label(label: &str) -> bool {
    (1..=LABEL_LENGTH).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// RFC 5321 4.5.3.1.3 less the angle brackets (erratum 1690).
const TOTAL_LENGTH: usize = 254;
/// RFC 5321 4.5.3.1.1.
const LOCAL_LENGTH: usize = 64;
/// RFC 1035 2.3.4.
const LABEL_LENGTH: usize = 63;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lower_cases_and_trims() {
        for (text, normal) in [
            ("Ada@Example.ORG", "ada@example.org"),
            (" \t\r\nada@example.org\n", "ada@example.org"),
            ("o'brien+tag@mail.example.co.uk", "o'brien+tag@mail.example.co.uk"),
            ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example"),
            ("a@1.2.3.example", "a@1.2.3.example"),
            ("!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org"),
        ] {
            assert_eq!(Email::parse(text).unwrap().as_str(), normal);
        }
    }

    #[test]
    fn s18_refuses_everything_but_a_single_plain_address() {
        use EmailProblem::{Domain, Empty, NotAnAddress, NotAscii};
        for (text, problem) in [
            ("", Empty),
            (" \n", Empty),
            ("ada", NotAnAddress),
            ("@example.org", NotAnAddress),
            ("ada@", Domain),
            ("a@example.org,b@example.org", Domain),
            ("a@x,b@y", Domain),
            ("a@example.org;b@example.org", Domain),
            ("a@example.org b@example.org", Domain),
            ("a@b@example.org", Domain),
            ("a,b@example.org", NotAnAddress),
            ("a b@example.org", NotAnAddress),
            ("Ada <ada@example.org>", NotAnAddress),
            ("<ada@example.org>", NotAnAddress),
            ("\"ada\"@example.org", NotAnAddress),
            ("\"a@b\"@example.org", NotAnAddress),
            ("ada(comment)@example.org", NotAnAddress),
            ("ada@example.org(comment)", Domain),
            ("ada\\@example.org", NotAnAddress),
            ("ada\r\nBcc:x@example.org", NotAnAddress),
            ("ada@example.org\r\nBcc: eve@example.org", Domain),
            ("ada@example.org\0", Domain),
            ("ada\0@example.org", NotAnAddress),
            ("ada\u{7f}@example.org", NotAnAddress),
            (".ada@example.org", NotAnAddress),
            ("ada.@example.org", NotAnAddress),
            ("a..da@example.org", NotAnAddress),
            ("ada@localhost", Domain),
            ("ada@example", Domain),
            ("ada@example.org.", Domain),
            ("ada@.example.org", Domain),
            ("ada@example..org", Domain),
            ("ada@-example.org", Domain),
            ("ada@example-.org", Domain),
            ("ada@exa_mple.org", Domain),
            ("ada@[127.0.0.1]", Domain),
            ("ada@127.0.0.1", Domain),
            ("ada@[IPv6:::1]", Domain),
            ("ada@example.o", Domain),
            ("ada@bücher.example", NotAscii),
            ("åda@example.org", NotAscii),
            ("ada@example。org", NotAscii),
            ("ada@example.org\u{a0}", NotAscii),
            ("ada\u{200b}@example.org", NotAscii),
            ("аda@example.org", NotAscii),
        ] {
            assert_eq!(Email::parse(text), Err(problem), "{text:?}");
        }
    }

    #[test]
    fn s18_caps_each_length() {
        let local = "a".repeat(64);
        let domain = format!("{0}.{0}.{1}.org", "b".repeat(60), "c".repeat(61));
        assert_eq!(local.len() + 1 + domain.len(), 252);
        assert!(Email::parse(&format!("{local}@{domain}")).is_ok());
        assert!(Email::parse(&format!("{local}@b{domain}x")).is_ok());
        assert_eq!(Email::parse(&format!("{local}@bb{domain}x")), Err(EmailProblem::TooLong));
        assert_eq!(Email::parse(&format!("a{local}@example.org")), Err(EmailProblem::TooLong));
        assert_eq!(Email::parse(&format!("a@{}.org", "b".repeat(64))), Err(EmailProblem::Domain));
        assert_eq!(Email::parse(&"a@".repeat(1_000_000)), Err(EmailProblem::TooLong));
    }

    #[test]
    fn prints_nothing_of_itself() {
        assert_eq!(format!("{:?}", Email::parse("ada@example.org").unwrap()), "Email(..)");
    }

    #[test]
    fn splits_at_the_one_at_sign() {
        let email = Email::parse("ada@example.org").unwrap();
        assert_eq!((email.local(), email.domain()), ("ada", "example.org"));
    }

    proptest! {
        #[test]
        fn takes_every_plain_address(local in "[a-zA-Z0-9_+-]{1,20}(\\.[a-z0-9]{1,20}){0,2}", domain in "([a-z0-9]{1,20}\\.){1,4}[a-z]{2,10}") {
            let text = format!("{local}@{domain}");
            let email = Email::parse(&text).unwrap();
            prop_assert_eq!(email.as_str(), text.to_ascii_lowercase());
        }

        #[test]
        fn s18_what_it_takes_is_safe_and_is_its_own_normal_form(text in "[a-zA-Z0-9@.,;<>\"\\\\ ()\\r\\n\\x00:\\[\\]é%+-]{0,24}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
                prop_assert_eq!(email.as_str().matches('@').count(), 1);
                prop_assert!(!email.as_str().contains(|c: char| " ,;<>\"\\()[]:".contains(c) || c.is_control()));
            }
        }

        #[test]
        fn answers_any_text(text in any::<String>()) {
            let _ = Email::parse(&text);
        }
    }
}

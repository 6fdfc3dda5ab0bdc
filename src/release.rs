//! What this program was made from: version, commit, time.
//!
//! The compiler is told a commit, but a build that nothing of a later commit changes is not made again. So whoever packs it
//! may stamp it, and the stamp counts. It is read when an installation is made, before anybody asks.

use std::sync::OnceLock;

use crate::domain::time::rfc3339;

/// A commit and its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Short hash of the commit, `unknown` outside a repository.
    pub commit: String,
    /// As of when, RFC 3339: `SOURCE_DATE_EPOCH`, or the time of the commit, so that the same sources give the same
    /// program. `None` where neither is known.
    pub built_at: Option<String>,
    /// Version and commit, as Sentry writes releases.
    pub name: String,
}

impl Release {
    fn new(commit: &str, seconds: &str) -> Self {
        Self {
            commit: commit.to_owned(),
            built_at: seconds.parse::<i64>().ok().map(|seconds| rfc3339(seconds.saturating_mul(1000))),
            name: format!("edgekeep@{}+{commit}", env!("CARGO_PKG_VERSION")),
        }
    }

    /// From a stamp: the commit, a space, seconds since 1970. `None` for any other text.
    fn stamped(stamp: &str) -> Option<Self> {
        let (commit, seconds) = stamp.split_once(' ')?;
        let is_hash = !commit.is_empty() && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hash.then(|| Self::new(commit, seconds))
    }
}

/// Takes the stamp of whoever packed the program, if it is one. Only the first counts.
pub fn stamp(text: &str) {
    if let Some(release) = Release::stamped(text) {
        // A second one would come from the same program, and say the same.
        let _ = RELEASE.set(release);
    }
}

/// This one.
pub fn release() -> &'static Release {
    RELEASE.get_or_init(|| Release::new(env!("EDGEKEEP_GIT_SHA"), env!("EDGEKEEP_BUILD_TIME")))
}

static RELEASE: OnceLock<Release> = OnceLock::new();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_a_commit_and_its_time() {
        let release = Release::stamped("0123456789ab 1764111845").unwrap();
        assert_eq!(release.commit, "0123456789ab");
        assert_eq!(release.built_at.as_deref(), Some("2025-11-25T23:04:05.000Z"));
        assert!(release.name.starts_with("edgekeep@") && release.name.ends_with("+0123456789ab"));
        assert_eq!(Release::stamped("0123456789ab ").unwrap().built_at, None);
        for text in ["", " ", "0123", "unknown 1", "<b> 1", " 1764111845"] {
            assert_eq!(Release::stamped(text), None, "{text:?}");
        }
    }

    #[test]
    fn without_a_stamp_it_is_what_the_compiler_was_told() {
        let told = Release::new(env!("EDGEKEEP_GIT_SHA"), env!("EDGEKEEP_BUILD_TIME"));
        stamp("no stamp");
        assert_eq!(*release(), told);
    }
}

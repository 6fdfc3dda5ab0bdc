//! Standard output, which a reader such as `head` may close before the end.

use std::io::{ErrorKind, Write as _};

use anyhow::{Context, Error, Result};

/// Prints a text and a line's end.
pub fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).context("cannot write to standard output")
}

/// Whether whoever read the output has gone: nobody is left to be told of it, and nothing is wrong.
pub fn is_unread(cause: &Error) -> bool {
    let is_closed = |cause: &std::io::Error| cause.kind() == ErrorKind::BrokenPipe;
    cause.chain().any(|cause| cause.downcast_ref().is_some_and(is_closed))
}

//! Lines of JSON from other people's programs: with or without a byte order mark, ended by LF or CRLF, some blank.

use std::io::{BufRead, Result};

use serde::de::{DeserializeOwned, Error as _};

/// The lines that hold something, each with its number from 1 on.
pub struct Lines<R> {
    reader: R,
    read: usize,
}

impl<R: BufRead> Lines<R> {
    /// Lines of a reader.
    pub fn of(reader: R) -> Self {
        Self { reader, read: 0 }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<(usize, Vec<u8>)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let mut line = Vec::new();
            match self.reader.read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Err(cause) => return Some(Err(cause)),
                Ok(_) => self.read += 1,
            }
            // At any line, for files that were put together from files with a mark.
            if line.starts_with(MARK) {
                line.drain(..MARK.len());
            }
            line.truncate(line.trim_ascii_end().len());
            if !line.is_empty() {
                return Some(Ok((self.read, line)));
            }
        }
    }
}

/// Reads the object of a line. Only an object: serde would take an array of the values for one too.
pub fn object<T: DeserializeOwned>(line: &[u8]) -> serde_json::Result<T> {
    if line.starts_with(b"{") { serde_json::from_slice(line) } else { Err(serde_json::Error::custom("not an object")) }
}

/// U+FEFF in UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_ends_of_lines_and_blank_lines_are_not_part_of_a_line() -> Result<()> {
        let text = b"\xef\xbb\xbf{}\r\n\r\n \t\n\xef\xbb\xbf[1]\n2";
        let lines = Lines::of(&text[..]).collect::<Result<Vec<_>>>()?;
        assert_eq!(lines, [(1, b"{}".to_vec()), (4, b"[1]".to_vec()), (5, b"2".to_vec())]);
        Ok(())
    }
}

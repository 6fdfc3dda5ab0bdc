//! UTF-16 as it is read, in UTF-8.

use std::io::{BufReader, ErrorKind, Read, Result};

/// Reads UTF-16 and gives UTF-8, without the mark. What is no UTF-16 is an error.
pub(super) struct Utf16<R> {
    inner: BufReader<R>,
    unit: fn([u8; 2]) -> u16,
    /// The first half of a pair.
    high: Option<u16>,
    /// Something was read: a mark stands only at the beginning.
    is_begun: bool,
    /// Bytes of a character that had no place any more.
    rest: Vec<u8>,
}

impl<R: Read> Utf16<R> {
    pub(super) fn new(inner: R, unit: fn([u8; 2]) -> u16) -> Self {
        Self { inner: BufReader::new(inner), unit, high: None, is_begun: false, rest: Vec::new() }
    }

    /// The next character; none at the end.
    fn next(&mut self) -> Result<Option<char>> {
        loop {
            let mut bytes = [0; 2];
            let read = self.inner.read(&mut bytes[..1])?;
            if read == 0 {
                return if self.high.is_none() { Ok(None) } else { Err(ErrorKind::InvalidData.into()) };
            }
            self.inner.read_exact(&mut bytes[1..])?;
            let unit = (self.unit)(bytes);
            let high = self.high.take();
            match char::decode_utf16(high.into_iter().chain([unit])).next() {
                Some(Ok(char)) => return Ok(Some(char)),
                Some(Err(_)) if (0xd800..0xdc00).contains(&unit) && high.is_none() => self.high = Some(unit),
                _ => return Err(ErrorKind::InvalidData.into()),
            }
        }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while self.rest.len() < buffer.len() {
            match self.next()? {
                Some(MARK) if !self.is_begun => {}
                Some(char) => self.rest.extend(char.encode_utf8(&mut [0; 4]).bytes()),
                None => break,
            }
            self.is_begun = true;
        }
        let length = self.rest.len().min(buffer.len());
        for (to, byte) in buffer.iter_mut().zip(self.rest.drain(..length)) {
            *to = byte;
        }
        Ok(length)
    }
}

const MARK: char = '\u{feff}';

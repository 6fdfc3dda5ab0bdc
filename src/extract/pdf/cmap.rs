//! `ToUnicode`: which characters the codes of a font stand for.

use std::rc::Rc;

use super::TOO_MUCH;
use super::lexer::{Item, Lexer, Object};
use crate::extract::Refusal;
use crate::extract::budget::Budget;

/// Ranges of codes, by their first code.
#[derive(Debug, Default)]
pub(super) struct CMap {
    ranges: Vec<Range>,
}

#[derive(Debug)]
struct Range {
    first: u32,
    last: u32,
    /// UTF-16 of the first code; its last unit counts up.
    units: Rc<[u16]>,
}

impl CMap {
    pub(super) fn parse(bytes: &[u8], budget: &Budget) -> Result<Self, Refusal> {
        let mut lexer = Lexer::new(bytes, 0, budget);
        let mut operands: Vec<Object> = Vec::new();
        let mut ranges = Vec::new();
        while let Some(item) = lexer.next()? {
            match item {
                Item::Object(object) => operands.push(object),
                Item::Word(word) => {
                    match word {
                        b"endbfchar" => ranges.extend(operands.as_chunks::<2>().0.iter().filter_map(single)),
                        b"endbfrange" => {
                            operands.as_chunks::<3>().0.iter().for_each(|operands| several(operands, &mut ranges));
                        }
                        _ => {}
                    }
                    operands.clear();
                }
            }
            if ranges.len() > MAX_RANGES {
                return Err(TOO_MUCH);
            }
        }
        ranges.sort_by_key(|range| range.first);
        Ok(Self { ranges })
    }

    /// Appends what a code stands for; says whether it stands for anything.
    pub(super) fn push(&self, code: u32, text: &mut String) -> bool {
        let at = self.ranges.partition_point(|range| range.first <= code);
        let Some(range) = at.checked_sub(1).and_then(|at| self.ranges.get(at)).filter(|range| code <= range.last)
        else {
            return false;
        };
        let Some((last, before)) = range.units.split_last() else { return false };
        let step = u16::try_from(code - range.first).unwrap_or(0);
        let units = before.iter().copied().chain([last.wrapping_add(step)]);
        let before = text.len();
        text.extend(char::decode_utf16(units).filter_map(Result::ok).filter(|char| *char != '\0'));
        text.len() > before
    }
}

fn single([code, text]: &[Object; 2]) -> Option<Range> {
    let code = number(code)?;
    Some(Range { first: code, last: code, units: units(text)? })
}

fn several([first, last, text]: &[Object; 3], ranges: &mut Vec<Range>) {
    let (Some(first), Some(last)) = (number(first), number(last)) else { return };
    match text {
        Object::Array(texts) => {
            for (code, text) in (first..=last).zip(texts.iter()) {
                ranges.extend(units(text).map(|units| Range { first: code, last: code, units }));
            }
        }
        text => ranges.extend(units(text).map(|units| Range { first, last, units })),
    }
}

fn number(object: &Object) -> Option<u32> {
    let bytes = object.text().filter(|bytes| bytes.len() <= 4)?;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

fn units(object: &Object) -> Option<Rc<[u16]>> {
    let bytes = object.text().filter(|bytes| bytes.len() <= LONGEST_TEXT)?;
    if let [byte] = bytes {
        return Some([u16::from(*byte)].into());
    }
    Some(bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect())
}

const MAX_RANGES: usize = 70_000;
/// A ligature has a few characters.
const LONGEST_TEXT: usize = 64;

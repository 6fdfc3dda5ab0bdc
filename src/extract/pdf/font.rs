//! Fonts: from the bytes of a string to characters and their widths.

use std::rc::Rc;

use super::cmap::CMap;
use super::encoding::{Encoding, push_glyph};
use super::file::File;
use super::lexer::{Dict, Object};
use super::standard;
use crate::extract::Refusal;

/// A font as far as text goes.
#[derive(Debug)]
pub(super) struct Font {
    codes: Codes,
    unicode: Option<CMap>,
    widths: Widths,
}

#[derive(Debug)]
enum Codes {
    /// One byte each, with what it stands for.
    Simple(Vec<Rc<str>>),
    /// Two bytes each.
    Composite {
        /// The code is the character, in UTF-16.
        is_unicode: bool,
    },
}

#[derive(Debug)]
struct Widths {
    /// First code, last code, width; by first code.
    of: Vec<(u32, u32, f64)>,
    other: f64,
    /// Glyph space to text space: a thousandth, but for Type 3 fonts.
    scale: f64,
}

/// One code of a string.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glyph {
    /// Width in text space at size 1.
    pub(super) width: f64,
    /// It is the code 32 of one byte, which word spacing is added to.
    pub(super) is_space: bool,
    /// It stands for something.
    pub(super) is_known: bool,
}

impl Widths {
    fn width(&self, code: u32) -> f64 {
        let at = self.of.partition_point(|(first, _, _)| *first <= code);
        let run = at.checked_sub(1).and_then(|at| self.of.get(at)).filter(|(_, last, _)| code <= *last);
        run.map_or(self.other, |(_, _, width)| *width) * self.scale
    }
}

impl Font {
    pub(super) fn load(file: &File<'_>, dict: &Dict) -> Result<Self, Refusal> {
        file.budget().spend(COST)?;
        let unicode = match file.stream(dict.get("ToUnicode"))? {
            Some(stream) => Some(CMap::parse(&file.contents(&stream)?, file.budget())?),
            None => None,
        };
        let is_composite = dict.get("Subtype").name() == Some("Type0");
        let (codes, widths) = match is_composite {
            true => composite(file, dict)?,
            false => {
                let characters = simple(file, dict)?;
                let widths = simple_widths(file, dict, &characters)?;
                (Codes::Simple(characters), widths)
            }
        };
        Ok(Self { codes, unicode, widths })
    }

    /// Goes through the codes of a string; `text` grows by what each stands for before `take` sees it.
    pub(super) fn decode(
        &self,
        bytes: &[u8],
        text: &mut String,
        mut take: impl FnMut(&mut String, Glyph) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut show = |text: &mut String, code: u32, pushed: bool, is_space: bool| {
            take(text, Glyph { width: self.widths.width(code), is_space, is_known: pushed })
        };
        match &self.codes {
            Codes::Simple(characters) => {
                for byte in bytes {
                    let code = u32::from(*byte);
                    let mut pushed = self.unicode.as_ref().is_some_and(|unicode| unicode.push(code, text));
                    if !pushed && let Some(characters) = characters.get(usize::from(*byte)) {
                        text.push_str(characters);
                        pushed = !characters.is_empty();
                    }
                    show(text, code, pushed, *byte == b' ')?;
                }
            }
            Codes::Composite { is_unicode } => {
                for pair in bytes.as_chunks::<2>().0 {
                    let code = u32::from(u16::from_be_bytes(*pair));
                    let mut pushed = self.unicode.as_ref().is_some_and(|unicode| unicode.push(code, text));
                    if !pushed
                        && *is_unicode
                        && let Some(char) = char::from_u32(code).filter(|char| *char != '\0')
                    {
                        text.push(char);
                        pushed = true;
                    }
                    show(text, code, pushed, false)?;
                }
            }
        }
        Ok(())
    }
}

/// What each code stands for.
fn simple(file: &File<'_>, dict: &Dict) -> Result<Vec<Rc<str>>, Refusal> {
    let encoding = file.resolve(dict.get("Encoding"))?;
    let base = match &encoding {
        Object::Name(name) => Encoding::named(name),
        Object::Dict(encoding) => file.resolve(encoding.get("BaseEncoding"))?.name().and_then(Encoding::named),
        _ => None,
    };
    let base = base.unwrap_or(match dict.get("Subtype").name() {
        Some("TrueType") => Encoding::WinAnsi,
        _ => Encoding::Standard,
    });
    let in_words = |char: Option<char>| char.map(String::from).unwrap_or_default().into();
    let mut characters: Vec<Rc<str>> = base.characters().into_iter().map(in_words).collect();
    if let Some(encoding) = encoding.dict()
        && let Object::Array(differences) = file.resolve(encoding.get("Differences"))?
    {
        let mut code = 0_usize;
        for difference in differences.iter() {
            match difference {
                Object::Name(name) => {
                    let mut text = String::new();
                    push_glyph(name, &mut text);
                    if let Some(place) = characters.get_mut(code) {
                        *place = text.into();
                    }
                    code += 1;
                }
                other => code = other.index().unwrap_or(code),
            }
        }
    }
    Ok(characters)
}

fn simple_widths(file: &File<'_>, dict: &Dict, characters: &[Rc<str>]) -> Result<Widths, Refusal> {
    let first = file.resolve(dict.get("FirstChar"))?.index().unwrap_or(0);
    let mut of = Vec::new();
    if let Object::Array(widths) = file.resolve(dict.get("Widths"))? {
        for (width, code) in widths.iter().zip(first..256) {
            let width = file.resolve(width)?.number();
            of.extend(u32::try_from(code).ok().zip(width).map(|(code, width)| (code, code, width)));
        }
    }
    let missing = match file.resolve(dict.get("FontDescriptor"))?.dict() {
        Some(descriptor) => file.resolve(descriptor.get("MissingWidth"))?.number(),
        None => None,
    };
    let scale = match file.resolve(dict.get("FontMatrix"))?.array() {
        Some([Object::Number(scale), ..]) => scale.abs(),
        _ => 0.001,
    };
    let missing = missing.filter(|width| *width > 0.0);
    let other = missing.unwrap_or(if of.is_empty() { 500.0 } else { 0.0 });
    if of.is_empty() && missing.is_none() && dict.get("Subtype").name() != Some("Type3") {
        let name = file.resolve(dict.get("BaseFont"))?;
        of = standard::widths(name.name().unwrap_or_default(), characters);
    }
    Ok(Widths { of, other, scale })
}

fn composite(file: &File<'_>, dict: &Dict) -> Result<(Codes, Widths), Refusal> {
    let encoding = file.resolve(dict.get("Encoding"))?;
    let is_unicode = encoding.name().is_some_and(|name| name.contains("UCS2") || name.contains("UTF16"));
    let mut widths = Widths { of: Vec::new(), other: 1000.0, scale: 0.001 };
    let descendants = file.resolve(dict.get("DescendantFonts"))?;
    let descendant = descendants.array().and_then(<[_]>::first).cloned().unwrap_or(Object::Null);
    if let Some(descendant) = file.resolve(&descendant)?.dict() {
        widths.other = file.resolve(descendant.get("DW"))?.number().unwrap_or(1000.0);
        if let Object::Array(runs) = file.resolve(descendant.get("W"))? {
            cid_widths(file, &runs, &mut widths.of)?;
            widths.of.sort_by_key(|(first, _, _)| *first);
        }
    }
    Ok((Codes::Composite { is_unicode }, widths))
}

/// `first [w w w]` and `first last w`, in any order.
fn cid_widths(file: &File<'_>, runs: &[Object], of: &mut Vec<(u32, u32, f64)>) -> Result<(), Refusal> {
    let mut rest = runs;
    while let [first, second, after @ ..] = rest {
        let first = code(first);
        match (file.resolve(second)?, after) {
            (Object::Array(widths), _) => {
                let numbers = widths.iter().filter_map(Object::number);
                of.extend(numbers.zip(first..).map(|(width, code)| (code, code, width)));
                rest = after;
            }
            (last @ Object::Number(_), [width, after @ ..]) => {
                of.extend(width.number().map(|width| (first, code(&last), width)));
                rest = after;
            }
            _ => break,
        }
    }
    Ok(())
}

fn code(object: &Object) -> u32 {
    object.index().and_then(|code| u32::try_from(code).ok()).unwrap_or(0).min(LAST_CID)
}

const LAST_CID: u32 = 65_535;
/// What a font costs besides its bytes.
const COST: usize = 16 * 1024;

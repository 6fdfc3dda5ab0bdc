//! Content streams: where which characters are painted.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::file::File;
use super::font::Font;
use super::layout::Span;
use super::lexer::{Dict, Item, Lexer, Object, is_space};
use super::pages::Page;
use crate::extract::Refusal;

/// Goes through contents and notes what is painted.
pub(super) struct Painter<'f, 'a> {
    file: &'f File<'a>,
    max_chars: usize,
    /// Fonts by the number of their object.
    fonts: BTreeMap<u32, Rc<Font>>,
    spans: Vec<Span>,
    chars: usize,
    /// Glyphs that stand for characters.
    pub(super) known: usize,
    /// Glyphs of which nobody knows.
    pub(super) unknown: usize,
}

/// One content stream: what its names mean.
struct Scope {
    fonts: Rc<Dict>,
    forms: Rc<Dict>,
    properties: Rc<Dict>,
    loaded: BTreeMap<Rc<str>, Option<Rc<Font>>>,
}

/// An affine map `[a b c d e f]`, as PDF writes it.
type Matrix = [f64; 6];

#[derive(Clone)]
struct State {
    ctm: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    char_space: f64,
    word_space: f64,
    /// Horizontal scaling, 1 for 100 %.
    stretch: f64,
    leading: f64,
    rise: f64,
}

/// A sequence of marked content.
enum Marked {
    Plain,
    /// Page numbers, running heads: not part of the text.
    Artifact,
    /// The characters that it stands for, until they were noted.
    Actual(Option<String>),
}

/// What a content stream is at.
struct Place {
    state: State,
    saved: Vec<State>,
    text: Matrix,
    line: Matrix,
    marked: Vec<Marked>,
}

impl<'f, 'a> Painter<'f, 'a> {
    pub(super) fn new(file: &'f File<'a>, max_chars: usize) -> Self {
        Self { file, max_chars, fonts: BTreeMap::new(), spans: Vec::new(), chars: 0, known: 0, unknown: 0 }
    }

    /// What was painted since the last time.
    pub(super) fn take_spans(&mut self) -> Vec<Span> {
        std::mem::take(&mut self.spans)
    }

    /// Paints a page.
    pub(super) fn page(&mut self, page: &Page) -> Result<(), Refusal> {
        let mut contents = Vec::new();
        let parts = match page.dict.get("Contents") {
            Object::Ref(number) => match self.file.resolve(&Object::Ref(*number))? {
                Object::Array(parts) => parts,
                _ => Rc::new(vec![Object::Ref(*number)]),
            },
            Object::Array(parts) => Rc::clone(parts),
            _ => Rc::default(),
        };
        for part in parts.iter() {
            if let Some(stream) = self.file.stream(part)? {
                contents.extend(self.file.contents(&stream)?);
                contents.push(b'\n');
            }
        }
        let state = State {
            ctm: IDENTITY,
            font: None,
            size: 1.0,
            char_space: 0.0,
            word_space: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
        };
        self.run(&contents, &page.resources, state, 0)
    }

    fn run(&mut self, contents: &[u8], resources: &Object, state: State, depth: usize) -> Result<(), Refusal> {
        let mut scope = Scope::of(self.file, resources)?;
        let mut lexer = Lexer::new(contents, 0, self.file.budget());
        let mut operands: Vec<Object> = Vec::new();
        let mut place = Place { state, saved: Vec::new(), text: IDENTITY, line: IDENTITY, marked: Vec::new() };
        while let Some(item) = lexer.next()? {
            match item {
                Item::Object(object) => {
                    // No operator takes more; what is left over from garbage must not pile up.
                    if operands.len() >= MAX_OPERANDS {
                        operands.clear();
                    }
                    operands.push(object);
                }
                Item::Word(b"BI") => {
                    skip_image(&mut lexer)?;
                    operands.clear();
                }
                Item::Word(b"Do") => {
                    if let [Object::Name(name)] = operands.as_slice()
                        && depth < MAX_FORMS
                    {
                        self.form(&scope, name, resources, &place, depth)?;
                    }
                    operands.clear();
                }
                Item::Word(operator) => {
                    self.operate(operator, &operands, &mut scope, &mut place)?;
                    operands.clear();
                }
            }
        }
        Ok(())
    }

    fn operate(
        &mut self,
        operator: &[u8],
        operands: &[Object],
        scope: &mut Scope,
        place: &mut Place,
    ) -> Result<(), Refusal> {
        let numbers: Vec<f64> = operands.iter().filter_map(Object::number).collect();
        let state = &mut place.state;
        match (operator, operands, numbers.as_slice()) {
            (b"q", ..) if place.saved.len() < MAX_SAVED => place.saved.push(state.clone()),
            (b"Q", ..) => {
                if let Some(saved) = place.saved.pop() {
                    *state = saved;
                }
            }
            (b"cm", _, &[a, b, c, d, e, f]) => state.ctm = times([a, b, c, d, e, f], state.ctm),
            (b"BT", ..) => (place.text, place.line) = (IDENTITY, IDENTITY),
            (b"Tf", [Object::Name(name), _], &[size]) => {
                state.font = self.font(scope, name)?;
                state.size = size;
            }
            (b"Tc", _, &[space]) => state.char_space = space,
            (b"Tw", _, &[space]) => state.word_space = space,
            (b"Tz", _, &[percent]) => state.stretch = percent / 100.0,
            (b"TL", _, &[leading]) => state.leading = leading,
            (b"Ts", _, &[rise]) => state.rise = rise,
            (b"Td", _, &[x, y]) => place.move_line(x, y),
            (b"TD", _, &[x, y]) => {
                state.leading = -y;
                place.move_line(x, y);
            }
            (b"Tm", _, &[a, b, c, d, e, f]) => {
                place.line = [a, b, c, d, e, f];
                place.text = place.line;
            }
            (b"T*", ..) => place.next_line(),
            (b"Tj", [Object::Text(text)], _) => self.show(text, place)?,
            (b"'", [Object::Text(text)], _) => {
                place.next_line();
                self.show(text, place)?;
            }
            (b"\"", [_, _, Object::Text(text)], &[word, char]) => {
                (state.word_space, state.char_space) = (word, char);
                place.next_line();
                self.show(text, place)?;
            }
            (b"TJ", [Object::Array(parts)], _) => {
                for part in parts.iter() {
                    match part {
                        Object::Text(text) => self.show(text, place)?,
                        Object::Number(back) => {
                            let state = &place.state;
                            place.advance(-back / 1000.0 * state.size * state.stretch);
                        }
                        _ => {}
                    }
                }
            }
            (b"BMC", [Object::Name(tag)], _) => place.mark(tag, None),
            (b"BDC", [Object::Name(tag), properties], _) => {
                let properties = match properties {
                    Object::Name(name) => self.file.resolve(scope.properties.get(name))?,
                    other => other.clone(),
                };
                let actual = match properties.dict() {
                    Some(dict) => self.file.resolve(dict.get("ActualText"))?.text().map(human),
                    None => None,
                };
                place.mark(tag, actual);
            }
            (b"EMC", ..) => {
                place.marked.pop();
            }
            _ => {}
        }
        Ok(())
    }

    fn font(&mut self, scope: &mut Scope, name: &Rc<str>) -> Result<Option<Rc<Font>>, Refusal> {
        if let Some(font) = scope.loaded.get(name) {
            return Ok(font.clone());
        }
        let named = scope.fonts.get(name);
        let known = if let Object::Ref(number) = named { self.fonts.get(number).cloned() } else { None };
        let font = match known {
            Some(font) => Some(font),
            None => match self.file.resolve(named)?.dict() {
                Some(dict) => Some(Rc::new(Font::load(self.file, dict)?)),
                None => None,
            },
        };
        if let (Object::Ref(number), Some(font)) = (named, &font) {
            self.fonts.insert(*number, Rc::clone(font));
        }
        scope.loaded.insert(Rc::clone(name), font.clone());
        Ok(font)
    }

    fn form(
        &mut self,
        scope: &Scope,
        name: &str,
        resources: &Object,
        place: &Place,
        depth: usize,
    ) -> Result<(), Refusal> {
        self.file.budget().spend(FORM)?;
        let Some(stream) = self.file.stream(scope.forms.get(name))? else { return Ok(()) };
        if stream.dict.get("Subtype").name() != Some("Form") || place.is_artifact() {
            return Ok(());
        }
        let mut state = place.state.clone();
        if let Object::Array(matrix) = self.file.resolve(stream.dict.get("Matrix"))?
            && let [a, b, c, d, e, f] = *matrix.iter().filter_map(Object::number).collect::<Vec<_>>()
        {
            state.ctm = times([a, b, c, d, e, f], state.ctm);
        }
        let own = match stream.dict.get("Resources") {
            Object::Null => resources.clone(),
            own => own.clone(),
        };
        let contents = self.file.contents(&stream)?;
        self.run(&contents, &own, state, depth + 1)
    }

    /// Notes a string, cut where a space or a gap within it is.
    fn show(&mut self, bytes: &[u8], place: &mut Place) -> Result<(), Refusal> {
        let Some(font) = place.state.font.clone() else { return Ok(()) };
        self.file.budget().spend(bytes.len().saturating_mul(GLYPH))?;
        let start = place.text;
        let mut text = String::new();
        font.decode(bytes, &mut text, |_, glyph| {
            let state = &place.state;
            let word_space = if glyph.is_space { state.word_space } else { 0.0 };
            place.advance((glyph.width * state.size + state.char_space + word_space) * state.stretch);
            if glyph.is_known {
                self.known += 1
            } else {
                self.unknown += 1
            }
            Ok(())
        })?;
        let Some(text) = place.shown(text) else { return Ok(()) };
        self.chars += text.chars().count();
        // Running heads and page numbers will fall away: twice the limit is certainly too much.
        if self.chars > self.max_chars.saturating_mul(2) {
            return Err(Refusal::TooLong(self.max_chars));
        }
        let state = &place.state;
        let from = times([1.0, 0.0, 0.0, 1.0, 0.0, state.rise], times(start, state.ctm));
        let to = times([1.0, 0.0, 0.0, 1.0, 0.0, state.rise], times(place.text, state.ctm));
        self.spans.extend(Span::new(text, from, to, state.size));
        Ok(())
    }
}

impl Scope {
    fn of(file: &File<'_>, resources: &Object) -> Result<Self, Refusal> {
        let resources = file.resolve(resources)?;
        let part = |name| match resources.dict() {
            Some(dict) => Ok(file.resolve(dict.get(name))?.dict().cloned().unwrap_or_default()),
            None => Ok(Rc::default()),
        };
        let (fonts, forms, properties) = (part("Font")?, part("XObject")?, part("Properties")?);
        Ok(Self { fonts, forms, properties, loaded: BTreeMap::new() })
    }
}

impl Place {
    fn move_line(&mut self, x: f64, y: f64) {
        self.line = times([1.0, 0.0, 0.0, 1.0, x, y], self.line);
        self.text = self.line;
    }

    fn next_line(&mut self) {
        self.move_line(0.0, -self.state.leading);
    }

    fn advance(&mut self, x: f64) {
        self.text = times([1.0, 0.0, 0.0, 1.0, x, 0.0], self.text);
    }

    fn mark(&mut self, tag: &str, actual: Option<String>) {
        if self.marked.len() >= MAX_MARKED {
            return;
        }
        self.marked.push(match (tag, actual) {
            ("Artifact", _) => Marked::Artifact,
            (_, Some(text)) => Marked::Actual(Some(text)),
            _ => Marked::Plain,
        });
    }

    fn is_artifact(&self) -> bool {
        self.marked.iter().any(|marked| matches!(marked, Marked::Artifact))
    }

    /// What a shown text counts as: itself, nothing, or the text that the file says it stands for.
    fn shown(&mut self, text: String) -> Option<String> {
        if self.is_artifact() {
            return None;
        }
        match self.marked.iter_mut().rev().find(|marked| matches!(marked, Marked::Actual(_))) {
            Some(Marked::Actual(actual)) => actual.take(),
            _ => Some(text),
        }
    }
}

/// First `a`, then `b`.
fn times(a: Matrix, b: Matrix) -> Matrix {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}

/// Passes over a picture within the contents: from `BI` to an `EI` that stands alone.
fn skip_image(lexer: &mut Lexer<'_>) -> Result<(), Refusal> {
    while let Some(item) = lexer.next()? {
        if item == Item::Word(b"ID") {
            break;
        }
    }
    let rest = lexer.rest();
    let alone = |at: &usize| {
        let free = |byte: Option<&u8>| byte.is_none_or(|byte| is_space(*byte));
        free(at.checked_sub(1).and_then(|before| rest.get(before))) && free(rest.get(at + 2))
    };
    let end = memchr::memmem::find_iter(rest, b"EI").find(alone).map_or(rest.len(), |at| at + 2);
    lexer.skip(end)
}

/// A text string for people: UTF-16 with its mark, UTF-8 with its mark, or Latin.
fn human(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => {
            let units = rest.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair));
            char::decode_utf16(units).filter_map(Result::ok).filter(|char| *char != '\0').collect()
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        latin => latin.iter().map(|byte| char::from(*byte)).filter(|char| *char != '\0').collect(),
    }
}

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];
const MAX_OPERANDS: usize = 64;
const MAX_SAVED: usize = 256;
const MAX_MARKED: usize = 256;
/// Forms within forms.
const MAX_FORMS: usize = 8;
/// What a glyph costs.
const GLYPH: usize = 16;
/// What a form costs besides its bytes.
const FORM: usize = 1024;

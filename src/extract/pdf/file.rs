//! Where the objects of a PDF are.
//!
//! The table of references at the end of a file is not trusted, nor needed: all objects are found by going through the
//! bytes once, the later definition of a number holds, and object streams are unpacked in the order in which they stand.
//! That is what readers do with damaged files; here it is the only way, so that there is one way to bound.

use std::collections::BTreeMap;

use super::lexer::{Dict, Item, Lexer, Object};
use super::{DAMAGED, filters};
use crate::extract::Refusal;
use crate::extract::budget::Budget;

/// A PDF whose objects can be had by number.
pub(super) struct File<'a> {
    bytes: &'a [u8],
    /// Unpacked object streams.
    unpacked: Vec<Vec<u8>>,
    places: BTreeMap<u32, Place>,
    budget: &'a Budget,
    root: Object,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// After `obj`, in the file.
    File(usize),
    /// In an object stream.
    Unpacked { stream: usize, at: usize },
}

/// A stream: its dictionary and its bytes before any filter.
pub(super) struct Stream<'a> {
    pub(super) dict: std::rc::Rc<Dict>,
    raw: &'a [u8],
}

impl<'a> File<'a> {
    /// Finds the objects.
    pub(super) fn open(bytes: &'a [u8], budget: &'a Budget) -> Result<Self, Refusal> {
        let mut file = Self { bytes, unpacked: Vec::new(), places: BTreeMap::new(), budget, root: Object::Null };
        let found = file.scan()?;
        let mut catalog = None;
        for (number, at) in &found {
            let place = Place::File(*at);
            let head = bytes.get(*at..).map(|rest| rest.get(..HEAD).unwrap_or(rest)).unwrap_or_default();
            if !TYPES.iter().any(|name| crate::extract::find(head, name).is_some()) || !file.is_current(*number, *at) {
                continue;
            }
            let Object::Dict(dict) = file.parse(place)? else { continue };
            match dict.get("Type").name() {
                Some("ObjStm") => file.unpack(*at)?,
                Some("XRef") => file.trailer(&dict)?,
                Some("Catalog") => catalog = Some(Object::Ref(*number)),
                _ => {}
            }
        }
        file.trailers()?;
        if file.root == Object::Null {
            file.root = catalog.unwrap_or(Object::Null);
        }
        Ok(file)
    }

    pub(super) fn budget(&self) -> &'a Budget {
        self.budget
    }

    /// The catalog.
    pub(super) fn root(&self) -> &Object {
        &self.root
    }

    /// Every object's number, in order.
    pub(super) fn numbers(&self) -> Vec<u32> {
        self.places.keys().copied().collect()
    }

    /// What a reference stands for; anything else is itself.
    pub(super) fn resolve(&self, object: &Object) -> Result<Object, Refusal> {
        let mut object = object.clone();
        for _ in 0..MAX_HOPS {
            let Object::Ref(number) = object else { return Ok(object) };
            let Some(place) = self.places.get(&number) else { return Ok(Object::Null) };
            object = self.parse(*place)?;
        }
        Ok(Object::Null)
    }

    /// The stream that a reference stands for.
    pub(super) fn stream(&self, object: &Object) -> Result<Option<Stream<'a>>, Refusal> {
        let Object::Ref(number) = object else { return Ok(None) };
        match self.places.get(number) {
            Some(Place::File(at)) => self.stream_at(*at),
            _ => Ok(None),
        }
    }

    /// The contents of a stream after its filters.
    pub(super) fn contents(&self, stream: &Stream<'_>) -> Result<Vec<u8>, Refusal> {
        filters::decode(self, &stream.dict, stream.raw)
    }

    fn parse(&self, place: Place) -> Result<Object, Refusal> {
        let mut lexer = match place {
            Place::File(at) => Lexer::new(self.bytes, at, self.budget),
            Place::Unpacked { stream, at } => {
                Lexer::new(self.unpacked.get(stream).map(Vec::as_slice).unwrap_or_default(), at, self.budget)
            }
        };
        Ok(lexer.object()?.unwrap_or(Object::Null))
    }

    fn stream_at(&self, at: usize) -> Result<Option<Stream<'a>>, Refusal> {
        let mut lexer = Lexer::new(self.bytes, at, self.budget);
        let Some(Object::Dict(dict)) = lexer.object()? else { return Ok(None) };
        if lexer.next()? != Some(Item::Word(b"stream")) {
            return Ok(None);
        }
        let rest = match lexer.rest() {
            [b'\r', b'\n', rest @ ..] | [b'\n' | b'\r', rest @ ..] => rest,
            rest => rest,
        };
        let announced = self.resolve(dict.get("Length"))?.index().and_then(|length| {
            let (raw, after) = rest.split_at_checked(length)?;
            let spaces = after.iter().take(MAX_GAP).take_while(|byte| super::lexer::is_space(**byte)).count();
            after.get(spaces..)?.starts_with(b"endstream").then_some(raw)
        });
        let raw = match announced {
            Some(raw) => raw,
            None => {
                let length = crate::extract::find(rest, b"endstream").unwrap_or(rest.len());
                self.budget.spend(length)?;
                rest.get(..length).unwrap_or_default()
            }
        };
        Ok(Some(Stream { dict, raw }))
    }

    /// All `12 0 obj` of the file in order, the places after the word.
    fn scan(&mut self) -> Result<Vec<(u32, usize)>, Refusal> {
        self.budget.spend(self.bytes.len())?;
        let mut found = Vec::new();
        for at in memchr::memmem::find_iter(self.bytes, b"obj") {
            let Some(number) = self.bytes.get(..at).and_then(header) else { continue };
            if found.len() >= MAX_OBJECTS {
                return Err(super::TOO_MUCH);
            }
            found.push((number, at + 3));
            self.places.insert(number, Place::File(at + 3));
        }
        if found.is_empty() { Err(DAMAGED) } else { Ok(found) }
    }

    fn is_current(&self, number: u32, at: usize) -> bool {
        matches!(self.places.get(&number), Some(Place::File(current)) if *current == at)
    }

    /// Takes in the objects of an object stream. Those that stand later in the file hold, as everywhere.
    fn unpack(&mut self, at: usize) -> Result<(), Refusal> {
        let Some(stream) = self.stream_at(at)? else { return Ok(()) };
        let contents = self.contents(&stream)?;
        let count = self.resolve(stream.dict.get("N"))?.index().unwrap_or(0);
        let first = self.resolve(stream.dict.get("First"))?.index().unwrap_or(0);
        let mut header = Lexer::new(&contents, 0, self.budget);
        let index = self.unpacked.len();
        for _ in 0..count.min(MAX_OBJECTS) {
            let (Some(number), Some(offset)) = (header.object()?, header.object()?) else { break };
            let (Some(number), Some(offset)) = (number.index(), offset.index()) else { break };
            let Ok(number) = u32::try_from(number) else { break };
            let later = matches!(self.places.get(&number), Some(Place::File(current)) if *current > at);
            if !later {
                self.places.insert(number, Place::Unpacked { stream: index, at: first.saturating_add(offset) });
            }
            if self.places.len() > MAX_OBJECTS {
                return Err(super::TOO_MUCH);
            }
        }
        self.unpacked.push(contents);
        Ok(())
    }

    /// The dictionaries after the word `trailer`.
    fn trailers(&mut self) -> Result<(), Refusal> {
        let places: Vec<usize> = memchr::memmem::find_iter(self.bytes, b"trailer").take(MAX_TRAILERS).collect();
        for at in places {
            if let Some(dict) = self.parse(Place::File(at + 7))?.dict() {
                self.trailer(dict)?;
            }
        }
        Ok(())
    }

    fn trailer(&mut self, dict: &Dict) -> Result<(), Refusal> {
        if *dict.get("Encrypt") != Object::Null {
            return Err(Refusal::Protected);
        }
        if matches!(dict.get("Root"), Object::Ref(_)) {
            self.root = dict.get("Root").clone();
        }
        Ok(())
    }
}

/// The object's number from the end of `... 12 0 `.
fn header(before: &[u8]) -> Option<u32> {
    let before = trim_space(before)?;
    let before = trim_space(trim_digits(before)?)?;
    let number = trim_digits(before)?;
    std::str::from_utf8(before.get(number.len()..)?).ok()?.parse().ok()
}

/// Without the spaces at the end, of which there must be some (`endobj` has none).
fn trim_space(bytes: &[u8]) -> Option<&[u8]> {
    let spaces = bytes.iter().rev().take(MAX_GAP).take_while(|byte| super::lexer::is_space(**byte)).count();
    (spaces > 0).then(|| bytes.get(..bytes.len() - spaces)).flatten()
}

/// Without the digits at the end, of which there must be some.
fn trim_digits(bytes: &[u8]) -> Option<&[u8]> {
    let digits = bytes.iter().rev().take(MAX_DIGITS).take_while(|byte| byte.is_ascii_digit()).count();
    (digits > 0).then(|| bytes.get(..bytes.len() - digits)).flatten()
}

const TYPES: [&[u8]; 3] = [b"/ObjStm", b"/XRef", b"/Catalog"];
const MAX_OBJECTS: usize = 200_000;
const MAX_TRAILERS: usize = 64;
const MAX_HOPS: usize = 8;
const MAX_GAP: usize = 16;
const MAX_DIGITS: usize = 10;
/// Where the type of an object is looked for.
const HEAD: usize = 512;

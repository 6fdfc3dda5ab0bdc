//! A JSON object, field by field: whatever is wrong with its fields is told at once.
//!
//! What must hold: no problem quotes a value, since it may be a password; and a value is not looked at, let alone copied,
//! before somebody asks for it. Until then it is a stretch of the body.

mod object;

use std::ops::RangeInclusive;

use serde::de::{Deserializer as _, IgnoredAny};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::error::{Error, FieldProblem, Result};
use object::{ListVisitor, MOST_FIELDS, Object, ObjectVisitor};

/// The fields of an object. Each method gives `None` when there is a problem, and notes it.
pub struct Fields<'a> {
    /// What stands before the names of this object's fields in problems: nothing, or `texts[1].`.
    place: String,
    left: Vec<Entry<'a>>,
    problems: Vec<FieldProblem>,
}

struct Entry<'a> {
    name: String,
    /// `None`: the name is there twice, which has been noted.
    value: Option<&'a RawValue>,
}

impl<'a> Fields<'a> {
    /// The fields of the object that a body is.
    ///
    /// # Errors
    /// [`Error::InvalidJson`] for what is not JSON, [`Error::InvalidInput`] for what is no object, or one of too many fields.
    pub fn parse(body: &'a [u8]) -> Result<Self> {
        if body.trim_ascii_start().first().is_some_and(|byte| *byte != b'{') {
            return Err(match serde_json::from_slice::<IgnoredAny>(body) {
                Ok(_) => Error::InvalidInput(vec![FieldProblem::new("", "The body must be a JSON object.")]),
                Err(error) => not_json(&error),
            });
        }
        let mut deserializer = Deserializer::from_slice(body);
        let object = deserializer.deserialize_map(ObjectVisitor).map_err(|error| not_json(&error))?;
        deserializer.end().map_err(|error| not_json(&error))?;
        Self::of(object, String::new()).map_err(|problem| Error::InvalidInput(vec![problem]))
    }

    /// A text that must be there, and what `parse` makes of it.
    pub fn required<T, E: ToString>(
        &mut self,
        name: &str,
        parse: impl FnOnce(String) -> std::result::Result<T, E>,
    ) -> Option<T> {
        match self.take(name) {
            Some(value) => self.text(name, value?).and_then(|text| self.parsed(name, parse(text))),
            None => self.problem(name, MISSING),
        }
    }

    /// A text that may be absent or null; the inner `None` when it is.
    pub fn optional<T, E: ToString>(
        &mut self,
        name: &str,
        parse: impl FnOnce(String) -> std::result::Result<T, E>,
    ) -> Option<Option<T>> {
        match self.take(name) {
            Some(value) => self.null_or(name, value?, parse),
            None => Some(None),
        }
    }

    /// A text that must be there and may be null.
    pub fn nullable<T, E: ToString>(
        &mut self,
        name: &str,
        parse: impl FnOnce(String) -> std::result::Result<T, E>,
    ) -> Option<Option<T>> {
        match self.take(name) {
            Some(value) => self.null_or(name, value?, parse),
            None => self.problem(name, MISSING),
        }
    }

    /// `true` or `false`; the latter when it is absent.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name) {
            Some(value) => match value?.get() {
                "true" => Some(true),
                "false" => Some(false),
                _ => self.problem(name, WRONG_TYPE),
            },
            None => Some(false),
        }
    }

    /// One of a few words; the default when it is absent.
    pub fn choice<T: Copy + Default>(&mut self, name: &str, choices: &[(&str, T)]) -> Option<T> {
        let word = match self.take(name) {
            Some(value) => self.text(name, value?)?,
            None => return Some(T::default()),
        };
        match choices.iter().find(|(choice, _)| *choice == word) {
            Some((_, value)) => Some(*value),
            None => self.problem(name, "This is not one of the values that the field can have."),
        }
    }

    /// A list that must be there, of objects, each as `read` reads it.
    pub fn list<T>(
        &mut self,
        name: &str,
        lengths: RangeInclusive<usize>,
        mut read: impl FnMut(&mut Fields<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let value = match self.take(name) {
            Some(value) => value?,
            None => return self.problem(name, MISSING),
        };
        if !value.get().starts_with('[') {
            return self.problem(name, WRONG_TYPE);
        }
        let items = Deserializer::from_str(value.get()).deserialize_seq(ListVisitor { most: *lengths.end() });
        let items = items.ok().flatten().filter(|items| lengths.contains(&items.len()));
        let Some(items) = items else {
            return self.problem(name, format!("A list of {} to {} is required.", lengths.start(), lengths.end()));
        };
        let mut all = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            let place = format!("{name}[{at}]");
            if !item.get().starts_with('{') {
                self.problem::<()>(&place, WRONG_TYPE);
                continue;
            }
            let Ok(object) = Deserializer::from_str(item.get()).deserialize_map(ObjectVisitor) else {
                self.problem::<()>(&place, NOT_UNICODE);
                continue;
            };
            match Fields::of(object, format!("{}{place}.", self.place)) {
                Ok(mut fields) => {
                    all.extend(read(&mut fields));
                    fields.note_unknown();
                    self.problems.append(&mut fields.problems);
                }
                Err(problem) => self.problems.push(problem),
            }
        }
        Some(all)
    }

    /// Notes what is wrong with a field.
    pub fn problem<T>(&mut self, name: &str, message: impl ToString) -> Option<T> {
        // A name comes from the client too: it is cut, so that an answer can't be made huge.
        let name: String = name.chars().take(LONGEST_NAME).collect();
        self.problems.push(FieldProblem::new(&format!("{}{name}", self.place), message));
        None
    }

    /// What was made of the fields, if nothing is wrong with any of them and none is left.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] with every problem.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T> {
        self.note_unknown();
        self.problems.truncate(MOST_PROBLEMS);
        match value {
            Some(value) if self.problems.is_empty() => Ok(value),
            None if self.problems.is_empty() => Err(Error::internal("a body without a value and without a problem")),
            _ => Err(Error::InvalidInput(self.problems)),
        }
    }

    fn of(object: Object<'a>, place: String) -> std::result::Result<Self, FieldProblem> {
        if object.has_too_many {
            let message = format!("There are more than {MOST_FIELDS} fields in this object.");
            return Err(FieldProblem::new(place.trim_end_matches('.'), message));
        }
        let mut fields = Self { place, left: Vec::new(), problems: Vec::new() };
        for (name, value) in object.entries {
            let Some(entry) = fields.left.iter_mut().find(|entry| entry.name == name) else {
                fields.left.push(Entry { name, value: Some(value) });
                continue;
            };
            if entry.value.take().is_some() {
                fields.problem::<()>(&name, TWICE);
            }
        }
        Ok(fields)
    }

    fn take(&mut self, name: &str) -> Option<Option<&'a RawValue>> {
        let at = self.left.iter().position(|entry| entry.name == name)?;
        Some(self.left.remove(at).value)
    }

    fn null_or<T, E: ToString>(
        &mut self,
        name: &str,
        value: &RawValue,
        parse: impl FnOnce(String) -> std::result::Result<T, E>,
    ) -> Option<Option<T>> {
        if value.get() == "null" {
            return Some(None);
        }
        self.text(name, value).and_then(|text| self.parsed(name, parse(text))).map(Some)
    }

    fn text(&mut self, name: &str, value: &RawValue) -> Option<String> {
        if !value.get().starts_with('"') {
            return self.problem(name, WRONG_TYPE);
        }
        // What skipping over it did not notice: half of a surrogate pair.
        serde_json::from_str(value.get()).ok().or_else(|| self.problem(name, NOT_UNICODE))
    }

    fn parsed<T, E: ToString>(&mut self, name: &str, parsed: std::result::Result<T, E>) -> Option<T> {
        parsed.map_or_else(|problem| self.problem(name, problem), Some)
    }

    fn note_unknown(&mut self) {
        for Entry { name, value } in std::mem::take(&mut self.left) {
            if value.is_some() {
                self.problem::<()>(&name, UNKNOWN);
            }
        }
    }
}

fn not_json(error: &serde_json::Error) -> Error {
    let what = if error.is_eof() { "it ends too early" } else { "it can't be read" };
    Error::InvalidJson(format!("{what} at line {}, column {}", error.line(), error.column()))
}

pub(super) const MISSING: &str = "This field is required.";
pub(super) const UNKNOWN: &str = "There is no such field in this request.";
pub(super) const TWICE: &str = "This field stands there twice.";
const WRONG_TYPE: &str = "This value is of the wrong type.";
const NOT_UNICODE: &str = "This is not valid Unicode.";
/// What an answer tells of is bounded, whatever the body.
const MOST_PROBLEMS: usize = 100;
pub(super) const LONGEST_NAME: usize = 64;

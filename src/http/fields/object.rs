//! Objects and lists taken apart: each value stays the stretch of JSON that it is.

use std::fmt;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// An object whose values have been skipped over and nothing more.
pub(super) struct Object<'a> {
    pub(super) entries: Vec<(String, &'a RawValue)>,
    pub(super) has_too_many: bool,
}

pub(super) struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Object<'de>, A::Error> {
        let mut object = Object { entries: Vec::new(), has_too_many: false };
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value()?;
            if object.entries.len() < MOST_FIELDS {
                object.entries.push((name, value));
            } else {
                object.has_too_many = true;
            }
        }
        Ok(object)
    }
}

/// `None` for a list of more than `most`, of which nothing is kept.
pub(super) struct ListVisitor {
    pub(super) most: usize,
}

impl<'de> Visitor<'de> for ListVisitor {
    type Value = Option<Vec<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            if items.len() == self.most {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(None);
            }
            items.push(item);
        }
        Ok(Some(items))
    }
}

/// More than any request has.
pub(super) const MOST_FIELDS: usize = 32;

//! Strict reading of JSON: a document of a bounded size, in which no field is given twice.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::fault::{PolicyDocumentError, whole_fault};

/// The longest document that is read, in bytes.
pub(super) const MAX_BYTES: usize = 256 * 1024;

/// The object in a JSON text, in which no field is given twice.
pub(in crate::domain::policy) fn object(
    text: &str,
) -> Result<Map<String, Value>, PolicyDocumentError> {
    must_be_short(text)?;
    let parsed: Result<Tree, _> = serde_json::from_str(text);
    match parsed.map_err(|error| whole_fault(error.to_string()))? {
        Tree(Value::Object(object)) => Ok(object),
        Tree(_) => Err(whole_fault("the document is not an object of settings")),
    }
}

/// # Errors
///
/// For a document that is longer than [`MAX_BYTES`].
pub(super) fn must_be_short(text: &str) -> Result<(), PolicyDocumentError> {
    if text.len() <= MAX_BYTES {
        return Ok(());
    }
    let bytes = text.len();
    Err(whole_fault(format!("the document has {bytes} bytes, at most {MAX_BYTES} are read")))
}

/// A JSON value in which no object names a field twice.
struct Tree(Value);

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TreeVisitor).map(Self)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Tree(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("`{name}` is given twice")));
            }
            let Tree(value) = fields.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

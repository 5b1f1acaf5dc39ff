//! Fields that this release does not know.

use std::collections::BTreeMap;

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Fields of a newer release, kept when this release writes the record. Flattened into every part
/// that is changed in place; small parts that are replaced as a whole refuse unknown fields
/// instead.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(clippy::box_collection, reason = "takes one word in every part, and is usually empty")]
pub(crate) struct Unknown(Option<Box<BTreeMap<String, serde_json::Value>>>);

impl Unknown {
    pub(crate) const NONE: Self = Self(None);

    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.as_ref().is_some_and(|fields| fields.contains_key(field))
    }
}

impl Serialize for Unknown {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(fields) => fields.serialize(to),
            None => to.serialize_map(Some(0))?.end(),
        }
    }
}

impl<'de> Deserialize<'de> for Unknown {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let fields = BTreeMap::deserialize(from)?;
        Ok(Self((!fields.is_empty()).then(|| Box::new(fields))))
    }
}

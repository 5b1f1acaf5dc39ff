//! Fields that came after this release.

use std::collections::BTreeMap;

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Fields of a newer release, kept through our own writes. Flattened into whatever has a life of its
/// own; small parts that are replaced as a whole refuse what they do not know.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(clippy::box_collection, reason = "one word in every part, where there is mostly nothing")]
pub(crate) struct Unknown(Option<Box<BTreeMap<String, serde_json::Value>>>);

impl Unknown {
    pub(crate) const NONE: Self = Self(None);
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

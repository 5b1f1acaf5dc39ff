//! Times of rows as RFC 3339 texts in UTC, which people and log systems read.

use serde::{Deserialize, Deserializer, Serializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::time::Timestamp;

/// Reads a time; `None` if the text is none.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(Timestamp::from)
}

pub(in crate::domain) fn serialize<S: Serializer>(
    at: &Timestamp,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_str(at)
}

pub(in crate::domain) fn deserialize<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Timestamp, D::Error> {
    let text = std::borrow::Cow::<'_, str>::deserialize(from)?;
    parse(&text).ok_or_else(|| de::Error::custom("a time must be a text of RFC 3339"))
}

/// The same for a time that may be missing.
pub(in crate::domain) mod optional {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::time::Timestamp;

    pub(in crate::domain) fn serialize<S: Serializer>(
        at: &Option<Timestamp>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => to.collect_str(at),
            None => to.serialize_none(),
        }
    }

    pub(in crate::domain) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        #[derive(Deserialize)]
        struct Text(#[serde(with = "super")] Timestamp);
        Ok(Option::<Text>::deserialize(from)?.map(|Text(at)| at))
    }
}

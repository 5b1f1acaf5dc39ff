//! Audit events that wait in the record for a commit with room for them.

use serde::{Deserialize, Serialize};

use crate::domain::event::{ActorKind, EventKind};
use crate::domain::identity::ids::UserId;
use crate::domain::time::Timestamp;

/// The events of one decision that its commit had no room for, oldest first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unwritten {
    pub(crate) at: Timestamp,
    pub(crate) actor: ActorKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    /// The user that a decoy stood in for, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) about: Option<UserId>,
    #[serde(with = "kinds")]
    pub(crate) kinds: Vec<EventKind>,
}

/// Refuses an event of a newer release, since this release would lose its unknown fields.
mod kinds {
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};
    use serde_json::Value;

    use super::EventKind;

    pub(super) fn serialize<S: Serializer>(
        kinds: &[EventKind],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        kinds.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<EventKind>, D::Error> {
        let stored = Vec::<Value>::deserialize(deserializer)?;
        stored.into_iter().map(|value| known(value).map_err(D::Error::custom)).collect()
    }

    fn known(value: Value) -> Result<EventKind, serde_json::Error> {
        let kind: EventKind = serde_json::from_value(value.clone())?;
        if matches!(kind, EventKind::Other(_)) || !keeps(&serde_json::to_value(&kind)?, &value) {
            return Err(serde_json::Error::custom("an event of a newer release"));
        }
        Ok(kind)
    }

    /// Whether an event is written again with every field that it was stored with. An event of an
    /// older release may gain fields.
    fn keeps(again: &Value, stored: &Value) -> bool {
        match (again, stored) {
            (Value::Object(again), Value::Object(stored)) => {
                stored.iter().all(|(name, field)| again.get(name) == Some(field))
            }
            _ => again == stored,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Unwritten;

    fn stored(kind: Value) -> Value {
        json!({ "at": 1_800_000_000_000_i64, "actor": "engine", "kinds": [kind] })
    }

    fn is_read(kind: Value) -> bool {
        serde_json::from_value::<Unwritten>(stored(kind)).is_ok()
    }

    /// An event that waited under an older release is read; one of a newer release would lose a
    /// field, and is not.
    #[test]
    fn events_of_older_releases_are_read_and_of_newer_ones_refused() {
        let old = json!({
            "code": "directory_write_failed", "flow": 1, "purpose": "reset", "write": 3,
            "reason": "directory_unreachable"
        });
        assert!(is_read(old.clone()), "before it had a detail");
        let mut same = old.clone();
        same["detail"] = json!("33004");
        assert!(is_read(same));
        let mut newer = old;
        newer["cause"] = json!("of tomorrow");
        assert!(!is_read(newer));
        assert!(!is_read(json!({ "code": "an_event_of_tomorrow" })));
    }
}

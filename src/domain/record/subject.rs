//! The decoded content of a record, by its kind.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::store_note::{Meta, PurgeNote};
use crate::domain::account::Account;
use crate::domain::identity::ids::RecordKey;
use crate::domain::policy::policy_record::PolicyRecord;

/// The decoded content of a record.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Subject {
    Account(Arc<Account>),
    Policy(Arc<PolicyRecord>),
    Meta(Meta),
    Purge(PurgeNote),
}

/// Which type the fields beside `kind` are read as.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum SubjectKind {
    Account,
    Policy,
    Meta,
    Purge,
}

impl SubjectKind {
    fn read<'de, D: Deserializer<'de>>(self, fields: D) -> Result<Subject, D::Error> {
        match self {
            Self::Account => Deserialize::deserialize(fields).map(Subject::Account),
            Self::Policy => Deserialize::deserialize(fields).map(Subject::Policy),
            Self::Meta => Deserialize::deserialize(fields).map(Subject::Meta),
            Self::Purge => Deserialize::deserialize(fields).map(Subject::Purge),
        }
    }
}

/// Reads the fields after `kind` directly into their type. A derived implementation would accept
/// the kind in any place, and would first copy every field into a buffer.
impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct KindFirst;

        impl<'de> Visitor<'de> for KindFirst {
            type Value = Subject;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a kind")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Subject, A::Error> {
                let missing = || de::Error::missing_field("kind");
                let twice = |name: &str| de::Error::custom(format_args!("{name} is given twice"));
                let first: Cow<'_, str> = fields.next_key()?.ok_or_else(missing)?;
                if first == "kind" {
                    let kind: SubjectKind = fields.next_value()?;
                    let subject = kind.read(MapAccessDeserializer::new(fields))?;
                    // An account keeps fields that it does not know, so a second kind would stay.
                    return match &subject {
                        Subject::Account(account) if account.unknown.has("kind") => {
                            Err(twice("kind"))
                        }
                        _ => Ok(subject),
                    };
                }
                // Another order than this crate writes: a tool has sorted the fields.
                let mut sorted = Map::from_iter([(first.into_owned(), fields.next_value()?)]);
                while let Some((name, value)) = fields.next_entry::<String, Value>()? {
                    if sorted.insert(name.clone(), value).is_some() {
                        return Err(twice(&name));
                    }
                }
                let name = sorted.remove("kind").ok_or_else(missing)?;
                let kind = SubjectKind::deserialize(name).map_err(de::Error::custom)?;
                kind.read(Value::Object(sorted)).map_err(de::Error::custom)
            }
        }

        from.deserialize_map(KindFirst)
    }
}

impl Subject {
    pub(super) fn key(&self) -> &RecordKey {
        match self {
            Self::Account(account) => &account.key,
            Self::Policy(policy) => &policy.key,
            Self::Meta(meta) => &meta.key,
            Self::Purge(note) => &note.key,
        }
    }
}

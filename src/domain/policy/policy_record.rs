//! The record of a tenant's policy.

use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::identity::ids::{RecordKey, TenantId};
use crate::domain::policy::breakers::Breakers;
use crate::domain::policy::{Policy, stored};
use crate::domain::time::Timestamp;
use crate::domain::trail::Head;

/// The stored policy of one tenant, and the state of its breakers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct PolicyRecord {
    pub(crate) format: u16,
    /// The oldest release that may decide by this policy: an older one would ignore a rule that it
    /// does not know.
    pub(crate) min_reader: u16,
    pub(crate) key: RecordKey,
    pub(crate) tenant: TenantId,
    /// Grows by one with each change; the next change must expect it.
    pub(crate) revision: u64,
    #[serde(deserialize_with = "stored_policy")]
    pub(crate) policy: Arc<Policy>,
    pub(crate) changed_at: Timestamp,
    pub(crate) changed_by: String,
    /// The breakers that are not simply closed.
    #[serde(default, skip_serializing_if = "Breakers::is_empty")]
    pub(crate) breakers: Breakers,
    /// The head of the chain of the record's events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trail: Option<Head>,
}

fn stored_policy<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<Policy>, D::Error> {
    Policy::new(stored(from)?).map(Arc::new).map_err(D::Error::custom)
}

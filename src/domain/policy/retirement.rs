//! Methods and providers that end at a date.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::identity::facts::TenantFacts;
use crate::domain::identity::roles::same_name;
use crate::domain::method::{Channel, MethodKind};
use crate::domain::time::Timestamp;

/// The cloud of tenants that name none.
const PUBLIC: &str = "public";

/// A method or a provider that may not be used from a date on.
///
/// ```
/// use sspr::{MethodKind, PolicySettings, Timestamp};
/// use sspr::policy::{Retired, Retirement};
///
/// let mut settings = PolicySettings::default();
/// let office = Retired::Method(MethodKind::OfficePhone);
/// settings.retirements.push(Retirement::new(office, Timestamp::from_unix_seconds(1_800_000_000)));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Retirement {
    /// What ends.
    pub what: Retired,
    /// The first instant at which it may not be used.
    #[cfg_attr(test, schemars(with = "crate::domain::schema_forms::WrittenDate"))]
    pub at: Timestamp,
    /// The clouds in which it ends ([`TenantFacts::cloud`]), in any letter case. A tenant without a cloud is in
    /// `public`. Empty: in every cloud.
    #[serde(default)]
    pub clouds: BTreeSet<String>,
}

/// What a [`Retirement`] ends.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Retired {
    /// A kind of method, for users and administrators, over every channel.
    Method(MethodKind),
    /// One provider of a channel; its other providers stay in use.
    Provider {
        /// The channel.
        channel: Channel,
        /// The name that the [`Delivery`](crate::port::Delivery) gives it, in any letter case.
        provider: String,
    },
}

impl Retirement {
    /// The end of a method or a provider in every cloud.
    #[must_use]
    pub const fn new(what: Retired, at: Timestamp) -> Self {
        Self { what, at, clouds: BTreeSet::new() }
    }

    /// Whether it has come for this tenant. Without facts of the tenant it applies in every
    /// cloud.
    pub(super) fn has_come(&self, tenant: Option<&TenantFacts>, now: Timestamp) -> bool {
        self.at <= now && self.concerns(tenant)
    }

    /// Whether it will come for this tenant. Without facts of the tenant it will.
    pub(crate) fn concerns(&self, tenant: Option<&TenantFacts>) -> bool {
        let cloud = tenant.map(|tenant| tenant.cloud.as_deref().unwrap_or(PUBLIC));
        let is_here = |cloud: &str| self.clouds.iter().any(|named| same_name(named, cloud));
        self.clouds.is_empty() || cloud.is_none_or(is_here)
    }
}

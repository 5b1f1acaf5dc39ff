//! The policies that an engine has read, each with the body of the tenant's unused decoys.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use crate::domain::identity::ids::TenantId;
use crate::domain::policy::policy_record::PolicyRecord;
use crate::domain::time::Timestamp;

/// The most tenants whose policies are cached.
const MAX_CACHED: usize = 1024;

/// A policy as it was read, and when. `None` for a tenant without one.
struct CachedPolicy {
    read_at: Timestamp,
    policy: Option<Arc<PolicyRecord>>,
    /// The body from which an unused decoy is decoded.
    decoy: OnceLock<Arc<str>>,
}

#[derive(Default)]
pub(crate) struct PolicyCache {
    tenants: Mutex<HashMap<TenantId, CachedPolicy>>,
}

impl PolicyCache {
    fn tenants(&self) -> MutexGuard<'_, HashMap<TenantId, CachedPolicy>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was read of the tenant at most `max_age` ago: its policy, or that it has none.
    pub(crate) fn young(
        &self,
        tenant: &TenantId,
        now: Timestamp,
        max_age: Duration,
    ) -> Option<Option<Arc<PolicyRecord>>> {
        let tenants = self.tenants();
        // A copy from the future of a clock that was set back is not used.
        let young = tenants
            .get(tenant)
            .filter(|cached| cached.read_at <= now && now.since(cached.read_at) < max_age);
        young.map(|cached| cached.policy.clone())
    }

    /// Whether the tenant had a policy when it was last read.
    pub(crate) fn has_policy(&self, tenant: &TenantId) -> bool {
        self.tenants().get(tenant).is_some_and(|cached| cached.policy.is_some())
    }

    pub(crate) fn put(
        &self,
        tenant: &TenantId,
        policy: Option<Arc<PolicyRecord>>,
        read_at: Timestamp,
    ) {
        let mut tenants = self.tenants();
        if tenants.len() >= MAX_CACHED && !tenants.contains_key(tenant) {
            tenants.clear();
        }
        let cached = CachedPolicy { read_at, policy, decoy: OnceLock::new() };
        tenants.insert(tenant.clone(), cached);
    }

    pub(crate) fn forget(&self, tenant: &TenantId) {
        self.tenants().remove(tenant);
    }

    /// The body of the tenant's unused decoys, made once for each policy that was read. `None` if
    /// none was.
    pub(crate) fn decoy_body(
        &self,
        tenant: &TenantId,
        make: impl FnOnce(Option<&PolicyRecord>) -> Arc<str>,
    ) -> Option<Arc<str>> {
        let tenants = self.tenants();
        let cached = tenants.get(tenant)?;
        Some(Arc::clone(cached.decoy.get_or_init(|| make(cached.policy.as_deref()))))
    }
}

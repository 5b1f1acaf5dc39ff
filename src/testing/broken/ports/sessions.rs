//! Defects of sessions.

use async_trait::async_trait;

use super::{BrokenPort, PortDefect};
use crate::facts::SessionKinds;
use crate::port::{PortError, PortResult, Sessions};
use crate::testing::lock;
use crate::{TenantId, Timestamp, UserId};

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Sessions for BrokenPort<dyn Sessions> {
    async fn revoke(
        &self,
        tenant: &TenantId,
        user: &UserId,
        authenticated_before: Timestamp,
        kinds: SessionKinds,
    ) -> PortResult<()> {
        lock(&self.memo).tenants.insert(tenant.clone());
        let again = std::mem::replace(&mut lock(&self.memo).calls, 1) == 1;
        if again && self.is(PortDefect::SessionsRevokeOnce) {
            return Err(PortError::denied().because("no such session"));
        }
        if self.is(PortDefect::SessionsRevokeNothing) {
            return Ok(());
        }
        if self.is(PortDefect::SessionsRevokeInAllTenants) {
            let known = lock(&self.memo).tenants.clone();
            for tenant in &known {
                self.inner.revoke(tenant, user, authenticated_before, kinds).await?;
            }
        }
        self.inner.revoke(tenant, user, authenticated_before, kinds).await
    }
}

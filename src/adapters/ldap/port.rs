//! The directory's implementation of the port.

use std::collections::BTreeSet;

use async_trait::async_trait;
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

use super::directory::{Listing, not_checked, position};
use super::fault::{LdapCause, LdapFault, LdapStage};
use super::shared::LdapDirectory;
use super::write::reply_of;
use crate::facts::{GroupId, TenantFacts, UserFacts, UserQuery, WriteOutcome, WriteReply};
use crate::port::{Cursor, Directory, Page, PasswordWrite, PortError, PortResult, UnlockWrite};
use crate::{RoleId, SecretText, TenantId, UserId};

/// Runs a call until the deadline. The stage tells how far it had come.
macro_rules! in_time {
    ($deadline:expr, |$stage:ident| $work:expr) => {{
        let mut stage = LdapStage::Queue;
        let $stage = &mut stage;
        let done = match Handle::try_current() {
            Ok(_) => timeout_at($deadline, $work).await,
            Err(_) => return Err(PortError::unavailable().because("ldap: no tokio runtime")),
        };
        done.unwrap_or_else(|_| Err(LdapFault::new(stage, LdapCause::Late)))
    }};
}

/// Repeats a call once, on another connection, if the first one was lost and nothing was written. A
/// pooled connection may have been closed since its last use. Both tries share the time.
macro_rules! tried_twice {
    ($patience:expr, $may_repeat:ident, |$stage:ident| $work:expr) => {{
        let deadline = Instant::now() + $patience;
        match in_time!(deadline, |$stage| $work) {
            Err(fault) if fault.$may_repeat() => in_time!(deadline, |$stage| $work),
            first => first,
        }
    }};
}

#[async_trait]
impl Directory for LdapDirectory {
    async fn tenant(&self, tenant: &TenantId) -> PortResult<Option<TenantFacts>> {
        Ok(self.tenants.get(tenant).map(|tenant| tenant.facts.clone()))
    }

    async fn find(&self, tenant: &TenantId, query: &UserQuery<'_>) -> PortResult<Vec<UserFacts>> {
        let Some(tenant) = self.tenants.get(tenant) else { return Ok(Vec::new()) };
        let found = tried_twice!(self.timeout, may_go_elsewhere, |stage| {
            self.look_up(tenant, &query.by, query.groups, stage)
        });
        Ok(found?)
    }

    async fn users(
        &self,
        tenant: &TenantId,
        groups: &BTreeSet<GroupId>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        self.listed(tenant, groups, None, after, limit).await
    }

    async fn role_holders(
        &self,
        tenant: &TenantId,
        roles: &[RoleId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        self.listed(tenant, const { &BTreeSet::new() }, Some(roles), after, limit).await
    }

    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteReply> {
        let Some(tenant) = self.tenants.get(write.tenant) else {
            return Ok(WriteOutcome::AdminActionRequired.with_detail("no such tenant"));
        };
        if write.expires_at.is_some() {
            let why = "the directory cannot let a temporary password expire";
            return Ok(WriteOutcome::AdminActionRequired.with_detail(why));
        }
        let patience = self.timeout.min(write.timeout);
        let done = tried_twice!(patience, may_go_elsewhere, |stage| {
            self.write_password(tenant, write, stage)
        });
        Ok(done.unwrap_or_else(|fault| reply_of(&fault)))
    }

    async fn verify_password(
        &self,
        tenant: &TenantId,
        user: &UserId,
        password: &SecretText,
    ) -> PortResult<bool> {
        let Some(tenant) = self.tenants.get(tenant) else { return Ok(false) };
        let checked = tried_twice!(self.timeout, may_check_again, |stage| {
            self.verified(tenant, user, password, stage)
        });
        Ok(checked?.ok_or_else(not_checked)?)
    }

    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteReply> {
        let Some(tenant) = self.tenants.get(unlock.tenant) else {
            return Ok(WriteOutcome::AdminActionRequired.with_detail("no such tenant"));
        };
        let patience = self.timeout.min(unlock.timeout);
        let done = tried_twice!(patience, may_go_elsewhere, |stage| {
            self.write_unlock(tenant, unlock, stage)
        });
        Ok(done.unwrap_or_else(|fault| reply_of(&fault)))
    }
}

impl LdapDirectory {
    async fn listed(
        &self,
        id: &TenantId,
        groups: &BTreeSet<GroupId>,
        roles: Option<&[RoleId]>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        let after = position(after)?;
        let Some(tenant) = self.tenants.get(id) else { return Ok(Page::new(Vec::new(), None)) };
        let listing = Listing { id, tenant, groups, roles, after, limit };
        let deadline = Instant::now() + self.timeout;
        Ok(in_time!(deadline, |stage| self.list(&listing, stage))?)
    }
}

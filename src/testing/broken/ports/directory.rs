//! Defects of directories.

use async_trait::async_trait;

use super::{BrokenPort, PortDefect};
use crate::facts::{
    PolicyReason, SessionKinds, TenantFacts, UserFacts, UserQuery, UserSelector, WriteOutcome,
};
use crate::port::{Cursor, Directory, Page, PasswordWrite, PortError, PortResult, UnlockWrite};
use crate::testing::lock;
use crate::{RoleId, SecretText, TenantId, Timestamp, UserId};

impl BrokenPort<dyn Directory> {
    async fn find_wrongly(
        &self,
        tenant: &TenantId,
        query: &UserQuery<'_>,
    ) -> PortResult<Option<UserFacts>> {
        match (self.defect, query.by) {
            (PortDefect::DirectoryCutsIds, UserSelector::Id(id)) => {
                let short: String = id.as_str().chars().take(3).collect();
                let short =
                    UserId::parse(&short).map_err(|error| PortError::denied().because(error))?;
                let query = UserQuery::new(UserSelector::Id(&short), query.groups);
                self.inner.find(tenant, &query).await
            }
            (PortDefect::DirectoryIgnoresTenants, _) => {
                let known = {
                    let mut memo = lock(&self.memo);
                    memo.tenants.insert(tenant.clone());
                    memo.tenants.clone()
                };
                for tenant in &known {
                    if let Some(found) = self.inner.find(tenant, query).await? {
                        return Ok(Some(found));
                    }
                }
                Ok(None)
            }
            (PortDefect::DirectoryTakesTheFirst, UserSelector::Identifier(_)) => {
                let found = self.inner.find(tenant, query).await?;
                let mut all = self.inner.users(tenant, None, 1).await?.items;
                Ok(found.or(all.pop()))
            }
            (PortDefect::DirectoryNestsNoGroups, _) => {
                let mut found = self.inner.find(tenant, query).await?;
                if let Some(facts) = &mut found {
                    facts.groups = facts.groups.iter().take(1).cloned().collect();
                }
                Ok(found)
            }
            _ => self.inner.find(tenant, query).await,
        }
    }

    async fn write_wrongly(&self, write: &PasswordWrite<'_>) -> PortResult<WriteOutcome> {
        match self.defect {
            PortDefect::DirectoryWritesNothing => return Ok(WriteOutcome::Written),
            PortDefect::DirectoryRefusesRepeats
                if !lock(&self.memo).numbers.insert(write.number) =>
            {
                return Ok(WriteOutcome::PolicyViolation(PolicyReason::History));
            }
            _ => {}
        }
        let outcome = self.inner.set_password(write).await?;
        Ok(match (self.defect, outcome) {
            (PortDefect::DirectoryWritesForNobody, WriteOutcome::AdminActionRequired)
            | (PortDefect::DirectoryHidesOutages, WriteOutcome::Unreachable) => {
                WriteOutcome::Written
            }
            (_, outcome) => outcome,
        })
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Directory for BrokenPort<dyn Directory> {
    async fn tenant(&self, tenant: &TenantId) -> PortResult<Option<TenantFacts>> {
        let facts = self.inner.tenant(tenant).await?;
        let any = self.is(PortDefect::DirectoryKnowsEveryTenant);
        Ok(facts.or_else(|| any.then(|| TenantFacts::new("Any tenant"))))
    }

    async fn find(
        &self,
        tenant: &TenantId,
        query: &UserQuery<'_>,
    ) -> PortResult<Option<UserFacts>> {
        self.find_wrongly(tenant, query).await
    }

    async fn users(
        &self,
        tenant: &TenantId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        let mut page = self.inner.users(tenant, after, limit).await?;
        if self.is(PortDefect::DirectoryEndsEarly) {
            page.next = None;
        }
        Ok(page)
    }

    async fn role_holders(
        &self,
        tenant: &TenantId,
        roles: &[RoleId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        match self.defect {
            PortDefect::DirectoryIgnoresRoles => self.inner.users(tenant, after, limit).await,
            _ => self.inner.role_holders(tenant, roles, after, limit).await,
        }
    }

    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteOutcome> {
        self.write_wrongly(write).await
    }

    async fn verify_password(
        &self,
        tenant: &TenantId,
        user: &UserId,
        password: &SecretText,
    ) -> PortResult<bool> {
        let right = self.inner.verify_password(tenant, user, password).await?;
        Ok(right || self.is(PortDefect::DirectoryTakesAnyPassword))
    }

    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteOutcome> {
        if self.is(PortDefect::DirectoryUnlockSetsPassword) {
            let initial = SecretText::new("An initial password, 0!".to_owned());
            let write = PasswordWrite::new(unlock.tenant, unlock.user, &initial, unlock.number);
            self.inner.set_password(&write).await?;
        }
        self.inner.unlock(unlock).await
    }

    async fn revoke_sessions(
        &self,
        tenant: &TenantId,
        user: &UserId,
        authenticated_before: Timestamp,
        kinds: SessionKinds,
    ) -> PortResult<()> {
        let again = std::mem::replace(&mut lock(&self.memo).calls, 1) == 1;
        if again && self.is(PortDefect::DirectoryRevokesOnce) {
            return Err(PortError::denied().because("no such session"));
        }
        if self.is(PortDefect::DirectoryRevokesNothing) {
            return Ok(());
        }
        self.inner.revoke_sessions(tenant, user, authenticated_before, kinds).await
    }
}

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
        lock(&self.memo).tenants.insert(tenant.clone());
        match (self.defect, query.by) {
            (PortDefect::DirectoryCutsIds, UserSelector::Id(id)) => {
                let short: String = id.as_str().chars().take(3).collect();
                let short =
                    UserId::parse(&short).map_err(|error| PortError::denied().because(error))?;
                let query = UserQuery::new(UserSelector::Id(&short), query.groups);
                self.inner.find(tenant, &query).await
            }
            (PortDefect::DirectoryIgnoresTenants, _) => {
                let known = lock(&self.memo).tenants.clone();
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
            (PortDefect::DirectoryTakesWildcards, UserSelector::Identifier(typed)) => {
                match self.matching(tenant, typed.as_str()).await? {
                    None => self.inner.find(tenant, query).await,
                    found => Ok(found),
                }
            }
            (PortDefect::DirectoryReportsDefaults, _) => {
                let found = self.inner.find(tenant, query).await?;
                Ok(found.map(|facts| {
                    let mut bare = UserFacts::new(facts.id);
                    bare.groups = facts.groups;
                    bare
                }))
            }
            (PortDefect::DirectoryEnablesUsers, _) => {
                let mut found = self.inner.find(tenant, query).await?;
                if let Some(facts) = &mut found {
                    facts.enabled |= lock(&self.memo).users.contains(&facts.id);
                }
                Ok(found)
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

    /// The one user whose name matches a pattern with `*`. Names are those that the kit gives.
    async fn matching(&self, tenant: &TenantId, typed: &str) -> PortResult<Option<UserFacts>> {
        let Some((start, end)) = typed.split_once('*') else {
            return Ok(None);
        };
        let mut found = self.inner.users(tenant, None, usize::MAX).await?.items;
        found.retain(|facts| {
            let name = format!("{}@{}.example", facts.id.as_str(), tenant.as_str());
            name.starts_with(start) && name.ends_with(end)
        });
        let found = <[UserFacts; 1]>::try_from(found).ok();
        Ok(found.map(|[facts]| facts))
    }

    /// The password as this directory takes it.
    fn taken(&self, password: &SecretText) -> SecretText {
        let text = password.expose_secret();
        SecretText::new(match self.defect {
            PortDefect::DirectoryStopsAt72 => text.chars().take(72).collect(),
            PortDefect::DirectoryEndsAtNul => text.split('\0').next().unwrap_or("").to_owned(),
            PortDefect::DirectoryTrimsPasswords => text.trim().to_owned(),
            _ => text.to_owned(),
        })
    }

    async fn write_wrongly(&self, write: &PasswordWrite<'_>) -> PortResult<WriteOutcome> {
        match self.defect {
            PortDefect::DirectoryWritesNothing => return Ok(WriteOutcome::Written),
            PortDefect::DirectoryRefusesRepeats
                if !lock(&self.memo).numbers.insert(write.number) =>
            {
                return Ok(WriteOutcome::PolicyViolation(PolicyReason::History));
            }
            PortDefect::DirectoryEnablesUsers => {
                lock(&self.memo).users.insert(write.user.clone());
            }
            _ => {}
        }
        let password = self.taken(write.password);
        let mut taken = PasswordWrite::new(write.tenant, write.user, &password, write.number);
        let effects = !self.is(PortDefect::DirectoryForgetsEffects);
        taken.must_change = write.must_change && effects;
        taken.clear_lockout = write.clear_lockout && effects;
        let outcome = self.inner.set_password(&taken).await?;
        Ok(match (self.defect, outcome) {
            (PortDefect::DirectoryWritesForUnknownUsers, WriteOutcome::AdminActionRequired)
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
        let composed = password.expose_secret().contains('\u{f6}');
        let taken = self.taken(password);
        let right = self.inner.verify_password(tenant, user, &taken).await?;
        Ok(match self.defect {
            PortDefect::DirectoryTakesAnyPassword => true,
            PortDefect::DirectoryKeepsTwoForms => right && !composed,
            _ => right,
        })
    }

    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteOutcome> {
        if self.is(PortDefect::DirectoryUnlockSetsPassword) {
            let initial = SecretText::new("An initial password, 0!".to_owned());
            let write = PasswordWrite::new(unlock.tenant, unlock.user, &initial, unlock.number);
            self.inner.set_password(&write).await?;
        }
        match self.inner.unlock(unlock).await? {
            WriteOutcome::AdminActionRequired if self.is(PortDefect::DirectoryUnlocksNobody) => {
                Ok(WriteOutcome::Written)
            }
            outcome => Ok(outcome),
        }
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
        if self.is(PortDefect::DirectoryRevokesInAllTenants) {
            let known = lock(&self.memo).tenants.clone();
            for tenant in &known {
                self.inner.revoke_sessions(tenant, user, authenticated_before, kinds).await?;
            }
        }
        self.inner.revoke_sessions(tenant, user, authenticated_before, kinds).await
    }
}

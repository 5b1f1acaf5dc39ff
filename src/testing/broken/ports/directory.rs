//! Defects of directories.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::{BrokenPort, PortDefect};
use crate::facts::{
    GroupId, Lockouts, PolicyReason, TenantFacts, UserFacts, UserQuery, UserSelector, WriteOutcome,
    WriteReply,
};
use crate::port::{Cursor, Directory, Page, PasswordWrite, PortError, PortResult, UnlockWrite};
use crate::testing::lock;
use crate::{RoleId, SecretText, TenantId, UserId};

impl BrokenPort<dyn Directory> {
    async fn find_wrongly(
        &self,
        tenant: &TenantId,
        query: &UserQuery<'_>,
    ) -> PortResult<Vec<UserFacts>> {
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
                    let found = self.inner.find(tenant, query).await?;
                    if !found.is_empty() {
                        return Ok(found);
                    }
                }
                Ok(Vec::new())
            }
            (PortDefect::DirectoryTakesTheFirst, UserSelector::Identifier(_)) => {
                let mut found = self.inner.find(tenant, query).await?;
                found.truncate(1);
                Ok(found)
            }
            (PortDefect::DirectoryTakesWildcards, UserSelector::Identifier(typed)) => {
                let found = self.matching(tenant, typed.as_str()).await?;
                if found.is_empty() { self.inner.find(tenant, query).await } else { Ok(found) }
            }
            (PortDefect::DirectoryReportsDefaults, _) => {
                let found = self.inner.find(tenant, query).await?;
                let bare = found.into_iter().map(|facts| {
                    let mut bare = UserFacts::new(facts.id);
                    bare.groups = facts.groups;
                    bare
                });
                Ok(bare.collect())
            }
            (PortDefect::DirectoryEnablesUsers, _) => {
                let mut found = self.inner.find(tenant, query).await?;
                for facts in &mut found {
                    facts.enabled |= lock(&self.memo).users.contains(&facts.id);
                }
                Ok(found)
            }
            (PortDefect::DirectoryNestsNoGroups, _) => {
                let mut found = self.inner.find(tenant, query).await?;
                for facts in &mut found {
                    facts.groups = facts.groups.iter().take(1).cloned().collect();
                }
                Ok(found)
            }
            _ => self.inner.find(tenant, query).await,
        }
    }

    /// The one user whose name matches a pattern with `*`. Names are those that the kit gives.
    async fn matching(&self, tenant: &TenantId, typed: &str) -> PortResult<Vec<UserFacts>> {
        let Some((start, end)) = typed.split_once('*') else {
            return Ok(Vec::new());
        };
        let mut found = self.inner.users(tenant, &BTreeSet::new(), None, usize::MAX).await?.items;
        found.retain(|facts| {
            let name = format!("{}@{}.example", facts.id.as_str(), tenant.as_str());
            name.starts_with(start) && name.ends_with(end)
        });
        if found.len() > 1 {
            found.clear();
        }
        Ok(found)
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

    async fn write_wrongly(&self, write: &PasswordWrite<'_>) -> PortResult<WriteReply> {
        match self.defect {
            PortDefect::DirectoryWritesNothing => return Ok(WriteOutcome::Written.into()),
            PortDefect::DirectoryRefusesRepeats
                if !lock(&self.memo).numbers.insert(write.number) =>
            {
                return Ok(WriteOutcome::PolicyViolation(PolicyReason::History).into());
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
        if effects {
            (taken.purpose, taken.clears) = (write.purpose, write.clears);
        } else {
            taken.clears = Lockouts::default();
        }
        let reply = self.inner.set_password(&taken).await?;
        Ok(match (self.defect, &reply.outcome) {
            (PortDefect::DirectoryWritesForUnknownUsers, WriteOutcome::AdminActionRequired)
            | (PortDefect::DirectoryHidesOutages, WriteOutcome::Unreachable) => {
                WriteOutcome::Written.into()
            }
            _ => reply,
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

    async fn find(&self, tenant: &TenantId, query: &UserQuery<'_>) -> PortResult<Vec<UserFacts>> {
        self.find_wrongly(tenant, query).await
    }

    async fn users(
        &self,
        tenant: &TenantId,
        groups: &BTreeSet<GroupId>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        let mut page = self.inner.users(tenant, groups, after, limit).await?;
        if self.is(PortDefect::DirectoryListsNoGroups) {
            page.items.iter_mut().for_each(|facts| facts.groups.clear());
        }
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
            PortDefect::DirectoryIgnoresRoles => {
                self.inner.users(tenant, &BTreeSet::new(), after, limit).await
            }
            _ => self.inner.role_holders(tenant, roles, after, limit).await,
        }
    }

    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteReply> {
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

    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteReply> {
        if self.is(PortDefect::DirectoryUnlockSetsPassword) {
            let initial = SecretText::new("An initial password, 0!".to_owned());
            let write = PasswordWrite::new(unlock.tenant, unlock.user, &initial, unlock.number);
            self.inner.set_password(&write).await?;
        }
        let reply = self.inner.unlock(unlock).await?;
        match reply.outcome {
            WriteOutcome::AdminActionRequired if self.is(PortDefect::DirectoryUnlocksNobody) => {
                Ok(WriteOutcome::Written.into())
            }
            _ => Ok(reply),
        }
    }
}

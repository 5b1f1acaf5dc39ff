//! The memory directory's implementation of the port.

use std::collections::BTreeSet;

use async_trait::async_trait;

use super::hash::PasswordHash;
use super::state::{PasswordRule, Scripted, State, UserEntry, log};
use super::{DirectoryWrite, MemoryDirectory, Revocation};
use crate::adapters::memory::lock;
use crate::facts::{
    GroupId, MustChange, PolicyReason, SessionKinds, TenantFacts, UserFacts, UserQuery,
    WriteOutcome, WritePurpose, WriteReply,
};
use crate::port::{
    Cursor, Directory, Page, PasswordWrite, PortError, PortResult, Sessions, UnlockWrite,
};
use crate::{RoleId, SecretText, TenantId, Timestamp, UserId};

/// The state that a write needs for hashing, copied so that hashing holds no lock.
struct Plan {
    generation: u64,
    rule: Option<PasswordRule>,
    former: Vec<PasswordHash>,
    scripted: Option<Scripted>,
}

/// The outcome of the checks before hashing.
enum First {
    Answer(WriteReply),
    /// A write of this number was done, with the password of this hash.
    Repeated(PasswordHash, WriteOutcome),
    Go(Plan),
}

impl MemoryDirectory {
    fn begin(&self, write: &PasswordWrite<'_>, repeated: bool) -> First {
        let mut state = lock(&self.state);
        let Some(account) = state.account(write.tenant, write.user) else {
            return First::Answer(WriteOutcome::AdminActionRequired.into());
        };
        if state.out_of_reach(account) {
            return First::Answer(WriteOutcome::Unreachable.into());
        }
        if let Some((hash, outcome)) = account.completed(write.number)
            && !repeated
        {
            return First::Repeated(hash, outcome);
        }
        let mut plan = Plan {
            generation: account.generation,
            rule: state.rule.clone(),
            former: account.passwords.iter().take(former(&state, write)).cloned().collect(),
            scripted: None,
        };
        let refused = refusal(&state, account, self.clock.now());
        plan.scripted = state.scripted.pop_front();
        match (&plan.scripted, refused) {
            (Some(script), _) if !script.written => First::Answer(script.reply.clone()),
            (None, Some(refused)) => First::Answer(refused.into()),
            _ => First::Go(plan),
        }
    }

    /// Writes, unless another write came between.
    fn finish(
        &self,
        write: &PasswordWrite<'_>,
        plan: Plan,
        hash: PasswordHash,
    ) -> PortResult<WriteReply> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        let history = state.history;
        let account = state.account_mut(write.tenant, write.user);
        let Some(account) = account.filter(|account| account.generation == plan.generation) else {
            // The other write may have been a second try of this one, so the outcome is unknown.
            return Err(PortError::unknown().because("a concurrent write came first"));
        };
        account.set_password(hash.clone(), history, now);
        let facts = &mut account.facts;
        // An untracked fact stays untracked.
        facts.password_expired = facts.password_expired.map(|_| write.must_change);
        facts.must_change = write.must_change.then_some(MustChange::Temporary);
        if write.clears.includes(facts.password_home) {
            facts.locked_out = facts.locked_out.map(|_| false);
        }
        let entry = DirectoryWrite {
            number: write.number,
            at: now,
            must_change: write.must_change,
            expires_at: write.expires_at,
            purpose: write.purpose,
            clears: write.clears,
            risk_remediated: write.risk_remediated,
        };
        log(&mut account.writes, entry);
        let written = || WriteOutcome::Written.into();
        let reply = plan.scripted.map_or_else(written, |scripted| scripted.reply);
        // An indeterminate write was done and only its reply was lost, so a repetition succeeds.
        let known = match &reply.outcome {
            WriteOutcome::Indeterminate => WriteOutcome::Written,
            outcome => outcome.clone(),
        };
        account.remember(write.number, hash, known);
        state.restamp(write.tenant, write.user);
        Ok(reply)
    }
}

impl MemoryDirectory {
    /// Writes by the rules that [`Directory::set_password`] of this directory documents.
    fn written(&self, write: &PasswordWrite<'_>) -> PortResult<WriteReply> {
        let password = write.password.expose_secret();
        let mut first = self.begin(write, false);
        if let First::Repeated(hash, outcome) = first {
            if hash.is_of(password) {
                return Ok(outcome.into());
            }
            // Another password under a used number is a new write.
            first = self.begin(write, true);
        }
        let plan = match first {
            First::Go(plan) => plan,
            First::Answer(reply) => return Ok(reply),
            First::Repeated(_, outcome) => return Ok(outcome.into()),
        };
        if plan.scripted.is_none() {
            let refused = plan.rule.as_ref().and_then(|rule| rule(password));
            if let Some(reason) = refused {
                return Ok(WriteOutcome::PolicyViolation(reason).into());
            }
            for former in &plan.former {
                if former.is_of(password) {
                    return Ok(WriteOutcome::PolicyViolation(PolicyReason::History).into());
                }
            }
        }
        let hash = PasswordHash::new(password)?;
        self.finish(write, plan, hash)
    }

    /// The users that pass the filter, in the order of their ids, at most `limit`.
    fn page(
        &self,
        tenant: &TenantId,
        groups: Option<&BTreeSet<GroupId>>,
        after: Option<&Cursor>,
        limit: usize,
        passes: impl Fn(&UserEntry) -> bool,
    ) -> PortResult<Page<UserFacts>> {
        let last_user = after
            .map(|cursor| UserId::parse(cursor.as_str()))
            .transpose()
            .map_err(|error| PortError::denied().because(error))?;
        let state = lock(&self.state);
        let Some(tenant) = state.tenants.get(tenant) else {
            return Ok(Page::new(Vec::new(), None));
        };
        let from = last_user.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        let users = tenant.users.range((from, std::ops::Bound::Unbounded));
        let mut rest = users.map(|(_, account)| account).filter(|account| passes(account));
        let items: Vec<_> = rest
            .by_ref()
            .take(limit)
            .map(|account| state.facts_of(tenant, account, groups))
            .collect();
        let last = items.last().filter(|_| rest.next().is_some());
        let next = last.map(|facts| Cursor::new(facts.id.as_str()));
        Ok(Page::new(items, next))
    }
}

/// How many former passwords this write must differ from: a change at least from the last one.
fn former(state: &State, write: &PasswordWrite<'_>) -> usize {
    state.history.max(usize::from(write.purpose == WritePurpose::Change))
}

/// Why an account takes no new password at all.
fn refusal(state: &State, account: &UserEntry, now: Timestamp) -> Option<WriteOutcome> {
    if account.facts.protected {
        return Some(WriteOutcome::AdminActionRequired);
    }
    let until = account
        .facts
        .password_changed_at
        .map(|changed| changed.plus(state.min_age))
        .filter(|until| now < *until)?;
    let reason = PolicyReason::TooYoung { until: Some(until) };
    Some(WriteOutcome::PolicyViolation(reason))
}

#[async_trait]
impl Directory for MemoryDirectory {
    async fn tenant(&self, tenant: &TenantId) -> PortResult<Option<TenantFacts>> {
        let state = lock(&self.state);
        Ok(state.tenants.get(tenant).map(|tenant| tenant.facts.clone()))
    }

    async fn find(&self, tenant: &TenantId, query: &UserQuery<'_>) -> PortResult<Vec<UserFacts>> {
        let state = lock(&self.state);
        let Some(tenant) = state.tenants.get(tenant) else {
            return Ok(Vec::new());
        };
        let found = tenant.select(query.by);
        let facts = |account| state.facts_of(tenant, account, Some(query.groups));
        Ok(found.into_iter().map(facts).collect())
    }

    /// In the order of the ids.
    async fn users(
        &self,
        tenant: &TenantId,
        groups: &BTreeSet<GroupId>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        self.page(tenant, Some(groups), after, limit, |_| true)
    }

    /// In the order of the ids, each with all groups that contain the user.
    async fn role_holders(
        &self,
        tenant: &TenantId,
        roles: &[RoleId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        self.page(tenant, None, after, limit, |account| {
            roles.iter().any(|role| account.facts.roles.contains(role))
        })
    }

    /// Checks in this order: an unknown user needs an administrator; a directory out of reach is
    /// unreachable; a repetition, with the number and password of an earlier write, returns its
    /// outcome and changes nothing; a scripted outcome; a protected user needs an administrator;
    /// the minimum age; the rule; the history.
    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteReply> {
        self.written(write)
    }

    async fn verify_password(
        &self,
        tenant: &TenantId,
        user: &UserId,
        password: &SecretText,
    ) -> PortResult<bool> {
        let out_of_reach = {
            let state = lock(&self.state);
            let account = state.account(tenant, user);
            account.is_some_and(|account| state.out_of_reach(account))
        };
        if out_of_reach {
            return Err(PortError::unavailable().because("the directory is out of reach"));
        }
        Ok(self.verify(tenant, user, password.expose_secret()))
    }

    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteReply> {
        let mut state = lock(&self.state);
        let Some(account) = state.account(unlock.tenant, unlock.user) else {
            return Ok(WriteOutcome::AdminActionRequired.into());
        };
        if state.out_of_reach(account) {
            return Ok(WriteOutcome::Unreachable.into());
        }
        let protected = account.facts.protected;
        let reply = match state.scripted.pop_front() {
            Some(script) if !script.written => return Ok(script.reply),
            Some(script) => script.reply,
            None if protected => return Ok(WriteOutcome::AdminActionRequired.into()),
            None => WriteOutcome::Written.into(),
        };
        if let Some(account) = state.account_mut(unlock.tenant, unlock.user) {
            let facts = &mut account.facts;
            if unlock.clears.includes(facts.password_home) {
                facts.locked_out = facts.locked_out.map(|_| false);
            }
            log(&mut account.unlocks, unlock.number);
        }
        state.restamp(unlock.tenant, unlock.user);
        Ok(reply)
    }
}

#[async_trait]
impl Sessions for MemoryDirectory {
    async fn revoke(
        &self,
        tenant: &TenantId,
        user: &UserId,
        authenticated_before: Timestamp,
        kinds: SessionKinds,
    ) -> PortResult<()> {
        let mut state = lock(&self.state);
        // An unknown user has no sessions.
        if let Some(account) = state.account_mut(tenant, user) {
            account.sessions.retain(|session| {
                session.authenticated_at >= authenticated_before || !session.ends_with(kinds)
            });
            let entry = Revocation { authenticated_before, kinds };
            log(&mut account.revocations, entry);
        }
        Ok(())
    }
}

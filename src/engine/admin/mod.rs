//! Operations of administrators.

mod accounts;
mod budgets;
mod reports;

pub use budgets::{BudgetKind, BudgetUse};
pub use reports::{AccountSummary, BlockedMethod, Explanation, HeldMethod};

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use super::Engine;
use super::context::{Context, corrupt_policy};
use super::error::{At as _, Error, Fault, FaultOrigin};
use super::request::Actor;
use super::step::{Decision, MAX_BODY, OnUnknown, next_count};
use crate::domain::account::FORMAT;
use crate::domain::decide::{
    Contacts, Transition, clear_budgets, confirm_incarnation, supply_contacts,
};
use crate::domain::event::{ActorKind, Event, EventId, EventKind};
use crate::domain::facts::UserSelector;
use crate::domain::ids::{RoleId, TenantId, UserId};
use crate::domain::policy::Policy;
use crate::domain::policy_record::PolicyRecord;
use crate::domain::reason::SsprReason;
use crate::domain::record::{Record, Subject, Version};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::port::{Commit, Committed, Cursor, EventsOf, Page, PortErrorKind};

/// Operations of administrators, in one tenant, by one actor whose roles are checked.
#[derive(Clone, Copy, Debug)]
pub struct Admin<'a> {
    pub(in crate::engine) engine: &'a Engine,
    pub(in crate::engine) tenant: &'a TenantId,
    pub(in crate::engine) actor: &'a Actor,
}

/// A policy as it stands in the store.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct StoredPolicy {
    /// The policy.
    pub policy: Policy,
    /// Its revision: hand it back to [`Admin::put_policy`].
    pub revision: u64,
    /// When it was put.
    pub changed_at: Timestamp,
    /// Who put it.
    pub changed_by: String,
}

impl Admin<'_> {
    /// The tenant's policy, or none.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`]; [`Error::Fault`].
    pub async fn policy(&self) -> Result<Option<StoredPolicy>, Error> {
        let roles = &self.engine.inner.roles;
        self.authorise(&[&roles.read, &roles.policy])?;
        let stored = self.engine.policy_record(self.tenant, true).await?;
        Ok(stored.map(|record| StoredPolicy {
            policy: Policy::clone(&record.policy),
            revision: record.revision,
            changed_at: record.changed_at,
            changed_by: record.changed_by.clone(),
        }))
    }

    /// Puts the tenant's policy, if its revision is the expected one (`None`: there is none yet).
    /// Gives the new revision, or the present one if it is the policy that stands already: then nothing
    /// is written. Engines of other processes follow within five seconds, and at once
    /// in the step that writes a password.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`]; [`Refusal::Conflict`] if somebody else has put one meanwhile;
    /// [`Refusal::PolicyNotServed`] if this engine could serve no reset under it
    /// ([`Engine::check`](crate::Engine::check) says more, also of what is only partly served);
    /// [`Error::Fault`], with the kind `Corrupt` if the stored one cannot be read, or holds settings of
    /// a newer release, which would be lost.
    pub async fn put_policy(&self, policy: &Policy, expected: Option<u64>) -> Result<u64, Error> {
        let engine = self.engine;
        self.authorise(&[&engine.inner.roles.policy])?;
        let key = engine.inner.keys.policy(self.tenant);
        let found = engine.inner.store.load(&key).await.at(FaultOrigin::Store)?;
        let current = engine.policy_record(self.tenant, true).await?;
        if current.as_ref().map(|record| record.revision) != expected {
            return Err(Refusal::Conflict.into());
        }
        if let Some(record) = &found
            && record.says_more().is_ok_and(|more| more)
        {
            let detail = "it holds settings of a newer release, which alone may replace them";
            return Err(corrupt_policy(record, detail));
        }
        if let Some(stands) = current.filter(|current| *current.policy == *policy) {
            return Ok(stands.revision);
        }
        self.refuse_unserved(policy).await?;
        let now = engine.inner.clock.now();
        let revision = expected.unwrap_or(0).saturating_add(1);
        let before = found.map(|record| record.version());
        let count = next_count(before, now);
        let version = Version::new(count, u64::from_be_bytes(engine.random()?));
        let subject = PolicyRecord {
            format: FORMAT,
            min_reader: 1,
            key,
            tenant: self.tenant.clone(),
            revision,
            policy: Arc::new(policy.clone()),
            changed_at: now,
            changed_by: self.actor.id.clone(),
        };
        let columns = subject.columns();
        let record = Record::new(key, version, Subject::Policy(Arc::new(subject)));
        if record.body().len() > MAX_BODY {
            return Err(Refusal::LimitReached.into());
        }
        let events = [Event {
            format: Event::FORMAT,
            id: EventId::new(key, count, 0),
            tenant: self.tenant.clone(),
            user: None,
            actor: ActorKind::Administrator(self.actor.id.clone()),
            at: now,
            source: None,
            kind: EventKind::PolicyChanged { revision },
            text: None,
        }];
        let commit = Commit::new(&record, before, &columns, &events);
        let committed = engine.inner.store.commit(commit).await;
        engine.forget_policy(self.tenant);
        match committed {
            Ok(Committed::Applied) => Ok(revision),
            Ok(Committed::Stale) => Err(Refusal::Conflict.into()),
            Err(error) if error.kind() == PortErrorKind::Unknown => {
                let there = engine.inner.store.load(&key).await.at(FaultOrigin::Store)?;
                if there.is_some_and(|record| record.version() == version) {
                    return Ok(revision);
                }
                Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }))
            }
            Err(error) => Err(Error::Fault(Fault { origin: FaultOrigin::Store, error })),
        }
    }

    /// Supplies contact data for a user; replaces all that administrators supplied before, so give
    /// every address each time. It counts at once: the hold is for what users register themselves.
    /// What the user confirmed stays and counts first. The user is told of each change.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::NotFound`]; [`Error::Fault`].
    pub async fn supply_contacts(&self, user: &UserId, contacts: &Contacts) -> Result<(), Error> {
        self.authorise(&[&self.engine.inner.roles.contacts])?;
        self.change(user, |transition, context| {
            let incarnation = context.user.as_ref().and_then(|user| user.incarnation.as_deref());
            supply_contacts(transition, contacts, incarnation, |account| context.addresses(account))
        })
        .await
    }

    /// Clears the failure budgets and the count of challenges of a user, who may then try again at
    /// once, and opens the kinds of method that a run of failures has closed. The user is told of
    /// those. Where nothing was spent or closed, nothing is written.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::NotFound`], [`Refusal::Busy`]; [`Error::Fault`].
    pub async fn unblock(&self, user: &UserId) -> Result<(), Error> {
        self.authorise(&[&self.engine.inner.roles.unblock])?;
        self.change(user, |transition, context| {
            clear_budgets(transition, |account| context.addresses(account))
        })
        .await
    }

    /// The tenant's audit events, at most `limit`, oldest first; pass the cursor of the last page
    /// to read on.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`]; [`Error::Fault`];
    /// [`InvalidInput::Foreign`](crate::InvalidInput) for a cursor of another store, or one from before
    /// the store was [restored](crate::transfer::restored): begin again without one.
    pub async fn events(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<Event>, Error> {
        self.authorise(&[&self.engine.inner.roles.read])?;
        self.engine.trail(EventsOf::Tenant(self.tenant), after, limit).await
    }

    /// The audit events of one user, at most `limit`, oldest first.
    ///
    /// # Errors
    ///
    /// As [`events`](Self::events).
    pub async fn user_events(
        &self,
        user: &UserId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Event>, Error> {
        self.authorise(&[&self.engine.inner.roles.read])?;
        let key = self.engine.inner.keys.account(self.tenant, user);
        self.engine.trail(EventsOf::Record(&key), after, limit).await
    }

    /// Confirms that the person who has this identifier now is the one whose record was made before the
    /// directory gave incarnation marks ([`UserFacts::incarnation`](crate::UserFacts::incarnation)): until
    /// then the record is closed to them. Make sure of the person first. For an identifier that was
    /// given to another person, [`forget`](Self::forget) empties the record instead.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::NotFound`]; [`Refusal::NotEligible`] if the record bears
    /// another mark; [`Error::Fault`].
    pub async fn confirm_incarnation(&self, user: &UserId) -> Result<(), Error> {
        let engine = self.engine;
        self.authorise(&[&engine.inner.roles.revoke])?;
        let context = engine.context(self.tenant, UserSelector::Id(user), true).await?;
        let facts = context.user.as_ref().ok_or(Refusal::NotFound)?;
        let target = engine.user_target(self.tenant, user);
        let decide = |transition: &mut Transition<'_>| {
            confirm_incarnation(transition, facts.incarnation.as_deref()).map(Decision::Commit)
        };
        let (policy, origin) = (&context.policy, self.origin());
        engine.step(&target, None, policy, &origin, OnUnknown::Resolve, decide).await?;
        Ok(())
    }

    fn authorise(&self, allowed: &[&BTreeSet<RoleId>]) -> Result<(), Refusal> {
        let holds = |roles: &&BTreeSet<RoleId>| !roles.is_disjoint(&self.actor.roles);
        if allowed.iter().any(holds) { Ok(()) } else { Err(Refusal::NotAuthorised) }
    }

    async fn change<T>(
        &self,
        user: &UserId,
        change: impl Fn(&mut Transition<'_>, &Context) -> Result<T, Refusal>,
    ) -> Result<T, Error> {
        let engine = self.engine;
        let context = engine.context(self.tenant, UserSelector::Id(user), true).await?;
        let Some(facts) = &context.user else {
            return Err(Refusal::NotFound.into());
        };
        let target = engine.user_target(self.tenant, user);
        let loaded = engine.load(&target).await?;
        if !loaded.account.is_of(facts.incarnation.as_deref()) {
            // Another person has this id now: the record is somebody else's.
            return Err(Refusal::NotEligible { reason: SsprReason::AccountDisabled }.into());
        }
        let origin = self.origin();
        let incarnation = facts.incarnation.as_deref();
        let decide = |transition: &mut Transition<'_>| {
            let answer = change(transition, &context)?;
            // What changes nothing leaves no trace, not even a mark.
            if !transition.events.is_empty() {
                transition.belongs_to(incarnation);
            }
            Ok(Decision::Commit(answer))
        };
        let policy = &context.policy;
        let step = engine.step(&target, Some(loaded), policy, &origin, OnUnknown::Resolve, decide);
        let (answer, _) = step.await?;
        (engine.inner.on_work)();
        Ok(answer)
    }
}

//! Operations of administrators. This file has those on the policy, contact data, budgets and the
//! audit trail; each other file of the folder has one topic.

mod accounts;
mod authority;
mod breakers;
mod budgets;
mod dry_run;
mod links;
pub(crate) mod report;
mod reports;
mod temporary;
mod trail;
mod verify;

pub use breakers::OpenBreaker;
pub use budgets::{BudgetKind, BudgetUse};
pub use dry_run::{DryRunEffect, DryRunUser};
pub use reports::{AccountSummary, BlockedMethod, Explanation, HeldMethod};
pub use temporary::TemporaryPassword;
pub use verify::TrailOf;

use std::sync::Arc;

use serde::Serialize;

use crate::domain::account::FORMAT;
use crate::domain::event::{ActorKind, AdminAct, Event, EventKind};
use crate::domain::identity::ids::{TenantId, UserId};
use crate::domain::policy::policy_record::PolicyRecord;
use crate::domain::policy::served::Unserved;
use crate::domain::policy::{Policy, PolicyChanges, PolicySettings, Scope};
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::rules::{
    Contacts, Transition, clear_budgets, confirm_incarnation, supply_contacts,
};
use crate::domain::time::Timestamp;
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::api::request::Actor;
use crate::engine::core::Core;
use crate::engine::core::commit::Decision;
use crate::engine::core::context::{Context, corrupt_policy};
use crate::engine::core::policy_commit::PolicyStep;
use crate::engine::core::seal_check::check;
use crate::engine::handles::admin::trail::trail;
use crate::engine::observe::Operation;
use crate::port::{Cursor, EventsOf, Page};

/// Operations of one administrator in one tenant. Each operation checks the actor's roles, and those
/// on a user also the user's: see [`AdminRoles`](crate::admin::AdminRoles).
///
/// ```
/// use sspr::{Actor, Engine, Error, TenantId, UserId};
///
/// /// Prints why a user may not reset, for a help desk.
/// async fn explain(engine: &Engine, tenant: &TenantId, desk: &Actor, user: &UserId) -> Result<(), Error> {
///     let explanation = engine.admin(tenant, desk).explain(user).await?;
///     println!("{explanation:#?}");
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Admin<'a> {
    pub(crate) core: &'a Core,
    pub(crate) tenant: &'a TenantId,
    pub(crate) actor: &'a Actor,
}

/// The stored policy of a tenant, with its revision.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[non_exhaustive]
pub struct StoredPolicy {
    /// The policy.
    pub policy: Policy,
    /// Its revision, for the next [`Admin::put_policy`].
    pub revision: u64,
    /// When it was stored.
    pub changed_at: Timestamp,
    /// The administrator who stored it.
    pub changed_by: String,
}

impl Admin<'_> {
    /// The tenant's policy; `None` if the tenant has none.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`]; [`Error::Fault`].
    pub async fn policy(&self) -> Result<Option<StoredPolicy>, Error> {
        let done = async {
            let roles = &self.core.roles;
            self.authorise(&[&roles.read, &roles.policy])?;
            let stored = self.core.policy_record(self.tenant, true).await?;
            Ok(stored.map(|record| StoredPolicy {
                policy: Policy::clone(&record.policy),
                revision: record.revision,
                changed_at: record.changed_at,
                changed_by: record.changed_by.clone(),
            }))
        };
        self.core.observe(Operation::AdminPolicy, self.tenant, done).await
    }

    /// Stores the tenant's policy, if the stored revision is the expected one (`None`: no policy is
    /// stored yet). Returns the new revision. An equal policy is not written, and its revision is
    /// returned. Engines of other processes use the new policy within five seconds, and at once in
    /// the step that writes a password.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`]; [`Refusal::Conflict`] if another administrator has stored a
    /// policy in the meantime; [`Refusal::PolicyNotServed`] if this engine could serve no reset
    /// under it ([`Engine::check`](crate::Engine::check) returns the details, also of a policy that
    /// is only partly served); [`Error::Fault`], with the kind `Corrupt` if the stored policy
    /// cannot be read, or has settings of a newer release, which would be lost.
    pub async fn put_policy(&self, policy: &Policy, expected: Option<u64>) -> Result<u64, Error> {
        let done = async {
            let core = self.core;
            self.authorise(&[&core.roles.policy])?;
            let key = core.keys.policy(self.tenant);
            let found = core.store.load(&key).await.at(FaultOrigin::Store)?;
            let current = core.policy_record(self.tenant, true).await?;
            if current.as_ref().map(|record| record.revision) != expected {
                return Err(Refusal::Conflict.into());
            }
            if let Some(record) = &found
                && record.says_more().is_ok_and(|more| more)
            {
                let detail = "it has settings of a newer release: replace it with that release";
                return Err(corrupt_policy(record, detail));
            }
            if let Some(stored) = current.as_ref().filter(|current| *current.policy == *policy) {
                return Ok(stored.revision);
            }
            self.refuse_unserved(policy).await?;
            let at = core.clock.now();
            let revision = expected.unwrap_or(0).saturating_add(1);
            let head = current.as_ref().and_then(|current| current.trail);
            let breakers = current.as_ref().map(|current| current.breakers.clone());
            let changes = current.map_or_else(
                || PolicyChanges::between(&PolicySettings::default(), policy),
                |current| PolicyChanges::between(&current.policy, policy),
            );
            let next = PolicyRecord {
                format: FORMAT,
                min_reader: 1,
                key,
                tenant: self.tenant.clone(),
                revision,
                policy: Arc::new(policy.clone()),
                changed_at: at,
                changed_by: self.actor.id.clone(),
                breakers: breakers.unwrap_or_default(),
                trail: head,
            };
            let before = found.map(|record| record.version());
            let actor = ActorKind::Administrator(self.actor.id.clone());
            let kind = EventKind::PolicyChanged { revision, changes };
            let applied = core.commit_policy(PolicyStep { next, before, at, actor, kind }).await?;
            if applied { Ok(revision) } else { Err(Refusal::Conflict.into()) }
        };
        self.core.observe(Operation::AdminPutPolicy, self.tenant, done).await
    }

    /// Supplies contact data for a user. It replaces all contact data that administrators have
    /// supplied before, so pass every address each time. It counts at once: the hold applies to
    /// methods that users register themselves. Methods that the user confirmed stay and are offered
    /// first. The user is notified of each change.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::OwnAccount`], [`Refusal::NotFound`]; [`Error::Fault`].
    pub async fn supply_contacts(&self, user: &UserId, contacts: &Contacts) -> Result<(), Error> {
        let done = async {
            let context = self.authorise_act(AdminAct::SupplyContacts, user).await?;
            self.change(user, &context, |transition, context| {
                let incarnation =
                    context.user.as_ref().and_then(|user| user.incarnation.as_deref());
                supply_contacts(transition, contacts, incarnation, |account| {
                    context.addresses(account)
                })
            })
            .await
        };
        self.core.observe(Operation::AdminSupplyContacts, self.tenant, done).await
    }

    /// Clears the failure budgets and the count of challenges of a user, who may then try again at
    /// once, enables the kinds of method that a run of failures has disabled, and ends the block of a
    /// [repudiation](crate::recovery::Repudiation). The user is notified of the last two. If nothing was spent,
    /// disabled or blocked, nothing is written.
    ///
    /// After a repudiation, first verify who the user is and check the methods: the person who made the
    /// change may have registered others earlier. Unblocking voids the *it was not me* links of all
    /// notices so far.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::OwnAccount`], [`Refusal::NotFound`],
    /// [`Refusal::Busy`]; [`Error::Fault`].
    pub async fn unblock(&self, user: &UserId) -> Result<(), Error> {
        let done = async {
            let context = self.authorise_act(AdminAct::Unblock, user).await?;
            self.change(user, &context, |transition, context| {
                clear_budgets(transition, |account| context.addresses(account))
            })
            .await
        };
        self.core.observe(Operation::AdminUnblock, self.tenant, done).await
    }

    /// The tenant's audit events, at most `limit`, oldest first; pass the cursor of the last page
    /// to continue.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`]; [`Error::Fault`]; [`InvalidInput::Foreign`](crate::InvalidInput)
    /// for a cursor of another store, or from before the store was
    /// [restored](crate::transfer::restored): begin again without a cursor.
    pub async fn events(&self, after: Option<&Cursor>, limit: usize) -> Result<Page<Event>, Error> {
        let done = async {
            self.authorise(&[&self.core.roles.read])?;
            trail(self.core, EventsOf::Tenant(self.tenant), after, limit).await
        };
        self.core.observe(Operation::AdminEvents, self.tenant, done).await
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
        let done = async {
            self.authorise(&[&self.core.roles.read])?;
            let key = self.core.keys.account(self.tenant, user);
            trail(self.core, EventsOf::Record(&key), after, limit).await
        };
        self.core.observe(Operation::AdminUserEvents, self.tenant, done).await
    }

    /// Confirms that the current user with this id is the one whose record was created before the
    /// directory reported incarnations ([`UserFacts::incarnation`](crate::facts::UserFacts::incarnation)).
    /// Until then the record is closed to the user. Verify the user's identity first. If the id was
    /// assigned to another person, call [`forget`](Self::forget) instead, which empties the record.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::OwnAccount`], [`Refusal::NotFound`];
    /// [`Refusal::NotEligible`] if the record has another incarnation; [`Error::Fault`].
    pub async fn confirm_incarnation(&self, user: &UserId) -> Result<(), Error> {
        let done = async {
            let core = self.core;
            let context = self.authorise_act(AdminAct::ConfirmIncarnation, user).await?;
            let facts = context.user.as_ref().ok_or(Refusal::NotFound)?;
            let target = core.user_target(self.tenant, user);
            let (policy, origin) = (&context.policy, self.origin());
            let step = core.commit(&target, policy, &origin);
            step.apply(|transition| confirm_incarnation(transition, facts.incarnation.as_deref()))
                .await?;
            Ok(())
        };
        self.core.observe(Operation::AdminConfirmIncarnation, self.tenant, done).await
    }

    /// Refuses a policy under which this engine could serve no reset. A policy with an empty scope
    /// is always accepted, since it is how an administrator closes a tenant.
    async fn refuse_unserved(&self, policy: &Policy) -> Result<(), Error> {
        if policy.scope == Scope::None {
            return Ok(());
        }
        let found = check(self.core, self.tenant, policy).await?;
        match found.into_iter().find(Unserved::stops_every_reset) {
            Some(unserved) => Err(Refusal::PolicyNotServed(unserved).into()),
            None => Ok(()),
        }
    }

    /// Changes the record of a user on whom the actor [may act](Self::authorise_act).
    async fn change<T>(
        &self,
        user: &UserId,
        context: &Context,
        change: impl Fn(&mut Transition<'_>, &Context) -> Result<T, Refusal>,
    ) -> Result<T, Error> {
        let core = self.core;
        let Some(facts) = &context.user else {
            return Err(Refusal::NotFound.into());
        };
        let target = core.user_target(self.tenant, user);
        let loaded = core.load(&target).await?;
        if !loaded.account.is_of(facts.incarnation.as_deref()) {
            // The record belongs to a previous user with this id.
            return Err(Refusal::NotEligible { reason: SsprReason::OtherIncarnation }.into());
        }
        let origin = self.origin();
        let incarnation = facts.incarnation.as_deref();
        let policy = &context.policy;
        let step = core.commit(&target, policy, &origin).from(loaded).wake();
        let (answer, _) = step
            .decide(|transition| {
                let answer = change(transition, context)?;
                // A change without events also leaves the incarnation as it is.
                if !transition.events.is_empty() {
                    transition.belongs_to(incarnation);
                }
                Ok(Decision::Commit(answer))
            })
            .await?;
        Ok(answer)
    }
}

//! What administrators see of accounts: lists, and why a user may or may not reset.

use serde::{Deserialize, Serialize};

use super::Admin;
use super::budgets::{BudgetUse, budget_use};
use crate::domain::account::{Account, WriteState};
use crate::domain::budget::PoolKind;
use crate::domain::decide::time_of;
use crate::domain::eligibility::is_administrator;
use crate::domain::facts::UserSelector;
use crate::domain::ids::{MethodId, UserId};
use crate::domain::method::MethodKind;
use crate::domain::policy::Policy;
use crate::domain::reason::SsprReason;
use crate::domain::record::{Record, RecordKind};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::engine::error::{At as _, Error, FaultOrigin};
use crate::engine::upkeep::UnreadableAccount;
use crate::port::{Cursor, Page};

/// What is known of one account, without its addresses and secrets.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountSummary {
    /// The user.
    pub user: UserId,
    /// Kinds of active methods, each once.
    pub methods: Vec<MethodKind>,
    /// When the registration was completed.
    pub registered_at: Option<Timestamp>,
    /// Since when the user is to register anew.
    pub required_since: Option<Timestamp>,
    /// Kinds that are out of use after too many failures.
    pub disabled: Vec<MethodKind>,
    /// Until when a failure budget is spent, the latest of them.
    pub locked_until: Option<Timestamp>,
    /// Flows that are under way.
    pub flows: u8,
    /// Messages that wait.
    pub messages: u8,
    /// When anything last changed.
    pub updated_at: Timestamp,
}

/// Why a user may, or may not, reset now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Explanation {
    /// Why not; `None` if the user may.
    pub reason: Option<SsprReason>,
    /// Distinct methods that are required, if the user is somebody's.
    pub required: Option<u8>,
    /// Whether the stricter policy of administrators applies.
    pub administrator: bool,
    /// Kinds that the user could prove now.
    pub usable: Vec<MethodKind>,
    /// Whether what is registered is enough, once the holds have passed. What a host-verified method
    /// cannot say at the moment counts as not registered here: the field is for display, and no
    /// decision of the engine reads it.
    pub registered: bool,
    /// Active methods that still wait out their hold, and until when.
    pub held: Vec<HeldMethod>,
    /// Failure budgets that stand in the way.
    pub blocked: Vec<BlockedMethod>,
    /// Every budget of the account of which something is held now, and by how many sources: who
    /// keeps an owner waiting shows here.
    pub budgets: Vec<BudgetUse>,
    /// Whether the record was made before the directory gave incarnation marks, and is closed until
    /// [`Admin::confirm_incarnation`] confirms whose it is.
    pub unconfirmed_incarnation: bool,
    /// Whether the record is of the person who had this id before, by a mark that is not the one the
    /// directory gives now. The reason is then [`SsprReason::AccountDisabled`], and
    /// [`Admin::forget`] is the way out: it closes the old record, records the event
    /// `account_forgotten`, and the new holder starts empty.
    #[serde(default)]
    pub another_incarnation: bool,
    /// Whether a directory write of unknown outcome is open.
    pub unsettled_write: bool,
    /// What is known of the account.
    pub account: AccountSummary,
}

/// An active method that may not be used for a reset yet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HeldMethod {
    /// Its id.
    pub id: MethodId,
    /// Its kind.
    pub method: MethodKind,
    /// From when on it may be used.
    pub usable_from: Timestamp,
}

/// A failure budget that is spent, or a kind of method that is out of use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BlockedMethod {
    /// The kind.
    pub method: MethodKind,
    /// Which of the two pools; `None` if the method is out of use in both.
    pub pool: Option<PoolKind>,
    /// Until when; `None`: until a right secret ends the run of failures, or, where both pools are
    /// closed, until the method is registered again.
    pub until: Option<Timestamp>,
}

impl Admin<'_> {
    /// The accounts of the tenant that have a record, at most `limit`; pass the cursor of the last
    /// page to read on. Users who have done nothing yet have none: the directory knows them.
    ///
    /// An account whose record cannot be read is an item of its own: it is there, and closed.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`]; [`Error::Fault`] if the store cannot list them.
    pub async fn accounts(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Result<AccountSummary, UnreadableAccount>>, Error> {
        self.authorise(&[&self.engine.inner.roles.read])?;
        let store = &self.engine.inner.store;
        let page = store
            .scan(self.tenant, RecordKind::Account, after, limit)
            .await
            .at(FaultOrigin::Store)?;
        let summary_of = |record: &Record| {
            let (target, loaded) = self.engine.read_account(self.tenant, record)?;
            Ok(target.user.map(|user| summary(user, &loaded.account)))
        };
        let items = page.items.iter().map(summary_of).filter_map(Result::transpose);
        Ok(Page::new(items.collect(), page.next))
    }

    /// Why a user may, or may not, reset now, in the engine's own order of reasons.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::NotFound`]; [`Error::Fault`].
    pub async fn explain(&self, user: &UserId) -> Result<Explanation, Error> {
        let engine = self.engine;
        self.authorise(&[&engine.inner.roles.read])?;
        let context = engine.context(self.tenant, UserSelector::Id(user), true).await?;
        let facts = context.user.as_ref().ok_or(Refusal::NotFound)?;
        let loaded = engine.load(&engine.user_target(self.tenant, user)).await?;
        let account = &*loaded.account;
        let now = time_of(account, engine.inner.clock.now());
        let foreign = !account.is_of(facts.incarnation.as_deref());
        let gates = context.gates_of();
        let eligible = context.eligible(account, now);
        let usable = gates.map(|gates| context.candidates(account, facts, gates, now));
        let mut kinds: Vec<_> =
            usable.unwrap_or_default().iter().map(|candidate| candidate.kind).collect();
        kinds.dedup();
        let blocked = blocked(account, &context.policy, now);
        let in_the_way = |kind: &MethodKind| blocked.iter().any(|one| one.method == *kind);
        let reason = match &eligible {
            Ok(_) if !kinds.is_empty() && kinds.iter().all(in_the_way) => Some(SsprReason::Blocked),
            Ok(_) => None,
            Err(reason) => Some(*reason),
        };
        Ok(Explanation {
            reason,
            required: gates.map(|gates| gates.required),
            administrator: is_administrator(&context.policy, facts),
            usable: kinds,
            registered: context
                .registrant()
                .is_some_and(|one| one.is_complete(account, &context.policy)),
            held: held(account, now),
            blocked,
            budgets: budget_use(account, &context.policy, now),
            unconfirmed_incarnation: foreign && account.incarnation.is_none(),
            another_incarnation: foreign && account.incarnation.is_some(),
            unsettled_write: account
                .write
                .as_ref()
                .is_some_and(|write| write.state == WriteState::Unsettled),
            account: summary(user.clone(), account),
        })
    }
}

fn held(account: &Account, now: Timestamp) -> Vec<HeldMethod> {
    let held = account.methods.iter().filter(|one| one.active() && one.usable_from > now);
    held.map(|one| HeldMethod {
        id: one.id.clone(),
        method: one.kind,
        usable_from: one.usable_from,
    })
    .collect()
}

fn blocked(account: &Account, policy: &Policy, now: Timestamp) -> Vec<BlockedMethod> {
    let mut all = Vec::new();
    for budget in &account.budgets {
        if budget.disabled {
            all.push(BlockedMethod { method: budget.method, pool: None, until: None });
            continue;
        }
        for pool in [PoolKind::Anonymous, PoolKind::Proven] {
            let (rate, window) = (policy.failures.rate(pool), budget.pool(pool));
            if budget.consecutive >= policy.failures.run(pool, policy.attempts) {
                all.push(BlockedMethod { method: budget.method, pool: Some(pool), until: None });
            } else if window.remaining(rate, now) == 0 {
                let aged = window.live(rate.window, now).map(|one| one.at.plus(rate.window)).min();
                let until = window.locked_until.filter(|until| now < *until).or(aged);
                all.push(BlockedMethod { method: budget.method, pool: Some(pool), until });
            }
        }
    }
    all
}

fn summary(user: UserId, account: &Account) -> AccountSummary {
    let count = |length: usize| u8::try_from(length).unwrap_or(u8::MAX);
    let mut methods: Vec<_> =
        account.methods.iter().filter(|one| one.active()).map(|one| one.kind).collect();
    methods.sort_unstable();
    methods.dedup();
    let disabled = account.budgets.iter().filter(|budget| budget.disabled);
    let windows = account.budgets.iter().flat_map(|budget| [&budget.anonymous, &budget.proven]);
    AccountSummary {
        user,
        methods,
        registered_at: account.registration.completed_at,
        required_since: account.registration.required_since,
        disabled: disabled.map(|budget| budget.method).collect(),
        locked_until: windows.filter_map(|window| window.locked_until).max(),
        flows: count(account.flows.len()),
        messages: count(account.outbox.len()),
        updated_at: account.seen,
    }
}

//! Reports on accounts for administrators: the list of accounts, and why a user may or may not
//! reset.

use serde::{Deserialize, Serialize};

use super::Admin;
use super::budgets::{BudgetUse, budget_use};
use crate::domain::account::budget::PoolKind;
use crate::domain::account::{Account, Method, WriteState};
use crate::domain::identity::contact::ContactSlot;
use crate::domain::identity::facts::{UserFacts, UserSelector};
use crate::domain::identity::ids::{MethodId, UserId};
use crate::domain::method::MethodKind;
use crate::domain::policy::Policy;
use crate::domain::reason::SsprReason;
use crate::domain::record::{Record, RecordKind};
use crate::domain::refusal::Refusal;
use crate::domain::rules::effective::{EffectivePolicy, Withheld, WithheldMethod};
use crate::domain::rules::{RegistrationStatus, from_directory, time_of};
use crate::domain::time::Timestamp;
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::maintenance::accounts::{UnreadableAccount, read_account};
use crate::engine::observe::Operation;
use crate::port::{Cursor, Page};

/// A summary of one account, without its addresses and secrets.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccountSummary {
    /// The user.
    pub user: UserId,
    /// Kinds of active methods, each once.
    pub methods: Vec<MethodKind>,
    /// When the registration was completed.
    pub registered_at: Option<Timestamp>,
    /// When an administrator required a new registration, if it is not completed yet.
    pub required_since: Option<Timestamp>,
    /// Kinds that are disabled after too many failures.
    pub disabled: Vec<MethodKind>,
    /// The latest time until which a failure budget is locked.
    pub locked_until: Option<Timestamp>,
    /// Flows in the record.
    pub flows: u8,
    /// Messages in the outbox.
    pub messages: u8,
    /// When the record last changed.
    pub updated_at: Timestamp,
}

/// Whether a user may reset now, and the reasons.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The first reason against a reset, which a flow gives; `None` if the user may reset.
    pub reason: Option<SsprReason>,
    /// Every reason against a reset, in the order of evaluation.
    #[serde(default)]
    pub reasons: Vec<SsprReason>,
    /// Kinds that the policy names for the user and that do not count now.
    #[serde(default)]
    pub withheld: Vec<WithheldMethod>,
    /// Slots of the directory whose contact data are malformed, so that they do not count.
    #[serde(default)]
    pub malformed: Vec<ContactSlot>,
    /// Distinct methods that a reset requires, if gates apply to the user.
    pub required: Option<u8>,
    /// Whether the stricter policy of administrators applies.
    pub administrator: bool,
    /// Kinds that the user could prove now.
    pub usable: Vec<MethodKind>,
    /// Whether the user has registered, may reset, and is able to. For display: no decision of the
    /// engine reads it.
    pub status: RegistrationStatus,
    /// Active methods whose hold has not passed, and until when.
    pub held: Vec<HeldMethod>,
    /// Spent failure budgets and disabled methods.
    pub blocked: Vec<BlockedMethod>,
    /// Every budget of the account that is in use now, and by how many sources. They show whether
    /// other callers spend the owner's budgets.
    pub budgets: Vec<BudgetUse>,
    /// Whether the record was created before the directory reported incarnations, and is closed
    /// until [`Admin::confirm_incarnation`] confirms its user.
    pub unconfirmed_incarnation: bool,
    /// Whether the record belongs to a previous user with this id: its incarnation is not the
    /// directory's. The reason is then [`SsprReason::OtherIncarnation`], and [`Admin::forget`]
    /// resolves it: it empties the record and records the event `account_forgotten`.
    #[serde(default)]
    pub another_incarnation: bool,
    /// Since when the account is blocked because its owner has repudiated a change, until
    /// [`Admin::unblock`]. The reason is then [`SsprReason::Repudiated`].
    #[serde(default)]
    pub repudiated_since: Option<Timestamp>,
    /// Whether a directory write of unknown outcome is open.
    pub unsettled_write: bool,
    /// The summary of the account.
    pub account: AccountSummary,
}

/// An active method whose hold has not passed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HeldMethod {
    /// Its id.
    pub id: MethodId,
    /// Its kind.
    pub method: MethodKind,
    /// When it may be used.
    pub usable_from: Timestamp,
}

/// A spent failure budget, or a disabled kind of method.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BlockedMethod {
    /// The kind.
    pub method: MethodKind,
    /// The pool; `None` if the method is disabled in both.
    pub pool: Option<PoolKind>,
    /// Until when. `None`: until a correct secret ends the run of failures, or, if the method is
    /// disabled in both pools, until it is registered again.
    pub until: Option<Timestamp>,
}

impl Admin<'_> {
    /// The accounts of the tenant that have a record, at most `limit`; pass the cursor of the last
    /// page to continue. Users who have not used the engine yet have no record.
    ///
    /// An account whose record cannot be read is listed as [`UnreadableAccount`]; it is closed.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`]; [`Error::Fault`] if the store cannot list them.
    pub async fn accounts(
        &self,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<Result<AccountSummary, UnreadableAccount>>, Error> {
        let done = async {
            self.authorise(&[&self.core.roles.read])?;
            let store = &self.core.store;
            let page = store
                .scan(self.tenant, RecordKind::Account, after, limit)
                .await
                .at(FaultOrigin::Store)?;
            let summary_of = |record: &Record| {
                let (target, loaded) = read_account(self.core, self.tenant, record)?;
                Ok(target.user.map(|user| summary(user, &loaded.account)))
            };
            let items = page.items.iter().map(summary_of).filter_map(Result::transpose);
            Ok(Page::new(items.collect(), page.next))
        };
        self.core.observe(Operation::AdminAccounts, self.tenant, done).await
    }

    /// Explains whether a user may reset now. The reason is the first that the engine would find.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::NotFound`]; [`Error::Fault`].
    pub async fn explain(&self, user: &UserId) -> Result<Explanation, Error> {
        let done = async {
            let core = self.core;
            self.authorise(&[&core.roles.read])?;
            let context = core.context(self.tenant, UserSelector::Id(user), true).await?;
            let (facts, effective) = context.known().map_err(|_| Refusal::NotFound)?;
            let loaded = core.load(&core.user_target(self.tenant, user)).await?;
            let account = &*loaded.account;
            let now = time_of(account, core.clock.now());
            let foreign = !account.is_of(facts.incarnation.as_deref());
            let gates = context.gates_of();
            let usable = gates.map(|gates| context.candidates(account, facts, gates, now));
            let mut kinds: Vec<_> =
                usable.unwrap_or_default().iter().map(|candidate| candidate.kind).collect();
            kinds.dedup();
            let blocked = blocked(account, &context.policy, &kinds, now);
            let is_blocked =
                |kind: &MethodKind| blocked.iter().any(|blocked| blocked.method == *kind);
            let mut reasons = context.against(account, now);
            if !kinds.is_empty() && kinds.iter().all(is_blocked) {
                reasons.insert(SsprReason::Blocked);
            }
            Ok(Explanation {
                reason: reasons.first().copied(),
                reasons: reasons.into_iter().collect(),
                withheld: withheld(account, facts, effective, &context.policy),
                malformed: facts.malformed_contacts(context.policy.contacts.phone_format),
                required: gates.map(|gates| gates.required),
                administrator: effective.administrator,
                usable: kinds,
                status: context.registration_status(account),
                held: held(account, now),
                blocked,
                budgets: budget_use(account, &context.policy, now),
                unconfirmed_incarnation: foreign && account.incarnation.is_none(),
                another_incarnation: foreign && account.incarnation.is_some(),
                repudiated_since: account.repudiated.blocked_since,
                unsettled_write: account
                    .write
                    .as_ref()
                    .is_some_and(|write| write.state == WriteState::Unsettled),
                account: summary(user.clone(), account),
            })
        };
        self.core.observe(Operation::AdminExplain, self.tenant, done).await
    }
}

/// The kinds that do not count: for everyone in the tenant, and for this user.
fn withheld(
    account: &Account,
    facts: &UserFacts,
    effective: &EffectivePolicy,
    policy: &Policy,
) -> Vec<WithheldMethod> {
    let mut all = effective.withheld.clone();
    let is_outside = |kind: &&MethodKind| {
        let own = account.methods.iter().filter(|method| method.kind == **kind && method.active());
        let directory = from_directory(**kind, facts, policy).filter(|_| policy.contacts.directory);
        let mut numbers = own.filter_map(Method::destination).chain(directory.as_ref());
        numbers.any(|number| !policy.numbers.allows(number))
    };
    let outside = effective.gates.methods.iter().filter(is_outside);
    let why = Withheld::NumberNotAllowed;
    all.extend(outside.map(|method| WithheldMethod { method: *method, why }));
    let method = MethodKind::SecurityQuestions;
    let mut sets = account.methods.iter().filter(|set| set.kind == method && set.active());
    if effective.gates.methods.contains(&method) && sets.any(|set| !set.provable(&policy.questions))
    {
        all.push(WithheldMethod { method, why: Withheld::QuestionsRemoved });
    }
    all
}

fn held(account: &Account, now: Timestamp) -> Vec<HeldMethod> {
    let is_held = |method: &&Method| method.active() && method.usable_from > now;
    account
        .methods
        .iter()
        .filter(is_held)
        .map(|method| HeldMethod {
            id: method.id.clone(),
            method: method.kind,
            usable_from: method.usable_from,
        })
        .collect()
}

fn blocked(
    account: &Account,
    policy: &Policy,
    usable: &[MethodKind],
    now: Timestamp,
) -> Vec<BlockedMethod> {
    let mut all = locked(account, usable, now);
    all.extend(spent(account, policy, now));
    all
}

/// The methods whose failure budgets are spent.
pub(super) fn spent(account: &Account, policy: &Policy, now: Timestamp) -> Vec<BlockedMethod> {
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
                let aged =
                    window.live(rate.window, now).map(|entry| entry.at.plus(rate.window)).min();
                let until = window.locked_until.filter(|until| now < *until).or(aged);
                all.push(BlockedMethod { method: budget.method, pool: Some(pool), until });
            }
        }
    }
    all
}

/// The methods that a throttle has locked.
fn locked(account: &Account, usable: &[MethodKind], now: Timestamp) -> Vec<BlockedMethod> {
    let mut all = Vec::new();
    for state in &account.throttles {
        for pool in [PoolKind::Anonymous, PoolKind::Proven] {
            let until = state.pool(pool).locked_until.filter(|until| now < *until);
            let kinds = usable.iter().filter(|kind| state.method.is_none_or(|only| only == **kind));
            let methods = kinds.filter(|_| until.is_some());
            all.extend(methods.map(|method| BlockedMethod {
                method: *method,
                pool: Some(pool),
                until,
            }));
        }
    }
    all
}

fn summary(user: UserId, account: &Account) -> AccountSummary {
    let count = |length: usize| u8::try_from(length).unwrap_or(u8::MAX);
    let mut methods: Vec<_> =
        account.methods.iter().filter(|method| method.active()).map(|method| method.kind).collect();
    methods.sort_unstable();
    methods.dedup();
    let disabled = account.budgets.iter().filter(|budget| budget.disabled);
    AccountSummary {
        user,
        methods,
        registered_at: account.registration.completed_at,
        required_since: account.registration.required_since,
        disabled: disabled.map(|budget| budget.method).collect(),
        locked_until: account.windows().filter_map(|window| window.locked_until).max(),
        flows: count(account.flows.len()),
        messages: count(account.outbox.len()),
        updated_at: account.seen,
    }
}

//! The state of the memory directory, and look-ups in it.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::hash::PasswordHash;
use super::{DirectorySession, DirectoryWrite, GroupMember, Revocation};
use crate::facts::{
    GroupId, PasswordHome, PolicyReason, TenantFacts, UserFacts, UserSelector, WriteOutcome,
    WriteReply, WritebackState,
};
use crate::{TenantId, Timestamp, UserId};

/// The longest log per user; the oldest entry is dropped. The logs serve tests and are no audit
/// trail.
pub(super) const LOG: usize = 1_000;

/// The most users that one name finds.
const MAX_SHARED: usize = 50;

/// How many completed writes per user are remembered, for repetitions.
const REMEMBERED: usize = 16;

pub(super) type PasswordRule = Arc<dyn Fn(&str) -> Option<PolicyReason> + Send + Sync>;

#[derive(Default)]
pub(super) struct State {
    pub(super) tenants: BTreeMap<TenantId, Tenant>,
    pub(super) unreachable: bool,
    pub(super) scripted: VecDeque<Scripted>,
    pub(super) rule: Option<PasswordRule>,
    pub(super) history: usize,
    pub(super) min_age: Duration,
    stamps: u64,
}

/// The scripted outcome of the next write.
#[derive(Clone)]
pub(super) struct Scripted {
    pub(super) reply: WriteReply,
    pub(super) written: bool,
}

pub(super) struct Tenant {
    pub(super) facts: TenantFacts,
    pub(super) users: BTreeMap<UserId, UserEntry>,
    pub(super) names: HashMap<String, BTreeSet<UserId>>,
    pub(super) groups: BTreeMap<GroupId, Vec<GroupMember>>,
}

pub(super) struct UserEntry {
    pub(super) facts: UserFacts,
    /// The current password, then the former ones.
    pub(super) passwords: VecDeque<PasswordHash>,
    /// Grows with each change of the password.
    pub(super) generation: u64,
    remembered: VecDeque<(u32, PasswordHash, WriteOutcome)>,
    pub(super) writes: VecDeque<DirectoryWrite>,
    pub(super) unlocks: VecDeque<u32>,
    pub(super) revocations: VecDeque<Revocation>,
    pub(super) sessions: Vec<DirectorySession>,
}

impl State {
    /// A stamp that was never used before.
    pub(super) fn fresh_stamp(&mut self) -> String {
        self.stamps += 1;
        format!("stamp-{}", self.stamps)
    }

    pub(super) fn account(&self, tenant: &TenantId, user: &UserId) -> Option<&UserEntry> {
        self.tenants.get(tenant)?.users.get(user)
    }

    pub(super) fn account_mut(
        &mut self,
        tenant: &TenantId,
        user: &UserId,
    ) -> Option<&mut UserEntry> {
        self.tenants.get_mut(tenant)?.users.get_mut(user)
    }

    /// Whether this account depends on a directory on premises that cannot be reached.
    pub(super) fn out_of_reach(&self, account: &UserEntry) -> bool {
        self.unreachable && account.facts.password_home == PasswordHome::OnPremises
    }

    /// The facts as a query returns them: with the reachability of the directory, and with the
    /// groups that contain the user, limited to `asked` if given.
    pub(super) fn facts_of(
        &self,
        tenant: &Tenant,
        account: &UserEntry,
        asked: Option<&BTreeSet<GroupId>>,
    ) -> UserFacts {
        let mut facts = account.facts.clone();
        if self.out_of_reach(account) {
            facts.writeback = Some(WritebackState::Unreachable);
        }
        facts.groups = tenant.groups_of(&account.facts);
        if let Some(asked) = asked {
            facts.groups.retain(|group| asked.contains(group));
        }
        facts
    }

    /// Renews the change stamp of an account, unless it has none.
    pub(super) fn restamp(&mut self, tenant: &TenantId, user: &UserId) {
        let stamp = self.fresh_stamp();
        if let Some(account) = self.account_mut(tenant, user)
            && account.facts.change_stamp.is_some()
        {
            account.facts.change_stamp = Some(stamp);
        }
    }
}

impl Tenant {
    pub(super) fn new(facts: TenantFacts) -> Self {
        Self { facts, users: BTreeMap::new(), names: HashMap::new(), groups: BTreeMap::new() }
    }

    pub(super) fn select(&self, by: UserSelector<'_>) -> Vec<&UserEntry> {
        let ids = match by {
            UserSelector::Id(id) => vec![id],
            UserSelector::Identifier(typed) => {
                let holders = self.names.get(&spelling(typed.as_str()));
                holders.into_iter().flatten().take(MAX_SHARED).collect()
            }
        };
        ids.into_iter().filter_map(|id| self.users.get(id)).collect()
    }

    /// The groups that contain a user, directly or through other groups.
    fn groups_of(&self, facts: &UserFacts) -> BTreeSet<GroupId> {
        let mut held = facts.groups.clone();
        let own = GroupMember::User(facts.id.clone());
        for (group, members) in &self.groups {
            if members.contains(&own) {
                held.insert(group.clone());
            }
        }
        // A group is added at most once, so a cycle ends.
        let mut fresh: Vec<GroupId> = held.iter().cloned().collect();
        while let Some(child) = fresh.pop() {
            let child = GroupMember::Group(child);
            for (group, members) in &self.groups {
                if !held.contains(group) && members.contains(&child) {
                    held.insert(group.clone());
                    fresh.push(group.clone());
                }
            }
        }
        held
    }
}

impl UserEntry {
    pub(super) fn new(facts: UserFacts, password: PasswordHash) -> Self {
        Self {
            facts,
            passwords: VecDeque::from([password]),
            generation: 0,
            remembered: VecDeque::new(),
            writes: VecDeque::new(),
            unlocks: VecDeque::new(),
            revocations: VecDeque::new(),
            sessions: Vec::new(),
        }
    }

    /// The outcome of the completed write of this number, and the hash of its password.
    pub(super) fn completed(&self, number: u32) -> Option<(PasswordHash, WriteOutcome)> {
        let (_, hash, outcome) = self.remembered.iter().find(|(of, ..)| *of == number)?;
        Some((hash.clone(), outcome.clone()))
    }

    /// Makes this the current password.
    pub(super) fn set_password(&mut self, hash: PasswordHash, history: usize, now: Timestamp) {
        self.passwords.push_front(hash);
        self.passwords.truncate(history.max(1));
        self.generation += 1;
        self.facts.password_changed_at = Some(now);
    }

    pub(super) fn remember(&mut self, number: u32, hash: PasswordHash, outcome: WriteOutcome) {
        self.remembered.push_front((number, hash, outcome));
        self.remembered.truncate(REMEMBERED);
    }
}

/// The form in which equal identifiers are equal: with ASCII letters in lower case.
pub(super) fn spelling(identifier: &str) -> String {
    identifier.to_ascii_lowercase()
}

/// Appends to a bounded log.
pub(super) fn log<T>(entries: &mut VecDeque<T>, entry: T) {
    if entries.len() == LOG {
        entries.pop_front();
    }
    entries.push_back(entry);
}

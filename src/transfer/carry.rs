//! The form of a record in the target: it is read, checked, and renamed if the lookup key changes.

use std::collections::HashMap;
use std::sync::Arc;

use super::chain::passing;
use super::report::UnreadableReason;
use crate::domain::account::{Account, FORMAT};
use crate::domain::crypto::keys::{DECOY_SLOTS, Keys};
use crate::domain::event::{ActorKind, Event};
use crate::domain::identity::ids::{RecordKey, TenantId, UserId};
use crate::domain::policy::policy_record::PolicyRecord;
use crate::domain::policy::{Policy, PolicySettings};
use crate::domain::record::{Columns, Record, RecordKind, Subject, Version};
use crate::domain::rules::Transition;
use crate::domain::time::Timestamp;
use crate::domain::trail::{Extension, extend, relink};

/// A record in its form for the target.
pub(super) struct Carried {
    /// Its key in the source.
    pub(super) source: RecordKey,
    /// Its version in the source; `None` if only its events are left.
    pub(super) found: Option<Version>,
    /// The record for the target.
    pub(super) next: Record,
    pub(super) columns: Columns,
    /// The events of the flows and the methods that the renaming has ended.
    pub(super) closing: Vec<Event>,
}

impl Carried {
    /// The body of a placeholder.
    pub(super) const PLACEHOLDER: &str = r#"{"kind":"gone"}"#;

    /// A placeholder for a record that no longer exists, while its events are copied. It is
    /// expired, so that a purge removes it.
    pub(super) fn placeholder_of(source: RecordKey, target: RecordKey, tenant: &TenantId) -> Self {
        let mut columns = Columns::new(tenant.clone(), RecordKind::Meta, Timestamp::EPOCH);
        columns.expires_at = Some(Timestamp::EPOCH);
        let next = Record::loaded(target, Version::new(0, 0), Self::PLACEHOLDER);
        Self { source, found: None, next, columns, closing: Vec::new() }
    }
}

/// How records are named in the target.
pub(super) enum Naming<'a> {
    /// As in the source.
    Same,
    /// By another lookup key.
    Other(Box<Renaming<'a>>),
}

/// The names of records under an old and a new lookup key.
pub(super) struct Renaming<'a> {
    pub(super) from: &'a Keys,
    pub(super) to: &'a Keys,
    /// The new keys of the tenants' decoys by their old keys, and the reverse.
    decoys: HashMap<RecordKey, RecordKey>,
    former: HashMap<RecordKey, RecordKey>,
    /// The policy of the transition that ends flows and methods. None of its settings affects that.
    policy: Policy,
}

impl<'a> Renaming<'a> {
    /// `None` only if the default policy were invalid.
    pub(super) fn new(from: &'a Keys, to: &'a Keys, tenants: &[TenantId]) -> Option<Self> {
        let slots = tenants.iter().flat_map(|tenant| (0..DECOY_SLOTS).map(move |n| (tenant, n)));
        let pairs = slots.map(|(tenant, n)| (from.decoy(tenant, n), to.decoy(tenant, n)));
        let decoys: HashMap<_, _> = pairs.collect();
        let former = decoys.iter().map(|(old, new)| (*new, *old)).collect();
        let policy = Policy::new(PolicySettings::default()).ok()?;
        Some(Self { from, to, decoys, former, policy })
    }

    fn account(&self, account: &Account, [from, to]: [&Keys; 2]) -> Option<RecordKey> {
        let decoys = if std::ptr::eq(from, self.from) { &self.decoys } else { &self.former };
        match &account.user {
            Some(user) => own(from.account(&account.tenant, user), account.key)
                .then(|| to.account(&account.tenant, user)),
            None => decoys.get(&account.key).copied(),
        }
    }

    /// The key of a record under the second lookup key, if its present key is correct under the
    /// first.
    fn subject(&self, subject: &Subject, keys: [&Keys; 2]) -> Option<RecordKey> {
        let [from, to] = keys;
        match subject {
            Subject::Account(account) => self.account(account, keys),
            Subject::Policy(policy) => {
                own(from.policy(&policy.tenant), policy.key).then(|| to.policy(&policy.tenant))
            }
            Subject::Meta(_) | Subject::Purge(_) => None,
        }
    }

    fn of_event(
        &self,
        tenant: &TenantId,
        user: Option<&UserId>,
        key: RecordKey,
    ) -> Option<RecordKey> {
        // A decoy's event may name the user for whom it stands in, so decoys are checked first.
        if let Some(decoy) = self.decoys.get(&key) {
            return Some(*decoy);
        }
        if own(self.from.policy(tenant), key) {
            return Some(self.to.policy(tenant));
        }
        let owner = user.filter(|user| own(self.from.account(tenant, user), key))?;
        Some(self.to.account(tenant, owner))
    }

    /// The account under its new key. Everything derived from the old key ends: its flows, their
    /// codes and links, the messages that would have carried these, and security questions.
    fn rename(&self, account: &Account, key: RecordKey, version: Version) -> Renamed {
        let mut transition = Transition::new(account, &self.policy, account.seen);
        transition.set_actor(ActorKind::Engine, None, None);
        let account_key = std::mem::replace(&mut transition.account.key, key);
        let (before, mut version, mut closing) = (version, version, Vec::new());
        let ends_sets = transition.drop_question_sets();
        let ends_flows = !transition.account.flows.is_empty();
        if ends_flows {
            transition.drop_flows(None);
        }
        if ends_sets || ends_flows {
            version = passing(&key, version.count().saturating_add(1));
            closing = transition.take_events(version);
        }
        let Transition { mut account, now: at, .. } = transition;
        let ends = account.expires_at().is_some();
        let step = self.extension([account_key, key], [before, version], at, ends);
        account.trail = account.trail.map(|head| extend(step, Some(head), &mut closing));
        Renamed { account, version, closing }
    }

    /// The chain of a record goes on under the new key.
    fn extension(
        &self,
        records: [RecordKey; 2],
        [before, version]: [Version; 2],
        at: Timestamp,
        ends: bool,
    ) -> Extension<'_> {
        let (keys, before) = ([self.from, self.to], Some(before));
        Extension { keys, records, before, version, at, ends }
    }
}

struct Renamed {
    account: Account,
    version: Version,
    closing: Vec<Event>,
}

fn own(expected: RecordKey, found: RecordKey) -> bool {
    expected == found
}

impl Naming<'_> {
    /// The form of this tenant's record in the target.
    pub(super) fn carry(
        &self,
        record: &Record,
        tenant: &TenantId,
    ) -> Result<Carried, UnreadableReason> {
        let subject = record.subject().map_err(|_| UnreadableReason::Damaged)?;
        let columns = columns(subject)?;
        if columns.tenant != *tenant {
            return Err(UnreadableReason::Foreign);
        }
        let (source, version) = (*record.key(), record.version());
        let found = Some(version);
        let Self::Other(renaming) = self else {
            let next = record.clone();
            return Ok(Carried { source, found, next, columns, closing: Vec::new() });
        };
        let keys = [renaming.from, renaming.to];
        let key = renaming.subject(subject, keys).ok_or(UnreadableReason::Foreign)?;
        let (subject, version, closing) = match subject {
            Subject::Account(account) => {
                let renamed = renaming.rename(account, key, version);
                (Subject::Account(Arc::new(renamed.account)), renamed.version, renamed.closing)
            }
            Subject::Policy(policy) => {
                let mut policy = PolicyRecord { key, ..PolicyRecord::clone(policy) };
                let (versions, at) = ([version; 2], policy.changed_at);
                let step = renaming.extension([source, key], versions, at, false);
                policy.trail = policy.trail.map(|head| extend(step, Some(head), &mut []));
                (Subject::Policy(Arc::new(policy)), version, Vec::new())
            }
            Subject::Meta(_) | Subject::Purge(_) => return Err(UnreadableReason::Foreign),
        };
        let columns = self::columns(&subject)?;
        let next = Record::new(key, version, subject);
        Ok(Carried { source, found, next, columns, closing })
    }

    /// The key in the source of a record of the target.
    pub(super) fn origin(&self, record: &Record) -> Option<RecordKey> {
        match self {
            Self::Same => Some(*record.key()),
            Self::Other(renaming) => {
                renaming.subject(record.subject().ok()?, [renaming.to, renaming.from])
            }
        }
    }

    /// The key in the target of the record that an event of the source is about.
    pub(super) fn key_of(&self, event: &Event) -> Option<RecordKey> {
        match self {
            Self::Same => Some(event.id.record),
            Self::Other(renaming) => {
                renaming.of_event(&event.tenant, event.user.as_ref(), event.id.record)
            }
        }
    }

    /// The event under the key that its record has in the target, with its link; `None` if that is
    /// not known.
    pub(super) fn renamed(&self, event: Event) -> Option<Event> {
        let record = self.key_of(&event)?;
        Some(self.under(event, record))
    }

    /// The events of one record under the key that it has in the target.
    pub(super) fn renamed_all(&self, events: Vec<Event>, record: RecordKey) -> Vec<Event> {
        events.into_iter().map(|event| self.under(event, record)).collect()
    }

    fn under(&self, event: Event, record: RecordKey) -> Event {
        match self {
            Self::Same => event,
            Self::Other(renaming) => relink(event, renaming.from, renaming.to, record),
        }
    }

    /// The check value of the finished target, for the source's check value.
    pub(super) fn check(&self, of_source: &str) -> String {
        match self {
            Self::Same => of_source.to_owned(),
            Self::Other(renaming) => renaming.to.check_value(),
        }
    }
}

pub(super) fn columns(subject: &Subject) -> Result<Columns, UnreadableReason> {
    match subject {
        Subject::Account(account) => {
            let newer = account.min_reader > FORMAT || account.min_writer > FORMAT;
            if newer { Err(UnreadableReason::Newer) } else { Ok(account.columns()) }
        }
        Subject::Policy(policy) if policy.min_reader > FORMAT => Err(UnreadableReason::Newer),
        Subject::Policy(policy) => Ok(policy.columns()),
        Subject::Meta(_) | Subject::Purge(_) => Err(UnreadableReason::Foreign),
    }
}

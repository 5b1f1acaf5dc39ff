//! The state of one account: everything about it that must change together.

mod flow;
mod method;
mod outbox;
mod shared;
mod unknown;

pub(crate) use flow::{
    Challenge, Done, Expected, Flow, FlowId, Grant, Offer, Proof, Purpose, Repeat,
};
pub use method::Provenance;
pub(crate) use method::{Factor, Method, MethodState, OathDevice, RecoveryCodeSet, SealedSeed};
pub(crate) use outbox::{Counted, Effect, Pending, PendingBody, Write, WriteState};
use shared::Shared;
pub(crate) use unknown::Unknown;

use serde::{Deserialize, Serialize};

use super::budget::{Entry, MethodBudget, PoolKind};
use super::decide::Decoy;
use super::digest::Digest;
use super::hex_bytes;
use super::ids::{MethodId, RecordKey, TenantId, UserId};
use super::method::MethodKind;
use super::time::Timestamp;

/// Bytes of a body beyond which nothing is added: by strangers, and by whoever has shown something.
const LARGE: [usize; 2] = [9 * 1024, 11 * 1024];
/// The format that this release writes.
pub(crate) const FORMAT: u16 = 1;

/// One account, or one decoy slot.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) format: u16,
    /// The oldest release that may read this record, and that may write it.
    pub(crate) min_reader: u16,
    pub(crate) min_writer: u16,
    pub(crate) key: RecordKey,
    pub(crate) tenant: TenantId,
    /// `None` for a decoy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<UserId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) incarnation: Option<String>,
    /// Grows whenever everything outstanding becomes void.
    pub(crate) epoch: u32,
    /// The latest time that any engine gave this record.
    pub(crate) seen: Timestamp,
    pub(crate) numbers: Numbers,
    #[serde(default)]
    pub(crate) registration: RegistrationState,
    #[serde(default)]
    pub(crate) methods: Shared<Vec<Method>>,
    /// What the account had to offer when a challenge was last opened.
    #[serde(default)]
    pub(crate) offers: Shared<Vec<Offer>>,
    #[serde(default)]
    pub(crate) flows: Vec<Flow>,
    #[serde(default)]
    pub(crate) budgets: Vec<MethodBudget>,
    /// Challenges that send something: a message, or what the host sends for a proof of its own.
    #[serde(default)]
    pub(crate) sends: Sends,
    /// Challenges of what is in hand, which send nothing.
    #[serde(default)]
    pub(crate) in_hand: Sends,
    #[serde(default)]
    pub(crate) outbox: Vec<Pending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) write: Option<Write>,
    /// When acts that the owner is told of were done, by the user and by administrators.
    #[serde(default)]
    pub(crate) acts: Acts,
    /// When notices went to which address.
    #[serde(default)]
    pub(crate) told: Vec<Told>,
    /// Browsers that have completed a flow, by the digest of their secret.
    #[serde(default)]
    pub(crate) devices: Vec<KnownDevice>,
    /// Sources from which the user has registered a method or completed a flow.
    #[serde(default)]
    pub(crate) sources: Vec<FamiliarSource>,
    /// When administrators were last asked for help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) help_at: Option<Timestamp>,
    /// Whether an administrator has removed all that was known of the user: once nothing waits any
    /// more, the record goes too.
    #[serde(default)]
    pub(crate) forgotten: bool,
    /// Writes settled lately, by number: none is settled twice.
    #[serde(default)]
    pub(crate) settled: Vec<u32>,
    /// What makes it a decoy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) decoy: Option<Box<Decoy>>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// Numbers given out so far. They never repeat, so that no two codes have one input.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Numbers {
    pub(crate) flow: u32,
    pub(crate) challenge: u32,
    pub(crate) message: u32,
    pub(crate) write: u32,
    pub(crate) method: u32,
}

/// Two facts kept apart: never completed, and completed but fallen below.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct RegistrationState {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) completed_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) confirmed_at: Option<Timestamp>,
    /// The method that is offered first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<MethodId>,
    /// Since when an administrator wants the user to register anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) required_since: Option<Timestamp>,
    /// A keyed hash of the session in which the user last put the registration off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) postponed: Option<u32>,
    /// Whether any method was ever active: the first one is free of the hold, and removing them all
    /// must not make another one the first.
    #[serde(default)]
    pub(crate) ever_active: bool,
    /// The session in which the first method was bound, while others may join it without a hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sitting: Option<Sitting>,
    /// When an administrator removed all that was known of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) forgotten_at: Option<Timestamp>,
    /// When the user did, in the last hour, what costs a commit and tells no one, oldest first. What
    /// the owner is told of is counted apart, in [`Account::acts`]: it costs messages, and has a rate of
    /// a day too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) acts: Vec<Timestamp>,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// The session of a first registration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sitting {
    /// A keyed hash of the session.
    pub(crate) session: u32,
    pub(crate) until: Timestamp,
}

/// A browser that has completed a flow. It proves nothing; it has a failure budget of its own.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct KnownDevice {
    pub(crate) secret: Digest,
    pub(crate) until: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// A source from which the user has registered a method or completed a flow. It proves nothing; it
/// draws on the proven pool.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct FamiliarSource {
    /// A keyed hash of this account and the source, never the address.
    #[serde(with = "hex_bytes")]
    pub(crate) source: [u8; 8],
    pub(crate) until: Timestamp,
    /// Fields of a newer release.
    #[serde(flatten)]
    pub(crate) unknown: Unknown,
}

/// The challenges opened within the last day, by pool.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sends {
    #[serde(default)]
    pub(crate) anonymous: Vec<Entry>,
    #[serde(default)]
    pub(crate) proven: Vec<Entry>,
}

/// The times of the acts that are still in a window.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acts {
    #[serde(default)]
    pub(crate) user: Vec<Timestamp>,
    #[serde(default)]
    pub(crate) administrators: Vec<Timestamp>,
}

/// The times of the notices to one address that are still in its window.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    /// A short hash of the address: one that is the directory's need not stand in the record.
    pub(crate) to: u32,
    pub(crate) times: Vec<Timestamp>,
}

impl Sends {
    pub(crate) const fn pool(&self, pool: PoolKind) -> &Vec<Entry> {
        match pool {
            PoolKind::Anonymous => &self.anonymous,
            PoolKind::Proven => &self.proven,
        }
    }

    pub(crate) const fn pool_mut(&mut self, pool: PoolKind) -> &mut Vec<Entry> {
        match pool {
            PoolKind::Anonymous => &mut self.anonymous,
            PoolKind::Proven => &mut self.proven,
        }
    }
}

impl Account {
    /// An account of which nothing is known yet.
    pub(crate) fn blank(
        key: RecordKey,
        tenant: TenantId,
        user: Option<UserId>,
        now: Timestamp,
    ) -> Self {
        Self {
            format: FORMAT,
            min_reader: 1,
            min_writer: 1,
            key,
            tenant,
            user,
            incarnation: None,
            epoch: 0,
            seen: now,
            // A directory knows writes by their numbers, and a record may be gone before it forgets
            // them: a new one starts where no earlier one has been.
            numbers: Numbers {
                write: u32::try_from(now.unix_millis() / 1_000).unwrap_or_default(),
                ..Numbers::default()
            },
            registration: RegistrationState::default(),
            methods: Shared::default(),
            offers: Shared::default(),
            flows: Vec::new(),
            budgets: Vec::new(),
            sends: Sends::default(),
            in_hand: Sends::default(),
            outbox: Vec::new(),
            write: None,
            acts: Acts::default(),
            told: Vec::new(),
            devices: Vec::new(),
            sources: Vec::new(),
            help_at: None,
            forgotten: false,
            settled: Vec::new(),
            decoy: None,
            unknown: Unknown::NONE,
        }
    }

    pub(crate) fn budget(&self, method: MethodKind) -> Option<&MethodBudget> {
        self.budgets.iter().find(|budget| budget.method == method)
    }

    pub(crate) fn budget_mut(&mut self, method: MethodKind) -> &mut MethodBudget {
        let place = self.budgets.iter().position(|budget| budget.method == method);
        let place = place.unwrap_or_else(|| {
            self.budgets.push(MethodBudget::new(method));
            self.budgets.len() - 1
        });
        &mut self.budgets[place]
    }

    pub(crate) fn method(&self, id: &MethodId) -> Option<&Method> {
        self.methods.iter().find(|method| method.id == *id)
    }

    /// Whether the record is of the person whom the directory marks so now. An identifier that was
    /// given to another person opens nothing of the one before.
    ///
    /// A record that was made before the directory gave marks says nothing about whose it is. It is
    /// closed as soon as there is a mark, unless there is nothing in it that could be inherited, until
    /// an administrator confirms it.
    pub(crate) fn is_of(&self, incarnation: Option<&str>) -> bool {
        match (self.incarnation.as_deref(), incarnation) {
            (None, None) => true,
            (None, Some(_)) => self.opens_nothing(),
            (Some(mine), now) => now == Some(mine),
        }
    }

    /// Whether nothing is in the record by which anybody could get in, or is about to.
    fn opens_nothing(&self) -> bool {
        self.methods.is_empty()
            && self.devices.is_empty()
            && self.flows.is_empty()
            && self.write.is_none()
    }

    /// Whether a flow that is under way has proven this method: then it counts there, though there
    /// may be nothing left to prove it with again.
    pub(crate) fn has_proven(&self, id: &MethodId) -> bool {
        let proofs = self.flows.iter().flat_map(|flow| &flow.proofs);
        proofs.into_iter().any(|proof| proof.identity == id.as_str())
    }

    /// The method, to be changed. `position` first: looking for it through the shared part would
    /// copy that each time.
    pub(crate) fn method_mut(&mut self, id: &MethodId) -> Option<&mut Method> {
        let place = self.methods.iter().position(|method| method.id == *id)?;
        self.methods.get_mut(place)
    }

    /// The methods whose place another one has taken: it is confirmed and its hold is over.
    pub(crate) fn superseded(&self, now: Timestamp) -> impl Iterator<Item = &MethodId> {
        let over =
            self.methods.iter().filter(move |method| method.active() && method.usable_from <= now);
        over.filter_map(|method| method.replaces.as_ref())
    }

    pub(crate) fn flow(&self, id: &FlowId) -> Option<&Flow> {
        self.flows.iter().find(|flow| flow.id == *id)
    }

    pub(crate) fn flow_mut(&mut self, id: &FlowId) -> Option<&mut Flow> {
        self.flows.iter_mut().find(|flow| flow.id == *id)
    }
}

impl Account {
    /// Whether the encoded account is so large that nothing more should be put into it. The rest
    /// of a body's 16 KiB is for what must always find room: attempts, notices, leases.
    ///
    /// Below these counts it cannot be, however long the addresses are, and is not encoded to know.
    pub(crate) fn is_large(&self, pool: PoolKind) -> bool {
        let [strangers, others] = LARGE;
        let most = if pool == PoolKind::Anonymous { strangers } else { others };
        let windows = self.budgets.iter().flat_map(|budget| [&budget.anonymous, &budget.proven]);
        let failures: usize = windows.map(|window| window.times.len()).sum();
        let told: usize = self.told.iter().map(|told| told.times.len()).sum();
        let acts = self.acts.user.len() + self.acts.administrators.len();
        let sends =
            [&self.sends, &self.in_hand].map(|budget| budget.anonymous.len() + budget.proven.len());
        let counted = failures + sends.iter().sum::<usize>();
        let few = self.flows.len() <= 3
            && told + acts <= 32
            && self.methods.len() <= 8
            && self.outbox.len() <= 8
            && counted <= 80;
        !few && serde_json::to_string(self).is_ok_and(|body| body.len() > most)
    }
}

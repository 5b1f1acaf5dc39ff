//! The one loop: load at a version, decide, commit if unchanged.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Engine;
use super::error::{At as _, Error, Fault, FaultOrigin};
use super::request::Request;
use crate::domain::account::{Account, FORMAT};
use crate::domain::decide::{StandIn, Transition, decoy_for, unused_decoy};
use crate::domain::event::ActorKind;
use crate::domain::ids::{RecordKey, TenantId, UserId};
use crate::domain::keys::Keys;
use crate::domain::policy::Policy;
use crate::domain::record::{CorruptRecord, Record, Subject, Version};
use crate::domain::refusal::Refusal;
use crate::domain::ticket::{TicketClaims, TicketSubject};
use crate::domain::time::Timestamp;
use crate::port::{Commit, Committed, PortError, PortErrorKind};

/// How often a step decides again before it gives up. The commits that others can make meanwhile
/// are bounded by the account's budgets, which are far smaller.
const MAX_DECISIONS: u32 = 256;
/// The most that a record may take, in bytes.
pub(super) const MAX_BODY: usize = 16 * 1024;

/// Whose record a step works on.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) key: RecordKey,
    pub(super) tenant: TenantId,
    /// `None` for a decoy.
    pub(super) user: Option<UserId>,
    /// For a decoy that answers for a name: which.
    pub(super) stand_in: Option<Box<StandIn>>,
}

/// On whose behalf, and from where.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) actor: ActorKind,
    pub(super) source: Option<String>,
    /// Whom a decoy stands in for, if that is somebody.
    pub(super) about: Option<UserId>,
}

impl Origin {
    pub(super) fn of(request: &Request, actor: ActorKind) -> Self {
        Self { actor, source: request.source.shown(), about: None }
    }

    /// An anonymous request about whoever a ticket names.
    pub(super) fn about(request: &Request, subject: &TicketSubject) -> Self {
        let about = match subject {
            TicketSubject::User(user) => Some(user.clone()),
            TicketSubject::Decoy { user, .. } => user.clone(),
        };
        Self { about, ..Self::of(request, ActorKind::Anonymous) }
    }

    pub(super) const fn engine() -> Self {
        Self { actor: ActorKind::Engine, source: None, about: None }
    }
}

/// What becomes of the transition that was decided.
pub(super) enum Decision<T> {
    /// Commit the transition and return this.
    Commit(T),
    /// Write nothing; return this.
    Discard(T),
}

/// A record as it was found, decoded.
pub(super) struct Loaded {
    version: Option<Version>,
    pub(super) account: Arc<Account>,
}

impl Loaded {
    /// Whether the store has such a record.
    pub(super) const fn exists(&self) -> bool {
        self.version.is_some()
    }
}

/// Whether a commit of unknown outcome may be looked into, and decided again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OnUnknown {
    /// Load, and go on from what is there.
    Resolve,
    /// Fail: what follows the commit must not follow an uncertain one.
    Fail,
}

impl Engine {
    pub(super) fn user_target(&self, tenant: &TenantId, user: &UserId) -> Target {
        let key = self.inner.keys.account(tenant, user);
        Target { key, tenant: tenant.clone(), user: Some(user.clone()), stand_in: None }
    }

    pub(super) fn decoy_target(
        &self,
        tenant: &TenantId,
        identifier: [u8; 8],
        claim: Option<&TicketClaims>,
    ) -> Target {
        let (claim, key) = (claim.cloned(), self.inner.keys.issuing().id);
        let stand_in = Some(Box::new(StandIn { identifier, claim, key }));
        let key = self.inner.keys.decoy(tenant, Keys::decoy_slot(identifier));
        Target { key, tenant: tenant.clone(), user: None, stand_in }
    }

    /// Refuses a record whose body names an account that has another key.
    pub(super) fn check_target(&self, target: &Target) -> Result<(), Error> {
        let user = target.user.as_ref();
        let own =
            user.is_none_or(|user| self.inner.keys.account(&target.tenant, user) == target.key);
        if own {
            return Ok(());
        }
        let detail = "the body names another account".to_owned();
        let cause = CorruptRecord { key: target.key, detail };
        let error = PortError::corrupt().because(cause);
        Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }))
    }

    /// Loads an account; one that is not there yet is blank.
    pub(super) async fn load(&self, target: &Target) -> Result<Loaded, Error> {
        let found = self.inner.store.load(&target.key).await.at(FaultOrigin::Store)?;
        let Some(record) = found else {
            return Ok(Loaded { version: None, account: Arc::new(self.unused(target)) });
        };
        let mut account = account_of(&record, target)?;
        let stand_in = target.stand_in.as_deref();
        if let Some(untouched) = stand_in.and_then(|stand_in| decoy_for(&account, stand_in)) {
            account = Arc::new(untouched);
        }
        Ok(Loaded { version: Some(record.version()), account })
    }

    /// An account of which the store has nothing. For a decoy as much is decoded as for an account
    /// that is there.
    fn unused(&self, target: &Target) -> Account {
        let (now, tenant) = (self.inner.clock.now(), &target.tenant);
        match &target.stand_in {
            Some(stand_in) => {
                let body = self.decoy_body(tenant);
                unused_decoy(&body, target.key, tenant, stand_in, now)
            }
            None => Account::blank(target.key, tenant.clone(), target.user.clone(), now),
        }
    }

    /// Decides on the account and commits, again and again until the record has not changed
    /// meanwhile. Gives the answer, and the account as it is then.
    pub(super) async fn step<T>(
        &self,
        target: &Target,
        loaded: Option<Loaded>,
        policy: &Policy,
        origin: &Origin,
        on_unknown: OnUnknown,
        mut decide: impl FnMut(&mut Transition<'_>) -> Result<Decision<T>, Refusal>,
    ) -> Result<(T, Arc<Account>), Error> {
        let mut loaded = loaded;
        for _ in 0..MAX_DECISIONS {
            let current = match loaded.take() {
                Some(loaded) => loaded,
                None => self.load(target).await?,
            };
            let transition = Transition::new(&current.account, policy, self.inner.clock.now());
            let mut transition = transition.with_actor(
                origin.actor.clone(),
                origin.source.clone(),
                origin.about.clone(),
            );
            if let Some(stand_in) = &target.stand_in {
                transition.put_back(stand_in);
            }
            if transition.clock_ahead {
                self.commit_turn(transition, current.version, OnUnknown::Resolve).await?;
                continue;
            }
            let answer = match decide(&mut transition)? {
                Decision::Discard(answer) => return Ok((answer, current.account)),
                // What an administrator does that changes nothing is not committed.
                Decision::Commit(answer)
                    if matches!(origin.actor, ActorKind::Administrator(_))
                        && !transition.has_changed(&current.account) =>
                {
                    return Ok((answer, current.account));
                }
                Decision::Commit(answer) => answer,
            };
            if let Some(account) = self.commit_turn(transition, current.version, on_unknown).await?
            {
                return Ok((answer, account));
            }
            self.inner.redecisions.fetch_add(1, Ordering::Relaxed);
        }
        let error =
            PortError::unavailable().because("the record changes faster than it is decided");
        Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }))
    }

    /// Commits a transition. `None`: the record has changed, decide again.
    async fn commit_turn(
        &self,
        transition: Transition<'_>,
        expected: Option<Version>,
        on_unknown: OnUnknown,
    ) -> Result<Option<Arc<Account>>, Error> {
        let mut transition = transition;
        transition.remember();
        let count = next_count(expected, transition.now);
        let version = Version::new(count, u64::from_be_bytes(self.random()?));
        let (columns, events) = (transition.account.columns(), transition.events(version));
        let account = Arc::new(transition.account);
        let subject = Subject::Account(Arc::clone(&account));
        let record = Record::new(account.key, version, subject);
        let commit = Commit::new(&record, expected, &columns, &events);
        let applied = match self.inner.store.commit(commit).await {
            Ok(committed) => committed == Committed::Applied,
            Err(error) => {
                let unknown = error.kind() == PortErrorKind::Unknown;
                if !unknown || on_unknown == OnUnknown::Fail {
                    return Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }));
                }
                // No version is ever used twice: if ours is there, it was applied. If another
                // is, the decision is made again on what is there now.
                let there = self.inner.store.load(&account.key).await.at(FaultOrigin::Store)?;
                there.is_some_and(|record| record.version() == version)
            }
        };
        Ok(applied.then_some(account))
    }
}

/// The count of the next version. A record that is new, or new again after a purge, starts at the
/// time: neither a version nor an event's id is ever used twice.
pub(super) fn next_count(expected: Option<Version>, now: Timestamp) -> u64 {
    match expected {
        Some(version) => version.count().saturating_add(1),
        None => u64::try_from(now.unix_millis()).unwrap_or(1).max(1),
    }
}

/// Whose record this is, for work that starts from a key.
pub(super) fn target_of(record: &Record) -> Result<(Target, Loaded), Error> {
    let corrupt =
        |cause: PortError| Error::Fault(Fault { origin: FaultOrigin::Store, error: cause });
    let subject = record.subject();
    let subject = subject.map_err(|cause| corrupt(PortError::corrupt().because(cause)))?;
    let Subject::Account(account) = subject else {
        let cause = record.corrupt("the body is of another kind".to_owned());
        return Err(corrupt(PortError::corrupt().because(cause)));
    };
    let (key, tenant, user) = (account.key, account.tenant.clone(), account.user.clone());
    let target = Target { key, tenant, user, stand_in: None };
    let account = account_of(record, &target)?;
    Ok((target, Loaded { version: Some(record.version()), account }))
}

/// The account in a record, if this release may read and write it.
pub(super) fn account_of(record: &Record, target: &Target) -> Result<Arc<Account>, Error> {
    let corrupt = |detail: &str| {
        let cause = record.corrupt(detail.to_owned());
        Error::Fault(Fault {
            origin: FaultOrigin::Store,
            error: PortError::corrupt().because(cause),
        })
    };
    let subject = record.subject().map_err(|cause| {
        Error::Fault(Fault {
            origin: FaultOrigin::Store,
            error: PortError::corrupt().because(cause),
        })
    })?;
    let Subject::Account(account) = subject else {
        return Err(corrupt("the body is of another kind"));
    };
    if account.min_reader > FORMAT || account.min_writer > FORMAT {
        return Err(corrupt("a newer release has closed this record to older ones"));
    }
    if account.tenant != target.tenant || account.user != target.user {
        return Err(corrupt("the body names another account"));
    }
    Ok(Arc::clone(account))
}

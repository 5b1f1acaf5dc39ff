//! The commit loop: load the record at a version, decide, commit if the version is unchanged.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Engine;
use super::error::{At as _, Error, Fault, FaultOrigin};
use super::request::Request;
use crate::domain::account::{Account, FORMAT};
use crate::domain::crypto::keys::Keys;
use crate::domain::crypto::ticket::{TicketClaims, TicketSubject};
use crate::domain::event::ActorKind;
use crate::domain::identity::ids::{RecordKey, TenantId, UserId};
use crate::domain::policy::Policy;
use crate::domain::record::{CorruptRecord, Record, Subject, Version, next_count};
use crate::domain::refusal::Refusal;
use crate::domain::rules::{StandIn, Transition, decoy_for, unused_decoy};
use crate::port::{Commit, Committed, PortError, PortErrorKind};

/// The most decisions of one step. The account's budgets bound how many other commits can come
/// between to far fewer.
const MAX_DECISIONS: u32 = 256;
/// The longest body of a record, in bytes.
pub(super) const MAX_BODY: usize = 16 * 1024;

/// The record that a step works on.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) key: RecordKey,
    pub(super) tenant: TenantId,
    /// `None` for a decoy.
    pub(super) user: Option<UserId>,
    /// For a decoy: the identifier and ticket that it stands in for.
    pub(super) stand_in: Option<Box<StandIn>>,
}

/// The actor and the source of a step, for its events.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) actor: ActorKind,
    pub(super) source: Option<String>,
    /// The user whom the events are about, if a decoy stands in for an existing one.
    pub(super) about: Option<UserId>,
}

impl Origin {
    pub(super) fn of(request: &Request, actor: ActorKind) -> Self {
        Self { actor, source: request.source.shown(), about: None }
    }

    /// An anonymous request about the user whom a ticket names.
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

/// What to do with the transition after the decision.
pub(super) enum Decision<T> {
    /// Commit the transition and return this value.
    Commit(T),
    /// Write nothing and return this value.
    Discard(T),
}

/// A decoded record and the version at which it was loaded.
pub(super) struct Loaded {
    version: Option<Version>,
    pub(super) account: Arc<Account>,
}

impl Loaded {
    /// Whether the store has the record.
    pub(super) const fn exists(&self) -> bool {
        self.version.is_some()
    }
}

/// What a step does if the outcome of its commit is unknown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OnUnknown {
    /// Load the record, and decide again if the commit was not applied.
    Resolve,
    /// Fail: the action after the commit, such as a comparison, requires a commit that is known to
    /// be applied.
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
        Err(corrupt(CorruptRecord { key: target.key, detail }))
    }

    /// Loads an account. A record that the store does not have is a blank account.
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

    /// The account for a record that the store does not have. A decoy decodes a body, so that it
    /// takes as long as an existing account.
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

    /// Decides and commits, and repeats both while another commit comes between. Returns the
    /// decision's value and the committed account.
    pub(super) async fn step<T>(
        &self,
        target: &Target,
        mut loaded: Option<Loaded>,
        policy: &Policy,
        origin: &Origin,
        on_unknown: OnUnknown,
        mut decide: impl FnMut(&mut Transition<'_>) -> Result<Decision<T>, Refusal>,
    ) -> Result<(T, Arc<Account>), Error> {
        for _ in 0..MAX_DECISIONS {
            let current = match loaded.take() {
                Some(loaded) => loaded,
                None => self.load(target).await?,
            };
            let (actor, source) = (origin.actor.clone(), origin.source.clone());
            let mut transition = Transition::new(&current.account, policy, self.inner.clock.now())
                .with_actor(actor, source, origin.about.clone());
            if let Some(stand_in) = &target.stand_in {
                transition.put_back(stand_in);
            }
            if transition.clock_ahead {
                self.commit_transition(transition, current.version, OnUnknown::Resolve).await?;
                continue;
            }
            let answer = match decide(&mut transition)? {
                Decision::Discard(answer) => return Ok((answer, current.account)),
                // An administrator's act that changes nothing is not committed.
                Decision::Commit(answer)
                    if matches!(origin.actor, ActorKind::Administrator(_))
                        && !transition.has_changed(&current.account) =>
                {
                    return Ok((answer, current.account));
                }
                Decision::Commit(answer) => answer,
            };
            if let Some(account) =
                self.commit_transition(transition, current.version, on_unknown).await?
            {
                return Ok((answer, account));
            }
            self.inner.redecisions.fetch_add(1, Ordering::Relaxed);
        }
        let error = PortError::unavailable().because("too many conflicting writers");
        Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }))
    }

    /// Commits a transition. Returns `None` if the record has changed in the meantime.
    async fn commit_transition(
        &self,
        mut transition: Transition<'_>,
        expected: Option<Version>,
        on_unknown: OnUnknown,
    ) -> Result<Option<Arc<Account>>, Error> {
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
                // No version is used twice: the record has this version only if the commit was
                // applied.
                let found = self.inner.store.load(&account.key).await.at(FaultOrigin::Store)?;
                found.is_some_and(|record| record.version() == version)
            }
        };
        Ok(applied.then_some(account))
    }
}

/// The target of a record that was found by its key.
pub(super) fn target_of(record: &Record) -> Result<(Target, Loaded), Error> {
    let Subject::Account(account) = record.subject().map_err(corrupt)? else {
        return Err(corrupt(record.corrupt("the body is of another kind".to_owned())));
    };
    let (key, tenant, user) = (account.key, account.tenant.clone(), account.user.clone());
    let target = Target { key, tenant, user, stand_in: None };
    let account = account_of(record, &target)?;
    Ok((target, Loaded { version: Some(record.version()), account }))
}

/// The account in a record, if this release may read and write the record.
pub(super) fn account_of(record: &Record, target: &Target) -> Result<Arc<Account>, Error> {
    let Subject::Account(account) = record.subject().map_err(corrupt)? else {
        return Err(corrupt(record.corrupt("the body is of another kind".to_owned())));
    };
    let closed = |detail: &str| corrupt(record.corrupt(detail.to_owned()));
    if account.min_reader > FORMAT || account.min_writer > FORMAT {
        return Err(closed("a newer release has closed this record to older ones"));
    }
    if account.tenant != target.tenant || account.user != target.user {
        return Err(closed("the body names another account"));
    }
    Ok(Arc::clone(account))
}

fn corrupt(cause: CorruptRecord) -> Error {
    let error = PortError::corrupt().because(cause);
    Error::Fault(Fault { origin: FaultOrigin::Store, error })
}

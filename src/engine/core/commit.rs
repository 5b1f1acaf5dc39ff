//! The commit loop: load the record at a version, decide, commit if the version is unchanged.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::domain::account::{Account, FORMAT};
use crate::domain::crypto::keys::Keys;
use crate::domain::crypto::ticket::{TicketClaims, TicketSubject};
use crate::domain::event::{ActorKind, Event};
use crate::domain::identity::coarse::CoarseOrigin;
use crate::domain::identity::ids::{RecordKey, TenantId, UserId};
use crate::domain::policy::Policy;
use crate::domain::record::{Columns, CorruptRecord, Record, Subject, Version, next_count};
use crate::domain::refusal::Refusal;
use crate::domain::rules::{StandIn, Transition, decoy_for, unused_decoy};
use crate::domain::trail::{Extension, extend};
use crate::engine::api::error::{At as _, Error, Fault, FaultOrigin};
use crate::engine::api::request::Request;
use crate::engine::core::Core;
use crate::port::{Commit, Committed, PortError, PortErrorKind};

/// The most decisions of one step. The account's budgets bound how many other commits can come
/// between to far fewer.
const MAX_DECISIONS: u32 = 256;

/// The record that a step works on.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) key: RecordKey,
    pub(crate) tenant: TenantId,
    /// `None` for a decoy.
    pub(crate) user: Option<UserId>,
    /// For a decoy: the identifier and ticket that it stands in for.
    pub(crate) stand_in: Option<Box<StandIn>>,
}

/// The actor and the source of a step, for its events.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) actor: ActorKind,
    pub(crate) source: Option<String>,
    /// Where the request came from, for its messages.
    pub(crate) coarse: Option<CoarseOrigin>,
    /// The user whom the events are about, if a decoy stands in for an existing one.
    pub(crate) about: Option<UserId>,
}

impl Origin {
    pub(crate) fn of(request: &Request, actor: ActorKind) -> Self {
        Self { actor, source: request.source.shown(), coarse: request.origin, about: None }
    }

    /// An anonymous request about the user whom a ticket names.
    pub(crate) fn about(request: &Request, subject: &TicketSubject) -> Self {
        let about = match subject {
            TicketSubject::User(user) => Some(user.clone()),
            // A name of several users is about none of them.
            _ if subject.is_shared() => None,
            TicketSubject::Decoy { user, .. } => user.clone(),
        };
        Self { about, ..Self::of(request, ActorKind::Anonymous) }
    }

    pub(crate) const fn engine() -> Self {
        Self { actor: ActorKind::Engine, source: None, coarse: None, about: None }
    }
}

/// What to do with the transition after the decision.
pub(crate) enum Decision<T> {
    /// Commit the transition and return this value.
    Commit(T),
    /// Write nothing and return this value.
    Discard(T),
}

/// A decoded record, and the version at which it was loaded or committed.
pub(crate) struct Loaded {
    version: Option<Version>,
    pub(crate) account: Arc<Account>,
}

impl Loaded {
    /// Whether the store has the record.
    pub(crate) const fn exists(&self) -> bool {
        self.version.is_some()
    }
}

/// A commit before it is made, without the transition: a call that waits for the store need not
/// keep a second copy of the account.
struct Prepared {
    account: Arc<Account>,
    version: Version,
    expected: Option<Version>,
    record: Record,
    columns: Columns,
    events: Vec<Event>,
}

/// What a step does if the outcome of its commit is unknown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnUnknown {
    /// Load the record, and decide again if the commit was not applied.
    Resolve,
    /// Fail: see [`CommitLoop::must_be_known`].
    Fail,
}

impl Core {
    pub(crate) fn user_target(&self, tenant: &TenantId, user: &UserId) -> Target {
        let key = self.keys.account(tenant, user);
        Target { key, tenant: tenant.clone(), user: Some(user.clone()), stand_in: None }
    }

    pub(crate) fn decoy_target(
        &self,
        tenant: &TenantId,
        identifier: [u8; 8],
        claim: Option<&TicketClaims>,
    ) -> Target {
        let (claim, key) = (claim.cloned(), self.keys.issuing().id);
        let stand_in = Some(Box::new(StandIn { identifier, claim, key }));
        let key = self.keys.decoy(tenant, Keys::decoy_slot(identifier));
        Target { key, tenant: tenant.clone(), user: None, stand_in }
    }

    /// Refuses a record whose body names an account that has another key.
    pub(crate) fn check_target(&self, target: &Target) -> Result<(), Error> {
        let user = target.user.as_ref();
        let own = user.is_none_or(|user| self.keys.account(&target.tenant, user) == target.key);
        if own {
            return Ok(());
        }
        let detail = "the body names another account".to_owned();
        Err(corrupt(CorruptRecord { key: target.key, detail }))
    }

    /// Loads an account. A record that the store does not have is a blank account.
    pub(crate) async fn load(&self, target: &Target) -> Result<Loaded, Error> {
        let found = self.store.load(&target.key).await.at(FaultOrigin::Store)?;
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
        let (now, tenant) = (self.clock.now(), &target.tenant);
        match &target.stand_in {
            Some(stand_in) => {
                let body = self.decoy_body(tenant);
                unused_decoy(&body, target.key, tenant, stand_in, now)
            }
            None => Account::blank(target.key, tenant.clone(), target.user.clone(), now),
        }
    }

    /// Begins a step of the commit loop on this record.
    pub(crate) const fn commit<'a>(
        &'a self,
        target: &'a Target,
        policy: &'a Policy,
        origin: &'a Origin,
    ) -> CommitLoop<'a> {
        let (loaded, on_unknown, wakes) = (None, OnUnknown::Resolve, false);
        CommitLoop { core: self, target, policy, origin, loaded, on_unknown, wakes }
    }

    /// Tells the host that there is work for its maintenance task.
    pub(crate) fn wake(&self) {
        (self.on_work)();
    }

    /// The commit of a transition.
    fn prepare(
        &self,
        mut transition: Transition<'_>,
        expected: Option<Version>,
    ) -> Result<Prepared, Error> {
        transition.remember();
        let count = next_count(expected, transition.now);
        let version = Version::new(count, u64::from_be_bytes(self.random()?));
        let mut events = transition.take_events(version);
        let (key, head, now) = (transition.account.key, transition.account.trail, transition.now);
        let (keys, ends) = ([&self.keys; 2], transition.account.expires_at().is_some());
        let step = Extension { keys, records: [key; 2], before: expected, version, at: now, ends };
        transition.account.trail = Some(extend(step, head, &mut events));
        let columns = transition.account.columns();
        let account = Arc::new(transition.account);
        let subject = Subject::Account(Arc::clone(&account));
        let record = Record::new(account.key, version, subject);
        Ok(Prepared { account, version, expected, record, columns, events })
    }

    /// Commits. Returns `None` if the record has changed in the meantime.
    async fn commit_prepared(
        &self,
        prepared: Prepared,
        on_unknown: OnUnknown,
    ) -> Result<Option<Loaded>, Error> {
        let Prepared { account, version, expected, record, columns, events } = prepared;
        let commit = Commit::new(&record, expected, &columns, &events);
        let applied = match self.store.commit(commit).await {
            Ok(committed) => committed == Committed::Applied,
            Err(error) => {
                let unknown = error.kind() == PortErrorKind::Unknown;
                if !unknown || on_unknown == OnUnknown::Fail {
                    return Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }));
                }
                // No version is used twice: the record has this version only if the commit was
                // applied.
                let found = self.store.load(&account.key).await.at(FaultOrigin::Store)?;
                found.is_some_and(|record| record.version() == version)
            }
        };
        if applied && !account.unwritten.is_empty() {
            self.wake();
        }
        Ok(applied.then_some(Loaded { version: Some(version), account }))
    }
}

/// One step of the commit loop, built by [`Core::commit`].
#[must_use = "nothing is decided before `apply` or `decide`"]
pub(crate) struct CommitLoop<'a> {
    core: &'a Core,
    target: &'a Target,
    policy: &'a Policy,
    origin: &'a Origin,
    loaded: Option<Loaded>,
    on_unknown: OnUnknown,
    wakes: bool,
}

impl CommitLoop<'_> {
    /// Decides first on this record, which the call has just loaded or committed. If another commit
    /// comes in between, this step's commit is not applied, and the step loads the record.
    pub(crate) fn from(mut self, loaded: Loaded) -> Self {
        self.loaded = Some(loaded);
        self
    }

    /// Fails if the outcome of the commit is unknown. The action after it, such as a comparison,
    /// requires a commit that is known to be applied. By default the record is loaded, and the
    /// decision repeated if the commit was not applied.
    pub(crate) const fn must_be_known(mut self) -> Self {
        self.on_unknown = OnUnknown::Fail;
        self
    }

    /// Wakes the host's maintenance task after the commit, since it may have queued work.
    pub(crate) const fn wake(mut self) -> Self {
        self.wakes = true;
        self
    }

    /// Changes the record and commits it: [`decide`](Self::decide) for a decision that always commits.
    pub(crate) async fn apply<T>(
        self,
        mut change: impl FnMut(&mut Transition<'_>) -> Result<T, Refusal>,
    ) -> Result<(T, Loaded), Error> {
        self.decide(|transition| change(transition).map(Decision::Commit)).await
    }

    /// Changes the record, and commits it if the change returns `true`.
    pub(crate) async fn apply_if(
        self,
        mut change: impl FnMut(&mut Transition<'_>) -> bool,
    ) -> Result<(bool, Loaded), Error> {
        self.decide(|transition| {
            let changed = change(transition);
            Ok(if changed { Decision::Commit(true) } else { Decision::Discard(false) })
        })
        .await
    }

    /// Decides and commits, and repeats both while another commit comes between. Returns the
    /// decision's value and the committed record.
    pub(crate) async fn decide<T>(
        mut self,
        mut decide: impl FnMut(&mut Transition<'_>) -> Result<Decision<T>, Refusal>,
    ) -> Result<(T, Loaded), Error> {
        let (core, target, origin) = (self.core, self.target, self.origin);
        for _ in 0..MAX_DECISIONS {
            let current = match self.loaded.take() {
                Some(loaded) => loaded,
                None => core.load(target).await?,
            };
            let mut transition = Transition::new(&current.account, self.policy, core.clock.now());
            let (source, about) = (origin.source.as_deref(), origin.about.as_ref());
            transition.set_actor(origin.actor.clone(), source, about);
            transition.coarse = origin.coarse;
            if let Some(stand_in) = &target.stand_in {
                transition.put_back(stand_in);
            }
            if transition.clock_ahead {
                let prepared = core.prepare(transition, current.version)?;
                core.commit_prepared(prepared, OnUnknown::Resolve).await?;
                continue;
            }
            let value = match decide(&mut transition)? {
                Decision::Discard(value) => return Ok((value, current)),
                // An administrator's act that changes nothing is not committed.
                Decision::Commit(value)
                    if matches!(origin.actor, ActorKind::Administrator(_))
                        && !transition.has_changed(&current.account) =>
                {
                    return Ok((value, current));
                }
                Decision::Commit(value) => value,
            };
            let prepared = core.prepare(transition, current.version)?;
            if let Some(committed) = core.commit_prepared(prepared, self.on_unknown).await? {
                if self.wakes {
                    core.wake();
                }
                return Ok((value, committed));
            }
            core.redecisions.fetch_add(1, Ordering::Relaxed);
        }
        let error = PortError::unavailable().because("too many conflicting writers");
        Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }))
    }
}

/// The target of a record that was found by its key.
pub(crate) fn target_of(record: &Record) -> Result<(Target, Loaded), Error> {
    let Subject::Account(account) = record.subject().map_err(corrupt)? else {
        return Err(corrupt(record.corrupt("the body is of another kind".to_owned())));
    };
    let (key, tenant, user) = (account.key, account.tenant.clone(), account.user.clone());
    let target = Target { key, tenant, user, stand_in: None };
    let account = account_of(record, &target)?;
    Ok((target, Loaded { version: Some(record.version()), account }))
}

/// The account in a record, if this release may read and write the record.
pub(crate) fn account_of(record: &Record, target: &Target) -> Result<Arc<Account>, Error> {
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

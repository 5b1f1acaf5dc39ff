//! Ports whose call number `n` has one chosen fault.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sspr::audit::Event;
use sspr::facts::{Destination, SessionKinds, TenantFacts, UserFacts, UserQuery, WriteOutcome};
use sspr::method::Channel;
use sspr::port::{
    BreachList, Commit, Committed, CounterIncrement, Cursor, Cutoff, Delivery, Directory, Entropy,
    Envelope, EventsOf, ExternalMethod, HumanCheck, Page, PasswordWrite, PortError, PortErrorKind,
    PortResult, RiskSignal, RiskSignals, Seal, Store, UnlockWrite,
};
use sspr::port::{Record, RecordKey, RecordKind};
use sspr::{MethodKind, RoleId, SecretBytes, SecretText, TenantId, Timestamp, UserId};

/// The fault of one call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Twist {
    /// The call is not made and returns this error.
    Fails(PortErrorKind),
    /// The call is made and returns `Unknown`.
    LosesReply,
    /// No error: the port returns an absence, in one of its forms.
    NotNow(usize),
}

use PortErrorKind::{Corrupt, Denied, Unavailable, Unknown};

/// The faults of call number `n` of this name. A call that only reads gets `Unavailable` and one of
/// the other kinds of error, in turn.
pub(crate) fn twists_of(n: usize, name: &str) -> Vec<Twist> {
    let others = [Unknown, Corrupt, Denied];
    let writes = [
        "store.commit",
        "store.increment",
        "directory.set_password",
        "directory.unlock",
        "directory.revoke_sessions",
        "delivery.deliver",
        "external.begin",
        "external.verify",
        "human.passed",
    ];
    let mut all = vec![Twist::Fails(Unavailable)];
    // These calls decide what exists and what can be sent, so each gets every kind of error.
    let decide = ["directory.tenant", "delivery.channels", "external.available"];
    if decide.contains(&name) {
        all.extend(others.map(Twist::Fails));
    } else if writes.contains(&name) {
        all.extend(others.map(Twist::Fails));
        all.push(Twist::LosesReply);
    } else {
        // For a call that only reads, a lost reply equals any other error.
        all.push(Twist::Fails(others[n % others.len()]));
    }
    let absences = match name {
        "delivery.channels" => 3,
        "directory.set_password" | "directory.unlock" => 2,
        // Only the host knows whether a user has such a method, so a plain "no" cannot be told from
        // the truth.
        "external.available" => 0,
        "store.due"
        | "directory.tenant"
        | "directory.find"
        | "directory.users"
        | "directory.role_holders"
        | "directory.verify_password"
        | "external.verify"
        | "human.passed"
        | "risk.before_send"
        | "breach.contains" => 1,
        _ => 0,
    };
    all.extend((0..absences).map(Twist::NotNow));
    all
}

/// Counts the calls of all ports that share it, and injects a fault into one of them.
#[derive(Clone, Default)]
pub(crate) struct Plan(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    names: Vec<&'static str>,
    twist: Option<(usize, Twist)>,
    met: bool,
}

impl Plan {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names of the calls so far.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.state().names.clone()
    }

    pub(crate) fn twist(&self, n: usize, twist: Twist) {
        self.state().twist = Some((n, twist));
    }

    /// Whether the twisted call was made.
    pub(crate) fn met(&self) -> bool {
        self.state().met
    }

    fn begin(&self, name: &'static str) -> Option<Twist> {
        let mut state = self.state();
        let n = state.names.len();
        state.names.push(name);
        let twist = state.twist.filter(|(at, _)| *at == n).map(|(_, twist)| twist);
        state.met |= twist.is_some();
        twist
    }

    /// Makes a call; `not_now` is its result for the fault "not now", or `None` if it has no such
    /// result.
    async fn around<T>(
        &self,
        name: &'static str,
        call: impl Future<Output = PortResult<T>>,
        not_now: impl FnOnce(usize) -> Option<T>,
    ) -> PortResult<T> {
        match self.begin(name) {
            None => call.await,
            Some(Twist::Fails(kind)) => Err(PortError::new(kind).because("a planned fault")),
            Some(Twist::LosesReply) => {
                drop(call.await);
                Err(PortError::unknown().because("a planned fault: the reply was lost"))
            }
            Some(Twist::NotNow(way)) => Ok(not_now(way).expect("this call has such an answer")),
        }
    }
}

fn never<T>(_: usize) -> Option<T> {
    None
}

fn no(_: usize) -> Option<bool> {
    Some(false)
}

fn not_written(way: usize) -> Option<WriteOutcome> {
    Some([WriteOutcome::Unreachable, WriteOutcome::Indeterminate][way].clone())
}

/// A port under a plan.
pub(crate) struct Twisted<P>(pub(crate) P, pub(crate) Plan);

#[async_trait]
impl<P: Store> Store for Twisted<P> {
    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        self.1.around("store.load", self.0.load(key), never).await
    }

    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
        self.1.around("store.commit", self.0.commit(commit), never).await
    }

    async fn increment(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        self.1.around("store.increment", self.0.increment(increments), never).await
    }

    async fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<RecordKey>> {
        let none = |_| Some(Page::new(Vec::new(), None));
        self.1.around("store.due", self.0.due(now, after, limit), none).await
    }

    async fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        self.1.around("store.scan", self.0.scan(tenant, kind, after, limit), never).await
    }

    async fn events(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        self.1.around("store.events", self.0.events(of, after, limit), never).await
    }

    async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
        self.1.around("store.purge", self.0.purge(cutoff, limit), never).await
    }
}

#[async_trait]
impl<P: Directory> Directory for Twisted<P> {
    async fn tenant(&self, tenant: &TenantId) -> PortResult<Option<TenantFacts>> {
        self.1.around("directory.tenant", self.0.tenant(tenant), |_| Some(None)).await
    }

    async fn find(
        &self,
        tenant: &TenantId,
        query: &UserQuery<'_>,
    ) -> PortResult<Option<UserFacts>> {
        self.1.around("directory.find", self.0.find(tenant, query), |_| Some(None)).await
    }

    async fn users(
        &self,
        tenant: &TenantId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        let none = |_| Some(Page::new(Vec::new(), None));
        self.1.around("directory.users", self.0.users(tenant, after, limit), none).await
    }

    async fn role_holders(
        &self,
        tenant: &TenantId,
        roles: &[RoleId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        let none = |_| Some(Page::new(Vec::new(), None));
        let call = self.0.role_holders(tenant, roles, after, limit);
        self.1.around("directory.role_holders", call, none).await
    }

    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteOutcome> {
        let call = self.0.set_password(write);
        self.1.around("directory.set_password", call, not_written).await
    }

    async fn verify_password(
        &self,
        tenant: &TenantId,
        user: &UserId,
        password: &SecretText,
    ) -> PortResult<bool> {
        let call = self.0.verify_password(tenant, user, password);
        self.1.around("directory.verify_password", call, no).await
    }

    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteOutcome> {
        self.1.around("directory.unlock", self.0.unlock(unlock), not_written).await
    }

    async fn revoke_sessions(
        &self,
        tenant: &TenantId,
        user: &UserId,
        authenticated_before: Timestamp,
        kinds: SessionKinds,
    ) -> PortResult<()> {
        let call = self.0.revoke_sessions(tenant, user, authenticated_before, kinds);
        self.1.around("directory.revoke_sessions", call, never).await
    }
}

#[async_trait]
impl<P: Delivery> Delivery for Twisted<P> {
    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        self.1.around("delivery.deliver", self.0.deliver(envelope), never).await
    }

    /// No channel, no mail, or no telephone.
    async fn channels(&self, tenant: &TenantId) -> PortResult<Vec<Channel>> {
        let fewer = |way: usize| {
            let ways: [&[Channel]; 3] =
                [&[], &[Channel::Sms, Channel::Voice], &[Channel::Email, Channel::Link]];
            Some(ways[way].to_vec())
        };
        self.1.around("delivery.channels", self.0.channels(tenant), fewer).await
    }
}

#[async_trait]
impl<P: Seal> Seal for Twisted<P> {
    async fn seal(&self, plain: &[u8], associated: &[u8]) -> PortResult<Vec<u8>> {
        self.1.around("seal.seal", self.0.seal(plain, associated), never).await
    }

    async fn open(&self, sealed: &[u8], associated: &[u8]) -> PortResult<SecretBytes> {
        self.1.around("seal.open", self.0.open(sealed, associated), never).await
    }
}

#[async_trait]
impl<P: ExternalMethod> ExternalMethod for Twisted<P> {
    fn kind(&self) -> MethodKind {
        self.0.kind()
    }

    async fn available(&self, tenant: &TenantId, user: &UserId) -> PortResult<bool> {
        self.1.around("external.available", self.0.available(tenant, user), never).await
    }

    async fn begin(&self, tenant: &TenantId, user: &UserId, challenge: &str) -> PortResult<String> {
        self.1.around("external.begin", self.0.begin(tenant, user, challenge), never).await
    }

    async fn verify(
        &self,
        tenant: &TenantId,
        user: &UserId,
        challenge: &str,
        response: &SecretText,
    ) -> PortResult<bool> {
        let call = self.0.verify(tenant, user, challenge, response);
        self.1.around("external.verify", call, no).await
    }
}

#[async_trait]
impl<P: BreachList> BreachList for Twisted<P> {
    async fn contains(&self, password: &SecretText) -> PortResult<bool> {
        self.1.around("breach.contains", self.0.contains(password), |_| Some(true)).await
    }
}

#[async_trait]
impl<P: HumanCheck> HumanCheck for Twisted<P> {
    async fn passed(&self, tenant: &TenantId, answer: &SecretText) -> PortResult<bool> {
        self.1.around("human.passed", self.0.passed(tenant, answer), no).await
    }
}

#[async_trait]
impl<P: RiskSignals> RiskSignals for Twisted<P> {
    async fn before_send(
        &self,
        tenant: &TenantId,
        channel: Channel,
        destination: &Destination,
    ) -> PortResult<RiskSignal> {
        let call = self.0.before_send(tenant, channel, destination);
        self.1.around("risk.before_send", call, |_| Some(RiskSignal::Deny)).await
    }
}

impl<P: Entropy> Entropy for Twisted<P> {
    fn fill(&self, buffer: &mut [u8]) -> PortResult<()> {
        match self.1.begin("entropy.fill") {
            None => self.0.fill(buffer),
            Some(Twist::Fails(kind)) => Err(PortError::new(kind).because("a planned fault")),
            Some(other) => unreachable!("random bytes have no {other:?}"),
        }
    }
}

//! Ports whose call number `n` has one chosen fault.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use sspr::facts::{Destination, WriteOutcome, WriteReply};
use sspr::method::Channel;
use sspr::port::{
    BreachList, Delivery, Directory, Entropy, ExternalMethod, HumanCheck, Page, PortError,
    PortErrorKind, PortResult, ProvidedChannel, RiskSignal, RiskSignals, Seal, Sessions, SlowHash,
    Store,
};
use sspr::testing::forward;
use sspr::{MethodKind, SecretText, TenantId};

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
        "sessions.revoke",
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

fn empty<T>(_: usize) -> Option<Page<T>> {
    Some(Page::new(Vec::new(), None))
}

/// No channel, no mail, or no telephone.
fn fewer(way: usize) -> Option<Vec<ProvidedChannel>> {
    let ways: [&[Channel]; 3] =
        [&[], &[Channel::Sms, Channel::Voice], &[Channel::Email, Channel::Link]];
    Some(ways[way].iter().copied().map(Into::into).collect())
}

fn not_written(way: usize) -> Option<WriteReply> {
    Some([WriteOutcome::Unreachable, WriteOutcome::Indeterminate][way].clone().into())
}

/// A port under a plan.
pub(crate) struct Twisted<P>(pub(crate) P, pub(crate) Plan);

impl<P: Store> Store for Twisted<P> {
    forward!(self.0, |name, call| self.1.around(name, call, never).await
        => load, commit, increment, scan, events, purge, fence);
    forward!(self.0, |name, call| self.1.around(name, call, empty).await => due);
}

impl<P: Directory> Directory for Twisted<P> {
    forward!(self.0, |name, call| self.1.around(name, call, |_| Some(None)).await => tenant);
    forward!(self.0, |name, call| self.1.around(name, call, |_| Some(Vec::new())).await => find);
    forward!(self.0, |name, call| self.1.around(name, call, empty).await => users, role_holders);
    forward!(self.0, |name, call| self.1.around(name, call, not_written).await
        => set_password, unlock);
    forward!(self.0, |name, call| self.1.around(name, call, no).await => verify_password);
}

impl<P: Sessions> Sessions for Twisted<P> {
    forward!(self.0, |name, call| self.1.around(name, call, never).await => revoke);
}

impl<P: Delivery> Delivery for Twisted<P> {
    forward!(self.0, |name, call| self.1.around(name, call, never).await => deliver);
    forward!(self.0, |name, call| self.1.around(name, call, fewer).await => channels);
}

impl<P: Seal> Seal for Twisted<P> {
    forward!(self.0, |name, call| self.1.around(name, call, never).await => seal, open);
}

impl<P: ExternalMethod> ExternalMethod for Twisted<P> {
    forward!(self.0, |name, call| self.1.around(name, call, never).await => available, begin);
    forward!(self.0, |name, call| self.1.around(name, call, no).await => verify);

    fn kind(&self) -> MethodKind {
        self.0.kind()
    }
}

#[async_trait]
impl<P: SlowHash> SlowHash for Twisted<P> {
    async fn hash(&self, secret: &SecretText) -> PortResult<String> {
        self.1.around("slow_hash.hash", self.0.hash(secret), never).await
    }

    async fn verify(&self, secret: &SecretText, hash: &str) -> PortResult<bool> {
        self.1.around("slow_hash.verify", self.0.verify(secret, hash), no).await
    }

    fn is_current(&self, hash: &str) -> bool {
        self.0.is_current(hash)
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

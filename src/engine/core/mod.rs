//! What all verbs share: the ports, the commit loop, the context of a request, the limits and the
//! comparison of secrets.

pub(crate) mod answers;
pub(crate) mod commit;
pub(crate) mod compare;
pub(crate) mod context;
mod counting;
pub(crate) mod eligible;
pub(crate) mod hashing;
pub(crate) mod limits;
pub(crate) mod policy_cache;
pub(crate) mod policy_commit;
mod pumping;
pub(crate) mod seal_check;
pub(crate) mod seeds;
pub(crate) mod store_check;
pub(crate) mod tally;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use crate::domain::crypto::keys::Keys;
use crate::domain::identity::ids::TenantId;
use crate::domain::invalid::InvalidInput;
use crate::domain::method::Verification;
use crate::domain::policy::Policy;
use crate::domain::record::store_note::StoreId;
use crate::domain::rules::FreshChallenge;
use crate::domain::time::Timestamp;
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::api::roles::AdminRoles;
use crate::engine::api::stats::Stats;
use crate::engine::core::hashing::{DecoyHash, Hashing};
use crate::engine::core::policy_cache::PolicyCache;
use crate::engine::core::tally::{PumpingCounts, Tally};
use crate::engine::maintenance::failing::Failing;
use crate::engine::observe::{Observed, Observer, Operation, Watched};
use crate::port::{
    BreachList, Clock, Cursor, Delivery, Directory, Entropy, ExternalMethod, HumanCheck,
    RiskSignals, Seal, Sessions, SlowHash, Store, StrengthEstimator,
};

/// A call within the engine whose code is generated in this crate. The code of an `async fn` is generated
/// in each crate that awaits it, so that every binary of a host would compile the engine again. Large
/// calls that begin an operation return this; the price is one allocation.
pub(crate) type BoxedCall<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// The state of an engine: its ports, its settings, and what it has counted since it was opened.
pub(crate) struct Core {
    pub(crate) keys: Keys,
    pub(crate) store: Observed<dyn Store>,
    pub(crate) directory: Observed<dyn Directory>,
    pub(crate) sessions: Observed<dyn Sessions>,
    pub(crate) delivery: Observed<dyn Delivery>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) human_check: Option<Observed<dyn HumanCheck>>,
    pub(crate) breach_list: Option<Observed<dyn BreachList>>,
    pub(crate) strength: Option<Arc<dyn StrengthEstimator>>,
    pub(crate) risk_signals: Option<Observed<dyn RiskSignals>>,
    pub(crate) seal: Option<Observed<dyn Seal>>,
    pub(crate) slow_hash: Option<Observed<dyn SlowHash>>,
    pub(crate) external: Vec<Observed<dyn ExternalMethod>>,
    /// A sealed seed that belongs to no account. It is opened for an account without a device, so that
    /// the comparison costs the same.
    pub(crate) decoy_seed: OnceLock<Vec<u8>>,
    /// A hash that no answer matches. It is verified for an account without questions, likewise.
    pub(crate) decoy_hash: OnceLock<DecoyHash>,
    /// The permits of attempts at security questions.
    pub(crate) hashing: Hashing,
    pub(crate) roles: AdminRoles,
    pub(crate) reply_floor: Duration,
    pub(crate) policy_max_age: Duration,
    pub(crate) event_retention: Duration,
    /// Whether every caller is told that a tenant has no policy.
    pub(crate) discloses_missing_policy: bool,
    pub(crate) on_work: Arc<dyn Fn() + Send + Sync>,
    /// The policy of a tenant that has none, so that replies keep their shape. Its scope is empty.
    pub(crate) fallback: Arc<Policy>,
    pub(crate) policies: PolicyCache,
    pub(crate) observer: Arc<Observer>,
    /// Replies that are counted and not written yet.
    pub(crate) tally: Tally,
    pub(crate) opened_at: Timestamp,
    /// When `maintain` last returned a report, in Unix milliseconds.
    pub(crate) maintained_at: AtomicI64,
    pub(crate) comparisons: AtomicU64,
    pub(crate) redecisions: AtomicU64,
    pub(crate) silenced: AtomicU64,
    pub(crate) silenced_decoys: AtomicU64,
    pub(crate) hidden_faults: AtomicU64,
    pub(crate) pumping: PumpingCounts,
    /// The deliveries that are failing now.
    pub(crate) failing: Failing,
    /// When expired rows were last removed, in Unix milliseconds.
    pub(crate) purged_at: AtomicI64,
    /// The monotonic clock at the last check whether to purge, or at the start.
    pub(crate) purge_checked: Mutex<Option<Duration>>,
    /// The position up to which future wake times were checked; a wrong clock may have set them.
    pub(crate) repaired_up_to: Mutex<Option<Cursor>>,
    /// Set by `open` before it returns the engine.
    pub(crate) store_id: OnceLock<StoreId>,
}

impl Core {
    /// Random bytes from the engine's source.
    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.entropy.fill(&mut bytes).at(FaultOrigin::Entropy)?;
        Ok(bytes)
    }

    /// The issuing key's id and the random bytes of a new challenge.
    pub(crate) fn fresh_challenge(&self) -> Result<FreshChallenge, Error> {
        Ok(FreshChallenge { key: self.keys.issuing().id, nonce: self.random()? })
    }

    /// Observes an operation on a tenant.
    pub(crate) fn observe<T, F>(
        &self,
        operation: Operation,
        tenant: &TenantId,
        future: F,
    ) -> Watched<'_, F>
    where
        F: Future<Output = Result<T, Error>>,
    {
        self.observer.operation(operation, || Some(self.keys.policy(tenant)), future)
    }

    pub(crate) fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let time = |at: &AtomicI64| {
            let millis = at.load(Ordering::Relaxed);
            (millis != i64::MIN).then(|| Timestamp::from_unix_millis(millis))
        };
        Stats {
            opened_at: self.opened_at,
            maintained_at: time(&self.maintained_at),
            purged_at: time(&self.purged_at),
            operations: self.observer.operations(),
            ports: self.observer.ports(),
            channels: self.observer.channels(),
            comparisons: read(&self.comparisons),
            redecisions: read(&self.redecisions),
            silenced: read(&self.silenced),
            silenced_decoys: read(&self.silenced_decoys),
            hidden_faults: read(&self.hidden_faults),
            stopped_codes: read(&self.pumping.stopped),
            breakers_opened: read(&self.pumping.opened),
            breakers_closed: read(&self.pumping.closed),
            failing: self.failing.all(self.clock.now()),
        }
    }
}

/// Requires that external methods are of kinds that hosts verify, each at most once.
pub(crate) fn check_external(methods: &[Arc<dyn ExternalMethod>]) -> Result<(), InvalidInput> {
    let kinds: Vec<_> = methods.iter().map(|method| method.kind()).collect();
    let own = kinds.iter().all(|kind| kind.verification() == Verification::External);
    let twice = kinds.iter().enumerate().any(|(index, kind)| kinds[..index].contains(kind));
    let (what, rule) = ("external methods", "must be host-verified kinds, each at most once");
    if own && !twice { Ok(()) } else { Err(InvalidInput::Rule { what, rule }) }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("keys", &self.keys).finish_non_exhaustive()
    }
}

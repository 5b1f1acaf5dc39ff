//! The engine loads records, calls the decisions of `domain`, commits them and calls the ports. It
//! has no rules, runtime or thread of its own.

mod admin;
mod after;
mod attempt;
mod authenticator;
mod builder;
mod challenge;
mod change;
mod check;
mod compare;
mod complete;
mod context;
mod dispatch;
mod error;
mod failing;
mod help;
mod join;
mod limits;
mod link;
mod maintain;
mod purge;
mod recovery;
mod registration;
mod reply;
mod request;
mod reset;
mod served;
mod source;
mod step;
mod tell;
mod trail;
mod unlock;
mod upkeep;
mod view;
mod write_eligibility;

pub use admin::{
    AccountSummary, Admin, BlockedMethod, BudgetKind, BudgetUse, Explanation, HeldMethod,
    StoredPolicy,
};
pub use attempt::{Attempt, Selection};
pub use authenticator::Authenticator;
pub use builder::{EngineBuilder, NeedsDelivery, NeedsDirectory, NeedsKeys, NeedsStore, Ready};
pub use change::Change;
pub use error::{Error, Fault, FaultOrigin};
pub use failing::FailingDelivery;
pub use registration::{
    Enrolment, NewAuthenticator, NewMethod, RecoveryCodes, Registration, RegistrationReview,
};
pub use reply::{MaintenanceReport, MethodView, OptionView, PasswordGuide, Reply, Step};
pub use request::{Actor, AdminRoles, DeviceSecret, Request, SignInContext, SignedIn};
pub use reset::Reset;
pub use source::Source;
pub use unlock::Unlock;
pub use upkeep::{KeyUse, ResealPage, SeedsLeft, ShortKeysInUse, UnreadableAccount};

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde::Serialize;

use crate::domain::crypto::keys::Keys;
use crate::domain::identity::ids::TenantId;
use crate::domain::policy::Policy;
use crate::domain::record::store_note::StoreId;
use crate::domain::time::Timestamp;
use crate::port::{
    BreachList, Clock, Delivery, Directory, Entropy, ExternalMethod, HumanCheck, RiskSignals, Seal,
    Store,
};

/// A self-service password reset engine over a host's store, directory and delivery.
///
/// Cheap to clone; all clones are one engine. Any number of engines, in any number of processes,
/// may work on one store. Call [`Engine::maintain`] regularly: it delivers the messages.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    keys: Keys,
    store: Arc<dyn Store>,
    directory: Arc<dyn Directory>,
    delivery: Arc<dyn Delivery>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    human_check: Option<Arc<dyn HumanCheck>>,
    breach_list: Option<Arc<dyn BreachList>>,
    risk_signals: Option<Arc<dyn RiskSignals>>,
    seal: Option<Arc<dyn Seal>>,
    external: Vec<Arc<dyn ExternalMethod>>,
    /// A sealed seed of no account, unsealed where an account without a device is compared.
    decoy_seed: OnceLock<Vec<u8>>,
    roles: AdminRoles,
    reply_floor: Duration,
    policy_max_age: Duration,
    event_retention: Duration,
    on_work: Arc<dyn Fn() + Send + Sync>,
    /// The policy of a tenant that has none, so that replies keep their shape. Its scope is empty.
    fallback: Arc<Policy>,
    policies: Mutex<HashMap<TenantId, context::CachedPolicy>>,
    comparisons: AtomicU64,
    redecisions: AtomicU64,
    silenced: AtomicU64,
    silenced_decoys: AtomicU64,
    hidden_faults: AtomicU64,
    /// The deliveries that are failing now.
    failing: failing::Failing,
    /// When expired rows were last removed, in Unix milliseconds.
    purged_at: AtomicI64,
    /// The monotonic clock at the last check whether to purge, or at the start.
    purge_checked: Mutex<Option<Duration>>,
    /// The position up to which future wake times were checked; a wrong clock may have set them.
    repaired_up_to: Mutex<Option<crate::port::Cursor>>,
    /// Set by `open` before it returns the engine.
    store_id: OnceLock<StoreId>,
}

/// Counts of what an engine has done since it was opened.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Secrets compared. Each attempt was reserved before its comparison.
    pub comparisons: u64,
    /// Decisions repeated because the record had changed.
    pub redecisions: u64,
    /// Challenges that were answered as usual but not opened, since a budget of the account was
    /// spent. They commit nothing and are not in the audit trail.
    pub silenced: u64,
    /// The part of `silenced` that was requested for unknown identifiers. Alarm if it grows
    /// quickly: an attacker is trying one unknown name many times, or many names.
    pub silenced_decoys: u64,
    /// Faults of the seal or of a host-verified method that were answered with
    /// [`Refusal::NotAccepted`](crate::Refusal::NotAccepted), since before the first proof a fault
    /// would tell whether the account exists. Alarm on any: correct codes are being refused.
    pub hidden_faults: u64,
    /// Deliveries that are failing now, by tenant and channel, the longest failing first. Alarm
    /// where [`since`](FailingDelivery::since) is minutes ago: codes and notices wait.
    pub failing: Vec<FailingDelivery>,
}

impl Engine {
    /// Resets of a forgotten password.
    #[must_use]
    pub const fn reset(&self) -> Reset<'_> {
        Reset { engine: self }
    }

    /// Unlocks of an account that keep its password.
    #[must_use]
    pub const fn unlock(&self) -> Unlock<'_> {
        Unlock { engine: self }
    }

    /// Changes of a password by a signed-in user who knows it.
    #[must_use]
    pub const fn change(&self) -> Change<'_> {
        Change { engine: self }
    }

    /// Codes of authenticators, for the host's own sign-in.
    #[must_use]
    pub const fn authenticator(&self) -> Authenticator<'_> {
        Authenticator { engine: self }
    }

    /// Registration of methods by a signed-in user.
    #[must_use]
    pub const fn registration(&self) -> Registration<'_> {
        Registration { engine: self }
    }

    /// Operations of administrators.
    #[must_use]
    pub const fn admin<'a>(&'a self, tenant: &'a TenantId, actor: &'a Actor) -> Admin<'a> {
        Admin { engine: self, tenant, actor }
    }

    /// The least time that every response before the first proof must take, errors included: hold
    /// the response back until the request's arrival plus this. A reply has this time as
    /// [`not_before`](Reply::not_before).
    #[must_use]
    pub fn reply_floor(&self) -> Duration {
        self.inner.reply_floor
    }

    /// The time of this engine's clock: read it when a request arrives, for
    /// [`floor_left`](Self::floor_left).
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// How long to hold back the response to a request that arrived at this time, whether it is a
    /// reply or an error. Wait this long before each response to a flow without a proof; waiting
    /// before every response is simpler and harmless.
    ///
    /// ```
    /// # async fn handler(engine: sspr::Engine, request: sspr::Request, name: sspr::Identifier) {
    /// let arrived = engine.now();
    /// let outcome = engine.reset().start(&request, &name).await;
    /// tokio::time::sleep(engine.floor_left(arrived)).await;
    /// // Respond only after the wait, with the reply or the error.
    /// # drop(outcome);
    /// # }
    /// ```
    #[must_use]
    pub fn floor_left(&self, arrived: Timestamp) -> Duration {
        // Times are whole milliseconds: without one more, a response could leave up to one too
        // early.
        let until = arrived.plus(self.inner.reply_floor).plus(Duration::from_millis(1));
        until.since(self.inner.clock.now()).min(self.inner.reply_floor + Duration::from_millis(1))
    }

    /// The id of the store that this engine works on: pass it to
    /// [`expect_store`](EngineBuilder::expect_store) at the next start.
    #[must_use]
    pub fn store_id(&self) -> StoreId {
        // `open` sets it before it returns the engine.
        self.inner.store_id.get().copied().unwrap_or(StoreId::from_bytes([0; 16]))
    }

    /// The counters since this engine was opened.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            comparisons: self.inner.comparisons.load(Ordering::Relaxed),
            redecisions: self.inner.redecisions.load(Ordering::Relaxed),
            silenced: self.inner.silenced.load(Ordering::Relaxed),
            silenced_decoys: self.inner.silenced_decoys.load(Ordering::Relaxed),
            hidden_faults: self.inner.hidden_faults.load(Ordering::Relaxed),
            failing: self.inner.failing.all(self.inner.clock.now()),
        }
    }

    fn random<const N: usize>(&self) -> Result<[u8; N], Error> {
        use error::At as _;
        let mut bytes = [0; N];
        self.inner.entropy.fill(&mut bytes).at(FaultOrigin::Entropy)?;
        Ok(bytes)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("keys", &self.inner.keys).finish_non_exhaustive()
    }
}

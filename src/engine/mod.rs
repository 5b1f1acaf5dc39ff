//! The engine: loads, decides, commits, performs. It owns no rules, no runtime and no thread.

mod admin;
mod after;
mod attempt;
mod authenticator;
mod builder;
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
pub mod transfer;
mod unlock;
mod upkeep;
mod view;

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

use crate::domain::ids::TenantId;
use crate::domain::keys::Keys;
use crate::domain::policy::Policy;
use crate::domain::store_note::StoreId;
use crate::domain::time::Timestamp;
use crate::port::{
    BreachList, Clock, Delivery, Directory, Entropy, ExternalMethod, HumanCheck, RiskSignals, Seal,
    Store,
};

/// A self-service password reset engine over a host's store, directory and delivery.
///
/// Cheap to clone; all clones are one engine. Any number of engines, in any number of processes,
/// may work on one store. Drive [`Engine::maintain`] from somewhere: it delivers the messages.
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
    /// A sealed seed that nobody has: unsealed where an unknown user's would be.
    decoy_seed: OnceLock<Vec<u8>>,
    roles: AdminRoles,
    reply_floor: Duration,
    policy_max_age: Duration,
    event_retention: Duration,
    on_work: Arc<dyn Fn() + Send + Sync>,
    /// Stands in where a tenant has no policy, so that answers have a shape. Scope: nobody.
    fallback: Arc<Policy>,
    policies: Mutex<HashMap<TenantId, context::CachedPolicy>>,
    comparisons: AtomicU64,
    redecisions: AtomicU64,
    silenced: AtomicU64,
    silenced_decoys: AtomicU64,
    hidden_faults: AtomicU64,
    /// Deliveries that fail now.
    failing: failing::Failing,
    /// When rows past their time were last removed, in Unix milliseconds.
    purged_at: AtomicI64,
    /// What the steady clock showed when a purge was considered last, or at the start.
    looked: Mutex<Option<Duration>>,
    /// Up to where alarms were looked at that a wrong clock may have set.
    alarms_after: Mutex<Option<crate::port::Cursor>>,
    /// Set by `open` before the engine is handed out.
    store_id: OnceLock<StoreId>,
}

/// Counts of what an engine has done since it was opened.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Secrets compared. Each was counted before.
    pub comparisons: u64,
    /// Decisions made again because the record had changed meanwhile.
    pub redecisions: u64,
    /// Challenges that were answered as any other and not opened, since a budget of the account was
    /// spent. They commit nothing, so the audit trail does not have them.
    pub silenced: u64,
    /// Those of `silenced` that were asked for a name which no account has. Alarm if it grows
    /// quickly: one unknown name is being hammered, or very many.
    pub silenced_decoys: u64,
    /// Faults of the seal or of a method that the host verifies which were answered as not accepted,
    /// since before the first proof they would tell who exists. Alarm on any: somebody's right code
    /// is being refused.
    pub hidden_faults: u64,
    /// Deliveries that this engine sees fail now, by tenant and channel, the longest failing first.
    /// Alarm where [`since`](FailingDelivery::since) is minutes ago: codes and notices wait.
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

    /// How long an answer before the first proof takes at least, errors included: wait until the
    /// request's arrival plus this. A reply carries the same as
    /// [`not_before`](Reply::not_before).
    #[must_use]
    pub fn reply_floor(&self) -> Duration {
        self.inner.reply_floor
    }

    /// The time by this engine's clock: note it when a request arrives, for
    /// [`floor_left`](Self::floor_left).
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// How long an answer to a request that arrived then has still to be held back, whether it is a
    /// reply or an error. Wait that long before every answer to somebody who has not proven anything
    /// yet; after every answer is simpler, and does no harm.
    ///
    /// ```
    /// # async fn handler(engine: sspr::Engine, request: sspr::Request, name: sspr::Identifier) {
    /// let arrived = engine.now();
    /// let outcome = engine.reset().start(&request, &name).await;
    /// tokio::time::sleep(engine.floor_left(arrived)).await;
    /// // Only now look at the outcome, and answer.
    /// # drop(outcome);
    /// # }
    /// ```
    #[must_use]
    pub fn floor_left(&self, arrived: Timestamp) -> Duration {
        // Times are whole milliseconds: one more, or an answer leaves up to one too early.
        let until = arrived.plus(self.inner.reply_floor).plus(Duration::from_millis(1));
        until.since(self.inner.clock.now()).min(self.inner.reply_floor + Duration::from_millis(1))
    }

    /// Which store this engine works on: give it to
    /// [`expect_store`](EngineBuilder::expect_store) at the next start.
    #[must_use]
    pub fn store_id(&self) -> StoreId {
        // `open` sets it before it hands the engine out.
        self.inner.store_id.get().copied().unwrap_or(StoreId::from_bytes([0; 16]))
    }

    /// What this engine has done since it was opened.
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

//! The engine: loads, decides, commits, performs. It owns no rules, no runtime and no thread.

mod admin;
mod attempt;
mod builder;
mod check;
mod compare;
mod complete;
mod context;
mod error;
mod join;
mod limits;
mod maintain;
mod registration;
mod reply;
mod request;
mod reset;
mod step;
mod view;

pub use admin::{Admin, StoredPolicy};
pub use attempt::{Attempt, Selection};
pub use builder::{EngineBuilder, NeedsDelivery, NeedsDirectory, NeedsKeys, NeedsStore, Ready};
pub use error::{Error, Fault, Port};
pub use registration::{NewMethod, Registration};
pub use reply::{Maintained, MethodView, OptionView, PasswordGuide, Reply, Step};
pub use request::{Actor, AdminRoles, Request, SignInContext, SignedIn, Source};
pub use reset::Reset;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::domain::ids::TenantId;
use crate::domain::keys::Keys;
use crate::domain::policy::Policy;
use crate::port::{
    BreachList, Clock, Delivery, Directory, Entropy, HumanCheck, RiskSignals, Store,
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
    /// When rows past their time were last removed, in Unix milliseconds.
    purged_at: AtomicI64,
}

/// Counts of what an engine has done since it was opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Secrets compared. Each was charged before.
    pub comparisons: u64,
    /// Decisions made again because the record had changed meanwhile.
    pub redecisions: u64,
    /// Challenges that were answered as any other and not opened, since a budget of the account was
    /// spent. They commit nothing, so the audit trail does not have them.
    pub silenced: u64,
}

impl Engine {
    /// Resets of a forgotten password.
    #[must_use]
    pub const fn reset(&self) -> Reset<'_> {
        Reset { engine: self }
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

    /// What this engine has done since it was opened.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            comparisons: self.inner.comparisons.load(Ordering::Relaxed),
            redecisions: self.inner.redecisions.load(Ordering::Relaxed),
            silenced: self.inner.silenced.load(Ordering::Relaxed),
        }
    }

    fn random<const N: usize>(&self) -> Result<[u8; N], Error> {
        use error::At as _;
        let mut bytes = [0; N];
        self.inner.entropy.fill(&mut bytes).at(Port::Entropy)?;
        Ok(bytes)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("keys", &self.inner.keys).finish_non_exhaustive()
    }
}

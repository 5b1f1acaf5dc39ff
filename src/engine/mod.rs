//! The engine loads records, calls the decisions of `domain`, commits them and calls the ports. It
//! has no rules, runtime or thread of its own.
//!
//! A public method of a handle calls one function of [`flow`], which works on the shared [`Core`]:
//!
//! | Verb | File |
//! |---|---|
//! | `start` | `flow/start.rs` |
//! | `challenge` | `flow/challenge.rs` |
//! | `prove` | `flow/prove.rs`, `core/compare.rs` |
//! | `redeem_link` | `flow/redeem.rs` |
//! | `view`, `cancel` | `flow/view.rs`, `flow/cancel.rs` |
//! | `complete` | `flow/complete.rs`, `flow/write_eligibility.rs` |
//! | `contact_administrator` | `flow/help.rs` |
//! | `redeem` of a repudiation | `flow/repudiate.rs` |
//! | `remember_device`, `replace_recovery_code` | `flow/after.rs` |
//! | `maintain` and what else the host's tasks call | `operation.rs`, `maintenance` |

mod api;
mod builder;
mod core;
mod flow;
mod handles;
mod maintenance;
mod observe;
mod operation;

pub use api::attempt::{Attempt, Selection};
pub use api::error::{Error, Fault, FaultOrigin};
pub use api::page_facts::PageFacts;
pub use api::reply::{MethodView, OptionView, PasswordGuide, QuestionView, Reply, Step};
pub use api::report::{FailingDelivery, MaintenanceReport};
pub use api::request::{Actor, DeviceSecret, Request, SignInContext, SignedIn};
pub use api::roles::{AdminRoles, TargetRule, TargetRules};
pub use api::source::Source;
pub use api::stats::{CallStats, CallTime, Stats};
pub use builder::{
    EngineBuilder, NeedsDelivery, NeedsDirectory, NeedsKeys, NeedsSessions, NeedsStore, Ready,
};
pub use handles::admin::report::{ReportPage, ReportView};
pub use handles::admin::{
    AccountSummary, Admin, BlockedMethod, BudgetKind, BudgetUse, DryRunEffect, DryRunUser,
    Explanation, HeldMethod, OpenBreaker, StoredPolicy, TemporaryPassword, TrailOf,
};
pub use handles::authenticator::Authenticator;
pub use handles::change::Change;
pub use handles::recovery::{Recovery, Reset, Unlock};
pub use handles::registration::{
    Enrolment, NewAuthenticator, NewMethod, RecoveryCodes, Registration, RegistrationReview,
    SignInPrompt,
};
pub use handles::repudiation::Repudiation;
pub use maintenance::accounts::UnreadableAccount;
pub use maintenance::key_use::{KeyUse, ShortKeysInUse};
pub use maintenance::reseal::{ResealPage, SeedsLeft};

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::core::Core;
use crate::domain::identity::ids::TenantId;
use crate::domain::method::RegistrationMode;
use crate::domain::record::store_note::StoreId;
use crate::domain::time::Timestamp;

/// A self-service password reset engine over a host's store, directory and delivery.
///
/// Cheap to clone; all clones are one engine. Any number of engines, in any number of processes,
/// may work on one store. Call [`Engine::maintain`] regularly: it delivers the messages.
#[derive(Clone)]
pub struct Engine {
    core: Arc<Core>,
}

impl Engine {
    /// Resets of a forgotten password.
    #[must_use]
    pub fn reset(&self) -> Reset<'_> {
        Recovery::of(&self.core)
    }

    /// Unlocks of an account that keep its password.
    #[must_use]
    pub fn unlock(&self) -> Unlock<'_> {
        Recovery::of(&self.core)
    }

    /// Changes of a password by a signed-in user who knows it.
    #[must_use]
    pub fn change(&self) -> Change<'_> {
        Change { core: &self.core }
    }

    /// Codes of authenticators, for the host's own sign-in.
    #[must_use]
    pub fn authenticator(&self) -> Authenticator<'_> {
        Authenticator { core: &self.core }
    }

    /// What an owner does who did not make a change.
    #[must_use]
    pub fn repudiation(&self) -> Repudiation<'_> {
        Repudiation { core: &self.core }
    }

    /// Registration of methods by a signed-in user.
    #[must_use]
    pub fn registration(&self) -> Registration<'_> {
        Registration { core: &self.core, mode: RegistrationMode::default() }
    }

    /// Operations of administrators.
    #[must_use]
    pub fn admin<'a>(&'a self, tenant: &'a TenantId, actor: &'a Actor) -> Admin<'a> {
        Admin { core: &self.core, tenant, actor }
    }

    /// The least time that every response before the first proof must take, errors included: hold
    /// the response back until the request's arrival plus this. A reply has this time as
    /// [`not_before`](Reply::not_before).
    #[must_use]
    pub fn reply_floor(&self) -> Duration {
        self.core.reply_floor
    }

    /// The time of this engine's clock: read it when a request arrives, for
    /// [`floor_left`](Self::floor_left).
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.core.clock.now()
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
        let until = arrived.plus(self.core.reply_floor).plus(Duration::from_millis(1));
        until.since(self.core.clock.now()).min(self.core.reply_floor + Duration::from_millis(1))
    }

    /// The id of the store that this engine works on: pass it to
    /// [`expect_store`](EngineBuilder::expect_store) at the next start.
    #[must_use]
    pub fn store_id(&self) -> StoreId {
        // `open` sets it before it returns the engine.
        self.core.store_id.get().copied().unwrap_or(StoreId::from_bytes([0; 16]))
    }

    /// The counters since this engine was opened.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.core.stats()
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("core", &self.core).finish()
    }
}

//! The builder of an engine: keys, store, directory, sessions and delivery are required, in
//! this order.

use std::sync::atomic::{AtomicI64, AtomicU64};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use crate::domain::crypto::keys::Keys;
use crate::domain::invalid::InvalidInput;
use crate::domain::policy::{Policy, PolicySettings};
use crate::domain::record::store_note::StoreId;
use crate::engine::Engine;
use crate::engine::api::error::Error;
use crate::engine::api::roles::AdminRoles;
use crate::engine::core::hashing::Hashing;
use crate::engine::core::{Core, check_external};
use crate::engine::observe::{Observed, Observer};
use crate::port::{
    BreachList, Clock, Delivery, Directory, Entropy, ExternalMethod, HumanCheck, RiskSignals, Seal,
    Sessions, SlowHash, Store, StrengthEstimator, SystemClock, SystemEntropy,
};

/// The keys are missing: call `keys`.
#[derive(Debug)]
#[non_exhaustive]
pub struct NeedsKeys;

/// The store is missing: call `store`.
#[derive(Debug)]
#[non_exhaustive]
pub struct NeedsStore {
    keys: Keys,
}

/// The directory is missing: call `directory`.
#[non_exhaustive]
pub struct NeedsDirectory {
    keys: Keys,
    store: Arc<dyn Store>,
}

/// The sessions are missing: call `sessions`.
#[non_exhaustive]
pub struct NeedsSessions {
    keys: Keys,
    store: Arc<dyn Store>,
    directory: Arc<dyn Directory>,
}

/// The delivery is missing: call `delivery`.
#[non_exhaustive]
pub struct NeedsDelivery {
    keys: Keys,
    store: Arc<dyn Store>,
    directory: Arc<dyn Directory>,
    sessions: Arc<dyn Sessions>,
}

/// All required parts are set; options may follow, then [`open`](EngineBuilder::open).
#[non_exhaustive]
pub struct Ready {
    keys: Keys,
    store: Arc<dyn Store>,
    directory: Arc<dyn Directory>,
    sessions: Arc<dyn Sessions>,
    delivery: Arc<dyn Delivery>,
    options: Options,
}

struct Options {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    human_check: Option<Arc<dyn HumanCheck>>,
    breach_list: Option<Arc<dyn BreachList>>,
    strength: Option<Arc<dyn StrengthEstimator>>,
    risk_signals: Option<Arc<dyn RiskSignals>>,
    seal: Option<Arc<dyn Seal>>,
    slow_hash: Option<Arc<dyn SlowHash>>,
    hashes_at_once: u16,
    external: Vec<Arc<dyn ExternalMethod>>,
    roles: AdminRoles,
    reply_floor: Duration,
    policy_max_age: Duration,
    event_retention: Duration,
    expected: Option<StoreId>,
    discloses_missing_policy: bool,
    on_work: Arc<dyn Fn() + Send + Sync>,
}

/// Builds an [`Engine`]. Its type shows which required part is missing.
///
/// ```compile_fail
/// // No directory, no delivery: there is no method `open` on `EngineBuilder<NeedsDirectory>`.
/// # async fn build(keys: sspr::Keys, store: sspr::adapters::memory::MemoryStore) {
/// let engine = sspr::Engine::builder().keys(keys).store(store).open().await;
/// # }
/// ```
#[must_use]
pub struct EngineBuilder<S> {
    state: S,
}

impl Engine {
    /// Returns a builder without any part.
    pub const fn builder() -> EngineBuilder<NeedsKeys> {
        EngineBuilder { state: NeedsKeys }
    }
}

impl EngineBuilder<NeedsKeys> {
    /// Sets the keys. The lookup key must be the one with which the store was created.
    pub fn keys(self, keys: Keys) -> EngineBuilder<NeedsStore> {
        EngineBuilder { state: NeedsStore { keys } }
    }
}

impl EngineBuilder<NeedsStore> {
    /// Sets the store.
    pub fn store(self, store: impl Store + 'static) -> EngineBuilder<NeedsDirectory> {
        EngineBuilder { state: NeedsDirectory { keys: self.state.keys, store: Arc::new(store) } }
    }
}

impl EngineBuilder<NeedsDirectory> {
    /// Sets the directory.
    pub fn directory(self, directory: impl Directory + 'static) -> EngineBuilder<NeedsSessions> {
        let NeedsDirectory { keys, store } = self.state;
        EngineBuilder { state: NeedsSessions { keys, store, directory: Arc::new(directory) } }
    }
}

impl EngineBuilder<NeedsSessions> {
    /// Sets the system that keeps the sessions of users, or [`NoSessions`](crate::port::NoSessions).
    pub fn sessions(self, sessions: impl Sessions + 'static) -> EngineBuilder<NeedsDelivery> {
        let NeedsSessions { keys, store, directory } = self.state;
        let sessions = Arc::new(sessions);
        EngineBuilder { state: NeedsDelivery { keys, store, directory, sessions } }
    }
}

impl EngineBuilder<NeedsDelivery> {
    /// Sets the delivery.
    pub fn delivery(self, delivery: impl Delivery + 'static) -> EngineBuilder<Ready> {
        let NeedsDelivery { keys, store, directory, sessions } = self.state;
        let options = Options {
            clock: Arc::new(SystemClock),
            entropy: Arc::new(SystemEntropy),
            human_check: None,
            breach_list: None,
            strength: None,
            risk_signals: None,
            seal: None,
            slow_hash: None,
            hashes_at_once: 4,
            external: Vec::new(),
            roles: AdminRoles::default(),
            reply_floor: Duration::from_millis(300),
            policy_max_age: Duration::from_secs(5),
            event_retention: Duration::from_secs(30 * 86_400),
            expected: None,
            discloses_missing_policy: false,
            on_work: Arc::new(|| {}),
        };
        let delivery = Arc::new(delivery);
        EngineBuilder { state: Ready { keys, store, directory, sessions, delivery, options } }
    }
}

impl EngineBuilder<Ready> {
    /// Sets the clock. Default: the operating system's.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.state.options.clock = Arc::new(clock);
        self
    }

    /// Sets the source of randomness. Default: the operating system's; replace it only in tests.
    pub fn entropy(mut self, entropy: impl Entropy + 'static) -> Self {
        self.state.options.entropy = Arc::new(entropy);
        self
    }

    /// Sets the human check. Default: none; a policy that requires one then refuses every request.
    pub fn human_check(mut self, check: impl HumanCheck + 'static) -> Self {
        self.state.options.human_check = Some(Arc::new(check));
        self
    }

    /// Sets the list of breached passwords. Default: only the bundled list of common passwords.
    pub fn breach_list(mut self, list: impl BreachList + 'static) -> Self {
        self.state.options.breach_list = Some(Arc::new(list));
        self
    }

    /// Sets the estimator of passwords. Default: none; a policy with a `min_score` refuses them all.
    pub fn strength_estimator(mut self, estimator: impl StrengthEstimator + 'static) -> Self {
        self.state.options.strength = Some(Arc::new(estimator));
        self
    }

    /// Sets the risk signals before a code goes over the telephone network. Default: none.
    pub fn risk_signals(mut self, signals: impl RiskSignals + 'static) -> Self {
        self.state.options.risk_signals = Some(Arc::new(signals));
        self
    }

    /// Sets the seal for the seeds of authenticator apps and tokens. Default: none; apps and tokens
    /// are then neither offered nor registered. `adapters::seal` has one (feature `seal`), and
    /// tests use `testing::TestSeal`.
    pub fn seal(mut self, seal: impl Seal + 'static) -> Self {
        self.state.options.seal = Some(Arc::new(seal));
        self
    }

    /// Sets the slow hash of the answers to security questions. Default: none; questions are then
    /// neither offered nor registered. `adapters::argon2` has one (feature `argon2`), and tests use
    /// `testing::TestHash`.
    pub fn slow_hash(mut self, hash: impl SlowHash + 'static) -> Self {
        self.state.options.slow_hash = Some(Arc::new(hash));
        self
    }

    /// Sets how many hashes of answers run at once: 2 to 1 024, by default 4. An attempt beyond them
    /// is refused with [`Refusal::Overloaded`](crate::Refusal::Overloaded), before anything is
    /// counted. Flows without a proof have half of them, so that strangers leave the rest to users.
    ///
    /// Each takes the memory of one hash: 19 MiB for Argon2id at OWASP's cost.
    pub fn hashes_at_once(mut self, most: u16) -> Self {
        self.state.options.hashes_at_once = most.clamp(2, 1_024);
        self
    }

    /// Adds a host-verified method, at most one of each kind. Default: none.
    pub fn external_method(mut self, method: impl ExternalMethod + 'static) -> Self {
        self.state.options.external.push(Arc::new(method));
        self
    }

    /// Sets the roles that may perform each operation, and on which users. Default: Entra's role
    /// names and its table of who can reset whose password.
    pub fn admin_roles(mut self, roles: AdminRoles) -> Self {
        self.state.options.roles = roles;
        self
    }

    /// Sets the least time of every response before the first proof, so that its duration discloses
    /// nothing. Default 300 ms: more than a store and a directory usually take together. Where
    /// questions are asked before the first proof, it must cover the hashes of their answers too:
    /// [`Engine::check`](crate::Engine::check) compares it with a measured hash. The host
    /// waits until [`Reply::not_before`](crate::Reply::not_before).
    pub fn reply_floor(mut self, floor: Duration) -> Self {
        self.state.options.reply_floor = floor;
        self
    }

    /// Sets the greatest age of a cached policy in steps before `complete`. Default and maximum: 5
    /// seconds.
    pub fn policy_max_age(mut self, age: Duration) -> Self {
        self.state.options.policy_max_age = age.min(Duration::from_secs(5));
        self
    }

    /// Sets how long events are kept. Default 30 days (Entra).
    pub fn event_retention(mut self, retention: Duration) -> Self {
        self.state.options.event_retention = retention;
        self
    }

    /// Sets the id that the store must have: [`open`](Self::open) then refuses any other store, and
    /// an empty one. Default: no expectation, and an empty store is initialised.
    ///
    /// Keep the id ([`Engine::store_id`]) with the keys after the first start, and set it at each
    /// later one. A wrong path, an unmounted volume or a mistyped prefix is then an error. Without
    /// it, the engine would start on an empty store, in which every budget is unspent.
    ///
    /// ```
    /// # use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
    /// # use sspr::{Engine, Keys, SecretBytes};
    /// # fn keys() -> Keys {
    /// #     let secret = |byte| SecretBytes::new(vec![byte; 32]);
    /// #     Keys::new(secret(1), 1, secret(2)).unwrap()
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let build = |store: MemoryStore| {
    ///     let engine = Engine::builder().keys(keys()).store(store);
    ///     engine.directory(MemoryDirectory::new()).sessions(sspr::port::NoSessions).delivery(MemoryInbox::new())
    /// };
    /// let store = MemoryStore::new();
    /// let id = build(store.clone()).open().await?.store_id();
    /// assert!(build(store).expect_store(id).open().await.is_ok());
    /// assert!(build(MemoryStore::new()).expect_store(id).open().await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub const fn expect_store(mut self, id: StoreId) -> Self {
        self.state.options.expected = Some(id);
        self
    }

    /// Tells every caller that a tenant has no policy: `start` then refuses with
    /// [`SsprReason::NoPolicy`](crate::error::SsprReason::NoPolicy) (11). Default: such a tenant looks like
    /// any other, since a list of tenants can be a secret too.
    pub const fn disclose_missing_policy(mut self) -> Self {
        self.state.options.discloses_missing_policy = true;
        self
    }

    /// Sets a function that is called when there is work for [`Engine::maintain`]: wake the task
    /// that calls it. It must not block. Default: does nothing.
    pub fn on_work(mut self, wake: impl Fn() + Send + Sync + 'static) -> Self {
        self.state.options.on_work = Arc::new(wake);
        self
    }

    /// Opens the engine. Checks that the lookup key and the seal are those of the store, and that
    /// the store returns what was written to it.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Rule`] for an external method of a kind that hosts do not verify, or two of
    /// one kind; [`Error::Fault`] with the kind `Denied` if the store was created with another
    /// lookup key, is not the [expected](Self::expect_store) one, was moved, or is the target of a
    /// [copy](crate::transfer::copy) that was not opened; with `Corrupt` if the store does not
    /// return what was written; otherwise the fault of the store or the seal.
    pub async fn open(self) -> Result<Engine, Error> {
        let expected = self.state.options.expected;
        let core = self.core()?;
        core.check_ports(expected).await?;
        Ok(Engine { core: Arc::new(core) })
    }

    fn core(self) -> Result<Core, Error> {
        let Ready { keys, store, directory, sessions, delivery, options } = self.state;
        check_external(&options.external)?;
        let observer = Arc::new(Observer::new(Arc::clone(&options.clock)));
        let opened_at = options.clock.now();
        let purge_checked = Mutex::new(options.clock.steady());
        let external = options.external.into_iter();
        Ok(Core {
            keys,
            store: observed(store, &observer),
            directory: observed(directory, &observer),
            sessions: observed(sessions, &observer),
            delivery: observed(delivery, &observer),
            clock: options.clock,
            entropy: options.entropy,
            human_check: options.human_check.map(|check| observed(check, &observer)),
            breach_list: options.breach_list.map(|list| observed(list, &observer)),
            strength: options.strength,
            risk_signals: options.risk_signals.map(|signals| observed(signals, &observer)),
            seal: options.seal.map(|seal| observed(seal, &observer)),
            slow_hash: options.slow_hash.map(|hash| observed(hash, &observer)),
            decoy_hash: std::sync::OnceLock::new(),
            hashing: Hashing::new(options.hashes_at_once),
            external: external.map(|method| observed(method, &observer)).collect(),
            decoy_seed: std::sync::OnceLock::new(),
            roles: options.roles,
            reply_floor: options.reply_floor,
            policy_max_age: options.policy_max_age,
            event_retention: options.event_retention,
            discloses_missing_policy: options.discloses_missing_policy,
            on_work: options.on_work,
            fallback: fallback()?,
            policies: Default::default(),
            observer,
            tally: Default::default(),
            opened_at,
            maintained_at: AtomicI64::new(i64::MIN),
            comparisons: AtomicU64::new(0),
            redecisions: AtomicU64::new(0),
            silenced: AtomicU64::new(0),
            silenced_decoys: AtomicU64::new(0),
            hidden_faults: AtomicU64::new(0),
            pumping: Default::default(),
            failing: Default::default(),
            purged_at: AtomicI64::new(i64::MIN),
            store_id: std::sync::OnceLock::new(),
            purge_checked,
            repaired_up_to: Mutex::default(),
        })
    }
}

/// The policy of a tenant that has none. It is checked once in a process.
fn fallback() -> Result<Arc<Policy>, InvalidInput> {
    static DEFAULT: LazyLock<Option<Arc<Policy>>> =
        LazyLock::new(|| Policy::new(PolicySettings::default()).ok().map(Arc::new));
    DEFAULT.clone().ok_or(InvalidInput::OutOfRange { what: "default policy" })
}

fn observed<P: ?Sized>(port: Arc<P>, observer: &Arc<Observer>) -> Observed<P> {
    Observed::new(port, Arc::clone(observer))
}

impl<S> std::fmt::Debug for EngineBuilder<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EngineBuilder<{}>", std::any::type_name::<S>())
    }
}

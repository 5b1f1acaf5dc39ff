//! The builder of worlds.

use std::sync::Arc;

use super::{World, expected};
use crate::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
use crate::builder::{EngineBuilder, Ready};
use crate::facts::{TenantFacts, UserFacts};
use crate::policy::Scope;
use crate::port::{Delivery, Directory, Sessions, Store};
use crate::testing::{
    CallLog, FaultPlan, Faulty, ManualClock, Recorder, SeededEntropy, SimulatedMethod, TestHash,
    TestSeal,
};
use crate::{Engine, Error, Identifier, Keys, MethodKind, Policy, PolicySettings, Timestamp};

/// A layer around a port.
type Layer<P> = Box<dyn FnOnce(Arc<P>) -> Arc<P> + Send>;
/// A change of the engine's builder.
type Change = Box<dyn FnOnce(EngineBuilder<Ready>) -> EngineBuilder<Ready> + Send>;

/// Builds a [`World`]. Every part has a default.
#[must_use]
pub struct WorldBuilder {
    /// The users of the world that the engine joins; `None` for a new world.
    joined: Option<MemoryDirectory>,
    store: Arc<dyn Store>,
    clock: ManualClock,
    inbox: MemoryInbox,
    passkey: SimulatedMethod,
    push: SimulatedMethod,
    hash: TestHash,
    keys: Keys,
    seed: u64,
    /// `None` until the test asks for a policy.
    settings: Option<PolicySettings>,
    facts: UserFacts,
    abilities: bool,
    registered: bool,
    stores: Vec<Layer<dyn Store>>,
    directories: Vec<Layer<dyn Directory>>,
    sessions: Vec<Layer<dyn Sessions>>,
    deliveries: Vec<Layer<dyn Delivery>>,
    changes: Vec<Change>,
}

impl World {
    /// A builder of a world with the defaults that [`World`] lists.
    pub fn builder() -> WorldBuilder {
        WorldBuilder::new()
    }

    /// A builder of a second engine over this world's store, directory, inbox and clock, as in
    /// another process. It adds no user and puts no policy. Give it a
    /// [seed](WorldBuilder::seed) of its own, or both engines issue the same codes.
    ///
    /// ```
    /// use sspr::testing::{World, block_on};
    ///
    /// block_on(async {
    ///     let world = World::builder().registered().open().await;
    ///     let other = world.beside().seed(8).open().await;
    ///     let ticket = world.granted().await;
    ///     assert!(other.complete(&ticket, "plum tractor violet candle").await.is_ok());
    /// });
    /// ```
    pub fn beside(&self) -> WorldBuilder {
        WorldBuilder::beside(self)
    }
}

impl WorldBuilder {
    fn new() -> Self {
        let mut facts = UserFacts::new(World::user());
        facts.user_principal_name = Some(World::NAME.to_owned());
        facts.primary_mail = Some(World::NAME.to_owned());
        facts.restricted_management = Some(false);
        Self {
            joined: None,
            store: Arc::new(MemoryStore::new()),
            clock: ManualClock::new(Timestamp::from_unix_seconds(World::START)),
            inbox: MemoryInbox::new(),
            passkey: SimulatedMethod::new(MethodKind::Passkey),
            push: SimulatedMethod::new(MethodKind::AppNotification),
            hash: TestHash::new(),
            keys: World::keys(),
            seed: 7,
            settings: None,
            facts,
            abilities: true,
            registered: false,
            stores: Vec::new(),
            directories: Vec::new(),
            sessions: Vec::new(),
            deliveries: Vec::new(),
            changes: Vec::new(),
        }
    }

    fn beside(world: &World) -> Self {
        Self {
            joined: Some(world.directory.clone()),
            store: Arc::clone(&world.store),
            clock: world.clock.clone(),
            inbox: world.inbox.clone(),
            passkey: world.passkey.clone(),
            push: world.push.clone(),
            hash: world.hash.clone(),
            ..Self::new()
        }
    }

    /// Sets the store. Default: an empty memory store.
    pub fn store(mut self, store: impl Store + 'static) -> Self {
        self.store = Arc::new(store);
        self
    }

    /// Sets the clock. Default: one that shows [`World::START`].
    pub fn clock(mut self, clock: ManualClock) -> Self {
        self.clock = clock;
        self
    }

    /// Sets the keys. Default: [`World::keys`].
    pub fn keys(mut self, keys: Keys) -> Self {
        self.keys = keys;
        self
    }

    /// Sets the seed of all random bytes. Default 7.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Changes the policy's settings. Default: [`PolicySettings::default`] with [`Scope::All`].
    ///
    /// A store that already has a policy keeps it, unless the test asks for one: [`open`](Self::open)
    /// then panics, because it would replace the policy of other engines.
    pub fn policy(mut self, change: impl FnOnce(&mut PolicySettings)) -> Self {
        change(self.settings.get_or_insert_with(defaults));
        self
    }

    /// Replaces all settings of the [policy](Self::policy).
    pub fn settings(mut self, settings: PolicySettings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// Sets the inbox, such as one of another capacity. Default: an empty one.
    pub fn inbox(mut self, inbox: MemoryInbox) -> Self {
        self.inbox = inbox;
        self
    }

    /// Changes what the directory knows about the account.
    pub fn account(mut self, change: impl FnOnce(&mut UserFacts)) -> Self {
        change(&mut self.facts);
        self
    }

    /// Registers the account's mail address and mobile phone, as
    /// [`World::register_contacts`] does.
    pub const fn registered(mut self) -> Self {
        self.registered = true;
        self
    }

    /// Leaves out the optional parts that a world's engine has by default: the seal, the hash, and three
    /// host-verified methods (a passkey, a notification and one of no standard kind).
    pub const fn without_abilities(mut self) -> Self {
        self.abilities = false;
        self
    }

    /// Puts a layer around the directory.
    pub fn directory<D: Directory + 'static>(
        mut self,
        layer: impl FnOnce(Arc<dyn Directory>) -> D + Send + 'static,
    ) -> Self {
        self.directories.push(Box::new(|directory| Arc::new(layer(directory))));
        self
    }

    /// Puts a layer around the sessions, which the directory keeps.
    pub fn sessions<S: Sessions + 'static>(
        mut self,
        layer: impl FnOnce(Arc<dyn Sessions>) -> S + Send + 'static,
    ) -> Self {
        self.sessions.push(Box::new(|sessions| Arc::new(layer(sessions))));
        self
    }

    /// Puts a layer around the delivery, or replaces it.
    ///
    /// ```
    /// use sspr::adapters::route::ByChannel;
    /// use sspr::method::Channel;
    /// use sspr::testing::{World, block_on};
    ///
    /// let mail_only = World::builder().delivery(|inbox| ByChannel::new().with(Channel::Email, inbox));
    /// # drop(mail_only);
    /// ```
    pub fn delivery<D: Delivery + 'static>(
        mut self,
        layer: impl FnOnce(Arc<dyn Delivery>) -> D + Send + 'static,
    ) -> Self {
        self.deliveries.push(Box::new(|delivery| Arc::new(layer(delivery))));
        self
    }

    /// Logs the calls of the store, the directory, the sessions and the delivery.
    pub fn recorded(mut self, log: &CallLog) -> Self {
        let [of_store, of_directory] = [log.clone(), log.clone()];
        let [of_sessions, of_delivery] = [log.clone(), log.clone()];
        self.stores.push(Box::new(|store| Arc::new(Recorder::new(store, of_store))));
        self.directory(|directory| Recorder::new(directory, of_directory))
            .sessions(|sessions| Recorder::new(sessions, of_sessions))
            .delivery(|delivery| Recorder::new(delivery, of_delivery))
    }

    /// Injects the plan's faults into the calls of the store, the directory, the sessions and the delivery.
    pub fn faulty(mut self, plan: &FaultPlan) -> Self {
        let [of_store, of_directory] = [plan.clone(), plan.clone()];
        let [of_sessions, of_delivery] = [plan.clone(), plan.clone()];
        self.stores.push(Box::new(|store| Arc::new(Faulty::new(store, of_store))));
        self.directory(|directory| Faulty::new(directory, of_directory))
            .sessions(|sessions| Faulty::new(sessions, of_sessions))
            .delivery(|delivery| Faulty::new(delivery, of_delivery))
    }

    /// Changes the builder of the engine, which already has all parts of the world.
    pub fn engine(
        mut self,
        change: impl FnOnce(EngineBuilder<Ready>) -> EngineBuilder<Ready> + Send + 'static,
    ) -> Self {
        self.changes.push(Box::new(change));
        self
    }

    /// Opens the engine, adds the tenant with its account, puts the policy and registers what was
    /// asked for.
    pub async fn open(self) -> World {
        expected("the world opens", self.try_open().await)
    }

    /// As [`open`](Self::open), for a test that expects the engine not to open.
    ///
    /// # Errors
    ///
    /// As [`EngineBuilder::open`].
    pub async fn try_open(self) -> Result<World, Error> {
        let (is_new, registered) = (self.joined.is_none(), self.registered);
        let directory = self.joined.unwrap_or_else(|| {
            // The least cost of hashing: a test resets many passwords.
            MemoryDirectory::new().with_clock(self.clock.clone())
        });
        let mut engine = Engine::builder()
            .keys(self.keys)
            .store(layered(Arc::clone(&self.store), self.stores))
            .directory(layered::<dyn Directory>(Arc::new(directory.clone()), self.directories))
            .sessions(layered::<dyn Sessions>(Arc::new(directory.clone()), self.sessions))
            .delivery(layered::<dyn Delivery>(Arc::new(self.inbox.clone()), self.deliveries))
            .clock(self.clock.clone())
            .entropy(SeededEntropy::new(self.seed));
        if self.abilities {
            engine = engine
                .seal(TestSeal)
                .slow_hash(self.hash.clone())
                .external_method(self.passkey.clone())
                .external_method(self.push.clone())
                .external_method(SimulatedMethod::new(MethodKind::HostVerified));
        }
        engine = self.changes.into_iter().fold(engine, |engine, change| change(engine));
        let world = World {
            engine: engine.open().await?,
            clock: self.clock,
            directory,
            inbox: self.inbox,
            store: self.store,
            tenant: World::tenant(),
            user: World::user(),
            name: expected("a name", Identifier::parse(World::NAME)),
            root: World::root(),
            passkey: self.passkey,
            push: self.push,
            hash: self.hash,
        };
        if is_new {
            world.populate(self.facts, self.settings).await?;
        }
        if registered {
            world.register_contacts().await;
        }
        Ok(world)
    }
}

impl World {
    /// Adds the tenant, the account and the policy.
    async fn populate(
        &self,
        facts: UserFacts,
        settings: Option<PolicySettings>,
    ) -> Result<(), Error> {
        self.directory.add_tenant(self.tenant.clone(), TenantFacts::new("Contoso"));
        let added = self.directory.add_user(&self.tenant, facts, &[Self::NAME], Self::PASSWORD);
        expected("a new user", added);
        if settings.is_some() || self.admin().policy().await?.is_none() {
            let policy = Policy::new(settings.unwrap_or_else(defaults));
            let policy = expected("a sound policy", policy);
            self.admin().put_policy(&policy, None).await?;
        }
        Ok(())
    }
}

/// The default policy for every user. The default scope is none, under which no reset is possible.
fn defaults() -> PolicySettings {
    PolicySettings { scope: Scope::All, ..PolicySettings::default() }
}

fn layered<P: ?Sized>(port: Arc<P>, layers: Vec<Layer<P>>) -> Arc<P> {
    layers.into_iter().fold(port, |port, layer| layer(port))
}

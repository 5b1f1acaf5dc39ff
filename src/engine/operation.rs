//! What a host's own tasks call: maintenance, and the checks and counts for a change of policy or keys.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::domain::identity::ids::TenantId;
use crate::domain::policy::Policy;
use crate::domain::policy::served::Unserved;
use crate::engine::api::error::Error;
use crate::engine::api::report::MaintenanceReport;
use crate::engine::maintenance::key_use::ShortKeysInUse;
use crate::engine::maintenance::reseal::ResealPage;
use crate::engine::observe::Operation;
use crate::engine::{Engine, PageFacts, PasswordGuide, core, flow, maintenance};
use crate::port::Cursor;

impl Engine {
    /// Does the work that is due: delivers messages (notices before codes), settles interrupted
    /// writes, closes expired flows and removes expired rows. Call it from any number of processes,
    /// whenever [`on_work`](super::EngineBuilder::on_work) is called and after
    /// [`MaintenanceReport::idle_for`]; it performs at most `limit` pieces of work.
    ///
    /// A failing record stops no other. Records are worked on concurrently, and a tenant's channel
    /// that has failed three times waits for the next call. So one tenant's dead mail server delays
    /// another tenant's messages by at most one bounded call of [`Delivery`](crate::port::Delivery)
    /// for each channel. If the delivery reports that a failure is the recipient's, only messages
    /// to the same mail domain wait.
    ///
    /// Failing deliveries, with time and cause, are in the report and in [`Engine::stats`].
    ///
    /// # Errors
    ///
    /// [`Error::Fault`] if the store cannot list what is due.
    pub async fn maintain(&self, limit: usize) -> Result<MaintenanceReport, Error> {
        let core = &*self.core;
        let pass = maintenance::maintain(core, limit);
        let done = core.observer.operation(Operation::EngineMaintain, || None, pass).await?;
        core.maintained_at.store(core.clock.now().unix_millis(), Ordering::Relaxed);
        Ok(done)
    }

    /// The parts of a policy that this engine cannot serve for this tenant: kinds without a
    /// provider, a seal or a host-verified method, gates with too few kinds left, a missing human
    /// check. Empty if the engine can serve all of it. Another engine on the same store may serve
    /// more: call this on the engine that serves the tenant.
    ///
    /// [`Admin::put_policy`](crate::Admin::put_policy) refuses a policy with an item that
    /// [stops every reset](Unserved::stops_every_reset).
    ///
    /// ```
    /// # async fn run(
    /// #     engine: sspr::Engine,
    /// #     tenant: sspr::TenantId,
    /// #     policy: sspr::Policy,
    /// # ) -> Result<(), sspr::Error> {
    /// for item in engine.check(&tenant, &policy).await? {
    ///     println!("{item}"); // users.methods: authenticator_app needs a seal
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Fault`] if the delivery cannot say which channels it has.
    pub async fn check(&self, tenant: &TenantId, policy: &Policy) -> Result<Vec<Unserved>, Error> {
        let found = core::seal_check::check(&self.core, tenant, policy);
        self.core.observe(Operation::EngineCheck, tenant, found).await
    }

    /// What the pages of a tenant show before a user is known: whether the human check is on, how long a
    /// known device is remembered, the rules for a new password. It reads nothing about an account. The
    /// policy may be a few seconds old; each operation decides again.
    ///
    /// ```
    /// # async fn run(engine: sspr::Engine, tenant: sspr::TenantId) -> Result<(), sspr::Error> {
    /// let facts = engine.pages(&tenant).await?;
    /// if facts.human_check {
    ///     println!("show the human check beside the sign-in name");
    /// }
    /// println!("at least {} characters", facts.password.min_length);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Fault`] if the policy or the tenant's counter cannot be read.
    pub async fn pages(&self, tenant: &TenantId) -> Result<PageFacts, Error> {
        let core = &*self.core;
        let facts = async {
            let policy = core.policy(tenant, false).await?;
            let days = Some(u64::from(policy.known_device_days)).filter(|days| *days > 0);
            Ok(PageFacts {
                human_check: flow::is_human_check_wanted(core, tenant, &policy).await?,
                unlock_offered: policy.unlock_without_reset,
                known_device: days.map(|days| Duration::from_secs(86_400 * days)),
                password: PasswordGuide::from(&policy.password),
                help: policy.desk.help.clone(),
            })
        };
        core.observe(Operation::EnginePages, tenant, facts).await
    }

    /// Reseals the seeds of the next accounts of a tenant, at most `limit` accounts, that are not
    /// under the seal's current key ([`Seal::is_current`](crate::port::Seal::is_current)). Continue from [`ResealPage::next`]
    /// until it is `None`. Engines in any number of processes may work during the run.
    ///
    /// Each account is one commit and one `seeds_resealed` event. Nothing else about it changes: no
    /// code or flow becomes void, no time step counts again, and no notice is sent. Supplied tokens
    /// and unconfirmed enrolments are included. A seed that cannot be opened is reported, kept, and
    /// does not stop the run.
    ///
    /// Call it on an engine whose seal uses the new key. The old key may be removed once every
    /// process seals with the new key, and a run that began after that has ended for every tenant
    /// with nothing [`left`](ResealPage::left) and nothing [`unreadable`](ResealPage::unreadable).
    /// The manual has the whole [recipe](crate::manual::upgrading).
    ///
    /// ```
    /// # async fn run(engine: sspr::Engine, tenant: sspr::TenantId) -> Result<(), sspr::Error> {
    /// let mut cursor = None;
    /// loop {
    ///     let page = engine.reseal(&tenant, cursor.as_ref(), 100).await?;
    ///     println!("{} accounts, {} seeds", page.accounts, page.resealed);
    ///     let Some(next) = page.next else { break };
    ///     cursor = Some(next); // keep `as_str()` of it, to go on after a crash
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::NotOffered`](crate::Refusal::NotOffered) if the engine has no seal; [`Error::Fault`] if the store cannot list
    /// the accounts, the tenant's policy cannot be read, or, after the last page, the seal's check
    /// value could not be resealed: call again with the same cursor.
    pub async fn reseal(
        &self,
        tenant: &TenantId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<ResealPage, Error> {
        let page = maintenance::reseal::reseal(&self.core, tenant, after, limit);
        self.core.observe(Operation::EngineReseal, tenant, page).await
    }

    /// Writes the counts of replies that [`Admin::usage_counts`](crate::Admin::usage_counts) reads.
    /// [`maintain`](Self::maintain) does it every ten seconds; call this before a process ends, which
    /// would lose the counts since then.
    ///
    /// ```
    /// # async fn run(engine: sspr::Engine) -> Result<(), sspr::Error> {
    /// engine.write_counts().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Fault`] of the store: what was not written waits for the next call.
    pub async fn write_counts(&self) -> Result<(), Error> {
        let written = self.core.write_tally(self.core.clock.now());
        self.core.observer.operation(Operation::EngineWriteCounts, || None, written).await
    }

    /// Counts how the next accounts of a tenant, at most `limit`, use each short-lived key.
    /// [`add`](ShortKeysInUse::add) pages until [`next`](ShortKeysInUse::next) is `None`; then
    /// [`may_drop`](ShortKeysInUse::may_drop) tells whether an old key may be removed. Only reads.
    ///
    /// ```
    /// use sspr::Timestamp;
    ///
    /// # async fn run(engine: sspr::Engine, tenant: sspr::TenantId) -> Result<(), sspr::Error> {
    /// # let last_process_restarted = Timestamp::EPOCH;
    /// let mut used = engine.short_keys_in_use(&tenant, None, 500).await?;
    /// while let Some(cursor) = used.next.clone() {
    ///     used.add(engine.short_keys_in_use(&tenant, Some(&cursor), 500).await?);
    /// }
    /// if used.may_drop(1, last_process_restarted) {
    ///     println!("key 1 can be removed");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Fault`] if the store cannot list the accounts, or the tenant's policy cannot be
    /// read.
    pub async fn short_keys_in_use(
        &self,
        tenant: &TenantId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<ShortKeysInUse, Error> {
        let used = maintenance::key_use::short_keys_in_use(&self.core, tenant, after, limit);
        self.core.observe(Operation::EngineShortKeysInUse, tenant, used).await
    }
}

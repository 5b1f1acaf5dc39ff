//! A wrapper that injects the faults of a plan.

use async_trait::async_trait;

use super::plan::FaultPlan;
use crate::audit::Event;
use crate::facts::{SessionKinds, TenantFacts, UserFacts, UserQuery, WriteOutcome};
use crate::method::Channel;
use crate::port::{
    Commit, Committed, CounterIncrement, Cursor, Cutoff, Delivery, Directory, Envelope, EventsOf,
    ExternalMethod, Page, PasswordWrite, PortResult, Record, RecordKey, RecordKind, Seal, Store,
    UnlockWrite,
};
use crate::{MethodKind, RoleId, SecretBytes, SecretText, TenantId, Timestamp, UserId};

/// A port whose calls fail, wait or hang according to a [`FaultPlan`].
///
/// Wraps a [`Store`], a [`Directory`], a [`Delivery`], a [`Seal`] or an [`ExternalMethod`]. With an
/// empty plan it changes nothing.
#[derive(Clone, Debug)]
pub struct Faulty<P> {
    inner: P,
    plan: FaultPlan,
}

impl<P> Faulty<P> {
    /// Wraps `inner`; its calls follow `plan`.
    pub const fn new(inner: P, plan: FaultPlan) -> Self {
        Self { inner, plan }
    }

    /// The wrapped port. Calls made on it directly are neither counted nor broken.
    pub const fn inner(&self) -> &P {
        &self.inner
    }

    /// The plan.
    pub const fn plan(&self) -> &FaultPlan {
        &self.plan
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<P: Store> Store for Faulty<P> {
    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        self.plan.around("store.load", self.inner.load(key)).await
    }

    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
        self.plan.around("store.commit", self.inner.commit(commit)).await
    }

    async fn increment(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        self.plan.around("store.increment", self.inner.increment(increments)).await
    }

    async fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<RecordKey>> {
        self.plan.around("store.due", self.inner.due(now, after, limit)).await
    }

    async fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        self.plan.around("store.scan", self.inner.scan(tenant, kind, after, limit)).await
    }

    async fn events(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        self.plan.around("store.events", self.inner.events(of, after, limit)).await
    }

    async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
        self.plan.around("store.purge", self.inner.purge(cutoff, limit)).await
    }

    async fn fence(&self, closed: bool) -> PortResult<bool> {
        self.plan.around("store.fence", self.inner.fence(closed)).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<P: Directory> Directory for Faulty<P> {
    async fn tenant(&self, tenant: &TenantId) -> PortResult<Option<TenantFacts>> {
        self.plan.around("directory.tenant", self.inner.tenant(tenant)).await
    }

    async fn find(
        &self,
        tenant: &TenantId,
        query: &UserQuery<'_>,
    ) -> PortResult<Option<UserFacts>> {
        self.plan.around("directory.find", self.inner.find(tenant, query)).await
    }

    async fn users(
        &self,
        tenant: &TenantId,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        self.plan.around("directory.users", self.inner.users(tenant, after, limit)).await
    }

    async fn role_holders(
        &self,
        tenant: &TenantId,
        roles: &[RoleId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        self.plan
            .around("directory.role_holders", self.inner.role_holders(tenant, roles, after, limit))
            .await
    }

    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteOutcome> {
        self.plan.around("directory.set_password", self.inner.set_password(write)).await
    }

    async fn verify_password(
        &self,
        tenant: &TenantId,
        user: &UserId,
        password: &SecretText,
    ) -> PortResult<bool> {
        self.plan
            .around("directory.verify_password", self.inner.verify_password(tenant, user, password))
            .await
    }

    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteOutcome> {
        self.plan.around("directory.unlock", self.inner.unlock(unlock)).await
    }

    async fn revoke_sessions(
        &self,
        tenant: &TenantId,
        user: &UserId,
        authenticated_before: Timestamp,
        kinds: SessionKinds,
    ) -> PortResult<()> {
        self.plan
            .around(
                "directory.revoke_sessions",
                self.inner.revoke_sessions(tenant, user, authenticated_before, kinds),
            )
            .await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<P: Delivery> Delivery for Faulty<P> {
    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        self.plan.around("delivery.deliver", self.inner.deliver(envelope)).await
    }

    async fn channels(&self, tenant: &TenantId) -> PortResult<Vec<Channel>> {
        self.plan.around("delivery.channels", self.inner.channels(tenant)).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<P: Seal> Seal for Faulty<P> {
    async fn seal(&self, plain: &[u8], associated: &[u8]) -> PortResult<Vec<u8>> {
        self.plan.around("seal.seal", self.inner.seal(plain, associated)).await
    }

    async fn open(&self, sealed: &[u8], associated: &[u8]) -> PortResult<SecretBytes> {
        self.plan.around("seal.open", self.inner.open(sealed, associated)).await
    }

    fn is_current(&self, sealed: &[u8]) -> bool {
        self.inner.is_current(sealed)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<P: ExternalMethod> ExternalMethod for Faulty<P> {
    fn kind(&self) -> MethodKind {
        self.inner.kind()
    }

    async fn available(&self, tenant: &TenantId, user: &UserId) -> PortResult<bool> {
        self.plan.around("external.available", self.inner.available(tenant, user)).await
    }

    async fn begin(&self, tenant: &TenantId, user: &UserId, challenge: &str) -> PortResult<String> {
        self.plan.around("external.begin", self.inner.begin(tenant, user, challenge)).await
    }

    async fn verify(
        &self,
        tenant: &TenantId,
        user: &UserId,
        challenge: &str,
        response: &SecretText,
    ) -> PortResult<bool> {
        let call = self.inner.verify(tenant, user, challenge, response);
        self.plan.around("external.verify", call).await
    }
}

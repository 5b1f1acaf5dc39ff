//! A wrapper that logs every call.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::future::Future;

use async_trait::async_trait;

use super::call_log::CallLog;
use crate::audit::Event;
use crate::facts::{GroupId, SessionKinds, TenantFacts, UserFacts, UserQuery, WriteReply};
use crate::port::{
    Commit, Committed, CounterIncrement, Cursor, Cutoff, Delivery, Directory, Envelope, EventsOf,
    ExternalMethod, Page, PasswordWrite, PortResult, ProvidedChannel, Record, RecordKey,
    RecordKind, Seal, Sessions, SlowHash, Store, UnlockWrite,
};
use crate::{MethodKind, RoleId, SecretBytes, SecretText, TenantId, Timestamp, UserId};

/// A port whose calls are logged in a [`CallLog`].
///
/// Wraps a [`Store`], a [`Directory`], [`Sessions`], a [`Delivery`], a [`Seal`], a [`SlowHash`] or an
/// [`ExternalMethod`] without changing its behaviour.
#[derive(Clone, Debug)]
pub struct Recorder<P> {
    inner: P,
    log: CallLog,
}

impl<P> Recorder<P> {
    /// Wraps `inner` and logs its calls in `log`.
    pub const fn new(inner: P, log: CallLog) -> Self {
        Self { inner, log }
    }

    /// The wrapped port.
    pub const fn inner(&self) -> &P {
        &self.inner
    }

    /// The log.
    pub const fn log(&self) -> &CallLog {
        &self.log
    }

    async fn note<T>(
        &self,
        name: &'static str,
        items: Option<usize>,
        arguments: &[&(dyn Debug + Sync)],
        call: impl Future<Output = PortResult<T>>,
        describe: impl FnOnce(&T) -> String,
    ) -> PortResult<T> {
        let index = self.log.begin(name, items, arguments);
        let result = call.await;
        let outcome = match &result {
            Ok(value) => describe(value),
            Err(error) => format!("{:?}", error.kind()).to_lowercase(),
        };
        self.log.end(index, outcome);
        result
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<P: Store> Store for Recorder<P> {
    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        let call = self.inner.load(key);
        self.note("store.load", None, &[key], call, presence).await
    }

    async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
        let call = self.inner.commit(commit);
        self.note("store.commit", Some(commit.events.len()), &[&commit], call, shown).await
    }

    async fn increment(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        let call = self.inner.increment(increments);
        self.note("store.increment", Some(increments.len()), &[&increments], call, shown).await
    }

    async fn due(
        &self,
        now: Timestamp,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<RecordKey>> {
        let call = self.inner.due(now, after, limit);
        self.note("store.due", None, &[&now, &after, &limit], call, |page| length(&page.items))
            .await
    }

    async fn scan(
        &self,
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Record>> {
        let call = self.inner.scan(tenant, kind, after, limit);
        self.note("store.scan", None, &[tenant, &kind, &after, &limit], call, |page| {
            length(&page.items)
        })
        .await
    }

    async fn events(
        &self,
        of: EventsOf<'_>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<Event>> {
        let call = self.inner.events(of, after, limit);
        self.note("store.events", None, &[&of, &after, &limit], call, |page| length(&page.items))
            .await
    }

    async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
        let call = self.inner.purge(cutoff, limit);
        self.note("store.purge", None, &[&cutoff, &limit], call, shown).await
    }

    async fn fence(&self, closed: bool) -> PortResult<bool> {
        let call = self.inner.fence(closed);
        self.note("store.fence", None, &[&closed], call, shown).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<P: Directory> Directory for Recorder<P> {
    async fn tenant(&self, tenant: &TenantId) -> PortResult<Option<TenantFacts>> {
        let call = self.inner.tenant(tenant);
        self.note("directory.tenant", None, &[tenant], call, presence).await
    }

    async fn find(&self, tenant: &TenantId, query: &UserQuery<'_>) -> PortResult<Vec<UserFacts>> {
        let call = self.inner.find(tenant, query);
        self.note("directory.find", None, &[tenant, query], call, |found| length(found)).await
    }

    async fn users(
        &self,
        tenant: &TenantId,
        groups: &BTreeSet<GroupId>,
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        let call = self.inner.users(tenant, groups, after, limit);
        self.note("directory.users", None, &[tenant, groups, &after, &limit], call, |page| {
            length(&page.items)
        })
        .await
    }

    async fn role_holders(
        &self,
        tenant: &TenantId,
        roles: &[RoleId],
        after: Option<&Cursor>,
        limit: usize,
    ) -> PortResult<Page<UserFacts>> {
        let call = self.inner.role_holders(tenant, roles, after, limit);
        self.note("directory.role_holders", None, &[tenant, &roles, &after, &limit], call, |page| {
            length(&page.items)
        })
        .await
    }

    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteReply> {
        let call = self.inner.set_password(write);
        self.note("directory.set_password", None, &[write], call, shown).await
    }

    async fn verify_password(
        &self,
        tenant: &TenantId,
        user: &UserId,
        password: &SecretText,
    ) -> PortResult<bool> {
        let call = self.inner.verify_password(tenant, user, password);
        self.note("directory.verify_password", None, &[tenant, user], call, shown).await
    }

    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteReply> {
        let call = self.inner.unlock(unlock);
        self.note("directory.unlock", None, &[unlock], call, shown).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<P: Sessions> Sessions for Recorder<P> {
    async fn revoke(
        &self,
        tenant: &TenantId,
        user: &UserId,
        authenticated_before: Timestamp,
        kinds: SessionKinds,
    ) -> PortResult<()> {
        let call = self.inner.revoke(tenant, user, authenticated_before, kinds);
        self.note(
            "sessions.revoke",
            None,
            &[tenant, user, &authenticated_before, &kinds],
            call,
            done,
        )
        .await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<P: Delivery> Delivery for Recorder<P> {
    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        let call = self.inner.deliver(envelope);
        self.note("delivery.deliver", None, &[envelope], call, done).await
    }

    async fn channels(&self, tenant: &TenantId) -> PortResult<Vec<ProvidedChannel>> {
        let call = self.inner.channels(tenant);
        self.note("delivery.channels", None, &[tenant], call, |channels| length(channels)).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<P: Seal> Seal for Recorder<P> {
    async fn seal(&self, plain: &[u8], associated: &[u8]) -> PortResult<Vec<u8>> {
        let call = self.inner.seal(plain, associated);
        self.note("seal.seal", None, &[&associated], call, |_| "ok".to_owned()).await
    }

    async fn open(&self, sealed: &[u8], associated: &[u8]) -> PortResult<SecretBytes> {
        let call = self.inner.open(sealed, associated);
        self.note("seal.open", None, &[&associated], call, |_| "ok".to_owned()).await
    }

    fn is_current(&self, sealed: &[u8]) -> bool {
        self.inner.is_current(sealed)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<P: SlowHash> SlowHash for Recorder<P> {
    async fn hash(&self, secret: &SecretText) -> PortResult<String> {
        let call = self.inner.hash(secret);
        self.note("slow_hash.hash", None, &[], call, |_| "ok".to_owned()).await
    }

    async fn verify(&self, secret: &SecretText, hash: &str) -> PortResult<bool> {
        let call = self.inner.verify(secret, hash);
        self.note("slow_hash.verify", None, &[], call, shown).await
    }

    fn is_current(&self, hash: &str) -> bool {
        self.inner.is_current(hash)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<P: ExternalMethod> ExternalMethod for Recorder<P> {
    fn kind(&self) -> MethodKind {
        self.inner.kind()
    }

    async fn available(&self, tenant: &TenantId, user: &UserId) -> PortResult<bool> {
        let call = self.inner.available(tenant, user);
        self.note("external.available", None, &[tenant, user], call, shown).await
    }

    async fn begin(&self, tenant: &TenantId, user: &UserId, challenge: &str) -> PortResult<String> {
        let call = self.inner.begin(tenant, user, challenge);
        self.note("external.begin", None, &[tenant, user], call, |_| "ok".to_owned()).await
    }

    async fn verify(
        &self,
        tenant: &TenantId,
        user: &UserId,
        challenge: &str,
        response: &SecretText,
    ) -> PortResult<bool> {
        let call = self.inner.verify(tenant, user, challenge, response);
        self.note("external.verify", None, &[tenant, user], call, shown).await
    }
}

fn presence<T>(value: &Option<T>) -> String {
    if value.is_some() { "some" } else { "none" }.to_owned()
}

fn length<T>(items: &[T]) -> String {
    items.len().to_string()
}

fn shown(value: &impl Debug) -> String {
    format!("{value:?}").to_lowercase()
}

fn done(_value: &()) -> String {
    "ok".to_owned()
}

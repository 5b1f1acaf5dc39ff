//! Wrappers that count and trace each call of a port.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use crate::domain::crypto::secret::{SecretBytes, SecretText};
use crate::domain::event::Event;
use crate::domain::identity::contact::Destination;
use crate::domain::identity::facts::{TenantFacts, UserFacts, UserQuery};
use crate::domain::identity::ids::{GroupId, RecordKey, RoleId, TenantId, UserId};
use crate::domain::identity::writes::{SessionKinds, WriteReply};
use crate::domain::method::{Channel, MethodKind};
use crate::domain::record::{Record, RecordKind};
use crate::domain::time::Timestamp;
use crate::engine::observe::Observer;
use crate::engine::observe::names::PortCall;
use crate::port::{
    BreachList, Commit, Committed, CounterIncrement, Cursor, Cutoff, Delivery, Directory, Envelope,
    EventsOf, ExternalMethod, HumanCheck, Page, PasswordWrite, PortResult, ProvidedChannel,
    RiskSignal, RiskSignals, Seal, Sessions, SlowHash, Store, UnlockWrite,
};

/// A port whose calls are counted and traced. It forwards those methods that the engine calls.
pub(crate) struct Observed<P: ?Sized> {
    port: Arc<P>,
    observer: Arc<Observer>,
}

impl<P: ?Sized> Observed<P> {
    pub(crate) const fn new(port: Arc<P>, observer: Arc<Observer>) -> Self {
        Self { port, observer }
    }
}

/// Declares forwarding methods, each with the [`PortCall`] that counts it.
macro_rules! observed {
    ($port:ident: $($call:ident = $method:ident($($arg:ident: $type:ty),*) -> $result:ty;)+) => {
        impl Observed<dyn $port> {
            $(
                pub(crate) async fn $method(&self, $($arg: $type),*) -> PortResult<$result> {
                    let call = self.port.$method($($arg),*);
                    self.observer.port_call(PortCall::$call, None, None, call).await
                }
            )+
        }
    };
}

/// The calls of every step. They give their future away as it is: an async function would copy it
/// into a future of its own.
impl Observed<dyn Store> {
    pub(crate) fn load<'call>(
        &'call self,
        key: &'call RecordKey,
    ) -> impl Future<Output = PortResult<Option<Record>>> + Send + 'call {
        let call = self.port.load(key);
        self.observer.port_call(PortCall::StoreLoad, Some(key), None, call)
    }

    pub(crate) fn commit<'call>(
        &'call self,
        commit: Commit<'call>,
    ) -> impl Future<Output = PortResult<Committed>> + Send + 'call {
        let key = commit.next.key();
        let call = self.port.commit(commit);
        self.observer.port_call(PortCall::StoreCommit, Some(key), None, call)
    }
}

observed! { Store:
    StoreIncrement = increment(increments: &[CounterIncrement]) -> Vec<u64>;
    StoreDue = due(now: Timestamp, after: Option<&Cursor>, limit: usize) -> Page<RecordKey>;
    StoreScan = scan(
        tenant: &TenantId,
        kind: RecordKind,
        after: Option<&Cursor>,
        limit: usize
    ) -> Page<Record>;
    StoreEvents = events(of: EventsOf<'_>, after: Option<&Cursor>, limit: usize) -> Page<Event>;
    StorePurge = purge(cutoff: Cutoff, limit: usize) -> u64;
}

observed! { Directory:
    DirectoryTenant = tenant(tenant: &TenantId) -> Option<TenantFacts>;
    DirectoryFind = find(tenant: &TenantId, query: &UserQuery<'_>) -> Vec<UserFacts>;
    DirectoryUsers = users(
        tenant: &TenantId,
        groups: &BTreeSet<GroupId>,
        after: Option<&Cursor>,
        limit: usize
    ) -> Page<UserFacts>;
    DirectoryRoleHolders = role_holders(
        tenant: &TenantId,
        roles: &[RoleId],
        after: Option<&Cursor>,
        limit: usize
    ) -> Page<UserFacts>;
    DirectorySetPassword = set_password(write: &PasswordWrite<'_>) -> WriteReply;
    DirectoryVerifyPassword = verify_password(
        tenant: &TenantId,
        user: &UserId,
        password: &SecretText
    ) -> bool;
    DirectoryUnlock = unlock(unlock: &UnlockWrite<'_>) -> WriteReply;
}

observed! { Sessions:
    SessionsRevoke = revoke(
        tenant: &TenantId,
        user: &UserId,
        before: Timestamp,
        kinds: SessionKinds
    ) -> ();
}

observed! { Delivery:
    DeliveryChannels = channels(tenant: &TenantId) -> Vec<ProvidedChannel>;
}

impl Observed<dyn Delivery> {
    pub(crate) async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        let (channel, call) = (Some(envelope.channel), self.port.deliver(envelope));
        self.observer.port_call(PortCall::DeliveryDeliver, None, channel, call).await
    }
}

observed! { BreachList: BreachListContains = contains(password: &SecretText) -> bool; }

observed! { RiskSignals:
    RiskSignalsBeforeSend = before_send(
        tenant: &TenantId,
        channel: Channel,
        destination: &Destination
    ) -> RiskSignal;
}

observed! { HumanCheck:
    HumanCheckPassed = passed(tenant: &TenantId, response: &SecretText) -> bool;
}

observed! { Seal:
    SealSeal = seal(plain: &[u8], associated: &[u8]) -> Vec<u8>;
    SealOpen = open(sealed: &[u8], associated: &[u8]) -> SecretBytes;
}

impl Observed<dyn Seal> {
    pub(crate) fn is_current(&self, sealed: &[u8]) -> bool {
        self.port.is_current(sealed)
    }
}

observed! { SlowHash:
    SlowHashHash = hash(secret: &SecretText) -> String;
    SlowHashVerify = verify(secret: &SecretText, hash: &str) -> bool;
}

impl Observed<dyn SlowHash> {
    pub(crate) fn is_current(&self, hash: &str) -> bool {
        self.port.is_current(hash)
    }
}

observed! { ExternalMethod:
    ExternalMethodAvailable = available(tenant: &TenantId, user: &UserId) -> bool;
    ExternalMethodBegin = begin(tenant: &TenantId, user: &UserId, challenge: &str) -> String;
    ExternalMethodVerify = verify(
        tenant: &TenantId,
        user: &UserId,
        challenge: &str,
        response: &SecretText
    ) -> bool;
}

impl Observed<dyn ExternalMethod> {
    pub(crate) fn kind(&self) -> MethodKind {
        self.port.kind()
    }
}

//! Forwarding of a wrapper's calls to the port inside it.

use std::future::Future;
use std::pin::Pin;

use crate::port::PortResult;

/// What an asynchronous method of a port returns.
#[doc(hidden)]
pub type PortFuture<'call, T> = Pin<Box<dyn Future<Output = PortResult<T>> + Send + 'call>>;

/// Writes the methods that a wrapper of a port forwards unchanged, so that the wrapper contains only
/// those that it changes.
///
/// It stands in an `impl` of [`Store`](crate::port::Store), [`Directory`](crate::port::Directory),
/// [`Sessions`](crate::port::Sessions), [`Delivery`](crate::port::Delivery), [`Seal`](crate::port::Seal) or
/// [`ExternalMethod`](crate::port::ExternalMethod), and names the field and the methods:
///
/// ```
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use sspr::adapters::memory::MemoryStore;
/// use sspr::port::{PortResult, Record, RecordKey, Store, async_trait};
/// use sspr::testing::{World, block_on, forward};
///
/// /// Counts the loads of a store.
/// #[derive(Default)]
/// struct Counted {
///     inner: MemoryStore,
///     loads: AtomicUsize,
/// }
///
/// #[async_trait]
/// impl Store for Counted {
///     forward!(self.inner => commit, increment, due, scan, events, purge, fence);
///
///     async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
///         self.loads.fetch_add(1, Ordering::Relaxed);
///         self.inner.load(key).await
///     }
/// }
///
/// let store = std::sync::Arc::new(Counted::default());
/// block_on(World::builder().store(store.clone()).open());
/// assert!(store.loads.load(Ordering::Relaxed) > 0);
/// ```
///
/// A wrapper that does the same at each method says what, as a closure of the method's name and of
/// the future of the forwarded call:
///
/// ```
/// use sspr::adapters::memory::MemoryInbox;
/// use sspr::port::{Delivery, PortError, async_trait};
/// use sspr::testing::forward;
///
/// /// A delivery that never answers in time.
/// struct Late(MemoryInbox);
///
/// #[async_trait]
/// impl Delivery for Late {
///     forward!(self.0, |name, call| {
///         call.await?;
///         Err(PortError::unknown().because(format!("{name}: no answer in time")))
///     } => deliver, channels);
/// }
/// ```
///
/// The names are `store.load`, `directory.find` and the like, as in a
/// [`FaultPlan`](super::FaultPlan).
#[doc(hidden)]
#[macro_export]
macro_rules! __forward_port {
    // The methods, with the lifetimes of their arguments.
    (@load $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "store.load" load ['a]
            (key: &'a $crate::port::RecordKey) -> Option<$crate::port::Record>);
    };
    (@commit $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "store.commit" commit ['a]
            (commit: $crate::port::Commit<'a>) -> $crate::port::Committed);
    };
    (@increment $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "store.increment" increment ['a]
            (increments: &'a [$crate::port::CounterIncrement]) -> Vec<u64>);
    };
    (@due $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "store.due" due ['a]
            (now: $crate::Timestamp, after: Option<&'a $crate::port::Cursor>, limit: usize)
            -> $crate::port::Page<$crate::port::RecordKey>);
    };
    (@scan $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "store.scan" scan ['a 'b]
            (tenant: &'a $crate::TenantId, kind: $crate::port::RecordKind,
                after: Option<&'b $crate::port::Cursor>, limit: usize)
            -> $crate::port::Page<$crate::port::Record>);
    };
    (@events $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "store.events" events ['a 'b]
            (of: $crate::port::EventsOf<'a>, after: Option<&'b $crate::port::Cursor>, limit: usize)
            -> $crate::port::Page<$crate::audit::Event>);
    };
    (@purge $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "store.purge" purge []
            (cutoff: $crate::port::Cutoff, limit: usize) -> u64);
    };
    (@fence $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "store.fence" fence [] (closed: bool) -> bool);
    };
    (@tenant $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "directory.tenant" tenant ['a]
            (tenant: &'a $crate::TenantId) -> Option<$crate::facts::TenantFacts>);
    };
    (@find $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "directory.find" find ['a 'b 'c]
            (tenant: &'a $crate::TenantId, query: &'b $crate::facts::UserQuery<'c>)
            -> Vec<$crate::facts::UserFacts>);
    };
    (@users $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "directory.users" users ['a 'b 'c]
            (tenant: &'a $crate::TenantId,
                groups: &'b std::collections::BTreeSet<$crate::facts::GroupId>,
                after: Option<&'c $crate::port::Cursor>, limit: usize)
            -> $crate::port::Page<$crate::facts::UserFacts>);
    };
    (@role_holders $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "directory.role_holders" role_holders ['a 'b 'c]
            (tenant: &'a $crate::TenantId, roles: &'b [$crate::RoleId],
                after: Option<&'c $crate::port::Cursor>, limit: usize)
            -> $crate::port::Page<$crate::facts::UserFacts>);
    };
    (@set_password $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "directory.set_password" set_password ['a 'b]
            (write: &'a $crate::port::PasswordWrite<'b>) -> $crate::facts::WriteReply);
    };
    (@verify_password $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "directory.verify_password"
            verify_password ['a 'b 'c]
            (tenant: &'a $crate::TenantId, user: &'b $crate::UserId,
                password: &'c $crate::SecretText)
            -> bool);
    };
    (@unlock $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "directory.unlock" unlock ['a 'b]
            (unlock: &'a $crate::port::UnlockWrite<'b>) -> $crate::facts::WriteReply);
    };
    (@revoke $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "sessions.revoke" revoke ['a 'b]
            (tenant: &'a $crate::TenantId, user: &'b $crate::UserId,
                authenticated_before: $crate::Timestamp, kinds: $crate::facts::SessionKinds)
            -> ());
    };
    (@deliver $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "delivery.deliver" deliver ['a]
            (envelope: &'a $crate::port::Envelope) -> ());
    };
    (@channels $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "delivery.channels" channels ['a]
            (tenant: &'a $crate::TenantId) -> Vec<$crate::port::ProvidedChannel>);
    };
    (@seal $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "seal.seal" seal ['a 'b]
            (plain: &'a [u8], associated: &'b [u8]) -> Vec<u8>);
    };
    (@open $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "seal.open" open ['a 'b]
            (sealed: &'a [u8], associated: &'b [u8]) -> $crate::SecretBytes);
    };
    (@available $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "external.available" available ['a 'b]
            (tenant: &'a $crate::TenantId, user: &'b $crate::UserId) -> bool);
    };
    (@begin $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "external.begin" begin ['a 'b 'c]
            (tenant: &'a $crate::TenantId, user: &'b $crate::UserId, challenge: &'c str)
            -> String);
    };
    (@verify $($to:tt)*) => {
        $crate::testing::forward!(@method $($to)* "external.verify" verify ['a 'b 'c 'd]
            (tenant: &'a $crate::TenantId, user: &'b $crate::UserId, challenge: &'c str,
                response: &'d $crate::SecretText)
            -> bool);
    };
    // One method, with the signature that `async_trait` gives it.
    (@method $self:ident $inner:tt $around:tt $name:literal $method:ident [$($life:lifetime)*]
        ($($argument:ident: $type:ty),*) -> $output:ty) => {
        fn $method<'wrapper, $($life,)* 'call>(
            &'wrapper $self,
            $($argument: $type),*
        ) -> $crate::testing::PortFuture<'call, $output>
        where
            'wrapper: 'call,
            $($life: 'call,)*
            Self: 'call,
        {
            $crate::testing::forward!(@body $around $name, $inner.$method($($argument),*))
        }
    };
    (@body () $_name:literal, $call:expr) => { $call };
    (@body (|$name:ident, $future:ident| $body:expr) $literal:literal, $call:expr) => {
        Box::pin(async move {
            let $name = $literal;
            let $future = $call;
            $body
        })
    };
    ($self:ident.$($field:tt).+ => $($method:ident),+ $(,)?) => {
        $crate::testing::forward!(@each $self ($self.$($field).+) () $($method)+);
    };
    ($self:ident.$($field:tt).+, |$name:ident, $future:ident| $body:expr
        => $($method:ident),+ $(,)?) => {
        $crate::testing::forward!(
            @each $self ($self.$($field).+) (|$name, $future| $body) $($method)+
        );
    };
    (@each $self:ident $inner:tt $around:tt) => {};
    (@each $self:ident $inner:tt $around:tt $method:ident $($rest:ident)*) => {
        $crate::testing::forward!(@$method $self $inner $around);
        $crate::testing::forward!(@each $self $inner $around $($rest)*);
    };
}

#[doc(inline)]
pub use crate::__forward_port as forward;

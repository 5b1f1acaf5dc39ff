//! A wrapper that injects the faults of a plan.

use async_trait::async_trait;

use super::plan::FaultPlan;
use crate::port::{
    Delivery, Directory, ExternalMethod, PortResult, Seal, Sessions, SlowHash, Store,
};
use crate::testing::forward;
use crate::{MethodKind, SecretText};

/// A port whose calls fail, wait or hang according to a [`FaultPlan`].
///
/// Wraps a [`Store`], a [`Directory`], [`Sessions`], a [`Delivery`], a [`Seal`], a [`SlowHash`] or an
/// [`ExternalMethod`]. With an empty plan it changes nothing.
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

#[deny(clippy::missing_trait_methods)]
impl<P: Store> Store for Faulty<P> {
    forward!(self.inner, |name, call| self.plan.around(name, call).await
        => load, commit, increment, due, scan, events, purge, fence);
}

#[deny(clippy::missing_trait_methods)]
impl<P: Directory> Directory for Faulty<P> {
    forward!(self.inner, |name, call| self.plan.around(name, call).await
        => tenant, find, users, role_holders, set_password, verify_password, unlock);
}

#[deny(clippy::missing_trait_methods)]
impl<P: Sessions> Sessions for Faulty<P> {
    forward!(self.inner, |name, call| self.plan.around(name, call).await => revoke);
}

#[deny(clippy::missing_trait_methods)]
impl<P: Delivery> Delivery for Faulty<P> {
    forward!(self.inner, |name, call| self.plan.around(name, call).await
        => deliver, channels);
}

#[deny(clippy::missing_trait_methods)]
impl<P: Seal> Seal for Faulty<P> {
    forward!(self.inner, |name, call| self.plan.around(name, call).await
        => seal, open);

    fn is_current(&self, sealed: &[u8]) -> bool {
        self.inner.is_current(sealed)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<P: SlowHash> SlowHash for Faulty<P> {
    async fn hash(&self, secret: &SecretText) -> PortResult<String> {
        self.plan.around("slow_hash.hash", self.inner.hash(secret)).await
    }

    async fn verify(&self, secret: &SecretText, hash: &str) -> PortResult<bool> {
        self.plan.around("slow_hash.verify", self.inner.verify(secret, hash)).await
    }

    fn is_current(&self, hash: &str) -> bool {
        self.inner.is_current(hash)
    }
}

#[deny(clippy::missing_trait_methods)]
impl<P: ExternalMethod> ExternalMethod for Faulty<P> {
    forward!(self.inner, |name, call| self.plan.around(name, call).await
        => available, begin, verify);

    fn kind(&self) -> MethodKind {
        self.inner.kind()
    }
}

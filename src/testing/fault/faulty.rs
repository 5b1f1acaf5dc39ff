//! A wrapper that injects the faults of a plan.

use super::plan::FaultPlan;
use crate::MethodKind;
use crate::port::{Delivery, Directory, ExternalMethod, Seal, Sessions, Store};
use crate::testing::forward;

/// A port whose calls fail, wait or hang according to a [`FaultPlan`].
///
/// Wraps a [`Store`], a [`Directory`], [`Sessions`], a [`Delivery`], a [`Seal`] or an [`ExternalMethod`]. With an
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

#[deny(clippy::missing_trait_methods)]
impl<P: ExternalMethod> ExternalMethod for Faulty<P> {
    forward!(self.inner, |name, call| self.plan.around(name, call).await
        => available, begin, verify);

    fn kind(&self) -> MethodKind {
        self.inner.kind()
    }
}

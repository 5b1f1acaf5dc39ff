//! Fixtures of the optional ports.

use std::sync::Arc;

use async_trait::async_trait;

use crate::conformance::Ability;
use crate::facts::Destination;
use crate::port::{BreachList, ExternalMethod, HumanCheck, PortResult, RiskSignals};
use crate::{SecretText, TenantId, UserId};

/// A host-verified method, whose users and devices the kit plays.
#[async_trait]
pub trait ExternalMethodUnderTest: Send + Sync {
    /// The method.
    fn method(&self) -> Arc<dyn ExternalMethod>;

    /// Gives the method to a user, with a device of its own.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn register(&self, tenant: &TenantId, user: &UserId) -> PortResult<()>;

    /// What the user's device responds if the user approves this challenge, for which `begin` has
    /// returned this page data.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn respond(
        &self,
        tenant: &TenantId,
        user: &UserId,
        challenge: &str,
        page: &str,
    ) -> PortResult<SecretText>;

    /// How many prompts have reached the user's device, if it is prompted at all.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn prompts(&self, _tenant: &TenantId, _user: &UserId) -> PortResult<Option<usize>> {
        Ok(None)
    }

    /// Makes the system behind the method unreachable, or reachable again.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn cut_off(&self, _off: bool) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness cannot cut the method off"))
    }
}

/// A list of breached passwords, with some of its entries.
#[async_trait]
pub trait BreachListUnderTest: Send + Sync {
    /// The list.
    fn list(&self) -> Arc<dyn BreachList>;

    /// Some passwords that are on it.
    fn listed(&self) -> Vec<String>;

    /// Makes the list unreachable, or reachable again.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn cut_off(&self, _off: bool) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness cannot cut the list off"))
    }
}

/// A check for humans, and a human who passes it.
#[async_trait]
pub trait HumanCheckUnderTest: Send + Sync {
    /// The check.
    fn check(&self) -> Arc<dyn HumanCheck>;

    /// A right answer that was not used yet.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn solve(&self, tenant: &TenantId) -> PortResult<SecretText>;

    /// Makes the service behind the check unreachable, or reachable again.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn cut_off(&self, _off: bool) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness cannot cut the check off"))
    }
}

/// Risk signals, with numbers that are a risk.
#[async_trait]
pub trait RiskSignalsUnderTest: Send + Sync {
    /// The signals.
    fn signals(&self) -> Arc<dyn RiskSignals>;

    /// Makes this destination a known risk.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn flag(&self, _destination: &Destination) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness cannot make a number a risk"))
    }

    /// Makes the service behind the signals unreachable, or reachable again.
    ///
    /// # Errors
    ///
    /// Any error fails the property.
    async fn cut_off(&self, _off: bool) -> PortResult<Ability> {
        Ok(Ability::Lacks("the harness cannot cut the signals off"))
    }
}

//! The contracts of the other ports: directory, sessions, delivery, clock, entropy, slow hash, seal, host-verified
//! method, breach list, human check, risk signals.
//!
//! A [`PortHarness`] makes the port under test; each property makes one of its own.

mod abilities_under_test;
mod checks;
mod clock;
mod delivery;
mod directory;
mod directory_effects;
mod directory_facts;
mod directory_writes;
mod entropy;
mod external;
mod list;
mod seal;
mod sessions;
mod slow_hash;
mod under_test;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::kit::PropertyResult;
use super::property::{ConformanceReport, Outcome, Violation, caught};
use crate::port::{Clock, Entropy, Seal, SlowHash};
use crate::testing::block_on;

pub use abilities_under_test::{
    BreachListUnderTest, ExternalMethodUnderTest, HumanCheckUnderTest, RiskSignalsUnderTest,
};
pub use under_test::{DeliveryUnderTest, DirectoryFact, DirectoryUnderTest, SessionsUnderTest};

/// Makes the port under test: `dyn Seal`, `dyn SlowHash`, `dyn Clock`, `dyn Entropy`, or a fixture
/// with another port: [`dyn DirectoryUnderTest`](DirectoryUnderTest),
/// [`dyn SessionsUnderTest`](SessionsUnderTest),
/// [`dyn DeliveryUnderTest`](DeliveryUnderTest),
/// [`dyn ExternalMethodUnderTest`](ExternalMethodUnderTest),
/// [`dyn BreachListUnderTest`](BreachListUnderTest),
/// [`dyn HumanCheckUnderTest`](HumanCheckUnderTest) and
/// [`dyn RiskSignalsUnderTest`](RiskSignalsUnderTest).
///
/// A function that returns such a port is a harness. Implement the trait for a port that needs a
/// runtime.
pub trait PortHarness<P: ?Sized>: Send + Sync {
    /// A fresh instance. Two of them are like those of two engines of one host: the same keys and
    /// settings, nothing shared in memory.
    fn make(&self) -> Arc<P>;

    /// Runs work to its end. The default parks the thread and needs no runtime.
    fn drive(&self, work: Pin<Box<dyn Future<Output = ()> + Send + '_>>) {
        block_on(work);
    }
}

/// A port, other than the store, that has a contract here.
pub trait PortKind: 'static {
    /// The name of the port, as in [`conformance_tests!`](crate::conformance_tests).
    const NAME: &'static str;

    /// One property per sentence of the contract.
    const PROPERTIES: &'static [PortProperty<Self>];
}

/// One sentence of a port's contract, as a check that can be run.
#[non_exhaustive]
pub struct PortProperty<P: ?Sized + 'static> {
    /// The name, also of the generated test.
    pub name: &'static str,
    /// The sentence of the contract, word for word.
    pub sentence: &'static str,
    /// What a port that breaks it lets an attacker do, or costs the owner.
    pub risk: &'static str,
    check: Check<P>,
}

type Check<P> =
    for<'a> fn(&'a dyn PortHarness<P>) -> Pin<Box<dyn Future<Output = PropertyResult> + Send + 'a>>;

impl<P: ?Sized> PortProperty<P> {
    /// Runs the property.
    ///
    /// # Errors
    ///
    /// The [`Violation`] that was observed; a panic and an unjustified error are violations too.
    pub fn run(&self, harness: &dyn PortHarness<P>) -> Result<Outcome, Violation> {
        let verdict = caught(|| {
            let mut verdict = None;
            harness.drive(Box::pin(async { verdict = Some((self.check)(harness).await) }));
            verdict
        });
        verdict.map_err(|seen| Violation {
            property: self.name,
            sentence: self.sentence,
            seen,
            risk: self.risk,
            cause: None,
        })
    }
}

/// Runs every property of a port and reports, without stopping at the first violation.
///
/// ```
/// use sspr::conformance::check_port;
/// use sspr::port::{Entropy, SystemEntropy};
///
/// let report = check_port::<dyn Entropy>(|| SystemEntropy);
/// assert!(report.violations.is_empty(), "{report}");
/// ```
#[must_use]
pub fn check_port<P: PortKind + ?Sized>(harness: impl PortHarness<P>) -> ConformanceReport {
    let mut report = ConformanceReport::default();
    for property in P::PROPERTIES {
        report.add(property.name, property.run(&harness));
    }
    report
}

/// Runs the property of this name; called by the tests of
/// [`conformance_tests!`](crate::conformance_tests).
///
/// # Panics
///
/// If the property is violated, or if the port has none of this name.
pub fn assert_port_property<P: PortKind + ?Sized>(name: &str, harness: impl PortHarness<P>) {
    let found = P::PROPERTIES.iter().find(|property| property.name == name);
    let property =
        found.unwrap_or_else(|| panic!("the port {} has no property named {name}", P::NAME));
    super::settle_test(name, property.run(&harness));
}

macro_rules! ports {
    ($($port:ident => $subject:path, $list:ident;)+) => {$(
        impl PortKind for dyn $subject {
            const NAME: &'static str = stringify!($port);
            const PROPERTIES: &'static [PortProperty<Self>] = $list;
        }

        impl<F, T> PortHarness<dyn $subject> for F
        where
            F: Fn() -> T + Send + Sync,
            T: $subject + 'static,
        {
            fn make(&self) -> Arc<dyn $subject> {
                Arc::new(self())
            }
        }
    )+};
}

ports! {
    clock => Clock, CLOCK;
    entropy => Entropy, ENTROPY;
    seal => Seal, SEAL;
    slow_hash => SlowHash, SLOW_HASH;
    delivery => DeliveryUnderTest, DELIVERY;
    directory => DirectoryUnderTest, DIRECTORY;
    sessions => SessionsUnderTest, SESSIONS;
    external_method => ExternalMethodUnderTest, EXTERNAL_METHOD;
    breach_list => BreachListUnderTest, BREACH_LIST;
    human_check => HumanCheckUnderTest, HUMAN_CHECK;
    risk_signals => RiskSignalsUnderTest, RISK_SIGNALS;
}

crate::__sspr_port_properties!(clock registry CLOCK);
crate::__sspr_port_properties!(entropy registry ENTROPY);
crate::__sspr_port_properties!(seal registry SEAL);
crate::__sspr_port_properties!(slow_hash registry SLOW_HASH);
crate::__sspr_port_properties!(delivery registry DELIVERY);
crate::__sspr_port_properties!(directory registry DIRECTORY);
crate::__sspr_port_properties!(sessions registry SESSIONS);
crate::__sspr_port_properties!(external_method registry EXTERNAL_METHOD);
crate::__sspr_port_properties!(breach_list registry BREACH_LIST);
crate::__sspr_port_properties!(human_check registry HUMAN_CHECK);
crate::__sspr_port_properties!(risk_signals registry RISK_SIGNALS);

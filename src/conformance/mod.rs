//! The contract kit: tests a [`Store`](crate::port::Store), or another port, against its contract.
//!
//! **It writes and deletes data: never run it on a store in use.** It is not
//! API-stable: a minor release may add properties, and a store that passed one version can fail
//! the next.
//!
//! One line in an integration test makes one named test per property:
//!
//! ```
//! use sspr::adapters::memory::MemoryStore;
//!
//! sspr::conformance_tests!(memory, MemoryStore::new);
//! # fn main() {}
//! ```
//!
//! The expression is a [`Harness`]; a function that returns a fresh, empty store is one. A harness
//! also tells whether the store can [open several handles](StoreUnderTest::several_handles),
//! [survive its handles](StoreUnderTest::durable), [be opened by another
//! process](StoreUnderTest::several_processes), which the kit starts, races and kills, [lose a
//! node](StoreUnderTest::clustered) or [be damaged](StoreUnderTest::damage). A property that needs
//! a missing ability is skipped, and its test prints the skip on standard error.
//!
//! Each property quotes the sentence of the contract that it tests; a [`Violation`] states what was
//! observed instead and what it lets an attacker do. [`PROPERTIES`] lists them all, and
//! [`check`] runs them all. The stores of [`testing::broken`](crate::testing::broken) test the kit
//! itself: it must report each of their defects.
//!
//! A directory, a delivery, a clock, a source of randomness, a slow hash, a seal, a host-verified
//! method, a list of breached passwords, a check for humans and risk signals have kits of the same
//! shape: `sspr::conformance_tests!(seal: my_seal, MySeal::new);`, with a [`PortHarness`].
//!
//! The kit cannot test everything. The author must make sure that no cache or replica serves reads,
//! that durable data survives a power failure, that a driver reports a lost reply as `Unknown`,
//! that a slow hash is slow and that a delivery ends in time. That no version is used twice after a
//! deletion is the engine's duty, not the store's.

mod cause;
mod harness;
mod jobs;
mod kit;
mod list;
mod macros;
mod patience;
mod ports;
mod process;
mod property;
mod race;
mod replies;
mod sample;
mod store;

use std::io::Write as _;
use std::sync::Arc;

pub use harness::{Ability, Harness, StoreUnderTest};
pub use ports::{
    BreachListUnderTest, DeliveryUnderTest, DirectoryFact, DirectoryUnderTest,
    ExternalMethodUnderTest, HumanCheckUnderTest, PortHarness, PortKind, PortProperty,
    RiskSignalsUnderTest, SessionsUnderTest, assert_port_property, check_port,
};
use process::InTests;
pub use process::play_other_process;
#[doc(hidden)]
pub use process::play_other_process_in_tests;
pub use property::{ConformanceReport, Outcome, Property, Violation};

/// The version of the kit for stores. It grows when properties are added or sharpened.
pub const STORE_KIT_VERSION: u32 = 3;

crate::__sspr_store_properties!(registry);

/// Runs every property and reports, without stopping at the first violation.
///
/// If the store does not even return what was committed, nearly every property fails. Then the
/// report has the violation that explains it, and lists the others as its
/// [consequences](ConformanceReport::consequences).
///
/// ```
/// let report = sspr::conformance::check(sspr::adapters::memory::MemoryStore::new);
/// assert!(report.violations.is_empty(), "{report}");
/// ```
#[must_use]
pub fn check(harness: impl Harness) -> ConformanceReport {
    let harness: Arc<dyn Harness> = Arc::new(harness);
    let mut report = ConformanceReport::default();
    for property in PROPERTIES {
        report.add(property.name, property.run(&harness));
    }
    report.set_consequences_apart();
    report
}

/// Runs the property of this name; called by the tests of
/// [`conformance_tests!`](crate::conformance_tests).
///
/// # Panics
///
/// If the property is violated, or if there is none of this name.
pub fn assert_property(name: &str, harness: impl Harness) {
    judge(name, Arc::new(harness));
}

/// The same, in a test of this module, which has a test that plays the other process.
#[doc(hidden)]
pub fn assert_property_in(module: &'static str, name: &str, harness: Arc<dyn Harness>) {
    judge(name, Arc::new(InTests { harness, module }));
}

fn judge(name: &str, harness: Arc<dyn Harness>) {
    let property = PROPERTIES
        .iter()
        .find(|property| property.name == name)
        .unwrap_or_else(|| panic!("no property is named {name}"));
    settle_test(name, property.run(&harness));
}

/// Turns the outcome of a property into the outcome of its test.
fn settle_test(name: &str, outcome: Result<Outcome, Violation>) {
    match outcome {
        Ok(Outcome::Held) => {}
        Ok(Outcome::Skipped(reason)) => {
            // Not `eprintln!`, which the test runner captures: an unchecked rule must not look like
            // one that held. One write keeps the lines of parallel tests apart. An error is
            // ignored: with standard error closed there is no other place to report the skip.
            let line = format!("SKIPPED {name}: {reason}\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
        Err(violation) => panic!("VIOLATED {violation}"),
    }
}

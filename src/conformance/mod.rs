//! The contract kit: runs the contract of [`Store`](crate::Store) against a store, and those of the
//! other ports against theirs.
//!
//! **It writes and wipes data: never point it at a store that anybody needs.** It is not
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
//! The expression is a [`Harness`]; a function that returns a fresh, empty store is one. It says
//! what else the store can do: [open several handles](StoreUnderTest::several_handles), [survive its
//! handles](StoreUnderTest::durable), [be opened by another process](StoreUnderTest::several_processes), which the kit
//! starts, races and kills, [lose a node](StoreUnderTest::clustered), [be damaged](StoreUnderTest::damage). A property
//! that needs what the harness lacks is skipped, and the test says so on standard error whether it
//! passes or not.
//!
//! Each property quotes the sentence of the contract that it stands for; a [`Violation`] says
//! what was seen instead and what that lets an attacker do. [`PROPERTIES`] lists them all, and
//! [`check`] runs them in one go. That the kit itself catches what it should is tested with the
//! stores of [`testing::broken`](crate::testing::broken).
//!
//! A directory, a delivery, a clock, a source of randomness, a slow hash and a seal have kits of the
//! same shape: `sspr::conformance_tests!(seal: my_seal, MySeal::new);`, with a [`PortHarness`].
//!
//! What no kit can test stays with the author: that a cache or a replica is never asked, that
//! durable means durable when the power fails, that a driver reports a lost reply as `Unknown`, that
//! a slow hash is slow and a delivery ends in time.
//! That no version is used twice after a deletion is the engine's duty, not the store's.

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
mod sample;
mod store;

use std::io::Write as _;
use std::sync::Arc;

pub use harness::{Ability, Harness, StoreUnderTest};
pub use ports::{
    DeliveryUnderTest, DirectoryUnderTest, PortHarness, PortKind, PortProperty,
    assert_port_property, check_port,
};
use process::InTests;
pub use process::play_other_process;
pub use property::{ConformanceReport, Outcome, Property, Violation};

/// The version of the kit for stores. It grows when properties are added or sharpened.
pub const STORE_KIT_VERSION: u32 = 2;

crate::__sspr_store_properties!(registry);

/// Runs every property and reports, without stopping at the first violation.
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
    report
}

/// Runs the property of this name; what the tests of
/// [`conformance_tests!`](crate::conformance_tests) call.
///
/// # Panics
///
/// If the property is violated, or if there is none of this name.
pub fn assert_property(name: &str, harness: impl Harness) {
    judge(name, Arc::new(harness));
}

/// The same in a test of this module, which has a test that plays the other process.
#[doc(hidden)]
pub fn assert_property_in(module: &'static str, name: &str, harness: impl Harness) {
    judge(name, InTests::new(module, harness));
}

fn judge(name: &str, harness: Arc<dyn Harness>) {
    let property = PROPERTIES.iter().find(|property| property.name == name);
    let property = property.unwrap_or_else(|| panic!("there is no property named {name}"));
    settle_test(name, property.run(&harness));
}

/// What a test does with the outcome of its property.
fn settle_test(name: &str, outcome: Result<Outcome, Violation>) {
    match outcome {
        Ok(Outcome::Held) => {}
        Ok(Outcome::Skipped(reason)) => {
            // Not `eprintln!`, which the test runner swallows: a rule that nobody checked must
            // not look like one that held. In one write, since tests run side by side; and if
            // standard error is closed there is nobody to tell.
            let line = format!("SKIPPED {name}: {reason}\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
        Err(violation) => panic!("VIOLATED {violation}"),
    }
}

//! Attacks on other systems of this kind: one test for each row V-nn of the list of attacks. If
//! storage matters, a test runs on every store that needs no server. `SECURITY.md` lists the test
//! of each attack, and what is left to the host.
#![cfg(feature = "testing")]

#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "sqlite")]
#[path = "../support/temporary.rs"]
mod temporary;
#[macro_use]
mod stores;
mod people;
#[cfg(feature = "tracing")]
mod traced;
#[cfg(feature = "tracing")]
#[path = "../support/traces.rs"]
mod traces;

mod allowance;
mod authority;
mod binding;
mod chain;
mod change;
mod codes;
mod commit;
mod concurrency;
mod crash;
mod desk;
mod entries;
mod enumeration;
mod expiry;
mod kinds;
mod leaks;
mod links;
mod listed;
mod outstanding;
mod prefetch;
mod pumping;
mod questions;
mod recipients;
mod refused;
mod replay;
mod reports;
mod samples;
mod secrets;
mod sequences;
mod tenants;
mod trail;
mod uniformity;
mod vectors;

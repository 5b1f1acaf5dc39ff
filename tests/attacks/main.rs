//! Immunity to what happened to other systems that do this job: one test per row V-nn of the list
//! of attacks. Where storage matters, a test runs on every store that needs no server.
//!
//! Rows that the parts built so far do not touch, or touch only in part, and what they wait for:
//!
//! | row | left for later | waits for |
//! |---|---|---|
//! | V22 | replay of time-based codes and of saved codes | those methods |
//! | V29, V39, V40 | what is said about links | links in messages |
//! | V31 | questions twice; questions alone | security questions |
//! | V43 | list of countries, breaker on a low ratio of proofs | settings for them |
//! | V48 | that an unlock lowers no budget | the unlock flow |
//!
//! V17 on a store behind a server, V51 in full: `conformance`, which any store can run.
#![cfg(feature = "testing")]

#[path = "../support/mod.rs"]
mod support;
#[macro_use]
mod place;
mod town;

mod allowance;
mod binding;
mod change;
mod codes;
mod commit;
mod concurrency;
mod crash;
mod entries;
mod enumeration;
mod expiry;
mod kinds;
mod leaks;
mod links;
mod outstanding;
mod prefetch;
mod recipients;
mod replay;
mod samples;
mod secrets;
mod sequences;
mod tenants;
mod trail;
mod vectors;

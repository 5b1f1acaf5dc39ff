//! Faults that reviews have found, each with a test.
#![cfg(feature = "testing")]

#[path = "../support/mod.rs"]
mod support;

mod asked;
mod budgets;
mod methods;
mod redeemed;
mod resets;
mod typed;

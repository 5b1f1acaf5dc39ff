//! Holes that reviews have found, each closed by a test of its own.
#![cfg(feature = "testing")]

#[path = "../support/mod.rs"]
mod support;

mod asked;
mod budgets;
mod methods;
mod redeemed;
mod resets;
mod typed;

//! Holes that reviews have found, each closed by a test of its own.
#![cfg(feature = "testing")]

mod asked;
mod budgets;
mod methods;
mod redeemed;
mod resets;
mod typed;

//! Faults that reviews have found, each with a test.
#![cfg(feature = "testing")]

mod asked;
mod budgets;
mod methods;
mod redeemed;
mod resets;
mod typed;

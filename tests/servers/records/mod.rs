//! Records for years: releases side by side, damaged records, keys that change. Every test runs on
//! every store of [`stores::all`].
#![cfg(feature = "testing")]

mod damaged;
mod events;
pub(crate) mod keys;
mod may_drop;
mod newer;
mod policies;
mod purge;
#[cfg(feature = "seal")]
mod reseal;
mod rotation;
mod stores;
mod upgrade;

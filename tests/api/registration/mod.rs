//! Registration: the first one up to a reset, and what an attacker with a password or a session can
//! do. Default settings, unless a test gives a reason.
#![cfg(feature = "testing")]

mod acts;
mod first;
mod holds;
mod maxima;
mod pages;
mod person;
mod plan;
mod skip;
mod status;
mod supplied;
mod tenants;
mod thief;
mod timers;
mod unknown;

//! Registration as its users meet it: the first one from the first page to a reset, and what a thief
//! with a password or a session gets out of it. Default settings, unless a test says why not.
#![cfg(feature = "testing")]

mod acts;
mod first;
mod holds;
mod person;
mod tenants;
mod thief;
mod timers;
mod unknown;

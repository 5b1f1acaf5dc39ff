//! The rules, pure: no I/O, clock, entropy, lock or log. `now` and random bytes are arguments.

pub(crate) mod account;
pub(crate) mod capabilities;
pub(crate) mod crypto;
pub(crate) mod event;
#[cfg(test)]
mod golden;
pub(crate) mod identity;
pub(crate) mod invalid;
pub(crate) mod message;
pub(crate) mod method;
mod named;
pub(crate) mod password;
pub(crate) mod policy;
pub(crate) mod questions;
pub(crate) mod reason;
pub(crate) mod record;
pub(crate) mod refusal;
pub(crate) mod report;
pub(crate) mod rules;
#[cfg(test)]
mod schema_forms;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod trail;

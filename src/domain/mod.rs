//! The rules, pure: no I/O, clock, entropy, lock or log. `now` and random bytes are arguments.

pub(crate) mod contact;
pub(crate) mod ids;
pub(crate) mod invalid;
pub(crate) mod method;
pub(crate) mod password;
pub(crate) mod policy;
pub(crate) mod secret;
pub(crate) mod time;

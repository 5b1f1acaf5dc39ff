//! The rules, pure: no I/O, clock, entropy, lock or log. `now` and random bytes are arguments.

pub(crate) mod account;
pub(crate) mod binding;
pub(crate) mod budget;
pub(crate) mod code;
pub(crate) mod columns;
pub(crate) mod contact;
pub(crate) mod decide;
pub(crate) mod digest;
pub(crate) mod eligibility;
pub(crate) mod event;
pub(crate) mod facts;
#[cfg(test)]
mod golden;
pub(crate) mod hex_bytes;
pub(crate) mod ids;
pub(crate) mod invalid;
pub(crate) mod keys;
pub(crate) mod link;
pub(crate) mod link_base;
pub(crate) mod locale;
pub(crate) mod mac;
pub(crate) mod message;
pub(crate) mod method;
pub(crate) mod password;
pub(crate) mod policy;
pub(crate) mod policy_record;
pub(crate) mod reason;
pub(crate) mod record;
pub(crate) mod refusal;
pub(crate) mod secret;
pub(crate) mod serde_text;
pub(crate) mod served;
pub(crate) mod store_note;
pub(crate) mod text;
pub(crate) mod ticket;
pub(crate) mod time;
pub(crate) mod totp;

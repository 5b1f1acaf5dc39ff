//! Secrets and what is derived from them: keys, codes, links, tickets, digests, one-time passwords.

pub(crate) mod code;
pub(crate) mod digest;
pub(crate) mod flow_ticket;
pub(crate) mod keys;
pub(crate) mod link;
pub(crate) mod link_base;
pub(crate) mod mac;
pub(crate) mod repudiation;
pub(crate) mod secret;
pub(crate) mod ticket;
pub(crate) mod totp;

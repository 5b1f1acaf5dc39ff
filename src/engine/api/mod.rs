//! What callers pass to the engine and get back.

pub(crate) mod attempt;
pub(crate) mod error;
pub(crate) mod page_facts;
pub(crate) mod reply;
pub(crate) mod report;
pub(crate) mod request;
pub(crate) mod roles;
pub(crate) mod source;
pub(crate) mod stats;

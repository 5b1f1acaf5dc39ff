//! The public handles of the engine. Those of flows call one function of `flow` for each method.

pub(crate) mod admin;
pub(crate) mod authenticator;
pub(crate) mod change;
pub(crate) mod recovery;
pub(crate) mod registration;
pub(crate) mod repudiation;

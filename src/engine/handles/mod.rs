//! The public faces of the engine. Each method checks its caller and calls one function of `flow`.

pub(crate) mod admin;
pub(crate) mod authenticator;
pub(crate) mod change;
pub(crate) mod recovery;
pub(crate) mod registration;
pub(crate) mod repudiation;

//! The public operations, one by one.

#[cfg(feature = "testing")]
#[path = "../support/mod.rs"]
mod support;

mod administration;
mod flows;
mod limits_and_junk;
mod methods;
mod notices;
mod registration;
mod regressions;
mod surface;

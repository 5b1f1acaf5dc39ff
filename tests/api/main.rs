//! The public operations, one by one.

#[cfg(feature = "testing")]
#[path = "../support/mod.rs"]
mod support;
#[cfg(all(feature = "testing", feature = "tracing"))]
#[path = "../support/traces.rs"]
mod traces;

mod administration;
mod effective;
mod flows;
mod limits_and_junk;
mod methods;
mod model;
mod no_dead_fact;
mod notices;
mod observed;
mod pumping;
mod questions;
mod records;
mod registration;
mod regressions;
mod reply_floor;
mod reports;
mod shared_names;
mod strength;
mod surface;

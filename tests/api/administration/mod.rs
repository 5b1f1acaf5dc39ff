//! Operations and reports of administrators, and the serialised types between a host's back end and
//! its pages.
#![cfg(all(feature = "testing", feature = "seal"))]

mod accounts;
mod audit;
mod authority;
mod desk;
mod dry_run;
mod marks;
mod pending;
mod presets;
mod served;
mod wire;

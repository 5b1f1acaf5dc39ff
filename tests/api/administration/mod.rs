//! What administrators do and see, and what crosses the wire between a host's back end and its pages.
#![cfg(all(feature = "testing", feature = "seal"))]

mod accounts;
mod marks;
mod pending;
mod presets;
mod served;
mod wire;

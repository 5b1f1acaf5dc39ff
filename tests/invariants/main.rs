//! The invariants by number, on every store of this build.
//!
//! Tests of other files: 6 (one constant-time function) is a rule for the source, 7 is in
//! `uniformity.rs`, 11 and 15 are in `faults/`.
#![cfg(feature = "testing")]

mod ahead;
mod attempts;
mod binding;
mod bounds;
mod change;
mod clocks;
mod desk;
mod devices;
mod encoding;
mod ends;
mod every;
mod faults;
mod forms;
#[path = "../support/fresh.rs"]
mod fresh;
mod grown;
mod interleaved;
mod matrix;
mod no_error_opens;
mod notices;
mod pairs;
mod player;
mod processes;
mod records;
mod repeats;
mod rest;
mod scene;
mod secrets;
#[path = "../support/servers/mod.rs"]
mod servers;
mod silenced;
mod starved;
mod steps;
mod stores;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/temporary.rs"]
mod temporary;
mod unlock;

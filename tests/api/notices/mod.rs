//! Notices: who is told, what it may cost, what happens while something is missing, and what an
//! operator sees of it. Default settings, unless a test says why not.
#![cfg(feature = "testing")]

mod addresses;
mod administrators;
mod costs;
mod day;
mod failing;
mod scene;

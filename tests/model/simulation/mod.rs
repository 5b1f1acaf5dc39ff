//! Days of attack and use on a virtual clock, with the default settings: what is left to the owner
//! of an account, and what it costs. And years of guessing, under many policies. Each run prints its seed
//! and its figures (`--nocapture`); the figures stand in the manual.
#![cfg(feature = "testing")]

mod attack;
mod odds;
mod owner;
mod pumping;
mod under_test;

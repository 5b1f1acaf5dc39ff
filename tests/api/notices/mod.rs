//! Notices: recipients, costs, missing channels and addresses, and reports to operators. Default
//! settings, unless a test gives a reason.
#![cfg(feature = "testing")]

mod addresses;
mod administrators;
mod costs;
mod day;
mod facts;
mod failing;
mod repudiation;
mod scene;
mod standards;

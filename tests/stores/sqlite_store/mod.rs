//! The SQLite store: its contract, its files, and several processes on one file.

#![cfg(feature = "sqlite")]

mod contract;
mod files;
mod hosts;
mod lifecycle;
mod limits;
mod listings;
mod manual;
mod processes;
mod replaced;
mod support;

//! The stores and ports that need no server, and the conformance kit.

#[path = "../support/rows.rs"]
mod rows;
#[path = "../support/temporary.rs"]
mod temporary;

mod chain;
mod conformance_memory;
mod conformance_ports;
mod conformance_sqlite;
mod kit_catches;
mod kit_catches_processes;
mod kit_listings;
mod sql_directory;
mod sqlite_store;

//! The store on etcd, against real servers.

#![cfg(feature = "etcd")]

#[path = "../support/servers/mod.rs"]
mod servers;

mod cluster;
mod contract;
mod failures;
mod support;

//! The store on etcd, against real servers.

#![cfg(all(feature = "etcd", feature = "testing"))]

#[path = "../support/servers/mod.rs"]
mod servers;

mod cluster;
mod contract;
mod costs;
mod failures;
mod quota;
mod support;

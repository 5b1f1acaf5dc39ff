//! The PostgreSQL store on a real server.

#![cfg(all(feature = "postgres", feature = "testing"))]

#[path = "../support/servers/mod.rs"]
mod servers;

mod cluster;
mod contract;
mod costs;
mod encryption;
mod failover;
mod failures;
mod manual;
mod migration;
mod pooler;
mod releases;
mod sessions;
mod support;

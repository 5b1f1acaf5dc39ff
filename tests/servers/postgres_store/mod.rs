//! The PostgreSQL store on a real server.

#![cfg(all(feature = "postgres", feature = "testing"))]

mod cluster;
mod contract;
mod costs;
mod encryption;
mod failover;
mod failures;
mod lent;
mod manual;
mod migration;
mod pooler;
mod releases;
mod sessions;
mod support;

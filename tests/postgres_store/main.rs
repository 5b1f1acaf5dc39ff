//! The PostgreSQL store on a real server.

#[path = "../support/servers/mod.rs"]
mod servers;

mod cluster;

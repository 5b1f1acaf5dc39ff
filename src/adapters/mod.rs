//! Adapters that come with the crate.
//!
//! They use the ports and the domain, never the engine, so a host's own adapter can do whatever
//! they do.

#[cfg(feature = "argon2")]
pub mod argon2;
pub mod breach;
pub mod chain;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod cursor;
#[cfg(feature = "etcd")]
pub mod etcd;
#[cfg(feature = "files")]
pub mod files;
#[cfg(feature = "ldap")]
pub mod ldap;
pub mod memory;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod migration;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod render;
pub mod route;
pub mod rows;
#[cfg(feature = "seal")]
pub mod seal;
#[cfg(feature = "smtp")]
pub mod smtp;
#[cfg(all(feature = "sql-directory", any(feature = "sqlite", feature = "postgres")))]
pub mod sql_directory;
#[cfg(feature = "sqlite")]
pub mod sqlite;
#[cfg(feature = "strength")]
pub mod strength;
#[cfg(any(feature = "etcd", feature = "ldap", feature = "postgres", feature = "smtp"))]
mod tls;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use self::migration::Migration;
#[cfg(any(feature = "etcd", feature = "ldap", feature = "postgres", feature = "smtp"))]
pub use rustls;

//! A store on a PostgreSQL server, for any number of processes. Feature `postgres`.
//!
//! A commit is one statement, which is one transaction: the condition on the version, the record
//! and its events. It returns when it is durable, also on a synchronous standby if there is one.
//! Every statement touches one of sixteen buckets, chosen by the key. There is no sequence, no
//! advisory lock and no transaction over several statements, so that distributed engines run it
//! unchanged.
//!
//! ```no_run
//! use sspr::adapters::postgres::{PostgresOptions, PostgresStore};
//!
//! # async fn start(owner_password: sspr::SecretText, password: sspr::SecretText)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! let owner = PostgresOptions::parse("postgres://sspr_owner@db.example/identity")?;
//! let owner = owner.with_password(&owner_password);
//! // Once, by a role that owns the schema:
//! PostgresStore::create(&owner).await?;
//! // With each release, by the same role:
//! PostgresStore::migrate(&owner).await?;
//!
//! // In each process, by a role that may read and write the tables and nothing else:
//! let serving = PostgresOptions::parse("postgres://sspr_serve@db.example/identity")?;
//! let store = PostgresStore::connect(&serving.with_password(&password)).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Only `create` creates a store. `migrate` and `connect` return `Denied` if there is none, so that
//! a mistyped schema name is an error and not an empty store.
//!
//! [The manual](crate::manual::postgres) describes its operation: roles, pools, timeouts, vacuum,
//! failover, backups, alerts, queries.
//!
//! # A pool of the host
//!
//! [`PostgresStore::over`] uses the connections of a `deadpool_postgres` pool that the host has, in a schema
//! beside its own tables. For each call a connection gets the store's settings, and its own back: two round
//! trips more than over a pool of its own. The crate is re-exported as [`deadpool_postgres`], and its types
//! are part of this interface: a major release of it is one of this crate.
//!
//! # Encryption
//!
//! TLS 1.2 or later, by `rustls` with the provider of the feature `tls-aws-lc-rs` or `tls-ring`, or by a
//! configuration of the host ([`with_tls`](PostgresOptions::with_tls)); with a verified certificate for the
//! server's name. Without either, an option that needs TLS is `Denied`.
//! Unencrypted connections are made only to a Unix socket or to loopback, or with the option
//! [`without_encryption`](PostgresOptions::without_encryption).
//!
//! # What an error means
//!
//! | What happened | A read | A write |
//! |---|---|---|
//! | no connection became free or could be opened in time, no TLS | `Unavailable` | `Unavailable` |
//! | the server is read-only (a standby, a fenced primary) | `Unavailable` | `Unavailable` |
//! | the statement was rolled back: timeout, deadlock, serialization failure | `Unavailable` | `Unavailable` |
//! | the connection was lost, or no reply came, after the statement was sent | `Unavailable` | `Unknown` |
//! | the server stopped, or the session was terminated | `Unavailable` | `Unknown` |
//! | the synchronous standby did not confirm: an operator cancelled the wait | | `Unknown` |
//! | wrong password, missing right, no such table, no such schema | `Denied` | `Denied` |
//! | a newer release has migrated the schema, or the store was moved | | `Denied` |
//! | a pooler in between shares sessions between clients | `Denied` | `Denied` |
//! | an unreadable row, a broken page, a position of an event that is taken | `Corrupt` | `Corrupt` |
//!
//! A read on a lost connection is repeated once on another connection. A write never is.
//!
//! # Runtime
//!
//! Futures must be polled on a tokio runtime with I/O and time enabled; otherwise they return
//! `Unavailable`. One task per connection moves its bytes and ends with it.

mod connect;
mod cursor;
mod error;
#[cfg(feature = "sql-directory")]
pub(super) mod lend;
mod lent;
mod options;
mod read;
mod schema;
mod session;
mod sql;
#[cfg(test)]
mod sql_tests;
mod statement;
mod store;
#[cfg(test)]
mod tests;
mod write;

pub use deadpool_postgres;

pub use self::options::PostgresOptions;
pub use self::store::PostgresStore;

/// How many buckets the tables have. Fixed for the life of a schema: each row's bucket is part of
/// its key, and a cursor over a tenant's events holds one position per bucket in at most 256 bytes.
const BUCKETS: u16 = 16;

/// The bucket of a key's shard number.
const fn bucket(shard: u16) -> i16 {
    (shard % BUCKETS).cast_signed()
}

//! A store on a PostgreSQL server, for any number of processes. Feature `postgres`.
//!
//! A commit is one statement, which is one transaction: the condition on the version, the record
//! and its events. It is answered when it is durable, on a synchronous standby as well where there
//! is one. Every statement touches one of sixteen buckets, by the key's shard; there is no sequence,
//! no advisory lock and no transaction over several statements, so that engines which spread tables
//! over machines run it unchanged.
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
//! Only `create` makes a store. `migrate` and `connect` answer `Denied` where there is none, so that a
//! misprint in the name of a schema is an error and not an empty store.
//!
//! [The manual](crate::manual::postgres) says how to operate it: roles, pools, timeouts, vacuum,
//! failover, backups, alerts, queries.
//!
//! # Encryption
//!
//! TLS 1.2 or later, by `rustls` and `ring`, with a verified certificate for the server's name;
//! without only to a Unix socket or the loopback, or where
//! [`without_encryption`](PostgresOptions::without_encryption) says so.
//!
//! # What an error means
//!
//! | What happened | A read | A write |
//! |---|---|---|
//! | no connection free in time, none to be had, no TLS | `Unavailable` | `Unavailable` |
//! | a server that may not be written to (a standby, a fenced primary) | `Unavailable` | `Unavailable` |
//! | the statement was rolled back: its time was up, a deadlock, a serialization failure | `Unavailable` | `Unavailable` |
//! | the connection was lost, or the server silent, once the statement was sent | `Unavailable` | `Unknown` |
//! | the server stops, or was told to end the session | `Unavailable` | `Unknown` |
//! | answered without the synchronous standby: an operator cancelled the wait | | `Unknown` |
//! | the password or a right is missing, no such table, no such schema | `Denied` | `Denied` |
//! | a newer release has migrated the schema, or the store was moved | | `Denied` |
//! | a pooler between hands sessions from client to client | `Denied` | `Denied` |
//! | a row that cannot be read, a broken page, a position of an event that is taken | `Corrupt` | `Corrupt` |
//!
//! A read whose connection turns out to be lost is made once more on another one. A write never is.
//!
//! # Runtime
//!
//! Futures must be polled on a tokio runtime with I/O and time enabled; without one they answer
//! `Unavailable`. One task for each connection moves its bytes, and ends with it.

mod connect;
mod cursor;
mod error;
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
mod tls;
mod write;

pub use self::options::PostgresOptions;
pub use self::store::PostgresStore;

/// How many parts the tables have. Fixed for the life of a schema: each row's bucket is part of its
/// key, and the cursor over a tenant's events holds a position for each, in at most 256 bytes.
const BUCKETS: u16 = 16;

/// The bucket of a key of this shard.
const fn bucket(shard: u16) -> i16 {
    (shard % BUCKETS).cast_signed()
}

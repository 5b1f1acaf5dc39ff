//! A store on an etcd cluster. Feature `etcd`.
//!
//! For a service whose machines may fail: three or five members replicate every commit, and the
//! store works while most of them run. A commit is one transaction of etcd, conditional on the
//! record's version; every read is linearizable. The page [`manual::etcd`](crate::manual::etcd)
//! describes its cost, the duties of an operator, and when another store suits better.
//!
//! TLS is that of `rustls` with the provider of the feature `tls-aws-lc-rs` or `tls-ring`, a configuration of
//! the host ([`with_tls`](EtcdOptions::with_tls)), or comes with the host's own channels
//! ([`over`](EtcdOptions::over)). [`tonic`] is re-exported, and its types are part of this interface: a
//! major release of it is one of this crate.
//!
//! It needs a tokio runtime with its time and I/O drivers enabled. The runtime that calls
//! [`EtcdStore::connect`] or [`EtcdStore::create`] carries the connections and must outlive the
//! store. Calls may come from other runtimes as well.
//!
//! ```no_run
//! use sspr::SecretText;
//! use sspr::adapters::etcd::{EtcdOptions, EtcdStore};
//!
//! # async fn open(ca: &str) -> Result<(), Box<dyn std::error::Error>> {
//! let options = EtcdOptions::new(["https://e1.contoso.example:2379", "https://e2.contoso.example:2379"])
//!     .with_ca_certificates(ca)
//!     .with_login("sspr", SecretText::from("correct horse"));
//! // The deployment has called `create` once.
//! let store = EtcdStore::connect(options).await?;
//! # Ok(())
//! # }
//! ```

mod client;
mod commit;
mod connector;
mod counters;
mod cursor;
mod epoch;
mod error;
mod health;
mod keys;
mod listing;
mod options;
mod proto;
mod purge;
mod recent;
mod request;
mod schema;
mod shared;
mod store;
mod turns;
mod value;

pub use tonic;

pub use self::health::{EtcdHealth, EtcdMember};
pub use self::options::EtcdOptions;
pub use self::store::EtcdStore;

//! The manual: what the documentation of a single item cannot say. All examples are compiled with the
//! tests, and run if they need no store or database of the reader.
//!
//! | Page | For | Contents |
//! |---|---|---|
//! | [`embedding`] | authors of the web handlers | which page to render for which [`Step`](crate::Step), links, cookies, times, errors, logs, the task that delivers |
//! | [`dependencies`] | all who add the crate to a build | which crates each feature adds, SQLite and TLS beside the host's own, the host's pools and channels, migrations by the host's tool |
//! | [`signed_in`] | authors of sign-in, account pages and admin consoles | the prompt, registration, enrolment, password change, which help desk does what |
//! | [`host_methods`] | authors of an own verification method | a push with number matching, a passkey |
//! | [`security_questions`] | owners of the policy, authors of pages | what they are worth, sets and draws, hashing on threads, what a stranger can cost |
//! | [`writing_a_store`] | authors of a store | the contract in plain words, a complete store, how to test it, common mistakes |
//! | [`writing_a_directory`] | authors of a directory | the contract in plain words, how to test it, common mistakes |
//! | [`writing_a_delivery`] | authors of a delivery or a seal | which error for which reply, nonces, how to test them, common mistakes |
//! | `testing_your_host`, with the feature `testing` | authors of a host's tests | the commonest tests, in a few lines each |
//! | [`postgres`] | operators of PostgreSQL | roles, pools, timeouts, vacuum, failover, backups, alerts, queries |
//! | `etcd`, with the feature | operators of etcd | requirements, compaction, backup, alerts, when to choose PostgreSQL |
//! | [`operating`] | operators | alerts with their counters and queries, metrics, traces, SQLite in production, making and storing keys |
//! | [`reports`] | administrators, operators | which report answers which question, pages and files, the funnel, what is not collected |
//! | [`defaults`] | owners of the policy | each number and its source |
//! | [`limits`] | owners of the policy, operators | each budget: who can spend it, what is left to the account's owner, which simulation shows it |
//! | [`threats`] | security reviewers | each attacker, what the engine does, what it cannot exclude |
//! | [`upgrading`] | operators | versions of stored data, keys and their rotation, rolling upgrades |
//! | [`moving`] | operators | another store, another lookup key, and how the copy is verified |
//! | [`restoring`] | operators of a store | backup and restore with the commands for each store, and what a restore brings back |
//! | [`glossary`] | all readers | each term, the type that carries it, the word of NIST, Entra and the RFCs |
//! | [`decisions`] | developers of the crate | what was chosen, why, and what was rejected |
//!
//! The contract of each port is on its trait: [`Store`](crate::port::Store), [`Directory`](crate::port::Directory),
//! [`Delivery`](crate::port::Delivery). Programs to read and run are in the folder `examples` of the repository.

pub mod decisions;
pub mod defaults;
pub mod dependencies;
pub mod embedding;
#[cfg(feature = "etcd")]
pub mod etcd;
pub mod glossary;
pub mod host_methods;
pub mod limits;
pub mod moving;
pub mod operating;
pub mod postgres;
pub mod reports;
pub mod restoring;
pub mod security_questions;
pub mod signed_in;
#[cfg(feature = "testing")]
pub mod testing_your_host;
pub mod threats;
pub mod upgrading;
pub mod writing_a_delivery;
pub mod writing_a_directory;
pub mod writing_a_store;

//! The manual: what no single item's documentation can say. Text only, and every example is run.
//!
//! | Page | For | Answers |
//! |---|---|---|
//! | [`embedding`] | whoever writes the web handlers | which page for which [`Step`](crate::Step), links, cookies, times, errors, logs, the task that delivers |
//! | [`signed_in`] | whoever writes sign-in, security pages and consoles | the prompt, registration, enrolment, a change, which desk does what |
//! | [`host_methods`] | whoever verifies proofs themselves | a push with number matching, a passkey |
//! | [`writing_a_store`] | whoever keeps the records elsewhere | the contract in plain words, a whole store, how to test it, the usual mistakes |
//! | [`postgres`] | whoever operates the database | roles, pools, timeouts, vacuum, failover, backups, alerts, queries |
//! | `etcd`, with the feature | whoever runs the store on etcd | what it takes, compaction, backup, alerts, when not to |
//! | [`defaults`] | whoever owns the policy | each number, and where it comes from |
//! | [`limits`] | whoever owns the policy or operates the service | each budget: who can spend it, what is left to the owner, which simulation shows it |
//! | [`threats`] | whoever reviews it | who attacks how, what the engine does, what it cannot exclude |
//! | [`glossary`] | everyone | each term, the type that carries it, the word of NIST, Entra and the RFCs |
//! | [`upgrading`] | whoever runs it | versions of what is stored, keys and their rotation, rolling upgrades |
//! | [`moving`] | whoever runs it | another store, another lookup key, and how it is verified |
//! | [`restoring`] | who operates the store | backup and restore with the commands, store by store, and what comes back |
//!
//! The contract of each port stands at its trait: [`Store`](crate::Store),
//! [`Directory`](crate::Directory), [`Delivery`](crate::Delivery). Programs to read and run are in
//! the folder `examples` of the repository.

pub mod defaults;
pub mod embedding;
#[cfg(feature = "etcd")]
pub mod etcd;
pub mod glossary;
pub mod host_methods;
pub mod limits;
pub mod moving;
pub mod postgres;
pub mod restoring;
pub mod signed_in;
pub mod threats;
pub mod upgrading;
pub mod writing_a_store;

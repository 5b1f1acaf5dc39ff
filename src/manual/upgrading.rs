//! Upgrades: what is stored, and the keys.
//!
//! # What is stored
//!
//! What a release wrote is read by every later one: records, policies and events.
//!
//! - **Records** carry their format, and the oldest release that may read and that may write them. A
//!   release keeps fields that it does not know through its own writes. One that is too old for a
//!   record answers `Corrupt` and leaves it alone: the account is closed to that release, not harmed.
//! - **Policies** carry the oldest release that may read them. Reading one checks it again: a policy
//!   that a newer release refuses is a fault, not a default. Before an upgrade, run
//!   [`Policy::new`](crate::Policy::new) of the new release over the settings of each tenant.
//! - **Events** carry their format. A release cannot read a kind of event that came after it, so
//!   read the audit trail with the newest release that writes to the store.
//! - **Cursors** are the store's own. Expect to start from the first page after a change of store.
//! - **Tickets and codes** are derived and short-lived. At worst an upgrade voids those that are
//!   outstanding, and people start again.
//! - **A store of your own** keeps bodies and events byte for byte and never reads them, so an
//!   upgrade of the engine changes nothing for it. Columns may be added: keep those that you know.
//!
//! ```
//! use sspr::{Policy, PolicySettings};
//!
//! // Kept as text by an older release, or by you: what is absent has its default.
//! let kept = r#"{"scope": "all", "attempts": 3}"#;
//! let settings: PolicySettings = serde_json::from_str(kept)?;
//! assert_eq!(settings.attempts, 3);
//! assert_eq!(settings.lifetimes, PolicySettings::default().lifetimes);
//! assert!(Policy::new(settings).is_ok());
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! **From a store of before all flows.** The form of accounts and tickets was recut once, when unlocks,
//! changes, links, authenticators and saved codes came, before anything was published. Accounts of
//! before answer `Corrupt` and stay as they are. Begin with an empty store: put the policies again,
//! and let people register anew, as [`Registration::prompt`](crate::Registration::prompt) asks them to.
//! `on_premises.unlock_without_reset` in a kept policy is `unlock_without_reset` now, at the top; under
//! the old name it is ignored. From this form on what is written above holds.
//!
//! Until 1.0 a minor release may break the API and raise the oldest Rust; a patch release does
//! neither. `testing` and `conformance` may change with any minor release: run the kit again.
//!
//! # A rolling upgrade
//!
//! An older release beside a newer one keeps what it does not know, or keeps the account closed; it
//! never guesses. So processes may be upgraded one by one:
//!
//! 1. Read the changelog.
//! 2. Upgrade all processes. Put no policy meanwhile: an older release may not know what is in it.
//! 3. When the last one is upgraded, use what is new.
//!
//! Going back works in the same way, until something new was used: then the older release keeps the
//! accounts closed that have it. Clocks of processes may differ by 30 seconds, as always.
//!
//! # Keys
//!
//! [`Keys`](crate::Keys) has two sorts, each at least 32 random bytes from a vault, never from the
//! store or its backups.
//!
//! **The lookup key** names records and counters. It is fixed for the life of a store: an engine
//! with another one is refused by [`open`](crate::EngineBuilder::open), with `Denied`. It derives no
//! code and no ticket. If it leaks, names of records can be computed and made-up masks told from real
//! ones, which opens no account by itself.
//!
//! **The short-lived keys** derive codes and tickets. They have ids and rotate, in three steps, each
//! of which reaches every process before the next begins:
//!
//! 1. *Verify everywhere*: the new key only verifies.
//! 2. *Issue*: the new key issues, the old one still verifies.
//! 3. *Drop*, after the longest life of a flow (15 minutes by default): the old key is gone.
//!
//! ```
//! use sspr::{InvalidInput, Keys, SecretBytes};
//!
//! # fn from_vault(id: u16) -> SecretBytes { SecretBytes::new(vec![id as u8; 32]) }
//! let lookup = || from_vault(99);
//! let before = Keys::new(lookup(), 1, from_vault(1))?;
//! let verify_everywhere = Keys::new(lookup(), 1, from_vault(1))?.also_verify(2, from_vault(2))?;
//! let issue = Keys::new(lookup(), 2, from_vault(2))?.also_verify(1, from_vault(1))?;
//! let drop_the_old = Keys::new(lookup(), 2, from_vault(2))?;
//! # Ok::<(), InvalidInput>(())
//! ```
//!
//! An id is never used for another secret. Up to four short-lived keys may stand side by side.
//!
//! **The seal's keys**, where there are any ([`Seal`](crate::port::Seal); `adapters::seal` with the
//! feature `seal`), are a third sort, and live as long as what they sealed: every key that has sealed a
//! seed must stay able to open it. The engine does not seal anew by itself, so an old key goes only when
//! nobody has an authenticator of its time any more. Without its key a seed is lost.
//!
//! When a short-lived key may have leaked, skip the first two steps: issue with a new one and drop
//! the old one at once. Everything outstanding dies with it, which is the point.

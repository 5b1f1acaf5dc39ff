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
//! - **Events** carry their format. A kind of event that came after a release is
//!   [`EventKind::Other`](crate::EventKind::Other) to it: it says its code and its fields, and hides no
//!   other event.
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
//! changes, links, authenticators and recovery codes came, before anything was published. Accounts of
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
//! 3. *Drop*, when nothing that the old key issued is alive: it is gone.
//!
//! Note when the last process has begun the second step. The longest life of a flow (15 minutes by
//! default) and a minute for clocks later
//! [`short_keys_in_use`](crate::Engine::short_keys_in_use) says, tenant by tenant, whether the third may
//! come; until then somebody's code or ticket could be refused.
//!
//! ```
//! # use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
//! use sspr::port::SystemClock;
//! use sspr::{Clock, Engine, Error, Keys, SecretBytes, TenantId, Timestamp};
//!
//! async fn may_drop(
//!     engine: &Engine,
//!     tenants: &[TenantId],
//!     id: u16,
//!     issued_until: Timestamp, // when the last process began to issue with the new key
//! ) -> Result<bool, Error> {
//!     for tenant in tenants {
//!         let mut used = engine.short_keys_in_use(tenant, None, 500).await?;
//!         while let Some(cursor) = used.next.clone() {
//!             used.add(engine.short_keys_in_use(tenant, Some(&cursor), 500).await?);
//!         }
//!         if !used.may_drop(id, issued_until) {
//!             return Ok(false); // `used` says why: what is alive, or which account is not known
//!         }
//!     }
//!     Ok(true)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let from_vault = |id: u16| SecretBytes::new(vec![id as u8; 32]);
//! let lookup = || from_vault(99);
//! let before = Keys::new(lookup(), 1, from_vault(1))?;
//! let verify_everywhere = Keys::new(lookup(), 1, from_vault(1))?.also_verify(2, from_vault(2))?;
//! let issue = Keys::new(lookup(), 2, from_vault(2))?.also_verify(1, from_vault(1))?;
//! let drop_the_old = Keys::new(lookup(), 2, from_vault(2))?;
//!
//! # let engine = Engine::builder().keys(issue).store(MemoryStore::new());
//! # let engine = engine.directory(MemoryDirectory::new()).delivery(MemoryInbox::new());
//! # let engine = engine.open().await?;
//! let tenants = [TenantId::parse("contoso")?];
//! let now = SystemClock.now();
//! assert!(!may_drop(&engine, &tenants, 1, now).await?);
//! let an_hour = std::time::Duration::from_secs(3_600);
//! assert!(may_drop(&engine, &tenants, 1, now.minus(an_hour)).await?);
//! # Ok(())
//! # }
//! ```
//!
//! An id is never used for another secret. Up to four short-lived keys may stand side by side.
//!
//! When a short-lived key may have leaked, skip the first two steps: issue with a new one and drop
//! the old one at once. Everything outstanding dies with it, which is the point.
//!
//! **The seal's keys**, where there are any ([`Seal`](crate::port::Seal); `adapters::seal` with the
//! feature `seal`), are a third sort, and live as long as what they sealed: without its key a seed is
//! lost. They rotate online, in four steps, each of which reaches every process before the next
//! begins:
//!
//! 1. *Open everywhere*: the new key only opens.
//! 2. *Seal*: the new key seals, the old one still opens.
//! 3. *Seal anew*, by [`reseal`](crate::Engine::reseal) in any one process, tenant by tenant, from the
//!    first page to the last. Nobody is asked to wait and nobody is told; each account is one commit.
//!    Keep the text of the cursor with what was [`left`](crate::ResealPage::left): after a crash any
//!    process goes on from there. In the second step, or earlier, it would be too early: a process
//!    that still seals with the old key adds seeds of it behind your back.
//! 4. *Drop*, when a run from the first page to the last has left nothing. What is left names the
//!    account and the fault: a seed that cannot be opened at all is lost, and its owner enrols anew.
//!
//! A backup holds the seeds as they were: keep the old key in the vault for as long as a backup from
//! before may have to be restored, and after a restore seal anew once more.
//!
//! ```
//! # #[cfg(feature = "seal")]
//! # mod recipe {
//! # use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
//! use sspr::adapters::seal::KeySeal;
//! use sspr::port::Cursor;
//! use sspr::{Engine, Error, Keys, SecretBytes, TenantId};
//!
//! /// Whether everything is under the new key; `kept` is what an earlier process got to.
//! async fn seal_anew(
//!     engine: &Engine,
//!     tenant: &TenantId,
//!     kept: &mut Option<String>,
//! ) -> Result<bool, Error> {
//!     let mut whole = true;
//!     loop {
//!         let after = kept.as_deref().map(Cursor::new);
//!         let page = engine.reseal(tenant, after.as_ref(), 100).await?;
//!         for seeds in &page.left {
//!             println!("{}: {}", seeds.user, seeds.error);
//!         }
//!         for account in &page.unreadable {
//!             println!("{account}");
//!         }
//!         whole &= page.left.is_empty() && page.unreadable.is_empty();
//!         *kept = page.next.map(|next| next.as_str().to_owned()); // keep `whole` with it
//!         if kept.is_none() {
//!             return Ok(whole);
//!         }
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # pub async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let from_vault = |id: u16| SecretBytes::new(vec![id as u8; 32]);
//! let before = KeySeal::new(1, from_vault(1))?;
//! let open_everywhere = KeySeal::new(1, from_vault(1))?.also_open(2, from_vault(2))?;
//! let seal = KeySeal::new(2, from_vault(2))?.also_open(1, from_vault(1))?;
//! let drop_the_old = KeySeal::new(2, from_vault(2))?;
//!
//! # let engine = Engine::builder().keys(Keys::new(from_vault(99), 9, from_vault(98))?);
//! # let engine = engine.store(MemoryStore::new()).directory(MemoryDirectory::new());
//! # let engine = engine.delivery(MemoryInbox::new());
//! let engine = engine.seal(seal).open().await?;
//! assert!(seal_anew(&engine, &TenantId::parse("contoso")?, &mut None).await?);
//! # Ok(())
//! # }
//! # }
//! # #[cfg(feature = "seal")]
//! # recipe::main()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Once an old key of the seal has leaked, a rotation does not help whoever had a copy of the store
//! with it: [`threats`](super::threats) says what does.

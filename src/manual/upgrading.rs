//! Upgrades: stored data, and the keys.
//!
//! # What is stored
//!
//! From the first release on, each release reads the records, policies and events of all earlier ones.
//! Before the first release this does not hold: stored forms may change without a migration, and the
//! changelog names each change.
//!
//! - **Records** carry their format, the oldest release that may read them and the oldest that may write
//!   them. A release keeps fields that it does not know through its own writes. A release that is too old
//!   for a record returns `Corrupt` and does not change it: the account is closed to that release, not
//!   damaged.
//! - **Policies** carry the oldest release that may read them. Reading a policy validates it again. A
//!   stored policy that a newer release refuses causes a fault and is not replaced by a default. Before
//!   an upgrade, run [`Policy::new`](crate::Policy::new) of the new release on the settings of each
//!   tenant.
//! - **Events** carry their format. An unknown kind of event is read as
//!   [`EventKind::Other`](crate::audit::EventKind::Other), with its code and its fields, and hides no other
//!   event.
//! - **Cursors** belong to a store. Expect to start from the first page after a change of store.
//! - **Tickets and codes** are derived and short-lived. At worst an upgrade voids the outstanding ones,
//!   and users start again.
//! - **A store of your own** keeps bodies and events byte for byte and never reads them, so an upgrade
//!   of the engine changes nothing for it. Columns may be added: keep those that you know.
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
//! **From a store made before the first release.** Accounts of an older form return `Corrupt` and stay
//! unchanged. Begin with an empty store: put the policies again, and let users register again, as
//! [`Registration::prompt`](crate::Registration::prompt) asks them to. A stored policy ignores settings
//! under an old name: `on_premises.unlock_without_reset` is now `unlock_without_reset` at the top.
//!
//! Until 1.0 a minor release may break the API and raise the oldest Rust; a patch release does neither.
//! `testing` and `conformance` may change with any minor release: run the kit again.
//!
//! # A rolling upgrade
//!
//! An older release beside a newer one keeps the fields it does not know, or closes the account to
//! itself. So processes may be upgraded one by one:
//!
//! 1. Read the changelog.
//! 2. Upgrade all processes. Put no policy meanwhile: an older release may not know its settings.
//! 3. When the last process is upgraded, use the new features.
//!
//! Going back works in the same way until a new feature was used: the accounts that use it then stay
//! closed to the older release. As always, clocks of processes may differ by 30 seconds.
//!
//! # Keys
//!
//! [`Keys`](crate::Keys) has two kinds of key. Each is at least 32 random bytes from a vault, never
//! from the store or its backups.
//!
//! **The lookup key** names records and counters. It never changes for a store:
//! [`open`](crate::builder::EngineBuilder::open) with another lookup key returns `Denied`. The lookup key derives
//! no code and no ticket. If it leaks, the names of records can be computed, and made-up masks can be
//! told from real ones. That opens no account by itself.
//!
//! **The short-lived keys** derive codes and tickets. They have ids and rotate in three steps. Each
//! step reaches every process before the next begins:
//!
//! 1. *Verify everywhere*: the new key only verifies.
//! 2. *Issue*: the new key issues, the old one still verifies.
//! 3. *Drop*: remove the old key when nothing that it issued is still valid.
//!
//! Note when the last process has begun the second step. Wait for the longest life of a flow (15
//! minutes by default) and a minute for clocks. Then
//! [`short_keys_in_use`](crate::Engine::short_keys_in_use) says for each tenant whether the third step
//! is safe; before that, a user's code or ticket could be refused.
//!
//! ```
//! # use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
//! use sspr::port::SystemClock;
//! use sspr::{Engine, Error, Keys, SecretBytes, TenantId, Timestamp};
//! use sspr::port::Clock;
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
//! # let engine = engine.directory(MemoryDirectory::new()).sessions(sspr::port::NoSessions).delivery(MemoryInbox::new());
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
//! An id is never used for another secret. Up to four short-lived keys may be in use at once.
//!
//! If a short-lived key may have leaked, skip the first two steps: issue with a new one and drop the
//! old one at once. This voids all outstanding codes and tickets, as intended.
//!
//! **The seal's keys** ([`Seal`](crate::port::Seal); `adapters::seal` with the feature `seal`) are a
//! third kind. A seal key is kept as long as a seed is sealed under it: without its key a seed is lost. The
//! seal's keys rotate online in four steps. Each step reaches every process before the next begins:
//!
//! 1. *Open everywhere*: the new key only opens.
//! 2. *Seal*: the new key seals, the old one still opens.
//! 3. *Reseal*: call [`reseal`](crate::Engine::reseal) in any one process, tenant by tenant, from the
//!    first page to the last. Users notice nothing; each account is one commit. Keep the text of the
//!    cursor with what was [`left`](crate::maintenance::ResealPage::left): after a crash any process continues from
//!    there. Do not begin earlier: a process that still seals with the old key would add seeds under
//!    it.
//! 4. *Drop*: remove the old key when a run from the first page to the last has left nothing. Each
//!    entry of `left` names the account and the fault: a seed that cannot be opened at all is lost, and
//!    its owner enrols again.
//!
//! A backup contains the seeds as they were. Keep the old key in the vault while an older backup may
//! have to be restored, and reseal once more after a restore.
//!
//! ```
//! # #[cfg(feature = "seal")]
//! # mod recipe {
//! # use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
//! use sspr::adapters::seal::KeySeal;
//! use sspr::port::Cursor;
//! use sspr::{Engine, Error, Keys, SecretBytes, TenantId};
//!
//! /// Whether every seed is under the new key; `kept` is the cursor at which an earlier process stopped.
//! async fn reseal_tenant(
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
//! # let engine = engine.store(MemoryStore::new()).directory(MemoryDirectory::new()).sessions(sspr::port::NoSessions);
//! # let engine = engine.delivery(MemoryInbox::new());
//! let engine = engine.seal(seal).open().await?;
//! assert!(reseal_tenant(&engine, &TenantId::parse("contoso")?, &mut None).await?);
//! # Ok(())
//! # }
//! # }
//! # #[cfg(feature = "seal")]
//! # recipe::main()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! If an old key of the seal has leaked, a rotation does not help against a thief who also has a copy
//! of the store. [`threats`](super::threats) says what helps then.

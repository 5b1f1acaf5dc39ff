//! Moving to another store, and changing the lookup key: one operation,
//! [`copy`](crate::transfer::copy).
//!
//! # What is copied
//!
//! Everything of the tenants that you name: policies, accounts and decoys, each under its version, and
//! every event, including those of deleted records. Name **every** tenant: a store cannot list them.
//! With the same lookup key the engine continues on the target: open flows, codes on their way, waiting
//! messages (under the same idempotency keys), budgets, locks, writes in flight.
//!
//! Counters are not copied, since a store cannot list them either. The limits across accounts (by
//! source, destination, number range and tenant) start a new window, of a day at most. The budgets of
//! an account are in its record and are copied. Cursors into the audit trail belong to a store: a
//! reader begins again in the target, where events of different accounts may be in another order.
//!
//! [`TransferReport::left_behind`](crate::transfer::TransferReport::left_behind) lists tenants that were not named and
//! have something due in the source. It cannot find a tenant with nothing due: take the list from your
//! directory.
//!
//! # How
//!
//! 1. **Trial.** Prepare an empty target with `create` of its kind, and run the copy while the engines
//!    run. The trial shows how long a copy takes and what cannot be read. It ends as
//!    [`Incomplete`](crate::transfer::Stage::Incomplete) if the engines write meanwhile, and as
//!    [`Finished`](crate::transfer::Stage::Finished) otherwise. Either way **the target stays closed**,
//!    and a trial may be repeated. (With [another lookup key](#another-lookup-key), discard the target
//!    of a trial.)
//! 2. Stop every engine on the source, `maintain` included.
//! 3. **Close and copy.** Run the copy again with
//!    [`close_source_first`](crate::transfer::Transfer::close_source_first). From then on no engine
//!    opens the source, and the stores of this crate refuse every write to it: an engine that you
//!    forgot fails instead of writing data that would be lost. The run copies what has changed. On
//!    PostgreSQL, connect to the source as the role that owns the schema: closing it changes
//!    `schema_version`.
//! 4. **Compare.** The same run compares both sides and ends as `Finished` or `Incomplete`.
//! 5. **Open.** Call [`open_target`](crate::transfer::Transfer::open_target). It requires a run that
//!    found both sides equal.
//! 6. Start the engines on the target, with the new store's id
//!    ([`expect_store`](crate::builder::EngineBuilder::expect_store)). Keep the source closed.
//!
//! To stay with the source, at any time before the target is opened, call
//! [`give_up`](crate::transfer::Transfer::give_up). It makes the target unusable and then opens the
//! source again.
//!
//! To move back, move again, into an **empty** store. The copy refuses the old source as a target
//! ([`Opened`](crate::transfer::TransferError::Opened)): it is older than what has been used since. It
//! also refuses a target that was opened before, and one store on both sides
//! ([`SameStore`](crate::transfer::TransferError::SameStore)).
//!
//! ```no_run
//! use sspr::transfer::{Checkpoint, Stage, TransferError, copy};
//! use sspr::TenantId;
//! use sspr::port::{Retry, Store};
//!
//! # async fn wait() {}
//! # fn keep(_: &str) {}
//! async fn run(from: &dyn Store, to: &dyn Store) -> Result<bool, TransferError> {
//!     let copy = copy(from, to, [TenantId::parse("contoso")?])?;
//!     let mut copy = copy.close_source_first();
//!     loop {
//!         match copy.step().await {
//!             Ok(progress) if progress.stage.is_over() => {
//!                 println!("{:#?}", copy.report());
//!                 if progress.stage == Stage::Finished {
//!                     copy.open_target().await?;
//!                 }
//!                 return Ok(progress.stage == Stage::Finished);
//!             }
//!             Ok(progress) => println!("{:?}: {}", progress.stage, progress.records),
//!             // The next call repeats the part that failed, whether or not it took effect.
//!             Err(error) if error.retry() == Retry::Later => wait().await,
//!             Err(error) => return Err(error),
//!         }
//!         // If this process ends, another continues: `copy.resume(&Checkpoint::parse(..)?)?`.
//!         if let Some(checkpoint) = copy.checkpoint() {
//!             keep(&checkpoint.as_text());
//!         }
//!     }
//! }
//! ```
//!
//! The secrets of authenticator apps stay sealed. The note that says which seal opens them is copied
//! when the target is opened: give its engines the same seal, or one that also has the old key. An
//! engine with any other seal is refused with `Denied`.
//!
//! The copy may be interrupted anywhere. This process or another continues it, with a checkpoint or
//! without, and two at once do not disturb each other. Until the target is opened it holds a mark, and
//! [`open`](crate::builder::EngineBuilder::open) refuses it with `Denied`. The copy refuses a target that holds
//! anything else ([`Occupied`](crate::transfer::TransferError::Occupied)) and does not change it.
//!
//! # How it is verified
//!
//! The last part reads both sides: each record's version and body, records that the target should not
//! have, all events by a sum over them, and what is due. The
//! [`TransferReport`](crate::transfer::TransferReport) lists every difference, and the target stays
//! closed. If the versions of a record differ, it was written during the copy: stop the writer and copy
//! again. A record that is damaged, foreign or closed by a newer release is listed by its key. After
//! looking at each, call [`leave_out_unreadable`](crate::transfer::Transfer::leave_out_unreadable) to
//! finish without them; those accounts start with new records. A row that the source store itself cannot
//! read ends the copy with `Corrupt`: repair or remove it first.
//!
//! # Another lookup key
//!
//! [`Transfer::rename`](crate::transfer::Transfer::rename) copies every record and event under the name
//! that the new lookup key derives. It is the only way to change that key. Before you stop the engines,
//! let `maintain` deliver what waits.
//!
//! | Part of an account | After the copy |
//! |---|---|
//! | other methods, recovery codes, sealed seeds with their replay marks, known devices | valid: they are bound to the tenant and the user, not to the key |
//! | security questions | **removed**, with a `method_removed` event and a notice to the owner: their hashes are made under the old key, so no answer would match. The [prompt](crate::Registration::prompt) asks for a new set when the interval ends; to ask at the next sign-in, call [`require_registration`](crate::Admin::require_registration) |
//! | registration, budgets, locks, the count of challenges, the epoch | unchanged |
//! | waiting notices and revocations | kept, under **new** idempotency keys: if a delivery was not recorded before the engines stopped, the message is sent twice |
//! | flows, their tickets, challenges, codes and links | ended, with a `flow_ended` event; a waiting code is not sent |
//! | a write in flight | unsettled; its owner is notified |
//! | events | kept, renamed with their record and linked again: [`verify_trail`](crate::Admin::verify_trail) still finds what was altered before |
//! | short hashes of sources and sessions | meaningless: a skipped prompt may be shown once more |
//!
//! The numbers of an account continue, so no code or event repeats. Masks and decoys of unknown names
//! change: an observer who compares them before and after the move learns that the key was changed.

//! Moving to another store, and changing the lookup key: one operation, [`copy`](crate::transfer::copy).
//!
//! # What moves
//!
//! Everything of the tenants that you name: policies, accounts, decoys, each under its version, and
//! every event, also of records that are gone. Name **every** tenant: a store cannot list them. Under
//! the same lookup key the engine on the target goes on where the other one stopped: open flows, codes
//! that are on their way, messages that wait (under the same idempotency keys), budgets, locks, writes
//! in flight.
//!
//! Counters do not move, since a store cannot list them either: the limits across accounts (by source,
//! destination, number range and tenant) begin a new window, of a day at most. What an account may
//! still try stands in its record, and moves. Cursors into the audit trail are the store's own: a
//! reader begins again in the target, where the order of different accounts' events may be another.
//!
//! Tenants that were not named and have something due in the source are listed in
//! [`TransferReport::left_behind`](crate::transfer::TransferReport::left_behind). A tenant in which nothing waits is not
//! found that way: take the list from your directory.
//!
//! # How
//!
//! 1. **Trial.** Prepare the target: empty, made by `create` of its kind. Try the copy while the engines
//!    run. It shows how long it takes and what cannot be read. It ends as
//!    [`Incomplete`](crate::transfer::Stage::Incomplete) if they write meanwhile, and as
//!    [`Finished`](crate::transfer::Stage::Finished) in a quiet hour. Either way **the target stays
//!    closed**, and a trial may be repeated. (With [another lookup key](#another-lookup-key), throw the
//!    target of a trial away.)
//! 2. Stop every engine on the source, `maintain` included.
//! 3. **Close and copy.** Run the copy again with
//!    [`close_source_first`](crate::transfer::Transfer::close_source_first). From here on no engine opens
//!    the source, and the stores of this crate refuse every write to it: an engine that was forgotten
//!    fails, instead of writing what is lost. The run brings over what has changed.
//!    On PostgreSQL, connect to the source as the role that owns the schema: closing it changes
//!    `schema_version`.
//! 4. **Compare.** The same run compares both sides and ends as `Finished` or `Incomplete`.
//! 5. **Open.** Call [`open_target`](crate::transfer::Transfer::open_target). Only a run that has found
//!    both sides equal can do so.
//! 6. Start the engines on the target, with the new store's id
//!    ([`expect_store`](crate::EngineBuilder::expect_store)). Keep the source closed.
//!
//! To stay with the source instead, at any time before the target is opened:
//! [`give_up`](crate::transfer::Transfer::give_up). It makes the target useless, then opens the source
//! again.
//!
//! Moving back is a move like the first one, into an **empty** store. The old source is refused
//! ([`Opened`](crate::transfer::TransferError::Opened)): what it holds is older than what was used since.
//! So is a target that was opened, a second time, and one store on both sides
//! ([`SameStore`](crate::transfer::TransferError::SameStore)).
//!
//! ```no_run
//! use sspr::transfer::{Checkpoint, Stage, TransferError, copy};
//! use sspr::{Retry, Store, TenantId};
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
//!             // The same part is done again, whatever became of it.
//!             Err(error) if error.retry() == Retry::Later => wait().await,
//!             Err(error) => return Err(error),
//!         }
//!         // For another process, should this one end: `copy.resume(&Checkpoint::parse(..)?)?`.
//!         if let Some(checkpoint) = copy.checkpoint() {
//!             keep(&checkpoint.as_text());
//!         }
//!     }
//! }
//! ```
//!
//! The secrets of authenticator apps stay sealed as they are. The note that says which seal opens them
//! comes over when the target is opened: give its engines the same seal, or one that has the old key
//! beside its own. An engine with any other seal is refused with `Denied`.
//!
//! It may be broken off anywhere. Begun again, with a checkpoint or without one, by this process or
//! another, it goes on; two at once do each other no harm. Until it is opened the target holds a mark, and
//! [`open`](crate::EngineBuilder::open) refuses it with `Denied`. A target that holds anything else is
//! refused by the copy ([`Occupied`](crate::transfer::TransferError::Occupied)) and left as it is.
//!
//! # How it is verified
//!
//! The last part reads both sides: each record's version and body; which records the target should not
//! have; all events, by a sum over them; and what is due. Anything that differs is listed in the
//! [`TransferReport`](crate::transfer::TransferReport), and the target stays closed. A record that was written to
//! meanwhile shows by its version: stop what writes, and copy again. A record that is damaged, foreign
//! or closed by a newer release is listed by its key; after a look at each,
//! [`leave_out_unreadable`](crate::transfer::Transfer::leave_out_unreadable) finishes without them, and
//! those accounts begin anew. A row that the source store itself cannot read ends the copy with
//! `Corrupt`: repair or remove it first.
//!
//! # Another lookup key
//!
//! [`Transfer::rename`](crate::transfer::Transfer::rename) gives everything the name that the new key
//! makes of it. This is the only way to change that key. Stop the engines first, and before that let
//! `maintain` deliver what waits.
//!
//! | Of an account | Then |
//! |---|---|
//! | methods, recovery codes, sealed seeds with their replay marks, known browsers | stay good: they are bound to the tenant and the user, not to the key |
//! | registration, budgets, locks, the count of challenges, the epoch | stay |
//! | notices and revocations that wait | stay, and go out under **new** idempotency keys: one whose delivery was not noted before the engines stopped comes twice |
//! | flows, their tickets, challenges, codes and links | end, with a `flow_ended` event; a code that waited is not sent |
//! | a write in flight | ends as unsettled; its owner is told |
//! | events | stay, renamed with their record |
//! | short hashes of sources and sessions | mean nothing any more: a prompt that was put off may be shown once more |
//!
//! The accounts' numbers go on, so no code or event repeats. Masks and decoys of unknown names are
//! others than before: whoever watched them across the move learns that the key was changed.

//! Writing a store, and testing it.
//!
//! A [`Store`](crate::Store) has seven methods. Attempt caps and single use follow from its contract
//! and from nothing else: it is the one piece whose mistakes let somebody in. The contract itself
//! stands at the trait, and each of its sentences is a property of the kit.
//!
//! # The contract in plain words
//!
//! - **A record is a key, a version and a text.** Keep the text byte for byte: no JSON column that
//!   tidies it up, no collation, no trimming. A version is a count *and* a nonce, 64 bits each.
//! - **`commit` is compare-and-set.** Replace the record if the version there is the expected one,
//!   and append the events in the same transaction. `None` means "insert, and only insert". Answer
//!   when it is durable.
//! - **`load` is linearizable.** No cache and no replica, not for a millisecond. Unreadable is
//!   `Corrupt`, never none: "none" gives a fresh account with full budgets. Unreadable is what the
//!   store itself cannot make sense of: bytes that are no text, a version that is no number. A body
//!   is handed back as it is there; whether it makes sense is for the engine to judge.
//! - **`add` never loses.** One atomic increment for each increment, values in the order of the batch.
//! - **`due` never leaves out** a record that keeps its alarm. Page by something that does not move,
//!   and that is unique: a time alone is not. Times may lie before 1970: mind the sign in a key.
//! - **`scan` hands out each record once**, of one tenant and kind, in an order that no commit changes.
//! - **`events` skips none.** A sequence number is taken before its transaction is visible, so a
//!   reader can overtake a slow writer. Take the number under the lock that the commit holds, or hand
//!   out nothing above the oldest transaction in flight. No number comes again: keep the last one
//!   apart from the events, or a purge hides the next ones from whoever reads on.
//! - **A cursor is taken only as it was handed out**: parse it, and refuse all else with `Denied`, an
//!   empty text too. The last page of `due` or `scan` may have one, if an empty page follows.
//! - **`purge` decides at the moment it removes.** Put the condition into the delete statement.
//! - **Nobody reads a clock**, and no database sets a time-to-live.
//! - **Errors say what is known.** `Unavailable` if surely nothing happened, as before a transaction's
//!   last step; a failure of that step, or a time-out after it was sent, is `Unknown`.
//! - **Of the columns** only `tenant`, `kind`, `wake_at` and `expires_at` are ever asked for. Nothing
//!   reads the others back; keep them where operators look.
//! - **A dropped future** happened or not, never in part. Do not spread a commit over two awaits
//!   without a transaction around them.
//!
//! # On a database
//!
//! One table for records (key, count, nonce, body, columns), with indexes on `wake_at`, on
//! (`tenant`, `kind`, key) and on `expires_at`; one for events, one for counters. `commit` is one
//! transaction: `UPDATE ... WHERE key = ? AND count = ? AND nonce = ?`, or `INSERT` without any
//! `ON CONFLICT`, and look at the number of rows. Default isolation is enough for that. A record's key
//! has a [shard](crate::RecordKey::shard); its events share it, and no statement needs two.
//!
//! # On a key-value store
//!
//! The indexes are yours: an entry for each listing that a row stands in, written in the transaction
//! that writes the row, and removed in the one that replaces or purges it. Let the position in the
//! list be the cursor: `key` for `scan`, time and key for `due`, the number for `events`; numbers in
//! big-endian or at a fixed width, so that their order is that of the bytes. One writer at a time
//! makes compare-and-set a read and a write in one transaction.
//!
//! Where one process only can open the database, two handles are clones of one, and the kit cannot
//! kill a process: a commit that is not brought to the disk passes, since a database that is closed
//! in order writes it then. Look at its durability setting yourself.
//!
//! # A whole store
//!
//! Under one lock all of it is easy; this one keeps the contract but for durability. It is run with
//! this page, and judged by the kit where the feature `conformance` is on. The repository's
//! `examples/custom_store.rs` is the same on a file that survives the power cut.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::{Mutex, MutexGuard, PoisonError};
//! use sspr::port::*;
//! use sspr::{CounterKey, RecordKey, TenantId, Timestamp};
//!
//! #[derive(Default)]
//! struct Tables {
//!     records: BTreeMap<RecordKey, (Record, Columns)>,
//!     events: BTreeMap<u64, Event>,
//!     last: u64,
//!     counters: BTreeMap<CounterKey, (u64, Timestamp)>,
//! }
//!
//! #[derive(Default)]
//! struct Locked(Mutex<Tables>);
//!
//! impl Locked {
//!     fn tables(&self) -> MutexGuard<'_, Tables> {
//!         self.0.lock().unwrap_or_else(PoisonError::into_inner)
//!     }
//!
//!     /// Records after the cursor, by key: the one order that no commit changes.
//!     fn list(
//!         &self,
//!         after: Option<&Cursor>,
//!         limit: usize,
//!         wanted: impl Fn(&Columns) -> bool,
//!     ) -> PortResult<Page<Record>> {
//!         let after = after.map(|cursor| cursor.as_str().parse::<RecordKey>()).transpose();
//!         let after = after.map_err(|error| PortError::denied().because(error))?;
//!         let tables = self.tables();
//!         let rows = tables.records.iter().filter(|(key, row)| Some(**key) > after && wanted(&row.1));
//!         let mut found: Vec<Record> =
//!             rows.take(limit.saturating_add(1)).map(|(_, row)| row.0.clone()).collect();
//!         let more = found.len() > limit;
//!         found.truncate(limit);
//!         let last = found.last().filter(|_| more);
//!         let next = last.map(|record| Cursor::new(record.key().to_string()));
//!         Ok(Page::new(found, next))
//!     }
//! }
//!
//! #[async_trait]
//! impl Store for Locked {
//!     async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
//!         Ok(self.tables().records.get(key).map(|row| row.0.clone()))
//!     }
//!
//!     async fn commit(&self, commit: Commit<'_>) -> PortResult<Committed> {
//!         let mut tables = self.tables();
//!         let there = tables.records.get(commit.next.key()).map(|row| row.0.version());
//!         if there != commit.expected {
//!             return Ok(Committed::Stale);
//!         }
//!         let row = (commit.next.clone(), commit.columns.clone());
//!         tables.records.insert(*commit.next.key(), row);
//!         for event in commit.events {
//!             tables.last += 1;
//!             let number = tables.last; // under the lock: no reader overtakes it
//!             tables.events.insert(number, event.clone());
//!         }
//!         Ok(Committed::Applied)
//!     }
//!
//!     async fn increment(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
//!         let mut tables = self.tables();
//!         let add = |increment: &CounterIncrement| {
//!             if increment.amount == 0 {
//!                 // A question, which writes nothing.
//!                 return tables.counters.get(&increment.key).map_or(0, |counter| counter.0);
//!             }
//!             let counter = tables.counters.entry(increment.key).or_insert((0, increment.expires_at));
//!             counter.0 += u64::from(increment.amount);
//!             counter.1 = counter.1.max(increment.expires_at);
//!             counter.0
//!         };
//!         Ok(increments.iter().map(add).collect())
//!     }
//!
//!     async fn due(
//!         &self,
//!         now: Timestamp,
//!         after: Option<&Cursor>,
//!         limit: usize,
//!     ) -> PortResult<Page<RecordKey>> {
//!         let due = |columns: &Columns| columns.wake_at.is_some_and(|at| at <= now);
//!         let page = self.list(after, limit, due)?;
//!         Ok(Page::new(page.items.iter().map(|record| *record.key()).collect(), page.next))
//!     }
//!
//!     async fn scan(
//!         &self,
//!         tenant: &TenantId,
//!         kind: RecordKind,
//!         after: Option<&Cursor>,
//!         limit: usize,
//!     ) -> PortResult<Page<Record>> {
//!         self.list(after, limit, |columns| columns.tenant == *tenant && columns.kind == kind)
//!     }
//!
//!     async fn events(
//!         &self,
//!         of: EventsOf<'_>,
//!         after: Option<&Cursor>,
//!         limit: usize,
//!     ) -> PortResult<Page<Event>> {
//!         let after = after.map_or(Ok(0), |cursor| cursor.as_str().parse::<u64>());
//!         let after = after.map_err(|error| PortError::denied().because(error))?;
//!         let tables = self.tables();
//!         let wanted = |event: &Event| match of {
//!             EventsOf::Record(key) => event.id.record == *key,
//!             EventsOf::Tenant(tenant) => event.tenant == *tenant,
//!             _ => false,
//!         };
//!         let rows = tables.events.range(after.saturating_add(1)..);
//!         let rows: Vec<_> = rows.filter(|(_, event)| wanted(event)).take(limit).collect();
//!         // A cursor also at the end: more will come.
//!         let next = rows.last().map(|(number, _)| Cursor::new(number.to_string()));
//!         Ok(Page::new(rows.into_iter().map(|(_, event)| event.clone()).collect(), next))
//!     }
//!
//!     async fn purge(&self, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
//!         let mut tables = self.tables();
//!         let mut removed = 0;
//!         let mut stays = |old: bool| {
//!             let goes = old && removed < limit;
//!             removed += usize::from(goes);
//!             !goes
//!         };
//!         let expired = |at: Timestamp| at <= cutoff.expired;
//!         tables.records.retain(|_, row| stays(row.1.expires_at.is_some_and(expired)));
//!         tables.counters.retain(|_, (_, until)| stays(expired(*until)));
//!         tables.events.retain(|_, event| stays(event.at < cutoff.events_before));
//!         Ok(removed as u64)
//!     }
//! }
//!
//! # #[cfg(feature = "conformance")]
//! # {
//! let report = sspr::conformance::check(Locked::default);
//! assert!(report.violations.is_empty(), "{report}");
//! # }
//! ```
//!
//! # Testing it
//!
//! With the feature `conformance`, which only your tests need, one line in an integration test makes
//! a named test of each property, races included:
//! `sspr::conformance_tests!(my_store, MyStore::connect_to_an_empty_one);`. The first word names a
//! module, so let it differ from the names of your crates.
//! A harness of your own says what else the store can do: several handles, reopening, a second
//! process, the loss of a node, being damaged. What it cannot do is listed as skipped, aloud. The kit
//! wipes data: give it a store of its own.
//!
//! A second process finds what one process hides from itself: a write that only a buffer has, a lock
//! that only this process knows. It is the test binary once more; the harness says where the store is
//! and how to join it, and the kit starts, races and kills it:
//!
//! ```no_run
//! # use std::sync::Arc;
//! use sspr::Store;
//! use sspr::port::{PortResult, async_trait};
//! # #[cfg(feature = "conformance")]
//! # mod example {
//! # use super::*;
//! use sspr::conformance::{Ability, Harness, StoreUnderTest};
//!
//! struct Databases;
//! struct Database(String);
//!
//! #[async_trait]
//! impl Harness for Databases {
//!     async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
//!         Ok(Box::new(Database(an_empty_one())))
//!     }
//!
//!     async fn join(&self, address: &str) -> PortResult<Box<dyn StoreUnderTest>> {
//!         Ok(Box::new(Database(address.to_owned()))) // and nobody removes it here
//!     }
//! }
//!
//! #[async_trait]
//! impl StoreUnderTest for Database {
//!     async fn open(&self) -> PortResult<Arc<dyn Store>> {
//!         connect(&self.0)
//!     }
//!
//!     fn several_handles(&self) -> Ability {
//!         Ability::Has
//!     }
//!
//!     fn several_processes(&self) -> Ability {
//!         Ability::Has
//!     }
//!
//!     fn address(&self) -> String {
//!         self.0.clone()
//!     }
//! }
//!
//! sspr::conformance_tests!(my_store, Databases);
//! # fn an_empty_one() -> String { String::new() }
//! # fn connect(_: &str) -> PortResult<Arc<dyn Store>> { Err(sspr::PortError::unavailable()) }
//! # }
//! # fn main() {}
//! ```
//!
//! The properties about size write few accounts by default; `Harness::accounts` makes them many, in a
//! test of its own. A store that only a server keeps runs on its own runtime: `Harness::drive`.
//!
//! A violation quotes the sentence, says what was seen, and what an attacker gains by it. Run the kit
//! again after every upgrade. What no kit sees stays with you: that no replica is ever asked, that
//! durable means durable when the power fails, that the driver reports a lost reply as `Unknown`.
//!
//! # Mistakes that the kit catches
//!
//! | Mistake | Caught by | What it costs |
//! |---|---|---|
//! | read, compare in code, write | `commit_has_one_winner` | one code, two successes |
//! | an upsert where an insert is meant | `commit_inserts_only_what_is_absent` | reserved attempts are wiped |
//! | only the count is compared | `commit_compares_the_nonce` | an engine takes another's write for its own |
//! | the nonce in a signed or floating column | `load_returns_versions_as_given` | always stale, or the wrong version matches |
//! | events in a second transaction | `commit_dropped_is_whole_or_nothing` | a change without its audit event |
//! | a cache in front of `load` | `load_sees_applied_commits` | a used code looks unused |
//! | a JSON column | `load_returns_bodies_byte_for_byte` | fields of a newer release are lost |
//! | unreadable answered as none | `load_tells_damaged_from_absent` | budgets start afresh |
//! | a time-to-live in the database | `no_method_reads_the_time` | a wrong clock revives budgets |
//! | counters by read and write | `add_loses_nothing_in_a_race` | limits that are passed in parallel |
//! | a cursor that is a time alone | `due_is_complete_while_others_change` | a notice that is never sent |
//! | a listing by time of change | `scan_hands_out_each_once_while_they_change` | an account left out of a revocation |
//! | tenants compared without case or by prefix | `scan_keeps_similar_tenants_apart` | another tenant's accounts |
//! | numbers from a sequence, read at once | `events_skip_none_while_writers_commit` | a gap in the audit trail |
//! | numbers that come again after a purge | `events_can_be_read_on_from_the_end` | a gap in the audit trail |
//! | select what has expired, then delete it | `purge_spares_what_a_commit_extends` | a live record is removed |
//! | a cursor glued into a statement | `cursors_of_others_making_are_refused` | an injection |
//! | the handle's own last version is compared | `commit_compares_with_what_other_handles_wrote` | a server undoes another's decision |
//! | a driver that tries again by itself | `commit_made_again_is_stale` | one code, two successes |
//! | answered before it is written | `commit_survives_a_killed_process` | a crash makes a used code good again |
//! | acknowledged by one node of several | `commit_survives_the_loss_of_a_node` | the same, by bringing down a node |
//! | a lock that one process knows | `commit_has_one_winner_across_processes` | two servers redeem one code |
//! | the alarm in a second transaction | `commit_dropped_is_whole_or_nothing` | a notice that is never sent |
//! | an alarm handed out as a queue does | `due_finds_what_a_caller_left_behind` | a crash takes notices with it |
//! | a column too narrow | `commit_takes_the_largest_records` | a busy account is cut short |
//! | a listing that ends at the database's limit | `listings_are_complete_at_any_size` | people left out of a revocation |
//! | a sequence with a cache for each connection | `events_skip_none_of_other_handles` | a gap in the audit trail |
//! | the latest time that anybody named | `times_are_those_of_the_arguments` | one wrong clock purges for all |
//! | removed before its time by the database | `what_has_not_expired_stays` | a spent budget revives |

//! Writing a store, and testing it.
//!
//! A [`Store`](crate::port::Store) has seven methods and an optional eighth, `fence`, which closes it for a
//! [move](super::moving). The limits on attempts and the single use of codes
//! depend on its contract alone, so a mistake in a store can let an attacker in. The contract is on the
//! trait, and each of its sentences is a property of the kit.
//!
//! # The contract in plain words
//!
//! - **A record is a key, a version and a text.** Keep the text byte for byte: no JSON column that
//!   normalises it, no collation, no trimming. A version is a count *and* a nonce, 64 bits each.
//! - **`commit` is compare-and-set.** Replace the record if its version is the expected one, and append
//!   the events in the same transaction. `None` means "insert, and only insert". Return when it is
//!   durable.
//! - **`load` is linearizable.** No cache and no replica, not for a millisecond. Return `Corrupt` for
//!   an unreadable record, never `None`: `None` gives a new account with full budgets. Unreadable means
//!   that the store itself cannot parse it: bytes that are no text, a version that is no number. Return
//!   a body as it is stored; the engine decides whether it is valid.
//! - **`increment` loses nothing.** Add each increment of the batch atomically, and return the new values
//!   in the order of the batch.
//! - **`due` never omits** a record that keeps its alarm. Page by a value that does not move and is
//!   unique: a time alone is not, and a number of rows (`OFFSET`) moves, since an engine clears the
//!   alarms of a page before it asks for the next. Times may be before 1970: consider the sign in a
//!   key.
//! - **`scan` returns each record once**, of one tenant and kind, in an order that no commit changes.
//! - **`events` skips none.** A sequence number is taken before its transaction is visible, so a reader
//!   can overtake a slow writer. Take the number under the lock that the commit holds, or return
//!   nothing above the oldest transaction in flight. Never reuse a number: keep the last one apart from
//!   the events, or a purge hides the next events from a reader that continues.
//! - **A cursor is accepted only as it was returned**: parse it, and refuse everything else with
//!   `Denied`, an empty text too. The last page of `due` or `scan` may have one, if an empty page
//!   follows.
//! - **`purge` evaluates its condition at the moment of removal.** Put the condition into the delete
//!   statement.
//! - **The store reads no clock**, and the database has no time-to-live.
//! - **Errors say what is known.** Return `Unavailable` if nothing happened for certain, as before a
//!   transaction's last step. Return `Unknown` if that step failed or timed out after it was sent.
//! - **Of the columns** the engine queries only `tenant`, `kind`, `wake_at` and `expires_at`. It never
//!   reads the others; keep them for operators.
//! - **If a future is dropped**, its call has happened or not, never in part. Do not spread a commit over
//!   two awaits without a transaction around them.
//!
//! # On a database
//!
//! Use one table for records (key, count, nonce, body, columns), with indexes on `wake_at`, on
//! (`tenant`, `kind`, key) and on `expires_at`; one for events, one for counters. `commit` is one
//! transaction: `UPDATE ... WHERE key = ? AND count = ? AND nonce = ?`, or `INSERT` without any
//! `ON CONFLICT`, and check the number of rows. The default isolation is enough. A record's key has a
//! [shard](crate::port::RecordKey::shard), its events share it, and no statement needs two.
//!
//! # On a key-value store
//!
//! You maintain the indexes: an entry for each listing that contains a row, written in the transaction
//! that writes the row, and removed in the one that replaces or purges it. Use the position in the list
//! as the cursor: `key` for `scan`, time and key for `due`, the number for `events`. Encode numbers in
//! big-endian or at a fixed width, so that they sort as bytes. With one writer at a time,
//! compare-and-set is a read and a write in one transaction.
//!
//! If only one process can open the database, two handles are clones of one, and the kit cannot kill a
//! process. A commit that is not written to the disk then passes, since a database that is closed
//! properly writes it. Check its durability setting yourself.
//!
//! # On several partitions
//!
//! A store whose keys are spread over machines keeps the contract if these five things hold. A record, its
//! events and its columns share a partition by [`RecordKey::shard`](crate::port::RecordKey::shard), so that
//! `commit` is one transaction of one partition.
//!
//! - **Reads are linearizable**: from the leader of the partition, never from a replica or an index that
//!   follows later.
//! - **`due` sees a commit at once.** An index that is updated afterwards (a global secondary index, a
//!   materialised view, a change stream) does not do. Keep the entries of `due` in the partition of the
//!   record, and ask all partitions.
//! - **A cursor has a place for each partition** that can still grow: for `events` of a tenant the last
//!   position in each, in 256 bytes together. With 16 partitions that is 15 bytes for each. Or list one
//!   partition after the other, as `scan` and `due` may: the cursor is the partition and the last key. Pages
//!   may then be empty in the middle.
//! - **Positions of events are taken in the commit**, in each partition. Sixteen counters that are read before
//!   their transactions are sixteen gaps.
//! - **An acknowledged commit is on more than one machine.** The harness's `lose_node` gets a key: stop the
//!   node that leads it.
//!
//! | System | What it needs | What to mind |
//! |---|---|---|
//! | DynamoDB | `TransactWriteItems` with a condition on count and nonce, `ConsistentRead` for `load` and for a query of the base table | A global secondary index is never consistent: keep `due` and `scan` as items of their own under a key for each partition. At most 100 items and 4 MB in a transaction. Time-to-live is off. A timeout is `Unknown`: repeat with the same `ClientRequestToken`, or read the version back. Numbers are kept exactly up to 38 digits, but a driver may read a double. |
//! | FoundationDB | a transaction with the read version of its own; versionstamps as positions of events | Versionstamps are in the order of commits, so they are never overtaken. `commit_unknown_result` is `Unknown`: do not let the client's loop repeat the commit. 10 MB and 5 s for a transaction. Snapshot reads are not linearizable for a compare-and-set. |
//! | MongoDB | a replica set, `w: "majority"` with `j: true`, reads with `readConcern: "linearizable"` and `readPreference: primary`, a session's transaction for record and events | `retryWrites` repeats by itself: keep it off, or read the version back. A linearizable read is for one document only: list in a transaction with `snapshot`. Store the body as a string, not as BSON. No TTL index. Strings compare without collation. |
//! | Cassandra, ScyllaDB | lightweight transactions at `SERIAL`, record and events in one partition and one conditional batch | `LOCAL_SERIAL` is for one data centre only. A timeout of a write is `Unknown`: read at `SERIAL`, which finishes what is pending. Never mix plain and conditional writes of a row. Counters are not exact after a timeout, and cannot be read and added in one step: use conditional writes. No `USING TTL`. A materialised view or a secondary index is too late for `due`. |
//! | Redis, Valkey | one script for each call, all keys in one slot (`{contoso}`), `appendfsync always`, and `WAIT` does not make it safe | Replication is asynchronous: a failover loses acknowledged commits, so it fits only where such a loss is accepted. `maxmemory-policy noeviction`, no `EXPIRE`. Lua reads numbers as doubles: pass count and nonce as text. A cluster moves slots: `MOVED` is `Unavailable`, a timeout is `Unknown`. |
//!
//! # A complete store
//!
//! Under one lock all of it is simple. This store keeps the contract except for durability. It is run
//! with this page, and checked by the kit if the feature `conformance` is on. The repository's
//! `examples/custom_store.rs` is the same on a file that survives a power failure.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::{Mutex, MutexGuard, PoisonError};
//! use sspr::audit::Event;
//! use sspr::port::*;
//! use sspr::{TenantId, Timestamp};
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
//!                 // An amount of zero only reads.
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
//!         // A cursor at the end too: more events may follow.
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
//! With the feature `conformance`, which only your tests need, one line in an integration test makes a
//! named test of each property, races included:
//! `sspr::conformance_tests!(my_store, MyStore::connect_to_an_empty_one);`. The first word names a
//! module, so it must differ from the names of your crates. A harness declares what else the store
//! supports: several handles, reopening, a second process, the loss of a node, injected damage.
//! Everything else is listed as skipped. The kit deletes data: give it a store of its own.
//!
//! A second process finds what one process hides from itself: a write that is only in a buffer, a lock
//! that only this process knows. It is the test binary, run once more. The harness says where the store
//! is and how to join it, and the kit starts, races and kills the process:
//!
//! ```no_run
//! # use std::sync::Arc;
//! use sspr::port::Store;
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
//!         Ok(Box::new(Database(address.to_owned()))) // the process that made it removes it
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
//! # fn connect(_: &str) -> PortResult<Arc<dyn Store>> { Err(sspr::port::PortError::unavailable()) }
//! # }
//! # fn main() {}
//! ```
//!
//! The properties about size write few accounts by default; set `Harness::accounts` in a separate test
//! for many. If the store's client needs a runtime, implement `Harness::drive`.
//!
//! A violation quotes the sentence and says what was observed and what an attacker gains. Run the kit
//! again after every upgrade. No kit can check three things: that no replica is read, that a commit
//! survives a power failure, and that the driver reports a lost reply as `Unknown`.
//!
//! # Mistakes that the kit catches
//!
//! | Mistake | Caught by | What it costs |
//! |---|---|---|
//! | read, compare in code, write | `commit_has_one_winner` | one code, two successes |
//! | an upsert where an insert is meant | `commit_inserts_only_what_is_absent` | counted attempts are wiped |
//! | only the count is compared | `commit_compares_the_nonce` | an engine mistakes another's write for its own |
//! | the nonce in a signed or floating column | `load_returns_versions_as_given` | always stale, or the wrong version matches |
//! | events in a second transaction | `commit_dropped_is_whole_or_nothing` | a change without its audit event |
//! | a cache in front of `load` | `load_sees_applied_commits` | a used code looks unused |
//! | a JSON column | `load_returns_bodies_byte_for_byte` | fields of a newer release are lost |
//! | unreadable returned as `None` | `load_tells_damaged_from_absent` | a new account with full budgets |
//! | a time-to-live in the database | `no_method_reads_the_time` | a wrong clock refills budgets |
//! | counters by a separate read and write | `add_loses_nothing_in_a_race` | limits exceeded by parallel requests |
//! | body and version read one after the other | `load_returns_one_committed_whole` | a counted attempt is overwritten |
//! | the same in a listing | `scan_returns_committed_wholes` | a change is built on an old body |
//! | a number of rows as the cursor of `due` | `due_is_complete_while_alarms_are_cleared` | a notice that is never sent |
//! | a number of rows as the cursor of `scan`, of a table or of each partition | `scan_hands_out_each_once_while_they_change` | an account left out of a revocation |
//! | a cursor that is a time alone | `due_is_complete_while_others_change` | a notice that is never sent |
//! | a listing by time of change | `scan_hands_out_each_once_while_they_change` | an account left out of a revocation |
//! | tenants compared without case or by prefix | `scan_keeps_similar_tenants_apart` | another tenant's accounts |
//! | numbers from a sequence, read at once | `events_skip_none_while_writers_commit` | a gap in the audit trail |
//! | numbers reused after a purge | `events_can_be_read_on_from_the_end` | a gap in the audit trail |
//! | select expired rows, then delete them | `purge_spares_what_a_commit_extends` | a live record is removed |
//! | a cursor concatenated into a statement | `cursors_of_others_making_are_refused` | an injection |
//! | a commit is compared with the last version that the same handle wrote | `commit_compares_with_what_other_handles_wrote` | a server undoes another's decision |
//! | a driver that retries by itself | `commit_made_again_is_stale` | one code, two successes |
//! | a reply before the commit is written | `commit_survives_a_killed_process` | a crash makes a used code valid again |
//! | acknowledged by one node of several | `commit_survives_the_loss_of_a_node` | the same, by stopping a node |
//! | a lock that only one process knows | `commit_has_one_winner_across_processes` | two servers redeem one code |
//! | the alarm in a second transaction | `commit_dropped_is_whole_or_nothing` | a notice that is never sent |
//! | an alarm removed when it is read, as in a queue | `due_finds_what_a_caller_left_behind` | a crash loses notices |
//! | a column too narrow | `commit_takes_the_largest_records` | a busy account is truncated |
//! | a listing that ends at the database's limit | `listings_are_complete_at_any_size` | accounts left out of a revocation |
//! | a sequence with a cache for each connection | `events_skip_none_of_other_handles` | a gap in the audit trail |
//! | the latest time of any caller | `times_are_those_of_the_arguments` | one wrong clock purges for all processes |
//! | removed before its time by the database | `what_has_not_expired_stays` | a spent budget is full again |

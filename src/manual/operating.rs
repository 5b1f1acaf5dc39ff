//! Running the engine: alerts, metrics, traces, SQLite in production, and keys.
//!
//! # What to alert on
//!
//! [`Engine::stats`](crate::Engine::stats) has the counters of one process, as plain data that
//! serde writes. Read it every few seconds and add the values of all processes. The last column gives the
//! number of a query below the table. The queries run on SQLite and, with the schema's name before each
//! table, on PostgreSQL.
//!
//! | Sign | What it means | Counter | Query |
//! |---|---|---|---|
//! | no maintenance for minutes | no message leaves, no interrupted write is settled | `maintained_at` of every process | 1 |
//! | a delivery fails | codes and notices of a tenant and channel wait | `failing`, `channels.*.failed` | |
//! | a port fails | `unavailable` passes; `corrupt` and `denied` do not pass by themselves | `ports.*.failed` | |
//! | a port becomes slow | replies exceed [`reply_floor`](crate::Engine::reply_floor), so that their times differ | `ports.*.time` | |
//! | calls are abandoned | a timeout of the host is shorter than a port's call | `operations.*.abandoned` | |
//! | faults are hidden | a seal or host-verified method fails, and correct codes are refused | `hidden_faults` | |
//! | guesses rise | an attack on many accounts, or a change of the mail template that garbles codes | `operations["reset.prove"].refused["not_accepted"]` | 2 |
//! | unknown names rise | an attacker collects names | `silenced_decoys` | |
//! | a limit is spent | an attack on sources, destinations or a tenant | | 3 |
//! | a breaker has opened | codes to new numbers of a prefix are not entered: pumping, or texts that do not arrive. Look at [`Admin::breakers`](crate::Admin::breakers) | `breakers_opened`, `stopped_codes` | 7 |
//! | many accounts are locked | an attack, or a broken authenticator roll-out | | 4 |
//! | nothing is purged | expired rows stay; a clock is wrong (`clock_ahead` of [`MaintenanceReport`](crate::maintenance::MaintenanceReport)) | `purged_at` | 5 |
//! | decisions repeat | two processes work on the same accounts all the time | `redecisions` | |
//! | a response was lost | a password may have changed without a definite answer of the directory | | 6 |
//!
//! ```sql
//! -- 1: work that is more than a minute late
//! SELECT count(*) FROM record WHERE wake_at < :now_ms - 60000;
//! -- 2: attempts of the last five minutes, wrong unless a proof or a confirmation follows
//! SELECT tenant, count(*) FROM event WHERE code = 'attempt_counted' AND at > :now_ms - 300000 GROUP BY tenant;
//! -- 3: limits spent in the last hour
//! SELECT tenant, body FROM event WHERE code = 'limit_spent' AND at > :now_ms - 3600000;
//! -- 4: accounts that are locked now
//! SELECT tenant, count(*) FROM record WHERE kind = 'account' AND locked_until > :now_ms GROUP BY tenant;
//! -- 5: rows more than a day past their time
//! SELECT count(*) FROM record WHERE expires_at < :now_ms - 86400000;
//! -- 6: directory writes of unknown outcome in the last day
//! SELECT tenant, user_id FROM event WHERE code = 'directory_write_unsettled' AND at > :now_ms - 86400000;
//! -- 7: breakers opened in the last hour
//! SELECT tenant, body FROM event WHERE code = 'breaker_opened' AND at > :now_ms - 3600000;
//! ```
//!
//! `limit_spent`, `blocked` and the other codes are those of
//! [`EventKind::CODES`](crate::audit::EventKind::CODES).
//!
//! # Metrics
//!
//! `examples/metrics.rs` prints the counters in the text format of Prometheus, in some fifty lines, and
//! needs no further crate. The names are stable: operations are `handle.verb`
//! (`reset.prove`, `registration.confirm`, `engine.maintain`), port calls `port.method`
//! (`store.commit`, `directory.find`), refusals [`Refusal::code`](crate::Refusal::code), faults the
//! names of [`PortErrorKind`](crate::port::PortErrorKind). No counter's name contains a tenant, a sign-in
//! name, an address or a user, so the number of counters is bounded; only `failing` names tenants.
//!
//! # Traces
//!
//! With the feature `tracing` each operation is a span `operation` at level `INFO`, and each call of
//! a port a span `port` at level `DEBUG` within it. A port that fails is also an event at level
//! `WARN`. The target is `sspr`. The engine sets no subscriber. If the host opens a span around its
//! handler, the spans of a request form one trace. To join the requests of one reset, keep the context of
//! that span in the session.
//!
//! | Field | Of | Value |
//! |---|---|---|
//! | `operation`, `call` | operation, port | the names above |
//! | `otel.name` | both | the same, for OpenTelemetry |
//! | `tenant` | operation | the first 16 digits of a keyed hash of the tenant |
//! | `record` | port `store.load`, `store.commit` | the first 16 digits of the record's key, a keyed hash of tenant and user |
//! | `outcome` | both | `succeeded`, `refused`, `invalid`, `failed`, `abandoned` |
//! | `code` | both | the code of a refusal, or the kind of a fault |
//! | `elapsed_us` | both | microseconds, by [`Clock::steady`](crate::port::Clock::steady) |
//!
//! There is no other field at any level: no name, address, code, ticket, password or text of an
//! error. The test suite runs every attack under a subscriber that refuses any other value. An
//! adapter's cause is in [`PortError::source`](std::error::Error::source), which the host may log:
//! it can name hosts, paths and addresses.
//!
//! To find the record of a user in traces, compare with the column `key` of the store's table
//! `record`, whose column `user_id` names the user.
//!
//! # The audit trail
//!
//! Each event has a link to the one before, made with the lookup key, and each record has the sealed
//! head of its trail. [`Admin::verify_trail`](crate::Admin::verify_trail) goes over the trail of a user or
//! of the policy by pages and reports what was removed, changed, inserted, swapped or truncated in the
//! store. If the record is set back together with its events, the trail verifies again. To find that, export
//! heads regularly with [`Admin::trail_head`](crate::Admin::trail_head), keep them outside the store, and
//! pass the last one as `known`. After the restore of a backup this finding is expected.
//!
//! In memory the chain takes 23 % of the time of a wrong guess, which commits one event (`benches/trail.rs`,
//! one run on a busy machine). On a durable store the share is much smaller, since the commit dominates.
//! Verifying an event takes 1.25 times as long as linking it.
//!
//! # SQLite in production
//!
//! - One machine, one file on a local disk, one or a few processes. Give the file a folder of its
//!   own that only the service may read; the files beside it belong to it.
//! - A commit waits for one sync of the disk, and commits that wait at the same time share it. On a disk
//!   whose sync takes 5 ms, one caller reaches 200 commits a second, and 32 callers several thousand.
//! - Back up with `VACUUM INTO` or `.backup` while the service runs ([`restoring`](super::restoring)
//!   has the commands), never by copying the file.
//! - Watch the size of `sspr.db-wal`: if it exceeds some 32 MiB, a tool holds a read transaction open.
//!   Watch the free space: a full disk refuses every commit, and nothing that was committed is lost.
//! - Expired rows leave free pages, which are used again: the file does not shrink by itself. If it must
//!   shrink, run `VACUUM` while the service is stopped.
//! - Several machines need PostgreSQL or etcd; [`moving`](super::moving) carries the records over.
//!
//! # Keys
//!
//! An engine needs a lookup secret, which is fixed for the life of the store, and a short-lived secret
//! with an id. For authenticators it also needs the secret of the seal. Each has 32 bytes from the
//! operating system's generator. `examples/keys.rs` makes a set, prints it as three lines for a vault or
//! an environment, and reads it back.
//!
//! - Keep them in a secret store, apart from the database and its backups: with both, all pending
//!   codes can be computed and authenticator seeds opened.
//! - Keep the lookup secret as long as the store. Without it no record is found again; another one
//!   is refused at [`open`](crate::builder::EngineBuilder::open).
//! - Replace the short-lived secret once a year and after any suspicion; [`upgrading`](super::upgrading)
//!   has the recipe, which needs no pause.
//! - Every process of one store has the same set.
//!
//! ```
//! use sspr::{Keys, SecretBytes};
//!
//! /// Reads `ID:HEX`, as `examples/keys.rs` prints it.
//! fn short_key(line: &str) -> Option<(u16, SecretBytes)> {
//!     let (id, hex) = line.split_once(':')?;
//!     let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
//!     let bytes: Option<Vec<u8>> = (0..hex.len()).step_by(2).map(byte).collect();
//!     Some((id.parse().ok()?, SecretBytes::new(bytes?)))
//! }
//!
//! let (id, short) = short_key(&format!("7:{}", "5a".repeat(32))).unwrap();
//! let lookup = SecretBytes::new(vec![0xa5; 32]); // read in the same way
//! assert!(Keys::new(lookup, id, short).is_ok());
//! ```

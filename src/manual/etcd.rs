//! Running the store on etcd: requirements, operation, and when to choose PostgreSQL.
//!
//! # When
//!
//! Use it if you already operate an etcd cluster well and have at most some hundred thousand accounts.
//! If one machine fails, no manual step is needed and no acknowledged commit is lost. etcd keeps
//! every key in memory, and every revision until it is compacted. Its quota is 2 GiB by default; its
//! authors suggest at most 8 GiB. **Prefer PostgreSQL** for a million accounts, for an audit trail that
//! is kept for months, and if operators want to query.
//!
//! # What is stored
//!
//! | Item | Keys | Bytes of keys, about | Value |
//! |---|---|---|---|
//! | an account | 2, and 1 each while it has an alarm or an expiry | 170 to 360 | its body and some 50 bytes |
//! | an event | 3 | 350 | its JSON, once |
//! | a counter | 2 | 160 | 17 bytes |
//!
//! The first line below was measured with 10 000 accounts of three methods, two flows and one event
//! each, on etcd 3.4, compacted and defragmented (`benches/engine_etcd.rs`). The other lines multiply
//! it and are not measured:
//!
//! | Accounts | In use of the file | Memory of a member after the filling |
//! |---|---|---|
//! | 10 000 | 43 MB: 4.1 KB an account, 0.15 KB an event | 174 MB more than empty |
//! | 100 000, extrapolated | 0.43 GB | 1.7 GB |
//! | 1 000 000, extrapolated | 4.3 GB | 17 GB |
//!
//! A record of that size takes a page of the file, and its events fit beside it. The memory includes
//! what the Go runtime has not returned to the system, so its extrapolated figures may be far too high.
//!
//! Every commit is one revision, which holds the whole body again until it is compacted. At 3 KiB a
//! commit, a quota of 2 GiB is full after some 700 000 commits without compaction. Keys are text:
//! `etcdctl get sspr/r/KEY` returns a record by the key in the log,
//! `etcdctl get --prefix --keys-only sspr/e/KEY/` its events.
//!
//! # Operation
//!
//! - **Creation.** Call [`create`](crate::adapters::etcd::EtcdStore::create) once, by hand or from the
//!   tool that sets up the cluster. The service calls
//!   [`connect`](crate::adapters::etcd::EtcdStore::connect), which never creates a store: with another
//!   cluster or a misspelled prefix it returns `Denied`.
//! - **Compaction.** `--auto-compaction-mode=periodic --auto-compaction-retention=10m`, or by
//!   revisions. The store cannot ask whether it is set. It refuses to open if far too much history is
//!   kept ([`with_max_history`](crate::adapters::etcd::EtcdOptions::with_max_history)), and
//!   [`health`](crate::adapters::etcd::EtcdStore::health) reports how much.
//! - **Defragmentation.** Compaction frees space inside the file only. Run `etcdctl defrag` on one
//!   member at a time, the leader last: a member serves nothing meanwhile.
//! - **Quota.** At the quota etcd raises `NOSPACE` and refuses every write. No password can be reset;
//!   reads continue. Compact, defragment, `etcdctl alarm disarm`.
//! - **Expiry.** Nothing expires by itself: `maintain` purges.
//! - **Backup.** `etcdctl snapshot save`. A restored snapshot makes used codes and spent attempts valid
//!   again: follow the order of steps in [restoring](super::restoring).
//! - **Rights.** A user with `readwrite` on the prefix and nothing else; TLS with client certificates;
//!   TLS between peers as well. The store refuses plain `http` except on the loopback interface.
//!
//! # What to alert on
//!
//! - any alarm of etcd;
//! - a member without a leader (`etcd_server_has_leader`);
//! - more than 70 % of the quota in use;
//! - `history` that only grows;
//! - `etcd_disk_wal_fsync_duration_seconds` above 10 ms at the 99th percentile: every commit waits for
//!   it.
//!
//! # When members fail
//!
//! During an election, calls wait for its end within their timeout. Without a majority every call
//! fails, reads included; the store continues by itself when the majority is back. A write whose reply
//! is lost returns `Unknown` and is never sent again; the engine reads the record to learn the outcome.

//! Running the store on etcd: what it takes, what an operator sees to, when not to.
//!
//! # When
//!
//! Where an etcd cluster is run well already, and the accounts are some hundred thousand at most:
//! a machine may be lost without a hand being moved, and no acknowledged step with it. etcd keeps
//! every key in memory and every revision until it is compacted; its quota is 2 GiB unless told
//! otherwise, and 8 GiB is the most that its authors suggest. **Prefer PostgreSQL** for a million
//! accounts, for an audit trail that is kept for months, and wherever operators want to query.
//!
//! # What stands there
//!
//! | Thing | Keys | Bytes of keys, about | Value |
//! |---|---|---|---|
//! | an account | 2, and 1 each while it has an alarm or an expiry | 170 to 360 | its body and some 50 bytes |
//! | an event | 3 | 350 | its JSON, once |
//! | a counter | 2 | 160 | 17 bytes |
//!
//! Measured with 10 000 accounts of three methods and two flows and one event each, on etcd 3.4,
//! compacted and defragmented (`benches/engine_etcd.rs`); the other lines are that times ten, not
//! measured:
//!
//! | Accounts | In use of the file | Memory of a member after the filling |
//! |---|---|---|
//! | 10 000 | 43 MB: 4.1 KB an account, 0.15 KB an event | 174 MB more than empty |
//! | 100 000, extrapolated | 0.43 GB | 1.7 GB |
//! | 1 000 000, extrapolated | 4.3 GB | 17 GB |
//!
//! A record of that size takes a page of the file alone, and its events fit beside it. The memory
//! holds what Go has not given back, and the last two lines of it may be far too high.
//!
//! Every commit is one revision. It holds the whole body again, until the revision is compacted:
//! at 3 KiB a commit, a quota of 2 GiB is full after some 700 000 commits that nobody compacted.
//! Keys are text: `etcdctl get sspr/r/KEY` finds a record by the key that the log names, `etcdctl
//! get --prefix --keys-only sspr/e/KEY/` its events.
//!
//! # What an operator sees to
//!
//! - **Making it.** Once, by hand or by what sets up the cluster:
//!   [`create`](crate::adapters::etcd::EtcdStore::create). The service calls
//!   [`connect`](crate::adapters::etcd::EtcdStore::connect), which never makes a store: another
//!   cluster, or a prefix with a misprint, is `Denied`.
//! - **Compaction.** `--auto-compaction-mode=periodic --auto-compaction-retention=10m`, or by
//!   revisions. Whether it is set cannot be asked; the store refuses to open
//!   ([`with_max_history`](crate::adapters::etcd::EtcdOptions::with_max_history)) where far too
//!   much is kept, and [`health`](crate::adapters::etcd::EtcdStore::health) says how much.
//! - **Defragmentation.** Compaction frees room inside the file only. `etcdctl defrag`, one member
//!   at a time, the leader last: a member serves nothing meanwhile.
//! - **Quota.** At the quota etcd raises `NOSPACE` and refuses every write: nobody can reset a
//!   password, and reads go on. Compact, defragment, `etcdctl alarm disarm`.
//! - **Maintenance of the engine.** Nothing expires by itself: `maintain` purges.
//! - **Backup.** `etcdctl snapshot save`. A restored snapshot revives codes that were used and
//!   attempts that were spent since: [restoring](super::restoring) says in which order to go on.
//! - **Rights.** A user with `readwrite` on the prefix and nothing else; TLS with client
//!   certificates; peers over TLS as well. The store refuses plain `http` beyond the loopback.
//!
//! # What to alert on
//!
//! Any alarm; a member without a leader (`etcd_server_has_leader`); more than 70 % of the quota in
//! use; `history` that only grows; `etcd_disk_wal_fsync_duration_seconds` above 10 ms at the 99th
//! percentile: every commit waits for it.
//!
//! # When members fail
//!
//! While an election is on, calls wait for it within their timeout. Without a majority every call
//! fails, reads included, and the store goes on by itself when the majority is back. A write whose
//! answer is lost is answered `Unknown` and never sent again; the engine looks what became of it.

//! Backup and restore, store by store, with the commands.
//!
//! Tests run the commands as they stand here, on SQLite, PostgreSQL and a single etcd server. The rest
//! of the setting is yours (roles, more members, other versions): try it before you rely on it.
//!
//! # What a restore brings back
//!
//! A restored store is as it was at the time of the backup. What happened since is undone there, but
//! not in the world:
//!
//! | What | After a restore | What to do |
//! |---|---|---|
//! | codes, links, tickets and grants of the last hours | good again, if their time is not over | [rotate the short-lived keys](crate::manual::upgrading): all of them become void |
//! | recovery codes (recovery codes) used since | good again | list who used one since the backup in the trail that was exported, and revoke theirs |
//! | methods removed, accounts forgotten since | there again | forget and revoke them again |
//! | attempts counted, locks, counters | as they were | nothing: they are at most a day old |
//! | events since | gone; the next ones get their positions and ids | call [`restored`](crate::transfer::restored); export the trail as it grows |
//! | the password epoch | as it was | nothing: the directory has the passwords |
//!
//! # In this order, for every store
//!
//! 1. Stop every engine on the store, `maintain` included.
//! 2. Restore, as below.
//! 3. Give the engines new short-lived keys, and none of the old ones.
//! 4. Call [`restored`](crate::transfer::restored) once. Cursors into the trail from before are then
//!    refused, and a reader begins again; it knows events that it has by id and body.
//! 5. Start the engines with [`expect_store`](crate::EngineBuilder::expect_store): a restored store
//!    keeps its id.
//!
//! A store that was **moved** may have a backup from before the move. It opens, since that backup knows
//! nothing of the move: delete such backups, or change the path and the credentials with the move.
//!
//! # SQLite
//!
//! Backup, while processes run: from SQL, or with the `sqlite3` program. Never by copying the file of a
//! running process: the last commits stand in the log beside it.
//!
//! ```text
//! sqlite3 sspr.db "VACUUM INTO 'backup.db'"
//! ```
//!
//! Restore, with **every** process stopped. The log and the shared memory belong to the file that is
//! replaced: left beside the backup, SQLite would replay the old log over it.
//!
//! ```text
//! rm -f sspr.db-wal sspr.db-shm
//! cp backup.db restored.db && chmod 600 restored.db && mv restored.db sspr.db
//! ```
//!
//! A process that still had the file open notices that it was replaced, or deleted, at its next write:
//! it refuses that write and every call after it with `Denied`. It cannot notice a file whose *content*
//! was overwritten in place: use `mv` as above, never `cp` onto the file.
//!
//! # PostgreSQL
//!
//! ```text
//! pg_dump --format=custom --schema=sspr --file=sspr.dump identity
//! pg_restore --clean --if-exists --dbname=identity sspr.dump
//! ```
//!
//! For a point in time: base backups with the log (`pg_basebackup`, `archive_mode`). A standby that took
//! over without the last commits is a restore as well.
//!
//! # etcd
//!
//! ```text
//! etcdctl snapshot save sspr.snapshot
//! etcdctl snapshot restore sspr.snapshot --data-dir=restored   # etcd 3.6: etcdutl
//! ```
//!
//! Start every member from a data directory that was restored from the same snapshot, with the members
//! and the cluster token of the new cluster on the command line of the second command too (`--name`,
//! `--initial-cluster`, `--initial-advertise-peer-urls`). It becomes a cluster of its own: stop
//! all members of the old one first, or clients reach both.

//! Backup and restore, with the commands for each store.
//!
//! Tests run these commands on SQLite, PostgreSQL and a single etcd server, but not with your roles, members and
//! versions: try the procedure before you rely on it.
//!
//! # What a restore brings back
//!
//! A restored store is as it was at the time of the backup. Later steps are undone in the store, but
//! not in the world:
//!
//! | What | After a restore | What to do |
//! |---|---|---|
//! | codes, links, tickets and grants of the last hours | valid again, until they expire | [rotate the short-lived keys](crate::manual::upgrading): all of them become void |
//! | recovery codes used since | valid again | find in the exported audit trail who has used one since the backup, and revoke their codes |
//! | methods removed, accounts forgotten since | present again | forget and revoke them again |
//! | attempts counted, locks, counters | as they were | nothing: a window or a lock of the defaults is over within a day |
//! | failures in a row, closed and disabled methods | as they were: a method that was disabled since is enabled again | find `method_disabled` and `method_closed` in the exported audit trail, and watch or revoke these methods |
//! | events since | gone; the next events get the same positions and ids | call [`restored`](crate::transfer::restored); export the trail continuously |
//! | the credential epoch | as it was | nothing: the directory has the passwords |
//!
//! # Steps for every store
//!
//! 1. Stop every engine on the store, `maintain` included.
//! 2. Restore, as below.
//! 3. Give the engines new short-lived keys, and none of the old ones.
//! 4. Call [`restored`](crate::transfer::restored) once. Older cursors into the audit trail are then
//!    refused and a reader begins again; it recognises known events by id and body.
//! 5. Start the engines with [`expect_store`](crate::builder::EngineBuilder::expect_store): a restored store
//!    keeps its id.
//!
//! A store that was **moved** may have a backup from before the move. That backup can still be opened,
//! since it does not know of the move. Delete such backups, or change the path and the credentials with
//! the move.
//!
//! # SQLite
//!
//! Make a backup while processes run, by SQL or with the `sqlite3` program. Never copy the file of a
//! running process: the last commits are in the log beside it.
//!
//! ```text
//! sqlite3 sspr.db "VACUUM INTO 'backup.db'"
//! ```
//!
//! Restore with **every** process stopped. The log and the shared memory belong to the replaced file:
//! if they stayed beside the backup, SQLite would replay the old log over it.
//!
//! ```text
//! rm -f sspr.db-wal sspr.db-shm
//! cp backup.db restored.db && chmod 600 restored.db && mv restored.db sspr.db
//! ```
//!
//! A process that still has the file open detects at its next write that the file was replaced or
//! deleted, and refuses that write and every later call with `Denied`. It cannot detect a file whose
//! *content* was overwritten in place: use `mv` as above, never `cp` onto the file.
//!
//! # PostgreSQL
//!
//! ```text
//! pg_dump --format=custom --schema=sspr --file=sspr.dump identity
//! pg_restore --clean --if-exists --dbname=identity sspr.dump
//! ```
//!
//! For a point in time use base backups with the log (`pg_basebackup`, `archive_mode`). A standby that
//! took over without the last commits is a restore as well.
//!
//! # etcd
//!
//! ```text
//! etcdctl snapshot save sspr.snapshot
//! etcdctl snapshot restore sspr.snapshot --data-dir=restored   # etcd 3.6: etcdutl
//! ```
//!
//! Start every member from a data directory that was restored from the same snapshot. Give the second
//! command the members and the cluster token of the new cluster too (`--name`, `--initial-cluster`,
//! `--initial-advertise-peer-urls`). The result is a new cluster: stop all members of the old one
//! first, or clients reach both.

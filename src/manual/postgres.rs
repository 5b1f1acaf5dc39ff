//! Operating the PostgreSQL store: feature `postgres`, PostgreSQL 13 or later (tested on 15).
//!
//! How to connect, and what each error means, stands with the adapter, `adapters::postgres`. Every
//! statement on this page is run by a test, with the
//! schema `sspr`, which is the default.
//!
//! # Roles
//!
//! Three, each with no more than it needs. The owner makes the store once (`PostgresStore::create`) and
//! migrates it with each release, before the first node of that release starts
//! (`PostgresStore::migrate`). Once a migration has raised the version of the schema, the stores of the
//! older release refuse every write with `Denied`; a release that brings a migration says so in the
//! changelog. Several nodes may migrate at once, and a migration that broke off is begun again.
//! `migrate` and `connect` never make a store: a schema that is not there is `Denied`.
//!
//! ```sql
//! CREATE ROLE sspr_owner LOGIN;
//! CREATE SCHEMA sspr AUTHORIZATION sspr_owner;
//! ```
//!
//! Then, when the owner has made the store, the role that serves and the one that looks:
//!
//! ```sql
//! CREATE ROLE sspr_serve LOGIN CONNECTION LIMIT 60;
//! GRANT USAGE ON SCHEMA sspr TO sspr_serve;
//! GRANT SELECT, INSERT, UPDATE, DELETE ON sspr.record, sspr.event, sspr.counter TO sspr_serve;
//! GRANT SELECT, INSERT, UPDATE ON sspr.event_head TO sspr_serve;
//! GRANT SELECT ON sspr.schema_version TO sspr_serve;
//!
//! CREATE ROLE sspr_look LOGIN;
//! GRANT USAGE ON SCHEMA sspr TO sspr_look;
//! GRANT SELECT ON sspr.record, sspr.event, sspr.schema_version TO sspr_look;
//! ALTER ROLE sspr_look SET default_transaction_read_only = on;
//! ```
//!
//! Never delete or change a row of `event_head`: the positions of audit events are taken from it,
//! and a bucket that lost its head refuses to commit (`Corrupt`). Bodies hold the addresses of
//! people, though no secret that opens anything: `sspr_look` is for who may see those. Give each
//! role its password with `\password`, which does not send it in clear.
//!
//! # Pools
//!
//! A call holds a connection for one round trip, so few serve many: at a millisecond each, 16
//! (the default) carry some 16,000 calls a second. More than four for each of the server's cores,
//! over all nodes, only queue there instead of here. Keep nodes times
//! `with_connections` below the role's `CONNECTION LIMIT`, and that below `max_connections` with room for you.
//!
//! A pooler in between must pool *sessions* (PgBouncer: `pool_mode = session`) and have more sessions
//! for this role and database than all stores have connections: opening a store takes one more for a
//! moment. One that pools transactions or statements hands a session, its settings and its prepared
//! statements to another client after each; two stores would read each other's schema, and a commit
//! could be answered before it is durable. `connect`, `create` and `migrate` look for such a pooler and
//! answer `Denied`. Each statement also checks that it is the one meant and that the session has the
//! store's settings, so a pooler whose mode is changed under open stores causes errors (`Denied` for a
//! session or statement of another client, `Unavailable` for a statement that the session does not
//! know) and never another store's rows. The way out is `pool_mode = session`, or an address that leads
//! to the server itself.
//!
//! # Timeouts
//!
//! | What | Default | Then |
//! |---|---|---|
//! | a connection of the pool | 2 s | `Unavailable`: the host answers with a retryable error |
//! | connecting | 5 s for each host | `Unavailable` |
//! | a statement, at the server | 5 s | rolled back: `Unavailable` |
//! | a server that says nothing | 2 s more | a write is `Unknown`; the engine looks what became of it |
//!
//! Every statement touches a few rows by an index. One that takes a second is a symptom: a lock held
//! by somebody's open transaction, a disk, a missing vacuum.
//!
//! The session sets `statement_timeout`, `default_transaction_isolation` (*read committed*, by which
//! it was built) and `synchronous_commit` itself, whatever the role or the
//! database says: a commit is never answered before it is durable. `remote_apply` is kept.
//!
//! # Vacuum
//!
//! A record is written with each attempt and each message. Half of each page is left free
//! (`fillfactor`), so that most changes stay on it and write no index entry; a dead version is
//! removed when the page is next read. What is left for the vacuum are alarms that moved and rows
//! that were purged. On a busy table the default, a fifth of all rows, comes late:
//!
//! ```sql
//! ALTER TABLE sspr.record SET (autovacuum_vacuum_scale_factor = 0.02);
//! ALTER TABLE sspr.counter SET (autovacuum_vacuum_scale_factor = 0.02);
//! ALTER TABLE sspr.event SET (autovacuum_vacuum_insert_scale_factor = 0.05);
//! ```
//!
//! Do not hold transactions open for long on this server, not even reading ones: nothing that they
//! might still see can be removed.
//!
//! # Several machines
//!
//! Each row's key begins with its bucket, `shard`, 0 to 15, from the key's own bits. Every statement
//! names one bucket and is a transaction; nothing needs a sequence, an advisory lock or a snapshot
//! over two. So an engine that spreads tables by a column (Citus and its kin: distribute all four
//! by `shard`, together) runs them on one machine each. It must hold to *read committed* or
//! stronger within a bucket, and to the condition of an `UPDATE` against concurrent ones; run the
//! contract kit (feature `conformance`) on it before you trust it. Only PostgreSQL itself is tested
//! with each release. `schema_version` has one row; it is read when a
//! store connects, and by each write.
//!
//! On one machine there is nothing to gain from declaring partitions.
//!
//! # Replication and failover
//!
//! A standby that is not synchronous lacks the last commits when it takes over, and what is lost is
//! security, not only data: **attempts that were counted are given back, a code that was used works
//! again**, an event is missing from the trail. Where a failover is automatic, use a synchronous
//! standby, better two of which one must confirm:
//!
//! ```sql
//! ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (s1, s2)';
//! ```
//!
//! While no standby confirms, commits wait, and callers get `Unknown` after the timeout: nothing
//! succeeds. Do not cancel those waits (`pg_cancel_backend`): the server then answers the commit
//! as done. The store hears the warning beside the answer and says `Unknown` all the same.
//!
//! Name all hosts in the address. The store takes the one that may be written to, and every read
//! asks in the same statement whether that still holds. So a standby, and a primary that was fenced
//! off, are refused at once, also by connections that were open before:
//!
//! ```sql
//! ALTER SYSTEM SET default_transaction_read_only = on;
//! ```
//!
//! (and `SELECT pg_reload_conf()`). What is left: an old primary that nobody fenced off and that
//! believes in itself still answers *reads* to the nodes that still reach it, as of the moment when
//! it lost its standby. With a synchronous standby it can confirm no write, so it lets nobody in: a
//! guess is compared only after its attempt was written. Without one it can do everything twice. Let
//! the tool that promotes also fence.
//!
//! # Backup
//!
//! `pg_dump` of the schema, or base backups with the log (`pg_basebackup`, `archive_mode`). A backup
//! opens nothing by itself: codes and tickets are derived from keys that are not in it.
//!
//! **A restored backup goes back in time**: codes that were used, attempts that were counted and
//! passwords' epochs are as they were then. After restoring one that is not of the last moment:
//!
//! 1. Keep the engines stopped.
//! 2. Give the engine a new short-lived key and drop the old one at once, not after the usual
//!    overlap ([upgrading](super::upgrading)): no code, link or ticket from before then opens
//!    anything.
//! 3. Take alarms and waiting messages as they come: they were sent before, and carry codes that are
//!    dead. People may get an old notice twice.
//! 4. Start the engines. Budgets refill at most once, by what the lost time had spent.
//!
//! Saved codes are not derived: those used since the backup work once more. Where that matters, list
//! the accounts whose events since then, from your log archive, show one, and reset those.
//!
//! # What to alert on
//!
//! | Sign | Means |
//! |---|---|
//! | `Unknown` or `Unavailable` for more than seconds | the server, the network, the standby |
//! | any `Corrupt` | a broken page, a row changed by hand, a lost head: an account stays closed |
//! | any `Denied` | a password or a right was changed, a migration is missing, a newer release has migrated, the store was moved, a pooler shares sessions |
//! | work that is late (below) | nothing calls `maintain`, or deliveries fail |
//! | `pg_stat_replication` without a row of `sync_state` `sync` or `quorum` | commits wait |
//! | rows that are long past their time | nothing purges |
//! | transactions open for minutes | locks, and dead rows that stay |
//!
//! # Queries
//!
//! Times are milliseconds since the Unix epoch, keys are hashes. To change anything by hand, stop the
//! engines first. All of these read every bucket, so run them where load does no harm: on a standby.
//!
//! ```sql
//! -- accounts that are locked now
//! SELECT tenant, user_id, to_timestamp(locked_until / 1000.0) AS until FROM sspr.record
//! WHERE kind = 'account' AND locked_until > extract(epoch FROM now()) * 1000;
//! -- how many have registered
//! SELECT tenant, count(*) FILTER (WHERE registered) AS registered, count(*) AS accounts
//! FROM sspr.record WHERE kind = 'account' GROUP BY tenant;
//! -- work that is more than a minute late
//! SELECT count(*) FROM sspr.record WHERE wake_at < (extract(epoch FROM now()) - 60) * 1000;
//! -- rows that are more than a day past their time
//! SELECT count(*) FROM sspr.record WHERE expires_at < (extract(epoch FROM now()) - 86400) * 1000;
//! -- what happened in the last hour
//! SELECT code, count(*) FROM sspr.event
//! WHERE at > (extract(epoch FROM now()) - 3600) * 1000 GROUP BY code;
//! -- the story of one account
//! SELECT to_timestamp(at / 1000.0) AS at, code, body FROM sspr.event
//! WHERE tenant = 'contoso' AND user_id = '6e7b768e' ORDER BY count, idx;
//! ```
//!
//! For whoever looks after the server:
//!
//! ```sql
//! -- how many changes stayed on their page: well above nine tenths
//! SELECT relname, n_tup_upd, n_tup_hot_upd, n_dead_tup, last_autovacuum
//! FROM pg_stat_user_tables WHERE schemaname = 'sspr';
//! -- who waits for whom
//! SELECT pid, pg_blocking_pids(pid), wait_event, state, query FROM pg_stat_activity
//! WHERE application_name = 'sspr' AND cardinality(pg_blocking_pids(pid)) > 0;
//! -- which standbys confirm
//! SELECT application_name, sync_state, replay_lag FROM pg_stat_replication;
//! ```

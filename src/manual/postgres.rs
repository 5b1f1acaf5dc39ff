//! Operating the PostgreSQL store: feature `postgres`, PostgreSQL 13 or later (tested on 15).
//!
//! The adapter, `adapters::postgres`, documents how to connect and what each error means. A test runs every
//! statement of this page with the schema `sspr`, which is the default.
//!
//! # Roles
//!
//! Use three roles, each with the least rights. The owner creates the store once
//! (`PostgresStore::create`) and migrates it with each release, before the first node of that release
//! starts (`PostgresStore::migrate`). After a migration has raised the version of the schema, stores of the
//! older release refuse every write with `Denied`; the changelog names each release with a migration.
//! Several nodes may migrate at once, and an interrupted migration may be repeated. `migrate` and
//! `connect` never create a store: a missing schema is `Denied`.
//!
//! ```sql
//! CREATE ROLE sspr_owner LOGIN;
//! CREATE SCHEMA sspr AUTHORIZATION sspr_owner;
//! ```
//!
//! After the owner has created the store, create the role of the service and the one of operators:
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
//! Never delete or change a row of `event_head`: the positions of audit events come from it, and a bucket
//! without its head refuses to commit (`Corrupt`). Bodies contain users' addresses, but no usable secret:
//! give `sspr_look` only to operators who may see addresses. Set each role's password with `\password`,
//! which does not send it in clear.
//!
//! # Pools
//!
//! A call holds a connection for one round trip, so few connections are enough: at a millisecond each, 16
//! (the default) carry some 16,000 calls a second. With more than four per core of the server, over all
//! nodes, calls only queue at the server instead of in the pool. Keep nodes times `with_connections` below
//! the role's `CONNECTION LIMIT`, and that below `max_connections`, with some left for operators.
//!
//! A pooler in between must pool *sessions* (PgBouncer: `pool_mode = session`) and have more sessions
//! for this role and database than all stores have connections: opening a store takes one more for a
//! moment. One that pools transactions or statements hands a session, its settings and its prepared
//! statements to another client after each; two stores would read each other's schema, and a commit
//! could return before it is durable. `connect`, `create` and `migrate` look for such a pooler and
//! return `Denied`. Each statement also checks that it is the intended one and that the session has the
//! store's settings, so a pooler whose mode is changed under open stores causes errors (`Denied` for a
//! session or statement of another client, `Unavailable` for a statement that the session does not
//! know) and never returns another store's rows. The way out is `pool_mode = session`, or an address
//! that leads to the server itself.
//!
//! # Timeouts
//!
//! | Wait | Default | Result after it |
//! |---|---|---|
//! | for a connection of the pool | 2 s | `Unavailable`: the host responds with a retryable error |
//! | for connecting | 5 s for each host | `Unavailable` |
//! | for a statement, at the server | 5 s | rolled back: `Unavailable` |
//! | for a server that does not respond | 2 s more | a write is `Unknown`; the engine reads the record to learn the outcome |
//!
//! Every statement touches a few rows by an index. One that takes a second is a symptom of a lock held by an
//! open transaction, a slow disk or a missing vacuum.
//!
//! The session sets `statement_timeout`, `default_transaction_isolation` (*read
//! committed*, which the statements rely on) and `synchronous_commit` itself and overrides the role and the
//! database, so a commit never returns before it is durable. `remote_apply` is kept.
//!
//! # Vacuum
//!
//! A record is written with each attempt and each message. Half of each page is left free (`fillfactor`), so
//! most changes stay on their page and write no index entry, and a dead version is removed when the page is
//! next read. The vacuum removes the rest: moved alarms and purged rows. On a busy table its default
//! threshold, a fifth of all rows, is too late:
//!
//! ```sql
//! ALTER TABLE sspr.record SET (autovacuum_vacuum_scale_factor = 0.02);
//! ALTER TABLE sspr.counter SET (autovacuum_vacuum_scale_factor = 0.02);
//! ALTER TABLE sspr.event SET (autovacuum_vacuum_insert_scale_factor = 0.05);
//! ```
//!
//! Do not keep transactions open for long on this server, not even read-only ones: no version that they can
//! still see is removed.
//!
//! # Several machines
//!
//! Each row's key begins with its bucket, `shard`, 0 to 15, from the key's own bits. Every statement names
//! one bucket and is a transaction; none needs a sequence, an advisory lock or a snapshot over two buckets.
//! So a system that distributes tables by a column (such as Citus: distribute all four by `shard`, together)
//! runs each statement on one machine. It must guarantee *read committed* or stronger within a bucket, and
//! check the condition of an `UPDATE` against concurrent ones. Run the contract kit (feature `conformance`)
//! on it before you trust it. Only PostgreSQL itself is tested with each release. `schema_version` has one
//! row; a store reads it when it connects, and with each write.
//!
//! On one machine, declared partitions have no benefit.
//!
//! # Replication and failover
//!
//! An asynchronous standby lacks the last commits when it takes over. That loses security, not only data:
//! **spent attempts are available again, a used code is valid again**, and an event is missing from the audit
//! trail. If the failover is automatic, use a synchronous standby, better two of which one must confirm:
//!
//! ```sql
//! ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (s1, s2)';
//! ```
//!
//! While no standby confirms, commits wait and callers get `Unknown` after the timeout. Do not cancel those
//! waits (`pg_cancel_backend`): the server then reports the commit as done, with a warning. The store reads
//! the warning and returns `Unknown`.
//!
//! Name all hosts in the address. The store selects the writable one, and every read asks in the same
//! statement whether it still is. So a standby and a fenced primary are refused at once, even on
//! connections that were open before. To fence a primary:
//!
//! ```sql
//! ALTER SYSTEM SET default_transaction_read_only = on;
//! ```
//!
//! (and `SELECT pg_reload_conf()`). An old primary that was not fenced still serves *reads* to the nodes that
//! reach it, as of the moment when it lost its standby. With a synchronous standby it can confirm no write,
//! so no guess is compared: the attempt must be written first. Without one, codes and attempts can be used
//! on both primaries. Let the tool that promotes also fence.
//!
//! # Backup
//!
//! Use `pg_dump` of the schema, or base backups with the log (`pg_basebackup`, `archive_mode`). A backup opens
//! nothing by itself: codes and tickets are derived from keys that are not in it.
//!
//! **A restored backup goes back in time**: used codes, counted attempts and credential epochs are as they
//! were then. [Restoring](super::restoring) has the steps. In short:
//!
//! 1. Keep the engines stopped.
//! 2. Give the engines a new short-lived key and drop the old one at once, without the usual overlap
//!    ([upgrading](super::upgrading)). No older code, link or ticket then opens anything.
//! 3. Call [`restored`](crate::transfer::restored) once.
//! 4. Start the engines. They deliver the messages that waited in the backup: codes in them are void, and
//!    users may get an old notice twice. Each budget is fuller by at most what was spent from it since the
//!    backup.
//!
//! Recovery codes are not derived: those used since the backup are valid once more. If that matters, list the
//! accounts whose exported events since then show one, and revoke their codes.
//!
//! # What to alert on
//!
//! | Sign | Cause |
//! |---|---|
//! | `Unknown` or `Unavailable` for more than seconds | the server, the network, the standby |
//! | any `Corrupt` | a damaged page, a row changed by hand, a lost head: an account stays closed |
//! | any `Denied` | a password or a right was changed, a migration is missing, a newer release has migrated, the store was moved, a pooler shares sessions |
//! | overdue work (below) | `maintain` is not called, or deliveries fail |
//! | `pg_stat_replication` without a row of `sync_state` `sync` or `quorum` | commits wait |
//! | rows long past their expiry | purging has stopped |
//! | transactions open for minutes | locks, and dead rows that are not removed |
//!
//! # Queries
//!
//! Times are milliseconds since the Unix epoch, keys are hashes. Stop the engines before you change anything
//! by hand. Each query reads every bucket, so run it on a standby, where load does no harm.
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
//! -- the history of one account
//! SELECT to_timestamp(at / 1000.0) AS at, code, body FROM sspr.event
//! WHERE tenant = 'contoso' AND user_id = '6e7b768e' ORDER BY count, idx;
//! ```
//!
//! For operators of the server:
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

//! The crates that a feature brings, and how they agree with those of the host.
//!
//! Without features a build takes at most 43 crates, this one included, none of which is a runtime, a
//! database, TLS or HTTP. `cargo tree -p sspr -e normal` lists what a build takes.
//!
//! | Feature | Main crates | Part of the interface, re-exported as | Can be handed in |
//! |---|---|---|---|
//! | `sqlite` | `rusqlite` 0.32 to 0.43 | `adapters::sqlite::rusqlite` | a path; what to do with each connection first |
//! | `postgres` | `tokio-postgres` 0.7, `deadpool-postgres` 0.14, `tokio-postgres-rustls` | `adapters::postgres::deadpool_postgres` | a pool and a schema, a TLS configuration |
//! | `etcd` | `tonic` 0.14, `prost` 0.14 | `adapters::etcd::tonic` | channels, a TLS configuration |
//! | `smtp` | `lettre` 0.11, without its TLS | | a TLS configuration |
//! | `ldap` | none beside `rustls` and `tokio`, below | | a TLS configuration |
//! | `sql-directory` | `argon2` 0.6, `bcrypt` 0.19, `pbkdf2` 0.13 | | a path, or the options of `postgres` |
//! | `postgres`, `etcd`, `smtp`, `ldap` | `rustls` 0.23 without a provider, `tokio` 1 | `adapters::rustls` | |
//! | `tls-aws-lc-rs`, `tls-ring` | `aws-lc-rs`, `ring`: the provider for `rustls` | | |
//! | `seal` | `chacha20poly1305` 0.11 | | |
//! | `argon2` | `argon2` 0.6 | | |
//! | `strength` | `zxcvbn` 3 | | |
//! | `words` | `fluent-bundle` 0.16, `fluent-syntax` 0.12, `unic-langid` 0.9 | | |
//! | `csv` | `csv` 1 | | |
//! | `toml` | `toml` 1 | | |
//! | `tower` | `tower-layer` 0.3, `tower-service` 0.3 | | |
//! | `tracing` | `tracing` 0.1 | | the host's subscriber, as usual |
//! | `files`, `testing`, `conformance` | none | | |
//!
//! If you name the types of these crates by the paths in the third column, your code uses the release that
//! this crate was built with. A breaking release of such a crate is a breaking release of this crate.
//!
//! # SQLite
//!
//! One build links SQLite once: cargo refuses two crates with `links = "sqlite3"`. So `rusqlite` is a
//! range, and cargo selects the release that suits the others: 0.32 beside `sqlx` 0.8 and `sea-orm` 1,
//! 0.39 beside `sqlx` 0.9, 0.40 beside `diesel` 2 and `hiqlite`, and the one that you use yourself. The
//! checks of this crate resolve a build with each of these crates, and run the contract kit over the
//! oldest and the newest `rusqlite`.
//!
//! - If another crate compiles SQLite in (`sqlx`, `rusqlite` with `bundled`), add `sqlite`: the store uses
//!   the same SQLite.
//! - If none does, add `sqlite-bundled`, or link the system's library with `sqlite`. Below SQLite 3.37 the
//!   store returns `Denied` when it is opened.
//! - If cargo still reports `links = "sqlite3"`, a lock file holds an older choice: `cargo update -p rusqlite`.
//!
//! # TLS
//!
//! `rustls` leaves the cryptography to a *provider*. If exactly one is compiled in, it is the default of a
//! host that names none; with two, `ClientConfig::builder()` of the host panics. So add the feature of the
//! provider that the host already has, or neither feature:
//!
//! - `tls-aws-lc-rs` or `tls-ring`: the adapters use that provider, named in each configuration. With both,
//!   they use aws-lc-rs. The default of the process is neither read nor set.
//! - Neither: a connection that needs TLS is `Denied` with the names of the features, until a configuration
//!   is handed in with `with_tls`. Any provider can be in it. Connections without encryption (loopback, a Unix
//!   socket, an option that allows it), a handed-in pool and handed-in channels work as they are.
//!
//! # Connections of the host
//!
//! - **PostgreSQL**: `PostgresStore::over(&pool, "sspr", timeout)` works in a schema beside the host's
//!   tables. Each call takes a connection for itself, so a transaction of the host and a commit of the
//!   engine are independent: neither sees, waits for nor undoes the other, unless they lock the same
//!   rows. Each call sets the session to the store's settings and afterwards back to the host's, which
//!   costs two round trips more than on a pool of the store's own.
//! - **etcd**: `EtcdOptions::over([channel])`.
//! - **SQLite**: the store needs a file of its own and a connection for each of its threads;
//!   `SqliteStore::open_with` hands each to the host first, for example to set the key of an encrypted file.
//! - **SMTP**: `SmtpConfig` takes the settings, with `with_tls` for the encryption. A transport of
//!   `lettre` is not accepted: it reuses a connection whose mail was interrupted (see
//!   [`decisions`](super::decisions)).
//!
//! # Migrations by a tool of the host
//!
//! `PostgresStore::migrations("sspr")` and `SqliteStore::migrations()` return each change of the schema
//! as a number, a name and SQL. Write them into the files of your tool, and run each once, in a
//! transaction. On PostgreSQL create the schema first. Then open the store with a call that only checks
//! the version: `PostgresStore::connect` and `over`, and `SqliteStore::open_migrated`, never migrate. An
//! older or newer schema is `Denied`. The changelog names each release that adds a migration.

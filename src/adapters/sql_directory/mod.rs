//! A directory over a table of users, in SQLite or PostgreSQL. Feature `sql-directory`, with `sqlite` or
//! `postgres`.
//!
//! For a host whose users are rows: the table and its columns are named by a [`UserTable`], and nothing is
//! added to it. It is also the worked example of [writing a directory](crate::manual::writing_a_directory).
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::collections::BTreeSet;
//!
//! use sspr::adapters::sql_directory::{SqlConfig, UserTable};
//! use sspr::facts::{TenantFacts, UserQuery, UserSelector};
//! use sspr::port::Directory;
//! use sspr::{Identifier, TenantId};
//! # use sspr::adapters::sqlite::rusqlite::Connection;
//!
//! # let folder = std::env::temp_dir().join(format!("sspr-sql-directory-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! # let path = folder.join("users.db");
//! # Connection::open(&path)?.execute_batch(
//! #     "CREATE TABLE accounts (id TEXT PRIMARY KEY, email TEXT, password TEXT, active INTEGER);
//! #      INSERT INTO accounts VALUES ('u-1', 'ada@contoso.example', NULL, 1)",
//! # )?;
//! let mut accounts = UserTable::new("accounts", "id", "password", &["email"]);
//! accounts.enabled = Some("active".to_owned());
//! accounts.mail = Some("email".to_owned());
//! let contoso = TenantId::parse("contoso")?;
//! let directory = SqlConfig::new(accounts)
//!     .with_tenant(contoso.clone(), TenantFacts::new("Contoso"))
//!     .sqlite(&path)?;
//!
//! let (name, groups) = (Identifier::parse("Ada@contoso.example")?, BTreeSet::new());
//! let query = UserQuery::new(UserSelector::Identifier(&name), &groups);
//! let found = directory.find(&contoso, &query).await?;
//! assert_eq!(found[0].id.as_str(), "u-1");
//! # drop(directory);
//! # std::fs::remove_dir_all(folder)?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! # What is read and written
//!
//! `find` is one statement, and so is a page of users, with roles and nested groups. Names are equal without
//! case and in any normal form, and nothing else is equal. The change stamp is a digest of the password's hash,
//! the state, the names and the addresses, so a change by any program changes it.
//!
//! A write reads the row, hashes, and then changes the row in one transaction, under the condition that the
//! password is still the one that was read. The transaction reads the hash back and is committed only if the
//! column has kept it. Your own triggers and constraints judge it too.
//!
//! Passwords of more than 1,024 bytes are refused. There is no history and no minimum age: the engine's policy
//! has the rules. All lockouts are that of sign-in ([`Lockouts::sign_in`](crate::facts::Lockouts::sign_in)).
//!
//! # Hashes
//!
//! | Form | |
//! |---|---|
//! | `$argon2id$...` | written, with the cost of [`SqlConfig::with_hash_cost`]; read with any cost up to 1 GiB and 64 passes |
//! | `$argon2i$...`, `$argon2d$...` | read |
//! | `$2a$...`, `$2b$...`, `$2y$...` (bcrypt) | read. A password of 72 bytes or more, or with a NUL, never passes: bcrypt does not read all of it |
//! | `$pbkdf2-sha256$i=...`, `$pbkdf2-sha512$i=...` | read |
//! | any other | the check fails with `Denied`, since an unreadable hash is no wrong password. A reset replaces it |
//!
//! A check of a user who does not exist or has no password takes the time of a check at the present cost.
//! Your sign-in has to read Argon2id, and to compose what is typed (NFC).
//!
//! # What an error means
//!
//! | What happened | reading | writing |
//! |---|---|---|
//! | no connection, a lock that is held for long, a timeout before the commit was sent | `Unavailable` | `Unreachable` |
//! | no right, a column that is missing, a constraint that refuses | `Denied` | `AdminActionRequired` |
//! | the connection was lost after the commit was sent, an error of the disk in the commit | | `Indeterminate` |
//! | another write came between | | `Indeterminate` |
//!
//! # Runtime
//!
//! Hashing has threads of its own, and so has an SQLite file: nothing blocks the caller's runtime, and SQLite
//! needs none. With PostgreSQL the futures must be polled on a tokio runtime. More than 1,024 calls that wait
//! for a thread are `Unavailable`.

mod config;
mod directory;
mod facts;
mod hash;
#[cfg(feature = "postgres")]
mod postgres;
mod rows;
#[cfg(feature = "sqlite")]
mod sqlite;
mod statements;
mod table;
mod worker;
mod write;

pub use config::SqlConfig;
pub use directory::SqlDirectory;
pub use table::{LinkTable, SqlIdType, UserTable};

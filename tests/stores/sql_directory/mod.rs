//! The directory over a table in an SQLite file.

#![cfg(all(feature = "sql-directory", feature = "sqlite", feature = "conformance"))]

#[path = "../../support/sql_users.rs"]
mod sql_users;

mod contract;

use async_trait::async_trait;
use rusqlite::Connection;
use sspr::adapters::sql_directory::{SqlConfig, SqlDirectory};
use sspr::port::PortResult;

use self::sql_users::{HostDatabase, SqlUsers};
use crate::temporary::Temporary;

sspr::conformance_tests!(directory: on_sqlite, SqliteFile::users);

/// The file of a host.
struct SqliteFile(Temporary);

impl SqliteFile {
    fn users() -> SqlUsers<Self> {
        SqlUsers::in_database(Self(Temporary::new("sql-directory")))
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("users.db")
    }
}

#[async_trait]
impl HostDatabase for SqliteFile {
    fn run(&self, sql: &str) {
        let connection = Connection::open(self.path()).expect("opened");
        connection.busy_timeout(std::time::Duration::from_secs(5)).expect("set");
        connection.execute_batch(sql).unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    fn schema(&self) -> Option<String> {
        None
    }

    async fn open(&self, config: SqlConfig) -> PortResult<SqlDirectory> {
        config.sqlite(self.path())
    }
}

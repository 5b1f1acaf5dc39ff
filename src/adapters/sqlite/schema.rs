//! The file's schema, its migrations, and the connections to it.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::failed;
use crate::adapters::Migration;
use crate::port::{PortError, PortResult};

/// `SSPR`: identifies the file's application (`PRAGMA application_id`).
const APPLICATION: i32 = 0x5353_5052;

/// The schema version that this code reads and writes (`PRAGMA user_version`).
const NEWEST: i32 = 1;

/// Set in `user_version` while the store is closed to writers. An older release takes it for a
/// newer schema, and refuses the file.
const CLOSED: i32 = 1 << 30;

/// The name of each change and the statements that bring a file to the next version, beginning with
/// version 1. Only appended to.
const MIGRATIONS: [(&str, &str); NEWEST as usize] =
    [("first_tables", include_str!("sql/schema_v1.sql"))];

/// The oldest SQLite that knows every statement: 3.37 brought STRICT tables. A library of the system may
/// be older.
const OLDEST_SQLITE: i32 = 3_037_000;

/// The limit of SQLite's own lock, which applies to tools that do not use the process lock, and to
/// a process that was suspended while it wrote.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Opens the connection that writes, and brings the file to the current schema.
pub(super) fn open_writer(
    path: &Path,
    found: Found,
    prepare: Prepare<'_>,
) -> PortResult<Connection> {
    let mut conn = connect(path, prepare)?;
    migrate(&mut conn, found)?;
    configure(&conn).map_err(failed)?;
    Ok(conn)
}

/// Opens a connection that reads. The file must already have the schema.
pub(super) fn open_reader(path: &Path, prepare: Prepare<'_>) -> PortResult<Connection> {
    // Not opened read-only: a reader of a write-ahead log writes to its index.
    let conn = connect(path, prepare)?;
    configure(&conn).map_err(failed)?;
    conn.pragma_update(None, "query_only", true).map_err(failed)?;
    Ok(conn)
}

/// What the host does with each connection before its first use.
pub(super) type Prepare<'a> = &'a dyn Fn(&Connection) -> rusqlite::Result<()>;

fn connect(path: &Path, prepare: Prepare<'_>) -> PortResult<Connection> {
    new_enough(rusqlite::version_number())?;
    // No SQLITE_OPEN_CREATE, since the file exists with its permissions. No SQLITE_OPEN_URI, since
    // the path is not a URI. No mutex, since each connection belongs to one thread.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(failed)?;
    prepare(&conn).map_err(failed)?;
    conn.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
    conn.set_prepared_statement_cache_capacity(32);
    Ok(conn)
}

/// Refuses a linked SQLite that is too old.
fn new_enough(linked: i32) -> PortResult<()> {
    if linked >= OLDEST_SQLITE {
        return Ok(());
    }
    let release = |number: i32| format!("{}.{}", number / 1_000_000, number / 1_000 % 1_000);
    Err(PortError::denied().because(format!(
        "SQLite {} is linked, {} or newer is needed: update it, or add the feature `sqlite-bundled`",
        release(linked),
        release(OLDEST_SQLITE)
    )))
}

fn configure(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update(None, "synchronous", "FULL")?;
    // Apple's fsync leaves data in the drive's cache; elsewhere this has no effect.
    conn.pragma_update(None, "fullfsync", true)?;
    conn.pragma_update(None, "trusted_schema", false)?;
    conn.pragma_update(None, "cache_size", -8_000)?;
    // The next checkpoint returns the space of a burst to the file system.
    conn.query_row("PRAGMA journal_size_limit = 67108864", [], |_| Ok(()))
}

/// How long to wait for running readers before the log is emptied. A page takes some milliseconds.
const READERS_TIMEOUT: Duration = Duration::from_millis(250);

/// Copies the whole log into the file and empties it. Returns false if a reader prevented it, in
/// which case the log continues to grow.
///
/// SQLite's own checkpoint after each thousand pages does not wait for readers, and a log in use is
/// appended to. Under continuous listings the log is always in use.
pub(super) fn empty_log(conn: &Connection) -> rusqlite::Result<bool> {
    conn.busy_timeout(READERS_TIMEOUT)?;
    let busy = conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    conn.busy_timeout(BUSY_TIMEOUT)?;
    busy.map(|busy| !busy)
}

/// What a file may hold when it is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Only a store, which is brought up to date.
    Store,
    /// Only a store that is up to date.
    UpToDate,
    /// Only an empty file.
    New,
    /// Either.
    Any,
}

impl Found {
    fn accepts(self, version: i32) -> PortResult<()> {
        match (self, version) {
            (Self::Store | Self::UpToDate, 0) => Err(PortError::denied()
                .because("the file holds no store: create one with `SqliteStore::create`")),
            (Self::New, 1..) => Err(PortError::denied()
                .because("the file holds a store already: call `SqliteStore::open`")),
            (Self::UpToDate, ..NEWEST) => Err(PortError::denied()
                .because("the schema is of an older release: run `SqliteStore::migrations` first")),
            _ => Ok(()),
        }
    }
}

/// Refuses to write unless the schema is open and known. Checked in each transaction, whose lock
/// keeps a newer release from changing the schema meanwhile.
pub(super) fn may_write(conn: &Connection) -> PortResult<()> {
    let version = user_version(conn).map_err(failed)?;
    if version == NEWEST {
        return Ok(());
    }
    Err(PortError::denied().because(if version == NEWEST | CLOSED {
        "the store is closed to writers: it was moved to another store".to_owned()
    } else {
        format!("a newer release has changed the file: schema version {version}, {NEWEST} is known")
    }))
}

/// Closes the file to writers of all processes, or opens it again.
pub(super) fn fence(conn: &Connection, closed: bool) -> rusqlite::Result<()> {
    conn.pragma_update(None, "user_version", if closed { NEWEST | CLOSED } else { NEWEST })
}

/// Whether the file has this release's schema, open or closed.
pub(super) fn is_ours(conn: &Connection) -> rusqlite::Result<bool> {
    Ok(user_version(conn)? & !CLOSED == NEWEST)
}

fn user_version(conn: &Connection) -> rusqlite::Result<i32> {
    conn.prepare_cached("PRAGMA user_version")?.query_row([], |row| row.get(0))
}

fn migrate(conn: &mut Connection, found: Found) -> PortResult<()> {
    // Checked first, so that a foreign file is not changed, not even its journal mode.
    found.accepts(check(conn)? & !CLOSED)?;
    let mode: String =
        conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(failed)?;
    if mode != "wal" {
        return Err(PortError::denied()
            .because(format!("no write-ahead log on this file system: journal mode {mode}")));
    }
    let transaction =
        conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    // Checked again, since another process may have migrated in between.
    let version = check(&transaction)?;
    let (version, closed) = (version & !CLOSED, version & CLOSED);
    found.accepts(version)?;
    for (number, (_, migration)) in (1..).zip(MIGRATIONS) {
        if number > version {
            transaction.execute_batch(migration).map_err(failed)?;
        }
    }
    if version < NEWEST {
        transaction
            .pragma_update(None, "application_id", APPLICATION)
            .and_then(|()| transaction.pragma_update(None, "user_version", NEWEST | closed))
            .map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

/// The changes of the schema, for a tool other than this crate.
pub(super) fn migrations() -> Vec<Migration> {
    let texts = (1_u32..).zip(MIGRATIONS).map(|(number, (name, tables))| {
        let marks =
            format!("PRAGMA application_id = {APPLICATION};\nPRAGMA user_version = {number};\n");
        Migration { number, name, sql: format!("{tables}{marks}") }
    });
    texts.collect()
}

/// The schema version of the file; zero for an empty file.
fn check(conn: &Connection) -> PortResult<i32> {
    let number = |pragma| conn.query_row(pragma, [], |row| row.get::<_, i32>(0));
    let application = number("PRAGMA application_id").map_err(failed)?;
    let version = number("PRAGMA user_version").map_err(failed)?;
    let objects = number("SELECT count(*) FROM sqlite_schema").map_err(failed)?;
    if application == 0 && version == 0 && objects == 0 {
        return Ok(0);
    }
    if application != APPLICATION {
        let whose = format!("the file belongs to another application ({application:#010x})");
        return Err(PortError::denied().because(whose));
    }
    if !(1..=NEWEST).contains(&(version & !CLOSED)) {
        let newer = format!("schema version {version}, where 1 to {NEWEST} are known");
        return Err(PortError::denied().because(newer));
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_sqlite_is_refused_with_the_way_out() {
        assert!(new_enough(OLDEST_SQLITE).is_ok());
        let refused = new_enough(3_034_001).expect_err("too old");
        let text = std::error::Error::source(&refused).expect("a reason").to_string();
        assert!(text.contains("SQLite 3.34 is linked, 3.37 or newer"), "{text}");
        assert!(text.contains("`sqlite-bundled`"), "{text}");
    }
}

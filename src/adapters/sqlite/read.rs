//! The statements that read. Each is one transaction.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::cursor::{AfterDue, AfterEvent, AfterKey, AfterNumber, Position};
use super::error::{corrupt, failed};
use crate::TenantId;
use crate::audit::{Event, EventId};
use crate::port::{Page, PortError, PortResult, Record, RecordKey, RecordKind, Version};

/// A page ends early beyond this size, to bound memory.
const PAGE_BYTES: usize = 8 << 20;

pub(super) fn load(conn: &Connection, key: &RecordKey) -> PortResult<Option<Record>> {
    let sql = include_str!("sql/load.sql");
    let mut statement = conn.prepare_cached(sql).map_err(failed)?;
    let found = statement.query_row([&key.as_bytes()[..]], |row| Ok(record(row)));
    found.optional().map_err(failed)?.transpose()
}

pub(super) fn due(
    conn: &Connection,
    now: i64,
    after: Option<AfterDue>,
    limit: u16,
) -> PortResult<Page<RecordKey>> {
    let sql = include_str!("sql/due.sql");
    // An empty key sorts before every stored key.
    let (at, key) = match &after {
        None => (i64::MIN, &[][..]),
        Some(AfterDue(at, key)) => (*at, &key.as_bytes()[..]),
    };
    let values = params![now, at, key, limit + 1];
    let rows = list(conn, sql, values, limit, |row| {
        let key = record_key(row, 1)?;
        let at = AfterDue(integer(row, 0)?, key);
        Ok((key, at, 0))
    })?;
    Ok(rows.ending())
}

pub(super) fn scan(
    conn: &Connection,
    tenant: &TenantId,
    kind: RecordKind,
    after: Option<AfterKey>,
    limit: u16,
) -> PortResult<Page<Record>> {
    let sql = include_str!("sql/scan.sql");
    let key = after.as_ref().map_or(&[][..], |after| after.0.as_bytes());
    let values = params![tenant.as_str(), kind.as_str(), key, limit + 1];
    let rows = list(conn, sql, values, limit, |row| {
        let record = record(row)?;
        let at = AfterKey(*record.key());
        let bytes = record.body().len();
        Ok((record, at, bytes))
    })?;
    Ok(rows.ending())
}

/// In the order of the ids. The number distinguishes events with the same id: a purged record may
/// restart its count.
pub(super) fn record_events(
    conn: &Connection,
    key: &RecordKey,
    after: Option<AfterEvent>,
    limit: u16,
) -> PortResult<Page<Event>> {
    let sql = include_str!("sql/events_of_record.sql");
    let AfterEvent(count, index, seq) = after.unwrap_or(AfterEvent(i64::MIN, 0, 0));
    let values = params![&key.as_bytes()[..], count, index, seq, limit + 1];
    let rows = list(conn, sql, values, limit, |row| {
        let event = event(row)?;
        let at = AfterEvent(integer(row, 1)?, integer(row, 2)?, integer(row, 4)?);
        let bytes = event.1;
        Ok((event.0, at, bytes))
    })?;
    Ok(rows.continuing())
}

/// In the order of the numbers, which is the order of the commits: a transaction takes its numbers
/// under SQLite's write lock, so no commit in flight, of any process, can hold a smaller number
/// than a visible one. No number is used twice (AUTOINCREMENT).
pub(super) fn tenant_events(
    conn: &Connection,
    tenant: &TenantId,
    after: Option<AfterNumber>,
    limit: u16,
) -> PortResult<Page<Event>> {
    let sql = include_str!("sql/events_of_tenant.sql");
    let last = after.map_or(i64::MIN, |after| after.0);
    let values = params![tenant.as_str(), last, limit + 1];
    let rows = list(conn, sql, values, limit, |row| {
        let (event, bytes) = event(row)?;
        Ok((event, AfterNumber(integer(row, 4)?), bytes))
    })?;
    Ok(rows.continuing())
}

struct Rows<T, P> {
    items: Vec<T>,
    last: Option<P>,
    more: bool,
}

impl<T, P: Position> Rows<T, P> {
    /// A page of a listing that ends.
    fn ending(self) -> Page<T> {
        let next = self.last.filter(|_| self.more);
        Page::new(self.items, next.as_ref().map(Position::cursor))
    }

    /// A page of a listing to which rows are appended later.
    fn continuing(self) -> Page<T> {
        Page::new(self.items, self.last.as_ref().map(Position::cursor))
    }
}

/// Reads up to `limit` rows. The statement selects one more, to see whether there is another page.
fn list<T, P>(
    conn: &Connection,
    sql: &str,
    values: &[&dyn rusqlite::ToSql],
    limit: u16,
    read: impl Fn(&Row<'_>) -> PortResult<(T, P, usize)>,
) -> PortResult<Rows<T, P>> {
    let mut statement = conn.prepare_cached(sql).map_err(failed)?;
    let mut rows = statement.query(values).map_err(failed)?;
    let mut page = Rows { items: Vec::new(), last: None, more: false };
    let mut held = 0;
    while let Some(row) = rows.next().map_err(failed)? {
        if page.items.len() == usize::from(limit) || held > PAGE_BYTES {
            page.more = true;
            break;
        }
        let (item, position, bytes) = read(row)?;
        page.items.push(item);
        page.last = Some(position);
        held += bytes;
    }
    Ok(page)
}

fn record(row: &Row<'_>) -> PortResult<Record> {
    let key = record_key(row, 0)?;
    let count = integer(row, 1)?.cast_unsigned();
    let nonce = integer(row, 2)?.cast_unsigned();
    Ok(Record::loaded(key, Version::new(count, nonce), text(row, 3)?))
}

fn event(row: &Row<'_>) -> PortResult<(Event, usize)> {
    let body = text(row, 3)?;
    let event = Event::decode(body).map_err(|error| PortError::corrupt().because(error))?;
    let count = integer(row, 1)?.cast_unsigned();
    let index = u16::try_from(integer(row, 2)?).map_err(|_| corrupt("an event's index"))?;
    if event.id != EventId::new(record_key(row, 0)?, count, index) {
        return Err(corrupt("an event under the id of another"));
    }
    Ok((event, body.len()))
}

fn record_key(row: &Row<'_>, column: usize) -> PortResult<RecordKey> {
    match row.get_ref(column).map_err(failed)? {
        ValueRef::Blob(bytes) => <[u8; 32]>::try_from(bytes)
            .map(RecordKey::from_bytes)
            .map_err(|_| corrupt("a key of another length")),
        _ => Err(corrupt("a key that is not a blob")),
    }
}

fn integer(row: &Row<'_>, column: usize) -> PortResult<i64> {
    row.get(column).map_err(failed)
}

fn text<'a>(row: &'a Row<'_>, column: usize) -> PortResult<&'a str> {
    match row.get_ref(column).map_err(failed)? {
        ValueRef::Text(bytes) => {
            std::str::from_utf8(bytes).map_err(|_| corrupt("a body that is not UTF-8"))
        }
        _ => Err(corrupt("a body that is not a text")),
    }
}

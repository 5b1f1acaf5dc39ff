//! Keys, records, columns and events for tests of a store, without an engine.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use sspr::audit::Event;
use sspr::port::{Columns, PortErrorKind, PortResult, Record, RecordKey, RecordKind};
use sspr::{TenantId, Timestamp};

/// A key of 32 equal bytes. The first one decides the shard.
pub(crate) fn key(number: u8) -> RecordKey {
    RecordKey::from_bytes([number; 32])
}

pub(crate) fn tenant() -> TenantId {
    TenantId::parse("contoso").unwrap()
}

pub(crate) fn columns() -> Columns {
    Columns::new(tenant(), RecordKind::Account, at(1))
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_unix_seconds(second)
}

/// An event of this record's version, at this time.
pub(crate) fn event(record: &Record, index: u16, second: i64) -> Event {
    let (key, count) = (record.key(), record.version().count());
    let text = format!(
        r#"{{"format":1,"id":{{"record":"{key}","count":{count},"index":{index}}},"tenant":"contoso",
            "user":"ada","actor":"engine","at":{},"code":"unblocked"}}"#,
        second * 1000
    );
    Event::decode(&text).unwrap()
}

/// The kind of the error that is expected.
#[track_caller]
pub(crate) fn kind<T: std::fmt::Debug>(result: PortResult<T>) -> PortErrorKind {
    result.expect_err("an error was expected").kind()
}

//! The threads that read, each with its own connection.

use rusqlite::Connection;

use super::cursor::{AfterDue, AfterEvent, AfterKey, AfterNumber};
use super::queue::{Bounds, Closing, Queue};
use super::read;
use super::reply::Promise;
use crate::TenantId;
use crate::audit::Event;
use crate::port::{Page, PortResult, Record, RecordKey, RecordKind};

/// How many reads are taken from the queue at once. Each is still a transaction of its own.
pub(super) const BATCH: Bounds = Bounds { jobs: 64, bytes: usize::MAX };

/// A request to read.
pub(super) enum ReadRequest {
    Load(RecordKey, Promise<Option<Record>>),
    Due(i64, Option<AfterDue>, u16, Promise<Page<RecordKey>>),
    Scan(TenantId, RecordKind, Option<AfterKey>, u16, Promise<Page<Record>>),
    RecordEvents(RecordKey, Option<AfterEvent>, u16, Promise<Page<Event>>),
    TenantEvents(TenantId, Option<AfterNumber>, u16, Promise<Page<Event>>),
}

/// Serves the queue until it is closed and empty.
///
/// A read begins its transaction after it was called, and a transaction of the write-ahead log sees
/// every commit that ended before it began. So a load sees each commit that returned before the
/// load was called, of any caller.
pub(super) fn run(conn: &Connection, queue: &Queue<ReadRequest>) {
    let closing = Closing(queue);
    let mut batch = Vec::new();
    while queue.take(BATCH, &mut batch) {
        for job in batch.drain(..) {
            serve(conn, job);
        }
    }
    drop(closing);
}

pub(super) fn serve(conn: &Connection, job: ReadRequest) {
    match job {
        ReadRequest::Load(key, promise) => keep(promise, || read::load(conn, &key)),
        ReadRequest::Due(now, after, limit, promise) => {
            keep(promise, || read::due(conn, now, after, limit));
        }
        ReadRequest::Scan(tenant, kind, after, limit, promise) => {
            keep(promise, || read::scan(conn, &tenant, kind, after, limit));
        }
        ReadRequest::RecordEvents(key, after, limit, promise) => {
            keep(promise, || read::record_events(conn, &key, after, limit));
        }
        ReadRequest::TenantEvents(tenant, after, limit, promise) => {
            keep(promise, || read::tenant_events(conn, &tenant, after, limit));
        }
    }
}

fn keep<T>(promise: Promise<T>, read: impl FnOnce() -> PortResult<T>) {
    if !promise.is_abandoned() {
        promise.keep(read());
    }
}

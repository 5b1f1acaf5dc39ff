//! The format of a store, and whether it is closed to writers. Each write compares it.

use super::error::corrupt;
use super::proto::{Compare, KeyValue, RequestOp, TxnRequest};
use super::request::{get, has_value, put};
use super::shared::Shared;
use crate::port::{PortError, PortResult};

/// The value while this release may write.
const OPEN: &str = "1";
/// The value while the store is closed to writers.
const CLOSED: &str = "1/closed";

/// The value of a new store.
pub(super) fn begin() -> Vec<u8> {
    OPEN.as_bytes().to_vec()
}

/// The condition that this release may write. etcd applies transactions one after the other, so a
/// transaction with this condition is applied before a change of the format or not at all.
pub(super) fn may_write(store: &Shared) -> Compare {
    has_value(store.keys.schema(), begin())
}

/// The read of the format, for a write whose conditions did not hold.
pub(super) fn read(store: &Shared) -> RequestOp {
    get(store.keys.schema()).into()
}

/// Refuses to write unless the format is open and known.
pub(super) fn check(found: Option<&KeyValue>) -> PortResult<()> {
    match text(found)? {
        OPEN => Ok(()),
        CLOSED => Err(PortError::denied()
            .because("the store is closed to writers: it was moved to another store")),
        _ => Err(newer()),
    }
}

/// Refuses to read a format that this release does not know.
pub(super) fn known(found: Option<&KeyValue>) -> PortResult<()> {
    match text(found)? {
        OPEN | CLOSED => Ok(()),
        _ => Err(newer()),
    }
}

fn newer() -> PortError {
    PortError::denied().because("store format: written by a newer release, update sspr to read it")
}

fn text(found: Option<&KeyValue>) -> PortResult<&str> {
    let format = found.ok_or_else(|| corrupt("no format of the store"))?;
    std::str::from_utf8(&format.value).map_err(|_| corrupt("the format of the store"))
}

/// Closes the store to writers of all processes, or opens it again.
pub(super) async fn fence(store: &Shared, closed: bool) -> PortResult<bool> {
    let key = store.keys.schema();
    let (before, after) = if closed { (OPEN, CLOSED) } else { (CLOSED, OPEN) };
    let request = TxnRequest {
        compare: vec![has_value(key.clone(), before.as_bytes().to_vec())],
        success: vec![put(key.clone(), after.as_bytes().to_vec())],
        failure: vec![get(key).into()],
    };
    let answer = store.client.write(request).await?;
    if !answer.succeeded {
        let found = answer.found()?.into_iter().next().flatten();
        // Either the store was in the wanted state already, or its format is unknown.
        known(found.as_ref())?;
    }
    Ok(true)
}

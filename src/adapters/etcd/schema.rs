//! The format that a store is in, and whether it is closed to writers: compared by each write.

use super::error::corrupt;
use super::proto::{Compare, KeyValue, RequestOp, TxnRequest};
use super::request::{get, has_value, put};
use super::store::Inner;
use crate::port::{PortError, PortResult};

/// What stands there while this release may write.
const OPEN: &str = "1";
/// And while nothing may.
const CLOSED: &str = "1/closed";

/// The value of a new store.
pub(super) fn begin() -> Vec<u8> {
    OPEN.as_bytes().to_vec()
}

/// That this release may write. A transaction under it is applied before a change of the format, or
/// not at all: etcd applies one transaction after the other.
pub(super) fn may_write(store: &Inner) -> Compare {
    has_value(store.keys.schema(), begin())
}

/// What a write reads when one of its conditions did not hold.
pub(super) fn read(store: &Inner) -> RequestOp {
    get(store.keys.schema()).into()
}

/// Whether the format that was found there lets this release write.
pub(super) fn check(found: Option<&KeyValue>) -> PortResult<()> {
    match text(found)? {
        OPEN => Ok(()),
        CLOSED => Err(PortError::denied().because("the store is closed to writers: it was moved")),
        _ => Err(newer()),
    }
}

/// Whether this release can read what is there.
pub(super) fn known(found: Option<&KeyValue>) -> PortResult<()> {
    match text(found)? {
        OPEN | CLOSED => Ok(()),
        _ => Err(newer()),
    }
}

fn newer() -> PortError {
    PortError::denied().because("a newer release has changed this store")
}

fn text(found: Option<&KeyValue>) -> PortResult<&str> {
    let found = found.ok_or_else(|| corrupt("no format of the store"))?;
    std::str::from_utf8(&found.value).map_err(|_| corrupt("the format of the store"))
}

/// Closes the store to writers of all processes, or opens it again.
pub(super) async fn fence(store: &Inner, closed: bool) -> PortResult<bool> {
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
        // It is as was wanted, or of a format that this release does not know.
        known(found.as_ref())?;
    }
    Ok(true)
}

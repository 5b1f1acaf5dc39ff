//! Builds all requests: every read is linearizable, every write conditional.

use prost::Message as _;

use super::error::corrupt;
use super::proto::compare::{CompareResult, CompareTarget, TargetUnion};
use super::proto::request_op::Request;
use super::proto::response_op::Response;
use super::proto::{
    Compare, DeleteRangeRequest, KeyValue, PutRequest, RangeRequest, RangeResponse, RequestOp,
    ResponseOp, TxnRequest, TxnResponse,
};
use crate::port::{PortError, PortResult};

/// etcd's default `--max-txn-ops`. It limits each of three lists: conditions, operations if they
/// hold, operations if not.
pub(super) const MAX_OPS: usize = 128;

/// The largest request. etcd's default limit is 1.5 MiB.
const MAX_BYTES: usize = 1 << 20;

/// One key, linearizable.
pub(super) fn get(key: Vec<u8>) -> RangeRequest {
    // Never `serializable`, which a member that is cut off from the others would serve.
    RangeRequest { key, limit: 1, serializable: false, ..RangeRequest::default() }
}

/// The keys from `from` to before `end` in order, at most `limit`, linearizable.
pub(super) fn list(from: Vec<u8>, end: Vec<u8>, limit: usize) -> RangeRequest {
    // etcd takes zero as "no limit".
    let limit = i64::try_from(limit).unwrap_or(i64::MAX).max(1);
    RangeRequest { range_end: end, limit, ..get(from) }
}

/// All keys from `from` to before `end` created at or after a revision, without values.
pub(super) fn list_since(from: Vec<u8>, end: Vec<u8>, revision: i64) -> RangeRequest {
    RangeRequest {
        range_end: end,
        limit: 0,
        keys_only: true,
        min_create_revision: revision,
        ..get(from)
    }
}

/// The end of the range of keys with this prefix.
pub(super) fn end_of(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < u8::MAX {
            end.push(last + 1);
            break;
        }
    }
    end
}

/// Just after this key.
pub(super) fn after(mut key: Vec<u8>) -> Vec<u8> {
    key.push(0);
    key
}

pub(super) fn absent(key: Vec<u8>) -> Compare {
    compare(key, CompareTarget::Create, TargetUnion::CreateRevision(0))
}

pub(super) fn present(key: Vec<u8>) -> Compare {
    Compare { result: CompareResult::Greater.into(), ..absent(key) }
}

pub(super) fn unchanged_since(key: Vec<u8>, revision: i64) -> Compare {
    compare(key, CompareTarget::Mod, TargetUnion::ModRevision(revision))
}

pub(super) fn has_value(key: Vec<u8>, value: Vec<u8>) -> Compare {
    compare(key, CompareTarget::Value, TargetUnion::Value(value))
}

fn compare(key: Vec<u8>, target: CompareTarget, than: TargetUnion) -> Compare {
    let result = CompareResult::Equal.into();
    Compare { result, target: target.into(), key, target_union: Some(than) }
}

pub(super) fn put(key: Vec<u8>, value: Vec<u8>) -> RequestOp {
    Request::RequestPut(PutRequest { key, value }).into()
}

pub(super) fn delete(key: Vec<u8>) -> RequestOp {
    Request::RequestDeleteRange(DeleteRangeRequest { key }).into()
}

impl From<Request> for RequestOp {
    fn from(request: Request) -> Self {
        Self { request: Some(request) }
    }
}

impl From<RangeRequest> for RequestOp {
    fn from(range: RangeRequest) -> Self {
        Request::RequestRange(range).into()
    }
}

/// Several reads at one revision.
pub(super) fn read_all(ranges: impl IntoIterator<Item = RangeRequest>) -> TxnRequest {
    let success = ranges.into_iter().map(RequestOp::from).collect();
    TxnRequest { success, ..TxnRequest::default() }
}

impl TxnRequest {
    /// Refuses a request that etcd would refuse for its size.
    pub(super) fn check(&self) -> PortResult<()> {
        let most = self.compare.len().max(self.success.len()).max(self.failure.len());
        if most > MAX_OPS || self.encoded_len() > MAX_BYTES {
            return Err(
                PortError::denied().because("the request is larger than one etcd transaction")
            );
        }
        Ok(())
    }
}

impl TxnResponse {
    pub(super) fn revision(&self) -> i64 {
        self.header.as_ref().map_or(0, |header| header.revision)
    }

    /// The responses to a transaction's reads, in their order.
    pub(super) fn ranges(self) -> PortResult<Vec<RangeResponse>> {
        let range = |op: ResponseOp| match op.response {
            Some(Response::ResponseRange(range)) => Ok(range),
            _ => Err(corrupt("a response to another request")),
        };
        self.responses.into_iter().map(range).collect()
    }

    /// The results of reads of one key each, in their order.
    pub(super) fn found(self) -> PortResult<Vec<Option<KeyValue>>> {
        let ranges = self.ranges()?;
        Ok(ranges.into_iter().map(|mut range| range.kvs.pop()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::PortErrorKind;

    #[test]
    fn every_read_is_linearizable() {
        let key = || b"k".to_vec();
        let reads = [get(key()), list(key(), key(), 5), list_since(key(), key(), 7)];
        assert!(reads.iter().all(|read| !read.serializable));
    }

    #[test]
    fn a_listing_always_has_a_limit() {
        assert_eq!(list(vec![1], vec![2], 0).limit, 1);
        assert_eq!(list(vec![1], vec![2], usize::MAX).limit, i64::MAX);
    }

    #[test]
    fn a_prefix_ends_before_its_successor() {
        assert_eq!(end_of(b"a/"), b"a0");
        assert_eq!(end_of(&[1, 0xff]), [2]);
    }

    #[test]
    fn a_request_that_etcd_would_refuse_is_not_sent() {
        let many = |count| TxnRequest {
            success: (0..count).map(|_| delete(vec![1])).collect(),
            ..TxnRequest::default()
        };
        let large = |size| TxnRequest {
            success: vec![put(vec![1], vec![0; size])],
            ..TxnRequest::default()
        };
        assert!(many(MAX_OPS).check().is_ok());
        assert!(large(MAX_BYTES - 100).check().is_ok());
        for request in [many(MAX_OPS + 1), large(MAX_BYTES)] {
            let kind = request.check().map_err(|error| error.kind());
            assert_eq!(kind, Err(PortErrorKind::Denied));
        }
    }
}

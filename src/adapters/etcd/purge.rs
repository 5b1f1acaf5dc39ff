//! Removes expired rows, each under the condition that it is still expired.

use super::error::corrupt;
use super::keys::Tail;
use super::proto::request_op::Request;
use super::proto::response_op::Response;
use super::proto::{Compare, KeyValue, RequestOp, TxnRequest, TxnResponse};
use super::request::{absent, after, delete, get, list, present, read_all, unchanged_since};
use super::schema;
use super::shared::Shared;
use super::value::decode_record;
use crate::TenantId;
use crate::port::{Cutoff, PortErrorKind, PortResult};

/// How many rows one transaction removes. Each row has a condition of its own and takes at most
/// five of the 128 operations.
const AT_ONCE: usize = 20;

pub(super) async fn purge(store: &Shared, cutoff: Cutoff, limit: usize) -> PortResult<u64> {
    let (mut removed, limit) = (0, limit as u64);
    let done = run(store, cutoff, limit, &mut removed).await;
    match done {
        // The number of rows removed so far is known.
        Err(error) if error.kind() == PortErrorKind::Unavailable && removed > 0 => Ok(removed),
        done => done.map(|()| removed),
    }
}

/// Each kind of row first gets a third of the limit, and each purge begins with another kind, so
/// that many rows of one kind do not delay the others for ever.
async fn run(store: &Shared, cutoff: Cutoff, limit: u64, removed: &mut u64) -> PortResult<()> {
    let keys = &store.keys;
    let mut spans = [
        (Kind::Record, keys.expiries(), keys.expiries_until(cutoff.expired)),
        (Kind::Counter, keys.counter_expiries(), keys.counter_expiries_until(cutoff.expired)),
        (Kind::Event, keys.ages(), keys.ages_from(cutoff.events_before)),
    ];
    spans.rotate_left(store.next_purge() % 3);
    for share in [limit.div_ceil(3), limit] {
        for (kind, from, end) in &mut spans {
            let most = limit.min(removed.saturating_add(share));
            while *removed < most {
                let room = usize::try_from(most - *removed).unwrap_or(AT_ONCE).min(AT_ONCE);
                let found = store.client.range(list(from.clone(), end.clone(), room)).await?;
                let Some(last) = found.kvs.last() else { break };
                *from = after(last.key.clone());
                *removed += remove(store, *kind, &found.kvs).await?;
                if !found.more {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// A kind of row that is purged.
#[derive(Clone, Copy)]
enum Kind {
    Record,
    Counter,
    Event,
}

async fn remove(store: &Shared, kind: Kind, found: &[KeyValue]) -> PortResult<u64> {
    let rows = match kind {
        Kind::Record => records(store, found).await?,
        Kind::Counter => found.iter().map(|kv| counter(store, kv)).collect::<PortResult<_>>()?,
        Kind::Event => found.iter().map(|kv| event(store, kv)).collect::<PortResult<_>>()?,
    };
    let request = TxnRequest {
        compare: vec![schema::may_write(store)],
        success: rows,
        failure: vec![schema::read(store)],
    };
    let answer = store.client.write(request).await?;
    if !answer.succeeded {
        schema::check(answer.found()?.pop().flatten().as_ref())?;
        return Err(corrupt("a response to another request"));
    }
    Ok(count(answer))
}

/// The number of nested transactions whose condition held and that removed a row.
fn count(answer: TxnResponse) -> u64 {
    let removed = |response| match response {
        Some(Response::ResponseTxn(TxnResponse { succeeded: true, responses, .. })) => {
            let first = responses.into_iter().next().and_then(|op| op.response);
            matches!(first, Some(Response::ResponseDeleteRange(answer)) if answer.deleted > 0)
        }
        _ => false,
    };
    answer.responses.into_iter().filter(|op| removed(op.response.clone())).count() as u64
}

fn row(compare: Compare, remove: impl IntoIterator<Item = Vec<u8>>) -> RequestOp {
    let success = remove.into_iter().map(delete).collect();
    Request::RequestTxn(TxnRequest { compare: vec![compare], success, failure: Vec::new() }).into()
}

async fn records(store: &Shared, found: &[KeyValue]) -> PortResult<Vec<RequestOp>> {
    let keys = &store.keys;
    let key = |kv: &KeyValue| Tail::of(&kv.key).record();
    let all =
        found.iter().map(key).collect::<Option<Vec<_>>>().ok_or_else(|| corrupt("an expiry"))?;
    let request = read_all(all.iter().map(|key| get(keys.record(key))));
    let stored = store.client.read(request).await?.found()?;
    let mut rows = Vec::with_capacity(found.len());
    for ((listed, key), stored) in found.iter().zip(&all).zip(stored) {
        let record = keys.record(key);
        let Some(stored) = stored else {
            // Another purge removed the record meanwhile, so its expiry goes too.
            rows.push(row(absent(record.clone()), [record, listed.key.clone()]));
            continue;
        };
        let (_, indexed) = decode_record(key, &stored.value)?;
        let unchanged = unchanged_since(record.clone(), stored.mod_revision);
        let expiry = indexed.expires_at.map(|at| keys.expiry(at, key));
        if expiry.as_ref() != Some(&listed.key) {
            // A commit extended the record meanwhile, so it stays.
            continue;
        }
        let member = keys.member(&indexed.tenant, indexed.kind, key);
        let wake = indexed.wake_at.map(|at| keys.wake(at, key));
        rows.push(row(unchanged, [Some(record), expiry, Some(member), wake].into_iter().flatten()));
    }
    Ok(rows)
}

/// The expiry key exists exactly while the counter has this expiry.
fn counter(store: &Shared, listed: &KeyValue) -> PortResult<RequestOp> {
    let key = Tail::of(&listed.key).counter().ok_or_else(|| corrupt("an expiry"))?;
    Ok(row(present(listed.key.clone()), [listed.key.clone(), store.keys.counter(&key)]))
}

/// Events never change, so no condition on the event is needed.
fn event(store: &Shared, listed: &KeyValue) -> PortResult<RequestOp> {
    let parts = || {
        let id = Tail::of(&listed.key).event()?;
        let (epoch, tenant) = listed.value.split_first_chunk()?;
        let tenant = TenantId::parse(std::str::from_utf8(tenant).ok()?).ok()?;
        Some((id, u64::from_be_bytes(*epoch), tenant))
    };
    let (id, epoch, tenant) = parts().ok_or_else(|| corrupt("the age of an event"))?;
    let all =
        [listed.key.clone(), store.keys.event(&id), store.keys.log_entry(&tenant, epoch, &id)];
    Ok(row(present(listed.key.clone()), all))
}

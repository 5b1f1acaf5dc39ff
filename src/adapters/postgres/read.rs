//! The calls that read.

use std::future::Future;
use std::pin::Pin;

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::cursor::{AfterDue, AfterEvent, AfterKey, AfterPositions, Position as _};
use super::error::PostgresFault;
use super::session::{Session, column, pipelined};
use super::{BUCKETS, bucket, sql};
use crate::TenantId;
use crate::audit::{Event, EventId};
use crate::port::{Page, Record, RecordKey, RecordKind, Version};

/// A page ends early beyond this size, to bound memory.
const PAGE_BYTES: usize = 8 << 20;

/// How many bodies one statement reads; each may have 1 MiB.
const CHUNK: usize = 64;

pub(super) async fn load(
    session: &Session,
    key: &RecordKey,
) -> Result<Option<Record>, PostgresFault> {
    let (shard, bytes) = (bucket(key.shard()), &key.as_bytes()[..]);
    let rows = session.query(sql::LOAD, &[&shard, &bytes]).await?;
    let [row] = rows.as_slice() else {
        return Err(PostgresFault::Corrupt("two rows under one key"));
    };
    if column(row, "read_only")? {
        return Err(PostgresFault::ReadOnly);
    }
    let key: Option<&[u8]> = column(row, "key")?;
    key.map(|_| record(row)).transpose()
}

/// In the order of time and key over all buckets.
pub(super) async fn due(
    session: &Session,
    now: i64,
    after: Option<AfterDue>,
    limit: usize,
) -> Result<Page<RecordKey>, PostgresFault> {
    // An empty key sorts before every stored key.
    let (at, key) = match &after {
        None => (i64::MIN, &[][..]),
        Some(AfterDue(at, key)) => (*at, &key.as_bytes()[..]),
    };
    let share = share(limit);
    let rows = share as i64;
    let values: [&(dyn ToSql + Sync); 4] = [&now, &at, &key, &rows];
    let found = every_bucket(session, sql::DUE, &[values; BUCKETS as usize]).await?;
    let read = |row: &Row| {
        let key = record_key(column(row, "key")?)?;
        Ok(((column(row, "wake_at")?, key), ()))
    };
    let (items, more) = merge(each(&found, read)?, limit, Some(share));
    let keys = items.iter().map(|(_, (_, key), ())| *key).collect();
    let last = items.last().map(|(_, (at, key), ())| AfterDue(*at, *key));
    Ok(Page::new(keys, last.filter(|_| more).map(|last| last.cursor())))
}

/// Bucket by bucket, in the order of the keys.
pub(super) async fn scan(
    session: &Session,
    tenant: &TenantId,
    kind: RecordKind,
    after: Option<AfterKey>,
    limit: usize,
) -> Result<Page<Record>, PostgresFault> {
    may_read(session).await?;
    let (tenant, kind) = (tenant.as_str(), kind.as_str());
    let mut items: Vec<Record> = Vec::new();
    let mut held = 0;
    let mut shard = after.as_ref().map_or(0, |after| bucket(after.0.shard()));
    let mut from: Vec<u8> = after.map_or(Vec::new(), |after| after.0.as_bytes().to_vec());
    while shard < BUCKETS.cast_signed() {
        // One more row than there is room for shows whether there is another page.
        let ask = (limit + 1 - items.len()).min(CHUNK);
        let rows =
            session.query(sql::SCAN, &[&shard, &tenant, &kind, &from, &(ask as i64)]).await?;
        for row in &rows {
            if items.len() == limit || held > PAGE_BYTES {
                let next = items.last().map(|last| AfterKey(*last.key()).cursor());
                return Ok(Page::new(items, next));
            }
            let record = record(row)?;
            held += record.body().len();
            from = record.key().as_bytes().to_vec();
            items.push(record);
        }
        if rows.len() < ask {
            shard += 1;
            from.clear();
        }
    }
    Ok(Page::new(items, None))
}

/// In the order of the ids.
pub(super) async fn events_of_record(
    session: &Session,
    key: &RecordKey,
    after: Option<AfterEvent>,
    limit: usize,
) -> Result<Page<Event>, PostgresFault> {
    may_read(session).await?;
    let AfterEvent(count, index, position) = after.unwrap_or(AfterEvent(i64::MIN, 0, 0));
    let (shard, key, limit) = (bucket(key.shard()), &key.as_bytes()[..], limit as i64);
    let values: [&(dyn ToSql + Sync); 6] = [&shard, &key, &count, &index, &position, &limit];
    let mut page = Page::new(Vec::new(), None);
    for row in &session.query(sql::EVENTS_OF_RECORD, &values).await? {
        page.items.push(event(row)?);
        let at = AfterEvent(column(row, "count")?, column(row, "idx")?, column(row, "seq")?);
        page.next = Some(at.cursor());
    }
    Ok(page)
}

/// Roughly in the order of time, exactly in each bucket's own order; the cursor holds one position
/// per bucket. A commit takes its position under the lock of its bucket's head and holds the lock
/// until it ends, so no commit in flight can hold a smaller position than a visible one.
pub(super) async fn events_of_tenant(
    session: &Session,
    tenant: &TenantId,
    after: Option<AfterPositions>,
    limit: usize,
) -> Result<Page<Event>, PostgresFault> {
    let mut positions = after.unwrap_or(AfterPositions([0; BUCKETS as usize]));
    let name = tenant.as_str();
    let rows = share(limit) as i64;
    let from = positions;
    let values =
        from.0.each_ref().map(|position| -> [&(dyn ToSql + Sync); 3] { [&name, position, &rows] });
    let found = every_bucket(session, sql::EVENTS_OF_TENANT, &values).await?;
    let read = |row: &Row| {
        let at: i64 = column(row, "at")?;
        let position: i64 = column(row, "seq")?;
        Ok((at, (position, event(row)?)))
    };
    // A bucket whose share is used up does not stop the others: the order of time is not promised.
    let (items, _) = merge(each(&found, read)?, limit, None);
    let mut page = Page::new(Vec::with_capacity(items.len()), None);
    for (number, _, (position, event)) in items {
        positions.0[number] = position;
        page.items.push(event);
    }
    page.next = (!page.items.is_empty()).then(|| positions.cursor());
    Ok(page)
}

/// Checks that the server is the primary and queries every bucket, all in one round trip. `values`
/// follow the bucket's number.
async fn every_bucket<const N: usize>(
    session: &Session,
    sql: &'static str,
    values: &[[&(dyn ToSql + Sync); N]; BUCKETS as usize],
) -> Result<Vec<Vec<Row>>, PostgresFault> {
    let (may_read, statement) =
        (session.prepare(sql::MAY_READ).await?, session.prepare(sql).await?);
    let (may_read, statement) = (&may_read, &statement);
    let first: BucketQuery<'_> = Box::pin(session.query_prepared(may_read, &[&0_i16]));
    let others = (0..BUCKETS).zip(values).map(|(number, values)| -> BucketQuery<'_> {
        Box::pin(async move {
            let shard = bucket(number);
            let mut all: Vec<&(dyn ToSql + Sync)> = vec![&shard];
            all.extend(values);
            session.query_prepared(statement, &all).await
        })
    });
    let mut replies = pipelined([first].into_iter().chain(others).collect()).await.into_iter();
    is_primary(&replies.next().ok_or(PostgresFault::Corrupt("no reply"))??)?;
    replies.collect()
}

type BucketQuery<'a> = Pin<Box<dyn Future<Output = Result<Vec<Row>, PostgresFault>> + Send + 'a>>;

async fn may_read(session: &Session) -> Result<(), PostgresFault> {
    is_primary(&session.query(sql::MAY_READ, &[&0_i16]).await?)
}

fn is_primary(rows: &[Row]) -> Result<(), PostgresFault> {
    match rows {
        [row] if !column::<bool>(row, "read_only")? => Ok(()),
        _ => Err(PostgresFault::ReadOnly),
    }
}

/// How many rows each bucket returns for a page. Keys are hashes, so a bucket seldom holds more
/// than its share of a page, and a page may be shorter than asked.
fn share(limit: usize) -> usize {
    (limit / 4).clamp(limit.min(16), limit)
}

type Sorted<K, T> = Vec<(K, T)>;

fn each<K, T>(
    buckets: &[Vec<Row>],
    read: impl Fn(&Row) -> Result<(K, T), PostgresFault>,
) -> Result<Vec<Sorted<K, T>>, PostgresFault> {
    buckets.iter().map(|rows| rows.iter().map(&read).collect()).collect()
}

/// Merges up to `limit` rows in key order, each with its bucket's number. Stops early at the end of
/// a bucket that returned a full `share`, since it may have more. Also returns whether rows may be
/// left.
fn merge<K: Ord + Copy, T>(
    buckets: Vec<Sorted<K, T>>,
    limit: usize,
    share: Option<usize>,
) -> (Vec<(usize, K, T)>, bool) {
    let full: Vec<bool> = buckets.iter().map(|rows| Some(rows.len()) == share).collect();
    let mut sorted: Vec<_> = buckets.into_iter().map(|rows| rows.into_iter().peekable()).collect();
    let mut merged = Vec::new();
    while merged.len() < limit {
        if sorted.iter_mut().zip(&full).any(|(rows, full)| *full && rows.peek().is_none()) {
            break;
        }
        let keys = sorted.iter_mut().map(|rows| rows.peek().map(|(key, _)| *key));
        let least = keys.enumerate().filter_map(|(number, key)| Some((key?, number))).min();
        let Some((_, number)) = least else {
            return (merged, false);
        };
        merged.extend(sorted[number].next().map(|(key, item)| (number, key, item)));
    }
    let left = sorted.iter_mut().any(|rows| rows.peek().is_some());
    (merged, left || full.contains(&true))
}

fn record(row: &Row) -> Result<Record, PostgresFault> {
    let key = record_key(column(row, "key")?)?;
    let count: Option<i64> = column(row, "version_count")?;
    let nonce: Option<i64> = column(row, "version_nonce")?;
    let body: Option<&str> = column(row, "body")?;
    let (Some(count), Some(nonce), Some(body)) = (count, nonce, body) else {
        return Err(PostgresFault::Corrupt("a record without its version or body"));
    };
    Ok(Record::loaded(key, Version::new(count.cast_unsigned(), nonce.cast_unsigned()), body))
}

fn event(row: &Row) -> Result<Event, PostgresFault> {
    let body: Option<&str> = column(row, "body")?;
    let event = body
        .and_then(|body| Event::decode(body).ok())
        .ok_or(PostgresFault::Corrupt("an event body is malformed"))?;
    let count: i64 = column(row, "count")?;
    let index = u16::try_from(column::<i32>(row, "idx")?)
        .map_err(|_| PostgresFault::Corrupt("an event's index"))?;
    let key = record_key(column(row, "record")?)?;
    if event.id != EventId::new(key, count.cast_unsigned(), index) {
        return Err(PostgresFault::Corrupt("an event under the id of another"));
    }
    Ok(event)
}

fn record_key(bytes: &[u8]) -> Result<RecordKey, PostgresFault> {
    <[u8; 32]>::try_from(bytes)
        .map(RecordKey::from_bytes)
        .map_err(|_| PostgresFault::Corrupt("a key of another length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(rows: [&[i64]; 3], limit: usize, share: Option<usize>) -> (Vec<i64>, bool) {
        let buckets = rows.map(|rows| rows.iter().map(|key| (*key, ())).collect()).into();
        let (items, more) = merge(buckets, limit, share);
        (items.into_iter().map(|(_, key, ())| key).collect(), more)
    }

    #[test]
    fn buckets_are_merged_in_order_up_to_the_limit() {
        assert_eq!(merged([&[1, 4], &[2], &[3]], 9, Some(9)), (vec![1, 2, 3, 4], false));
        assert_eq!(merged([&[1, 4], &[2], &[3]], 3, Some(9)), (vec![1, 2, 3], true));
        assert_eq!(merged([&[], &[], &[]], 3, Some(9)), (vec![], false));
    }

    #[test]
    fn a_merge_stops_at_the_end_of_a_bucket_that_may_have_more() {
        // The first bucket may continue with 3, before the 4 and 5 of the others.
        assert_eq!(merged([&[1, 2], &[4], &[5]], 9, Some(2)), (vec![1, 2], true));
        assert_eq!(merged([&[1, 2], &[4], &[5]], 9, None), (vec![1, 2, 4, 5], false));
    }

    #[test]
    fn a_share_is_at_least_one_and_at_most_the_limit() {
        for limit in 1..=1_000 {
            assert!((1..=limit).contains(&share(limit)), "{limit}");
        }
    }
}

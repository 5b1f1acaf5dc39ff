//! Commits the record, its indexes and its events in one transaction.

use super::epoch::Epoch;
use super::error::{corrupt, is_full};
use super::proto::{Compare, KeyValue, RequestOp, TxnRequest};
use super::request::{MAX_OPS, absent, delete, get, has_value, put, unchanged_since};
use super::schema;
use super::shared::{Seen, Shared};
use super::value::{Indexed, decode_record, encode_record};
use crate::port::{Commit, Committed, PortError, PortResult, RecordKey, Version};

/// How often a commit may retry after a concurrent writer invalidated its guess.
const MOST_TRIES: usize = 64;

/// The operations of one event, and the most of all others: the record, three index entries that
/// move, and the head.
const EVENT_OPS: usize = 3;
const OTHER_OPS: usize = 1 + 3 * 2 + 1;
const _: () = assert!(OTHER_OPS + EVENT_OPS * Commit::MAX_EVENTS <= MAX_OPS);

/// How many revisions an epoch lasts. Commits that append events compare the epoch, so a new epoch
/// makes each commit in flight retry once; a page of a tenant's events reads one epoch.
const EPOCH: i64 = 1024;

pub(super) async fn commit(store: &Shared, commit: Commit<'_>) -> PortResult<Committed> {
    let key = *commit.next.key();
    let next = Indexed::from(commit.columns);
    let mut seen = match commit.expected {
        None => None,
        Some(version) => match store.seen.get(&(key, version)) {
            Some(seen) => Some(seen),
            None => match read(store, &key, version).await? {
                Some(seen) => Some(seen),
                None => return Ok(Committed::Stale),
            },
        },
    };
    for _ in 0..MOST_TRIES {
        let epoch = store.epoch();
        let request = request(store, commit, &next, seen.as_ref(), epoch);
        let answer = match store.client.write(request).await {
            Err(error) if is_full(&error) => return settle(store, commit, error).await,
            answer => answer?,
        };
        let revision = answer.revision();
        if answer.succeeded {
            if let Some(version) = commit.expected {
                store.seen.forget(&(key, version));
            }
            store.seen.set((key, commit.next.version()), Seen { revision, indexed: next });
            store.passed(revision);
            return Ok(Committed::Applied);
        }
        let mut found = answer.found()?;
        schema::check(found.pop().flatten().as_ref())?;
        let mut rest = found.into_iter();
        let stored = rest.next().flatten();
        if let Some(head) = rest.next() {
            store.learn(Epoch::decode(&head.ok_or_else(|| corrupt("no head"))?)?);
        }
        // The stored version decides whether the commit is stale or only its guess was wrong.
        match (commit.expected, stored) {
            (None, None) => {}
            (Some(version), Some(stored)) => match matching(&key, version, &stored)? {
                Some(present) => seen = Some(present),
                None => return Ok(Committed::Stale),
            },
            (None, Some(_)) | (Some(_), None) => return Ok(Committed::Stale),
        }
    }
    Err(PortError::unavailable().because("too many conflicting writers"))
}

/// The outcome of a commit that hit the space quota. etcd had decided before it reported the quota,
/// so the stored record shows the outcome, and this commit can no longer change it.
async fn settle(store: &Shared, commit: Commit<'_>, full: PortError) -> PortResult<Committed> {
    let key = commit.next.key();
    let found = store.client.range(get(store.keys.record(key))).await;
    let Ok(mut found) = found else {
        return Err(full);
    };
    let stored = found
        .kvs
        .pop()
        .map(|kv| decode_record(key, &kv.value))
        .transpose()?
        .map(|(record, _)| record.version());
    let next = commit.next.version();
    match stored {
        Some(version) if version == next => Ok(Committed::Applied),
        version if version == commit.expected => {
            Err(PortError::unavailable().because("etcd has reached its space quota"))
        }
        // Another commit took this version's place. A later version may have followed this commit.
        Some(version) if version.count() <= next.count() => Ok(Committed::Stale),
        _ => Err(full),
    }
}

async fn read(store: &Shared, key: &RecordKey, version: Version) -> PortResult<Option<Seen>> {
    let mut found = store.client.range(get(store.keys.record(key))).await?;
    found.kvs.pop().map_or(Ok(None), |kv| matching(key, version, &kv))
}

fn matching(key: &RecordKey, version: Version, kv: &KeyValue) -> PortResult<Option<Seen>> {
    let (record, indexed) = decode_record(key, &kv.value)?;
    let seen = Seen { revision: kv.mod_revision, indexed };
    Ok((record.version() == version).then_some(seen))
}

fn request(
    store: &Shared,
    commit: Commit<'_>,
    next: &Indexed,
    seen: Option<&Seen>,
    epoch: Epoch,
) -> TxnRequest {
    let (keys, key) = (&store.keys, commit.next.key());
    let record = keys.record(key);
    let mut compare: Vec<Compare> = vec![schema::may_write(store)];
    compare.push(match seen {
        None => absent(record.clone()),
        Some(seen) => unchanged_since(record.clone(), seen.revision),
    });
    let mut failure = vec![RequestOp::from(get(record.clone()))];
    let mut success = vec![put(record, encode_record(commit.next, next))];
    let indexes = |indexed: &Indexed| {
        [
            indexed.wake_at.map(|at| keys.wake(at, key)),
            indexed.expires_at.map(|at| keys.expiry(at, key)),
            Some(keys.member(&indexed.tenant, indexed.kind, key)),
        ]
    };
    let before = seen.map_or([None, None, None], |seen| indexes(&seen.indexed));
    for (before, after) in before.into_iter().zip(indexes(next)) {
        if before != after {
            success.extend(before.map(delete));
            success.extend(after.map(|key| put(key, Vec::new())));
        }
    }
    if !commit.events.is_empty() {
        compare.push(has_value(keys.head(), epoch.encode()));
        failure.push(get(keys.head()).into());
        if let Some(later) = store.next_epoch(epoch, EPOCH) {
            success.push(put(keys.head(), later.encode()));
        }
    }
    failure.push(schema::read(store));
    for event in commit.events {
        let tenant = event.tenant.as_str().as_bytes().to_vec();
        success.push(put(keys.event(&event.id), event.encode().into_bytes()));
        success.push(put(keys.log_entry(&event.tenant, epoch.0, &event.id), Vec::new()));
        // A purge by age finds the event and its log entry through this value.
        let mut owner = epoch.0.to_be_bytes().to_vec();
        owner.extend(tenant);
        success.push(put(keys.age(event.at, &event.id), owner));
    }
    TxnRequest { compare, success, failure }
}

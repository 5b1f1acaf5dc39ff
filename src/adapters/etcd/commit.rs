//! One step as one transaction: the record, its indexes and its events, or nothing.

use super::error::{corrupt, is_full};
use super::proto::{Compare, KeyValue, RequestOp, TxnRequest};
use super::request::{absent, delete, get, has_value, put, unchanged_since};
use super::schema;
use super::store::Inner;
use super::value::{Indexed, decode_record, encode_record};
use crate::domain::ids::RecordKey;
use crate::domain::record::Version;
use crate::port::{Commit, Committed, PortError, PortResult};

/// How often a guess may be wrong. Each time somebody else got through.
const MOST_TRIES: usize = 64;

/// How many revisions an epoch lasts. All commits that append events must know the epoch, so a
/// change of it costs each in flight a second try; a page of a tenant's events reads one epoch.
const EPOCH: i64 = 1024;

/// What stands under `head`: the format of the store, and the revision at which its present epoch
/// began. Commits that append events compare it and few change it, so they do not collide.
///
/// An epoch that is over stays over: an event of a later one proves that no commit in flight can
/// still append to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Epoch(pub(super) u64);

impl Epoch {
    pub(super) fn encode(self) -> Vec<u8> {
        format!("1/{:016x}", self.0).into_bytes()
    }

    pub(super) fn decode(found: &KeyValue) -> PortResult<Self> {
        let text = std::str::from_utf8(&found.value).map_err(|_| corrupt("the head"))?;
        let (format, epoch) = text.split_once('/').ok_or_else(|| corrupt("the head"))?;
        if format != "1" {
            return Err(PortError::denied().because("a newer release wrote this store"));
        }
        let epoch = u64::from_str_radix(epoch, 16).map_err(|_| corrupt("the head"))?;
        Ok(Self(epoch))
    }
}

/// What is there of a record, as it was seen: true of that revision for ever.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) revision: i64,
    pub(super) indexed: Indexed,
}

pub(super) async fn commit(store: &Inner, commit: Commit<'_>) -> PortResult<Committed> {
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
        let mut found = found.into_iter();
        let there = found.next().flatten();
        if let Some(head) = found.next() {
            store.learn(Epoch::decode(&head.ok_or_else(|| corrupt("no head"))?)?);
        }
        // What is there decides: another version, or the expected one under a wrong guess.
        match (commit.expected, there) {
            (None, None) => {}
            (Some(version), Some(there)) => match matching(&key, version, &there)? {
                Some(present) => seen = Some(present),
                None => return Ok(Committed::Stale),
            },
            (None, Some(_)) | (Some(_), None) => return Ok(Committed::Stale),
        }
    }
    Err(PortError::unavailable().because("others always came first"))
}

/// What became of a commit that met the end of the space. etcd has decided before it said so: what is
/// there now tells, and does not change any more by this commit.
async fn settle(store: &Inner, commit: Commit<'_>, full: PortError) -> PortResult<Committed> {
    let key = commit.next.key();
    let found = store.client.range(get(store.keys.record(key))).await;
    let Ok(mut found) = found else {
        return Err(full);
    };
    let there = found.kvs.pop().map(|there| decode_record(key, &there.value)).transpose()?;
    let there = there.map(|(record, _)| record.version());
    let next = commit.next.version();
    match there {
        Some(there) if there == next => Ok(Committed::Applied),
        there if there == commit.expected => {
            Err(PortError::unavailable().because("the space of etcd is used up"))
        }
        // Another commit took the same place. One further on may stand on top of this one.
        Some(there) if there.count() <= next.count() => Ok(Committed::Stale),
        _ => Err(full),
    }
}

async fn read(store: &Inner, key: &RecordKey, version: Version) -> PortResult<Option<Seen>> {
    let mut found = store.client.range(get(store.keys.record(key))).await?;
    found.kvs.pop().map_or(Ok(None), |there| matching(key, version, &there))
}

fn matching(key: &RecordKey, version: Version, there: &KeyValue) -> PortResult<Option<Seen>> {
    let (record, indexed) = decode_record(key, &there.value)?;
    let seen = Seen { revision: there.mod_revision, indexed };
    Ok((record.version() == version).then_some(seen))
}

fn request(
    store: &Inner,
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
        // The age leads to both.
        let mut place = epoch.0.to_be_bytes().to_vec();
        place.extend(tenant);
        success.push(put(keys.age(event.at, &event.id), place));
    }
    TxnRequest { compare, success, failure }
}

//! The listings: due keys, the records of a tenant, events.

use super::cursor;
use super::error::corrupt;
use super::keys::Tail;
use super::proto::KeyValue;
use super::request::{after, end_of, get, list, list_since, read_all};
use super::shared::Shared;
use super::value::decode_record;
use crate::audit::{Event, EventId};
use crate::port::{Cursor, Page, PortResult, Record, RecordKey, RecordKind};
use crate::{TenantId, Timestamp};

/// How many bodies one request reads.
const AT_ONCE: usize = 100;

pub(super) async fn due(
    store: &Shared,
    now: Timestamp,
    from: Option<&Cursor>,
    limit: usize,
) -> PortResult<Page<RecordKey>> {
    let from = match cursor::read::<40>('d', from)? {
        None => store.keys.wakes(),
        Some(bytes) => {
            let at = Timestamp::from_unix_millis(cursor::number(&bytes, 0).cast_signed());
            after(store.keys.wake(at, &cursor::key(&bytes, 8)))
        }
    };
    let end = store.keys.wakes_until(now);
    // A cursor of a listing with a later time may lie past the end.
    if limit == 0 || from >= end {
        return Ok(Page::new(Vec::new(), None));
    }
    let found = store.client.range(list(from, end, limit)).await?;
    let (mut items, mut last) = (Vec::with_capacity(found.kvs.len()), None);
    for kv in &found.kvs {
        let mut tail = Tail::of(&kv.key);
        let (key, at) = (tail.record(), tail.time());
        let (Some(key), Some(at)) = (key, at) else {
            return Err(corrupt("an alarm"));
        };
        items.push(key);
        last = Some((at, key));
    }
    let next = last.filter(|_| found.more).map(|(at, key)| {
        let bytes = [&at.unix_millis().to_be_bytes()[..], key.as_bytes()].concat();
        cursor::write('d', &bytes)
    });
    Ok(Page::new(items, next))
}

pub(super) async fn scan(
    store: &Shared,
    tenant: &TenantId,
    kind: RecordKind,
    from: Option<&Cursor>,
    limit: usize,
) -> PortResult<Page<Record>> {
    let prefix = store.keys.tenant(tenant, kind);
    let mut from = match cursor::read::<32>('k', from)? {
        None => prefix.clone(),
        Some(bytes) => after(store.keys.member(tenant, kind, &cursor::key(&bytes, 0))),
    };
    if limit == 0 {
        return Ok(Page::new(Vec::new(), None));
    }
    loop {
        let request = list(from, end_of(&prefix), limit.min(AT_ONCE));
        let found = store.client.range(request).await?;
        let key = |kv: &KeyValue| Tail::of(&kv.key).record().ok_or_else(|| corrupt("a member"));
        let keys = found.kvs.iter().map(key).collect::<PortResult<Vec<_>>>()?;
        let Some(last) = keys.last() else {
            return Ok(Page::new(Vec::new(), None));
        };
        let request = read_all(keys.iter().map(|key| get(store.keys.record(key))));
        let bodies = store.client.read(request).await?.found()?;
        let mut items = Vec::with_capacity(keys.len());
        // A record that was purged or moved to another tenant since it was listed is left out.
        for (key, body) in keys.iter().zip(bodies) {
            let Some(body) = body else { continue };
            let (record, indexed) = decode_record(key, &body.value)?;
            if indexed.tenant == *tenant && indexed.kind == kind {
                items.push(record);
            }
        }
        let next = found.more.then(|| cursor::write('k', last.as_bytes()));
        if !items.is_empty() || next.is_none() {
            return Ok(Page::new(items, next));
        }
        from = after(store.keys.member(tenant, kind, last));
    }
}

fn event(kv: &KeyValue) -> PortResult<Event> {
    let text = std::str::from_utf8(&kv.value).map_err(|_| corrupt("an event"))?;
    let event = Event::decode(text).map_err(|_| corrupt("an event"))?;
    if Tail::of(&kv.key).event() != Some(event.id) {
        return Err(corrupt("an event under the key of another"));
    }
    Ok(event)
}

pub(super) async fn record_events(
    store: &Shared,
    key: &RecordKey,
    from: Option<&Cursor>,
    limit: usize,
) -> PortResult<Page<Event>> {
    let prefix = store.keys.record_events(key);
    let from = match cursor::read::<10>('e', from)? {
        None => prefix.clone(),
        Some(bytes) => {
            let index = u16::from_be_bytes([bytes[8], bytes[9]]);
            after(store.keys.event(&EventId::new(*key, cursor::number(&bytes, 0), index)))
        }
    };
    if limit == 0 {
        return Ok(Page::new(Vec::new(), None));
    }
    let found = store.client.range(list(from, end_of(&prefix), limit)).await?;
    let items = found.kvs.iter().map(event).collect::<PortResult<Vec<_>>>()?;
    let next = items.last().map(|event| {
        let id = event.id;
        cursor::write('e', &[&id.count.to_be_bytes()[..], &id.index.to_be_bytes()].concat())
    });
    Ok(Page::new(items, next))
}

/// A position in a tenant's log: epoch, revision, id. Within an epoch, the order of the commits.
type EventPosition = (u64, i64, EventId);

pub(super) async fn tenant_events(
    store: &Shared,
    tenant: &TenantId,
    from: Option<&Cursor>,
    limit: usize,
) -> PortResult<Page<Event>> {
    let past = cursor::read::<58>('t', from)?.map(|bytes| {
        let index = u16::from_be_bytes([bytes[56], bytes[57]]);
        let id = EventId::new(cursor::key(&bytes, 16), cursor::number(&bytes, 48), index);
        let revision = i64::try_from(cursor::number(&bytes, 8)).unwrap_or(i64::MAX);
        (cursor::number(&bytes, 0), revision, id)
    });
    if limit == 0 {
        return Ok(Page::new(Vec::new(), None));
    }
    let mut epoch = past.map_or(0, |(epoch, ..)| epoch);
    loop {
        let (mut positions, next) = positions(store, tenant, epoch, past, limit).await?;
        positions.retain(|position| past.is_none_or(|past| *position > past));
        positions.truncate(limit);
        if !positions.is_empty() {
            let items = bodies(store, tenant, &positions).await?;
            if let (Some(last), false) = (positions.last(), items.is_empty()) {
                return Ok(Page::new(items, Some(position_cursor(last))));
            }
            // All were purged since they were listed, so the epoch is read again.
            continue;
        }
        match next {
            None => return Ok(Page::new(Vec::new(), None)),
            Some(next) => epoch = next,
        }
    }
}

/// The events of one epoch that may lie past the cursor, the complete later epochs read at the same
/// revision, and the epoch to read next.
async fn positions(
    store: &Shared,
    tenant: &TenantId,
    epoch: u64,
    past: Option<EventPosition>,
    limit: usize,
) -> PortResult<(Vec<EventPosition>, Option<u64>)> {
    let keys = &store.keys;
    let end = end_of(&keys.log(tenant));
    let middle =
        epoch.checked_add(1).map_or_else(|| end.clone(), |next| keys.log_from(tenant, next));
    let since = past.map_or(0, |(_, revision, _)| revision);
    let first = list_since(keys.log_from(tenant, epoch), middle.clone(), since);
    // Both at one revision: an event of a later epoch proves that this one is complete.
    let request = read_all([first, list(middle, end, limit.saturating_add(1))]);
    let found = store.client.read(request).await?.ranges()?;
    let [here, later] = <[_; 2]>::try_from(found).map_err(|_| corrupt("a response"))?;
    let position = |kv: &KeyValue| {
        let mut tail = Tail::of(&kv.key);
        let (id, epoch) = (tail.event(), tail.number());
        Some((epoch?, kv.create_revision, id?))
    };
    let read = |kv| position(kv).ok_or_else(|| corrupt("a log"));
    let mut all = here.kvs.iter().map(read).collect::<PortResult<Vec<EventPosition>>>()?;
    let mut following = later.kvs.iter().map(read).collect::<PortResult<Vec<EventPosition>>>()?;
    let next = following.first().map(|(epoch, ..)| *epoch);
    if later.more {
        // The last epoch may be cut off, and its keys are not in the order of its commits.
        let cut = following.last().map(|(epoch, ..)| *epoch);
        following.retain(|(epoch, ..)| Some(*epoch) != cut);
    }
    all.append(&mut following);
    all.sort_unstable();
    Ok((all, next))
}

async fn bodies(
    store: &Shared,
    tenant: &TenantId,
    positions: &[EventPosition],
) -> PortResult<Vec<Event>> {
    let keys = &store.keys;
    let mut events = Vec::with_capacity(positions.len());
    for chunk in positions.chunks(AT_ONCE) {
        let request = read_all(chunk.iter().map(|(_, _, id)| get(keys.event(id))));
        let found = store.client.read(request).await?.found()?;
        let mut gone = Vec::new();
        for ((epoch, _, id), found) in chunk.iter().zip(found) {
            match found {
                Some(found) => events.push(event(&found)?),
                None => gone.push(get(keys.log_entry(tenant, *epoch, id))),
            }
        }
        // A purge removes an event and its log entry together.
        if !gone.is_empty()
            && store.client.read(read_all(gone)).await?.found()?.iter().any(Option::is_some)
        {
            return Err(corrupt("a log entry without its event"));
        }
    }
    Ok(events)
}

fn position_cursor((epoch, revision, id): &EventPosition) -> Cursor {
    let mut bytes = epoch.to_be_bytes().to_vec();
    bytes.extend(revision.to_be_bytes());
    bytes.extend(id.record.as_bytes());
    bytes.extend(id.count.to_be_bytes());
    bytes.extend(id.index.to_be_bytes());
    cursor::write('t', &bytes)
}

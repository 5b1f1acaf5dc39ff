//! The events of a record, grouped by commit.

use std::collections::{BTreeMap, VecDeque};

use sha2::{Digest as _, Sha256};

use super::report::{At as _, Side, TransferError};
use crate::domain::event::Event;
use crate::domain::identity::ids::RecordKey;
use crate::domain::record::Version;
use crate::port::{Cursor, EventsOf, PortResult, Store};

/// Events of one page.
const PAGE: usize = 256;

/// The events that one commit appended.
pub(super) struct Group {
    pub(super) count: u64,
    pub(super) events: Vec<Event>,
}

/// Reads a record's events in the order of their counts. It holds one page and one group in memory.
pub(super) struct Groups<'a> {
    store: &'a dyn Store,
    key: RecordKey,
    read: VecDeque<Event>,
    after: Option<Cursor>,
    ended: bool,
}

impl<'a> Groups<'a> {
    pub(super) fn of(store: &'a dyn Store, key: RecordKey) -> Self {
        Self { store, key, read: VecDeque::new(), after: None, ended: false }
    }

    pub(super) async fn next(&mut self) -> PortResult<Option<Group>> {
        let mut events: Vec<Event> = Vec::new();
        loop {
            while let Some(event) = self.read.pop_front() {
                let other = |first: &Event| first.id.count != event.id.count;
                if events.first().is_some_and(other) {
                    self.read.push_front(event);
                    return Ok(Some(group(events)));
                }
                events.push(event);
            }
            if self.ended {
                return Ok((!events.is_empty()).then(|| group(events)));
            }
            let of = EventsOf::Record(&self.key);
            let page = self.store.events(of, self.after.as_ref(), PAGE).await?;
            // A store may return a short page before the last.
            self.ended = page.items.is_empty() || page.next.is_none();
            self.after = page.next;
            self.read.extend(page.items);
        }
    }
}

/// The commits of a record in the source whose events the target lacks. The target has all events
/// of a commit or none.
pub(super) struct Missing<'a> {
    source: Groups<'a>,
    target: Groups<'a>,
    /// The next count that the target has.
    has: Option<u64>,
}

impl<'a> Missing<'a> {
    pub(super) async fn between(
        source: Groups<'a>,
        target: Groups<'a>,
    ) -> Result<Self, TransferError> {
        let mut missing = Self { source, target, has: None };
        missing.advance_target().await?;
        Ok(missing)
    }

    async fn advance_target(&mut self) -> Result<(), TransferError> {
        self.has = self.target.next().await.at(Side::Target)?.map(|group| group.count);
        Ok(())
    }

    pub(super) async fn next(&mut self) -> Result<Option<Group>, TransferError> {
        while let Some(group) = self.source.next().await.at(Side::Source)? {
            while self.has.is_some_and(|count| count < group.count) {
                self.advance_target().await?;
            }
            if self.has != Some(group.count) {
                return Ok(Some(group));
            }
        }
        Ok(None)
    }
}

fn group(events: Vec<Event>) -> Group {
    Group { count: events.first().map_or(0, |event| event.id.count), events }
}

/// The first event of each record among these.
pub(super) fn firsts(events: &[Event]) -> impl Iterator<Item = &Event> {
    let mut firsts: BTreeMap<RecordKey, &Event> = BTreeMap::new();
    for event in events {
        let first = firsts.entry(event.id.record).or_insert(event);
        if event.id < first.id {
            *first = event;
        }
    }
    firsts.into_values()
}

/// The intermediate version of a record while its events are copied. It is the same in every
/// process, so that one can continue where another stopped.
pub(super) fn passing(key: &RecordKey, count: u64) -> Version {
    let mut hasher = Sha256::new();
    hasher.update(b"sspr transfer");
    hasher.update(key.as_bytes());
    hasher.update(count.to_be_bytes());
    let hash: [u8; 32] = hasher.finalize().into();
    Version::new(count, u64::from_be_bytes(std::array::from_fn(|index| hash[index])))
}

//! Bringing one record over, with its events.

use super::carry::Carried;
use super::chain::{Groups, Missing, passing};
use super::report::{Side, TransferError, UnreadableReason};
use super::{At as _, Transfer};
use crate::domain::event::{Event, EventId};
use crate::domain::ids::{RecordKey, TenantId};
use crate::domain::record::{Columns, Record, Version};
use crate::port::{Commit, Committed, Entropy as _, EventsOf, SystemEntropy};

/// How often one record starts again because it has changed.
const TRIES: usize = 64;

/// What became of one record.
pub(super) enum Brought {
    /// It stands there now, with this many more events.
    Written(u64),
    /// It stood there already.
    Already,
    /// It cannot be read.
    UnreadableReason(UnreadableReason),
    /// It is gone: its time was over.
    Gone,
}

/// What became of one try.
enum Tried {
    Done(Brought),
    Changed,
}

impl Transfer<'_> {
    /// Brings a record over.
    pub(super) async fn bring(
        &self,
        record: Record,
        tenant: &TenantId,
    ) -> Result<Brought, TransferError> {
        let mut record = record;
        for _ in 0..TRIES {
            let carried = match self.naming.carry(&record, tenant) {
                Ok(carried) => carried,
                Err(why) => return Ok(Brought::UnreadableReason(why)),
            };
            if let Tried::Done(brought) = self.replay(&carried).await? {
                return Ok(brought);
            }
            match self.from.load(record.key()).await.at(Side::Source)? {
                Some(found) => record = found,
                None => return Ok(Brought::Gone),
            }
        }
        Err(TransferError::Contended { key: *record.key() })
    }

    /// Brings the events of a record over that is gone, or that cannot be read. Asked of any of its
    /// events, it answers to the first only.
    pub(super) async fn bring_events(
        &self,
        event: &Event,
        tenant: &TenantId,
    ) -> Result<Brought, TransferError> {
        if !self.is_alone(event, tenant).await? {
            return Ok(Brought::Already);
        }
        let Some(target) = self.naming.key_of(event) else {
            return Ok(Brought::UnreadableReason(UnreadableReason::Foreign));
        };
        let carried = Carried::place_of(event.id.record, target, tenant);
        for _ in 0..TRIES {
            if !self.hold_place(&carried).await? {
                return Ok(Brought::Already);
            }
            if let Tried::Done(brought) = self.replay(&carried).await? {
                return Ok(brought);
            }
        }
        Err(TransferError::Contended { key: event.id.record })
    }

    /// Sees that a place is held for a record that is gone, if any of its events is missing. Places are
    /// taken away again, by another copy perhaps: so each has a version of its own, without events, on
    /// which the events that follow are conditional. What was written once is never written again.
    async fn hold_place(&self, carried: &Carried) -> Result<bool, TransferError> {
        let key = *carried.next.key();
        if self.to.load(&key).await.at(Side::Target)?.is_some() {
            return Ok(true);
        }
        if self.missing(carried).await?.next().await?.is_none() {
            return Ok(false);
        }
        let mut nonce = [0; 8];
        let filled = SystemEntropy.fill(&mut nonce);
        filled.map_err(|error| TransferError::Entropy { error })?;
        let version = Version::new(0, u64::from_be_bytes(nonce));
        let place = Record::loaded(key, version, carried.next.body().to_owned());
        // If it was not applied, somebody else holds it.
        self.write(&place, None, &carried.columns, &[]).await?;
        Ok(true)
    }

    /// What the target lacks of a record's events.
    async fn missing(&self, carried: &Carried) -> Result<Missing<'_>, TransferError> {
        let theirs = Groups::of(self.from, carried.source);
        let ours = Groups::of(self.to, *carried.next.key());
        Missing::between(theirs, ours).await
    }

    /// Whether this is the first event of a record that cannot bring it over itself.
    async fn is_alone(&self, event: &Event, tenant: &TenantId) -> Result<bool, TransferError> {
        let key = &event.id.record;
        if let Some(record) = self.from.load(key).await.at(Side::Source)?
            && self.naming.carry(&record, tenant).is_ok()
        {
            return Ok(false);
        }
        self.is_first(event).await
    }

    /// Whether this is the first event of its record: what is to be done once for each record is done
    /// at that one, so that nobody has to keep in mind which were seen.
    pub(super) async fn is_first(&self, event: &Event) -> Result<bool, TransferError> {
        let of = EventsOf::Record(&event.id.record);
        let page = self.from.events(of, None, 1).await.at(Side::Source)?;
        Ok(page.items.first().is_none_or(|first| first.id == event.id))
    }

    /// Writes what the target lacks of a record, commit by commit, and the record itself last: if it
    /// stands there under its version, everything does. Each commit is conditional on what was found
    /// before the events were looked at, so of two copies at once only one writes.
    async fn replay(&self, carried: &Carried) -> Result<Tried, TransferError> {
        let Carried { source, found, next, columns, closing } = carried;
        let key = *next.key();
        let there = self.to.load(&key).await.at(Side::Target)?.map(|record| record.version());
        let last = found.map(|_| next.version());
        if last.is_some() && there == last {
            return Ok(Tried::Done(Brought::Already));
        }
        if last.is_none() && there.is_none() {
            return Ok(Tried::Changed);
        }
        let mut expected = there;
        let mut missing = self.missing(carried).await?;
        let (mut written, mut with_last, mut looked) = (0, Vec::new(), false);
        while let Some(group) = missing.next().await? {
            if found.is_some_and(|found| group.count > found.count()) && !looked {
                // Of a commit after this record was read; or of an earlier life by a later clock.
                let now = self.from.load(source).await.at(Side::Source)?;
                if now.map(|record| record.version()) != *found {
                    return Ok(Tried::Changed);
                }
                looked = true;
            }
            let events = renamed(group.events, key);
            if last.is_some_and(|last| last.count() == group.count) {
                with_last = events;
                continue;
            }
            let step = Record::loaded(key, passing(&key, group.count), next.body().to_owned());
            if !self.write(&step, expected, columns, &events).await? {
                return Ok(Tried::Changed);
            }
            written += events.len() as u64;
            expected = Some(step.version());
        }
        if last.is_some() {
            with_last.extend(closing.iter().cloned());
            if !self.write(next, expected, columns, &with_last).await? {
                return Ok(Tried::Changed);
            }
            written += with_last.len() as u64;
        }
        Ok(Tried::Done(Brought::Written(written)))
    }

    /// Whether it was applied.
    async fn write(
        &self,
        next: &Record,
        expected: Option<Version>,
        columns: &Columns,
        events: &[Event],
    ) -> Result<bool, TransferError> {
        let commit = Commit::new(next, expected, columns, events);
        Ok(self.to.commit(commit).await.at(Side::Target)? == Committed::Applied)
    }
}

pub(super) fn renamed(events: Vec<Event>, key: RecordKey) -> Vec<Event> {
    let rename = |event: Event| Event { id: EventId { record: key, ..event.id }, ..event };
    events.into_iter().map(rename).collect()
}

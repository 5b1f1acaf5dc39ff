//! The copy of one record with its events.

use super::Transfer;
use super::carry::Carried;
use super::chain::{Groups, Missing, passing};
use super::report::{At as _, Side, TransferError, UnreadableReason};
use crate::domain::event::Event;
use crate::domain::identity::ids::TenantId;
use crate::domain::record::{Columns, Record, Version};
use crate::port::{Commit, Committed, Entropy as _, EventsOf, SystemEntropy};

/// The most tries of one record while it changes.
const TRIES: usize = 64;

/// The outcome of copying one record.
pub(super) enum Brought {
    /// The record was written, with this many events.
    Written(u64),
    /// The target already had it.
    Already,
    /// The record cannot be read.
    Unreadable(UnreadableReason),
    /// The source no longer has it: it has expired.
    Gone,
}

/// The outcome of one try.
enum Tried {
    Done(Brought),
    Changed,
}

impl Transfer<'_> {
    /// Copies a record with its events.
    pub(super) async fn bring(
        &self,
        mut record: Record,
        tenant: &TenantId,
    ) -> Result<Brought, TransferError> {
        for _ in 0..TRIES {
            let carried = match self.naming.carry(&record, tenant) {
                Ok(carried) => carried,
                Err(why) => return Ok(Brought::Unreadable(why)),
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

    /// Copies the events of a record that no longer exists or cannot be read. It is called for each
    /// event of a page and acts on the record's first event only.
    pub(super) async fn bring_events(
        &self,
        event: &Event,
        tenant: &TenantId,
    ) -> Result<Brought, TransferError> {
        if !self.is_alone(event, tenant).await? {
            return Ok(Brought::Already);
        }
        let Some(target) = self.naming.key_of(event) else {
            return Ok(Brought::Unreadable(UnreadableReason::Foreign));
        };
        let carried = Carried::placeholder_of(event.id.record, target, tenant);
        for _ in 0..TRIES {
            if !self.write_placeholder(&carried).await? {
                return Ok(Brought::Already);
            }
            if let Tried::Done(brought) = self.replay(&carried).await? {
                return Ok(brought);
            }
        }
        Err(TransferError::Contended { key: event.id.record })
    }

    /// Writes a placeholder for a record that no longer exists, if the target lacks any of its
    /// events. Another copy may remove a placeholder. Each therefore has a version of its own, and
    /// the events after it are conditional on that version, so that no event is written twice.
    async fn write_placeholder(&self, carried: &Carried) -> Result<bool, TransferError> {
        let key = *carried.next.key();
        if self.to.load(&key).await.at(Side::Target)?.is_some() {
            return Ok(true);
        }
        if self.missing(carried).await?.next().await?.is_none() {
            return Ok(false);
        }
        let mut nonce = [0; 8];
        SystemEntropy.fill(&mut nonce).map_err(|error| TransferError::Entropy { error })?;
        let version = Version::new(0, u64::from_be_bytes(nonce));
        let placeholder = Record::loaded(key, version, carried.next.body().to_owned());
        // If the commit was stale, another copy has written the placeholder.
        self.write(&placeholder, None, &carried.columns, &[]).await?;
        Ok(true)
    }

    /// The events of a record that the target lacks.
    async fn missing(&self, carried: &Carried) -> Result<Missing<'_>, TransferError> {
        let source = Groups::of(self.from, carried.source);
        let target = Groups::of(self.to, *carried.next.key());
        Missing::between(source, target).await
    }

    /// Whether this is the first event of a record that is missing or unreadable, so that its
    /// events must be copied alone.
    async fn is_alone(&self, event: &Event, tenant: &TenantId) -> Result<bool, TransferError> {
        let key = &event.id.record;
        if let Some(record) = self.from.load(key).await.at(Side::Source)?
            && self.naming.carry(&record, tenant).is_ok()
        {
            return Ok(false);
        }
        self.is_first(event).await
    }

    /// Whether this is the first event of its record. Work that is done once for each record is
    /// done at its first event, so that no list of records is needed.
    pub(super) async fn is_first(&self, event: &Event) -> Result<bool, TransferError> {
        let of = EventsOf::Record(&event.id.record);
        let page = self.from.events(of, None, 1).await.at(Side::Source)?;
        Ok(page.items.first().is_none_or(|first| first.id == event.id))
    }

    /// Writes the events that the target lacks, commit by commit, and the record itself last: if
    /// the target has the record's version, it has all its events. Each commit is conditional on
    /// the version that was read before the events, so that of two concurrent copies only one
    /// writes.
    async fn replay(&self, carried: &Carried) -> Result<Tried, TransferError> {
        let Carried { source, found, next, columns, closing } = carried;
        let key = *next.key();
        let present = self.to.load(&key).await.at(Side::Target)?.map(|record| record.version());
        let last = found.map(|_| next.version());
        if last.is_some() && present == last {
            return Ok(Tried::Done(Brought::Already));
        }
        if last.is_none() && present.is_none() {
            return Ok(Tried::Changed);
        }
        let mut expected = present;
        let mut missing = self.missing(carried).await?;
        let (mut written, mut with_last, mut looked) = (0, Vec::new(), false);
        while let Some(group) = missing.next().await? {
            if found.is_some_and(|found| group.count > found.count()) && !looked {
                // The events belong to a commit after the record was read, or to an earlier record
                // with this key whose clock was ahead.
                let now = self.from.load(source).await.at(Side::Source)?;
                if now.map(|record| record.version()) != *found {
                    return Ok(Tried::Changed);
                }
                looked = true;
            }
            let events = self.naming.renamed_all(group.events, key);
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

    /// Commits, and returns whether the commit was applied.
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

//! The comparison of both sides, page by page.

use super::all::all;
use super::carry::{Carried, columns};
use super::chain::{Groups, firsts};
use super::report::{Differs, Side, TransferError, UnreadableReason};
use super::tally::Tally;
use super::{At as _, Transfer};
use crate::domain::event::{Event, EventId};
use crate::domain::ids::{RecordKey, TenantId};
use crate::domain::record::{Record, Subject};
use crate::domain::store_note::Meta;
use crate::domain::time::Timestamp;
use crate::port::{Cursor, EventsOf};

/// What the comparison of one record has shown.
struct Compared {
    carried: Result<Carried, UnreadableReason>,
    found: Option<Record>,
}

impl Transfer<'_> {
    /// Records of the source, each against the target's.
    pub(super) async fn compare_records(&mut self) -> Result<Option<Cursor>, TransferError> {
        let (tenant, kind) = self.listed();
        let page =
            self.from.scan(&tenant, kind, self.after(), self.in_flight).await.at(Side::Source)?;
        let compared = all(page.items.iter().map(|record| self.look_at(record, &tenant)))
            .await
            .into_iter()
            .zip(&page.items);
        let compared: Result<Vec<_>, TransferError> =
            compared.map(|(compared, record)| Ok((compared?, *record.key()))).collect();
        for (Compared { carried, found }, key) in compared? {
            self.counts.compared += 1;
            let carried = match carried {
                Ok(carried) => carried,
                Err(why) => {
                    self.report.leave_out(&tenant, key, why);
                    continue;
                }
            };
            let (next, place) = (carried.next, self.place.tenant);
            if carried.columns.wake_at.is_some() {
                self.alarms.insert(*next.key(), place);
            }
            for event in &carried.closing {
                self.sums[place].expected.add(Tally::of_event(event));
            }
            let what = match &found {
                None => Some(Differs::Missing),
                Some(found) if found.version() != next.version() => Some(Differs::Version),
                Some(found) if found.body() != next.body() => Some(Differs::Body),
                Some(found) => {
                    self.sums[place].records.add(Tally::of_record(found));
                    None
                }
            };
            if let Some(what) = what {
                self.report.differ(&tenant, Some(*next.key()), what);
            }
        }
        Ok(page.next)
    }

    async fn look_at(&self, record: &Record, tenant: &TenantId) -> Result<Compared, TransferError> {
        let carried = self.naming.carry(record, tenant);
        let found = match &carried {
            Ok(carried) => self.to.load(carried.next.key()).await.at(Side::Target)?,
            Err(_) => None,
        };
        Ok(Compared { carried, found })
    }

    /// Records of the target that the source does not have.
    pub(super) async fn compare_extras(&mut self) -> Result<Option<Cursor>, TransferError> {
        let (tenant, kind) = self.listed();
        let page =
            self.to.scan(&tenant, kind, self.after(), self.in_flight).await.at(Side::Target)?;
        let extra = all(page.items.iter().map(|record| self.is_extra(record))).await;
        let extra: Result<Vec<bool>, TransferError> = extra.into_iter().collect();
        for (record, _) in page.items.iter().zip(extra?).filter(|(_, extra)| *extra) {
            self.report.differ(&tenant, Some(*record.key()), Differs::Extra);
        }
        Ok(page.next)
    }

    async fn is_extra(&self, record: &Record) -> Result<bool, TransferError> {
        // Another copy may still hold a place: whichever is the last takes it away.
        if *record.key() == Meta::KEY || record.body() == Carried::PLACE {
            return Ok(false);
        }
        let Some(origin) = self.naming.origin(record) else {
            return Ok(true);
        };
        if self.from.load(&origin).await.at(Side::Source)?.is_some() {
            return Ok(false);
        }
        // What was purged there meanwhile will be purged here: nobody has lost anything.
        let expires_at =
            record.subject().ok().and_then(|subject| columns(subject).ok()?.expires_at);
        Ok(expires_at.is_none_or(|at| at > self.clock.now()))
    }

    /// Events that the target should have.
    pub(super) async fn expect_events(&mut self) -> Result<Option<Cursor>, TransferError> {
        let tenant = self.tenant().clone();
        let page = self
            .from
            .events(EventsOf::Tenant(&tenant), self.after(), super::EVENTS)
            .await
            .at(Side::Source)?;
        for event in page.items {
            match self.naming.key_of(&event) {
                Some(record) => {
                    let event = Event { id: EventId { record, ..event.id }, ..event };
                    let (sums, event) =
                        (&mut self.sums[self.place.tenant], Tally::of_event(&event));
                    sums.expected.add(event);
                    sums.heard.add(event);
                }
                None => self.report.leave_out(&tenant, event.id.record, UnreadableReason::Foreign),
            }
        }
        Ok(page.next)
    }

    /// Events that the target has.
    pub(super) async fn find_events(&mut self) -> Result<Option<Cursor>, TransferError> {
        let tenant = self.tenant().clone();
        let page = self
            .to
            .events(EventsOf::Tenant(&tenant), self.after(), super::EVENTS)
            .await
            .at(Side::Target)?;
        for event in &page.items {
            self.sums[self.place.tenant].found.add(Tally::of_event(event));
        }
        Ok(page.next)
    }

    /// Whose events differ, where those of a tenant do.
    pub(super) async fn locate(&mut self) -> Result<Option<Cursor>, TransferError> {
        let sums = self.sums[self.place.tenant];
        if sums.expected == sums.found {
            return Ok(None);
        }
        let tenant = self.tenant().clone();
        let page = self
            .from
            .events(EventsOf::Tenant(&tenant), self.after(), self.in_flight)
            .await
            .at(Side::Source)?;
        let differ = all(firsts(&page.items).map(|event| self.differs(event, &tenant))).await;
        let differ: Result<Vec<_>, TransferError> = differ.into_iter().collect();
        for key in differ?.into_iter().flatten() {
            self.report.differ(&tenant, Some(key), Differs::Events);
            self.located = true;
        }
        if page.next.is_none() && !std::mem::take(&mut self.located) {
            // Of a record that the source knows nothing of.
            self.report.differ(&tenant, None, Differs::Events);
        }
        Ok(page.next)
    }

    /// The record in the target, if this is the first event of one whose events differ.
    async fn differs(
        &self,
        event: &Event,
        tenant: &TenantId,
    ) -> Result<Option<RecordKey>, TransferError> {
        let source = &event.id.record;
        let Some(key) = self.naming.key_of(event) else {
            return Ok(None);
        };
        if !self.is_first(event).await? {
            return Ok(None);
        }
        let record = self.from.load(source).await.at(Side::Source)?;
        let carried = record.and_then(|record| self.naming.carry(&record, tenant).ok());
        let mut closing = carried.map(|carried| carried.closing).unwrap_or_default();
        let (mut theirs, mut ours) = (Groups::of(self.from, *source), Groups::of(self.to, key));
        loop {
            let expected = match theirs.next().await.at(Side::Source)? {
                Some(group) => super::bring::renamed(group.events, key),
                None => std::mem::take(&mut closing),
            };
            let found =
                ours.next().await.at(Side::Target)?.map(|group| group.events).unwrap_or_default();
            if expected != found {
                return Ok(Some(key));
            }
            if expected.is_empty() {
                return Ok(None);
            }
        }
    }

    /// What the target would wake, against what should be woken.
    pub(super) async fn compare_alarms(&mut self) -> Result<Option<Cursor>, TransferError> {
        let page =
            self.to.due(Timestamp::MAX, self.after(), super::EVENTS).await.at(Side::Target)?;
        for key in &page.items {
            self.alarms.remove(key);
        }
        if page.next.is_none() {
            for (key, tenant) in std::mem::take(&mut self.alarms) {
                let tenant = &self.tenants[tenant];
                self.report.differ(tenant, Some(key), Differs::Alarms);
            }
        }
        Ok(page.next)
    }

    /// The records of the source once more: what was written to it after the comparison had passed
    /// by shows in the version.
    pub(super) async fn look_again(&mut self) -> Result<Option<Cursor>, TransferError> {
        let (tenant, kind) = self.listed();
        let page =
            self.from.scan(&tenant, kind, self.after(), self.in_flight).await.at(Side::Source)?;
        let looks = all(page.items.iter().map(|record| self.look_at(record, &tenant))).await;
        let looks: Result<Vec<Compared>, TransferError> = looks.into_iter().collect();
        for Compared { carried, found } in looks? {
            // What cannot be read was reported when it was met first.
            let Ok(Carried { next, .. }) = carried else { continue };
            let same =
                |found: &Record| found.version() == next.version() && found.body() == next.body();
            if !found.as_ref().is_some_and(same) {
                self.report.differ(&tenant, Some(*next.key()), Differs::Version);
            }
        }
        Ok(page.next)
    }

    /// The events of the source once more.
    pub(super) async fn hear_again(&mut self) -> Result<Option<Cursor>, TransferError> {
        let tenant = self.tenant().clone();
        let page = self
            .from
            .events(EventsOf::Tenant(&tenant), self.after(), super::EVENTS)
            .await
            .at(Side::Source)?;
        let sums = &mut self.sums[self.place.tenant];
        for event in page.items {
            if let Some(record) = self.naming.key_of(&event) {
                let event = Event { id: EventId { record, ..event.id }, ..event };
                sums.heard_again.add(Tally::of_event(&event));
            }
        }
        if page.next.is_none() && sums.heard != sums.heard_again {
            self.report.differ(&tenant, None, Differs::Events);
        }
        Ok(page.next)
    }

    /// Tenants of the source that were not named, as far as something waits for one of their records.
    pub(super) async fn find_left_behind(&mut self) -> Result<Option<Cursor>, TransferError> {
        let page =
            self.from.due(Timestamp::MAX, self.after(), self.in_flight).await.at(Side::Source)?;
        let records = all(page.items.iter().map(|key| self.from.load(key))).await;
        for record in records {
            // Gone meanwhile, or read by a newer release only: this is a hint, not a comparison.
            let Some(record) = record.at(Side::Source)? else { continue };
            if let Ok(Subject::Account(account)) = record.subject()
                && !self.tenants.contains(&account.tenant)
            {
                self.report.left_behind.insert(account.tenant.clone());
            }
        }
        Ok(page.next)
    }
}

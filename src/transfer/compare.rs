//! The comparison of both sides, one page in each call.

use super::Transfer;
use super::all::{all, try_all};
use super::carry::{Carried, columns};
use super::chain::{Groups, firsts};
use super::report::{At as _, Differs, Side, TransferError, UnreadableReason};
use super::tally::Tally;
use crate::domain::event::Event;
use crate::domain::identity::ids::{RecordKey, TenantId};
use crate::domain::record::store_note::Meta;
use crate::domain::record::{Record, Subject};
use crate::domain::time::Timestamp;
use crate::port::{Cursor, EventsOf, Page};

/// A record of the source in its form for the target, and the target's record.
struct Compared {
    carried: Result<Carried, UnreadableReason>,
    found: Option<Record>,
}

impl Transfer<'_> {
    /// Compares a page of the source's records with the target's.
    pub(super) async fn compare_records(&mut self) -> Result<Option<Cursor>, TransferError> {
        let (tenant, kind) = self.listed();
        let page =
            self.from.scan(&tenant, kind, self.after(), self.in_flight).await.at(Side::Source)?;
        let read = try_all(page.items.iter().map(|record| self.read_both(record, &tenant))).await?;
        for (Compared { carried, found }, record) in read.into_iter().zip(&page.items) {
            self.counts.compared += 1;
            let carried = match carried {
                Ok(carried) => carried,
                Err(why) => {
                    self.report.leave_out(&tenant, *record.key(), why);
                    continue;
                }
            };
            let (next, tenant_index) = (carried.next, self.position.tenant);
            if carried.columns.wake_at.is_some() {
                self.alarms.insert(*next.key(), tenant_index);
            }
            for event in &carried.closing {
                self.sums[tenant_index].expected.add(Tally::of_event(event));
            }
            let what = match &found {
                None => Some(Differs::Missing),
                Some(found) if found.version() != next.version() => Some(Differs::Version),
                Some(found) if found.body() != next.body() => Some(Differs::Body),
                Some(found) => {
                    self.sums[tenant_index].records.add(Tally::of_record(found));
                    None
                }
            };
            if let Some(what) = what {
                self.report.differ(&tenant, Some(*next.key()), what);
            }
        }
        Ok(page.next)
    }

    /// The next page of the tenant's events on one side.
    pub(super) async fn page_of_events(
        &self,
        side: Side,
        limit: usize,
    ) -> Result<Page<Event>, TransferError> {
        let store = if side == Side::Source { self.from } else { self.to };
        store.events(EventsOf::Tenant(self.tenant()), self.after(), limit).await.at(side)
    }

    async fn read_both(
        &self,
        record: &Record,
        tenant: &TenantId,
    ) -> Result<Compared, TransferError> {
        let carried = self.naming.carry(record, tenant);
        let found = match &carried {
            Ok(carried) => self.to.load(carried.next.key()).await.at(Side::Target)?,
            Err(_) => None,
        };
        Ok(Compared { carried, found })
    }

    /// Looks for records of the target that the source does not have.
    pub(super) async fn compare_extras(&mut self) -> Result<Option<Cursor>, TransferError> {
        let (tenant, kind) = self.listed();
        let page =
            self.to.scan(&tenant, kind, self.after(), self.in_flight).await.at(Side::Target)?;
        let extra = try_all(page.items.iter().map(|record| self.is_extra(record))).await?;
        for (record, _) in page.items.iter().zip(extra).filter(|(_, extra)| *extra) {
            self.report.differ(&tenant, Some(*record.key()), Differs::Extra);
        }
        Ok(page.next)
    }

    async fn is_extra(&self, record: &Record) -> Result<bool, TransferError> {
        // Another copy may still use a placeholder; the last copy removes it.
        if *record.key() == Meta::KEY || record.body() == Carried::PLACEHOLDER {
            return Ok(false);
        }
        let Some(origin) = self.naming.origin(record) else {
            return Ok(true);
        };
        if self.from.load(&origin).await.at(Side::Source)?.is_some() {
            return Ok(false);
        }
        // A record that the source has purged meanwhile will be purged in the target too.
        let expires_at =
            record.subject().ok().and_then(|subject| columns(subject).ok()?.expires_at);
        Ok(expires_at.is_none_or(|at| at > self.clock.now()))
    }

    /// Sums a page of the events that the target should have.
    pub(super) async fn expect_events(&mut self) -> Result<Option<Cursor>, TransferError> {
        let tenant = self.tenant().clone();
        let page = self.page_of_events(Side::Source, super::EVENTS).await?;
        for event in page.items {
            let source = event.id.record;
            if let Some(renamed) = self.naming.renamed(event) {
                let tally = Tally::of_event(&renamed);
                let sums = &mut self.sums[self.position.tenant];
                sums.expected.add(tally);
                sums.heard.add(tally);
            } else {
                self.report.leave_out(&tenant, source, UnreadableReason::Foreign);
            }
        }
        Ok(page.next)
    }

    /// Sums a page of the events that the target has.
    pub(super) async fn find_events(&mut self) -> Result<Option<Cursor>, TransferError> {
        let page = self.page_of_events(Side::Target, super::EVENTS).await?;
        for event in &page.items {
            self.sums[self.position.tenant].found.add(Tally::of_event(event));
        }
        Ok(page.next)
    }

    /// If a tenant's events differ, finds the records whose events differ.
    pub(super) async fn locate(&mut self) -> Result<Option<Cursor>, TransferError> {
        let sums = self.sums[self.position.tenant];
        if sums.expected == sums.found {
            return Ok(None);
        }
        let tenant = self.tenant().clone();
        let page = self.page_of_events(Side::Source, self.in_flight).await?;
        let differing =
            try_all(firsts(&page.items).map(|event| self.differs(event, &tenant))).await?;
        for key in differing.into_iter().flatten() {
            self.report.differ(&tenant, Some(key), Differs::Events);
            self.located = true;
        }
        if page.next.is_none() && !std::mem::take(&mut self.located) {
            // The events belong to a record that the source does not have.
            self.report.differ(&tenant, None, Differs::Events);
        }
        Ok(page.next)
    }

    /// The key in the target of this event's record, if the event is the record's first and its
    /// events differ.
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
        let (mut source_groups, mut target_groups) =
            (Groups::of(self.from, *source), Groups::of(self.to, key));
        loop {
            let expected = match source_groups.next().await.at(Side::Source)? {
                Some(group) => self.naming.renamed_all(group.events, key),
                None => std::mem::take(&mut closing),
            };
            let found = target_groups
                .next()
                .await
                .at(Side::Target)?
                .map(|group| group.events)
                .unwrap_or_default();
            if expected != found {
                return Ok(Some(key));
            }
            if expected.is_empty() {
                return Ok(None);
            }
        }
    }

    /// Checks that the target lists every record with a wake time as due.
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

    /// Compares the source's records again: a write after their comparison changes the version.
    pub(super) async fn recheck_records(&mut self) -> Result<Option<Cursor>, TransferError> {
        let (tenant, kind) = self.listed();
        let page =
            self.from.scan(&tenant, kind, self.after(), self.in_flight).await.at(Side::Source)?;
        let read = try_all(page.items.iter().map(|record| self.read_both(record, &tenant))).await?;
        for Compared { carried, found } in read {
            // Unreadable records were reported in the first comparison.
            let Ok(Carried { next, .. }) = carried else { continue };
            let same =
                |found: &Record| found.version() == next.version() && found.body() == next.body();
            if !found.as_ref().is_some_and(same) {
                self.report.differ(&tenant, Some(*next.key()), Differs::Version);
            }
        }
        Ok(page.next)
    }

    /// Sums the source's events again and compares the sum with the first one.
    pub(super) async fn recheck_events(&mut self) -> Result<Option<Cursor>, TransferError> {
        let tenant = self.tenant().clone();
        let page = self.page_of_events(Side::Source, super::EVENTS).await?;
        for event in page.items {
            if let Some(renamed) = self.naming.renamed(event) {
                let tally = Tally::of_event(&renamed);
                self.sums[self.position.tenant].heard_again.add(tally);
            }
        }
        let sums = &self.sums[self.position.tenant];
        if page.next.is_none() && sums.heard != sums.heard_again {
            self.report.differ(&tenant, None, Differs::Events);
        }
        Ok(page.next)
    }

    /// Finds tenants of the source that were not named, by the records that are due.
    pub(super) async fn find_left_behind(&mut self) -> Result<Option<Cursor>, TransferError> {
        let page =
            self.from.due(Timestamp::MAX, self.after(), self.in_flight).await.at(Side::Source)?;
        let records = all(page.items.iter().map(|key| self.from.load(key))).await;
        for record in records {
            // Missing and unreadable records are skipped: the list is a hint, not a comparison.
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

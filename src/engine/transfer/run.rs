//! The steps of a copy, in their order.

use super::all::all;
use super::bring::Brought;
use super::chain::firsts;
use super::mark::{Marks, Standing};
use super::place::{Counts, Place, Task};
use super::report::{Progress, Report, Side, Stage, TransferError};
use super::tally::{Sums, Tally};
use super::{At as _, KINDS, Transfer};
use crate::domain::ids::RecordKey;
use crate::domain::invalid::InvalidInput;
use crate::domain::time::Timestamp;
use crate::port::{Cursor, Cutoff, EventsOf};

/// Rows removed at once.
const PURGE: usize = 1_000;

impl Transfer<'_> {
    /// Does a bounded part of the work, and says how far it is. After an error, or when its future was
    /// dropped, the same part is done again.
    ///
    /// # Errors
    ///
    /// [`TransferError`]: see its variants.
    pub async fn step(&mut self) -> Result<Progress, TransferError> {
        if matches!(self.place.task, Task::Finished | Task::Incomplete) {
            return Ok(self.progress());
        }
        // A target that is finished belongs to its engines: another copy of the same source may have
        // been faster.
        let standing = match self.marks.take() {
            Some(marks) => {
                let standing = self.standing(&marks).await;
                self.marks = Some(marks);
                standing?
            }
            None => self.take_up().await?,
        };
        if let Standing::Finished = standing {
            // Of places that this one held meanwhile.
            self.sweep().await?;
            self.enter(Task::Finished);
            return Ok(self.progress());
        }
        let next = match self.place.task {
            Task::Records => self.copy_records().await?,
            Task::Trails => self.copy_trails().await?,
            Task::Sweep => self.sweep().await?,
            Task::Compare => self.compare_records().await?,
            Task::Extras => self.compare_extras().await?,
            Task::Expect => self.expect_events().await?,
            Task::Find => self.find_events().await?,
            Task::Locate => self.locate().await?,
            Task::Alarms => self.compare_alarms().await?,
            Task::Finish => {
                self.end().await?;
                return Ok(self.progress());
            }
            Task::Finished | Task::Incomplete => None,
        };
        self.advance(next);
        Ok(self.progress())
    }

    /// Counts the records of the source, so that [`Progress::total`] is known. It reads them all.
    ///
    /// # Errors
    ///
    /// [`TransferError::Store`].
    pub async fn count(&mut self) -> Result<u64, TransferError> {
        let mut total = 0;
        for tenant in &self.tenants {
            for kind in KINDS {
                let mut after = None;
                loop {
                    let page = self.from.scan(tenant, kind, after.as_ref(), super::EVENTS).await;
                    let page = page.at(Side::Source)?;
                    total += page.items.len() as u64;
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
            }
        }
        self.total = Some(total);
        Ok(total)
    }

    async fn take_up(&mut self) -> Result<Standing, TransferError> {
        let (marks, standing): (Marks, Standing) = self.begin().await?;
        if self.resumed.as_ref().is_some_and(|checkpoint| !checkpoint.is_of(marks.source())) {
            return Err(InvalidInput::Foreign { what: "checkpoint" }.into());
        }
        self.marks = Some(marks);
        Ok(standing)
    }

    async fn copy_records(&mut self) -> Result<Option<Cursor>, TransferError> {
        let (tenant, kind) = self.listed();
        let page = self.from.scan(&tenant, kind, self.after(), self.in_flight).await;
        let page = page.at(Side::Source)?;
        let keys: Vec<RecordKey> = page.items.iter().map(|record| *record.key()).collect();
        let brought = all(page.items.into_iter().map(|record| self.bring(record, &tenant))).await;
        let brought: Result<Vec<Brought>, TransferError> = brought.into_iter().collect();
        for (brought, key) in brought?.into_iter().zip(keys) {
            self.counts.records += 1;
            match brought {
                Brought::Written(events) => self.counts.events += events,
                Brought::Already => self.counts.already += 1,
                Brought::Unreadable(why) => self.report.leave_out(&tenant, key, why),
                Brought::Gone => {}
            }
        }
        Ok(page.next)
    }

    async fn copy_trails(&mut self) -> Result<Option<Cursor>, TransferError> {
        let tenant = self.tenant().clone();
        let page = self.from.events(EventsOf::Tenant(&tenant), self.after(), self.in_flight).await;
        let page = page.at(Side::Source)?;
        let firsts = firsts(&page.items);
        let brought = all(firsts.map(|event| self.bring_events(event, &tenant))).await;
        let brought: Result<Vec<Brought>, TransferError> = brought.into_iter().collect();
        for brought in brought? {
            if let Brought::Written(events) = brought {
                self.counts.events += events;
            }
        }
        Ok(page.next)
    }

    /// Takes away what held the places of records that are gone. Nothing else is that old.
    async fn sweep(&self) -> Result<Option<Cursor>, TransferError> {
        let cutoff = Cutoff::new(Timestamp::EPOCH, Timestamp::EPOCH);
        while self.to.purge(cutoff, PURGE).await.at(Side::Target)? > 0 {}
        Ok(None)
    }

    async fn end(&mut self) -> Result<(), TransferError> {
        let (mut records, mut events, mut sum) = (0, 0, Tally::default());
        for Sums { records: tally, found, .. } in &self.sums {
            records += tally.count;
            events += found.count;
            sum.add(*tally);
            sum.add(*found);
        }
        self.report.records = records;
        self.report.events = events;
        self.report.digest = Some(sum.show());
        let lacking = self.report.left_out_count > 0 && !self.leave_out;
        if self.report.difference_count > 0 || lacking {
            self.enter(Task::Incomplete);
            return Ok(());
        }
        if let Some(marks) = &self.marks {
            self.finish(marks).await?;
        }
        self.enter(Task::Finished);
        Ok(())
    }

    /// Goes on in the listing, or to the next kind, tenant or task.
    fn advance(&mut self, next: Option<Cursor>) {
        let kinds = self.kinds().len();
        let place = &mut self.place;
        place.after = next;
        if place.after.is_some() {
            return;
        }
        if matches!(place.task, Task::Records | Task::Compare | Task::Extras) {
            place.kind += 1;
            if place.kind < kinds {
                return;
            }
            place.kind = 0;
        }
        let once = matches!(place.task, Task::Sweep | Task::Alarms);
        place.tenant += 1;
        if place.tenant < self.tenants.len() && !once {
            return;
        }
        self.enter(match self.place.task {
            Task::Records => Task::Trails,
            Task::Trails => Task::Sweep,
            Task::Sweep => Task::Compare,
            Task::Compare => Task::Extras,
            Task::Extras => Task::Expect,
            Task::Expect => Task::Find,
            Task::Find => Task::Locate,
            Task::Locate => Task::Alarms,
            Task::Alarms | Task::Finish => Task::Finish,
            over @ (Task::Finished | Task::Incomplete) => over,
        });
    }

    fn enter(&mut self, task: Task) {
        if task == Task::Compare {
            // What the copying has found is found again; it may be another process that did.
            self.report = Report::default();
        }
        self.place = Place { task, ..Place::default() };
    }

    fn progress(&self) -> Progress {
        let stage = match self.place.task {
            Task::Records => Stage::Copying,
            Task::Trails | Task::Sweep => Stage::Trailing,
            Task::Finished => Stage::Finished,
            Task::Incomplete => Stage::Incomplete,
            _ => Stage::Comparing,
        };
        let tenants = self.tenants.len();
        let tenants_done = if stage.is_over() { tenants } else { self.place.tenant };
        let Counts { records, already, events, compared } = self.counts;
        let total = self.total;
        Progress { stage, tenants_done, tenants, records, already, events, compared, total }
    }
}

//! The steps of a copy, and the order of its tasks.

use std::future::Future;
use std::pin::Pin;

use super::Transfer;
use super::all::try_all;
use super::bring::Brought;
use super::chain::firsts;
use super::position::{CopyPosition, CopyTask, Counts, KINDS};
use super::report::{At as _, Fence, Progress, Side, Stage, TransferError, TransferReport};
use super::tally::{Sums, Tally};
use crate::domain::identity::ids::RecordKey;
use crate::domain::invalid::InvalidInput;
use crate::domain::time::Timestamp;
use crate::port::{Cursor, Cutoff};

/// The most rows of one purge.
const PURGE: usize = 1_000;

impl Transfer<'_> {
    /// Does a bounded part of the work and returns the progress. After an error, or if the future
    /// was dropped, the next call repeats that part.
    ///
    /// # Errors
    ///
    /// [`TransferError`], with any of its variants.
    pub async fn step(&mut self) -> Result<Progress, TransferError> {
        self.next_step().await
    }

    /// Boxed, so that it is compiled in this crate and not in each binary that copies.
    fn next_step(
        &mut self,
    ) -> Pin<Box<dyn Future<Output = Result<Progress, TransferError>> + Send + '_>> {
        Box::pin(async move {
            if matches!(self.position.task, CopyTask::Finished | CopyTask::Incomplete) {
                return Ok(self.progress());
            }
            // The mark is checked in each step: another copy of the same source may have opened the
            // target, which then belongs to its engines.
            match self.marks.take() {
                Some(marks) => {
                    let marked = self.check_mark(&marks).await;
                    self.marks = Some(marks);
                    marked?;
                }
                None => self.take_up().await?,
            }
            self.close().await?;
            let next = match self.position.task {
                CopyTask::Records => self.copy_records().await?,
                CopyTask::Trails => self.copy_trails().await?,
                CopyTask::Sweep => self.sweep().await?,
                CopyTask::Compare => self.compare_records().await?,
                CopyTask::Extras => self.compare_extras().await?,
                CopyTask::Expect => self.expect_events().await?,
                CopyTask::Find => self.find_events().await?,
                CopyTask::Locate => self.locate().await?,
                CopyTask::Alarms => self.compare_alarms().await?,
                CopyTask::RecheckRecords => self.recheck_records().await?,
                CopyTask::RecheckEvents => self.recheck_events().await?,
                CopyTask::LeftBehind => self.find_left_behind().await?,
                CopyTask::Finish => {
                    self.end();
                    return Ok(self.progress());
                }
                CopyTask::Finished | CopyTask::Incomplete => None,
            };
            self.advance(next);
            Ok(self.progress())
        })
    }

    /// Counts the records of the source for [`Progress::total`]. It reads them all.
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
                    let page = self
                        .from
                        .scan(tenant, kind, after.as_ref(), super::EVENTS)
                        .await
                        .at(Side::Source)?;
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

    /// Opens the target to engines. From then on no copy writes to it.
    ///
    /// Call it only after a step of this object has returned [`Stage::Finished`], with every engine on
    /// the source stopped or the source [closed](Self::close_source_first). After an error the call
    /// may be repeated.
    ///
    /// # Errors
    ///
    /// [`TransferError::NotCompared`] if this object has not found both sides equal;
    /// [`TransferError::Opened`] if another process has opened the target;
    /// [`TransferError::GivenUp`]; [`TransferError::Store`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), sspr::InvalidInput> {
    /// use sspr::adapters::memory::MemoryStore;
    /// use sspr::transfer::{TransferError, copy};
    ///
    /// let (from, to) = (MemoryStore::new(), MemoryStore::new());
    /// let mut copy = copy(&from, &to, [sspr::TenantId::parse("contoso")?])?;
    /// let refused = copy.open_target().await.unwrap_err();
    /// assert!(matches!(refused, TransferError::NotCompared));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open_target(&mut self) -> Result<(), TransferError> {
        match self.marks.clone() {
            Some(marks) if self.position.task == CopyTask::Finished => {
                self.open_marked(&marks).await
            }
            _ => Err(TransferError::NotCompared),
        }
    }

    /// Gives the copy up: the target can never be opened, and a closed source is opened again.
    /// Discard the target afterwards.
    ///
    /// It may be called at any time before the target is opened, also by another process than the
    /// one that closed the source. After an error the call may be repeated.
    ///
    /// # Errors
    ///
    /// [`TransferError::Opened`] if the target was opened: the source then stays closed;
    /// [`TransferError::Occupied`], [`TransferError::Store`] and others as [`step`](Self::step).
    pub async fn give_up(&mut self) -> Result<(), TransferError> {
        let marks = match &self.marks {
            Some(marks) => marks.clone(),
            None => self.begin_giving_up().await?,
        };
        self.marks = Some(marks.clone());
        self.reopen_source(&marks).await?;
        self.report.fence = Fence::None;
        self.enter(CopyTask::Incomplete);
        Ok(())
    }

    async fn take_up(&mut self) -> Result<(), TransferError> {
        let marks = self.begin().await?;
        if let Some(resumed) = &self.resumed {
            if !resumed.is_of(marks.source) {
                return Err(InvalidInput::Foreign { what: "checkpoint" }.into());
            }
            if self.closes && !resumed.is_closed() {
                // Records that were copied before the source was closed may have changed since.
                (self.position, self.counts) = (CopyPosition::default(), Counts::default());
            }
        }
        self.marks = Some(marks);
        Ok(())
    }

    /// Closes the source before anything is read, if the caller has requested it.
    async fn close(&mut self) -> Result<(), TransferError> {
        if !self.closes || self.report.fence != Fence::None {
            return Ok(());
        }
        if let Some(marks) = &self.marks {
            let enforced = self.close_source(marks).await?;
            self.report.fence = if enforced { Fence::Enforced } else { Fence::Marked };
        }
        Ok(())
    }

    async fn copy_records(&mut self) -> Result<Option<Cursor>, TransferError> {
        let (tenant, kind) = self.listed();
        let page =
            self.from.scan(&tenant, kind, self.after(), self.in_flight).await.at(Side::Source)?;
        let keys: Vec<RecordKey> = page.items.iter().map(|record| *record.key()).collect();
        let brought =
            try_all(page.items.into_iter().map(|record| self.bring(record, &tenant))).await?;
        for (brought, key) in brought.into_iter().zip(keys) {
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
        let page = self.page_of_events(Side::Source, self.in_flight).await?;
        let bring = |event| self.bring_events(event, &tenant);
        for brought in try_all(firsts(&page.items).map(bring)).await? {
            if let Brought::Written(events) = brought {
                self.counts.events += events;
            }
        }
        Ok(page.next)
    }

    /// Removes the placeholders. No other row expires at the epoch.
    async fn sweep(&self) -> Result<Option<Cursor>, TransferError> {
        let cutoff = Cutoff::new(Timestamp::EPOCH, Timestamp::EPOCH);
        while self.to.purge(cutoff, PURGE).await.at(Side::Target)? > 0 {}
        Ok(None)
    }

    fn end(&mut self) {
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
        let differs = self.report.difference_count > 0;
        self.enter(if differs || lacking { CopyTask::Incomplete } else { CopyTask::Finished });
    }

    /// Moves to the next page, kind, tenant or task.
    fn advance(&mut self, next: Option<Cursor>) {
        let kinds = self.kinds().len();
        let position = &mut self.position;
        position.after = next;
        if position.after.is_some() {
            return;
        }
        if matches!(
            position.task,
            CopyTask::Records | CopyTask::Compare | CopyTask::Extras | CopyTask::RecheckRecords
        ) {
            position.kind += 1;
            if position.kind < kinds {
                return;
            }
            position.kind = 0;
        }
        let once =
            matches!(position.task, CopyTask::Sweep | CopyTask::Alarms | CopyTask::LeftBehind);
        position.tenant += 1;
        if position.tenant < self.tenants.len() && !once {
            return;
        }
        self.enter(match self.position.task {
            CopyTask::Records => CopyTask::Trails,
            CopyTask::Trails => CopyTask::Sweep,
            CopyTask::Sweep => CopyTask::Compare,
            CopyTask::Compare => CopyTask::Extras,
            CopyTask::Extras => CopyTask::Expect,
            CopyTask::Expect => CopyTask::Find,
            CopyTask::Find => CopyTask::Locate,
            CopyTask::Locate => CopyTask::Alarms,
            CopyTask::Alarms => CopyTask::LeftBehind,
            // The source is not compared again if its fence refuses writes, or if the copy has
            // already failed.
            CopyTask::LeftBehind
                if self.report.fence == Fence::Enforced || self.report.difference_count > 0 =>
            {
                CopyTask::Finish
            }
            CopyTask::LeftBehind => CopyTask::RecheckRecords,
            CopyTask::RecheckRecords => CopyTask::RecheckEvents,
            CopyTask::RecheckEvents | CopyTask::Finish => CopyTask::Finish,
            over @ (CopyTask::Finished | CopyTask::Incomplete) => over,
        });
    }

    fn enter(&mut self, task: CopyTask) {
        if task == CopyTask::Compare {
            // The comparison finds everything again that the copying has found, which another
            // process may have done.
            self.report = TransferReport { fence: self.report.fence, ..TransferReport::default() };
            self.sums.fill(Sums::default());
        }
        self.position = CopyPosition { task, ..CopyPosition::default() };
    }

    fn progress(&self) -> Progress {
        let stage = match self.position.task {
            CopyTask::Records => Stage::Copying,
            CopyTask::Trails | CopyTask::Sweep => Stage::Trailing,
            CopyTask::Finished => Stage::Finished,
            CopyTask::Incomplete => Stage::Incomplete,
            _ => Stage::Comparing,
        };
        let tenants = self.tenants.len();
        let tenants_done = if stage.is_over() { tenants } else { self.position.tenant };
        let Counts { records, already, events, compared } = self.counts;
        let total = self.total;
        Progress { stage, tenants_done, tenants, records, already, events, compared, total }
    }
}

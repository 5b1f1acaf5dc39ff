//! Reports of what happened, from the audit events: usage, and the acts of administrators.

use serde::Serialize;

use super::{MAX_PAGE, Position, ReportPage, ReportView};
use crate::domain::event::Event;
use crate::domain::identity::ids::UserId;
use crate::domain::report::{DeskFilter, DeskRow, ReportWindow, UsageFilter, UsageRow};
use crate::domain::time::Timestamp;
use crate::engine::api::error::Error;
use crate::engine::handles::admin::Admin;
use crate::engine::handles::admin::trail::trail;
use crate::engine::observe::Operation;
use crate::port::{Cursor, EventsOf};

impl Admin<'_> {
    /// What users did with resets, unlocks, changes and registrations: a row for each step, in the order
    /// of the trail. A page reads at most `limit` events (1 to 1000).
    /// [`UsageSummary`](crate::report::UsageSummary) sums them up.
    ///
    /// What leaves no event is in [`usage_counts`](Self::usage_counts).
    ///
    /// # Errors
    ///
    /// As [`registration_report`](Self::registration_report); [`InvalidInput::Foreign`] also for a
    /// position from before the store was [restored](crate::transfer::restored): begin again.
    ///
    /// [`InvalidInput::Foreign`]: crate::InvalidInput
    pub async fn usage_report(
        &self,
        filter: &UsageFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<ReportPage<UsageRow>, Error> {
        let done = async {
            let rows_of = |event: &Event| {
                let mut rows = UsageRow::of(event);
                rows.retain(|row| filter.feature.is_none_or(|only| row.feature == Some(only)));
                rows
            };
            let of = (filter.user.as_ref(), filter.window);
            self.happened(("usage", filter), of, (after, limit), rows_of).await
        };
        self.core.observe(Operation::AdminUsageReport, self.tenant, done).await
    }

    /// The acts of administrators: who did what to whom, refused acts included. A page reads at most
    /// `limit` events (1 to 1000).
    ///
    /// # Errors
    ///
    /// As [`usage_report`](Self::usage_report).
    pub async fn desk_report(
        &self,
        filter: &DeskFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<ReportPage<DeskRow>, Error> {
        let done = async {
            let wanted = |row: &DeskRow| {
                let by = filter.administrator.as_ref();
                by.is_none_or(|name| row.administrator.as_ref() == Some(name))
                    && filter.act.is_none_or(|act| row.act == act)
            };
            let rows_of = |event: &Event| Vec::from_iter(DeskRow::of(event).filter(wanted));
            let of = (filter.user.as_ref(), filter.window);
            self.happened(("desk", filter), of, (after, limit), rows_of).await
        };
        self.core.observe(Operation::AdminDeskReport, self.tenant, done).await
    }

    /// A page of rows about events.
    async fn happened<T>(
        &self,
        (report, filter): (&str, &impl Serialize),
        (user, window): (Option<&UserId>, ReportWindow),
        (after, limit): (Option<&Cursor>, usize),
        rows_of: impl Fn(&Event) -> Vec<T>,
    ) -> Result<ReportPage<T>, Error> {
        let core = self.core;
        self.authorise(&[&core.roles.read])?;
        let position = Position::read(report, filter, after, core.clock.now())?;
        // The tenant's trail is read even for one user: requests of a user who may not reset are
        // recorded on a decoy.
        let (of, limit) = (EventsOf::Tenant(self.tenant), limit.clamp(1, MAX_PAGE));
        let page = trail(core, of, position.after.as_ref(), limit).await?;
        // Later events are left out: otherwise the report would depend on when each page is read.
        let shown = |event: &&Event| {
            window.includes(event.at)
                && event.at <= position.as_of
                && user.is_none_or(|user| event.user.as_ref() == Some(user))
        };
        let rows = page.items.iter().filter(shown).flat_map(rows_of).collect();
        let done = position.page(rows, page.next, page.items.len());
        Ok(ReportPage { view: self.view_of(position.as_of, window), ..done })
    }

    /// What a report of this window covers.
    pub(super) fn view_of(&self, as_of: Timestamp, window: ReportWindow) -> ReportView {
        let collected_since = Some(as_of.minus(self.core.event_retention));
        ReportView { as_of, window: Some(window), collected_since }
    }
}

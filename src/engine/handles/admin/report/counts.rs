//! The counts of replies that leave no event.

use super::{Position, ReportPage};
use crate::domain::report::{CountRow, CountedReply, ReportDay, UsageFilter, cells};
use crate::domain::time::Timestamp;
use crate::engine::api::error::{At as _, Error, Fault, FaultOrigin};
use crate::engine::handles::admin::Admin;
use crate::engine::observe::Operation;
use crate::port::{CounterIncrement, Cursor, PortError};

/// The most counters that one call of the store reads.
const BATCH: usize = 1_000;
/// The most days that one page covers.
const MOST_DAYS: usize = 31;

impl Admin<'_> {
    /// How many requests callers made on each day, and how they were answered: names typed, starts
    /// refused by reason, first and further codes asked for, secrets given. These leave no event. A
    /// page covers at most `limit` days (1 to 31), the earliest first, and has no rows for zeros.
    ///
    /// They are counts of replies. For an unknown name they are the same as for a user, and the filter's
    /// `user` does not apply to them: with a user, there are none. The window counts by days, in UTC: days
    /// that it touches are counted whole.
    ///
    /// An engine keeps its counts in memory until its own [`maintain`](crate::Engine::maintain) writes
    /// them, at most every ten seconds: each process that serves requests must call it. A process
    /// that ends in between loses them; after a lost reply of the store they may be counted twice. They
    /// are kept as long as the events of their day.
    ///
    /// # Errors
    ///
    /// As [`registration_report`](Self::registration_report).
    pub async fn usage_counts(
        &self,
        filter: &UsageFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<ReportPage<CountRow>, Error> {
        let done = async {
            let core = self.core;
            self.authorise(&[&core.roles.read])?;
            let position = Position::read("counts", filter, after, core.clock.now())?;
            let view = self.view_of(position.as_of, filter.window);
            let oldest = view.collected_since.unwrap_or(Timestamp::EPOCH);
            let first = ReportDay::of(filter.window.from.max(oldest));
            let last = ReportDay::of(filter.window.until.min(position.as_of));
            let mut day = match &position.after {
                Some(after) => after.as_str().parse::<ReportDay>()?.max(first),
                None => first,
            };
            let wanted = |cell: &CountedReply| {
                filter.user.is_none() && filter.feature.is_none_or(|only| cell.feature == only)
            };
            let wanted: Vec<CountedReply> = cells().into_iter().filter(wanted).collect();
            let mut asked = Vec::new();
            for _ in 0..limit.clamp(1, MOST_DAYS) {
                if last < day {
                    break;
                }
                asked.extend(wanted.iter().map(|cell| (day, cell)));
                day = day.next();
            }
            let mut rows = Vec::new();
            for batch in asked.chunks(BATCH) {
                rows.extend(self.read_counts(batch).await?);
            }
            let next = (day <= last).then(|| Cursor::new(day.to_string()));
            Ok(ReportPage { view, ..position.page(rows, next, asked.len()) })
        };
        self.core.observe(Operation::AdminUsageCounts, self.tenant, done).await
    }

    /// The rows of these counters, without those that are zero.
    async fn read_counts(
        &self,
        asked: &[(ReportDay, &CountedReply)],
    ) -> Result<Vec<CountRow>, Error> {
        let core = self.core;
        let read = |(day, cell): &(ReportDay, &CountedReply)| {
            let key = core.count_key(self.tenant, *day, cell);
            CounterIncrement::new(key, 0, core.count_expires_at(*day))
        };
        let increments: Vec<_> = asked.iter().map(read).collect();
        let counts = core.store.increment(&increments).await.at(FaultOrigin::Store)?;
        if counts.len() != asked.len() {
            let error = PortError::corrupt().because("the store returned too few counts");
            return Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }));
        }
        let counted = asked.iter().zip(counts).filter(|(_, count)| *count > 0);
        Ok(counted.map(|((day, cell), count)| CountedReply::clone(cell).row(*day, count)).collect())
    }
}

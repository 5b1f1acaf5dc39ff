//! The report of blocked accounts, from their records.

use super::{MAX_PAGE, Position, ReportPage};
use crate::domain::account::Account;
use crate::domain::account::budget::PoolKind;
use crate::domain::identity::ids::UserId;
use crate::domain::policy::Policy;
use crate::domain::record::{Record, RecordKind};
use crate::domain::report::{BlockCause, BlockedFilter, BlockedRow};
use crate::domain::rules::time_of;
use crate::domain::time::Timestamp;
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::handles::admin::Admin;
use crate::engine::handles::admin::budgets::{BudgetKind, budget_use};
use crate::engine::handles::admin::reports::spent;
use crate::engine::maintenance::accounts::read_account;
use crate::engine::observe::Operation;
use crate::port::{Cursor, Page};

impl Admin<'_> {
    /// The accounts that are blocked now, by what, and until when: a row for each block, from the
    /// accounts that have a record. A page reads at most `limit` records (1 to 1000). A record that
    /// cannot be read has a row too: its account is closed.
    ///
    /// Locks of the directory itself and disabled users are not in the records: the
    /// [registration report](Self::registration_report) has the first reason against a reset of every
    /// user.
    ///
    /// # Errors
    ///
    /// As [`registration_report`](Self::registration_report).
    pub async fn blocked_report(
        &self,
        filter: &BlockedFilter,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<ReportPage<BlockedRow>, Error> {
        let done = async {
            let core = self.core;
            self.authorise(&[&core.roles.read])?;
            let position = Position::read("blocked", filter, after, core.clock.now())?;
            let policy = core.policy(self.tenant, true).await?;
            let store = &core.store;
            let page = match &filter.user {
                Some(user) => {
                    let key = core.keys.account(self.tenant, user);
                    let found = store.load(&key).await.at(FaultOrigin::Store)?;
                    Page::new(Vec::from_iter(found), None)
                }
                None => {
                    let (after, limit) = (position.after.as_ref(), limit.clamp(1, MAX_PAGE));
                    let records = store.scan(self.tenant, RecordKind::Account, after, limit).await;
                    records.at(FaultOrigin::Store)?
                }
            };
            let blocks = page
                .items
                .iter()
                .flat_map(|record| self.blocks_of(record, &policy, position.as_of));
            let wanted = |row: &BlockedRow| filter.cause.is_none_or(|cause| cause == row.cause);
            let rows = blocks.filter(wanted).collect();
            Ok(position.page(rows, page.next, page.items.len()))
        };
        self.core.observe(Operation::AdminBlockedReport, self.tenant, done).await
    }

    fn blocks_of(&self, record: &Record, policy: &Policy, as_of: Timestamp) -> Vec<BlockedRow> {
        match read_account(self.core, self.tenant, record) {
            Ok((target, loaded)) => {
                let now = time_of(&loaded.account, as_of);
                blocks(target.user, &loaded.account, policy, now)
            }
            Err(unreadable) => {
                let record = Some(unreadable.record);
                vec![BlockedRow { record, ..BlockedRow::new(None, BlockCause::Unreadable) }]
            }
        }
    }
}

/// Every block of an account.
fn blocks(
    user: Option<UserId>,
    account: &Account,
    policy: &Policy,
    now: Timestamp,
) -> Vec<BlockedRow> {
    let row = |cause| BlockedRow::new(user.clone(), cause);
    let mut rows = Vec::new();
    if let Some(since) = account.repudiated.blocked_since {
        rows.push(BlockedRow { since: Some(since), ..row(BlockCause::Repudiated) });
    }
    for state in &account.throttles {
        for pool in [PoolKind::Anonymous, PoolKind::Proven] {
            let until = state.pool(pool).locked_until.filter(|until| now < *until);
            let locked = until.map(|until| BlockedRow {
                method: state.method,
                pool: Some(pool),
                until: Some(until),
                ..row(BlockCause::Throttle)
            });
            rows.extend(locked);
        }
    }
    rows.extend(spent(account, policy, now).into_iter().map(|blocked| {
        let cause = match (blocked.pool, blocked.until) {
            (None, _) => BlockCause::Disabled,
            (Some(_), None) => BlockCause::FailuresInARow,
            (Some(_), Some(_)) => BlockCause::Failures,
        };
        let (method, pool, until) = (Some(blocked.method), blocked.pool, blocked.until);
        BlockedRow { method, pool, until, ..row(cause) }
    }));
    let challenges = budget_use(account, policy, now).into_iter().filter(|used| {
        let of_challenges = matches!(
            used.budget,
            BudgetKind::SentInAnHour
                | BudgetKind::SentInADay
                | BudgetKind::InHandInAnHour
                | BudgetKind::InHandInADay
        );
        of_challenges && used.held >= used.of
    });
    rows.extend(challenges.map(|used| BlockedRow {
        pool: Some(used.pool),
        until: used.until,
        ..row(BlockCause::Challenges)
    }));
    rows
}

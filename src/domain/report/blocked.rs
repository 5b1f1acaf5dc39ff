//! Rows of the report of blocked accounts.

use serde::{Deserialize, Serialize};

use super::rfc3339;
use super::row::{ReportRow, code, optional};
use crate::domain::account::budget::PoolKind;
use crate::domain::identity::ids::{RecordKey, UserId};
use crate::domain::method::MethodKind;
use crate::domain::named::named;
use crate::domain::time::Timestamp;

named! {
    /// What blocks an account.
    ///
    /// ```
    /// assert_eq!(sspr::report::BlockCause::Repudiated.as_str(), "repudiated");
    /// ```
    pub enum BlockCause {
        /// The wrong secrets of a window are spent.
        Failures = "failures",
        /// Too many wrong secrets in a row: open again after a correct one.
        FailuresInARow = "failures_in_a_row",
        /// The method is out of use until it is registered again.
        Disabled = "disabled",
        /// A throttle of the policy.
        Throttle = "throttle",
        /// The challenges of an hour or a day are spent.
        Challenges = "challenges",
        /// The owner has repudiated a change: an administrator unblocks it.
        Repudiated = "repudiated",
        /// The record cannot be read, so that the account is closed.
        Unreadable = "unreadable",
    }
}

/// One block of one account. An account with several has a row for each.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BlockedRow {
    /// The user; `None` if the record cannot be read.
    pub user: Option<UserId>,
    /// The key of the record, if it cannot be read.
    pub record: Option<RecordKey>,
    /// What blocks it.
    pub cause: BlockCause,
    /// The method; `None` if it is the whole account.
    pub method: Option<MethodKind>,
    /// Whose use is blocked: that of unknown callers, or also that of known devices and users who
    /// have proven something; `None`: of both.
    pub pool: Option<PoolKind>,
    /// Since when, if it is known.
    #[serde(with = "rfc3339::optional")]
    pub since: Option<Timestamp>,
    /// Until when; `None`: until something is done about it.
    #[serde(with = "rfc3339::optional")]
    pub until: Option<Timestamp>,
}

impl BlockedRow {
    pub(crate) const fn new(user: Option<UserId>, cause: BlockCause) -> Self {
        let (record, method, pool, since, until) = (None, None, None, None, None);
        Self { user, record, cause, method, pool, since, until }
    }
}

impl ReportRow for BlockedRow {
    const COLUMNS: &'static [&'static str] =
        &["user", "record", "cause", "method", "pool", "since", "until"];

    fn cells(&self) -> Vec<String> {
        vec![
            optional(self.user.as_ref().map(UserId::as_str)),
            optional(self.record),
            self.cause.to_string(),
            optional(self.method),
            self.pool.map(code).unwrap_or_default(),
            optional(self.since),
            optional(self.until),
        ]
    }
}

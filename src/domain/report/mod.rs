//! Rows of reports: what an administrator reads about accounts and events, and the sums of such rows. No
//! field holds a secret or contact data.

mod blocked;
mod counted;
mod day;
mod desk;
mod expiring;
mod filter;
mod registration;
pub(in crate::domain) mod rfc3339;
mod row;
mod usage;
mod usage_summary;

pub use blocked::{BlockCause, BlockedRow};
pub use counted::{CountRow, CountedStep};
pub(crate) use counted::{CountedReply, cells};
pub use day::ReportDay;
pub use desk::{DeskAct, DeskOutcome, DeskRow};
pub use expiring::{ExpiringKind, ExpiringRow};
pub(crate) use expiring::{ExpiryFacts, expiring};
pub use filter::{
    BlockedFilter, DeskFilter, ExpiringFilter, RegistrationFilter, ReportWindow, UsageFilter,
};
pub use registration::{RegistrationRow, RegistrationSummary};
pub use row::ReportRow;
pub use usage::{UsageFeature, UsageResult, UsageRow, UsageStage};
pub use usage_summary::{FunnelStep, UsageCount, UsageSummary};

//! The sums of rows of usage, by day, feature, stage, methods, channel and reason.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::counted::CountRow;
use super::day::ReportDay;
use super::row::{ReportRow, joined, optional};
use super::usage::{UsageFeature, UsageResult, UsageRow, UsageStage};
use crate::domain::method::{Channel, MethodKind};

/// How often one thing happened on one day.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UsageCount {
    /// The day.
    pub day: ReportDay,
    /// What was used; `None` if it is not known, as for a block.
    pub feature: Option<UsageFeature>,
    /// How far it came.
    pub stage: UsageStage,
    /// The methods, as in the rows.
    pub methods: Vec<MethodKind>,
    /// The channel of the code.
    pub channel: Option<Channel>,
    /// The reason, as in the rows.
    pub reason: Option<String>,
    /// How often.
    pub count: u64,
}

impl UsageCount {
    /// Entra's result of the stage.
    #[must_use]
    pub const fn result(&self) -> Option<UsageResult> {
        self.stage.result()
    }
}

impl ReportRow for UsageCount {
    const COLUMNS: &'static [&'static str] =
        &["day", "feature", "stage", "result", "methods", "channel", "reason", "count"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.day.to_string(),
            optional(self.feature),
            self.stage.to_string(),
            optional(self.result()),
            joined(&self.methods),
            optional(self.channel.map(Channel::as_str)),
            self.reason.clone().unwrap_or_default(),
            self.count.to_string(),
        ]
    }
}

/// One step of a funnel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FunnelStep {
    /// The stage.
    pub stage: UsageStage,
    /// How many flows came this far.
    pub count: u64,
}

/// The sums of the rows of a usage report. Its size depends on the days and on the kinds of things that
/// happened, not on the number of rows. Serialised, it is a list of [`UsageCount`]: keep it with the
/// position of the report, to continue after an interruption.
///
/// ```
/// use sspr::report::{UsageFeature, UsageFilter, UsageStage, UsageSummary};
/// use sspr::{Actor, Engine, Error, TenantId};
///
/// async fn resets(engine: &Engine, tenant: &TenantId, reader: &Actor) -> Result<u64, Error> {
///     let (admin, filter) = (engine.admin(tenant, reader), UsageFilter::default());
///     let (mut summary, mut position) = (UsageSummary::default(), None);
///     loop {
///         let page = admin.usage_report(&filter, position.as_ref(), 500).await?;
///         summary.extend(&page.rows);
///         position = page.next;
///         if position.is_none() {
///             break;
///         }
///     }
///     summary.extend_counts(&admin.usage_counts(&filter, None, 31).await?.rows);
///     Ok(summary.total(UsageFeature::Reset, UsageStage::Completed))
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Vec<UsageCount>", into = "Vec<UsageCount>")]
pub struct UsageSummary {
    // The counts of the keys are zero.
    counts: BTreeMap<UsageCount, u64>,
}

impl From<Vec<UsageCount>> for UsageSummary {
    fn from(counts: Vec<UsageCount>) -> Self {
        let mut summary = Self::default();
        for mut key in counts {
            let count = std::mem::take(&mut key.count);
            summary.add(key, count);
        }
        summary
    }
}

impl From<UsageSummary> for Vec<UsageCount> {
    fn from(summary: UsageSummary) -> Self {
        summary.counts().collect()
    }
}

impl UsageSummary {
    /// Adds a page of rows.
    pub fn extend(&mut self, rows: &[UsageRow]) {
        for row in rows {
            let key = UsageCount {
                day: ReportDay::of(row.at),
                feature: row.feature,
                stage: row.stage,
                methods: row.methods.clone(),
                channel: row.channel,
                reason: row.reason.clone(),
                count: 0,
            };
            self.add(key, 1);
        }
    }

    /// Adds what leaves no event: starts, refused starts, and first requests of a code.
    pub fn extend_counts(&mut self, rows: &[CountRow]) {
        for row in rows {
            let Some((stage, reason)) = row.stage() else { continue };
            let key = UsageCount {
                day: row.day,
                feature: Some(row.feature),
                stage,
                methods: Vec::new(),
                channel: None,
                reason,
                count: 0,
            };
            self.add(key, row.count);
        }
    }

    fn add(&mut self, key: UsageCount, count: u64) {
        let sum = self.counts.entry(key).or_default();
        *sum = sum.saturating_add(count);
    }

    /// The sums, by day, then feature, then stage.
    pub fn counts(&self) -> impl Iterator<Item = UsageCount> + '_ {
        self.counts.iter().map(|(key, count)| UsageCount { count: *count, ..key.clone() })
    }

    fn sum(&self, of: impl Fn(&UsageCount) -> bool) -> u64 {
        self.counts.iter().filter(|(key, _)| of(key)).map(|(_, count)| count).sum()
    }

    /// How often this stage of this feature was reached.
    #[must_use]
    pub fn total(&self, feature: UsageFeature, stage: UsageStage) -> u64 {
        self.sum(|key| key.feature == Some(feature) && key.stage == stage)
    }

    /// The same by day, without days on which it was not reached.
    #[must_use]
    pub fn by_day(&self, feature: UsageFeature, stage: UsageStage) -> Vec<(ReportDay, u64)> {
        let reached = |key: &UsageCount| key.feature == Some(feature) && key.stage == stage;
        let mut days: BTreeMap<ReportDay, u64> = BTreeMap::new();
        for (key, count) in self.counts.iter().filter(|(key, _)| reached(key)) {
            *days.entry(key.day).or_default() += count;
        }
        days.into_iter().collect()
    }

    /// The reasons for which this stage was reached, the most frequent first.
    #[must_use]
    pub fn by_reason(&self, stage: UsageStage) -> Vec<(String, u64)> {
        let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
        for (key, count) in self.counts.iter().filter(|(key, _)| key.stage == stage) {
            *reasons.entry(key.reason.as_deref().unwrap_or_default()).or_default() += count;
        }
        let mut sorted: Vec<_> =
            reasons.into_iter().map(|(reason, count)| (reason.to_owned(), count)).collect();
        sorted.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(&right.0)));
        sorted
    }

    /// How many flows of this feature came how far: a name was typed, a code was asked for, a flow
    /// was created, all methods were proven, and it was completed.
    ///
    /// A flow that runs over midnight at the edge of the window is in one step and not in another;
    /// a flow that an administrator's link has begun has no start. So a step can be larger than the
    /// one before.
    #[must_use]
    pub fn funnel(&self, feature: UsageFeature) -> Vec<FunnelStep> {
        let all = [
            UsageStage::Started,
            UsageStage::Asked,
            UsageStage::Begun,
            UsageStage::Granted,
            UsageStage::Completed,
        ];
        // Only resets and unlocks are started by name and proven by steps.
        let by_name = matches!(feature, UsageFeature::Reset | UsageFeature::Unlock);
        let steps = if by_name { all.to_vec() } else { vec![all[2], all[4]] };
        let step = |stage| FunnelStep { stage, count: self.total(feature, stage) };
        steps.into_iter().map(step).collect()
    }

    /// Flows that were abandoned after the name was typed, before a code was asked for: starts
    /// without a first request of a code. They leave no event.
    #[must_use]
    pub fn abandoned_after_name(&self, feature: UsageFeature) -> u64 {
        let started = self.sum(|key| {
            key.feature == Some(feature) && key.stage == UsageStage::Started && key.reason.is_none()
        });
        started.saturating_sub(self.total(feature, UsageStage::Asked))
    }
}

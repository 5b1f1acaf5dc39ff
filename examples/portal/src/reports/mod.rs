//! Reports for administrators: registration over time, usage with its funnel, blocks, and what expires. Each
//! chart is drawn here, has its numbers in a table beside it, and can be downloaded as CSV.

mod chart;
mod files;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
pub(crate) use files::file;
use minijinja::{Value, context};
use sspr::error::SsprReason;
use sspr::report::{
    BlockedFilter, ExpiringFilter, RegistrationFilter, RegistrationRow, RegistrationSummary,
    ReportDay, ReportWindow, UsageFeature, UsageFilter, UsageStage, UsageSummary,
};
use sspr::words::Phrases;
use sspr::{Error, Timestamp};

use crate::Portal;
use crate::desk::cause;
use crate::pages::{shown, value};
use crate::visit::Visit;
use chart::{bars, lines};

/// How many days the reports of what happened cover.
const DAYS: u16 = 30;

/// How many users, records or events one step reads.
const STEP: usize = 250;

/// How many rows a page shows. The file has all.
const SHOWN: usize = 200;

/// Reads a report to its end. An error is the error of the whole: no part is shown as the whole.
macro_rules! rows {
    ($admin:expr, $report:ident, $filter:expr) => {{
        let (mut rows, mut position) = (Vec::new(), None);
        loop {
            match $admin.$report($filter, position.as_ref(), $crate::reports::STEP).await {
                Ok(page) => {
                    rows.extend(page.rows);
                    position = page.next;
                }
                Err(error) => break Err(error),
            }
            if position.is_none() {
                break Ok(rows);
            }
        }
    }};
}
use rows;

type Shared = State<Arc<Portal>>;

impl Portal {
    /// The page, or where a browser without an administrator's session is sent.
    fn report(&self, visit: &Visit, name: &str, page: Result<Value, Error>) -> Response {
        match page {
            Ok(page) => {
                let page = context! { report => name, ..page };
                self.page(&format!("report_{name}.html"), visit, page)
            }
            Err(error) => self.problem(visit, &error, "/desk"),
        }
    }

    fn last_days(&self) -> UsageFilter {
        let mut filter = UsageFilter::default();
        filter.window = ReportWindow::last_days(self.engine.now(), DAYS);
        filter
    }
}

pub(crate) async fn registration(State(portal): Shared, visit: Visit) -> Response {
    let Some(actor) = portal.administrator(&visit) else {
        return Redirect::to("/sign-in").into_response();
    };
    let admin = portal.engine.admin(&portal.tenant, &actor);
    let found = rows!(admin, registration_report, &RegistrationFilter::default());
    let page = found.map(|rows| registered(&rows, portal.engine.now(), portal.phrases(&visit)));
    portal.report(&visit, "registration", page)
}

fn registered(rows: &[RegistrationRow], now: Timestamp, phrases: Phrases<'_>) -> Value {
    let mut summary = RegistrationSummary::default();
    summary.extend(rows);
    let days = over_time(rows, now);
    let methods = summary.methods.iter().map(|(kind, count)| (phrases.method(*kind), *count));
    let methods: Vec<(String, u64)> = methods.collect();
    let reasons = summary.reasons.iter().map(|(reason, count)| {
        context! { count, ..cause(*reason, phrases) }
    });
    let series = |of: fn(&Registered) -> u64| days.iter().map(of).collect::<Vec<u64>>();
    context! {
        summary => value(&summary),
        chart => value(lines(
            [series(|day| day.registered), series(|day| day.capable)],
            days.first().zip(days.last()).map(|(first, last)| [first.day, last.day]),
        )),
        changes => changes(&days),
        methods => value(bars(&methods)),
        reasons => reasons.collect::<Vec<_>>(),
    }
}

/// The users who had registered, and those of them who can reset now, at the end of a day.
struct Registered {
    day: ReportDay,
    registered: u64,
    capable: u64,
}

/// The last days. Users whose registration has no time, such as those with supplied contact data only, count
/// on every day.
fn over_time(rows: &[RegistrationRow], now: Timestamp) -> Vec<Registered> {
    let mut day = ReportDay::of(ReportWindow::last_days(now, DAYS - 1).from);
    let mut days = Vec::new();
    for _ in 0..DAYS {
        let until = day.next().start();
        let is_past = |row: &&RegistrationRow| row.registered_at.is_none_or(|at| at < until);
        let had = rows.iter().filter(|row| row.registered).filter(is_past);
        let (mut registered, mut capable) = (0, 0);
        for row in had {
            registered += 1;
            capable += u64::from(row.capable);
        }
        days.push(Registered { day, registered, capable });
        day = day.next();
    }
    days
}

/// The first day, and each with other numbers than the day before.
fn changes(days: &[Registered]) -> Vec<Value> {
    let mut before = None;
    let mut changed = Vec::new();
    for Registered { day, registered, capable } in days {
        let now = Some((registered, capable));
        if now != before {
            changed.push(context! { day => day.to_string(), registered, capable });
        }
        before = now;
    }
    changed
}

pub(crate) async fn usage(State(portal): Shared, visit: Visit) -> Response {
    let Some(actor) = portal.administrator(&visit) else {
        return Redirect::to("/sign-in").into_response();
    };
    let admin = portal.engine.admin(&portal.tenant, &actor);
    let filter = portal.last_days();
    let found = match rows!(admin, usage_report, &filter) {
        Ok(rows) => rows!(admin, usage_counts, &filter).map(|counts| {
            let mut summary = UsageSummary::default();
            summary.extend(&rows);
            summary.extend_counts(&counts);
            used(&summary, portal.phrases(&visit))
        }),
        Err(error) => Err(error),
    };
    portal.report(&visit, "usage", found)
}

/// The ends that a report explains by their reasons.
const ENDS: [UsageStage; 6] = [
    UsageStage::Suppressed,
    UsageStage::Rejected,
    UsageStage::Failed,
    UsageStage::Abandoned,
    UsageStage::Cancelled,
    UsageStage::Blocked,
];

fn used(summary: &UsageSummary, phrases: Phrases<'_>) -> Value {
    let funnels = [UsageFeature::Reset, UsageFeature::Unlock].map(|feature| {
        let steps = summary.funnel(feature);
        let steps: Vec<(String, u64)> =
            steps.iter().map(|step| (format!("stage.{}", step.stage), step.count)).collect();
        context! { key => format!("{feature}.title"), steps => value(bars(&steps)) }
    });
    let ends = ENDS.into_iter().flat_map(|stage| {
        let reasons = summary.by_reason(stage).into_iter();
        reasons.map(move |(reason, count)| (stage, reason, count))
    });
    let ends = ends.map(|(stage, reason, count)| {
        context! { stage => format!("stage.{stage}"), why => why(&reason, phrases), reason, count }
    });
    context! { days => DAYS, funnels => funnels.to_vec(), ends => ends.collect::<Vec<_>>() }
}

/// The words of a reason that is one of those against a reset.
fn why(code: &str, phrases: Phrases<'_>) -> Option<String> {
    let code = serde_json::Value::from(code);
    let reason: SsprReason = serde_json::from_value(code).ok()?;
    Some(phrases.reason(reason).cause)
}

pub(crate) async fn blocked(State(portal): Shared, visit: Visit) -> Response {
    let Some(actor) = portal.administrator(&visit) else {
        return Redirect::to("/sign-in").into_response();
    };
    let admin = portal.engine.admin(&portal.tenant, &actor);
    let found = rows!(admin, blocked_report, &BlockedFilter::default());
    let page = found.map(|rows| {
        let total = rows.len();
        let rows = rows.iter().take(SHOWN).map(|row| {
            context! {
                user => row.user.as_ref().map(|user| user.as_str()),
                record => row.record.map(|key| key.to_string()),
                cause => format!("cause.{}", row.cause),
                method => row.method.map(|kind| kind.as_str()),
                until => row.until.map(shown),
            }
        });
        context! { total, rows => rows.collect::<Vec<_>>() }
    });
    portal.report(&visit, "blocked", page)
}

pub(crate) async fn expiring(State(portal): Shared, visit: Visit) -> Response {
    let Some(actor) = portal.administrator(&visit) else {
        return Redirect::to("/sign-in").into_response();
    };
    let admin = portal.engine.admin(&portal.tenant, &actor);
    let filter = ExpiringFilter::default();
    let found = rows!(admin, expiring_report, &filter);
    let page = found.map(|rows| {
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        for row in &rows {
            *kinds.entry(format!("what.{}", row.what)).or_default() += 1;
        }
        let kinds: Vec<(String, u64)> = kinds.into_iter().collect();
        let total = rows.len();
        let rows = rows.iter().take(SHOWN).map(|row| {
            context! {
                user => row.user.as_str(),
                name => row.name.as_deref().unwrap_or(row.user.as_str()),
                what => format!("what.{}", row.what),
                method => row.method.map(|kind| kind.as_str()),
                at => row.at.map(shown),
                due => row.due,
            }
        });
        context! {
            days => filter.days,
            kinds => value(bars(&kinds)),
            total,
            rows => rows.collect::<Vec<_>>(),
        }
    });
    portal.report(&visit, "expiring", page)
}

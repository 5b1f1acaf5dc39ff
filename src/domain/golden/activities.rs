//! The golden table of mappings: for each event, Entra's activity and the term of OWASP.

use super::events::events;
use super::same;
use crate::domain::event::AuditRow;

/// R-163 and E8.1 to E8.3: the name of an activity, a reason or a term changes with the table only.
#[test]
fn each_event_has_the_activities_and_the_term_of_the_table() {
    let mut table = "code | activity | category | status | reason | log | level".to_owned();
    for row in events().iter().flat_map(AuditRow::of) {
        let text = |cell: Option<String>| cell.unwrap_or_else(|| "-".to_owned());
        let cells = [
            row.code,
            text(row.activity.map(str::to_owned)),
            text(row.category.map(str::to_owned)),
            text(row.status.map(|status| status.to_string())),
            text(row.reason.map(|reason| reason.to_string())),
            text(row.log),
            text(row.level.map(|level| level.to_string())),
        ];
        table.push_str(&format!("\n{}", cells.join(" | ")));
    }
    same("activities_v1.txt", &table);
}

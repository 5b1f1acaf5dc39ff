//! Reports as files of comma-separated values, safe to open in a spreadsheet.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Redirect, Response};
use sspr::adapters::rows::CsvRows;
use sspr::report::{BlockedFilter, ExpiringFilter, RegistrationFilter, ReportRow};
use sspr::{Error, InvalidInput};

use super::rows;
use crate::Portal;
use crate::pages::not_found;
use crate::visit::Visit;

/// The file of this name, whole: a report that fails half-way is an error, not a shorter file.
pub(crate) async fn file(
    State(portal): State<Arc<Portal>>,
    visit: Visit,
    Path(name): Path<String>,
) -> Response {
    let Some(actor) = portal.administrator(&visit) else {
        return Redirect::to("/sign-in").into_response();
    };
    let admin = portal.engine.admin(&portal.tenant, &actor);
    let table = match &*name {
        "registration.csv" => {
            rows!(admin, registration_report, &RegistrationFilter::default()).and_then(table)
        }
        "usage.csv" => rows!(admin, usage_report, &portal.last_days()).and_then(table),
        "counts.csv" => rows!(admin, usage_counts, &portal.last_days()).and_then(table),
        "blocked.csv" => rows!(admin, blocked_report, &BlockedFilter::default()).and_then(table),
        "expiring.csv" => rows!(admin, expiring_report, &ExpiringFilter::default()).and_then(table),
        _ => return not_found(State(portal), visit).await,
    };
    match table {
        Ok(table) => {
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
            ];
            (headers, table).into_response()
        }
        Err(error) => portal.problem(&visit, &error, "/reports"),
    }
}

fn table<R: ReportRow>(rows: Vec<R>) -> Result<Vec<u8>, Error> {
    // Writing into memory does not fail.
    let written = || {
        let mut table = CsvRows::new(Vec::new())?;
        table.write(&rows)?;
        table.finish()
    };
    written().map_err(|_: std::io::Error| InvalidInput::Malformed { what: "report" }.into())
}

//! Errors of the engine as texts of a page.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use minijinja::context;
use serde::Serialize;
use sspr::web::Problem;
use sspr::{Error, InvalidInput, Refusal};

use crate::Portal;
use crate::pages::{shown, value};
use crate::visit::Visit;

/// What the alert of a page says: the key of a text, and its values.
#[derive(Clone, Serialize)]
pub(crate) struct Alert {
    pub(crate) key: String,
    /// When to try again, for texts with `{at}`.
    pub(crate) at: Option<String>,
    /// The keys of the rules that a password breaks.
    pub(crate) rules: Vec<String>,
    /// An address to open.
    pub(crate) link: Option<String>,
}

impl Alert {
    pub(crate) fn of(error: &Error) -> Self {
        let problem = Problem::of(error);
        let key = match error {
            Error::Refused(Refusal::NotEligible { reason }) => {
                format!("reason.{}", reason_name(*reason))
            }
            Error::Refused(_) => format!("refusal.{}", problem.code),
            Error::Invalid(InvalidInput::Foreign { .. }) => "refusal.ended".to_owned(),
            Error::Invalid(_) => "problem.invalid".to_owned(),
            _ => "problem.unavailable".to_owned(),
        };
        let rules = problem.password.iter().map(|fault| format!("password.{}", fault.guidance()));
        Self { key, at: problem.retry_at.map(shown), rules: rules.collect(), link: None }
    }

    /// An alert with an address to open.
    pub(crate) fn link(key: &str, address: String) -> Self {
        Self { link: Some(address), ..Self::text(key) }
    }

    /// An alert without values.
    pub(crate) fn text(key: &str) -> Self {
        Self { key: key.to_owned(), at: None, rules: Vec::new(), link: None }
    }
}

/// The name under which a reason is stored, such as `not_in_scope`.
pub(crate) fn reason_name(reason: sspr::SsprReason) -> String {
    value(reason).to_string()
}

impl Portal {
    /// Gives the response of a page the status of the error, and logs a fault.
    pub(crate) fn failed(&self, error: &Error, page: Response) -> Response {
        if let Error::Fault(fault) = error {
            eprintln!("{fault}");
        }
        let problem = Problem::of(error);
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, page).into_response();
        if let Some(seconds) = problem.retry_after(self.engine.now()) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// A page that shows only the error, with a link to begin again.
    pub(crate) fn problem(&self, visit: &Visit, error: &Error, again: &str) -> Response {
        let template = if error.ends_flow() { "ended.html" } else { "problem.html" };
        let page = context! { alert => value(Alert::of(error)), again };
        self.failed(error, self.page(template, visit, page))
    }
}

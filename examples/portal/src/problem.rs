//! Errors of the engine as texts of a page.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use minijinja::context;
use serde::Serialize;
use sspr::web::Problem;
use sspr::words::ZoneOffset;
use sspr::{Error, InvalidInput, Refusal};

use crate::Portal;
use crate::pages::value;
use crate::visit::Visit;

/// What the alert of a page says.
#[derive(Clone, Serialize)]
pub(crate) struct Alert {
    /// The key of a text of this portal, for alerts without `text`. One that begins with `notice.` is
    /// no error.
    key: &'static str,
    /// A text of the crate.
    text: Option<String>,
    /// Whether the page asks the question of the human check.
    human: bool,
    /// What is wrong with a password, and what helps.
    rules: Vec<String>,
    /// An address to open.
    link: Option<String>,
}

impl Alert {
    /// An alert with an address to open.
    pub(crate) fn link(key: &'static str, address: String) -> Self {
        Self { link: Some(address), ..Self::text(key) }
    }

    /// An alert without values.
    pub(crate) const fn text(key: &'static str) -> Self {
        Self { key, text: None, human: false, rules: Vec::new(), link: None }
    }
}

impl Portal {
    /// What the page says about this error, in its language.
    pub(crate) fn alert(&self, visit: &Visit, error: &Error) -> Alert {
        let phrases = self.phrases(visit);
        let text = match error {
            Error::Refused(refusal) => phrases.refusal(refusal, ZoneOffset::UTC),
            Error::Invalid(InvalidInput::Foreign { .. }) => {
                phrases.refusal(&Refusal::Ended, ZoneOffset::UTC)
            }
            Error::Invalid(_) => return Alert::text("problem.invalid"),
            _ => return Alert { text: phrases.text("failure", &[]), ..Alert::text("error") },
        };
        let problem = Problem::of(error);
        let rules = problem.password.iter().map(|fault| {
            let (fault, hint) = phrases.password(fault);
            format!("{fault} {hint}")
        });
        let human = matches!(error.refusal(), Some(Refusal::HumanCheckRequired));
        Alert { text: Some(text), human, rules: rules.collect(), ..Alert::text("error") }
    }

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
        let page = context! { alert => value(self.alert(visit, error)), again };
        self.failed(error, self.page(template, visit, page))
    }
}

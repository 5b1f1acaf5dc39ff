//! The pages of all flows, and the texts of what is refused.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse};
use sspr::method::OptionView;
use sspr::{Error, Refusal, Step};

pub fn problem(error: &Error) -> impl IntoResponse {
    let (status, text) = match error {
        Error::Refused(Refusal::Password(why)) => (422, why.guidance().join(", ")),
        Error::Refused(why) => (if error.ends_flow() { 410 } else { 422 }, why.to_string()),
        Error::Invalid(what) => (400, what.to_string()),
        _ => (503, "Try again later.".to_owned()), // and log the error
    };
    let page = Html(format!("<p>{text}</p><a href=?>Back</a>"));
    (StatusCode::from_u16(status).unwrap_or_default(), page)
}

pub fn page(flow: &str, step: Option<&Step>) -> String {
    let form = |html: String| format!("<form method=post>{html}</form>");
    let field = |input, label| form(format!("{label} <input name={input}><button>Go</button>"));
    let button = |option| form(format!("<button name=challenge value={option}>{option}</button>"));
    let choices = |all: &[OptionView]| all.iter().map(|view| button(view.option)).collect();
    match step {
        Some(Step::Choose { options }) => choices(options),
        Some(Step::Enter { options, .. }) => field("prove", "The code") + &*choices(options),
        Some(Step::NewPassword { .. }) => field("complete type=password", "A new password"),
        Some(Step::ConfirmUnlock { .. }) => field("complete type=hidden", "Unlock the account?"),
        Some(Step::Done { .. }) => "<p>Done: you can sign in now.</p>".to_owned(),
        _ if flow == "change" => field("start type=password", "The current password"),
        _ => field("start", "Your sign-in name"),
    }
}

//! The rules of a new password, as the page shows them, and the script that follows what is typed.

use axum::http::header;
use axum::response::IntoResponse;
use minijinja::{Value, context};
use sspr::password::PasswordGuide;
use sspr::words::Phrases;

/// Each rule in words. Those that a browser can check carry what its script needs; the others are checked here
/// only.
pub(crate) fn guide(rules: &PasswordGuide, phrases: Phrases<'_>) -> Vec<Value> {
    // In the order of the words.
    let classes = (rules.required_classes > 0).then_some("classes");
    let ascii = rules.ascii_only.then_some("ascii");
    let names = [Some("length"), classes, ascii].into_iter().flatten().map(Some);
    let texts = phrases.guide(rules).into_iter();
    let rule = |(text, rule): (String, Option<&str>)| {
        context! {
            text,
            rule,
            least => rules.min_length,
            most => rules.max_length,
            required => rules.required_classes,
        }
    };
    texts.zip(names.chain(std::iter::repeat(None))).map(rule).collect()
}

pub(crate) async fn script() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, include_str!("../static/password.js"))
}

//! The switch of the language: a form in the footer of every page.

use axum::Form;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;

use crate::guard::set_cookie;
use crate::words::Language;

#[derive(Deserialize)]
pub(crate) struct Chosen {
    lang: String,
    to: String,
}

pub(crate) async fn choose(Form(chosen): Form<Chosen>) -> impl IntoResponse {
    let language = Language::tagged(&chosen.lang).unwrap_or(Language::English);
    // A path of this portal only: "//host" and "/\host" are addresses of other sites.
    let is_path =
        chosen.to.starts_with('/') && !chosen.to.contains("//") && !chosen.to.contains('\\');
    let to = if is_path { &*chosen.to } else { "/" };
    let cookie = format!("lang={}; Path=/; Secure; SameSite=Lax; Max-Age=31536000", language.tag());
    (set_cookie(&cookie), Redirect::to(to))
}

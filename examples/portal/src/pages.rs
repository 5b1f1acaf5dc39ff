//! Renders templates with the texts of a language.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use minijinja::value::{Kwargs, Serde, Value};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, context};
use serde::Serialize;
use sspr::words::{Catalogue, Phrases};
use sspr::{MethodKind, Timestamp};

use crate::Portal;
use crate::problem::Alert;
use crate::visit::Visit;
use crate::words::{Language, texts};

/// Each template with its file.
macro_rules! templates {
    ($($name:literal),+ $(,)?) => {
        pub const TEMPLATES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../templates/", $name)))),+];
    };
}

templates! {
    "account.html", "answer.html", "base.html", "change.html", "changed.html", "choose.html", "confirm.html",
    "confirm_unlock.html", "desk.html", "done.html", "dry_run.html", "ended.html", "enter.html",
    "health.html", "history.html", "home.html", "link.html", "link_sent.html", "macros.html", "mail.html", "mails.html",
    "new_code.html", "new_password.html", "not_me.html", "passkey.html", "policy.html", "problem.html", "questions.html", "reasons.html",
    "recovery_codes.html", "report.html", "report_blocked.html",
    "report_expiring.html", "report_registration.html", "report_usage.html", "respond.html", "secured.html", "security.html", "sign_in.html",
    "start.html", "temporary.html",
}

type Texts = BTreeMap<&'static str, &'static str>;

pub(crate) struct Pages {
    templates: Environment<'static>,
    /// The texts of the crate.
    catalogue: Arc<Catalogue>,
}

impl Pages {
    pub(crate) fn new() -> Result<Self, Error> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        for (name, source) in TEMPLATES {
            templates.add_template(name, source)?;
        }
        let all: BTreeMap<&'static str, Texts> =
            Language::ALL.into_iter().map(|language| (language.tag(), texts(language))).collect();
        templates.add_function("t", move |state: &minijinja::State, key: &str, values: Kwargs| {
            let tag = state.lookup("lang").unwrap_or_default();
            let text = all.get(tag.as_str().unwrap_or_default()).and_then(|texts| texts.get(key));
            let missing =
                || Error::new(ErrorKind::UndefinedError, format!("no text {key} in {tag}"));
            filled(text.copied().ok_or_else(missing)?, &values)
        });
        let catalogue = Arc::new(Catalogue::new());
        let words = Arc::clone(&catalogue);
        templates.add_function("w", move |state: &minijinja::State, key: &str| {
            let missing = || Error::new(ErrorKind::UndefinedError, format!("no text {key}"));
            words.phrases(&language_of(state).locale()).text(key, &[]).ok_or_else(missing)
        });
        let words = Arc::clone(&catalogue);
        templates.add_function("method", move |state: &minijinja::State, kind: &str| {
            let found = MethodKind::ALL.iter().find(|known| known.as_str() == kind);
            let unknown = || Error::new(ErrorKind::UndefinedError, format!("no method {kind}"));
            let kind = found.ok_or_else(unknown)?;
            Ok::<_, Error>(words.phrases(&language_of(state).locale()).method(*kind))
        });
        Ok(Self { templates, catalogue })
    }

    fn render(&self, name: &str, visit: &Visit, page: Value) -> Result<String, Error> {
        let languages = Language::ALL.map(|language| {
            context! {
                tag => language.tag(),
                name => language.name(),
                current => language == visit.language,
            }
        });
        self.templates.get_template(name)?.render(context! {
            template => name,
            lang => visit.language.tag(),
            languages => languages.to_vec(),
            path => visit.path.as_str(),
            ..page,
        })
    }
}

/// The language of the page that is rendered.
fn language_of(state: &minijinja::State) -> Language {
    let tag = state.lookup("lang").unwrap_or_default();
    Language::tagged(tag.as_str().unwrap_or_default()).unwrap_or(Language::English)
}

/// The text with each `{name}` replaced. A value that no placeholder names is an error of a template.
fn filled(text: &str, values: &Kwargs) -> Result<String, Error> {
    let mut filled = text.to_owned();
    for name in values.args() {
        let placeholder = format!("{{{name}}}");
        let value: Value = values.get(name)?;
        filled = filled.replace(&placeholder, &value.to_string());
    }
    values.assert_all_used()?;
    Ok(filled)
}

impl Portal {
    /// The crate's texts in the language of the page.
    pub(crate) fn phrases(&self, visit: &Visit) -> Phrases<'_> {
        self.pages.catalogue.phrases(&visit.language.locale())
    }

    /// The page of this template. `page` must contain what the template names.
    pub(crate) fn page(&self, name: &str, visit: &Visit, page: Value) -> Response {
        match self.pages.render(name, visit, page) {
            Ok(html) => Html(html).into_response(),
            Err(error) => {
                eprintln!("template {name}: {error:#}");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

pub(crate) async fn home(State(portal): State<Arc<Portal>>, visit: Visit) -> Response {
    portal.page("home.html", &visit, context! {})
}

pub(crate) async fn not_found(State(portal): State<Arc<Portal>>, visit: Visit) -> Response {
    let page = context! { alert => value(Alert::text("problem.no_page")), again => "/" };
    (StatusCode::NOT_FOUND, portal.page("problem.html", &visit, page)).into_response()
}

pub(crate) async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, include_str!("../static/style.css"))
}

/// A value of a template.
pub(crate) fn value(page: impl Serialize) -> Value {
    Value::from(Serde(page))
}

/// A time as people read it, to the second, in UTC.
pub(crate) fn shown(time: Timestamp) -> String {
    let text = time.to_string();
    let date = text.get(..10).unwrap_or_default();
    format!("{date} {} UTC", text.get(11..19).unwrap_or_default())
}

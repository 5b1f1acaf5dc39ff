//! The policy of the tenant: a form and a document, their faults, what would change, the review, a dry
//! run, and the versions before.
//!
//! The page is stateless: the document travels in the form. So the back button, a second tab and a form
//! that is sent twice change nothing; what is saved needs the revision that the page began with.

mod dry_run;
mod form;
mod history;
mod review;

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, http::HeaderName};
use minijinja::{Value, context};
use sspr::admin::StoredPolicy;
use sspr::{Actor, Error, Policy, PolicySettings};

pub(crate) use dry_run::{DryRuns, page as dry_run_page};
pub(crate) use history::page as history_page;

use crate::Portal;
use crate::pages::{shown, value};
use crate::problem::Alert;
use crate::visit::Visit;
use form::{Draft, Fault};

type Shared = State<Arc<Portal>>;
type Fields = Form<Vec<(String, String)>>;

/// The policy of headers of pages with the portal's own script. It only fetches what a button would.
const WITH_SCRIPT: [(HeaderName, &str); 1] = [(
    header::CONTENT_SECURITY_POLICY,
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
)];

pub(crate) async fn script() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, include_str!("../../static/policy.js"))
}

pub(crate) async fn form_page(State(portal): Shared, visit: Visit) -> Response {
    portal.begin(&visit, false).await
}

pub(crate) async fn document_page(State(portal): Shared, visit: Visit) -> Response {
    portal.begin(&visit, true).await
}

pub(crate) async fn form(State(portal): Shared, visit: Visit, Form(fields): Fields) -> Response {
    portal.submitted(&visit, Draft::of_form(&fields)).await
}

pub(crate) async fn document(
    State(portal): Shared,
    visit: Visit,
    Form(fields): Fields,
) -> Response {
    portal.submitted(&visit, Draft::of_document(&fields)).await
}

/// The draft as far as it can be read: its settings, the policy if nothing refuses it, and every fault.
struct Checked {
    settings: Option<PolicySettings>,
    policy: Option<Policy>,
    faults: Vec<Fault>,
}

fn check(draft: &Draft) -> Checked {
    let (settings, mut faults) = match PolicySettings::from_json(&draft.text()) {
        Ok(settings) => (Some(settings), Vec::new()),
        Err(error) => (None, error.faults().iter().map(Fault::of_document).collect()),
    };
    // A setting that cannot be read does not hide the faults of the others.
    let readable = || PolicySettings::from_json(&draft.without(&faults)).ok();
    let policy = match settings.clone().or_else(readable).map(Policy::new) {
        Some(Err(error)) => {
            faults.extend(error.faults().iter().map(Fault::of_policy));
            None
        }
        judged => judged.and_then(Result::ok).filter(|_| faults.is_empty()),
    };
    Checked { settings, policy, faults }
}

impl Portal {
    async fn begin(&self, visit: &Visit, as_document: bool) -> Response {
        let Some(actor) = self.administrator(visit) else {
            return Redirect::to("/sign-in").into_response();
        };
        match self.stored_policy(&actor).await {
            Ok(stored) => {
                let settings = stored.as_ref().map(|stored| stored.policy.settings().clone());
                let draft = Draft::of_settings(&settings.unwrap_or_default(), as_document);
                self.policy_page(visit, &draft, stored.as_ref(), None)
            }
            Err(error) => self.problem(visit, &error, "/desk"),
        }
    }

    async fn stored_policy(&self, actor: &Actor) -> Result<Option<StoredPolicy>, Error> {
        self.engine.admin(&self.tenant, actor).policy().await
    }

    async fn submitted(&self, visit: &Visit, mut draft: Draft) -> Response {
        let Some(actor) = self.administrator(visit) else {
            return Redirect::to("/sign-in").into_response();
        };
        let stored = match self.stored_policy(&actor).await {
            Ok(stored) => stored,
            Err(error) => return self.problem(visit, &error, "/desk"),
        };
        let checked = check(&draft);
        match (&*draft.verb, checked.policy) {
            ("save", Some(policy)) => {
                let admin = self.engine.admin(&self.tenant, &actor);
                match admin.put_policy(&policy, draft.revision).await {
                    Ok(revision) => {
                        draft.revision = Some(revision);
                        let stored = match self.stored_policy(&actor).await {
                            Ok(stored) => stored,
                            Err(error) => return self.problem(visit, &error, "/policy"),
                        };
                        let alert = Alert::text("notice.policy_saved");
                        self.policy_page(visit, &draft, stored.as_ref(), Some(alert))
                    }
                    Err(error) => {
                        let alert = self.alert(visit, &error);
                        let page = self.policy_page(visit, &draft, stored.as_ref(), Some(alert));
                        self.failed(&error, page)
                    }
                }
            }
            ("dry_run", Some(policy)) => match self.begin_dry_run(&actor, policy) {
                Ok(id) => Redirect::to(&format!("/policy/dry-run/{id}")).into_response(),
                Err(error) => self.problem(visit, &error, "/policy"),
            },
            _ => self.policy_page(visit, &draft, stored.as_ref(), None),
        }
    }

    /// The page of a draft: what is wrong with it, what it changes, and its review.
    fn policy_page(
        &self,
        visit: &Visit,
        draft: &Draft,
        stored: Option<&StoredPolicy>,
        alert: Option<Alert>,
    ) -> Response {
        let (phrases, checked) = (self.phrases(visit), check(draft));
        let present = stored.map(|stored| stored.policy.settings().clone()).unwrap_or_default();
        let changes = checked.settings.iter().flat_map(|settings| {
            let changes = phrases.differences(&present, settings);
            changes.into_iter().map(|change| Value::from(change.to_string()))
        });
        let fields = form::fields(draft, phrases, &checked.faults);
        let page = context! {
            alert => value(alert),
            as_document => draft.as_document,
            document => draft.text(),
            revision => draft.revision.or(stored.map(|stored| stored.revision)),
            changed_by => stored.map(|stored| stored.changed_by.as_str()),
            changed_at => stored.map(|stored| shown(stored.changed_at)),
            fields,
            faults => checked.faults.len(),
            all_faults => value(&checked.faults),
            changes => changes.collect::<Vec<_>>(),
            review => checked.policy.as_ref().map(review::review),
        };
        (WITH_SCRIPT, self.page("policy.html", visit, page)).into_response()
    }
}

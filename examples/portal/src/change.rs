//! A change by a user who knows the password.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::context;
use serde::Deserialize;
use sspr::SecretText;
use sspr::password::{PasswordGuide, PasswordRules};

use crate::Portal;
use crate::pages::value;
use crate::problem::Alert;
use crate::visit::Visit;

/// No `Debug`: it holds passwords.
#[derive(Deserialize)]
pub(crate) struct ChangeForm {
    current: String,
    password: String,
    again: String,
}

pub(crate) async fn page(State(portal): State<Arc<Portal>>, visit: Visit) -> Response {
    match portal.session(&visit) {
        Some(_) => portal.change_page(&visit, None),
        None => Redirect::to("/sign-in").into_response(),
    }
}

pub(crate) async fn form(
    State(portal): State<Arc<Portal>>,
    visit: Visit,
    Form(form): Form<ChangeForm>,
) -> Response {
    let Some(session) = portal.session(&visit) else {
        return Redirect::to("/sign-in").into_response();
    };
    if form.password != form.again {
        return portal.change_page(&visit, Some(Alert::text("problem.differ")));
    }
    let (change, request) = (portal.engine.change(), visit.request());
    let (current, new) = (SecretText::from(form.current), SecretText::from(form.password));
    let user = session.signed_in(&portal.tenant);
    let outcome = match change.start(&request, &user, &current).await {
        Ok(granted) => change.complete(&request, &granted.ticket, &new).await,
        Err(error) => Err(error),
    };
    match outcome {
        // The change has ended all sessions, this one included.
        Ok(_) => portal.page("changed.html", &visit, context! {}),
        Err(error) => {
            let page = portal.change_page(&visit, Some(portal.alert(&visit, &error)));
            portal.failed(&error, page)
        }
    }
}

impl Portal {
    fn change_page(&self, visit: &Visit, alert: Option<Alert>) -> Response {
        let guide = PasswordGuide::from(&PasswordRules::default());
        let page = context! { alert => value(alert), guide => self.phrases(visit).guide(&guide) };
        self.page("change.html", visit, page)
    }
}

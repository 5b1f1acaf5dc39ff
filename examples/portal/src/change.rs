//! A change by a user who knows the password.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::context;
use serde::Deserialize;
use sspr::SecretText;

use crate::Portal;
use crate::pages::value;
use crate::passkey::WITH_SCRIPT;
use crate::password::guide;
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
        Some(_) => portal.change_page(&visit, None).await,
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
        return portal.change_page(&visit, Some(Alert::text("problem.differ"))).await;
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
            let page = portal.change_page(&visit, Some(portal.alert(&visit, &error))).await;
            portal.failed(&error, page)
        }
    }
}

impl Portal {
    async fn change_page(&self, visit: &Visit, alert: Option<Alert>) -> Response {
        let facts = match self.engine.pages(&self.tenant).await {
            Ok(facts) => facts,
            Err(error) => return self.problem(visit, &error, "/security"),
        };
        let guide = guide(&facts.password, self.phrases(visit));
        let page = context! { alert => value(alert), guide };
        (WITH_SCRIPT, self.page("change.html", visit, page)).into_response()
    }
}

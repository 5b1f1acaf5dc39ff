//! The page of the *it was not me* link in notices. To open it changes nothing, since mail scanners open
//! links too; the button works with the sign-in name, which a scanner does not know.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use minijinja::context;
use sspr::{Attempt, Error, Identifier, Request};

use crate::Portal;
use crate::form::FlowForm;
use crate::link::LinkQuery;
use crate::pages::value;
use crate::problem::Alert;
use crate::visit::Visit;

pub(crate) async fn page(
    State(portal): State<Arc<Portal>>,
    visit: Visit,
    Query(query): Query<LinkQuery>,
) -> Response {
    portal.not_me_page(&visit, &query.link, None)
}

pub(crate) async fn form(
    State(portal): State<Arc<Portal>>,
    visit: Visit,
    Form(form): Form<FlowForm>,
) -> Response {
    match portal.repudiate(&visit.answered(&form.human), &form).await {
        Ok(()) => portal.page("secured.html", &visit, context! {}),
        Err(error) => {
            let alert = Some(portal.alert(&visit, &error));
            portal.failed(&error, portal.not_me_page(&visit, &form.link, alert))
        }
    }
}

impl Portal {
    async fn repudiate(&self, request: &Request, form: &FlowForm) -> Result<(), Error> {
        let (name, link) = (Identifier::parse(&form.name)?, Attempt::link(&form.link)?);
        self.engine.repudiation().redeem(request, &name, &link).await
    }

    fn not_me_page(&self, visit: &Visit, link: &str, alert: Option<Alert>) -> Response {
        self.page("not_me.html", visit, context! { link, alert => value(alert) })
    }
}

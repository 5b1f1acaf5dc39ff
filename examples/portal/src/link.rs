//! The page that the link in a mail opens. The GET only reads, since mail scanners open links too.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::context;
use serde::Deserialize;
use sspr::recovery::{FlowTicket, Recovery};
use sspr::{Attempt, Error, Identifier, InvalidInput, Refusal, Request};

use crate::Portal;
use crate::form::FlowForm;
use crate::guard::set_cookie;
use crate::pages::value;
use crate::problem::Alert;
use crate::recover::cookie;
use crate::visit::Visit;

#[derive(Deserialize)]
pub(crate) struct LinkQuery {
    #[serde(default)]
    pub(crate) link: String,
}

pub(crate) async fn page(
    State(portal): State<Arc<Portal>>,
    visit: Visit,
    Query(query): Query<LinkQuery>,
) -> Response {
    // Without a ticket it is another browser, or an invitation.
    let named = ["reset", "unlock"].iter().all(|flow| visit.cookie(&cookie(flow)).is_none());
    let page = context! { link => query.link, named, alert => () };
    portal.page("link.html", &visit, page)
}

pub(crate) async fn form(
    State(portal): State<Arc<Portal>>,
    visit: Visit,
    Form(form): Form<FlowForm>,
) -> Response {
    let request = visit.answered(&form.human);
    let (reset, unlock) = (portal.engine.reset(), portal.engine.unlock());
    // A link does not say which of the two flows it belongs to. One that does not match is not counted.
    let outcome = match redeem(reset, "reset", &visit, &request, &form).await {
        Ok(None) => redeem(unlock, "unlock", &visit, &request, &form).await,
        Err(Error::Refused(Refusal::NotAccepted)) => {
            redeem(unlock, "unlock", &visit, &request, &form).await
        }
        outcome => outcome,
    };
    let asked = |named: bool, alert: Option<Alert>| {
        portal.page(
            "link.html",
            &visit,
            context! { link => form.link.as_str(), named, alert => value(alert) },
        )
    };
    match outcome {
        Ok(Some((flow, ticket))) => {
            (set_cookie(&cookie(flow).keep(&ticket)), Redirect::to(&format!("/{flow}")))
                .into_response()
        }
        Ok(None) => asked(true, None),
        Err(error) => portal.failed(&error, asked(true, Some(portal.alert(&visit, &error)))),
    }
}

/// The flow that the link belongs to, and its new ticket. `None`: ask for the sign-in name.
async fn redeem<T: FlowTicket>(
    flow: Recovery<'_, T>,
    name: &'static str,
    visit: &Visit,
    request: &Request,
    form: &FlowForm,
) -> Result<Option<(&'static str, String)>, Error> {
    let link = Attempt::link(&form.link)?;
    let reply = if form.name.is_empty() {
        let Some(ticket) = visit.ticket::<T>(&cookie(name)) else { return Ok(None) };
        match flow.prove(request, &ticket, &link).await {
            Err(Error::Refused(
                Refusal::NotAccepted | Refusal::Ended | Refusal::TicketReplaced,
            )) => {
                return Ok(None);
            }
            Err(Error::Invalid(InvalidInput::Foreign { .. })) => return Ok(None),
            outcome => outcome?,
        }
    } else {
        flow.redeem_link(request, &Identifier::parse(&form.name)?, &link).await?
    };
    Ok(Some((name, reply.ticket.expose_secret().to_owned())))
}

//! Resets and unlocks: one set of handlers for both.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::context;
use sspr::policy::HelpDesk;
use sspr::recovery::{DeviceSecret, FlowTicket, Recovery};
use sspr::web::SecretCookie;
use sspr::{
    Attempt, Error, Identifier, InvalidInput, Refusal, Reply, Request, ResetTicket, SecretText,
    Selection, UnlockTicket,
};

use crate::Portal;
use crate::form::FlowForm;
use crate::guard::set_cookie;
use crate::pages::value;
use crate::passkey::WITH_SCRIPT;
use crate::problem::Alert;
use crate::visit::Visit;

type Shared = State<Arc<Portal>>;

pub(crate) async fn reset_page(State(portal): Shared, visit: Visit) -> Response {
    portal.recovery_page("reset", portal.engine.reset(), &visit, None).await
}

pub(crate) async fn unlock_page(State(portal): Shared, visit: Visit) -> Response {
    portal.recovery_page("unlock", portal.engine.unlock(), &visit, None).await
}

pub(crate) async fn reset_form(
    State(portal): Shared,
    visit: Visit,
    Form(form): Form<FlowForm>,
) -> Response {
    let flow = portal.engine.reset();
    if form.verb == "complete" && form.password != form.again {
        let alert = Alert::text("problem.differ");
        return portal.recovery_page("reset", flow, &visit, Some(alert)).await;
    }
    let request = visit.answered(&form.human);
    let ticket = visit.ticket::<ResetTicket>(&cookie("reset"));
    let outcome = match (&*form.verb, &ticket) {
        ("complete", Some(ticket)) => {
            let password = SecretText::from(form.password);
            flow.complete(&request, ticket, &password).await.map(Outcome::Next)
        }
        _ => act(flow, &request, ticket.as_ref(), &form).await,
    };
    portal.after("reset", flow, &visit, outcome).await
}

pub(crate) async fn unlock_form(
    State(portal): Shared,
    visit: Visit,
    Form(form): Form<FlowForm>,
) -> Response {
    let flow = portal.engine.unlock();
    let request = visit.answered(&form.human);
    let ticket = visit.ticket::<UnlockTicket>(&cookie("unlock"));
    let outcome = match (&*form.verb, &ticket) {
        ("complete", Some(ticket)) => flow.complete(&request, ticket).await.map(Outcome::Next),
        _ => act(flow, &request, ticket.as_ref(), &form).await,
    };
    portal.after("unlock", flow, &visit, outcome).await
}

/// The cookie of a flow's ticket.
pub(crate) fn cookie(flow: &str) -> SecretCookie {
    SecretCookie::new(flow)
}

/// What the response to a form is.
enum Outcome<T> {
    /// Keep the ticket and show the page of the flow.
    Next(Reply<T>),
    /// Show the page again, with a notice.
    Notice(&'static str),
    /// Show the page again, with the address where the user finds help.
    HelpAt(String),
    /// A recovery code that is shown once.
    Code(SecretText),
    Device(DeviceSecret),
    Cancelled,
}

async fn act<T: FlowTicket>(
    flow: Recovery<'_, T>,
    request: &Request,
    ticket: Option<&T>,
    form: &FlowForm,
) -> Result<Outcome<T>, Error> {
    if form.verb == "start" {
        let name = Identifier::parse(&form.name)?;
        return flow.start(request, &name).await.map(Outcome::Next);
    }
    // Without a cookie the flow is over for this browser, as after its end.
    let ticket = ticket.ok_or(Refusal::Ended)?;
    match &*form.verb {
        "challenge" => {
            let selection = Selection::parse(&form.option)?;
            let selection = match &*form.number {
                "" => selection,
                number => selection.with_typed_number(number)?,
            };
            flow.challenge(request, ticket, &selection).await.map(Outcome::Next)
        }
        "prove" => {
            let answers = form.answers()?;
            let code = match &*form.response {
                "" if !answers.is_empty() => Attempt::answers(answers)?,
                "" => Attempt::code(&form.code)?,
                response => Attempt::response(response.into())?,
            };
            let attempt = match &*form.option {
                "" => code,
                option => code.answering(option.parse()?),
            };
            flow.prove(request, ticket, &attempt).await.map(Outcome::Next)
        }
        "help" => match flow.contact_administrator(request, ticket).await {
            Ok(HelpDesk::Url(url)) => Ok(Outcome::HelpAt(url.as_str().to_owned())),
            Ok(HelpDesk::Mail(address)) => {
                Ok(Outcome::HelpAt(format!("mailto:{}", address.as_str())))
            }
            Ok(_) => Ok(Outcome::Notice("notice.help")),
            Err(error) => Err(error),
        },
        "replace_code" => flow.replace_recovery_code(request, ticket).await.map(Outcome::Code),
        "saved_code" => {
            flow.acknowledge_recovery_code(request, ticket).await?;
            Ok(Outcome::Notice("notice.code_saved"))
        }
        "remember" => flow.remember_device(request, ticket).await.map(Outcome::Device),
        "cancel" => {
            flow.cancel(request, ticket).await?;
            Ok(Outcome::Cancelled)
        }
        _ => Err(InvalidInput::Malformed { what: "form" }.into()),
    }
}

impl Portal {
    /// The page of the flow: its step, or the form that starts it.
    async fn recovery_page<T: FlowTicket>(
        &self,
        name: &str,
        flow: Recovery<'_, T>,
        visit: &Visit,
        alert: Option<Alert>,
    ) -> Response {
        let Some(ticket) = visit.ticket::<T>(&cookie(name)) else {
            return self.page(
                "start.html",
                visit,
                context! { flow => name, alert => value(alert) },
            );
        };
        match flow.view(&visit.request(), &ticket).await {
            Ok(reply) => self.step(visit, name, &reply, alert.as_ref()),
            Err(error) => self.over(name, visit, &error),
        }
    }

    async fn after<T: FlowTicket>(
        &self,
        name: &str,
        flow: Recovery<'_, T>,
        visit: &Visit,
        outcome: Result<Outcome<T>, Error>,
    ) -> Response {
        let to = Redirect::to(&format!("/{name}"));
        match outcome {
            // The data of a passkey come once, so the page is shown here and not after a redirect.
            Ok(Outcome::Next(reply)) if reply.page.is_some() => {
                let kept = set_cookie(&cookie(name).keep(reply.ticket.expose_secret()));
                (kept, WITH_SCRIPT, self.step(visit, name, &reply, None)).into_response()
            }
            Ok(Outcome::Next(reply)) => {
                (set_cookie(&cookie(name).keep(reply.ticket.expose_secret())), to).into_response()
            }
            Ok(Outcome::Notice(notice)) => {
                self.recovery_page(name, flow, visit, Some(Alert::text(notice))).await
            }
            Ok(Outcome::HelpAt(address)) => {
                self.recovery_page(name, flow, visit, Some(Alert::link("notice.help_at", address)))
                    .await
            }
            Ok(Outcome::Code(code)) => {
                let page = context! { flow => name, code => code.expose_secret() };
                self.page("new_code.html", visit, page)
            }
            Ok(Outcome::Device(device)) => {
                let known = SecretCookie::new("device");
                // Without the policy, the browser remembers until it is closed.
                let lasts = self.engine.pages(&self.tenant).await.ok();
                let kept = match lasts.and_then(|facts| facts.known_device) {
                    Some(lasts) => known.keep_for(device.expose_secret(), lasts),
                    None => known.keep(device.expose_secret()),
                };
                let page =
                    self.recovery_page(name, flow, visit, Some(Alert::text("notice.remembered")));
                (set_cookie(&kept), page.await).into_response()
            }
            Ok(Outcome::Cancelled) => {
                (set_cookie(&cookie(name).delete()), Redirect::to("/")).into_response()
            }
            // The cookie may hold a newer ticket by now, if the form was sent twice: the page decides.
            Err(error) if error.ends_flow() => to.into_response(),
            Err(error) => {
                let page =
                    self.recovery_page(name, flow, visit, Some(self.alert(visit, &error))).await;
                self.failed(&error, page)
            }
        }
    }

    /// The page of an error that leaves nothing else to show. If it ends the flow, the cookie goes.
    fn over(&self, name: &str, visit: &Visit, error: &Error) -> Response {
        let page = self.problem(visit, error, &format!("/{name}"));
        if error.ends_flow() {
            return (set_cookie(&cookie(name).delete()), page).into_response();
        }
        page
    }
}

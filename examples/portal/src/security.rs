//! The methods of a signed-in user: list, add, confirm, remove, and what an interrupted sign-in asks.

use std::sync::Arc;

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};
use sspr::facts::{Destination, EmailAddress, PhoneNumber};
use sspr::method::{
    Channel, MethodId, MethodView, NewAuthenticator, NewMethod, Prompt, RecoveryCodes,
    RegistrationReview, Skip,
};
use sspr::words::ZoneOffset;
use sspr::{
    Attempt, Error, InvalidInput, MethodKind, Refusal, Registration, RegistrationTicket, Reply,
    Request, SignedIn, Step,
};

use crate::pages::{shown, value};
use crate::problem::Alert;
use crate::qr::qr;
use crate::sign_in::Session;
use crate::visit::Visit;
use crate::{Portal, demo};

/// No `Debug`: it holds codes and a ticket.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct SecurityForm {
    verb: String,
    /// The mail address or number to add.
    address: String,
    channel: String,
    kind: String,
    /// The id of a method.
    method: String,
    ticket: String,
    code: String,
}

/// What a form leads to.
enum Outcome {
    /// Back to the list.
    Listed,
    /// The field for the code that proves a new method.
    Asked {
        ticket: Box<RegistrationTicket>,
        hint: String,
        app: Option<Value>,
    },
    Codes(RecoveryCodes),
}

pub(crate) async fn page(State(portal): State<Arc<Portal>>, visit: Visit) -> Response {
    match portal.session(&visit) {
        Some(session) => portal.security_page(&visit, &session, None).await,
        None => Redirect::to("/sign-in").into_response(),
    }
}

pub(crate) async fn form(
    State(portal): State<Arc<Portal>>,
    visit: Visit,
    Form(form): Form<SecurityForm>,
) -> Response {
    let Some(session) = portal.session(&visit) else {
        return Redirect::to("/sign-in").into_response();
    };
    let (request, user) = (visit.request(), session.signed_in(&portal.tenant));
    let registration = portal.registration(&session);
    match act(registration, &request, &user, &session, &form).await {
        Ok(Outcome::Listed) => {
            if form.verb == "skip" || form.verb == "reconfirm" {
                portal.end_interruption(&session);
            }
            Redirect::to("/security").into_response()
        }
        Ok(Outcome::Asked { ticket, hint, app }) => {
            portal.confirm_page(&visit, ticket.expose_secret(), &hint, app, None)
        }
        Ok(Outcome::Codes(set)) => {
            let codes: Vec<&str> = set.codes.iter().map(|code| code.expose_secret()).collect();
            let page = context! { codes => value(codes), set => set.id.as_str() };
            portal.page("recovery_codes.html", &visit, page)
        }
        Err(error) => {
            let is_code = form.verb == "confirm" && !error.ends_flow();
            let page = if is_code {
                let alert = Some(portal.alert(&visit, &error));
                portal.confirm_page(&visit, &form.ticket, &form.kind, None, alert)
            } else {
                portal.security_page(&visit, &session, Some(portal.alert(&visit, &error))).await
            };
            portal.failed(&error, page)
        }
    }
}

async fn act(
    registration: Registration<'_>,
    request: &Request,
    user: &SignedIn,
    session: &Session,
    form: &SecurityForm,
) -> Result<Outcome, Error> {
    let asked = |reply: Reply<RegistrationTicket>| {
        let hint = match &reply.step {
            Step::Enter { option, .. } => {
                format!("sent.option.{}.{}", option.option.method(), option.option.channel())
            }
            _ => "sent.option.authenticator_app.in_hand".to_owned(),
        };
        Outcome::Asked { ticket: Box::new(reply.ticket), hint, app: None }
    };
    let method = || MethodId::parse(&form.method);
    match &*form.verb {
        "email" => {
            let new = NewMethod::email(EmailAddress::parse(&form.address)?);
            add(registration, request, user, form, &new).await.map(asked)
        }
        "mobile" => {
            let number = PhoneNumber::parse(&form.address)?;
            let new = NewMethod::mobile_phone(number, channel(&form.channel)?)?;
            add(registration, request, user, form, &new).await.map(asked)
        }
        "claim" => {
            let (kind, channel) = (kind(&form.kind)?, channel(&form.channel)?);
            registration.claim_contact(request, user, kind, channel).await.map(asked)
        }
        "app" => {
            let app = NewAuthenticator::new(demo::ORGANISATION, &session.name);
            let enrolment = match &*form.method {
                "" => registration.enrol_authenticator(request, user, &app).await?,
                _ => registration.replace_authenticator(request, user, &method()?, &app).await?,
            };
            let app = context! {
                qr => value(qr(enrolment.uri.expose_secret())),
                seed => enrolment.seed.expose_secret(),
            };
            let hint = "sent.option.authenticator_app.in_hand".to_owned();
            Ok(Outcome::Asked { ticket: Box::new(enrolment.reply.ticket), hint, app: Some(app) })
        }
        "token" => registration.claim_token(request, user, &method()?).await.map(asked),
        "confirm" => {
            let ticket = RegistrationTicket::parse(&form.ticket)?;
            let code = Attempt::code(&form.code)?;
            registration.confirm(request, user, &ticket, &code).await?;
            Ok(Outcome::Listed)
        }
        "codes" => registration.create_recovery_codes(request, user).await.map(Outcome::Codes),
        "saved" => {
            registration.acknowledge_recovery_codes(request, user, &method()?).await?;
            Ok(Outcome::Listed)
        }
        "remove" => registration.remove(request, user, &method()?).await.map(|()| Outcome::Listed),
        "default" => {
            registration.set_default(request, user, &method()?).await.map(|()| Outcome::Listed)
        }
        "reconfirm" => registration.reconfirm(request, user).await.map(|()| Outcome::Listed),
        "skip" => registration.skip(request, user).await.map(|()| Outcome::Listed),
        _ => Err(InvalidInput::Malformed { what: "form" }.into()),
    }
}

/// Adds this method. A form that names a method replaces that one.
async fn add(
    registration: Registration<'_>,
    request: &Request,
    user: &SignedIn,
    form: &SecurityForm,
    new: &NewMethod,
) -> Result<Reply<RegistrationTicket>, Error> {
    match &*form.method {
        "" => registration.add(request, user, new).await,
        replaced => registration.replace(request, user, &MethodId::parse(replaced)?, new).await,
    }
}

fn kind(text: &str) -> Result<MethodKind, InvalidInput> {
    let found = MethodKind::CONTACTS.into_iter().find(|kind| kind.as_str() == text);
    found.ok_or(InvalidInput::Malformed { what: "kind" })
}

fn channel(text: &str) -> Result<Channel, InvalidInput> {
    let found = Channel::ALL.into_iter().find(|channel| channel.as_str() == text);
    found.ok_or(InvalidInput::Malformed { what: "channel" })
}

/// A method as a row of the table.
#[derive(Serialize)]
struct Row {
    id: String,
    kind: &'static str,
    shown: String,
    /// Unused codes, for a set of recovery codes.
    left: Option<u8>,
    is_default: bool,
    is_active: bool,
    /// When it counts, if that is later than now.
    held_until: Option<String>,
}

impl Portal {
    /// Of an interrupted sign-in, only what the prompt asks for.
    pub(crate) fn registration(&self, session: &Session) -> Registration<'_> {
        let registration = self.engine.registration();
        if session.asks(Prompt::Register) { registration.interrupt() } else { registration }
    }

    pub(crate) async fn security_page(
        &self,
        visit: &Visit,
        session: &Session,
        alert: Option<Alert>,
    ) -> Response {
        let user = session.signed_in(&self.tenant);
        let registration = self.registration(session);
        let review = match registration.review(&visit.request(), &user).await {
            Ok(review) => review,
            Err(Error::Refused(Refusal::ReauthenticationRequired)) => {
                return Redirect::to("/sign-in").into_response();
            }
            Err(error) => return self.problem(visit, &error, "/sign-in"),
        };
        if session.asks(Prompt::Register) && review.complete {
            self.end_interruption(session);
        }
        let page = self.review(visit, session, &review);
        self.page("security.html", visit, context! { alert => value(alert), ..page })
    }

    fn review(&self, visit: &Visit, session: &Session, review: &RegistrationReview) -> Value {
        let registers = session.asks(Prompt::Register) && !review.complete;
        let asked = session.asked.as_ref().filter(|_| registers || session.asks(Prompt::Reconfirm));
        let asked = asked.and_then(|prompt| {
            let words = self.phrases(visit).prompt(prompt, ZoneOffset::UTC)?;
            let skips = prompt.skip != Skip::Never;
            Some(context! { title => words.title, hint => words.hint, note => words.note, skips })
        });
        let rows: Vec<Row> = review.methods.iter().map(|method| self.row(method)).collect();
        let offered: Vec<&str> =
            review.plan.offered.iter().map(|kind| kind.kind.as_str()).collect();
        context! {
            name => session.name.as_str(),
            asked,
            manages => !registers,
            rows => value(rows),
            passkey => review.external.contains(&MethodKind::Passkey),
            questions => (!registers || offered.contains(&"security_questions"))
                && review.allowed.contains(&MethodKind::SecurityQuestions),
            passkeys => !registers && review.allowed.contains(&MethodKind::Passkey),
            offered => value(offered),
            supplied => value(&review.plan.supplied),
            missing => review.plan.missing,
            complete => review.complete,
            factor => review.second_factor_wanted,
            reconfirm_at => review.reconfirm_at.map(shown),
        }
    }

    fn row(&self, method: &MethodView) -> Row {
        let shown_as = match &method.destination {
            Some(Destination::Email(address)) => address.as_str().to_owned(),
            Some(Destination::Phone(number)) => number.as_e164().to_owned(),
            _ => String::new(),
        };
        Row {
            id: method.id.as_str().to_owned(),
            kind: method.kind.as_str(),
            shown: shown_as,
            left: method.codes_left,
            is_default: method.default,
            is_active: method.active,
            held_until: method.usable_from.filter(|from| *from > self.engine.now()).map(shown),
        }
    }

    fn confirm_page(
        &self,
        visit: &Visit,
        ticket: &str,
        hint: &str,
        app: Option<Value>,
        alert: Option<Alert>,
    ) -> Response {
        // The hint comes back in a field, so it may be any text.
        let hint = if hint.starts_with("sent.option.") { hint } else { "confirm.code" };
        let page = context! { ticket, hint, app, alert => value(alert) };
        self.page("confirm.html", visit, page)
    }
}

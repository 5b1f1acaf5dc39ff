//! The desk: administrators find an account, read why it cannot reset, and act.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::{Value, context};
use serde::Deserialize;
use sspr::admin::{Contacts, Explanation};
use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::{Actor, Admin, Error, InvalidInput, RoleId, SsprReason, UserId};

use crate::pages::{shown, value};
use crate::problem::{Alert, reason_name};
use crate::sign_in::Session;
use crate::visit::Visit;
use crate::{Portal, demo};

/// How many of an account's events the page shows.
const EVENTS: usize = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct DeskForm {
    verb: String,
    email: String,
    mobile: String,
}

impl Portal {
    /// The administrator of this browser's session, with the roles that the directory has.
    fn administrator(&self, visit: &Visit) -> Option<Actor> {
        let Session { user, .. } = self.session(visit)?;
        let named = demo::USERS.into_iter().find(|known| known.id == user.as_str())?;
        let roles = named.is_administrator.then(|| RoleId::parse(demo::ADMINISTRATOR).ok());
        Some(Actor::user(user, roles.flatten()))
    }

    async fn account_page(
        &self,
        visit: &Visit,
        admin: Admin<'_>,
        user: &UserId,
        alert: Option<Alert>,
    ) -> Response {
        let explained = match admin.explain(user).await {
            Ok(explained) => explained,
            Err(error) => return self.problem(visit, &error, "/desk"),
        };
        let events = match admin.user_events(user, None, EVENTS).await {
            Ok(page) => page.items,
            Err(error) => return self.problem(visit, &error, "/desk"),
        };
        let events = events.iter().rev().map(|event| {
            context! { at => shown(event.at), code => event.code() }
        });
        let page = context! {
            user => user.as_str(),
            events => events.collect::<Vec<_>>(),
            alert => value(alert),
        };
        self.page("account.html", visit, context! { ..explanation(&explained), ..page })
    }
}

fn explanation(explained: &Explanation) -> Value {
    let reasons = explained.reasons.iter().copied().map(reason);
    let blocked = explained.blocked.iter().map(|blocked| {
        context! { kind => blocked.method.as_str(), until => blocked.until.map(shown) }
    });
    let held = explained.held.iter().map(|held| {
        context! { kind => held.method.as_str(), from => shown(held.usable_from) }
    });
    let usable = explained.usable.iter().map(|kind| Value::from(kind.as_str()));
    context! {
        reasons => reasons.collect::<Vec<_>>(),
        blocked => blocked.collect::<Vec<_>>(),
        held => held.collect::<Vec<_>>(),
        usable => usable.collect::<Vec<_>>(),
        status => value(explained.status),
        required => explained.required,
        unsettled => explained.unsettled_write,
        messages => explained.account.messages,
    }
}

/// A reason with what helps. The advice is for administrators, in English.
fn reason(reason: SsprReason) -> Value {
    context! {
        name => reason_name(reason),
        code => reason.code().map(|code| format!("SSPR_{code:04}")),
        remedy => value(reason.remedy()),
        advice => reason.advice(),
    }
}

type Shared = State<Arc<Portal>>;

pub(crate) async fn desk(State(portal): Shared, visit: Visit) -> Response {
    let Some(actor) = portal.administrator(&visit) else {
        return Redirect::to("/sign-in").into_response();
    };
    // The engine decides who may read: this call is refused without the role.
    let accounts = match portal.engine.admin(&portal.tenant, &actor).accounts(None, 1_000).await {
        Ok(page) => page.items,
        Err(error) => return portal.problem(&visit, &error, "/"),
    };
    let users = demo::USERS.into_iter().map(|user| {
        let mut summaries = accounts.iter().flatten();
        let summary = summaries.find(|summary| summary.user.as_str() == user.id);
        context! {
            id => user.id,
            name => user.name,
            methods => summary.map_or(0, |summary| summary.methods.len()),
            registered => summary.is_some_and(|summary| summary.registered_at.is_some()),
            locked_until => summary.and_then(|summary| summary.locked_until).map(shown),
        }
    });
    portal.page("desk.html", &visit, context! { users => users.collect::<Vec<_>>() })
}

pub(crate) async fn account(
    State(portal): Shared,
    visit: Visit,
    Path(user): Path<String>,
) -> Response {
    let (Some(actor), Ok(user)) = (portal.administrator(&visit), UserId::parse(&user)) else {
        return Redirect::to("/sign-in").into_response();
    };
    let admin = portal.engine.admin(&portal.tenant, &actor);
    portal.account_page(&visit, admin, &user, None).await
}

pub(crate) async fn act(
    State(portal): Shared,
    visit: Visit,
    Path(user): Path<String>,
    Form(form): Form<DeskForm>,
) -> Response {
    let (Some(actor), Ok(user)) = (portal.administrator(&visit), UserId::parse(&user)) else {
        return Redirect::to("/sign-in").into_response();
    };
    let admin = portal.engine.admin(&portal.tenant, &actor);
    match perform(&admin, &user, &form).await {
        Ok(()) => {
            let alert = Some(Alert::text("notice.desk_done"));
            portal.account_page(&visit, admin, &user, alert).await
        }
        Err(error) => {
            let page = portal.account_page(&visit, admin, &user, Some(Alert::of(&error))).await;
            portal.failed(&error, page)
        }
    }
}

async fn perform(admin: &Admin<'_>, user: &UserId, form: &DeskForm) -> Result<(), Error> {
    match &*form.verb {
        "unblock" => admin.unblock(user).await,
        "initiate" => admin.initiate_reset(user).await,
        "require" => admin.require_registration(user).await,
        "revoke_flows" => admin.revoke_flows(user).await,
        "revoke_methods" => admin.revoke_methods(user).await,
        "supply" => {
            let mut contacts = Contacts::default();
            if !form.email.is_empty() {
                contacts.email = Some(EmailAddress::parse(&form.email)?);
            }
            if !form.mobile.is_empty() {
                contacts.mobile_phone = Some(PhoneNumber::parse(&form.mobile)?);
            }
            admin.supply_contacts(user, &contacts).await
        }
        _ => Err(InvalidInput::Malformed { what: "form" }.into()),
    }
}

/// Every reason why a reset is refused, with what helps.
pub(crate) async fn reasons(State(portal): Shared, visit: Visit) -> Response {
    let reasons: Vec<Value> = SsprReason::ALL.iter().copied().map(reason).collect();
    portal.page("reasons.html", &visit, context! { reasons })
}

/// What waits and what fails, for operators.
pub(crate) async fn health(State(portal): Shared, visit: Visit) -> Response {
    if portal.administrator(&visit).is_none() {
        return Redirect::to("/sign-in").into_response();
    }
    let stats = portal.engine.stats();
    let failing = stats.failing.iter().map(|failing| {
        context! {
            channel => failing.channel.map(|channel| channel.as_str()),
            since => shown(failing.since),
            waiting => shown(failing.oldest_waiting),
            error => failing.last_error.as_str(),
        }
    });
    let ports = stats.ports.iter().map(|(name, calls)| {
        context! {
            name => *name,
            succeeded => calls.succeeded,
            failed => calls.failed.values().sum::<u64>(),
        }
    });
    let page = context! {
        opened => shown(stats.opened_at),
        maintained => stats.maintained_at.map(shown),
        silenced => stats.silenced,
        failing => failing.collect::<Vec<_>>(),
        ports => ports.collect::<Vec<_>>(),
    };
    portal.page("health.html", &visit, page)
}

//! The desk: administrators find an account, read why it cannot reset, and act.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::{Value, context};
use serde::Deserialize;
use sspr::admin::{Contacts, Explanation, TemporaryPassword};
use sspr::error::SsprReason;
use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::method::{OathParameters, OathSeed};
use sspr::words::Phrases;
use sspr::{Admin, Error, InvalidInput, SecretText, UserId};

use crate::Portal;
use crate::pages::{shown, value};
use crate::problem::Alert;
use crate::sign_in::name_of;
use crate::visit::Visit;

/// How many users the desk lists. The others are found by name.
const USERS: usize = 200;

/// How many of an account's events the page shows.
const EVENTS: usize = 50;

/// No `Debug`: it holds a password and a seed.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct DeskForm {
    verb: String,
    email: String,
    mobile: String,
    /// A temporary password, for an account that is managed on premises.
    password: String,
    /// The seed of a hardware token, in Base32.
    seed: String,
}

#[derive(Deserialize)]
pub(crate) struct DeskQuery {
    #[serde(default)]
    name: String,
}

impl Portal {
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
        self.page(
            "account.html",
            visit,
            context! { ..explanation(&explained, self.phrases(visit)), ..page },
        )
    }
}

fn explanation(explained: &Explanation, phrases: Phrases<'_>) -> Value {
    let reasons = explained.reasons.iter().map(|reason| cause(*reason, phrases));
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

/// A reason with what helps, in words.
pub(crate) fn cause(reason: SsprReason, phrases: Phrases<'_>) -> Value {
    let words = phrases.reason(reason);
    context! {
        cause => words.cause,
        code => reason.code().map(|code| format!("SSPR_{code:04}")),
        remedy => words.remedy,
        advice => words.advice,
    }
}

type Shared = State<Arc<Portal>>;

pub(crate) async fn desk(
    State(portal): Shared,
    visit: Visit,
    Query(query): Query<DeskQuery>,
) -> Response {
    let Some(actor) = portal.administrator(&visit) else {
        return Redirect::to("/sign-in").into_response();
    };
    // The engine decides who may read: this call is refused without the role.
    let accounts = match portal.engine.admin(&portal.tenant, &actor).accounts(None, 1_000).await {
        Ok(page) => page.items,
        Err(error) => return portal.problem(&visit, &error, "/"),
    };
    let mut alert = None;
    if !query.name.is_empty() {
        match portal.user(&query.name).await {
            Some(user) => return Redirect::to(&format!("/desk/{}", user.id)).into_response(),
            None => alert = Some(Alert::text("desk.not_found")),
        }
    }
    let listed = portal.directory.users(&portal.tenant, &BTreeSet::new(), None, USERS).await;
    let listed = match listed {
        Ok(page) => page.items,
        Err(error) => {
            eprintln!("the desk's list of users: {error}");
            Vec::new()
        }
    };
    let users = listed.iter().map(|user| {
        let mut summaries = accounts.iter().flatten();
        let summary = summaries.find(|summary| summary.user == user.id);
        context! {
            id => user.id.as_str(),
            name => name_of(user),
            methods => summary.map_or(0, |summary| summary.methods.len()),
            registered => summary.is_some_and(|summary| summary.registered_at.is_some()),
            locked_until => summary.and_then(|summary| summary.locked_until).map(shown),
        }
    });
    let page = context! { users => users.collect::<Vec<_>>(), alert => value(alert) };
    portal.page("desk.html", &visit, page)
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
        Ok(Some(set)) => {
            let page = context! {
                user => user.as_str(),
                password => set.password.as_ref().map(SecretText::expose_secret),
                until => set.expires_at.map(shown),
            };
            portal.page("temporary.html", &visit, page)
        }
        Ok(None) => {
            let alert = Some(Alert::text("notice.desk_done"));
            portal.account_page(&visit, admin, &user, alert).await
        }
        Err(error) => {
            let page =
                portal.account_page(&visit, admin, &user, Some(portal.alert(&visit, &error))).await;
            portal.failed(&error, page)
        }
    }
}

/// Does what the form asks for. Of a temporary password, the page shows what was set.
async fn perform(
    admin: &Admin<'_>,
    user: &UserId,
    form: &DeskForm,
) -> Result<Option<TemporaryPassword>, Error> {
    match &*form.verb {
        "unblock" => admin.unblock(user).await,
        "initiate" => admin.initiate_reset(user).await,
        "invite" => admin.invite(user).await,
        "revoke_invitation" => admin.revoke_invitation(user).await,
        "require" => admin.require_registration(user).await,
        "revoke_flows" => admin.revoke_flows(user).await,
        "revoke_methods" => admin.revoke_methods(user).await,
        "temporary" => {
            let typed = SecretText::from(form.password.as_str());
            let typed = (!form.password.is_empty()).then_some(&typed);
            return admin.set_temporary_password(user, typed).await.map(Some);
        }
        "token" => {
            let seed = OathSeed::parse_base32(&form.seed)?;
            admin.supply_token(user, &seed, OathParameters::default()).await.map(drop)
        }
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
    .map(|()| None)
}

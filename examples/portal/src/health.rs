//! For operators: what waits and what fails, and the troubleshooting page.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::context;

use crate::Portal;
use crate::pages::shown;
use crate::visit::Visit;

type Shared = State<Arc<Portal>>;

/// The troubleshooting page: each reason why a reset is refused, conditions and events of writeback.
pub(crate) async fn reasons(State(portal): Shared, visit: Visit) -> Response {
    let rows = portal.phrases(&visit).troubleshooting();
    let reasons = rows.into_iter().map(|row| {
        context! {
            cause => row.cause,
            code => (!row.code.is_empty()).then_some(row.code),
            remedy => row.remedy,
            advice => row.advice,
        }
    });
    portal.page("reasons.html", &visit, context! { reasons => reasons.collect::<Vec<_>>() })
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
        notices => portal.mails.waiting(),
        failing => failing.collect::<Vec<_>>(),
        ports => ports.collect::<Vec<_>>(),
    };
    portal.page("health.html", &visit, page)
}

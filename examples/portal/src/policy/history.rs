//! The versions of the policy, from the audit trail.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::{Value, context};
use sspr::audit::{ActorKind, ChangedSetting, Event, EventKind, PolicyChanges};
use sspr::{Actor, Error};

use crate::Portal;
use crate::pages::shown;
use crate::visit::Visit;

/// How many versions the page shows.
const KEPT: usize = 100;

pub(crate) async fn page(State(portal): State<Arc<Portal>>, visit: Visit) -> Response {
    let Some(actor) = portal.administrator(&visit) else {
        return Redirect::to("/sign-in").into_response();
    };
    match portal.versions(&actor).await {
        Ok(versions) => {
            let versions = versions.iter().rev().filter_map(version).collect::<Vec<_>>();
            portal.page("history.html", &visit, context! { versions })
        }
        Err(error) => portal.problem(&visit, &error, "/policy"),
    }
}

impl Portal {
    /// The last changes of the policy, the oldest first. A large trail is better read by a report of its
    /// own: this reads all of it.
    async fn versions(&self, actor: &Actor) -> Result<VecDeque<Event>, Error> {
        let (admin, mut found) = (self.engine.admin(&self.tenant, actor), VecDeque::new());
        let mut cursor = None;
        loop {
            let page = admin.events(cursor.as_ref(), 1_000).await?;
            let is_version = |event: &Event| matches!(event.kind, EventKind::PolicyChanged { .. });
            found.extend(page.items.into_iter().filter(is_version));
            while found.len() > KEPT {
                found.pop_front();
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(found);
            }
        }
    }
}

fn version(event: &Event) -> Option<Value> {
    let EventKind::PolicyChanged { revision, changes, .. } = &event.kind else { return None };
    let by = match &event.actor {
        ActorKind::Administrator(name) => name.as_str(),
        _ => "",
    };
    let PolicyChanges { settings, omitted, .. } = changes;
    let change = |change: &ChangedSetting| {
        let value = |text: &Option<String>| text.clone().unwrap_or_default();
        context! { setting => change.setting.as_str(), before => value(&change.before), after => value(&change.after) }
    };
    Some(context! {
        at => shown(event.at),
        by,
        revision,
        changes => settings.iter().map(change).collect::<Vec<_>>(),
        omitted => *omitted,
    })
}

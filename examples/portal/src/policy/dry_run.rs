//! Dry runs: what a draft would do to each user. A run goes on in the background; its page shows how far
//! it is.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::{Value, context};
use sspr::admin::DryRunEffect;
use sspr::port::{Entropy as _, SystemEntropy};
use sspr::{Actor, Engine, Error, Policy, Refusal, TenantId};

use super::WITH_SCRIPT;
use crate::Portal;
use crate::pages::not_found;
use crate::visit::Visit;

/// How many runs are kept.
const KEPT: usize = 20;

/// How many users one step evaluates.
const STEP: usize = 100;

/// The last runs, the newest first.
#[derive(Clone, Default)]
pub(crate) struct DryRuns(Arc<Mutex<VecDeque<Run>>>);

#[derive(Clone, Default)]
struct Run {
    id: String,
    /// Users evaluated.
    users: usize,
    effects: BTreeMap<DryRunEffect, usize>,
    /// The users whom the draft changes something for, with the effect.
    changed: Vec<(String, DryRunEffect)>,
    ended: bool,
    failed: bool,
}

impl DryRuns {
    fn runs(&self) -> MutexGuard<'_, VecDeque<Run>> {
        // A step changes one run in a few assignments: after a panic it shows what was counted.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Run)) {
        if let Some(run) = self.runs().iter_mut().find(|run| run.id == id) {
            change(run);
        }
    }

    async fn go(&self, id: &str, engine: Engine, tenant: TenantId, actor: Actor, policy: Policy) {
        let mut cursor = None;
        loop {
            let admin = engine.admin(&tenant, &actor);
            let page = match admin.dry_run(&policy, cursor.as_ref(), STEP).await {
                Ok(page) => page,
                Err(error) => {
                    eprintln!("the dry run: {error}");
                    return self.change(id, |run| (run.ended, run.failed) = (true, true));
                }
            };
            self.change(id, |run| {
                run.users += page.items.len();
                for user in &page.items {
                    let effect = user.effect();
                    *run.effects.entry(effect).or_default() += 1;
                    if effect != DryRunEffect::Unchanged && run.changed.len() < STEP {
                        run.changed.push((user.user.as_str().to_owned(), effect));
                    }
                }
                run.ended = page.next.is_none();
            });
            cursor = page.next;
            if cursor.is_none() {
                return;
            }
        }
    }
}

impl Portal {
    /// Starts a run, and returns its id.
    pub(super) fn begin_dry_run(&self, actor: &Actor, policy: Policy) -> Result<String, Error> {
        let mut id = [0; 16];
        SystemEntropy.fill(&mut id).map_err(|_| Refusal::NotFound)?;
        let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
        {
            let mut runs = self.dry_runs.runs();
            runs.push_front(Run { id: id.clone(), ..Run::default() });
            runs.truncate(KEPT);
        }
        let (runs, named) = (self.dry_runs.clone(), id.clone());
        let (engine, tenant, actor) = (self.engine.clone(), self.tenant.clone(), actor.clone());
        tokio::spawn(async move { runs.go(&named, engine, tenant, actor, policy).await });
        Ok(id)
    }
}

pub(crate) async fn page(
    State(portal): State<Arc<Portal>>,
    visit: Visit,
    Path(id): Path<String>,
) -> Response {
    let Some(actor) = portal.administrator(&visit) else {
        return Redirect::to("/sign-in").into_response();
    };
    // The engine decides who may read.
    if let Err(error) = portal.stored_policy(&actor).await {
        return portal.problem(&visit, &error, "/desk");
    }
    let found = portal.dry_runs.runs().iter().find(|run| run.id == id).cloned();
    let Some(run) = found else { return not_found(State(portal), visit).await };
    let key = |effect: DryRunEffect| match effect {
        DryRunEffect::Gains => "dry_run.gains",
        DryRunEffect::Loses => "dry_run.loses",
        DryRunEffect::FallsBelow => "dry_run.falls_below",
        _ => "dry_run.unchanged",
    };
    let effects = run.effects.iter().map(|(effect, count)| context! { key => key(*effect), count });
    let changed = run.changed.iter().map(|(user, effect)| context! { user, key => key(*effect) });
    let page = context! {
        users => run.users,
        ended => run.ended,
        failed => run.failed,
        effects => effects.collect::<Vec<Value>>(),
        changed => changed.collect::<Vec<Value>>(),
    };
    (WITH_SCRIPT, portal.page("dry_run.html", &visit, page)).into_response()
}

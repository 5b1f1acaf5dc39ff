//! A web portal over the engine: every page works without a script.
//!
//! A handler takes the ticket from its cookie, calls one method of the engine, puts the new ticket into
//! the cookie and redirects to the page; the page calls `view` and renders the step. So reloading, the back
//! button and a form that is sent twice show the state of the flow and change nothing.

mod change;
pub mod configured;
pub mod demo;
mod desk;
mod form;
mod guard;
mod health;
mod language;
mod link;
#[cfg(feature = "sqlite")]
pub mod load;
mod mails;
mod not_me;
mod pages;
mod passkey;
mod password;
mod policy;
mod problem;
mod qr;
mod questions;
mod recover;
mod reports;
mod security;
mod sign_in;
mod step;
mod visit;
pub mod words;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::Redirect;
use axum::routing::{get, post};
pub use mails::Mailroom;
pub use passkey::Passkeys;
pub use questions::AnswerHash;
pub use sign_in::SignIns;
use sspr::port::Directory;
use sspr::web::{CHANGE_PASSWORD_PATH, SameOrigin, TrustedProxies};
use sspr::{Engine, TenantId};

use pages::Pages;
pub use pages::TEMPLATES;

/// What the handlers share.
pub struct Portal {
    engine: Engine,
    tenant: TenantId,
    /// The users and their passwords, for the portal's own sign-in.
    directory: Arc<dyn Directory>,
    sign_ins: SignIns,
    passkeys: Passkeys,
    /// The messages of the demonstration, which `/mails` shows. A real portal has no such page.
    mails: Mailroom,
    same_origin: SameOrigin,
    proxies: TrustedProxies,
    pages: Pages,
    dry_runs: policy::DryRuns,
}

impl Portal {
    /// A portal of this tenant, at this origin (`https://id.contoso.example`).
    ///
    /// # Errors
    ///
    /// Those of the templates, which are part of the program.
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a part of its own; called at start only"
    )]
    pub fn new(
        engine: Engine,
        tenant: TenantId,
        directory: Arc<dyn Directory>,
        sign_ins: SignIns,
        passkeys: Passkeys,
        mails: Mailroom,
        origin: &str,
        proxies: TrustedProxies,
    ) -> Result<Self, minijinja::Error> {
        let same_origin = SameOrigin::new([origin]);
        Ok(Self {
            engine,
            tenant,
            directory,
            sign_ins,
            passkeys,
            mails,
            same_origin,
            proxies,
            pages: Pages::new()?,
            dry_runs: policy::DryRuns::default(),
        })
    }
}

/// All pages.
pub fn router(portal: Portal) -> Router {
    let portal = Arc::new(portal);
    Router::new()
        .route("/", get(pages::home))
        .route("/style.css", get(pages::style))
        .route("/language", post(language::choose))
        .route("/reset", get(recover::reset_page).post(recover::reset_form))
        .route("/unlock", get(recover::unlock_page).post(recover::unlock_form))
        .route("/link", get(link::page).post(link::form))
        .route("/not-me", get(not_me::page).post(not_me::form))
        .route("/sign-in", get(sign_in::page).post(sign_in::form))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/security", get(security::page).post(security::form))
        .route("/questions", get(questions::page).post(questions::form))
        .route("/passkey", post(passkey::form))
        .route("/passkey.js", get(passkey::script))
        .route("/password.js", get(password::script))
        .route("/change", get(change::page).post(change::form))
        .route("/desk", get(desk::desk))
        .route("/desk/{user}", get(desk::account).post(desk::act))
        .route("/policy", get(policy::form_page).post(policy::form))
        .route("/policy/document", get(policy::document_page).post(policy::document))
        .route("/policy/dry-run/{id}", get(policy::dry_run_page))
        .route("/policy/history", get(policy::history_page))
        .route("/policy.js", get(policy::script))
        .route("/reports", get(reports::registration))
        .route("/reports/usage", get(reports::usage))
        .route("/reports/blocked", get(reports::blocked))
        .route("/reports/expiring", get(reports::expiring))
        .route("/reports/{file}", get(reports::file))
        .route("/health", get(health::health))
        .route("/reasons", get(health::reasons))
        .route("/mails", get(mails::list))
        .route("/mails/{id}", get(mails::one))
        .route(CHANGE_PASSWORD_PATH, get(async || Redirect::to("/change")))
        .fallback(pages::not_found)
        .layer(from_fn_with_state(Arc::clone(&portal), guard::guard))
        .with_state(portal)
}

//! The table of refusals: for each one of a real server, what the port reports and what the person is shown, in
//! four languages.
//!
//! Each row calls the directory alone and then the engine over it, on the same account and with the same password.

#![cfg(feature = "words")]

mod domain;
mod open_ldap;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sspr::adapters::ldap::{LdapConfig, LdapDirectory};
use sspr::conformance::DirectoryUnderTest;
use sspr::facts::{TenantFacts, UserFacts, WriteOutcome};
use sspr::message::Locale;
use sspr::port::{Directory, PasswordWrite};
use sspr::web::Problem;
use sspr::words::{Catalogue, ZoneOffset};
use sspr::{Error, Refusal, ResetTicket, SecretText, TenantId, UserId};

use crate::support::World;

const OLD: &str = "An old password of Ada 1!";
const NEW: &str = "Plum tractor violet 7 candle!";

/// What is shown while an administrator must act: the reason names no detail of the directory.
const CONFIGURATION: &str = "There is a problem in the configuration of your organisation. There is nothing more \
     that you can do here: contact your administrator.";
/// What is shown while the directory cannot be reached.
const UNREACHABLE: &str = "The service cannot be reached at the moment. Try again later; if it lasts, contact your \
     administrator.";
const DISABLED: &str = "Your account is disabled. There is nothing more that you can do here: contact your administrator.";
/// What is shown for a fault, whatever its cause: a page of the host around it has its language.
const LATER: &str = "try again later";

/// Adds Ada to a server.
async fn add_ada(server: &dyn DirectoryUnderTest, change: impl FnOnce(&mut UserFacts)) {
    server.add_tenant(&World::tenant(), TenantFacts::new("Contoso")).await.expect("added");
    let mut facts = UserFacts::new(World::user());
    facts.primary_mail = Some(World::NAME.to_owned());
    change(&mut facts);
    server.add_user(&World::tenant(), facts, &[World::NAME], OLD).await.expect("added");
}

/// An engine over a directory that has Ada, who is registered, and the directory.
struct Scene {
    directory: Arc<LdapDirectory>,
    world: World,
    engines: AtomicU64,
}

impl Scene {
    async fn over(config: LdapConfig) -> Self {
        let directory = Arc::new(config.build().expect("sound"));
        let layer = Arc::clone(&directory);
        let world = World::builder()
            .policy(|settings| settings.on_premises.writeback = true)
            .directory(move |_| layer)
            .registered()
            .open()
            .await;
        Self { directory, world, engines: AtomicU64::new(8) }
    }

    /// The same accounts, as an engine sees them after a change of the server or of the configuration.
    async fn after(&self, config: LdapConfig) -> Self {
        let directory = Arc::new(config.build().expect("sound"));
        let layer = Arc::clone(&directory);
        let seed = self.engines.fetch_add(1, Ordering::Relaxed);
        let world = self.world.beside().seed(seed).directory(move |_| layer).open().await;
        Self { directory, world, engines: AtomicU64::new(100 * seed) }
    }

    /// Asserts the row: the port's outcome and its detail for the audit trail, and what is shown.
    async fn refuses(
        &self,
        ticket: &ResetTicket,
        password: &str,
        (outcome, detail): (&str, &str),
        words: &str,
    ) {
        self.port_refuses(password, (outcome, detail)).await;
        let completed = self.world.complete(ticket, password).await;
        shown(&completed.expect_err("refused"), words);
    }

    /// The same in a flow of its own.
    async fn refuses_all(&self, (outcome, detail): (&str, &str), words: &str) {
        let ticket = self.world.granted().await;
        self.refuses(&ticket, NEW, (outcome, detail), words).await;
    }

    /// Asserts a row that begins after the user has proven two methods. The grant is kept.
    async fn refuses_after(
        &self,
        ticket: &ResetTicket,
        config: LdapConfig,
        (outcome, detail): (&str, &str),
        words: &str,
    ) {
        self.after(config).await.refuses(ticket, NEW, (outcome, detail), words).await;
    }

    async fn port_refuses(&self, password: &str, (outcome, detail): (&str, &str)) {
        let (tenant, user) = (World::tenant(), World::user());
        let password = SecretText::from(password);
        let write = PasswordWrite::new(&tenant, &user, &password, 1);
        let reply = self.directory.set_password(&write).await.expect("a reply");
        assert_eq!(name(&reply.outcome), outcome, "{reply:?}");
        let found = reply.detail.as_deref().unwrap_or_default();
        assert!(found.contains(detail), "{detail:?} is not in {found:?}");
    }

    /// Asserts that the reset is refused before it begins, for this reason and with these words.
    async fn is_not_eligible(&self, number: Option<u8>, words: &str) {
        let explained = self.world.admin().explain(&World::user()).await.expect("explained");
        let reason = explained.reason.expect("a reason against a reset");
        assert_eq!(reason.code(), number, "{reason:?}");
        shown(&Refusal::NotEligible { reason }.into(), words);
    }
}

fn name(outcome: &WriteOutcome) -> String {
    match outcome {
        WriteOutcome::Written => "written".to_owned(),
        WriteOutcome::PolicyViolation(reason) => reason.code().to_owned(),
        WriteOutcome::AdminActionRequired => "administrator".to_owned(),
        WriteOutcome::Unreachable => "unreachable".to_owned(),
        WriteOutcome::Indeterminate => "indeterminate".to_owned(),
        other => panic!("{other:?}"),
    }
}

/// Asserts what a person is shown in English, and that the other three languages have words of their own.
#[track_caller]
fn shown(error: &Error, words: &str) {
    let catalogue = Catalogue::new();
    let text = |locale: &Locale| match error {
        Error::Refused(refusal) => catalogue.phrases(locale).refusal(refusal, ZoneOffset::UTC),
        _ => Problem::of(error).detail,
    };
    assert_eq!(text(&Locale::parse("en").expect("valid")), words, "{error:?}");
    let texts: BTreeSet<String> = catalogue.languages().map(text).collect();
    let languages = if matches!(error, Error::Refused(_)) { 4 } else { 1 };
    assert!(texts.len() == languages && !texts.contains(""), "{texts:?}");
}

/// Where Ada is in the trees of both fixtures.
fn ada() -> (TenantId, UserId) {
    (World::tenant(), World::user())
}

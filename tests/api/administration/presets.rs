//! The presets, tested through the engine.

use std::time::Duration;

use crate::support::*;
use sspr::admin::AdminRoles;
use sspr::policy::Scope;
use sspr::{Policy, PolicySettings, Refusal, RoleId, Step};

/// Entra's model: 5 texts in an hour; then the account is locked, and for a mail too.
#[tokio::test]
async fn under_entra_one_browser_gets_five_texts_in_an_hour() {
    let mut entra = PolicySettings::entra();
    entra.scope = Scope::All;
    // Other tests check the human check and reasons; this one counts texts.
    entra.human_check = false;
    entra.disclosure = sspr::policy::Disclosure::Uniform;
    entra.typed_number = false;
    let world = World::builder().settings(entra).registered().open().await;
    let before = world.inbox.all().len();
    let from = request_from("198.51.100.77");
    let reply = world.engine.reset().start(&from, &ada()).await.expect("started");
    let mut ticket = reply.ticket;
    for turn in 0..8 {
        let by = if turn < 7 { sms() } else { email() };
        match world.engine.reset().challenge(&from, &ticket, &by).await {
            Ok(reply) => {
                assert!(matches!(reply.step, Step::Enter { .. }));
                ticket = reply.ticket;
            }
            Err(error) => assert!(
                matches!(error.refusal(), Some(Refusal::TooOften { .. })),
                "{turn}: {error}"
            ),
        }
        world.deliver().await;
        world.clock.advance(Duration::from_secs(61));
    }
    let codes = world.inbox.all().len() - before;
    assert_eq!(codes, 5, "codes that one browser had in an hour");
}

/// E10.2: the model names three roles that set the policy up, and one that reads reports.
#[tokio::test]
async fn the_roles_of_the_model_may_put_the_policy() {
    let roles = AdminRoles::default().policy;
    for role in
        ["Global Administrator", "Password Administrator", "Authentication Policy Administrator"]
    {
        assert!(roles.contains(&RoleId::parse(role).expect("valid")), "{role}");
    }
    let world = World::builder().settings(settings()).open().await;
    let tenant = tenant();
    let mut other = settings();
    other.attempts = 4;
    let policy = Policy::new(other).expect("sound");
    let put = async |role: &str, expected: u64| {
        let actor = sspr::Actor::service("pat", [RoleId::parse(role).expect("valid")]);
        world.engine.admin(&tenant, &actor).put_policy(&policy, Some(expected)).await
    };
    assert_eq!(put("Password Administrator", 1).await.expect("put"), 2);
    for role in ["Helpdesk Administrator", "Reports Reader"] {
        assert_eq!(refusal(put(role, 2).await), Refusal::NotAuthorised, "{role}");
    }
    let events = async |role: &str| {
        let actor = sspr::Actor::service("pat", [RoleId::parse(role).expect("valid")]);
        world.engine.admin(&tenant, &actor).events(None, 10).await
    };
    assert_eq!(events("Reports Reader").await.expect("readable").items.len(), 2);
    assert_eq!(refusal(events("Directory Readers").await), Refusal::NotAuthorised);
}

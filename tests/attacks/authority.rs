//! Attacks by administrators on those above them, and on the rules for themselves: S17.

use sspr::audit::{ActRefusal, ActorKind, AdminAct, Event, EventKind};
use sspr::facts::UserFacts;
use sspr::{Actor, Refusal, RoleId, Step, UserId};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(s17_no_administrator_takes_over_a_more_privileged_account);

/// The administrator of this name with this role.
fn mallory(role: &str) -> Actor {
    let user = UserId::parse("mallory").expect("valid");
    Actor::user(user, [RoleId::parse(role).expect("valid")])
}

fn refusals(events: &[Event]) -> Vec<(AdminAct, ActRefusal)> {
    let mallorys = |event: &&Event| event.actor == ActorKind::Administrator("mallory".to_owned());
    events
        .iter()
        .filter(mallorys)
        .map(|event| match event.kind {
            EventKind::ActRefused { act, cause, .. } => (act, cause),
            _ => panic!("mallory has done something: {event:?}"),
        })
        .collect()
}

/// A Helpdesk Administrator who reads the mail of a Global Administrator initiates the reset; an
/// Authentication Administrator removes the methods, to register others by telephone.
async fn s17_no_administrator_takes_over_a_more_privileged_account(stores: &StoreKind) {
    for held in ["Global Administrator", "global administrator", "Conditional Access Administrator"]
    {
        let world = World::builder().store(stores.store()).registered().open().await;
        let privileged = |facts: &mut UserFacts| {
            facts.roles = [RoleId::parse(held).expect("valid")].into();
        };
        world.directory.update_user(&world.tenant, &world.user, privileged).expect("known");
        world.deliver().await;
        world.inbox.clear();
        let by = mallory("Helpdesk Administrator");
        let helpdesk = world.engine.admin(&world.tenant, &by);
        assert_eq!(refusal(helpdesk.initiate_reset(&world.user).await), Refusal::NotAuthorised);
        assert_eq!(refusal(helpdesk.unblock(&world.user).await), Refusal::NotAuthorised);
        let by = mallory("Authentication Administrator");
        let desk = world.engine.admin(&world.tenant, &by);
        assert_eq!(refusal(desk.revoke_methods(&world.user).await), Refusal::NotAuthorised);
        assert_eq!(refusal(desk.require_registration(&world.user).await), Refusal::NotAuthorised);
        assert_eq!(refusal(desk.forget(&world.user).await), Refusal::NotAuthorised);

        let events = events_of(&world, &world.user).await;
        let acts = [
            AdminAct::InitiateReset,
            AdminAct::Unblock,
            AdminAct::RevokeMethods,
            AdminAct::RequireRegistration,
            AdminAct::Forget,
        ];
        assert_eq!(refusals(&events), acts.map(|act| (act, ActRefusal::Roles)), "{held}");
        world.deliver().await;
        assert_eq!(world.inbox.all().len(), 0, "no message");
        let reply = world.start().await;
        let reply = world.challenge(&reply.ticket, &email()).await;
        assert!(matches!(reply.step, Step::Enter { .. }), "the owner's methods are as before");
    }
}

/// A user id in another letter case is the same account.
#[tokio::test]
async fn s17_an_administrator_is_not_another_user_in_another_letter_case() {
    let world = World::builder().registered().open().await;
    let roles = || [RoleId::parse("Global Administrator").expect("valid")];
    for own in [world.user.as_str().to_uppercase(), world.user.to_string()] {
        let own = Actor::user(UserId::parse(&own).expect("valid"), roles());
        let admin = world.engine.admin(&world.tenant, &own);
        assert_eq!(refusal(admin.revoke_methods(&world.user).await), Refusal::OwnAccount);
    }
}

/// A role that the host made up, or that no list names, permits no act, and nothing is read for it.
#[tokio::test]
async fn s17_a_role_that_no_list_names_permits_nothing() {
    let world = World::builder().registered().open().await;
    let before = events_of(&world, &world.user).await;
    for role in ["Owner", "Global", "Global Administrator ", "*", "Privileged Role Administrator"] {
        let by = mallory(role);
        let admin = world.engine.admin(&world.tenant, &by);
        for refused in [
            admin.initiate_reset(&world.user).await,
            admin.revoke_methods(&world.user).await,
            admin.unblock(&world.user).await,
            admin.forget(&world.user).await,
        ] {
            assert_eq!(refusal(refused), Refusal::NotAuthorised, "{role:?}");
        }
    }
    assert_eq!(events_of(&world, &world.user).await, before);
}

//! Operations of administrators on an account, and that an operation without a change writes
//! nothing.

use std::time::Duration;

use crate::support::*;
use sspr::adapters::memory::MemoryStore;
use sspr::admin::Contacts;
use sspr::audit::EventKind;
use sspr::error::SsprReason;
use sspr::facts::{EmailAddress, UserFacts};
use sspr::method::Channel;
use sspr::port::{RecordKind, Store as _, Version};
use sspr::{MethodKind, Policy, Refusal, RoleId, Step};

fn contacts(name: &str) -> Contacts {
    let mut contacts = Contacts::default();
    contacts.email = EmailAddress::parse(&format!("{name}@contoso.example")).ok();
    contacts
}

/// Guesses at mail codes until the kind is closed by its run of failures.
async fn close_mail(world: &World) {
    for day in 0..240_u8 {
        let from = request_from(&format!("203.0.113.{day}"));
        let reply = world.engine.reset().start(&from, &ada()).await.expect("started");
        let opened = world.engine.reset().challenge(&from, &reply.ticket, &email()).await;
        if let Ok(reply) = opened {
            for _ in 0..5 {
                let wrong = code("00000001");
                let _ = world.engine.reset().prove(&from, &reply.ticket, &wrong).await;
            }
        }
        world.deliver().await;
        world.clock.advance(Duration::from_secs(2 * 86_400));
        if closed(world).await {
            return;
        }
    }
    let seen = world.admin().explain(&world.user).await;
    panic!("the run of failures did not close the kind: {seen:?}");
}

async fn closed(world: &World) -> bool {
    let seen = world.admin().explain(&world.user).await.expect("explained");
    let by_its_run =
        |one: &sspr::admin::BlockedMethod| one.method == MethodKind::Email && one.until.is_none();
    seen.blocked.iter().any(by_its_run)
}

async fn gets_a_code(world: &World, address: &str) -> bool {
    world.inbox.clear();
    let from = request_from("198.51.100.9");
    let reply = world.engine.reset().start(&from, &ada()).await.expect("started");
    let _ = world.engine.reset().challenge(&from, &reply.ticket, &email()).await;
    world.deliver().await;
    world.inbox.last_code_to(address).is_some()
}

#[tokio::test]
async fn unblock_opens_a_method_closed_by_a_run_of_failures_and_the_user_is_told() {
    let world = World::builder().settings(one_gate()).registered().open().await;
    close_mail(&world).await;
    assert!(!gets_a_code(&world, MAIL).await, "it is closed");
    world.clock.advance(Duration::from_secs(2 * 86_400));
    let admin = world.admin();
    world.inbox.clear();
    admin.unblock(&world.user).await.expect("unblocked");
    assert!(!closed(&world).await);
    let events = admin.user_events(&world.user, None, 1_000).await.expect("listed").items;
    assert!(matches!(events.last().expect("one").kind, EventKind::Unblocked { .. }));
    world.deliver().await;
    let told = world.inbox.messages_to(MAIL);
    assert!(format!("{told:?}").contains("Unblocked"), "{told:?}");
    assert!(gets_a_code(&world, MAIL).await, "the owner may try again");
}

#[tokio::test]
async fn another_address_opens_a_method_closed_by_a_run_of_failures() {
    let world = World::builder().settings(one_gate()).open().await;
    let admin = world.admin();
    admin.supply_contacts(&world.user, &contacts("first")).await.expect("supplied");
    close_mail(&world).await;
    // Supplying the same address again is no registration.
    admin.supply_contacts(&world.user, &contacts("first")).await.expect("the same");
    assert!(closed(&world).await, "nothing was registered");
    admin.supply_contacts(&world.user, &contacts("second")).await.expect("supplied");
    assert!(!closed(&world).await);
    assert!(gets_a_code(&world, "second@contoso.example").await);
}

#[tokio::test]
async fn revoke_and_supply_open_a_method_closed_by_a_run_of_failures() {
    let world = World::builder().settings(one_gate()).open().await;
    let admin = world.admin();
    admin.supply_contacts(&world.user, &contacts("first")).await.expect("supplied");
    close_mail(&world).await;
    admin.revoke_methods(&world.user).await.expect("revoked");
    admin.supply_contacts(&world.user, &contacts("first")).await.expect("supplied");
    assert!(!closed(&world).await);
    assert!(gets_a_code(&world, "first@contoso.example").await);
}

async fn versions(store: &MemoryStore) -> Vec<Version> {
    let mut all = Vec::new();
    for kind in [RecordKind::Account, RecordKind::Policy] {
        let page = store.scan(&tenant(), kind, None, 10).await.expect("listed");
        all.extend(page.items.iter().map(sspr::port::Record::version));
    }
    all
}

#[tokio::test]
async fn an_administrators_act_that_changes_nothing_commits_nothing() {
    let store = MemoryStore::new();
    let world = World::builder().store(store.clone()).settings(settings()).open().await;
    let (tenant, root, id) = (tenant(), admin(), world.user.clone());
    let by = world.engine.admin(&tenant, &root);
    let policy = Policy::new(settings()).expect("sound");
    // On an account that has no record.
    let before = versions(&store).await;
    by.unblock(&id).await.expect("nothing to clear");
    by.revoke_flows(&id).await.expect("nothing to end");
    by.forget(&id).await.expect("nothing to forget");
    by.confirm_incarnation(&id).await.expect("nothing to confirm");
    by.supply_contacts(&id, &Contacts::default()).await.expect("nothing to supply");
    assert_eq!(by.put_policy(&policy, Some(1)).await.expect("the same"), 1);
    assert_eq!(versions(&store).await, before, "no record was made or written");

    // On an account with a record: each operation twice.
    world.register_contacts().await;
    world
        .engine
        .registration()
        .remember_device(&request(), &world.signed_in())
        .await
        .expect("kept");
    let acts = ["contacts", "require", "revoke flows", "unblock", "revoke methods", "forget"];
    for act in acts {
        let mut seen = Vec::new();
        for _ in 0..3 {
            match act {
                "contacts" => by.supply_contacts(&id, &contacts("given")).await,
                "require" => by.require_registration(&id).await,
                "revoke flows" => by.revoke_flows(&id).await,
                "unblock" => by.unblock(&id).await,
                "revoke methods" => by.revoke_methods(&id).await,
                _ => by.forget(&id).await,
            }
            .expect(act);
            seen.push(versions(&store).await);
            world.clock.advance(Duration::from_secs(1));
        }
        assert_eq!(seen[1], seen[2], "{act}, repeated");
        assert_eq!(seen[0], seen[1], "{act}, once more");
    }
}

#[tokio::test]
async fn a_request_for_a_reset_that_still_waits_is_not_sent_twice() {
    let store = MemoryStore::new();
    let world =
        World::builder().store(store.clone()).settings(settings()).registered().open().await;
    let by = world.admin();
    by.initiate_reset(&world.user).await.expect("asked");
    let once = versions(&store).await;
    by.initiate_reset(&world.user).await.expect("asked again");
    assert_eq!(versions(&store).await, once);
}

#[tokio::test]
async fn explain_shows_what_stands_in_the_way_and_until_when() {
    let world = World::builder().settings(one_gate()).registered().open().await;
    let by = world.admin();
    // A second address is on hold.
    let phone = sspr::facts::PhoneNumber::parse("+14255550177").expect("valid");
    let phone = sspr::method::NewMethod::mobile_phone(phone, Channel::Sms).expect("reached");
    world.register(phone, "+14255550177").await;
    let seen = by.explain(&world.user).await.expect("explained");
    let [held] = &seen.held[..] else { panic!("{seen:?}") };
    assert_eq!(held.method, MethodKind::MobilePhone);
    assert!(held.usable_from > seen.account.updated_at, "{held:?}");
    // An anonymous caller opens a challenge: the attempts that it sets aside are shown.
    let from = request_from("198.51.100.9");
    let reply = world.engine.reset().start(&from, &ada()).await.expect("started");
    let reply = world.engine.reset().challenge(&from, &reply.ticket, &email()).await;
    assert!(matches!(reply.expect("opened").step, Step::Enter { .. }));
    let seen = by.explain(&world.user).await.expect("explained");
    assert!(!seen.budgets.is_empty(), "the held budgets are shown: {seen:?}");
}

#[tokio::test]
async fn explain_says_who_is_an_administrator_also_where_the_reset_is_refused() {
    let world = World::builder().settings(settings()).open().await;
    let (tenant, root) = (tenant(), admin());
    let by = world.engine.admin(&tenant, &root);
    let update = |change: fn(&mut UserFacts)| {
        world.directory.update_user(&tenant, &world.user, change).expect("known");
    };
    assert!(!by.explain(&world.user).await.expect("explained").administrator);
    update(|facts| {
        facts.roles = [RoleId::parse("global administrator").expect("valid")].into();
    });
    let seen = by.explain(&world.user).await.expect("explained");
    assert_eq!(seen.reason, Some(SsprReason::TooFewMethods));
    assert!(seen.administrator, "{seen:?}");
    update(|facts| facts.enabled = false);
    let seen = by.explain(&world.user).await.expect("explained");
    assert_eq!(seen.reason, Some(SsprReason::AccountDisabled));
    assert!(seen.administrator, "{seen:?}");
    let refused = by.explain(&sspr::UserId::parse("unknown").expect("valid")).await.unwrap_err();
    assert_eq!(refused.refusal(), Some(&Refusal::NotFound));
}

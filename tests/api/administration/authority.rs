//! Which administrators may act on which users: S17, E10.3.

use std::time::Duration;

use crate::support::*;
use sspr::admin::{AdminRoles, Contacts, TargetRule};
use sspr::audit::{ActRefusal, AdminAct, Event, EventKind};
use sspr::facts::UserFacts;
use sspr::method::{OathParameters, OathSeed};
use sspr::policy::AdministratorPolicy;
use sspr::port::{RecordKind, Store as _};
use sspr::testing::{FaultPlan, InjectedFault};
use sspr::{Actor, Admin, Error, Refusal, RoleId, SecretBytes, UserId};

const HOUR: Duration = Duration::from_secs(3_600);

/// The administrators of the table, in the order of its columns.
const ACTORS: [&str; 6] = [
    "Password Administrator",
    "Helpdesk Administrator",
    "Authentication Administrator",
    "User Administrator",
    "Privileged Authentication Administrator",
    "Global Administrator",
];

/// Entra's table of who can reset whose password: one line for each class of users, with a cross
/// in the column of each administrator who can.
const TABLE: [(&[&str], &str); 7] = [
    (&[], "xxxxxx"),
    (&["Directory Readers", "Guest Inviter", "Password Administrator"], "xxxxxx"),
    (
        &[
            "Message Center Reader",
            "Reports Reader",
            "Usage Summary Reports Reader",
            "User Experience Success Manager",
        ],
        ".xxxxx",
    ),
    (&["Helpdesk Administrator"], ".x.xxx"),
    (&["Groups Administrator", "User Administrator"], "...xxx"),
    (&["Authentication Administrator"], "..x.xx"),
    (
        &[
            "Global Administrator",
            "Privileged Authentication Administrator",
            "Privileged Role Administrator",
            "Security Reader",
            "Printer Administrator",
            "a role that no list names",
        ],
        "....xx",
    ),
];
const RESTRICTED: &str = "....xx";

fn role(name: &str) -> RoleId {
    RoleId::parse(name).expect("valid")
}

fn id(text: &str) -> UserId {
    UserId::parse(text).expect("valid")
}

/// An administrator with these roles.
fn actor(roles: &[&str]) -> Actor {
    Actor::user(id("the-administrator"), roles.iter().map(|name| role(name)))
}

fn list(roles: &AdminRoles, act: AdminAct) -> Vec<RoleId> {
    let list = match act {
        AdminAct::SupplyContacts | AdminAct::SupplyToken => &roles.contacts,
        AdminAct::Unblock => &roles.unblock,
        AdminAct::InitiateReset | AdminAct::Invite | AdminAct::RevokeInvitation => &roles.initiate,
        AdminAct::SetTemporaryPassword => &roles.temporary_password,
        _ => &roles.revoke,
    };
    list.iter().cloned().collect()
}

async fn perform(admin: Admin<'_>, act: AdminAct, user: &UserId) -> Result<(), Error> {
    match act {
        AdminAct::SupplyContacts => admin.supply_contacts(user, &Contacts::default()).await,
        AdminAct::SupplyToken => {
            let seed = OathSeed::from_bytes(SecretBytes::new(vec![7; 20])).expect("long enough");
            admin.supply_token(user, &seed, OathParameters::default()).await.map(drop)
        }
        AdminAct::Unblock => admin.unblock(user).await,
        AdminAct::RevokeMethods => admin.revoke_methods(user).await,
        AdminAct::RevokeFlows => admin.revoke_flows(user).await,
        AdminAct::RequireRegistration => admin.require_registration(user).await,
        AdminAct::InitiateReset => admin.initiate_reset(user).await,
        AdminAct::Invite => admin.invite(user).await,
        AdminAct::RevokeInvitation => admin.revoke_invitation(user).await,
        AdminAct::SetTemporaryPassword => admin.set_temporary_password(user, None).await.map(drop),
        AdminAct::Forget => admin.forget(user).await,
        AdminAct::ConfirmIncarnation => admin.confirm_incarnation(user).await,
        _ => panic!("{act:?} is not performed here"),
    }
}

/// Performs an act by an actor; whether the roles permit it.
async fn permitted(world: &World, by: &Actor, act: AdminAct, user: &UserId) -> bool {
    match perform(world.engine.admin(&tenant(), by), act, user).await {
        Err(Error::Refused(Refusal::NotAuthorised)) => false,
        Ok(()) | Err(Error::Refused(_)) => true,
        Err(error) => panic!("{act:?}: {error}"),
    }
}

fn target(world: &World, roles: &[&str], restricted: Option<bool>) {
    let change = |facts: &mut UserFacts| {
        facts.roles = roles.iter().map(|name| role(name)).collect();
        facts.restricted_management = restricted;
    };
    world.directory.update_user(&tenant(), &world.user, change).expect("known");
}

async fn trail(world: &World) -> Vec<Event> {
    let page = world.admin().user_events(&world.user, None, 10_000).await;
    page.expect("listed").items
}

fn refused(events: &[Event]) -> Vec<(AdminAct, ActRefusal)> {
    let refused = |event: &Event| match event.kind {
        EventKind::ActRefused { act, cause, .. } => Some((act, cause)),
        _ => None,
    };
    events.iter().filter_map(refused).collect()
}

async fn fresh() -> World {
    World::builder().registered().open().await
}

/// Each act by each administrator of the table on each class of users; what is refused is recorded,
/// and changes nothing else.
#[tokio::test]
async fn s17_each_act_follows_the_table_of_targets() {
    let world = fresh().await;
    let lists = AdminRoles::default();
    let mut classes: Vec<(Vec<&str>, Option<bool>, &str)> = Vec::new();
    for (held, crosses) in TABLE {
        if held.is_empty() {
            classes.push((Vec::new(), Some(false), crosses));
        }
        classes.extend(held.iter().map(|name| (vec![*name], Some(false), crosses)));
    }
    for restricted in [None, Some(true)] {
        classes.push((Vec::new(), restricted, RESTRICTED));
        classes.push((vec!["Directory Readers"], restricted, RESTRICTED));
    }
    for (held, restricted, crosses) in classes {
        target(&world, &held, restricted);
        for (name, cross) in ACTORS.into_iter().zip(crosses.chars()) {
            for act in AdminAct::ALL {
                world.clock.advance(HOUR);
                let listed = list(&lists, act).contains(&role(name));
                let before = trail(&world).await.len();
                let done = permitted(&world, &actor(&[name]), act, &world.user).await;
                let case = format!("{act:?} of {name} on {held:?} {restricted:?}");
                assert_eq!(done, listed && cross == 'x', "{case}");
                let new = trail(&world).await.split_off(before);
                let recorded: &[_] =
                    if listed && !done { &[(act, ActRefusal::Roles)] } else { &[] };
                assert_eq!(refused(&new), recorded, "{case}");
                assert!(done || new.len() == recorded.len(), "{case}: {new:?}");
            }
        }
    }
}

#[tokio::test]
async fn s17_of_a_user_with_several_roles_each_counts_and_roles_of_an_actor_do_not_add_up() {
    let world = fresh().await;
    let act = AdminAct::InitiateReset;
    target(&world, &["Helpdesk Administrator", "Authentication Administrator"], Some(false));
    for (roles, expected) in [
        (&["Helpdesk Administrator"][..], false),
        (&["Authentication Administrator"], false),
        (&["Helpdesk Administrator", "Authentication Administrator"], false),
        (&["Privileged Authentication Administrator"], true),
    ] {
        assert_eq!(permitted(&world, &actor(roles), act, &world.user).await, expected, "{roles:?}");
    }
    // The role that may act on the user must be the one that may perform the act.
    target(&world, &["User Administrator"], Some(false));
    let both = actor(&["Helpdesk Administrator", "User Administrator"]);
    assert!(!permitted(&world, &both, AdminAct::Unblock, &world.user).await);
}

#[tokio::test]
async fn s17_names_of_roles_count_in_any_letter_case() {
    let world = fresh().await;
    target(&world, &["gLOBAL aDMINISTRATOR"], Some(false));
    let act = AdminAct::RevokeMethods;
    assert!(!permitted(&world, &actor(&["AUTHENTICATION ADMINISTRATOR"]), act, &world.user).await);
    assert!(permitted(&world, &actor(&["global administrator"]), act, &world.user).await);
    target(&world, &["directory READERS"], Some(false));
    assert!(permitted(&world, &actor(&["AUTHENTICATION ADMINISTRATOR"]), act, &world.user).await);
}

#[tokio::test]
async fn s17_an_administrator_may_not_act_on_the_own_account() {
    let world = fresh().await;
    let before = trail(&world).await.len();
    for (number, act) in AdminAct::ALL.into_iter().enumerate() {
        world.clock.advance(HOUR);
        let text = world.user.as_str();
        let own = if number % 2 == 0 { text.to_owned() } else { text.to_uppercase() };
        let own = Actor::user(id(&own), [role("Global Administrator")]);
        let admin = world.engine.admin(&world.tenant, &own);
        assert_eq!(refusal(perform(admin, act, &world.user).await), Refusal::OwnAccount, "{act:?}");
    }
    let new = trail(&world).await.split_off(before);
    assert_eq!(refused(&new), AdminAct::ALL.map(|act| (act, ActRefusal::OwnAccount)));
    assert_eq!(new.len(), AdminAct::ALL.len(), "nothing but the refusals: {new:?}");
    // A service has no account of its own, even if it has the name of one.
    let service = Actor::service(world.user.as_str(), [role("Global Administrator")]);
    perform(world.engine.admin(&world.tenant, &service), AdminAct::Unblock, &world.user)
        .await
        .expect("a service may");
}

#[tokio::test]
async fn s17_a_user_whom_the_directory_does_not_have_is_the_most_privileged() {
    let store = sspr::adapters::memory::MemoryStore::new();
    let world = World::builder().store(store.clone()).registered().open().await;
    let records = async || {
        let page = store.scan(&tenant(), RecordKind::Account, None, 100).await;
        page.expect("listed").items.len()
    };
    let (low, high) = (
        actor(&["Authentication Administrator"]),
        actor(&["Privileged Authentication Administrator"]),
    );
    let unknown = id("invented");
    let admin = |by| world.engine.admin(&world.tenant, by);
    for act in [AdminAct::RevokeMethods, AdminAct::RequireRegistration, AdminAct::InitiateReset] {
        let low = refusal(perform(admin(&low), act, &unknown).await);
        assert_eq!(
            low,
            Refusal::NotAuthorised,
            "an invented id is no different from a privileged one"
        );
        let high = refusal(perform(admin(&high), act, &unknown).await);
        assert_eq!(high, Refusal::NotFound);
    }
    assert_eq!(records().await, 1, "an invented id gets no record");
    // A deleted user's record is emptied by the most privileged only.
    assert!(world.directory.remove_user(&world.tenant, &world.user));
    assert!(!permitted(&world, &low, AdminAct::Forget, &world.user).await);
    let last = |events: Vec<Event>| events.last().expect("one").code().to_owned();
    assert_eq!(last(trail(&world).await), "act_refused");
    perform(admin(&high), AdminAct::Forget, &world.user).await.expect("forgotten");
    assert_eq!(last(trail(&world).await), "account_forgotten");
    // A refused act does not make a forgotten account known again.
    let versions = async || {
        let page = store.scan(&tenant(), RecordKind::Account, None, 100).await;
        page.expect("listed").items.iter().map(sspr::port::Record::version).collect::<Vec<_>>()
    };
    assert!(!permitted(&world, &low, AdminAct::Forget, &world.user).await);
    let before = versions().await;
    perform(admin(&high), AdminAct::Forget, &world.user).await.expect("nothing to forget");
    assert_eq!(versions().await, before);
}

#[tokio::test]
async fn s17_without_the_directorys_facts_no_act_is_permitted() {
    let plan = FaultPlan::none();
    let world = World::builder().registered().faulty(&plan).open().await;
    let before = trail(&world).await;
    let _down = plan.on("directory.find", InjectedFault::FailBefore);
    for act in AdminAct::ALL {
        let failed = perform(world.admin(), act, &world.user).await;
        assert!(matches!(failed, Err(Error::Fault(_))), "{act:?}: {failed:?}");
    }
    assert_eq!(trail(&world).await, before);
}

#[tokio::test]
async fn s17_at_most_ten_refused_acts_of_an_hour_are_recorded() {
    let world = fresh().await;
    target(&world, &["Global Administrator"], Some(false));
    let helpdesk = actor(&["Helpdesk Administrator"]);
    let record = async || world.store.load(&trail(&world).await[0].id.record).await.expect("up");
    for _ in 0..30 {
        assert!(!permitted(&world, &helpdesk, AdminAct::InitiateReset, &world.user).await);
    }
    assert_eq!(refused(&trail(&world).await).len(), 10);
    let before = record().await.expect("there").version();
    assert!(!permitted(&world, &helpdesk, AdminAct::InitiateReset, &world.user).await);
    assert_eq!(record().await.expect("there").version(), before, "nothing is written");
    world.clock.advance(HOUR);
    assert!(!permitted(&world, &helpdesk, AdminAct::InitiateReset, &world.user).await);
    assert_eq!(refused(&trail(&world).await).len(), 11);
    // The acts of an hour that administrators are allowed are not spent by refused ones.
    world.admin().require_registration(&world.user).await.expect("permitted");
}

/// A host that has other roles replaces both the lists and the rules.
#[tokio::test]
async fn the_rules_of_targets_are_data() {
    let mut roles = AdminRoles::default();
    let desk = || [role("desk")];
    roles.initiate = desk().into();
    roles.targets.no_role = desk().into();
    roles.targets.roles = vec![TargetRule::new([role("clerk")], desk())];
    roles.targets.others = [role("board")].into();
    let text = serde_json::to_string(&roles).expect("plain data");
    let read: AdminRoles = serde_json::from_str(&text).expect("read back");
    assert_eq!(read, roles);
    assert!(serde_json::from_str::<AdminRoles>(r#"{"targets":{"othr":[]}}"#).is_err());
    assert!(serde_json::from_str::<TargetRule>(r#"{"held":["a"]}"#).is_err(), "no actors");
    let world =
        World::builder().registered().engine(|engine| engine.admin_roles(read)).open().await;
    let by = actor(&["desk"]);
    let act = AdminAct::InitiateReset;
    for (held, expected) in [(&[][..], true), (&["clerk"], true), (&["Directory Readers"], false)] {
        target(&world, held, Some(false));
        assert_eq!(permitted(&world, &by, act, &world.user).await, expected, "{held:?}");
    }
}

/// The lists of Microsoft: 27 roles in 2025, 78 in 2026, no reader in either.
#[test]
fn the_lists_of_administrator_roles_are_those_of_2025_and_2026() {
    let (before, now) = (AdministratorPolicy::roles_2025(), AdministratorPolicy::roles_2026());
    assert_eq!((before.len(), now.len()), (27, 78));
    assert!(before.is_subset(&now));
    assert_eq!(AdministratorPolicy::default().roles, now);
    for list in [&before, &now] {
        let lower: std::collections::BTreeSet<String> =
            list.iter().map(|name| name.as_str().to_lowercase()).collect();
        assert_eq!(lower.len(), list.len(), "each once, in any case");
        let readers = ["Reader", "Guest Inviter", "Security Operator"];
        let is_reader = |name: &&RoleId| readers.iter().any(|part| name.as_str().contains(part));
        assert_eq!(list.iter().find(is_reader), None);
    }
    // The two that the oldest list has beside those of 2025.
    for older in ["Application Proxy Service Administrator", "Power BI Service Administrator"] {
        assert!(now.contains(older) && !before.contains(older), "{older}");
    }
}

//! The most messages of a day, with the default settings on a virtual clock, that one anonymous
//! source, one signed-in user and one administrator can cause: to one destination and in total. The
//! figures are printed (`--nocapture`) and are on the manual page `manual::threats`.

use std::collections::HashMap;
use std::time::Duration;

use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, PhoneNumber, UserFacts};
use sspr::method::{ChallengeOption, Channel, NewMethod};
use sspr::{Identifier, MethodKind, RoleId, SecretText, UserId};

use crate::support::*;

const STEP: Duration = Duration::from_secs(5 * 60);
const STEPS: u32 = 24 * 12;

/// The messages of a day.
#[derive(Debug, PartialEq, Eq)]
struct Cost {
    texts_to_one: usize,
    mails_to_one: usize,
    in_all: usize,
}

/// Counts the delivered messages, including those that wait for the end of a window.
async fn cost(world: &World) -> Cost {
    world.clock.advance(Duration::from_secs(6 * 3_600));
    world.deliver().await;
    let all = world.inbox.all();
    let most = |phones: bool| {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for message in all.iter().filter(|message| (message.channel != Channel::Email) == phones) {
            *counts.entry(message.destination.normalised()).or_default() += 1;
        }
        counts.into_values().max().unwrap_or(0)
    };
    Cost { texts_to_one: most(true), mails_to_one: most(false), in_all: all.len() }
}

/// The figures in the manual.
fn in_the_manual(who: &str) -> Cost {
    let manual = include_str!("../../../src/manual/threats.rs");
    let row = format!("//! | measured: {who} | ");
    let row = manual.lines().find_map(|line| line.strip_prefix(&row)).expect("a row");
    let cells: Vec<usize> =
        row.trim_end_matches(" |").split(" | ").map(|cell| cell.parse().expect("one")).collect();
    let [texts_to_one, mails_to_one, in_all] = cells[..] else { panic!("three figures: {row}") };
    Cost { texts_to_one, mails_to_one, in_all }
}

fn with_administrators() -> sspr::PolicySettings {
    let mut settings = settings();
    settings.notifications.administrator_roles =
        [RoleId::parse("Global Administrator").expect("valid")].into();
    settings
}

fn add(world: &World, number: u32, role: bool) -> (UserId, Identifier) {
    let name = format!("person-{number}@contoso.example");
    let id = UserId::parse(&format!("person-{number}")).expect("valid");
    let mut facts = UserFacts::new(id.clone());
    facts.primary_mail = Some(name.clone());
    if role {
        facts.roles = [RoleId::parse("Global Administrator").expect("valid")].into();
    }
    world.directory.add_user(&world.tenant, facts, &[&name], OLD).expect("new user");
    (id, Identifier::parse(&name).expect("valid"))
}

/// One source that requests codes and help for 120 accounts, as fast as its limits allow.
#[tokio::test]
async fn the_messages_that_one_anonymous_source_can_cause_in_a_day_are_bounded() {
    let world = World::builder().settings(with_administrators()).open().await;
    add(&world, 9_999, true);
    let mut names = Vec::new();
    for number in 0..120 {
        let (id, name) = add(&world, number, false);
        let mut contacts = Contacts::default();
        contacts.email = EmailAddress::parse(&format!("p{number}@private.example")).ok();
        contacts.mobile_phone = PhoneNumber::parse(&format!("+1425555{number:04}")).ok();
        let admin = world.admin();
        admin.supply_contacts(&id, &contacts).await.expect("supplied");
        names.push(name);
    }
    world.deliver().await;
    world.inbox.clear();
    let (mut asked, mut refused) = (0, 0);
    for step in 0..STEPS {
        for turn in 0..8 {
            let name = &names[((step * 8 + turn) % 120) as usize];
            let Ok(reply) = world.engine.reset().start(&request(), name).await else { continue };
            let option = if turn % 2 == 0 { sms() } else { email() };
            let done = world.engine.reset().challenge(&request(), &reply.ticket, &option).await;
            let helped =
                world.engine.reset().contact_administrator(&request(), &reply.ticket).await;
            for ok in [done.is_ok(), helped.is_ok()] {
                if ok { asked += 1 } else { refused += 1 }
            }
        }
        world.deliver().await;
        world.clock.advance(STEP);
    }
    let cost = cost(&world).await;
    println!("one anonymous source, {asked} requests served, {refused} refused: {cost:?}");
    assert!(refused > 0, "the source has spent its limit");
    assert!(cost.texts_to_one <= 20 && cost.mails_to_one <= 80, "{cost:?}");
    assert!(cost.in_all <= 1_440 + 44, "{cost:?}");
    assert_eq!(cost, in_the_manual("one anonymous source"));
}

/// One signed-in user who changes the password, methods and recovery codes, and resets too.
#[tokio::test]
async fn the_messages_that_one_signed_in_user_can_cause_in_a_day_are_bounded() {
    let mut settings = with_administrators();
    settings.users.methods.insert(MethodKind::RecoveryCode);
    let world = World::builder().settings(settings).registered().open().await;
    world.inbox.clear();
    let (mut present, mut acts, mut refused) = (OLD.to_owned(), 0, 0);
    for step in 0..STEPS {
        let (request, user) = (request(), world.signed_in());
        let next = format!("plum tractor violet {step:05} candle");
        let change = world.engine.change();
        if let Ok(reply) = change.start(&request, &user, &SecretText::from(&*present)).await {
            let next_secret = SecretText::from(&*next);
            if change.complete(&request, &reply.ticket, &next_secret).await.is_ok() {
                (present, acts) = (next, acts + 1);
            }
        } else {
            refused += 1;
        }
        let registration = world.engine.registration();
        if let Ok(set) = registration.create_recovery_codes(&request, &user).await {
            let saved = registration.acknowledge_recovery_codes(&request, &user, &set.id).await;
            if saved.is_ok() { acts += 1 } else { refused += 1 }
        }
        // A number whose holder never agreed.
        let victim = PhoneNumber::parse("+14255550199").expect("valid");
        let victim = NewMethod::mobile_phone(victim, Channel::Sms).expect("reached");
        let _ = registration.add(&request, &user, &victim).await;
        let reply = world.engine.reset().start(&request, &ada()).await;
        if let Ok(reply) = reply {
            let option = ChallengeOption::preferred(MethodKind::MobilePhone).into();
            let _ = world.engine.reset().challenge(&request, &reply.ticket, &option).await;
        }
        world.deliver().await;
        world.clock.advance(STEP);
    }
    let cost = cost(&world).await;
    println!("one signed-in user, {acts} acts, {refused} refused: {cost:?}");
    assert!(acts <= 2 * 20 && refused > 0, "{acts} acts: the day's rate was spent");
    assert!(cost.texts_to_one <= 60 && cost.mails_to_one <= 60, "{cost:?}");
    assert!(cost.in_all <= 200, "{cost:?}");
    assert_eq!(cost, in_the_manual("one signed-in user"));
}

/// One administrator who performs every operation with a notice, on one account.
#[tokio::test]
async fn the_messages_that_one_administrator_can_cause_to_an_account_in_a_day_are_bounded() {
    let world = World::builder().settings(with_administrators()).registered().open().await;
    world.inbox.clear();
    let admin = world.admin();
    let (mut acts, mut refused) = (0, 0);
    for step in 0..STEPS {
        let mut contacts = Contacts::default();
        contacts.mobile_phone = PhoneNumber::parse(&format!("+1425557{step:04}")).ok();
        let done = [
            admin.supply_contacts(&world.user, &contacts).await.is_ok(),
            admin.require_registration(&world.user).await.is_ok(),
            admin.initiate_reset(&world.user).await.is_ok(),
        ];
        for ok in done {
            if ok { acts += 1 } else { refused += 1 }
        }
        world.deliver().await;
        world.clock.advance(STEP);
    }
    let cost = cost(&world).await;
    println!("one administrator on one account, {acts} acts, {refused} refused: {cost:?}");
    assert!(acts >= 20 && refused > 0, "{acts} acts: the day's rate was spent");
    assert!(cost.texts_to_one <= 60 && cost.mails_to_one <= 60, "{cost:?}");
    assert!(cost.in_all <= 200, "{cost:?}");
    assert_eq!(cost, in_the_manual("one administrator, one account"));
}

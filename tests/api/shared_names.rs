//! D11: a name that several users share, and the mail that lists their sign-in names.
#![cfg(feature = "testing")]

use std::time::Duration;

use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, PhoneNumber, UserFacts};
use sspr::testing::CallLog;
use sspr::{Identifier, Refusal, Selection, UserId};

use crate::support::*;

const TEAM: &str = "team@contoso.example";

/// A world in which so many users have one mailbox, which is also a name of each.
async fn shared_by(users: usize) -> World {
    let world = World::builder().settings(settings()).registered().open().await;
    for n in 0..users {
        let mut facts = UserFacts::new(UserId::parse(&format!("team-{n:02}")).expect("valid"));
        facts.user_principal_name = Some(format!("member.{n:02}@contoso.example"));
        facts.primary_mail = Some(TEAM.to_owned());
        let names = [facts.user_principal_name.clone().expect("set"), TEAM.to_owned()];
        let names = [names[0].as_str(), names[1].as_str()];
        let id = facts.id.clone();
        world.directory.add_user(&tenant(), facts, &names, "a password").expect("added");
        // Each could reset, so that a name which selected one of them would send a code.
        let mut contacts = Contacts::default();
        contacts.email = EmailAddress::parse("team@home.example").ok();
        contacts.mobile_phone = PhoneNumber::parse("+14255550177").ok();
        world.supply_contacts(&id, &contacts).await;
    }
    world.deliver().await;
    world.inbox.clear();
    world
}

/// Begins a reset with this name and this method, and returns the names of the port calls.
async fn asked(world: &World, name: &str, selection: &Selection) -> Vec<&'static str> {
    let log = CallLog::new();
    let other = world.beside().seed(9).recorded(&log).open().await;
    let name = Identifier::parse(name).expect("valid");
    let reset = other.engine.reset();
    let reply = reset.start(&request(), &name).await.expect("uniform");
    reset.challenge(&request(), &reply.ticket, selection).await.expect("uniform");
    log.calls().iter().map(|call| call.name).collect()
}

#[tokio::test]
async fn a_shared_mailbox_gets_one_mail_with_the_sign_in_names() {
    for users in [2, 50] {
        let world = shared_by(users).await;
        asked(&world, " Team@CONTOSO.example", &email()).await;
        world.deliver().await;
        let all = world.inbox.all();
        let [mail] = &all[..] else { panic!("{} messages", all.len()) };
        assert_eq!((mail.kind, mail.destination.normalised().as_str()), ("sign_in_names", TEAM));
        let wanted: Vec<_> = (0..users).map(|n| format!("member.{n:02}@contoso.example")).collect();
        assert_eq!(mail.names, wanted);
        assert_eq!((mail.code(), mail.link(), mail.about.as_deref()), (None, None, None));
        // The trail says that no user was meant, and that a mail went out.
        let codes = world.event_codes().await;
        assert!(codes.contains(&"message_delivered".to_owned()), "{codes:?}");
    }
}

/// None, one, two and fifty: the calls and the first answers are equal.
#[tokio::test]
async fn the_calls_are_the_same_for_none_one_two_and_fifty() {
    let mut seen = Vec::new();
    for users in [0, 1, 2, 50] {
        let world = shared_by(users).await;
        seen.push((
            users,
            [asked(&world, TEAM, &email()).await, asked(&world, TEAM, &sms()).await],
        ));
    }
    for (users, calls) in &seen[1..] {
        assert_eq!(*calls, seen[0].1, "{users} users");
    }
}

/// Only the address that was typed gets the mail, and only for a method that sends a mail.
#[tokio::test]
async fn no_other_address_and_no_other_method_gets_the_names() {
    let world = shared_by(2).await;
    asked(&world, TEAM, &sms()).await;
    world.deliver().await;
    assert_eq!(world.inbox.all().len(), 0, "a text");

    // A name that is no mailbox of its users.
    let world = shared_by(2).await;
    for n in 0..2 {
        let id = UserId::parse(&format!("team-{n:02}")).expect("valid");
        let elsewhere = |facts: &mut UserFacts| facts.primary_mail = Some(MAIL.to_owned());
        world.directory.update_user(&tenant(), &id, elsewhere).expect("known");
    }
    asked(&world, TEAM, &email()).await;
    world.deliver().await;
    assert_eq!(world.inbox.all().len(), 0, "another mailbox");
}

/// The mail lists the users who have the mailbox when it is sent. Without any, nothing is sent.
#[tokio::test]
async fn the_names_are_those_of_the_moment_of_the_delivery() {
    for (leave, names) in [(1, 1), (2, 0)] {
        let world = shared_by(2).await;
        asked(&world, TEAM, &email()).await;
        for n in 0..leave {
            let id = UserId::parse(&format!("team-{n:02}")).expect("valid");
            assert!(world.directory.remove_user(&tenant(), &id), "it was there");
        }
        world.deliver().await;
        let seen: usize = world.inbox.all().iter().map(|mail| mail.names.len()).sum();
        assert_eq!(seen, names, "{leave} have left");
    }
}

/// The mailbox is not flooded: the mails draw on the budgets of a name, as codes do. No code is right.
#[tokio::test]
async fn the_mails_are_limited_and_no_code_is_accepted() {
    let world = shared_by(2).await;
    let reset = world.engine.reset();
    let name = Identifier::parse(TEAM).expect("valid");
    for hour in 0..40 {
        let from = request_from(&format!("203.0.113.{hour}"));
        let reply = reset.start(&from, &name).await.expect("uniform");
        let reply = reset.challenge(&from, &reply.ticket, &email()).await.expect("uniform");
        let tried = reset.prove(&from, &reply.ticket, &code("12345678")).await;
        assert_eq!(refusal(tried), Refusal::NotAccepted);
        world.deliver().await;
        world.clock.advance(Duration::from_secs(20 * 60));
    }
    let sent = world.inbox.messages_to(TEAM).len();
    let most = usize::try_from(settings().sends.per_day).expect("small");
    assert!((5..=most).contains(&sent), "{sent} mails in 14 hours");
}

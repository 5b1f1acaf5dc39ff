//! Notices to administrators: all get them, each names the user, and none gets too many.

use std::collections::BTreeSet;

use sspr::adapters::render::{EnglishText, Renderer as _};
use sspr::facts::EmailAddress;
use sspr::message::{Message, Notice};
use sspr::policy::{HelpDesk, HelpUrl};
use sspr::port::Envelope;
use sspr::{Error, Identifier, PolicySettings, Refusal, RoleId};

use crate::notices::scene::*;
use crate::support::*;

const ROLE: &str = "Global Administrator";
const HELP: &str = "notice.help_requested";
const DIGEST: &str = "notice.help_requests";

fn told_roles(mut settings: PolicySettings) -> PolicySettings {
    settings.notifications.administrator_roles = [RoleId::parse(ROLE).expect("valid")].into();
    settings
}

/// Requests help from this address. Returns whether the source's own limit allowed it.
async fn ask(world: &World, name: &str, source: &str) -> bool {
    let (from, name) = (request_from(source), Identifier::parse(name).expect("valid"));
    let Ok(reply) = world.engine.reset().start(&from, &name).await else { return false };
    world.engine.reset().contact_administrator(&from, &reply.ticket).await.is_ok()
}

#[tokio::test]
async fn d05_help_reaches_every_holder_with_mail_wherever_they_stand_in_the_list() {
    let world = World::builder().open().await;
    // The first users in the directory's order have no mail address.
    for number in 0..9 {
        add_user(&world, number, Some(ROLE), false);
    }
    let reachable: BTreeSet<String> =
        (9..40).map(|number| add_user(&world, number, Some(ROLE), true)).collect();
    assert!(ask(&world, PRIMARY, "198.51.100.1").await);
    world.deliver().await;
    let told = notices(&world.inbox);
    assert!(
        told.iter()
            .all(|message| message.kind == HELP && message.about.as_deref() == Some(PRIMARY))
    );
    assert_eq!(told.len(), reachable.len());
    let addresses: BTreeSet<String> =
        told.iter().map(|message| message.destination.normalised()).collect();
    assert_eq!(addresses, reachable);
}

/// The cap is Entra's.
#[tokio::test]
async fn d05_help_reaches_a_hundred_at_most() {
    let world = World::builder().open().await;
    for number in 0..130 {
        add_user(&world, number, Some(ROLE), true);
    }
    assert!(ask(&world, PRIMARY, "198.51.100.1").await);
    world.deliver().await;
    assert_eq!(notices(&world.inbox).len(), 100);
}

/// [E10.2.6]: Entra's tiers are the default.
#[tokio::test]
async fn e10_2_help_goes_to_the_first_tier_that_has_a_holder_with_mail() {
    let world = World::builder().open().await;
    let globals = [0, 1].map(|number| add_user(&world, number, Some(ROLE), true));
    let mut asked = 0;
    let mut told_of = async |name: &str| {
        asked += 1;
        world.inbox.clear();
        assert!(ask(&world, name, &format!("198.51.100.{asked}")).await);
        world.deliver().await;
        let told = notices(&world.inbox);
        assert!(told.iter().all(|message| message.kind == HELP));
        told.iter().map(|message| message.destination.normalised()).collect::<BTreeSet<_>>()
    };
    let users: Vec<String> = (10..15).map(|number| add_user(&world, number, None, true)).collect();
    assert_eq!(told_of(&users[0]).await, globals.into(), "no other administrator exists");
    // Six holders are more than one page.
    let second: BTreeSet<_> =
        (20..26).map(|number| add_user(&world, number, Some("User Administrator"), true)).collect();
    assert_eq!(told_of(&users[1]).await, second);
    for number in 30..36 {
        add_user(&world, number, Some("Helpdesk Administrator"), false);
    }
    assert_eq!(told_of(&users[2]).await, second, "the first tier has no holder with mail");
    let password = add_user(&world, 40, Some("Password Administrator"), true);
    assert_eq!(told_of(&users[3]).await, [password.clone()].into());
    let helpdesk = add_user(&world, 41, Some("Helpdesk Administrator"), true);
    assert_eq!(told_of(&users[4]).await, [password, helpdesk].into());
}

/// [E1.7.5], [E3.6.2]: a page or a mailbox of the organisation, or no help at all.
#[tokio::test]
async fn e3_6_help_elsewhere_is_shown_and_nothing_is_sent_or_written() {
    let page = HelpUrl::parse("https://help.contoso.example/password").expect("well formed");
    let mailbox = EmailAddress::parse("desk@contoso.example").expect("valid");
    for (help, offered) in
        [(HelpDesk::Url(page), true), (HelpDesk::Mail(mailbox), true), (HelpDesk::Off, false)]
    {
        let mut settings = settings();
        settings.desk.help = help.clone();
        let world = World::builder().settings(settings).open().await;
        add_user(&world, 0, Some(ROLE), true);
        let before = world.event_codes().await;
        for name in [PRIMARY, "unknown@contoso.example"] {
            let name = Identifier::parse(name).expect("valid");
            let reply = world.engine.reset().start(&request(), &name).await.expect("started");
            let asked = world.engine.reset().contact_administrator(&request(), &reply.ticket).await;
            match asked {
                Ok(shown) => assert!(offered && shown == help, "{shown:?}"),
                Err(Error::Refused(Refusal::NotOffered)) => assert!(!offered),
                Err(other) => panic!("{other:?}"),
            }
        }
        world.deliver().await;
        assert!(world.inbox.all().is_empty());
        assert_eq!(world.event_codes().await, before);
    }
}

#[tokio::test]
async fn d05_that_no_administrator_can_be_told_is_recorded() {
    let world = World::builder().open().await;
    for number in 0..4 {
        add_user(&world, number, Some(ROLE), false);
    }
    assert!(ask(&world, PRIMARY, "198.51.100.1").await);
    world.deliver().await;
    assert!(notices(&world.inbox).is_empty());
    assert!(world.event_codes().await.iter().any(|code| code == "message_failed"));
}

#[tokio::test]
async fn d05_all_other_administrators_are_told_of_ones_reset() {
    let mut settings = told_roles(settings());
    settings.notifications.administrators = true;
    let world = World::builder().settings(settings).registered().open().await;
    let changed = world.directory.update_user(&world.tenant, &world.user, |facts| {
        facts.roles = [RoleId::parse(ROLE).expect("valid")].into();
    });
    changed.expect("there");
    for number in 0..4 {
        add_user(&world, number, Some(ROLE), false);
    }
    let others: Vec<String> =
        (4..16).map(|number| add_user(&world, number, Some(ROLE), true)).collect();
    let ticket = world.granted().await;
    world.complete(&ticket, NEW).await.expect("reset");
    world.deliver().await;
    for other in &others {
        assert_eq!(told(&world.inbox, other, "notice.administrator_reset"), 1, "{other}");
    }
    assert_eq!(told(&world.inbox, PRIMARY, "notice.administrator_reset"), 0, "not to the actor");
    assert_eq!(told(&world.inbox, PRIMARY, "notice.password_reset"), 1);
}

#[tokio::test]
async fn s09_one_administrator_gets_so_many_requests_for_help_and_one_digest() {
    let world = World::builder().open().await;
    let helper = add_user(&world, 9_999, Some(ROLE), true);
    let mut asked = 0;
    for number in 0..300 {
        let name = add_user(&world, number, None, true);
        // The source's own limit refuses the rest of an hour's requests.
        if !ask(&world, &name, "198.51.100.1").await {
            world.clock.advance(2 * HOUR);
            assert!(ask(&world, &name, "198.51.100.1").await, "the limit has passed");
        }
        asked += 1;
        world.deliver().await;
    }
    assert_eq!(asked, 300, "each name asked once");
    let hours = (sspr::port::Clock::now(&world.clock).unix_millis() / 1_000 - START) / 3_600;
    let windows = usize::try_from(hours).expect("a few").div_ceil(6) + 1;
    world.clock.advance(7 * HOUR);
    world.deliver().await;
    let (single, digests) =
        (told(&world.inbox, &helper, HELP), told(&world.inbox, &helper, DIGEST));
    assert!(single <= 10 * windows && single >= 10, "{single} in {windows} windows");
    assert!(digests <= windows && digests >= 1, "{digests} digests in {windows} windows");
    let counted: usize = notices(&world.inbox)
        .iter()
        .map(|message| match message.notice {
            Some(Notice::HelpRequests { count, .. }) => count as usize,
            Some(Notice::HelpRequested { .. }) => 1,
            _ => 0,
        })
        .sum();
    assert_eq!(counted, 300, "every request is in a notice, alone or in a digest");
}

#[test]
fn s16_notices_to_administrators_say_for_whom() {
    let at = sspr::Timestamp::from_unix_seconds(START);
    for notice in [
        Notice::HelpRequested { at },
        Notice::AdministratorReset { at },
        Notice::AdministratorMayHaveReset { at },
    ] {
        for (about, shown) in [
            ("ada.l@contoso.example", "ada.l@contoso.example"),
            ("u-1", "u-1"),
            ("<a href=https://evil.example/x>", "a href=https evil example x"),
            ("x\r\nBcc: evil@evil.example", "x Bcc evil evil example"),
        ] {
            let mut envelope = Envelope::new(
                "00".repeat(32),
                tenant(),
                "Contoso".to_owned(),
                sspr::method::Channel::Email,
                sspr::facts::Destination::Email(
                    EmailAddress::parse("root@contoso.example").expect("valid"),
                ),
                sspr::message::Locale::default(),
                Message::Notice(notice),
                at,
            );
            envelope.about = Some(about.to_owned());
            let words = EnglishText.render(&envelope);
            let text = words.text.expose_secret().split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(&format!("The account: {shown}")), "{text}");
            assert!(!text.contains("https://"), "{text}");
            assert!(!words.subject.contains(shown), "the subject names no user");
        }
    }
}

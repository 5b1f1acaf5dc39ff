//! *It was not me*: what the link of a notice does, and whom it reaches. R-021.

use sspr::audit::EventKind;
use sspr::error::SsprReason;
use sspr::facts::EmailAddress;
use sspr::method::{Channel, NewMethod};
use sspr::policy::LinkBase;
use sspr::testing::CallLog;
use sspr::{Attempt, Error, Identifier, PolicySettings, Refusal, SecretText};

use crate::notices::scene::*;
use crate::support::*;

const PAGE: &str = "https://id.contoso.example/not-me#";
const THIEF: &str = "thief@evil.example";

fn with_page() -> PolicySettings {
    let mut settings = settings();
    settings.desk.repudiation_link = Some(LinkBase::parse(PAGE).expect("sound"));
    settings
}

async fn redeem(world: &World, name: &str, link: &str) -> Result<(), Refusal> {
    let (name, link) = (Identifier::parse(name).expect("valid"), Attempt::link(link));
    let link = link.expect("well formed");
    match world.engine.repudiation().redeem(&request(), &name, &link).await {
        Ok(()) => Ok(()),
        Err(Error::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other:?}"),
    }
}

/// A thief with Ada's session adds an address; returns the link of the notice to Ada.
async fn stolen(world: &World) -> String {
    world.register(NewMethod::email(mail(THIEF)), THIEF).await;
    world.deliver().await;
    world.inbox.last_repudiation_link_to(MAIL).expect("a link")
}

async fn addresses(world: &World) -> Vec<String> {
    let listed = world.engine.registration().list(&request(), &world.signed_in()).await;
    let to = |method: sspr::method::MethodView| method.destination.map(|to| to.normalised());
    listed.expect("listed").into_iter().filter_map(to).collect()
}

#[tokio::test]
async fn r021_a_mailed_notice_of_a_change_has_a_link_and_no_other_message_does() {
    for (settings, linked) in [(with_page(), true), (settings(), false)] {
        let world = World::builder().settings(settings).registered().open().await;
        let helper = add_user(&world, 0, Some("Helpdesk Administrator"), true);
        world.inbox.clear();
        change(&world, OLD, NEW).await.expect("changed");
        let ticket = world.granted().await;
        let asked = world.engine.reset().contact_administrator(&request(), &ticket).await;
        asked.expect("asked");
        world.deliver().await;
        let all = world.inbox.all();
        assert!(all.iter().any(|message| message.code().is_some()));
        assert_eq!(world.inbox.messages_to(&helper).len(), 1);
        for message in all {
            let told = message.kind == "notice.password_changed";
            let expected = linked && told && message.channel == Channel::Email;
            let found = message.repudiation_link();
            assert_eq!(found.is_some(), expected, "{} by {}", message.kind, message.channel);
            assert!(found.is_none_or(|link| link.starts_with(PAGE)));
        }
        assert_eq!(told(&world.inbox, PRIMARY, "notice.password_changed"), 1);
        assert_eq!(told(&world.inbox, MAIL, "notice.password_changed"), 1);
    }
}

#[tokio::test]
async fn r021_a_repudiation_undoes_what_it_can_and_blocks_until_an_administrator_acts() {
    let world = World::builder().settings(with_page()).registered().open().await;
    let helper = add_user(&world, 0, Some("Helpdesk Administrator"), true);
    let device = world.engine.registration().remember_device(&request(), &world.signed_in()).await;
    device.expect("known");
    let link = stolen(&world).await;
    assert!(addresses(&world).await.contains(&THIEF.to_owned()));
    let ticket = world.granted().await;
    let revoked = world.directory.revocations(&world.tenant, &world.user).len();
    world.inbox.clear();

    assert_eq!(redeem(&world, PRIMARY, &link).await, Ok(()));
    world.deliver().await;
    assert_eq!(world.directory.revocations(&world.tenant, &world.user).len(), revoked + 1);
    for to in [PRIMARY, MAIL, MOBILE] {
        assert_eq!(told(&world.inbox, to, "notice.repudiated"), 1, "{to}");
    }
    assert!(world.inbox.messages_to(THIEF).is_empty(), "the thief is told nothing");
    assert_eq!(told(&world.inbox, &helper, "notice.owner_repudiated"), 1);

    let blocked = Refusal::NotEligible { reason: SsprReason::Repudiated };
    let done = world.complete(&ticket, NEW).await;
    assert!(matches!(done, Err(Error::Refused(_))), "the grant is void: {done:?}");
    assert_eq!(change(&world, OLD, NEW).await, Err(blocked.clone()));
    let (registration, user) = (world.engine.registration(), world.signed_in());
    let again = NewMethod::email(EmailAddress::parse(THIEF).expect("valid"));
    let added = registration.add(&request(), &user, &again).await;
    assert!(matches!(added, Err(Error::Refused(refused)) if refused == blocked));
    let explained = world.admin().explain(&world.user).await.expect("explained");
    assert_eq!(explained.reasons, [SsprReason::Repudiated]);
    assert!(explained.repudiated_since.is_some());
    assert_eq!(explained.account.methods.len(), 2, "the owner's two stay");
    // A stranger sees a reset as usual, and nothing is sent.
    world.inbox.clear();
    let reply = world.start().await;
    world.challenge(&reply.ticket, &World::by_mail()).await;
    world.deliver().await;
    assert!(world.inbox.all().is_empty());

    world.admin().unblock(&world.user).await.expect("unblocked");
    world.deliver().await;
    assert_eq!(told(&world.inbox, MAIL, "notice.unblocked"), 1);
    assert!(!addresses(&world).await.contains(&THIEF.to_owned()));
    world.clock.advance(2 * HOUR);
    let ticket = world.granted().await;
    world.complete(&ticket, NEW).await.expect("reset");
    let codes = world.event_codes().await;
    let count = |code: &str| codes.iter().filter(|found| *found == code).count();
    assert_eq!((count("repudiated"), count("method_removed"), count("unblocked")), (1, 1, 1));
}

#[tokio::test]
async fn r021_a_link_is_accepted_once_for_a_day_and_never_after_an_administrator_unblocked() {
    // Used.
    let world = World::builder().settings(with_page()).registered().open().await;
    let link = stolen(&world).await;
    assert_eq!(redeem(&world, PRIMARY, &link).await, Ok(()));
    let before = world.event_codes().await;
    assert_eq!(redeem(&world, PRIMARY, &link).await, Err(Refusal::NotAccepted));
    assert_eq!(world.event_codes().await, before, "nothing is recorded");
    // The block has ended, and the link is still used.
    world.admin().unblock(&world.user).await.expect("unblocked");
    assert_eq!(redeem(&world, PRIMARY, &link).await, Err(Refusal::NotAccepted));

    // Void: an administrator has unblocked the account after a later change was repudiated.
    let world = World::builder().settings(with_page()).registered().open().await;
    let earlier = stolen(&world).await;
    world.clock.advance(MINUTE);
    change(&world, OLD, NEW).await.expect("changed");
    world.deliver().await;
    let later = world.inbox.last_repudiation_link_to(MAIL).expect("a link");
    assert_ne!(earlier, later);
    assert_eq!(redeem(&world, PRIMARY, &later).await, Ok(()));
    assert_eq!(redeem(&world, PRIMARY, &earlier).await, Err(Refusal::NotAccepted));

    // Expired: a day after it was sent.
    for (wait, accepted) in [(DAY - 2 * MINUTE, true), (DAY, false)] {
        let world = World::builder().settings(with_page()).registered().open().await;
        let link = stolen(&world).await;
        world.clock.advance(wait);
        assert_eq!(redeem(&world, PRIMARY, &link).await.is_ok(), accepted, "{wait:?}");
    }
}

/// A link of a notice from the time of the block is void too.
#[tokio::test]
async fn r021_an_unblock_voids_the_links_of_the_time_of_the_block() {
    let world = World::builder().settings(with_page()).registered().open().await;
    let link = stolen(&world).await;
    assert_eq!(redeem(&world, PRIMARY, &link).await, Ok(()));
    world.clock.advance(MINUTE);
    world.admin().set_temporary_password(&world.user, None).await.expect("set");
    world.deliver().await;
    let later = world.inbox.last_repudiation_link_to(MAIL).expect("a link");
    assert_ne!(link, later);
    world.clock.advance(MINUTE);
    world.admin().unblock(&world.user).await.expect("unblocked");
    assert_eq!(redeem(&world, PRIMARY, &later).await, Err(Refusal::NotAccepted));
    assert_eq!(world.admin().explain(&world.user).await.expect("read").repudiated_since, None);
}

/// After the block, neither a flow nor a known device of before is left.
#[tokio::test]
async fn r021_flows_and_devices_of_before_do_not_outlive_the_block() {
    let world = World::builder().settings(with_page()).registered().open().await;
    let registration = world.engine.registration();
    let remember = async || {
        let device = registration.remember_device(&request(), &world.signed_in()).await;
        device.map(drop).expect("remembered");
    };
    remember().await;
    let link = stolen(&world).await;
    let entering = world.start().await;
    let entering = world.challenge(&entering.ticket, &email()).await;
    world.deliver().await;
    let code = world.code_to(MAIL).await;
    assert_eq!(redeem(&world, PRIMARY, &link).await, Ok(()));
    world.admin().unblock(&world.user).await.expect("unblocked");
    let proven = world.prove(&entering.ticket, &code).await;
    assert_eq!(refusal(proven), Refusal::NotAccepted, "a code from before");
    remember().await;
    let events = world.admin().user_events(&world.user, None, 1_000).await.expect("read").items;
    let mut devices = events.iter().rev().filter_map(|event| match event.kind {
        EventKind::DeviceRemembered { devices, .. } => Some(devices),
        _ => None,
    });
    assert_eq!(devices.next(), Some(1), "the device from before is forgotten");
}

/// The next user with this id cannot repudiate what the previous one was told of.
#[tokio::test]
async fn r021_a_link_of_a_previous_user_with_this_id_is_not_accepted() {
    let world = World::builder()
        .settings(with_page())
        .account(|facts| facts.incarnation = Some("first".to_owned()))
        .registered()
        .open()
        .await;
    let link = stolen(&world).await;
    let next = |facts: &mut sspr::facts::UserFacts| facts.incarnation = Some("second".to_owned());
    world.directory.update_user(&world.tenant, &world.user, next).expect("known");
    let before = world.event_codes().await;
    assert_eq!(redeem(&world, PRIMARY, &link).await, Err(Refusal::NotAccepted));
    assert_eq!(world.event_codes().await, before, "nothing is recorded");
}

#[tokio::test]
async fn r021_links_that_are_not_accepted_are_refused_alike() {
    let log = CallLog::new();
    let world = World::builder().settings(with_page()).registered().recorded(&log).open().await;
    let used = stolen(&world).await;
    assert_eq!(redeem(&world, PRIMARY, &used).await, Ok(()));
    world.admin().unblock(&world.user).await.expect("unblocked");
    world.clock.advance(MINUTE);
    world.inbox.clear();
    let bob = world.add_user("bob", "bob@contoso.example");
    world
        .directory
        .update_user(&world.tenant, &bob, |facts| {
            facts.primary_mail = Some("bob@contoso.example".to_owned());
        })
        .expect("known");
    let old = stolen(&world).await;
    world.clock.advance(2 * DAY);
    let wrong = format!("{PAGE}{}", "A".repeat(43));
    // The policy is read again after two days, by the first call.
    world.start().await;
    let mut shapes = Vec::new();
    for (name, link) in [
        (PRIMARY, &wrong),
        (PRIMARY, &used),
        (PRIMARY, &old),
        ("bob@contoso.example", &old),
        ("unknown@contoso.example", &old),
    ] {
        log.clear();
        assert_eq!(redeem(&world, name, link).await, Err(Refusal::NotAccepted), "{name}");
        shapes.push(log.shapes());
    }
    assert!(!shapes[0].is_empty());
    assert!(shapes.iter().all(|shape| *shape == shapes[0]), "{shapes:#?}");
}

/// Fills the outbox with notices, as far as the budget of acts allows.
async fn fill(world: &World) {
    let mut contacts = sspr::admin::Contacts::default();
    for number in 0..3 {
        contacts.office_phone = Some(phone(&format!("+1425555019{number}")));
        let _ = world.admin().supply_contacts(&world.user, &contacts).await;
    }
}

#[tokio::test]
async fn r021_without_a_page_no_link_is_accepted_and_a_full_outbox_stops_none() {
    let world = World::builder().registered().open().await;
    let link = format!("{PAGE}{}", "A".repeat(43));
    assert_eq!(redeem(&world, PRIMARY, &link).await, Err(Refusal::NotOffered));

    let world = World::builder().settings(with_page()).registered().open().await;
    let link = stolen(&world).await;
    world.inbox.fail_with(Some(sspr::port::PortErrorKind::Unavailable));
    for number in 0..8 {
        let _ = change(&world, OLD, &format!("plum tractor violet {number:05} candle")).await;
        fill(&world).await;
    }
    assert_eq!(redeem(&world, PRIMARY, &link).await, Ok(()));
}

#[tokio::test]
async fn r021_the_words_of_a_notice_hold_the_link_and_say_that_opening_it_changes_nothing() {
    use sspr::adapters::render::{EnglishText, Renderer as _};
    use sspr::message::{Message, Notice, RepudiationLink};
    let at = sspr::Timestamp::from_unix_seconds(START);
    let url = format!("{PAGE}{}", "k".repeat(43));
    let mut envelope = sspr::port::Envelope::new(
        "00".repeat(32),
        tenant(),
        "Contoso".to_owned(),
        Channel::Email,
        sspr::facts::Destination::Email(mail(MAIL)),
        sspr::message::Locale::default(),
        Message::Notice(Notice::PasswordReset { at }),
        at,
    );
    assert!(!EnglishText.render(&envelope).text.expose_secret().contains("https://"));
    let secret = SecretText::from(url.as_str());
    envelope.repudiation = Some(RepudiationLink::new(secret, at));
    assert!(!format!("{envelope:?}").contains("kkkk"));
    let words = EnglishText.render(&envelope);
    for text in [words.text.expose_secret(), words.html.expect("html").expose_secret()] {
        assert!(text.contains(&url), "{text}");
        let plain = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(plain.contains("Opening it alone changes nothing"), "{plain}");
    }
}

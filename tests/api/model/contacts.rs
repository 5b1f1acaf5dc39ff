//! Contact data of the directory, and what a write tells it.

use sspr::error::SsprReason;
use sspr::facts::{
    ContactFacts, ContactSlot, Destination, Lockouts, PasswordHome, PhoneNumber, WritePurpose,
};
use sspr::policy::{Deviation, PhoneFormat};

use super::{change, number, refused};
use crate::support::*;

/// A world whose account has registered nothing and whose directory has these contacts.
async fn world(format: PhoneFormat, counts: bool) -> World {
    let mut settings = super::reasoned();
    settings.contacts.directory = counts;
    settings.contacts.phone_format = format;
    settings.acknowledged.insert(Deviation::UnverifiedDirectoryContacts);
    let builder = World::builder().settings(settings);
    builder.engine(|engine| engine.human_check(super::Human)).open().await
}

fn contacts(world: &World, fill: impl FnOnce(&mut ContactFacts)) {
    change(world, |facts| {
        facts.contacts = ContactFacts::default();
        facts.contacts.mail = vec!["ada@home.example".to_owned()];
        fill(&mut facts.contacts);
    });
}

#[tokio::test]
async fn e2_3_unconfirmed_data_of_the_directory_counts_where_the_policy_says_so() {
    for (counts, expected) in [(false, Some(14)), (true, None)] {
        let world = world(PhoneFormat::Entra, counts).await;
        contacts(&world, |contacts| contacts.mobile_phone = Some("+1 4251234567".to_owned()));
        assert_eq!(number(&world).await, expected);
    }
}

#[tokio::test]
async fn e1_3_a_number_counts_in_the_format_of_the_policy_only() {
    for (text, entra, international) in [
        ("+1 4251234567", true, true),
        ("+1 4251234567X12345", true, true),
        ("+14251234567", false, true),
        ("+1 425 1234567", false, true),
        ("4251234567", false, false),
        ("unknown", false, false),
    ] {
        for (format, counts) in
            [(PhoneFormat::Entra, entra), (PhoneFormat::International, international)]
        {
            let world = world(format, true).await;
            contacts(&world, |contacts| contacts.mobile_phone = Some(text.to_owned()));
            let seen = world.admin().explain(&world.user).await.expect("explained");
            let expected: &[_] = if counts { &[] } else { &[ContactSlot::MobilePhone] };
            assert_eq!(seen.malformed, expected, "{text} {format:?}");
            assert_eq!(refused(&world).await.is_none(), counts, "{text} {format:?}");
        }
    }
}

#[tokio::test]
async fn e1_3_an_extension_is_never_dialled() {
    let world = world(PhoneFormat::Entra, true).await;
    contacts(&world, |contacts| contacts.mobile_phone = Some("+1 4251234567X12345".to_owned()));
    let request = || request().with_human_answer("passed".into());
    let reply = world.engine.reset().start(&request(), &ada()).await.expect("started");
    world.engine.reset().challenge(&request(), &reply.ticket, &sms()).await.expect("opened");
    world.deliver().await;
    let number = PhoneNumber::parse("+14251234567").expect("valid");
    let sent: Vec<_> = world.inbox.all().into_iter().map(|message| message.destination).collect();
    assert_eq!(sent, [Destination::Phone(number)]);
}

#[tokio::test]
async fn e1_3_the_first_mail_address_counts_and_an_alternate_mobile_never() {
    let world = world(PhoneFormat::Entra, true).await;
    contacts(&world, |contacts| contacts.alternate_mobile = Some("+1 4251234567".to_owned()));
    assert_eq!(refused(&world).await, Some(SsprReason::TooFewMethods));
    contacts(&world, |contacts| {
        contacts.mobile_phone = Some("+1 4251234567".to_owned());
        contacts.mail = vec!["no address".to_owned(), "ada@home.example".to_owned()];
    });
    assert_eq!(refused(&world).await, Some(SsprReason::TooFewMethods), "only the first counts");
}

#[test]
fn e7_1_only_an_unreachable_directory_is_worth_a_retry() {
    for reason in SsprReason::ALL {
        if reason.code().is_some() {
            assert_eq!(reason.retry_helps(), reason.code() == Some(30), "{reason}");
        }
    }
}

#[tokio::test]
async fn e3_4_a_write_says_why_and_which_lockouts_it_clears() {
    let both = Lockouts { sign_in: true, on_premises: true };
    let sign_in = Lockouts { sign_in: true, on_premises: false };
    for home in [PasswordHome::Cloud, PasswordHome::OnPremises] {
        let mut settings = settings();
        settings.on_premises.writeback = true;
        let builder = World::builder().settings(settings).registered();
        let world = builder.account(|facts| facts.password_home = home).open().await;
        let ticket = world.granted().await;
        world.complete(&ticket, NEW).await.expect("reset");
        let changes = world.engine.change();
        let begun = changes.start(&request(), &world.signed_in(), &NEW.into()).await;
        let ticket = begun.expect("known").ticket;
        let password = "violet plum candle tractor";
        changes.complete(&request(), &ticket, &password.into()).await.expect("changed");
        let writes = world.directory.writes(&world.tenant, &world.user);
        let seen: Vec<_> = writes
            .iter()
            .map(|write| (write.purpose, write.clears, write.must_change, write.risk_remediated))
            .collect();
        let expected = [
            (WritePurpose::Reset, both, false, true),
            (WritePurpose::Change, sign_in, false, false),
        ];
        assert_eq!(seen, expected, "{home:?}");
    }
}

//! Recipients, number and content of messages: V35, V36, V43, V45.

use std::collections::BTreeSet;

use sspr::adapters::render::{EnglishText, Renderer as _};
use sspr::facts::{EmailAddress, PhoneNumber, UserFacts};
use sspr::message::{CodeMessage, CodePurpose, Locale, Message, Notice};
use sspr::policy::Rate;
use sspr::port::Envelope;
use sspr::{Identifier, MethodKind, SecretText, Timestamp, UserId};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(v43_no_address_is_flooded);
in_memory!(
    v35_messages_go_to_stored_addresses_only,
    v36_two_spellings_are_one_only_by_the_declared_rule,
    v36_a_name_of_two_people_selects_no_account,
    v45_nothing_a_caller_typed_enters_a_message,
);

/// V35: for every typed identifier and number, messages go to stored addresses only.
async fn v35_messages_go_to_stored_addresses_only(_kind: &StoreKind) {
    let mut settings = settings();
    settings.typed_number = true;
    let world = World::builder().settings(settings).registered().open().await;
    world.inbox.clear();
    let evil = [
        "ada@contoso.example,evil@elsewhere.example",
        "ada@contoso.example;evil@elsewhere.example",
        "ada@contoso.example evil@elsewhere.example",
        "ada@contoso.example%0acc:evil@elsewhere.example",
        "[\"ada@contoso.example\",\"evil@elsewhere.example\"]",
        "ada@cont\u{131}oso.example",
        "\u{430}da@contoso.example",
        "ada@contoso.example.",
        "ada+x@contoso.example",
        "evil@elsewhere.example",
        MAIL,
        "ADA@CONTOSO.EXAMPLE",
    ];
    for (n, typed) in evil.into_iter().enumerate() {
        let name = named(typed);
        let request = source(n as u32);
        opened(&world.engine, &request, &name, &email()).await.expect("uniform");
        let number = sms().with_typed_number(&format!("+1900555{n:04}")).expect("a number");
        opened(&world.engine, &request, &name, &number).await.expect("uniform");
    }
    assert!(Identifier::parse("ada@contoso.example\r\nBcc: evil@elsewhere.example").is_err());
    assert!(sms().with_typed_number("+14255550100,+19005550100").is_err());
    world.deliver().await;
    let sent: BTreeSet<String> =
        world.inbox.all().iter().map(|message| message.destination.normalised()).collect();
    let on_file: BTreeSet<String> = [MAIL.to_owned()].into();
    assert_eq!(sent, on_file, "Ada's own mail, for the spelling that the directory matches");
}

/// V36: pairs of spellings that other systems confused, and the pairs that are equal here.
async fn v36_two_spellings_are_one_only_by_the_declared_rule(_kind: &StoreKind) {
    let other = [
        ("mike@example.org", "m\u{131}ke@example.org"),
        ("smith@example.org", "\u{17F}mith@example.org"),
        ("strasse@example.org", "stra\u{DF}e@example.org"),
        ("ada@example.org", "\u{430}da@example.org"),
        ("ada@example.org", "ad\u{E0}@example.org"),
        ("ada@example.org", "ada+x@example.org"),
        ("a.da@example.org", "ada@example.org"),
        ("ada@example.org", "ada@ex\u{E4}mple.org"),
        ("fi@example.org", "\u{FB01}@example.org"),
        ("ada@faß.example", "ada@fass.example"),
    ];
    for (left, right) in other {
        if let (Ok(left), Ok(right)) = (EmailAddress::parse(left), EmailAddress::parse(right)) {
            assert_ne!(left.normalised(), right.normalised());
            assert_ne!(left, right);
        }
    }
    let same = [
        ("Ada@Example.org", "ada@example.org"),
        ("kelvin@example.org", "\u{212A}elvin@example.org"),
        ("jo\u{308}rg@example.org", "j\u{F6}rg@example.org"),
        ("ada@M\u{DC}NCHEN.example", "ada@xn--mnchen-3ya.example"),
    ];
    for (left, right) in same {
        assert_eq!(mail(left).normalised(), mail(right).normalised(), "{left}");
    }
    for bad in [
        "ada\u{200D}@example.org",
        "ada\u{A0}@example.org",
        "ada\u{AD}@example.org",
        "ada @example.org",
        "ada@example.org.",
        "ada@\u{FF45}xample.org",
        "ada\u{FF20}example.org@example.org",
        "\u{202E}ada@example.org",
        "ada@example.org\0",
        "ada@@example.org",
        "ada@127.0.0.1",
        "a,b@example.org",
        "\"a b\"@example.org",
    ] {
        assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
    }
    assert_eq!(phone("+14255550100").normalised(), phone("+1 4255550100x9").normalised());
    for bad in ["14255550100", "0014255550100", "+1 (425 555-0100", "+\u{B9}4255550100", "+0425555"]
    {
        assert!(PhoneNumber::parse(bad).is_err(), "{bad:?}");
    }
}

/// V36: if two users match a name, or spellings are nearly equal, nothing is sent.
async fn v36_a_name_of_two_people_selects_no_account(_kind: &StoreKind) {
    let world = World::builder().settings(one_gate()).open().await;
    let person = settle(&world, 1).await;
    let twin = UserFacts::new(UserId::parse("twin").expect("valid"));
    let shared = [person.name.as_str(), "Both@contoso.example"];
    world.directory.add_user(&world.tenant, twin, &shared, OLD).expect("new user");
    for (n, typed) in [
        "person1@contoso.example",
        "PERSON1@contoso.example",
        "person\u{FF11}@contoso.example",
        "per\u{17F}on1@contoso.example",
        "person1@contoso.example\u{200D}",
        "person 1@contoso.example",
    ]
    .into_iter()
    .enumerate()
    {
        let reply = opened(&world.engine, &source(n as u32), &named(typed), &email()).await;
        reply.expect("uniform");
    }
    world.deliver().await;
    assert_eq!(world.inbox.attempts(), 0);
}

/// V43: messages are limited by account, by source and by destination; unknown accounts cause no
/// message.
async fn v43_no_address_is_flooded(stores: &StoreKind) {
    let mut settings = one_gate();
    settings.limits.source = Rate::new(20, HOUR);
    settings.limits.prefix = Rate::new(3, HOUR);
    let world = World::builder().store(stores.store()).settings(settings).open().await;
    let person = settle(&world, 1).await;
    let sent = |to: &str| world.inbox.messages_to(to).len();
    for n in 0..stores.rounds(100, 30) {
        opened(&world.engine, &source(n), &person.name, &email()).await.expect("uniform");
        world.deliver().await;
    }
    assert_eq!(sent(&person.mail), 5, "as many as anonymous callers may have live flows");
    // Over a day: as many as the account's budget allows, for all callers together.
    for n in 0..stores.rounds(200, 40) {
        world.clock.advance(15 * MINUTE);
        opened(&world.engine, &source(n), &person.name, &email()).await.expect("uniform");
        world.deliver().await;
        if n == 90 {
            break;
        }
    }
    assert!(sent(&person.mail) <= 20, "{}", sent(&person.mail));
    // One source, many people.
    let before = world.inbox.attempts();
    for n in 100..160 {
        let person = settle(&world, n).await;
        opened(&world.engine, &request_from("192.0.2.1"), &person.name, &email()).await;
    }
    world.deliver().await;
    assert_eq!(world.inbox.attempts() - before, 20);
    // One source gets only its share of an account's budget.
    let person = settle(&world, 200).await;
    let before = world.inbox.attempts();
    for _ in 0..4 {
        for selection in [email(), sms()] {
            opened(&world.engine, &request_from("192.0.2.2"), &person.name, &selection).await;
            world.deliver().await;
        }
    }
    assert_eq!(world.inbox.attempts() - before, 2, "half of five live flows");
    // Unknown people.
    let before = world.inbox.attempts();
    for n in 0..50 {
        opened(&world.engine, &source(9_000 + n), &named(&format!("unknown{n}")), &sms()).await;
    }
    world.deliver().await;
    assert_eq!(world.inbox.attempts(), before);
    // A range of numbers: the limit alarms and codes are longer, but no user is refused.
    let before = count(&all_events(&world).await, "limit_spent");
    for n in 300..306 {
        let person = settle(&world, n).await;
        opened(&world.engine, &source(n), &person.name, &sms()).await.expect("uniform");
    }
    assert!(count(&all_events(&world).await, "limit_spent") - before >= 3);
}

/// V45: messages consist of fixed texts and stored facts; line ends and markup in names are
/// removed.
async fn v45_nothing_a_caller_typed_enters_a_message(_kind: &StoreKind) {
    let world = World::builder().settings(settings()).registered().open().await;
    let evil = "Contoso\r\nBcc: evil@elsewhere.example\n\n<a href=\"https://evil.example\">x</a>";
    let renamed = world.directory.update_tenant(&world.tenant, |facts| {
        facts.display_name = evil.to_owned();
    });
    renamed.expect("there");
    let ticket = world.granted().await;
    world.complete(&ticket, "a password of twelve words").await.expect("reset");
    world.deliver().await;
    let all = world.inbox.all();
    assert!(all.len() > 4);
    for sent in all {
        let message = match (sent.notice, sent.code()) {
            (Some(notice), _) => Message::Notice(notice),
            (None, code) => Message::Code(CodeMessage::new(
                CodePurpose::Reset,
                SecretText::from(code.expect("a code")),
                sent.not_after,
            )),
        };
        let envelope = Envelope::new(
            sent.idempotency_key.clone(),
            sent.tenant.clone(),
            sent.organisation.clone(),
            sent.channel,
            sent.destination.clone(),
            sent.locale.clone(),
            message,
            sent.not_after,
        );
        let words = EnglishText.render(&envelope);
        let text = words.text.expose_secret();
        for part in ["203.0.113.7", "ada@contoso.example", "twelve words", "<a", "://", "\nBcc"] {
            assert!(!text.contains(part), "{part}: {text}");
        }
        assert!(!words.subject.contains(['\r', '\n', '<']), "{}", words.subject);
        assert!(!text.contains('\r'));
    }
    // No other text can be inserted: a locale is a tag, a notice is a typed fact.
    assert!(Locale::parse("en\r\nBcc: x").is_err());
    let notice = Notice::MethodAdded { method: MethodKind::Email, at: Timestamp::EPOCH };
    assert_eq!(notice.id(), "notice.method_added");
}

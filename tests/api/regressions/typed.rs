//! Typed and pasted values, and sources as proxies write them, through the public interface.

use std::time::Duration;

use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::method::{Channel, NewMethod};
use sspr::port::Clock as _;
use sspr::{
    Attempt, Identifier, InvalidInput, MethodKind, Refusal, Request, Selection, Source, Step,
};

use crate::support::*;

fn run(test: impl Future<Output = ()>) {
    sspr::testing::block_on(test);
}

/// T2: a code is accepted in the forms of mail programs and phones, and malformed text costs no
/// attempt: after a hundred malformed forms the correct code still works.
#[test]
fn a_malformed_code_costs_no_try_and_a_pasted_one_is_the_code() {
    run(async {
        let world = World::builder().settings(one_gate()).registered().open().await;
        let forms: [fn(&str) -> String; 12] = [
            |code| format!("{code}\u{A0}"),
            |code| format!("\t{code}"),
            |code| format!("{code}\r\n"),
            |code| format!("{code}\u{200B}"),
            |code| format!("\u{FEFF}{code}"),
            |code| format!("{}\u{2011}{}", &code[..4], &code[4..]),
            |code| format!("{}\u{202F}{}", &code[..3], &code[3..]),
            |code| format!("\u{2068}{code}\u{2069}"),
            |code| format!("\u{201C}{code}.\u{201D}"),
            |code| code.chars().filter_map(|c| char::from_u32(u32::from(c) + 0xFEE0)).collect(),
            |code| code.chars().filter_map(|c| char::from_u32(u32::from(c) + 0x630)).collect(),
            |code| code.chars().filter_map(|c| char::from_u32(u32::from(c) + 0x936)).collect(),
        ];
        for form in forms {
            let reply = world.start().await;
            let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
            assert!(right.chars().all(|c| c.is_ascii_digit()), "mail codes are digits: {right}");
            for bad in ["+", "12+34", "\u{202E}1234", "1\u{0}2", "\u{B2}\u{B3}", "12=34", ""] {
                for _ in 0..15 {
                    assert!(Attempt::code(bad).is_err(), "{bad:?}");
                }
            }
            let typed = form(&right);
            let proven = world
                .prove(&reply.ticket, &typed)
                .await
                .unwrap_or_else(|error| panic!("{typed:?}: {error}"));
            assert!(matches!(proven.step, Step::NewPassword { .. }), "{typed:?}");
            world.clock.advance(Duration::from_secs(2 * 86_400));
        }
    });
}

/// T2: invisible characters at the edges of a name are dropped.
#[test]
fn an_identifier_with_invisible_edges_names_the_same_person() {
    run(async {
        let world = World::builder().settings(one_gate()).registered().open().await;
        for typed in ["\u{FEFF}ada@contoso.example", "ada@contoso.example\u{200B}\u{A0}\r\n"] {
            let identifier = Identifier::parse(typed).expect("the edges are dropped");
            let reply = world.engine.reset().start(&request(), &identifier).await.expect("started");
            let (_, code) = world.challenged(&reply.ticket, &email(), MAIL).await;
            assert_eq!(code.len(), 8, "a code has arrived");
            world.clock.advance(Duration::from_secs(2 * 86_400));
        }
        let inside = Identifier::parse("ada\u{200B}@contoso.example");
        assert_eq!(inside, Err(InvalidInput::Invisible { what: "identifier" }));
    });
}

/// T5: one number in two spellings is one gate: if two are required, no code is sent.
#[test]
fn one_handset_in_two_spellings_is_one_gate() {
    run(async {
        let spellings = [
            ("+44 07911123456", false),
            ("+44 (0)7911 123-456", false),
            ("tel:+44-7911-123456", false),
            ("+44 7911 123457", true),
        ];
        for (spelling, two_gates) in spellings {
            let world = World::builder()
                .policy(|settings| {
                    settings.users.methods.insert(MethodKind::OfficePhone);
                })
                .open()
                .await;
            let mobile = PhoneNumber::parse("+44 7911 123456").expect("valid");
            let mobile = NewMethod::mobile_phone(mobile, Channel::Sms).expect("reached");
            world.register(mobile, "+447911123456").await;
            world.clock.advance(Duration::from_secs(61));
            let office = PhoneNumber::parse(spelling).expect("valid");
            world.register(NewMethod::office_phone(office.clone()), office.as_e164()).await;
            world.clock.advance(Duration::from_secs(2 * 86_400));
            let registered = world.inbox.last_code_to("+447911123456");
            let reply = world.start().await;
            world.challenge(&reply.ticket, &sms()).await;
            world.deliver().await;
            let sent = world.inbox.last_code_to("+447911123456") != registered;
            assert_eq!(sent, two_gates, "{spelling}");
        }
    });
}

/// T11: a typed phone number is compared as a number, not as text.
#[test]
fn the_number_that_a_person_types_may_be_written_as_people_write() {
    run(async {
        let mut settings = one_gate();
        settings.typed_number = true;
        let world = World::builder().settings(settings).registered().open().await;
        for typed in [
            "+14255550100",
            "+1 425 555 0100",
            "+1 (425) 555-0100 ",
            "tel:+1-425-555-0100",
            "+1 1 425 555 0100",
            "\u{FEFF}+1 425\u{2011}555\u{2011}0100",
        ] {
            let reply = world.start().await;
            let selection = Selection::parse("mobile_phone.sms.0")
                .expect("an option")
                .with_typed_number(typed)
                .expect("a number");
            let (reply, right) = world.challenged(&reply.ticket, &selection, MOBILE).await;
            world.prove(&reply.ticket, &right).await.unwrap_or_else(|e| panic!("{typed}: {e}"));
            world.clock.advance(Duration::from_secs(2 * 86_400));
        }
    });
}

/// T7: unknown sources spend only their own budget; an address with a port, in brackets or as an
/// element of `Forwarded` is a known source.
#[test]
fn unknown_sources_close_the_service_to_no_known_one() {
    run(async {
        let world = World::builder().settings(one_gate()).registered().open().await;
        let most = one_gate().limits.source.max;
        let challenge = async |source: &str, name: &str| {
            let request = Request::new(tenant(), Source::parse(source));
            let name = Identifier::parse(name).expect("valid");
            let reply = world.engine.reset().start(&request, &name).await?;
            world.engine.reset().challenge(&request, &reply.ticket, &email()).await
        };
        let mut refused = None;
        for stranger in 0..=most {
            let name = format!("stranger-{stranger}@contoso.example");
            refused = challenge("junk", &name).await.err();
        }
        let refused = refused.expect("the budget of the unknown is spent");
        assert!(matches!(refused.refusal(), Some(Refusal::TooOften { .. })), "{refused:?}");
        for (place, known) in [
            "203.0.113.7:51234",
            "[2001:db8::1]:443",
            "fe80::1%eth0",
            "for=\"[2001:db8:0:1::1]:4711\";proto=https",
            "198.51.100.1",
        ]
        .into_iter()
        .enumerate()
        {
            let name = format!("other-{place}@contoso.example");
            challenge(known, &name).await.unwrap_or_else(|error| panic!("{known}: {error}"));
        }
        challenge("192.0.2.1:443", "ada@contoso.example").await.expect("the owner goes on");
        world.deliver().await;
        assert!(world.inbox.last_code_to(MAIL).is_some());
    });
}

/// T8: each machine behind a translator or a tunnel has its own budget, the same as without it.
#[test]
fn a_translator_gives_no_second_budget_and_its_users_share_none() {
    run(async {
        let world = World::builder().settings(one_gate()).open().await;
        let most = one_gate().limits.source.max;
        let challenge = async |source: &str, name: &str| {
            let source = Source::parse(source);
            assert_ne!(source, Source::Unknown);
            let request = Request::new(tenant(), source);
            let name = Identifier::parse(name).expect("valid");
            let reply = world.engine.reset().start(&request, &name).await?;
            world.engine.reset().challenge(&request, &reply.ticket, &email()).await
        };
        for stranger in 0..most {
            let name = format!("stranger-{stranger}@contoso.example");
            challenge("198.51.100.1", &name).await.expect("within the limit");
        }
        for spent in [
            "::ffff:198.51.100.1",
            "64:ff9b::198.51.100.1",
            "[64:ff9b:1::198.51.100.1]:443",
            "2002:c633:6401:7::1",
            "198.51.100.1:443",
        ] {
            let refused = challenge(spent, "late@contoso.example").await.expect_err(spent);
            assert!(matches!(refused.refusal(), Some(Refusal::TooOften { .. })), "{refused:?}");
        }
        challenge("64:ff9b::203.0.113.7", "other@contoso.example").await.expect("another machine");
    });
}

/// T1: one password from keyboards that send composed and decomposed letters. The directory gets
/// one form when the password is written and when it is verified.
#[test]
fn a_password_typed_in_parts_is_the_same_password_everywhere() {
    run(async {
        for (first, second) in [
            ("zwo\u{308}lf vo\u{308}gel am zaun", "zw\u{F6}lf v\u{F6}gel am zaun"),
            (
                "\u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF} fields of rice",
                "\u{D55C}\u{AE00} fields of rice",
            ),
            ("e\u{301}te\u{301} comme hiver ici", "\u{E9}t\u{E9} comme hiver ici"),
            (
                "a\u{323}\u{302}n tra\u{301}i xoa\u{300}i chi\u{301}n",
                "\u{1EAD}n tr\u{E1}i xo\u{E0}i ch\u{ED}n",
            ),
            ("\u{212B}ngstr\u{F6}m und kelvin", "\u{C5}ngstro\u{308}m und kelvin"),
            // RFC 8265, 4.2.2 (NFC), by the cases of UAX 15: marks in either order, letters that
            // are never composed again, singletons, syllables, voiced kana.
            ("garc\u{327}on de cafe\u{301} noir", "gar\u{E7}on de caf\u{E9} noir"),
            ("man\u{303}ana sera\u{301} otro dia", "ma\u{F1}ana ser\u{E1} otro dia"),
            ("s\u{323}\u{307} has dots in two orders", "s\u{307}\u{323} has dots in two orders"),
            ("\u{1E0A}\u{323} has dots in two orders", "\u{1E0C}\u{307} has dots in two orders"),
            ("\u{1E69} has dots in two orders", "s\u{307}\u{323} has dots in two orders"),
            ("\u{2126} resists a small current", "\u{3A9} resists a small current"),
            ("\u{1F71}lpha before the omega", "\u{3AC}lpha before the omega"),
            ("\u{1100}\u{1161}\u{11A8} is one syllable", "\u{AC01} is one syllable"),
            ("\u{AC00}\u{11A8} is one syllable", "\u{AC01} is one syllable"),
            ("\u{30AB}\u{3099} is voiced in Osaka", "\u{30AC} is voiced in Osaka"),
            ("\u{958} is a letter of Hindi", "\u{915}\u{93C} is a letter of Hindi"),
            ("\u{FB2A} is a letter of Hebrew", "\u{5E9}\u{5C1} is a letter of Hebrew"),
            (
                "\u{1E9B}\u{323} is a long dotted letter",
                "\u{17F}\u{323}\u{307} is a long dotted letter",
            ),
        ] {
            let world = World::builder().settings(one_gate()).registered().open().await;
            let reply = world.start().await;
            let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
            let reply = world.prove(&reply.ticket, &right).await.expect("proven");
            world.complete(&reply.ticket, first).await.expect("reset");
            assert!(world.password_is(first) && world.password_is(second), "{first}");
            let change = world.engine.change();
            for present in [first, second] {
                let user = world.signed_in();
                let started = change.start(&request(), &user, &present.into()).await;
                started.unwrap_or_else(|error| panic!("{present}: {error}"));
                world.clock.advance(Duration::from_secs(3_600));
            }
            let user = world.signed_in();
            let wrong = change.start(&request(), &user, &"another password".into()).await;
            assert_eq!(refusal(wrong), Refusal::NotAccepted, "the directory is asked");
        }
    });
}

/// T13: a mail says how long its code is valid, until when, and that a newer code ends it; the code
/// is on its own line.
#[test]
fn a_mail_says_how_long_its_code_lives_and_that_a_newer_one_ends_it() {
    use sspr::Timestamp;
    use sspr::adapters::render::{EnglishText, Renderer as _};
    use sspr::facts::Destination;
    use sspr::message::{CodeMessage, CodePurpose, LinkMessage, Locale, Message};
    use sspr::port::Envelope;

    let until = Timestamp::from_unix_seconds(1_700_000_000);
    let to = || Destination::Email(EmailAddress::parse(MAIL).expect("valid"));
    let words = |message| {
        let (name, key) = ("Contoso".to_owned(), "00".repeat(32));
        let locale = Locale::default();
        let envelope =
            Envelope::new(key, tenant(), name, Channel::Email, to(), locale, message, until);
        let words = EnglishText.render(&envelope);
        let html = words.html.as_ref().expect("mail").expose_secret().to_owned();
        (words.text.expose_secret().replace('\n', " "), words.text.expose_secret().to_owned(), html)
    };
    for (seconds, span) in [
        (600, "for 10 minutes, until 14 November 2023, 22:13 UTC"),
        (599, "for 9 minutes, until 14"),
        (900, "for 15 minutes, until 14"),
        (119, "for 119 seconds, until 14"),
        (1, "for 1 second, until 14"),
        (3_600, "for 60 minutes, until 14"),
        (7_200, "for 2 hours, until 14"),
        (86_399, "for 23 hours, until 14"),
        (86_400, "for 24 hours, until 14"),
        (0, "accepted until 14 November 2023, 22:13 UTC"),
        (2, "for 2 seconds, until 14"),
        (59, "for 59 seconds, until 14"),
        (60, "for 60 seconds, until 14"),
        (120, "for 2 minutes, until 14"),
        (179, "for 2 minutes, until 14"),
        (1_800, "for 30 minutes, until 14"),
        (5_400, "for 90 minutes, until 14"),
        (7_199, "for 119 minutes, until 14"),
        (10_799, "for 2 hours, until 14"),
        (10_800, "for 3 hours, until 14"),
    ] {
        let span_of = Duration::from_secs(seconds);
        let code = CodeMessage::new(CodePurpose::Reset, "48213907".into(), until).lasting(span_of);
        let (text, lines, html) = words(Message::Code(code));
        assert!(text.contains(span) && html.contains(span), "{seconds}: {text}");
        assert!(text.contains("A newer code ends an older one"), "{text}");
        assert!(lines.lines().any(|line| line.trim() == "48213907"), "{lines}");
        assert!(html.contains(">48213907</p>"), "{html}");
        let link = LinkMessage::new(CodePurpose::Reset, "https://id.example/#x".into(), until);
        let (text, lines, html) = words(Message::Link(link.lasting(span_of)));
        assert!(text.contains(span) && html.contains(span), "{seconds}: {text}");
        assert!(text.contains("A newer link ends an older one"), "{text}");
        assert!(lines.lines().any(|line| line.trim() == "https://id.example/#x"), "{lines}");
    }
    let unknown = CodeMessage::new(CodePurpose::Reset, "48213907".into(), until);
    assert!(words(Message::Code(unknown)).0.contains("accepted until 14 November 2023"));
}

/// T13: the engine sets the duration.
#[test]
fn the_engine_tells_the_renderer_how_long_a_code_lives() {
    run(async {
        let world = World::builder().settings(one_gate()).registered().open().await;
        let reply = world.start().await;
        world.challenge(&reply.ticket, &email()).await;
        world.clock.advance(Duration::from_secs(30));
        world.deliver().await;
        let sent = world.inbox.all().pop().expect("a message");
        assert!(sent.code().is_some(), "{sent:?}");
        let left = sent.not_after.since(world.clock.now());
        assert!(left > Duration::from_secs(60), "{left:?}");
        assert_eq!(sent.valid_for, Some(left));
    });
}

/// T6: a mark is opaque (RFC 7643, 3.1: an `id` is never given twice, and its case counts): two that
/// differ in anything are two holders, and the second starts empty after one act.
#[test]
fn two_marks_that_differ_in_anything_are_two_holders() {
    run(async {
        let long = "m".repeat(300);
        for (first, second) in [
            ("2819c223-7f76-453a-919d-413861904646", "2819c223-7f76-453a-919d-413861904647"),
            ("2819c223-7f76-453a-919d-413861904646", "2819C223-7F76-453A-919D-413861904646"),
            // RFC 4530, entryUUID, and RFC 4517, 3.3.13, generalised time.
            ("597ae2f6-16a6-1027-98f4-d28b5365dc14", "{597ae2f6-16a6-1027-98f4-d28b5365dc14}"),
            ("199412161032Z", "199412160532-0500"),
            ("199412161032Z", "19941216103200Z"),
            // RFC 7643, 2.3.5, and RFC 3339, 4.3.
            ("2008-01-23T04:56:22Z", "2008-01-23T04:56:22.000Z"),
            ("2008-01-23T04:56:22Z", "2008-01-23T04:56:22-00:00"),
            ("a", "A"),
            ("1", "01"),
            ("mark", "mark "),
            ("m\u{E9}", "me\u{301}"),
            ("null", "NULL"),
            (&long, &format!("{long}x")),
        ] {
            let world = World::builder().settings(one_gate()).open().await;
            let mark = |mark: &str| {
                let mark = Some(mark.to_owned());
                let marked = world.directory.update_user(&world.tenant, &world.user, |facts| {
                    facts.incarnation = mark;
                });
                marked.expect("known");
            };
            mark(first);
            world.register_contacts().await;
            let registration = world.engine.registration();
            mark(second);
            let closed = registration.list(&request(), &world.signed_in()).await;
            assert!(matches!(refusal(closed), Refusal::NotEligible { .. }), "{first} {second}");
            mark(first);
            let methods = registration.list(&request(), &world.signed_in()).await.expect(first);
            assert!(!methods.is_empty(), "{first} {second}: its own holder goes on");
            mark(second);
            world.admin().forget(&world.user).await.expect("forgotten");
            let methods = registration.list(&request(), &world.signed_in()).await.expect(second);
            assert!(methods.is_empty(), "{first} {second}: {methods:?}");
        }
    });
}

/// T6: the record of an id that was assigned to another person is closed until an administrator
/// forgets it; then the new user starts with an empty record, and no data of the previous user
/// comes back.
#[test]
fn one_act_of_an_administrator_opens_a_reissued_identifier_to_its_new_holder() {
    run(async {
        let world = World::builder().settings(one_gate()).open().await;
        let mark = |mark: &str| {
            let mark = Some(mark.to_owned());
            let marked = world.directory.update_user(&world.tenant, &world.user, |facts| {
                facts.incarnation = mark;
            });
            marked.expect("known");
        };
        mark("first");
        world.register_contacts().await;
        mark("second");
        let other = NewMethod::email(EmailAddress::parse("eve@private.example").expect("valid"));
        let registration = world.engine.registration();
        let closed = registration.add(&request(), &world.signed_in(), &other).await;
        assert!(matches!(refusal(closed), Refusal::NotEligible { .. }), "closed to the new holder");
        world.admin().forget(&world.user).await.expect("forgotten");
        world.deliver().await;
        world.inbox.clear();
        let methods = registration.list(&request(), &world.signed_in()).await.expect("open");
        assert!(methods.is_empty(), "the new holder starts empty: {methods:?}");
        world.register(other, "eve@private.example").await;
        world.clock.advance(Duration::from_secs(2 * 86_400));
        let reply = world.start().await;
        let (reply, right) = world.challenged(&reply.ticket, &email(), "eve@private.example").await;
        let reply = world.prove(&reply.ticket, &right).await.expect("proven");
        world.complete(&reply.ticket, NEW).await.expect("reset");
        assert!(world.inbox.messages_to(MAIL).is_empty(), "the previous user gets no notice");
        let events = world.event_codes().await;
        assert!(events.iter().any(|code| code == "account_forgotten"), "{events:?}");
        world.deliver().await;
        mark("first");
        let reply = world.start().await;
        world.challenge(&reply.ticket, &email()).await;
        let before = world.inbox.messages_to("eve@private.example").len();
        world.deliver().await;
        let after = world.inbox.messages_to("eve@private.example").len();
        assert_eq!(after, before, "a record opens for one incarnation only");
    });
}

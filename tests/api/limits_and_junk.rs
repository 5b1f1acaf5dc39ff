//! Bad input anywhere: a typed error, no panic, no call of a port where none is needed, and
//! nothing lost afterwards (invariants 17 and 20).
#![cfg(feature = "testing")]

use crate::support::*;
use sspr::adapters::memory::MemoryStore;
use sspr::facts::{EmailAddress, GroupId, PhoneNumber};
use sspr::message::Locale;
use sspr::method::{ChallengeOption, MethodId};
use sspr::testing::{CallLog, block_on};
use sspr::{
    Attempt, Engine, Error, Identifier, InvalidInput, Refusal, RegistrationTicket, Request,
    ResetTicket, RoleId, Selection, Source, TenantId, UserId,
};

/// Texts that people, browsers and attackers send.
fn junk() -> Vec<String> {
    let mut all: Vec<String> = [
        "",
        " ",
        "\0",
        "a\0b",
        "\u{7f}",
        "\u{85}",
        "\r\n",
        "%00",
        "../../etc/passwd",
        "' OR 1=1 --",
        "${jndi:ldap://x}",
        "١٢٣٤٥٦",
        "１２３４５６",
        "𝟏𝟐𝟑𝟒𝟓𝟔",
        "123\u{200b}456",
        "\u{202e}654321",
        "12345६",
        "-",
        "- -",
        "+",
        "++1",
        "+1+1",
        "0x1234",
        "1e6",
        "-123456",
        "99999999999999999999",
        "٣",
        "é",
        "é".repeat(40).as_str(),
        "\u{feff}123456",
        "email.email.-1",
        "email.email.256",
        "email.email.+1",
        "email.email.٣",
        "fax",
        "email.sms.0",
        "email.email.0.0",
        ".",
        "..",
        "@",
        "a@",
        "@b",
        "a@b@c",
        "null",
        "{}",
        "[]",
        "\"",
        "\\",
    ]
    .map(str::to_owned)
    .into();
    for symbol in ["a", "0", "é", "\u{1F600}", " ", "\0", "A", "="] {
        all.push(symbol.repeat(1 << 20));
    }
    all
}

/// A world whose engine notes every call.
async fn watched() -> (World, Engine, CallLog) {
    let store = MemoryStore::new();
    let world =
        World::builder().store(store.clone()).settings(one_gate()).registered().open().await;
    let log = CallLog::new();
    let engine = world.beside().seed(5).recorded(&log).without_abilities().open().await.engine;
    log.clear();
    (world, engine, log)
}

/// Inv. 17: whatever is parsed is refused by its length or its form, or is what it says.
#[test]
fn parsers_answer_junk_with_a_typed_error() {
    for text in junk() {
        let shown: String = text.chars().take(20).collect();
        let refused: [(&str, bool); 4] = [
            ("option", ChallengeOption::parse_is_err(&text)),
            ("number", PhoneNumber::parse(&text).is_err()),
            ("mail", EmailAddress::parse(&text).is_err()),
            ("ticket", ResetTicket::parse(&text).is_err()),
        ];
        for (what, refused) in refused {
            assert!(refused, "{what} {shown:?}");
        }
        assert!(RegistrationTicket::parse(&text).is_err(), "{shown:?}");
        // Some of these are names that a directory might have; none may be long or hold controls.
        let names = [
            TenantId::parse(&text).map(|tenant| tenant.as_str().to_owned()),
            UserId::parse(&text).map(|user| user.as_str().to_owned()),
            RoleId::parse(&text).map(|role| role.as_str().to_owned()),
            GroupId::parse(&text).map(|group| group.as_str().to_owned()),
            MethodId::parse(&text).map(|method| method.as_str().to_owned()),
            Identifier::parse(&text).map(|identifier| identifier.as_str().to_owned()),
            Locale::parse(&text).map(|locale| locale.as_str().to_owned()),
        ];
        for name in names.into_iter().flatten() {
            let sound = !name.is_empty() && name.len() <= 320 && !name.contains(char::is_control);
            assert!(sound, "{shown:?} as {name:?}");
        }
        if let Ok(attempt) = Attempt::code(&text) {
            let holds = text.chars().any(|c| c.is_alphanumeric());
            assert!(holds && text.len() <= 256, "{shown:?} as {attempt:?}");
        }
        assert!(Selection::parse("mobile_phone").expect("one").with_typed_number(&text).is_err());
        assert_eq!(Source::parse(&text), Source::Unknown, "{shown:?}");
    }
}

trait ParseIsErr {
    fn parse_is_err(text: &str) -> bool;
}

impl ParseIsErr for ChallengeOption {
    fn parse_is_err(text: &str) -> bool {
        text.parse::<Self>().is_err() && Selection::parse(text).is_err()
    }
}

/// An error holds no part of the input: it may be shown and logged.
#[test]
fn errors_do_not_repeat_the_input() {
    let planted = "planted\0here";
    let errors = [
        TenantId::parse(planted).expect_err("a control character").to_string(),
        Identifier::parse(planted).expect_err("a control character").to_string(),
        EmailAddress::parse(planted).expect_err("no address").to_string(),
        PhoneNumber::parse(planted).expect_err("no number").to_string(),
        Attempt::code(planted).expect_err("no code").to_string(),
        ResetTicket::parse(planted).expect_err("no ticket").to_string(),
    ];
    for error in errors {
        assert!(!error.contains("planted"), "{error}");
    }
}

/// Everything that a reset offers, with one ticket.
async fn all_steps(engine: &Engine, request: &Request, ticket: &ResetTicket) -> Vec<Error> {
    let reset = engine.reset();
    let password = sspr::SecretText::from(NEW);
    let answers = [
        reset.view(request, ticket).await,
        reset.challenge(request, ticket, &email()).await,
        reset.prove(request, ticket, &code("12345678")).await,
        reset.complete(request, ticket, &password).await,
    ];
    answers.into_iter().map(|answer| answer.expect_err("a foreign ticket")).collect()
}

fn foreign(errors: &[Error]) -> bool {
    errors.iter().all(|error| matches!(error, Error::Invalid(InvalidInput::Foreign { .. })))
}

/// A forged ticket costs no read, whatever is forged about it.
#[test]
fn forged_tickets_cost_no_call() {
    block_on(async {
        let (world, engine, log) = watched().await;
        let reply = world.start().await;
        let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
        let text = reply.ticket.expose_secret().to_owned();
        log.clear();
        for place in 0..text.len() {
            let mut forged = text.clone().into_bytes();
            forged[place] = if forged[place] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).expect("ascii");
            // The last symbol carries padding bits: a form that no ticket has.
            let Ok(ticket) = ResetTicket::parse(&forged) else { continue };
            assert!(foreign(&all_steps(&engine, &request(), &ticket).await), "place {place}");
        }
        let length = text.len();
        for forged in ["A".repeat(length), "_".repeat(length - 1) + "A", "0".repeat(length)] {
            let Ok(ticket) = ResetTicket::parse(&forged) else { continue };
            assert!(foreign(&all_steps(&engine, &request(), &ticket).await), "{forged}");
        }
        for cut in 0..length {
            assert!(ResetTicket::parse(&text[..cut]).is_err(), "cut at {cut}");
        }
        assert_eq!(log.calls().len(), 0, "{:?}", log.shapes());
        // Nothing is lost: the flow goes on.
        world.prove(&reply.ticket, &right).await.expect("the right code");
    });
}

/// A ticket of another tenant, another purpose or another key is foreign, and costs no call.
#[test]
fn foreign_tickets_cost_no_call() {
    block_on(async {
        let (world, engine, log) = watched().await;
        let reply = world.start().await;
        let elsewhere = TenantId::parse("fabrikam").expect("valid");
        let there = Request::new(elsewhere, Source::parse("203.0.113.7"));
        log.clear();
        assert!(foreign(&all_steps(&engine, &there, &reply.ticket).await));
        let user = world.signed_in();
        let mail = EmailAddress::parse("ada@second.example").expect("valid");
        let new = sspr::method::NewMethod::email(mail);
        let added = world.engine.registration().add(&request(), &user, &new).await.expect("added");
        let other = ResetTicket::parse(added.ticket.expose_secret()).expect("the same form");
        log.clear();
        assert!(foreign(&all_steps(&engine, &request(), &other).await));
        let reset = RegistrationTicket::parse(reply.ticket.expose_secret()).expect("a form");
        let confirm = engine.registration();
        let crossed = confirm.confirm(&request(), &user, &reset, &code("12345678")).await;
        assert!(foreign(&[crossed.expect_err("a reset's ticket")]));
        let eve = sspr::SignedIn::vouch(
            tenant(),
            UserId::parse("eve").expect("valid"),
            user_context(&world),
        );
        let stolen = confirm.confirm(&request(), &eve, &added.ticket, &code("12345678")).await;
        assert!(foreign(&[stolen.expect_err("the ticket of another user")]));
        assert_eq!(log.calls().len(), 0, "{:?}", log.shapes());
    });
}

fn user_context(world: &World) -> sspr::method::SignInContext {
    use sspr::port::Clock as _;
    sspr::method::SignInContext::new("s", world.clock.now())
}

/// Options that the account or the policy does not have, codes of every form: refused, counted at
/// most, and the flow goes on.
#[test]
fn odd_but_well_formed_input_loses_nothing() {
    block_on(async {
        let (world, engine, _) = watched().await;
        let reply = world.start().await;
        for option in ["email.email.99", "mobile_phone.sms.7", "office_phone.voice.0"] {
            let selection = Selection::parse(option).expect("an option's form");
            // One source may take a share of an account's challenges only.
            let other = request_from("198.51.100.7");
            let answer = engine.reset().challenge(&other, &reply.ticket, &selection).await;
            if let Err(error) = answer {
                assert!(error.refusal().is_some(), "{option}: {error:?}");
            }
        }
        world.clock.advance(std::time::Duration::from_secs(61));
        let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
        for typed in ["a", "AAAAAAAA", "1", "0000000000000000"] {
            let answer = world.prove(&reply.ticket, typed).await;
            assert_eq!(refusal(answer), Refusal::NotAccepted, "{typed}");
        }
        let spaced = format!(" {}-{} ", &right[..4], &right[4..]);
        let reply = world.prove(&reply.ticket, &spaced).await.expect("spaces and hyphens");
        for password in
            ["", "\0", &"x".repeat(1 << 20), "é".repeat(5_000).as_str(), "a\u{0}bcdefghijklmnop"]
        {
            let refused = world.complete(&reply.ticket, password).await.expect_err("no password");
            assert!(!matches!(refused, Error::Fault(_)), "{refused:?}");
            assert!(world.password_is(OLD));
        }
        world.complete(&reply.ticket, NEW).await.expect("reset");
        assert!(world.password_is(NEW));
    });
}

/// Identifiers at their limits are answered like any other.
#[test]
fn identifiers_of_every_form_are_answered_alike() {
    block_on(async {
        let (_, engine, _) = watched().await;
        let long = "x".repeat(320);
        for typed in
            ["x", &long, "بيت", "ＡＤＡ@contoso.example", "a b", "<script>", "%s%n", "\u{202e}ada"]
        {
            let identifier = Identifier::parse(typed).expect("no control character");
            let reply = engine.reset().start(&request(), &identifier).await.expect(typed);
            let reply = engine.reset().challenge(&request(), &reply.ticket, &email()).await;
            reply.expect(typed);
        }
    });
}

//! Inv. 17: the size of a record with all methods registered and all budgets in use.

use std::time::Duration;

use sspr::PolicySettings;
use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::method::{Channel, NewAuthenticator, NewMethod, OathParameters, OathSeed};
use sspr::policy::Rate;
use sspr::port::Clock as _;
use sspr::testing::{SoftToken, block_on};

use crate::every::{every, locked_out, option};
use crate::stores::{StoreUnderTest, all, secret};
use crate::support::{NEW, World, ada, code, request, request_from};

/// The most bytes that the engine gives a body.
const MOST: usize = 16 * 1024;
const DAY: Duration = Duration::from_secs(86_400);

/// Policies with every method: one with the default budgets, one with the widest.
fn policies() -> [PolicySettings; 3] {
    let wide = |settings: &mut PolicySettings| {
        (settings.sends.per_hour, settings.sends.per_day) = (20, 20);
        (settings.sends.live_flows, settings.sends.source_share) = (10, 100);
    };
    let (narrow, mut wider, mut widest) = (policy(), policy(), policy());
    wide(&mut wider);
    wide(&mut widest);
    each(&mut wider, 3);
    each(&mut widest, 5);
    (widest.failures.anonymous.max, widest.failures.proven.max) = (50, 50);
    [narrow, wider, widest]
}

/// At most so many methods of each kind.
fn each(settings: &mut PolicySettings, most: u8) {
    let max = &mut settings.registration.max;
    (max.email, max.mobile_phone, max.office_phone) = (most, most, most);
    (max.authenticator_app, max.oath_token, max.oath_total) = (most, most, 2 * most);
}

fn policy() -> PolicySettings {
    let mut settings = every(2);
    settings.recovery_codes = 16;
    settings.limits.source_identifier = Rate::new(10_000, Duration::from_secs(3_600));
    settings.limits.source = Rate::new(10_000, Duration::from_secs(3_600));
    settings
}

async fn bounded(under_test: &StoreUnderTest, largest: &mut usize, what: &str) {
    let length = under_test.account().await.body().len();
    *largest = (*largest).max(length);
    assert!(length <= MOST, "{}: {length} bytes after {what}", under_test.name);
}

/// An address of the greatest length.
fn long(number: usize) -> EmailAddress {
    let label = "x".repeat(60);
    let local = format!("{number}{}", "a".repeat(57));
    EmailAddress::parse(&format!("{local}@{label}.{label}.{label}.example")).expect("valid")
}

/// Registers everything until it is refused.
async fn register_all(under_test: &StoreUnderTest, world: &World, largest: &mut usize) -> usize {
    let registration = world.engine.registration();
    world.set_questions().await;
    bounded(under_test, largest, "questions").await;
    let mut new: Vec<NewMethod> = Vec::new();
    for number in 0..5 {
        new.push(NewMethod::email(long(number)));
        let mobile = PhoneNumber::parse(&format!("+1425555012{number}")).expect("valid");
        new.push(NewMethod::mobile_phone(mobile, Channel::Sms).expect("reached"));
        let office = PhoneNumber::parse(&format!("+1425555013{number}")).expect("valid");
        new.push(NewMethod::office_phone(office));
    }
    for method in &new {
        world.clock.advance(Duration::from_secs(3_700));
        let user = world.signed_in();
        let Ok(reply) = registration.add(&request(), &user, method).await else { continue };
        world.inbox.clear();
        world.deliver().await;
        let sent = world.inbox.all();
        let typed = sent.iter().find_map(|message| message.code()).expect("a code").to_owned();
        let _ = registration.confirm(&request(), &user, &reply.ticket, &code(&typed)).await;
        bounded(under_test, largest, "a method").await;
    }
    for _ in 0..5 {
        world.clock.advance(Duration::from_secs(3_700));
        let user = world.signed_in();
        let app = NewAuthenticator::new("Contoso", "ada@contoso.example");
        let enrolled = registration.enrol_authenticator(&request(), &user, &app).await;
        let Ok(enrolled) = enrolled else { continue };
        let token = SoftToken::new(enrolled.seed.expose_secret(), OathParameters::default());
        let typed = code(&token.expect("a seed").code(world.clock.now()));
        let ticket = &enrolled.reply.ticket;
        let _ = registration.confirm(&request(), &user, ticket, &typed).await;
        bounded(under_test, largest, "an app").await;
    }
    let by = world.admin();
    for _ in 0..5 {
        let seed = OathSeed::parse_base32(&"ABCDEFGH".repeat(8)).expect("a seed");
        let _ = by.supply_token(&world.user, &seed, OathParameters::default()).await;
        bounded(under_test, largest, "a token").await;
    }
    for _ in 0..2 {
        let user = world.signed_in();
        if let Ok(set) = registration.create_recovery_codes(&request(), &user).await {
            let _ = registration.acknowledge_recovery_codes(&request(), &user, &set.id).await;
        }
        bounded(under_test, largest, "recovery codes").await;
    }
    for _ in 0..6 {
        let _ = registration.remember_device(&request(), &world.signed_in()).await;
        bounded(under_test, largest, "a device").await;
    }
    let mut contacts = Contacts::default();
    contacts.email = Some(long(7));
    let _ = by.supply_contacts(&world.user, &contacts).await;
    bounded(under_test, largest, "contacts").await;
    world.clock.advance(DAY * 2);
    registration.list(&request(), &world.signed_in()).await.expect("listed").len()
}

/// Anonymous flows, guesses at every method, and notices that cannot be delivered.
async fn all_at_it(under_test: &StoreUnderTest, world: &World, largest: &mut usize) {
    let (reset, unlock) = (world.engine.reset(), world.engine.unlock());
    world.inbox.fail_with(Some(sspr::port::PortErrorKind::Unavailable));
    let options = [
        "email.email.0",
        "mobile_phone.sms.0",
        "office_phone.voice.0",
        "authenticator_app",
        "oath_token",
        "recovery_code",
        "security_questions",
    ];
    for number in 0..12 {
        let from = || request_from(&format!("198.51.100.{number}"));
        let (Ok(one), Ok(two)) =
            (reset.start(&from(), &ada()).await, unlock.start(&from(), &ada()).await)
        else {
            continue;
        };
        for selection in options {
            let Ok(reply) = reset.challenge(&from(), &one.ticket, &option(selection)).await else {
                continue;
            };
            for typed in ["00000000", "000000", "BBBBCCCCDDDDFFFFGGGGHHHHJJJJ"] {
                let _ = reset.prove(&from(), &reply.ticket, &code(typed)).await;
            }
            if selection == "security_questions" {
                let asked = World::questions(&reply.step).into_iter();
                let wrong = sspr::Attempt::answers(asked.map(|id| (id, "another".into())));
                let _ = reset.prove(&from(), &reply.ticket, &wrong.expect("formed")).await;
            }
            bounded(under_test, largest, selection).await;
        }
        let _ = unlock.challenge(&from(), &two.ticket, &option("email.link.0")).await;
        bounded(under_test, largest, "a link").await;
        let user = world.signed_in();
        for _ in 0..6 {
            let _ =
                world.engine.change().start(&request(), &user, &secret("a wrong password")).await;
            let sign_in = world.engine.authenticator();
            let _ = sign_in.verify(&request(), &world.user, &code("000000")).await;
        }
        bounded(under_test, largest, "guesses at a sign-in").await;
        let by = world.admin();
        let _ = by.require_registration(&world.user).await;
        bounded(under_test, largest, "a notice").await;
        world.clock.advance(Duration::from_secs(61));
    }
}

#[test]
fn inv17_a_record_with_everything_in_it_stays_small() {
    let each = policies().into_iter().flat_map(|settings| {
        all().into_iter().map(move |under_test| (under_test, settings.clone()))
    });
    for (under_test, settings) in each {
        block_on(async {
            let world = locked_out().store(under_test.store.clone()).settings(settings);
            let world = world.open().await;
            let mut largest = 0;
            let methods = register_all(&under_test, &world, &mut largest).await;
            assert!(methods >= 11, "{}: {methods} methods", under_test.name);
            // Two days of it.
            for _ in 0..2 {
                all_at_it(&under_test, &world, &mut largest).await;
                world.clock.advance(DAY);
            }
            assert!(largest > 10 * 1024, "{}: {largest} bytes is not everything", under_test.name);
            let body = under_test.body().await;
            for (field, most) in [("methods", 32), ("flows", 20), ("outbox", 16), ("devices", 5)] {
                let length = body[field].as_array().expect("a list").len();
                assert!(length <= most, "{}: {length} {field}", under_test.name);
            }
            assert!(!world.password_is(NEW));
        });
    }
}

//! How many methods of each kind an account may have.

use std::time::Duration;

use crate::registration::person::*;
use crate::support::*;
use sspr::facts::PhoneNumber;
use sspr::method::{NewMethod, OathParameters, OathSeed};
use sspr::policy::Deviation;
use sspr::testing::SoftToken;
use sspr::{MethodKind, PolicySettings, Refusal};

/// Each registration is in an hour of its own, within the limits of acts and messages.
const HOUR: Duration = Duration::from_secs(3_700);

/// Every kind that the engine stores, under these settings.
fn every_kind(mut settings: PolicySettings) -> PolicySettings {
    settings.users.methods.extend([
        MethodKind::Email,
        MethodKind::MobilePhone,
        MethodKind::OfficePhone,
        MethodKind::AuthenticatorApp,
        MethodKind::OathToken,
    ]);
    // With so many kinds one gate is likelier to be guessed; these tests count methods.
    settings.acknowledged.insert(Deviation::GuessingAboveThreshold);
    settings
}

fn address_of(kind: MethodKind, number: usize) -> (NewMethod, String) {
    let phone = |number: &str| PhoneNumber::parse(number).expect("valid");
    match kind {
        MethodKind::Email => {
            let address = format!("ada-{number}@private.example");
            (mail_to(&address), address)
        }
        MethodKind::MobilePhone => {
            let address = format!("+1425555012{number}");
            (text_to(&address), address)
        }
        _ => {
            let address = format!("+1425555013{number}");
            (NewMethod::office_phone(phone(&address)), address)
        }
    }
}

/// Registers methods of this kind until one is refused; returns how many were accepted.
async fn fill(world: &World, kind: MethodKind) -> usize {
    for number in 0..9 {
        world.clock.advance(HOUR);
        world.deliver().await;
        world.inbox.clear();
        let user = with_second_factor(world, &format!("{kind} {number}"));
        let bound = if kind == MethodKind::AuthenticatorApp {
            bind_app(world, &user).await.map(drop)
        } else {
            let (method, address) = address_of(kind, number);
            bind(world, &user, &method, &address).await.map(drop)
        };
        if bound.is_err() {
            assert_eq!(refusal(bound), Refusal::LimitReached, "{kind}");
            return number;
        }
    }
    panic!("no limit of {kind}");
}

/// 2.5: each kind has its own limit: this engine's by default, and Entra's.
#[tokio::test]
async fn each_kind_has_as_many_methods_as_its_row_says() {
    let kinds = [
        MethodKind::Email,
        MethodKind::MobilePhone,
        MethodKind::OfficePhone,
        MethodKind::AuthenticatorApp,
    ];
    for (settings, most) in [(by_default(), [2, 2, 2, 2]), (entra(), [2, 2, 1, 5])] {
        let world = World::builder().settings(every_kind(settings)).open().await;
        let mut accepted = Vec::new();
        for kind in kinds {
            accepted.push(fill(&world, kind).await);
        }
        assert_eq!(accepted, most, "{kinds:?}");
    }
}

/// 2.5: the host counts what it verifies; the plan tells it the maxima, with those of every kind.
#[tokio::test]
async fn the_plan_tells_the_host_how_many_it_may_enrol() {
    for settings in [by_default(), entra()] {
        let mut settings = every_kind(settings);
        settings.users.methods.extend([MethodKind::Passkey, MethodKind::AppNotification]);
        let most = settings.registration.max;
        let world = World::builder().settings(settings).open().await;
        let user = with_second_factor(&world, "s");
        let review = world.engine.registration().review(&request(), &user).await.expect("read");
        let rows: Vec<_> =
            review.plan.offered.iter().map(|offered| (offered.kind, offered.max)).collect();
        let expected = [
            (MethodKind::Passkey, Some(10)),
            (MethodKind::AppNotification, Some(5)),
            (MethodKind::AuthenticatorApp, Some(most.authenticator_app)),
            (MethodKind::MobilePhone, Some(most.mobile_phone)),
            (MethodKind::OfficePhone, Some(most.office_phone)),
            (MethodKind::Email, Some(most.email)),
        ];
        assert_eq!(rows, expected);
    }
}

/// Supplies a token and confirms it as the user.
async fn bind_token(world: &World, number: u8) -> Result<(), sspr::Error> {
    world.clock.advance(HOUR);
    let text = format!("{}AAAA", char::from(b'A' + number).to_string().repeat(28));
    let seed = OathSeed::parse_base32(&text).expect("a seed");
    let parameters = OathParameters::default();
    let id = world.admin().supply_token(&world.user, &seed, parameters).await?;
    let token = SoftToken::new(&text, parameters).expect("a seed");
    let (registration, user) = (world.engine.registration(), with_second_factor(world, "token"));
    let reply = registration.claim_token(&request(), &user, &id).await?;
    let typed = code(&token.code(sspr::port::Clock::now(&world.clock)));
    registration.confirm(&request(), &user, &reply.ticket, &typed).await.map(drop)
}

/// 2.5: apps and tokens together are at most 5 under Entra, though each kind has room.
#[tokio::test]
async fn apps_and_tokens_together_have_a_limit() {
    let world = World::builder().settings(every_kind(entra())).open().await;
    for number in 0..3 {
        bind_token(&world, number).await.expect("a token");
    }
    assert_eq!(fill(&world, MethodKind::AuthenticatorApp).await, 2);
    assert_eq!(refusal(bind_token(&world, 4).await), Refusal::LimitReached);
}

/// 2.5: a token that was supplied while there was room is refused once the total is reached.
#[tokio::test]
async fn a_supplied_token_counts_when_it_is_confirmed() {
    let world = World::builder().settings(every_kind(entra())).open().await;
    let text = "ABCDEFGH".repeat(4);
    let seed = OathSeed::parse_base32(&text).expect("a seed");
    let parameters = OathParameters::default();
    let id = world.admin().supply_token(&world.user, &seed, parameters).await.expect("supplied");
    assert_eq!(fill(&world, MethodKind::AuthenticatorApp).await, 5);
    world.clock.advance(HOUR);
    let (registration, user) = (world.engine.registration(), with_second_factor(&world, "token"));
    let reply = registration.claim_token(&request(), &user, &id).await.expect("begun");
    let token = SoftToken::new(&text, parameters).expect("a seed");
    let typed = code(&token.code(sspr::port::Clock::now(&world.clock)));
    let confirmed = registration.confirm(&request(), &user, &reply.ticket, &typed).await;
    assert_eq!(refusal(confirmed), Refusal::LimitReached);
}

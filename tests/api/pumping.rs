//! The budgets of codes to new numbers, and the breaker of a prefix.
#![cfg(feature = "testing")]

use std::time::Duration;

use sspr::audit::{EventKind, StoppedBy};
use sspr::facts::PhoneNumber;
use sspr::method::{Channel, NewMethod};
use sspr::policy::{Breaker, NumberPrefix};
use sspr::testing::{FaultPlan, InjectedFault};
use sspr::{Actor, PolicySettings, Refusal, RegistrationTicket, RoleId, UserId};

use crate::support::*;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
/// The prefix of the numbers of [`number`].
const DEAR: &str = "+882";

fn number(n: u32) -> String {
    format!("+88216{n:06}")
}

fn prefix(text: &str) -> NumberPrefix {
    NumberPrefix::parse(text).expect("valid")
}

fn small_breaker() -> Breaker {
    let mut breaker = Breaker::default();
    (breaker.sample, breaker.probes) = (5, 2);
    breaker
}

fn with_breaker() -> PolicySettings {
    let mut settings = one_gate();
    settings.numbers.breaker = Some(small_breaker());
    settings
}

/// A new user asks for the confirmation code of a number.
async fn ask(world: &World, n: u32, to: &str) -> (UserId, RegistrationTicket) {
    let user = world.add_user(&format!("user-{n}"), &format!("user-{n}"));
    let mobile = PhoneNumber::parse(to).expect("a number");
    let method = NewMethod::mobile_phone(mobile, Channel::Sms).expect("reached");
    let from = request_from(&format!("198.51.{}.{}", n / 256, n % 256));
    let added = world.engine.registration().add(&from, &world.signed_in_as(&user), &method).await;
    let ticket = added.expect("the reply depends on no breaker").ticket;
    world.deliver().await;
    (user, ticket)
}

async fn confirm(world: &World, (user, ticket): &(UserId, RegistrationTicket), to: &str) {
    let typed = code(&world.inbox.last_code_to(to).expect("a code"));
    let registration = world.engine.registration();
    let user = world.signed_in_as(user);
    registration.confirm(&request(), &user, ticket, &typed).await.expect("confirmed");
    world.deliver().await;
}

/// Opens the breaker by five codes that no person enters.
async fn pump(world: &World) {
    for n in 0..5 {
        ask(world, n, &number(n)).await;
    }
    world.clock.advance(11 * MINUTE);
    world.deliver().await;
}

fn texts_to(world: &World, to: &str) -> usize {
    let sent = world.inbox.messages_to(to);
    sent.iter().filter(|message| message.code().is_some()).count()
}

/// What has stopped messages, in order.
async fn stops(world: &World) -> Vec<StoppedBy> {
    let events = world.admin().events(None, 1_000).await.expect("events");
    let stopped = events.items.iter().filter_map(|event| match event.kind {
        EventKind::MessageStopped { by, .. } => Some(by),
        _ => None,
    });
    stopped.collect()
}

async fn opened(world: &World) -> usize {
    world.admin().breakers().await.expect("allowed").len()
}

/// The budgets count codes to new numbers, by prefix and for the tenant, and end at midnight (UTC).
#[tokio::test]
async fn codes_to_new_numbers_have_a_budget_by_prefix_and_tenant() {
    let mut settings = one_gate();
    settings.numbers.new_per_prefix = Some(2);
    settings.numbers.new_per_tenant = Some(3);
    let world = World::builder().settings(settings).registered().open().await;
    let numbers = [&*number(1), &number(2), &number(3), "+37126000001", "+37126000002"];
    for (n, to) in (1..).zip(numbers) {
        ask(&world, n, to).await;
    }
    let sent = numbers.map(|to| texts_to(&world, to));
    assert_eq!(sent, [1, 1, 0, 1, 0]);
    // The third one spends the prefix's budget only, the fifth one the tenant's.
    assert_eq!(stops(&world).await, [StoppedBy::PrefixBudget, StoppedBy::TenantBudget]);
    assert_eq!(world.engine.stats().stopped_codes, 2);
    // The owner's reset goes on: the number was registered, and is no longer new to this policy.
    world.clock.advance(31 * 24 * HOUR);
    for (n, to) in (10..).zip([&*number(10), &number(11), &number(12)]) {
        ask(&world, n, to).await;
    }
    let reset = world.start().await;
    world.challenge(&reset.ticket, &sms()).await;
    world.deliver().await;
    assert_eq!(texts_to(&world, &number(12)), 0, "the budget of this day is spent");
    // The events of the first day are purged.
    assert_eq!(stops(&world).await, [StoppedBy::PrefixBudget]);
    assert_eq!((texts_to(&world, MOBILE), world.engine.stats().stopped_codes), (2, 3));
}

/// A number is new for as many days as the policy says, and the reset of its owner goes on afterwards.
#[tokio::test]
async fn a_registered_number_is_new_for_some_days() {
    let mut settings = one_gate();
    settings.numbers.new_per_prefix = Some(1);
    settings.numbers.new_days = 10;
    let world = World::builder().settings(settings).registered().open().await;
    for (days, stopped) in [(3, true), (4, true), (8, false)] {
        // Spends the day's budget of the account's prefix.
        world.clock.advance(24 * HOUR * days);
        ask(&world, days, &format!("+1555010{days:04}")).await;
        world.inbox.clear();
        let reset = world.start().await;
        world.challenge(&reset.ticket, &sms()).await;
        world.deliver().await;
        let is_new = world.inbox.last_code_to(MOBILE).is_none();
        assert_eq!(is_new, stopped, "after {days} more days");
    }
}

/// Codes of a prefix that are never entered open its breaker, and no other one. Notices, mails and
/// established numbers go on.
#[tokio::test]
async fn a_low_share_of_verified_codes_opens_the_breaker_of_the_prefix() {
    let world = World::builder().settings(with_breaker()).registered().open().await;
    world.clock.advance(31 * 24 * HOUR);
    for n in 0..4 {
        ask(&world, n, &number(n)).await;
    }
    world.clock.advance(11 * MINUTE);
    world.deliver().await;
    assert_eq!(opened(&world).await, 0, "four codes are no sample");
    ask(&world, 4, &number(4)).await;
    world.clock.advance(11 * MINUTE);
    world.deliver().await;
    let open = world.admin().breakers().await.expect("allowed");
    let [breaker] = &open[..] else { panic!("{open:?}") };
    assert_eq!((breaker.prefix.as_str(), breaker.ended, breaker.verified), (DEAR, 5, 0));
    ask(&world, 5, &number(5)).await;
    assert_eq!(texts_to(&world, &number(5)), 0);
    assert_eq!(stops(&world).await, [StoppedBy::Breaker]);
    ask(&world, 6, "+37126000001").await;
    assert_eq!(texts_to(&world, "+37126000001"), 1, "another prefix");
    let stats = world.engine.stats();
    assert_eq!((stats.breakers_opened, stats.breakers_closed, stats.stopped_codes), (1, 0, 1));
    assert!(world.event_codes().await.contains(&"breaker_opened".to_owned()));
    let (admin, of) = (world.admin(), sspr::audit::TrailOf::Policy);
    let first = admin.verify_trail(of, None, None, 100).await.expect("read");
    let whole = admin.verify_trail(of, None, first.next.as_ref(), 100).await.expect("read");
    assert!(whole.is_whole(), "{whole:?}");
}

/// An open breaker never stops an established owner of the prefix, nor a notice to the number.
#[tokio::test]
async fn an_open_breaker_stops_no_established_owner_and_no_notice() {
    let world = World::builder().settings(with_breaker()).open().await;
    let own = number(900_000);
    let mobile = NewMethod::mobile_phone(PhoneNumber::parse(&own).expect("valid"), Channel::Sms);
    world.register(mobile.expect("reached"), &own).await;
    world.clock.advance(31 * 24 * HOUR);
    pump(&world).await;
    assert_eq!(opened(&world).await, 1);
    world.inbox.clear();
    let reset = world.start().await;
    let reply = world.challenge(&reset.ticket, &sms()).await;
    let typed = world.code_to(&own).await;
    let proven = world.engine.reset().prove(&request(), &reply.ticket, &code(&typed)).await;
    let granted = proven.expect("proven").ticket;
    let password = sspr::SecretText::from(NEW);
    world.engine.reset().complete(&request(), &granted, &password).await.expect("reset");
    world.deliver().await;
    let told = world.inbox.messages_to(&own);
    assert!(told.iter().any(|message| message.notice.is_some()), "{told:?}");
    assert_eq!(stops(&world).await, []);
}

/// Codes that are entered keep the breaker closed.
#[tokio::test]
async fn verified_codes_keep_the_breaker_closed() {
    let world = World::builder().settings(with_breaker()).open().await;
    for n in 0..20 {
        let asked = ask(&world, n, &number(n)).await;
        if n % 4 == 0 {
            confirm(&world, &asked, &number(n)).await;
        }
    }
    world.clock.advance(11 * MINUTE);
    world.deliver().await;
    assert_eq!((opened(&world).await, stops(&world).await.len()), (0, 0));
    assert_eq!((0..20).map(|n| texts_to(&world, &number(n))).sum::<usize>(), 20);
}

/// After its rest the breaker lets its probes through: bad ones let it rest again, good ones close it.
#[tokio::test]
async fn probes_decide_whether_a_breaker_closes() {
    let world = World::builder().settings(with_breaker()).open().await;
    pump(&world).await;
    world.clock.advance(4 * HOUR);
    for n in 10..14 {
        ask(&world, n, &number(n)).await;
    }
    let sent = [10, 11, 12, 13].map(|n| texts_to(&world, &number(n)));
    assert_eq!(sent, [1, 1, 0, 0], "two probes");
    world.clock.advance(11 * MINUTE);
    world.deliver().await;
    assert_eq!(world.engine.stats().breakers_opened, 2, "it rests again");
    world.clock.advance(4 * HOUR + MINUTE);
    for n in [20, 21] {
        let asked = ask(&world, n, &number(n)).await;
        confirm(&world, &asked, &number(n)).await;
    }
    assert_eq!(opened(&world).await, 0);
    ask(&world, 22, &number(22)).await;
    assert_eq!(texts_to(&world, &number(22)), 1);
    let codes = world.event_codes().await;
    let of = |code: &str| codes.iter().filter(|other| *other == code).count();
    assert_eq!((of("breaker_opened"), of("breaker_closed")), (2, 1));
}

/// An administrator who may store the policy closes a breaker; the codes before do not open it again.
#[tokio::test]
async fn an_administrator_closes_a_breaker() {
    let world = World::builder().settings(with_breaker()).open().await;
    pump(&world).await;
    let helper = Actor::user(
        UserId::parse("helper").expect("valid"),
        [RoleId::parse("Helpdesk Administrator").expect("valid")],
    );
    let refused = world.engine.admin(&world.tenant, &helper).close_breaker(&prefix(DEAR)).await;
    assert_eq!(refusal(refused), Refusal::NotAuthorised);
    let unknown = world.admin().close_breaker(&prefix("+371")).await;
    assert_eq!(refusal(unknown), Refusal::NotFound);
    world.admin().close_breaker(&prefix(DEAR)).await.expect("open");
    assert_eq!(opened(&world).await, 0);
    ask(&world, 30, &number(30)).await;
    world.clock.advance(11 * MINUTE);
    world.deliver().await;
    assert_eq!((texts_to(&world, &number(30)), opened(&world).await), (1, 0));
    // A new policy keeps the states of the breakers.
    world.clock.advance(3 * HOUR);
    for n in 40..45 {
        ask(&world, n, &number(n)).await;
    }
    world.clock.advance(11 * MINUTE);
    world.deliver().await;
    assert_eq!(opened(&world).await, 1);
    let mut settings = with_breaker();
    settings.attempts = 4;
    world.put_policy(settings).await;
    assert_eq!(opened(&world).await, 1);
}

/// A fault of the store while a code is counted sends nothing and loses nothing: the code is due again.
#[tokio::test]
async fn a_code_that_could_not_be_counted_is_sent_later() {
    let plan = FaultPlan::none();
    let mut settings = with_breaker();
    settings.numbers.new_per_prefix = Some(10);
    let world = World::builder().settings(settings).faulty(&plan).open().await;
    let user = world.add_user("user-1", "user-1");
    let mobile = PhoneNumber::parse(&number(1)).expect("valid");
    let method = NewMethod::mobile_phone(mobile, Channel::Sms).expect("reached");
    let registration = world.engine.registration();
    let added = registration.add(&request(), &world.signed_in_as(&user), &method).await;
    added.expect("added");
    let faulty = plan.on("store.increment", InjectedFault::FailBefore);
    let report = world.engine.maintain(100).await.expect("maintained");
    assert_eq!((report.delivered, texts_to(&world, &number(1))), (0, 0));
    faulty.heal();
    world.clock.advance(MINUTE);
    world.deliver().await;
    assert_eq!(texts_to(&world, &number(1)), 1);
}

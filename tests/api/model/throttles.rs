//! Entra's throttles: what each counts, when it locks, and for whom. And the tenant's limit: the step
//! up against spraying.

use std::time::Duration;

use sspr::admin::{BudgetKind, BudgetUse};
use sspr::audit::EventKind;
use sspr::policy::{Deviation, PoolKind, Rate, Throttle, ThrottleScope, ThrottledAct};
use sspr::port::Clock as _;
use sspr::{
    Identifier, MethodKind, PolicySettings, Refusal, Request, ResetTicket, Selection, Step,
    Timestamp,
};

use super::Human;
use crate::support::*;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// One required method, and these throttles. The engine's own limits are wider, so that they do not
/// refuse first.
fn throttled(throttles: &[Throttle]) -> PolicySettings {
    let mut settings = one_gate();
    settings.users.methods.insert(MethodKind::AuthenticatorApp);
    settings.throttles = throttles.to_vec();
    // The app is one more target of guesses.
    settings.acknowledged.extend([Deviation::AccountLocks, Deviation::GuessingAboveThreshold]);
    (settings.sends.per_hour, settings.sends.source_share) = (20, 100);
    settings.limits.source_identifier = Rate::new(100, MINUTE);
    settings
}

fn of_entra(act: ThrottledAct) -> Throttle {
    Throttle::entra().into_iter().find(|throttle| throttle.counts == act).expect("a row")
}

/// The preset for every user, without what concerns the host's pages.
fn entra() -> PolicySettings {
    let mut settings = PolicySettings::entra();
    settings.scope = sspr::policy::Scope::All;
    (settings.human_check, settings.disclosure) = (false, sspr::policy::Disclosure::Uniform);
    (settings.typed_number, settings.users.required) = (false, 1);
    settings.limits.source_identifier = Rate::new(100, MINUTE);
    settings
}

/// Opens a challenge in a flow; whether a code or decoy challenge was opened.
async fn opens(world: &World, request: &Request, ticket: &ResetTicket, by: &Selection) -> bool {
    let silenced = world.engine.stats().silenced;
    world.engine.reset().challenge(request, ticket, by).await.expect("a uniform reply");
    world.engine.stats().silenced == silenced
}

/// Begins a flow for this name and opens a challenge.
async fn begins(world: &World, request: &Request, name: &Identifier, by: &Selection) -> bool {
    let reply = world.engine.reset().start(request, name).await.expect("started");
    opens(world, request, &reply.ticket, by).await
}

/// Opens challenges in one flow, a minute apart, until one is suppressed. Gives how many were opened.
async fn until_locked(world: &World, request: &Request, name: &Identifier, by: &Selection) -> u32 {
    let reply = world.engine.reset().start(request, name).await.expect("started");
    let mut opened = 0;
    while opens(world, request, &reply.ticket, by).await {
        opened += 1;
        world.clock.advance(MINUTE);
    }
    opened
}

/// The ends of the locks that events tell of, with what was counted.
async fn locks(world: &World) -> Vec<(ThrottledAct, PoolKind, Timestamp)> {
    let events = world.admin().user_events(&world.user, None, 500).await.expect("read").items;
    let lock = |kind: &EventKind| match kind {
        EventKind::Throttled { lock, .. } => Some((lock.act, lock.pool, lock.until)),
        _ => None,
    };
    events.iter().filter_map(|event| lock(&event.kind)).collect()
}

async fn held(world: &World, act: ThrottledAct) -> Option<BudgetUse> {
    let seen = world.admin().explain(&world.user).await.expect("explained");
    seen.budgets.into_iter().find(|used| used.budget == BudgetKind::Throttled(act) && used.held > 0)
}

/// E4.1.2, E4.1.3, E4.1.5: five texts or calls, or challenges of an app, in an hour, and ten mails in
/// ten minutes lock the account for a day, for every method. The same for a name that no account has.
#[tokio::test]
async fn e4_1_texts_apps_and_mails_lock_the_account_at_their_number() {
    let app: Selection =
        sspr::method::ChallengeOption::preferred(MethodKind::AuthenticatorApp).into();
    let rows = [
        (ThrottledAct::PhoneSent, sms(), 5),
        (ThrottledAct::AppAsked, app, 5),
        (ThrottledAct::MailSent, email(), 10),
    ];
    for (act, by, most) in rows {
        let world =
            World::builder().settings(throttled(&[of_entra(act)])).registered().open().await;
        world.enrol_app().await;
        world.clock.advance(2 * DAY);
        let stranger = request_from("198.51.100.1");
        let unknown = Identifier::parse("nemo@contoso.example").expect("valid");
        for name in [ada(), unknown] {
            let began = world.clock.now();
            assert_eq!(until_locked(&world, &stranger, &name, &by).await, most, "{act}");
            let reached = began.plus(MINUTE * (most - 1));
            let elsewhere = request_from("198.51.100.2");
            let before = Duration::from_secs(1);
            world.clock.advance(reached.plus(DAY).since(world.clock.now()) - before);
            for other in [email(), sms()] {
                assert!(!begins(&world, &elsewhere, &name, &other).await, "{act}: locked for all");
            }
            if name == ada() {
                let until = (act, PoolKind::Anonymous, reached.plus(DAY));
                assert_eq!(locks(&world).await, [until], "one event, in the commit of the lock");
                assert_eq!(
                    held(&world, act).await.map(|used| used.until),
                    None,
                    "the hour is over"
                );
                assert!(begins(&world, &request(), &name, &email()).await, "the owner's pool");
            }
            world.clock.advance(before);
            assert!(begins(&world, &elsewhere, &name, &email()).await, "{act}: the day is over");
        }
    }
}

/// One less within the window locks nothing.
#[tokio::test]
async fn e4_1_a_window_slides_and_one_less_locks_nothing() {
    let throttle = of_entra(ThrottledAct::PhoneSent);
    let world = World::builder().settings(throttled(&[throttle])).registered().open().await;
    for number in 0..12_u8 {
        let stranger = request_from(&format!("198.51.100.{}", number + 1));
        assert!(begins(&world, &stranger, &ada(), &sms()).await, "{number}");
        world.clock.advance(MINUTE * 15);
    }
    assert_eq!(locks(&world).await, []);
}

/// E4.1.4: five completed resets in an hour lock the account in both pools, for a day after the last.
#[tokio::test]
async fn e4_1_five_completed_resets_lock_for_a_day_after_the_last() {
    let resets = of_entra(ThrottledAct::ResetCompleted);
    let world = World::builder().settings(throttled(&[resets])).registered().open().await;
    world.clock.advance(2 * DAY);
    for _ in 0..5 {
        world.clock.advance(MINUTE * 10);
        let ticket = world.granted().await;
        world.complete(&ticket, NEW).await.expect("reset");
        world.deliver().await;
    }
    let last = world.clock.now();
    let until = last.plus(DAY);
    let pools = [PoolKind::Anonymous, PoolKind::Proven];
    let expected = pools.map(|pool| (ThrottledAct::ResetCompleted, pool, until));
    assert_eq!(locks(&world).await, expected);
    let seen = held(&world, ThrottledAct::ResetCompleted).await.expect("explained");
    assert_eq!((seen.held, seen.of, seen.until), (5, 5, Some(until)));
    world.clock.advance(DAY - Duration::from_secs(1));
    for request in [request(), request_from("198.51.100.1")] {
        assert!(!begins(&world, &request, &ada(), &email()).await);
    }
    world.clock.advance(Duration::from_secs(1));
    assert!(begins(&world, &request(), &ada(), &email()).await);
}

/// E4.1.1, E4.1.8: failures of all methods count together; a right code is none. A code that is open
/// in the meantime keeps its attempt.
#[tokio::test]
async fn e4_1_five_failures_of_any_method_lock_the_account() {
    let failed = of_entra(ThrottledAct::ProofFailed);
    let world = World::builder().settings(throttled(&[failed])).registered().open().await;
    world.clock.advance(2 * DAY);
    let (reset, mut tickets) = (world.engine.reset(), Vec::new());
    for (source, by, address) in [("198.51.100.1", email(), MAIL), ("198.51.100.2", sms(), MOBILE)]
    {
        let request = request_from(source);
        let reply = reset.start(&request, &ada()).await.expect("started");
        let reply = reset.challenge(&request, &reply.ticket, &by).await.expect("challenged");
        tickets.push((request, reply.ticket, world.code_to(address).await));
    }
    let [(attacker, guessing, theirs), (owner, ticket, right)] = &tickets[..] else { panic!() };
    let before = world.engine.stats().comparisons;
    for _ in 0..5 {
        refusal(reset.prove(attacker, guessing, &code(&other_than(theirs))).await);
    }
    assert_eq!(world.engine.stats().comparisons - before, 4, "one is the other code's");
    reset.prove(owner, ticket, &code(right)).await.expect("proven");
    assert_eq!(locks(&world).await, []);
    refusal(reset.prove(attacker, guessing, &code(&other_than(theirs))).await);
    let until = world.clock.now().plus(DAY);
    assert_eq!(locks(&world).await, [(ThrottledAct::ProofFailed, PoolKind::Anonymous, until)]);
    assert!(!begins(&world, &request_from("198.51.100.3"), &ada(), &sms()).await);
    assert!(begins(&world, &request(), &ada(), &sms()).await, "the owner's pool");
}

/// A throttle of each kind of method leaves the others open.
#[tokio::test]
async fn e4_1_a_throttle_of_each_method_leaves_the_others_open() {
    let failed = Throttle::new(ThrottledAct::ProofFailed, Rate::new(5, DAY), DAY);
    let mut of_each = failed;
    of_each.scope = ThrottleScope::Method;
    for (throttle, open) in [(failed, false), (of_each, true)] {
        let world = World::builder().settings(throttled(&[throttle])).registered().open().await;
        let (reset, stranger) = (world.engine.reset(), request_from("198.51.100.1"));
        let reply = reset.start(&stranger, &ada()).await.expect("started");
        let reply = reset.challenge(&stranger, &reply.ticket, &email()).await.expect("sent");
        let wrong = other_than(&world.code_to(MAIL).await);
        for _ in 0..5 {
            refusal(reset.prove(&stranger, &reply.ticket, &code(&wrong)).await);
        }
        let elsewhere = request_from("198.51.100.2");
        assert!(!begins(&world, &elsewhere, &ada(), &email()).await);
        assert_eq!(begins(&world, &elsewhere, &ada(), &sms()).await, open);
    }
}

/// E4.1.5: typed numbers, right or wrong, lock at their number.
#[tokio::test]
async fn e4_1_typed_numbers_lock_the_account_at_their_number() {
    let mut settings = throttled(&[of_entra(ThrottledAct::NumberTyped)]);
    settings.typed_number = true;
    let world = World::builder().settings(settings).registered().open().await;
    world.clock.advance(2 * DAY);
    let right = sms().with_typed_number(MOBILE).expect("valid");
    let wrong = sms().with_typed_number("+14255550199").expect("valid");
    let mut counted = 0;
    for (place, by) in (1_u8..).zip([&right, &wrong, &wrong, &wrong, &wrong]) {
        assert_eq!(locks(&world).await, []);
        begins(&world, &request_from(&format!("198.51.100.{place}")), &ada(), by).await;
        counted += 1;
    }
    let until = world.clock.now().plus(DAY);
    assert_eq!(locks(&world).await, [(ThrottledAct::NumberTyped, PoolKind::Anonymous, until)]);
    assert_eq!(counted, 5);
    assert!(!begins(&world, &request_from("198.51.100.9"), &ada(), &email()).await);
}

/// E4.1.7: a completed reset clears what throttles have counted, but not its own count.
#[tokio::test]
async fn e4_1_a_completed_reset_clears_what_throttles_have_counted() {
    for clears in [false, true] {
        let acts = [ThrottledAct::MailSent, ThrottledAct::ResetCompleted];
        let mut settings = throttled(&acts.map(of_entra));
        settings.clear_counters_on_reset = clears;
        settings.acknowledged.insert(Deviation::CountersClearedOnReset);
        let world = World::builder().settings(settings).registered().open().await;
        let ticket = world.granted().await;
        assert!(held(&world, ThrottledAct::MailSent).await.is_some());
        world.complete(&ticket, NEW).await.expect("reset");
        assert_eq!(held(&world, ThrottledAct::MailSent).await.is_some(), !clears);
        assert!(held(&world, ThrottledAct::ResetCompleted).await.is_some());
        world.admin().unblock(&world.user).await.expect("unblocked");
        assert_eq!(held(&world, ThrottledAct::ResetCompleted).await, None);
    }
}

/// Entra's first-come lock-outs: one stranger who asks for ten mails a day keeps the owner from every
/// reset in an unknown place, for as long as that lasts. Under the default policy the owner gets a code
/// each day.
#[tokio::test]
async fn e4_1_one_stranger_locks_the_owner_out_under_entra_alone() {
    for (settings, lock_out) in [(entra(), true), (one_gate(), false)] {
        let world = World::builder().settings(settings).registered().open().await;
        world.clock.advance(2 * DAY);
        let (stranger, owner) = (request_from("198.51.100.1"), request_from("192.0.2.9"));
        let (mut passed, mut at_home) = (0, 0);
        for _ in 0..7 {
            let reply = world.engine.reset().start(&stranger, &ada()).await.expect("started");
            for _ in 0..10 {
                opens(&world, &stranger, &reply.ticket, &email()).await;
                world.clock.advance(MINUTE);
            }
            world.clock.advance(MINUTE * 60);
            for by in [email(), sms()] {
                passed += u32::from(begins(&world, &owner, &ada(), &by).await);
                at_home += u32::from(begins(&world, &request(), &ada(), &by).await);
            }
            // The stranger returns when the lock of a day has ended.
            world.clock.advance(DAY - MINUTE * 60);
        }
        println!("entra: {lock_out}, of 14 challenges: {passed} elsewhere, {at_home} at home");
        assert_eq!(passed, if lock_out { 0 } else { 7 });
        assert_eq!(at_home, 14, "a familiar source");
        let by_mail =
            locks(&world).await.iter().filter(|lock| lock.0 == ThrottledAct::MailSent).count();
        assert_eq!(by_mail, if lock_out { 7 } else { 0 });
    }
}

/// Appendix C: while the tenant's limit is spent, a caller must pass the human check and codes are
/// longer. No caller who passes it is refused, and without a human check none is asked.
#[tokio::test]
async fn a_spent_limit_of_the_tenant_asks_for_a_human_check_and_refuses_no_caller() {
    for (check, asks) in [(true, true), (true, false), (false, true)] {
        let mut settings = settings();
        settings.limits.tenant = Rate::new(3, Duration::from_secs(86_400));
        settings.limits.escalated_human_check = asks;
        let builder = World::builder().settings(settings);
        let builder =
            if check { builder.engine(|engine| engine.human_check(Human)) } else { builder };
        let world = builder.registered().open().await;
        world.clock.advance(Duration::from_secs(2 * 86_400));
        let start = async |number: u8, answer: Option<&str>| {
            let request = request_from(&format!("198.51.100.{number}"));
            let request = match answer {
                Some(answer) => request.with_human_answer(answer.into()),
                None => request,
            };
            let reply = world.engine.reset().start(&request, &ada()).await;
            (request, reply)
        };
        let challenge = async |number, answer| {
            let (request, reply) = start(number, answer).await;
            let ticket = reply.expect("started").ticket;
            world.engine.reset().challenge(&request, &ticket, &sms()).await.expect("challenged")
        };
        for number in 1..=3 {
            challenge(number, None).await;
        }
        // A page knows beforehand what `start` will ask.
        let pages = world.engine.pages(&world.tenant).await.expect("read");
        assert_eq!(pages.human_check, check && asks);
        let (_, reply) = start(4, None).await;
        if check && asks {
            assert_eq!(refusal(reply), Refusal::HumanCheckRequired);
        } else {
            reply.expect("no requirement");
        }
        // The requirement can be met, the code is longer, and an event raises an alarm.
        let answer = (check && asks).then_some("passed");
        let Step::Enter { format, .. } = challenge(5, answer).await.step else { panic!() };
        assert_eq!(format.length, 8);
        assert!(world.event_codes().await.contains(&"limit_spent".to_owned()));
        world.clock.advance(Duration::from_secs(2 * 86_400));
        challenge(6, None).await;
    }
}

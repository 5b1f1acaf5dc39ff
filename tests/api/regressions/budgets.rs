//! Budgets of one account: shares of sources, what counts in which budget, and what is recorded.

use std::time::Duration;

use sspr::admin::BudgetKind;
use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::method::{ChallengeOption, Channel, NewMethod};
use sspr::policy::{PoolKind, Scope};
use sspr::testing::{SoftToken, block_on};
use sspr::{Engine, MethodKind, PolicySettings, Refusal, Reply, Request, ResetTicket, Selection};

use crate::support::*;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// The defaults; only the scope must be chosen.
fn defaults() -> PolicySettings {
    let mut settings = PolicySettings::default();
    settings.scope = Scope::All;
    settings
}

async fn registered(settings: PolicySettings) -> World {
    World::builder().settings(settings).registered().open().await
}

/// Opens a challenge from this source; `None` if it was suppressed.
async fn opened(
    engine: &Engine,
    source: &Request,
    selection: &Selection,
) -> Option<Reply<ResetTicket>> {
    let reply = engine.reset().start(source, &ada()).await.expect("started");
    let silenced = engine.stats().silenced;
    let reply = engine.reset().challenge(source, &reply.ticket, selection).await.expect("asked");
    (engine.stats().silenced == silenced).then_some(reply)
}

/// Types this many wrong codes. Returns how many were compared.
async fn wrong(world: &World, source: &Request, ticket: &ResetTicket, mail: bool) -> u64 {
    world.deliver().await;
    let right = world.inbox.last_code_to(if mail { MAIL } else { MOBILE }).expect("a code");
    let before = world.engine.stats().comparisons;
    for _ in 0..6 {
        let typed = code(&other_than(&right));
        let answer = world.engine.reset().prove(source, ticket, &typed).await;
        assert_eq!(refusal(answer), Refusal::NotAccepted);
    }
    world.engine.stats().comparisons - before
}

fn stranger(number: u32) -> Request {
    request_from(&format!("198.51.100.{number}"))
}

/// S2, W2: the failures of a day are shared: the first source gets five, each further source one,
/// and all together ten.
#[test]
fn one_source_holds_at_most_its_share_of_the_failures_of_a_day() {
    block_on(async {
        let world = registered(defaults()).await;
        let mut compared = Vec::new();
        for number in 1..=7 {
            compared.push(match opened(&world.engine, &stranger(number), &email()).await {
                Some(reply) => wrong(&world, &stranger(number), &reply.ticket, true).await,
                None => 0,
            });
            // Another hour, so that the hour's budget of challenges does not refuse.
            world.clock.advance(61 * MINUTE);
        }
        assert_eq!(compared, [5, 1, 1, 1, 1, 1, 0]);
    });
}

/// S2, W2: comparisons set aside for live codes count as held by their source, so that other
/// sources get some.
#[test]
fn promised_comparisons_of_one_source_leave_some_to_others() {
    block_on(async {
        let world = registered(defaults()).await;
        let mut held = 0;
        for _ in 0..4 {
            held += u32::from(opened(&world.engine, &stranger(1), &email()).await.is_some());
        }
        assert_eq!(held, 1, "a source may hold at most five comparisons");
        assert!(opened(&world.engine, &stranger(2), &email()).await.is_some());
    });
}

/// S2, W2: the challenges of an hour and of a day are shared.
#[test]
fn one_source_holds_at_most_its_share_of_the_challenges() {
    block_on(async {
        let world = registered(defaults()).await;
        let (mut by_hour, mut all) = (Vec::new(), 0);
        for _ in 0..20 {
            let mut opened_now = 0;
            // Between two challenges flows end, and comparisons set aside are freed.
            for turn in 0..3 {
                let selection = if turn % 2 == 0 { email() } else { sms() };
                opened_now +=
                    u32::from(opened(&world.engine, &stranger(1), &selection).await.is_some());
                world.clock.advance(16 * MINUTE);
            }
            by_hour.push(opened_now);
            all += opened_now;
            world.clock.advance(13 * MINUTE);
        }
        assert!(by_hour.iter().all(|count| *count <= 3), "{by_hour:?}");
        assert_eq!(by_hour[0], 3, "half of the hour's six");
        assert_eq!(all, 10, "half of the day's twenty: {by_hour:?}");
        let others = opened(&world.engine, &stranger(2), &email()).await;
        assert!(others.is_some(), "another source gets one at once");
        let codes = world.event_codes().await;
        assert!(codes.iter().any(|code| code == "challenges_spent"), "{codes:?}");
    });
}

/// S2: an administrator sees how much of each budget is held, by how many sources, and until when.
#[test]
fn explain_shows_who_holds_an_accounts_budgets() {
    block_on(async {
        let world = registered(defaults()).await;
        let reply = opened(&world.engine, &stranger(1), &email()).await.expect("opened");
        assert_eq!(wrong(&world, &stranger(1), &reply.ticket, true).await, 5);
        opened(&world.engine, &stranger(2), &sms()).await.expect("opened");
        let explained = world.admin().explain(&world.user).await;
        let budgets = explained.expect("explained").budgets;
        let of = |budget, method| {
            let mut all = budgets.iter();
            let fits = |one: &&sspr::admin::BudgetUse| {
                (one.budget, one.method, one.pool) == (budget, method, PoolKind::Anonymous)
            };
            all.find(fits).unwrap_or_else(|| panic!("{budget:?}: {budgets:?}"))
        };
        let sent = of(BudgetKind::SentInADay, None);
        assert_eq!((sent.held, sent.of, sent.sources, sent.most_by_one_source), (2, 20, 2, 1));
        assert!(sent.until.is_some());
        let failures = of(BudgetKind::Failures, Some(MethodKind::Email));
        assert_eq!((failures.held, failures.of, failures.most_by_one_source), (5, 10, 5));
        let promised = of(BudgetKind::Promised, Some(MethodKind::MobilePhone));
        assert_eq!((promised.held, promised.sources), (5, 1));
        assert_eq!(of(BudgetKind::LiveFlows, None).held, 2);
    });
}

/// D3: four wrong codes and a correct fifth leave no event and no notice of a lock, neither for the
/// window nor for the cap.
#[test]
fn a_right_last_try_leaves_no_event_and_no_notice_of_a_lock() {
    block_on(async {
        let mut settings = defaults();
        settings.users.required = 1;
        // A fifth failure would spend the window, reach half of the run, and end it.
        settings.failures.anonymous = sspr::policy::Rate::new(5, DAY);
        settings.failures.proven = sspr::policy::Rate::new(5, DAY);
        settings.failures.consecutive = 9;
        for source in [stranger(1), request()] {
            let world = registered(settings.clone()).await;
            let reply = opened(&world.engine, &source, &email()).await.expect("opened");
            world.deliver().await;
            let right = world.inbox.last_code_to(MAIL).expect("a code");
            for _ in 0..4 {
                let typed = code(&other_than(&right));
                let _ = world.engine.reset().prove(&source, &reply.ticket, &typed).await;
            }
            let proven = world.engine.reset().prove(&source, &reply.ticket, &code(&right)).await;
            proven.expect("right");
            world.clock.advance(10 * MINUTE);
            world.deliver().await;
            let codes = world.event_codes().await;
            for untrue in ["blocked", "method_closed", "method_disabled", "attempt_refunded"] {
                assert!(!codes.iter().any(|code| code == untrue), "{untrue}: {codes:?}");
            }
            let told = world.inbox.messages_to(MAIL);
            assert!(!told.iter().any(|message| message.kind.contains("failures")), "{told:?}");
        }
    });
}

/// D3: a wrong last attempt is recorded at once, once, and notified.
#[test]
fn a_wrong_last_try_is_recorded_at_once() {
    block_on(async {
        let mut settings = defaults();
        settings.users.required = 1;
        // Stricter than the default: the last attempt of one code fills the window.
        settings.failures.anonymous = sspr::policy::Rate::new(5, DAY);
        settings.failures.consecutive = 9;
        let world = registered(settings).await;
        let reply = opened(&world.engine, &stranger(1), &email()).await.expect("opened");
        assert_eq!(wrong(&world, &stranger(1), &reply.ticket, true).await, 5);
        world.deliver().await;
        let codes = world.event_codes().await;
        assert_eq!(codes.iter().filter(|code| *code == "blocked").count(), 1, "{codes:?}");
        let told = world.inbox.messages_to(MAIL);
        assert!(told.iter().any(|message| message.kind.contains("failures")), "{told:?}");
    });
}

/// D7: a code to a newly registered phone has all its attempts: only the repetitions of the
/// registration's code are set aside.
#[test]
fn a_phone_that_was_just_registered_has_all_tries() {
    block_on(async {
        for typed_wrong in 0..=4 {
            let world = World::builder().settings(defaults()).open().await;
            let mail = EmailAddress::parse(MAIL).expect("valid");
            world.register(NewMethod::email(mail), MAIL).await;
            let (request, user) = (request(), world.signed_in());
            let phone = PhoneNumber::parse(MOBILE).expect("valid");
            let phone = NewMethod::mobile_phone(phone, Channel::Sms).expect("reached");
            let registration = world.engine.registration();
            let added = registration.add(&request, &user, &phone).await.expect("added");
            world.deliver().await;
            let sent = world.inbox.last_code_to(MOBILE).expect("a code");
            for _ in 0..typed_wrong {
                let wrong = code(&other_than(&sent));
                let answer = registration.confirm(&request, &user, &added.ticket, &wrong).await;
                assert_eq!(refusal(answer), Refusal::NotAccepted);
            }
            let confirmed =
                registration.confirm(&request, &user, &added.ticket, &code(&sent)).await;
            assert!(confirmed.expect("confirmed").active);
            // The registration's flow and code have not expired.
            world.clock.advance(MINUTE);
            let reply = world.start().await;
            let (reply, mail) = world.challenged(&reply.ticket, &email(), MAIL).await;
            let reply = world.prove(&reply.ticket, &mail).await.expect("proven");
            let (reply, _) = world.challenged(&reply.ticket, &sms(), MOBILE).await;
            let compared = wrong(&world, &request, &reply.ticket, false).await;
            assert_eq!(compared, 5, "after {typed_wrong} wrong codes of the registration");
        }
    });
}

/// D17: methods in hand send nothing and spend no budget of sent messages.
#[test]
fn an_app_spends_no_challenge_that_is_sent() {
    block_on(async {
        let mut settings = defaults();
        settings.users.methods =
            [MethodKind::Email, MethodKind::MobilePhone, MethodKind::AuthenticatorApp].into();
        let world = registered(settings).await;
        let _: SoftToken = world.enrol_app().await;
        let app: Selection = ChallengeOption::preferred(MethodKind::AuthenticatorApp).into();
        let source = stranger(1);
        let mut asked = 0;
        for _ in 0..5 {
            asked += u32::from(opened(&world.engine, &source, &app).await.is_some());
            world.clock.advance(5 * MINUTE);
        }
        assert!(asked >= 1, "the app was challenged");
        world.clock.advance(16 * MINUTE);
        for _ in 0..3 {
            assert!(opened(&world.engine, &source, &email()).await.is_some());
            world.clock.advance(11 * MINUTE);
        }
    });
}

/// A source from which the user has registered uses the proven pool. It is no proof, and an unknown
/// source is never familiar.
#[test]
fn a_familiar_source_draws_on_the_proven_pool_and_an_unknown_one_never() {
    block_on(async {
        let world = registered(defaults()).await;
        for number in 1..=7 {
            if let Some(reply) = opened(&world.engine, &stranger(number), &email()).await {
                wrong(&world, &stranger(number), &reply.ticket, true).await;
            }
            world.clock.advance(61 * MINUTE);
        }
        assert!(opened(&world.engine, &stranger(99), &email()).await.is_none(), "spent");
        assert!(opened(&world.engine, &request(), &email()).await.is_some(), "familiar");
        world.clock.advance(91 * DAY);
        for number in 1..=7 {
            if let Some(reply) = opened(&world.engine, &stranger(number), &email()).await {
                wrong(&world, &stranger(number), &reply.ticket, true).await;
            }
            world.clock.advance(61 * MINUTE);
        }
        assert!(opened(&world.engine, &request(), &email()).await.is_none(), "no longer familiar");
    });
}

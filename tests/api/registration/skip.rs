//! Skipping the prompt at sign-in: for ever, for some days, or never.

use std::time::Duration;

use crate::registration::person::*;
use crate::support::*;
use sspr::adapters::memory::MemoryStore;
use sspr::method::{Prompt, SignInPrompt, Skip};
use sspr::port::Clock as _;
use sspr::testing::{CallLog, Recorder};
use sspr::{PolicySettings, Refusal, SignedIn};

const DAY: Duration = Duration::from_secs(86_400);
const SECOND: Duration = Duration::from_secs(1);

async fn open(settings: PolicySettings) -> (World, CallLog) {
    let log = CallLog::new();
    let store = Recorder::new(MemoryStore::new(), log.clone());
    (World::builder().store(store).settings(settings).open().await, log)
}

fn commits(log: &CallLog) -> usize {
    log.shapes().iter().filter(|shape| format!("{shape:?}").contains("commit")).count()
}

async fn prompt(world: &World, user: &SignedIn) -> SignInPrompt {
    world.engine.registration().prompt(&request(), user).await.expect("read")
}

async fn skip(world: &World, user: &SignedIn) -> Option<Refusal> {
    let skipped = world.engine.registration().skip(&request(), user).await;
    skipped.err().map(|error| error.refusal().cloned().expect("a refusal"))
}

/// 2.1: by default the prompt may be skipped at each sign-in for ever, and returns at the next. Each
/// skip is recorded; reading the prompt and skipping again write nothing.
#[tokio::test]
async fn by_default_a_prompt_is_skipped_for_ever_and_returns_at_every_sign_in() {
    let (world, log) = open(by_default()).await;
    for year in 0..3 {
        world.clock.advance(365 * DAY);
        let user = password_only(&world, &format!("session {year}"));
        log.clear();
        let asked = prompt(&world, &user).await;
        assert_eq!((asked.ask, asked.skip), (Prompt::Register, Skip::Always));
        assert_eq!(commits(&log), 0, "it only reads");
        assert_eq!(skip(&world, &user).await, None);
        assert_eq!(skip(&world, &user).await, None, "again");
        assert_eq!(commits(&log), 1, "the second one changes nothing");
        assert_eq!(prompt(&world, &user).await.ask, Prompt::Nothing);
    }
    let codes = world.event_codes().await;
    assert_eq!(codes.iter().filter(|code| *code == "registration_skipped").count(), 3);
}

/// 2.1, 15: under Entra the prompt may be skipped for 7 days from the first prompt, whose time is
/// stored once.
#[tokio::test]
async fn under_entra_a_prompt_is_skipped_for_seven_days_from_the_first() {
    let (world, log) = open(entra()).await;
    let first = world.clock.now();
    log.clear();
    for hour in 0..3_u32 {
        let user = password_only(&world, &format!("hour {hour}"));
        assert_eq!(prompt(&world, &user).await.skip, Skip::Until { at: first.plus(7 * DAY) });
        world.clock.advance(Duration::from_secs(3_600));
    }
    assert_eq!(commits(&log), 1, "the time of the first one");
    world.clock.set(first.plus(7 * DAY - SECOND));
    let last = password_only(&world, "last");
    assert_eq!(skip(&world, &last).await, None, "the last second");
    world.clock.advance(SECOND);
    let user = password_only(&world, "after");
    let asked = prompt(&world, &user).await;
    assert_eq!((asked.ask, asked.skip), (Prompt::Register, Skip::Never));
    assert_eq!(skip(&world, &user).await, Some(Refusal::NotOffered));
    assert_eq!(prompt(&world, &user).await.ask, Prompt::Register);
    // Another registration that an administrator requires has days of its own.
    world.admin().require_registration(&world.user).await.expect("required");
    let now = world.clock.now();
    assert_eq!(prompt(&world, &user).await.skip, Skip::Until { at: now.plus(7 * DAY) });
    assert_eq!(skip(&world, &user).await, None);
}

/// 2.1: a completed registration ends the days: the next prompt, half a year later, has its own.
#[tokio::test]
async fn a_completed_registration_ends_the_days() {
    let (world, _) = open(entra()).await;
    prompt(&world, &password_only(&world, "first")).await;
    world.clock.advance(3 * DAY);
    bind_mail(&world, &password_only(&world, "second")).await.expect("completes it");
    world.clock.advance(181 * DAY);
    let asked = prompt(&world, &password_only(&world, "third")).await;
    let at = world.clock.now().plus(7 * DAY);
    assert_eq!((asked.ask, asked.skip), (Prompt::Reconfirm, Skip::Until { at }));
}

/// 15: with 0 days the prompt may not be skipped, and nothing is stored.
#[tokio::test]
async fn with_zero_days_a_prompt_is_never_skipped() {
    let mut settings = by_default();
    settings.registration.skip_days = Some(0);
    let (world, log) = open(settings).await;
    let user = password_only(&world, "first");
    log.clear();
    let asked = prompt(&world, &user).await;
    assert_eq!((asked.ask, asked.skip), (Prompt::Register, Skip::Never));
    assert_eq!(skip(&world, &user).await, Some(Refusal::NotOffered));
    assert_eq!(commits(&log), 0);
}

/// 2.1: a clock that steps back gives no day back, whether or not anything was committed since.
#[tokio::test]
async fn a_clock_that_steps_back_gives_no_day_back() {
    let (world, _) = open(entra()).await;
    let first = world.clock.now();
    prompt(&world, &password_only(&world, "first")).await;
    world.clock.advance(6 * DAY);
    assert_eq!(skip(&world, &password_only(&world, "sixth")).await, None);
    let back = first.minus(100 * DAY);
    world.clock.set(back);
    for day in 0..2_u32 {
        world.clock.set(back.plus(day * DAY / 2));
        let user = password_only(&world, &format!("back {day}"));
        let asked = prompt(&world, &user).await;
        assert_eq!(asked.skip, Skip::Until { at: back.plus(DAY) }, "{day}: one day is left");
        assert_eq!(skip(&world, &user).await, None);
    }
    world.clock.set(back.plus(DAY));
    let user = password_only(&world, "over");
    assert_eq!(prompt(&world, &user).await.skip, Skip::Never);
    assert_eq!(skip(&world, &user).await, Some(Refusal::NotOffered));
}

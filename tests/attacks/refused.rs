//! A request that a limit refuses is counted against no other limit and writes nothing: V56. A
//! spent destination refuses a signed-in user and gives all other callers fewer attempts: V57.

use sspr::error::CodeLimit;
use sspr::method::{Channel, NewMethod, SignInContext};
use sspr::policy::Rate;
use sspr::port::Cutoff;
use sspr::port::Store;
use sspr::testing::block_on;
use sspr::{Error, Identifier, PolicySettings, Refusal, Request, SignedIn, Step, UserId};

use crate::concurrency::{TASKS, at_once};
use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(
    refused_tries_write_no_row,
    refused_tries_are_counted_against_no_other_limit,
    requests_at_one_time_pass_as_often_as_the_limit_says,
    a_spent_destination_refuses_a_registration,
);
in_memory!(
    a_retry_time_does_not_move_when_it_is_not_waited_for,
    a_trickle_is_served_about_as_often_as_the_limit_says,
    one_source_leaves_all_tries_to_the_owners_codes,
    a_spent_range_of_numbers_refuses_a_registration,
    a_spent_destination_gives_a_reset_two_tries,
);

const VICTIM: &str = "+14255550177";

/// The default policy for all users of the tenant.
fn defaults() -> PolicySettings {
    let mut settings = PolicySettings::default();
    settings.scope = sspr::policy::Scope::All;
    settings
}

fn name(n: u32) -> Identifier {
    named(&format!("unknown{n}@contoso.example"))
}

/// Requests a code. `Err` has the time at which the source may ask again.
async fn ask(world: &World, request: &Request, who: &Identifier) -> Result<Step, sspr::Timestamp> {
    let reply = world.engine.reset().start(request, who).await.expect("started");
    match world.engine.reset().challenge(request, &reply.ticket, &sms()).await {
        Ok(reply) => Ok(reply.step),
        Err(Error::Refused(Refusal::TooOften { retry_at })) => Err(retry_at),
        Err(other) => panic!("{other:?}"),
    }
}

/// The number of counters. No record is removed, since their flows have not ended.
async fn counters(store: &dyn Store, world: &World) -> u64 {
    let gone = sspr::port::Clock::now(&world.clock).plus(40 * DAY);
    let (mut all, events_before) = (0, sspr::Timestamp::EPOCH);
    loop {
        let removed = store.purge(Cutoff::new(gone, events_before), 1_000).await.expect("purged");
        all += removed;
        if removed == 0 {
            return all;
        }
    }
}

/// V56: refused requests write no counter: the number of counters depends only on served requests.
async fn refused_tries_write_no_row(stores: &StoreKind) {
    let mut left = Vec::new();
    for refused in [0, stores.rounds(500, 60)] {
        let store = stores.store();
        let world = World::builder().store(store.clone()).settings(defaults()).open().await;
        let served = defaults().limits.source.max;
        for n in 0..served {
            ask(&world, &source(1), &name(n)).await.expect("served");
        }
        for n in 0..refused {
            ask(&world, &source(1), &name(served + n)).await.expect_err("the source's limit");
        }
        left.push(counters(&*store, &world).await);
    }
    assert_eq!(left[0], left[1]);
    assert!(left[0] > 60, "only served requests have counters: {left:?}");
}

/// V56: requests of one source beyond its limit make no code longer.
async fn refused_tries_are_counted_against_no_other_limit(stores: &StoreKind) {
    let mut settings = defaults();
    let served = settings.limits.source.max;
    // Stricter than by default: the served requests are below it, served and refused together far
    // above it.
    settings.limits.tenant = Rate::new(served + 1, DAY);
    let world = World::builder().store(stores.store()).settings(settings).open().await;
    let mut refused = 0;
    for n in 0..stores.rounds(2_400, 200) {
        refused += u32::from(ask(&world, &source(1), &name(n)).await.is_err());
    }
    assert_eq!(refused, stores.rounds(2_400, 200) - served);
    let person = settle(&world, 1).await;
    let step = ask(&world, &source(2), &person.name).await.expect("another source");
    let Step::Enter { format, .. } = step else { panic!("{step:?}") };
    assert_eq!(format.length, 6, "the tenant's limit counts served requests");
    assert_eq!(count(&all_events(&world).await, "limit_spent"), 0);
}

/// V56: a limit also holds for concurrent requests, and only those that pass count for the tenant.
async fn requests_at_one_time_pass_as_often_as_the_limit_says(stores: &StoreKind) {
    let under_test = stores.empty();
    let mut settings = defaults();
    let most = settings.limits.source_identifier.max;
    // Stricter than by default: one more than may pass.
    settings.limits.tenant = Rate::new(most + 1, DAY);
    let world = World::builder().store(under_test.open()).settings(settings).open().await;
    let second = twin(&world, &under_test, 8).await;
    let answers = at_once(&[&world.engine, &second], |_, engine| {
        block_on(opened(engine, &source(1), &name(1), &sms())).is_some()
    });
    assert_eq!(answers.len(), TASKS);
    assert_eq!(answers.iter().filter(|served| **served).count(), most as usize);
    let step = ask(&world, &source(2), &name(2)).await.expect("another source");
    let Step::Enter { format, .. } = step else { panic!("{step:?}") };
    assert_eq!(format.length, 6, "those refused were not counted against the tenant");
}

/// V56: the retry time of a refusal does not change with further requests, and is kept.
async fn a_retry_time_does_not_move_when_it_is_not_waited_for(_kind: &StoreKind) {
    let world = World::builder().settings(defaults()).open().await;
    while ask(&world, &source(1), &name(1)).await.is_ok() {
        world.clock.advance(MINUTE);
    }
    let promised = ask(&world, &source(1), &name(1)).await.expect_err("spent");
    let mut asked = 0;
    loop {
        world.clock.advance(MINUTE);
        if sspr::port::Clock::now(&world.clock) >= promised {
            break;
        }
        asked += 1;
        assert_eq!(ask(&world, &source(1), &name(1)).await, Err(promised));
    }
    assert!(asked > 30, "asked {asked} times before its time");
    world.clock.set(promised);
    ask(&world, &source(1), &name(1)).await.expect("at the retry time");
}

/// V56: with a request every five minutes for 48 hours, at least 85 in 100 of the limit are served,
/// and never more than the limit.
async fn a_trickle_is_served_about_as_often_as_the_limit_says(_kind: &StoreKind) {
    let world = World::builder().settings(defaults()).open().await;
    let rate = defaults().limits.source_identifier;
    let (mut served, end) = (Vec::new(), 48 * 12);
    for n in 0..end {
        if ask(&world, &source(1), &name(1)).await.is_ok() {
            served.push(n);
        }
        world.clock.advance(5 * MINUTE);
        if n % 12 == 0 {
            world.deliver().await;
        }
    }
    let most = 48 * rate.max;
    assert!(served.len() as u32 * 100 >= most * 85, "{} of {most}", served.len());
    for from in 0..end {
        let hour = served.iter().filter(|n| (from..from + 12).contains(*n)).count();
        assert!(hour <= rate.max as usize, "{hour} in the hour from try {from}");
    }
}

/// V56: one source that spends its share of an account's attempts leaves later codes all of theirs.
async fn one_source_leaves_all_tries_to_the_owners_codes(_kind: &StoreKind) {
    let world = World::builder().settings(defaults()).open().await;
    let person = settle(&world, 1).await;
    for _ in 0..12 {
        let _ = ask(&world, &source(1), &person.name).await;
        world.clock.advance(MINUTE);
    }
    // The flows of the other source have ended, and the attempts set aside for its codes are free.
    world.clock.advance(2 * HOUR);
    world.deliver().await;
    assert_eq!(tries_of(&world, &source(2), &person.name).await, defaults().attempts);
}

/// Opens a challenge by text and counts the wrong codes that are compared.
async fn tries_of(world: &World, request: &Request, who: &Identifier) -> u8 {
    let before = world.engine.stats().comparisons;
    let reply = opened(&world.engine, request, who, &sms()).await.expect("opened");
    guess(&world.engine, request, &reply.ticket, 12).await;
    u8::try_from(world.engine.stats().comparisons - before).expect("few")
}

fn signed_in(world: &World, user: &UserId) -> SignedIn {
    let now = sspr::port::Clock::now(&world.clock);
    SignedIn::vouch(tenant(), user.clone(), SignInContext::new("s", now).with_second_factor(now))
}

/// Adds this number to the account of person `n`, who has a mail address already.
async fn add_number(world: &World, n: u32, number: &str) -> Result<(), Refusal> {
    let id = UserId::parse(&format!("person-{n}")).expect("valid");
    let user = signed_in(world, &id);
    let method = NewMethod::mobile_phone(phone(number), Channel::Sms).expect("reached");
    let added = world.engine.registration().add(&source(n), &user, &method).await;
    match added {
        Ok(_) => Ok(()),
        Err(Error::Refused(refusal)) => Err(refusal),
        Err(other) => panic!("{other:?}"),
    }
}

/// A user with only a mail address.
async fn with_mail(world: &World, n: u32) {
    let person = settle(world, n).await;
    let mut contacts = sspr::admin::Contacts::default();
    contacts.email = Some(mail(&person.mail));
    supply(world, &person.id, &contacts).await;
}

fn codes_to(world: &World, number: &str) -> usize {
    let all = world.inbox.all();
    let to = |one: &&sspr::adapters::memory::Delivered| one.destination.normalised() == number;
    all.iter().filter(to).filter(|message| message.code().is_some()).count()
}

/// V57: sixty accounts add one number: it gets as many codes as the limit allows, and each refusal
/// names the spent limit and its end.
async fn a_spent_destination_refuses_a_registration(stores: &StoreKind) {
    let world = World::builder().store(stores.store()).settings(defaults()).open().await;
    let most = defaults().limits.destination.max;
    let mut refused = Vec::new();
    for n in 0..60 {
        with_mail(&world, n).await;
        if let Err(refusal) = add_number(&world, n, VICTIM).await {
            refused.push(refusal);
        }
        world.clock.advance(MINUTE);
        world.deliver().await;
    }
    assert_eq!(codes_to(&world, VICTIM), most as usize);
    assert_eq!(refused.len(), 60 - most as usize);
    let retry_at = refused.iter().map(|refusal| match refusal {
        Refusal::TooManyCodes { limit: CodeLimit::Destination, retry_at } => *retry_at,
        other => panic!("{other:?}"),
    });
    let retry_at: Vec<_> = retry_at.collect();
    assert!(retry_at.iter().all(|at| *at == retry_at[0]), "{retry_at:?}");
    // Another number is free, and this one is at the time that the refusal names.
    add_number(&world, 59, "+33155550177").await.expect("another number");
    world.clock.set(retry_at[0]);
    add_number(&world, 58, VICTIM).await.expect("at the retry time");
}

/// V57: the same for numbers in a row.
async fn a_spent_range_of_numbers_refuses_a_registration(_kind: &StoreKind) {
    let world = World::builder().settings(defaults()).open().await;
    let most = defaults().limits.prefix.max;
    let mut added = 0;
    for n in 0..60 {
        with_mail(&world, n).await;
        match add_number(&world, n, &format!("+14255557{n:03}")).await {
            Ok(()) => added += 1,
            Err(Refusal::TooManyCodes { limit: CodeLimit::Prefix, .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(added, most);
}

/// V57: a spent destination refuses no reset. Its codes allow two attempts; codes to other
/// destinations allow all.
async fn a_spent_destination_gives_a_reset_two_tries(_kind: &StoreKind) {
    let world = World::builder().settings(defaults()).open().await;
    let owner = settle(&world, 900).await;
    let other = settle(&world, 901).await;
    for n in 0..=defaults().limits.destination.max {
        with_mail(&world, n).await;
        let _ = add_number(&world, n, &owner.mobile_phone).await;
    }
    assert_eq!(tries_of(&world, &source(901), &other.name).await, defaults().attempts);
    assert_eq!(tries_of(&world, &source(900), &owner.name).await, 2);
    let events = events_of(&world, &owner.id).await;
    assert_eq!(count(&events, "limit_spent"), 1);
    world.deliver().await;
    assert_eq!(
        codes_to(&world, &owner.mobile_phone),
        1 + defaults().limits.destination.max as usize
    );
}

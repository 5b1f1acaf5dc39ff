//! Repeated operations of a signed-in user.

use std::time::Duration;

use crate::registration::person::*;
use crate::support::*;
use sspr::adapters::memory::MemoryStore;
use sspr::port::Clock as _;
use sspr::recovery::DeviceSecret;
use sspr::testing::{CallLog, Recorder};
use sspr::{Refusal, Request, Source};

async fn recorded() -> (World, CallLog) {
    let log = CallLog::new();
    let store = Recorder::new(MemoryStore::new(), log.clone());
    let world = World::builder().store(store).settings(with_devices()).open().await;
    let owner = password_only(&world, "owner");
    bind_mail(&world, &owner).await.expect("mail");
    bind_mobile(&world, &owner).await.expect("mobile");
    world.clock.advance(Duration::from_secs(2 * 86_400));
    (world, log)
}

fn commits(log: &CallLog) -> usize {
    log.shapes().iter().filter(|shape| format!("{shape:?}").contains("commit")).count()
}

/// S10: an operation without a change is not written.
#[tokio::test]
async fn an_act_that_changes_nothing_commits_nothing() {
    let (world, log) = recorded().await;
    let (registration, user) = (world.engine.registration(), with_second_factor(&world, "s"));
    let methods = registration.list(&request(), &user).await.expect("listed");
    let device = registration.remember_device(&request(), &user).await.expect("known");
    let secret = device.expose_secret().to_owned();
    registration.skip(&request(), &user).await.expect("later");
    registration.reconfirm(&request(), &user).await.expect("right");
    registration.set_default(&request(), &user, &methods[1].id).await.expect("chosen");
    log.clear();
    for _ in 0..100 {
        registration.skip(&request(), &user).await.expect("later");
        registration.reconfirm(&request(), &user).await.expect("right");
        registration.set_default(&request(), &user, &methods[1].id).await.expect("chosen");
        let known = DeviceSecret::parse(&secret).expect("a secret");
        let known = request().with_device(known);
        let same = registration.remember_device(&known, &user).await.expect("known");
        assert_eq!(same.expose_secret(), secret);
    }
    assert_eq!(commits(&log), 0, "{:?}", log.shapes());
}

/// S10: operations with a change have an hourly rate, and a refusal names the retry time.
#[tokio::test]
async fn acts_that_change_something_have_an_hourly_rate_for_each_account() {
    let (world, log) = recorded().await;
    let registration = world.engine.registration();
    let user = with_second_factor(&world, "s");
    let methods = registration.list(&request(), &user).await.expect("listed");
    log.clear();
    let (mut done, mut refused, mut retry_at) = (0, 0, None);
    for round in 0..100_usize {
        // Each call is from another source and session: the rate is the account's.
        let from = Request::new(tenant(), Source::parse(&format!("203.0.113.{round}")));
        let other = with_second_factor(&world, &format!("session {round}"));
        let answers = [
            registration.skip(&from, &other).await,
            registration.set_default(&from, &user, &methods[round % 2].id).await,
            registration.remember_device(&from, &other).await.map(drop),
            registration.create_recovery_codes(&from, &user).await.map(drop),
        ];
        for answer in answers {
            match answer {
                Ok(()) => done += 1,
                Err(sspr::Error::Refused(Refusal::TooOften { retry_at: at })) => {
                    refused += 1;
                    assert_eq!(*retry_at.get_or_insert(at), at, "the retry time does not change");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
    // Choosing the present default changes nothing and is never refused.
    assert!(done >= 20 && refused > 300, "{done} done, {refused} refused");
    assert_eq!(commits(&log), 20, "a refusal writes nothing");
    let wait = retry_at.expect("refused").since(world.clock.now());
    assert!(wait <= Duration::from_secs(3_600));
    world.clock.advance(wait);
    let user = with_second_factor(&world, "later");
    registration.skip(&request(), &user).await.expect("an hour later");
}

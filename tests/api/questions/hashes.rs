//! Hashes: how many at once, which parameters, how long.

use super::*;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sspr::policy::Lack;
use sspr::port::{PortResult, SlowHash, async_trait};
use sspr::testing::{FaultPlan, Faulty, InjectedFault, ManualClock, TestHash, poll_until_stalled};
use sspr::{Refusal, Reply, ResetTicket};

async fn asked(world: &World) -> Reply<ResetTicket> {
    let reply = world.start().await;
    world.challenge(&reply.ticket, &questions()).await
}

/// Hashes of earlier parameters are made again with the next right answers, and only those.
#[tokio::test]
async fn right_answers_are_hashed_again_when_the_parameters_have_changed() {
    let world = World::builder().settings(alone()).registered().open().await;
    world.set_questions().await;
    let reset = world.engine.reset();
    let before = world.hash.hashes();
    let reply = asked(&world).await;
    reset.prove(&request(), &reply.ticket, &World::answers(&reply.step)).await.expect("proven");
    assert_eq!(world.hash.hashes() - before, 3);
    world.hash.raise_cost();
    // Wrong answers change nothing.
    let reply = asked(&world).await;
    let wrong = all_but_one(&World::questions(&reply.step));
    assert!(reset.prove(&request(), &reply.ticket, &wrong).await.is_err());
    let before = world.hash.hashes();
    reset.prove(&request(), &reply.ticket, &World::answers(&reply.step)).await.expect("proven");
    assert_eq!(world.hash.hashes() - before, 3 + 3, "verified, and hashed again");
    // The next draw has two of five that were not asked: one more rehash at most, then none.
    let mut last = 0;
    for _ in 0..5 {
        let reply = asked(&world).await;
        let before = world.hash.hashes();
        reset.prove(&request(), &reply.ticket, &World::answers(&reply.step)).await.expect("proven");
        last = world.hash.hashes() - before;
        world.clock.advance(Duration::from_secs(3_600));
    }
    assert_eq!(last, 3, "every hash is current");
}

/// A hash that waits until it is let go.
#[derive(Clone, Default)]
struct Waiting {
    inner: TestHash,
    waits: Arc<Mutex<bool>>,
}

#[async_trait]
impl SlowHash for Waiting {
    async fn hash(&self, secret: &SecretText) -> PortResult<String> {
        self.inner.hash(secret).await
    }

    async fn verify(&self, secret: &SecretText, hash: &str) -> PortResult<bool> {
        if *self.waits.lock().expect("unpoisoned") {
            std::future::pending::<()>().await;
        }
        self.inner.verify(secret, hash).await
    }
}

/// More comparisons than the engine runs at once are refused, the same for every name, and cost
/// nothing. Strangers leave half to users.
#[tokio::test]
async fn comparisons_beyond_the_bound_are_refused_and_cost_no_attempt() {
    let hash = Waiting::default();
    let slow = hash.clone();
    let builder = World::builder().settings(alone()).registered();
    let world = builder.engine(|engine| engine.slow_hash(slow).hashes_at_once(4)).open().await;
    world.set_questions().await;
    let reset = world.engine.reset();
    let known = asked(&world).await;
    let name = sspr::Identifier::parse("nobody@contoso.example").expect("a name");
    let reply = reset.start(&request(), &name).await.expect("started");
    let unknown = world.challenge(&reply.ticket, &questions()).await;
    *hash.waits.lock().expect("unpoisoned") = true;
    let asking = request();
    let (a, b) = (World::answers(&known.step), World::answers(&unknown.step));
    let mut first = Box::pin(reset.prove(&asking, &known.ticket, &a));
    let mut second = Box::pin(reset.prove(&asking, &unknown.ticket, &b));
    assert!(poll_until_stalled(first.as_mut()).is_none());
    assert!(poll_until_stalled(second.as_mut()).is_none());
    for reply in [&known, &unknown] {
        let answers = World::answers(&reply.step);
        let mut third = Box::pin(reset.prove(&asking, &reply.ticket, &answers));
        let refused = poll_until_stalled(third.as_mut()).expect("no hash is waited for");
        assert!(matches!(refusal(refused), Refusal::Overloaded { .. }));
    }
    // A user who registers still hashes.
    world.set_questions().await;
    // A dropped call gives its place back.
    drop((first, second));
    *hash.waits.lock().expect("unpoisoned") = false;
    let fresh = asked(&world).await;
    let answers = World::answers(&fresh.step);
    reset.prove(&asking, &fresh.ticket, &answers).await.expect("no place is lost");
}

/// A fault of the hash could occur for one account only, so nothing tells it before the first proof;
/// afterwards it is told. The attempt is counted in both cases.
#[tokio::test]
async fn a_fault_of_the_hash_is_told_after_the_first_proof_only() {
    let plan = FaultPlan::none();
    let hash = Faulty::new(TestHash::new(), plan.clone());
    let mut settings = alone();
    settings.users.required = 2;
    let builder = World::builder().settings(settings).registered();
    let world = builder.engine(|engine| engine.slow_hash(hash)).open().await;
    world.set_questions().await;
    let failing = plan.on("slow_hash.verify", InjectedFault::FailBefore);
    let reset = world.engine.reset();
    let opened = asked(&world).await;
    let answers = World::answers(&opened.step);
    let hidden = reset.prove(&request(), &opened.ticket, &answers).await;
    assert_eq!(refusal(hidden), Refusal::NotAccepted);
    let reply = world.proven(&opened.ticket, &email(), MAIL).await;
    world.clock.advance(Duration::from_secs(61));
    let opened = world.challenge(&reply.ticket, &questions()).await;
    let answers = World::answers(&opened.step);
    let told = reset.prove(&request(), &opened.ticket, &answers).await;
    assert!(matches!(told, Err(sspr::Error::Fault(_))), "{told:?}");
    failing.heal();
    reset.prove(&request(), &opened.ticket, &answers).await.expect("proven");
    let page = world.admin().user_events(&world.user, None, 100).await.expect("events");
    let counted = page.items.iter().filter(|event| event.code() == "attempt_counted");
    let questions = counted.filter(|event| event.encode().contains("security_questions"));
    assert_eq!(questions.count(), 3, "two that failed, and the right one");
}

/// A hash that takes time on the clock.
struct Timed(TestHash, ManualClock, Duration);

#[async_trait]
impl SlowHash for Timed {
    async fn hash(&self, secret: &SecretText) -> PortResult<String> {
        self.1.advance(self.2);
        self.0.hash(secret).await
    }

    async fn verify(&self, secret: &SecretText, hash: &str) -> PortResult<bool> {
        self.1.advance(self.2);
        self.0.verify(secret, hash).await
    }
}

/// The reply floor must cover the hashes of questions before the first proof.
#[tokio::test]
async fn the_check_of_a_policy_compares_the_reply_floor_with_the_hashes() {
    for (millis, covered) in [(60, true), (100, false)] {
        let clock = ManualClock::new(sspr::Timestamp::from_unix_seconds(World::START));
        let hash = Timed(TestHash::new(), clock.clone(), Duration::from_millis(millis));
        let builder = World::builder().settings(alone()).clock(clock);
        let world = builder.engine(|engine| engine.slow_hash(hash)).open().await;
        let policy = sspr::Policy::new(alone()).expect("sound");
        let lacks = world.engine.check(&world.tenant, &policy).await.expect("checked");
        let found = lacks.iter().any(|lack| lack.lacks == Lack::ReplyFloor);
        assert_eq!(!found, covered, "{millis} ms: {lacks:?}");
        // Questions after the first proof need no floor.
        let policy = sspr::Policy::new(counted()).expect("sound");
        let lacks = world.engine.check(&world.tenant, &policy).await.expect("checked");
        assert!(lacks.iter().all(|lack| lack.lacks != Lack::ReplyFloor));
    }
}

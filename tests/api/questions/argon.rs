//! The engine with Argon2id at OWASP's cost.

use super::*;
use std::time::Duration;

use sspr::adapters::argon2::Argon2Hash;
use sspr::policy::Lack;
use sspr::port::{Clock as _, RecordKind, SlowHash as _, Store as _, SystemClock};
use sspr::testing::{CallLog, Recorder};
use sspr::{Identifier, Refusal};

const FLOOR: Duration = Duration::from_secs(2);

async fn world(log: &CallLog) -> World {
    let hash = Recorder::new(Argon2Hash::new(), log.clone());
    let builder = World::builder().settings(alone()).recorded(log).registered();
    let builder = builder.engine(|engine| engine.slow_hash(hash).reply_floor(FLOOR));
    let world = builder.open().await;
    world.set_questions().await;
    world.deliver().await;
    world
}

/// Every call of a port for one name, with wrong sets until none is compared any more, and how often
/// a hash was verified.
async fn tried(world: &World, log: &CallLog, name: &str) -> (Vec<String>, usize) {
    let reset = world.engine.reset();
    let name = Identifier::parse(name).expect("a name");
    let floor = Some(world.clock.now().plus(FLOOR));
    log.clear();
    let reply = reset.start(&request(), &name).await.expect("started");
    assert_eq!(reply.not_before, floor);
    let reply = reset.challenge(&request(), &reply.ticket, &questions()).await.expect("opened");
    assert_eq!(reply.not_before, floor);
    let wrong = all_but_one(&World::questions(&reply.step));
    for _ in 0..6 {
        let answer = reset.prove(&request(), &reply.ticket, &wrong).await;
        assert_eq!(refusal(answer), Refusal::NotAccepted);
    }
    let view = reset.view(&request(), &reply.ticket).await.expect("seen");
    assert_eq!(view.not_before, floor);
    (log.shapes(), log.count("slow_hash.verify"))
}

/// An account with a set, one without and a name that no account has cause the same calls of ports,
/// in the same order, and the same number of hashes of Argon2id; replies wait for one time.
#[tokio::test]
async fn accounts_and_decoys_cost_the_same_hashes_of_argon2id() {
    let log = CallLog::new();
    let world = world(&log).await;
    let page = world.store.scan(&world.tenant, RecordKind::Account, None, 10).await;
    let stored = page.expect("a page").items[0].body().matches("$argon2id$v=19$m=19456").count();
    assert_eq!(stored, 5, "at OWASP's cost");
    world.add_user("empty", "empty");
    // The policy is read here, and cached.
    tried(&world, &log, "another unknown").await;
    let (calls, hashes) = tried(&world, &log, World::NAME).await;
    assert_eq!(hashes, 5 * 3, "five attempts of three hashes");
    for name in ["empty", "unknown"] {
        let (others, count) = tried(&world, &log, name).await;
        assert_eq!((&others, count), (&calls, hashes), "{name}");
    }
    // The same hashes accept what is right.
    world.clock.advance(Duration::from_secs(25 * 3_600));
    let reply = world.start().await;
    let reply = world.challenge(&reply.ticket, &questions()).await;
    let answers = World::answers(&reply.step);
    log.clear();
    world.engine.reset().prove(&request(), &reply.ticket, &answers).await.expect("proven");
    assert_eq!((log.count("slow_hash.verify"), log.count("slow_hash.hash")), (3, 0));
}

/// A cost that was raised is taken over with the next right answers, and hashes of the old cost stay
/// valid until then.
#[tokio::test]
async fn a_raised_cost_of_argon2id_is_taken_over_with_right_answers() {
    let cheap = Argon2Hash::with_cost(64, 1).expect("a cost");
    let builder = World::builder().settings(alone()).registered();
    let world = builder.engine(|engine| engine.slow_hash(cheap)).open().await;
    world.set_questions().await;
    let dear = Argon2Hash::with_cost(128, 2).expect("a cost");
    let world = world.beside().engine(|engine| engine.slow_hash(dear)).open().await;
    let of_cost = async |cost: &str| {
        let page = world.store.scan(&world.tenant, RecordKind::Account, None, 10).await;
        page.expect("a page").items[0].body().matches(cost).count()
    };
    for (old, new) in [(5, 0), (2, 3), (0, 5)] {
        assert_eq!((of_cost("m=64,t=1").await, of_cost("m=128,t=2").await), (old, new));
        let reply = world.start().await;
        let reply = world.challenge(&reply.ticket, &questions()).await;
        let answers = World::answers(&reply.step);
        world.engine.reset().prove(&request(), &reply.ticket, &answers).await.expect("proven");
        world.clock.advance(Duration::from_secs(25 * 3_600));
    }
}

/// The check of a policy measures Argon2id by the clock of the engine, and compares the reply floor
/// with it.
#[tokio::test]
async fn the_reply_floor_is_compared_with_argon2id() {
    let hash = Argon2Hash::new();
    let text = hash.hash(&"rex".into()).await.expect("hashed");
    let begun = SystemClock.steady().expect("steady");
    for _ in 0..10 {
        assert!(!hash.verify(&"max".into(), &text).await.expect("verified"));
    }
    let each = (SystemClock.steady().expect("steady") - begun) / 10;
    println!(
        "figure argon2id_milliseconds {:.1}: two strangers at once cause at most {:.0} hashes a minute",
        each.as_secs_f64() * 1e3,
        2.0 * 60.0 / each.as_secs_f64()
    );
    // Filling 19 MiB twice, three times, takes longer than the one and never as long as the other.
    for (floor, covered) in [(Duration::from_millis(1), false), (Duration::from_secs(3_600), true)]
    {
        let builder = World::builder().settings(alone());
        let builder = builder.engine(move |engine| {
            engine.slow_hash(Argon2Hash::new()).clock(SystemClock).reply_floor(floor)
        });
        let world = builder.open().await;
        let policy = sspr::Policy::new(alone()).expect("sound");
        let lacks = world.engine.check(&world.tenant, &policy).await.expect("checked");
        let found = lacks.iter().any(|lack| lack.lacks == Lack::ReplyFloor);
        assert_eq!(!found, covered, "{floor:?}: {lacks:?}");
    }
}

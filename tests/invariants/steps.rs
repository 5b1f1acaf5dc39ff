//! Inv. 1: an authenticator's step is accepted once in an account, for all purposes together.

use std::time::Duration;

use sspr::port::Clock as _;
use sspr::testing::SoftToken;
use sspr::{Engine, Refusal, ResetTicket, UnlockTicket};

use crate::every::{again, reset_with, unlock_with, world};
use crate::stores::{StoreUnderTest, memory};
use crate::support::{World, code, request, user};

const DAY: Duration = Duration::from_secs(86_400);

/// The three uses of one code: two flows and a sign-in.
pub(crate) struct Places {
    pub(crate) reset: ResetTicket,
    pub(crate) unlock: UnlockTicket,
}

impl Places {
    pub(crate) async fn open(world: &World) -> Self {
        let reset = reset_with(world, "authenticator_app").await.ticket;
        let unlock = unlock_with(world, "authenticator_app").await.ticket;
        Self { reset, unlock }
    }

    pub(crate) fn again(&self) -> Self {
        let unlock = UnlockTicket::parse(self.unlock.expose_secret()).expect("own");
        Self { reset: again(&self.reset), unlock }
    }

    /// Types the code in one of the three and returns the result. A repeated call in a flow returns
    /// the same reply.
    pub(crate) async fn typed(self, engine: &Engine, place: usize, typed: &str) -> Option<String> {
        let typed = code(typed);
        let (name, opened) = match place % 3 {
            0 => {
                let reply = engine.reset().prove(&request(), &self.reset, &typed).await;
                ("reset", reply.map(|reply| reply.ticket.expose_secret().to_owned()))
            }
            1 => {
                let reply = engine.unlock().prove(&request(), &self.unlock, &typed).await;
                ("unlock", reply.map(|reply| reply.ticket.expose_secret().to_owned()))
            }
            _ => {
                let method = engine.authenticator().verify(&request(), &user(), &typed).await;
                ("sign-in", method.map(|method| method.to_string()))
            }
        };
        match opened {
            Ok(opened) => Some(format!("{name} {opened}")),
            Err(error) => {
                let refusal = error.refusal().unwrap_or_else(|| panic!("{error:?}"));
                let rule = matches!(refusal, Refusal::NotAccepted | Refusal::TooOften { .. });
                assert!(rule, "{refusal:?}");
                None
            }
        }
    }
}

/// Checks a round: one use only was accepted, with one reply, and a sign-in at most once.
pub(crate) fn one_opened(opened: &[String], what: &str) {
    assert!(!opened.is_empty(), "{what}: no code was accepted");
    assert!(opened.iter().all(|other| *other == opened[0]), "{what}: {opened:?}");
    let signed_in = opened[0].starts_with("sign-in");
    assert!(!signed_in || opened.len() == 1, "{what}: {} sign-ins", opened.len());
}

async fn rounds(under_test: StoreUnderTest, rounds: usize) {
    let world = world(&under_test, 2).await;
    let token: SoftToken = world.enrol_app().await;
    let engines = [world.engine.clone(), under_test.engine(&world, 8).await];
    let compared = || engines.iter().map(|engine| engine.stats().comparisons).sum::<u64>();
    let (mut before, mut cursor) = (compared(), None);
    under_test.events_after(&mut cursor).await;
    let mut winners = [0; 3];
    for round in 0..rounds {
        // The windows of the previous round have passed.
        world.clock.advance(2 * DAY);
        let places = Places::open(&world).await;
        let typed = token.code(world.clock.now());
        let mut tasks = Vec::new();
        for number in 0..48 {
            let (engine, places) = (engines[number % 2].clone(), places.again());
            let typed = typed.clone();
            let index = number / 2 + round;
            tasks.push(tokio::spawn(async move { places.typed(&engine, index, &typed).await }));
        }
        let mut opened = Vec::new();
        for task in tasks {
            opened.extend(task.await.expect("no panic"));
        }
        let what = format!("{}, round {round}", under_test.name);
        one_opened(&opened, &what);
        let names = ["reset", "unlock", "sign-in"];
        let winner = names.iter().position(|name| opened[0].starts_with(name));
        winners[winner.expect("one was accepted")] += 1;
        let events = under_test.events_after(&mut cursor).await;
        let count = |code: &str| events.iter().filter(|event| event.code() == code).count();
        assert_eq!(count("oath_step_used"), 1, "{what}");
        assert!(count("method_proven") <= 1, "{what}");
        let reserved = count("attempt_counted") + count("secret_counted");
        let now = compared();
        assert!(now - before <= reserved as u64, "{what}: {} of {reserved}", now - before);
        assert!(now > before, "{what}: nothing was compared");
        before = now;
    }
    assert!(winners.iter().filter(|won| **won > 0).count() > 1, "{}: {winners:?}", under_test.name);
}

/// V-2: forty-eight tasks on two engines, one code, three purposes: one acceptance.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn inv01_a_step_is_accepted_once_across_purposes() {
    rounds(memory(), 150).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn inv01_a_step_is_accepted_once_across_purposes_on_sqlite() {
    rounds(crate::stores::sqlite(), 100).await;
}

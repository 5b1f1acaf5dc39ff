//! Two processes on one store, with up to thirty-two tasks each, compete for one code.

use std::sync::Arc;
use std::time::Duration;

use sspr::port::Store;
use sspr::testing::ManualClock;
use sspr::{Engine, Refusal, ResetTicket, Timestamp};

use crate::cluster::audit::once;
use crate::cluster::child::{Other, Role, tell};
use crate::cluster::load::roomy;
use crate::cluster::sites::{Site, open};
use crate::support::{MAIL, START, World, code, email, other_than, request, tenant};

/// The number of guesses that the policy allows for each code.
const CAP: u64 = 5;

/// The number of tasks of each process. Many tasks queue for one record, and most of them then read what the first
/// ones have written. Few tasks start more rounds in the same time, and in each of them all tasks compete.
const fn tasks(round: usize) -> usize {
    if round.is_multiple_of(10) { 32 } else { 4 }
}

/// The outcomes of the tasks of one process.
#[derive(PartialEq, Eq, Debug)]
struct Outcomes {
    accepted: usize,
    refused: usize,
    /// The number of compared secrets.
    compared: u64,
}

/// Types all of these at the same time, one per task.
async fn type_at_once(engine: &Engine, ticket: &ResetTicket, typed: &[String]) -> Outcomes {
    let before = engine.stats().comparisons;
    let mut tasks = Vec::new();
    for typed in typed {
        let (engine, typed) = (engine.clone(), code(typed));
        let ticket = ResetTicket::parse(ticket.expose_secret()).expect("own");
        tasks.push(tokio::spawn(
            async move { engine.reset().prove(&request(), &ticket, &typed).await },
        ));
    }
    let mut outcomes = Outcomes { accepted: 0, refused: 0, compared: 0 };
    for task in tasks {
        match task.await.expect("no panic") {
            Ok(_) => outcomes.accepted += 1,
            Err(sspr::Error::Refused(Refusal::NotAccepted)) => outcomes.refused += 1,
            Err(other) => panic!("{other:?}: {:?}", std::error::Error::source(&other)),
        }
    }
    outcomes.compared = engine.stats().comparisons - before;
    outcomes
}

/// Runs in the other process: each line is a round.
pub(crate) async fn compete(role: &Role) {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(START));
    let store = open(&role.address).await;
    let world = World::builder().store(store).clock(clock.clone()).seed(99).open().await;
    let engine = world.engine;
    tell("ready");
    for line in std::io::stdin().lines() {
        let line = line.expect("a line");
        let mut parts = line.split(' ').map(str::to_owned);
        let mut next = || parts.next().expect("another part");
        let now = Timestamp::from_unix_millis(next().parse().expect("a time"));
        let ticket = ResetTicket::parse(&next()).expect("a ticket");
        let typed: Vec<String> = parts.collect();
        clock.set(now);
        let outcomes = type_at_once(&engine, &ticket, &typed).await;
        tell(&format!("{} {} {}", outcomes.accepted, outcomes.refused, outcomes.compared));
    }
}

struct Contest {
    world: World,
    other: Other,
    store: Arc<dyn Store>,
    cursor: Option<sspr::port::Cursor>,
}

impl Contest {
    async fn on(site: &Site) -> Self {
        let store = site.open().await;
        let world =
            World::builder().store(Arc::clone(&store)).settings(roomy()).registered().open().await;
        world.inbox.clear();
        let (name, address) = ("contest".to_owned(), site.address.clone());
        let mut other = Other::start(&Role { name, address, rest: Vec::new() });
        assert_eq!(other.hear().as_deref(), Some("ready"));
        let mut contest = Self { world, other, store, cursor: None };
        contest.events().await;
        contest
    }

    async fn events(&mut self) -> Vec<sspr::audit::Event> {
        let (tenant, mut all) = (tenant(), Vec::new());
        loop {
            let of = sspr::port::EventsOf::Tenant(&tenant);
            let page = self.store.events(of, self.cursor.as_ref(), 500).await.expect("readable");
            if page.items.is_empty() {
                return all;
            }
            all.extend(page.items);
            self.cursor = page.next;
        }
    }

    /// One round with one code and as many tasks in each process. `typed` returns what each task types, given the
    /// right code. Returns the outcomes of both processes together, and the number of proofs in the trail.
    async fn round(
        &mut self,
        tasks: usize,
        typed: impl Fn(usize, &str) -> String,
    ) -> (Outcomes, usize) {
        let world = &self.world;
        // Ends the windows of the last round.
        world.clock.advance(Duration::from_secs(2 * 86_400));
        let reply = world.start().await;
        let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
        world.inbox.clear();
        let all: Vec<String> = (0..2 * tasks).map(|task| typed(task, &right)).collect();
        let (own, theirs) = all.split_at(tasks);
        let now = sspr::port::Clock::now(&world.clock).unix_millis();
        let ticket = reply.ticket.expose_secret();
        self.other.say(&format!("{now} {ticket} {}", theirs.join(" ")));
        let mut outcomes = type_at_once(&world.engine, &reply.ticket, own).await;
        let line = self.other.hear().expect("it still runs");
        let theirs: Vec<u64> =
            line.split(' ').map(|part| part.parse().expect("a number")).collect();
        outcomes.accepted += theirs[0] as usize;
        outcomes.refused += theirs[1] as usize;
        outcomes.compared += theirs[2];
        assert_eq!(outcomes.accepted + outcomes.refused, 2 * tasks, "every task has an outcome");
        let events = self.events().await;
        once(&events);
        let proofs = events.iter().filter(|event| event.code() == "method_proven").count();
        (outcomes, proofs)
    }
}

/// Inv. 1, V-1, V-2: one code, typed many times at once in two processes, makes one proof.
async fn right_codes(site: &Site, rounds: usize) {
    let mut contest = Contest::on(site).await;
    for round in 0..rounds {
        let (outcomes, proofs) = contest.round(tasks(round), |_, right| right.to_owned()).await;
        assert_eq!(proofs, 1, "round {round}: {outcomes:?}");
        // A repetition with the same ticket gets the same reply.
        assert!((1..=2 * tasks(round)).contains(&outcomes.accepted), "round {round}: {outcomes:?}");
        assert!(outcomes.compared <= CAP, "round {round}: {outcomes:?}");
    }
    contest.other.end();
}

/// Inv. 1: wrong codes are compared as often as the policy allows, and no more.
async fn wrong_codes(site: &Site, rounds: usize) {
    let mut contest = Contest::on(site).await;
    for round in 0..rounds {
        let wrong = |task: usize, right: &str| {
            let wrong = format!("{:08}", (round * 64 + task + 1) * 1_000_003 % 99_999_989);
            if wrong == right { other_than(right) } else { wrong }
        };
        let (outcomes, proofs) = contest.round(32, wrong).await;
        assert_eq!((proofs, outcomes.accepted, outcomes.compared), (0, 0, CAP), "round {round}");
        if round % 7 == 6 {
            // Forty wrong codes in a row would close the method for strangers; the right code ends
            // the run.
            let (_, proofs) = contest.round(32, |_, right| right.to_owned()).await;
            assert_eq!(proofs, 1, "round {round}: the right code after wrong ones");
        }
    }
    contest.other.end();
}

/// Inv. 3: while attempts are left, the right code is accepted, whatever is in flight.
async fn right_codes_among_wrong_ones(site: &Site, rounds: usize) {
    let mut contest = Contest::on(site).await;
    for round in 0..rounds {
        // Enough wrong codes to leave one attempt, from both processes and in different positions.
        let wrong = |task: usize| (task + round).is_multiple_of(16);
        let typed = |task: usize, right: &str| {
            if wrong(task) { other_than(right) } else { right.to_owned() }
        };
        let (outcomes, proofs) = contest.round(32, typed).await;
        assert_eq!(proofs, 1, "round {round}: {outcomes:?}");
        assert!(outcomes.accepted >= 1 && outcomes.compared <= CAP, "round {round}: {outcomes:?}");
    }
    contest.other.end();
}

/// The three tests, on one store.
macro_rules! contests {
    ($store:ident, $feature:literal, $rounds:literal, $site:expr) => {
        #[cfg(feature = $feature)]
        mod $store {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn inv01_a_right_code_of_two_processes_is_one_proof() {
                right_codes(&$site, $rounds).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn inv01_wrong_codes_of_two_processes_are_compared_up_to_the_cap() {
                wrong_codes(&$site, $rounds / 10).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn inv03_a_right_code_is_not_refused_for_guesses_in_flight() {
                right_codes_among_wrong_ones(&$site, $rounds / 10).await;
            }
        }
    };
}

contests!(sqlite, "sqlite", 300, Site::sqlite());
contests!(postgres, "postgres", 300, Site::postgres().await);
contests!(etcd, "etcd", 300, Site::etcd());

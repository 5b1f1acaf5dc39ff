//! Two processes on one store, thirty-two tasks in each, one code.

use std::sync::Arc;
use std::time::Duration;

use sspr::adapters::memory::MemoryInbox;
use sspr::testing::ManualClock;
use sspr::{Engine, Refusal, ResetTicket, Store, Timestamp};

use crate::cluster::audit::once;
use crate::cluster::child::{Other, Role, tell};
use crate::cluster::load::roomy;
use crate::cluster::sites::{Site, open};
use crate::support::{
    MAIL, START, World, code, directory, email, engine, other_than, request, tenant,
};

/// Tasks of each process.
const TASKS: usize = 32;
/// Guesses that the policy allows for each code.
const CAP: u64 = 5;

/// What became of the tasks of one process.
#[derive(PartialEq, Eq, Debug)]
struct Came {
    accepted: usize,
    refused: usize,
    /// Secrets that were compared.
    compared: u64,
}

/// Types each of these at the same time, one task for each.
async fn type_at_once(engine: &Engine, ticket: &ResetTicket, typed: &[String]) -> Came {
    let before = engine.stats().comparisons;
    let mut tasks = Vec::new();
    for typed in typed {
        let (engine, typed) = (engine.clone(), code(typed));
        let ticket = ResetTicket::parse(ticket.expose_secret()).expect("own");
        tasks.push(tokio::spawn(
            async move { engine.reset().prove(&request(), &ticket, &typed).await },
        ));
    }
    let mut came = Came { accepted: 0, refused: 0, compared: 0 };
    for task in tasks {
        match task.await.expect("no panic") {
            Ok(_) => came.accepted += 1,
            Err(sspr::Error::Refused(Refusal::NotAccepted)) => came.refused += 1,
            Err(other) => panic!("{other:?}: {:?}", std::error::Error::source(&other)),
        }
    }
    came.compared = engine.stats().comparisons - before;
    came
}

/// In the other process: each line is a round.
pub(crate) async fn compete(role: &Role) {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(START));
    let store = open(&role.address).await;
    let engine = engine(store, &clock, directory(&clock), MemoryInbox::new(), 99).await;
    tell("ready");
    for line in std::io::stdin().lines() {
        let line = line.expect("a line");
        let mut parts = line.split(' ').map(str::to_owned);
        let mut next = || parts.next().expect("another part");
        let now = Timestamp::from_unix_millis(next().parse().expect("a time"));
        let ticket = ResetTicket::parse(&next()).expect("a ticket");
        let typed: Vec<String> = parts.collect();
        clock.set(now);
        let came = type_at_once(&engine, &ticket, &typed).await;
        tell(&format!("{} {} {}", came.accepted, came.refused, came.compared));
    }
}

struct Contest {
    world: World,
    other: Other,
    store: Arc<dyn Store>,
    cursor: Option<sspr::Cursor>,
}

impl Contest {
    async fn on(site: &Site) -> Self {
        let store = site.open().await;
        let world = World::over(Arc::clone(&store), roomy()).await;
        world.register_both().await;
        world.inbox.clear();
        let (name, address) = ("contest".to_owned(), site.address.clone());
        let mut other = Other::start(&Role { name, address, rest: Vec::new() });
        assert_eq!(other.hear().as_deref(), Some("ready"));
        let mut contest = Self { world, other, store, cursor: None };
        contest.events().await;
        contest
    }

    async fn events(&mut self) -> Vec<sspr::Event> {
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

    /// One code; `typed` says what each of the tasks types, given the right one. What came of it in
    /// both processes together, and how many proofs the trail has.
    async fn round(&mut self, typed: impl Fn(usize, &str) -> String) -> (Came, usize) {
        let world = &self.world;
        // The windows of the round before have passed.
        world.clock.advance(Duration::from_secs(2 * 86_400));
        let reply = world.start().await;
        let (reply, right) = world.challenged(&reply.ticket, &email(), MAIL).await;
        world.inbox.clear();
        let all: Vec<String> = (0..2 * TASKS).map(|task| typed(task, &right)).collect();
        let (own, theirs) = all.split_at(TASKS);
        let now = sspr::Clock::now(&world.clock).unix_millis();
        let ticket = reply.ticket.expose_secret();
        self.other.say(&format!("{now} {ticket} {}", theirs.join(" ")));
        let mut came = type_at_once(&world.engine, &reply.ticket, own).await;
        let line = self.other.hear().expect("it still runs");
        let theirs: Vec<u64> =
            line.split(' ').map(|part| part.parse().expect("a number")).collect();
        came.accepted += theirs[0] as usize;
        came.refused += theirs[1] as usize;
        came.compared += theirs[2];
        assert_eq!(came.accepted + came.refused, 2 * TASKS, "everybody has an answer");
        let events = self.events().await;
        once(&events);
        let proofs = events.iter().filter(|event| event.code() == "method_proven").count();
        (came, proofs)
    }
}

/// Inv. 1, V-1, V-2: one code, typed sixty-four times at once in two processes, is one proof.
async fn right_codes(site: &Site, rounds: usize) {
    let mut contest = Contest::on(site).await;
    for round in 0..rounds {
        let (came, proofs) = contest.round(|_, right| right.to_owned()).await;
        assert_eq!(proofs, 1, "round {round}: {came:?}");
        // Whoever says the same again with the same ticket is given the same answer.
        assert!((1..=2 * TASKS).contains(&came.accepted), "round {round}: {came:?}");
        assert!(came.compared <= CAP, "round {round}: {came:?}");
    }
    contest.other.end();
}

/// Inv. 1: wrong codes are compared as often as the policy allows, and not once more.
async fn wrong_codes(site: &Site, rounds: usize) {
    let mut contest = Contest::on(site).await;
    for round in 0..rounds {
        let wrong = |task: usize, right: &str| {
            let wrong = format!("{:08}", (round * 64 + task + 1) * 1_000_003 % 99_999_989);
            if wrong == right { other_than(right) } else { wrong }
        };
        let (came, proofs) = contest.round(wrong).await;
        assert_eq!((proofs, came.accepted, came.compared), (0, 0, CAP), "round {round}");
        if round % 7 == 6 {
            // Forty wrong codes in a row would close the method for strangers: the right one ends the run.
            let (_, proofs) = contest.round(|_, right| right.to_owned()).await;
            assert_eq!(proofs, 1, "round {round}: the right code after wrong ones");
        }
    }
    contest.other.end();
}

/// Inv. 3: while attempts are left, the right code is not refused, whatever is in flight.
async fn right_codes_among_wrong_ones(site: &Site, rounds: usize) {
    let mut contest = Contest::on(site).await;
    for round in 0..rounds {
        // As many wrong ones as leave one attempt, from both processes and in different places.
        let wrong = |task: usize| (task + round).is_multiple_of(16);
        let typed = |task: usize, right: &str| {
            if wrong(task) { other_than(right) } else { right.to_owned() }
        };
        let (came, proofs) = contest.round(typed).await;
        assert_eq!(proofs, 1, "round {round}: {came:?}");
        assert!(came.accepted >= 1 && came.compared <= CAP, "round {round}: {came:?}");
    }
    contest.other.end();
}

/// The three, on one store.
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
contests!(postgres, "postgres", 1_000, Site::postgres().await);
contests!(etcd, "etcd", 1_000, Site::etcd());

//! What the chain of an audit trail costs: the link of each event and the seal of the head, against
//! a whole step of the engine, a wrong guess over the memory store; and the verification of an event.
//!
//! Target: at most a quarter of the step in memory. A durable commit takes some hundred times as long.

mod support;

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryLimits, MemoryStore};
use sspr::port::{Clock as _, SystemClock};
use sspr::testing::internals::{Accounts, ProveStep, TrailStep};
use sspr::{Actor, Attempt, Engine, Request, ResetTicket, RoleId};

/// Accounts that are guessed at.
const ACCOUNTS: u64 = 200;
/// Guesses that the policy allows for each code.
const ATTEMPTS: u64 = 5;
/// Guesses that are timed together: each commits one event.
const GUESSES: u64 = ACCOUNTS * ATTEMPTS;

/// Polls a future once: no port of this benchmark waits.
fn run<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the memory store does not wait"),
    }
}

struct Whole {
    engine: Engine,
    store: MemoryStore,
    accounts: Accounts,
    tickets: Vec<ResetTicket>,
    request: Request,
    wrong: Attempt,
}

impl Whole {
    fn new() -> Self {
        let mut limits = MemoryLimits::default();
        limits.events = usize::MAX;
        let store = MemoryStore::with_limits(limits);
        let engine = Engine::builder()
            .keys(support::keys())
            .store(store.clone())
            .directory(MemoryDirectory::new())
            .sessions(sspr::port::NoSessions)
            .delivery(MemoryInbox::new());
        let engine = run(engine.open()).expect("opened");
        let (tenant, policy) = (support::tenant(), support::policy());
        let admin = Actor::service("root", [RoleId::parse("Global Administrator").expect("valid")]);
        run(engine.admin(&tenant, &admin).put_policy(&policy, None)).expect("put");
        let accounts = Accounts::new(support::keys(), tenant, policy, SystemClock.now());
        let tickets = (0..ACCOUNTS).map(|number| accounts.ticket(number)).collect();
        let (request, wrong) = (support::request(), Attempt::code("00000000").expect("a code"));
        Self { engine, store, accounts, tickets, request, wrong }
    }

    /// The nanoseconds of one guess. Before, every code gets all its attempts back.
    fn guess(&self) -> f64 {
        for number in 0..ACCOUNTS {
            run(self.accounts.put(&self.store, number)).expect("put");
        }
        let before = self.engine.stats().comparisons;
        let took = support::time(|| {
            for ticket in self.tickets.iter().cycle().take(GUESSES as usize) {
                let answer = run(self.engine.reset().prove(&self.request, ticket, &self.wrong));
                assert!(answer.is_err(), "a wrong code");
            }
        });
        assert_eq!(self.engine.stats().comparisons - before, GUESSES, "every guess was compared");
        took.as_nanos() as f64 / GUESSES as f64
    }
}

/// The nanoseconds of one run.
fn per(mut work: impl FnMut()) -> f64 {
    let took = support::time(|| (0..GUESSES).for_each(|_| work()));
    took.as_nanos() as f64 / GUESSES as f64
}

fn main() {
    let whole = Whole::new();
    let step = ProveStep::new(support::policy(), SystemClock.now());
    let mut trail = TrailStep::new(support::keys(), &step);
    assert_eq!(trail.link(), 1, "a reservation is one event");
    assert!(trail.is_whole());

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("trail");
    group.bench_function("link", |bencher| bencher.iter(|| black_box(&mut trail).link()));
    group.bench_function("verify", |bencher| bencher.iter(|| black_box(&trail).is_whole()));
    group.finish();
    criterion.final_summary();

    let rounds = if support::is_measured_run() { 101 } else { 1 };
    let mut table = Vec::new();
    for _ in 0..rounds {
        let link = per(|| _ = black_box(black_box(&mut trail).link()));
        let verify = per(|| _ = black_box(black_box(&trail).is_whole()));
        table.push(vec![link, verify, whole.guess()]);
    }
    support::figure("trail_link", support::column(&table, 0), "ns");
    support::figure("trail_verify", support::column(&table, 1), "ns");
    support::figure("trail_step", support::column(&table, 2), "ns");
    support::ratio("trail_link_vs_step", support::ratio_of(&table, 0, 2));
}

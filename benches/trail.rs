//! What the chain of an audit trail costs: the link of each event and the seal of the head, against
//! a whole step of the engine, a wrong guess over the memory store; and the verification of an event.
//!
//! Target: at most a quarter of the step in memory. A durable commit takes some hundred times as long.

mod support;

#[path = "support/memory.rs"]
mod memory;

use std::hint::black_box;

use memory::Guessed;
use sspr::ResetTicket;
use sspr::port::{Clock as _, SystemClock};
use sspr::testing::internals::{ProveStep, TrailStep};

/// Accounts that are guessed at.
const ACCOUNTS: u64 = 200;
/// Guesses that the policy allows for each code.
const ATTEMPTS: u64 = 5;
/// Guesses that are timed together: each commits one event.
const GUESSES: u64 = ACCOUNTS * ATTEMPTS;

/// The nanoseconds of one guess. Before, every code gets all its attempts back.
fn guess(whole: &Guessed, tickets: &[ResetTicket]) -> f64 {
    (0..ACCOUNTS).for_each(|number| whole.put(number));
    let before = whole.comparisons();
    let took = support::time(|| {
        tickets.iter().cycle().take(GUESSES as usize).for_each(|ticket| whole.guess(ticket));
    });
    assert_eq!(whole.comparisons() - before, GUESSES, "every guess was compared");
    took.as_nanos() as f64 / GUESSES as f64
}

/// The nanoseconds of one run.
fn per(mut work: impl FnMut()) -> f64 {
    let took = support::time(|| (0..GUESSES).for_each(|_| work()));
    took.as_nanos() as f64 / GUESSES as f64
}

fn main() {
    let whole = Guessed::new();
    let tickets: Vec<_> = (0..ACCOUNTS).map(|number| whole.ticket(number)).collect();
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
        table.push(vec![link, verify, guess(&whole, &tickets)]);
    }
    support::figure("trail_link", support::column(&table, 0), "ns");
    support::figure("trail_verify", support::column(&table, 1), "ns");
    support::figure("trail_step", support::column(&table, 2), "ns");
    support::ratio("trail_link_vs_step", support::ratio_of(&table, 0, 2));
}

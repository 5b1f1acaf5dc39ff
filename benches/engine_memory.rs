//! A wrong guess, checked by the engine over the memory store, with the operating system's clock
//! and randomness: the ticket is opened, an attempt is reserved and committed, and the code is
//! compared.
//!
//! Three stores have 10^3, 10^5 and 10^6 accounts. In each, the same number of accounts (1 000,
//! spread evenly) is guessed at, five times each as the policy allows, and then restored (not
//! timed), so that the used accounts fit into the processor's caches equally. A second figure,
//! *cold*, guesses once at accounts of the million that were not used before.
//!
//! Targets: at most 5 microseconds; among 10^6 at most 1.5 of the time among 10^3.

mod support;

#[path = "support/memory.rs"]
mod memory;

use std::time::Duration;

use memory::Guessed;
use sspr::ResetTicket;

/// Accounts that are guessed at.
const IN_USE: u64 = 1_000;
/// Guesses that the policy allows for each code.
const ATTEMPTS: u64 = 5;
const GUESSES: u64 = IN_USE * ATTEMPTS;
/// Guesses that are timed together.
const RUN: u64 = 50;

struct Population {
    size: u64,
    guessed: Guessed,
    in_use: Vec<(u64, ResetTicket)>,
    next_cold: u64,
}

impl Population {
    fn of(size: u64) -> Self {
        let guessed = Guessed::new();
        (0..size).for_each(|number| guessed.put(number));
        let numbers = (0..IN_USE).map(|index| index * (size / IN_USE));
        let in_use = numbers.map(|number| (number, guessed.ticket(number))).collect();
        Self { size, guessed, in_use, next_cold: 1 }
    }

    /// Writes the accounts again, so that every code has all its attempts.
    fn restore(&self) {
        self.in_use.iter().for_each(|(number, _)| self.guessed.put(*number));
    }

    fn guess(&self, ticket: &ResetTicket) {
        self.guessed.guess(ticket);
    }

    /// The times of this many guesses, in short runs, so that the median excludes runs in which
    /// another process had the processor.
    fn guesses(&self, wanted: u64) -> Vec<Duration> {
        let (mut took, mut left) = (Vec::new(), wanted);
        while left > 0 {
            self.restore();
            let before = self.guessed.comparisons();
            let now = left.min(GUESSES);
            let mut tickets = self.in_use.iter().cycle().take(now as usize);
            for _ in 0..now.div_ceil(RUN) {
                took.push(support::time(|| {
                    tickets.by_ref().take(RUN as usize).for_each(|(_, ticket)| self.guess(ticket));
                }));
            }
            assert_eq!(self.guessed.comparisons() - before, now, "every guess was compared");
            left -= now;
        }
        took
    }

    /// One guess at each of this many unused accounts, in no order.
    fn cold_guesses(&mut self, wanted: u64) -> Vec<Duration> {
        let step = self.size / IN_USE;
        let mut tickets = Vec::new();
        while tickets.len() < wanted as usize {
            // A stride without a common factor visits them all, far apart.
            self.next_cold = (self.next_cold + 618_033_989) % self.size;
            if !self.next_cold.is_multiple_of(step) {
                tickets.push(self.guessed.ticket(self.next_cold));
            }
        }
        let before = self.guessed.comparisons();
        let run = |tickets: &[ResetTicket]| {
            support::time(|| tickets.iter().for_each(|ticket| self.guess(ticket)))
        };
        let took = tickets.chunks(RUN as usize).map(run).collect();
        assert_eq!(self.guessed.comparisons() - before, wanted, "every guess was compared");
        took
    }
}

fn main() {
    let sizes: &[u64] = if support::is_measured_run() {
        &[1_000, 100_000, 1_000_000]
    } else {
        &[1_000, 2_000, 3_000]
    };
    let mut populations: Vec<Population> = sizes.iter().map(|size| Population::of(*size)).collect();

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("engine_memory");
    for population in &populations {
        group.bench_function(format!("wrong_guess/{}", population.size), |bencher| {
            bencher.iter_custom(|count| population.guesses(count).iter().sum());
        });
    }
    group.finish();
    criterion.final_summary();

    let (rounds, cold) = if support::is_measured_run() { (31, 1_000) } else { (1, 10) };
    let mut table = Vec::new();
    for _ in 0..rounds {
        let per = |runs: Vec<Duration>| {
            support::median(runs.iter().map(|run| run.as_nanos() as f64 / RUN as f64).collect())
        };
        let mut row: Vec<f64> =
            populations.iter().map(|population| per(population.guesses(GUESSES))).collect();
        row.push(per(populations.last_mut().expect("three").cold_guesses(cold)));
        table.push(row);
    }
    support::figure("engine_memory_1e3", support::column(&table, 0), "ns");
    support::figure("engine_memory_1e5", support::column(&table, 1), "ns");
    support::figure("engine_memory_1e6", support::column(&table, 2), "ns");
    support::figure("engine_memory_1e6_cold", support::column(&table, 3), "ns");
    support::ratio("engine_memory_1e5_vs_1e3", support::ratio_of(&table, 1, 0));
    support::ratio("engine_memory_1e6_vs_1e3", support::ratio_of(&table, 2, 0));
    support::ratio("engine_memory_1e6_cold_vs_1e3", support::ratio_of(&table, 3, 0));
}

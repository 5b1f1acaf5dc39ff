//! A wrong guess, checked by the engine over the SQLite store. Each reply comes after the attempt
//! is on the disk.
//!
//! The baseline is the necessary statements through the same driver with the same pragmas, in
//! sequence on one connection: read the record; then, in one transaction, write it if it has not
//! changed, and append the event. A second baseline runs each of these steps on a thread of its own,
//! while its caller waits, as a future must: a step blocks until the disk has it.
//!
//! Targets: one caller at least 0.8 of the raw rate; 32 callers on as many accounts at least twice
//! the raw rate, with no wait above 50 ms; two processes on one file, no wait above 100 ms; among 10^6
//! accounts at most 1.2 of the time among 10^4.

mod support;

#[path = "support/sqlite.rs"]
mod sqlite;
#[path = "../tests/support/temporary.rs"]
mod temporary;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use sspr::port::SystemClock;
use sspr::port::{Clock as _, Store as _};
use sspr::testing::block_on;
use sspr::{Attempt, Engine, ResetTicket, Timestamp};

use sqlite::{Raw, Site, grow};
use temporary::Temporary;

/// Guesses that the policy allows for each code.
const ATTEMPTS: u64 = 5;
const PROVERS: u64 = 32;
/// The environment variables of the second process: the shared file, and the start time of its
/// flows.
const FILE: &str = "SSPR_BENCH_FILE";
const STARTED_AT: &str = "SSPR_BENCH_STARTED_AT";

/// Guesses once for each ticket in each round, and returns the time of each guess.
async fn guess(engine: &Engine, tickets: &[ResetTicket], rounds: u64) -> Vec<Duration> {
    let (request, wrong) = (support::request(), Attempt::code("00000000").expect("a code"));
    let mut waits = Vec::with_capacity(tickets.len() * rounds as usize);
    for _ in 0..rounds {
        for ticket in tickets {
            let from = support::now();
            let answer = engine.reset().prove(&request, ticket, &wrong).await;
            assert!(matches!(answer, Err(sspr::Error::Refused(_))), "a wrong code");
            waits.push(from.elapsed());
        }
    }
    waits
}

/// Accounts that are guessed at in a file of many accounts.
const IN_USE: u64 = 1_000;

/// A file with this many accounts, and the tickets of those in use, which are spread evenly.
struct Population {
    site: Site,
    numbers: Vec<u64>,
    tickets: Vec<ResetTicket>,
}

impl Population {
    fn of(folder: &Path, size: u64, started_at: Timestamp) -> Self {
        let file = folder.join(format!("{size}.db"));
        let site = Site::open(&file, started_at);
        site.put_policy();
        site.restore(0..1);
        grow(&file, &site.accounts, size);
        let in_use = IN_USE.min(size);
        let numbers: Vec<u64> = (0..in_use).map(|index| index * (size / in_use)).collect();
        let tickets = site.tickets(numbers.iter().copied());
        Self { site, numbers, tickets }
    }

    /// The median nanoseconds of a guess at each account in use.
    fn guess(&self) -> f64 {
        self.site.restore(self.numbers.iter().copied());
        let waits = block_on(guess(&self.site.engine, &self.tickets, 1));
        support::median(waits.iter().map(|wait| wait.as_nanos() as f64).collect())
    }
}

/// The time of a guess among 10^4, 10^5 and 10^6 accounts.
fn by_size(folder: &Path, started_at: Timestamp) {
    let measures = support::is_measured_run();
    let sizes: [u64; 3] = if measures { [10_000, 100_000, 1_000_000] } else { [100, 200, 300] };
    let populations = sizes.map(|size| Population::of(folder, size, started_at));
    let rounds = if measures { 7 } else { 1 };
    let round = |_| populations.iter().map(Population::guess).collect();
    let table: Vec<Vec<f64>> = (0..rounds).map(round).collect();
    for (index, exponent) in (0..).zip(4..=6) {
        let median = support::column(&table, index) / 1e3;
        support::figure(&format!("engine_sqlite_accounts_1e{exponent}"), median, "us");
    }
    support::ratio("engine_sqlite_1e5_vs_1e4", support::ratio_of(&table, 1, 0));
    support::ratio("engine_sqlite_1e6_vs_1e4", support::ratio_of(&table, 2, 0));
}

/// Concurrent callers, each with accounts of its own. Returns the total time and the time of each
/// guess.
fn guess_at_once(site: &Site, shares: Vec<Vec<ResetTicket>>) -> (Duration, Vec<Duration>) {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
    let wanted: usize = shares.iter().map(Vec::len).sum();
    let before = site.engine.stats().comparisons;
    let mut waits = Vec::new();
    let took = support::time(|| {
        let start = |share: Vec<ResetTicket>| {
            let engine = site.engine.clone();
            runtime.spawn(async move { guess(&engine, &share, ATTEMPTS).await })
        };
        let provers: Vec<_> = shares.into_iter().map(start).collect();
        for prover in provers {
            waits.extend(runtime.block_on(prover).expect("no panic"));
        }
    });
    let compared = site.engine.stats().comparisons - before;
    assert_eq!(compared, wanted as u64 * ATTEMPTS, "every guess was compared");
    (took, waits)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn percentile(waits: &mut [Duration], percent: f64) -> f64 {
    waits.sort_unstable();
    let index = (waits.len() as f64 * percent / 100.0) as usize;
    millis(waits[index.min(waits.len() - 1)])
}

/// The accounts of each prover.
fn share() -> u64 {
    if support::is_measured_run() { 150 } else { 2 }
}

/// The provers of one of two processes: one has the even accounts, the other the odd ones.
fn half(site: &Site, which: u64) -> Vec<Duration> {
    let provers = PROVERS / 2;
    let own = |prover| (0..share()).map(move |n| 2 * (prover * share() + n) + which);
    let shares = (0..provers).map(|prover| site.tickets(own(prover))).collect();
    guess_at_once(site, shares).1
}

/// The second process: prints that it is ready, waits for a line, guesses, and prints its waits.
fn second_process(file: &Path) {
    let started_at = std::env::var(STARTED_AT).expect("set").parse().expect("a number");
    let site = Site::open(file, Timestamp::from_unix_millis(started_at));
    println!("ready");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).expect("a line");
    let nanos: Vec<String> =
        half(&site, 1).iter().map(|wait| wait.as_nanos().to_string()).collect();
    println!("{}", nanos.join(" "));
}

fn two_processes(site: &Site, file: &Path, started_at: Timestamp) -> Vec<Duration> {
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    if support::is_measured_run() {
        command.arg("--bench");
    }
    command.env(FILE, file).env(STARTED_AT, started_at.unix_millis().to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("started");
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let mut lines = BufReader::new(stdout.expect("piped")).lines();
    assert_eq!(lines.next().expect("a line").expect("read"), "ready");
    writeln!(stdin.expect("piped"), "go").expect("written");
    let mut waits = half(site, 0);
    let line = lines.next().expect("a line").expect("read");
    let other_waits = line.split(' ').map(|nanos| nanos.parse().expect("a number"));
    waits.extend(other_waits.map(Duration::from_nanos));
    assert!(child.wait().expect("ended").success());
    waits
}

fn main() {
    if let Ok(file) = std::env::var(FILE) {
        second_process(Path::new(&file));
        return;
    }
    // The file is on the disk of the build, since `/tmp` may be in memory.
    let folder = Temporary::within(Path::new(env!("CARGO_TARGET_TMPDIR")), "engine-sqlite");
    let file = folder.path().join("engine.db");
    let started_at = SystemClock.now();
    let site = Site::open(&file, started_at);
    site.put_policy();
    let count = PROVERS * share();
    site.restore(0..count);
    let raw_file = folder.path().join("raw.db");
    let raw_site = Site::open(&raw_file, started_at);
    raw_site.restore(0..count);
    drop(raw_site);
    let keys = (0..count).map(|number| site.accounts.key(number)).collect();
    let mut raw = Raw::open(&raw_file, keys);

    let all = site.tickets(0..count);
    let mut alone = |wanted: u64| {
        let (mut took, mut left) = (Duration::ZERO, wanted);
        while left > 0 {
            let now = left.min(count);
            site.restore(0..now);
            took += block_on(guess(&site.engine, &all[..now as usize], 1)).iter().sum::<Duration>();
            left -= now;
        }
        took
    };

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("engine_sqlite");
    group.sample_size(10);
    group.bench_function("raw", |bencher| bencher.iter_custom(|count| raw.steps(count)));
    group.bench_function("alone", |bencher| bencher.iter_custom(&mut alone));
    group.finish();
    criterion.final_summary();

    let (rounds, steps) = if support::is_measured_run() { (15, 1_000) } else { (1, 4) };
    let (mut pairs, mut many) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let per = |took: Duration| took.as_nanos() as f64 / steps as f64;
        let times = [alone(steps), raw.steps(steps), raw.steps_elsewhere(steps)];
        pairs.push(times.map(per).to_vec());
    }
    let mut waits = Vec::new();
    for _ in 0..rounds.min(5) {
        site.restore(0..count);
        let per_raw = raw.steps(steps).as_nanos() as f64 / steps as f64;
        let of = |prover| (0..share()).map(move |n| prover * share() + n);
        let shares = (0..PROVERS).map(|prover| site.tickets(of(prover))).collect();
        let (took, round_waits) = guess_at_once(&site, shares);
        many.push(vec![took.as_nanos() as f64 / round_waits.len() as f64, per_raw]);
        waits.extend(round_waits);
    }
    site.restore(0..count);
    let mut shared = two_processes(&site, &file, started_at);

    // The parts of one caller's guess, and the worst wait of the disk alone.
    let loads = support::time(|| {
        for number in 0..steps {
            drop(block_on(site.store.load(&site.accounts.key(number))).expect("loaded"));
        }
    });
    let mut raw_waits: Vec<Duration> = (0..5 * steps).map(|_| raw.steps(1)).collect();

    let rate = |nanos: f64| 1e9 / nanos;
    support::figure("engine_sqlite_load", millis(loads) * 1e3 / steps as f64, "us");
    support::figure("engine_sqlite_raw_worst_wait", percentile(&mut raw_waits, 100.0), "ms");
    support::figure("engine_sqlite_raw", rate(support::column(&pairs, 1)), "per_second");
    support::figure("engine_sqlite_raw_elsewhere", rate(support::column(&pairs, 2)), "per_second");
    support::figure("engine_sqlite_alone", rate(support::column(&pairs, 0)), "per_second");
    support::figure("engine_sqlite_32", rate(support::column(&many, 0)), "per_second");
    support::figure("engine_sqlite_32_p99_wait", percentile(&mut waits, 99.0), "ms");
    support::figure("engine_sqlite_32_worst_wait", percentile(&mut waits, 100.0), "ms");
    support::figure("engine_sqlite_two_processes_p99_wait", percentile(&mut shared, 99.0), "ms");
    support::figure("engine_sqlite_two_processes_worst_wait", percentile(&mut shared, 100.0), "ms");
    support::ratio("engine_sqlite_alone_vs_raw", support::ratio_of(&pairs, 1, 0));
    support::ratio("engine_sqlite_alone_vs_raw_elsewhere", support::ratio_of(&pairs, 2, 0));
    support::ratio("engine_sqlite_32_vs_raw", support::ratio_of(&many, 1, 0));
    by_size(folder.path(), started_at);
}

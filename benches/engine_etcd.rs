//! A wrong guess, checked by the engine over the etcd store, on a private node that syncs every
//! commit to the disk.
//!
//! The baseline is the same two requests by a plain client of the same library, over one connection
//! like the store's: a read of the record, and a transaction that writes it with one event if it
//! has not changed. The store alone is measured too: the difference to it is the engine's own work.
//!
//! Target: at least 0.8 of the plain rate with 1, 8 and 32 concurrent callers.
//!
//! At the end it measures the size of accounts and events, for the table of `manual::etcd`.

mod support;

#[path = "support/etcd.rs"]
mod limits;
#[allow(dead_code, reason = "two of the store's requests are measured")]
#[path = "../src/adapters/etcd/proto/mod.rs"]
mod proto;
#[path = "../tests/support/servers/mod.rs"]
mod servers;

use std::sync::Arc;
use std::time::Duration;

use sspr::adapters::etcd::{EtcdOptions, EtcdStore};
use sspr::adapters::memory::{MemoryDirectory, MemoryInbox};
use sspr::port::SystemClock;
use sspr::port::{Clock as _, RecordKey, Store as _};
use sspr::testing::internals::Accounts;
use sspr::{Actor, Attempt, Engine, ResetTicket, RoleId};
use tokio::runtime::Runtime;

use limits::{Plain, step};
use servers::etcd::{Cluster, Setup};

/// Guesses that the policy allows for each code.
const ATTEMPTS: u64 = 5;

/// The numbers of concurrent callers.
const TASKS: [u64; 3] = [1, 8, 32];

struct Site {
    cluster: Cluster,
    runtime: Runtime,
    engine: Engine,
    store: EtcdStore,
    /// The store for the requests without the engine.
    plain: EtcdStore,
    accounts: Accounts,
}

impl Site {
    fn new() -> Self {
        let cluster = Cluster::start(Setup::nodes(1));
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let open = |prefix: &str| {
            let options = EtcdOptions::new(cluster.endpoints()).with_prefix(prefix);
            runtime.block_on(EtcdStore::create(options)).expect("connected")
        };
        // Prefixes of one length, so that all keys have the same length.
        let (store, plain) = (open("store/"), open("plain/"));
        let engine = Engine::builder()
            .keys(support::keys())
            .store(store.clone())
            .directory(MemoryDirectory::new())
            .sessions(sspr::port::NoSessions)
            .delivery(MemoryInbox::new());
        let engine = runtime.block_on(engine.open()).expect("opened");
        let (tenant, policy) = (support::tenant(), support::policy());
        let admin = Actor::service("root", [RoleId::parse("Global Administrator").expect("valid")]);
        let put = engine.admin(&tenant, &admin);
        runtime.block_on(put.put_policy(&policy, None)).expect("put");
        let accounts = Accounts::new(support::keys(), tenant, policy, SystemClock.now());
        Self { cluster, runtime, engine, store, plain, accounts }
    }

    /// Writes these accounts again, so that every code has all its attempts.
    fn restore(&self, store: &EtcdStore, numbers: impl Iterator<Item = u64>) {
        self.runtime.block_on(async {
            for number in numbers {
                self.accounts.put(store, number).await.expect("put");
            }
        });
    }

    /// Guesses with concurrent tasks, each with accounts of its own. Returns the mean time and the
    /// time of each guess.
    fn guess(&self, tasks: u64, share: u64) -> (f64, Vec<Duration>) {
        let of = |task: u64| task * share..(task + 1) * share;
        let before = self.engine.stats().comparisons;
        let mut waits = Vec::new();
        let shares: Vec<Vec<ResetTicket>> =
            (0..tasks).map(|task| of(task).map(|n| self.accounts.ticket(n)).collect()).collect();
        let took = support::time(|| {
            let start = |share: Vec<ResetTicket>| {
                let engine = self.engine.clone();
                self.runtime.spawn(async move { guess(&engine, &share).await })
            };
            let running: Vec<_> = shares.into_iter().map(start).collect();
            for task in running {
                waits.extend(self.runtime.block_on(task).expect("no panic"));
            }
        });
        let compared = self.engine.stats().comparisons - before;
        assert_eq!(compared, waits.len() as u64, "every guess was compared");
        (took.as_nanos() as f64 / waits.len() as f64, waits)
    }

    /// The mean time of the same requests without the engine, with as many tasks.
    fn without<C: Clone + Send + 'static, F: Future<Output = ()> + Send>(
        &self,
        client: &C,
        tasks: u64,
        share: u64,
        step: impl Fn(C, RecordKey) -> F + Copy + Send + 'static,
    ) -> f64 {
        let took = support::time(|| {
            let start = |task: u64| {
                let client = client.clone();
                let numbers = task * share..(task + 1) * share;
                let keys: Vec<RecordKey> = numbers.map(|n| self.accounts.key(n)).collect();
                self.runtime.spawn(async move {
                    for key in keys.iter().cycle().take(keys.len() * ATTEMPTS as usize) {
                        step(client.clone(), *key).await;
                    }
                })
            };
            let running: Vec<_> = (0..tasks).map(start).collect();
            for task in running {
                self.runtime.block_on(task).expect("no panic");
            }
        });
        took.as_nanos() as f64 / (tasks * share * ATTEMPTS) as f64
    }
}

/// Guesses at each ticket until its attempts are spent. Returns the time of each guess.
async fn guess(engine: &Engine, tickets: &[ResetTicket]) -> Vec<Duration> {
    let (request, wrong) = (support::request(), Attempt::code("00000000").expect("a code"));
    let mut waits = Vec::new();
    for _ in 0..ATTEMPTS {
        for ticket in tickets {
            let from = support::now();
            let answer = engine.reset().prove(&request, ticket, &wrong).await;
            assert!(matches!(answer, Err(sspr::Error::Refused(_))), "a wrong code");
            waits.push(from.elapsed());
        }
    }
    waits
}

/// The size of the node after a compaction and a defragmentation: the used part of its file, and
/// its process, which keeps some memory from the filling.
fn size_of(site: &Site) -> [f64; 2] {
    let health = || site.runtime.block_on(site.store.health()).expect("healthy");
    site.cluster.etcdctl(&["compact", &health().revision.to_string(), "--physical"]);
    site.cluster.etcdctl(&["defrag"]);
    let process = site.cluster.metric(0, "process_resident_memory_bytes");
    [health().members[0].db_bytes_in_use as f64, process as f64]
}

/// Fills a new node with accounts, then with an event for each, and prints their size.
fn fill(accounts: u64) {
    let site = Arc::new(Site::new());
    let all = |event: bool| {
        let start = |task: u64| {
            let shared = Arc::clone(&site);
            site.runtime.spawn(async move {
                for number in (task..accounts).step_by(TASKS[2] as usize) {
                    if event {
                        step(&shared.plain, &shared.accounts.key(number)).await;
                    } else {
                        shared.accounts.put(&shared.plain, number).await.expect("put");
                    }
                }
            })
        };
        let running: Vec<_> = (0..TASKS[2]).map(start).collect();
        for task in running {
            site.runtime.block_on(task).expect("no panic");
        }
    };
    let mut before = size_of(&site);
    for (what, event) in [("account", false), ("event", true)] {
        all(event);
        let after = size_of(&site);
        for (which, part) in ["file", "process"].into_iter().enumerate() {
            let each = (after[which] - before[which]) / accounts as f64;
            support::figure(&format!("engine_etcd_{part}_per_{what}"), each, "bytes");
        }
        before = after;
    }
}

fn median_wait(mut waits: Vec<Duration>) -> f64 {
    waits.sort_unstable();
    waits[waits.len() / 2].as_secs_f64() * 1e6
}

fn main() {
    let site = Site::new();
    let (rounds, share) = if support::is_measured_run() { (5, 40) } else { (1, 1) };
    site.restore(&site.plain, 0..TASKS[2] * share);
    site.restore(&site.store, 0..1);

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("engine_etcd");
    group.sample_size(10);
    let key = site.accounts.key(0);
    group.bench_function("load", |bencher| {
        bencher.iter(|| site.runtime.block_on(site.store.load(&key)).expect("loaded"));
    });
    group.finish();
    criterion.final_summary();

    let url = &site.cluster.endpoints()[0];
    for tasks in TASKS {
        let (mut pairs, mut waits) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            site.restore(&site.store, 0..tasks * share);
            let (engine, round_waits) = site.guess(tasks, share);
            waits.extend(round_waits);
            let client = site.runtime.block_on(Plain::open(url));
            let plain = |client: Plain, key| async move { client.step(&key).await };
            let through = |store: EtcdStore, key| async move { step(&store, &key).await };
            pairs.push(vec![
                engine,
                site.without(&client, tasks, share, plain),
                site.without(&site.plain, tasks, share, through),
            ]);
        }
        let name = |what: &str| format!("engine_etcd_{what}_{tasks}");
        let rate = |nanos: f64| 1e9 / nanos;
        support::figure(&name("guess"), rate(support::column(&pairs, 0)), "per_second");
        support::figure(&name("plain"), rate(support::column(&pairs, 1)), "per_second");
        support::figure(&name("store"), rate(support::column(&pairs, 2)), "per_second");
        support::figure(&name("median_wait"), median_wait(waits), "us");
        support::ratio(&name("vs_plain"), support::ratio_of(&pairs, 1, 0));
        support::ratio(&name("store_vs_plain"), support::ratio_of(&pairs, 1, 2));
    }
    drop(site);
    fill(if support::is_measured_run() { 10_000 } else { 50 });
}

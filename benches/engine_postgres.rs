//! A wrong guess, checked by the engine over the PostgreSQL store, on a private server with `fsync`
//! on.
//!
//! The baselines are the same statements: a read of the record, and a write of it with one event if
//! it has not changed. The body and the event that they write have the same size, and the bytes
//! that a guess changes are changed. A plain client of the same driver, with a connection for each
//! task, does this, and `pgbench` with some values as constants. The store alone is measured too:
//! the difference to it is the engine's own work.
//!
//! Targets: at least 0.8 of the native rate with 1, 8 and 32 concurrent callers; the same latency
//! with 10^4 and 10^6 accounts.

mod support;

#[path = "support/postgres.rs"]
mod limits;
#[path = "../tests/support/servers/mod.rs"]
mod servers;
#[allow(dead_code, reason = "two of the store's statements are measured")]
#[path = "../src/adapters/postgres/sql.rs"]
mod sql;

use std::time::Duration;

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox};
use sspr::adapters::postgres::{PostgresOptions, PostgresStore};
use sspr::port::SystemClock;
use sspr::port::{Clock as _, EventsOf, RecordKey, Store as _};
use sspr::testing::internals::Accounts;
use sspr::{Actor, Attempt, Engine, ResetTicket, RoleId};
use tokio::runtime::Runtime;

use limits::{Change, Plain, pgbench, step};
use servers::postgres::Postgres;

/// Guesses that the policy allows for each code.
const ATTEMPTS: u64 = 5;

/// The numbers of concurrent callers.
const TASKS: [u64; 3] = [1, 8, 32];

/// The schema of the measured store, and an equal one for the plain client.
const SCHEMAS: [&str; 2] = ["sspr", "plain"];

struct Site {
    server: Postgres,
    runtime: Runtime,
    engine: Engine,
    store: PostgresStore,
    plain: PostgresStore,
    accounts: Accounts,
}

impl Site {
    fn new() -> Self {
        let server = Postgres::start();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let open = |schema: &str| {
            let options = PostgresOptions::parse(&server.url())
                .expect("an address")
                .with_schema(schema)
                .with_connections(32);
            runtime.block_on(PostgresStore::create(&options)).expect("migrated");
            runtime.block_on(PostgresStore::connect(&options)).expect("connected")
        };
        let (store, plain) = (open(SCHEMAS[0]), open(SCHEMAS[1]));
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
        let now = SystemClock.now();
        let accounts = Accounts::new(support::keys(), tenant, policy, now);
        Self { server, runtime, engine, store, plain, accounts }
    }

    /// Writes these accounts again, so that every code has all its attempts.
    fn restore(&self, store: &PostgresStore, numbers: impl Iterator<Item = u64>) {
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
                self.runtime.spawn(async move { guess(&engine, &share, ATTEMPTS).await })
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

    /// What one guess changes in a record, and its event, for all the rest of this run.
    fn change(&self) -> &'static Change {
        let key = self.accounts.key(0);
        let record = || self.runtime.block_on(self.store.load(&key)).expect("loaded");
        let before = record().expect("put");
        let tickets = [self.accounts.ticket(0)];
        self.runtime.block_on(guess(&self.engine, &tickets, 1));
        let events = self.store.events(EventsOf::Record(&key), None, 1_000);
        let event = self.runtime.block_on(events).expect("listed").items.pop().expect("appended");
        let change = Change::between(before.body(), record().expect("kept").body(), event);
        Box::leak(Box::new(change))
    }

    /// The mean time of the same statements without the engine, with as many tasks.
    fn without<C: Clone + Send + 'static, F: Future<Output = ()> + Send>(
        &self,
        clients: &[C],
        share: u64,
        step: impl Fn(C, RecordKey) -> F + Copy + Send + 'static,
    ) -> f64 {
        let took = support::time(|| {
            let start = |(task, client): (u64, &C)| {
                let client = client.clone();
                let numbers = task * share..(task + 1) * share;
                let keys: Vec<RecordKey> = numbers.map(|n| self.accounts.key(n)).collect();
                self.runtime.spawn(async move {
                    for key in keys.iter().cycle().take(keys.len() * ATTEMPTS as usize) {
                        step(client.clone(), *key).await;
                    }
                })
            };
            let running: Vec<_> = (0..).zip(clients).map(start).collect();
            for task in running {
                self.runtime.block_on(task).expect("no panic");
            }
        });
        took.as_nanos() as f64 / (clients.len() as u64 * share * ATTEMPTS) as f64
    }
}

/// Guesses at each ticket this many times. Returns the time of each guess.
async fn guess(engine: &Engine, tickets: &[ResetTicket], attempts: u64) -> Vec<Duration> {
    let (request, wrong) = (support::request(), Attempt::code("00000000").expect("a code"));
    let mut waits = Vec::new();
    for _ in 0..attempts {
        for ticket in tickets {
            let from = support::now();
            let answer = engine.reset().prove(&request, ticket, &wrong).await;
            assert!(matches!(answer, Err(sspr::Error::Refused(_))), "a wrong code");
            waits.push(from.elapsed());
        }
    }
    waits
}

/// Adds accounts up to this number, as copies of the first under other keys.
fn grow(site: &Site, to: u64) {
    site.server.sql(&format!(
        "INSERT INTO sspr.record (shard, key, tenant, kind, user_id, wake_at, expires_at, \
         registered, locked_until, updated_at, version_count, version_nonce, body) \
         SELECT get_byte(k, 0) % 16, k, tenant, kind, n::text, wake_at + n, expires_at + n, \
         registered, locked_until, updated_at, 1, n, body \
         FROM (SELECT * FROM sspr.record WHERE kind = 'account' LIMIT 1) AS one, \
         (SELECT n, sha256(n::text::bytea) AS k FROM generate_series( \
         (SELECT count(*) FROM sspr.record) + 1, {to}) AS n) AS more ON CONFLICT DO NOTHING"
    ));
    site.server.sql("VACUUM ANALYZE sspr.record");
    site.server.sql("CHECKPOINT");
}

fn median_wait(mut waits: Vec<Duration>) -> f64 {
    waits.sort_unstable();
    waits[waits.len() / 2].as_secs_f64() * 1e6
}

fn main() {
    let measures = support::is_measured_run();
    let site = Site::new();
    let (rounds, share) = if measures { (5, 40) } else { (1, 1) };
    let most = TASKS[2] * share;
    let restore = |store: &PostgresStore| site.restore(store, 0..most);
    restore(&site.plain);
    restore(&site.store);
    let change = site.change();

    let mut criterion = support::criterion();
    let mut group = criterion.benchmark_group("engine_postgres");
    group.sample_size(10);
    let key = site.accounts.key(0);
    group.bench_function("load", |bencher| {
        bencher.iter(|| site.runtime.block_on(site.store.load(&key)).expect("loaded"));
    });
    group.finish();
    criterion.final_summary();

    for tasks in TASKS {
        let open = (0..tasks).map(|_| site.runtime.block_on(Plain::open(&site.server.url())));
        let clients: Vec<Plain> = open.collect();
        let (mut pairs, mut waits) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            restore(&site.store);
            let (engine, round_waits) = site.guess(tasks, share);
            waits.extend(round_waits);
            let plain = move |client: Plain, key| async move { client.step(&key, change).await };
            let through =
                move |store: PostgresStore, key| async move { step(&store, &key, change).await };
            let stores = vec![site.plain.clone(); clients.len()];
            // Before each side the server has the same rows to tidy up.
            restore(&site.plain);
            let client = site.without(&clients, share, plain);
            restore(&site.plain);
            pairs.push(vec![engine, client, site.without(&stores, share, through)]);
        }
        let name = |what: &str| format!("engine_postgres_{what}_{tasks}");
        let rate = |nanos: f64| 1e9 / nanos;
        support::figure(&name("guess"), rate(support::column(&pairs, 0)), "per_second");
        support::figure(&name("plain"), rate(support::column(&pairs, 1)), "per_second");
        support::figure(&name("median_wait"), median_wait(waits), "us");
        support::figure(&name("store"), rate(support::column(&pairs, 2)), "per_second");
        support::ratio(&name("vs_plain"), support::ratio_of(&pairs, 1, 0));
        support::ratio(&name("store_vs_plain"), support::ratio_of(&pairs, 1, 2));
        site.server.sql(
            "CREATE TABLE IF NOT EXISTS plain.sample AS SELECT row_number() OVER () AS n, shard, \
             key FROM plain.record, generate_series(1, 1000) LIMIT 1000",
        );
        site.server.sql("CREATE UNIQUE INDEX IF NOT EXISTS sample_n ON plain.sample (n)");
        site.server.sql("ANALYZE plain.sample");
        let native = pgbench(&site.server, change, tasks, if measures { 5 } else { 1 });
        support::figure(&name("pgbench"), native, "per_second");
        support::ratio(&name("vs_pgbench"), rate(support::column(&pairs, 0)) / native);
    }

    let sizes: &[u64] = if measures { &[10_000, 100_000, 1_000_000] } else { &[2_000] };
    let mut medians = Vec::new();
    for size in sizes {
        grow(&site, *size);
        restore(&site.store);
        let (_, waits) = site.guess(1, most);
        medians.push(median_wait(waits));
        support::figure(
            &format!("engine_postgres_accounts_{size}"),
            medians[medians.len() - 1],
            "us",
        );
    }
    let flat = medians[medians.len() - 1] / medians[0];
    support::ratio("engine_postgres_1000000_vs_10000", flat);
}

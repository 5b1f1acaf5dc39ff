//! A process is killed under load again and again: acknowledged work is kept, nothing happens
//! twice, and waiting messages are delivered by the next process.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sspr::adapters::memory::MemoryInbox;
use sspr::port::{Delivery, Envelope, PortResult};
use sspr::testing::{ManualClock, SeededEntropy, forward};
use sspr::{Engine, Timestamp};

use crate::cluster::audit::{Heard, audit};
use crate::cluster::child::{Other, Role, tell};
use crate::cluster::directory::KeptDirectory;
use crate::cluster::load::{People, RESETS, Told, reset};
use crate::cluster::sites::{Site, open};
use crate::support::{START, World};

const PEOPLE: usize = 16;
const KILLS: u64 = 50;
const DAY: i64 = 86_400;

/// Reports each message after it was delivered.
struct Telling(MemoryInbox);

#[async_trait]
impl Delivery for Telling {
    forward!(self.0 => channels);

    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        self.0.deliver(envelope).await?;
        tell(&format!("delivered {} {}", envelope.message.id(), envelope.idempotency_key));
        Ok(())
    }
}

struct Process {
    engine: Engine,
    inbox: MemoryInbox,
}

impl Process {
    async fn start(role: &Role, day: i64, told: bool) -> Self {
        let clock = ManualClock::new(Timestamp::from_unix_seconds(START + day * DAY));
        let people = People::new(PEOPLE);
        let directory = KeptDirectory::open(role.rest[0].clone().into(), &clock, &people).await;
        let inbox = MemoryInbox::new();
        let delivery: Arc<dyn Delivery> =
            if told { Arc::new(Telling(inbox.clone())) } else { Arc::new(inbox.clone()) };
        let store = open(&role.address).await;
        // Not a `World`: its people are those of a directory that outlives processes.
        let builder = Engine::builder()
            .keys(World::keys())
            .store(store)
            .directory(directory.clone())
            .sessions(directory)
            .delivery(delivery)
            .clock(clock)
            .entropy(SeededEntropy::new(day as u64 + 1))
            // The audit needs all events, and a year passes.
            .event_retention(Duration::from_secs(3_650 * 86_400));
        Self { engine: builder.open().await.expect("opened"), inbox }
    }
}

/// Runs in the other process: all people reset their passwords until it is killed.
pub(crate) async fn work(role: &Role) {
    let day: i64 = role.rest[1].parse().expect("a day");
    let process = Arc::new(Process::start(role, day, true).await);
    let mut tasks = Vec::new();
    for number in 0..PEOPLE {
        let process = Arc::clone(&process);
        tasks.push(tokio::spawn(async move {
            let people = People::new(PEOPLE);
            for turn in 0..RESETS {
                let password = format!("plum tractor {day} of {number} candle {turn}");
                let told = |told: Told| tell(&told.to_string());
                let person = &people.all()[number];
                reset(&process.engine, &process.inbox, person, &password, &told)
                    .await
                    .expect("reset");
            }
        }));
    }
    for task in tasks {
        task.await.expect("no panic");
    }
}

/// The n-th number of a sequence that looks random.
fn scattered(n: u64, below: u64) -> u64 {
    (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33) % below
}

async fn kill_again_and_again(site: Site) {
    let file = site.file("directory");
    let role = |day: u64| Role {
        name: "load".to_owned(),
        address: site.address.clone(),
        rest: vec![file.display().to_string(), day.to_string()],
    };
    let first = Process::start(&role(0), 0, false).await;
    let people = People::new(PEOPLE);
    people.register(&first.engine).await;
    let mut heard = Heard::default();
    heard.collect(&first.inbox);
    drop(first);
    let mut interrupted = 0;
    for kill in 1..=KILLS {
        let mut other = Other::start(&role(2 * kill));
        // A different number of steps each time, so that the kill hits different points.
        for _ in 0..scattered(kill, 160) {
            if let Some(line) = other.hear() {
                heard.line(&line);
            }
        }
        let rest = other.kill();
        rest.iter().for_each(|line| heard.line(line));
        if kill % 10 == 0 {
            // The next process delivers what waits; leases and flows have ended by now.
            let day = 2 * kill as i64 + 1;
            let next = Process::start(&role(day as u64), day, false).await;
            interrupted += drain(&next.engine).await;
            heard.collect(&next.inbox);
            audit(&site.open().await, &people, &file, &heard, &next.engine).await;
        }
    }
    assert!(interrupted > 0, "no kill interrupted any work");
    assert!(heard.resets() > KILLS as usize, "{} resets: hardly any load", heard.resets());
}

/// Does all waiting work; returns how much there was.
pub(crate) async fn drain(engine: &Engine) -> u64 {
    let mut done = 0;
    loop {
        let maintained = engine.maintain(100).await.expect("maintained");
        assert_eq!(maintained.failed, 0, "maintenance has no faults");
        done += maintained.delivered + maintained.settled;
        if !maintained.more {
            return done;
        }
    }
}

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_by_kills_on_sqlite() {
    kill_again_and_again(Site::sqlite()).await;
}

#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_by_kills_on_postgres() {
    kill_again_and_again(Site::postgres().await).await;
}

#[cfg(feature = "etcd")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_by_kills_on_etcd() {
    kill_again_and_again(Site::etcd()).await;
}

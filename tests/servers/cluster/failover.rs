//! Servers that fail under load: acknowledged work is kept, and work continues without help.

use crate::support::World;
use sspr::testing::SeededEntropy;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sspr::adapters::memory::MemoryInbox;
use sspr::port::{Retry, Store};
use sspr::testing::ManualClock;
use sspr::{Engine, Error, Timestamp};
use tokio::task::JoinHandle;

use crate::cluster::audit::{Heard, audit};
use crate::cluster::directory::KeptDirectory;
use crate::cluster::killed::drain;
use crate::cluster::load::{Ended, People, Told, moment, reset};
use crate::servers::Folder;
use crate::support::START;

const PEOPLE: usize = 3_000;
const TASKS: usize = 16;

/// People who reset their passwords, one after the other, as fast as possible.
struct Load {
    engine: Engine,
    store: Arc<dyn Store>,
    clock: ManualClock,
    inbox: MemoryInbox,
    people: People,
    folder: Folder,
    next: AtomicUsize,
    running: AtomicBool,
    /// Set while no server responds.
    outage: AtomicBool,
    /// Resets that began and succeeded within one outage.
    unfounded: AtomicUsize,
    told: Mutex<Vec<Told>>,
    faults: AtomicUsize,
}

impl Load {
    async fn on(store: Arc<dyn Store>) -> Arc<Self> {
        let clock = ManualClock::new(Timestamp::from_unix_seconds(START));
        let (people, folder) = (People::new(PEOPLE), Folder::new("failover"));
        let file = folder.path().join("directory");
        let directory = KeptDirectory::open(file, &clock, &people).await;
        let inbox = MemoryInbox::with_capacity(100_000);
        // Not a `World`: its people are those of a directory that outlives processes.
        let engine = Engine::builder()
            .keys(World::keys())
            .store(Arc::clone(&store))
            .directory(directory.clone())
            .sessions(directory)
            .delivery(inbox.clone())
            .clock(clock.clone())
            .entropy(SeededEntropy::new(1))
            .open()
            .await
            .expect("opened");
        people.register(&engine).await;
        Arc::new(Self {
            engine,
            store,
            clock,
            inbox,
            people,
            folder,
            next: AtomicUsize::new(0),
            running: AtomicBool::new(true),
            outage: AtomicBool::new(false),
            unfounded: AtomicUsize::new(0),
            told: Mutex::default(),
            faults: AtomicUsize::new(0),
        })
    }

    fn start(self: &Arc<Self>) -> Vec<JoinHandle<()>> {
        self.running.store(true, Ordering::SeqCst);
        let task = |_| {
            let load = Arc::clone(self);
            tokio::spawn(async move { load.go_on().await })
        };
        (0..TASKS).map(task).collect()
    }

    async fn go_on(&self) {
        let tell = |told| self.told.lock().expect("no panic").push(told);
        while self.running.load(Ordering::SeqCst) {
            // Each person once, so that work left half done by a fault affects no later reset.
            let number = self.next.fetch_add(1, Ordering::SeqCst);
            let person = self.people.all().get(number).expect("enough people");
            let password = format!("plum tractor {number} violet candle");
            let began_in_outage = self.outage.load(Ordering::SeqCst);
            match reset(&self.engine, &self.inbox, person, &password, &tell).await {
                Ok(()) if began_in_outage && self.outage.load(Ordering::SeqCst) => {
                    self.unfounded.fetch_add(1, Ordering::SeqCst);
                }
                Ok(()) => {}
                // The engine that was to deliver the code had a fault.
                Err(Ended::NoCode) => {
                    self.faults.fetch_add(1, Ordering::SeqCst);
                }
                Err(Ended::Failed(error)) => {
                    retryable(&error);
                    self.faults.fetch_add(1, Ordering::SeqCst);
                    // Pauses, like a person before another try.
                    moment(20).await;
                }
            }
        }
    }

    fn faults(&self) -> usize {
        self.faults.load(Ordering::SeqCst)
    }

    fn resets(&self) -> usize {
        let told = self.told.lock().expect("no panic");
        told.iter().filter(|told| matches!(told, Told::Reset { .. })).count()
    }

    /// Waits until this many more resets have succeeded.
    async fn more(&self, resets: usize) {
        let goal = self.resets() + resets;
        let enough = async {
            while self.resets() < goal {
                moment(5).await;
            }
        };
        // The limit catches a deadlock; a busy machine may be slow.
        let waited = tokio::time::timeout(Duration::from_secs(300), enough).await;
        assert!(waited.is_ok(), "{} of {goal} resets, {} faults", self.resets(), self.faults());
    }

    async fn stop(&self, tasks: Vec<JoinHandle<()>>) {
        self.running.store(false, Ordering::SeqCst);
        for task in tasks {
            task.await.expect("no panic");
        }
    }

    /// A day later, does all waiting work and audits everything.
    async fn audit(&self) {
        self.clock.advance(Duration::from_secs(86_400));
        drain(&self.engine).await;
        let mut heard = Heard::default();
        self.told.lock().expect("no panic").drain(..).for_each(|told| heard.tell(told));
        heard.collect(&self.inbox);
        let file = self.folder.path().join("directory");
        audit(&self.store, &self.people, &file, &heard, &self.engine).await;
    }
}

/// Checks that a failing server is reported as a retryable fault.
fn retryable(error: &Error) {
    let Error::Fault(fault) = error else {
        panic!("{error:?}");
    };
    assert_ne!(fault.retry(), Retry::Never, "{error:?}");
}

/// Call it after the last server has ended. No reset that begins now succeeds, and each call
/// returns a retryable fault. A reset whose replies had arrived before may still succeed.
async fn fails_closed(load: &Load, within: Duration) {
    let before = load.faults();
    load.outage.store(true, Ordering::SeqCst);
    let key = sspr::port::RecordKey::from_bytes([1; 32]);
    let loaded = tokio::time::timeout(within, load.store.load(&key)).await.expect("an answer");
    let error = loaded.expect_err("no server responds");
    assert_ne!(error.retry(), Retry::Never, "{error:?}");
    let noticed = async {
        while load.faults() == before {
            moment(5).await;
        }
    };
    tokio::time::timeout(within, noticed).await.expect("a reset returns");
    load.outage.store(false, Ordering::SeqCst);
    assert_eq!(load.unfounded.load(Ordering::SeqCst), 0, "resets without a server");
}

/// V-2: the primary is killed under load and its synchronous standby promoted.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_a_standby_takes_over() {
    use crate::cluster::sites::Site;
    use crate::servers::postgres::{Postgres, url_of_all};

    let (primary, standby) = Postgres::pair();
    let site = Site::postgres_at(format!("postgres:sspr {}", url_of_all(&[&primary, &standby])));
    let store = site.await.open().await;
    let load = Load::on(store).await;
    let tasks = load.start();
    load.more(200).await;
    primary.kill();
    fails_closed(&load, Duration::from_secs(60)).await;
    standby.promote();
    load.more(200).await;
    load.stop(tasks).await;
    assert!(load.faults() > 0, "no reset had a fault");
    load.audit().await;
}

/// Without a server nothing succeeds, and after its return the engine needs no restart.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_a_server_is_killed_and_comes_back() {
    use crate::cluster::sites::Site;
    use crate::servers::postgres::Postgres;

    let server = Postgres::start();
    let site = Site::postgres_at(format!("postgres:sspr {}", server.url())).await;
    let load = Load::on(site.open().await).await;
    let tasks = load.start();
    for _ in 0..3 {
        load.more(100).await;
        server.kill();
        fails_closed(&load, Duration::from_secs(60)).await;
        server.restart();
    }
    load.more(100).await;
    load.stop(tasks).await;
    assert!(load.faults() > 0, "no reset had a fault");
    load.audit().await;
}

/// The leader of three is killed under load; then a second node, and nothing succeeds until one is
/// back.
#[cfg(feature = "etcd")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_when_a_leader_dies_and_nothing_succeeds_without_a_quorum() {
    use crate::cluster::sites::Site;
    use crate::servers::etcd::{Cluster, Setup};

    let cluster = Cluster::start(Setup::nodes(3));
    let site = Site::etcd_at(format!("etcd:sspr/ {}", cluster.endpoints().join(",")));
    let load = Load::on(site.open().await).await;
    let tasks = load.start();
    load.more(100).await;
    let leader = cluster.leader();
    cluster.kill(leader);
    load.more(100).await;
    let next = cluster.leader();
    assert_ne!(next, leader);
    cluster.kill(next);
    fails_closed(&load, Duration::from_secs(60)).await;
    cluster.restart(leader);
    load.more(100).await;
    cluster.restart(next);
    cluster.wait_until_whole();
    load.more(50).await;
    load.stop(tasks).await;
    assert!(load.faults() > 0, "no reset had a fault");
    load.audit().await;
}

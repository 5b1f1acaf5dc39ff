//! Inv. 1 across processes on one file. The other process is this test binary itself.
#![cfg(feature = "sqlite")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use sspr::adapters::sqlite::SqliteStore;
use sspr::port::Clock as _;
use sspr::testing::ManualClock;
use sspr::{Engine, ResetTicket, Timestamp, UnlockTicket};

use crate::every::world;
use crate::steps::{Places, one_opened};
use crate::stores::sqlite_at;
use crate::support::{START, World};

const FILE: &str = "SSPR_INVARIANTS_FILE";
const MARK: &str = "opened: ";

/// Types the code in all flows at once. Returns what it opened.
async fn all_at_once(engine: &Engine, places: &Places, typed: &str) -> Vec<String> {
    let mut tasks = Vec::new();
    for number in 0..12 {
        let (engine, places, typed) = (engine.clone(), places.again(), typed.to_owned());
        tasks.push(tokio::spawn(async move { places.typed(&engine, number, &typed).await }));
    }
    let mut opened = Vec::new();
    for task in tasks {
        opened.extend(task.await.expect("no panic"));
    }
    opened
}

/// No test by itself: the test below runs it in another process. Each input line is a round: the
/// time, the code and the two tickets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_process() {
    let Some(file) = std::env::var_os(FILE) else {
        return;
    };
    let clock = ManualClock::new(Timestamp::from_unix_seconds(START));
    let store = SqliteStore::open_or_create(file).expect("opened");
    let world = World::builder().store(store).clock(clock.clone()).seed(99).open().await;
    let engine = world.engine;
    let mut out = std::io::stdout();
    writeln!(out, "\n{MARK}").expect("written");
    for line in std::io::stdin().lines() {
        let line = line.expect("a line");
        let mut parts = line.split(' ');
        let mut next = || parts.next().expect("another part");
        let millis: i64 = next().parse().expect("a time");
        clock.set(Timestamp::from_unix_millis(millis));
        let typed = next();
        let reset = ResetTicket::parse(next()).expect("a ticket");
        let unlock = UnlockTicket::parse(next()).expect("a ticket");
        let opened = all_at_once(&engine, &Places { reset, unlock }, typed).await;
        writeln!(out, "\n{MARK}{}", opened.join("|")).expect("written");
        out.flush().expect("written");
    }
}

struct Other {
    child: Child,
    to: ChildStdin,
    told: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Other {
    fn start(file: &std::path::Path) -> Self {
        let mut child = Command::new(std::env::current_exe().expect("this binary"))
            .args(["--exact", "processes::the_other_process", "--nocapture"])
            .env(FILE, file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let to = child.stdin.take().expect("a pipe");
        let told = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut other = Self { child, to, told };
        assert_eq!(other.told(), Vec::<String>::new(), "the process is ready");
        other
    }

    fn told(&mut self) -> Vec<String> {
        let line = self
            .told
            .find_map(|line| line.expect("readable").strip_prefix(MARK).map(str::to_owned))
            .expect("the process still runs");
        line.split('|').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }
}

/// V-2: two processes on one file, one code: one acceptance.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv01_a_step_is_accepted_once_across_processes() {
    let (under_test, file) = sqlite_at();
    let world = world(&under_test, 2).await;
    let token = world.enrol_app().await;
    let mut other = Other::start(&file);
    let mut cursor = None;
    under_test.events_after(&mut cursor).await;
    let mut winners = [0; 2];
    for round in 0..50 {
        world.clock.advance(Duration::from_secs(2 * 86_400));
        let places = Places::open(&world).await;
        let (now, typed) = (world.clock.now(), token.code(world.clock.now()));
        let [reset, unlock] = [places.reset.expose_secret(), places.unlock.expose_secret()];
        let line = format!("{} {typed} {reset} {unlock}", now.unix_millis());
        let mut own = Vec::new();
        // In some rounds one process is certainly first.
        if round % 10 == 0 {
            own = all_at_once(&world.engine, &places, &typed).await;
        }
        writeln!(other.to, "{line}").expect("written");
        let mut other_opened = Vec::new();
        if round % 10 == 5 {
            other_opened = other.told();
        }
        own.extend(all_at_once(&world.engine, &places, &typed).await);
        if round % 10 != 5 {
            other_opened = other.told();
        }
        let opened: Vec<String> = own.iter().chain(&other_opened).cloned().collect();
        one_opened(&opened, &format!("round {round}"));
        let events = under_test.events_after(&mut cursor).await;
        let used = events.iter().filter(|event| event.code() == "oath_step_used").count();
        assert_eq!(used, 1, "round {round}");
        winners[0] += usize::from(!own.is_empty());
        winners[1] += usize::from(!other_opened.is_empty());
    }
    drop(other.to);
    assert!(other.child.wait().expect("ended").success());
    assert!(winners[0] > 0 && winners[1] > 0, "{winners:?}: the other was never first");
}

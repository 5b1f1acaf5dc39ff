//! Several processes on one file. The children are this test binary itself.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use sspr::adapters::sqlite::SqliteStore;
use sspr::port::{Committed, Store};
use sspr::port::{Record, Version};

use crate::sqlite_store::support::{Fixture, key, put, record, set, wait};

const FILE: &str = "SSPR_SQLITE_TEST_FILE";
const ROUNDS: &str = "SSPR_SQLITE_TEST_ROUNDS";

/// Starts the `child` test below in a process of its own.
fn spawn(file: &Path, rounds: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sqlite_store::processes::child", "--nocapture", "--test-threads=1"])
        .env(FILE, file)
        .env(ROUNDS, rounds.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The numbers that a child printed after this word.
fn told(child: &mut Child, word: &'static str) -> impl Iterator<Item = u64> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).filter_map(move |line| {
        let number = line.strip_prefix(word)?.trim();
        number.parse().ok()
    })
}

/// Loads, decides and commits until this many commits were applied. Returns the largest number of
/// commits that were applied, here and elsewhere, between two loads: a wait measured in turns
/// instead of seconds, since seconds depend on the load of the machine.
fn hammer(store: &SqliteStore, rounds: u64, mut applied_now: impl FnMut(u64)) -> u64 {
    let (mut worst, mut applied, mut before) = (0, 0, None);
    while applied < rounds {
        let seen: Record = wait(store.load(&key(1))).unwrap().unwrap();
        let version = seen.version();
        let since = version.count() - before.replace(version.count()).unwrap_or(version.count());
        worst = worst.max(since);
        let next = record(1, Version::new(version.count() + 1, u64::from(std::process::id())));
        let answer = put(store, &next, Some(version)).unwrap();
        if answer == Committed::Applied {
            applied += 1;
            applied_now(next.version().count());
        }
    }
    worst
}

/// Not a test by itself: run by the tests below in another process.
#[test]
fn child() {
    let (Some(file), Ok(rounds)) = (std::env::var_os(FILE), std::env::var(ROUNDS)) else {
        return;
    };
    let store = SqliteStore::open_or_create(file).unwrap();
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nready 0").unwrap();
    let worst = hammer(&store, rounds.parse().unwrap(), |count| {
        writeln!(out, "\napplied {count}").unwrap();
        out.flush().unwrap();
    });
    writeln!(out, "\nworst {worst}").unwrap();
}

#[test]
fn two_processes_lose_no_update_and_neither_starves() {
    const ROUNDS: u64 = 400;
    let fixture = Fixture::new();
    let store = fixture.open();
    set(&store, &record(1, Version::new(0, 0)), None);
    let mut children = [spawn(&fixture.file(), ROUNDS), spawn(&fixture.file(), ROUNDS)];
    // This process is the third. Its own rounds only end if the others let it write.
    let own = hammer(&store, ROUNDS, drop);
    let mut worst = vec![own];
    for child in &mut children {
        worst.extend(told(child, "worst "));
        assert!(child.wait().unwrap().success());
    }
    println!("commits during the longest wait of each: {worst:?}");
    assert_eq!(worst.len(), 3, "each process reported its longest wait");
    // A starving process would see the others' 800 commits within one wait.
    assert!(worst.iter().all(|commits| *commits < ROUNDS), "{worst:?}");
    let last = wait(store.load(&key(1))).unwrap().unwrap();
    assert_eq!(last.version().count(), 3 * ROUNDS, "an update was lost");
}

#[test]
fn a_killed_process_loses_no_acknowledged_commit() {
    let fixture = Fixture::new();
    set(&fixture.open(), &record(1, Version::new(0, 0)), None);
    for round in 1..=3 {
        let mut child = spawn(&fixture.file(), u64::MAX);
        let mut counts = told(&mut child, "applied ");
        let before = counts.nth(50).unwrap();
        child.kill().unwrap();
        // Reports sent before the kill count as well.
        let acknowledged = counts.last().unwrap_or(before);
        assert!(!child.wait().unwrap().success());
        let store = fixture.open();
        let found = wait(store.load(&key(1))).unwrap().unwrap().version();
        assert!(found.count() >= acknowledged, "{found} after {acknowledged}");
        assert!(found.count() <= acknowledged + 1, "one was in flight at most");
        // Its locks were released with it.
        let next = record(1, Version::new(found.count() + 1, round));
        assert_eq!(put(&store, &next, Some(found)).unwrap(), Committed::Applied);
    }
}

//! Creating and opening; files that are deleted, replaced or restored; two releases on one file;
//! and a suspended process.

use std::error::Error as _;
use std::fs;
use std::process::{Command, Stdio};

use sspr::adapters::sqlite::SqliteStore;
use sspr::port::{CounterIncrement, Cutoff, EventsOf, PortError, PortErrorKind, Store as _};
use sspr::port::{CounterKey, Version};

use crate::sqlite_store::support::{
    Fixture, apply, at, columns, event, key, kind, put, record, set, tenant, wait,
};

fn says(error: &PortError) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn opening_never_creates_a_store_and_creating_never_opens_one() {
    let fixture = Fixture::new();
    for missing in [fixture.file(), fixture.as_ref().join("no/such/directory/sspr.db")] {
        let error = SqliteStore::open(&missing).unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Denied);
        assert!(says(&error).contains("create"), "{}", says(&error));
        assert!(!missing.exists(), "no file was created");
    }
    // An empty file is no store either.
    fs::write(fixture.file(), "").unwrap();
    assert_eq!(kind(SqliteStore::open(fixture.file())), PortErrorKind::Denied);
    let store = SqliteStore::create(fixture.file()).unwrap();
    set(&store, &record(1, Version::new(1, 1)), None);
    drop(store);
    assert_eq!(kind(SqliteStore::create(fixture.file())), PortErrorKind::Denied);
    let store = SqliteStore::open(fixture.file()).unwrap();
    assert!(wait(store.load(&key(1))).unwrap().is_some());
}

/// A change of the files of an open store.
type Harm = fn(&Fixture);

fn remove(fixture: &Fixture, suffix: &str) {
    let mut name = fixture.file().into_os_string();
    name.push(suffix);
    fs::remove_file(name).unwrap();
}

fn replace(fixture: &Fixture) {
    let other = Fixture::new();
    let store = SqliteStore::create(other.file()).unwrap();
    set(&store, &record(9, Version::new(1, 1)), None);
    drop(store);
    // On the same file system, so that the renaming is atomic.
    let beside = fixture.as_ref().join("beside.db");
    fs::copy(other.file(), &beside).unwrap();
    fs::rename(&beside, fixture.file()).unwrap();
}

#[test]
fn a_store_whose_files_were_deleted_or_replaced_acknowledges_nothing_more() {
    let harms: [(&str, Harm); 5] = [
        ("deleted", |fixture| remove(fixture, "")),
        ("replaced", replace),
        ("log deleted", |fixture| remove(fixture, "-wal")),
        ("shared memory deleted", |fixture| remove(fixture, "-shm")),
        ("folder moved", |fixture| {
            let away = fixture.as_ref().join("away");
            fs::create_dir(&away).unwrap();
            fs::rename(fixture.file(), away.join("sspr.db")).unwrap();
        }),
    ];
    for (what, harm) in harms {
        let fixture = Fixture::new();
        let (store, other) = (fixture.open(), fixture.open());
        set(&store, &record(1, Version::new(1, 1)), None);
        harm(&fixture);
        for store in [&store, &other] {
            let error = put(store, &record(2, Version::new(1, 1)), None).unwrap_err();
            assert_eq!(error.kind(), PortErrorKind::Denied, "{what}");
            assert!(says(&error).contains("deleted or replaced"), "{what}: {}", says(&error));
            // Reads are refused as well, permanently.
            assert_eq!(kind(wait(store.load(&key(1)))), PortErrorKind::Denied, "{what}");
            let increment = [CounterIncrement::new(CounterKey::from_bytes([1; 32]), 1, at(9))];
            assert_eq!(kind(wait(store.increment(&increment))), PortErrorKind::Denied, "{what}");
        }
    }
}

#[test]
fn a_backup_is_restored_by_the_commands_of_the_manual() {
    let fixture = Fixture::new();
    let store = SqliteStore::create(fixture.file()).unwrap();
    set(&store, &record(1, Version::new(1, 1)), None);
    let shell = |script: &str| {
        let script = format!("set -e; cd '{}'; {script}", fixture.as_ref().display());
        let done = Command::new("sh").args(["-c", &script]).stderr(Stdio::null()).status();
        assert!(done.unwrap().success(), "{script}");
    };
    // The statement that the manual gives for `sqlite3`, while the store is open.
    fixture.raw().execute("VACUUM INTO ?1", [fixture.as_ref().join("backup.db").to_str()]).unwrap();
    set(&store, &record(1, Version::new(2, 2)), Some(Version::new(1, 1)));
    drop(store);
    let manual = include_str!("../../../src/manual/restoring.rs");
    let restore = manual.lines().filter_map(|line| line.strip_prefix("//! "));
    let restore: Vec<_> = restore.filter(|line| line.contains("sspr.db")).collect();
    let commands =
        restore.into_iter().filter(|line| line.starts_with("rm -f") || line.starts_with("cp "));
    let commands: Vec<_> = commands.collect();
    assert_eq!(commands.len(), 2, "the manual has both commands");
    shell(&commands.join("; "));
    let store = SqliteStore::open(fixture.file()).unwrap();
    let there = wait(store.load(&key(1))).unwrap().unwrap();
    assert_eq!(there.version(), Version::new(1, 1), "as it was at the time of the backup");
}

#[test]
fn a_migration_by_a_newer_release_stops_the_writes_of_a_running_one() {
    let fixture = Fixture::new();
    let (store, other) = (fixture.open(), fixture.open());
    set(&store, &record(1, Version::new(1, 1)), None);
    // The last statement of a newer release's migration.
    fixture.raw().pragma_update(None, "user_version", 2).unwrap();
    for store in [&store, &other] {
        let error = put(store, &record(1, Version::new(2, 2)), Some(Version::new(1, 1)));
        let error = error.unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Denied);
        assert!(says(&error).contains("newer release"), "{}", says(&error));
        let increment = [CounterIncrement::new(CounterKey::from_bytes([1; 32]), 1, at(9))];
        assert_eq!(kind(wait(store.increment(&increment))), PortErrorKind::Denied);
        let purge = store.purge(Cutoff::new(at(9), at(9)), 9);
        assert_eq!(kind(wait(purge)), PortErrorKind::Denied);
        assert_eq!(kind(wait(store.fence(true))), PortErrorKind::Denied);
    }
    let there = wait(store.load(&key(1))).unwrap().unwrap();
    assert_eq!(there.version(), Version::new(1, 1));
}

#[test]
fn events_are_purged_however_many_other_rows_have_expired() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let next = record(1, Version::new(1, 1));
    let events = [event(&next, 0, 5)];
    let mut columns = columns();
    apply(&store, sspr::port::Commit::new(&next, None, &columns, &events));
    columns.expires_at = Some(at(1));
    for number in 2..40 {
        let next = record(number, Version::new(1, 1));
        apply(&store, sspr::port::Commit::new(&next, None, &columns, &[]));
        let increment = [CounterIncrement::new(CounterKey::from_bytes([number; 32]), 1, at(1))];
        wait(store.increment(&increment)).unwrap();
    }
    for limit in [1, 2, 3, 9] {
        let store = fixture.open();
        let left = || wait(store.events(EventsOf::Tenant(&tenant()), None, 9)).unwrap().items;
        // As many calls as there are kinds of rows, since each begins with another kind.
        for _ in 0..3 {
            let removed = wait(store.purge(Cutoff::new(at(9), at(9)), limit)).unwrap();
            assert_eq!(removed, limit as u64, "enough other rows have expired");
        }
        assert!(left().is_empty(), "limit {limit}");
        let next = record(1, Version::new(limit as u64 + 1, 1));
        let events = [event(&next, 0, 5)];
        let before = wait(store.load(&key(1))).unwrap().map(|record| record.version());
        columns.expires_at = None;
        apply(&store, sspr::port::Commit::new(&next, before, &columns, &events));
    }
}

const HOLD: &str = "SSPR_SQLITE_TEST_HOLD";

/// Not a test by itself: the process that is suspended while it holds both locks.
#[test]
fn holder() {
    let Some(folder) = std::env::var_os(HOLD) else { return };
    let folder = std::path::PathBuf::from(folder);
    let locks = ["sspr.db-gate", "sspr.db-writing"]
        .map(|name| fs::File::options().write(true).open(folder.join(name)).unwrap());
    locks.iter().for_each(|lock| lock.lock().unwrap());
    println!("held");
    // Suspended here until it is killed.
    loop {
        std::thread::park();
    }
}

#[cfg(unix)]
#[test]
fn a_process_suspended_while_it_writes_delays_other_writers_for_a_bounded_time() {
    use std::io::{BufRead as _, BufReader};

    let fixture = Fixture::new();
    let store = fixture.open();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sqlite_store::lifecycle::holder", "--nocapture", "--test-threads=1"])
        .env(HOLD, fixture.as_ref())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("held")), "it has both locks");
    let stopped = Command::new("kill").args(["-STOP", &child.id().to_string()]).status();
    assert!(stopped.unwrap().success());

    // All of these wait together, none longer than one would.
    let answers: Vec<_> = std::thread::scope(|scope| {
        let calls: Vec<_> = (1..=40)
            .map(|number| {
                let store = &store;
                scope.spawn(move || put(store, &record(number, Version::new(1, 1)), None))
            })
            .collect();
        calls.into_iter().map(|call| call.join().unwrap()).collect()
    });
    for answer in answers {
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), PortErrorKind::Unavailable);
        assert!(says(&error).contains("another process"), "{}", says(&error));
    }
    assert_eq!(kind(SqliteStore::open(fixture.file())), PortErrorKind::Unavailable);
    assert!(wait(store.load(&key(1))).unwrap().is_none(), "reads continue");
    child.kill().unwrap();
    child.wait().unwrap();
    set(&store, &record(1, Version::new(1, 1)), None);
}

//! Database files that are deleted, replaced or restored while two processes write. Both processes
//! must refuse every later write: none is acknowledged and then missing from the file at the path.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;

use sspr::adapters::sqlite::SqliteStore;
use sspr::port::Store as _;
use sspr::port::{Record, RecordKey, Version};

use crate::sqlite_store::support::{Fixture, put, wait};

const FOLDER: &str = "SSPR_SQLITE_TEST_REPLACED";
/// How many writes of each process are awaited before the files are touched, and how many it begins
/// afterwards.
const BEFORE: usize = 5;
const AFTERWARDS: usize = 12;

/// The outcome of one write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Told {
    number: u32,
    /// Whether it began after the files had been touched.
    afterwards: bool,
    acknowledged: bool,
}

fn record(process: u8, number: u32) -> Record {
    let mut key = [process; 32];
    key[1..5].copy_from_slice(&number.to_be_bytes());
    Record::loaded(RecordKey::from_bytes(key), Version::new(1, 1), r#"{"kept":true}"#)
}

/// A file that exists once the files have been touched.
fn marker(folder: &Path) -> PathBuf {
    folder.join("touched")
}

/// Writes one record after another, until `AFTERWARDS` writes began after the files were touched.
fn work(folder: &Path, process: u8, mut tell: impl FnMut(Told)) {
    let store = SqliteStore::open(folder.join("sspr.db")).unwrap();
    let mut left = AFTERWARDS;
    for number in 0.. {
        let afterwards = marker(folder).exists();
        let acknowledged = put(&store, &record(process, number), None).is_ok();
        tell(Told { number, afterwards, acknowledged });
        left -= usize::from(afterwards);
        if left == 0 {
            return;
        }
    }
}

/// Not a test by itself: the other process.
#[test]
fn other() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let mut out = std::io::stdout().lock();
    work(Path::new(&folder), 2, |Told { number, afterwards, acknowledged }| {
        writeln!(out, "\ntold {number} {afterwards} {acknowledged}").unwrap();
        out.flush().unwrap();
    });
    writeln!(out, "\nended").unwrap();
}

struct Other(Child, Lines<BufReader<ChildStdout>>);

impl Other {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sqlite_store::replaced::other", "--nocapture", "--test-threads=1"])
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self(child, lines)
    }

    /// The outcome of the process's next write, or none if it has ended.
    fn hear(&mut self) -> Option<Told> {
        let mut lines = self.1.by_ref().map(Result::unwrap);
        let line = lines.find(|line| line.starts_with("told ") || line == "ended")?;
        let mut words = line.strip_prefix("told ")?.split(' ');
        let number = words.next()?.parse().ok()?;
        let mut yes = || words.next().is_some_and(|word| word == "true");
        Some(Told { number, afterwards: yes(), acknowledged: yes() })
    }
}

/// A change of the files in `folder`. `backup` was made before any write.
type Harm = fn(folder: &Path, backup: &Path);

fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove(folder: &Path, suffixes: &[&str]) {
    for suffix in suffixes {
        fs::remove_file(with(&folder.join("sspr.db"), suffix)).unwrap();
    }
}

/// All changes except a copy over the file in place, which no process can detect; the manual
/// forbids it.
const HARMS: [(&str, Harm); 7] = [
    ("deleted", |folder, _| remove(folder, &["", "-wal", "-shm"])),
    ("replaced by a backup", |folder, backup| {
        fs::rename(backup, folder.join("sspr.db")).unwrap();
    }),
    ("replaced, with a log removed", |folder, backup| {
        remove(folder, &["-wal", "-shm"]);
        fs::rename(backup, folder.join("sspr.db")).unwrap();
    }),
    ("deleted and restored", |folder, backup| {
        remove(folder, &["", "-wal", "-shm"]);
        fs::copy(backup, folder.join("sspr.db")).unwrap();
    }),
    ("moved away and a backup put there", |folder, backup| {
        for suffix in ["", "-wal", "-shm"] {
            let name = with(&folder.join("sspr.db"), suffix);
            fs::rename(&name, with(&folder.join("away.db"), suffix)).unwrap();
        }
        fs::copy(backup, folder.join("sspr.db")).unwrap();
    }),
    ("log deleted", |folder, _| remove(folder, &["-wal"])),
    ("log and shared memory replaced by empty files", |folder, _| {
        for suffix in ["-wal", "-shm"] {
            remove(folder, &[suffix]);
            fs::write(with(&folder.join("sspr.db"), suffix), "").unwrap();
        }
    }),
];

/// The outcomes of the writes of two processes, before and after a change of the files.
fn with_two_processes(folder: &Path, touch: impl FnOnce()) -> BTreeMap<u8, Vec<Told>> {
    std::thread::scope(|scope| {
        let mut other = Other::start(folder);
        let (tell, own) = mpsc::channel();
        scope.spawn(move || work(folder, 1, |told| tell.send(told).unwrap()));
        let mut all: BTreeMap<u8, Vec<Told>> = BTreeMap::new();
        all.insert(1, own.iter().take(BEFORE).collect());
        all.insert(2, std::iter::from_fn(|| other.hear()).take(BEFORE).collect());
        for (process, told) in &all {
            let all_succeeded = told.iter().all(|told| told.acknowledged && !told.afterwards);
            assert!(all_succeeded && told.len() == BEFORE, "process {process}, before: {told:?}");
        }
        touch();
        fs::write(marker(folder), "").unwrap();
        all.entry(1).or_default().extend(own.iter());
        all.entry(2).or_default().extend(std::iter::from_fn(|| other.hear()));
        assert!(other.0.wait().unwrap().success());
        for (process, told) in &all {
            let afterwards = told.iter().filter(|told| told.afterwards).count();
            assert_eq!(afterwards, AFTERWARDS, "process {process}, writes afterwards");
        }
        all
    })
}

#[test]
fn two_processes_acknowledge_only_commits_that_are_in_the_file() {
    for (what, harm) in HARMS {
        let fixture = Fixture::new();
        drop(SqliteStore::create(fixture.file()).unwrap());
        let backup = fixture.as_ref().join("backup.db");
        fixture.raw().execute("VACUUM INTO ?1", [backup.to_str()]).unwrap();
        let all = with_two_processes(fixture.as_ref(), || harm(fixture.as_ref(), &backup));

        for (process, told) in all {
            let refused = told.iter().filter(|told| told.afterwards && !told.acknowledged).count();
            assert_eq!(refused, AFTERWARDS, "{what}: process {process}, refused writes");
        }
    }
}

/// A file moved away and back is the same file, so it holds all commits acknowledged meanwhile.
#[test]
fn a_file_moved_away_and_back_has_all_acknowledged_commits_of_two_processes() {
    let fixture = Fixture::new();
    drop(SqliteStore::create(fixture.file()).unwrap());
    let away = fixture.as_ref().join("away.db");
    let all = with_two_processes(fixture.as_ref(), || {
        for suffix in ["", "-wal", "-shm"] {
            fs::rename(with(&fixture.file(), suffix), with(&away, suffix)).unwrap();
        }
    });
    for suffix in ["", "-wal", "-shm"] {
        // Closing the last handle may have removed the log.
        let _ = fs::rename(with(&away, suffix), with(&fixture.file(), suffix));
    }
    let store = SqliteStore::open(fixture.file()).unwrap();
    let mut kept = 0;
    for (process, told) in all {
        for told in told.into_iter().filter(|told| told.acknowledged) {
            let key = *record(process, told.number).key();
            assert!(wait(store.load(&key)).unwrap().is_some(), "process {process} lost {told:?}");
            kept += 1;
        }
    }
    assert!(kept >= 2 * BEFORE, "{kept}");
}

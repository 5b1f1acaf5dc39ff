//! The kit itself under test, across processes: stores that look right from one process alone.

#![cfg(all(feature = "conformance", feature = "sqlite"))]

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use sspr::Store;
use sspr::adapters::sqlite::SqliteStore;
use sspr::conformance::{
    Ability, Harness, Outcome, PROPERTIES, Place, Violation, play_other_process,
};
use sspr::port::{PortError, PortResult};
use sspr::testing::broken::{BrokenStore, Defect};

/// Each with the property that must see it from another process.
const WRONG: [(Defect, &str); 7] = [
    (Defect::ReadIncrementWrite, "commit_has_one_winner_across_processes"),
    (Defect::AddReadsThenWrites, "add_loses_nothing_across_processes"),
    (Defect::WriteBehind, "commit_survives_a_killed_process"),
    (Defect::EventsInASecondStep, "commit_survives_a_killed_process"),
    (Defect::WakeIndexInASecondStep, "commit_survives_a_killed_process"),
    (Defect::WriteBehind, "due_finds_what_a_killed_process_had_claimed"),
    (Defect::CachePerHandle, "processes_see_one_history"),
];

/// A file, and what is wrong with the store on it.
struct Files(Option<Defect>);

struct File {
    folder: PathBuf,
    defect: Option<Defect>,
    own: bool,
}

#[async_trait]
impl Harness for Files {
    async fn place(&self) -> PortResult<Box<dyn Place>> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("sspr-kit-catches-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).map_err(|error| PortError::denied().because(error))?;
        Ok(Box::new(File { folder, defect: self.0, own: true }))
    }

    async fn join(&self, address: &str) -> PortResult<Box<dyn Place>> {
        let (defect, folder) = address.split_once(' ').expect("an address of this harness");
        let named = |known: &&Defect| format!("{known:?}") == defect;
        let defect = Defect::ALL.iter().find(named).copied();
        Ok(Box::new(File { folder: PathBuf::from(folder), defect, own: false }))
    }

    /// Twice the default: a killed process must be met between two steps.
    fn rounds(&self) -> usize {
        400
    }

    fn other_process(&self) -> Option<Command> {
        let mut command = Command::new(std::env::current_exe().expect("this binary has a path"));
        command.args(["--exact", "other_process", "--nocapture", "--test-threads=1"]);
        Some(command)
    }
}

#[async_trait]
impl Place for File {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        let store = SqliteStore::open(self.folder.join("kit.sqlite"))?;
        Ok(match self.defect {
            Some(defect) => Arc::new(BrokenStore::over(defect, Arc::new(store))),
            None => Arc::new(store),
        })
    }

    fn several_processes(&self) -> Ability {
        Ability::Has
    }

    fn address(&self) -> String {
        let defect = self.defect.map_or("none".to_owned(), |defect| format!("{defect:?}"));
        format!("{defect} {}", self.folder.display())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if self.own {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

fn run(name: &str, defect: Option<Defect>) -> Result<Outcome, Violation> {
    let property = PROPERTIES.iter().find(|property| property.name == name);
    let harness: Arc<dyn Harness> = Arc::new(Files(defect));
    property.unwrap_or_else(|| panic!("no property is named {name}")).run(&harness)
}

/// No test of its own: what the tests below start in another process.
#[test]
fn other_process() {
    play_other_process(Files(None));
}

#[test]
fn what_only_another_process_sees_is_caught() {
    for (defect, name) in WRONG {
        // A kill that falls between two steps takes luck: three runs of 32 kills, if need be.
        let violation = (0..3).find_map(|_| run(name, Some(defect)).err());
        let violation = violation.unwrap_or_else(|| panic!("{defect:?} escaped {name}"));
        // By what it saw, not since the other process was unable to work.
        assert!(!violation.seen.starts_with("another process"), "{violation}");
    }
}

#[test]
fn a_correct_store_is_not_accused_by_another_process() {
    for (_, name) in WRONG {
        assert_eq!(run(name, None), Ok(Outcome::Held), "{name}");
    }
}

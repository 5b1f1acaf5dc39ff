//! Tests that the conformance kit catches defects that only show across processes.

#![cfg(all(feature = "conformance", feature = "sqlite"))]

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;
use sspr::adapters::sqlite::SqliteStore;
use sspr::conformance::{
    Ability, Harness, Outcome, PROPERTIES, StoreUnderTest, Violation, play_other_process,
};
use sspr::port::PortResult;
use sspr::port::Store;
use sspr::testing::broken::{BrokenStore, Defect};

use crate::temporary::Temporary;

/// Defects, each with the property that must catch it from another process.
const WRONG: [(Defect, &str); 7] = [
    (Defect::ReadIncrementWrite, "commit_has_one_winner_across_processes"),
    (Defect::AddReadsThenWrites, "add_loses_nothing_across_processes"),
    (Defect::WriteBehind, "commit_survives_a_killed_process"),
    (Defect::EventsInASecondStep, "commit_survives_a_killed_process"),
    (Defect::WakeIndexInASecondStep, "commit_survives_a_killed_process"),
    (Defect::WriteBehind, "due_finds_what_a_killed_process_had_claimed"),
    (Defect::CachePerHandle, "processes_see_one_history"),
];

/// A harness for SQLite stores, with a defect or none.
struct Files(Option<Defect>);

struct File {
    folder: PathBuf,
    defect: Option<Defect>,
    /// The process that created the folder removes it; a process that joined does not.
    _own: Option<Temporary>,
}

#[async_trait]
impl Harness for Files {
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
        let own = Temporary::new("kit-catches");
        let folder = own.path().to_owned();
        Ok(Box::new(File { folder, defect: self.0, _own: Some(own) }))
    }

    async fn join(&self, address: &str) -> PortResult<Box<dyn StoreUnderTest>> {
        let (defect, folder) = address.split_once(' ').expect("an address of this harness");
        let named = |known: &&Defect| format!("{known:?}") == defect;
        let defect = Defect::ALL.iter().find(named).copied();
        Ok(Box::new(File { folder: PathBuf::from(folder), defect, _own: None }))
    }

    /// Twice the default, so that some kills fall between the two steps of a defect.
    fn rounds(&self) -> usize {
        400
    }

    fn other_process(&self) -> Option<Command> {
        let mut command = Command::new(std::env::current_exe().expect("this binary has a path"));
        command.args([
            "--exact",
            "kit_catches_processes::other_process",
            "--nocapture",
            "--test-threads=1",
        ]);
        Some(command)
    }
}

#[async_trait]
impl StoreUnderTest for File {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        let store = SqliteStore::open_or_create(self.folder.join("kit.sqlite"))?;
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

fn run(name: &str, defect: Option<Defect>) -> Result<Outcome, Violation> {
    let property = PROPERTIES.iter().find(|property| property.name == name);
    let harness: Arc<dyn Harness> = Arc::new(Files(defect));
    property.unwrap_or_else(|| panic!("no property is named {name}")).run(&harness)
}

/// Not a test by itself: started by the tests below in another process.
#[test]
fn other_process() {
    play_other_process(Files(None));
}

#[test]
fn defects_visible_only_from_another_process_are_caught() {
    for (defect, name) in WRONG {
        // Whether a kill falls between two steps depends on timing. One run usually suffices; a
        // busy machine may need more.
        let violation = (0..30).find_map(|_| run(name, Some(defect)).err());
        let violation = violation.unwrap_or_else(|| panic!("{defect:?} escaped {name}"));
        // The violation must be an observation, not a failure of the other process.
        assert!(!violation.seen.starts_with("another process"), "{violation}");
    }
}

#[test]
fn a_correct_store_passes_across_processes() {
    for (_, name) in WRONG {
        assert_eq!(run(name, None), Ok(Outcome::Held), "{name}");
    }
}

//! The harness: where the store is, and what else it supports.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sspr::conformance::{Ability, Harness, StoreUnderTest, check, play_other_process};
use sspr::port::PortErrorKind::Unavailable;
use sspr::port::*;
use sspr::port::{RecordKey, Store};

use super::{FileStore, because};

/// Places for the store, each a folder.
struct Folders(PathBuf, AtomicUsize);

impl Folders {
    fn within(folder: PathBuf) -> Self {
        Self(folder, AtomicUsize::new(0))
    }
}

/// A folder with one store.
struct Folder(PathBuf);

#[async_trait]
impl Harness for Folders {
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
        let folder = self.0.join(self.1.fetch_add(1, Ordering::Relaxed).to_string());
        fs::create_dir_all(&folder).map_err(because(Unavailable))?;
        Ok(Box::new(Folder(folder)))
    }

    async fn join(&self, address: &str) -> PortResult<Box<dyn StoreUnderTest>> {
        Ok(Box::new(Folder(PathBuf::from(address))))
    }

    fn other_process(&self) -> Option<Command> {
        std::env::current_exe().ok().map(Command::new) // this program once more
    }

    fn rounds(&self) -> usize {
        60 // of 200: every call waits for the disk
    }

    fn accounts(&self) -> u64 {
        50 // of 300, likewise: every call reads the whole file
    }
}

#[async_trait]
impl StoreUnderTest for Folder {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        Ok(Arc::new(FileStore::open(self.0.join("sspr.json"))?))
    }

    fn several_handles(&self) -> Ability {
        Ability::Has
    }

    fn durable(&self) -> Ability {
        Ability::Has
    }

    fn several_processes(&self) -> Ability {
        Ability::Has
    }

    fn address(&self) -> String {
        self.0.display().to_string()
    }

    async fn damage(&self, _key: &RecordKey) -> PortResult<Ability> {
        let file = fs::OpenOptions::new().write(true).open(self.0.join("sspr.json"));
        file.and_then(|file| file.set_len(file.metadata()?.len() / 2))
            .map_err(because(Unavailable))?;
        Ok(Ability::Has)
    }

    async fn damage_event(&self, key: &RecordKey) -> PortResult<Ability> {
        self.damage(key).await // the whole file
    }
}

/// Runs the kit and prints what it found.
pub(super) fn judge() -> ExitCode {
    if play_other_process(Folders::within(PathBuf::new())) {
        return ExitCode::SUCCESS; // started by the kit, to race it and to kill it
    }
    println!("the kit is running: half a minute, or less");
    let folder = std::env::temp_dir().join(format!("sspr-custom-store-{}", std::process::id()));
    let report = check(Folders::within(folder.clone()));
    let _ = fs::remove_dir_all(folder); // in the temporary folder: harmless if it stays
    for property in &report.held {
        println!("held     {property}");
    }
    println!("{report}"); // violations, skips and the totals
    ExitCode::from(u8::from(!report.violations.is_empty()))
}

//! The reset with two methods over the durable store: the store's own threads answer, and a dead
//! process reopens nothing but the file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sspr::adapters::sqlite::SqliteStore;
use sspr::testing::{Fault, block_on};

use crate::judge;
use crate::reset::{TWO, with_two};
use crate::scene::{Ended, Mode, Scene, each_point};
use crate::support::{World, settings};

/// A directory that goes away with the test.
struct Files(PathBuf);

impl Files {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let memory = Path::new("/dev/shm");
        let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("sspr-faults-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    fn database(&self) -> PathBuf {
        self.0.join("sspr.db")
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        // A directory that stays is no failure of what was tested.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `HangAfter` at one call is `HangBefore` at the next: nothing happens between two calls.
const MODES: [Mode; 5] = [
    Mode::Fails(Fault::FailBefore),
    Mode::Fails(Fault::FailUnknownBefore),
    Mode::Fails(Fault::LoseReply),
    Mode::Dies(Fault::HangBefore),
    Mode::Outage,
];

#[test]
fn a_reset_over_sqlite_survives_every_single_failure() {
    // Registered once; each case starts from a copy of the file.
    let prepared = Files::new();
    block_on(async {
        let store = SqliteStore::open(prepared.database()).expect("opened");
        World::over(store, settings()).await.register_both().await;
    });
    let make = || {
        let files = Files::new();
        std::fs::copy(prepared.database(), files.database()).expect("copied");
        let store = SqliteStore::open(files.database()).expect("opened");
        let world = prepared_world();
        let mut scene = Scene::of(Arc::new(store), world);
        // The engine that registered the two methods is gone.
        scene.comparisons.store(2, Ordering::Relaxed);
        scene.guard = Some(Box::new(files));
        scene
    };
    let judge = |scene: &Scene, _: &Ended, label: &str| judge::reset(scene, TWO, label);
    let cases = each_point(make, with_two, &MODES, judge);
    assert!(cases > 250, "{cases} points of failure");
}

/// The directory, the clock and the inbox of an account whose record lies in a prepared file.
fn prepared_world() -> World {
    let world = block_on(World::memory(settings()));
    world.clock.advance(std::time::Duration::from_secs(2 * 86_400));
    world
}

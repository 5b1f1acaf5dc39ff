//! The reset with two methods over the SQLite store, whose own threads do the calls. After the end
//! of a process only the file is opened again.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use sspr::adapters::sqlite::SqliteStore;
use sspr::testing::{InjectedFault, block_on};

use crate::faults::judge;
use crate::faults::reset::{TWO, with_two};
use crate::faults::scene::{Ended, Mode, Scene, each_point};
use crate::support::{World, settings};
use crate::temporary::Temporary;

/// A database in a folder of its own.
struct Files(Temporary);

impl Files {
    fn new() -> Self {
        Self(Temporary::in_memory("faults"))
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("sspr.db")
    }
}

/// `HangAfter` at one call equals `HangBefore` at the next, since nothing happens between two
/// calls.
const MODES: [Mode; 5] = [
    Mode::Fails(InjectedFault::FailBefore),
    Mode::Fails(InjectedFault::FailUnknownBefore),
    Mode::Fails(InjectedFault::LoseReply),
    Mode::Dies(InjectedFault::HangBefore),
    Mode::Outage,
];

#[test]
fn a_reset_over_sqlite_survives_every_single_failure() {
    // Registered once; each case starts from a copy of the file.
    let prepared = Files::new();
    block_on(async {
        let store = SqliteStore::open_or_create(prepared.database()).expect("opened");
        World::over(store, settings()).await.register_both().await;
    });
    let make = || {
        let files = Files::new();
        std::fs::copy(prepared.database(), files.database()).expect("copied");
        let store = SqliteStore::open_or_create(files.database()).expect("opened");
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

/// The directory, the clock and the inbox of an account whose record is in a prepared file.
fn prepared_world() -> World {
    let world = block_on(World::memory(settings()));
    world.clock.advance(std::time::Duration::from_secs(2 * 86_400));
    world
}

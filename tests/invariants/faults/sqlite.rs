//! The reset with two methods over the SQLite store, whose own threads do the calls. After the end
//! of a process only the file is opened again.

use crate::support::START;
use sspr::Timestamp;
use sspr::testing::ManualClock;
use std::path::PathBuf;
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
        World::builder().store(store).settings(settings()).open().await.register_contacts().await;
    });
    let make = || {
        let files = Files::new();
        std::fs::copy(prepared.database(), files.database()).expect("copied");
        let store = SqliteStore::open_or_create(files.database()).expect("opened");
        let mut scene = Scene::of(joined(store));
        // The engine that registered the two methods is gone.
        scene.comparisons.store(2, Ordering::Relaxed);
        scene.guard = Some(Box::new(files));
        scene
    };
    let judge = |scene: &Scene, _: &Ended, label: &str| judge::reset(scene, TWO, label);
    let cases = each_point(make, with_two, &MODES, judge);
    assert!(cases > 250, "{cases} points of failure");
}

/// A world over a store that has the policy and the record of the account already.
fn joined(store: SqliteStore) -> World {
    let later = ManualClock::new(Timestamp::from_unix_seconds(START + 2 * 86_400));
    block_on(World::builder().store(store).clock(later).open())
}

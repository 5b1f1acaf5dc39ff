//! The same over the durable store, for a selection of points that shifts from cell to cell, so
//! that every kind of call and fault is covered.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use sspr::adapters::sqlite::SqliteStore;
use sspr::testing::InjectedFault;

use crate::matrix::cells::cells;
use crate::matrix::crash::{calls_of, case, faults_of};
use crate::matrix::fixture::{Fixture, policy};
use crate::temporary::Temporary;

/// One of this many points of a cell is visited.
const OF: usize = 37;

/// A database in a folder of its own.
struct Files(Temporary);

impl Files {
    fn new() -> Self {
        Self(Temporary::in_memory("matrix"))
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("sspr.db")
    }
}

/// A fixture in a copy of a prepared file.
fn copy(prepared: &Files) -> Fixture {
    let files = Files::new();
    std::fs::copy(prepared.database(), files.database()).expect("copied");
    let store = SqliteStore::open_or_create(files.database()).expect("opened");
    let mut fixture = Fixture::over(Arc::new(store));
    fixture.arrive();
    fixture._guard = Some(Box::new(files));
    fixture
}

#[test]
fn a_selection_of_every_cell_survives_its_failures_over_sqlite() {
    let prepared = [1, 2].map(|required| {
        let files = Files::new();
        let store = SqliteStore::open_or_create(files.database()).expect("opened");
        drop(Fixture::filled(Arc::new(store), policy(required)));
        files
    });
    let (mut place, mut cases) = (0, 0);
    let mut met = BTreeSet::new();
    for cell in cells() {
        let prepared = &prepared[usize::from(cell.required()) - 1];
        let calls = calls_of(cell, &Fixture::new(cell.required()));
        for (n, name) in calls.iter().enumerate() {
            for fault in faults_of(name) {
                place += 1;
                if place % OF != 0 {
                    continue;
                }
                // The store works on a thread of its own, so only a call that never begins
                // certainly did nothing.
                let hangs = *fault == InjectedFault::HangAfter;
                let fault = if hangs { InjectedFault::HangBefore } else { *fault };
                if let Some(refused) = case(cell, &copy(prepared), n, fault) {
                    assert!(refused.is_allowed(), "{refused:?}");
                }
                met.insert((*name, format!("{fault:?}")));
                cases += 1;
            }
        }
    }
    assert!(cases > 200, "{cases} cases");
    for kind in ["FailBefore", "FailUnknownBefore", "LoseReply", "HangBefore"] {
        let commit = ("store.commit", kind.to_owned());
        assert!(met.contains(&commit), "no commit met {kind}");
    }
}

//! Tests the kit itself: each broken store must be caught by the property of the sentence that it
//! breaks, and a correct store must never be accused.

#![cfg(feature = "conformance")]

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use sspr::adapters::memory::MemoryStore;
use sspr::conformance::{
    Ability, Harness, Outcome, PROPERTIES, Property, StoreUnderTest, Violation, check,
};
use sspr::port::PortResult;
use sspr::port::{RecordKey, Store};
use sspr::testing::broken::{BrokenStore, Defect};
use sspr::testing::{Encoded, Unreadable, block_on, forward};

/// Stores with one defect, whose records can be damaged.
struct Broken(Defect);

struct BrokenPlace {
    below: Unreadable<MemoryStore>,
    store: BrokenStore,
}

#[async_trait]
impl Harness for Broken {
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
        let below = Unreadable::new(MemoryStore::new());
        let store = BrokenStore::over(self.0, Arc::new(below.clone()));
        Ok(Box::new(BrokenPlace { below, store }))
    }

    /// Few rounds suffice: these windows contain an await, which the interleaved rounds always hit.
    fn rounds(&self) -> usize {
        40
    }

    fn accounts(&self) -> u64 {
        150
    }
}

#[async_trait]
impl StoreUnderTest for BrokenPlace {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        Ok(Arc::new(self.store.clone()))
    }

    fn several_handles(&self) -> Ability {
        Ability::Has
    }

    fn clustered(&self) -> Ability {
        Ability::Has
    }

    async fn lose_node(&self, _key: &RecordKey) -> PortResult<()> {
        self.store.crash();
        Ok(())
    }

    async fn damage(&self, key: &RecordKey) -> PortResult<Ability> {
        self.below.damage(*key);
        Ok(Ability::Has)
    }

    async fn damage_event(&self, key: &RecordKey) -> PortResult<Ability> {
        self.below.damage_events(*key);
        Ok(Ability::Has)
    }
}

fn property(name: &str) -> &'static Property {
    let named = PROPERTIES.iter().find(|property| property.name == name);
    named.unwrap_or_else(|| panic!("no property is named {name}"))
}

fn run(name: &str, harness: impl Harness) -> Result<Outcome, Violation> {
    let harness: Arc<dyn Harness> = Arc::new(harness);
    property(name).run(&harness)
}

#[test]
fn each_defect_is_caught_by_the_property_of_its_sentence() {
    let escaped: Vec<_> = Defect::ALL
        .iter()
        .filter(|defect| run(defect.caught_by(), Broken(**defect)).is_ok())
        .collect();
    assert!(escaped.is_empty(), "not caught: {escaped:?}");
}

#[test]
fn races_are_caught_each_time() {
    let races = [
        Defect::ReadIncrementWrite,
        Defect::ReadThenInsert,
        Defect::EventsOfLosers,
        Defect::AddReadsThenWrites,
        Defect::CursorOvertakes,
        Defect::CursorOvertakesInAShard,
        Defect::LoadTears,
        Defect::ScanTears,
        Defect::PurgeReadThenDelete,
    ];
    for defect in races {
        for round in 0..10 {
            let verdict = run(defect.caught_by(), Broken(defect));
            assert!(verdict.is_err(), "{defect:?} escaped in round {round}");
        }
    }
}

/// Runs each call to its end at once, like a blocking store. Calls cannot interleave at an await,
/// so only the kit's threads can hit a window.
struct Blocking<S>(S);

impl<S: Store> Store for Blocking<S> {
    forward!(self.0, |_name, call| block_on(call)
        => load, commit, increment, due, scan, events, purge, fence);
}

#[test]
fn races_of_blocking_stores_are_caught_by_threads() {
    for defect in [
        Defect::ReadIncrementWrite,
        Defect::ReadThenInsert,
        Defect::AddReadsThenWrites,
        Defect::CursorOvertakes,
        Defect::CursorOvertakesInAShard,
        Defect::LoadTears,
        Defect::ScanTears,
    ] {
        let verdict = run(defect.caught_by(), move || Blocking(BrokenStore::new(defect)));
        assert!(verdict.is_err(), "{defect:?} escaped");
    }
}

/// Properties that no defect here breaks. Handles with separate histories break them below, other
/// processes in `kit_catches_processes.rs`.
const BLUNT: [&str; 6] = [
    "commit_survives_reopening",
    "commit_has_one_winner_across_processes",
    "add_loses_nothing_across_processes",
    "commit_survives_a_killed_process",
    "due_finds_what_a_killed_process_had_claimed",
    "processes_see_one_history",
];

#[test]
fn a_defect_is_reported_with_its_cause_and_little_else() {
    // The named sentence should lead the author to the mistake, so a single defect must not be
    // reported as many.
    let mut caught = BTreeSet::new();
    for &defect in Defect::ALL {
        let report = check(Broken(defect));
        let broken: Vec<_> = report.violations.iter().map(|seen| seen.property).collect();
        let follow = report.consequences.iter().map(|seen| seen.property);
        caught.extend(broken.iter().copied().chain(follow));
        assert!(broken.len() <= MOST_REPORTED, "{defect:?} breaks {broken:?}");
        assert!(broken.contains(&defect.caught_by()), "{defect:?} breaks {broken:?}");
    }
    // Each property must be breakable, except those known to need more.
    let names = PROPERTIES.iter().map(|property| property.name);
    let blunt: BTreeSet<_> = names.filter(|name| !caught.contains(name)).collect();
    assert_eq!(blunt, BTreeSet::from(BLUNT), "not broken by any defect here");
}

/// A store whose counters are wrong breaks so many, since so many count.
const MOST_REPORTED: usize = 16;

#[test]
fn a_correct_store_is_never_accused() {
    for round in 0..200 {
        let report = check(Correct);
        assert!(report.violations.is_empty(), "round {round}: {report}");
    }
}

/// The memory store with all its abilities.
struct Correct;

struct CorrectPlace(Unreadable<Encoded<MemoryStore>>);

#[async_trait]
impl Harness for Correct {
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
        Ok(Box::new(CorrectPlace(Unreadable::new(Encoded::new(MemoryStore::new())))))
    }

    /// Makes eight thousand rounds of each race over all repetitions.
    fn rounds(&self) -> usize {
        40
    }

    fn accounts(&self) -> u64 {
        100
    }
}

#[async_trait]
impl StoreUnderTest for CorrectPlace {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        Ok(Arc::new(self.0.clone()))
    }

    fn several_handles(&self) -> Ability {
        Ability::Has
    }

    fn clustered(&self) -> Ability {
        Ability::Has
    }

    /// Losing a node has no effect here.
    async fn lose_node(&self, _key: &RecordKey) -> PortResult<()> {
        Ok(())
    }

    async fn damage(&self, key: &RecordKey) -> PortResult<Ability> {
        self.0.damage(*key);
        Ok(Ability::Has)
    }

    async fn damage_event(&self, key: &RecordKey) -> PortResult<Ability> {
        self.0.damage_events(*key);
        Ok(Ability::Has)
    }
}

/// A correct store over a system that removes expired rows on its own.
struct SelfExpiring;

#[async_trait]
impl Harness for SelfExpiring {
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
        Ok(Box::new(Self))
    }
}

#[async_trait]
impl StoreUnderTest for SelfExpiring {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        // Expires by the wall clock, without a purge.
        Ok(Arc::new(BrokenStore::new(Defect::HidesExpired)))
    }

    fn expires_by_itself(&self) -> Ability {
        Ability::Has
    }
}

#[test]
fn properties_about_expired_rows_are_skipped_if_rows_expire_on_their_own() {
    let report = check(SelfExpiring);
    assert!(report.violations.is_empty(), "{report}");
    let reason = "expired rows disappear without a purge";
    let spared = report.skipped.iter().filter(|(_, why)| *why == reason).map(|(name, _)| *name);
    let spared: Vec<_> = spared.collect();
    let expected = [
        "add_of_zero_writes_nothing",
        "purge_removes_expired_records_only",
        "no_method_reads_the_time",
    ];
    assert_eq!(spared, expected);
}

/// Claims abilities that its stores do not have.
struct Liar;

#[async_trait]
impl Harness for Liar {
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
        Ok(Box::new(Self))
    }
}

#[async_trait]
impl StoreUnderTest for Liar {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        // Each handle is a separate store.
        Ok(Arc::new(MemoryStore::new()))
    }

    fn several_handles(&self) -> Ability {
        Ability::Has
    }

    fn durable(&self) -> Ability {
        Ability::Has
    }
}

#[test]
fn handles_with_histories_of_their_own_are_caught() {
    let report = check(Liar);
    let broken: Vec<_> = report.violations.iter().map(|seen| seen.property).collect();
    let expected = [
        "load_sees_commits_of_other_handles",
        "commit_survives_reopening",
        "commit_has_one_winner_across_handles",
        "commit_compares_with_what_other_handles_wrote",
        "events_skip_none_of_other_handles",
        "purge_spares_what_other_handles_extend",
        "cursors_can_be_used_again",
        "times_are_those_of_the_arguments",
        "handles_see_one_history",
    ];
    assert_eq!(broken, expected, "{report}");
}

#[test]
fn a_violation_states_what_was_seen_and_the_risk() {
    let violation = run("load_sees_applied_commits", Broken(Defect::SilentNoOp))
        .expect_err("nothing was written");
    let text = violation.to_string();
    for part in [
        "load_sees_applied_commits",
        "contract: Linearizable:",
        "seen:     None right after",
        "risk:     A spent attempt",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
}

#[test]
fn records_that_differ_in_the_body_are_printed_with_it() {
    let violation = run("load_sees_applied_commits", Broken(Defect::BodyReencoded))
        .expect_err("the body was changed");
    for body in [r#"{"check":"#, r#"{"kind":"#] {
        assert!(violation.seen.contains(body), "{violation}");
    }
    assert_eq!(violation.cause, Some("load_returns_bodies_byte_for_byte"));
}

#[test]
fn a_panic_of_the_store_is_a_violation() {
    let violation = run("cursors_of_others_making_are_refused", Broken(Defect::CursorPanics))
        .expect_err("the store panics");
    assert!(violation.seen.starts_with("panicked:"), "{violation}");
}

/// The contract in one line, without the marks of doc comments.
fn words(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim().trim_start_matches('/'));
    let words: Vec<_> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ").replace("> - ", "")
}

#[test]
fn each_property_quotes_the_contract_word_for_word() {
    let contract = words(include_str!("../../src/port/store.rs")).replace("**", "");
    for property in PROPERTIES {
        assert!(
            contract.contains(&words(property.sentence)),
            "{}: {:?} is not in src/port/store.rs",
            property.name,
            property.sentence
        );
    }
}

#[test]
fn names_are_different() {
    let names: BTreeSet<_> = PROPERTIES.iter().map(|property| property.name).collect();
    assert_eq!(names.len(), PROPERTIES.len());
}

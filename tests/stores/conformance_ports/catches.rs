//! Tests the kits of the other ports: each broken port must be caught by the property of the
//! sentence that it breaks.

use std::collections::BTreeSet;
use std::sync::Arc;

use sspr::adapters::memory::MemoryInbox;
use sspr::conformance::{
    BreachListUnderTest, ConformanceReport, DeliveryUnderTest, DirectoryUnderTest,
    ExternalMethodUnderTest, HumanCheckUnderTest, Outcome, PortHarness, PortKind,
    RiskSignalsUnderTest, SessionsUnderTest, Violation, check_port,
};
use sspr::port::{
    BreachList, Clock, Delivery, Directory, Entropy, ExternalMethod, HumanCheck, RiskSignals, Seal,
    Sessions, SlowHash, SystemClock, SystemEntropy,
};
use sspr::testing::TestSeal;
use sspr::testing::broken::{BrokenPort, PortDefect};

use crate::conformance_ports::abilities::System;
use crate::conformance_ports::answers::Answers;
use crate::conformance_ports::fixtures::{InMemory, Inbox, Punctual, Signed};

/// The outcome of one property, if the port has it.
fn run<P: PortKind + ?Sized>(
    name: &str,
    harness: impl PortHarness<P>,
) -> Option<Result<Outcome, Violation>> {
    let property = P::PROPERTIES.iter().find(|property| property.name == name)?;
    Some(property.run(&harness))
}

fn seal(defect: PortDefect) -> impl PortHarness<dyn Seal> {
    move || BrokenPort::over(defect, Arc::new(TestSeal) as Arc<dyn Seal>)
}

fn hash(defect: PortDefect) -> impl PortHarness<dyn SlowHash> {
    move || BrokenPort::over(defect, Arc::new(Answers) as Arc<dyn SlowHash>)
}

fn entropy(defect: PortDefect) -> impl PortHarness<dyn Entropy> {
    move || BrokenPort::over(defect, Arc::new(SystemEntropy) as Arc<dyn Entropy>)
}

fn clock(defect: PortDefect) -> impl PortHarness<dyn Clock> {
    move || BrokenPort::over(defect, Arc::new(SystemClock) as Arc<dyn Clock>)
}

fn delivery(defect: PortDefect) -> impl PortHarness<dyn DeliveryUnderTest> {
    move || {
        let inbox = MemoryInbox::new();
        let below: Arc<dyn Delivery> = Arc::new(Punctual(inbox.clone()));
        Inbox::of(BrokenPort::over(defect, below), inbox)
    }
}

fn directory(defect: PortDefect) -> impl PortHarness<dyn DirectoryUnderTest> {
    move || {
        InMemory::wrapped(|below| {
            Arc::new(BrokenPort::over(defect, Arc::new(below) as Arc<dyn Directory>))
        })
    }
}

fn sessions(defect: PortDefect) -> impl PortHarness<dyn SessionsUnderTest> {
    move || {
        Signed::wrapped(|below| {
            Arc::new(BrokenPort::over(defect, Arc::new(below) as Arc<dyn Sessions>))
        })
    }
}

fn method(defect: PortDefect) -> impl PortHarness<dyn ExternalMethodUnderTest> {
    move || {
        System::<dyn ExternalMethod>::new(|system| {
            Arc::new(BrokenPort::<dyn ExternalMethod>::over(defect, Arc::new(system)))
        })
    }
}

fn breach_list(defect: PortDefect) -> impl PortHarness<dyn BreachListUnderTest> {
    move || {
        System::<dyn BreachList>::new(|system| {
            Arc::new(BrokenPort::<dyn BreachList>::over(defect, Arc::new(system)))
        })
    }
}

fn human_check(defect: PortDefect) -> impl PortHarness<dyn HumanCheckUnderTest> {
    move || {
        System::<dyn HumanCheck>::new(|system| {
            Arc::new(BrokenPort::<dyn HumanCheck>::over(defect, Arc::new(system)))
        })
    }
}

fn risk_signals(defect: PortDefect) -> impl PortHarness<dyn RiskSignalsUnderTest> {
    move || {
        System::<dyn RiskSignals>::new(|system| {
            Arc::new(BrokenPort::<dyn RiskSignals>::over(defect, Arc::new(system)))
        })
    }
}

#[test]
fn each_defect_is_caught_by_the_property_of_its_sentence() {
    for &defect in PortDefect::ALL {
        let name = defect.caught_by();
        let outcome = run(name, clock(defect))
            .or_else(|| run(name, entropy(defect)))
            .or_else(|| run(name, seal(defect)))
            .or_else(|| run(name, hash(defect)))
            .or_else(|| run(name, delivery(defect)))
            .or_else(|| run(name, directory(defect)))
            .or_else(|| run(name, sessions(defect)))
            .or_else(|| run(name, method(defect)))
            .or_else(|| run(name, breach_list(defect)))
            .or_else(|| run(name, human_check(defect)))
            .or_else(|| run(name, risk_signals(defect)));
        let outcome = outcome.unwrap_or_else(|| panic!("no property is named {name}"));
        let violation = outcome.expect_err(&format!("{defect:?} escaped"));
        assert_eq!(violation.property, name);
        assert!(!violation.seen.is_empty() && !violation.risk.is_empty(), "{violation}");
    }
}

fn names(report: &ConformanceReport) -> Vec<&'static str> {
    report.violations.iter().map(|violation| violation.property).collect()
}

#[test]
fn each_property_catches_a_defect() {
    let caught: BTreeSet<_> = PortDefect::ALL.iter().map(|defect| defect.caught_by()).collect();
    let mut properties = BTreeSet::new();
    properties.extend(<dyn Clock>::PROPERTIES.iter().map(|property| property.name));
    properties.extend(<dyn Entropy>::PROPERTIES.iter().map(|property| property.name));
    properties.extend(<dyn Seal>::PROPERTIES.iter().map(|property| property.name));
    properties.extend(<dyn SlowHash>::PROPERTIES.iter().map(|property| property.name));
    properties.extend(<dyn DeliveryUnderTest>::PROPERTIES.iter().map(|property| property.name));
    properties.extend(<dyn DirectoryUnderTest>::PROPERTIES.iter().map(|property| property.name));
    properties.extend(<dyn SessionsUnderTest>::PROPERTIES.iter().map(|property| property.name));
    properties
        .extend(<dyn ExternalMethodUnderTest>::PROPERTIES.iter().map(|property| property.name));
    properties.extend(<dyn BreachListUnderTest>::PROPERTIES.iter().map(|property| property.name));
    properties.extend(<dyn HumanCheckUnderTest>::PROPERTIES.iter().map(|property| property.name));
    properties.extend(<dyn RiskSignalsUnderTest>::PROPERTIES.iter().map(|property| property.name));
    assert_eq!(caught, properties);
}

/// The double documents that it hides nothing.
#[test]
fn the_seal_for_tests_is_caught_hiding_nothing() {
    let report = check_port::<dyn Seal>(|| TestSeal);
    let expected = ["seal_hides_what_it_seals", "seal_never_seals_alike"];
    assert_eq!(names(&report), expected, "{report}");
}

#[test]
fn correct_ports_are_never_accused() {
    for round in 0..20 {
        for report in [
            check_port::<dyn Clock>(|| SystemClock),
            check_port::<dyn Entropy>(|| SystemEntropy),
            check_port::<dyn SlowHash>(|| Answers),
            check_port::<dyn DirectoryUnderTest>(InMemory::default),
        ] {
            assert!(report.violations.is_empty(), "round {round}: {report}");
        }
    }
}

/// The contract in one line, without the marks of doc comments.
fn words(text: &str) -> String {
    let lines = text.lines().map(|line| line.trim().trim_start_matches('/'));
    let words: Vec<_> = lines.flat_map(str::split_whitespace).collect();
    words.join(" ")
}

fn quotes<P: PortKind + ?Sized>(contract: &str) {
    let contract = words(contract);
    for property in P::PROPERTIES {
        let quoted = contract.contains(&words(property.sentence));
        assert!(quoted, "{}: {:?} is not in the contract", property.name, property.sentence);
    }
}

#[test]
fn each_property_quotes_the_contract_word_for_word() {
    quotes::<dyn Clock>(include_str!("../../../src/port/clock.rs"));
    quotes::<dyn Entropy>(include_str!("../../../src/port/clock.rs"));
    quotes::<dyn Seal>(include_str!("../../../src/port/abilities.rs"));
    quotes::<dyn SlowHash>(include_str!("../../../src/port/abilities.rs"));
    quotes::<dyn DeliveryUnderTest>(include_str!("../../../src/port/delivery.rs"));
    let abilities = include_str!("../../../src/port/abilities.rs");
    quotes::<dyn ExternalMethodUnderTest>(abilities);
    quotes::<dyn BreachListUnderTest>(abilities);
    quotes::<dyn HumanCheckUnderTest>(abilities);
    quotes::<dyn RiskSignalsUnderTest>(abilities);
    quotes::<dyn DirectoryUnderTest>(include_str!("../../../src/port/directory.rs"));
    quotes::<dyn SessionsUnderTest>(include_str!("../../../src/port/sessions.rs"));
}

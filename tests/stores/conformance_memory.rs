//! The contract kit on the memory store: bare, behind a pointer, behind every decorator.

#![cfg(feature = "conformance")]

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

use async_trait::async_trait;
use sspr::adapters::memory::MemoryStore;
use sspr::conformance::{Ability, Harness, PROPERTIES, StoreUnderTest};
use sspr::port::PortResult;
use sspr::port::{RecordKey, Store};
use sspr::testing::{CallLog, Encoded, FaultPlan, Faulty, Recorder, Unreadable};

sspr::conformance_tests!(bare, MemoryStore::new);
sspr::conformance_tests!(dynamic, || Arc::new(MemoryStore::new()) as Arc<dyn Store>);
sspr::conformance_tests!(boxed, || Box::new(MemoryStore::new()) as Box<dyn Store>);
sspr::conformance_tests!(encoded, || Encoded::new(MemoryStore::new()));
sspr::conformance_tests!(recorded, || Recorder::new(MemoryStore::new(), CallLog::with_arguments()));
sspr::conformance_tests!(faultless, || Faulty::new(MemoryStore::new(), FaultPlan::none()));
sspr::conformance_tests!(delayed, || {
    use sspr::testing::InjectedFault;
    Faulty::new(
        Faulty::new(MemoryStore::new(), FaultPlan::none().everywhere(InjectedFault::Delay)),
        FaultPlan::none().everywhere(InjectedFault::DelayAfter),
    )
});
sspr::conformance_tests!(shared, Shared);

/// The memory store with all its abilities: clones are handles, and records can be damaged.
struct Shared;

struct SharedPlace(Unreadable<MemoryStore>);

#[async_trait]
impl Harness for Shared {
    async fn fixture(&self) -> PortResult<Box<dyn StoreUnderTest>> {
        Ok(Box::new(SharedPlace(Unreadable::new(MemoryStore::new()))))
    }
}

#[async_trait]
impl StoreUnderTest for SharedPlace {
    async fn open(&self) -> PortResult<Arc<dyn Store>> {
        Ok(Arc::new(self.0.clone()))
    }

    fn several_handles(&self) -> Ability {
        Ability::Has
    }

    fn durable(&self) -> Ability {
        Ability::Lacks("nothing survives the process")
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

/// The tests that the runner lists, so that no property is listed but never run.
#[test]
fn every_property_has_a_test() {
    let runner = std::env::current_exe().expect("the test binary has a path");
    let listed = Command::new(runner)
        .args(["--list", "--format", "terse"])
        .output()
        .expect("the test binary lists its tests");
    let listed = String::from_utf8(listed.stdout).expect("names are text");
    let listed: BTreeSet<&str> =
        listed.lines().filter_map(|line| line.strip_suffix(": test")).collect();
    // Those of this file, by their names within it.
    let within = concat!(module_path!(), "::").split_once("::").map_or("", |(_, within)| within);
    let listed: BTreeSet<&str> =
        listed.into_iter().filter_map(|name| name.strip_prefix(within)).collect();
    assert_eq!(bare::NAMES.len(), PROPERTIES.len());
    for module in
        ["bare", "dynamic", "boxed", "encoded", "recorded", "faultless", "delayed", "shared"]
    {
        for property in PROPERTIES {
            let name = format!("{module}::{}", property.name);
            assert!(listed.contains(name.as_str()), "{name} is not run");
        }
        let prefix = format!("{module}::");
        let mut tests: BTreeSet<&str> =
            listed.iter().filter_map(|name| name.strip_prefix(&prefix)).collect();
        assert!(tests.remove("other_process"), "{module} has no `other_process` test");
        assert_eq!(tests.len(), PROPERTIES.len(), "{module}");
    }
}

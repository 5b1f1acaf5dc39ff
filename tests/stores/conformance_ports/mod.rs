//! Runs the contract kits of the other ports on the crate's own adapters, and on broken ports.

#![cfg(feature = "conformance")]

mod abilities;
mod answers;
mod catches;
mod fixtures;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sspr::Timestamp;
use sspr::adapters::memory::MemoryInbox;
use sspr::adapters::route::ByChannel;
use sspr::method::Channel;
use sspr::port::{
    BreachList, Clock, Entropy, ExternalMethod, HumanCheck, RiskSignals, SystemClock, SystemEntropy,
};
use sspr::testing::{FaultPlan, Faulty, ManualClock, SeededEntropy};

use crate::conformance_ports::abilities::System;
use crate::conformance_ports::answers::Answers;
use crate::conformance_ports::fixtures::{InMemory, Inbox, ListFile, Punctual, Signed};

sspr::conformance_tests!(clock: system_clock, || SystemClock);
sspr::conformance_tests!(clock: manual_clock, || ManualClock::new(SystemClock.now()));
sspr::conformance_tests!(clock: pointed_clock, || Arc::new(SystemClock) as Arc<dyn Clock>);
sspr::conformance_tests!(entropy: system_entropy, || SystemEntropy);
sspr::conformance_tests!(entropy: pointed_entropy, || Box::new(SystemEntropy) as Box<dyn Entropy>);
sspr::conformance_tests!(entropy: seeded_entropy, || {
    // Each instance gets a new seed.
    static SEED: AtomicU64 = AtomicU64::new(0);
    SeededEntropy::new(SEED.fetch_add(1, Ordering::Relaxed))
});
sspr::conformance_tests!(slow_hash: argon2_hash, || Answers);
#[cfg(feature = "argon2")]
sspr::conformance_tests!(slow_hash: argon2_adapter, || {
    // The least cost: the property is no matter of time.
    sspr::adapters::argon2::Argon2Hash::with_cost(8, 1).expect("a cost")
});
sspr::conformance_tests!(directory: memory_directory, InMemory::default);
sspr::conformance_tests!(directory: faultless_directory, InMemory::behind_a_plan);
sspr::conformance_tests!(sessions: memory_sessions, || Signed::wrapped(|below| Arc::new(below)));
sspr::conformance_tests!(sessions: faultless_sessions, || {
    Signed::wrapped(|below| Arc::new(Faulty::new(below, FaultPlan::none())))
});
sspr::conformance_tests!(delivery: memory_inbox, || {
    let inbox = MemoryInbox::new();
    Inbox::of(Punctual(inbox.clone()), inbox)
});
sspr::conformance_tests!(delivery: faultless_inbox, || {
    let inbox = MemoryInbox::new();
    Inbox::of(Faulty::new(Punctual(inbox.clone()), FaultPlan::none()), inbox)
});
sspr::conformance_tests!(delivery: by_channel, || {
    let inbox = MemoryInbox::new();
    let route = [Channel::Email, Channel::Sms, Channel::Voice]
        .into_iter()
        .fold(ByChannel::new(), |route, channel| route.with(channel, Punctual(inbox.clone())));
    Inbox::of(route, inbox)
});

sspr::conformance_tests!(external_method: push, || System::<dyn ExternalMethod>::new(|system| Arc::new(system)));
sspr::conformance_tests!(breach_list: two_passwords, || System::<dyn BreachList>::new(|system| Arc::new(system)));
sspr::conformance_tests!(breach_list: sorted_file, ListFile::default);
sspr::conformance_tests!(human_check: puzzle, || System::<dyn HumanCheck>::new(|system| Arc::new(system)));
sspr::conformance_tests!(risk_signals: numbers, || System::<dyn RiskSignals>::new(|system| Arc::new(system)));

#[cfg(feature = "files")]
sspr::conformance_tests!(delivery: files, crate::conformance_ports::fixtures::Files::default);

#[cfg(feature = "seal")]
mod seals {
    use sspr::SecretBytes;
    use sspr::adapters::seal::KeySeal;
    use sspr::testing::{FaultPlan, Faulty};

    fn one_key() -> KeySeal {
        KeySeal::new(7, SecretBytes::new(vec![7; 32])).expect("a key of 32 bytes")
    }

    sspr::conformance_tests!(seal: key_seal, one_key);
    sspr::conformance_tests!(seal: rotated_seal, || {
        one_key().also_open(6, SecretBytes::new(vec![6; 32])).expect("another key")
    });
    sspr::conformance_tests!(seal: faultless_seal, || Faulty::new(one_key(), FaultPlan::none()));
}

/// A manual clock does not follow the time.
#[test]
fn a_clock_that_stands_still_is_caught() {
    let report = sspr::conformance::check_port::<dyn Clock>(|| ManualClock::new(Timestamp::EPOCH));
    let broken: Vec<_> = report.violations.iter().map(|seen| seen.property).collect();
    assert_eq!(broken, ["now_is_near_the_time_of_others"], "{report}");
}

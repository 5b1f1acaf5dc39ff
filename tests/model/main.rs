//! Generated sequences of calls over all flows, on the engine and on a plain reference model.
//!
//! The run is the same each time. `SSPR_MODEL_SEED` selects another, `SSPR_MODEL_SEQUENCES` makes
//! it longer. Add the shrunk sequence of a failure to `found.rs`.
#![cfg(feature = "testing")]

mod administer;
mod challenge;
mod command;
mod complete;
mod desk;
mod end;
mod found;
mod manage;
mod model;
mod prove;
mod rules;
mod run;
#[path = "../support/mod.rs"]
mod support;
mod without;
mod world;

use std::cell::RefCell;
use std::thread::Builder;

use proptest::test_runner::{
    Config, FileFailurePersistence, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
};
use sspr::testing::block_on;

use command::{Command, commands};
use run::{Goals, Run};
use world::Prepared;

const SEQUENCES: u32 = 100_000;
const THREADS: u32 = 2;
const MOST: usize = 20;

/// The states that the sequences must reach, and the least number of times in a hundred thousand.
const GOALS: [(&str, u64); 26] = [
    ("a one-gate reset was completed", 1_500),
    ("a two-gate reset was completed", 150),
    ("an unlock was completed", 200),
    ("a change was completed", 1_000),
    ("two methods earned a grant", 1_200),
    ("a change began", 5_000),
    ("a challenge was silent", 1_500),
    ("a replay was refused", 1_500),
    ("a proof was repeated", 4_000),
    ("a used step was refused", 250),
    ("an app's code signed in", 4_000),
    ("a budget was spent", 200),
    ("a link was redeemed elsewhere", 80),
    ("a write was not settled", 1_500),
    ("an unsettled write was resolved", 100),
    ("an unsettled write met another's change", 50),
    ("a grant was void", 800),
    ("a raised policy asked for more", 100),
    ("a method was confirmed", 6_000),
    ("methods were revoked", 2_000),
    ("questions were answered", 1_500),
    ("a set of questions was put", 1_000),
    ("an invitation was redeemed", 150),
    ("an invitation was revoked", 1),
    ("an invitation was replaced", 1),
    ("a temporary password was set", 1_000),
];

fn number(name: &str, otherwise: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Runs one sequence on a fresh copy of the world.
fn sequence(world: &Prepared, commands: &[Command], encoded: bool) -> Result<Goals, String> {
    block_on(async {
        let mut run = Run::new(world.copy(encoded).await);
        for (place, command) in commands.iter().enumerate() {
            run.step(*command).await.map_err(|why| format!("{place}: {command:?}: {why}"))?;
        }
        run.end().await?;
        Ok(run.goals)
    })
}

/// Runs this many sequences of a seed; returns the goals reached and the number of commands.
fn sequences(seed: u64, cases: u32, most: usize, encoded: bool) -> (Goals, u64) {
    let config = Config {
        cases,
        max_shrink_iters: 20_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/model/regressions.txt",
        ))),
        ..Config::default()
    };
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8] = 1;
    let rng = TestRng::from_seed(RngAlgorithm::XorShift, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let world = block_on(Prepared::new());
    let reached = RefCell::new((Goals::new(), 0));
    let result = runner.run(&commands(most), |commands| {
        let goals = sequence(&world, &commands, encoded).map_err(TestCaseError::fail)?;
        let mut reached = reached.borrow_mut();
        reached.1 += commands.len() as u64;
        for (name, count) in goals {
            *reached.0.entry(name).or_default() += count;
        }
        Ok(())
    });
    match result {
        Ok(()) => reached.into_inner(),
        Err(TestError::Fail(why, commands)) => panic!("{why}\nshrunk to: {commands:?}"),
        Err(TestError::Abort(why)) => panic!("aborted: {why}"),
    }
}

#[test]
fn a_hundred_thousand_sequences_agree_with_the_model() {
    let seed = number("SSPR_MODEL_SEED", 1);
    let all = u32::try_from(number("SSPR_MODEL_SEQUENCES", SEQUENCES.into())).expect("32 bits");
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let seed = seed * 1_000 + u64::from(thread);
            let run = move || sequences(seed, all.div_ceil(THREADS), MOST, false);
            Builder::new().stack_size(16 << 20).spawn(run).expect("spawned")
        })
        .collect();
    let (mut goals, mut commands) = (Goals::new(), 0);
    for thread in threads {
        let (reached, count) = thread.join().expect("no sequence contradicts the model");
        commands += count;
        for (name, count) in reached {
            *goals.entry(name).or_default() += count;
        }
    }
    println!("{all} sequences, {commands} commands: {goals:#?}");
    for (name, least) in GOALS {
        let reached = goals.get(name).copied().unwrap_or_default();
        let least = least * u64::from(all) / u64::from(SEQUENCES);
        assert!(reached >= least, "{name}: {reached} times, not {least}");
    }
}

/// Longer sequences, with records and events passed through their text.
#[test]
fn long_sequences_over_encoded_records_agree_with_the_model() {
    let (goals, _) = sequences(77, 500, 80, true);
    assert!(goals.get("a two-gate reset was completed").is_some_and(|count| *count > 10));
}

#[test]
fn sequences_that_were_found_agree_with_the_model() {
    let world = block_on(Prepared::new());
    for (name, commands) in found::FOUND {
        for encoded in [false, true] {
            let result = sequence(&world, commands, encoded);
            assert_eq!(result.map(drop), Ok(()), "{name}");
        }
    }
}
mod simulation;

//! Fuzz targets: the bytes that an attacker or a damaged disk can give to the crate.
//!
//! Each target panics if a rule is broken, and returns whether the input reached the code that the
//! rule is about. `cargo test --all-features --test fuzz` runs them on stable Rust over the inputs in
//! `corpus` and over a fixed number of mutations of these (`corpus.rs`). `cargo fuzz run --fuzz-dir
//! tests/fuzz TARGET` runs one until it is stopped (`bin`).
#![allow(
    unreachable_pub,
    reason = "this file is a test binary here, and the library of the fuzz package"
)]
#![allow(clippy::missing_panics_doc, reason = "each target panics if a rule is broken")]
#![allow(dead_code, reason = "the reference model and the support of the tests are used in part")]

#[path = "../model/administer.rs"]
mod administer;
#[path = "../model/challenge.rs"]
mod challenge;
#[path = "../model/command.rs"]
mod command;
#[path = "../model/complete.rs"]
mod complete;
#[cfg(test)]
mod corpus;
#[path = "cursors.rs"]
mod cursors;
#[path = "../model/desk.rs"]
mod desk;
#[path = "../model/end.rs"]
mod end;
mod inputs;
#[path = "../model/manage.rs"]
mod manage;
#[path = "../model/model.rs"]
mod model;
#[path = "../model/prove.rs"]
mod prove;
mod records;
#[path = "../model/rules.rs"]
mod rules;
#[path = "../model/run.rs"]
mod run;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/temporary.rs"]
mod temporary;
mod tickets;
#[path = "../model/without.rs"]
mod without;
#[path = "../model/world.rs"]
mod world;

use std::sync::LazyLock;

use sspr::testing::block_on;

use command::{Command, Span, decode};
use run::Run;
use world::Prepared;

pub use cursors::cursor;
pub use inputs::{identifier, link};
pub use records::record;
pub use tickets::ticket;

/// The most commands of one input.
const MOST: usize = 40;

/// Three bytes are one call of the engine, which must do what the reference model does. Returns whether a
/// password was reset.
pub fn commands(data: &[u8]) -> bool {
    static WORLD: LazyLock<Prepared> = LazyLock::new(|| block_on(Prepared::new()));

    let triples = data.chunks_exact(3).take(MOST);
    let commands: Vec<Command> =
        triples.map(|part| decode((part[0] % 100, part[1], part[2]))).collect();
    block_on(async {
        let mut run = Run::new(WORLD.copy(data.len() % 2 == 1).await);
        for (place, command) in commands.iter().enumerate() {
            let held = run.step(*command).await;
            assert_eq!(held, Ok(()), "{place} of {commands:?}");
            // The reference model folds no notices: a minute allows 16 of a kind.
            if place % 15 == 14 {
                assert_eq!(run.step(Command::Advance(Span::Minute)).await, Ok(()), "{commands:?}");
            }
        }
        assert_eq!(run.end().await, Ok(()), "{commands:?}");
        let resets = ["a one-gate reset was completed", "a two-gate reset was completed"];
        resets.iter().any(|goal| run.goals.contains_key(goal))
    })
}

/// Bytes as a caller's text.
fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// A genuine text with symbols replaced: pairs of a place and a symbol.
fn replaced(genuine: &str, data: &[u8]) -> String {
    let mut bytes = genuine.as_bytes().to_vec();
    for pair in data.chunks_exact(2) {
        let place = usize::from(pair[0]) * bytes.len() / 256;
        bytes[place] = pair[1];
    }
    text(&bytes)
}

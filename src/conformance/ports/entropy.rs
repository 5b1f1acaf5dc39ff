//! Properties of a source of randomness.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::conformance::kit::{PropertyResult, ensure};
use crate::conformance::ports::PortHarness;
use crate::port::{Entropy, PortResult};

type Subject<'a> = &'a dyn PortHarness<dyn Entropy>;

fn draw<const N: usize>(entropy: &dyn Entropy) -> PortResult<[u8; N]> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes).map(|()| bytes)
}

pub(super) async fn fill_fills_the_whole_buffer(harness: Subject<'_>) -> PropertyResult {
    let entropy = harness.make();
    for size in (0..=65).chain([255, 256, 257, 1000, 4096, 70_000]) {
        // A byte that stays the same eight times was never written: one chance in 2^56.
        let mut draws = Vec::new();
        for start in [0x00, 0xff, 0x00, 0xff, 0x55, 0xaa, 0x00, 0xff] {
            let mut buffer = vec![start; size];
            entropy.fill(&mut buffer)?;
            let kept = buffer.iter().map(|byte| byte ^ start).collect::<Vec<u8>>();
            draws.push(kept);
        }
        for offset in 0..size {
            let written = draws.iter().any(|draw| draw[offset] != 0);
            ensure!(written, "byte {offset} of a buffer of {size} was never written");
        }
    }
    Ok(())
}

pub(super) async fn fill_never_repeats(harness: Subject<'_>) -> PropertyResult {
    const DRAWS: usize = 2000;
    let first = harness.make();
    let other = harness.make();
    let mut seen = BTreeSet::new();
    for _ in 0..DRAWS {
        seen.insert(draw::<16>(&*first)?);
        // As after a restart, or on the next server.
        seen.insert(draw::<16>(&*other)?);
    }
    seen.extend(first_of_each(harness)?);
    let (different, all) = (seen.len(), 2 * DRAWS + FRESH);
    ensure!(different == all, "{different} different draws of {all}, of 16 bytes each");
    Ok(())
}

const FRESH: usize = 50;

fn first_of_each(harness: Subject<'_>) -> PortResult<Vec<[u8; 16]>> {
    (0..FRESH).map(|_| draw::<16>(&*harness.make())).collect()
}

pub(super) async fn fill_is_different_for_each_thread(harness: Subject<'_>) -> PropertyResult {
    const DRAWS: usize = 500;
    let entropy = harness.make();
    let mut seen = BTreeSet::new();
    let drawn: Vec<PortResult<Vec<[u8; 16]>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let entropy = Arc::clone(&entropy);
                scope.spawn(move || (0..DRAWS).map(|_| draw::<16>(&*entropy)).collect())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Ok(Vec::new()))).collect()
    });
    for draws in drawn {
        seen.extend(draws?);
    }
    let (different, all) = (seen.len(), 4 * DRAWS);
    ensure!(different == all, "{different} different draws of {all} by four threads");
    Ok(())
}

pub(super) async fn fill_is_even(harness: Subject<'_>) -> PropertyResult {
    const BYTES: usize = 1 << 16;
    let mut buffer = vec![0; BYTES];
    harness.make().fill(&mut buffer)?;
    // Bounds that a fair generator misses once in far more than a billion runs.
    for bit in 0..8 {
        let ones = buffer.iter().filter(|byte| *byte >> bit & 1 == 1).count();
        ensure!(ones.abs_diff(BYTES / 2) < 1000, "bit {bit} is set in {ones} of {BYTES} bytes");
    }
    for value in 0..=u8::MAX {
        let many = buffer.iter().filter(|byte| **byte == value).count();
        ensure!(
            many.abs_diff(BYTES / 256) < 130,
            "the byte {value} occurs {many} times, expected about 256"
        );
    }
    let pairs: BTreeSet<_> = buffer.chunks(4).collect();
    ensure!(pairs.len() > BYTES / 4 - 10, "only {} of {} words differ", pairs.len(), BYTES / 4);
    Ok(())
}

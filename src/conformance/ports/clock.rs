//! Properties of a clock.

use crate::conformance::kit::{PropertyResult, ensure};
use crate::conformance::ports::PortHarness;
use crate::port::{Clock, SystemClock};

/// How far the clocks of several engines may be apart.
const MOST_APART: u64 = 30;

type Subject<'a> = &'a dyn PortHarness<dyn Clock>;

pub(super) async fn now_is_near_the_time_of_others(harness: Subject<'_>) -> PropertyResult {
    for _ in 0..3 {
        let (one, other) = (harness.make().now(), SystemClock.now());
        let apart = one.since(other).max(other.since(one)).as_secs();
        ensure!(
            apart <= MOST_APART,
            "{one}, where this system's clock says {other}: {apart} seconds apart"
        );
    }
    Ok(())
}

pub(super) async fn now_never_fails(harness: Subject<'_>) -> PropertyResult {
    let clock = harness.make();
    std::thread::scope(|scope| {
        let ask = || {
            for _ in 0..2000 {
                let _ = clock.now();
            }
        };
        let asked: Vec<_> = (0..3).map(|_| scope.spawn(ask)).collect();
        let ended: Vec<_> = asked.into_iter().map(|thread| thread.join()).collect();
        let whole = ended.iter().all(Result::is_ok);
        ensure!(whole, "`now` panicked when several threads called it often");
        Ok(())
    })
}

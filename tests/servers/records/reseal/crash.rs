//! Resealing, with a process that dies at any call of the store and another that continues.

use std::sync::Arc;

use sspr::port::Cursor;
use sspr::testing::{FaultPlan, Faulty, InjectedFault, block_on};

use super::{Fixture, OWNERS, SEEDS, UNDER, engine, run, sealed_seeds, sealing};
use crate::records::stores::{StoreUnderTest, all};
use crate::support::tenant;

/// Reseals until call `n`, after which every call hangs. Returns the last stored cursor, and the
/// number of calls.
async fn dies(
    under_test: &StoreUnderTest,
    fixture: &Fixture,
    n: usize,
    fault: InjectedFault,
) -> (Option<Cursor>, usize) {
    let plan = FaultPlan::none();
    let store = Faulty::new(Arc::clone(&under_test.store), plan.clone());
    let first = engine(&fixture.world, store, sealing(2, &[1]), 21).await;
    let opened = plan.calls();
    drop(plan.clone().at(opened + n, fault).outage_from(opened + n + 1));
    let mut kept = None;
    loop {
        let page = first.reseal(&tenant(), kept.as_ref(), 2).await;
        let alive = plan.calls() <= opened + n;
        match page {
            Ok(page) if alive && page.next.is_some() => kept = page.next,
            _ => return (kept.map(|kept| Cursor::new(kept.as_str())), plan.calls() - opened),
        }
    }
}

/// Wherever it dies, another process finishes from the stored cursor, and no seed is resealed
/// twice.
#[test]
fn another_process_finishes_wherever_the_first_dies() {
    for fault in
        [InjectedFault::FailBefore, InjectedFault::FailUnknownBefore, InjectedFault::LoseReply]
    {
        for n in 0.. {
            let (mut over, mut struck) = (0, 0);
            for under_test in all() {
                block_on(async {
                    let label = format!("{}: {fault:?} at call {n}", under_test.name);
                    let fixture = Fixture::over(&under_test).await;
                    let before = sealed_seeds(&under_test).await;
                    let (cursor, calls) = dies(&under_test, &fixture, n, fault).await;
                    over += usize::from(calls <= n);
                    struck += 1;
                    let second =
                        engine(&fixture.world, Arc::clone(&under_test.store), sealing(2, &[1]), 22);
                    let second = second.await;
                    let done = run(&second, cursor, 2).await;
                    assert!(done.left.is_empty() && done.unreadable.is_empty(), "{label}");
                    let after = sealed_seeds(&under_test).await;
                    assert_eq!(after.len() as u64, SEEDS, "{label}");
                    for (before, after) in before.iter().zip(&after) {
                        assert!(after.seed.starts_with(UNDER[2]), "{label}: {after:?}");
                        assert_eq!((&before.id, before.used), (&after.id, after.used), "{label}");
                    }
                    let events = fixture.events("seeds_resealed").await as u64;
                    assert_eq!(events, OWNERS, "{label}");
                    let last =
                        engine(&fixture.world, Arc::clone(&under_test.store), sealing(2, &[]), 23);
                    let last = last.await;
                    for (name, token) in &fixture.tokens {
                        assert!(fixture.signs_in(&last, name, token).await, "{label}");
                    }
                    assert!(
                        fixture.signs_in(&last, &fixture.world.user, &fixture.app).await,
                        "{label}"
                    );
                });
            }
            assert!(over == 0 || over == struck, "the stores differ in calls");
            if over > 0 {
                assert!(n >= 8, "only {n} calls");
                break;
            }
        }
    }
}

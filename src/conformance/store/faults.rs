//! Lost replies, callers that crashed, and calls that are delayed.

use std::sync::Arc;

use crate::conformance::kit::{Kit, PropertyResult, Stop, due, ensure, put, settle};
use crate::conformance::sample::{Draft, at, increment, key, same};
use crate::port::{Committed, EventsOf, PortErrorKind, Store};
use crate::testing::{FaultPlan, Faulty, InjectedFault, join_all, yield_once};

/// The store, with this fault in every call.
fn behind(kit: &Kit, fault: InjectedFault) -> Faulty<Arc<dyn Store>> {
    Faulty::new(Arc::clone(&kit.store), FaultPlan::none().everywhere(fault))
}

pub(in super::super) async fn commit_of_unknown_outcome_is_settled_by_its_version(
    kit: Kit,
) -> PropertyResult {
    let base = Draft::first(1).wake(Some(at(5))).events(1);
    kit.put(&base).await?;
    let mut there = base;
    let faults = [
        InjectedFault::FailUnknownBefore,
        InjectedFault::LoseReply,
        InjectedFault::FailUnknownBefore,
    ];
    for (round, fault) in (0..).zip(faults) {
        let alarm = at(10 + round);
        let next = there.after().wake(Some(alarm)).events(2);
        let answer = behind(&kit, fault).commit(next.commit()).await;
        let unknown = answer.is_err_and(|error| error.kind() == PortErrorKind::Unknown);
        ensure!(unknown, "a lost reply was not reported as `Unknown`");
        let applied = fault == InjectedFault::LoseReply;
        let expected = if applied { &next } else { &there };
        let found = kit.load(key(1)).await?;
        ensure!(
            found.as_ref().is_some_and(|found| same(found, &expected.record)),
            "{found:?} after a commit whose reply was lost; it reached the store: {applied}"
        );
        let due = kit.due(expected.columns.wake_at.unwrap_or(at(0)), 10).await?;
        ensure!(due == [key(1)], "the alarm is not that of the stored version");
        let events = kit.events(EventsOf::Record(&key(1)), 10).await?.len();
        let right = if round == 0 { 1 } else { 3 };
        ensure!(events == right, "{events} events, expected {right} of applied commits");
        there = expected.clone();
    }
    Ok(())
}

pub(in super::super) async fn commit_made_again_is_stale(kit: Kit) -> PropertyResult {
    let first = Draft::first(1).events(2);
    let next = first.after().events(2);
    let mut total = 0;
    for draft in [&first, &next] {
        // The first try is applied, but its caller does not learn of it.
        let lost = behind(&kit, InjectedFault::LoseReply).commit(draft.commit()).await;
        ensure!(lost.is_err(), "a lost reply was reported as an outcome");
        total += 2;
        for _ in 0..2 {
            let again = kit.store.commit(draft.commit()).await?;
            ensure!(again == Committed::Stale, "{again:?} for a commit that was applied before");
            let events = kit.events(EventsOf::Record(&key(1)), 100).await?.len();
            ensure!(events == total, "{events} events, expected {total}");
        }
    }
    Ok(())
}

pub(in super::super) async fn commit_held_up_is_judged_when_it_arrives(kit: Kit) -> PropertyResult {
    for n in 0..8 {
        let base = Draft::first(n);
        kit.put(&base).await?;
        let (early, late) = (base.rival(1).events(1), base.rival(2).events(1));
        let fault = if n % 2 == 0 { InjectedFault::Delay } else { InjectedFault::DelayAfter };
        let slow = behind(&kit, fault);
        // Both expect one version; which of them arrives first varies.
        let held_up = async {
            if n % 4 > 1 {
                yield_once().await;
            }
            settle(&slow, &early).await
        };
        let direct = async { settle(&*kit.store, &late).await };
        let tries: [std::pin::Pin<Box<dyn Future<Output = _> + Send + '_>>; 2] =
            [Box::pin(held_up), Box::pin(direct)];
        let answers: Vec<Committed> =
            join_all(tries).await.into_iter().collect::<Result<_, _>>()?;
        let winner = match *answers {
            [Committed::Applied, Committed::Stale] => early,
            [Committed::Stale, Committed::Applied] => late,
            _ => {
                return Err(Stop::Seen(format!("{answers:?} for two rivals, one of them delayed")));
            }
        };
        let found = kit.load(key(n)).await?;
        ensure!(
            found.as_ref().is_some_and(|found| same(found, &winner.record)),
            "{found:?} where {:?} was answered `Applied`",
            winner.record
        );
        let events = kit.events(EventsOf::Record(&key(n)), 10).await?;
        ensure!(events == winner.events, "{} events instead of the winner's one", events.len());
    }
    Ok(())
}

pub(in super::super) async fn add_of_unknown_outcome_counts(kit: Kit) -> PropertyResult {
    for (n, fault) in (0..).zip([InjectedFault::LoseReply, InjectedFault::FailUnknownBefore]) {
        kit.add(increment(n, 3)).await?;
        let lost = behind(&kit, fault).increment(&[increment(n, 1)]).await;
        ensure!(lost.is_err(), "a lost reply was reported as a value");
        // An engine that does not know the outcome adds again, and the repetition counts too.
        let sum = kit.add(increment(n, 1)).await?;
        let right = if fault == InjectedFault::LoseReply { 5 } else { 4 };
        ensure!(sum == right, "{sum} instead of {right} after an addition was repeated");
        let sum = kit.add(increment(n, 0)).await?;
        ensure!(sum == right, "{sum} read instead of {right}");
    }
    Ok(())
}

pub(in super::super) async fn due_finds_what_a_caller_left_behind(kit: Kit) -> PropertyResult {
    let pending = Draft::first(1).wake(Some(at(10)));
    kit.put(&pending).await?;
    // A caller takes it up and crashes before it claims it, so the record stays due.
    for look in 0..3 {
        let found = kit.due(at(10), 10).await?;
        ensure!(found == [key(1)], "due are {found:?} at read {look}, though nothing was claimed");
    }
    // A caller claims it and crashes before the reply.
    let claimed = pending.after().wake(Some(at(70)));
    let lost = behind(&kit, InjectedFault::LoseReply).commit(claimed.commit()).await;
    ensure!(lost.is_err(), "a lost reply was reported as an outcome");
    let there = kit.load(key(1)).await?;
    let version = there.as_ref().map(|record| record.version());
    ensure!(version == Some(claimed.record.version()), "the claim was lost: {there:?}");
    let found = kit.due(at(69), 10).await?;
    ensure!(found.is_empty(), "{found:?} while the claim runs");
    for look in 0..2 {
        let found = due(&*kit.store, at(70), 10).await?;
        ensure!(found == [key(1)], "due are {found:?} after the claim has run out, at read {look}");
    }
    // Another caller takes the claim over and finishes.
    let retaken = claimed.after().wake(Some(at(140)));
    put(&*kit.store, &retaken).await?;
    put(&*kit.store, &retaken.after().wake(None)).await?;
    let found = kit.due(at(999), 10).await?;
    ensure!(found.is_empty(), "{found:?} after all work was done");
    Ok(())
}

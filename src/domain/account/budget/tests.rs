use super::*;
use crate::domain::account::SourceHash;
use crate::domain::time::MINUTE;

const SOURCE: SourceHash = SourceHash(1);

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_unix_seconds(1_800_000_000 + 60 * minutes)
}

fn rules() -> FailureBudgets {
    let rate = Rate::new(3, 10 * MINUTE);
    FailureBudgets { anonymous: rate, proven: rate, lock: 20 * MINUTE, consecutive: 6 }
}

#[test]
fn the_window_slides_with_each_event() {
    let mut window = Window::default();
    let rate = rules().anonymous;
    window.count(rate, at(0), SOURCE);
    window.count(rate, at(4), SOURCE);
    assert_eq!(window.remaining(rate, at(9)), 1);
    assert_eq!(window.remaining(rate, at(10)), 2);
    assert_eq!(window.remaining(rate, at(14)), 3);
}

#[test]
fn a_lock_runs_from_the_last_counted_attempt() {
    let mut budget = MethodBudget::new(MethodKind::Email);
    for minute in 0..2 {
        assert_eq!(
            budget.reserve(PoolKind::Anonymous, &rules(), 1, at(minute), SOURCE, None).locked_until,
            None
        );
    }
    let effects = budget.reserve(PoolKind::Anonymous, &rules(), 1, at(2), SOURCE, None);
    assert_eq!(effects.locked_until, Some(at(22)));
    // At minute 21 the window is empty again, and the lock still holds.
    assert_eq!(budget.anonymous.remaining(rules().anonymous, at(21)), 0);
    assert_eq!(budget.anonymous.remaining(rules().anonymous, at(22)), 3);
    // The other pool is not affected.
    assert_eq!(budget.proven.remaining(rules().proven, at(2)), 3);
}

#[test]
fn a_success_refunds_its_own_reservation_and_no_other() {
    let mut budget = MethodBudget::new(MethodKind::Email);
    let _ = budget.reserve(PoolKind::Anonymous, &rules(), 1, at(0), SOURCE, None);
    let _ = budget.reserve(PoolKind::Anonymous, &rules(), 1, at(1), SOURCE, None);
    let last = budget.reserve(PoolKind::Anonymous, &rules(), 1, at(2), SOURCE, None);
    assert!(!budget.refund_and_end_run(PoolKind::Anonymous, at(2), SOURCE, last));
    assert_eq!(budget.anonymous.times, [(at(0), SOURCE).into(), (at(1), SOURCE).into()]);
    assert_eq!(budget.anonymous.remaining(rules().anonymous, at(2)), 1);
    assert_eq!(budget.consecutive, 0);
}

#[test]
fn a_success_leaves_the_lock_of_another_reservation() {
    let mut budget = MethodBudget::new(MethodKind::Email);
    let first = budget.reserve(PoolKind::Anonymous, &rules(), 1, at(0), SOURCE, None);
    let _ = budget.reserve(PoolKind::Anonymous, &rules(), 1, at(1), SOURCE, None);
    let _ = budget.reserve(PoolKind::Anonymous, &rules(), 1, at(2), SOURCE, None);
    assert!(!budget.refund_and_end_run(PoolKind::Anonymous, at(0), SOURCE, first));
    assert_eq!(budget.anonymous.remaining(rules().anonymous, at(3)), 0);
}

/// the run of failures has no time decay, warns at half and disables at the cap.
#[test]
fn a_run_of_failures_never_decays() {
    let mut budget = MethodBudget::new(MethodKind::Email);
    let reservations: Vec<BudgetEffects> = (0..6)
        .map(|n| budget.reserve(PoolKind::Anonymous, &rules(), 1, at(n * 10_000), SOURCE, None))
        .collect();
    let told: Vec<bool> = reservations.iter().map(|effects| effects.told).collect();
    assert_eq!(told, [false, false, true, false, false, false]);
    assert!(reservations[5].disabled && budget.disabled);
    assert!(!reservations[4].disabled);
}

#[test]
fn stamps_of_a_fast_clock_start_again_at_full_length() {
    let mut budget = MethodBudget::new(MethodKind::Email);
    for _ in 0..3 {
        let _ = budget.reserve(PoolKind::Anonymous, &rules(), 1, at(600), SOURCE, None);
    }
    budget.anonymous.restart_after(at(1), at(0), rules().lock);
    assert_eq!(budget.anonymous.locked_until, Some(at(20)));
    assert_eq!(budget.anonymous.times, [Entry { at: at(0), source: SOURCE }; 3]);
}

#[test]
fn the_first_source_takes_its_share_and_each_further_one_less() {
    let share = Share(50);
    let mut taken = Vec::new();
    for _ in 0..6 {
        let others = taken.iter().sum();
        taken.push(share.left(10, 5, Held { mine: 0, others }));
    }
    assert_eq!(taken, [5, 1, 1, 1, 1, 1]);
    assert_eq!(share.left(20, 1, Held { mine: 0, others: 10 }), 3);
    assert_eq!(
        share.left(20, 1, Held { mine: 5, others: 5 }),
        0,
        "two sources hold together what one may hold"
    );
    assert_eq!(share.left(20, 1, Held { mine: 4, others: 5 }), 1);
    assert_eq!(share.left(10, 5, Held { mine: 0, others: 10 }), 0);
    assert_eq!(
        share.left(5, 5, Held { mine: 0, others: 0 }),
        5,
        "a whole code for the first source"
    );
    assert_eq!(share.left(5, 5, Held { mine: 0, others: 1 }), 1);
    assert_eq!(Share::WHOLE.left(10, 5, Held { mine: 3, others: 4 }), 3);
}

/// The last failures before the cap are kept for known devices, whatever the cap is.
#[test]
fn the_last_failures_of_a_run_are_the_proven_pools() {
    for (proven, cap, open) in [(10, 50, 40), (10, 100, 90), (50, 50, 40), (10, 20, 16), (10, 5, 5)]
    {
        let proven = Rate::new(proven, MINUTE);
        let rules = FailureBudgets { proven, consecutive: cap, ..rules() };
        assert_eq!(rules.run(PoolKind::Anonymous, 5), open, "of {cap}");
        assert_eq!(rules.run(PoolKind::Proven, 5), cap);
    }
}

#[test]
fn a_right_attempt_refunds_its_verdict_and_tells_whether_it_was_recorded() {
    let mut budget = MethodBudget::new(MethodKind::Email);
    for minute in 0..2 {
        let _ = budget.reserve(PoolKind::Anonymous, &rules(), 1, at(minute), SOURCE, None);
    }
    let third = budget.reserve(PoolKind::Anonymous, &rules(), 1, at(2), SOURCE, None);
    assert_eq!(budget.verdicts.len(), 1, "the lock and the half-way warning wait");
    let mut late = budget.clone();
    assert!(!budget.refund_and_end_run(PoolKind::Anonymous, at(2), SOURCE, third));
    assert!(budget.verdicts.is_empty() && budget.anonymous.locked_until.is_none() && !budget.told);
    assert!(late.take_verdict(PoolKind::Anonymous, at(2), third).is_some());
    assert!(
        late.refund_and_end_run(PoolKind::Anonymous, at(2), SOURCE, third),
        "it had been recorded"
    );
}

#[test]
fn the_run_knows_its_sources_up_to_a_bound() {
    let mut budget = MethodBudget::new(MethodKind::Email);
    for source in 1..=40 {
        let _ = budget.reserve(PoolKind::Anonymous, &rules(), 1, at(0), SourceHash(source), None);
    }
    assert_eq!(budget.run.len(), MethodBudget::MAX_RUN);
    assert_eq!(budget.held_of_run(SOURCE), Held { mine: 1, others: 39 });
    assert_eq!(budget.held_of_run(SourceHash(40)), Held { mine: 0, others: 40 });
}

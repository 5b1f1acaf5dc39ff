//! Throttles: comparisons are promised one by one, and locks stay within their pool.

use super::*;
use crate::domain::account::budget::PoolKind;
use crate::domain::policy::{Deviation, LockStart, Rate, Throttle, ThrottledAct};
use crate::domain::time::{DAY, HOUR, MINUTE};

const FIVE_A_DAY: Throttle = Throttle::new(ThrottledAct::ProofFailed, Rate::new(5, DAY), DAY);

fn throttled(throttles: &[Throttle]) -> Policy {
    policy(|settings| {
        settings.throttles = throttles.to_vec();
        settings.acknowledged.insert(Deviation::AccountLocks);
        (settings.sends.source_share, settings.sends.per_hour) = (100, 20);
        settings.sends.live_flows = 10;
    })
}

/// The flow `flow` opens a challenge of this kind, if the budgets allow it.
fn opens(state: &mut Account, policy: &Policy, flow: u8, kind: MethodKind, now: Timestamp) -> bool {
    let to = mail();
    let mut command = open(flow, ChallengeOption::preferred(kind), Some(&to));
    (command.flow.started_at, command.asked.at) = (now, now);
    let decide = |transition: &mut Transition<'_>| open_challenge(transition, &command);
    let (opened, next) = after(state, policy, now, decide).expect("decided");
    if opened == Opened::Open {
        *state = next;
    }
    opened == Opened::Open
}

/// The flow makes a comparison, if it may: a wrong one, unless it is `right`.
fn compares(state: &mut Account, policy: &Policy, flow: u8, right: bool, now: Timestamp) -> bool {
    let id = FlowId([flow; 16]);
    let guess = |transition: &mut Transition<'_>| {
        let reservation = reserve_attempt(transition, &proving(&id))?;
        if right {
            consume(transition, &id, &reservation, &Match::Challenge)?;
        }
        Ok(())
    };
    let done = after(state, policy, now, guess);
    done.map(|((), next)| *state = next).is_ok()
}

/// E4.1.1: one open code closes no other method, and its first attempt stays its own.
#[test]
fn an_open_code_closes_no_other_method_of_a_throttled_account() {
    let (policy, mut state, now) = (throttled(&[FIVE_A_DAY]), account(), at(1));
    for (flow, kind) in (1..).zip(MethodKind::CONTACTS) {
        assert!(opens(&mut state, &policy, flow, kind, now), "{kind}");
    }
    // Five comparisons in all: three for the first code, one kept for each of the others.
    let first = (0..5).filter(|_| compares(&mut state, &policy, 1, false, now)).count();
    assert_eq!(first, 3);
    assert!(!opens(&mut state, &policy, 4, MethodKind::Email, now), "none is left for another");
    assert!(compares(&mut state, &policy, 2, true, now), "the promised one");
    assert!(compares(&mut state, &policy, 1, false, now), "given back by the right code");
    assert!(compares(&mut state, &policy, 3, false, now));
    assert!(!compares(&mut state, &policy, 1, false, now), "five wrong ones");
    let locked = state.throttles[0].anonymous.locked_until;
    assert_eq!((locked, &state.throttles[0].proven.times[..]), (Some(now.plus(DAY)), &[][..]));
}

/// Inv. 2, 3: whatever the order, no more secrets are compared than the threshold allows, and a live
/// code that was not tried can be.
#[test]
fn no_order_of_codes_and_guesses_exceeds_the_threshold_or_breaks_a_promise() {
    let policy = throttled(&[FIVE_A_DAY]);
    let mut seed = 7_u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let (mut tightest, mut promises) = (0, 0);
    for _ in 0..300 {
        let (mut state, mut wrong, mut next) = (account(), Vec::new(), 1);
        for step in 0..40 {
            let now = at(1 + 61 * step);
            match random(3) {
                0 => {
                    let kind = MethodKind::CONTACTS[random(3) as usize];
                    next += u8::from(opens(&mut state, &policy, next, kind, now));
                }
                act => {
                    let flow = 1 + random(next.into()) as u8;
                    let right = act == 1 && random(4) == 0;
                    if compares(&mut state, &policy, flow, right, now) && !right {
                        wrong.push(now);
                    }
                }
            }
            // Of a flow with a proof the codes count in the proven pool.
            tightest = tightest.max(wrong.len());
            assert!(wrong.len() <= 5, "{wrong:?}");
            let live = state.flows.iter().filter(|flow| flow.live(now));
            let untried = live
                .filter(|flow| flow.challenges.iter().any(|code| code.live(now) && !code.tried));
            for flow in untried.map(|flow| flow.id.0[0]).collect::<Vec<_>>() {
                promises += 1;
                assert!(compares(&mut state.clone(), &policy, flow, true, now), "flow {flow}");
            }
        }
    }
    assert!(tightest == 5 && promises > 1_000, "{tightest}, {promises}");
}

/// The lock of each start: from the act that reached the threshold, or from the last one.
#[test]
fn a_lock_runs_from_the_threshold_or_from_the_last_act() {
    for (start, until) in [(LockStart::Threshold, DAY), (LockStart::LastAct, DAY + MINUTE)] {
        let rate = Rate::new(2, HOUR);
        let resets = Throttle { start, ..Throttle::new(ThrottledAct::ResetCompleted, rate, DAY) };
        let policy = throttled(&[resets]);
        let mut transition = Transition::new(&account(), &policy, at(0));
        for seconds in [0, 0, 60] {
            transition.now = at(seconds);
            let (act, kind) = (ThrottledAct::ResetCompleted, MethodKind::Password);
            transition.count_throttled(act, kind, PoolKind::Proven, SourceHash(1));
        }
        let state = &transition.account.throttles[0];
        assert_eq!(state.proven.locked_until, Some(at(0).plus(until)), "{start:?}");
        assert_eq!((state.proven.times.len(), state.anonymous.times.len()), (2, 0));
        let locks = transition.events.len();
        assert_eq!(locks, if start == LockStart::LastAct { 2 } else { 1 });
    }
}

//! Codes to new numbers: whether one is handed over, and what its end changes.

use std::sync::atomic::Ordering;

use crate::domain::account::WatchedCode;
use crate::domain::event::{ActorKind, StoppedBy};
use crate::domain::policy::breakers::EndedIn;
use crate::domain::policy::{Breaker, Policy};
use crate::domain::rules::{ClaimedMessage, forget_ended};
use crate::engine::api::error::Error;
use crate::engine::core::Core;
use crate::engine::core::commit::{Loaded, Origin, Target};
use crate::engine::maintenance::pass::DueMessage;

/// What stops a code to a new number, which is counted as sent otherwise. `None` for other messages,
/// without any call of a port.
pub(crate) async fn stopped(
    due: DueMessage<'_>,
    claimed: &ClaimedMessage,
) -> Result<Option<StoppedBy>, Error> {
    let DueMessage { core, target, policy, .. } = due;
    let Some(prefix) = &claimed.new_number else { return Ok(None) };
    let (numbers, tenant) = (&policy.numbers, &target.tenant);
    let record = core.policy_record(tenant, false).await?;
    let now = core.clock.now();
    let breakers = record.as_ref().map(|record| record.breakers.at(now)).unwrap_or_default();
    let admission = breakers.admission(numbers.breaker.as_ref(), prefix, now);
    let stopped_by = core.count_new_code(tenant, numbers, prefix, admission).await?;
    if stopped_by.is_some() {
        core.pumping.stopped.fetch_add(1, Ordering::Relaxed);
    }
    Ok(stopped_by)
}

/// Counts the codes of an account that have ended, opens or closes the breakers that this decides, and
/// then forgets the codes. A code whose commit fails is counted again: a fault of the store may count a
/// code twice, and never loses one.
pub(crate) async fn count_ended_codes(
    core: &Core,
    (target, policy): (&Target, &Policy),
    loaded: Loaded,
    ended: &[WatchedCode],
) -> Result<bool, Error> {
    if let Some(breaker) = &policy.numbers.breaker {
        for code in ended {
            count_ended(core, target, breaker, code).await?;
        }
    }
    let origin = Origin::engine();
    let step = core.commit(target, policy, &origin).from(loaded);
    let (forgotten, _) = step.apply_if(|transition| forget_ended(transition, ended)).await?;
    Ok(forgotten)
}

async fn count_ended(
    core: &Core,
    target: &Target,
    breaker: &Breaker,
    code: &WatchedCode,
) -> Result<(), Error> {
    let (tenant, prefix) = (&target.tenant, &code.prefix);
    let Some(record) = core.policy_record(tenant, false).await? else { return Ok(()) };
    let breakers = record.breakers.at(core.clock.now());
    let counted = breakers.ended_in(breaker, prefix, code.sent_at);
    if counted == EndedIn::Nothing {
        return Ok(());
    }
    let share = core.count_ended(tenant, breaker, (prefix, counted), code.verified).await?;
    let judged = (counted, share);
    let now = core.clock.now();
    if record.breakers.at(now).judge(breaker, prefix, judged, now).is_some() {
        // Decided again with the stored state, which another engine may have changed.
        core.change_breakers(tenant, prefix, &ActorKind::Engine, |breakers, policy, now| {
            let breaker = policy.numbers.breaker.as_ref()?;
            breakers.judge(breaker, prefix, judged, now)
        })
        .await?;
    }
    Ok(())
}

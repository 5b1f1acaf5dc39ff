//! Maintenance: takes up due records and decides what each needs. `deliver.rs` delivers, `notices.rs`
//! looks up addresses, `purge.rs` removes expired rows, `reseal.rs` and `key_use.rs` serve the rotation of
//! keys.

pub(crate) mod accounts;
mod deliver;
pub(crate) mod failing;
mod help;
mod join;
pub(crate) mod key_use;
mod notices;
mod pass;
mod pumping;
mod purge;
pub(crate) mod reseal;
use std::time::Duration;

use crate::domain::account::{MessageNumber, PendingBody};
use crate::domain::identity::ids::RecordKey;
use crate::domain::rules::{Work, ended_codes, next_work, tidy, time_of};
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::api::report::{FailingDelivery, MaintenanceReport};
use crate::engine::core::commit::{CommitLoop, Origin, target_of};
use crate::engine::core::{BoxedCall, Core};
use crate::engine::maintenance::deliver::dispatch;
use crate::engine::maintenance::join::join_all;
use crate::engine::maintenance::notices::{address, tell_administrators};
use crate::engine::maintenance::pass::{DueMessage, Pass, Way, way_of};
use crate::engine::maintenance::pumping::count_ended_codes;

/// Records of one page of due records.
const ROUND: usize = 32;
/// Failed records of one call that do not count towards its limit.
const MANY_FAILURES: u64 = 10_000;
/// The longest pause between two calls that a report asks for.
const LONGEST_IDLE: Duration = Duration::from_secs(60);

/// Does the work that is due, at most `limit` pieces of it.
pub(crate) fn maintain<'a>(core: &'a Core, limit: usize) -> BoxedCall<'a, MaintenanceReport> {
    Box::pin(async move {
        let pass = Pass::new(limit);
        let mut cursor = None;
        loop {
            let now = core.clock.now();
            let page = core.store.due(now, cursor.as_ref(), ROUND).await.at(FaultOrigin::Store)?;
            join_all(page.items.iter().map(|key| tend(core, key, &pass))).await;
            cursor = page.next;
            if cursor.is_none() || pass.is_spent() {
                break;
            }
        }
        let now = core.clock.now();
        let (mut done, earliest) = pass.into_report();
        done.failing.sort_by(FailingDelivery::by_age);
        purge::purge(core, now, &mut done).await;
        // What was not written waits for the next call.
        done.failed += u64::from(core.flush_tally(now).await.is_err());
        done.more |= cursor.is_some();
        done.idle_for = (!done.more).then(|| earliest.since(now).min(LONGEST_IDLE));
        Ok(done)
    })
}

/// Does all due work of one record.
async fn tend(core: &Core, key: &RecordKey, pass: &Pass) {
    loop {
        if !pass.take() {
            pass.done().more = true;
            return;
        }
        match tend_once(core, key, pass).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => {
                // The record stays due for the next call. Its failure does not use up the
                // limit, unless very many records fail.
                let mut done = pass.done();
                done.failed += 1;
                if done.failed < MANY_FAILURES {
                    pass.give_back();
                }
                return;
            }
        }
    }
}

async fn tend_once(core: &Core, key: &RecordKey, pass: &Pass) -> Result<bool, Error> {
    let Some(record) = core.store.load(key).await.at(FaultOrigin::Store)? else {
        return Ok(false);
    };
    let (target, loaded) = target_of(&record)?;
    core.check_target(&target)?;
    let now = time_of(&loaded.account, core.clock.now());
    let ended = ended_codes(&loaded.account, now);
    let work = next_work(&loaded.account, now);
    if work.is_none() && !ended.is_empty() {
        let policy = core.policy(&target.tenant, false).await?;
        return count_ended_codes(core, (&target, &policy), loaded, &ended).await;
    }
    let Some(work) = work else {
        pass.wakes_at(loaded.account.wake_at());
        return Ok(false);
    };
    let policy = core.policy(&target.tenant, false).await?;
    let origin = Origin::engine();
    match work {
        Work::Tidy => tidy_account(pass, core.commit(&target, &policy, &origin).from(loaded)).await,
        Work::Messages(numbers) => {
            // A message whose route has failed often waits for the next call; the first other
            // message is taken.
            let account = &loaded.account;
            let ways =
                numbers.iter().filter_map(|number| Some((*number, way_of(account, *number)?)));
            let open = |(_, way): &(MessageNumber, Way)| {
                pass.tenant(&target.tenant, |tenant| tenant.is_open(way))
            };
            let Some((number, way)) = ways.into_iter().find(open) else {
                // The channel of the messages fails: what has ended is counted meanwhile.
                if !ended.is_empty() {
                    return count_ended_codes(core, (&target, &policy), loaded, &ended).await;
                }
                pass.done().failed += 1;
                return Ok(false);
            };
            let pending = account.outbox.iter().find(|pending| pending.number == number);
            let (target, policy, way) = (&target, &policy, &way);
            let due = DueMessage { core, target, policy, pass, number, way };
            match pending.map(|pending| &pending.body) {
                Some(PendingBody::Announce { .. }) => address(due, loaded).await,
                Some(PendingBody::Administrators { .. }) => tell_administrators(due, loaded).await,
                _ => dispatch(due, loaded).await,
            }
        }
    }
}

/// Commits what time has changed. Returns whether the account has more work now.
async fn tidy_account(pass: &Pass, step: CommitLoop<'_>) -> Result<bool, Error> {
    let tidied = step.apply(|transition| {
        tidy(transition);
        Ok(transition.now)
    });
    let (now, committed) = tidied.await?;
    pass.done().settled += 1;
    let account = &committed.account;
    let more = next_work(account, now).is_some() || !ended_codes(account, now).is_empty();
    if !more {
        pass.wakes_at(account.wake_at());
    }
    Ok(more)
}

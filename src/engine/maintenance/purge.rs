//! Removal of expired rows, and repair of wake times that a wrong clock has set; both only while
//! this engine's clock is plausible.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::identity::ids::RecordKey;
use crate::domain::record::store_note::{Believed, Meta, PurgeNote};
use crate::domain::record::{Record, Subject, Version};
use crate::domain::rules::tidy;
use crate::domain::time::Timestamp;
use crate::engine::api::error::{At as _, Error, Fault, FaultOrigin};
use crate::engine::api::report::MaintenanceReport;
use crate::engine::core::Core;
use crate::engine::core::commit::{Origin, target_of};
use crate::engine::maintenance::join::join_all;
use crate::port::{Commit, Cursor, Cutoff, PortError};

/// The most rows that one call removes.
const PURGE: usize = 1_000;
/// The least time between two purges of one engine.
const PURGE_EVERY: Duration = Duration::from_secs(60);
/// Records with a wake time that are checked concurrently.
const ROUND: usize = 32;
/// The most pages of such records in one call.
const ROUNDS: usize = 8;

/// How far this engine's clock is believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Trust {
    /// The clock is far ahead: nothing is removed.
    Ahead,
    /// The clock is far behind: it removes too little, and correct stamps would look wrong to it.
    Behind,
    Full,
}

/// Removes expired rows, at most once a minute.
pub(crate) async fn purge(core: &Core, now: Timestamp, done: &mut MaintenanceReport) {
    let last = Timestamp::from_unix_millis(core.purged_at.load(Ordering::Relaxed));
    if last <= now && now.since(last) < PURGE_EVERY {
        return;
    }
    let note_purge = || core.purged_at.store(now.unix_millis(), Ordering::Relaxed);
    match believe(core, now, done).await {
        Ok(Trust::Full) => repair_wake_times(core, now, done).await,
        Ok(Trust::Behind) => {}
        // Nothing is removed while the time may be wrong.
        Ok(Trust::Ahead) => return note_purge(),
        Err(_) => {
            done.failed += 1;
            return;
        }
    }
    let cutoff = Cutoff::new(now, now.minus(core.event_retention));
    match core.store.purge(cutoff, PURGE).await {
        Ok(purged) => {
            done.purged = purged;
            if purged < PURGE as u64 {
                note_purge();
            } else {
                // The page was full: there may be more.
                done.more = true;
            }
        }
        Err(_) => done.failed += 1,
    }
}

/// Checks the next pages of records with a wake time, and continues from there in the next
/// call. A clock far ahead leaves wake times in the far future, which would delay notices until
/// then.
async fn repair_wake_times(core: &Core, now: Timestamp, done: &mut MaintenanceReport) {
    for _ in 0..ROUNDS {
        let after = repaired_up_to(core).take();
        let page = core.store.due(Timestamp::MAX, after.as_ref(), ROUND).await;
        let Ok(page) = page else {
            done.failed += 1;
            return;
        };
        let (repaired, failed) = (AtomicU64::new(0), AtomicU64::new(0));
        let repair = async |key| match repair_wake_time(core, key, now).await {
            Ok(true) => _ = repaired.fetch_add(1, Ordering::Relaxed),
            Ok(false) => {}
            Err(_) => _ = failed.fetch_add(1, Ordering::Relaxed),
        };
        join_all(page.items.iter().map(repair)).await;
        done.failed += failed.into_inner();
        let settled = repaired.into_inner();
        done.settled += settled;
        // The repaired records are due now.
        done.more |= settled > 0;
        let over = page.next.is_none();
        *repaired_up_to(core) = page.next;
        if over {
            return;
        }
    }
}

fn repaired_up_to(core: &Core) -> MutexGuard<'_, Option<Cursor>> {
    core.repaired_up_to.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Repairs a record that was stamped by a clock far ahead. Returns whether it was.
async fn repair_wake_time(core: &Core, key: &RecordKey, now: Timestamp) -> Result<bool, Error> {
    let Some(record) = core.store.load(key).await.at(FaultOrigin::Store)? else {
        return Ok(false);
    };
    let (target, loaded) = target_of(&record)?;
    if !loaded.account.is_stamped_ahead(now) {
        return Ok(false);
    }
    core.check_target(&target)?;
    let policy = core.policy(&target.tenant, false).await?;
    let origin = Origin::engine();
    let step = core.commit(&target, &policy, &origin).from(loaded);
    step.apply_if(|transition| {
        tidy(transition);
        true
    })
    .await?;
    Ok(true)
}

/// Compares the clock with the time of the last purge of the store, and with the monotonic time
/// that has passed since.
async fn believe(
    core: &Core,
    now: Timestamp,
    done: &mut MaintenanceReport,
) -> Result<Trust, Error> {
    let noted = purge_note(core).await?;
    let passed = passed(core);
    let judged = PurgeNote::judge(noted.as_ref().map(|(note, _)| note), now, passed);
    let (trust, next) = match judged {
        Believed::Yes(Some(next)) if next.behind_for.is_some() => (Trust::Behind, Some(next)),
        Believed::Yes(next) => (Trust::Full, next),
        Believed::NotYet { ahead, note } => {
            done.clock_ahead = ahead;
            (Trust::Ahead, Some(note))
        }
    };
    if let Some(next) = next {
        let before = noted.map(|(_, version)| version);
        let count = before.map_or(0, Version::count).saturating_add(1);
        let version = Version::new(count, u64::from_be_bytes(core.random()?));
        let record = Record::new(PurgeNote::KEY, version, Subject::Purge(next));
        let columns = Meta::columns(now)?;
        let commit = Commit::new(&record, before, &columns, &[]);
        // If the commit is stale, another engine has noted its own clock, which serves as well.
        let _ = core.store.commit(commit).await.at(FaultOrigin::Store)?;
    }
    Ok(trust)
}

async fn purge_note(core: &Core) -> Result<Option<(PurgeNote, Version)>, Error> {
    let Some(record) = core.store.load(&PurgeNote::KEY).await.at(FaultOrigin::Store)? else {
        return Ok(None);
    };
    match record.subject() {
        Ok(Subject::Purge(note)) => Ok(Some((note.clone(), record.version()))),
        _ => {
            let error =
                PortError::corrupt().because("the record of the last purge is of another kind");
            Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }))
        }
    }
}

/// The monotonic time since this engine's last purge check, or since it was opened. A check
/// counts as at least the time between two purges, so that time passes without a monotonic
/// clock too.
fn passed(core: &Core) -> Duration {
    let now = core.clock.steady();
    let mut checked_at = core.purge_checked.lock().unwrap_or_else(PoisonError::into_inner);
    let before = std::mem::replace(&mut *checked_at, now);
    let passed = now.zip(before).map(|(now, before)| now.saturating_sub(before));
    passed.unwrap_or_default().max(PURGE_EVERY)
}

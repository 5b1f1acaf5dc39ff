//! Rows past their time are removed, and alarms that a wrong clock set are mended, by a clock that can
//! be believed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use super::Engine;
use super::error::{At as _, Error, Fault, FaultOrigin};
use super::join::join_all;
use super::reply::MaintenanceReport;
use super::step::{Decision, OnUnknown, Origin, target_of};
use crate::domain::decide::{Transition, tidy};
use crate::domain::ids::RecordKey;
use crate::domain::record::{Record, Subject, Version};
use crate::domain::store_note::{Believed, Meta, PurgeNote};
use crate::domain::time::Timestamp;
use crate::port::{Commit, Cursor, Cutoff, PortError};

/// Rows removed in one call.
const PURGE: usize = 1_000;
/// How often an engine looks for rows to remove.
const PURGE_EVERY: Duration = Duration::from_secs(60);
/// Records with an alarm that are looked at side by side.
const ROUND: usize = 32;
/// Rounds in one look.
const ROUNDS: usize = 8;

/// What the clock may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Trust {
    /// It is far ahead: nothing is removed by it.
    Ahead,
    /// It is far behind: it removes too little, and takes right stamps for wrong ones.
    Behind,
    Full,
}

impl Engine {
    /// Removes rows past their time, at most once a minute: an idle store is not written to.
    pub(super) async fn purge(&self, now: Timestamp, done: &mut MaintenanceReport) {
        let last = Timestamp::from_unix_millis(self.inner.purged_at.load(Ordering::Relaxed));
        if last <= now && now.since(last) < PURGE_EVERY {
            return;
        }
        let looked = || self.inner.purged_at.store(now.unix_millis(), Ordering::Relaxed);
        match self.believe(now, done).await {
            Ok(Trust::Full) => self.mend_alarms(now, done).await,
            Ok(Trust::Behind) => {}
            // Nothing is removed by a time that is not known to be right.
            Ok(Trust::Ahead) => return looked(),
            Err(_) => {
                done.failed += 1;
                return;
            }
        }
        let cutoff = Cutoff::new(now, now.minus(self.inner.event_retention));
        match self.inner.store.purge(cutoff, PURGE).await {
            Ok(purged) => {
                done.purged = purged;
                if purged < PURGE as u64 {
                    looked();
                } else {
                    // As many as were asked for: there may be more.
                    done.more = true;
                }
            }
            Err(_) => done.failed += 1,
        }
    }

    /// Looks at some of the records that have an alarm, wherever it stands, and goes on from there
    /// at the next look. A clock far ahead leaves alarms that are not due before its own time; a notice
    /// would be that late.
    async fn mend_alarms(&self, now: Timestamp, done: &mut MaintenanceReport) {
        for _ in 0..ROUNDS {
            let after = self.alarms_after().take();
            let page = self.inner.store.due(Timestamp::MAX, after.as_ref(), ROUND).await;
            let Ok(page) = page else {
                done.failed += 1;
                return;
            };
            let (mended, failed) = (AtomicU64::new(0), AtomicU64::new(0));
            let look = async |key| match self.mend_alarm(key, now).await {
                Ok(true) => _ = mended.fetch_add(1, Ordering::Relaxed),
                Ok(false) => {}
                Err(_) => _ = failed.fetch_add(1, Ordering::Relaxed),
            };
            join_all(page.items.iter().map(look)).await;
            done.failed += failed.into_inner();
            let mended = mended.into_inner();
            done.settled += mended;
            // What they had to do is due now.
            done.more |= mended > 0;
            let over = page.next.is_none();
            *self.alarms_after() = page.next;
            if over {
                return;
            }
        }
    }

    fn alarms_after(&self) -> MutexGuard<'_, Option<Cursor>> {
        self.inner.alarms_after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the record was stamped by a clock far ahead, and was mended.
    async fn mend_alarm(&self, key: &RecordKey, now: Timestamp) -> Result<bool, Error> {
        let Some(record) = self.inner.store.load(key).await.at(FaultOrigin::Store)? else {
            return Ok(false);
        };
        let (target, loaded) = target_of(&record)?;
        if !loaded.account.is_stamped_ahead(now) {
            return Ok(false);
        }
        self.check_target(&target)?;
        let (policy, _) = self.policy(&target.tenant, false).await?;
        let decide = |transition: &mut Transition<'_>| {
            tidy(transition);
            Ok(Decision::Commit(()))
        };
        let origin = Origin::engine();
        self.step(&target, Some(loaded), &policy, &origin, OnUnknown::Resolve, decide).await?;
        Ok(true)
    }

    /// Whether the clock agrees with what the store was purged by before, and with the time that has
    /// passed since.
    async fn believe(&self, now: Timestamp, done: &mut MaintenanceReport) -> Result<Trust, Error> {
        let noted = self.purge_note().await?;
        let passed = self.passed();
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
            let version = Version::new(count, u64::from_be_bytes(self.random()?));
            let record = Record::new(PurgeNote::KEY, version, Subject::Purge(next));
            let columns = Meta::columns(now)?;
            let commit = Commit::new(&record, before, &columns, &[]);
            // Stale: another engine has noted what its own clock shows, which is as good.
            let _ = self.inner.store.commit(commit).await.at(FaultOrigin::Store)?;
        }
        Ok(trust)
    }

    async fn purge_note(&self) -> Result<Option<(PurgeNote, Version)>, Error> {
        let Some(record) = self.inner.store.load(&PurgeNote::KEY).await.at(FaultOrigin::Store)?
        else {
            return Ok(None);
        };
        match record.subject() {
            Ok(Subject::Purge(note)) => Ok(Some((note.clone(), record.version()))),
            _ => {
                let error = PortError::corrupt().because("no note of the last purge");
                Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }))
            }
        }
    }

    /// How much time has passed since this engine looked last, or was opened. A look counts as the
    /// time between two at least: where no clock tells, the looks are counted.
    fn passed(&self) -> Duration {
        let now = self.inner.clock.steady();
        let mut looked = self.inner.purge_checked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *looked, now);
        let passed = now.zip(before).map(|(now, before)| now.saturating_sub(before));
        passed.unwrap_or_default().max(PURGE_EVERY)
    }
}

//! Rows past their time are removed, by a clock that can be believed.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::Engine;
use super::error::{At as _, Error, Fault, Port};
use super::reply::Maintained;
use crate::domain::record::{Record, Subject, Version};
use crate::domain::store_note::{Believed, Meta, PurgeNote};
use crate::domain::time::Timestamp;
use crate::port::{Commit, Cutoff, PortError};

/// Rows removed in one call.
const PURGE: usize = 1_000;
/// How often an engine looks for rows to remove.
const PURGE_EVERY: Duration = Duration::from_secs(60);

impl Engine {
    /// Removes rows past their time, at most once a minute: an idle store is not written to.
    pub(super) async fn purge(&self, now: Timestamp, done: &mut Maintained) {
        let last = Timestamp::from_unix_millis(self.inner.purged_at.load(Ordering::Relaxed));
        if last <= now && now.since(last) < PURGE_EVERY {
            return;
        }
        let looked = || self.inner.purged_at.store(now.unix_millis(), Ordering::Relaxed);
        match self.believe(now, done).await {
            Ok(true) => {}
            // Nothing is removed by a time that is not known to be right.
            Ok(false) => return looked(),
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

    /// Whether the clock agrees with what the store was purged by before, and with the time that has
    /// passed since.
    async fn believe(&self, now: Timestamp, done: &mut Maintained) -> Result<bool, Error> {
        let noted = self.purge_note().await?;
        let passed = self.passed();
        let judged = PurgeNote::judge(noted.as_ref().map(|(note, _)| note), now, passed);
        let (believed, next) = match judged {
            Believed::Yes(next) => (true, next),
            Believed::NotYet { ahead, note } => {
                done.clock_ahead = ahead;
                (false, Some(note))
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
            let _ = self.inner.store.commit(commit).await.at(Port::Store)?;
        }
        Ok(believed)
    }

    async fn purge_note(&self) -> Result<Option<(PurgeNote, Version)>, Error> {
        let Some(record) = self.inner.store.load(&PurgeNote::KEY).await.at(Port::Store)? else {
            return Ok(None);
        };
        match record.subject() {
            Ok(Subject::Purge(note)) => Ok(Some((note.clone(), record.version()))),
            _ => {
                let error = PortError::corrupt().because("no note of the last purge");
                Err(Error::Fault(Fault { port: Port::Store, error }))
            }
        }
    }

    /// How much time has passed since this engine looked last, or was opened. A look counts as the
    /// time between two at least: where no clock tells, the looks are counted.
    fn passed(&self) -> Duration {
        let now = self.inner.clock.steady();
        let mut looked = self.inner.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *looked, now);
        let passed = now.zip(before).map(|(now, before)| now.saturating_sub(before));
        passed.unwrap_or_default().max(PURGE_EVERY)
    }
}

//! The jobs that the kit gives to another process.

use serde::{Deserialize, Serialize};

use super::kit::{PropertyResult, Stop, add, put, settle};
use super::replies::reply;
use super::sample::{Draft, at, increment, key};
use crate::port::{Committed, Store};

/// A job for the other process, which replies once unless the job says otherwise.
#[derive(Serialize, Deserialize)]
pub(super) enum Job {
    /// Commits over each of these records; replies which commits were applied.
    Contest { from: u64, to: u64, salt: u64 },
    /// Adds one to each of these counters; replies with their values.
    Add { from: u64, to: u64 },
    /// Commits and adds until it is killed; replies after each step with the count reached.
    Work { n: u64 },
    /// Claims the work of a record by moving its alarm to this second.
    Claim { n: u64, until: i64 },
}

/// Does a job, and replies to the parent process.
pub(super) async fn run(store: &dyn Store, job: Job) {
    match job {
        Job::Contest { from, to, salt } => reply(contest(store, from, to, salt).await),
        Job::Add { from, to } => reply(count(store, from, to).await),
        Job::Work { n } => reply(work(store, n, |count| reply(Ok(count))).await),
        Job::Claim { n, until } => reply(claim(store, n, until).await),
    };
}

/// Commits over the first version of every other record and inserts the rest; returns which commits
/// were applied.
pub(super) async fn contest(
    store: &dyn Store,
    from: u64,
    to: u64,
    salt: u64,
) -> PropertyResult<Vec<bool>> {
    let mut applied = Vec::new();
    for n in from..to {
        applied.push(settle(store, &rival(n, salt)).await? == Committed::Applied);
    }
    Ok(applied)
}

/// The commit of round `n`: even rounds replace, odd rounds insert.
pub(super) fn rival(n: u64, salt: u64) -> Draft {
    let draft = Draft::first(n).rival(salt).events(1);
    if n.is_multiple_of(2) { draft } else { draft.expecting(None) }
}

pub(super) async fn count(store: &dyn Store, from: u64, to: u64) -> PropertyResult<Vec<u64>> {
    let mut values = Vec::new();
    for n in from..to {
        values.push(add(store, increment(n, 1)).await?);
    }
    Ok(values)
}

/// Counts and commits one version after the other, each with two events and a later alarm, until
/// the parent process closes the pipe.
async fn work(store: &dyn Store, n: u64, heard: impl Fn(u64) -> bool) -> PropertyResult {
    let mut draft = Draft::first(n);
    loop {
        let count = draft.record.version().count();
        draft = draft.wake(Some(at(count.cast_signed()))).events(2);
        // The commit comes last, so that no later call can be the one that flushes it to disk.
        add(store, increment(n, 1)).await?;
        put(store, &draft).await?;
        if !heard(count) {
            return Ok(());
        }
        draft = draft.after();
    }
}

async fn claim(store: &dyn Store, n: u64, until: i64) -> PropertyResult {
    let Some(record) = store.load(&key(n)).await? else {
        return Err(Stop::Seen("no record, though one was committed before".to_owned()));
    };
    let claimed = Draft::first(n).versioned(record.version()).after().wake(Some(at(until)));
    put(store, &claimed).await
}

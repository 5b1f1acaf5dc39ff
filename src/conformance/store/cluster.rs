//! A store that several nodes replicate, after one of them stops.

use std::time::Duration;

use crate::conformance::kit::{Kit, PropertyResult, Stop, ensure, require};
use crate::conformance::patience::Patience;
use crate::conformance::sample::{Draft, at, key, same};
use crate::port::{Committed, EventsOf, PortErrorKind, Record};

/// How many records are written before the node stops, and how many after.
const RECORDS: u64 = 20;

/// How long the other nodes may take to notice, elect and take over, for all records together.
const FAILOVER: Duration = Duration::from_secs(60);

pub(in super::super) async fn commit_survives_the_loss_of_a_node(kit: Kit) -> PropertyResult {
    require(kit.fixture.clustered())?;
    for n in 0..RECORDS {
        kit.put(&draft(n)).await?;
    }
    kit.fixture.lose_node(&key(0)).await?;
    let patience = Patience::new(FAILOVER);
    for n in RECORDS..2 * RECORDS {
        arrive(&kit, n, &patience).await?;
    }
    for n in 0..2 * RECORDS {
        let loaded = load_again(&kit, n, &patience).await?;
        ensure!(
            loaded.as_ref().is_some_and(|found| same(found, &draft(n).record)),
            "{loaded:?} where {:?} was `Applied` before or after a node was lost",
            draft(n).record
        );
        let events = kit.events(EventsOf::Record(&key(n)), 10).await?.len();
        ensure!(events == 2, "{events} of 2 events of record {n}");
    }
    let due = kit.due(at(1), 7).await?.len() as u64;
    ensure!(due == 2 * RECORDS, "{due} of {} alarms", 2 * RECORDS);
    Ok(())
}

fn draft(n: u64) -> Draft {
    Draft::first(n).wake(Some(at(0))).events(2)
}

/// Commits until the record is certainly stored; after an unknown outcome its version decides.
async fn arrive(kit: &Kit, n: u64, patience: &Patience) -> PropertyResult {
    let draft = draft(n);
    let mut unsure = false;
    loop {
        match kit.store.commit(draft.commit()).await {
            Ok(Committed::Applied) => return Ok(()),
            Ok(Committed::Stale) => {
                let stored = load_again(kit, n, patience).await?;
                let version = stored.as_ref().map(Record::version);
                let own = version == Some(draft.record.version());
                ensure!(
                    unsure && own,
                    "stale, with {version:?} stored, though there is no other writer"
                );
                return Ok(());
            }
            Err(error) if error.kind() == PortErrorKind::Unavailable => {}
            Err(error) if error.kind() == PortErrorKind::Unknown => unsure = true,
            Err(error) => return Err(error.into()),
        }
        if !patience.waits().await {
            return Err(Stop::Seen(format!("no commit succeeds within {FAILOVER:?}")));
        }
    }
}

/// Reads until the other nodes have taken over.
async fn load_again(kit: &Kit, n: u64, patience: &Patience) -> PropertyResult<Option<Record>> {
    loop {
        match kit.store.load(&key(n)).await {
            Err(error) if error.kind() == PortErrorKind::Unavailable => {
                if !patience.waits().await {
                    return Err(error.into());
                }
            }
            answer => return Ok(answer?),
        }
    }
}

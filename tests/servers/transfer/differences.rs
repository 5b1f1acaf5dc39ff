//! The comparison finds each way in which a target can be wrong, and keeps it closed.

use std::sync::Arc;

use sspr::audit::EventId;
use sspr::port::{
    Clock as _, Columns, PortErrorKind, Record, RecordKey, RecordKind, Store, Version,
};
use sspr::port::{Commit, Committed, Cutoff, EventsOf};
use sspr::testing::block_on;
use sspr::transfer::{Differs, Stage, copy};
use sspr::{Error, Timestamp};

use crate::support::tenant;
use crate::transfer::scene::{Scene, fill, run, scan, tenants, until_compared, waits};
use crate::transfer::stores::{kinds, memory};

/// A change of a complete target.
type Tamper = fn(&dyn Store, Record);

fn put(to: &dyn Store, next: &Record, before: Version, columns: &Columns) {
    let commit = Commit::new(next, Some(before), columns, &[]);
    assert_eq!(block_on(to.commit(commit)).expect("written"), Committed::Applied);
}

fn plain() -> Columns {
    Columns::new(tenant(), RecordKind::Account, Timestamp::EPOCH)
}

/// Replaces a record under the same version, which no correct store does.
fn replace(to: &dyn Store, record: &Record, body: &str, columns: &Columns) {
    let between = Version::new(7, 7);
    put(to, &Record::loaded(*record.key(), between, body), record.version(), columns);
    put(to, &Record::loaded(*record.key(), record.version(), body), between, columns);
}

fn lose(to: &dyn Store, record: Record) {
    let mut columns = plain();
    columns.expires_at = Some(Timestamp::EPOCH);
    replace(to, &record, record.body(), &columns);
    let cutoff = Cutoff::new(Timestamp::EPOCH, Timestamp::EPOCH);
    assert_eq!(block_on(to.purge(cutoff, 10)).expect("purged"), 1);
}

fn alter(to: &dyn Store, record: Record) {
    let body = record.body().replace("\"epoch\":", "\"epoch\":1");
    let mut columns = plain();
    columns.wake_at = Some(Timestamp::EPOCH);
    replace(to, &record, &body, &columns);
}

fn move_on(to: &dyn Store, record: Record) {
    let mut columns = plain();
    columns.wake_at = Some(Timestamp::EPOCH);
    let next = Record::loaded(*record.key(), Version::new(7, 7), record.body());
    put(to, &next, record.version(), &columns);
}

fn silence(to: &dyn Store, record: Record) {
    replace(to, &record, record.body(), &plain());
}

fn add_record(to: &dyn Store, record: Record) {
    let key = RecordKey::from_bytes([9; 32]);
    let body = record.body().replace(&record.key().to_string(), &key.to_string());
    let next = Record::loaded(key, Version::new(1, 1), body);
    let commit = block_on(to.commit(Commit::new(&next, None, &plain(), &[])));
    assert_eq!(commit.expect("written"), Committed::Applied);
}

/// One more event for a record that stays as it is.
fn add_event(to: &dyn Store, record: Record) {
    let events = block_on(to.events(EventsOf::Record(record.key()), None, 1)).expect("listed");
    let mut event = events.items[0].clone();
    event.id = EventId::new(*record.key(), 7, 0);
    let (between, columns) = (Version::new(7, 7), waking());
    let next = Record::loaded(*record.key(), between, record.body());
    let commit = Commit::new(&next, Some(record.version()), &columns, std::slice::from_ref(&event));
    assert_eq!(block_on(to.commit(commit)).expect("written"), Committed::Applied);
    put(to, &record, between, &columns);
}

fn waking() -> Columns {
    let mut columns = plain();
    columns.wake_at = Some(Timestamp::EPOCH);
    columns
}

fn lose_events(to: &dyn Store, _: Record) {
    let soon = Cutoff::new(Timestamp::EPOCH, Timestamp::MAX);
    assert!(block_on(to.purge(soon, 1)).expect("purged") > 0);
}

const WAYS: [(Differs, Tamper); 7] = [
    (Differs::Missing, lose),
    (Differs::Body, alter),
    (Differs::Version, move_on),
    (Differs::Alarms, silence),
    (Differs::Extra, add_record),
    (Differs::Events, add_event),
    (Differs::Events, lose_events),
];

#[test]
fn every_difference_is_reported_and_the_target_stays_closed() {
    for (name, make) in kinds() {
        for (place, (what, tamper)) in WAYS.into_iter().enumerate() {
            let (from, to) = (memory(), make());
            let label = format!("{name}: {what:?} ({place})");
            let scene = block_on(fill(Arc::clone(&from.store)));
            block_on(waits(&scene));
            let mut transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
            block_on(until_compared(&mut transfer));
            let accounts = block_on(scan(&*to.store, RecordKind::Account));
            let ada = accounts.into_iter().find(|record| record.body().contains("6e7b768e"));
            let ada = ada.expect("she is there");
            let key = *ada.key();
            tamper(&*to.store, ada);
            assert_eq!(block_on(run(&mut transfer)).expect("read"), Stage::Incomplete, "{label}");

            let report = transfer.report();
            let mut found: Vec<_> =
                report.differences.iter().map(|found_item| found_item.what).collect();
            // A lost record is not woken either.
            found.retain(|found_item| what == Differs::Alarms || *found_item != Differs::Alarms);
            assert_eq!(found, [what], "{label}");
            assert_eq!(report.difference_count, report.differences.len() as u64, "{label}");
            let named = report.differences[0].key.expect(&label);
            let hers = !matches!(what, Differs::Extra) && place != 6;
            assert_eq!(named == key, hers, "{label}");
            closed(&scene, &to.store);

            if what == Differs::Missing {
                // The next copy adds what is missing.
                let mut again = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
                assert_eq!(block_on(run(&mut again)).expect("read"), Stage::Finished, "{label}");
            }
        }
    }
}

fn closed(scene: &Scene, to: &Arc<dyn Store>) {
    let joined = scene.world.beside().store(Arc::clone(to)).seed(5);
    match block_on(joined.try_open()).map(|world| world.engine) {
        Err(Error::Fault(fault)) => assert_eq!(fault.error.kind(), PortErrorKind::Denied),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_concurrent_write_to_the_source_is_detected() {
    let (from, to) = (memory(), memory());
    block_on(async {
        let scene = fill(Arc::clone(&from.store)).await;
        let mut transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
        until_compared(&mut transfer).await;
        waits(&scene).await;
        assert_eq!(run(&mut transfer).await.expect("read"), Stage::Incomplete);
        let found: Vec<_> =
            transfer.report().differences.iter().map(|found_item| found_item.what).collect();
        assert!(found.contains(&Differs::Version) && found.contains(&Differs::Events), "{found:?}");
    });
}

/// The target would purge it as well, so nothing is lost.
#[test]
fn a_record_that_is_purged_from_the_source_meanwhile_is_no_difference() {
    let (from, to) = (memory(), memory());
    block_on(async {
        let scene = fill(Arc::clone(&from.store)).await;
        scene.world.clock.advance(std::time::Duration::from_secs(3_600));
        scene.world.deliver().await;
        let mut transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
        transfer = transfer.clock(scene.world.clock.clone());
        until_compared(&mut transfer).await;
        scene.world.clock.advance(std::time::Duration::from_secs(40 * 86_400));
        let cutoff = Cutoff::new(scene.world.clock.now(), Timestamp::EPOCH);
        assert!(from.store.purge(cutoff, 100).await.expect("purged") > 0);
        let stage = run(&mut transfer).await.expect("read");
        assert_eq!(stage, Stage::Finished, "{:#?}", transfer.report());
    });
}

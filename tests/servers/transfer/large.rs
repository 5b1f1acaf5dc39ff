//! Long histories, many tenants, many records.

use std::sync::Arc;

use sspr::audit::EventId;
use sspr::port::{Columns, Record, RecordKind, Store, Version};
use sspr::port::{Commit, Committed, EventsOf};
use sspr::testing::block_on;
use sspr::transfer::{Stage, copy};
use sspr::{Policy, TenantId, Timestamp};

use crate::support::{admin, keys, settings, tenant};
use crate::transfer::scene::{OTHERS, fill, held, moved, other_keys, run, scan, tenants};
use crate::transfer::stores::{kinds, memory, pairs};

/// Gives an account so many more commits, with so many events each.
fn lengthen(store: &dyn Store, record: &Record, sizes: impl IntoIterator<Item = u16>) -> Record {
    let of = EventsOf::Record(record.key());
    let events = block_on(store.events(of, None, 1)).expect("listed");
    let pattern = events.items.first().expect("an event").clone();
    let columns = Columns::new(tenant(), RecordKind::Account, Timestamp::EPOCH);
    let mut last = record.clone();
    for size in sizes {
        let count = last.version().count() + 1;
        let next = Record::loaded(*record.key(), Version::new(count, 7), record.body());
        let events: Vec<_> = (0..size)
            .map(|index| {
                let mut event = pattern.clone();
                event.id = EventId::new(*record.key(), count, index);
                event
            })
            .collect();
        let commit = Commit::new(&next, Some(last.version()), &columns, &events);
        assert_eq!(block_on(store.commit(commit)).expect("written"), Committed::Applied);
        last = next;
    }
    last
}

#[test]
fn a_long_history_arrives_commit_by_commit() {
    for (name, from, to) in pairs() {
        let (from, to) = (from(), to());
        block_on(fill(Arc::clone(&from.store)));
        let accounts = block_on(scan(&*from.store, RecordKind::Account));
        // Pages end within commits, and one commit has as many events as the contract allows.
        let large = u16::try_from(Commit::MAX_EVENTS).expect("few");
        let sizes = std::iter::repeat_n(3, 200).chain([0, large, 1]);
        lengthen(&*from.store, &accounts[0], sizes);
        block_on(moved(&*from.store, &*to.store));
        assert_eq!(held(&*from.store), held(&*to.store), "{name}");
    }
}

/// All events of a commit or none: the target never holds a part of them.
#[test]
fn events_of_one_commit_arrive_together() {
    let (from, to) = (memory(), memory());
    block_on(fill(Arc::clone(&from.store)));
    let accounts = block_on(scan(&*from.store, RecordKind::Account));
    lengthen(&*from.store, &accounts[0], std::iter::repeat_n(3, 200));
    let log = sspr::testing::CallLog::new();
    let target = sspr::testing::Recorder::new(Arc::clone(&to.store), log.clone());
    block_on(moved(&*from.store, &target));
    let (source, commits) = (held(&*from.store), log.count("store.commit"));
    let mut groups: Vec<_> =
        source.events.iter().map(|event| (event.id.record, event.id.count)).collect();
    groups.dedup();
    // One for each commit that wrote events; each record's last has its own; twice the mark; and
    // once the note about the seal.
    assert!(commits <= groups.len() + source.records.len() + 3, "{commits} commits");
    assert!(commits >= groups.len() + 2, "{commits} commits");
}

#[test]
fn only_the_tenants_that_are_named_arrive() {
    for (name, make) in kinds() {
        let from = make();
        let scene = block_on(fill(Arc::clone(&from.store)));
        let other = TenantId::parse("fabrikam").expect("valid");
        let engine = &scene.world.engine;
        let policy = Policy::new(settings()).expect("sound");
        block_on(engine.admin(&other, &admin()).put_policy(&policy, None)).expect("put");
        for named in [vec![tenant()], vec![other.clone(), tenant()], vec![other.clone()]] {
            let to = make();
            let mut transfer = copy(&*from.store, &*to.store, named.clone()).expect("tenants");
            let records = block_on(transfer.count()).expect("counted");
            let others = if named.contains(&tenant()) { OTHERS as u64 + 3 } else { 0 };
            assert_eq!(records, others + u64::from(named.contains(&other)), "{name}: {named:?}");
            assert_eq!(block_on(run(&mut transfer)).expect("no failure"), Stage::Finished);
            assert_eq!(transfer.report().records, records, "{name}: {named:?}");
            block_on(transfer.open_target()).expect("compared");
            drop(transfer);
            let joined = scene.world.beside().store(Arc::clone(&to.store)).seed(99);
            let target = block_on(joined.open()).engine;
            for tenant in [tenant(), other.clone()] {
                let policy = block_on(target.admin(&tenant, &admin()).policy()).expect("read");
                assert_eq!(policy.is_some(), named.contains(&tenant), "{name}: {named:?}");
            }
        }
    }
}

/// A record under a key that the copy does not know.
#[test]
fn a_record_that_the_old_lookup_key_did_not_name_is_not_renamed() {
    let (from, to) = (memory(), memory());
    block_on(fill(Arc::clone(&from.store)));
    let accounts = block_on(scan(&*from.store, RecordKind::Account));
    let key = sspr::port::RecordKey::from_bytes([9; 32]);
    let body = accounts[0].body().replace(&accounts[0].key().to_string(), &key.to_string());
    let record = Record::loaded(key, Version::new(1, 1), body);
    let columns = Columns::new(tenant(), RecordKind::Account, Timestamp::EPOCH);
    let put = block_on(from.store.commit(Commit::new(&record, None, &columns, &[])));
    assert_eq!(put.expect("written"), Committed::Applied);

    let (old, new) = (keys(), other_keys());
    let transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
    let mut transfer = transfer.rename(&old, &new).expect("another key");
    assert_eq!(block_on(run(&mut transfer)).expect("read"), Stage::Incomplete);
    let left: Vec<_> =
        transfer.report().left_out.iter().map(|record| (record.key, record.why)).collect();
    assert_eq!(left, [(key, sspr::transfer::UnreadableReason::Foreign)]);
}

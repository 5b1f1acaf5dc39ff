//! Unreadable records are always reported.

use std::sync::Arc;

use sspr::Timestamp;
use sspr::port::{Columns, PortErrorKind, Record, RecordKind, Retry, Store, Version};
use sspr::port::{Commit, Committed};
use sspr::testing::{Unreadable as Damage, block_on};
use sspr::transfer::{Side, Stage, TransferError, UnreadableReason, copy};

use crate::support::tenant;
use crate::transfer::scene::{fill, held, run, scan, tenants};
use crate::transfer::stores::{kinds, memory};

/// Puts another body in the place of a record's.
fn spoil(store: &dyn Store, record: &Record, body: String) {
    let next = Record::loaded(*record.key(), Version::new(7, 7), body);
    let columns = Columns::new(tenant(), RecordKind::Account, Timestamp::EPOCH);
    let commit = Commit::new(&next, Some(record.version()), &columns, &[]);
    assert_eq!(block_on(store.commit(commit)).expect("written"), Committed::Applied);
}

#[test]
fn unreadable_records_are_reported_and_left_out_only_on_request() {
    for (name, make) in kinds() {
        let (from, to) = (make(), memory());
        block_on(fill(Arc::clone(&from.store)));
        let accounts = block_on(scan(&*from.store, RecordKind::Account));
        let [first, second, third, fourth, ..] = &accounts[..] else { panic!("there are more") };
        let spoilt = [
            (first, first.body().replacen('{', "", 1), UnreadableReason::Damaged),
            (
                second,
                second.body().replace("min_reader\":1", "min_reader\":2"),
                UnreadableReason::Newer,
            ),
            (
                third,
                third.body().replace("min_writer\":1", "min_writer\":2"),
                UnreadableReason::Newer,
            ),
            (fourth, fourth.body().replace("contoso\"", "fabrikam\""), UnreadableReason::Foreign),
        ];
        for (record, body, _) in &spoilt {
            assert_ne!(record.body(), body, "{name}");
            spoil(&*from.store, record, body.clone());
        }
        let mut transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
        assert_eq!(block_on(run(&mut transfer)).expect("read"), Stage::Incomplete, "{name}");
        let report = transfer.report();
        let mut found: Vec<_> =
            report.left_out.iter().map(|found_item| (found_item.key, found_item.why)).collect();
        let mut expected: Vec<_> =
            spoilt.iter().map(|(record, _, why)| (*record.key(), *why)).collect();
        found.sort_by_key(|found_item| found_item.0);
        expected.sort_by_key(|record| record.0);
        assert_eq!((found, report.left_out_count), (expected, 4), "{name}");
        assert!(report.differences.is_empty(), "{name}: {report:#?}");

        let again = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
        let mut again = again.leave_out_unreadable();
        assert_eq!(block_on(run(&mut again)).expect("read"), Stage::Finished, "{name}");
        assert_eq!(again.report().left_out_count, 4, "{name}");
        let (mut source, target) = (held(&*from.store), held(&*to.store));
        for (record, ..) in &spoilt {
            source.records.remove(record.key());
        }
        // Their events stay in the audit trail.
        assert_eq!(source, target, "{name}");
    }
}

#[test]
fn an_error_of_the_source_ends_the_copy() {
    let (from, to) = (memory(), memory());
    block_on(fill(Arc::clone(&from.store)));
    let damaged = Damage::new(Arc::clone(&from.store));
    let accounts = block_on(scan(&*from.store, RecordKind::Account));
    damaged.damage(*accounts[0].key());
    let mut transfer = copy(&damaged, &*to.store, tenants()).expect("a tenant");
    let error = block_on(run(&mut transfer)).expect_err("it cannot be listed");
    assert_eq!(error.retry(), Retry::Never);
    match error {
        TransferError::Store { side: Side::Source, error, .. } => {
            assert_eq!(error.kind(), PortErrorKind::Corrupt);
        }
        other => panic!("{other:?}"),
    }
}

//! `scan`.

use crate::conformance::kit::{Kit, MOST_TRIES, PropertyResult, ensure, require};
use crate::conformance::sample::{Draft, key, same, tenant};
use crate::port::{PortErrorKind, Record, RecordKind};

pub(in super::super) async fn scan_hands_out_records_as_given(kit: Kit) -> PropertyResult {
    let drafts: Vec<Draft> = (0..9).map(Draft::first).collect();
    for draft in &drafts {
        kit.put(draft).await?;
    }
    let changed = drafts.iter().step_by(2).map(Draft::after).collect::<Vec<_>>();
    for draft in &changed {
        kit.put(draft).await?;
    }
    let current = changed.iter().chain(drafts.iter().skip(1).step_by(2));
    for limit in [1, 2, 9, 10, 1_000_000, usize::MAX] {
        let found = kit.scan(&tenant("kit"), RecordKind::Account, limit).await?;
        ensure!(found.len() == 9, "{} of 9 by pages of at most {limit}", found.len());
        for draft in current.clone() {
            ensure!(
                found.iter().any(|record| same(record, &draft.record)),
                "{:?} is not among {found:?}",
                draft.record
            );
        }
    }
    Ok(())
}

pub(in super::super) async fn scan_hands_out_each_once_while_they_change(
    kit: Kit,
) -> PropertyResult {
    const RECORDS: u64 = 24;
    let mut drafts: Vec<Draft> = (0..RECORDS).map(Draft::first).collect();
    for draft in &drafts {
        kit.put(draft).await?;
    }
    let kit_tenant = tenant("kit");
    let mut found: Vec<Record> = Vec::new();
    let mut cursor = None;
    for page in 0..MOST_TRIES as u64 {
        let after = cursor.as_ref();
        let listed = kit.store.scan(&kit_tenant, RecordKind::Account, after, 5).await?;
        ensure!(listed.items.len() <= 5, "{} items of at most 5", listed.items.len());
        found.extend(listed.items);
        cursor = listed.next;
        if cursor.is_none() {
            break;
        }
        // All records change, listed or not, and new ones are added: a listing in the order of
        // changes or of storage, or a cursor that counts rows, fails here.
        if page < 10 {
            for draft in &mut drafts {
                *draft = draft.after();
                kit.put(draft).await?;
            }
            kit.put(&Draft::first(1000 + page)).await?;
        }
    }
    ensure!(cursor.is_none(), "the listing does not end");
    for n in 0..RECORDS {
        let times = found.iter().filter(|record| *record.key() == key(n)).count();
        ensure!(times == 1, "a record that was stored throughout was listed {times} times");
    }
    Ok(())
}

pub(in super::super) async fn scan_keeps_tenants_apart(kit: Kit) -> PropertyResult {
    apart(&kit, &["kit", "other"]).await
}

pub(in super::super) async fn scan_keeps_similar_tenants_apart(kit: Kit) -> PropertyResult {
    // Prefixes, wildcards, case, padding, two spellings of a letter, numbers as text.
    apart(
        &kit,
        &[
            "a",
            "aa",
            "a/b",
            "a%",
            "a_",
            "%",
            "_",
            "A",
            "a ",
            " a",
            "a.",
            "\u{e9}",
            "e\u{301}",
            "1",
            "01",
            "1.0",
            "a\u{200b}",
            "null",
            "NULL",
            "'",
            "a:b",
            "a|b",
        ],
    )
    .await
}

async fn apart(kit: &Kit, ids: &[&str]) -> PropertyResult {
    for (n, id) in (0..).zip(ids) {
        kit.put(&Draft::first(n).of(&tenant(id))).await?;
    }
    for (n, id) in (0..).zip(ids) {
        for limit in [1, 100] {
            let found = kit.scan(&tenant(id), RecordKind::Account, limit).await?;
            let keys: Vec<_> = found.iter().map(Record::key).collect();
            ensure!(
                keys == [&key(n)],
                "tenant {id:?} has one record; listed: {}, {}",
                found.len(),
                if keys.contains(&&key(n)) { "its own among them" } else { "but not its own" }
            );
        }
    }
    let found = kit.scan(&tenant("unknown"), RecordKind::Account, 10).await?;
    ensure!(found.is_empty(), "{found:?} for a tenant without records");
    Ok(())
}

pub(in super::super) async fn scan_keeps_kinds_apart(kit: Kit) -> PropertyResult {
    for (n, kind) in (0..).zip(RecordKind::ALL) {
        kit.put(&Draft::first(n).kind(kind)).await?;
    }
    for (n, kind) in (0..).zip(RecordKind::ALL) {
        let found = kit.scan(&tenant("kit"), kind, 10).await?;
        let keys: Vec<_> = found.iter().map(Record::key).collect();
        ensure!(keys == [&key(n)], "{} records of kind {kind:?} instead of one", keys.len());
    }
    Ok(())
}

pub(in super::super) async fn scan_tells_damaged_from_absent(kit: Kit) -> PropertyResult {
    for n in 0..3 {
        kit.put(&Draft::first(n)).await?;
    }
    require(kit.fixture.damage(&key(1)).await?)?;
    let page = kit.store.scan(&tenant("kit"), RecordKind::Account, None, 10).await;
    match page {
        Err(error) if error.kind() == PortErrorKind::Corrupt => Ok(()),
        Err(error) => Err(error.into()),
        Ok(page) => {
            let many = page.items.len();
            ensure!(false, "{many} of 3 records and no error, with one of them damaged");
            Ok(())
        }
    }
}

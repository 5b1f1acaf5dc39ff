//! `scan`.

use crate::TenantId;
use crate::conformance::kit::{Kit, PropertyResult, ensure, listing, require};
use crate::conformance::sample::{Draft, KEYS, at, key, same, tenant};
use crate::port::{Cutoff, PortErrorKind, Record, RecordKey, RecordKind};

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
    for (owner, keys) in ["kit", "kit-2"].iter().zip(KEYS) {
        each_once(&kit, &tenant(owner), keys).await?;
    }
    Ok(())
}

async fn each_once(kit: &Kit, owner: &TenantId, keys: fn(u64) -> RecordKey) -> PropertyResult {
    let of_owner = |n: u64| Draft::of_key(keys(n)).of(owner);
    let mut drafts: Vec<Draft> = (100..116).map(of_owner).collect();
    for draft in &drafts {
        kit.put(draft).await?;
    }
    for n in 90..96 {
        kit.put(&of_owner(n).expires(Some(at(10)))).await?;
    }
    let mut found: Vec<Record> = Vec::new();
    listing!(page, |after| {
        let listed = kit.store.scan(owner, RecordKind::Account, after, 3).await?;
        ensure!(listed.items.len() <= 3, "{} items of at most 3", listed.items.len());
        // Records change, are added before all others and are removed, listed or not: a listing in
        // the order of changes or of storage, or a cursor that counts rows, fails here.
        if page < 4 {
            for draft in &mut drafts {
                *draft = draft.after();
                kit.put(draft).await?;
            }
            kit.put(&of_owner(page)).await?;
        } else if page == 4 {
            kit.store.purge(Cutoff::new(at(10), at(-1)), 100).await?;
        }
        found.extend(listed.items);
        listed.next
    });
    for n in 100..116 {
        let times = found.iter().filter(|record| *record.key() == keys(n)).count();
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
    let mut many = 0;
    listing!(_page, |after| {
        match kit.store.scan(&tenant("kit"), RecordKind::Account, after, 10).await {
            Err(error) if error.kind() == PortErrorKind::Corrupt => return Ok(()),
            page => {
                let read = page?;
                many += read.items.len();
                read.next
            }
        }
    });
    ensure!(false, "{many} of 3 records and no error, with one of them damaged");
    Ok(())
}

//! `load`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::conformance::kit::{Kit, PropertyResult, ensure, require, settle};
use crate::conformance::race::{Racer, race};
use crate::conformance::sample::{Draft, key, same};
use crate::port::{PortErrorKind, RecordKey, Version};
use crate::testing::yield_once;

/// The longest body that an engine writes.
const BODY_MAX: usize = 16 * 1024;

pub(in super::super) async fn load_absent_is_none(kit: Kit) -> PropertyResult {
    let absent = kit.load(key(1)).await?;
    ensure!(absent.is_none(), "{absent:?} in an empty store");
    kit.put(&Draft::first(2)).await?;
    let absent = kit.load(key(1)).await?;
    ensure!(absent.is_none(), "{absent:?} under a key never written");
    Ok(())
}

pub(in super::super) async fn load_sees_applied_commits(kit: Kit) -> PropertyResult {
    let mut draft = Draft::first(1);
    for _ in 0..20 {
        kit.put(&draft).await?;
        // Twice: a cache may be wrong only at the first or only at the second read.
        for _ in 0..2 {
            let loaded = kit.load(draft.key()).await?;
            ensure!(
                loaded.as_ref().is_some_and(|found| same(found, &draft.record)),
                "{loaded:?} right after {:?} was applied",
                draft.record
            );
        }
        draft = draft.after();
    }
    Ok(())
}

pub(in super::super) async fn load_never_goes_back(kit: Kit) -> PropertyResult {
    const STEPS: u64 = 24;
    let rounds = kit.harness.rounds().div_ceil(10);
    let applied: Vec<_> = (0..rounds).map(|_| Arc::new(AtomicU64::new(0))).collect();
    let store = Arc::clone(&kit.store);
    // Actor 0 writes, the others read.
    let task = move |round: usize, actor: usize| -> Racer<PropertyResult> {
        let (store, applied) = (Arc::clone(&store), Arc::clone(&applied[round]));
        let first = Draft::first(round as u64);
        if actor == 0 {
            return Box::pin(async move {
                let mut draft = first;
                for count in 1..=STEPS {
                    let _ = settle(&*store, &draft).await?;
                    applied.store(count, Ordering::SeqCst);
                    draft = draft.after();
                    yield_once().await;
                }
                Ok(())
            });
        }
        Box::pin(async move {
            let mut floor = 0;
            for _ in 0..STEPS {
                floor = floor.max(applied.load(Ordering::SeqCst));
                let loaded = store.load(&first.key()).await?;
                let count = loaded.map_or(0, |record| record.version().count());
                ensure!(count >= floor, "count {count} after {floor} was applied or read");
                floor = count;
                yield_once().await;
            }
            Ok(())
        })
    };
    race(&kit, rounds, 3, task).await?.into_iter().flatten().collect()
}

pub(in super::super) async fn load_returns_bodies_byte_for_byte(kit: Kit) -> PropertyResult {
    let fill = |unit: &str| {
        let frame = r#"{"kind":"meta","check":""}"#.len();
        let text = unit.repeat((BODY_MAX - frame) / unit.len());
        format!(r#"{{"kind":"meta","check":"{text}"}}"#)
    };
    let bodies = [
        // What a JSON column or a parser would normalise: order, spaces, numbers, duplicate keys.
        "{ \"z\" : 1.0,\n\t\"kind\":\"meta\", \"a\":1e3, \"a\":2 , \"big\":18446744073709551615123 }",
        r#"{"kind":"meta","check":"\u0041\u0000\/\ud83d\ude00"}"#,
        // What a collation, a Unicode normalisation or a narrow encoding would change.
        "{\"kind\":\"meta\",\"check\":\"e\u{301} \u{e9} \u{fb01} \u{202e} \u{1f5dd}\u{fe0f} \u{10ffff} \"}",
        // What a statement built from strings would run.
        r#"{"kind":"meta","check":"'; DROP TABLE records; -- %s $1 ?1 \" \\ "}"#,
        &fill("x"),
        &fill("\u{1f5dd}"),
    ];
    for (n, body) in (0..).zip(bodies) {
        let inserted = Draft::first(n).with_body(body);
        kit.put(&inserted).await?;
        returned(&kit, &inserted).await?;
        let replaced = inserted.after().with_body(&format!("{body} "));
        kit.put(&replaced).await?;
        returned(&kit, &replaced).await?;
    }
    Ok(())
}

pub(in super::super) async fn load_returns_versions_as_given(kit: Kit) -> PropertyResult {
    let versions = [
        (1, 0),
        (1, u64::MAX),
        // Beyond what a signed column, a double or 32 bits can hold.
        (1, 1 << 63),
        (1, (1 << 53) + 1),
        ((1 << 53) + 1, 7),
        (1 << 32, 7),
    ];
    for (n, (count, nonce)) in (0..).zip(versions) {
        let draft = Draft::first(n).versioned(Version::new(count, nonce));
        kit.put(&draft).await?;
        returned(&kit, &draft).await?;
        kit.put(&draft.after()).await?;
    }
    Ok(())
}

pub(in super::super) async fn load_tells_keys_apart(kit: Kit) -> PropertyResult {
    // A zero byte that ends a text, a shared prefix, a sign bit, letter case.
    let bytes = |at: usize, byte: u8| {
        let mut bytes = [0; 32];
        bytes[at] = byte;
        RecordKey::from_bytes(bytes)
    };
    let mut keys = vec![RecordKey::from_bytes([0; 32]), RecordKey::from_bytes([255; 32])];
    keys.extend([0, 1, 15, 16, 31].map(|index| bytes(index, 1)));
    keys.extend([0, 31].map(|index| bytes(index, 0x80)));
    keys.extend([bytes(0, b'a'), bytes(0, b'A')]);
    let drafts: Vec<_> =
        (0..).zip(keys).map(|(salt, key)| Draft::of_key(key).rival(salt).expecting(None)).collect();
    for draft in &drafts {
        kit.put(draft).await?;
    }
    for draft in &drafts {
        returned(&kit, draft).await?;
    }
    Ok(())
}

pub(in super::super) async fn load_tells_damaged_from_absent(kit: Kit) -> PropertyResult {
    kit.put(&Draft::first(1)).await?;
    require(kit.fixture.damage(&key(1)).await?)?;
    match kit.store.load(&key(1)).await {
        Err(error) if error.kind() == PortErrorKind::Corrupt => Ok(()),
        Err(error) => Err(error.into()),
        Ok(found) => {
            ensure!(false, "{found:?} for a damaged record");
            Ok(())
        }
    }
}

/// Checks that the record is loaded as it was given.
async fn returned(kit: &Kit, draft: &Draft) -> PropertyResult {
    let given = &draft.record;
    let Some(found) = kit.load(draft.key()).await? else {
        ensure!(false, "no record for {given:?}, which was applied");
        return Ok(());
    };
    ensure!(found.key() == given.key(), "{found:?} under the key of {given:?}");
    ensure!(
        found.version() == given.version(),
        "version {} for {}",
        found.version(),
        given.version()
    );
    let shown = |body: &str| body.chars().take(80).collect::<String>();
    ensure!(
        found.body() == given.body(),
        "a body of {} bytes, {}, for one of {} bytes, {}",
        found.body().len(),
        shown(found.body()),
        given.body().len(),
        shown(given.body())
    );
    Ok(())
}

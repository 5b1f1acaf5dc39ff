//! Every way to alter a trail in the rows of a store, and to set its record back.

use std::sync::Arc;

use serde_json::Value;
use sspr::port::{Columns, Commit, Committed, Record, RecordKind, Store, Version};
use sspr::testing::block_on;
use sspr::{SecretText, Timestamp};

use super::raw::{Make, Raw, Row, Rows, kinds};
use super::{account, assert_found, assert_whole, head, lived_in};
use crate::support::{NEW, World, request, tenant};

/// An alteration, with all rows of the trail.
type Alter = fn(&dyn Rows, &[Row]);

/// The event's text with another time.
pub(super) fn at_another_time(row: &Row) -> String {
    let mut event: Value = serde_json::from_str(&row.text).expect("json");
    let at = event["at"].as_i64().expect("a time");
    event["at"] = (at + 1_000).into();
    event.to_string()
}

/// The text of an event under the id of another.
fn under_the_id_of(other: &Row, row: &Row) -> String {
    let mut event: Value = serde_json::from_str(&row.text).expect("json");
    let other: Value = serde_json::from_str(&other.text).expect("json");
    event["id"] = other["id"].clone();
    event.to_string()
}

const ALTERATIONS: [(&str, Alter, &str); 8] = [
    ("one removed", |rows, all| rows.remove(&all[2].place), "missing"),
    ("the first removed", |rows, all| rows.remove(&all[0].place), "missing"),
    ("truncated", |rows, all| all[4..].iter().for_each(|row| rows.remove(&row.place)), "missing"),
    ("all removed", |rows, all| all.iter().for_each(|row| rows.remove(&row.place)), "missing"),
    ("one changed", |rows, all| rows.put(&all[3].place, &at_another_time(&all[3])), "changed"),
    (
        "two swapped",
        |rows, all| {
            rows.put(&all[1].place, &all[3].text);
            rows.put(&all[3].place, &all[1].text);
        },
        // A store refuses an event under the id of another.
        "unreadable",
    ),
    (
        "two swapped with their ids",
        |rows, all| {
            rows.put(&all[1].place, &under_the_id_of(&all[1], &all[3]));
            rows.put(&all[3].place, &under_the_id_of(&all[3], &all[1]));
        },
        "changed",
    ),
    ("one overwritten", |rows, all| rows.put(&all[2].place, "{}"), "unreadable"),
];

fn each_alteration_is_found_in(make: Make) {
    for (what, alter, expected) in ALTERATIONS {
        let raw = make();
        let label = format!("{}: {what}", raw.name);
        let (world, record) = block_on(async {
            let world = lived_in(&raw.store).await;
            assert_whole(&world, None, &label).await;
            let record = account(&raw.store, world.user.as_str()).await;
            (world, record)
        });
        let rows = raw.rows.list(record.key());
        assert!(rows.len() > 6, "{label}: {} events", rows.len());
        alter(&*raw.rows, &rows);
        block_on(assert_found(&world, None, expected, &label));
    }
}

#[test]
fn an_alteration_in_the_rows_of_any_store_is_found() {
    kinds().into_iter().for_each(each_alteration_is_found_in);
}

/// Replaces a record under any version, which no engine does.
async fn replace(store: &Arc<dyn Store>, present: Version, next: &Record) {
    let columns = Columns::new(tenant(), RecordKind::Account, Timestamp::EPOCH);
    let between = Record::loaded(*next.key(), Version::new(7, 7), next.body());
    for (next, before) in [(&between, present), (next, between.version())] {
        let commit = Commit::new(next, Some(before), &columns, &[]);
        assert_eq!(store.commit(commit).await.expect("written"), Committed::Applied);
    }
}

async fn changed(world: &World) {
    let (change, user) = (world.engine.change(), world.signed_in());
    let reply = change.start(&request(), &user, &SecretText::from(NEW)).await.expect("started");
    let new = SecretText::from("violet candle tractor plum");
    change.complete(&request(), &reply.ticket, &new).await.expect("changed");
}

#[test]
fn a_record_that_is_set_back_or_has_no_head_is_found_in_any_store() {
    for make in kinds() {
        let Raw { name, store, rows, .. } = &make();
        let (world, earlier, later) = block_on(async {
            let world = lived_in(store).await;
            let earlier = account(store, world.user.as_str()).await;
            changed(&world).await;
            let later = account(store, world.user.as_str()).await;
            (world, earlier, later)
        });
        let exported = block_on(head(&world));
        block_on(assert_whole(&world, Some(&exported), name));

        // Without its head.
        let body = later.body().replace("\"trail\"", "\"trial\"");
        assert_ne!(body, later.body(), "{name}");
        let forged = Record::loaded(*later.key(), later.version(), body);
        block_on(replace(store, later.version(), &forged));
        block_on(assert_found(&world, None, "head_missing", name));

        // The earlier record under the later version, and under its own.
        let forged = Record::loaded(*later.key(), later.version(), earlier.body());
        block_on(replace(store, later.version(), &forged));
        block_on(assert_found(&world, None, "head_changed", name));
        block_on(replace(store, later.version(), &earlier));
        block_on(assert_found(&world, None, "head_behind", name));

        // With its events: only a head that was exported tells.
        let is_later = |row: &&Row| {
            let event: Value = serde_json::from_str(&row.text).expect("json");
            event["id"]["count"].as_u64().expect("a count") > earlier.version().count()
        };
        let all = rows.list(earlier.key());
        let later: Vec<&Row> = all.iter().filter(is_later).collect();
        assert!(!later.is_empty(), "{name}");
        later.into_iter().for_each(|row| rows.remove(&row.place));
        block_on(assert_whole(&world, None, name));
        block_on(assert_found(&world, Some(&exported), "not_continued", name));
    }
}

//! The audit trail while a newer release writes to it.

use std::sync::Arc;

use sspr::Timestamp;
use sspr::audit::{Event, EventKind};
use sspr::port::{Columns, Record, RecordKind, Version};
use sspr::port::{Commit, Committed};
use sspr::testing::block_on;

use crate::records::stores::all;
use crate::support::{NEW, World, settings, tenant};

/// Inv. 19: an event of a later kind is listed among the others, and is returned byte for byte.
#[test]
fn events_of_a_newer_release_are_listed_and_kept() {
    for under_test in all() {
        block_on(async {
            let world = World::builder()
                .store(Arc::clone(&under_test.store))
                .settings(settings())
                .registered()
                .open()
                .await;
            let record = under_test.account(&world.user).await;
            let count = record.version().count() + 1;
            // With fields in another order, and a number in another form.
            let text = format!(
                r#"{{"code":"badge_shown","format":2,"id":{{"record":"{}","count":{count},"index":0}},"weight":1.50,"tenant":"contoso","user":"{}","actor":"user","at":1800000000000,"door":{{"z":1,"a":2}}}}"#,
                record.key(),
                world.user.as_str()
            );
            let event = Event::decode(&text).expect("readable");
            let next = Record::loaded(*record.key(), Version::new(count, 77), record.body());
            let columns = Columns::new(tenant(), RecordKind::Account, Timestamp::EPOCH);
            let events = [event];
            let commit = Commit::new(&next, Some(record.version()), &columns, &events);
            assert_eq!(under_test.store.commit(commit).await.expect("kept"), Committed::Applied);

            let ticket = world.granted().await;
            world.complete(&ticket, NEW).await.expect("reset");
            let by = world.admin();
            for page in [
                by.events(None, 1_000).await.expect("listed"),
                by.user_events(&world.user, None, 1_000).await.expect("listed"),
            ] {
                let codes: Vec<_> = page.items.iter().map(|event| event.code()).collect();
                let found = codes.iter().position(|code| *code == "badge_shown").expect("there");
                assert!(codes[found..].contains(&"password_reset"), "{}", under_test.name);
                let EventKind::Other(other) = &page.items[found].kind else { panic!("known") };
                assert_eq!(other.fields(), r#"{"door":{"a":2,"z":1},"weight":1.5}"#);
                assert_eq!(page.items[found].encode(), text, "{}", under_test.name);
            }
            by.explain(&world.user).await.expect("explained");
        });
    }
}

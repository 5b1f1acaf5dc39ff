//! Invariant 19: what a release writes, it reads.

use sspr::testing::block_on;

use crate::stores::all;
use crate::support::{NEW, settings};

/// Inv. 19: the records and events of whole flows survive encoding and decoding.
#[test]
fn inv19_everything_survives_its_own_encoding() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(settings()).await;
            let ticket = world.granted().await;
            world.complete(&ticket, NEW).await.expect("reset");
            world.deliver().await;
            let events = under_test.events().await;
            for event in &events {
                let text = event.encode();
                let read = sspr::audit::Event::decode(&text);
                assert_eq!(read.as_ref(), Ok(event), "{}: {text}", under_test.name);
            }
            assert!(events.len() > 15, "{}: {}", under_test.name, events.len());
        });
    }
}

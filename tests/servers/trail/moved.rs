//! A trail after a move to another store, with and without another lookup key, and across a rotation
//! of the short-lived keys.

use std::sync::Arc;

use sspr::admin::Contacts;
use sspr::audit::TrailOf;
use sspr::facts::EmailAddress;
use sspr::testing::block_on;
use sspr::transfer::{Stage, copy};

use super::altered::at_another_time;
use super::raw::{Make, kinds};
use super::{account, assert_found, assert_whole, checked_of, head, lived_in};
use crate::records::keys::short;
use crate::support::{World, keys};
use crate::transfer::scene::{other_keys, run, tenants};

/// A second user, with a trail of one event at least.
async fn with_bob(world: &World) {
    let bob = world.add_user("bob", "bob@contoso.example");
    let mut contacts = Contacts::default();
    contacts.email = Some(EmailAddress::parse("bob@private.example").expect("valid"));
    world.supply_contacts(&bob, &contacts).await;
}

fn a_move_keeps_what_is_whole_and_what_is_not(from: Make, to: Make, renamed: bool) {
    let (from, to) = (from(), to());
    let label = format!("{} to {}, another key: {renamed}", from.name, to.name);
    let (world, bob) = block_on(async {
        let world = lived_in(&from.store).await;
        with_bob(&world).await;
        let bob = account(&from.store, "bob").await;
        (world, bob)
    });
    let exported = block_on(head(&world));
    let rows = from.rows.list(bob.key());
    from.rows.put(&rows[0].place, &at_another_time(&rows[0]));
    let (moved, ada) = block_on(async {
        let transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
        let (old, new) = (keys(), other_keys());
        let mut transfer =
            if renamed { transfer.rename(&old, &new).expect("two keys") } else { transfer };
        assert_eq!(run(&mut transfer).await.expect(&label), Stage::Finished, "{label}");
        transfer.open_target().await.expect(&label);
        drop(transfer);

        let used = if renamed { other_keys() } else { keys() };
        let opened = world.beside().keys(used).store(Arc::clone(&to.store)).seed(99);
        let moved = opened.open().await;
        assert_whole(&moved, Some(&exported), &label).await;
        let bob = sspr::UserId::parse("bob").expect("valid");
        let (whole, found) = checked_of(&moved, TrailOf::User(&bob), None).await;
        assert!(!whole && found.contains("\"found\":\"changed\""), "{label}: {found}");
        // The chain goes on.
        moved.admin().require_registration(&moved.user).await.expect(&label);
        assert_whole(&moved, Some(&exported), &label).await;
        let ada = account(&to.store, moved.user.as_str()).await;
        (moved, ada)
    });
    let rows = to.rows.list(ada.key());
    to.rows.remove(&rows[2].place);
    block_on(assert_found(&moved, Some(&exported), "missing", &label));
}

/// Each kind of store is once the source and once the target, with and without another lookup key.
#[test]
fn a_trail_that_was_moved_to_another_store_is_as_whole_as_before() {
    let kinds = kinds();
    for renamed in [false, true] {
        for (from, to) in kinds.iter().zip(kinds.iter().cycle().skip(1)) {
            a_move_keeps_what_is_whole_and_what_is_not(*from, *to, renamed);
        }
    }
}

#[test]
fn a_rotation_of_the_short_lived_keys_changes_no_trail() {
    for make in kinds() {
        let raw = make();
        let (world, exported, ada) = block_on(async {
            let world = lived_in(&raw.store).await;
            let exported = head(&world).await;
            let mut last = None;
            for (ids, seed) in [(&[1, 2][..], 11), (&[2, 1], 12), (&[2], 13)] {
                let opened = world.beside().keys(short(ids)).store(Arc::clone(&raw.store));
                let rotated = opened.seed(seed).open().await;
                assert_whole(&rotated, Some(&exported), raw.name).await;
                rotated.admin().require_registration(&rotated.user).await.expect(raw.name);
                rotated.admin().revoke_methods(&rotated.user).await.expect(raw.name);
                assert_whole(&rotated, Some(&exported), raw.name).await;
                last = Some(rotated);
            }
            let ada = account(&raw.store, world.user.as_str()).await;
            (last.expect("rotated"), exported, ada)
        });
        let rows = raw.rows.list(ada.key());
        raw.rows.put(&rows[1].place, &at_another_time(&rows[1]));
        block_on(assert_found(&world, Some(&exported), "changed", raw.name));
    }
}

//! Sources and targets that a copy refuses, and unfinished targets.

use std::sync::Arc;

use sspr::port::{Columns, PortErrorKind, Record, RecordKey, RecordKind, Version};
use sspr::port::{Commit, Committed};
use sspr::testing::block_on;
use sspr::transfer::{Checkpoint, TransferError, copy};
use sspr::{Error, InvalidInput, TenantId, Timestamp};

use crate::support::{World, keys};
use crate::transfer::scene::{fill, held, other_keys, run, tenants, until_compared};
use crate::transfer::stores::{Made, Make, kinds, memory};

/// A store initialised by another engine, with other random numbers.
fn another(make: Make) -> Made {
    let made = make();
    let world = block_on(World::builder().open());
    block_on(world.beside().store(Arc::clone(&made.store)).seed(8).open());
    block_on(fill(Arc::clone(&made.store)));
    made
}

#[test]
fn an_engine_does_not_open_a_target_that_is_not_finished() {
    for (name, make) in kinds() {
        let (from, to) = (memory(), make());
        let scene = block_on(fill(Arc::clone(&from.store)));
        let mut transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
        block_on(until_compared(&mut transfer));
        for keys in [keys(), other_keys()] {
            let joined = scene.world.beside().keys(keys).store(Arc::clone(&to.store));
            match block_on(joined.try_open()).map(|world| world.engine) {
                Err(Error::Fault(fault)) => {
                    assert_eq!(fault.error.kind(), PortErrorKind::Denied, "{name}");
                }
                other => panic!("{name}: {other:?}"),
            }
        }
        // Nor is it a source.
        let further = memory();
        let mut onwards = copy(&*to.store, &*further.store, tenants()).expect("a tenant");
        let error = block_on(onwards.step()).expect_err(name);
        assert!(matches!(error, TransferError::NoSource), "{name}: {error}");
        drop(onwards);
        block_on(run(&mut transfer)).expect("finished");
        block_on(transfer.open_target()).expect("compared");
        let joined = scene.world.beside().store(Arc::clone(&to.store)).seed(5);
        block_on(joined.try_open()).map(drop).expect(name);
    }
}

#[test]
fn a_target_with_other_content_is_not_changed() {
    for (name, make) in kinds() {
        let from = memory();
        block_on(fill(Arc::clone(&from.store)));

        // A store of others' engines.
        let to = another(make);
        let before = held(&*to.store);
        let mut transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
        let error = block_on(transfer.step()).expect_err(name);
        assert!(matches!(error, TransferError::Occupied), "{name}: {error}");
        assert_eq!(held(&*to.store), before, "{name}");

        // The half of another copy, from another source.
        let (third, half) = (another(memory), make());
        let mut transfer = copy(&*third.store, &*half.store, tenants()).expect("a tenant");
        block_on(transfer.step()).expect("begun");
        let mut transfer = copy(&*from.store, &*half.store, tenants()).expect("a tenant");
        let error = block_on(transfer.step()).expect_err(name);
        assert!(matches!(error, TransferError::Occupied), "{name}: {error}");

        // Rows without a mark.
        for kind in [RecordKind::Account, RecordKind::Decoy, RecordKind::Policy] {
            let to = make();
            let columns = Columns::new(tenants()[0].clone(), kind, Timestamp::EPOCH);
            let row = Record::loaded(RecordKey::from_bytes([1; 32]), Version::new(1, 1), "{}");
            let put = block_on(to.store.commit(Commit::new(&row, None, &columns, &[])));
            assert_eq!(put.expect("written"), Committed::Applied);
            let mut transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
            let error = block_on(transfer.step()).expect_err(name);
            assert!(matches!(error, TransferError::Occupied), "{name}: {error}");
        }
    }
}

#[test]
fn a_source_that_no_engine_has_opened_is_refused() {
    let (from, to) = (memory(), memory());
    let mut transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
    let error = block_on(transfer.step()).expect_err("there is nothing");
    assert!(matches!(error, TransferError::NoSource), "{error}");
    assert!(held(&*to.store).records.is_empty());
    let none: [TenantId; 0] = [];
    assert!(copy(&*from.store, &*to.store, none).is_err());
}

#[test]
fn the_old_lookup_key_must_be_the_right_one_and_the_new_one_another() {
    let (from, to) = (memory(), memory());
    block_on(fill(Arc::clone(&from.store)));
    let (old, new) = (keys(), other_keys());
    let transfer = || copy(&*from.store, &*to.store, tenants()).expect("a tenant");
    let again = keys();
    assert!(transfer().rename(&old, &again).is_err(), "nothing would change");
    let mut wrong = transfer().rename(&new, &old).expect("two keys");
    let error = block_on(wrong.step()).expect_err("the source has another key");
    assert!(matches!(error, TransferError::WrongKey), "{error}");
    assert!(held(&*to.store).records.is_empty());
}

#[test]
fn a_checkpoint_of_another_copy_is_refused() {
    let (from, third, to) = (memory(), another(memory), memory());
    block_on(fill(Arc::clone(&from.store)));
    let mut transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant").in_flight(4);
    for _ in 0..3 {
        block_on(transfer.step()).expect("a step");
    }
    let kept = transfer.checkpoint().expect("begun");
    let other = [TenantId::parse("fabrikam").expect("valid")];
    assert!(copy(&*from.store, &*to.store, other).expect("a tenant").resume(&kept).is_err());
    for text in ["", "{}", &kept.as_text().replace("\"format\":2", "\"format\":3")] {
        assert!(Checkpoint::parse(text).is_err(), "{text}");
    }
    // Another store with the same tenant, recognised by its id.
    let elsewhere = memory();
    let source = copy(&*third.store, &*elsewhere.store, tenants()).expect("a tenant");
    let mut resumed = source.resume(&kept).expect("the same tenants");
    let outcome = block_on(resumed.step());
    let foreign = InvalidInput::Foreign { what: "checkpoint" };
    match outcome {
        Err(TransferError::Invalid(error)) => assert_eq!(error, foreign),
        other => panic!("{other:?}"),
    }
}

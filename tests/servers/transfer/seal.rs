//! The note that tells which seal opens a store: it is no difference, and it is copied with the
//! sealed seeds.

use std::sync::Arc;

use sspr::adapters::seal::KeySeal;
use sspr::port::{PortErrorKind, RecordKey, Store};
use sspr::testing::block_on;
use sspr::transfer::{Stage, copy};
use sspr::{Error, SecretBytes};

use crate::support::keys;
use crate::transfer::scene::{Scene, fill, other_keys, run, tenants};
use crate::transfer::stores::{kinds, memory};

fn secret(byte: u8) -> SecretBytes {
    SecretBytes::new(vec![byte; 32])
}

fn seal(id: u16, byte: u8) -> KeySeal {
    KeySeal::new(id, secret(byte)).expect("long enough")
}

/// Opens an engine with this seal.
async fn open(
    scene: &Scene,
    store: &Arc<dyn Store>,
    renamed: bool,
    seal: KeySeal,
) -> Result<(), Error> {
    let keys = if renamed { other_keys() } else { keys() };
    let joined = scene.world.beside().keys(keys).store(Arc::clone(store)).seed(99);
    joined.engine(|engine| engine.seal(seal)).try_open().await.map(drop)
}

/// The body of the note, and none where there is no note.
async fn note(store: &dyn Store) -> Option<String> {
    let mut key = [0; 32];
    key[31] = 2;
    let found = store.load(&RecordKey::from_bytes(key)).await.expect("read");
    found.map(|record| record.body().to_owned())
}

/// Replaces the note that the scene's engine has made by that of this seal.
async fn sealed_with(store: &dyn Store, scene: &Scene, seal: KeySeal) {
    let spare = memory();
    open(scene, &spare.store, false, seal).await.expect("an empty store");
    let mut key = [0; 32];
    key[31] = 2;
    let key = RecordKey::from_bytes(key);
    let there = store.load(&key).await.expect("read").expect("noted");
    let other = spare.store.load(&key).await.expect("read").expect("noted");
    let version = sspr::port::Version::new(there.version().count() + 1, 1);
    let record = sspr::port::Record::loaded(key, version, other.body());
    let tenant = sspr::TenantId::parse("_store").expect("valid");
    let columns =
        sspr::port::Columns::new(tenant, sspr::port::RecordKind::Meta, sspr::Timestamp::EPOCH);
    let commit = sspr::port::Commit::new(&record, Some(there.version()), &columns, &[]);
    let put = store.commit(commit).await.expect("written");
    assert_eq!(put, sspr::port::Committed::Applied);
}

#[test]
fn a_target_opens_with_the_seal_of_its_source_and_with_no_other() {
    for (name, make) in kinds() {
        for renamed in [false, true] {
            let (from, to) = (make(), make());
            block_on(async {
                let scene = fill(Arc::clone(&from.store)).await;
                sealed_with(&*from.store, &scene, seal(1, 1)).await;
                let (old, new) = (keys(), other_keys());
                let mut transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
                if renamed {
                    transfer = transfer.rename(&old, &new).expect("another key");
                }
                let stage = run(&mut transfer).await.expect("no failure");
                assert_eq!(stage, Stage::Finished, "{name}: {:#?}", transfer.report());
                assert_eq!(note(&*to.store).await, None, "{name}: not before it is opened");
                // The source was resealed with a newer key meanwhile, so its current note counts.
                let rotated = || seal(2, 2).also_open(1, secret(1)).expect("long enough");
                open(&scene, &from.store, false, rotated()).await.expect(name);
                transfer.open_target().await.expect("compared");
                let carried = note(&*to.store).await;
                assert!(carried.is_some(), "{name}");
                assert_eq!(carried, note(&*from.store).await, "{name}");

                for wrong in [seal(1, 1), seal(2, 9), seal(3, 3)] {
                    match open(&scene, &to.store, renamed, wrong).await {
                        Err(Error::Fault(fault)) => {
                            assert_eq!(fault.error.kind(), PortErrorKind::Denied, "{name}");
                        }
                        other => panic!("{name}: {other:?}"),
                    }
                }
                open(&scene, &to.store, renamed, seal(2, 2)).await.expect(name);
                // A later seal of the target's own is not taken back by a process that asks again.
                let later = || seal(4, 4).also_open(2, secret(2)).expect("long enough");
                open(&scene, &to.store, renamed, later()).await.expect(name);
                let own = note(&*to.store).await;
                transfer.open_target().await.expect("once more");
                assert_eq!(note(&*to.store).await, own, "{name}");
                assert_ne!(own, carried, "{name}");
            });
        }
    }
}

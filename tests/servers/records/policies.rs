//! Policies of a newer release.

use sspr::password::{BannedPasswords, PasswordFault};
use sspr::policy::Deviation;
use sspr::port::RecordKind;
use sspr::testing::block_on;
use sspr::{Policy, Refusal};

use crate::records::stores::{StoreUnderTest, all, with_memory};
use crate::records::upgrade::corrupt;
use crate::support::{NEW, World, settings};

async fn edit(under_test: &StoreUnderTest, change: impl FnOnce(&mut serde_json::Value)) {
    let record = under_test.records(RecordKind::Policy).await.remove(0);
    let mut body = serde_json::from_str(record.body()).expect("json");
    change(&mut body);
    under_test.replace(&record, RecordKind::Policy, &body.to_string()).await;
}

/// Inv. 19: replacing a policy does not drop settings that this release does not know.
#[test]
fn a_policy_with_settings_of_a_newer_release_is_obeyed_and_not_overwritten() {
    type Change = fn(&mut serde_json::Value);
    let changes: [Change; 3] = [
        |body| body["approved_by"] = "two".into(),
        |body| body["policy"]["palms"] = true.into(),
        |body| body["policy"]["sends"]["per_week"] = 30.into(),
    ];
    for change in changes {
        for under_test in all() {
            block_on(async {
                let store = std::sync::Arc::clone(&under_test.store);
                let world =
                    World::builder().store(store).settings(settings()).registered().open().await;
                edit(&under_test, change).await;
                let ticket = world.granted().await;
                world.complete(&ticket, NEW).await.expect("reset");
                let by = world.admin();
                let stored = by.policy().await.expect("readable").expect("there");
                let before = under_test.records(RecordKind::Policy).await.remove(0);
                let put = by.put_policy(&stored.policy, Some(stored.revision)).await;
                let said = corrupt(put, under_test.name);
                assert!(said.contains(&before.key().to_string()), "{said}");
                let after = under_test.records(RecordKind::Policy).await.remove(0);
                assert_eq!(after.body(), before.body(), "{}", under_test.name);
                assert_eq!(after.version(), before.version(), "{}", under_test.name);
            });
        }
    }
}

/// Inv. 19: a policy that this release may not read closes the tenant.
#[test]
fn a_policy_closed_to_this_release_closes_the_tenant() {
    for under_test in all() {
        block_on(async {
            let world = World::builder()
                .store(std::sync::Arc::clone(&under_test.store))
                .settings(settings())
                .registered()
                .open()
                .await;
            let ticket = world.granted().await;
            edit(&under_test, |body| body["min_reader"] = 2.into()).await;
            let key = under_test.records(RecordKind::Policy).await.remove(0).key().to_string();
            let said = corrupt(world.complete(&ticket, NEW).await, under_test.name);
            assert!(said.contains(&key), "{said}");
            let by = world.admin();
            corrupt(by.policy().await, under_test.name);
            let policy = Policy::new(settings()).expect("sound");
            corrupt(by.put_policy(&policy, Some(1)).await, under_test.name);
            let cursor = None;
            corrupt(
                world.engine.short_keys_in_use(&world.tenant, cursor, 9).await,
                under_test.name,
            );
        });
    }
}

/// E9.4: a policy of a thousand terms, the longest of any script, is stored and enforced.
#[test]
fn a_policy_of_a_thousand_terms_is_stored_and_enforced() {
    let term = |n| format!("{n:04}{}", "\u{1F412}".repeat(12));
    for under_test in with_memory() {
        block_on(async {
            let store = std::sync::Arc::clone(&under_test.store);
            let mut settings = settings();
            settings.password.banned = BannedPasswords::EntraScore;
            settings.acknowledged.insert(Deviation::BannedParts);
            settings.password.banned_words = (0..1_000).map(term).collect();
            let world = World::builder().store(store).settings(settings).registered().open().await;
            let record = under_test.records(RecordKind::Policy).await.remove(0);
            assert!(record.body().len() > 50_000, "{} bytes", record.body().len());
            let ticket = world.granted().await;
            let refused = world.complete(&ticket, &format!("{}xyz", term(999))).await;
            let error = refused.expect_err(under_test.name);
            let Some(Refusal::Password(rejection)) = error.refusal() else { panic!("{error}") };
            assert_eq!(rejection.faults, [PasswordFault::BannedWord], "{}", under_test.name);
            world.complete(&ticket, NEW).await.expect(under_test.name);
        });
    }
}

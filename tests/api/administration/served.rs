//! Policies that an engine cannot serve, and seals that do not match their store.

use std::sync::Arc;

use crate::support::*;
use sspr::adapters::memory::MemoryStore;
use sspr::adapters::seal::KeySeal;
use sspr::facts::TenantFacts;
use sspr::method::Channel;
use sspr::policy::{Lack, Retired, Retirement, Scope};
use sspr::port::{Clock as _, PortErrorKind};
use sspr::testing::block_on;
use sspr::{Engine, Error, MethodKind, Policy, PolicySettings, Refusal, SecretBytes};

async fn plain_engine(channels: &[Channel]) -> Engine {
    let world = World::builder().open().await;
    world.inbox.set_channels(&world.tenant, channels.to_vec());
    // Over another store, which has no policy yet.
    world.beside().store(MemoryStore::new()).without_abilities().open().await.engine
}

#[tokio::test]
async fn a_policy_that_no_user_could_satisfy_is_refused_with_its_setting() {
    let engine = plain_engine(&[Channel::Email]).await;
    let (tenant, root) = (tenant(), admin());
    let by = engine.admin(&tenant, &root);
    let put = async |change: fn(&mut PolicySettings)| {
        let mut settings = one_gate();
        settings.administrators.enabled = false;
        change(&mut settings);
        let policy = Policy::new(settings).expect("sound");
        let expected = by.policy().await.expect("read").map(|stored| stored.revision);
        by.put_policy(&policy, expected).await
    };
    let refused = async |change: fn(&mut PolicySettings)| match put(change).await {
        Err(Error::Refused(Refusal::PolicyNotServed(item))) => (item.path, item.lacks),
        other => panic!("{other:?}"),
    };
    let two = |settings: &mut PolicySettings| settings.users.required = 2;
    assert_eq!(refused(two).await, ("users.required".to_owned(), Lack::Methods));
    let app = |settings: &mut PolicySettings| {
        settings.users.methods = [MethodKind::AuthenticatorApp].into();
    };
    assert_eq!(refused(app).await, ("users.required".to_owned(), Lack::Methods));
    let passkey = |settings: &mut PolicySettings| {
        settings.users.methods = [MethodKind::Passkey].into();
    };
    assert_eq!(refused(passkey).await, ("users.required".to_owned(), Lack::Methods));
    let human = |settings: &mut PolicySettings| settings.human_check = true;
    assert_eq!(refused(human).await, ("human_check".to_owned(), Lack::HumanCheck));
    let administrators = |settings: &mut PolicySettings| settings.administrators.enabled = true;
    let path = "administrators.gates.required".to_owned();
    assert_eq!(refused(administrators).await, (path, Lack::Methods));
    assert!(by.policy().await.expect("read").is_none(), "none of them was stored");
    // A policy that closes the tenant is always accepted, and so is one that is served in part.
    put(|settings| (settings.scope, settings.users.required) = (Scope::None, 2))
        .await
        .expect("put");
    put(|_| {}).await.expect("mail is enough for one gate");
}

#[tokio::test]
async fn the_check_names_everything_that_is_missing() {
    let engine = plain_engine(&[Channel::Email]).await;
    let mut settings = one_gate();
    settings.users.methods = accepted_kinds();
    settings.administrators.enabled = false;
    settings.acknowledged.insert(sspr::policy::Deviation::GuessingAboveThreshold);
    let policy = Policy::new(settings).expect("sound");
    let found = engine.check(&tenant(), &policy).await.expect("checked");
    let lacks = |kind| found.iter().find(|item| item.method == Some(kind)).map(|item| item.lacks);
    assert_eq!(lacks(MethodKind::MobilePhone), Some(Lack::Channel));
    assert_eq!(lacks(MethodKind::OfficePhone), Some(Lack::Channel));
    assert_eq!(lacks(MethodKind::AuthenticatorApp), Some(Lack::Seal));
    assert_eq!(lacks(MethodKind::OathToken), Some(Lack::Seal));
    for kind in [MethodKind::AppNotification, MethodKind::Passkey, MethodKind::HostVerified] {
        assert_eq!(lacks(kind), Some(Lack::ExternalMethod));
    }
    assert_eq!((lacks(MethodKind::Email), lacks(MethodKind::RecoveryCode)), (None, None));
    assert!(found.iter().all(|item| item.path == "users.methods" && !item.stops_every_reset()));
    let world = World::builder().settings(settings_of_world()).open().await;
    let policy = Policy::new(settings_of_world()).expect("sound");
    assert_eq!(world.engine.check(&tenant(), &policy).await.expect("checked"), []);
}

/// A provider that has ended in one cloud serves the tenants of the others.
#[tokio::test]
async fn a_policy_is_checked_against_the_cloud_of_its_tenant() {
    let world = World::builder().settings(settings()).open().await;
    let mut chosen = settings();
    let provider = "memory".to_owned();
    let ended = [Channel::Sms, Channel::Voice].map(|channel| {
        let what = Retired::Provider { channel, provider: provider.clone() };
        let mut retirement = Retirement::new(what, world.clock.now());
        retirement.clouds = ["public".to_owned()].into();
        retirement
    });
    chosen.retirements = ended.into();
    let policy = Policy::new(chosen).expect("sound");
    for (cloud, served) in [("public", false), ("government", true)] {
        let set = |facts: &mut TenantFacts| facts.cloud = Some(cloud.to_owned());
        world.directory.update_tenant(&world.tenant, set).expect("known");
        let found = world.engine.check(&world.tenant, &policy).await.expect("checked");
        assert_eq!(found.is_empty(), served, "{cloud}: {found:?}");
    }
}

fn settings_of_world() -> PolicySettings {
    settings()
}

#[test]
fn a_wrong_seal_key_is_seen_when_the_engine_opens_and_keys_still_rotate() {
    let secret = |byte| SecretBytes::new(vec![byte; 32]);
    let key_seal = |id: u16| KeySeal::new(id, secret(id as u8)).expect("long enough");
    let store = Arc::new(MemoryStore::new());
    let open = |seal: KeySeal| {
        let world = World::builder().store(store.clone()).engine(|engine| engine.seal(seal));
        block_on(world.try_open()).map(|world| world.engine)
    };
    open(key_seal(1)).expect("the first seal");
    open(key_seal(1)).expect("the same again");
    for wrong in [key_seal(2), KeySeal::new(1, secret(9)).expect("long enough")] {
        let Err(Error::Fault(fault)) = open(wrong) else { panic!("another key") };
        assert_eq!(fault.error.kind(), PortErrorKind::Denied);
        assert_eq!(fault.origin, sspr::error::FaultOrigin::Seal);
        let source = std::error::Error::source(&fault.error).expect("said why").to_string();
        assert!(source.contains("does not open what this store was sealed with"), "{source}");
    }
    // The rotation: open with both keys, seal with the new one, remove the old one.
    let with = |first: u16, second: u16| {
        key_seal(first).also_open(second, secret(second as u8)).expect("another")
    };
    open(with(1, 2)).expect("verifies both");
    open(with(2, 1)).expect("seals with the new one");
    open(with(1, 2)).expect("an engine that still seals with the old one");
    // The last engine with the old key has sealed the check value again: the run that reseals the
    // seeds moves it too.
    assert!(open(key_seal(2)).is_err());
    let engine = open(with(2, 1)).expect("opened");
    open(with(1, 2)).expect("once more in between");
    block_on(engine.reseal(&tenant(), None, 10)).expect("moved");
    open(key_seal(2)).expect("the old key is dropped");
    assert!(open(key_seal(1)).is_err(), "the old key is no key of the store any more");
}

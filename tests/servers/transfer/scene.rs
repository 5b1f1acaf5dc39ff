//! A source with every kind of content, and a view of everything that a store holds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sspr::admin::Contacts;
use sspr::audit::Event;
use sspr::facts::{EmailAddress, UserFacts};
use sspr::port::{Clock as _, Record, RecordKey, RecordKind, Retry, Store};
use sspr::port::{Cutoff, EventsOf};
use sspr::testing::{SoftToken, block_on};
use sspr::transfer::{Progress, Stage, Transfer, TransferError, TransferReport, copy};
use sspr::{
    Identifier, Keys, MethodKind, PolicySettings, ResetTicket, SecretBytes, TenantId, Timestamp,
    UserId,
};

use crate::support::{World, email, request, settings, tenant};

/// A source, and who is in it.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) from: Arc<dyn Store>,
    pub(crate) app: SoftToken,
    pub(crate) saved: Vec<String>,
}

/// Accounts beside Ada's.
pub(crate) const OTHERS: usize = 9;

pub(crate) fn tenants() -> [TenantId; 1] {
    [tenant()]
}

/// Another lookup key beside the same short-lived one.
pub(crate) fn other_keys() -> Keys {
    let secret = |byte| SecretBytes::new(vec![byte; 32]);
    Keys::new(secret(3), 1, secret(2)).expect("long enough")
}

pub(crate) fn every_method() -> PolicySettings {
    let mut settings = settings();
    settings.users.methods = [
        MethodKind::Email,
        MethodKind::MobilePhone,
        MethodKind::AuthenticatorApp,
        MethodKind::RecoveryCode,
    ]
    .into();
    settings
}

/// A policy; Ada with every method; others with an address; a decoy whose code was asked for; the
/// events of another decoy, whose record is gone.
pub(crate) async fn fill(from: Arc<dyn Store>) -> Scene {
    let world = World::builder().store(Arc::clone(&from)).settings(every_method()).open().await;
    ask_for_an_unknown_name(&world, "gone@contoso.example").await;
    world.clock.advance(Duration::from_secs(3_600));
    world.deliver().await;
    let later = world.clock.now().plus(Duration::from_secs(60 * 86_400));
    from.purge(Cutoff::new(later, Timestamp::EPOCH), 1_000).await.expect("purged");

    let Scene { world, app, saved, .. } = enrolled(world, Arc::clone(&from)).await;
    for number in 0..OTHERS {
        let user = UserId::parse(&format!("u-{number}")).expect("valid");
        let name = format!("u{number}@contoso.example");
        world
            .directory
            .add_user(&tenant(), UserFacts::new(user.clone()), &[&name], "x")
            .expect("new");
        let mut contacts = Contacts::default();
        contacts.email =
            Some(EmailAddress::parse(&format!("u{number}@mail.example")).expect("valid"));
        let admin = world.admin();
        admin.supply_contacts(&user, &contacts).await.expect("supplied");
    }
    ask_for_an_unknown_name(&world, "unknown@contoso.example").await;
    world.deliver().await;
    Scene { world, from, app, saved }
}

/// Ada alone, with every method.
pub(crate) async fn ada_alone(from: Arc<dyn Store>) -> Scene {
    enrolled(World::builder().store(Arc::clone(&from)).settings(every_method()).open().await, from)
        .await
}

async fn enrolled(world: World, from: Arc<dyn Store>) -> Scene {
    world.register_contacts().await;
    let app = world.enrol_app().await;
    let saved = world.create_recovery_codes().await;
    Scene { world, from, app, saved }
}

async fn ask_for_an_unknown_name(world: &World, name: &str) {
    let name = Identifier::parse(name).expect("valid");
    let reply = world.engine.reset().start(&request(), &name).await.expect("started");
    world.challenge(&reply.ticket, &email()).await;
}

/// Ada asks for a code by mail, which waits to be sent.
pub(crate) async fn waits(scene: &Scene) -> ResetTicket {
    let reply = scene.world.start().await;
    scene.world.challenge(&reply.ticket, &email()).await.ticket
}

/// Everything that a store has of a tenant.
#[derive(PartialEq, Debug)]
pub(crate) struct Held {
    pub(crate) records: BTreeMap<RecordKey, (RecordKind, String, String)>,
    /// In the order of their ids.
    pub(crate) events: Vec<Event>,
    pub(crate) due: Vec<RecordKey>,
}

pub(crate) fn held(store: &dyn Store) -> Held {
    block_on(async {
        let mut records = BTreeMap::new();
        for kind in RecordKind::ALL {
            for record in scan(store, kind).await {
                let held = (kind, record.version().to_string(), record.body().to_owned());
                assert!(records.insert(*record.key(), held).is_none(), "twice");
            }
        }
        let mut events = Vec::new();
        let mut after = None;
        loop {
            let page = store.events(EventsOf::Tenant(&tenant()), after.as_ref(), 100).await;
            let page = page.expect("listed");
            events.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        events.sort_by_key(|event| event.id);
        let mut due = store.due(Timestamp::MAX, None, 1_000).await.expect("listed").items;
        due.sort_unstable();
        Held { records, events, due }
    })
}

pub(crate) async fn scan(store: &dyn Store, kind: RecordKind) -> Vec<Record> {
    let mut records = Vec::new();
    let mut after = None;
    loop {
        let page = store.scan(&tenant(), kind, after.as_ref(), 100).await.expect("listed");
        records.extend(page.items);
        after = page.next;
        if after.is_none() {
            return records;
        }
    }
}

/// Runs a copy to its end.
pub(crate) async fn run(transfer: &mut Transfer<'_>) -> Result<Stage, TransferError> {
    loop {
        let progress = transfer.step().await?;
        if progress.stage.is_over() {
            return Ok(progress.stage);
        }
    }
}

/// One step that must succeed. A server under load may ask for it to be repeated.
pub(crate) async fn step(transfer: &mut Transfer<'_>) -> Progress {
    let mut repeats = 5;
    loop {
        match transfer.step().await {
            Err(error) if error.retry() == Retry::Later && repeats > 0 => repeats -= 1,
            stepped => return stepped.expect("no failure"),
        }
    }
}

/// Copies and opens the target, and expects that it works.
pub(crate) async fn moved(from: &dyn Store, to: &dyn Store) -> TransferReport {
    let mut transfer = copy(from, to, tenants()).expect("a tenant");
    let stage = loop {
        let stage = step(&mut transfer).await.stage;
        if stage.is_over() {
            break stage;
        }
    };
    assert_eq!(stage, Stage::Finished, "{:#?}", transfer.report());
    transfer.open_target().await.expect("compared");
    transfer.report().clone()
}

/// Steps until the comparison begins: from here on a test may tamper.
pub(crate) async fn until_compared(transfer: &mut Transfer<'_>) {
    while step(transfer).await.stage < Stage::Comparing {}
}

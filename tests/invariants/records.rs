//! Invariants 17, 19 and 20: the size of a record, records of other releases, effects of reading.

use std::sync::Arc;

use sspr::adapters::memory::MemoryStore;
use sspr::admin::Contacts;
use sspr::error::FaultOrigin;
use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::port::PortErrorKind;
use sspr::port::RecordKind;
use sspr::testing::{CallLog, block_on};
use sspr::{Error, ResetTicket, Step, TenantId};

use crate::stores::{StoreUnderTest, all, memory};
use crate::support::{
    MAIL, MOBILE, NEW, OLD, World, ada, admin, email, other_than, request, request_from, settings,
    sms, tenant, voice,
};

/// The longest body of a record.
const MOST: usize = 16 * 1024;

pub(crate) fn corrupt<T: std::fmt::Debug>(result: Result<T, Error>, what: &str) {
    match result {
        Err(Error::Fault(fault)) => {
            assert_eq!(fault.origin, FaultOrigin::Store, "{what}");
            assert_eq!(fault.error.kind(), PortErrorKind::Corrupt, "{what}");
        }
        other => panic!("{what}: a damaged record is answered with {other:?}"),
    }
}

/// An account with the longest addresses, under the widest policy.
async fn widest(under_test: &StoreUnderTest) -> World {
    let mut settings = settings();
    settings.sends.per_hour = 20;
    settings.sends.per_day = 20;
    settings.sends.live_flows = 10;
    settings.sends.source_share = 100;
    settings.acknowledged.insert(sspr::policy::Deviation::GuessingAboveThreshold);
    let world =
        World::builder().store(Arc::clone(&under_test.store)).settings(settings).open().await;
    let label = "x".repeat(60);
    let host = format!("{label}.{label}.{label}.example");
    let mut contacts = Contacts::default();
    contacts.email =
        Some(EmailAddress::parse(&format!("{}@{host}", "a".repeat(58))).expect("valid"));
    contacts.mobile_phone = Some(PhoneNumber::parse(MOBILE).expect("valid"));
    contacts.office_phone = Some(PhoneNumber::parse("+1 4255550101").expect("valid"));
    let by = world.admin();
    by.supply_contacts(&world.user, &contacts).await.expect("supplied");
    world.deliver().await;
    world
}

/// Inv. 17: anonymous calls grow a record up to a bound, and the owner's flow can still end.
#[test]
fn inv17_nothing_anonymous_grows_a_record_beyond_its_bound() {
    for under_test in all() {
        block_on(async {
            let world = widest(&under_test).await;
            let owner = world.start().await;
            let (owner, text) = world.challenged(&owner.ticket, &sms(), MOBILE).await;
            let owner = world.prove(&owner.ticket, &text).await.expect("proven");
            for number in 0..30 {
                let request = request_from(&format!("198.51.100.{number}"));
                let reset = world.engine.reset();
                let mut ticket = reset.start(&request, &ada()).await.expect("started").ticket;
                for option in [email(), sms(), voice()] {
                    match reset.challenge(&request, &ticket, &option).await {
                        Ok(reply) => ticket = reply.ticket,
                        // Only the wait between two codes is refused: a full record must not show
                        // either (inv. 7).
                        Err(error) => assert!(
                            matches!(error.refusal(), Some(sspr::Refusal::TooOften { .. })),
                            "{}: {error:?}",
                            under_test.name
                        ),
                    }
                    world.deliver().await;
                    let length = under_test.account().await.body().len();
                    assert!(length <= MOST, "{}: {length} bytes", under_test.name);
                }
            }
            let option = email();
            let reply = world
                .engine
                .reset()
                .challenge(&request(), &owner.ticket, &option)
                .await
                .expect("the owner continues");
            world.deliver().await;
            let sent = world.inbox.all();
            let read =
                sent.iter().rev().find_map(|message| message.code()).expect("a code").to_owned();
            let reply = world.prove(&reply.ticket, &read).await.expect("proven");
            world.complete(&reply.ticket, NEW).await.expect("reset");
            assert!(under_test.account().await.body().len() <= MOST, "{}", under_test.name);
        });
    }
}

/// Inv. 19: fields of a newer release survive commits of this release.
#[test]
fn inv19_unknown_fields_survive_our_writes() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(settings()).await;
            let future = serde_json::json!({"since": 3, "list": [1, "two"]});
            under_test.edit(|body| body["of_a_newer_release"] = future.clone()).await;
            let ticket = world.granted().await;
            world.complete(&ticket, NEW).await.expect("reset");
            world.deliver().await;
            assert_eq!(
                under_test.body().await["of_a_newer_release"],
                future,
                "{}",
                under_test.name
            );
        });
    }
}

/// Inv. 19: a record that a newer release has closed stays closed, and stays as it is.
#[test]
fn inv19_a_record_closed_to_us_stays_closed_and_whole() {
    for (field, under_test) in ["min_writer", "min_reader"]
        .into_iter()
        .flat_map(|field| all().into_iter().map(move |under_test| (field, under_test)))
    {
        block_on(async {
            let world = under_test.world(settings()).await;
            let ticket = world.granted().await;
            under_test.edit(|body| body[field] = 99.into()).await;
            closed(&under_test, &world, &ticket, field).await;
        });
    }
}

/// Every call on the account is a typed fault, and its row is unchanged.
pub(crate) async fn closed(
    under_test: &StoreUnderTest,
    world: &World,
    ticket: &ResetTicket,
    what: &str,
) {
    let before = under_test.account().await;
    let what = format!("{}: {what}", under_test.name);
    corrupt(world.engine.reset().start(&request(), &ada()).await, &what);
    corrupt(world.engine.reset().view(&request(), ticket).await, &what);
    corrupt(world.engine.reset().challenge(&request(), ticket, &email()).await, &what);
    corrupt(world.prove(ticket, "12345678").await, &what);
    corrupt(world.complete(ticket, NEW).await, &what);
    corrupt(world.engine.registration().list(&request(), &world.signed_in()).await, &what);
    corrupt(world.admin().unblock(&world.user).await, &what);
    let done = world.engine.maintain(100).await.expect("other records are maintained");
    // A valid body of another account has no due work.
    assert!(done.failed > 0 || what.ends_with("another tenant"), "{what}: {done:?}");
    let after = under_test.account().await;
    assert_eq!(before.version(), after.version(), "{what}");
    assert_eq!(before.body(), after.body(), "{what}: the row was changed");
    assert!(world.password_is(OLD), "{what}");
}

/// Inv. 15 and 19: damaged rows are typed faults. They are not treated as absent and are not
/// changed.
#[test]
fn inv19_damaged_rows_are_faults_and_stay() {
    type Damage = fn(&str) -> String;
    let damages: [(&str, Damage); 6] = [
        ("empty", |_| String::new()),
        ("truncated", |body| body[..body.len() / 2].to_owned()),
        ("no object", |_| "[]".to_owned()),
        ("another kind", |body| body.replacen("account", "nonsense", 1)),
        ("a text for a number", |body| body.replacen("\"epoch\":", "\"epoch\":\"x\",\"e\":", 1)),
        ("another tenant", |body| body.replacen("contoso", "fabrikam", 1)),
    ];
    for (what, damage) in damages {
        for under_test in all() {
            block_on(async {
                let world = under_test.world(settings()).await;
                let ticket = world.granted().await;
                let record = under_test.account().await;
                under_test.replace(&record, RecordKind::Account, &damage(record.body())).await;
                closed(&under_test, &world, &ticket, what).await;
            });
        }
    }
}

/// Inv. 15: a policy that cannot be read closes its tenant, and the default policy does not replace
/// it.
#[test]
fn inv19_a_damaged_policy_closes_its_tenant() {
    for under_test in all() {
        block_on(async {
            let world = under_test.world(settings()).await;
            let ticket = world.granted().await;
            let record = under_test.record(&tenant(), RecordKind::Policy).await;
            under_test.replace(&record, RecordKind::Policy, "{}").await;
            world.clock.advance(std::time::Duration::from_secs(6));
            corrupt(world.engine.reset().start(&request(), &ada()).await, under_test.name);
            corrupt(world.complete(&ticket, NEW).await, under_test.name);
            assert!(world.password_is(OLD), "{}", under_test.name);
        });
    }
}

/// Inv. 20: a link opened by a mail scanner, a page refreshed.
#[test]
fn inv20_reading_changes_nothing() {
    block_on(async {
        let under_test = memory();
        let world = under_test.world(settings()).await;
        let log = CallLog::new();
        let engine = world.beside().seed(12).recorded(&log).open().await.engine;
        let open = world.start().await;
        let (open, mail) = world.challenged(&open.ticket, &email(), MAIL).await;
        let granted = world.granted().await;
        let before = under_test.account().await;
        log.clear();
        for _ in 0..10 {
            let step = engine.reset().view(&request(), &open.ticket).await.expect("shown").step;
            assert!(matches!(step, Step::Enter { .. }));
            let step = engine.reset().view(&request(), &granted).await.expect("shown").step;
            assert!(matches!(step, Step::NewPassword { .. }));
            engine.reset().start(&request(), &ada()).await.expect("started");
            engine.registration().list(&request(), &world.signed_in()).await.expect("listed");
            let actor = admin();
            engine.admin(&world.tenant, &actor).events(None, 10).await.expect("readable");
            drop(engine.admin(&world.tenant, &actor).policy().await.expect("readable"));
        }
        assert_eq!(
            log.count("store.commit") + log.count("store.increment"),
            0,
            "{:?}",
            log.shapes()
        );
        assert_eq!(under_test.account().await.version(), before.version());
        assert!(world.prove(&open.ticket, &other_than(&mail)).await.is_err());
        world.prove(&open.ticket, &mail).await.expect("unchanged");
    });
}

/// Inv. 18: a store of another lookup key is refused and not changed.
#[test]
fn inv18_another_lookup_key_does_not_open_the_store() {
    block_on(async {
        let store = MemoryStore::new();
        let world = World::builder().store(store.clone()).settings(settings()).open().await;
        let secret = |byte| sspr::SecretBytes::new(vec![byte; 32]);
        let other = sspr::Keys::new(secret(9), 1, secret(2)).expect("long enough");
        let opened = world.beside().keys(other).try_open().await.map(|world| world.engine);
        let denied = matches!(&opened, Err(Error::Fault(fault)) if fault.error.kind() == PortErrorKind::Denied);
        assert!(denied, "{opened:?}");
        assert!(TenantId::parse("contoso").is_ok());
    });
}

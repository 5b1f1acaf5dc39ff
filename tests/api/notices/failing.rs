//! Failing deliveries: what an operator sees, and which messages wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sspr::adapters::memory::MemoryStore;
use sspr::admin::Contacts;
use sspr::facts::SessionKinds;
use sspr::method::Channel;
use sspr::port::{
    Clock as _, CounterIncrement, FaultScope, PortError, PortErrorKind, PortResult, Sessions,
    Store, async_trait,
};
use sspr::{Identifier, TenantId, Timestamp, UserId};

use crate::notices::scene::*;
use crate::support::*;

/// A store with this many counters that have expired.
async fn with_expired_rows(store: &dyn Store, rows: u32) {
    let long_ago = Timestamp::from_unix_seconds(START - 86_400);
    let increments: Vec<CounterIncrement> =
        (0..rows).map(|number| CounterIncrement::new(counter(number), 1, long_ago)).collect();
    for batch in increments.chunks(100) {
        store.increment(batch).await.expect("added");
    }
}

fn counter(number: u32) -> sspr::port::CounterKey {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    sspr::port::CounterKey::from_bytes(bytes)
}

/// The work that a flow's end leaves is done at once, and the pause after it ends with the next flow.
#[tokio::test]
async fn the_pause_ends_when_a_tidied_account_is_due_again() {
    let world = World::builder().settings(settings()).registered().open().await;
    let life = settings().lifetimes.flow;
    let later = std::time::Duration::from_secs(40);
    world.entering().await;
    world.clock.advance(later);
    let second = world.start().await;
    world.challenged(&second.ticket, &sms(), MOBILE).await;
    world.clock.advance(life - later);
    let report = world.engine.maintain(1).await.expect("maintained");
    assert_eq!((report.settled, report.more), (1, false), "one piece of work for one account");
    let pause = report.idle_for.expect("nothing is due");
    assert!(pause <= later, "{pause:?}");
    world.clock.advance(pause);
    assert_eq!(world.engine.maintain(1).await.expect("maintained").settled, 1);
}

#[tokio::test]
async fn s07_a_full_batch_of_expired_rows_says_that_there_is_more() {
    let store = Arc::new(MemoryStore::new());
    let world = World::builder().store(Arc::clone(&store)).settings(settings()).open().await;
    // A store is not purged on its first day.
    for _ in 0..48 {
        world.clock.advance(MINUTE * 60);
        world.deliver().await;
    }
    world.clock.advance(MINUTE);
    with_expired_rows(&*store, 3_000).await;
    let (mut purged, mut calls) = (0, 0);
    loop {
        let done = world.engine.maintain(100).await.expect("maintained");
        (purged, calls) = (purged + done.purged, calls + 1);
        assert_eq!(done.idle_for.is_none(), done.more, "{done:?}");
        if !done.more {
            break;
        }
        assert!(calls < 10, "it ends");
    }
    assert!(purged >= 3_000, "{purged} rows in {calls} calls without a wait");
}

#[tokio::test]
async fn d02_a_failing_delivery_is_seen_with_its_error_and_since_when() {
    let world = World::builder().settings(one_gate()).registered().open().await;
    world.inbox.clear();
    assert!(world.engine.stats().failing.is_empty());
    world.inbox.fail_with(Some(PortErrorKind::Unavailable));
    let reply = world.start().await;
    world.challenge(&reply.ticket, &email()).await;
    let queued = world.clock.now();
    let done = world.engine.maintain(100).await.expect("maintained");
    assert_eq!(done.failing.len(), 1, "{done:?}");
    world.clock.advance(MINUTE);
    world.engine.maintain(100).await.expect("maintained");
    let stats = world.engine.stats();
    let [failing] = stats.failing.as_slice() else { panic!("{stats:?}") };
    assert_eq!((&failing.tenant, failing.channel), (&world.tenant, Some(Channel::Email)));
    assert_eq!((failing.since, failing.oldest_waiting), (queued, queued));
    assert_eq!(
        (failing.last_at, failing.failures),
        (Timestamp::from_unix_millis(queued.unix_millis() + 60_000), 2)
    );
    assert!(failing.last_error.contains("unavailable"), "{}", failing.last_error);
    let shown = serde_json::to_string(failing).expect("serialised");
    assert!(!shown.contains(MAIL) && !shown.contains("private"), "{shown}");
    let count =
        |codes: &[String], wanted: &str| codes.iter().filter(|code| *code == wanted).count();
    let codes = world.event_codes().await;
    assert_eq!(count(&codes, "message_delayed"), 1, "at the first failure, once");
    // The code expires before it could be delivered, which is its last failure.
    world.clock.advance(HOUR);
    world.engine.maintain(100).await.expect("maintained");
    assert_eq!(count(&world.event_codes().await, "message_failed"), 1);
    // It works again.
    world.inbox.fail_with(None);
    let reply = world.start().await;
    world.challenge(&reply.ticket, &email()).await;
    world.deliver().await;
    assert!(world.engine.stats().failing.is_empty());
}

/// 120 users with full mailboxes, and Ada at another or at the same mail domain.
async fn delayed_by_full_mailboxes(scope: Option<FaultScope>, domain: &str) -> bool {
    let world = World::builder().settings(one_gate()).registered().open().await;
    world.inbox.clear();
    let delivery = Arc::new(Refuses {
        inbox: world.inbox.clone(),
        refused: |to| to.starts_with("full"),
        scope,
        tries: Default::default(),
    });
    let refuses = Arc::clone(&delivery);
    let engine = world.beside().seed(9).delivery(|_| refuses).open().await.engine;
    for number in 0..120 {
        add_user(&world, number, None, false);
        let id = UserId::parse(&format!("person-{number:04}")).expect("valid");
        let mut contacts = Contacts::default();
        contacts.email = Some(mail(&format!("full{number}@{domain}")));
        world.supply_contacts(&id, &contacts).await;
        let from = request_from(&format!("198.51.100.{number}"));
        let name =
            Identifier::parse(&format!("person-{number:04}@contoso.example")).expect("valid");
        let reply = engine.reset().start(&from, &name).await.expect("started");
        engine.reset().challenge(&from, &reply.ticket, &email()).await.expect("uniform");
    }
    let reply = engine.reset().start(&request(), &ada()).await.expect("started");
    engine.reset().challenge(&request(), &reply.ticket, &email()).await.expect("uniform");
    engine.maintain(10_000).await.expect("maintained");
    assert!(*delivery.tries.lock().expect("whole") >= 3, "mailboxes were full");
    world.inbox.last_code_to(MAIL).is_none()
}

#[tokio::test]
async fn s15_full_mailboxes_keep_only_their_own_domain_waiting() {
    let domain = "crowded.example";
    assert!(!delayed_by_full_mailboxes(Some(FaultScope::Recipient), domain).await);
    assert!(!delayed_by_full_mailboxes(None, domain).await, "a delivery that does not say");
}

/// A failure before the recipient is named is the service's: after three tries the other messages
/// wait.
#[tokio::test]
async fn s15_a_dead_service_is_asked_three_times_in_a_call() {
    let world = World::builder().settings(one_gate()).open().await;
    for number in 0..20 {
        add_user(&world, number, None, false);
        let id = UserId::parse(&format!("person-{number:04}")).expect("valid");
        let mut contacts = Contacts::default();
        contacts.email = Some(mail(&format!("p@domain-{number}.example")));
        let admin = world.admin();
        admin.supply_contacts(&id, &contacts).await.expect("supplied");
    }
    world.deliver().await;
    for number in 0..20 {
        let from = request_from(&format!("198.51.100.{number}"));
        let name =
            Identifier::parse(&format!("person-{number:04}@contoso.example")).expect("valid");
        let reply = world.engine.reset().start(&from, &name).await.expect("started");
        world.engine.reset().challenge(&from, &reply.ticket, &email()).await.expect("uniform");
    }
    world.inbox.fail_with(Some(PortErrorKind::Unavailable));
    let before = world.inbox.attempts();
    let done = world.engine.maintain(10_000).await.expect("maintained");
    let tries = world.inbox.attempts() - before;
    assert!((3..20).contains(&tries), "{tries} tries");
    assert!(done.failed >= 20, "{done:?}");
}

/// Sessions that permanently refuse to end while the flag is set.
struct KeepsSessions(Arc<dyn Sessions>, Arc<AtomicBool>);

#[async_trait]
impl Sessions for KeepsSessions {
    async fn revoke(
        &self,
        tenant: &TenantId,
        user: &UserId,
        authenticated_before: Timestamp,
        kinds: SessionKinds,
    ) -> PortResult<()> {
        if self.1.load(Ordering::Relaxed) {
            return Err(PortError::denied());
        }
        self.0.revoke(tenant, user, authenticated_before, kinds).await
    }
}

/// A session left open may belong to an attacker: not even a permanent refusal ends the tries.
#[tokio::test]
async fn a_revocation_that_is_refused_for_good_is_tried_again() {
    let refuses = Arc::new(AtomicBool::new(true));
    let flag = Arc::clone(&refuses);
    let world = World::builder()
        .sessions(|sessions| KeepsSessions(sessions, flag))
        .registered()
        .open()
        .await;
    let ticket = world.granted().await;
    world.complete(&ticket, "plum tractor violet candle").await.expect("written");
    drop(world.engine.maintain(100).await.expect("the store works"));
    let revoked = || world.directory.revocations(&world.tenant, &world.user).len();
    assert_eq!(revoked(), 0, "the directory refuses");
    refuses.store(false, Ordering::Relaxed);
    world.clock.advance(MINUTE * 60);
    world.deliver().await;
    assert_eq!(revoked(), 1);
}

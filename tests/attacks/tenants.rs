//! The audit trail, the store, and the separation of tenants: V50, V51, V52.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use sspr::adapters::memory::MemoryStore;
use sspr::admin::Contacts;
use sspr::audit::Event;
use sspr::facts::{TenantFacts, UserFacts};
use sspr::port::{
    Commit, Committed, CounterIncrement, Cursor, Cutoff, EventsOf, Page, PortErrorKind, PortResult,
};
use sspr::port::{Record, RecordKey, RecordKind, Store};
use sspr::{Error, Keys, Policy, Refusal, Request, SecretBytes, Source, TenantId, Timestamp};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(
    v50_each_transition_is_one_event,
    v50_the_trail_of_a_registration_can_be_read,
    v52_tenants_are_separate,
);
in_memory!(
    v50_strangers_do_not_make_the_trail_grow,
    v51_an_engine_refuses_a_store_that_keeps_nothing,
);

/// V50: one event per transition, in order, each id once, with stable codes.
async fn v50_each_transition_is_one_event(stores: &StoreKind) {
    let world = World::builder().store(stores.store()).settings(settings()).open().await;
    let person = settle(&world, 1).await;
    let request = source(1);
    let reply = opened(&world.engine, &request, &person.name, &email()).await.expect("opened");
    guess(&world.engine, &request, &reply.ticket, 1).await;
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mail).expect("a code");
    let reply = try_code(&world.engine, &request, &reply.ticket, &right).await.expect("proven");
    let reset = world.engine.reset();
    let reply = reset.challenge(&request, &reply.ticket, &sms()).await.expect("opened");
    world.deliver().await;
    let right = world.inbox.last_code_to(&person.mobile_phone).expect("a code");
    let reply = try_code(&world.engine, &request, &reply.ticket, &right).await.expect("proven");
    let short = reset.complete(&request, &reply.ticket, &"short".into()).await;
    assert!(matches!(refusal(short), Refusal::Password(_)));
    reset.complete(&request, &reply.ticket, &NEW.into()).await.expect("reset");
    // Reads and refusals are no transitions.
    reset.view(&request, &reply.ticket).await.expect("shown");
    guess(&world.engine, &request, &reply.ticket, 3).await;
    world.deliver().await;
    let events = events_of(&world, &person.id).await;
    let codes: Vec<&str> = events.iter().map(Event::code).collect();
    assert_eq!(
        codes,
        [
            "contacts_supplied",
            "challenge_opened",
            "attempt_counted",
            "message_delivered",
            "attempt_counted",
            "method_proven",
            "challenge_opened",
            "message_delivered",
            "attempt_counted",
            "method_proven",
            "password_rejected",
            "directory_write_started",
            "password_reset",
            "message_delivered",
            "message_delivered",
            "sessions_revoked",
        ]
    );
    let ids: BTreeSet<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(ids.len(), events.len());
    assert!(events.windows(2).all(|pair| pair[0].id < pair[1].id && pair[0].at <= pair[1].at));
    assert!(codes.iter().all(|code| sspr::audit::EventKind::CODES.contains(code)));
    // The tenant's trail has the same events and the policy's change.
    let of_tenant = all_events(&world).await;
    assert_eq!(of_tenant.len(), events.len() + 1);
}

/// V50: all events of an account can be read back from any store.
async fn v50_the_trail_of_a_registration_can_be_read(stores: &StoreKind) {
    let world =
        World::builder().store(stores.store()).settings(settings()).registered().open().await;
    let registration = world.engine.registration();
    let all = registration.list(&request(), &world.signed_in()).await.expect("listed");
    registration.remove(&request(), &world.signed_in(), &all[0].id).await.expect("removed");
    let events = events_of(&world, &world.user).await;
    for (code, times) in [("method_added", 2), ("method_confirmed", 2), ("method_removed", 1)] {
        assert_eq!(count(&events, code), times, "{code}");
    }
    for event in events {
        assert_eq!(Event::decode(&event.encode()).expect("its own text"), event);
    }
}

/// V50: five hundred calls for an unknown account leave no more events than the budgets of one
/// record allow.
async fn v50_strangers_do_not_make_the_trail_grow(_kind: &StoreKind) {
    let store = MemoryStore::new();
    let world = World::builder().store(store.clone()).settings(one_gate()).open().await;
    // The first half fills the default budgets of one record; the second half adds nothing.
    let mut sizes = Vec::new();
    for half in 0..2 {
        for n in 125 * half..125 * (half + 1) {
            let reply = opened(&world.engine, &source(n), &named("unknown"), &email())
                .await
                .expect("uniform");
            guess(&world.engine, &source(n), &reply.ticket, 1).await;
        }
        let decoys = store.scan(&tenant(), RecordKind::Decoy, None, 100).await.expect("scanned");
        assert_eq!(decoys.items.len(), 1);
        sizes.push((decoys.items[0].body().len(), all_events(&world).await.len()));
    }
    let [(size, events), second] = sizes[..] else { panic!("{sizes:?}") };
    assert_eq!(second, (size, events));
    assert!(size < 6 * 1_024 && events < 25, "{size} bytes, {events} events");
    let accounts = store.scan(&tenant(), RecordKind::Account, None, 100).await.expect("scanned");
    assert!(accounts.items.is_empty());
}

/// A store that reports success and stores nothing.
struct Silent;

#[async_trait]
impl Store for Silent {
    async fn load(&self, _key: &RecordKey) -> PortResult<Option<Record>> {
        Ok(None)
    }

    async fn commit(&self, _commit: Commit<'_>) -> PortResult<Committed> {
        Ok(Committed::Applied)
    }

    async fn increment(&self, increments: &[CounterIncrement]) -> PortResult<Vec<u64>> {
        Ok(vec![0; increments.len()])
    }

    async fn due(
        &self,
        _now: Timestamp,
        _after: Option<&Cursor>,
        _limit: usize,
    ) -> PortResult<Page<RecordKey>> {
        Ok(Page::new(Vec::new(), None))
    }

    async fn scan(
        &self,
        _tenant: &TenantId,
        _kind: RecordKind,
        _after: Option<&Cursor>,
        _limit: usize,
    ) -> PortResult<Page<Record>> {
        Ok(Page::new(Vec::new(), None))
    }

    async fn events(
        &self,
        _of: EventsOf<'_>,
        _after: Option<&Cursor>,
        _limit: usize,
    ) -> PortResult<Page<Event>> {
        Ok(Page::new(Vec::new(), None))
    }

    async fn purge(&self, _cutoff: Cutoff, _limit: usize) -> PortResult<u64> {
        Ok(0)
    }
}

/// V51: an engine checks at its start that the store returns what was written, and that its keys
/// belong to the store.
async fn v51_an_engine_refuses_a_store_that_keeps_nothing(_kind: &StoreKind) {
    let world = World::builder().settings(one_gate()).open().await;
    let open = async |store: Arc<dyn Store>, keys: Keys| match world
        .beside()
        .store(store)
        .keys(keys)
        .try_open()
        .await
    {
        Ok(_) => None,
        Err(Error::Fault(fault)) => Some(fault.error.kind()),
        Err(other) => panic!("{other:?}"),
    };
    assert_eq!(open(Arc::new(Silent), keys()).await, Some(PortErrorKind::Corrupt));
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    assert_eq!(open(store.clone(), keys()).await, None);
    assert_eq!(open(store.clone(), keys()).await, None);
    let secret = |byte| SecretBytes::new(vec![byte; 32]);
    let others = Keys::new(secret(7), 1, secret(2)).expect("long enough");
    assert_eq!(open(store, others).await, Some(PortErrorKind::Denied));
}

/// V52: the same user id, name, address and policy in two tenants: codes, tickets, budgets, limits
/// and events are separate.
async fn v52_tenants_are_separate(stores: &StoreKind) {
    // Roomy in both tenants, so that the guesses end at a budget of the account.
    let world = World::builder().store(stores.store()).settings(roomy(one_gate())).open().await;
    let person = settle(&world, 1).await;
    let other = TenantId::parse("fabrikam").expect("valid");
    world.directory.add_tenant(other.clone(), TenantFacts::new("Fabrikam"));
    let facts = UserFacts::new(person.id.clone());
    let added = world.directory.add_user(&other, facts, &[person.name.as_str()], OLD);
    added.expect("new user");
    let admin = admin();
    let other_admin = world.engine.admin(&other, &admin);
    let policy = Policy::new(roomy(one_gate())).expect("sound");
    other_admin.put_policy(&policy, None).await.expect("put");
    let mut contacts = Contacts::default();
    contacts.email = Some(mail(&person.mail));
    other_admin.supply_contacts(&person.id, &contacts).await.expect("supplied");
    let at_home = source(1);
    let abroad = Request::new(other.clone(), Source::parse("10.0.0.1"));

    let home = opened(&world.engine, &at_home, &person.name, &email()).await.expect("opened");
    world.deliver().await;
    let of_home = world.inbox.last_code_to(&person.mail).expect("a code");
    let away = opened(&world.engine, &abroad, &person.name, &email()).await.expect("opened");
    world.deliver().await;
    let of_away = world.inbox.last_code_to(&person.mail).expect("a code");
    assert_ne!(of_home, of_away);
    // A ticket of one tenant is refused by every operation in the other.
    let reset = world.engine.reset();
    for (request, ticket) in [(&abroad, &home.ticket), (&at_home, &away.ticket)] {
        let answers = [
            try_code(&world.engine, request, ticket, &of_home).await,
            try_code(&world.engine, request, ticket, &of_away).await,
            reset.view(request, ticket).await,
            reset.challenge(request, ticket, &sms()).await,
            reset.complete(request, ticket, &NEW.into()).await,
        ];
        for answer in answers {
            assert!(matches!(answer, Err(Error::Invalid(_))), "{answer:?}");
        }
    }
    // A code of one is wrong in the other.
    let answer = try_code(&world.engine, &abroad, &away.ticket, &of_home).await;
    assert_eq!(refusal(answer), Refusal::NotAccepted);
    // A budget spent in one tenant is not spent in the other.
    exhaust(&world, &person.name, &email(), 12).await;
    let here = events_of(&world, &person.id).await;
    let other_events =
        other_admin.user_events(&person.id, None, 100).await.expect("readable").items;
    assert!(here.iter().all(|event| event.tenant == world.tenant));
    assert!(other_events.iter().all(|event| event.tenant == other));
    assert_eq!(counted(&other_events), 1);
    let reply = try_code(&world.engine, &abroad, &away.ticket, &of_away).await.expect("proven");
    reset.complete(&abroad, &reply.ticket, &NEW.into()).await.expect("reset");
    assert!(world.directory.password_is(&other, &person.id, NEW));
    assert!(world.directory.password_is(&world.tenant, &person.id, OLD));
    // A change in one tenant voids nothing in the other.
    let answer = try_code(&world.engine, &at_home, &home.ticket, &of_home).await;
    assert!(granted(&answer.expect("the code is still accepted").step));
    // One address and one source in two tenants have two counters each.
    let ids = |events: &[Event]| events.iter().map(|event| event.id.record).collect::<Vec<_>>();
    assert_ne!(ids(&here)[0], ids(&other_events)[0]);
}

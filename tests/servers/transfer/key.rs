//! A change of the lookup key: every record has a new name and the same content.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sspr::admin::Contacts;
use sspr::audit::{Event, TrailOf};
use sspr::facts::EmailAddress;
use sspr::method::ChallengeOption;
use sspr::policy::Deviation;
use sspr::port::EventsOf;
use sspr::port::{PortErrorKind, Record, RecordKey, RecordKind, Store};
use sspr::testing::{InjectedFault, block_on};
use sspr::transfer::{Stage, Transfer, copy};
use sspr::{Error, Keys, MethodKind, Refusal, ResetTicket, Selection, UserId};

use crate::support::{
    MAIL, NEW, World, content::content, email, keys, other_than, refusal, request,
};
use crate::transfer::crash::{IN_FLIGHT, each_call};
use crate::transfer::scene::{
    Scene, every_method, fill, held, moved, other_keys, run, scan, tenants, waits,
};
use crate::transfer::stores::{Make, kinds, memory, pairs};

/// A store under another key, and an engine on it.
struct Moved {
    scene: Scene,
    to: Arc<dyn Store>,
    world: World,
    _guards: [Box<dyn std::any::Any>; 2],
}

pub(crate) async fn open(scene: &Scene, to: &Arc<dyn Store>, keys: Keys) -> Result<World, Error> {
    scene.world.beside().keys(keys).store(Arc::clone(to)).seed(99).try_open().await
}

/// Fills a source, does something there, and moves it.
async fn renamed(from: Make, to: Make, before: impl AsyncFnOnce(&Scene)) -> Moved {
    let (from, to) = (from(), to());
    let scene = fill(Arc::clone(&from.store)).await;
    before(&scene).await;
    let (old, new) = (keys(), other_keys());
    let transfer = copy(&*from.store, &*to.store, tenants()).expect("a tenant");
    let mut transfer = transfer.rename(&old, &new).expect("another key");
    let stage = run(&mut transfer).await.expect("no failure");
    assert_eq!(stage, Stage::Finished, "{:#?}", transfer.report());
    transfer.open_target().await.expect("compared");
    drop(transfer);
    let world = open(&scene, &to.store, other_keys()).await.expect("the new key fits");
    Moved { scene, to: Arc::clone(&to.store), world, _guards: [Box::new(from), Box::new(to)] }
}

fn selection(kind: MethodKind) -> Selection {
    ChallengeOption::preferred(kind).into()
}

#[test]
fn every_record_has_a_new_name_and_only_the_new_key_opens_it() {
    for (name, from, to) in pairs() {
        block_on(async {
            let moved = renamed(from, to, async |_| {}).await;
            let (source, target) = (held(&*moved.scene.from), held(&*moved.to));
            assert_eq!(source.records.len(), target.records.len(), "{name}");
            assert!(source.records.keys().all(|key| !target.records.contains_key(key)), "{name}");
            assert_eq!(source.events.len(), target.events.len() - ended(&target.events), "{name}");
            assert_eq!(ended(&target.events), 1, "{name}: the decoy's");
            let named = |events: &[Event]| -> BTreeSet<RecordKey> {
                events.iter().map(|event| event.id.record).collect()
            };
            assert!(named(&source.events).is_disjoint(&named(&target.events)), "{name}");
            match open(&moved.scene, &moved.to, keys()).await {
                Err(Error::Fault(fault)) => {
                    assert_eq!(fault.error.kind(), PortErrorKind::Denied, "{name}");
                }
                other => panic!("{name}: {:?}", other.map(|_| ())),
            }
        });
    }
}

/// Flows that the change of names has ended.
fn ended(events: &[Event]) -> usize {
    events.iter().filter(|event| is_closing(event)).count()
}

fn is_closing(event: &Event) -> bool {
    event.code() == "flow_ended" && event.encode().contains("superseded")
}

#[test]
fn what_was_registered_opens_a_reset_after_the_move() {
    for (name, make) in kinds() {
        block_on(async {
            let Moved { scene, world, _guards: _kept, .. } =
                renamed(memory, make, async |_| {}).await;
            world.clock.advance(Duration::from_secs(120));
            let reply = world.start().await;
            let app = selection(MethodKind::AuthenticatorApp);
            let reply = world.challenge(&reply.ticket, &app).await;
            let typed = scene.app.code(sspr::port::Clock::now(&world.clock));
            let reply = world.prove(&reply.ticket, &typed).await.expect(name);
            let reply = world.challenge(&reply.ticket, &selection(MethodKind::RecoveryCode)).await;
            let reply = world.prove(&reply.ticket, &scene.saved[0]).await.expect(name);
            world.complete(&reply.ticket, NEW).await.expect(name);
            assert!(world.password_is(NEW), "{name}");

            world.granted().await;
        });
    }
}

#[test]
fn a_code_of_an_authenticator_that_was_used_before_is_not_accepted_after() {
    block_on(async {
        let Moved { scene, world, .. } = renamed(memory, memory, async |_| {}).await;
        let reply = world.start().await;
        let reply = world.challenge(&reply.ticket, &selection(MethodKind::AuthenticatorApp)).await;
        // It was used at the enrolment, in the same time step.
        let typed = scene.app.code(sspr::port::Clock::now(&world.clock));
        let outcome = world.prove(&reply.ticket, &typed).await;
        assert_eq!(refusal(outcome), Refusal::NotAccepted);
    });
}

/// No answer would match under the new key, so a set of questions is removed, with an event and a
/// notice, and the owner can register and use another.
#[test]
fn a_set_of_questions_ends_with_the_key_and_its_owner_is_told() {
    for (name, make) in kinds() {
        block_on(async {
            let set = async |scene: &Scene| {
                let mut settings = every_method();
                settings.users.methods.insert(MethodKind::SecurityQuestions);
                settings.acknowledged.insert(Deviation::SecurityQuestions);
                scene.world.put_policy(settings).await;
                scene.world.set_questions().await;
                scene.world.deliver().await;
            };
            let Moved { scene, world, to, _guards: _kept } = renamed(memory, make, set).await;
            let before = record_of(&*scene.from, "6e7b768e").await;
            assert!(before.body().contains("answers"), "{name}: there was a set");
            assert!(!record_of(&*to, "6e7b768e").await.body().contains("answers"), "{name}");
            let registered = || async {
                let listed = world.engine.registration().list(&request(), &world.signed_in()).await;
                listed.expect(name).into_iter().map(|method| method.kind).collect::<Vec<_>>()
            };
            assert!(!registered().await.contains(&MethodKind::SecurityQuestions), "{name}");
            let events = world.admin().user_events(&world.user, None, 100).await.expect(name);
            let removed = events.items.iter().filter(|event| event.code() == "method_removed");
            assert_eq!(removed.count(), 1, "{name}");
            let mut next = None;
            let trail = loop {
                let of = TrailOf::User(&world.user);
                let page = world.admin().verify_trail(of, None, next.as_ref(), 100).await;
                let page = page.expect(name);
                next.clone_from(&page.next);
                if next.is_none() {
                    break page;
                }
            };
            assert!(trail.is_whole() && trail.events > 0, "{name}: {trail:?}");

            let sent = world.inbox.all().len();
            world.deliver().await;
            let told = world.inbox.all().split_off(sent);
            let removed = |kind| kind == "notice.method_removed";
            assert!(!told.is_empty() && told.iter().all(|mail| removed(mail.kind)), "{name}");
            let again = world.inbox.all().len();
            world.deliver().await;
            assert_eq!(world.inbox.all().len(), again, "{name}: once");

            world.set_questions().await;
            let reply = world.start().await;
            let reply = world.proven(&reply.ticket, &email(), MAIL).await;
            let questions = selection(MethodKind::SecurityQuestions);
            let reply = world.challenge(&reply.ticket, &questions).await;
            let answers = World::answers(&reply.step);
            let proven = world.engine.reset().prove(&request(), &reply.ticket, &answers).await;
            world.complete(&proven.expect(name).ticket, NEW).await.expect(name);
        });
    }
}

async fn record_of(store: &dyn Store, user: &str) -> Record {
    let accounts = scan(store, RecordKind::Account).await;
    accounts.into_iter().find(|record| record.body().contains(user)).expect("it is there")
}

fn field(record: &Record, name: &str) -> serde_json::Value {
    content(record)[name].clone()
}

#[test]
fn budgets_numbers_and_methods_are_unchanged() {
    block_on(async {
        let spend = async |scene: &Scene| {
            let reply = scene.world.start().await;
            let (reply, right) = scene.world.challenged(&reply.ticket, &email(), MAIL).await;
            for _ in 0..3 {
                let outcome = scene.world.prove(&reply.ticket, &other_than(&right)).await;
                assert_eq!(refusal(outcome), Refusal::NotAccepted);
            }
        };
        let Moved { scene, to, .. } = renamed(memory, memory, spend).await;
        let (before, after) =
            (record_of(&*scene.from, "6e7b768e").await, record_of(&*to, "6e7b768e").await);
        for name in ["budgets", "sends", "numbers", "methods", "registration", "epoch", "devices"] {
            assert_eq!(field(&before, name), field(&after, name), "{name}");
        }
        assert!(field(&before, "budgets").to_string().len() > 100, "something was spent");
        assert_eq!(field(&before, "flows").as_array().map(Vec::len), Some(1));
        assert_eq!(field(&after, "flows").as_array().map(Vec::len), Some(0));
        assert_eq!(field(&after, "key").as_str(), Some(&*after.key().to_string()));
    });
}

#[test]
fn flows_end_and_a_code_that_waits_is_not_sent_but_notices_are() {
    block_on(async {
        let mut ticket: Option<ResetTicket> = None;
        let waiting = async |scene: &Scene| {
            ticket = Some(waits(scene).await);
            let mut contacts = Contacts::default();
            contacts.email = Some(EmailAddress::parse("other@mail.example").expect("valid"));
            let user = UserId::parse("u-0").expect("valid");
            let admin = scene.world.admin();
            admin.supply_contacts(&user, &contacts).await.expect("supplied");
        };
        let Moved { scene, to, world, .. } = renamed(memory, memory, waiting).await;
        let waited = held(&*scene.from).due.len();
        let before = world.inbox.all().len();
        world.deliver().await;
        let sent: Vec<_> = world.inbox.all().split_off(before);
        assert!(
            !sent.is_empty() && sent.iter().all(|message| message.notice.is_some()),
            "{sent:?}"
        );
        assert!(waited > held(&*to).due.len());

        let ticket = ticket.expect("a ticket");
        let outcome = world.prove(&ticket, "123456").await;
        assert!(matches!(refusal(outcome), Refusal::NotAccepted | Refusal::Ended));
        let ada = record_of(&*to, "6e7b768e").await;
        let mut events = Vec::new();
        let mut after = None;
        loop {
            let of = EventsOf::Record(ada.key());
            let page = to.events(of, after.as_ref(), 100).await.expect("listed");
            events.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(events.iter().filter(|event| is_closing(event)).count(), 1);
    });
}

#[test]
fn a_change_of_the_key_that_is_broken_off_at_any_call_is_finished_by_another_process() {
    let source = memory();
    block_on(async {
        let scene = fill(Arc::clone(&source.store)).await;
        waits(&scene).await;
    });
    let faults = [InjectedFault::LoseReply, InjectedFault::HangBefore];
    let calls = each_call(&source, &renaming, &faults);
    assert!(calls > 150, "{calls} calls");
}

/// The keys live as long as the program: a copy only borrows them.
fn renaming<'a>(from: &'a dyn Store, to: &'a dyn Store) -> Transfer<'a> {
    static KEYS: std::sync::LazyLock<[Keys; 2]> =
        std::sync::LazyLock::new(|| [keys(), other_keys()]);
    let [old, new] = &*KEYS;
    let transfer = copy(from, to, tenants()).expect("a tenant").in_flight(IN_FLIGHT);
    transfer.rename(old, new).expect("another key")
}

#[test]
fn a_renamed_store_can_be_moved_on_and_back() {
    block_on(async {
        let there = renamed(memory, memory, async |_| {}).await;
        let (further, back) = (memory(), memory());
        moved(&*there.to, &*further.store).await;
        let (old, new) = (other_keys(), keys());
        let transfer = copy(&*further.store, &*back.store, tenants()).expect("a tenant");
        let mut transfer = transfer.rename(&old, &new).expect("another key");
        assert_eq!(run(&mut transfer).await.expect("no failure"), Stage::Finished);
        let (first, last) = (held(&*there.scene.from), held(&*back.store));
        // The decoy's flow was ended by the move; all other records are unchanged.
        let accounts = |held: &crate::transfer::scene::Held| -> Vec<_> {
            let all = held.records.iter().filter(|row| row.1.0 == RecordKind::Account);
            all.map(|(key, row)| (*key, row.clone())).collect()
        };
        assert_eq!(accounts(&first), accounts(&last));
    });
}

//! Messages lost, late or sent twice: V44.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::ThreadId;

use sspr::Engine;
use sspr::admin::Contacts;
use sspr::port::PortErrorKind;
use sspr::testing::{FaultPlan, InjectedFault};

use crate::people::*;
use crate::stores::StoreKind;
use crate::support::*;

on_every_store!(v44_a_crash_at_any_call_loses_no_message, v44_a_code_that_is_dead_is_not_sent,);

async fn fragile(world: &World, store: Arc<dyn sspr::port::Store>, plan: &FaultPlan) -> Engine {
    world.beside().store(store).seed(5).faulty(plan).open().await.engine
}

/// V44: the process ends at any point between the request and the delivery. Then either no
/// challenge was opened, or the message arrives, possibly twice under one idempotency key, with a
/// live code.
async fn v44_a_crash_at_any_call_loses_no_message(stores: &StoreKind) {
    let (mut unopened, mut repeated, mut arrived) = (0, 0, 0);
    for pause in [InjectedFault::Delay, InjectedFault::DelayAfter] {
        for pauses in 1..40 {
            let under_test = stores.empty();
            // Each call yields once, before or after it takes effect: the process may end there.
            let plan = FaultPlan::none().everywhere(pause);
            let world = World::builder().store(under_test.open()).settings(one_gate()).open().await;
            let person = settle(&world, 1).await;
            let dying = fragile(&world, under_test.open(), &plan).await;
            let reply = dying.reset().start(&source(1), &person.name).await.expect("started");
            let doomed = async {
                let answer = dying.reset().challenge(&source(1), &reply.ticket, &email()).await;
                answer.expect("opened");
                dying.maintain(100).await.expect("maintained");
            };
            die_after(pauses, doomed).await;
            drop(dying);

            // Another process continues after the lease has expired.
            let heir = twin(&world, &under_test, 8).await;
            world.clock.advance(2 * MINUTE);
            while heir.maintain(100).await.expect("maintained").more {}
            let events = events_of(&world, &person.id).await;
            let sent = world.inbox.messages_to(&person.mail);
            let case = format!("{pause:?}, {pauses} pauses");
            assert_eq!(count(&events, "challenge_opened"), sent.len(), "{case}");
            assert!(sent.len() <= 1, "{case}: one live code, one key");
            let Some(message) = sent.first() else {
                unopened += 1;
                continue;
            };
            arrived += 1;
            repeated += u32::from(message.repetitions > 0);
            assert!(message.repetitions <= 1, "{case}");
            let right = message.code().expect("a code");
            let answer = try_code(&heir, &source(1), &reply.ticket, right).await;
            assert!(granted(&answer.expect("the code is accepted").step), "{case}");
        }
    }
    assert!(unopened > 0 && repeated > 0 && arrived > 5, "{unopened} {repeated} {arrived}");
}

/// Polls a future until it has paused this many times, and drops it. A wait for another thread, as that of a
/// store, is no pause: how many there are depends on the load of the machine.
async fn die_after(pauses: u32, future: impl Future<Output = ()>) {
    let mut future = Box::pin(future);
    let mut left = pauses;
    std::future::poll_fn(move |context| {
        let pause = Arc::new(Pause {
            thread: std::thread::current().id(),
            seen: AtomicBool::new(false),
            outer: context.waker().clone(),
        });
        let waker = Waker::from(Arc::clone(&pause));
        let ended = future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        left -= u32::from(pause.seen.load(Ordering::SeqCst));
        if ended || left == 0 {
            return Poll::Ready(());
        }
        Poll::Pending
    })
    .await;
}

/// Sees whether a future wakes itself while it is polled, as a fault that delays a call does.
struct Pause {
    thread: ThreadId,
    seen: AtomicBool,
    outer: Waker,
}

impl Wake for Pause {
    fn wake(self: Arc<Self>) {
        if std::thread::current().id() == self.thread {
            self.seen.store(true, Ordering::SeqCst);
        }
        self.outer.wake_by_ref();
    }
}

/// V44: a code that was superseded, answered, voided or has expired before its message was claimed
/// is not sent; a failed message is retried until then.
async fn v44_a_code_that_is_dead_is_not_sent(stores: &StoreKind) {
    for end in ["superseded", "voided", "expired", "proven"] {
        let world = World::builder().store(stores.store()).settings(one_gate()).open().await;
        let person = settle(&world, 1).await;
        let reply =
            opened(&world.engine, &source(1), &person.name, &email()).await.expect("opened");
        world.inbox.fail_with(Some(PortErrorKind::Unknown));
        if end == "proven" {
            // It arrives, but the outcome is unknown, so that it would be sent again.
            world.engine.maintain(100).await.expect("maintained");
            let right = world.inbox.last_code_to(&person.mail).expect("a code");
            let proven = try_code(&world.engine, &source(1), &reply.ticket, &right).await;
            proven.expect("proven");
        } else {
            world.inbox.fail_with(Some(PortErrorKind::Unavailable));
            world.engine.maintain(100).await.expect("maintained");
        }
        match end {
            "superseded" => {
                world.clock.advance(MINUTE);
                let reset = world.engine.reset();
                let resent = reset.challenge(&source(1), &reply.ticket, &email()).await;
                resent.expect("resent");
            }
            "voided" => {
                let mut contacts = Contacts::default();
                contacts.mobile_phone = Some(phone("+14255550177"));
                supply(&world, &person.id, &contacts).await;
            }
            "expired" => world.clock.advance(10 * MINUTE),
            _ => {}
        }
        world.inbox.fail_with(None);
        world.inbox.clear();
        world.clock.advance(HOUR / 60);
        world.deliver().await;
        let sent = world.inbox.messages_to(&person.mail);
        let codes: Vec<_> = sent.iter().filter_map(|message| message.code()).collect();
        assert_eq!(codes.len(), usize::from(end == "superseded"), "{end}: {sent:?}");
        if let Some(right) = codes.first() {
            let answer = try_code(&world.engine, &source(1), &reply.ticket, right).await;
            assert!(granted(&answer.expect("the live code").step));
        }
    }
}

//! What operators see: counters of operations, port calls and channels; one trace for a reset.
#![cfg(feature = "testing")]

#[cfg(feature = "tracing")]
use std::collections::BTreeSet;
use std::future::Future as _;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;

use sspr::Timestamp;
use sspr::maintenance::CallTime;

use sspr::port::{Delivery, Envelope, PortResult, async_trait};
use sspr::testing::{FaultPlan, InjectedFault, ManualClock, block_on, forward};

use crate::support::*;

#[test]
fn a_reset_counts_its_operations_calls_and_messages() {
    block_on(async {
        let world = World::builder().settings(one_gate()).registered().open().await;
        let before = world.engine.stats();
        let reply = world.start().await;
        let (reply, code) = world.challenged(&reply.ticket, &email(), MAIL).await;
        refusal(world.prove(&reply.ticket, &other_than(&code)).await);
        let reply = world.prove(&reply.ticket, &code).await.expect("accepted");
        world.clock.advance(Duration::from_millis(40));
        world.complete(&reply.ticket, NEW).await.expect("written");
        world.deliver().await;

        let stats = world.engine.stats();
        let of = |name: &str| stats.operations[name].clone();
        for once in ["reset.start", "reset.challenge", "reset.complete"] {
            assert_eq!((of(once).calls(), of(once).succeeded), (1, 1), "{once}");
        }
        let prove = of("reset.prove");
        assert_eq!((prove.succeeded, prove.refused["not_accepted"], prove.calls()), (1, 1, 2));
        assert!(!stats.operations.contains_key("reset.cancel"), "not called");
        assert_eq!(stats.ports["directory.set_password"].succeeded, 1);
        assert!(stats.ports["store.commit"].succeeded > before.ports["store.commit"].succeeded);
        let mails = |stats: &sspr::maintenance::Stats| stats.channels["email"].succeeded;
        assert_eq!(
            stats.channels.values().map(|channel| channel.calls()).sum::<u64>(),
            stats.ports["delivery.deliver"].calls(),
        );
        assert!(mails(&stats) > mails(&before));
        assert_eq!(stats.opened_at, Timestamp::from_unix_seconds(START));
        assert_eq!(stats.maintained_at, Some(world.engine.now()));
    });
}

#[test]
fn faults_are_counted_by_kind_where_they_occur() {
    block_on(async {
        let plan = FaultPlan::none().on("directory.find", InjectedFault::FailBefore);
        let world = World::builder().faulty(&plan).open().await;
        let started = world.engine.reset().start(&world.request(), &world.name).await;
        assert!(matches!(started, Err(sspr::Error::Fault(_))), "{started:?}");
        let stats = world.engine.stats();
        assert_eq!(stats.ports["directory.find"].failed["unavailable"], 1);
        assert_eq!(stats.operations["reset.start"].failed["unavailable"], 1);
        assert_eq!(stats.operations["reset.start"].faults(), 1);
    });
}

/// A delivery that takes 40 milliseconds of the test's clock, and never ends once it is stopped.
struct Slow {
    inner: Arc<dyn Delivery>,
    clock: ManualClock,
    stopped: Arc<AtomicBool>,
}

#[async_trait]
impl Delivery for Slow {
    forward!(self.inner => channels);

    async fn deliver(&self, envelope: &Envelope) -> PortResult<()> {
        if self.stopped.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        self.clock.advance(Duration::from_millis(40));
        self.inner.deliver(envelope).await
    }
}

#[test]
fn times_are_added_up_and_dropped_calls_are_counted_as_abandoned() {
    block_on(async {
        let clock = ManualClock::new(Timestamp::from_unix_seconds(START));
        let stopped = Arc::new(AtomicBool::new(false));
        let (of_delivery, stop) = (clock.clone(), Arc::clone(&stopped));
        let world = World::builder()
            .clock(clock)
            .delivery(|inner| Slow { inner, clock: of_delivery, stopped: stop })
            .settings(one_gate())
            .registered()
            .open()
            .await;
        let before = world.engine.stats().ports["delivery.deliver"].time.clone();
        assert_eq!(before.total_micros, 40_000 * before.count);
        assert_eq!((before.longest_micros, before.mean_micros()), (40_000, 40_000));
        let range = CallTime::BOUNDS_MICROS.iter().position(|bound| *bound >= 40_000).expect("in");
        assert_eq!(before.within[range], before.count, "{before:?}");

        world.clock.advance(Duration::from_secs(3_600));
        let reply = world.start().await;
        world.challenge(&reply.ticket, &email()).await;
        stopped.store(true, Ordering::Relaxed);
        {
            let mut maintenance = pin!(world.engine.maintain(10));
            let polled = maintenance.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending(), "the delivery never ends");
        }
        let stats = world.engine.stats();
        assert_eq!(stats.ports["delivery.deliver"].abandoned, 1);
        assert_eq!(stats.channels["email"].abandoned, 1);
        assert_eq!(stats.operations["engine.maintain"].abandoned, 1);
        let after = &stats.ports["delivery.deliver"].time;
        assert_eq!(after.count, before.count, "an abandoned call has no time");
    });
}

#[test]
fn the_counters_are_plain_data_without_names_or_secrets() {
    block_on(async {
        let world = World::builder().registered().open().await;
        let ticket = world.granted().await;
        world.complete(&ticket, NEW).await.expect("written");
        world.deliver().await;
        let text = serde_json::to_string(&world.engine.stats()).expect("plain data");
        for hidden in [MAIL, MOBILE, NEW, OLD, World::NAME, world.user.as_str()] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert!(value["operations"]["reset.prove"]["time"]["within"].is_array(), "{text}");
    });
}

/// One reset within a span of the host is one trace: below it the operations, below each the calls
/// of its ports, each with its outcome and time.
#[cfg(feature = "tracing")]
#[test]
fn a_reset_is_one_trace_with_its_port_calls() {
    let world = block_on(World::builder().settings(one_gate()).registered().open());
    let all = crate::traces::traced_by(|| {
        let _host = tracing::info_span!(target: "host", "password reset").entered();
        block_on(async {
            let reply = world.start().await;
            let (reply, code) = world.challenged(&reply.ticket, &email(), MAIL).await;
            refusal(world.prove(&reply.ticket, &other_than(&code)).await);
            let reply = world.prove(&reply.ticket, &code).await.expect("accepted");
            world.complete(&reply.ticket, NEW).await.expect("written");
        });
    });
    let host = all.iter().position(|span| span.name == "password reset").expect("entered");
    let operations: Vec<_> = (0..all.len()).filter(|of| all[*of].parent == Some(host)).collect();
    let named = |of: &usize| all[*of].fields["operation"].clone();
    let names: Vec<String> =
        operations.iter().map(named).filter(|name| name != "engine.maintain").collect();
    let verbs = ["start", "challenge", "prove", "prove", "complete"];
    assert_eq!(names, verbs.map(|verb| format!("reset.{verb}")));
    let tenants: BTreeSet<_> = operations.iter().map(|of| all[*of].fields.get("tenant")).collect();
    assert_eq!(tenants.len(), 2, "one tenant, and none for maintenance: {tenants:?}");

    let calls_of = |verb: &str| {
        let of = operations.iter().rfind(|of| named(of) == verb).expect("called");
        let calls = all.iter().filter(|span| span.parent == Some(*of));
        calls.map(|call| call.fields["call"].clone()).collect::<Vec<_>>()
    };
    assert!(calls_of("reset.prove").ends_with(&["store.commit".into()]), "{all:?}");
    assert!(calls_of("reset.complete").contains(&"directory.set_password".into()), "{all:?}");
    for span in all.iter().filter(|span| span.name != "password reset") {
        assert!(span.fields.contains_key("outcome"), "{span:?}");
        assert!(span.fields["elapsed_us"].parse::<u64>().is_ok(), "{span:?}");
    }
    let refused =
        all.iter().find(|span| span.fields.get("outcome").is_some_and(|o| o == "refused"));
    assert_eq!(refused.expect("the wrong code").fields["code"], "not_accepted");
}

//! A prepared account, engines over it with faults, and the loop over all points of failure.

use std::future::{Future, poll_fn};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use sspr::audit::Event;
use sspr::port::Store;
use sspr::testing::{FaultPlan, InjectedFault, block_on};
use sspr::{Engine, Error, PolicySettings};

use crate::support::{World, admin, tenant};

/// The user's tickets and codes during a flow, which outlive the process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    /// The next step of the flow.
    pub(crate) stage: usize,
    /// The tickets of all replies that arrived, in order.
    pub(crate) tickets: Vec<String>,
    /// Every code that was read.
    pub(crate) codes: Vec<String>,
}

/// How a run of a flow ended.
#[derive(Debug)]
pub(crate) enum Ended {
    Finished,
    /// A step answered with an error.
    Failed(Error),
    /// A code did not arrive.
    Stuck,
    /// The process ended during a call.
    Died,
}

/// A world, and what its user remembers of a flow.
pub(crate) struct Scene {
    world: World,
    pub(crate) held: Mutex<Held>,
    pub(crate) comparisons: AtomicU64,
    /// Removed with the scene, after the store.
    pub(crate) guard: Option<Box<dyn std::any::Any>>,
}

/// A flow, which runs from the prepared stage to its end.
pub(crate) type Flow =
    for<'a> fn(&'a Scene, &'a Engine) -> Pin<Box<dyn Future<Output = Ended> + 'a>>;

/// The fault at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Fails(InjectedFault),
    /// The process ends at this call.
    Dies(InjectedFault),
    /// This call fails, and every one after it.
    Outage,
}

pub(crate) const MODES: [Mode; 6] = [
    Mode::Fails(InjectedFault::FailBefore),
    Mode::Fails(InjectedFault::FailUnknownBefore),
    Mode::Fails(InjectedFault::LoseReply),
    Mode::Dies(InjectedFault::HangBefore),
    Mode::Dies(InjectedFault::HangAfter),
    Mode::Outage,
];

/// An account with two methods, over the memory store.
pub(crate) fn both(settings: PolicySettings) -> Scene {
    block_on(async { Scene::of(World::builder().settings(settings).registered().open().await) })
}

impl Deref for Scene {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Scene {
    pub(crate) fn of(world: World) -> Self {
        world.inbox.clear();
        let comparisons = AtomicU64::new(world.engine.stats().comparisons);
        Self { world, held: Mutex::default(), comparisons, guard: None }
    }

    /// An engine whose port calls are all subject to the plan.
    pub(crate) async fn engine(&self, plan: &FaultPlan, seed: u64) -> Engine {
        self.world.beside().seed(seed).faulty(plan).open().await.engine
    }

    /// Adds the comparisons of an engine that is dropped now.
    pub(crate) fn leaves(&self, engine: &Engine) {
        self.comparisons.fetch_add(engine.stats().comparisons, Ordering::Relaxed);
    }

    pub(crate) async fn healthy(&self, seed: u64) -> Engine {
        self.engine(&FaultPlan::none(), seed).await
    }

    /// Runs a flow with the mode's fault at call number `n`. Returns how it ended, and the call.
    pub(crate) fn run(&self, flow: Flow, n: usize, mode: Mode) -> (Ended, &'static str) {
        block_on(async {
            let plan = FaultPlan::none();
            let engine = self.engine(&plan, 100).await;
            let n = plan.calls() + n;
            let plan = match mode {
                Mode::Fails(fault) | Mode::Dies(fault) => plan.at(n, fault),
                Mode::Outage => plan.outage_from(n),
            };
            let ended = until_death(flow(self, &engine), &plan, n, mode).await;
            self.leaves(&engine);
            (ended, plan.names().get(n).copied().unwrap_or("no call"))
        })
    }

    /// Runs a flow without a fault and counts its port calls.
    pub(crate) fn calls_of(&self, flow: Flow) -> usize {
        block_on(async {
            let plan = FaultPlan::none();
            let engine = self.engine(&plan, 100).await;
            let before = plan.calls();
            let ended = flow(self, &engine).await;
            assert!(matches!(ended, Ended::Finished), "without a fault: {ended:?}");
            plan.calls() - before
        })
    }

    pub(crate) fn held(&self) -> Held {
        self.held.lock().expect("no panic").clone()
    }

    pub(crate) fn hold(&self, change: impl FnOnce(&mut Held)) {
        change(&mut self.held.lock().expect("no panic"));
    }

    /// Does all waiting work, including that under leases and deadlines of an ended process.
    pub(crate) async fn settle(&self, engine: &Engine) {
        for _ in 0..3 {
            self.clock.advance(Duration::from_secs(70));
            deliver(engine).await;
        }
    }

    pub(crate) async fn events(&self) -> Vec<Event> {
        let of = sspr::port::EventsOf::Tenant(&self.tenant);
        self.store.events(of, None, 1000).await.expect("readable").items
    }

    pub(crate) async fn count(&self, code: &str) -> usize {
        self.events().await.iter().filter(|event| event.code() == code).count()
    }
}

/// Runs `maintain` until it reports no more work. If that never happens, the test fails instead of
/// hanging.
pub(crate) async fn deliver(engine: &Engine) {
    for _ in 0..20 {
        if !engine.maintain(100).await.expect("the store lists what is due").more {
            return;
        }
    }
    panic!("maintain has more to do after twenty calls at one instant");
}

/// Polls until the future is done or its call hangs, which means that the process has ended.
async fn until_death(
    mut flow: Pin<Box<dyn Future<Output = Ended> + '_>>,
    plan: &FaultPlan,
    n: usize,
    mode: Mode,
) -> Ended {
    let (mut ended, dies) = (None, matches!(mode, Mode::Dies(_)));
    poll_fn(|context| match flow.as_mut().poll(context) {
        Poll::Ready(how) => {
            ended = Some(how);
            Poll::Ready(())
        }
        // With the memory store nothing else waits; with other stores only `HangBefore` is used.
        Poll::Pending if dies && plan.calls() > n => Poll::Ready(()),
        Poll::Pending => Poll::Pending,
    })
    .await;
    drop(flow);
    ended.unwrap_or(Ended::Died)
}

/// Runs every point of failure of a flow in these modes. Returns their number.
pub(crate) fn each_point(
    make: impl Fn() -> Scene,
    flow: Flow,
    modes: &[Mode],
    judge: impl Fn(&Scene, &Ended, &str),
) -> usize {
    let calls = make().calls_of(flow);
    for n in 0..calls {
        for mode in modes {
            let scene = make();
            let (ended, name) = scene.run(flow, n, *mode);
            judge(&scene, &ended, &format!("{mode:?} at call {n} of {calls}, {name}: {ended:?}"));
        }
    }
    calls * modes.len()
}

/// The test does not check roles.
pub(crate) async fn stored_policy(engine: &Engine) -> Option<sspr::admin::StoredPolicy> {
    engine.admin(&tenant(), &admin()).policy().await.expect("readable")
}

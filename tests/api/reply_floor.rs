//! The layer that holds responses back, over services that are fast, slow, failing and not ready.
#![cfg(all(feature = "testing", feature = "tower"))]

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use sspr::testing::ManualClock;
use sspr::web::{ReplyFloor, ReplyFloorLayer};
use tower_layer::Layer as _;
use tower_service::Service;

use crate::support::*;

const FLOOR: Duration = Duration::from_millis(200);
/// Times are whole milliseconds: the engine adds one.
const ROUNDED: Duration = Duration::from_millis(1);

/// A service that works for the requested time, and fails a request for more than a second.
#[derive(Clone)]
struct Working(ManualClock);

impl Service<Duration> for Working {
    type Response = &'static str;
    type Error = &'static str;
    type Future = std::future::Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Err("not ready"))
    }

    fn call(&mut self, work: Duration) -> Self::Future {
        self.0.advance(work);
        let failed = work > Duration::from_secs(1);
        std::future::ready(if failed { Err("failed") } else { Ok("done") })
    }
}

/// The waits that were asked for. Each ends at its second poll.
#[derive(Clone, Default)]
struct Waits(Arc<Mutex<Vec<Duration>>>);

impl Waits {
    fn begin(&self, time: Duration) -> impl Future<Output = ()> + use<> {
        self.0.lock().expect("no test panics in between").push(time);
        let mut polls = 0;
        poll_fn(move |_| {
            polls += 1;
            if polls > 1 { Poll::Ready(()) } else { Poll::Pending }
        })
    }

    fn taken(&self) -> Vec<Duration> {
        std::mem::take(&mut *self.0.lock().expect("no test panics in between"))
    }
}

#[tokio::test]
async fn a_response_is_held_until_the_floor_and_an_error_as_long() {
    let world = World::builder().engine(|engine| engine.reply_floor(FLOOR)).open().await;
    let waits = Waits::default();
    let wait = {
        let waits = waits.clone();
        move |time| waits.begin(time)
    };
    let layer = ReplyFloorLayer::new(world.engine.clone(), wait);
    let mut held: ReplyFloor<_, _> = layer.layer(Working(world.clock.clone()));
    let mut context = Context::from_waker(Waker::noop());
    for (work, outcome, left) in [
        (Duration::ZERO, Ok("done"), FLOOR + ROUNDED),
        (Duration::from_millis(50), Ok("done"), FLOOR + ROUNDED - Duration::from_millis(50)),
        (Duration::from_millis(900), Ok("done"), Duration::ZERO),
        (Duration::from_millis(1_001), Err("failed"), Duration::ZERO),
    ] {
        let mut response = pin!(held.call(work));
        // The service has answered, and the wait is not over.
        assert_eq!(response.as_mut().poll(&mut context), Poll::Pending, "{work:?}");
        assert_eq!(waits.taken(), [left], "{work:?}");
        assert_eq!(response.as_mut().poll(&mut context), Poll::Ready(outcome), "{work:?}");
        // One wait for each response.
        assert!(waits.taken().is_empty(), "{work:?}");
    }
    assert_eq!(held.poll_ready(&mut context), Poll::Ready(Err("not ready")));
}

#[tokio::test]
async fn the_response_of_a_service_that_is_not_done_is_not_waited_for_yet() {
    /// Never answers.
    struct Hanging;
    impl Service<()> for Hanging {
        type Response = ();
        type Error = ();
        type Future = std::future::Pending<Result<(), ()>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, (): ()) -> Self::Future {
            std::future::pending()
        }
    }
    let world = World::builder().open().await;
    let waits = Waits::default();
    let wait = {
        let waits = waits.clone();
        move |time| waits.begin(time)
    };
    let mut held = ReplyFloorLayer::new(world.engine.clone(), wait).layer(Hanging);
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(held.poll_ready(&mut context), Poll::Ready(Ok(())));
    let mut response = pin!(held.call(()));
    assert_eq!(response.as_mut().poll(&mut context), Poll::Pending);
    assert!(waits.taken().is_empty());
}

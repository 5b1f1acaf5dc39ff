//! A reply, sent once from a worker thread to a future of any runtime.

use std::future::Future;
use std::hint;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::port::{PortError, PortResult};

/// How often a reply is checked before its future waits: some twenty microseconds at most.
const SPINS: u32 = 800;

enum State<T> {
    Waiting(Option<Waker>),
    Arrived(PortResult<T>),
    Taken,
}

struct Slot<T> {
    state: Mutex<State<T>>,
    /// Whether the reply has arrived; readable without the lock.
    arrived: AtomicBool,
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The worker's end. If it is dropped unkept, the reply is the error given at its creation.
pub(super) struct Promise<T> {
    slot: Arc<Slot<T>>,
    lost: fn() -> PortError,
}

/// The caller's end.
pub(super) struct PendingReply<T> {
    slot: Arc<Slot<T>>,
    spins: u32,
}

/// A promise and its reply. If the worker dies, the reply is the error `lost`.
pub(super) fn promise<T>(lost: fn() -> PortError) -> (Promise<T>, PendingReply<T>) {
    let slot =
        Arc::new(Slot { state: Mutex::new(State::Waiting(None)), arrived: AtomicBool::new(false) });
    let promise = Promise { slot: Arc::clone(&slot), lost };
    (promise, PendingReply { slot, spins: 0 })
}

impl<T> Promise<T> {
    /// Whether the future was dropped, so that the reply is not needed.
    pub(super) fn is_abandoned(&self) -> bool {
        Arc::strong_count(&self.slot) == 1
    }

    pub(super) fn keep(self, result: PortResult<T>) {
        self.send(result);
    }

    fn send(&self, result: PortResult<T>) {
        let mut state = self.slot.lock();
        let State::Waiting(waker) = &mut *state else {
            return;
        };
        let waker = waker.take();
        *state = State::Arrived(result);
        self.slot.arrived.store(true, Ordering::Release);
        drop(state);
        if let Some(waker) = waker {
            // The waker is code of the host. If it panics, its own task is lost, but not the
            // worker, on which all tasks depend.
            drop(catch_unwind(AssertUnwindSafe(|| waker.wake())));
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        // No effect if the promise was kept.
        if !self.is_abandoned() {
            self.send(Err((self.lost)().because("the worker ended before it replied")));
        }
    }
}

impl<T> PendingReply<T> {
    /// For a reply that a worker is about to send, in less time than this thread needs to sleep and
    /// wake: spins before it waits.
    pub(super) fn expected_at_once(mut self) -> Self {
        self.spins = SPINS;
        self
    }
}

impl<T> Future for PendingReply<T> {
    type Output = PortResult<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<PortResult<T>> {
        while self.spins > 0 && !self.slot.arrived.load(Ordering::Acquire) {
            self.spins -= 1;
            hint::spin_loop();
        }
        let mut state = self.slot.lock();
        match &mut *state {
            State::Waiting(Some(waker)) => waker.clone_from(context.waker()),
            State::Waiting(waker) => *waker = Some(context.waker().clone()),
            State::Arrived(_) => {
                if let State::Arrived(result) = std::mem::replace(&mut *state, State::Taken) {
                    return Poll::Ready(result);
                }
            }
            State::Taken => {}
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::PortErrorKind;

    fn poll<T>(reply: &mut PendingReply<T>) -> Poll<PortResult<T>> {
        Pin::new(reply).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_kept_promise_arrives_once() {
        let (promise, mut reply) = promise::<u8>(PortError::unknown);
        assert!(poll(&mut reply).is_pending());
        promise.keep(Ok(7));
        assert!(matches!(poll(&mut reply), Poll::Ready(Ok(7))));
        assert!(poll(&mut reply).is_pending());
    }

    #[test]
    fn a_broken_promise_arrives_as_its_error() {
        let (promise, mut reply) = promise::<u8>(PortError::unknown);
        drop(promise);
        match poll(&mut reply) {
            Poll::Ready(Err(error)) => assert_eq!(error.kind(), PortErrorKind::Unknown),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_dropped_reply_is_detected() {
        let (promise, reply) = promise::<u8>(PortError::unknown);
        assert!(!promise.is_abandoned());
        drop(reply);
        assert!(promise.is_abandoned());
    }

    #[test]
    fn a_waker_that_panics_does_not_end_the_worker() {
        struct Bomb;
        impl std::task::Wake for Bomb {
            fn wake(self: Arc<Self>) {
                panic!("a panic in a waker");
            }
        }
        let (promise, mut reply) = promise::<u8>(PortError::unknown);
        let bomb = Waker::from(Arc::new(Bomb));
        let first = Pin::new(&mut reply).poll(&mut Context::from_waker(&bomb));
        assert!(first.is_pending());
        promise.keep(Ok(7));
        assert!(matches!(poll(&mut reply), Poll::Ready(Ok(7))));
    }
}

//! A reply that arrives once, from a worker thread to a future of any runtime.

use std::future::Future;
use std::hint;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::port::{PortError, PortResult};

/// Some twenty microseconds at most, once per reply.
const LOOKS: u32 = 800;

enum State<T> {
    Waiting(Option<Waker>),
    Arrived(PortResult<T>),
    Taken,
}

struct Slot<T> {
    state: Mutex<State<T>>,
    /// Whether the answer is there: for looking without the lock.
    arrived: AtomicBool,
}

impl<T> Slot<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The worker's end. Dropped without an answer, it answers with the error it was made with.
pub(super) struct Promise<T> {
    slot: Arc<Slot<T>>,
    lost: fn() -> PortError,
}

/// The caller's end.
pub(super) struct Reply<T> {
    slot: Arc<Slot<T>>,
    looks: u32,
}

/// A promise and its reply; `lost` is what a worker that died leaves behind.
pub(super) fn promise<T>(lost: fn() -> PortError) -> (Promise<T>, Reply<T>) {
    let slot =
        Arc::new(Slot { state: Mutex::new(State::Waiting(None)), arrived: AtomicBool::new(false) });
    let promise = Promise { slot: Arc::clone(&slot), lost };
    (promise, Reply { slot, looks: 0 })
}

impl<T> Promise<T> {
    /// Whether the future was dropped, so that nobody waits for the answer.
    pub(super) fn is_abandoned(&self) -> bool {
        Arc::strong_count(&self.slot) == 1
    }

    pub(super) fn keep(self, answer: PortResult<T>) {
        self.answer(answer);
    }

    fn answer(&self, answer: PortResult<T>) {
        let mut state = self.slot.lock();
        let State::Waiting(waker) = &mut *state else {
            return;
        };
        let waker = waker.take();
        *state = State::Arrived(answer);
        self.slot.arrived.store(true, Ordering::Release);
        drop(state);
        if let Some(waker) = waker {
            // A waker is the host's code. If it panics, its own task is lost; the worker, on which
            // every other task depends, is not.
            drop(catch_unwind(AssertUnwindSafe(|| waker.wake())));
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        // Does nothing if the promise was kept.
        if !self.is_abandoned() {
            self.answer(Err((self.lost)().because("the worker ended before it answered")));
        }
    }
}

impl<T> Reply<T> {
    /// For an answer that a worker is already about to give, and that takes it less time than to
    /// put this thread to sleep and wake it: looks a few times before it waits.
    pub(super) fn expected_at_once(mut self) -> Self {
        self.looks = LOOKS;
        self
    }
}

impl<T> Future for Reply<T> {
    type Output = PortResult<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<PortResult<T>> {
        while self.looks > 0 && !self.slot.arrived.load(Ordering::Acquire) {
            self.looks -= 1;
            hint::spin_loop();
        }
        let mut state = self.slot.lock();
        match &mut *state {
            State::Waiting(Some(waker)) => waker.clone_from(context.waker()),
            State::Waiting(waker) => *waker = Some(context.waker().clone()),
            State::Arrived(_) => {
                if let State::Arrived(answer) = std::mem::replace(&mut *state, State::Taken) {
                    return Poll::Ready(answer);
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

    fn poll<T>(reply: &mut Reply<T>) -> Poll<PortResult<T>> {
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
    fn a_broken_promise_arrives_as_the_error_it_was_made_with() {
        let (promise, mut reply) = promise::<u8>(PortError::unknown);
        drop(promise);
        match poll(&mut reply) {
            Poll::Ready(Err(error)) => assert_eq!(error.kind(), PortErrorKind::Unknown),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_dropped_reply_is_noticed() {
        let (promise, reply) = promise::<u8>(PortError::unknown);
        assert!(!promise.is_abandoned());
        drop(reply);
        assert!(promise.is_abandoned());
    }

    #[test]
    fn a_waker_that_panics_takes_no_worker_with_it() {
        struct Bomb;
        impl std::task::Wake for Bomb {
            fn wake(self: Arc<Self>) {
                panic!("a waker of the host's own making");
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

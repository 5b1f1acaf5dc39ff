//! A join of many futures that polls only those that were woken, without a runtime.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// The waker of the task that waits for all futures.
type Waiting = Arc<Mutex<Waker>>;

/// The waker of one future.
struct Notifier {
    rung: AtomicBool,
    waiting: Waiting,
}

impl Wake for Notifier {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).clone();
        waiting.wake();
    }
}

/// A future that is not done yet, with its notifier.
type Running<F> = (Pin<Box<F>>, Arc<Notifier>);

/// Drives all futures concurrently and returns their outputs in order. A wake polls only the
/// futures that were woken: a page has a hundred of them, and each is woken about five times.
pub(super) async fn all<F>(futures: impl Iterator<Item = F>) -> Vec<F::Output>
where
    F: Future + Send,
    F::Output: Send,
{
    let waiting: Waiting = Arc::new(Mutex::new(Waker::noop().clone()));
    let begin = |future: F| {
        let notifier = Notifier { rung: AtomicBool::new(true), waiting: Arc::clone(&waiting) };
        (Box::pin(future), Arc::new(notifier))
    };
    let mut running: Vec<Option<Running<F>>> = futures.map(|future| Some(begin(future))).collect();
    let mut outputs: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    let mut left = running.len();
    poll_fn(|context| {
        // The waker is stored before any poll, so that every later wake reaches this task.
        let mut waker = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waker.clone_from(context.waker());
        drop(waker);
        for (slot, output) in running.iter_mut().zip(&mut outputs) {
            let Some((future, notifier)) = slot else { continue };
            if !notifier.rung.swap(false, Ordering::Acquire) {
                continue;
            }
            let waker = Waker::from(Arc::clone(notifier));
            if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                *output = Some(done);
                *slot = None;
                left -= 1;
            }
        }
        if left == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

/// As [`all`]; the first error in their order instead of the outputs.
pub(super) async fn try_all<F, T, E>(futures: impl Iterator<Item = F>) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>> + Send,
    Result<T, E>: Send,
{
    all(futures).await.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// Counts the wakes of the task.
    #[derive(Default)]
    struct WakeCounter(AtomicUsize);

    impl Wake for WakeCounter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Ready once its flag is up; counts its polls and keeps its waker.
    #[derive(Default)]
    struct Gate {
        open: AtomicBool,
        polls: AtomicUsize,
        waker: Mutex<Option<Waker>>,
    }

    impl Gate {
        async fn pass(&self, number: usize) -> usize {
            poll_fn(|context| {
                self.polls.fetch_add(1, Ordering::SeqCst);
                *self.waker.lock().expect("whole") = Some(context.waker().clone());
                if self.open.load(Ordering::SeqCst) { Poll::Ready(number) } else { Poll::Pending }
            })
            .await
        }

        fn open(&self) {
            self.open.store(true, Ordering::SeqCst);
            if let Some(waker) = self.waker.lock().expect("whole").take() {
                waker.wake();
            }
        }
    }

    #[test]
    fn only_woken_futures_are_polled_and_outputs_keep_their_order() {
        let gates: Vec<Gate> = (0..4).map(|_| Gate::default()).collect();
        let task = Arc::new(WakeCounter::default());
        let waker = Waker::from(Arc::clone(&task));
        let mut context = Context::from_waker(&waker);
        let mut joined = Box::pin(all(gates.iter().enumerate().map(|(n, gate)| gate.pass(n))));
        assert!(joined.as_mut().poll(&mut context).is_pending());
        for (opened, at) in [2, 0, 3].into_iter().enumerate() {
            gates[at].open();
            assert_eq!(task.0.load(Ordering::SeqCst), opened + 1, "the task is woken");
            assert!(joined.as_mut().poll(&mut context).is_pending());
        }
        gates[1].open();
        assert_eq!(joined.as_mut().poll(&mut context), Poll::Ready(vec![0, 1, 2, 3]));
        assert!(gates.iter().all(|gate| gate.polls.load(Ordering::SeqCst) == 2));
    }

    #[test]
    fn a_join_of_no_futures_is_ready_at_once() {
        let none = all(std::iter::empty::<std::future::Ready<u8>>());
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(Box::pin(none).as_mut().poll(&mut context), Poll::Ready(Vec::new()));
    }
}

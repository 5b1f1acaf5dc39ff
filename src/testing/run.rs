//! Drives futures on plain threads.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

/// Runs a future to its end on this thread, which sleeps while the future waits.
///
/// Only for futures that need no runtime, such as for timers or sockets.
///
/// ```
/// assert_eq!(sspr::testing::block_on(async { 40 + 2 }), 42);
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    /// With a flag, since a `block_on` within the future may take the token of `unpark`.
    struct Unpark(Thread, AtomicBool);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.1.store(true, Ordering::SeqCst);
            self.0.unpark();
        }
    }

    let unpark = Arc::new(Unpark(std::thread::current(), AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&unpark));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => {
                // A wake since the poll makes `park` return at once.
                while !unpark.1.swap(false, Ordering::SeqCst) {
                    std::thread::park();
                }
            }
        }
    }
}

/// Polls a future until it is done, or until it waits without having been woken.
///
/// `None` means that only an outside event can wake the future. Poll it again later, or drop it to
/// simulate, at a known point, a caller that disconnects.
///
/// ```
/// use sspr::testing::{poll_until_stalled, yield_once};
///
/// let mut yields = Box::pin(async {
///     yield_once().await;
///     7
/// });
/// assert_eq!(poll_until_stalled(yields.as_mut()), Some(7));
///
/// let mut hangs = Box::pin(std::future::pending::<u8>());
/// assert_eq!(poll_until_stalled(hangs.as_mut()), None);
/// drop(hangs);
/// ```
pub fn poll_until_stalled<F: Future + ?Sized>(mut future: Pin<&mut F>) -> Option<F::Output> {
    let flag = Flag::raised();
    let waker = Waker::from(Arc::clone(&flag));
    let mut context = Context::from_waker(&waker);
    while flag.take() {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return Some(output);
        }
    }
    None
}

/// Runs futures at the same time on one thread and returns their outputs in the order given.
///
/// Each poll goes through them in that order, so the interleaving is always the same.
///
/// ```
/// use sspr::testing::{block_on, join_all};
///
/// let doubled = block_on(join_all((1..4).map(|n| async move { 2 * n })));
/// assert_eq!(doubled, [2, 4, 6]);
/// ```
pub async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    enum Slot<F: Future> {
        Running(Pin<Box<F>>),
        Done(Option<F::Output>),
    }

    let mut slots: Vec<Slot<F>> =
        futures.into_iter().map(|future| Slot::Running(Box::pin(future))).collect();
    // Outputs are moved out once; they are never pinned.
    poll_fn(move |context| {
        let mut waiting = false;
        for slot in &mut slots {
            if let Slot::Running(future) = slot {
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => *slot = Slot::Done(Some(output)),
                    Poll::Pending => waiting = true,
                }
            }
        }
        if waiting {
            return Poll::Pending;
        }
        let outputs = slots.iter_mut().filter_map(|slot| match slot {
            Slot::Running(_) => None,
            Slot::Done(output) => output.take(),
        });
        Poll::Ready(outputs.collect())
    })
    .await
}

/// Yields once: pending on the first poll, with a wake, and ready on the second.
pub async fn yield_once() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// A waker that only remembers that it was woken.
pub(super) struct Flag(AtomicBool);

impl Flag {
    /// A raised flag: the first poll needs no wake.
    pub(super) fn raised() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    /// Lowers the flag; returns whether it was raised.
    pub(super) fn take(&self) -> bool {
        self.0.swap(false, Ordering::SeqCst)
    }

    pub(super) fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

//! A reply, sent once from a worker thread to a future of any runtime.

use std::future::Future;
use std::hint;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_channel::oneshot::{self, Receiver, Sender};

use crate::port::{PortError, PortResult};

/// How often a reply is checked before its future waits: some twenty microseconds at most.
const SPINS: u32 = 800;

/// The worker's end. If it is dropped unkept, the reply is the error given at its creation.
pub(super) struct Promise<T>(Option<Sender<PortResult<T>>>);

/// The caller's end.
pub(super) struct PendingReply<T> {
    reply: Receiver<PortResult<T>>,
    lost: fn() -> PortError,
}

/// A promise and its reply. If the worker dies, the reply is the error `lost`.
pub(super) fn promise<T>(lost: fn() -> PortError) -> (Promise<T>, PendingReply<T>) {
    let (promise, reply) = oneshot::channel();
    (Promise(Some(promise)), PendingReply { reply, lost })
}

impl<T> Promise<T> {
    /// Whether the future was dropped, so that the reply is not needed.
    pub(super) fn is_abandoned(&self) -> bool {
        self.0.as_ref().is_none_or(Sender::is_canceled)
    }

    pub(super) fn keep(mut self, result: PortResult<T>) {
        if let Some(sender) = self.0.take() {
            survive(|| drop(sender.send(result)));
        }
    }
}

impl<T> Drop for Promise<T> {
    fn drop(&mut self) {
        let unkept = self.0.take();
        survive(|| drop(unkept));
    }
}

/// Sending and dropping wake the future by code of the host. If that panics, its own task is lost,
/// but not the worker, on which all tasks depend.
fn survive(wakes: impl FnOnce()) {
    drop(catch_unwind(AssertUnwindSafe(wakes)));
}

impl<T> PendingReply<T> {
    /// Waits for a reply that a worker is about to send, in less time than this thread needs to
    /// sleep and wake: checks for it for a while before it waits.
    ///
    /// Without these checks a load takes two to four times as long: 32 and 59 microseconds in two
    /// runs of `benches/engine_sqlite.rs`, where 15 to 16 are usual.
    pub(super) async fn expected_at_once(mut self) -> PortResult<T> {
        for _ in 0..SPINS {
            match self.reply.try_recv() {
                Ok(None) => hint::spin_loop(),
                Ok(Some(result)) => return result,
                Err(_) => break,
            }
        }
        self.await
    }
}

impl<T> Future for PendingReply<T> {
    type Output = PortResult<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<PortResult<T>> {
        let reply = Pin::new(&mut self.reply).poll(context);
        reply.map(|reply| {
            reply.unwrap_or_else(|_| {
                Err((self.lost)().because("the worker ended before it replied"))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::Waker;

    use super::*;
    use crate::port::PortErrorKind;

    fn poll<T>(reply: &mut PendingReply<T>) -> Poll<PortResult<T>> {
        Pin::new(reply).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_kept_promise_arrives() {
        let (promise, mut reply) = promise::<u8>(PortError::unknown);
        assert!(poll(&mut reply).is_pending());
        promise.keep(Ok(7));
        assert!(matches!(poll(&mut reply), Poll::Ready(Ok(7))));
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
        let (unkept, mut reply) = super::promise::<u8>(PortError::unknown);
        let first = Pin::new(&mut reply).poll(&mut Context::from_waker(&bomb));
        assert!(first.is_pending());
        drop(unkept);
        assert!(matches!(poll(&mut reply), Poll::Ready(Err(_))));
    }
}

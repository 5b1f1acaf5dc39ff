//! Threads that do what would block a runtime: hash passwords, wait for a disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use futures_channel::oneshot;

use crate::port::{PortError, PortResult};

/// How many jobs may wait. Beyond them a call returns `Unavailable` at once.
const WAITING: usize = 1024;

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Threads that each own a state. They end once the worker is dropped and its jobs are done.
pub(super) struct Worker<S>(SyncSender<Job<S>>);

impl<S: Send + 'static> Worker<S> {
    /// Starts a thread for each state.
    pub(super) fn start(name: &str, states: Vec<S>) -> PortResult<Self> {
        let (sender, jobs) = sync_channel::<Job<S>>(WAITING);
        let jobs = Arc::new(Mutex::new(jobs));
        for mut state in states {
            let jobs = Arc::clone(&jobs);
            thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || {
                    while let Some(job) = next(&jobs) {
                        // A panic of one call is its own: the promise breaks, and the caller gets an error.
                        drop(catch_unwind(AssertUnwindSafe(|| job(&mut state))));
                    }
                })
                .map_err(|error| PortError::unavailable().because(error))?;
        }
        Ok(Self(sender))
    }

    /// Runs a job on one of the threads. If the thread ends before it replies, the error is `lost`. A
    /// job whose caller has gone is not begun.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        lost: fn() -> PortError,
        work: impl FnOnce(&mut S) -> PortResult<T> + Send + 'static,
    ) -> PortResult<T> {
        let (promise, reply) = oneshot::channel();
        let job: Job<S> = Box::new(move |state| {
            if !promise.is_canceled() {
                // The caller may have gone meanwhile.
                drop(promise.send(work(state)));
            }
        });
        match self.0.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                return Err(PortError::unavailable().because("too many calls wait for the thread"));
            }
            Err(TrySendError::Disconnected(_)) => {
                return Err(PortError::unavailable().because("the thread has ended"));
            }
        }
        reply.await.unwrap_or_else(|_| Err(lost().because("the thread ended before it replied")))
    }
}

fn next<S>(jobs: &Mutex<Receiver<Job<S>>>) -> Option<Job<S>> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::PortErrorKind;

    #[tokio::test]
    async fn a_panic_is_the_error_of_its_call_alone() {
        let worker = Worker::start("test", vec![7_u8]).expect("a thread");
        let panicked = worker.run::<()>(PortError::unknown, |_| panic!("in a job")).await;
        assert_eq!(panicked.expect_err("it panicked").kind(), PortErrorKind::Unknown);
        assert_eq!(worker.run(PortError::unknown, |state| Ok(*state)).await.expect("a reply"), 7);
    }

    #[tokio::test]
    async fn a_job_whose_caller_has_gone_is_not_begun() {
        let worker = Arc::new(Worker::start("test", vec![0_u8]).expect("a thread"));
        let (open, gate) = sync_channel::<()>(0);
        let other = Arc::clone(&worker);
        let busy = tokio::spawn(async move {
            let wait = move |_: &mut u8| Ok(gate.recv().is_ok());
            other.run(PortError::unknown, wait).await
        });
        {
            let counted = worker.run(PortError::unknown, |state| {
                *state += 1;
                Ok(())
            });
            tokio::select! {
                biased;
                () = tokio::task::yield_now() => {}
                _ = counted => panic!("the thread is busy"),
            }
        }
        open.send(()).expect("the thread waits");
        busy.await.expect("joined").expect("a reply");
        assert_eq!(worker.run(PortError::unknown, |state| Ok(*state)).await.expect("a reply"), 0);
    }
}

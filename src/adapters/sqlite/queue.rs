//! A bounded queue from many callers to one worker thread.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Jobs in order of arrival, bounded in number and in bytes.
pub(super) struct Queue<J> {
    state: Mutex<State<J>>,
    not_empty: Condvar,
    /// Whether there may be jobs; readable without the lock.
    hint: AtomicBool,
    bounds: Bounds,
}

/// The size of a queue or a batch.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) jobs: usize,
    pub(super) bytes: usize,
}

/// How a job was accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pushed {
    /// It waits for its worker.
    Queued,
    /// It is the only job, and a worker that is awake will take it at once.
    Next,
}

struct State<J> {
    jobs: VecDeque<(usize, J)>,
    bytes: usize,
    closed: bool,
    asleep: bool,
    /// Whether another worker, which is awake, also takes jobs from this queue.
    watched: bool,
}

impl<J> Queue<J> {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            state: Mutex::new(State {
                jobs: VecDeque::new(),
                bytes: 0,
                closed: false,
                asleep: false,
                watched: false,
            }),
            not_empty: Condvar::new(),
            hint: AtomicBool::new(false),
            bounds,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a job of about this many bytes, or returns it if the queue is full or closed.
    pub(super) fn push(&self, bytes: usize, job: J) -> Result<Pushed, J> {
        let mut state = self.lock();
        let full = state.jobs.len() >= self.bounds.jobs
            || state.bytes.saturating_add(bytes) > self.bounds.bytes;
        if state.closed || full {
            return Err(job);
        }
        let first = state.jobs.is_empty();
        state.bytes += bytes;
        state.jobs.push_back((bytes, job));
        self.hint.store(true, Ordering::Release);
        if state.watched {
            let pushed = if first { Pushed::Next } else { Pushed::Queued };
            return Ok(pushed);
        }
        let asleep = std::mem::take(&mut state.asleep);
        drop(state);
        if asleep {
            self.not_empty.notify_one();
        }
        Ok(Pushed::Queued)
    }

    /// Whether its worker has ended, or was told to end.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Whether there may be jobs. Needs no lock.
    pub(super) fn may_have_jobs(&self) -> bool {
        self.hint.load(Ordering::Acquire)
    }

    /// Promises to take jobs from this queue until `unwatch`, so its own worker is not woken.
    fn watch(&self) {
        self.lock().watched = true;
    }

    /// Leaves the queue and its jobs to its own worker.
    fn unwatch(&self) {
        let mut state = self.lock();
        state.watched = false;
        // Every push takes this lock: a job is either seen here, or its push does the wakeup
        // itself.
        let left = !state.jobs.is_empty() && std::mem::take(&mut state.asleep);
        drop(state);
        if left {
            self.not_empty.notify_one();
        }
    }

    /// Waits for jobs and moves them into `batch`: at least one job, at most `bounds`.
    ///
    /// Returns false when the queue is closed and empty.
    pub(super) fn take(&self, bounds: Bounds, batch: &mut Vec<J>) -> bool {
        let mut state = self.lock();
        while state.jobs.is_empty() && !state.closed {
            state.asleep = true;
            state = self.not_empty.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.asleep = false;
        self.move_out(&mut state, bounds, batch)
    }

    /// Moves jobs into `batch` without waiting.
    pub(super) fn take_now(&self, bounds: Bounds, batch: &mut Vec<J>) -> bool {
        self.move_out(&mut self.lock(), bounds, batch)
    }

    fn move_out(&self, state: &mut State<J>, bounds: Bounds, batch: &mut Vec<J>) -> bool {
        let mut taken = 0_usize;
        while let Some((bytes, _)) = state.jobs.front() {
            taken = taken.saturating_add(*bytes);
            // A job larger than a whole batch is taken alone.
            if batch.len() >= bounds.jobs || (taken > bounds.bytes && !batch.is_empty()) {
                break;
            }
            if let Some((bytes, job)) = state.jobs.pop_front() {
                state.bytes = state.bytes.saturating_sub(bytes);
                batch.push(job);
            }
        }
        self.hint.store(!state.jobs.is_empty(), Ordering::Release);
        !batch.is_empty()
    }

    /// Accepts no more jobs. The remaining jobs can still be taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.hint.store(true, Ordering::Release);
        self.not_empty.notify_one();
    }

    /// Accepts no more jobs and drops the remaining ones, which breaks their promises.
    fn abandon(&self) {
        self.close();
        let jobs = std::mem::take(&mut self.lock().jobs);
        drop(jobs);
    }
}

/// Closes the queue when its worker ends for any reason, so that no caller waits for it.
pub(super) struct Closing<'a, J>(pub(super) &'a Queue<J>);

impl<J> Drop for Closing<'_, J> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Lets another worker take jobs from this queue, until dropped.
pub(super) struct Watch<'a, J>(&'a Queue<J>);

impl<'a, J> Watch<'a, J> {
    pub(super) fn begin(queue: &'a Queue<J>) -> Self {
        queue.watch();
        Self(queue)
    }
}

impl<J> Drop for Watch<'_, J> {
    fn drop(&mut self) {
        self.0.unwatch();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Bounds = Bounds { jobs: 3, bytes: 10 };

    #[test]
    fn a_full_queue_returns_the_job() {
        let queue = Queue::new(TEN);
        assert_eq!(queue.push(4, 'a'), Ok(Pushed::Queued));
        assert_eq!(queue.push(7, 'b'), Err('b'));
        assert_eq!(queue.push(1, 'c'), Ok(Pushed::Queued));
        assert_eq!(queue.push(1, 'd'), Ok(Pushed::Queued));
        assert_eq!(queue.push(0, 'e'), Err('e'));
        let mut batch = Vec::new();
        assert!(queue.take(Bounds { jobs: 2, bytes: 10 }, &mut batch));
        assert_eq!(batch, ['a', 'c']);
        assert_eq!(queue.push(9, 'f'), Ok(Pushed::Queued), "the batch made room");
    }

    #[test]
    fn a_batch_is_bounded_and_never_empty() {
        let queue = Queue::new(TEN);
        let small = Bounds { jobs: 2, bytes: 3 };
        for (bytes, job) in [(5, 'a'), (2, 'b'), (2, 'c')] {
            assert_eq!(queue.push(bytes, job), Ok(Pushed::Queued));
        }
        for expected in ['a', 'b', 'c'] {
            let mut batch = Vec::new();
            assert!(queue.take(small, &mut batch));
            assert_eq!(batch, [expected]);
        }
    }

    #[test]
    fn a_closed_queue_returns_its_jobs_and_then_ends() {
        let queue = Queue::new(TEN);
        assert_eq!(queue.push(1, 'a'), Ok(Pushed::Queued));
        queue.close();
        assert_eq!(queue.push(1, 'b'), Err('b'));
        let mut batch = Vec::new();
        assert!(queue.take(TEN, &mut batch));
        batch.clear();
        assert!(!queue.take(TEN, &mut batch));
    }

    #[test]
    fn a_watched_queue_is_left_to_its_worker_again() {
        let queue = Queue::new(TEN);
        let watch = Watch::begin(&queue);
        assert_eq!(queue.push(1, 'a'), Ok(Pushed::Next));
        let served = std::thread::scope(|scope| {
            // The worker finds the job at once, or is woken by the end of the watch.
            let worker = std::thread::Builder::new().spawn_scoped(scope, || {
                let mut batch = Vec::new();
                queue.take(TEN, &mut batch);
                batch
            });
            drop(watch);
            worker.expect("a thread").join().expect("no panic")
        });
        assert_eq!(served, ['a']);
        assert_eq!(queue.push(1, 'b'), Ok(Pushed::Queued));
    }

    #[test]
    fn a_worker_that_ends_leaves_no_caller_waiting() {
        let queue = Queue::new(TEN);
        let (promise, reply) =
            super::super::reply::promise::<()>(crate::port::PortError::unavailable);
        assert!(queue.push(1, promise).is_ok());
        drop(Closing(&queue));
        let mut reply = std::pin::pin!(reply);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(reply.as_mut().poll(&mut context).is_ready());
    }
}

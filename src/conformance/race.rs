//! Runs actors against each other, interleaved on one thread and on threads of their own.

use std::future::{Future, poll_fn};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Barrier, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread::Builder;

use super::kit::{Kit, PropertyResult, Stop};
use super::property::panic_text;
use crate::testing::join_all;

/// The number of rounds that are interleaved on one thread, if there are as many.
const INTERLEAVED_LEAST: usize = 8;

/// What one actor does in one round.
pub(super) type Racer<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs the actors concurrently, round after round; returns the outputs by round and actor.
///
/// A quarter of the rounds interleaves the actors on one thread, at the store's own awaits. In half
/// of these the actors advance in step, so that all have read before any has written; in the other
/// half they advance unevenly, so that one overtakes another. Both orders are deterministic. The
/// remaining rounds start one thread per actor at a barrier, for windows without an await.
///
/// # Panics
///
/// If the system has no thread left.
pub(super) async fn race<T: Send + 'static>(
    kit: &Kit,
    rounds: usize,
    actors: usize,
    task: impl Fn(usize, usize) -> Racer<T> + Send + Sync + 'static,
) -> PropertyResult<Vec<Vec<T>>> {
    let interleaved = rounds.div_ceil(4).max(INTERLEAVED_LEAST).min(rounds);
    let mut outputs = Vec::with_capacity(rounds);
    for round in 0..interleaved {
        // Rotated, so that each actor is polled first in some round.
        let order = (0..actors).map(|n| (n + round) % actors);
        let tasks: Vec<Racer<T>> = order.map(|actor| task(round, actor)).collect();
        let mut row = if round % 2 == 0 {
            join_all(tasks).await
        } else {
            join_unevenly(tasks, round as u64).await
        };
        row.rotate_right(round % actors);
        outputs.push(row);
    }
    outputs.append(&mut race_on_threads(kit, interleaved..rounds, actors, task).await?);
    Ok(outputs)
}

/// Runs one thread per actor; the threads begin each round at a barrier.
async fn race_on_threads<T: Send + 'static>(
    kit: &Kit,
    rounds: Range<usize>,
    actors: usize,
    task: impl Fn(usize, usize) -> Racer<T> + Send + Sync + 'static,
) -> PropertyResult<Vec<Vec<T>>> {
    let task = Arc::new(task);
    let barrier = Arc::new(Barrier::new(actors));
    let finish = Arc::new(Finish::new(actors));
    let mut threads = Vec::new();
    for actor in 0..actors {
        let (harness, task) = (Arc::clone(&kit.harness), Arc::clone(&task));
        let (barrier, finish) = (Arc::clone(&barrier), Arc::clone(&finish));
        let own_rounds = rounds.clone();
        let run = move || {
            let mut column = Vec::new();
            for round in own_rounds {
                barrier.wait();
                // A panic is caught, or the other actors would wait at the barrier for ever.
                column.push(catch_unwind(AssertUnwindSafe(|| {
                    let mut output = None;
                    let work = async { output = Some(task(round, actor).await) };
                    harness.drive(Box::pin(work));
                    output
                })));
            }
            finish.one_is_done();
            column
        };
        let thread = Builder::new().name(format!("actor {actor}")).spawn(run);
        threads.push(thread.expect("the system can start another thread"));
    }
    // Blocking is not allowed here: this thread may drive a runtime that the actors need.
    finish.all_are_done().await;

    let mut rows: Vec<Vec<T>> = rounds.map(|_| Vec::new()).collect();
    for thread in threads {
        let column = thread.join().map_err(|panic| Stop::Seen(panic_text(&*panic)))?;
        for (row, output) in rows.iter_mut().zip(column) {
            match output {
                Ok(Some(output)) => row.push(output),
                Ok(None) => return Err(Stop::Seen("`drive` returned too early".to_owned())),
                Err(panic) => return Err(Stop::Seen(panic_text(&*panic))),
            }
        }
    }
    Ok(rows)
}

/// Like `join_all`, but each pass skips some of the actors, in an order that the seed gives.
async fn join_unevenly<T: Send>(mut tasks: Vec<Racer<T>>, seed: u64) -> Vec<T> {
    let mut outputs: Vec<Option<T>> = tasks.iter().map(|_| None).collect();
    let mut state = seed;
    poll_fn(move |context| {
        let (mut waiting, mut left_out) = (false, false);
        for (task, output) in tasks.iter_mut().zip(&mut outputs) {
            if output.is_some() {
                continue;
            }
            waiting = true;
            // Skipped in three passes of four, so that an actor falls behind by several steps at
            // times.
            if !splitmix(&mut state).is_multiple_of(4) {
                left_out = true;
            } else if let Poll::Ready(value) = task.as_mut().poll(context) {
                *output = Some(value);
                left_out = true;
            }
        }
        if left_out {
            context.waker().wake_by_ref();
        }
        if waiting {
            return Poll::Pending;
        }
        Poll::Ready(outputs.iter_mut().filter_map(Option::take).collect())
    })
    .await
}

/// The next number of Steele, Lea and Flood's SplitMix64: well distributed, but not secret.
const fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// How many threads still run, and the waker to call when the last one ends.
struct Finish(Mutex<(usize, Option<Waker>)>);

impl Finish {
    const fn new(threads: usize) -> Self {
        Self(Mutex::new((threads, None)))
    }

    fn one_is_done(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 -= 1;
        if state.0 == 0
            && let Some(waker) = state.1.take()
        {
            waker.wake();
        }
    }

    async fn all_are_done(&self) {
        poll_fn(|context| {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.0 == 0 {
                return Poll::Ready(());
            }
            state.1 = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

//! Runs actors in every order in which they can take their steps.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::run::Flag;

/// One actor: a future whose awaits are its steps.
///
/// Each poll is one step, so its ports should yield once per call: use
/// [`Faulty`](super::Faulty) with [`FaultPlan::everywhere`](super::FaultPlan::everywhere) and
/// [`InjectedFault::Delay`](super::InjectedFault::Delay).
pub type Task<T> = Pin<Box<dyn Future<Output = T>>>;

/// Runs actors step by step, in an order that the test gives.
///
/// ```
/// use std::{cell::RefCell, rc::Rc};
/// use sspr::testing::{Task, Interleaver, yield_once};
///
/// let seen = Rc::new(RefCell::new(String::new()));
/// let actor = |name: char| -> Task<()> {
///     let seen = Rc::clone(&seen);
///     Box::pin(async move {
///         seen.borrow_mut().push(name);
///         yield_once().await;
///         seen.borrow_mut().push(name);
///     })
/// };
/// let mut run = Interleaver::new(vec![actor('a'), actor('b')]);
/// run.follow(&[1, 0, 0]);
/// run.finish();
/// assert_eq!(*seen.borrow(), "baab");
/// ```
pub struct Interleaver<T> {
    tasks: Vec<Slot<T>>,
    taken: Vec<usize>,
}

struct Slot<T> {
    flag: Arc<Flag>,
    state: State<T>,
}

enum State<T> {
    Running(Task<T>),
    Done(T),
}

impl<T> Interleaver<T> {
    /// Actors before their first step.
    #[must_use]
    pub fn new(tasks: Vec<Task<T>>) -> Self {
        let slot = |task| Slot { flag: Flag::raised(), state: State::Running(task) };
        Self { tasks: tasks.into_iter().map(slot).collect(), taken: Vec::new() }
    }

    /// The actors that can take a step now: not done, and woken since their last step.
    #[must_use]
    pub fn ready(&self) -> Vec<usize> {
        let ready =
            |slot: &Slot<T>| matches!(slot.state, State::Running(_)) && slot.flag.is_raised();
        (0..self.tasks.len()).filter(|&n| self.tasks.get(n).is_some_and(ready)).collect()
    }

    /// Lets actor `n` take one step. Does nothing if the actor is done or waits.
    pub fn step(&mut self, n: usize) {
        let Some(slot) = self.tasks.get_mut(n) else {
            return;
        };
        let State::Running(task) = &mut slot.state else {
            return;
        };
        if !slot.flag.take() {
            return;
        }
        self.taken.push(n);
        let waker = Waker::from(Arc::clone(&slot.flag));
        if let Poll::Ready(output) = task.as_mut().poll(&mut Context::from_waker(&waker)) {
            slot.state = State::Done(output);
        }
    }

    /// Takes the steps of a schedule.
    pub fn follow(&mut self, schedule: &[usize]) {
        for &n in schedule {
            self.step(n);
        }
    }

    /// Takes the remaining steps, always by the first actor that is ready, and returns the outputs.
    ///
    /// # Panics
    ///
    /// If the remaining actors all wait: a deadlock, shown with the steps that led to it.
    pub fn finish(mut self) -> Vec<T> {
        while let Some(&n) = self.ready().first() {
            self.step(n);
        }
        let taken = self.taken;
        let output = |slot: Slot<T>| match slot.state {
            State::Done(output) => output,
            State::Running(_) => panic!("the tasks wait for each other after {taken:?}"),
        };
        self.tasks.into_iter().map(output).collect()
    }

    /// The steps taken so far, by actor.
    #[must_use]
    pub fn taken(&self) -> &[usize] {
        &self.taken
    }
}

impl<T> fmt::Debug for Interleaver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interleaver")
            .field("tasks", &self.tasks.len())
            .field("taken", &self.taken)
            .finish()
    }
}

/// The extent of an [`explore`] run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
#[non_exhaustive]
pub struct Explored {
    /// How many schedules were run.
    pub schedules: usize,
    /// Whether these were all possible schedules.
    pub complete: bool,
}

/// Runs actors in every order of their steps, depth first, in at most `limit` orders.
///
/// `world` creates the state under test and its actors. It is called once per schedule and must be
/// deterministic. `check` gets the schedule, the state and the outputs, and panics if the rule
/// under test is broken; [`Interleaver::follow`] replays the schedule that its message names.
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use sspr::testing::{Task, explore, yield_once};
///
/// // Two actors add one each, reading and writing in two steps: some order loses an addition.
/// let mut lost = 0;
/// let explored = explore(
///     100,
///     || {
///         let sum = Rc::new(Cell::new(0));
///         let actors = (0..2).map(|_| -> Task<()> {
///             let sum = Rc::clone(&sum);
///             Box::pin(async move {
///                 let read = sum.get();
///                 yield_once().await;
///                 sum.set(read + 1);
///             })
///         });
///         let actors = actors.collect();
///         (sum, actors)
///     },
///     |_schedule, sum, _outputs| lost += usize::from(sum.get() == 1),
/// );
/// assert!(explored.complete);
/// assert_eq!((explored.schedules, lost), (6, 4));
/// ```
///
/// # Panics
///
/// If `check` panics, or if the actors of a schedule wait for each other for ever.
pub fn explore<W, T>(
    limit: usize,
    mut world: impl FnMut() -> (W, Vec<Task<T>>),
    mut check: impl FnMut(&[usize], W, Vec<T>),
) -> Explored {
    // For each step: the index of the actor taken among those ready, and how many were ready.
    let mut path: Vec<(usize, usize)> = Vec::new();
    let mut schedules = 0;
    while schedules < limit {
        let (world, tasks) = world();
        let mut run = Interleaver::new(tasks);
        let mut depth = 0;
        loop {
            let ready = run.ready();
            if depth == path.len() {
                path.push((0, ready.len()));
            }
            let Some(&n) = path.get(depth).and_then(|&(taken, _)| ready.get(taken)) else {
                path.truncate(depth);
                break;
            };
            run.step(n);
            depth += 1;
        }
        let schedule = run.taken().to_vec();
        check(&schedule, world, run.finish());
        schedules += 1;
        // The deepest step with an untried actor takes that one; the steps after it start over.
        while path.last().is_some_and(|&(taken, of)| taken + 1 == of) {
            path.pop();
        }
        match path.last_mut() {
            Some((taken, _)) => *taken += 1,
            None => {
                return Explored { schedules, complete: true };
            }
        }
    }
    Explored { schedules, complete: false }
}

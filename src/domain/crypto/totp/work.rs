//! Counts the work of a check, for the test that it does not depend on the step that matches.

use std::cell::Cell;

/// The work on this thread since it was last read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Work {
    pub(super) macs: u32,
    pub(super) comparisons: u32,
}

thread_local! {
    static DONE: Cell<Work> = const { Cell::new(Work { macs: 0, comparisons: 0 }) };
}

pub(super) fn count_mac() {
    DONE.set(Work { macs: DONE.get().macs + 1, ..DONE.get() });
}

pub(super) fn count_comparison() {
    DONE.set(Work { comparisons: DONE.get().comparisons + 1, ..DONE.get() });
}

/// The work of a call.
pub(super) fn of<T>(call: impl FnOnce() -> T) -> (T, Work) {
    DONE.take();
    let result = call();
    (result, DONE.take())
}

//! The requests to write, and their outcomes.

use super::reply::Promise;
use super::write::CommitJob;
use crate::port::{Committed, CounterIncrement, Cutoff, PortError};

/// A request to write.
pub(super) enum WriteRequest {
    Commit(Box<CommitJob>, Promise<Committed>),
    Add(Vec<CounterIncrement>, Promise<Vec<u64>>),
    Purge(Cutoff, u16, Promise<u64>),
    Fence(bool, Promise<bool>),
}

/// The outcome of a request, withheld until the transaction is durable.
pub(super) enum Outcome {
    Commit(Promise<Committed>, Committed),
    Add(Promise<Vec<u64>>, Vec<u64>),
    Purge(Promise<u64>, u64),
    Fence(Promise<bool>, bool),
}

impl WriteRequest {
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Self::Commit(_, promise) => promise.is_abandoned(),
            Self::Add(_, promise) => promise.is_abandoned(),
            Self::Purge(.., promise) => promise.is_abandoned(),
            Self::Fence(_, promise) => promise.is_abandoned(),
        }
    }

    pub(super) fn statements(&self) -> usize {
        match self {
            Self::Commit(commit, _) => 1 + commit.events.len(),
            Self::Add(increments, _) => increments.len(),
            Self::Purge(..) => 6,
            Self::Fence(..) => 1,
        }
    }

    pub(super) fn fail(self, error: PortError) {
        match self {
            Self::Commit(_, promise) => promise.keep(Err(error)),
            Self::Add(_, promise) => promise.keep(Err(error)),
            Self::Purge(.., promise) => promise.keep(Err(error)),
            Self::Fence(_, promise) => promise.keep(Err(error)),
        }
    }
}

impl Outcome {
    pub(super) fn keep(self) {
        match self {
            Self::Commit(promise, value) => promise.keep(Ok(value)),
            Self::Add(promise, value) => promise.keep(Ok(value)),
            Self::Purge(promise, value) => promise.keep(Ok(value)),
            Self::Fence(promise, value) => promise.keep(Ok(value)),
        }
    }

    pub(super) fn fail(self, error: PortError) {
        match self {
            Self::Commit(promise, _) => promise.keep(Err(error)),
            Self::Add(promise, _) => promise.keep(Err(error)),
            Self::Purge(promise, _) => promise.keep(Err(error)),
            Self::Fence(promise, _) => promise.keep(Err(error)),
        }
    }
}

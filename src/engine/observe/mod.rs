//! Counts and traces the operations of the engine and the calls of its ports.
//!
//! [`Observer::operation`] wraps the future of an operation, [`Observed`] wraps a port. Both give a
//! [`Watched`] future, which counts the outcome and the time, and has a span with the feature
//! `tracing`.

mod call_end;
mod counters;
mod names;
mod ports;
mod span;

pub(crate) use names::Operation;
pub(crate) use ports::Observed;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use crate::domain::identity::ids::RecordKey;
use crate::domain::method::Channel;
use crate::engine::api::error::Error;
use crate::engine::api::stats::CallStats;
use crate::engine::observe::call_end::{CallEnd, Ends};
use crate::engine::observe::counters::Counters;
use crate::engine::observe::names::PortCall;
use crate::engine::observe::span::Span;
use crate::port::{Clock, PortResult};

/// What one engine has observed.
pub(crate) struct Observer {
    clock: Arc<dyn Clock>,
    operations: Vec<Counters>,
    ports: Vec<Counters>,
    channels: [Counters; Channel::ALL.len()],
}

impl Observer {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let counters = |count: usize| (0..count).map(|_| Counters::default()).collect();
        Self {
            clock,
            operations: counters(Operation::ALL.len()),
            ports: counters(PortCall::ALL.len()),
            channels: Default::default(),
        }
    }

    /// Observes an operation. `tenant` names the tenant in traces; it is called only if the span is
    /// recorded.
    pub(crate) fn operation<T, F>(
        &self,
        operation: Operation,
        tenant: impl FnOnce() -> Option<RecordKey>,
        future: F,
    ) -> Watched<'_, F>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let counters = [self.operations.get(operation as usize), None];
        self.watch(counters, Span::operation(operation, tenant), future)
    }

    /// Observes a call of a port. `record` is the record that a store's call is about.
    fn port_call<T, F>(
        &self,
        call: PortCall,
        record: Option<&RecordKey>,
        channel: Option<Channel>,
        future: F,
    ) -> Watched<'_, F>
    where
        F: Future<Output = PortResult<T>>,
    {
        let place = Channel::ALL.iter().position(|known| Some(*known) == channel);
        let channel = place.and_then(|place| self.channels.get(place));
        let counters = [self.ports.get(call as usize), channel];
        self.watch(counters, Span::port_call(call, record), future)
    }

    fn watch<'a, F>(
        &'a self,
        counters: [Option<&'a Counters>; 2],
        span: Span,
        future: F,
    ) -> Watched<'a, F> {
        let clock = &*self.clock;
        let watch = Watch { counters, clock, span, begun: clock.steady(), ended: false };
        Watched { future, watch }
    }

    pub(crate) fn operations(&self) -> BTreeMap<&'static str, CallStats> {
        read(Operation::ALL.iter().map(|operation| operation.as_str()), &self.operations)
    }

    pub(crate) fn ports(&self) -> BTreeMap<&'static str, CallStats> {
        read(PortCall::ALL.iter().map(|call| call.as_str()), &self.ports)
    }

    pub(crate) fn channels(&self) -> BTreeMap<&'static str, CallStats> {
        read(Channel::ALL.iter().map(|channel| channel.as_str()), &self.channels)
    }
}

fn read(
    names: impl Iterator<Item = &'static str>,
    counters: &[Counters],
) -> BTreeMap<&'static str, CallStats> {
    let all = names.zip(counters);
    all.filter_map(|(name, counters)| Some((name, counters.read()?))).collect()
}

pin_project! {
    /// A future whose outcome and time are counted.
    pub(crate) struct Watched<'a, F> {
        #[pin]
        future: F,
        watch: Watch<'a>,
    }
}

impl<T, E: Ends, F: Future<Output = Result<T, E>>> Future for Watched<'_, F> {
    type Output = Result<T, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let watched = self.project();
        let polled = {
            let _entered = watched.watch.span.enter();
            watched.future.poll(context)
        };
        let result = ready!(polled);
        watched.watch.end(CallEnd::of(&result));
        Poll::Ready(result)
    }
}

/// The observation of one call. Dropped before its end, it counts the call as abandoned.
struct Watch<'a> {
    counters: [Option<&'a Counters>; 2],
    clock: &'a dyn Clock,
    span: Span,
    begun: Option<Duration>,
    ended: bool,
}

impl Watch<'_> {
    fn end(&mut self, outcome: CallEnd) {
        self.ended = true;
        let now = self.begun.and(self.clock.steady());
        let took = now.zip(self.begun).map(|(now, begun)| now.saturating_sub(begun));
        self.span.end(outcome, took);
        for counters in self.counters.iter().flatten() {
            counters.count(outcome, took);
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.end(CallEnd::Abandoned);
        }
    }
}

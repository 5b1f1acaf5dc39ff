//! The span of an observed call: nothing without the feature `tracing`.
//!
//! A span has only names of this crate, times, and the first 16 digits of record keys, which are
//! keyed hashes: no text of a caller, of a port or of an error.

pub(crate) use imp::Span;

#[cfg(not(feature = "tracing"))]
mod imp {
    use std::time::Duration;

    use crate::domain::identity::ids::RecordKey;
    use crate::engine::observe::call_end::CallEnd;
    use crate::engine::observe::names::{Operation, PortCall};

    pub(crate) struct Span;

    pub(crate) struct Entered;

    impl Span {
        pub(crate) fn operation(_: Operation, _: impl FnOnce() -> Option<RecordKey>) -> Self {
            Self
        }

        pub(crate) const fn port_call(_: PortCall, _: Option<&RecordKey>) -> Self {
            Self
        }

        pub(crate) const fn enter(&self) -> Entered {
            Entered
        }

        pub(crate) const fn end(&self, _: CallEnd, _: Option<Duration>) {}
    }
}

#[cfg(feature = "tracing")]
mod imp {
    use std::time::Duration;

    use tracing::field::{Empty, display};
    use tracing::span::Entered;

    use crate::domain::identity::ids::RecordKey;
    use crate::engine::observe::call_end::CallEnd;
    use crate::engine::observe::names::{Operation, PortCall};

    const TARGET: &str = "sspr";

    pub(crate) struct Span {
        name: &'static str,
        port: bool,
        span: tracing::Span,
    }

    impl Span {
        pub(crate) fn operation(
            operation: Operation,
            tenant: impl FnOnce() -> Option<RecordKey>,
        ) -> Self {
            let name = operation.as_str();
            let span = tracing::info_span!(
                target: TARGET,
                "operation",
                otel.name = name,
                operation = name,
                tenant = Empty,
                outcome = Empty,
                code = Empty,
                elapsed_us = Empty,
            );
            if !span.is_disabled()
                && let Some(key) = tenant()
            {
                span.record("tenant", display(short(&key)));
            }
            Self { name, port: false, span }
        }

        pub(crate) fn port_call(call: PortCall, record: Option<&RecordKey>) -> Self {
            let name = call.as_str();
            let span = tracing::debug_span!(
                target: TARGET,
                "port",
                otel.name = name,
                call = name,
                record = Empty,
                outcome = Empty,
                code = Empty,
                elapsed_us = Empty,
            );
            if !span.is_disabled()
                && let Some(key) = record
            {
                span.record("record", display(short(key)));
            }
            Self { name, port: true, span }
        }

        pub(crate) fn enter(&self) -> Entered<'_> {
            self.span.enter()
        }

        pub(crate) fn end(&self, outcome: CallEnd, took: Option<Duration>) {
            let (ended, code) = outcome.names();
            self.span.record("outcome", ended);
            if let Some(code) = code {
                self.span.record("code", code);
            }
            if let Some(took) = took {
                self.span.record("elapsed_us", u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
            }
            if let (CallEnd::Failed(kind), true) = (outcome, self.port) {
                let _entered = self.span.enter();
                tracing::warn!(target: TARGET, call = self.name, code = kind.as_str(), "port failed");
            }
        }
    }

    /// The first 16 digits of a record key.
    fn short(key: &RecordKey) -> String {
        let mut digits = key.to_string();
        digits.truncate(16);
        digits
    }
}

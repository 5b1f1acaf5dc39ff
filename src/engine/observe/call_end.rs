//! How an observed call ended.

use crate::engine::api::error::Error;
use crate::port::{PortError, PortErrorKind};

/// How an observed call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CallEnd {
    Succeeded,
    /// Refused by the rules, with the code of the refusal.
    Refused(&'static str),
    /// Called with invalid input.
    Invalid,
    /// A port failed.
    Failed(PortErrorKind),
    /// The future was dropped before it was ready.
    Abandoned,
}

impl CallEnd {
    pub(crate) fn of<T, E: Ends>(result: &Result<T, E>) -> Self {
        result.as_ref().err().map_or(Self::Succeeded, Ends::end)
    }

    /// Its name, and the code of a refusal or the kind of a port's error.
    #[cfg(feature = "tracing")]
    pub(crate) const fn names(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Succeeded => ("succeeded", None),
            Self::Refused(code) => ("refused", Some(code)),
            Self::Invalid => ("invalid", None),
            Self::Failed(kind) => ("failed", Some(kind.as_str())),
            Self::Abandoned => ("abandoned", None),
        }
    }
}

/// An error of an observed call.
pub(crate) trait Ends {
    fn end(&self) -> CallEnd;
}

impl Ends for PortError {
    fn end(&self) -> CallEnd {
        CallEnd::Failed(self.kind())
    }
}

impl Ends for Error {
    fn end(&self) -> CallEnd {
        match self {
            Self::Refused(refusal) => CallEnd::Refused(refusal.code()),
            Self::Invalid(_) => CallEnd::Invalid,
            Self::Fault(fault) => CallEnd::Failed(fault.error.kind()),
        }
    }
}

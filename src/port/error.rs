//! The error of every port: what the failed call may have done, and whether to try again.

use std::error::Error as StdError;
use std::fmt;

use serde::Serialize;

use crate::domain::record::CorruptRecord;

/// The result of a port call.
pub type PortResult<T> = Result<T, PortError>;

/// A port that failed.
///
/// The adapter's own error is its boxed source, so that no adapter's type is part of the API. Its
/// `Display` names the kind only; the source may name hosts and paths and belongs in the log.
///
/// ```
/// use sspr::port::{PortError, PortErrorKind, Retry};
///
/// let error = PortError::unavailable().because(std::io::Error::other("no route"));
/// assert_eq!(error.kind(), PortErrorKind::Unavailable);
/// assert_eq!(error.retry(), Retry::Later);
/// assert_eq!(error.to_string(), "unavailable: nothing happened");
/// assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "no route");
/// ```
pub struct PortError {
    kind: PortErrorKind,
    scope: Option<FaultScope>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// What a failed call may have done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PortErrorKind {
    /// The call did not reach the system behind the port: nothing happened.
    Unavailable,
    /// The outcome is unknown: it may have happened.
    Unknown,
    /// The stored data cannot be read. A port never reports it as absent.
    Corrupt,
    /// The system refused and would refuse again: wrong credentials, missing rights, a permanent
    /// rejection.
    Denied,
}

impl PortErrorKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Unavailable, Self::Unknown, Self::Corrupt, Self::Denied];

    /// A stable, lower-case name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
            Self::Corrupt => "corrupt",
            Self::Denied => "denied",
        }
    }
}

/// Whether a failed delivery is a fault of the service or of the recipient. It decides which other
/// messages wait.
///
/// ```
/// use sspr::port::{FaultScope, PortError};
///
/// let full = PortError::unavailable().of(FaultScope::Recipient).because("mailbox full");
/// assert_eq!(full.scope(), Some(FaultScope::Recipient));
/// assert_eq!(PortError::unavailable().scope(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum FaultScope {
    /// The system behind the port: no connection, no login, no greeting. Every message would fail.
    Service,
    /// This recipient or their mail domain: a full mailbox, a number out of service. Messages to
    /// other recipients may succeed.
    Recipient,
}

/// When a call may be repeated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Retry {
    /// Later, unchanged.
    Later,
    /// Only after checking what happened.
    AfterCheck,
    /// Not before an operator has resolved the cause.
    Never,
}

impl PortError {
    /// An error of this kind.
    #[must_use]
    pub const fn new(kind: PortErrorKind) -> Self {
        Self { kind, scope: None, source: None }
    }

    /// Nothing happened; the call may be repeated later.
    #[must_use]
    pub const fn unavailable() -> Self {
        Self::new(PortErrorKind::Unavailable)
    }

    /// It may have happened.
    #[must_use]
    pub const fn unknown() -> Self {
        Self::new(PortErrorKind::Unknown)
    }

    /// The stored data cannot be read.
    #[must_use]
    pub const fn corrupt() -> Self {
        Self::new(PortErrorKind::Corrupt)
    }

    /// Permanently refused.
    #[must_use]
    pub const fn denied() -> Self {
        Self::new(PortErrorKind::Denied)
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Sets whether it is a fault of the service or the recipient, for deliveries. Without it the
    /// engine attributes a failure to the recipient's domain, and to the service once several
    /// domains fail in a row.
    #[must_use]
    pub const fn of(mut self, scope: FaultScope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Whether it is a fault of the service or the recipient, if the port can tell.
    #[must_use]
    pub const fn scope(&self) -> Option<FaultScope> {
        self.scope
    }

    /// What the failed call may have done.
    #[must_use]
    pub const fn kind(&self) -> PortErrorKind {
        self.kind
    }

    /// When the call may be repeated.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        match self.kind {
            PortErrorKind::Unavailable => Retry::Later,
            PortErrorKind::Unknown => Retry::AfterCheck,
            PortErrorKind::Corrupt | PortErrorKind::Denied => Retry::Never,
        }
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            PortErrorKind::Unavailable => "unavailable: nothing happened",
            PortErrorKind::Unknown => "unknown: it may have happened",
            PortErrorKind::Corrupt => "corrupt: the stored data cannot be read",
            PortErrorKind::Denied => "denied: permanently refused",
        })
    }
}

impl fmt::Debug for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortError")
            .field("kind", &self.kind)
            .field("scope", &self.scope)
            .field("source", &self.source.as_ref().map(ToString::to_string))
            .finish()
    }
}

impl StdError for PortError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<CorruptRecord> for PortError {
    fn from(cause: CorruptRecord) -> Self {
        Self::corrupt().because(cause)
    }
}

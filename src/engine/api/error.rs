//! The three families of errors.

use std::fmt;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::domain::invalid::InvalidInput;
use crate::domain::refusal::Refusal;
use crate::port::{PortError, Retry};

/// Why an operation failed.
///
/// - [`Refused`](Self::Refused): the rules refuse it. Show it: it contains only what may be
///   disclosed. Before the first proof its duration must not tell whether an account exists: hold
///   every error back until [`Engine::reply_floor`](crate::Engine::reply_floor) after the request
///   arrived. The ticket stays valid, except after `Ended` and `TicketReplaced`.
/// - [`Invalid`](Self::Invalid): the call was malformed. A bug in the host, or invalid input from a
///   browser; nothing was read or counted.
/// - [`Fault`](Self::Fault): a port failed; [`retry`](Fault::retry) tells when to try again. Log it,
///   and show only "try again later". After a fault of the directory from `complete` the password may
///   have changed; any other fault means that nothing has succeeded.
///
/// ```
/// use sspr::{Error, Refusal};
///
/// fn page(error: &Error) -> String {
///     match error {
///         Error::Refused(refusal) => refusal.to_string(),
///         Error::Invalid(_) => "bad request".to_owned(),
///         _ => "try again later".to_owned(),
///     }
/// }
/// assert_eq!(page(&Refusal::NotAccepted.into()), "not accepted");
/// ```
#[derive(Debug, serde::Serialize, thiserror::Error)]
#[serde(tag = "error", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Error {
    /// The rules refuse the operation.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The call was malformed.
    #[error(transparent)]
    Invalid(#[from] InvalidInput),
    /// A port failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Error {
    /// The refusal, if the rules refused the operation.
    #[must_use]
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether the ticket is void: drop the cookie and let the user start again.
    ///
    /// ```
    /// use sspr::{Error, Refusal};
    ///
    /// assert!(Error::from(Refusal::Ended).ends_flow());
    /// assert!(!Error::from(Refusal::NotAccepted).ends_flow());
    /// ```
    #[must_use]
    pub const fn ends_flow(&self) -> bool {
        matches!(
            self,
            Self::Refused(Refusal::Ended | Refusal::TicketReplaced)
                | Self::Invalid(InvalidInput::Foreign { .. })
        )
    }
}

/// A port that failed.
///
/// ```
/// use sspr::Fault;
///
/// /// A line for the log. The source of the error may name hosts and paths.
/// fn line(fault: &Fault) -> String {
///     format!("{fault} ({:?}), caused by {:?}", fault.retry(), fault.error)
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{origin} failed: {error}")]
#[non_exhaustive]
pub struct Fault {
    /// Which port.
    pub origin: FaultOrigin,
    /// The port's error. Its source is the adapter's own error.
    #[source]
    pub error: PortError,
}

impl Fault {
    /// When the operation may be tried again.
    #[must_use]
    pub const fn retry(&self) -> Retry {
        self.error.retry()
    }
}

impl Serialize for Fault {
    /// Writes the port, the kind of error and when to try again. The source may name hosts and
    /// paths and is left to the log.
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut fields = to.serialize_struct("Fault", 3)?;
        fields.serialize_field("origin", &self.origin)?;
        fields.serialize_field("kind", &self.error.kind())?;
        fields.serialize_field("retry", &self.retry())?;
        fields.end()
    }
}

/// The ports, by name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultOrigin {
    /// The store.
    Store,
    /// The directory.
    Directory,
    /// The delivery.
    Delivery,
    /// The source of randomness.
    Entropy,
    /// The list of breached passwords.
    BreachList,
    /// The seal of authenticators' seeds. Before the first proof its faults are reported as
    /// `NotAccepted` and counted in [`Stats::hidden_faults`](crate::maintenance::Stats::hidden_faults).
    Seal,
    /// The slow hash of the answers to security questions. Its faults are hidden in the same way.
    SlowHash,
    /// A host-verified method. Its faults are hidden in the same way.
    ExternalMethod,
}

impl fmt::Display for FaultOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Store => "the store",
            Self::Directory => "the directory",
            Self::Delivery => "the delivery",
            Self::Entropy => "the source of randomness",
            Self::BreachList => "the list of breached passwords",
            Self::Seal => "the seal",
            Self::SlowHash => "the slow hash",
            Self::ExternalMethod => "the external method",
        })
    }
}

/// Names the port that an error comes from.
pub(crate) trait At<T> {
    fn at(self, origin: FaultOrigin) -> Result<T, Error>;
}

impl<T> At<T> for Result<T, PortError> {
    fn at(self, origin: FaultOrigin) -> Result<T, Error> {
        self.map_err(|error| Error::Fault(Fault { origin, error }))
    }
}

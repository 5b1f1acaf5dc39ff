//! What an error of PostgreSQL means for the call.

use std::error::Error as StdError;
use std::fmt;

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::error::{DbError, Severity, SqlState};

use crate::port::{PortError, PortErrorKind};

/// Why a call on a connection failed.
#[derive(Debug)]
pub(super) enum PostgresFault {
    /// The statement was being prepared and was not sent yet.
    Before(tokio_postgres::Error),
    /// The statement was sent.
    During(tokio_postgres::Error),
    /// The server did not reply in time.
    Late,
    /// The server is read-only, so it may lag behind the primary.
    ReadOnly,
    /// Some of several statements failed, and others did not.
    InPart(Box<PostgresFault>),
    /// The reply is malformed.
    Corrupt(&'static str),
    /// An error of the port, passed on as it is.
    Port(PortError),
}

impl From<tokio_postgres::Error> for PostgresFault {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::During(error)
    }
}

impl From<PortError> for PostgresFault {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl PostgresFault {
    /// The error of a call that only reads: nothing has changed.
    pub(super) fn reading(self) -> PortError {
        match self {
            Self::Before(error) | Self::During(error) => {
                let kind = server_error(&error).map_or(PortErrorKind::Unavailable, kind_of);
                PortError::new(kind).because(Explained(error))
            }
            Self::Late => PortError::unavailable().because("postgres: no reply within the timeout"),
            Self::ReadOnly => PortError::unavailable().because("postgres: the server is read-only"),
            Self::InPart(fault) => {
                PortError::unknown().because(format!("postgres: partly done: {}", fault.reading()))
            }
            Self::Corrupt(what) => PortError::corrupt().because(format!("postgres: {what}")),
            Self::Port(error) => error,
        }
    }

    /// The error of a call that writes, by statements that are one transaction each.
    pub(super) fn writing(self) -> PortError {
        if self.unsure() {
            return PortError::unknown().because(self.reading());
        }
        self.reading()
    }

    /// Whether the call may have had an effect, or still may.
    pub(super) fn unsure(&self) -> bool {
        match self {
            Self::Late | Self::InPart(_) => true,
            Self::During(error) => server_error(error).is_none_or(|error| !rolled_back(error)),
            Self::Before(_) | Self::ReadOnly | Self::Corrupt(_) | Self::Port(_) => false,
        }
    }

    /// Whether the connection should not be used again: it is lost or stuck, leads to a read-only
    /// server, or has prepared statements that the server no longer accepts.
    pub(super) fn spoils(&self) -> bool {
        match self {
            Self::ReadOnly | Self::Late => true,
            Self::Before(error) | Self::During(error) => error.code().is_none_or(|code| {
                let class = &code.code()[..2];
                matches!(class, "08" | "0A" | "25" | "26" | "57")
                    && *code != SqlState::QUERY_CANCELED
            }),
            Self::InPart(fault) => fault.spoils(),
            Self::Corrupt(_) | Self::Port(_) => false,
        }
    }

    /// Whether a read may be repeated at once on another connection: this one was lost, or led to a
    /// server that is not (or no longer) the primary.
    pub(super) fn lost(&self) -> bool {
        match self {
            Self::ReadOnly => true,
            Self::Before(_) | Self::During(_) => self.spoils(),
            Self::Late | Self::InPart(_) | Self::Corrupt(_) | Self::Port(_) => false,
        }
    }
}

/// The driver's error with its cause. Without the server's details, since they quote the row.
struct Explained(tokio_postgres::Error);

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.as_db_error(), StdError::source(&self.0)) {
            (Some(error), _) => {
                write!(f, "postgres: {} ({})", error.message(), error.code().code())
            }
            (None, Some(source)) => write!(f, "postgres: {}: {source}", self.0),
            (None, None) => write!(f, "postgres: {}", self.0),
        }
    }
}

impl fmt::Debug for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for Explained {}

/// The server's own error.
#[derive(Clone, Copy)]
struct ServerError<'a> {
    code: &'a str,
    /// Whether the server closed the connection with it.
    fatal: bool,
}

fn server_error(error: &tokio_postgres::Error) -> Option<ServerError<'_>> {
    let reported: &DbError = error.as_db_error()?;
    let fatal = matches!(reported.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    Some(ServerError { code: reported.code().code(), fatal })
}

/// Whether a statement with this error was certainly rolled back.
///
/// An error that leaves the connection open means a rollback. After one that closes it, the outcome
/// is unknown: the server may be stopping, or a pooler may have lost the server. Some distributed
/// engines report this (`40003`, `08007`), others use a general code (`XX000`).
fn rolled_back(error: ServerError<'_>) -> bool {
    let unsure = error.code.starts_with("08") || matches!(error.code, "40003" | "XX000");
    !error.fatal && !unsure
}

/// The error kind of a server error, if nothing happened.
fn kind_of(error: ServerError<'_>) -> PortErrorKind {
    match error.code {
        // The head of a bucket was lost or reset, so positions would be used twice.
        "23505" => PortErrorKind::Corrupt,
        "XX001" | "XX002" | "22021" => PortErrorKind::Corrupt,
        // The statements are fixed, so these errors come from the schema, its triggers or missing rights.
        _ => match &error.code[..2.min(error.code.len())] {
            "28" | "3D" | "3F" | "42" | "22" | "23" | "44" | "P0" => PortErrorKind::Denied,
            _ => PortErrorKind::Unavailable,
        },
    }
}

/// An error while a connection was opened, or on a connection before any call.
pub(super) fn at_connect(error: tokio_postgres::Error) -> PortError {
    PostgresFault::Before(error).reading()
}

/// An error of the pool; nothing was sent.
pub(super) fn of_pool(error: PoolError) -> PortError {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            at_connect(error)
        }
        other => PortError::unavailable().because(other),
    }
}

pub(super) fn refused(what: impl Into<String>) -> PortError {
    PortError::denied().because(format!("postgres: {}", what.into()))
}

/// Refuses an option, without its value, which may be a password.
pub(super) fn refused_because(
    what: &'static str,
    error: impl Into<Box<dyn StdError + Send + Sync>>,
) -> PortError {
    refused(format!("{what}: {}", error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    use PortErrorKind::{Corrupt, Denied, Unavailable, Unknown};

    #[test]
    fn each_server_error_has_the_right_kind() {
        for (code, fatal, reading, writing) in [
            ("40001", false, Unavailable, Unavailable), // serialization failure
            ("40P01", false, Unavailable, Unavailable), // deadlock
            ("55P03", false, Unavailable, Unavailable), // lock not available
            ("57014", false, Unavailable, Unavailable), // statement timeout
            ("53300", true, Unavailable, Unknown),      // too many connections
            ("53100", false, Unavailable, Unavailable), // disk full
            ("25006", false, Unavailable, Unavailable), // read only: failover
            ("25P02", false, Unavailable, Unavailable), // transaction aborted
            ("57P01", true, Unavailable, Unknown),      // shut down, or terminated
            ("57P02", true, Unavailable, Unknown),      // crashed
            ("57P03", true, Unavailable, Unknown),      // starting
            ("08006", false, Unavailable, Unknown),     // a pooler lost the server
            ("08007", false, Unavailable, Unknown),     // outcome unknown
            ("40003", false, Unavailable, Unknown),     // completion unknown
            ("XX000", false, Unavailable, Unknown),     // internal
            ("28P01", true, Denied, Unknown),           // wrong password, never after a statement
            ("42501", false, Denied, Denied),           // no right
            ("42P01", false, Denied, Denied),           // no such table
            ("3F000", false, Denied, Denied),           // no such schema
            ("22003", false, Denied, Denied),           // out of range
            ("23514", false, Denied, Denied),           // a check
            ("P0001", false, Denied, Denied),           // raised by a trigger
            ("23505", false, Corrupt, Corrupt),         // a position given twice
            ("XX001", false, Corrupt, Corrupt),         // a broken page
            ("XX002", false, Corrupt, Corrupt),         // a broken index
            ("99999", false, Unavailable, Unavailable), // an unknown code
        ] {
            let error = ServerError { code, fatal };
            assert_eq!(kind_of(error), reading, "{code}");
            let write = if rolled_back(error) { kind_of(error) } else { Unknown };
            assert_eq!(write, writing, "{code}");
        }
    }

    #[test]
    fn a_read_only_server_is_unavailable_and_its_connection_is_dropped() {
        assert!(PostgresFault::ReadOnly.spoils() && PostgresFault::ReadOnly.lost());
        assert_eq!(PostgresFault::ReadOnly.reading().kind(), Unavailable);
        assert_eq!(PostgresFault::ReadOnly.writing().kind(), Unavailable);
        assert!(!PostgresFault::Corrupt("x").spoils() && !PostgresFault::Corrupt("x").lost());
    }
}

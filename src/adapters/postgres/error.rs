//! What an error of PostgreSQL says about the call.

use std::error::Error as StdError;
use std::fmt;

use deadpool_postgres::{HookError, PoolError};
use tokio_postgres::error::{DbError, Severity, SqlState};

use crate::port::{PortError, PortErrorKind};

/// Why a call on a connection ended.
#[derive(Debug)]
pub(super) enum PostgresFault {
    /// While the statement was prepared: it was not sent yet.
    Before(tokio_postgres::Error),
    /// Once it was sent.
    During(tokio_postgres::Error),
    /// It did not answer in time.
    Late,
    /// The server may not be written to, so it may be behind.
    ReadOnly,
    /// Some of several statements went wrong, and others did not.
    InPart(Box<PostgresFault>),
    /// What it answered makes no sense.
    Corrupt(&'static str),
    /// Said already.
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
    /// Of a call that only reads: whatever ended it, nothing happened.
    pub(super) fn reading(self) -> PortError {
        match self {
            Self::Before(error) | Self::During(error) => {
                let kind = said(&error).map_or(PortErrorKind::Unavailable, answer);
                PortError::new(kind).because(Explained(error))
            }
            Self::Late => PortError::unavailable().because("postgres: no answer in time"),
            Self::ReadOnly => {
                PortError::unavailable().because("postgres: a server that may not be written to")
            }
            Self::InPart(fault) => {
                PortError::unknown().because(format!("postgres: done in part: {}", fault.reading()))
            }
            Self::Corrupt(what) => PortError::corrupt().because(format!("postgres: {what}")),
            Self::Port(error) => error,
        }
    }

    /// Of a call that writes, by statements that are a transaction each.
    pub(super) fn writing(self) -> PortError {
        if self.unsure() {
            return PortError::unknown().because(self.reading());
        }
        self.reading()
    }

    /// Whether something may have happened, or still may.
    pub(super) fn unsure(&self) -> bool {
        match self {
            Self::Late | Self::InPart(_) => true,
            Self::During(error) => said(error).is_none_or(|said| !rolled_back(said)),
            Self::Before(_) | Self::ReadOnly | Self::Corrupt(_) | Self::Port(_) => false,
        }
    }

    /// Whether its connection should not be used again: it is lost or stuck, leads to a server that
    /// is not the primary, or has statements that the server no longer knows as they are.
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

    /// Whether a read may be made again at once, on another connection: this one was lost, or led
    /// to a server that is not the primary (any more).
    pub(super) fn lost(&self) -> bool {
        match self {
            Self::ReadOnly => true,
            Self::Before(_) | Self::During(_) => self.spoils(),
            Self::Late | Self::InPart(_) | Self::Corrupt(_) | Self::Port(_) => false,
        }
    }
}

/// The driver's error, which alone says no more than that there was one. Without the details: they
/// quote the row.
struct Explained(tokio_postgres::Error);

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.as_db_error(), StdError::source(&self.0)) {
            (Some(said), _) => write!(f, "postgres: {} ({})", said.message(), said.code().code()),
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

/// What the server itself said, in words of ours.
#[derive(Clone, Copy)]
struct Said<'a> {
    code: &'a str,
    /// The connection ended with it.
    fatal: bool,
}

fn said(error: &tokio_postgres::Error) -> Option<Said<'_>> {
    let said: &DbError = error.as_db_error()?;
    let fatal = matches!(said.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    Some(Said { code: said.code().code(), fatal })
}

/// Whether a statement that was answered so has surely left nothing behind.
///
/// An error that leaves the connection up has rolled back. One that ends it may come from a
/// server that stops, or from a pooler in between that has lost the server: nobody knows. Of
/// distributed engines, some say so (`40003`, `08007`), and others find no word for it (`XX000`).
fn rolled_back(said: Said<'_>) -> bool {
    let unsure = said.code.starts_with("08") || matches!(said.code, "40003" | "XX000");
    !said.fatal && !unsure
}

/// What the server's word means, if nothing happened.
fn answer(said: Said<'_>) -> PortErrorKind {
    match said.code {
        // The head of a bucket was lost or reset: positions would be given twice.
        "23505" => PortErrorKind::Corrupt,
        "XX001" | "XX002" | "22021" => PortErrorKind::Corrupt,
        // The statements do not change: what they are refused for is the schema, or the rights.
        _ => match &said.code[..2.min(said.code.len())] {
            "28" | "3D" | "3F" | "42" | "22" | "23" | "44" => PortErrorKind::Denied,
            _ => PortErrorKind::Unavailable,
        },
    }
}

/// An error while a connection was made, or while nothing but that was wanted of it.
pub(super) fn at_connect(error: tokio_postgres::Error) -> PortError {
    PostgresFault::Before(error).reading()
}

/// An error of the pool: nothing was sent.
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

/// Of options: without the value, which may be a password.
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
    fn each_state_says_what_is_known() {
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
            ("23505", false, Corrupt, Corrupt),         // a position given twice
            ("XX001", false, Corrupt, Corrupt),         // a broken page
            ("XX002", false, Corrupt, Corrupt),         // a broken index
            ("99999", false, Unavailable, Unavailable), // what nobody has heard of
        ] {
            let said = Said { code, fatal };
            assert_eq!(answer(said), reading, "{code}");
            let write = if rolled_back(said) { answer(said) } else { Unknown };
            assert_eq!(write, writing, "{code}");
        }
    }

    #[test]
    fn a_standby_is_never_read_from_and_its_connection_is_given_up() {
        assert!(PostgresFault::ReadOnly.spoils() && PostgresFault::ReadOnly.lost());
        assert_eq!(PostgresFault::ReadOnly.reading().kind(), Unavailable);
        assert_eq!(PostgresFault::ReadOnly.writing().kind(), Unavailable);
        assert!(!PostgresFault::Corrupt("x").spoils() && !PostgresFault::Corrupt("x").lost());
    }
}

//! What an error of SQLite means for the call.

use std::io;
use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::port::{PortError, PortErrorKind};

/// An error before anything was written, or after everything was rolled back.
pub(super) fn failed(error: impl Into<Arc<rusqlite::Error>>) -> PortError {
    let error = error.into();
    PortError::new(kind(&error)).because(Shared(error))
}

/// An error of `COMMIT` itself, after an attempt to roll back.
pub(super) fn commit_failed(error: &Arc<rusqlite::Error>, rolled_back: bool) -> PortError {
    // On a full disk the frame that ends the transaction, which is the last, was not written. After
    // a failed sync it may have been, and the recovery after a crash would apply it.
    let nothing_written = matches!(
        code(error),
        Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    );
    let kind = if rolled_back && nothing_written {
        PortErrorKind::Unavailable
    } else {
        PortErrorKind::Unknown
    };
    PortError::new(kind).because(Shared(Arc::clone(error)))
}

/// An error of the file system outside SQLite.
pub(super) fn io_failed(error: io::Error) -> PortError {
    let kind = match error.kind() {
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::InvalidFilename
        | io::ErrorKind::InvalidInput => PortErrorKind::Denied,
        _ => PortErrorKind::Unavailable,
    };
    PortError::new(kind).because(error)
}

/// A stored value that this adapter cannot have written.
pub(super) fn corrupt(what: &'static str) -> PortError {
    PortError::corrupt().because(what)
}

/// An error that the requests of a batch share.
#[derive(Debug, thiserror::Error)]
#[error("sqlite: {0}")]
struct Shared(#[source] Arc<rusqlite::Error>);

fn code(error: &rusqlite::Error) -> Option<ErrorCode> {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => Some(failure.code),
        _ => None,
    }
}

fn kind(error: &rusqlite::Error) -> PortErrorKind {
    use rusqlite::Error as E;

    match error {
        E::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::AuthorizationForStatementDenied
            | ErrorCode::ConstraintViolation
            | ErrorCode::TypeMismatch
            | ErrorCode::TooBig => PortErrorKind::Denied,
            // `Unknown` is SQLITE_ERROR: a table or a column of the schema is missing.
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::Unknown => {
                PortErrorKind::Corrupt
            }
            _ if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHORT_READ => {
                PortErrorKind::Corrupt
            }
            _ => PortErrorKind::Unavailable,
        },
        E::FromSqlConversionFailure(..)
        | E::IntegralValueOutOfRange(..)
        | E::InvalidColumnType(..)
        | E::Utf8Error(..)
        | E::QueryReturnedNoRows => PortErrorKind::Corrupt,
        _ => PortErrorKind::Unavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlite(code: i32) -> Arc<rusqlite::Error> {
        let failure = rusqlite::ffi::Error::new(code);
        Arc::new(rusqlite::Error::SqliteFailure(failure, None))
    }

    #[test]
    fn each_error_has_the_right_kind() {
        use rusqlite::ffi;
        for (code, expected) in [
            (ffi::SQLITE_BUSY, PortErrorKind::Unavailable),
            (ffi::SQLITE_LOCKED, PortErrorKind::Unavailable),
            (ffi::SQLITE_FULL, PortErrorKind::Unavailable),
            (ffi::SQLITE_IOERR, PortErrorKind::Unavailable),
            (ffi::SQLITE_CORRUPT, PortErrorKind::Corrupt),
            (ffi::SQLITE_NOTADB, PortErrorKind::Corrupt),
            (ffi::SQLITE_IOERR_SHORT_READ, PortErrorKind::Corrupt),
            (ffi::SQLITE_READONLY, PortErrorKind::Denied),
            (ffi::SQLITE_PERM, PortErrorKind::Denied),
        ] {
            assert_eq!(failed(sqlite(code)).kind(), expected, "{code}");
        }
    }

    #[test]
    fn a_failed_commit_is_unknown_unless_nothing_can_have_been_written() {
        use rusqlite::ffi;
        let kind = |code, rolled_back| commit_failed(&sqlite(code), rolled_back).kind();
        assert_eq!(kind(ffi::SQLITE_FULL, true), PortErrorKind::Unavailable);
        assert_eq!(kind(ffi::SQLITE_BUSY, true), PortErrorKind::Unavailable);
        assert_eq!(kind(ffi::SQLITE_FULL, false), PortErrorKind::Unknown);
        assert_eq!(kind(ffi::SQLITE_IOERR_FSYNC, true), PortErrorKind::Unknown);
        assert_eq!(kind(ffi::SQLITE_IOERR_WRITE, true), PortErrorKind::Unknown);
    }
}

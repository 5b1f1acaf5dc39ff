//! What an error of etcd, or of the connection to it, means for the call.

use std::error::Error as StdError;

use tonic::{Code, Status};

use crate::port::{PortError, PortErrorKind};

/// A stored value that this adapter cannot have written.
pub(super) fn corrupt(what: &'static str) -> PortError {
    PortError::corrupt().because(what)
}

/// What a failed request means for the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Failure {
    /// The request was not sent, or the member has no leader: nothing happened, another may do it.
    TryAnotherMember,
    /// The token has expired: nothing happened.
    Token,
    /// etcd refuses for now, for example by a rate limit: nothing happened.
    NotNow,
    /// The space quota is reached. etcd reports this for a request that it refused before the
    /// proposal, and for one that it **has applied**: the stored data show which.
    Full,
    /// etcd refuses for good: nothing happened.
    Denied,
    /// The data is damaged.
    Corrupt,
    /// The outcome is unknown.
    Unknown,
}

/// Classifies by the code, and by etcd's message where one code has two meanings.
pub(super) fn classify(status: &Status) -> Failure {
    let mentions = |words: &str| status.message().contains(words);
    match status.code() {
        _ if never_sent(status) => Failure::TryAnotherMember,
        // Sent before any proposal, since the request asks for a leader (`hasleader`).
        Code::Unavailable if mentions("etcdserver: no leader") => Failure::TryAnotherMember,
        Code::Unauthenticated => Failure::Token,
        _ if mentions("revision of auth store is old") => Failure::Token,
        Code::ResourceExhausted if mentions("database space exceeded") => Failure::Full,
        // A rate limit, checked before the proposal.
        Code::ResourceExhausted if mentions("etcdserver: ") => Failure::NotNow,
        Code::PermissionDenied
        | Code::InvalidArgument
        | Code::FailedPrecondition
        | Code::NotFound
        | Code::Unimplemented
        | Code::OutOfRange => Failure::Denied,
        Code::DataLoss => Failure::Corrupt,
        _ => Failure::Unknown,
    }
}

/// Whether no connection was made, so that no byte of the request was sent.
fn never_sent(status: &Status) -> bool {
    let mut next: Option<&(dyn StdError + 'static)> = status.source();
    while let Some(error) = next {
        if error.is::<tonic::ConnectError>() {
            return true;
        }
        next = error.source();
    }
    false
}

impl Failure {
    /// The error kind, for a call that writes or for one that only reads.
    pub(super) const fn kind(self, writes: bool) -> PortErrorKind {
        match self {
            Self::TryAnotherMember | Self::NotNow => PortErrorKind::Unavailable,
            Self::Token | Self::Denied => PortErrorKind::Denied,
            Self::Corrupt => PortErrorKind::Corrupt,
            Self::Unknown | Self::Full if writes => PortErrorKind::Unknown,
            Self::Unknown | Self::Full => PortErrorKind::Unavailable,
        }
    }
}

/// Whether the call failed at the space quota: etcd has applied it or never will.
pub(super) fn is_full(error: &PortError) -> bool {
    let status = error.source().and_then(|source| source.downcast_ref::<Status>());
    status.is_some_and(|status| classify(status) == Failure::Full)
}

/// The error of a call, with etcd's status as its cause.
pub(super) fn failed(failure: Failure, writes: bool, status: Status) -> PortError {
    PortError::new(failure.kind(writes)).because(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_the_right_error_kind() {
        use PortErrorKind::{Corrupt, Denied, Unavailable, Unknown};
        for (code, message, write, read) in [
            (Code::Unavailable, "etcdserver: no leader", Unavailable, Unavailable),
            (Code::Unavailable, "etcdserver: request timed out", Unknown, Unavailable),
            (Code::Unavailable, "etcdserver: leader changed", Unknown, Unavailable),
            (Code::Unavailable, "etcdserver: server stopped", Unknown, Unavailable),
            (Code::Unavailable, "transport is closing", Unknown, Unavailable),
            (Code::DeadlineExceeded, "", Unknown, Unavailable),
            (Code::Cancelled, "", Unknown, Unavailable),
            (Code::Internal, "h2 protocol error", Unknown, Unavailable),
            (Code::ResourceExhausted, "etcdserver: too many requests", Unavailable, Unavailable),
            (
                Code::ResourceExhausted,
                "etcdserver: mvcc: database space exceeded",
                Unknown,
                Unavailable,
            ),
            (Code::ResourceExhausted, "grpc: received message too large", Unknown, Unavailable),
            (Code::PermissionDenied, "etcdserver: permission denied", Denied, Denied),
            (Code::InvalidArgument, "etcdserver: request is too large", Denied, Denied),
            (Code::Unauthenticated, "etcdserver: invalid auth token", Denied, Denied),
            (Code::DataLoss, "etcdserver: corrupt cluster", Corrupt, Corrupt),
        ] {
            let failure = classify(&Status::new(code, message));
            assert_eq!(failure.kind(true), write, "{code:?} {message}");
            assert_eq!(failure.kind(false), read, "{code:?} {message}");
        }
    }

    #[test]
    fn a_refused_connection_counts_as_not_sent() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let status = Status::from_error(Box::new(tonic::ConnectError(refused.into())));
        assert_eq!(classify(&status), Failure::TryAnotherMember);
    }
}

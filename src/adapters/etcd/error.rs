//! What an error of etcd, or of the way to it, says about the call.

use std::error::Error as StdError;

use tonic::{Code, Status};

use crate::port::{PortError, PortErrorKind};

/// Something under a key that this store cannot have written.
pub(super) fn corrupt(what: &'static str) -> PortError {
    PortError::corrupt().because(what)
}

/// What a failed request means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Failure {
    /// It was not sent, or this member has no leader: nothing happened, another may do it.
    ElsewherePerhaps,
    /// The token is void: nothing happened.
    Token,
    /// etcd refuses for now: nothing happened.
    NotNow,
    /// The space is used up. etcd says so of a request that it has refused before it was proposed, and
    /// of one that it **has applied** while the space ran out: what is there tells which.
    Full,
    /// etcd refuses for good: nothing happened.
    Denied,
    /// The data are damaged.
    Corrupt,
    /// Nobody knows.
    Unknown,
}

/// By the code, and by etcd's own words where one code says two things.
pub(super) fn classify(status: &Status) -> Failure {
    let says = |words: &str| status.message().contains(words);
    match status.code() {
        _ if never_sent(status) => Failure::ElsewherePerhaps,
        // Said before anything is proposed, to a request that asks for a leader (`hasleader`).
        Code::Unavailable if says("etcdserver: no leader") => Failure::ElsewherePerhaps,
        Code::Unauthenticated => Failure::Token,
        _ if says("revision of auth store is old") => Failure::Token,
        Code::ResourceExhausted if says("database space exceeded") => Failure::Full,
        // A rate, looked at before a proposal.
        Code::ResourceExhausted if says("etcdserver: ") => Failure::NotNow,
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

/// Whether no connection came about, so that no byte of the request was sent.
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
    /// What it comes to for a call that writes, or for one that only reads.
    pub(super) const fn kind(self, writes: bool) -> PortErrorKind {
        match self {
            Self::ElsewherePerhaps | Self::NotNow => PortErrorKind::Unavailable,
            Self::Token | Self::Denied => PortErrorKind::Denied,
            Self::Corrupt => PortErrorKind::Corrupt,
            Self::Unknown | Self::Full if writes => PortErrorKind::Unknown,
            Self::Unknown | Self::Full => PortErrorKind::Unavailable,
        }
    }
}

/// Whether a call failed since the space is used up: etcd has applied it or will never do so.
pub(super) fn is_full(error: &PortError) -> bool {
    let status = error.source().and_then(|source| source.downcast_ref::<Status>());
    status.is_some_and(|status| classify(status) == Failure::Full)
}

/// The error of a call, with etcd's words as its cause.
pub(super) fn failed(failure: Failure, writes: bool, status: Status) -> PortError {
    PortError::new(failure.kind(writes)).because(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_says_what_is_known() {
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
    fn what_was_never_sent_is_known() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let status = Status::from_error(Box::new(tonic::ConnectError(refused.into())));
        assert_eq!(classify(&status), Failure::ElsewherePerhaps);
    }
}

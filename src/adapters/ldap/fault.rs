//! The outcome of a failed call, as far as the conversation with the server tells.

use std::fmt;

use super::ber::Malformed;
use super::message::OperationResult;
use super::outcome::code;
use crate::port::{PortError, PortErrorKind};

/// How far the conversation has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LdapStage {
    Queue,
    Connect,
    Tls,
    Bind,
    Read,
    /// A write may have reached the server: only its result tells.
    Write,
}

/// What went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum LdapCause {
    /// The server's result code, and its explanation.
    Refused(u32, String),
    Lost(String),
    Late,
    Malformed,
    /// The server's answer is well formed but cannot be relied on.
    Unusable(&'static str),
}

/// A failed call. It is logged as the source of a [`PortError`]: it holds the server's text, which names
/// entries at most, and never a value that was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LdapFault {
    pub(super) stage: LdapStage,
    pub(super) cause: LdapCause,
}

pub(super) type LdapReply<T> = Result<T, LdapFault>;

impl LdapFault {
    pub(super) const fn new(stage: LdapStage, cause: LdapCause) -> Self {
        Self { stage, cause }
    }

    pub(super) fn io(stage: LdapStage, error: &std::io::Error) -> Self {
        Self::new(stage, LdapCause::Lost(error.to_string()))
    }

    pub(super) fn refused(stage: LdapStage, result: OperationResult) -> Self {
        Self::new(stage, LdapCause::Refused(result.code, result.text))
    }

    pub(super) const fn unusable(what: &'static str) -> Self {
        Self::new(LdapStage::Read, LdapCause::Unusable(what))
    }

    pub(super) const fn malformed(stage: LdapStage) -> impl Fn(Malformed) -> Self {
        move |_| Self::new(stage, LdapCause::Malformed)
    }

    /// Whether another connection, or another server, may serve the call.
    pub(super) const fn may_go_elsewhere(&self) -> bool {
        match (&self.cause, self.stage) {
            (_, LdapStage::Write | LdapStage::Queue) => false,
            (LdapCause::Lost(_) | LdapCause::Malformed, _) => true,
            // The time for one server is over, but not the call's timeout.
            (LdapCause::Late, stage) => matches!(stage, LdapStage::Connect),
            (LdapCause::Refused(code, _), _) => matches!(*code, code::BUSY | code::UNAVAILABLE),
            (LdapCause::Unusable(_), _) => false,
        }
    }

    /// Whether a check of a password may be repeated. A bind that was lost may have been counted as a
    /// failed sign-in.
    pub(super) const fn may_check_again(&self) -> bool {
        self.may_go_elsewhere() && !matches!(self.stage, LdapStage::Bind)
    }

    /// Whether the service account is refused, by its password or for want of rights.
    pub(super) const fn is_denied(&self) -> bool {
        match &self.cause {
            LdapCause::Refused(code, _) => !matches!(
                *code,
                code::BUSY | code::UNAVAILABLE | code::TIME_LIMIT | code::ADMIN_LIMIT | code::OTHER
            ),
            LdapCause::Unusable(_) => true,
            LdapCause::Lost(_) | LdapCause::Late | LdapCause::Malformed => false,
        }
    }
}

impl From<LdapFault> for PortError {
    fn from(fault: LdapFault) -> Self {
        let kind = match fault.stage {
            LdapStage::Write => PortErrorKind::Unknown,
            _ if fault.is_denied() => PortErrorKind::Denied,
            _ => PortErrorKind::Unavailable,
        };
        Self::new(kind).because(fault)
    }
}

impl fmt::Display for LdapFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            LdapStage::Queue => "waiting for a free connection",
            LdapStage::Connect => "connecting",
            LdapStage::Tls => "starting TLS",
            LdapStage::Bind => "binding",
            LdapStage::Read => "reading",
            LdapStage::Write => "writing",
        };
        write!(f, "ldap, {stage}: ")?;
        match &self.cause {
            LdapCause::Refused(code, text) => write!(f, "result {code}: {text}"),
            LdapCause::Lost(detail) => write!(f, "the connection failed: {detail}"),
            LdapCause::Late => f.write_str("timed out"),
            LdapCause::Malformed => f.write_str("the reply is malformed"),
            LdapCause::Unusable(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for LdapFault {}

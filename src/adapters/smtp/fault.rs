//! The outcome of a failed call, as far as the conversation with the server tells.

use std::fmt;

use lettre::transport::smtp::Error as SmtpError;

use crate::port::{FaultScope, PortError, PortErrorKind};

/// How far the conversation has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SmtpStage {
    Queue,
    Connect,
    Tls,
    Login,
    Sender,
    Recipient,
    Data,
    /// The content may have been sent, including its end: only the server's reply tells.
    Content,
}

/// The kind of failure.
#[derive(Debug)]
pub(super) enum What {
    Reply(u16),
    Lost,
    Late,
    NoTls,
    NoUtf8,
}

/// A failed call. It is logged as the source of a [`PortError`], so it holds neither the server's
/// text, which often repeats the address, nor any part of the message.
#[derive(Debug)]
pub(super) struct SmtpFault {
    stage: SmtpStage,
    what: What,
    /// An error of the network or of TLS, which names hosts at most.
    detail: Option<String>,
}

impl SmtpFault {
    pub(super) const fn new(stage: SmtpStage, what: What) -> Self {
        Self { stage, what, detail: None }
    }

    pub(super) fn of(stage: SmtpStage, error: &SmtpError) -> Self {
        match error.status() {
            Some(code) => Self::new(stage, What::Reply(code.into())),
            // The error may quote the malformed reply.
            None if error.is_response() => Self::new(stage, What::Lost),
            None => Self { stage, what: What::Lost, detail: Some(error.to_string()) },
        }
    }

    pub(super) fn io(stage: SmtpStage, error: &std::io::Error) -> Self {
        Self { stage, what: What::Lost, detail: Some(error.to_string()) }
    }

    /// Whether the server has replied and keeps the connection open.
    pub(super) const fn leaves_the_connection(&self) -> bool {
        match self.what {
            What::Reply(code) => code != 421,
            What::NoUtf8 => true,
            What::Lost | What::Late | What::NoTls => false,
        }
    }

    fn kind(&self) -> PortErrorKind {
        match (self.stage, &self.what) {
            (_, What::NoUtf8) => PortErrorKind::Denied,
            // Before the sender is named, a reply is not about this message. An operator can solve
            // the problem, and no notice may be lost over it.
            (SmtpStage::Queue | SmtpStage::Connect | SmtpStage::Tls | SmtpStage::Login, _) => {
                PortErrorKind::Unavailable
            }
            // RFC 4954, 6: these codes are about the login, whichever command gets them.
            (_, What::Reply(530 | 534 | 535 | 538)) => PortErrorKind::Unavailable,
            (_, What::Reply(500..=599)) => PortErrorKind::Denied,
            (_, What::Reply(400..=499)) => PortErrorKind::Unavailable,
            (SmtpStage::Content, _) => PortErrorKind::Unknown,
            // The server discards a message whose end it has not seen (RFC 5321, 4.1.1.4).
            _ => PortErrorKind::Unavailable,
        }
    }
}

impl SmtpFault {
    /// A failure before the recipient is named, or of the connection, affects every mail. A reply
    /// about the recipient or the content affects this mail only.
    const fn scope(&self) -> FaultScope {
        match (self.stage, &self.what) {
            (_, What::Reply(421 | 530 | 534 | 535 | 538)) => FaultScope::Service,
            (
                SmtpStage::Recipient | SmtpStage::Data | SmtpStage::Content,
                What::Reply(_) | What::NoUtf8,
            ) => FaultScope::Recipient,
            _ => FaultScope::Service,
        }
    }
}

impl From<SmtpFault> for PortError {
    fn from(fault: SmtpFault) -> Self {
        Self::new(fault.kind()).of(fault.scope()).because(fault)
    }
}

impl fmt::Display for SmtpFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match self.stage {
            SmtpStage::Queue => "waiting for a free connection",
            SmtpStage::Connect => "connecting",
            SmtpStage::Tls => "starting TLS",
            SmtpStage::Login => "logging in",
            SmtpStage::Sender => "naming the sender",
            SmtpStage::Recipient => "naming the recipient",
            SmtpStage::Data => "announcing the content",
            SmtpStage::Content => "sending the content",
        };
        write!(f, "smtp, {stage}: ")?;
        match &self.what {
            What::Reply(code) => write!(f, "the server replied {code}"),
            What::Lost => f.write_str("the connection failed"),
            What::Late => f.write_str("timed out"),
            What::NoTls => f.write_str("the server offers no TLS"),
            What::NoUtf8 => f.write_str("the address needs SMTPUTF8, which the server lacks"),
        }?;
        match &self.detail {
            Some(detail) => write!(f, ": {detail}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SmtpFault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_reply_about_this_mail_is_a_fault_of_its_recipient() {
        use FaultScope::{Recipient, Service};
        let cases = [
            (SmtpStage::Connect, What::Reply(421), Service),
            (SmtpStage::Tls, What::NoTls, Service),
            (SmtpStage::Login, What::Reply(454), Service),
            (SmtpStage::Sender, What::Reply(451), Service),
            (SmtpStage::Recipient, What::Reply(452), Recipient),
            (SmtpStage::Recipient, What::Reply(450), Recipient),
            (SmtpStage::Recipient, What::Reply(421), Service),
            (SmtpStage::Recipient, What::Lost, Service),
            (SmtpStage::Data, What::Reply(451), Recipient),
            (SmtpStage::Content, What::Reply(452), Recipient),
            (SmtpStage::Content, What::Late, Service),
        ];
        for (stage, what, scope) in cases {
            let fault = SmtpFault::new(stage, what);
            assert_eq!(fault.scope(), scope, "{fault}");
        }
    }

    #[test]
    fn only_a_reply_about_the_message_is_final() {
        use PortErrorKind::{Denied, Unavailable, Unknown};
        let cases = [
            (SmtpStage::Connect, What::Reply(554), Unavailable),
            (SmtpStage::Tls, What::NoTls, Unavailable),
            (SmtpStage::Login, What::Reply(535), Unavailable),
            (SmtpStage::Sender, What::Reply(530), Unavailable),
            (SmtpStage::Sender, What::Reply(550), Denied),
            (SmtpStage::Recipient, What::Reply(550), Denied),
            (SmtpStage::Recipient, What::Reply(451), Unavailable),
            (SmtpStage::Recipient, What::Lost, Unavailable),
            (SmtpStage::Data, What::Late, Unavailable),
            (SmtpStage::Content, What::Reply(554), Denied),
            (SmtpStage::Content, What::Reply(452), Unavailable),
            (SmtpStage::Content, What::Lost, Unknown),
            (SmtpStage::Content, What::Late, Unknown),
            (SmtpStage::Content, What::Reply(354), Unknown),
            (SmtpStage::Sender, What::NoUtf8, Denied),
        ];
        for (stage, what, kind) in cases {
            let fault = SmtpFault::new(stage, what);
            assert_eq!(fault.kind(), kind, "{fault}");
        }
    }
}

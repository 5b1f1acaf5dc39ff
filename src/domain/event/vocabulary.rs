//! The terms of the OWASP Logging Vocabulary, by which a monitoring system recognises events of any
//! application.

use std::fmt::Write as _;

use super::kind::EventKind;
use super::values::{FlowEnd, RejectedBy};
use super::{ActorKind, Event};
use crate::domain::account::Purpose;
use crate::domain::named::named;

named! {
    /// The level at which the vocabulary logs a term.
    pub enum LogLevel {
        /// Expected.
        Info = "INFO",
        /// To be watched.
        Warn = "WARN",
        /// To be acted on.
        Critical = "CRITICAL",
    }
}

macro_rules! terms {
    ($($(#[$doc:meta])* $variant:ident = ($name:literal, $level:ident);)+) => {
        /// A term of the OWASP Logging Vocabulary. [`Event::log_line`] adds its arguments.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[non_exhaustive]
        pub enum LogTerm {
            $($(#[$doc])* $variant,)+
        }

        impl LogTerm {
            /// Every term that an event of this release can have.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The term as the vocabulary spells it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The level at which the vocabulary logs it.
            #[must_use]
            pub const fn level(self) -> LogLevel {
                match self { $(Self::$variant => LogLevel::$level,)+ }
            }
        }
    };
}

terms! {
    /// A password was reset or changed.
    PasswordChange = ("authn_password_change", Info);
    /// A password could not be written, or the directory did not accept it.
    PasswordChangeFail = ("authn_password_change_fail", Critical);
    /// A failure budget is spent.
    LoginLock = ("authn_login_lock", Warn);
    /// A code, a link or a device secret was issued.
    TokenCreated = ("authn_token_created", Info);
    /// Codes, tickets or sessions were voided.
    TokenRevoked = ("authn_token_revoked", Info);
    /// An administrator was refused an act.
    AuthorisationFail = ("authz_fail", Critical);
    /// An administrator has acted.
    AdministratorAct = ("authz_admin", Warn);
    /// A limit is spent.
    RateLimitExceeded = ("excess_rate_limit_exceeded", Warn);
    /// A new password breaks the rules.
    InputValidationFail = ("input_validation_fail", Warn);
    /// The user's methods or account state were changed.
    UserUpdated = ("user_updated", Warn);
}

impl EventKind {
    /// The term of the OWASP Logging Vocabulary for this event; `None` if it has none.
    #[must_use]
    pub const fn log_term(&self) -> Option<LogTerm> {
        let term = match self {
            Self::ChallengeOpened { suppressed: None, .. } | Self::DeviceRemembered { .. } => {
                LogTerm::TokenCreated
            }
            Self::Blocked { .. } | Self::MethodClosed { .. } | Self::MethodDisabled { .. } => {
                LogTerm::LoginLock
            }
            Self::ChallengesSpent { .. }
            | Self::LimitSpent { .. }
            | Self::BreakerOpened { .. }
            | Self::Throttled { .. } => LogTerm::RateLimitExceeded,
            Self::PasswordRejected { by: RejectedBy::Rules | RejectedBy::BreachList, .. } => {
                LogTerm::InputValidationFail
            }
            Self::PasswordRejected { by: RejectedBy::Directory, .. } => LogTerm::PasswordChangeFail,
            Self::DirectoryWriteFailed { purpose: Purpose::Reset | Purpose::Change, .. }
            | Self::DirectoryWriteUnsettled { purpose: Purpose::Reset | Purpose::Change, .. } => {
                LogTerm::PasswordChangeFail
            }
            Self::PasswordReset { .. }
            | Self::PasswordChanged { .. }
            | Self::TemporaryPasswordSet { .. } => LogTerm::PasswordChange,
            Self::SessionsRevoked { .. }
            | Self::FlowsRevoked { .. }
            | Self::InvitationRevoked { .. } => LogTerm::TokenRevoked,
            Self::FlowEnded { ended: FlowEnd::Abandoned, .. } => return None,
            Self::FlowEnded { .. } => LogTerm::TokenRevoked,
            Self::AccountUnlocked { .. }
            | Self::MethodConfirmed { .. }
            | Self::MethodRemoved { .. }
            | Self::MethodReplaced { .. }
            | Self::DefaultMethodChanged { .. }
            | Self::RecoveryCodeReplaced { .. }
            | Self::MethodsRevoked { .. }
            | Self::Repudiated { .. }
            | Self::ContactsSupplied { .. }
            | Self::RegistrationRequired {}
            | Self::AccountForgotten {} => LogTerm::UserUpdated,
            Self::ActRefused { .. } => LogTerm::AuthorisationFail,
            Self::ResetRequested { .. }
            | Self::Invited {}
            | Self::Unblocked {}
            | Self::IncarnationConfirmed {}
            | Self::PolicyChanged { .. } => LogTerm::AdministratorAct,
            // Steps on the way, and the engine's own work.
            Self::ChallengeOpened { .. }
            | Self::NumberCounted { .. }
            | Self::SecretCounted { .. }
            | Self::ChangeStarted { .. }
            | Self::AttemptCounted { .. }
            | Self::MethodProven { .. }
            | Self::OathStepUsed { .. }
            | Self::RecoveryCodeUsed { .. }
            | Self::LinkRedeemedElsewhere { .. }
            | Self::ProofRepeated { .. }
            | Self::AttemptRefunded { .. }
            | Self::DirectoryWriteStarted { .. }
            | Self::DirectoryWriteFailed { .. }
            | Self::DirectoryWriteUnsettled { .. }
            | Self::SessionsKept { .. }
            | Self::MethodAdded { .. }
            | Self::RegistrationConfirmed {}
            | Self::RegistrationSkipped {}
            | Self::RegistrationCompleted {}
            | Self::HelpRequested {}
            | Self::SeedsResealed { .. }
            | Self::MessageDelivered { .. }
            | Self::MessageDelayed { .. }
            | Self::MessageFolded { .. }
            | Self::MessageWithheld { .. }
            | Self::MessageStopped { .. }
            | Self::BreakerClosed { .. }
            | Self::MessageFailed { .. }
            | Self::Other(_) => return None,
        };
        Some(term)
    }
}

impl Event {
    /// The event in the form of the vocabulary: the term, and after a colon its arguments with
    /// commas between them. Characters that would end an argument are percent-encoded. `None` if
    /// the vocabulary has no term.
    ///
    /// ```
    /// use sspr::audit::Event;
    ///
    /// # let key = "00".repeat(32);
    /// let text = r#"{"format":1,"id":{"record":"KEY","count":7,"index":0},"tenant":"contoso",
    ///     "user":"u:1","actor":"user","at":1800000000000,"code":"method_disabled","method":"email"}"#;
    /// let event = Event::decode(&text.replace("KEY", &key))?;
    /// assert_eq!(event.log_line().as_deref(), Some("authn_login_lock:u%3A1,maxretries"));
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn log_line(&self) -> Option<String> {
        let term = self.kind.log_term()?;
        let user = self.user.as_ref().map_or("unknown", |user| user.as_str());
        let administrator = match &self.actor {
            ActorKind::Administrator(name) => name.as_str(),
            ActorKind::User | ActorKind::Anonymous | ActorKind::Engine => user,
        };
        let code = self.code();
        let arguments: &[&str] = match term {
            LogTerm::LoginLock => &[user, "maxretries"],
            LogTerm::TokenCreated | LogTerm::TokenRevoked => &[user, code],
            LogTerm::RateLimitExceeded => &[user, code],
            LogTerm::InputValidationFail => &["new_password", user],
            LogTerm::AuthorisationFail | LogTerm::AdministratorAct => &[administrator, code],
            LogTerm::UserUpdated => &[administrator, user, code],
            LogTerm::PasswordChange | LogTerm::PasswordChangeFail => &[user],
        };
        let mut line = term.name().to_owned();
        for (argument, before) in arguments.iter().zip([':', ',', ',']) {
            line.push(before);
            encode(argument, &mut line);
        }
        Some(line)
    }
}

/// Appends an argument. A name that ends it early could pass for another argument or another line.
fn encode(argument: &str, line: &mut String) {
    for symbol in argument.chars() {
        if symbol.is_control() || matches!(symbol, ':' | ',' | '[' | ']' | '%') {
            let mut bytes = [0; 4];
            for byte in symbol.encode_utf8(&mut bytes).bytes() {
                // Writing into a string does not fail.
                let _ = write!(line, "%{byte:02X}");
            }
        } else {
            line.push(symbol);
        }
    }
}

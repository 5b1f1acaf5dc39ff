//! Why an activity ended as it did, in the words of Entra's audit log where it has some.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::domain::method::{Channel, MethodKind};
use crate::domain::policy::ThrottledAct;
use crate::domain::reason::{FlowStage, SsprReason};

/// The status reason of an activity. `Display` writes Entra's text where Entra has one.
///
/// ```
/// use sspr::MethodKind;
/// use sspr::audit::StatusReason;
/// use sspr::method::Channel;
///
/// let started = StatusReason::Started { method: MethodKind::MobilePhone, channel: Channel::Sms };
/// assert_eq!(started.to_string(), "User started the mobile SMS verification option");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum StatusReason {
    /// A challenge of this method was opened over this channel.
    Started {
        /// The method.
        method: MethodKind,
        /// The channel.
        channel: Channel,
    },
    /// This method was proven over this channel.
    Completed {
        /// The method.
        method: MethodKind,
        /// The channel.
        channel: Channel,
    },
    /// The engine or the directory refused, for this reason.
    Refused(SsprReason),
    /// The password was reset.
    PasswordReset,
    /// The new password breaks the rules or is on a list.
    PasswordRejected,
    /// It is not known whether the directory wrote.
    OutcomeUnknown,
    /// The time of the flow ran out at this stage.
    Abandoned(FlowStage),
    /// The user gave the flow up at this stage.
    Cancelled(FlowStage),
    /// The account or its methods changed during the flow.
    Superseded,
    /// Too many passwords were rejected in one flow.
    TooManyRejections,
    /// The failure budget of this method is spent.
    Blocked(MethodKind),
    /// A throttle of the policy has locked the account after too many of these acts.
    Throttled(ThrottledAct),
    /// The challenges of a day are spent.
    TooManyChallenges,
    /// The user asked the administrators for help.
    ContactedAdministrator,
    /// The user skipped the prompt to register.
    Skipped,
}

impl fmt::Display for StatusReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Started { method, channel } => {
                write!(f, "User started the {} verification option", option_name(method, channel))
            }
            Self::Completed { method, channel } => {
                write!(f, "User completed the {} verification option", option_name(method, channel))
            }
            Self::Refused(SsprReason::TooFewMethods) => {
                f.write_str("Insufficient authentication methods")
            }
            Self::Refused(SsprReason::PasswordRefused) | Self::PasswordRejected => {
                f.write_str("FuzzyPolicyViolationInvalidPassword")
            }
            Self::Refused(SsprReason::NotPropagated) => {
                f.write_str("OnPremisesSuccessCloudFailure")
            }
            Self::Refused(reason) => reason.fmt(f),
            Self::PasswordReset => f.write_str("User successfully reset password"),
            Self::OutcomeUnknown => f.write_str("The directory did not report the outcome"),
            Self::Abandoned(stage) => write!(f, "User abandoned {}", abandoned(stage)),
            Self::Cancelled(stage) => write!(f, "User cancelled {}", cancelled(stage)),
            Self::Superseded => f.write_str("The account changed during the flow"),
            Self::TooManyRejections => f.write_str("Too many passwords were rejected"),
            Self::Blocked(method) => {
                write!(f, "Too many failures with the method {method}")
            }
            Self::Throttled(act) => write!(f, "Too many acts of the kind {act}"),
            Self::TooManyChallenges => f.write_str("Too many challenges in a day"),
            Self::ContactedAdministrator => f.write_str("User contacted an administrator"),
            Self::Skipped => f.write_str("User skipped the registration"),
        }
    }
}

impl Serialize for StatusReason {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

/// Entra's name of a verification option; for kinds that Entra does not have, a name of the same
/// form.
const fn option_name(method: MethodKind, channel: Channel) -> &'static str {
    match (method, channel) {
        (MethodKind::Email, Channel::Link) => "email link",
        (MethodKind::Email, _) => "email",
        (MethodKind::MobilePhone, Channel::Voice) => "mobile voice call",
        (MethodKind::MobilePhone, _) => "mobile SMS",
        (MethodKind::OfficePhone, _) => "office voice call",
        (MethodKind::AuthenticatorApp, _) => "mobile app code",
        (MethodKind::OathToken, _) => "hardware token code",
        (MethodKind::RecoveryCode, _) => "recovery code",
        (MethodKind::AppNotification, _) => "mobile app notification",
        (MethodKind::Passkey, _) => "passkey",
        (MethodKind::HostVerified, _) => "host-verified",
        (MethodKind::SecurityQuestions, _) => "security questions",
        (MethodKind::Password, _) => "password",
    }
}

const fn abandoned(stage: FlowStage) -> &'static str {
    match stage {
        FlowStage::Challenged => "after starting a verification option",
        FlowStage::PartlyProven => "after completing a verification option",
        FlowStage::Granted => "before selecting a new password",
        FlowStage::Writing => "while the password was written",
    }
}

const fn cancelled(stage: FlowStage) -> &'static str {
    match stage {
        FlowStage::Challenged | FlowStage::PartlyProven => {
            "before passing the required authentication methods"
        }
        FlowStage::Granted | FlowStage::Writing => "before submitting the new password",
    }
}

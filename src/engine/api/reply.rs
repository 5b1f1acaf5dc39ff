//! Replies: the ticket and the step of a flow, and registered methods.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::account::Provenance;
use crate::domain::identity::contact::Destination;
use crate::domain::identity::ids::MethodId;
use crate::domain::method::{ChallengeOption, MethodKind};
use crate::domain::password::PasswordRules;
use crate::domain::policy::{CodeFormat, QuestionPolicy};
use crate::domain::questions::QuestionId;
use crate::domain::reason::SsprReason;
use crate::domain::time::Timestamp;

/// The reply to a step of a flow: the ticket for the next step, and the page to show.
///
/// Keep the ticket of every reply: it replaces the previous ticket.
#[non_exhaustive]
pub struct Reply<T> {
    /// The ticket for the next step.
    pub ticket: T,
    /// The page to show.
    pub step: Step,
    /// When the flow ends.
    pub expires_at: Timestamp,
    /// The earliest time at which the host may send the response, so that every response before the
    /// first proof takes the same time. `None` after the first proof.
    pub not_before: Option<Timestamp>,
    /// The page data of a host-verified method, as its
    /// [`begin`](crate::port::ExternalMethod::begin) returned it. Only the reply that opens the
    /// challenge has it.
    pub page: Option<String>,
    /// Whether the flow used a recovery code; set only with [`Step::Done`]. If so, offer the user a
    /// new one, from [`Reset::replace_recovery_code`](crate::Reset::replace_recovery_code).
    pub replace_recovery_code: bool,
    /// Whether the policy offers an unlock that keeps the password:
    /// [`Engine::unlock`](crate::Engine::unlock). The same for every identifier.
    pub unlock_offered: bool,
}

impl<T: fmt::Debug> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("ticket", &self.ticket)
            .field("step", &self.step)
            .field("expires_at", &self.expires_at)
            .field("not_before", &self.not_before)
            // May contain the number that the user must match.
            .field("page", &self.page.as_ref().map(|_| "[redacted]"))
            .field("replace_recovery_code", &self.replace_recovery_code)
            .field("unlock_offered", &self.unlock_offered)
            .finish()
    }
}

/// The page that the host shows next.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// Let the user choose a method.
    Choose {
        /// The options. Before the first proof they depend on the policy only and are the same for
        /// every identifier; after it they are those of this account.
        options: Vec<OptionView>,
    },
    /// Let the user type the code. The step does not tell whether a code was sent.
    Enter {
        /// The chosen option.
        option: OptionView,
        /// The form of the code.
        format: CodeFormat,
        /// When another code may be requested.
        resend_at: Timestamp,
        /// When to offer *try again* and *contact your administrator*.
        help_at: Timestamp,
        /// The other options.
        options: Vec<OptionView>,
    },
    /// Tell the user to open the link in the mail. The step does not tell whether a link was sent.
    OpenLink {
        /// The chosen option.
        option: OptionView,
        /// When another link may be requested.
        resend_at: Timestamp,
        /// When to offer *try again* and *contact your administrator*.
        help_at: Timestamp,
        /// The other options.
        options: Vec<OptionView>,
    },
    /// Let the user respond to a host-verified method, with the data in [`Reply::page`].
    Respond {
        /// The chosen option.
        option: OptionView,
        /// When another challenge may be requested.
        resend_at: Timestamp,
        /// When to offer *try again* and *contact your administrator*.
        help_at: Timestamp,
        /// The other options.
        options: Vec<OptionView>,
    },
    /// Let the user answer all of these questions:
    /// [`Attempt::answers`](crate::Attempt::answers). After a wrong set, render the step that `view`
    /// returns: it may ask others.
    Answer {
        /// The chosen option.
        option: OptionView,
        /// The questions.
        questions: Vec<QuestionView>,
        /// When another challenge may be requested.
        resend_at: Timestamp,
        /// When to offer *try again* and *contact your administrator*.
        help_at: Timestamp,
        /// The other options.
        options: Vec<OptionView>,
    },
    /// Let the user confirm the unlock.
    ConfirmUnlock {
        /// When the grant expires.
        until: Timestamp,
        /// Whether the outcome of an earlier `complete` is unknown. If so, the unlock may be
        /// repeated.
        unsettled: bool,
    },
    /// Let the user type a new password.
    NewPassword {
        /// The password rules, for the page to show.
        rules: PasswordGuide,
        /// When the grant expires.
        until: Timestamp,
        /// Whether the outcome of an earlier `complete` is unknown. If so, ask for the same
        /// password.
        unsettled: bool,
    },
    /// The flow has reached its goal.
    Done {
        /// Whether the change has reached every system. If not, that takes a few more minutes.
        propagated: bool,
    },
}

impl Step {
    /// The reason in the table of reasons that belongs to this step:
    /// [`SsprReason::NotPropagated`] for a flow that has reached its goal on premises and not yet in
    /// the cloud (Entra: `OnPremisesSuccessCloudFailure`).
    ///
    /// ```
    /// use sspr::error::SsprReason;
    /// use sspr::Step;
    ///
    /// let done = Step::Done { propagated: false };
    /// assert_eq!(done.reason(), Some(SsprReason::NotPropagated));
    /// assert_eq!(Step::Done { propagated: true }.reason(), None);
    /// ```
    #[must_use]
    pub const fn reason(&self) -> Option<SsprReason> {
        match self {
            Self::Done { propagated: false } => Some(SsprReason::NotPropagated),
            _ => None,
        }
    }
}

/// The rules for a new password, as a page shows them: the policy's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PasswordGuide {
    /// The minimum length, in characters.
    pub min_length: u16,
    /// The maximum length, in characters.
    pub max_length: u16,
    /// The maximum length in bytes of UTF-8, if the rules have one.
    pub max_bytes: Option<u16>,
    /// How many of the four character classes are required. None are, whatever this says, in a tenant
    /// whose directory reports it as a school, and of a user whose password need not be strong
    /// (Entra).
    pub required_classes: u8,
    /// The score that a password needs, 0 to 4; 0 if none is required.
    pub min_score: u8,
    /// Whether only printable ASCII is accepted.
    pub ascii_only: bool,
}

impl From<&PasswordRules> for PasswordGuide {
    fn from(rules: &PasswordRules) -> Self {
        Self {
            min_length: rules.min_length,
            max_length: rules.max_length,
            max_bytes: rules.max_bytes,
            required_classes: rules.required_classes,
            min_score: rules.min_score,
            ascii_only: rules.ascii_only,
        }
    }
}

/// An option, as a page may show it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct OptionView {
    /// The option to send back when the user chooses it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub option: ChallengeOption,
    /// The masked destination, if the policy or a proof allows showing it.
    pub masked: Option<String>,
    /// Whether the user must type the full phone number to choose it.
    pub typed_number: bool,
}

/// A question, as a page shows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct QuestionView {
    /// Its id, to send back with the answer.
    pub question: QuestionId,
    /// The text of a custom question, in the tenant's words, the same in every language. `None` for a
    /// topic of the catalogue, whose texts `sspr::words` has.
    pub text: Option<String>,
}

impl QuestionView {
    pub(crate) fn of(question: QuestionId, questions: &QuestionPolicy) -> Self {
        let text = questions.text(&question).map(str::to_owned);
        Self { question, text }
    }
}

/// A registered method, as its owner sees it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct MethodView {
    /// Its id.
    pub id: MethodId,
    /// Its kind.
    pub kind: MethodKind,
    /// The full address or number of a method that receives messages. It is not masked, since the
    /// owner is signed in.
    pub destination: Option<Destination>,
    /// Unused codes, for a set of recovery codes.
    pub codes_left: Option<u8>,
    /// Whether it is offered first among those of its kind.
    pub default: bool,
    /// Whether it is confirmed.
    pub active: bool,
    /// Who supplied it.
    pub provenance: Provenance,
    /// When it may be used for a reset; `None` while it is pending.
    pub usable_from: Option<Timestamp>,
}

//! What an operation answers, and what the host shows next.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::account::Provenance;
use crate::domain::contact::Destination;
use crate::domain::ids::MethodId;
use crate::domain::method::{ChallengeOption, MethodKind};
use crate::domain::password::PasswordRules;
use crate::domain::policy::CodeFormat;
use crate::domain::time::Timestamp;

use super::failing::FailingDelivery;

/// The answer of a step: the ticket for the next one, and what to show.
///
/// Keep the ticket of every reply: it replaces the one before.
#[non_exhaustive]
pub struct Reply<T> {
    /// The ticket for the next step.
    pub ticket: T,
    /// What to show.
    pub step: Step,
    /// When the flow ends.
    pub expires_at: Timestamp,
    /// When the answer may leave the host, at the earliest: until the first proof every answer
    /// takes the same time. `None` after it.
    pub not_before: Option<Timestamp>,
    /// What the page needs for a method that the host verifies, from its
    /// [`begin`](crate::port::ExternalMethod::begin): in the answer that opened the challenge only.
    pub page: Option<String>,
    /// After [`Step::Done`]: a recovery code was used. Show its owner another one, from
    /// [`Reset::replace_recovery_code`](crate::Reset::replace_recovery_code).
    pub replace_recovery_code: bool,
    /// Whether the policy offers an unlock that keeps the password, to those who know it:
    /// [`Engine::unlock`](crate::Engine::unlock). The same for everybody.
    pub unlock_offered: bool,
}

impl<T: fmt::Debug> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            ticket,
            step,
            expires_at,
            not_before,
            page,
            replace_recovery_code,
            unlock_offered,
        } = self;
        f.debug_struct("Reply")
            .field("ticket", ticket)
            .field("step", step)
            .field("expires_at", expires_at)
            .field("not_before", not_before)
            // May hold the number that is to be matched.
            .field("page", &page.as_ref().map(|_| "[redacted]"))
            .field("replace_recovery_code", replace_recovery_code)
            .field("unlock_offered", unlock_offered)
            .finish()
    }
}

/// What the host shows next.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// Let the person choose how to prove who they are.
    Choose {
        /// What may be chosen. Before the first proof that is what the policy counts for anybody,
        /// administrators included, whoever asks; after it, what this account has.
        options: Vec<OptionView>,
    },
    /// Let the person type the code. Whether one was sent is not told.
    Enter {
        /// What was chosen.
        option: OptionView,
        /// The form of the code.
        format: CodeFormat,
        /// From when on another code may be asked for.
        resend_at: Timestamp,
        /// From when on to offer *try again* and *contact your administrator*.
        help_at: Timestamp,
        /// What may be chosen instead.
        options: Vec<OptionView>,
    },
    /// Tell the person to open the link in the mail. Whether one was sent is not told.
    OpenLink {
        /// What was chosen.
        option: OptionView,
        /// From when on another link may be asked for.
        resend_at: Timestamp,
        /// From when on to offer *try again* and *contact your administrator*.
        help_at: Timestamp,
        /// What may be chosen instead.
        options: Vec<OptionView>,
    },
    /// Let the person respond to a method that the host verifies, with what is in
    /// [`Reply::page`].
    Respond {
        /// What was chosen.
        option: OptionView,
        /// From when on it may be begun again.
        resend_at: Timestamp,
        /// From when on to offer *try again* and *contact your administrator*.
        help_at: Timestamp,
        /// What may be chosen instead.
        options: Vec<OptionView>,
    },
    /// Let the person confirm that the account is to be unlocked.
    ConfirmUnlock {
        /// Until when.
        until: Timestamp,
        /// The outcome of an earlier try is not known: it may be repeated.
        unsettled: bool,
    },
    /// Let the person type a new password.
    NewPassword {
        /// The rules that it must satisfy, for the page to show.
        rules: PasswordGuide,
        /// Until when.
        until: Timestamp,
        /// The outcome of an earlier try is not known: ask for the same password again.
        unsettled: bool,
    },
    /// The goal is reached.
    Done {
        /// Whether every system has the new password; if not, it takes a few minutes.
        propagated: bool,
    },
}

/// The rules for a new password that a page shows beforehand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PasswordGuide {
    /// Fewest characters.
    pub min_length: u16,
    /// Most characters.
    pub max_length: u16,
    /// Character classes required, of four.
    pub required_classes: u8,
    /// Whether only printable ASCII is accepted.
    pub ascii_only: bool,
}

impl From<&PasswordRules> for PasswordGuide {
    fn from(rules: &PasswordRules) -> Self {
        Self {
            min_length: rules.min_length,
            max_length: rules.max_length,
            required_classes: rules.required_classes,
            ascii_only: rules.ascii_only,
        }
    }
}

/// An option, as it may be shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OptionView {
    /// What to hand back when it is chosen.
    pub option: ChallengeOption,
    /// The masked destination, where the policy or a proof lets it be shown.
    pub masked: Option<String>,
    /// Whether the full phone number must be typed with it.
    pub typed_number: bool,
}

/// A registered method, as its owner sees it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MethodView {
    /// Its id.
    pub id: MethodId,
    /// Its kind.
    pub kind: MethodKind,
    /// Where it reaches, if a message reaches it. The owner is signed in: shown in full.
    pub destination: Option<Destination>,
    /// Codes that are left, of a set of saved ones.
    pub codes_left: Option<u8>,
    /// Whether it is offered first.
    pub default: bool,
    /// Whether it counts yet.
    pub active: bool,
    /// Where it comes from.
    pub provenance: Provenance,
    /// From when on it may be used for a reset; `None` while it waits for its confirmation.
    pub usable_from: Option<Timestamp>,
}

/// What [`Engine::maintain`](crate::Engine::maintain) has done.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct MaintenanceReport {
    /// Messages handed over, and sessions revoked.
    pub delivered: u64,
    /// Interrupted writes settled and flows closed.
    pub settled: u64,
    /// Rows removed.
    pub purged: u64,
    /// Things that failed and will be tried again.
    pub failed: u64,
    /// What failed in this call, by tenant and channel, the longest failing first: at most 256.
    pub failing: Vec<FailingDelivery>,
    /// How far this engine's clock is ahead of the last time that the store was purged by, if that is
    /// more than a day and more than the time that has passed: either the store was not tended for so
    /// long, or a clock is wrong. Nothing is removed meanwhile. If engines go on to see it for 24
    /// hours the time is believed. **Alarm on any**: set the clock right before that.
    pub clock_ahead: Option<Duration>,
    /// Whether there is more to do now.
    pub more: bool,
    /// How long nothing is known to be due; at most a minute. `None` if there is more now.
    /// Serialised in milliseconds.
    #[serde(serialize_with = "optional_ms")]
    pub idle_for: Option<Duration>,
}

fn optional_ms<S: serde::Serializer>(span: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    span.map(|span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX)).serialize(to)
}

//! Refusals: what the rules return instead of a step, without being a fault.

use serde::Serialize;

use crate::domain::password::PasswordRejection;
use crate::domain::policy::served::Unserved;
use crate::domain::reason::SsprReason;
use crate::domain::time::Timestamp;

/// A refusal by the rules. It holds only what the policy's disclosure allows, so it may be shown
/// and logged. Serialised with its [`code`](Self::code):
/// `{"code":"too_often","retry_at":1800000000000}`.
///
/// ```
/// assert_eq!(sspr::Refusal::NotAccepted.to_string(), "not accepted");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Refusal {
    /// The secret is not accepted: it is wrong, late or used, or no challenge waits for it. Only
    /// the audit trail records which.
    #[error("not accepted")]
    NotAccepted,
    /// The flow is over: it has expired, or the account has changed. Drop the ticket and start
    /// again.
    #[error("the flow has ended; start again")]
    Ended,
    /// A newer ticket of this flow exists, in another tab or in a reply that was lost. Call
    /// `view` with the newest ticket; without it, start again.
    #[error("a newer ticket of this flow exists; use it, or start again")]
    TicketReplaced,
    /// This method, or this destination, is proven already: another one is needed.
    #[error("already proven; choose another method")]
    AlreadyProven,
    /// The option is not one of those offered.
    #[error("the option is not offered; choose one of those offered")]
    NotOffered,
    /// Too soon, or too often. Nothing was counted.
    #[error("too many requests; try again at {retry_at}")]
    TooOften {
        /// When it may succeed.
        retry_at: Timestamp,
    },
    /// Too many codes were requested for this destination, or for its range of numbers, over all
    /// accounts. Only a signed-in user gets this refusal. Nothing was counted or sent.
    #[error("too many codes for {limit}; try again at {retry_at}, or use another")]
    TooManyCodes {
        /// The limit that is spent.
        limit: CodeLimit,
        /// When it may succeed.
        retry_at: Timestamp,
    },
    /// More methods must be proven first.
    #[error("more methods must be proven first")]
    MoreProofNeeded,
    /// The password breaks rules; the grant stays. Show [`PasswordRejection::guidance`]: the text
    /// of this refusal names no rule.
    #[error("the password does not satisfy the rules")]
    Password(PasswordRejection),
    /// The directory does not accept the password; the grant stays.
    #[error("the directory does not accept the password")]
    DirectoryPassword {
        /// A stable code of the reason, such as `history`.
        reason: &'static str,
        /// When a password that is too young may be changed, if the directory says.
        retry_at: Option<Timestamp>,
    },
    /// A write for this account is in flight.
    #[error("a write is in flight; try again at {retry_at}")]
    Busy {
        /// When its outcome is known at the latest.
        retry_at: Timestamp,
    },
    /// As many answers are being hashed as this engine hashes at once. Nothing was counted; the
    /// refusal does not depend on the account.
    #[error("too many answers are being checked; try again at {retry_at}")]
    Overloaded {
        /// When it may succeed.
        retry_at: Timestamp,
    },
    /// A human check must pass first.
    #[error("a human check must pass first")]
    HumanCheckRequired,
    /// The user may not reset. The reason is given where the policy discloses it, and to callers
    /// who have proven enough.
    #[error("self-service reset is not possible for this account: {reason}")]
    NotEligible {
        /// The reason.
        reason: SsprReason,
    },
    /// The sign-in is too old for this step: have the user sign in again, then repeat the step.
    #[error("the sign-in is too old; sign in again")]
    ReauthenticationRequired,
    /// The sign-in is fresh but has no second factor, or one that is too old: have the user prove
    /// one, then repeat the step. A user who has none can still add methods of other kinds until
    /// the registration is complete; after that an administrator helps, with
    /// [`Admin::require_registration`](crate::Admin::require_registration) or
    /// [`Admin::revoke_methods`](crate::Admin::revoke_methods).
    #[error("prove a second factor first; a user who has none asks an administrator")]
    SecondFactorRequired,
    /// The actor lacks the role for this, at all or for this user.
    #[error("not authorised: the actor lacks the role for this")]
    NotAuthorised,
    /// An administrator may not act on their own account: another administrator must.
    #[error("own account: another administrator must do this")]
    OwnAccount,
    /// The revision is not the expected one: it was changed meanwhile. Load it again.
    #[error("changed meanwhile; load it again")]
    Conflict,
    /// This engine could not serve any reset under the policy. The item names the setting, and what
    /// the engine lacks.
    #[error("the policy cannot be served: {0}")]
    PolicyNotServed(Unserved),
    /// The named method, policy or other item does not exist.
    #[error("not found")]
    NotFound,
    /// The account holds as many as it may.
    #[error("limit reached; remove one before you add another")]
    LimitReached,
}

/// The limit that is spent in [`Refusal::TooManyCodes`].
///
/// ```
/// assert_eq!(sspr::error::CodeLimit::Destination.to_string(), "this address or number");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CodeLimit {
    /// The mail address or phone number: the policy's `limits.destination`.
    Destination,
    /// The range of phone numbers that differ in the last four digits only: `limits.prefix`.
    Prefix,
}

impl std::fmt::Display for CodeLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Destination => "this address or number",
            Self::Prefix => "this range of phone numbers",
        })
    }
}

impl Refusal {
    /// A stable code, such as `not_accepted`.
    ///
    /// ```
    /// assert_eq!(sspr::Refusal::NotAccepted.code(), "not_accepted");
    /// ```
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAccepted => "not_accepted",
            Self::Ended => "ended",
            Self::TicketReplaced => "ticket_replaced",
            Self::AlreadyProven => "already_proven",
            Self::NotOffered => "not_offered",
            Self::TooOften { .. } => "too_often",
            Self::TooManyCodes { .. } => "too_many_codes",
            Self::MoreProofNeeded => "more_proof_needed",
            Self::Password(_) => "password",
            Self::DirectoryPassword { .. } => "directory_password",
            Self::Busy { .. } => "busy",
            Self::Overloaded { .. } => "overloaded",
            Self::HumanCheckRequired => "human_check_required",
            Self::NotEligible { .. } => "not_eligible",
            Self::ReauthenticationRequired => "reauthentication_required",
            Self::SecondFactorRequired => "second_factor_required",
            Self::NotAuthorised => "not_authorised",
            Self::OwnAccount => "own_account",
            Self::Conflict => "conflict",
            Self::PolicyNotServed(_) => "policy_not_served",
            Self::NotFound => "not_found",
            Self::LimitReached => "limit_reached",
        }
    }
}

//! Errors as HTTP statuses and problem documents.

use serde::{Deserialize, Serialize};

use crate::password::PasswordFault;
use crate::{Error, InvalidInput, Refusal, Timestamp};

/// The HTTP status of an error.
///
/// Before the first proof the status of a refusal is the same for every account, like the refusal.
///
/// ```
/// use sspr::Refusal;
/// use sspr::web::status;
///
/// assert_eq!(status(&Refusal::NotAccepted.into()), 422);
/// assert_eq!(status(&Refusal::Ended.into()), 410);
/// ```
#[must_use]
pub const fn status(error: &Error) -> u16 {
    match error {
        Error::Refused(refusal) => match refusal {
            Refusal::TooOften { .. } | Refusal::TooManyCodes { .. } | Refusal::Busy { .. } => 429,
            Refusal::Overloaded { .. } => 503,
            Refusal::Ended | Refusal::TicketReplaced => 410,
            Refusal::NotAuthorised
            | Refusal::OwnAccount
            | Refusal::ReauthenticationRequired
            | Refusal::SecondFactorRequired => 403,
            Refusal::NotFound => 404,
            Refusal::Conflict => 409,
            Refusal::NotAccepted
            | Refusal::AlreadyProven
            | Refusal::NotOffered
            | Refusal::MoreProofNeeded
            | Refusal::Password(_)
            | Refusal::DirectoryPassword { .. }
            | Refusal::HumanCheckRequired
            | Refusal::NotEligible { .. }
            | Refusal::PolicyNotServed(_)
            | Refusal::LimitReached => 422,
        },
        Error::Invalid(InvalidInput::Foreign { .. }) => 410,
        Error::Invalid(
            InvalidInput::Empty { .. }
            | InvalidInput::TooLong { .. }
            | InvalidInput::Control { .. }
            | InvalidInput::Invisible { .. }
            | InvalidInput::Malformed { .. }
            | InvalidInput::OutOfRange { .. }
            | InvalidInput::Rule { .. },
        ) => 400,
        Error::Fault(_) => 503,
    }
}

/// The content type of a [`Problem`] as JSON.
pub const PROBLEM_CONTENT_TYPE: &str = "application/problem+json";

/// An error as a problem document (RFC 9457), for hosts that serve JSON.
///
/// It contains no more than the refusal: of a fault neither the port nor the cause, which belong in the
/// log. `detail` is English; a host with other languages chooses its text by `code`.
///
/// ```
/// use sspr::web::Problem;
/// use sspr::{Refusal, Timestamp};
///
/// let retry_at = Timestamp::from_unix_seconds(1_800_000_030);
/// let problem = Problem::of(&Refusal::TooOften { retry_at }.into());
/// assert_eq!((problem.status, &*problem.code), (429, "too_often"));
/// let now = Timestamp::from_unix_seconds(1_800_000_000);
/// assert_eq!(problem.retry_after(now), Some(30)); // the header `Retry-After`
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Problem {
    /// The kind of problem. `about:blank`: `status` and `code` say everything.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, in English.
    pub detail: String,
    /// A stable code: that of the refusal or of the invalid input, or `unavailable`.
    pub code: String,
    /// When the request may succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// The rules that a new password breaks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub password: Vec<PasswordFault>,
    /// Whether the ticket is void and the user starts again: [`Error::ends_flow`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ends_flow: bool,
}

impl Problem {
    /// The document of an error.
    #[must_use]
    pub fn of(error: &Error) -> Self {
        let status = status(error);
        let (code, detail) = match error {
            Error::Refused(refusal) => (refusal.code(), refusal.to_string()),
            Error::Invalid(invalid) => (invalid.code(), invalid.to_string()),
            Error::Fault(_) => ("unavailable", "try again later".to_owned()),
        };
        let password = match error.refusal() {
            Some(Refusal::Password(rejection)) => rejection.faults.clone(),
            _ => Vec::new(),
        };
        Self {
            kind: "about:blank".to_owned(),
            title: title(status).to_owned(),
            status,
            detail,
            code: code.to_owned(),
            retry_at: retry_at(error),
            password,
            ends_flow: error.ends_flow(),
        }
    }

    /// The seconds for the header `Retry-After`, rounded up; `None` if no time is known.
    #[must_use]
    pub fn retry_after(&self, now: Timestamp) -> Option<u64> {
        let left = self.retry_at?.since(now);
        Some(left.as_secs() + u64::from(left.subsec_nanos() > 0))
    }
}

const fn retry_at(error: &Error) -> Option<Timestamp> {
    match error {
        Error::Refused(
            Refusal::TooOften { retry_at }
            | Refusal::TooManyCodes { retry_at, .. }
            | Refusal::Busy { retry_at }
            | Refusal::Overloaded { retry_at },
        ) => Some(*retry_at),
        Error::Refused(Refusal::DirectoryPassword { retry_at, .. }) => *retry_at,
        _ => None,
    }
}

/// The status in the words of RFC 9110.
const fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        410 => "Gone",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        _ => "Service Unavailable",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::Fault;
    use crate::error::FaultOrigin;
    use crate::port::PortError;

    fn fault() -> Error {
        let error = PortError::unavailable().because("db-7.internal refused the connection");
        Error::Fault(Fault { origin: FaultOrigin::Store, error })
    }

    #[test]
    fn each_family_of_errors_has_its_status() {
        let retry_at = Timestamp::from_unix_seconds(9);
        for (error, expected) in [
            (Refusal::NotAccepted.into(), 422),
            (Refusal::HumanCheckRequired.into(), 422),
            (Refusal::Busy { retry_at }.into(), 429),
            (Refusal::TooOften { retry_at }.into(), 429),
            (Refusal::Overloaded { retry_at }.into(), 503),
            (Refusal::TicketReplaced.into(), 410),
            (Refusal::SecondFactorRequired.into(), 403),
            (Refusal::NotFound.into(), 404),
            (Refusal::Conflict.into(), 409),
            (InvalidInput::Foreign { what: "ticket" }.into(), 410),
            (InvalidInput::Empty { what: "code" }.into(), 400),
            (fault(), 503),
        ] {
            assert_eq!(status(&error), expected, "{error}");
            let problem = Problem::of(&error);
            assert_eq!(problem.status, expected);
            assert_eq!(problem.ends_flow, expected == 410, "{error}");
        }
    }

    fn policy_not_served() -> Refusal {
        let (path, lacks) = ("users.methods".to_owned(), crate::policy::Lack::Seal);
        let method = Some(crate::MethodKind::AuthenticatorApp);
        Refusal::PolicyNotServed(crate::policy::Unserved { path, method, lacks })
    }

    #[test]
    fn a_policy_that_the_engine_cannot_serve_names_the_setting() {
        let problem = Problem::of(&policy_not_served().into());
        assert_eq!((problem.status, &*problem.code), (422, "policy_not_served"));
        assert!(problem.detail.contains("users.methods"), "{}", problem.detail);
        assert!(!problem.ends_flow && problem.retry_at.is_none());
    }

    /// One of each kind. A new one has to be added to `status`, which names every kind.
    pub(in crate::web) fn errors() -> Vec<Error> {
        let (retry_at, limit) = (Timestamp::from_unix_seconds(9), crate::error::CodeLimit::Prefix);
        let rejection = crate::password::PasswordRules::default()
            .check(&"short".into(), &crate::password::PasswordContext::default());
        let what = "code";
        let refusals = [
            Refusal::NotAccepted,
            Refusal::Ended,
            Refusal::TicketReplaced,
            Refusal::AlreadyProven,
            Refusal::NotOffered,
            Refusal::TooOften { retry_at },
            Refusal::TooManyCodes { limit, retry_at },
            Refusal::MoreProofNeeded,
            Refusal::Password(rejection.expect_err("too short")),
            Refusal::DirectoryPassword { reason: "history", retry_at: None },
            Refusal::Busy { retry_at },
            Refusal::Overloaded { retry_at },
            Refusal::HumanCheckRequired,
            Refusal::NotEligible { reason: crate::error::SsprReason::SwitchedOff },
            policy_not_served(),
            Refusal::ReauthenticationRequired,
            Refusal::SecondFactorRequired,
            Refusal::NotAuthorised,
            Refusal::OwnAccount,
            Refusal::Conflict,
            Refusal::NotFound,
            Refusal::LimitReached,
        ];
        let invalid = [
            InvalidInput::Empty { what },
            InvalidInput::TooLong { what, max: 8 },
            InvalidInput::Control { what },
            InvalidInput::Invisible { what },
            InvalidInput::Malformed { what },
            InvalidInput::Foreign { what },
            InvalidInput::OutOfRange { what },
            InvalidInput::Rule { what, rule: "must differ" },
        ];
        let refused = refusals.into_iter().map(Error::from);
        refused.chain(invalid.into_iter().map(Error::from)).chain([fault()]).collect()
    }

    /// RFC 9457, 3.1: each problem has a type, a status and a title of that status; and a code of its own.
    #[test]
    fn every_kind_of_error_has_a_problem_document_of_its_own() {
        let mut codes = std::collections::BTreeSet::new();
        for error in errors() {
            let problem = Problem::of(&error);
            assert!(codes.insert(problem.code.clone()), "{} twice", problem.code);
            assert_eq!(problem.kind, "about:blank");
            assert_eq!((problem.status, &*problem.title), (status(&error), title(problem.status)));
            assert!((400..600).contains(&problem.status) && !problem.detail.is_empty());
            let is_unavailable =
                matches!(error, Error::Fault(_) | Error::Refused(Refusal::Overloaded { .. }));
            assert_eq!(problem.title == "Service Unavailable", is_unavailable, "{problem:?}");
            let json = serde_json::to_string(&problem).expect("text and numbers");
            assert_eq!(serde_json::from_str::<Problem>(&json).expect("its own text"), problem);
        }
        assert_eq!(codes.len(), 31);
        assert!(codes.contains("policy_not_served"), "{codes:?}");
    }

    #[test]
    fn a_problem_is_written_and_read_as_json() {
        let retry_at = Timestamp::from_unix_seconds(1_800_000_000);
        for error in [Refusal::TooOften { retry_at }.into(), Refusal::Ended.into(), fault()] {
            let problem = Problem::of(&error);
            let json = serde_json::to_string(&problem).expect("text and numbers");
            assert_eq!(serde_json::from_str::<Problem>(&json).expect("its own text"), problem);
        }
        let json = serde_json::to_value(Problem::of(&Refusal::Ended.into())).expect("text");
        let expected = serde_json::json!({
            "type": "about:blank", "title": "Gone", "status": 410, "code": "ended",
            "detail": "the flow has ended; start again", "ends_flow": true,
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn a_fault_shows_neither_its_port_nor_its_cause() {
        let json = serde_json::to_string(&Problem::of(&fault())).expect("text");
        for hidden in ["store", "internal", "refused"] {
            assert!(!json.contains(hidden), "{json}");
        }
    }

    #[test]
    fn the_wait_is_rounded_up_and_ends_at_zero() {
        let retry_at = Timestamp::from_unix_millis(10_001);
        let problem = Problem::of(&Refusal::TooOften { retry_at }.into());
        for (now, seconds) in [(0, 11), (9_001, 1), (9_002, 1), (10_001, 0), (20_000, 0)] {
            assert_eq!(problem.retry_after(Timestamp::from_unix_millis(now)), Some(seconds));
        }
        assert_eq!(Problem::of(&Refusal::Ended.into()).retry_after(retry_at), None);
    }
}

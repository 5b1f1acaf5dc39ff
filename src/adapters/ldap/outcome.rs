//! What a server's refusal of a write means: one table for all servers.

use super::message::OperationResult;
use crate::Timestamp;
use crate::facts::{PolicyReason, WriteOutcome, WriteReply};

/// Result codes (RFC 4511, appendix A).
pub(super) mod code {
    pub(in super::super) const SUCCESS: u32 = 0;
    pub(in super::super) const TIME_LIMIT: u32 = 3;
    pub(in super::super) const SIZE_LIMIT: u32 = 4;
    pub(in super::super) const ADMIN_LIMIT: u32 = 11;
    pub(in super::super) const NO_SUCH_ATTRIBUTE: u32 = 16;
    pub(in super::super) const CONSTRAINT: u32 = 19;
    pub(in super::super) const NO_SUCH_OBJECT: u32 = 32;
    pub(in super::super) const INVALID_CREDENTIALS: u32 = 49;
    pub(in super::super) const NO_RIGHT: u32 = 50;
    pub(in super::super) const BUSY: u32 = 51;
    pub(in super::super) const UNAVAILABLE: u32 = 52;
    pub(in super::super) const UNWILLING: u32 = 53;
    pub(in super::super) const OTHER: u32 = 80;
}

/// How the refusals of Active Directory begin that are about the password: `ERROR_PASSWORD_RESTRICTION`.
const PASSWORD_RESTRICTION: &str = "0000052D";

/// The outcome of a write that got this result. `young_until` is when the present password may be
/// changed, if that is known.
///
/// | result | outcome |
/// |---|---|
/// | 0 | written |
/// | 19, 53 with `0000052D`, or with an error of the password policy | the rule that the text or the error names |
/// | 19 otherwise | a rule that is not named |
/// | 51 busy, 11 administrative limit | unreachable: nothing was done |
/// | 52 unavailable, 3 time limit, 80 other, 1 operations error, unknown codes | not known: a proxy also returns these when it has lost the server behind it |
/// | all others: 50 no right, 53, 10 referral, 32 no such entry, 12 control not supported ... | an administrator must act |
pub(super) fn of(result: &OperationResult, young_until: Option<Timestamp>) -> WriteReply {
    let outcome = match result.code {
        code::SUCCESS => return WriteOutcome::Written.into(),
        code::CONSTRAINT | code::UNWILLING => refused(result, young_until),
        code::BUSY | code::ADMIN_LIMIT => WriteOutcome::Unreachable,
        1 | code::TIME_LIMIT | code::UNAVAILABLE | code::OTHER | 85.. => {
            WriteOutcome::Indeterminate
        }
        _ => match result.policy {
            Some(error) => by_policy_error(error, young_until),
            None => WriteOutcome::AdminActionRequired,
        },
    };
    outcome.with_detail(&detail(result))
}

/// The server's own words, for the audit trail.
fn detail(result: &OperationResult) -> String {
    match result.policy {
        Some(error) => format!("{} (password policy {error}): {}", result.code, result.text),
        None => format!("{}: {}", result.code, result.text),
    }
}

fn refused(result: &OperationResult, young_until: Option<Timestamp>) -> WriteOutcome {
    if let Some(error) = result.policy {
        return by_policy_error(error, young_until);
    }
    let restricted = result.text.starts_with(PASSWORD_RESTRICTION);
    if !restricted && result.code == code::UNWILLING {
        return WriteOutcome::AdminActionRequired;
    }
    WriteOutcome::PolicyViolation(by_text(&result.text, young_until))
}

/// Samba and newer servers name the rule in words; Active Directory often gives the number alone.
fn by_text(text: &str, until: Option<Timestamp>) -> PolicyReason {
    let lower = text.to_ascii_lowercase();
    let rules = [
        ("too young", PolicyReason::TooYoung { until }),
        ("history", PolicyReason::History),
        ("too short", PolicyReason::Length),
        ("too long", PolicyReason::Length),
        ("complex", PolicyReason::Complexity),
        ("quality", PolicyReason::Complexity),
        ("filter", PolicyReason::Filter),
    ];
    let found = rules.into_iter().find(|(words, _)| lower.contains(words));
    found.map_or(PolicyReason::Unspecified, |(_, reason)| reason)
}

/// The errors of draft-behera-ldap-password-policy; 9 is one of OpenLDAP's own.
fn by_policy_error(error: u32, until: Option<Timestamp>) -> WriteOutcome {
    let reason = match error {
        5 => PolicyReason::Complexity,
        6 | 9 => PolicyReason::Length,
        7 => PolicyReason::TooYoung { until },
        8 => PolicyReason::History,
        // 3: the policy allows no change; 4: it wants the old password.
        _ => return WriteOutcome::AdminActionRequired,
    };
    WriteOutcome::PolicyViolation(reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use PolicyReason::{Complexity, History, Length, TooYoung, Unspecified};
    use WriteOutcome::{AdminActionRequired, Indeterminate, PolicyViolation, Unreachable, Written};

    #[test]
    fn each_result_has_its_outcome() {
        let young = PolicyViolation(TooYoung { until: Some(Timestamp::from_unix_seconds(7)) });
        for (code, policy, text, right) in [
            (0, None, "", Written),
            (19, None, "0000052D: the password is too short", PolicyViolation(Length)),
            (19, None, "0000052D: does not meet the complexity", PolicyViolation(Complexity)),
            (53, None, "0000052D: SvcErr: DSID-031A12D2", PolicyViolation(Unspecified)),
            (53, None, "0000052D: already used (in history)", PolicyViolation(History)),
            (53, None, "0000052D: too young to change", young.clone()),
            (53, None, "0000001F: SvcErr: DSID-031A126C", AdminActionRequired),
            (19, None, "00000056: the old password is wrong", PolicyViolation(Unspecified)),
            (19, Some(5), "fails quality checking policy", PolicyViolation(Complexity)),
            (19, Some(6), "fails quality checking policy", PolicyViolation(Length)),
            (19, Some(9), "", PolicyViolation(Length)),
            (19, Some(7), "Password is too young to change", young),
            (19, Some(8), "in history of old passwords", PolicyViolation(History)),
            (50, Some(3), "alteration is not allowed", AdminActionRequired),
            (53, Some(4), "Must supply old password", AdminActionRequired),
            (50, None, "no write access", AdminActionRequired),
            (32, None, "", AdminActionRequired),
            (10, None, "a read-only replica", AdminActionRequired),
            (12, None, "critical extension", AdminActionRequired),
            (13, None, "confidentiality required", AdminActionRequired),
            (51, None, "", Unreachable),
            (11, None, "", Unreachable),
            (52, None, "the connection has been severed", Indeterminate),
            (3, None, "", Indeterminate),
            (1, None, "", Indeterminate),
            (80, None, "", Indeterminate),
            (4_096, None, "", Indeterminate),
        ] {
            let result =
                OperationResult { code, text: text.to_owned(), policy, cookie: Vec::new() };
            let reply = of(&result, Some(Timestamp::from_unix_seconds(7)));
            assert_eq!(reply.outcome, right, "{code} {text}");
            assert_eq!(reply.detail.is_some(), right != Written, "{code}");
        }
    }
}

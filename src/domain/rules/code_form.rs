//! The life and the format of codes.

use std::time::Duration;

use crate::domain::method::{ChallengeOption, Channel, MethodKind};
use crate::domain::policy::{CodeAlphabet, CodeFormat, Policy};

/// The longest code that escalation produces, in symbols.
const MAX_LENGTH: u8 = 12;
/// Recovery codes: 28 of 20 symbols are 121 bits, more than the 112 from which a plain digest is
/// enough (NIST SP 800-63B-4, 3.1.2.2).
pub(crate) const RECOVERY_CODE: CodeFormat = CodeFormat::new(CodeAlphabet::Strong, 28);

/// How long a code is valid; the end of its flow may come earlier.
pub(crate) fn code_life(policy: &Policy, channel: Channel) -> Duration {
    match channel {
        Channel::Email => policy.lifetimes.email_code,
        Channel::Link => policy.lifetimes.email_link,
        Channel::Sms | Channel::Voice => policy.lifetimes.phone_code,
        // Nothing was sent that could expire: the attempts and the flow are the limits.
        Channel::InHand => policy.lifetimes.flow,
    }
}

/// The format of a new code; longer if `escalated`.
pub(crate) fn code_format(policy: &Policy, option: ChallengeOption, escalated: bool) -> CodeFormat {
    let mut format = match option.channel() {
        Channel::Email | Channel::Link => policy.codes.email,
        Channel::Sms => policy.codes.sms,
        Channel::Voice => policy.codes.voice,
        Channel::InHand if option.method() == MethodKind::RecoveryCode => return RECOVERY_CODE,
        Channel::InHand => return CodeFormat::new(CodeAlphabet::Digits, policy.oath.digits),
    };
    if escalated {
        let longer = format.length.saturating_add(policy.limits.escalated_length);
        format.length = longer.min(MAX_LENGTH).max(format.length);
    }
    format
}

//! Phrases that several messages share.

use std::time::Duration;

use crate::message::CodePurpose;
use crate::{MethodKind, Timestamp};

/// The purpose of a code or a link, to follow "to".
pub(super) const fn goal(purpose: CodePurpose) -> &'static str {
    match purpose {
        CodePurpose::Reset => "reset your password",
        CodePurpose::Register => "confirm a sign-in method",
        CodePurpose::Unlock => "unlock your account",
    }
}

/// The same, shorter, for text messages.
pub(super) const fn short_goal(purpose: CodePurpose) -> &'static str {
    match purpose {
        CodePurpose::Reset => "reset password",
        CodePurpose::Register => "confirm method",
        CodePurpose::Unlock => "unlock account",
    }
}

pub(super) const fn a(method: MethodKind) -> &'static str {
    match method {
        MethodKind::Email => "a mail address",
        MethodKind::MobilePhone => "a mobile phone",
        MethodKind::OfficePhone => "an office phone",
        MethodKind::AuthenticatorApp => "an authenticator app",
        MethodKind::OathToken => "a security token",
        MethodKind::RecoveryCode => "a set of recovery codes",
        MethodKind::AppNotification => "an app notification",
        MethodKind::Passkey => "a passkey",
        MethodKind::SecurityQuestions => "a set of security questions",
        MethodKind::HostVerified => "a method",
        MethodKind::Password => "the password",
    }
}

pub(super) const fn your(method: MethodKind) -> &'static str {
    match method {
        MethodKind::Email => "your mail address",
        MethodKind::MobilePhone => "your mobile phone",
        MethodKind::OfficePhone => "your office phone",
        MethodKind::AuthenticatorApp => "your authenticator app",
        MethodKind::OathToken => "your security token",
        MethodKind::RecoveryCode => "your set of recovery codes",
        MethodKind::AppNotification => "your app notification",
        MethodKind::Passkey => "your passkey",
        MethodKind::SecurityQuestions => "your security questions",
        MethodKind::HostVerified => "your method",
        MethodKind::Password => "your password",
    }
}

/// That many attempts for this method have failed.
pub(super) fn failures(method: MethodKind) -> String {
    let wrong = match method {
        MethodKind::SecurityQuestions => "answers were given to your security questions",
        MethodKind::Password => "passwords were entered for your account",
        MethodKind::RecoveryCode => "codes were entered for your recovery codes",
        method => return format!("many wrong codes were entered for {}", your(method)),
    };
    format!("many wrong {wrong}")
}

pub(super) fn capital(sentence: &str) -> String {
    let mut characters = sentence.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// How long a code or a link is accepted: the span, if known, and the end.
pub(super) fn accepted(valid_for: Option<Duration>, until: &str) -> String {
    match valid_for.and_then(span) {
        Some(span) => format!("for {span}, until {until}"),
        None => format!("until {until}"),
    }
}

/// A span in the largest unit of which it has at least two, rounded down, so that a code is never
/// said to live longer than it does.
fn span(span: Duration) -> Option<String> {
    let seconds = span.as_secs();
    match seconds {
        0 => None,
        1 => Some("1 second".to_owned()),
        2..120 => Some(format!("{seconds} seconds")),
        120..7_200 => Some(format!("{} minutes", seconds / 60)),
        _ => Some(format!("{} hours", seconds / 3_600)),
    }
}

/// A time in the usual notation, in UTC, since the reader's time zone is unknown.
pub(super) fn moment(at: Timestamp) -> String {
    match time::OffsetDateTime::try_from(at) {
        Ok(date) => format!("{} {} {}, {}", date.day(), date.month(), date.year(), clock_time(at)),
        Err(_) => at.to_string(),
    }
}

pub(super) fn clock_time(at: Timestamp) -> String {
    match time::OffsetDateTime::try_from(at) {
        Ok(date) => format!("{:02}:{:02} UTC", date.hour(), date.minute()),
        Err(_) => at.to_string(),
    }
}

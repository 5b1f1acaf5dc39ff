//! The words that come with the crate.

use super::{Rendered, Renderer, plain_name};
use crate::domain::message::{CodeMessage, CodePurpose, LinkMessage, Message, Notice};
use crate::domain::method::{Channel, MethodKind};
use crate::domain::secret::SecretText;
use crate::domain::time::Timestamp;
use crate::port::Envelope;

/// English, plain text, without links.
///
/// Every message names the organisation; a code says what it is for and until when it is
/// accepted, in UTC, and that nobody may be told; everything says what to do if it was not you.
/// A text message with a code fits one part of 160 characters if the name is written in plain
/// Latin letters; a call reads the code twice, in groups of three.
///
/// ```
/// use sspr::adapters::render::{EnglishText, Renderer};
/// use sspr::port::Envelope;
/// use sspr::{Channel, Destination, EmailAddress, Locale, Message, Notice, TenantId, Timestamp};
///
/// let at = Timestamp::from_unix_seconds(1_700_000_000);
/// let envelope = Envelope::new(
///     "00".repeat(32),
///     TenantId::parse("contoso")?,
///     "Contoso".to_owned(),
///     Channel::Email,
///     Destination::Email(EmailAddress::parse("ada@contoso.example")?),
///     Locale::default(),
///     Message::Notice(Notice::PasswordReset { at }),
///     at,
/// );
/// let words = EnglishText.render(&envelope);
/// assert_eq!(words.subject, "Contoso: your password was reset");
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a unit struct that callers name as a value")]
pub struct EnglishText;

/// The longest name in a text message, so that the whole stays one part.
const SHORT_NAME: usize = 24;

/// The longest name elsewhere.
const LONG_NAME: usize = 64;

impl Renderer for EnglishText {
    fn render(&self, envelope: &Envelope) -> Rendered {
        let room = match envelope.channel {
            Channel::Sms => SHORT_NAME,
            _ => LONG_NAME,
        };
        let name = plain_name(&envelope.organisation, room);
        match &envelope.message {
            Message::Code(code) => {
                let subject = format!("{name}: your code to {}", goal(code.purpose));
                let text = match envelope.channel {
                    Channel::Sms => code_sms(&name, code),
                    Channel::Voice => code_call(&name, code),
                    _ => code_mail(&name, code),
                };
                Rendered::new(subject, SecretText::new(text))
            }
            Message::Link(link) => {
                let subject = format!("{name}: your link to {}", goal(link.purpose));
                Rendered::new(subject, SecretText::new(link_mail(&name, link)))
            }
            Message::Notice(notice) => {
                let words = notice_words(notice);
                let subject = format!("{name}: {}", words.headline);
                let text = match envelope.channel {
                    Channel::Sms => format!("{name}: {} {}", words.short, words.short_advice),
                    Channel::Voice => notice_call(&name, &words),
                    _ => notice_mail(&name, &words),
                };
                Rendered::new(subject, SecretText::new(text))
            }
        }
    }
}

const fn goal(purpose: CodePurpose) -> &'static str {
    match purpose {
        CodePurpose::Reset => "reset your password",
        CodePurpose::Register => "confirm a sign-in method",
        CodePurpose::Unlock => "unlock your account",
    }
}

fn link_mail(name: &str, link: &LinkMessage) -> String {
    format!(
        "To {goal} at {name}, open this link:\n\
         \n\
         \u{20}   {url}\n\
         \n\
         It is accepted until {until}, and only once.\n\
         \n\
         Never share this link. Nobody at {name} will ask you for it.",
        goal = goal(link.purpose),
        url = link.url.expose_secret(),
        until = moment(link.expires_at),
    )
}

fn code_mail(name: &str, code: &CodeMessage) -> String {
    format!(
        "Your code to {goal} at {name} is:\n\
         \n\
         \u{20}   {code}\n\
         \n\
         It is accepted until {until}, and only once.\n\
         \n\
         Never share this code. Nobody at {name} will ask you for it.\n\
         \n\
         If you did not ask for it, you need not do anything: without the code nothing\n\
         changes. If such messages keep coming, tell your administrator.",
        goal = goal(code.purpose),
        code = code.code.expose_secret(),
        until = moment(code.expires_at),
    )
}

fn code_sms(name: &str, code: &CodeMessage) -> String {
    format!(
        "{name}: {code} is your code to {goal}, valid until {until}. \
         Never share it. Not you? Ignore this.",
        goal = goal(code.purpose),
        code = code.code.expose_secret(),
        until = clock_time(code.expires_at),
    )
}

fn code_call(name: &str, code: &CodeMessage) -> String {
    let spoken = spoken(code.code.expose_secret());
    format!(
        "Hello. This is a call from {name}.\n\
         Your code to {goal} is: {spoken}.\n\
         Again, your code is: {spoken}.\n\
         It is valid until {until}.\n\
         Never share this code with anybody. If you did not ask for it, ignore this call.\n\
         Goodbye.",
        goal = goal(code.purpose),
        until = clock_time(code.expires_at),
    )
}

/// A code as it is read aloud: each character on its own, a pause after every third.
fn spoken(code: &str) -> String {
    let mut spoken = String::new();
    for (place, character) in code.chars().enumerate() {
        if place > 0 {
            spoken.push_str(if place % 3 == 0 { ", " } else { " " });
        }
        spoken.push(character);
    }
    spoken
}

/// The words of a notice.
struct NoticeWords {
    headline: String,
    /// What happened and when, in one sentence.
    long: String,
    short: String,
    advice: &'static str,
    short_advice: &'static str,
}

const NOT_YOU: &str =
    "If this was not you, tell your administrator at once: somebody may have your account.";
const NOT_YOU_SHORT: &str = "Not you? Tell your administrator at once.";

fn notice_words(notice: &Notice) -> NoticeWords {
    let words = |headline: &str, at: &Timestamp| NoticeWords {
        headline: headline.to_owned(),
        long: format!("{} on {}.", capital(headline), moment(*at)),
        short: format!("{}.", capital(headline)),
        advice: NOT_YOU,
        short_advice: NOT_YOU_SHORT,
    };
    match notice {
        Notice::PasswordReset { at } => words("your password was reset", at),
        Notice::PasswordMayHaveChanged { at } => NoticeWords {
            advice: "It is not known whether the new password was accepted. Sign in with it; if \
                     that fails, with\nthe one before. If this was not you, tell your \
                     administrator at once: somebody may have\nyour account.",
            ..words("your password may have been reset", at)
        },
        Notice::PasswordChanged { at } => words("your password was changed", at),
        Notice::AccountUnlocked { at } => words("your account was unlocked", at),
        Notice::AccountMayHaveBeenUnlocked { at } => {
            words("your account may have been unlocked", at)
        }
        Notice::MethodReplaced { method, at } => {
            words(&format!("{} was replaced as a sign-in method", a(*method)), at)
        }
        Notice::MethodsRevoked { at } => words("an administrator removed your sign-in methods", at),
        Notice::SavedCodeUsed { at, .. } => words("one of your saved codes was used", at),
        Notice::RegistrationRequired { at } => {
            words("an administrator asks you to register your sign-in methods anew", at)
        }
        Notice::ResetRequested { at } => {
            words("an administrator asks you to reset your password", at)
        }
        Notice::HelpRequested { at } => words("a user asks for help with a password reset", at),
        Notice::MethodAdded { method, at } => {
            words(&format!("{} was added as a sign-in method", a(*method)), at)
        }
        Notice::MethodRemoved { method, at } => {
            words(&format!("{} was removed as a sign-in method", a(*method)), at)
        }
        Notice::ContactsChanged { at } => {
            words("an administrator changed your contact data for password resets", at)
        }
        Notice::ManyFailures { method, at } => NoticeWords {
            advice: "If this was not you, somebody may be guessing. Your password has not \
                     changed. If there\nare many more failures, this way to reset it is \
                     switched off; tell your administrator.",
            ..words(&format!("many wrong codes were entered for {}", your(*method)), at)
        },
        Notice::AdministratorMayHaveReset { at } => NoticeWords {
            advice: "It is not known whether the new password was accepted. If you did not expect \
                     this, ask\nthe other administrators at once.",
            short_advice: "Unexpected? Ask the other administrators at once.",
            ..words("an administrator may have reset their own password", at)
        },
        Notice::AdministratorReset { at } => NoticeWords {
            advice: "If you did not expect this, ask the other administrators at once.",
            short_advice: "Unexpected? Ask the other administrators at once.",
            ..words("an administrator has reset their own password", at)
        },
    }
}

fn notice_mail(name: &str, words: &NoticeWords) -> String {
    format!(
        "{}\n\
         \n\
         {}\n\
         \n\
         {name} sends this message whenever it happens. It needs no answer.",
        words.long, words.advice
    )
}

fn notice_call(name: &str, words: &NoticeWords) -> String {
    format!("Hello. This is a call from {name}.\n{}\n{}\nGoodbye.", words.long, words.short_advice)
}

const fn a(method: MethodKind) -> &'static str {
    match method {
        MethodKind::Email => "a mail address",
        MethodKind::MobilePhone => "a mobile phone",
        MethodKind::OfficePhone => "an office phone",
        MethodKind::AuthenticatorApp => "an authenticator app",
        MethodKind::OathToken => "a security token",
        MethodKind::SavedCode => "a set of saved codes",
        MethodKind::AppNotification => "an app notification",
        MethodKind::Passkey => "a passkey",
        MethodKind::HostVerified => "a method",
        MethodKind::Password => "the password",
    }
}

const fn your(method: MethodKind) -> &'static str {
    match method {
        MethodKind::Email => "your mail address",
        MethodKind::MobilePhone => "your mobile phone",
        MethodKind::OfficePhone => "your office phone",
        MethodKind::AuthenticatorApp => "your authenticator app",
        MethodKind::OathToken => "your security token",
        MethodKind::SavedCode => "your saved codes",
        MethodKind::AppNotification => "your app notifications",
        MethodKind::Passkey => "your passkey",
        MethodKind::HostVerified => "your method",
        MethodKind::Password => "your password",
    }
}

fn capital(sentence: &str) -> String {
    let mut characters = sentence.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// A time as people write it, in UTC: where the reader is, is not known.
fn moment(at: Timestamp) -> String {
    match time::OffsetDateTime::try_from(at) {
        Ok(date) => format!("{} {} {}, {}", date.day(), date.month(), date.year(), clock_time(at)),
        Err(_) => at.to_string(),
    }
}

fn clock_time(at: Timestamp) -> String {
    match time::OffsetDateTime::try_from(at) {
        Ok(date) => format!("{:02}:{:02} UTC", date.hour(), date.minute()),
        Err(_) => at.to_string(),
    }
}

#[cfg(test)]
#[path = "english_tests.rs"]
mod tests;

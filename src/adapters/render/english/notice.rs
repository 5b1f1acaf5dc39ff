//! The texts of notices: what happened, when, and what to do about it.

use super::words::{a, accepted, capital, failures, moment, your};
use crate::adapters::render::account_name;
use crate::adapters::render::mail::Mail;
use crate::message::{Locale, Notice, RepudiationLink};
use crate::{MethodKind, SecretText, Timestamp};

/// The longest name of an account, in characters.
const LONGEST_ACCOUNT: usize = 120;

/// The texts of a notice.
pub(super) struct Words {
    /// A sentence without capital and full stop, for the subject and the text message.
    headline: String,
    /// What happened and when.
    long: String,
    advice: String,
    /// Short enough for a text message of one part.
    short_advice: String,
}

const NOT_YOU: &str = "If this was not you, tell your administrator at once: another person may have \
                       access to your account.";
const NOT_YOU_SHORT: &str = "Not you? Tell your administrator at once.";
const ASK: &str = "If you did not expect this, ask your administrator at once, in a way that you \
                   have used before.";
const ASK_SHORT: &str = "Unexpected? Ask your administrator at once.";
const OTHERS: &str = "If you did not expect this, ask the other administrators at once.";
const OTHERS_SHORT: &str = "Unexpected? Ask the other administrators at once.";
const NO_LINK: &str = "Open your organisation's usual sign-in page, by its address or your own \
                       bookmark. This message holds no link and no code, on purpose.";
const NO_LINK_SHORT: &str = "Open your usual sign-in page. Unsure? Ask your administrator.";

impl Words {
    pub(super) fn subject(&self, name: &str) -> String {
        format!("{name}: {}", self.headline)
    }

    pub(super) fn mail<'a>(
        self,
        name: &str,
        contact: Option<&str>,
        link: Option<&'a RepudiationLink>,
    ) -> Mail<'a> {
        let mut mail = Mail::new(Locale::default()).says(self.long).says(self.advice);
        if let Some(contact) = contact {
            mail = mail.says(format!("To reach your administrator: {contact}"));
        }
        if let Some(link) = link {
            mail = mail
                .says(
                    "If it was not you, open this page and confirm there. What was changed is undone \
                     as far as possible, your sessions end, and you cannot reset your password \
                     yourself until an administrator opens your account again:",
                )
                .link(link.url.expose_secret())
                .says(format!(
                    "The page is open {}, and can be confirmed only once. Opening it alone changes \
                     nothing. Do not forward this message.",
                    accepted(link.valid_for, &moment(link.expires_at))
                ));
        }
        mail.says(format!("{name} sends this message whenever it happens. It needs no answer."))
    }

    pub(super) fn text(&self, name: &str) -> SecretText {
        SecretText::new(format!("{name}: {}. {}", capital(&self.headline), self.short_advice))
    }

    pub(super) fn call(&self, name: &str) -> SecretText {
        let Self { long, short_advice, .. } = self;
        SecretText::new(format!(
            "Hello. This is a call from {name}.\n{long}\n{short_advice}\nGoodbye."
        ))
    }

    fn new(headline: &str, at: Timestamp) -> Self {
        Self {
            headline: headline.to_owned(),
            long: format!("{} on {}.", capital(headline), moment(at)),
            advice: NOT_YOU.to_owned(),
            short_advice: NOT_YOU_SHORT.to_owned(),
        }
    }

    fn long(mut self, long: String) -> Self {
        self.long = long;
        self
    }

    fn advice(mut self, long: impl Into<String>, short: impl Into<String>) -> Self {
        self.advice = long.into();
        self.short_advice = short.into();
        self
    }

    /// Names the account that a notice to administrators is about.
    pub(super) fn about(mut self, account: Option<&str>) -> Self {
        if let Some(account) = account {
            let account = account_name(account, LONGEST_ACCOUNT);
            self.long = format!("{} The account: {account}", self.long);
        }
        self
    }

    /// The text of a notice. All stand in one match, which is read as a table of texts.
    pub(super) fn of(notice: &Notice) -> Self {
        match *notice {
            Notice::PasswordReset { at } => Self::new("your password was reset", at),
            Notice::PasswordMayHaveChanged { at } => {
                Self::new("your password may have been reset", at).advice(
                    format!(
                        "It is not known whether the new password was accepted. Sign in with it; \
                         if that fails, with the one before. {NOT_YOU}"
                    ),
                    format!("Try the new one, then the old. {NOT_YOU_SHORT}"),
                )
            }
            Notice::PasswordChanged { at } => Self::new("your password was changed", at).advice(
                "It was changed with the old password. If this was not you, \
                 reset your password on your organisation's usual sign-in page now, and tell your \
                 administrator at once.",
                "Not you? Reset your password now and tell your administrator.",
            ),
            Notice::TemporaryPassword { at } => {
                Self::new("an administrator set a temporary password", at).advice(
                    format!(
                        "Your password before it is not accepted any more. You must choose a new one \
                         when you sign in with the temporary one. {ASK}"
                    ),
                    ASK_SHORT,
                )
            }
            Notice::Repudiated { methods, at } => {
                Self::new("a change to your account was reported as not yours", at).advice(
                    format!(
                        "Your sessions end, {}, and you cannot reset your password yourself until an \
                         administrator opens your account again. Call your administrator now. If you \
                         did not report it, another person can read your mail.",
                        removed(methods)
                    ),
                    "Only your administrator can reopen it. Unexpected? Call them now.",
                )
            }
            Notice::OwnerRepudiated { at } => {
                Self::new("a user reports a change that was not theirs", at).advice(
                    "Another person may have had access to the account, and self-service is blocked. \
                     It is not proven who reported it: make sure who the user is, check the methods \
                     of the account, then unblock it.",
                    "Self-service is blocked. It is not proven who reported it.",
                )
            }
            Notice::AccountUnlocked { at } => Self::new("your account was unlocked", at).advice(
                "Your password has not changed. If this was not you, tell your administrator at \
                 once: another person can use your sign-in methods.",
                format!("Your password has not changed. {NOT_YOU_SHORT}"),
            ),
            Notice::AccountMayHaveBeenUnlocked { at } => {
                Self::new("your account may have been unlocked", at).advice(
                    "It is not known whether the unlock took effect; your password has not \
                     changed. Try to sign in; if your account is still locked, unlock it once \
                     more. If this was not you, tell your administrator at once: another person can \
                     use your sign-in methods.",
                    format!("Try to sign in. {NOT_YOU_SHORT}"),
                )
            }
            Notice::MethodAdded { method, at } => {
                Self::new(&format!("{} was added as a sign-in method", a(method)), at)
            }
            Notice::MethodRemoved { method, at } => {
                Self::new(&format!("{} was removed as a sign-in method", a(method)), at)
            }
            Notice::MethodReplaced { method, at } => {
                Self::new(&format!("{} was replaced by a new one", your(method)), at).advice(
                    format!("{} {NOT_YOU}", replaced(method)),
                    format!("The old one no longer works. {NOT_YOU_SHORT}"),
                )
            }
            Notice::MethodsRevoked { at } => {
                Self::new("an administrator removed your sign-in methods", at).advice(
                    format!(
                        "What you had registered is not accepted any more. Until you register \
                         again, you cannot reset your password yourself. {ASK}"
                    ),
                    "Register again at your next sign-in. Unexpected? Ask your administrator.",
                )
            }
            Notice::RecoveryCodeUsed { left, at } => {
                let left = remaining(left);
                Self::new("one of your recovery codes was used", at).advice(
                    format!("{left} A code that was used is worthless. {NOT_YOU}"),
                    format!("{left} {NOT_YOU_SHORT}"),
                )
            }
            Notice::Unblocked { at } => Self::new(
                "an administrator opened your sign-in methods again",
                at,
            )
            .advice(
                format!(
                    "Methods that were closed after many failed attempts are accepted again. {ASK}"
                ),
                "Closed methods are accepted again. Unexpected? Ask your administrator.",
            ),
            Notice::RegistrationRequired { at } => {
                Self::new("please register your sign-in methods again", at)
                    .long(format!(
                        "On {}, an administrator asked you to register your sign-in methods again \
                         when you next sign in.",
                        moment(at)
                    ))
                    .advice(format!("{NO_LINK} {ASK}"), NO_LINK_SHORT)
            }
            Notice::ResetRequested { at } => Self::new("please reset your password", at)
                .long(format!(
                    "On {}, an administrator asked you to reset your password.",
                    moment(at)
                ))
                .advice(format!("{NO_LINK} {ASK}"), NO_LINK_SHORT),
            Notice::ContactsChanged { at } => {
                let what = "an administrator changed your contact data for password resets";
                Self::new(what, at).advice(
                    format!("Codes to reset your password go to the new data from now on. {ASK}"),
                    ASK_SHORT,
                )
            }
            Notice::ManyFailures { method, at } => {
                Self::new(&failures(method), at).advice(
                    "If this was not you, another person may be guessing. Your password has not changed. \
                     If there are many more failures, this way to reset it is switched off; tell \
                     your administrator.",
                    NOT_YOU_SHORT,
                )
            }
            Notice::SeveralChanges { count, password, since, at } => {
                let what = if password {
                    "several changes to your account, a new password among them"
                } else {
                    "several changes to your account"
                };
                Self::new(what, at).long(format!(
                    "Between {} and {}, your account was changed, or an attempt was made, {count} \
                     times{}. This message stands for {count}, so that you do not get one for each.",
                    moment(since),
                    moment(at),
                    if password { "; a new password was among the changes" } else { "" },
                ))
            }
            Notice::AdministratorMayHaveReset { at } => {
                Self::new("an administrator may have reset their own password", at).advice(
                    format!("It is not known whether the new password was accepted. {OTHERS}"),
                    OTHERS_SHORT,
                )
            }
            Notice::AdministratorReset { at } => {
                Self::new("an administrator has reset their own password", at)
                    .advice(OTHERS, OTHERS_SHORT)
            }
            Notice::HelpRequests { count, since, at } => {
                Self::new("more users ask for help with a password reset", at)
                    .long(format!(
                        "Between {} and {}, help with a password reset was asked for {count} more \
                         times. You get no message for each; the audit trail has them all.",
                        moment(since),
                        moment(at)
                    ))
                    .advice(
                        "So many at once may be an attack. It is not proven who asked: before you \
                         help, make sure who it is in a way that does not rest on the request.",
                        "It is not proven who asked: make sure before you help.",
                    )
            }
            Notice::HelpRequested { at } => {
                Self::new("a user asks for help with a password reset", at)
                    .long(format!("On {}, help with a password reset was asked for.", moment(at)))
                    .advice(
                        "It is not proven who asked: it may not be the user. Before you help, make \
                         sure who it is in a way that does not rest on the request, such as a call \
                         to a number that you have known for long, or a meeting. Never give a \
                         password or a code to a caller or to a person who answers this message.",
                        "It is not proven who asked: make sure before you help.",
                    )
            }
        }
    }
}

fn removed(methods: u8) -> String {
    match methods {
        0 => "no method was removed".to_owned(),
        1 => "the method that was added was removed".to_owned(),
        more => format!("the {more} methods that were added were removed"),
    }
}

fn replaced(method: MethodKind) -> &'static str {
    match method {
        MethodKind::RecoveryCode => "The recovery codes before these are not accepted any more.",
        MethodKind::SecurityQuestions => "The questions before these are not asked any more.",
        _ => "The one before is not accepted any more.",
    }
}

fn remaining(left: u8) -> String {
    match left {
        0 => "No code is left: make new ones.".to_owned(),
        1 => "One code is left: make new ones soon.".to_owned(),
        more => format!("{more} codes are left."),
    }
}

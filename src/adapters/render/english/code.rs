//! The texts of one-time codes: mail, text message, call.

use super::words::{accepted, clock_time, goal, moment, short_goal};
use crate::SecretText;
use crate::adapters::render::mail::Mail;
use crate::adapters::render::origin::SmsOrigin;
use crate::adapters::render::{plain_name, sms, voice};
use crate::message::{CodeMessage, Locale};

/// The length to which a name is cut if the text message would need several parts otherwise.
const SHORTER_NAME: usize = 12;

pub(super) fn mail<'a>(name: &str, code: &'a CodeMessage) -> Mail<'a> {
    Mail::new(Locale::default())
        .says(format!("Your code to {} at {name} is:", goal(code.purpose)))
        .code(code.code.expose_secret())
        .says(format!(
            "It is accepted {}, and only once. A newer code ends an older one: use the one that \
             came last.",
            accepted(code.valid_for, &moment(code.expires_at))
        ))
        .says(format!("Never share this code. {name} will never ask you for it."))
        .says(
            "If you did not ask for it, you need not do anything: without the code nothing \
             changes. If such messages keep coming, tell your administrator.",
        )
}

/// The fullest of the wordings that need the fewest parts. The line for browsers is never cut.
pub(super) fn text(name: &str, message: &CodeMessage, origin: Option<&SmsOrigin>) -> SecretText {
    let code = message.code.expose_secret();
    let (goal, short) = (goal(message.purpose), short_goal(message.purpose));
    let until = clock_time(message.expires_at);
    let shorter = plain_name(name, SHORTER_NAME);
    let line = origin.map(|origin| format!("\n\n{}", origin.line(code))).unwrap_or_default();
    let texts = [
        format!(
            "{name}: {code} is your code to {goal}, valid until {until}. Never share it. \
             Not you? Ignore this.{line}"
        ),
        format!(
            "{name}: code {code} to {short}, until {until}. Never share it. \
             Not you? Ignore.{line}"
        ),
        format!(
            "{shorter}: code {code} to {short}, until {until}. Never share it. \
             Not you? Ignore.{line}"
        ),
        format!("{shorter}: {code} to {short}. Never share. Not you? Ignore.{line}"),
    ];
    // The wordings that are not used are secrets as well.
    let wordings = texts.map(SecretText::new);
    let size = |wording: &SecretText| sms::segments(wording.expose_secret()).segments;
    wordings.into_iter().min_by_key(size).unwrap_or_else(|| SecretText::from(""))
}

pub(super) fn call(name: &str, code: &CodeMessage) -> SecretText {
    let spoken = SecretText::new(voice::spoken(code.code.expose_secret(), |letter, word| {
        format!("{letter} as in {word}")
    }));
    SecretText::new(format!(
        "Hello. This is a call from {name}.\n\
         Your code to {goal} is: {spoken}.\n\
         Again, your code is: {spoken}.\n\
         It is valid {until}. A newer code ends an older one.\n\
         Never share this code with anyone. If you did not ask for it, ignore this call.\n\
         Goodbye.",
        goal = goal(code.purpose),
        spoken = spoken.expose_secret(),
        until = accepted(code.valid_for, &clock_time(code.expires_at)),
    ))
}

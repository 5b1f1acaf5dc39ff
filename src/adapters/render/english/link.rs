//! The text of links, which are sent by mail only.

use super::words::{accepted, goal, moment};
use crate::adapters::render::mail::Mail;
use crate::message::{CodePurpose, LinkMessage, Locale};

pub(super) fn mail<'a>(name: &str, link: &'a LinkMessage) -> Mail<'a> {
    let goal = goal(link.purpose);
    let asked = if link.by_administrator {
        format!("An administrator of {name} has sent you this link to {goal}. Open it to go on:")
    } else {
        format!("This link to {goal} was requested at {name}. If it was you, open it to go on:")
    };
    let unasked = if link.by_administrator {
        "If you did not expect this, ask your administrator before you open the link, in a way \
         that you have used before: without the link nothing changes."
    } else {
        "If it was not you, do not open it, and you need not do anything: without the \
         link nothing changes. If such messages keep coming, tell your administrator."
    };
    Mail::new(Locale::default())
        .says(asked)
        .link(link.url.expose_secret())
        .says(format!("{} Opening it alone changes nothing.", opens(link.purpose)))
        .says(format!(
            "It is accepted {}, and only once. A newer link ends an older one: use the one that \
             came last.",
            accepted(link.valid_for, &moment(link.expires_at))
        ))
        .says(format!(
            "Never share this link, and do not forward this message: every person who has the link \
             can use it. {name} will never ask you for it."
        ))
        .says(unasked)
}

/// The effect of opening the link.
const fn opens(purpose: CodePurpose) -> &'static str {
    match purpose {
        CodePurpose::Reset => {
            "It opens a page that asks you to confirm, and then lets you go on to a new password."
        }
        CodePurpose::Register => {
            "It opens a page that asks you to confirm that this mail address is yours."
        }
        CodePurpose::Unlock => {
            "It opens a page that asks you to confirm, and then lets you go on to unlock your \
             account. Your password stays the same."
        }
    }
}

//! The text of a message with the sign-in names of a shared mailbox, which is sent by mail only.

use crate::adapters::render::mail::Mail;
use crate::adapters::render::name::account_name;
use crate::message::{Locale, SignInNames};

/// The longest sign-in name that is shown, in characters.
const LONGEST: usize = 128;

pub(super) fn mail(name: &str, message: &SignInNames) -> Mail<'static> {
    let names: Vec<_> = message.names.iter().map(|name| account_name(name, LONGEST)).collect();
    Mail::new(Locale::default())
        .says(format!(
            "A new password was requested at {name} with this mail address. Several accounts have \
             it, so it does not say which one is meant. Their sign-in names are:"
        ))
        .says(names.join(", "))
        .says("Start again, and type the sign-in name of the account instead of the mail address.")
        .says(
            "If it was not you, you need not do anything: nothing was changed. If such messages \
             keep coming, tell your administrator.",
        )
}

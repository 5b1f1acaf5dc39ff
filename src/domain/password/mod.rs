//! The rules for new passwords.
//!
//! A password is normalised by NFC only: it is not trimmed, its case is kept, and NFKC is not
//! applied. Length counts code points. By default a blocklist is compared with the whole password,
//! never with a part of it; [`BannedPasswords::EntraScore`] does otherwise.

mod blocklist;
mod context;
mod derive;
mod normal;
mod rejection;
mod rules;
mod score;
mod temporary;
#[cfg(test)]
mod tests;

pub(crate) use blocklist::common_of_length;
pub use context::PasswordContext;
pub(crate) use normal::composed;
pub use rejection::{PasswordFault, PasswordRejection};
pub use rules::{BannedPasswords, PasswordRules};
pub(crate) use temporary::{RANDOM, temporary_password};

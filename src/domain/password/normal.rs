//! The normal form of a password, which is checked, hashed and stored.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_public_assigned;
use zeroize::Zeroizing;

use crate::domain::crypto::secret::SecretText;

/// NFC makes UTF-8 at most three times as long.
const MAX_GROWTH: usize = 3;

/// The text in NFC.
pub(super) fn nfc(text: &str) -> Zeroizing<String> {
    // Allocated for the worst case: a string that grows leaves a copy that is not zeroized.
    let mut composed = Zeroizing::new(String::with_capacity(MAX_GROWTH * text.len()));
    composed.extend(text.nfc());
    composed
}

/// A password in the form that every directory gets: [`nfc`]. A keyboard that sends `ö` and one
/// that sends `o` and a mark give the same password.
pub(crate) fn composed(password: &SecretText) -> SecretText {
    SecretText::new(std::mem::take(&mut *nfc(password.expose_secret())))
}

/// Whether a later version of Unicode could change the normal form of `c`: NFC is stable for
/// assigned code points only (UAX #15, section 12.1). Private-use code points never get a
/// decomposition.
pub(super) fn is_unstable(c: char) -> bool {
    !is_public_assigned(c) && !is_private_use(c)
}

const fn is_private_use(c: char) -> bool {
    matches!(
        c,
        '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{FFFFD}' | '\u{100000}'..='\u{10FFFD}'
    )
}

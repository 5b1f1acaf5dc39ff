//! Mail addresses.

use std::fmt;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{domain, mask};
use crate::domain::invalid::{InvalidInput, bounded_text};
use crate::domain::record::serde_text::serde_as_text;
use crate::domain::text::is_plain;

const WHAT: &str = "mail address";
const MALFORMED: InvalidInput = InvalidInput::Malformed { what: WHAT };

/// A mail address, parsed once and kept in the form that mail is sent to.
///
/// It is kept as typed after NFC, with the domain in lower case. The local part keeps its case,
/// since only the receiving host may ignore case (RFC 5321, 2.4). NFKC is never applied: it would
/// turn one mailbox into another (RFC 6532, 3.1). `==` compares the kept form;
/// [`EmailAddress::normalised`] tells whether two addresses reach one mailbox.
///
/// `Debug` prints the masked form; serde writes and reads the address as text.
///
/// ```
/// use sspr::facts::EmailAddress;
///
/// let address = EmailAddress::parse("Ada.Lovelace@Contoso.example")?;
/// assert_eq!(address.as_str(), "Ada.Lovelace@contoso.example");
/// assert_eq!(address.normalised(), "ada.lovelace@contoso.example");
/// assert_eq!(format!("{address:?}"), "EmailAddress(A•••••@c•••••)");
/// assert!(EmailAddress::parse("ada@contoso.example.").is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(Arc<str>);

serde_as_text!(EmailAddress, Self::parse);

impl EmailAddress {
    /// The longest address, in octets of UTF-8: a path of RFC 5321, 4.5.3.1.3, without its
    /// brackets.
    pub const MAX_BYTES: usize = 254;

    /// The longest local part, in octets of UTF-8 (RFC 5321, 4.5.3.1.1).
    pub const MAX_LOCAL_BYTES: usize = 64;

    /// Parses an address of the form `local@domain`, ASCII (RFC 5321) or of any script (RFC 6531).
    ///
    /// Stricter than the standards: quoted local parts (`"a b"@example.org`), address literals
    /// (`ada@[192.0.2.1]`) and comments are refused. So are spaces, invisible characters (joiners,
    /// bidirectional controls, soft hyphen, byte order mark), leading, trailing and double dots,
    /// and compatibility forms in the domain.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`]: `Empty`; `TooLong` above [`EmailAddress::MAX_BYTES`], which is checked
    /// first; `Control` for control characters; `Malformed` for the rest.
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        // NFC may shorten a text, but never to less than a quarter.
        bounded_text(WHAT, text, 4 * Self::MAX_BYTES).map_err(own_limit)?;
        let composed: String = text.nfc().collect();
        bounded_text(WHAT, &composed, Self::MAX_BYTES)?;
        let (local, typed_domain) = composed.rsplit_once('@').ok_or(MALFORMED)?;
        if !is_local(local) {
            return Err(MALFORMED);
        }
        let address = format!("{local}@{}", domain::parse(typed_domain)?);
        // Lower-casing can lengthen a domain.
        bounded_text(WHAT, &address, Self::MAX_BYTES)?;
        Ok(Self(address.into()))
    }

    /// The address that mail is sent to.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which all spellings of one mailbox are equal. It is for comparing and counting
    /// only; mail is never sent to it.
    ///
    /// Each code point of the local part is in lower case, then in NFC; the domain is as in DNS
    /// (`münchen.example` is `xn--mnchen-3ya.example`). Upper case and compatibility forms are not
    /// used, so `ı`, `ſ` and `ß` differ from `i`, `s` and `ss`; the Kelvin sign is `k` by NFC. Dots
    /// and `+tag` stay, since only the receiving host knows their meaning.
    #[must_use]
    pub fn normalised(&self) -> String {
        let (local, domain) = self.parts();
        let lower: String = local.chars().flat_map(char::to_lowercase).nfc().collect();
        format!("{lower}@{}", domain::to_ascii(domain))
    }

    /// A masked form of constant length, `a•••••@c•••••`.
    ///
    /// It shows the first character of the local part and of the domain, unless that is the only
    /// character of the part.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.parts();
        mask::mail(local, domain)
    }

    /// Whether mail to the address needs a transport with `SMTPUTF8` (RFC 6531), because it is not
    /// all ASCII.
    ///
    /// ```
    /// let address = sspr::facts::EmailAddress::parse("jörg@example.org")?;
    /// assert!(address.requires_smtputf8());
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn requires_smtputf8(&self) -> bool {
        !self.0.is_ascii()
    }

    /// The local part: a word that a password must not consist of.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.parts().0
    }

    /// An address from a text that [`EmailAddress::parse`] returned earlier: see [`super::stored`].
    pub(super) const fn from_checked(text: Arc<str>) -> Self {
        Self(text)
    }

    fn parts(&self) -> (&str, &str) {
        self.0.rsplit_once('@').unwrap_or((&self.0, ""))
    }
}

/// Whether this is a dot-atom (RFC 5322, 3.2.3; RFC 6531, 3.3) of at most 64 octets.
fn is_local(local: &str) -> bool {
    local.len() <= EmailAddress::MAX_LOCAL_BYTES
        && !local.starts_with(is_combining_mark)
        && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_text))
}

fn is_atom_text(c: char) -> bool {
    match c {
        c if c.is_ascii() => is_ascii_atom(c),
        c => is_plain(c),
    }
}

/// The ASCII characters of an atom (RFC 5322, 3.2.3).
pub(super) fn is_ascii_atom(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}

/// The error with the limit of an address, not with that of the text before NFC.
fn own_limit(error: InvalidInput) -> InvalidInput {
    match error {
        InvalidInput::TooLong { what, .. } => {
            InvalidInput::TooLong { what, max: EmailAddress::MAX_BYTES }
        }
        other => other,
    }
}

impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EmailAddress({})", self.masked())
    }
}

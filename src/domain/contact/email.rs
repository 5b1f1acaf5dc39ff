//! Mail addresses.

use std::fmt;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{domain, mask};
use crate::domain::invalid::{InvalidInput, bounded_text};
use crate::domain::serde_text::serde_as_text;
use crate::domain::text::is_plain;

const WHAT: &str = "mail address";
const MALFORMED: InvalidInput = InvalidInput::Malformed { what: WHAT };

/// A mail address, parsed once and kept as mail is sent to it.
///
/// Kept as typed after NFC, with the domain in lower case. The local part keeps its case, since
/// only the receiving host may say that case means nothing (RFC 5321, 2.4). NFKC is never applied:
/// it would turn one mailbox into another (RFC 6532, 3.1). `==` compares the kept form; whether
/// two addresses reach one mailbox is a question for [`EmailAddress::normalised`].
///
/// `Debug` prints the masked form; serde writes and reads the address as text.
///
/// ```
/// use sspr::EmailAddress;
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
    /// The longest address, in octets of UTF-8: a path of RFC 5321, 4.5.3.1.3, without its brackets.
    pub const MAX_BYTES: usize = 254;

    /// The longest local part, in octets of UTF-8 (RFC 5321, 4.5.3.1.1).
    pub const MAX_LOCAL_BYTES: usize = 64;

    /// Parses an address of the form `local@domain`, ASCII (RFC 5321) or of any script (RFC 6531).
    ///
    /// Narrower than the standards: a quoted local part (`"a b"@example.org`), an address literal
    /// (`ada@[192.0.2.1]`) and a comment are refused. So are spaces, invisible characters (joiners,
    /// bidirectional controls, soft hyphen, byte order mark), leading, trailing and double dots,
    /// and compatibility forms in the domain.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`]: `Empty`; `TooLong` above [`EmailAddress::MAX_BYTES`], decided before any
    /// other work; `Control` for control characters; `Malformed` for the rest.
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        // NFC shortens; four to one is more than it ever does to an address that then fits.
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

    /// The address as stored: the one that mail is sent to.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two spellings of one mailbox are equal. Only for comparing and counting;
    /// mail is never sent to it.
    ///
    /// The rule: each code point of the local part in lower case, then NFC; the domain as DNS
    /// carries it (`münchen.example` is `xn--mnchen-3ya.example`). Nothing is put in upper case or
    /// read as a compatibility form, so `ı`, `ſ` and `ß` stay different from `i`, `s` and `ss`;
    /// the Kelvin sign is `k`, since NFC makes it so. Dots and `+tag` count: what they mean is the
    /// receiving host's affair.
    #[must_use]
    pub fn normalised(&self) -> String {
        let (local, domain) = self.parts();
        let local: String = local.chars().flat_map(char::to_lowercase).nfc().collect();
        format!("{local}@{}", domain::to_ascii(domain))
    }

    /// A masked form of constant length, `a•••••@c•••••`.
    ///
    /// The first character of the local part and of the domain is shown unless it is the only one
    /// of its part.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.parts();
        mask::mail(local, domain)
    }

    /// Whether the address as stored can be sent to only by a transport with `SMTPUTF8` (RFC 6531):
    /// it is not all ASCII.
    ///
    /// ```
    /// let address = sspr::EmailAddress::parse("jörg@example.org")?;
    /// assert!(address.requires_smtputf8());
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn requires_smtputf8(&self) -> bool {
        !self.0.is_ascii()
    }

    /// The local part, as stored: a word that a password must not be made of.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.parts().0
    }

    /// What [`EmailAddress::parse`] returned earlier: see [`super::stored`].
    pub(super) const fn from_checked(text: Arc<str>) -> Self {
        Self(text)
    }

    fn parts(&self) -> (&str, &str) {
        self.0.rsplit_once('@').unwrap_or((&self.0, ""))
    }
}

/// A dot-atom (RFC 5322, 3.2.3; RFC 6531, 3.3) of at most 64 octets.
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

/// The caller is told the limit of an address, not that of the input before NFC.
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

impl TryFrom<String> for EmailAddress {
    type Error = InvalidInput;

    fn try_from(text: String) -> Result<Self, InvalidInput> {
        Self::parse(&text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0.as_ref().to_owned()
    }
}

//! Ids of tenants, users, roles, groups and methods, typed identifiers, and the keys of records.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::invalid::{InvalidInput, bounded_text};
use crate::domain::record::hex_bytes;
use crate::domain::record::serde_text::serde_as_text;
use crate::domain::text::{is_invisible, trim_blanks};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $max:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        serde_as_text!($name, Self::parse);

        impl $name {
            /// The longest accepted text, in bytes.
            pub const MAX_BYTES: usize = $max;

            #[doc = concat!("Parses ", $what, ": 1 to ", stringify!($max), " bytes, no control characters.")]
            ///
            /// # Errors
            ///
            /// [`InvalidInput`] for an empty or overlong text and for control characters.
            pub fn parse(text: &str) -> Result<Self, InvalidInput> {
                bounded_text($what, text, Self::MAX_BYTES)?;
                Ok(Self(text.into()))
            }

            /// The text, as given.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidInput;

            fn from_str(text: &str) -> Result<Self, InvalidInput> {
                Self::parse(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, text: &str) -> bool {
                *self.0 == *text
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, text: &&str) -> bool {
                *self.0 == **text
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.0)
            }
        }
    };
}

text_id! {
    /// A tenant, which separates every key, counter and code.
    ///
    /// ```
    /// let tenant: sspr::TenantId = "contoso".parse()?;
    /// assert_eq!(tenant, "contoso");
    /// assert!(sspr::TenantId::parse("").is_err());
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    TenantId, 64, "tenant id"
}
text_id! {
    /// A user within a tenant: the directory's immutable identifier, never reissued to another
    /// person. Not the sign-in name, which people may change.
    ///
    /// ```
    /// let user = sspr::UserId::parse("6e7b768e-07e2-4810-8459-485f84f8f204")?;
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    UserId, 128, "user id"
}
text_id! {
    /// A role of a user, by the directory's name for it.
    RoleId, 128, "role id"
}
text_id! {
    /// A group of users, by the directory's name for it.
    GroupId, 128, "group id"
}
text_id! {
    /// A method on an account, unique within that account and never reused there.
    MethodId, 32, "method id"
}

/// What a person types to name an account: a sign-in name or an address.
///
/// The engine does not interpret it, not even its case: the directory decides which user it names.
/// White space and invisible characters around a pasted text are dropped. An invisible character
/// inside is refused, since no directory would find the name. `Debug` shows the length only, since
/// people type passwords into this field.
///
/// ```
/// let typed = sspr::Identifier::parse("ada@contoso.example")?;
/// assert_eq!(format!("{typed:?}"), "Identifier(19 bytes)");
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Identifier(String);

impl Identifier {
    /// The longest accepted identifier, in bytes: the longest address of RFC 5321.
    pub const MAX_BYTES: usize = 320;

    /// Accepts 1 to 320 bytes without control and invisible characters; white space and invisible
    /// characters around it are dropped.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`]: `Empty`, `TooLong`, `Control`, and `Invisible` for joiners, marks of
    /// direction, soft hyphens, byte order marks and the like inside the text.
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        // Checked before trimming, so that a megabyte of spaces is not scanned.
        if text.len() > 4 * Self::MAX_BYTES {
            return Err(InvalidInput::TooLong { what: "identifier", max: Self::MAX_BYTES });
        }
        let text = trim_blanks(text);
        bounded_text("identifier", text, Self::MAX_BYTES)?;
        if text.chars().any(is_invisible) {
            return Err(InvalidInput::Invisible { what: "identifier" });
        }
        Ok(Self(text.to_owned()))
    }

    /// The text as typed, without white space and invisible characters around it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for Identifier {
    type Err = InvalidInput;

    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        Self::parse(text)
    }
}

impl AsRef<str> for Identifier {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({} bytes)", self.0.len())
    }
}

/// The number of shards of the key space. Fixed for the life of every store.
pub const SHARDS: u16 = 256;

macro_rules! key_bytes {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// A key from its 32 bytes.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }

            /// The stable shard number of this key, below [`SHARDS`].
            #[must_use]
            pub const fn shard(&self) -> u16 {
                self.0[0] as u16 % SHARDS
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex_bytes::with_text(&self.0, |digits| f.write_str(digits))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidInput;

            fn from_str(hex: &str) -> Result<Self, InvalidInput> {
                hex_bytes::parse("key", hex).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                hex_bytes::serialize(&self.0, to)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                hex_bytes::deserialize(from).map(Self)
            }
        }
    };
}

key_bytes! {
    /// The key of a record: a keyed hash of the tenant and the subject of the record, so that a
    /// store learns neither from it. Displayed as 64 hexadecimal digits.
    ///
    /// ```
    /// let key = sspr::port::RecordKey::from_bytes([7; 32]);
    /// assert_eq!(key.to_string().parse::<sspr::port::RecordKey>()?, key);
    /// assert_eq!(key.shard(), 7);
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    RecordKey
}
key_bytes! {
    /// The key of a counter: a keyed hash of the limit, the counted subject and the window.
    ///
    /// ```
    /// let key = sspr::port::CounterKey::from_bytes([9; 32]);
    /// assert_eq!(key.shard(), 9);
    /// ```
    CounterKey
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T2: invisible characters that are pasted along with a name: RFC 8264, 9.8, 9.13 and 9.14,
    /// keep them out of identifiers.
    #[test]
    fn invisible_characters_around_an_identifier_are_dropped_and_inside_refused() {
        let invisible = [
            '\u{200B}',
            '\u{200C}',
            '\u{200D}',
            '\u{200E}',
            '\u{200F}',
            '\u{202A}',
            '\u{202C}',
            '\u{202E}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{FEFF}',
            '\u{AD}',
            '\u{61C}',
            '\u{180E}',
            '\u{34F}',
            '\u{FE0F}',
            '\u{3164}',
            '\u{2800}',
            '\u{FFFC}',
            '\u{E0041}',
            '\u{2028}',
            '\u{2029}',
        ];
        for c in invisible {
            for text in [
                format!("{c}ada@contoso.example"),
                format!("ada@contoso.example{c}"),
                format!(" {c} ada@contoso.example{c}\r\n"),
            ] {
                let parsed = Identifier::parse(&text).expect("dropped");
                assert_eq!(parsed.as_str(), "ada@contoso.example", "{text:?}");
            }
            let inside = Identifier::parse(&format!("ada@con{c}toso.example"));
            assert_eq!(inside, Err(InvalidInput::Invisible { what: "identifier" }), "{c:?}");
            assert!(Identifier::parse(&c.to_string()).is_err());
        }
        let error = InvalidInput::Invisible { what: "identifier" };
        let shown = "identifier holds an invisible character: type it instead of pasting it";
        assert_eq!((error.to_string().as_str(), error.code()), (shown, "invisible"));
        for blank in ["\u{A0}", "\u{3000}", "\t", "\n", "\u{2009}", "\u{85}", "\u{1680}"] {
            let parsed =
                Identifier::parse(&format!("{blank}ada lovelace{blank}")).expect("dropped");
            assert_eq!(parsed.as_str(), "ada lovelace", "{blank:?}");
        }
        for name in ["jörg", "用户", "नमस्ते", "بيت", "ＡＤＡ", "o'brien", "ada+x@example.org"]
        {
            assert_eq!(Identifier::parse(name).expect("seen").as_str(), name);
        }
    }
}

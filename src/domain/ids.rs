//! Names of things: tenants, users, roles, groups, records.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::invalid::{InvalidInput, bounded_text};

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $max:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

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

        impl TryFrom<String> for $name {
            type Error = InvalidInput;

            fn try_from(text: String) -> Result<Self, InvalidInput> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
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
    /// A tenant: the separation boundary of every key, counter and code.
    ///
    /// ```
    /// let tenant = sspr::TenantId::parse("contoso")?;
    /// assert_eq!(tenant.as_str(), "contoso");
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

/// What a person types to say who they are: a sign-in name, an address.
///
/// The engine does not interpret it (no case folding, no trimming inside): the directory decides
/// whom it names. `Debug` shows its length only, since people type passwords into this field.
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

    /// Accepts 1 to 320 bytes without control characters; white space around it is dropped.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`] if the text is empty, too long or holds control characters.
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        // The bound comes first: trimming a megabyte of spaces is work for nothing.
        if text.len() > 4 * Self::MAX_BYTES {
            return Err(InvalidInput::TooLong { what: "identifier", max: Self::MAX_BYTES });
        }
        let text = text.trim();
        bounded_text("identifier", text, Self::MAX_BYTES)?;
        Ok(Self(text.to_owned()))
    }

    /// The text as typed, without the white space around it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({} bytes)", self.0.len())
    }
}

/// Into how many shards the key space is cut. Fixed for the life of every store.
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
                f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
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
                let bad = InvalidInput::Malformed { what: "key" };
                if hex.len() != 64 {
                    return Err(bad);
                }
                let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).map_err(|_| bad.clone())?;
                <[u8; 32]>::try_from(bytes).map(Self).map_err(|_| bad)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let hex = std::borrow::Cow::<'_, str>::deserialize(from)?;
                hex.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

key_bytes! {
    /// The key of a record: a keyed hash of the tenant and what the record is about, so that a
    /// store learns neither from it. Displayed as 64 hexadecimal digits.
    ///
    /// ```
    /// let key = sspr::RecordKey::from_bytes([7; 32]);
    /// assert_eq!(key.to_string().parse::<sspr::RecordKey>()?, key);
    /// assert_eq!(key.shard(), 7);
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    RecordKey
}
key_bytes! {
    /// The key of a counter: a keyed hash of what is counted, for whom and in which window.
    ///
    /// ```
    /// let key = sspr::CounterKey::from_bytes([9; 32]);
    /// assert_eq!(key.shard(), 9);
    /// ```
    CounterKey
}

//! How fields of a record are read and written: values whose serde form is a text, read from the borrowed text without an
//! owned copy, and fields that are left out.
//!
//! `#[serde(try_from = "String", into = "String")]` allocates twice for each value. A record has
//! about thirty of them, and is decoded for every guess.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// Whether a field is left out of its record: most fields of most accounts have their default, and all of them are read
/// with it where they are absent.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Reads a text and parses it.
///
/// # Errors
///
/// The errors of the deserializer and of `parse`.
pub(crate) fn deserialize<'de, D, T, E>(
    from: D,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    E: fmt::Display,
{
    struct Text<F, T>(F, PhantomData<T>);

    impl<F, T, P> Visitor<'_> for Text<F, T>
    where
        F: FnOnce(&str) -> Result<T, P>,
        P: fmt::Display,
    {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text")
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            (self.0)(text).map_err(E::custom)
        }
    }

    from.deserialize_str(Text(parse, PhantomData))
}

/// The text of a type that holds it in field 0: the serde form, and the conversions from and to a
/// `String`. It is read with the parser `$parse`.
macro_rules! serde_as_text {
    ($name:ty, $parse:expr) => {
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::domain::record::serde_text::deserialize(from, $parse)
            }
        }

        #[cfg(test)]
        $crate::domain::schema_forms::text_form!($name);

        impl TryFrom<String> for $name {
            type Error = $crate::domain::invalid::InvalidInput;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                $parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                Self::from(&*value.0)
            }
        }
    };
}
pub(crate) use serde_as_text;

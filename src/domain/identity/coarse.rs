//! Where a request came from, as coarsely as a message may tell it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::domain::invalid::InvalidInput;
use crate::domain::named::named;
use crate::domain::record::serde_text;

/// Where a request came from, as a message tells it to the owner of an account: a country and a kind
/// of device.
///
/// Both are values of fixed sets, so nothing that a caller has written can get into a message. Take the
/// country from a database of addresses, and the device from the browser's report of its platform.
///
/// ```
/// use sspr::message::{CoarseOrigin, CountryCode, DeviceKind};
///
/// let origin = CoarseOrigin::new(Some(CountryCode::parse("lv")?), Some(DeviceKind::Android));
/// assert_eq!(origin.country.map(|country| country.to_string()).as_deref(), Some("LV"));
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CoarseOrigin {
    /// The country of the address. `None`: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// The kind of device. `None`: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceKind>,
}

impl CoarseOrigin {
    /// An origin of these parts.
    #[must_use]
    pub const fn new(country: Option<CountryCode>, device: Option<DeviceKind>) -> Self {
        Self { country, device }
    }
}

/// A country by its two letters (ISO 3166-1), such as `LV`. Whether it exists is not checked.
///
/// ```
/// use sspr::message::CountryCode;
///
/// assert_eq!(CountryCode::parse("tw")?.to_string(), "TW");
/// assert!(CountryCode::parse("Latvia").is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CountryCode([u8; 2]);

impl Serialize for CountryCode {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CountryCode {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        serde_text::deserialize(from, Self::parse)
    }
}

impl CountryCode {
    /// Parses two letters in any case.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] for another text.
    pub fn parse(code: &str) -> Result<Self, InvalidInput> {
        match code.as_bytes() {
            [first, second] if first.is_ascii_alphabetic() && second.is_ascii_alphabetic() => {
                Ok(Self([first.to_ascii_uppercase(), second.to_ascii_uppercase()]))
            }
            _ => Err(InvalidInput::Malformed { what: "country code" }),
        }
    }

    /// The two letters, in capitals.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Two ASCII letters are always UTF-8.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CountryCode({self})")
    }
}

named! {
    /// A kind of device.
    ///
    /// ```
    /// assert_eq!(sspr::message::DeviceKind::Ios.as_str(), "ios");
    /// ```
    pub enum DeviceKind {
        /// A computer with Windows.
        Windows = "windows",
        /// A Mac.
        MacOs = "macos",
        /// A computer with Linux.
        Linux = "linux",
        /// A computer with ChromeOS.
        ChromeOs = "chromeos",
        /// A phone or tablet with Android.
        Android = "android",
        /// An iPhone or iPad.
        Ios = "ios",
        /// Any other.
        Other = "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_two_letters_and_nothing_else() {
        for bad in ["", "L", "LVA", "L1", "ĀĀ", "<>", "lv ", "\r\n"] {
            assert!(CountryCode::parse(bad).is_err(), "{bad:?}");
            assert!(serde_json::from_value::<CountryCode>(bad.into()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_origin_is_stored_without_what_is_unknown() {
        let origin = CoarseOrigin::new(None, Some(DeviceKind::MacOs));
        let stored = serde_json::to_string(&origin).expect("plain data");
        assert_eq!(stored, r#"{"device":"macos"}"#);
        assert_eq!(serde_json::from_str::<CoarseOrigin>(&stored).expect("read back"), origin);
    }
}

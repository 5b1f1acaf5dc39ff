//! The format of codes.

use serde::{Deserialize, Serialize};

/// The format of a code.
///
/// ```
/// use sspr::policy::{CodeAlphabet, CodeFormat};
///
/// assert_eq!(CodeFormat::new(CodeAlphabet::Digits, 6).space(), 1_000_000);
/// assert_eq!(CodeFormat::new(CodeAlphabet::Strong, 8).space(), 25_600_000_000);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
#[serde(deny_unknown_fields)]
pub struct CodeFormat {
    /// The symbols.
    pub alphabet: CodeAlphabet,
    /// How many symbols: 6 to 12, and at least 10^6 possible codes.
    pub length: u8,
}

impl CodeFormat {
    /// `length` symbols of `alphabet`.
    #[must_use]
    pub const fn new(alphabet: CodeAlphabet, length: u8) -> Self {
        Self { alphabet, length }
    }

    /// The number of different codes: the size of the alphabet to the power of the length, at most
    /// [`u64::MAX`].
    #[must_use]
    pub const fn space(self) -> u64 {
        self.alphabet.size().saturating_pow(self.length as u32)
    }
}

/// The symbols of a code.
///
/// ```
/// use sspr::policy::CodeAlphabet;
///
/// assert_eq!(CodeAlphabet::Digits.size(), 10);
/// assert_eq!(CodeAlphabet::Strong.size(), 20);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CodeAlphabet {
    /// `0` to `9`.
    Digits,
    /// The twenty consonants `BCDFGHJKLMNPQRSTVWXZ` of RFC 8628, which form no words and do not
    /// look alike.
    Strong,
}

impl CodeAlphabet {
    /// The number of symbols.
    #[must_use]
    pub const fn size(self) -> u64 {
        match self {
            Self::Digits => 10,
            Self::Strong => 20,
        }
    }
}

/// The format of codes, by channel.
///
/// ```
/// use sspr::PolicySettings;
/// use sspr::policy::{CodeAlphabet, CodeFormat};
///
/// let mut settings = PolicySettings::default();
/// settings.codes.email = CodeFormat::new(CodeAlphabet::Strong, 8);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct CodeFormats {
    /// Codes sent by mail. Default 8 digits.
    pub email: CodeFormat,
    /// Codes sent by text. Default 6 digits.
    pub sms: CodeFormat,
    /// Codes spoken in a call. Default 6 digits; digits only.
    pub voice: CodeFormat,
}

impl Default for CodeFormats {
    fn default() -> Self {
        let digits = |length| CodeFormat { alphabet: CodeAlphabet::Digits, length };
        Self { email: digits(8), sms: digits(6), voice: digits(6) }
    }
}

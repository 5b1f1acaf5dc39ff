//! One-time codes: derived, never stored.
//!
//! `code = symbols(HMAC(code key, account, nonce, flow, challenge, purpose, method, domain))`. The
//! input is 55 bytes of fixed layout, so that no two contexts have one input and a check is two
//! compressions. A copy of the store opens nothing without the key.

use std::fmt;

use zeroize::Zeroize;

use super::ids::RecordKey;
use super::invalid::InvalidInput;
use super::mac::PreparedMac;
use super::message::CodePurpose;
use super::method::MethodKind;
use super::policy::{CodeAlphabet, CodeFormat};
use super::secret::{SecretText, secrets_equal};

const STRONG: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// What a code belongs to. Anything else gives another code.
pub(crate) struct CodeContext<'a> {
    pub(crate) account: &'a RecordKey,
    pub(crate) flow: u32,
    pub(crate) challenge: u32,
    pub(crate) purpose: CodePurpose,
    pub(crate) method: MethodKind,
    pub(crate) nonce: &'a [u8; 12],
}

/// A key that derives codes.
pub(crate) struct CodeKey(PreparedMac);

impl CodeKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(PreparedMac::new(key))
    }

    /// The code of this context, to be sent.
    pub(crate) fn derive(&self, context: &CodeContext<'_>, format: CodeFormat) -> SecretText {
        let base = base(format);
        let mut value = self.value(context, format);
        let mut symbols = vec![0; usize::from(format.length)];
        for symbol in symbols.iter_mut().rev() {
            let index = value % base;
            value /= base;
            *symbol = match format.alphabet {
                CodeAlphabet::Digits => b'0' + index as u8,
                CodeAlphabet::Strong => STRONG[index as usize],
            };
        }
        // Both alphabets are ASCII.
        SecretText::new(String::from_utf8(symbols).unwrap_or_default())
    }

    /// Whether the typed code is the one of this context.
    ///
    /// A typed code of another form is compared all the same, against a value that no code has.
    pub(crate) fn check(
        &self,
        context: &CodeContext<'_>,
        format: CodeFormat,
        typed: &TypedCode,
    ) -> bool {
        let expected = self.value(context, format);
        let given = typed.value(format).unwrap_or(u64::MAX);
        secrets_equal(&expected.to_be_bytes(), &given.to_be_bytes())
    }

    /// The code as a number below `base ^ length`.
    fn value(&self, context: &CodeContext<'_>, format: CodeFormat) -> u64 {
        // The account first: whole lanes that the first rounds can start with while the scalars
        // behind them are still being put together.
        let [w0, w1, w2, w3, ..] = self.0.words_of::<{ PreparedMac::MAX }>(|input| {
            input[..32].copy_from_slice(context.account.as_bytes());
            input[32..44].copy_from_slice(context.nonce);
            input[44..48].copy_from_slice(&context.flow.to_be_bytes());
            input[48..52].copy_from_slice(&context.challenge.to_be_bytes());
            input[52] = context.purpose.tag();
            input[53] = context.method.tag();
            input[54] = DOMAIN;
        });
        // 128 bits, read as a fraction of 1, times the number of codes, which is below 2^52: no code
        // is likelier than another by more than one part in 2^76.
        let lane = |high: u32, low: u32| u128::from(high) << 32 | u128::from(low);
        let space = u128::from(space(format));
        ((lane(w0, w1) * space + ((lane(w2, w3) * space) >> 64)) >> 64) as u64
    }
}

impl fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeKey([redacted])")
    }
}

/// Tells the input of a code from any other input of the same key.
const DOMAIN: u8 = 0x01;

const fn base(format: CodeFormat) -> u64 {
    match format.alphabet {
        CodeAlphabet::Digits => 10,
        CodeAlphabet::Strong => 20,
    }
}

/// How many codes there are: 20^12 at most, below 2^52.
///
/// From a table: the power would cost a tenth of a check.
fn space(format: CodeFormat) -> u64 {
    const fn powers(base: u64) -> [u64; TypedCode::MAX_SYMBOLS + 1] {
        let mut powers = [1; TypedCode::MAX_SYMBOLS + 1];
        let mut exponent = 1;
        while exponent < powers.len() {
            powers[exponent] = base.saturating_mul(powers[exponent - 1]);
            exponent += 1;
        }
        powers
    }
    static DIGITS: [u64; TypedCode::MAX_SYMBOLS + 1] = powers(10);
    static STRONG: [u64; TypedCode::MAX_SYMBOLS + 1] = powers(20);
    let powers = match format.alphabet {
        CodeAlphabet::Digits => &DIGITS,
        CodeAlphabet::Strong => &STRONG,
    };
    powers.get(usize::from(format.length)).copied().unwrap_or(u64::MAX)
}

/// A code as a person typed it. Spaces and hyphens between the symbols are dropped.
///
/// Anything but ASCII letters, digits, spaces and hyphens is refused without being looked at
/// further: digits of other scripts are not digits here.
pub(crate) struct TypedCode {
    symbols: [u8; Self::MAX_SYMBOLS],
    length: u8,
    /// The symbols as a decimal number, if they are digits.
    number: Option<u64>,
}

impl TypedCode {
    const MAX_SYMBOLS: usize = 16;
    const MAX_BYTES: usize = 64;

    pub(crate) fn parse(text: &str) -> Result<Self, InvalidInput> {
        const WHAT: &str = "code";
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidInput::TooLong { what: WHAT, max: Self::MAX_BYTES });
        }
        let mut code = Self { symbols: [0; Self::MAX_SYMBOLS], length: 0, number: Some(0) };
        for byte in text.bytes() {
            match byte {
                b' ' | b'-' => {}
                _ if byte.is_ascii_alphanumeric() => {
                    let Some(place) = code.symbols.get_mut(usize::from(code.length)) else {
                        return Err(InvalidInput::Malformed { what: WHAT });
                    };
                    *place = byte.to_ascii_uppercase();
                    code.length += 1;
                    // Sixteen digits at most: far below 2^64.
                    let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
                    code.number = code.number.zip(digit).map(|(number, digit)| number * 10 + digit);
                }
                _ => return Err(InvalidInput::Malformed { what: WHAT }),
            }
        }
        if code.length == 0 {
            return Err(InvalidInput::Empty { what: WHAT });
        }
        Ok(code)
    }

    /// The code as a number, if it has this form.
    fn value(&self, format: CodeFormat) -> Option<u64> {
        if self.length != format.length {
            return None;
        }
        match format.alphabet {
            CodeAlphabet::Digits => self.number,
            CodeAlphabet::Strong => {
                let mut value = 0_u64;
                for symbol in self.symbols.get(..usize::from(self.length))? {
                    let index = STRONG.iter().position(|one| one == symbol)?;
                    // A format that nobody can type, from a hostile record, fits no code.
                    value = value.checked_mul(20)?.checked_add(index as u64)?;
                }
                Some(value)
            }
        }
    }
}

impl Drop for TypedCode {
    fn drop(&mut self) {
        self.symbols.zeroize();
        self.number.zeroize();
    }
}

#[cfg(test)]
mod tests;

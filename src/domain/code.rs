//! One-time codes: derived, never stored.
//!
//! `code = symbols(HMAC(code key, tag, account, flow, challenge, purpose, method, nonce))`. The
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
        let mut input = [0; PreparedMac::MAX];
        input[0] = 0x01;
        input[1..33].copy_from_slice(context.account.as_bytes());
        input[33..37].copy_from_slice(&context.flow.to_be_bytes());
        input[37..41].copy_from_slice(&context.challenge.to_be_bytes());
        input[41] = context.purpose.tag();
        input[42] = context.method.tag();
        input[43..55].copy_from_slice(context.nonce);
        let mac = self.0.mac(&input);
        let space = space(format);
        let (lanes, _) = mac.as_chunks::<8>();
        let high = u64::from_be_bytes(lanes[0]);
        if space <= MAX_NARROW_SPACE {
            // At most 10^12 values from 2^64: the bias is below 6 * 10^-8 of a code's own chance.
            high % space
        } else {
            let wide = u128::from(high) << 64 | u128::from(u64::from_be_bytes(lanes[1]));
            (wide % u128::from(space)) as u64
        }
    }
}

impl fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeKey([redacted])")
    }
}

const MAX_NARROW_SPACE: u64 = 1_000_000_000_000;

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
}

impl TypedCode {
    const MAX_SYMBOLS: usize = 16;
    const MAX_BYTES: usize = 64;

    pub(crate) fn parse(text: &str) -> Result<Self, InvalidInput> {
        const WHAT: &str = "code";
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidInput::TooLong { what: WHAT, max: Self::MAX_BYTES });
        }
        let mut code = Self { symbols: [0; Self::MAX_SYMBOLS], length: 0 };
        for byte in text.bytes() {
            match byte {
                b' ' | b'-' => {}
                _ if byte.is_ascii_alphanumeric() => {
                    let Some(place) = code.symbols.get_mut(usize::from(code.length)) else {
                        return Err(InvalidInput::Malformed { what: WHAT });
                    };
                    *place = byte.to_ascii_uppercase();
                    code.length += 1;
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
        let symbols = self.symbols.get(..usize::from(self.length))?;
        let mut value = 0_u64;
        match format.alphabet {
            CodeAlphabet::Digits => {
                let mut fits = true;
                for symbol in symbols {
                    let digit = symbol.wrapping_sub(b'0');
                    fits &= digit < 10;
                    value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
                }
                fits.then_some(value)
            }
            CodeAlphabet::Strong => {
                for symbol in symbols {
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
    }
}

#[cfg(test)]
mod tests;

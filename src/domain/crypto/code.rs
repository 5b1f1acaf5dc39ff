//! One-time codes, which are derived and never stored.
//!
//! `code = symbols(HMAC(code key, account, nonce, flow, challenge, purpose, method, domain))`. The
//! input is 55 bytes of fixed layout, so that different contexts have different inputs and a check
//! costs two compressions. A copy of the store is useless without the key.

use zeroize::Zeroize;

use crate::domain::account::{ChallengeNumber, FlowNumber};
use crate::domain::crypto::link::LinkSecret;
use crate::domain::crypto::mac::{PreparedMac, bytes_of, finish_block};
use crate::domain::crypto::secret::{SecretText, redacted, secrets_equal};
use crate::domain::identity::ids::RecordKey;
use crate::domain::invalid::InvalidInput;
use crate::domain::message::CodePurpose;
use crate::domain::method::MethodKind;
use crate::domain::policy::{CodeAlphabet, CodeFormat};
use crate::domain::text::{ascii_alphanumeric, is_separator};

const STRONG: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// The context of a code. Another context gives another code.
pub(crate) struct CodeContext<'a> {
    pub(crate) account: &'a RecordKey,
    pub(crate) flow: FlowNumber,
    pub(crate) challenge: ChallengeNumber,
    pub(crate) purpose: CodePurpose,
    pub(crate) method: MethodKind,
    pub(crate) nonce: &'a [u8; 12],
}

impl CodeContext<'_> {
    /// The second half of the block of a code.
    pub(crate) fn code_input(&self) -> CodeInput {
        let mut block = [0; 64];
        self.write(CODE, &mut block);
        finish_block(&mut block, PreparedMac::MAX);
        CodeInput(std::array::from_fn(|place| block[32 + place]))
    }

    fn write(&self, domain: u8, input: &mut [u8; 64]) {
        input[..32].copy_from_slice(self.account.as_bytes());
        input[32..44].copy_from_slice(self.nonce);
        input[44..48].copy_from_slice(&self.flow.0.to_be_bytes());
        input[48..52].copy_from_slice(&self.challenge.0.to_be_bytes());
        input[52] = self.purpose.tag();
        input[53] = self.method.tag();
        input[54] = domain;
    }
}

/// All of a code's context but the account, as the padded second half of its block.
///
/// It is made when the attempt is reserved. A compression loads the block in lanes of 16 bytes, and
/// would have to wait for the scalars of a lane that were stored just before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CodeInput([u8; 32]);

/// A key that derives codes.
pub(crate) struct CodeKey(PreparedMac);

impl CodeKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(PreparedMac::new(key))
    }

    /// The code of this context, to be sent.
    pub(crate) fn derive(&self, context: &CodeContext<'_>, format: CodeFormat) -> SecretText {
        let base = base(format);
        let mut value = self.value(context.account, &context.code_input(), format);
        let mut symbols = vec![0; usize::from(format.length)];
        for symbol in symbols.iter_mut().rev() {
            let index = value % base;
            value /= base;
            *symbol = self::symbol(format, index as u8);
        }
        // Both alphabets are ASCII.
        SecretText::new(String::from_utf8(symbols).unwrap_or_default())
    }

    /// Whether the typed code is the one of this account and input.
    ///
    /// A typed code of another format is compared too, as a value that no code has.
    pub(crate) fn check(
        &self,
        account: &RecordKey,
        input: &CodeInput,
        format: CodeFormat,
        typed: &TypedCode,
    ) -> bool {
        let expected = self.value(account, input, format);
        let given = typed.value(format).unwrap_or(u64::MAX);
        secrets_equal(&expected.to_be_bytes(), &given.to_be_bytes())
    }

    /// The secret of a link in this context.
    pub(crate) fn link(&self, context: &CodeContext<'_>) -> LinkSecret {
        let fill = |input: &mut [u8; 64]| context.write(LINK, input);
        LinkSecret::from_bytes(bytes_of(self.0.words_of::<{ PreparedMac::MAX }>(fill)))
    }

    /// Whether this is the link of this context.
    pub(crate) fn check_link(&self, context: &CodeContext<'_>, given: &LinkSecret) -> bool {
        secrets_equal(self.link(context).proof(), given.proof())
    }

    /// The secret of a link that repudiates, for this account. It begins with the selector, which
    /// is not secret.
    pub(crate) fn repudiation(&self, account: &RecordKey, selector: [u8; 8]) -> LinkSecret {
        let mac = bytes_of(self.0.words_of::<41>(|input| {
            input[..32].copy_from_slice(account.as_bytes());
            input[32..40].copy_from_slice(&selector);
            input[40] = REPUDIATION;
        }));
        LinkSecret::from_bytes(std::array::from_fn(|place| match place {
            0..8 => selector[place],
            _ => mac[place - 8],
        }))
    }

    /// Whether the link repudiates for this account.
    pub(crate) fn check_repudiation(
        &self,
        account: &RecordKey,
        selector: [u8; 8],
        given: &LinkSecret,
    ) -> bool {
        secrets_equal(self.repudiation(account, selector).proof(), given.proof())
    }

    /// The name of a host-verified challenge. It is not secret: the page may show it.
    pub(crate) fn external(&self, account: &RecordKey, nonce: &[u8; 12]) -> String {
        let words = self.0.words_of::<45>(|input| {
            input[..32].copy_from_slice(account.as_bytes());
            input[32..44].copy_from_slice(nonce);
            input[44] = EXTERNAL;
        });
        data_encoding::HEXLOWER.encode(&bytes_of(words))
    }

    /// The code as a number below `base ^ length`.
    fn value(&self, account: &RecordKey, input: &CodeInput, format: CodeFormat) -> u64 {
        let mut block = [0; 64];
        block[..32].copy_from_slice(account.as_bytes());
        block[32..].copy_from_slice(&input.0);
        let [w0, w1, w2, w3, ..] = self.0.words_of_padded(&block);
        // 128 bits, read as a fraction of 1, times the number of codes, which is below 2^52. So no
        // code is more likely than another by more than one part in 2^76.
        let lane = |high: u32, low: u32| u128::from(high) << 32 | u128::from(low);
        let space = u128::from(space(format));
        ((lane(w0, w1) * space + ((lane(w2, w3) * space) >> 64)) >> 64) as u64
    }
}

/// Random symbols of this format, each equally likely; `None` if too few of the random bytes can be
/// used.
pub(crate) fn random_symbols(format: CodeFormat, random: &[u8]) -> Option<SecretText> {
    let base = base(format) as u8;
    // Bytes beyond the last whole multiple of the base would make the first symbols more likely.
    let usable = random.iter().filter(|&&byte| byte < u8::MAX / base * base);
    let symbols: String = usable
        .take(usize::from(format.length))
        .map(|byte| char::from(symbol(format, byte % base)))
        .collect();
    (symbols.len() == usize::from(format.length)).then(|| SecretText::new(symbols))
}

const fn symbol(format: CodeFormat, index: u8) -> u8 {
    match format.alphabet {
        CodeAlphabet::Digits => b'0' + index,
        CodeAlphabet::Strong => STRONG[index as usize],
    }
}

redacted!(CodeKey);

/// The uses of the key, each with a domain number that is never reused.
const CODE: u8 = 0x01;
const LINK: u8 = 0x02;
const EXTERNAL: u8 = 0x03;
const REPUDIATION: u8 = 0x04;

const fn base(format: CodeFormat) -> u64 {
    match format.alphabet {
        CodeAlphabet::Digits => 10,
        CodeAlphabet::Strong => 20,
    }
}

/// The number of possible codes: at most 20^12, which is below 2^52.
///
/// It comes from a table, since computing the power would cost a tenth of a check.
fn space(format: CodeFormat) -> u64 {
    const fn powers(base: u64) -> [u64; TypedCode::SENT + 1] {
        let mut powers = [1; TypedCode::SENT + 1];
        let mut exponent = 1;
        while exponent < powers.len() {
            powers[exponent] = base.saturating_mul(powers[exponent - 1]);
            exponent += 1;
        }
        powers
    }
    static DIGITS: [u64; TypedCode::SENT + 1] = powers(10);
    static STRONG: [u64; TypedCode::SENT + 1] = powers(20);
    let powers = match format.alphabet {
        CodeAlphabet::Digits => &DIGITS,
        CodeAlphabet::Strong => &STRONG,
    };
    powers.get(usize::from(format.length)).copied().unwrap_or(u64::MAX)
}

/// A code as a person typed or pasted it. Separators and invisible characters are dropped
/// ([`is_separator`]); a decimal digit of any script counts as that digit, a full-width letter as
/// that letter.
///
/// Any other character makes the code malformed: an override of direction shows the digits in
/// another order, and superscripts and letters of other scripts only resemble symbols.
pub(crate) struct TypedCode {
    symbols: [u8; Self::MAX_SYMBOLS],
    length: u8,
    /// The symbols as a decimal number, if they are digits.
    number: Option<u64>,
}

impl TypedCode {
    /// The most symbols of any code: those of a recovery code.
    const MAX_SYMBOLS: usize = 28;
    /// The most symbols of a code that is sent.
    const SENT: usize = 16;
    /// Room for every symbol in its longest encoding, and as many separators.
    const MAX_BYTES: usize = 256;

    pub(crate) fn parse(text: &str) -> Result<Self, InvalidInput> {
        const WHAT: &str = "code";
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidInput::TooLong { what: WHAT, max: Self::MAX_BYTES });
        }
        let mut code = Self { symbols: [0; Self::MAX_SYMBOLS], length: 0, number: Some(0) };
        for symbol in text.chars() {
            if let Some(byte) = ascii_alphanumeric(symbol) {
                code.push(byte).ok_or(InvalidInput::Malformed { what: WHAT })?;
            } else if !is_separator(symbol) {
                return Err(InvalidInput::Malformed { what: WHAT });
            }
        }
        if code.length == 0 {
            return Err(InvalidInput::Empty { what: WHAT });
        }
        Ok(code)
    }

    /// Adds an ASCII letter or digit, if there is room.
    fn push(&mut self, byte: u8) -> Option<()> {
        *self.symbols.get_mut(usize::from(self.length))? = byte.to_ascii_uppercase();
        self.length += 1;
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'));
        self.number = self
            .number
            .zip(digit)
            .and_then(|(number, digit)| number.checked_mul(10)?.checked_add(digit));
        Some(())
    }

    /// The symbols, letters in upper case.
    pub(crate) fn symbols(&self) -> &[u8] {
        self.symbols.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// The code as a number, if it has this many digits.
    pub(crate) fn digits(&self, digits: u8) -> Option<u32> {
        let number = self.number.filter(|_| self.length == digits)?;
        u32::try_from(number).ok()
    }

    /// The code as a number, if it has this format.
    fn value(&self, format: CodeFormat) -> Option<u64> {
        if self.length != format.length {
            return None;
        }
        match format.alphabet {
            CodeAlphabet::Digits => self.number,
            CodeAlphabet::Strong => {
                let mut value = 0_u64;
                for symbol in self.symbols.get(..usize::from(self.length))? {
                    let index = STRONG.iter().position(|known| known == symbol)?;
                    // A format from a hostile record, too long to be typed, matches no code.
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

//! Seeds of authenticators, and their form in Base32.

use std::sync::LazyLock;

use data_encoding::{BASE32_NOPAD, BASE32_NOPAD_NOCASE, Encoding};
use zeroize::Zeroizing;

use crate::domain::crypto::secret::{SecretBytes, SecretText};
use crate::domain::invalid::InvalidInput;
use crate::domain::text::{ascii_alphanumeric, is_separator};

/// The secret that an authenticator shares with the engine: 16 to 64 bytes, 20 recommended with
/// SHA-1 (RFC 4226, 4). Redacted in `Debug`, zeroized on drop.
///
/// ```
/// use sspr::method::OathSeed;
///
/// let seed = OathSeed::parse_base32("gezd gnbv gy3t qojq gezd gnbv gy3t qojq")?;
/// assert_eq!(seed.expose_secret(), b"12345678901234567890");
/// assert_eq!(format!("{seed:?}"), "OathSeed([redacted])");
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Debug)]
pub struct OathSeed(SecretBytes);

impl OathSeed {
    /// The shortest accepted seed, in bytes.
    pub const MIN_BYTES: usize = 16;
    /// The longest accepted seed, in bytes.
    pub const MAX_BYTES: usize = 64;

    const WHAT: &str = "seed";
    /// The longest accepted text: the longest seed, with separators between the symbols.
    const MAX_TEXT: usize = 512;

    /// Takes ownership of a seed.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::OutOfRange`] for fewer than 16 or more than 64 bytes.
    pub fn from_bytes(bytes: SecretBytes) -> Result<Self, InvalidInput> {
        if !(Self::MIN_BYTES..=Self::MAX_BYTES).contains(&bytes.expose_secret().len()) {
            return Err(InvalidInput::OutOfRange { what: Self::WHAT });
        }
        Ok(Self(bytes))
    }

    /// Reads a seed in Base32 (RFC 4648, 6) as vendors write it: in either case, with or without
    /// padding, with white space, line ends, invisible characters, dashes and dots anywhere.
    /// Full-width letters count as letters, decimal digits of every script as digits. Bits after
    /// the last whole byte are dropped, as authenticators do.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] for another symbol, a length that Base32 never has, or padding
    /// that is incomplete or not at the end; [`InvalidInput::TooLong`] beyond 512 bytes of text;
    /// [`InvalidInput::Empty`]; and the errors of [`OathSeed::from_bytes`].
    pub fn parse_base32(text: &str) -> Result<Self, InvalidInput> {
        let malformed = InvalidInput::Malformed { what: Self::WHAT };
        if text.len() > Self::MAX_TEXT {
            return Err(InvalidInput::TooLong { what: Self::WHAT, max: Self::MAX_TEXT });
        }
        // Allocated once: growing would leave a copy that is not zeroized.
        let mut symbols = Zeroizing::new(Vec::with_capacity(text.len()));
        let mut padding = 0;
        for character in text.chars() {
            match ascii_alphanumeric(character) {
                Some(symbol) if padding == 0 => symbols.push(symbol),
                None if matches!(character, '=' | '\u{FF1D}') => padding += 1,
                None if is_separator(character) => {}
                _ => return Err(malformed),
            }
        }
        if symbols.is_empty() && padding == 0 {
            return Err(InvalidInput::Empty { what: Self::WHAT });
        }
        if padding != 0 && padding != symbols.len().next_multiple_of(8) - symbols.len() {
            return Err(malformed);
        }
        let length = LENIENT.decode_len(symbols.len()).map_err(|_| malformed.clone())?;
        let mut bytes = Zeroizing::new(vec![0; length]);
        LENIENT.decode_mut(&symbols, &mut bytes).map_err(|_| malformed)?;
        Self::from_bytes(SecretBytes::new(std::mem::take(&mut bytes)))
    }

    /// The bytes of the seed. Do not keep, log or serialise them.
    #[must_use]
    pub fn expose_secret(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

/// Base32 in either case and without padding. Bits after the last whole byte are ignored.
static LENIENT: LazyLock<Encoding> = LazyLock::new(|| {
    let mut lenient = BASE32_NOPAD_NOCASE.specification();
    lenient.check_trailing_bits = false;
    // Only a change of the alphabet could make a specification invalid.
    lenient.encoding().unwrap_or(BASE32_NOPAD_NOCASE)
});

/// A seed in Base32, without padding.
pub(crate) fn base32(seed: &[u8]) -> SecretText {
    SecretText::new(BASE32_NOPAD.encode(seed))
}

/// A seed in Base32, in groups of four for people to type.
pub(crate) fn base32_grouped(seed: &[u8]) -> SecretText {
    let plain = base32(seed);
    let symbols = plain.expose_secret();
    // Allocated once: growing would leave a copy that is not zeroized.
    let mut grouped = String::with_capacity(symbols.len() * 5 / 4);
    for (place, symbol) in symbols.char_indices() {
        if place > 0 && place % 4 == 0 {
            grouped.push(' ');
        }
        grouped.push(symbol);
    }
    SecretText::new(grouped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RFC: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

    fn read(text: &str) -> Result<Vec<u8>, InvalidInput> {
        OathSeed::parse_base32(text).map(|seed| seed.expose_secret().to_vec())
    }

    /// R-203 and RFC 4648, 10.
    #[test]
    fn base32_has_no_padding() {
        let example = [0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x21, 0xde, 0xad, 0xbe, 0xef];
        assert_eq!(base32(&example).expose_secret(), "JBSWY3DPEHPK3PXP");
        assert_eq!(base32(b"12345678901234567890").expose_secret(), RFC);
        let vectors = ["", "MY", "MZXQ", "MZXW6", "MZXW6YQ", "MZXW6YTB", "MZXW6YTBOI"];
        for (length, text) in vectors.into_iter().enumerate() {
            assert_eq!(base32(&b"foobar"[..length]).expose_secret(), text);
        }
    }

    #[test]
    fn a_seed_is_shown_in_groups_of_four() {
        let grouped = base32_grouped(b"12345678901234567890");
        assert_eq!(grouped.expose_secret(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(base32_grouped(b"foobar").expose_secret(), "MZXW 6YTB OI");
        assert_eq!(base32_grouped(b"").expose_secret(), "");
    }

    /// R-191: at least 128 bits, so the 80 bits of the example of the format are too few.
    #[test]
    fn a_seed_has_16_to_64_bytes() {
        let of = |length| OathSeed::from_bytes(SecretBytes::new(vec![7; length]));
        for length in [0, 1, 10, 13, 15, 65, 1000] {
            let refused = of(length).err();
            assert_eq!(refused, Some(InvalidInput::OutOfRange { what: "seed" }), "{length}");
        }
        for length in 16..=64 {
            assert_eq!(of(length).expect("long enough").expose_secret().len(), length);
        }
        assert_eq!(read("JBSWY3DPEHPK3PXP"), Err(InvalidInput::OutOfRange { what: "seed" }));
    }

    #[test]
    fn a_seed_is_read_as_vendors_write_it() {
        let expected = b"12345678901234567890".to_vec();
        for text in [
            RFC,
            "gezdgnbvgy3tqojqgezdgnbvgy3tqojq",
            "gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
            " GEZDGNBV-GY3TQOJQ--GEZDGNBV-GY3TQOJQ ",
            // T15: with the separators of text fields, documents and address books.
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n",
            "GEZDGNBVGY3TQOJQ\nGEZDGNBVGY3TQOJQ\r\n",
            "\tGEZD\tGNBV\tGY3T\tQOJQ\tGEZD\tGNBV\tGY3T\tQOJQ",
            "GEZD\u{A0}GNBV\u{A0}GY3T\u{A0}QOJQ\u{A0}GEZD\u{A0}GNBV\u{A0}GY3T\u{A0}QOJQ",
            "\u{FEFF}GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            "GEZDGNBVGY3TQOJQ\u{200B}GEZDGNBVGY3TQOJQ\u{200E}",
            "GEZD\u{2011}GNBV\u{2013}GY3T\u{2014}QOJQ\u{2212}GEZD\u{2010}GNBV\u{2012}GY3TQOJQ",
            "GEZD\u{202F}GNBV\u{2009}GY3T\u{3000}QOJQ\u{2003}GEZDGNBVGY3TQOJQ",
            "GEZD.GNBV\u{B7}GY3T_QOJQ:GEZDGNBVGY3TQOJQ",
            "\"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\"",
            "ＧＥＺＤＧＮＢＶＧＹ３ＴＱＯＪＱgezdgnbvgy3tqojq",
            "GEZD\u{AD}GNBVGY3TQOJQ\u{85}GEZDGNBVGY3TQOJQ\u{2028}",
        ] {
            assert_eq!(read(text).as_ref(), Ok(&expected), "{text}");
        }
        // Sixteen bytes are 26 symbols and six signs of padding.
        let sixteen = Ok(b"1234567890123456".to_vec());
        for text in [
            "GEZDGNBVGY3TQOJQGEZDGNBVGY",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY======",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY== ====",
            // Two bits after the last byte.
            "GEZDGNBVGY3TQOJQGEZDGNBVGZ",
        ] {
            assert_eq!(read(text), sixteen, "{text}");
        }
    }

    /// T15: the seeds of RFC 6238, appendix B, in Base32 (RFC 4648, 6) as ten kinds of sources write it.
    #[test]
    fn the_seeds_of_the_standard_are_read_from_every_source() {
        let grouped = |text: &str, by: &str| {
            let groups: Vec<&str> =
                text.as_bytes().chunks(4).map(|four| std::str::from_utf8(four).unwrap()).collect();
            groups.join(by)
        };
        for length in [20, 32, 64] {
            let bytes: Vec<u8> = b"1234567890".iter().copied().cycle().take(length).collect();
            let plain = BASE32_NOPAD.encode(&bytes);
            let wide = |c: char| char::from_u32(u32::from(c) + 0xFEE0).expect("full width");
            for text in [
                plain.clone(),
                plain.to_lowercase(),
                data_encoding::BASE32.encode(&bytes),
                data_encoding::BASE32.encode(&bytes).to_lowercase(),
                grouped(&plain, " "),
                grouped(&plain, "-"),
                grouped(&plain, "\r\n"),
                grouped(&plain, "\u{A0}"),
                grouped(&plain.to_lowercase(), "\t"),
                format!("\u{201C}{plain}\u{201D}."),
                plain[..20].chars().map(wide).chain(plain[20..].chars()).collect(),
            ] {
                assert_eq!(read(&text).as_ref(), Ok(&bytes), "{text}");
            }
        }
    }

    #[test]
    fn what_is_not_base32_is_refused() {
        let malformed = Err(InvalidInput::Malformed { what: "seed" });
        for text in [
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ0",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ8",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQG",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZ",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGN",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY=",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY=======",
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ========",
            "GEZDGNBVGY======3TQOJQGEZDGNBVGY3TQOJQ",
            "========",
            "GEZDGNBVGY3TQOJQ\u{0}GEZDGNBVGY3TQOJQ",
            "\u{202E}GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            "\u{413}EZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ",
            "GEZDGNBVGY+TQOJQGEZDGNBVGY3TQOJQ",
        ] {
            assert_eq!(read(text), malformed, "{text}");
        }
        for text in ["", " - "] {
            assert_eq!(read(text), Err(InvalidInput::Empty { what: "seed" }));
        }
        let long = Err(InvalidInput::TooLong { what: "seed", max: 512 });
        assert_eq!(read(&"A".repeat(513)), long);
    }

    #[test]
    fn a_seed_is_not_shown() {
        let seed = OathSeed::parse_base32(RFC).expect("valid");
        assert_eq!(format!("{seed:?}"), "OathSeed([redacted])");
    }

    proptest! {
        #[test]
        fn every_seed_is_read_as_it_was_written(bytes in prop::collection::vec(any::<u8>(), 16..=64)) {
            prop_assert_eq!(read(base32(&bytes).expose_secret()), Ok(bytes.clone()));
            prop_assert_eq!(read(base32_grouped(&bytes).expose_secret()), Ok(bytes.clone()));
            let padded = data_encoding::BASE32.encode(&bytes);
            prop_assert_eq!(read(&padded.to_lowercase()), Ok(bytes));
        }

        #[test]
        fn no_text_panics(text: String, close in "[A-Z2-7a-z =-]{0,530}") {
            for text in [text, close] {
                let _ = read(&text);
            }
        }
    }
}

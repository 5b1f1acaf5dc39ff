//! The part of BER that LDAP uses (RFC 4511, 5.1): definite lengths and tags of one byte.
//!
//! The reader walks over one level at a time and never recurses, so no reply can exhaust the stack.

use zeroize::Zeroizing;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTETS: u8 = 0x04;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The bytes of a message being written. They may hold a password, so every buffer is wiped, those that
/// were outgrown included.
pub(super) struct Writer(Zeroizing<Vec<u8>>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(Zeroizing::new(Vec::with_capacity(512)))
    }

    fn push(&mut self, bytes: &[u8]) {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut larger = Zeroizing::new(Vec::with_capacity(needed * 2));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn octets(&mut self, tag: u8, value: &[u8]) {
        self.nested(tag, |writer| writer.push(value));
    }

    pub(super) fn text(&mut self, value: &str) {
        self.octets(OCTETS, value.as_bytes());
    }

    pub(super) fn integer(&mut self, tag: u8, value: u32) {
        // Five bytes, so that the first bit is never read as a sign.
        let [a, b, c, d] = value.to_be_bytes();
        let bytes = [0, a, b, c, d];
        let leading = bytes.windows(2).take_while(|pair| pair[0] == 0 && pair[1] < 0x80).count();
        self.octets(tag, &bytes[leading..]);
    }

    pub(super) fn boolean(&mut self, value: bool) {
        self.octets(BOOLEAN, &[if value { 0xff } else { 0 }]);
    }

    /// An element whose content the function writes. Its length takes four bytes in any case, as in the
    /// messages of Active Directory, so that it can be filled in afterwards.
    pub(super) fn nested(&mut self, tag: u8, content: impl FnOnce(&mut Self)) {
        self.push(&[tag, 0x84, 0, 0, 0, 0]);
        let start = self.0.len();
        content(self);
        let length = u32::try_from(self.0.len() - start).unwrap_or(u32::MAX).to_be_bytes();
        self.0[start - 4..start].copy_from_slice(&length);
    }

    pub(super) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

/// A reply that is not BER, or not the reply that was expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Malformed;

/// Reads elements one after the other.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn next_is(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    /// The tag and the content of the next element.
    pub(super) fn element(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let (&[tag, first], rest) = self.0.split_first_chunk::<2>().ok_or(Malformed)?;
        let (length, rest) = length(first, rest)?;
        let (content, rest) = rest.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok((tag, content))
    }

    pub(super) fn expect(&mut self, expected: u8) -> Result<&'a [u8], Malformed> {
        match self.element()? {
            (tag, content) if tag == expected => Ok(content),
            _ => Err(Malformed),
        }
    }

    pub(super) fn nested(&mut self, tag: u8) -> Result<Self, Malformed> {
        self.expect(tag).map(Self)
    }

    pub(super) fn text(&mut self) -> Result<String, Malformed> {
        self.expect(OCTETS).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    pub(super) fn integer(&mut self, tag: u8) -> Result<u32, Malformed> {
        number(self.expect(tag)?)
    }
}

/// The value of an `INTEGER` that is not negative.
pub(super) fn number(bytes: &[u8]) -> Result<u32, Malformed> {
    let digits = match bytes {
        [] => return Err(Malformed),
        [first, ..] if *first >= 0x80 => return Err(Malformed),
        [0, digits @ ..] => digits,
        digits => digits,
    };
    if digits.len() > 4 {
        return Err(Malformed);
    }
    Ok(digits.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

/// How many bytes of length follow this first one: none, or up to four.
pub(super) fn length_bytes(first: u8) -> Result<usize, Malformed> {
    match first {
        0..=0x7f => Ok(0),
        0x81..=0x84 => Ok(usize::from(first & 0x7f)),
        _ => Err(Malformed),
    }
}

/// The length that begins with this byte, and what follows it.
fn length(first: u8, rest: &[u8]) -> Result<(usize, &[u8]), Malformed> {
    let more = length_bytes(first)?;
    let (bytes, rest) = rest.split_at_checked(more).ok_or(Malformed)?;
    let length = if more == 0 { usize::from(first) } else { big_endian(bytes) };
    Ok((length, rest))
}

pub(super) fn big_endian(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_can_be_read() {
        for value in [0, 1, 127, 128, 255, 256, 32_768, 1 << 23, 1 << 31, u32::MAX] {
            let mut writer = Writer::new();
            writer.nested(SEQUENCE, |writer| {
                writer.integer(INTEGER, value);
                writer.octets(OCTETS, &[7; 300]);
            });
            let bytes = writer.into_bytes();
            let mut reader = Reader::new(&bytes);
            let mut inner = reader.nested(SEQUENCE).expect("a sequence");
            assert_eq!(inner.integer(INTEGER), Ok(value));
            assert_eq!(inner.expect(OCTETS), Ok(&[7; 300][..]));
            assert!(inner.is_empty() && reader.is_empty());
        }
    }

    #[test]
    fn an_integer_is_as_short_as_it_can_be() {
        for (value, bytes) in [(0, &[0][..]), (127, &[127]), (128, &[0, 128]), (256, &[1, 0])] {
            let mut writer = Writer::new();
            writer.integer(INTEGER, value);
            assert_eq!(writer.into_bytes()[6..], *bytes, "{value}");
        }
    }

    #[test]
    fn a_reply_that_is_cut_or_wrong_is_malformed() {
        let whole = [0x30, 0x81, 0x03, 0x02, 0x01, 0x05];
        for end in 0..whole.len() {
            assert_eq!(Reader::new(&whole[..end]).element().err(), Some(Malformed), "{end}");
        }
        assert!(Reader::new(&whole).element().is_ok());
        // An indefinite length, and one that is longer than any message.
        for bytes in [&[0x30, 0x80, 0, 0][..], &[0x30, 0x85, 0, 0, 0, 0, 1, 0]] {
            assert_eq!(Reader::new(bytes).element().err(), Some(Malformed));
        }
        for bytes in [&[][..], &[0xff], &[1, 0, 0, 0, 0]] {
            assert_eq!(number(bytes), Err(Malformed), "{bytes:?}");
        }
    }
}

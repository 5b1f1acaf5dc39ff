//! Links that prove what a code proves.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::invalid::InvalidInput;

/// The address to which the secret of a link is appended. Configuration, never taken from a
/// request: a host name that a stranger chose would send the link to them.
///
/// Ends in what the page reads the secret from: in `#` the secret reaches neither a log nor
/// another site's `Referer`, and a script of the page hands it over; in `?link=` no script is
/// needed, and the page answers with `Referrer-Policy: no-referrer`.
///
/// ```
/// use sspr::LinkBase;
///
/// let base = LinkBase::parse("https://id.contoso.example/reset/link#")?;
/// assert!(LinkBase::parse("http://id.contoso.example/reset/link#").is_err());
/// assert!(LinkBase::parse("https://contoso.example@evil.example/#").is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkBase(String);

impl LinkBase {
    const MAX_BYTES: usize = 256;

    /// Takes an absolute `https` address of printable ASCII, at most 256 bytes, with a host name,
    /// without a user, ending in `#`, `=` or `/`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::TooLong`], [`InvalidInput::Malformed`].
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        let bad = InvalidInput::Malformed { what: "link base" };
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidInput::TooLong { what: "link base", max: Self::MAX_BYTES });
        }
        let rest = text.strip_prefix("https://").ok_or(bad.clone())?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.split(':').next().unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        let named = !host.is_empty() && !host.starts_with(['.', '-']) && host.bytes().all(plain);
        let port = authority.strip_prefix(host).unwrap_or_default();
        let port = port.is_empty()
            || port.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok());
        let shown =
            |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\');
        let printable = text.bytes().all(shown);
        let appendable = authority.len() < rest.len() && text.ends_with(['#', '=', '/']);
        let one_fragment = text.matches('#').count() <= 1;
        if named && port && printable && appendable && one_fragment {
            Ok(Self(text.to_owned()))
        } else {
            Err(bad)
        }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for LinkBase {
    type Error = InvalidInput;

    fn try_from(text: String) -> Result<Self, InvalidInput> {
        Self::parse(&text)
    }
}

impl From<LinkBase> for String {
    fn from(base: LinkBase) -> Self {
        base.0
    }
}

/// The secret of a link: which challenge it names, and what proves it.
///
/// 32 bytes, all derived: the first 8 find the challenge within the account, the other 24 are
/// compared.
#[derive(Clone, PartialEq)]
pub(crate) struct LinkSecret([u8; Self::BYTES]);

impl LinkSecret {
    const BYTES: usize = 32;
    const SELECTOR: usize = 8;
    /// Length of the text: base64url without padding.
    pub(crate) const TEXT: usize = (Self::BYTES * 8).div_ceil(6);

    pub(crate) const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, InvalidInput> {
        let bad = || InvalidInput::Malformed { what: "link" };
        if text.len() != Self::TEXT {
            return Err(bad());
        }
        let mut bytes = [0; Self::BYTES];
        match data_encoding::BASE64URL_NOPAD.decode_mut(text.as_bytes(), &mut bytes) {
            Ok(Self::BYTES) => Ok(Self(bytes)),
            _ => Err(bad()),
        }
    }

    pub(crate) fn encode(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.0)
    }

    /// Which challenge: no secret.
    pub(crate) fn selector(&self) -> &[u8] {
        &self.0[..Self::SELECTOR]
    }

    /// What proves it.
    pub(crate) fn proof(&self) -> &[u8] {
        &self.0[Self::SELECTOR..]
    }
}

impl Drop for LinkSecret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-145, R-172: https, a host name of ours, nothing that a browser reads otherwise.
    #[test]
    fn only_a_plain_https_address_is_a_link_base() {
        for good in [
            "https://id.example/reset#",
            "https://id.example:8443/r?t=",
            "https://id.example/r/",
            "https://a-b.example/x?tenant=contoso&link=",
        ] {
            assert!(LinkBase::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "https://",
            "https://#",
            "http://id.example/#",
            "HTTPS://id.example/#",
            "//id.example/#",
            "https://id.example",
            "https://id.example/r",
            "https://u@evil.example/#",
            "https://u:p@evil.example/#",
            "https://.example/#",
            "https://id.example:99999/#",
            "https://id.example/ #",
            "https://id.example/\r\n#",
            "https://id.example/\"#",
            "https://id.example/#a#",
            "https://ıd.example/#",
        ] {
            assert!(LinkBase::parse(bad).is_err(), "{bad}");
        }
        assert!(LinkBase::parse(&format!("https://id.example/{}#", "a".repeat(256))).is_err());
    }

    #[test]
    fn a_secret_comes_back_from_its_text_and_is_not_shown() {
        let secret = LinkSecret::from_bytes([7; 32]);
        let text = secret.encode();
        assert_eq!(text.len(), LinkSecret::TEXT);
        assert!(LinkSecret::parse(&text).is_ok_and(|back| back == secret));
        assert!(!format!("{secret:?}").contains(&text));
        for bad in ["", "abc", &text[1..], &format!("{text}="), &"!".repeat(text.len())] {
            assert!(LinkSecret::parse(bad).is_err(), "{bad}");
        }
    }
}

//! Links that prove what a code proves.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::invalid::InvalidInput;
use super::text::{is_blank, percent_decoded};

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
///
/// // A machine under development, which has no certificate.
/// assert!(LinkBase::parse("http://localhost:8080/reset/link#").is_err());
/// let local = LinkBase::insecure_loopback("http://localhost:8080/reset/link#")?;
/// assert!(local.is_insecure());
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
        if text.starts_with("http://") {
            let rule = "must start with https:// (on a loopback address in development, \
                        LinkBase::insecure_loopback takes http://)";
            return Err(InvalidInput::Rule { what: "link base", rule });
        }
        Self::checked(text, "https://")
    }

    /// Takes an absolute `http` address of this very machine, for development: `localhost`, a name
    /// below `.localhost`, `127.0.0.0/8` or `[::1]`, otherwise as [`LinkBase::parse`]. A dangerous
    /// door: the secret of a link crosses the network in clear text if the address is forwarded to
    /// another machine. [`Policy::review`](crate::Policy::review) reports it as a requirement that is
    /// not met.
    ///
    /// Stored and read as `insecure-loopback:http://...`, so that no document opens this door by a
    /// plain address.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Rule`] for an address that is not on loopback; otherwise as
    /// [`LinkBase::parse`].
    pub fn insecure_loopback(text: &str) -> Result<Self, InvalidInput> {
        let base = Self::checked(text, "http://")?;
        let host = base.host();
        let v4 = host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
        if v4 || host == "[::1]" || host == "localhost" || host.ends_with(".localhost") {
            Ok(base)
        } else {
            let rule = "must be on a loopback address: localhost, 127.0.0.1 or [::1]";
            Err(InvalidInput::Rule { what: "link base", rule })
        }
    }

    /// Whether links go over `http`: see [`LinkBase::insecure_loopback`].
    #[must_use]
    pub fn is_insecure(&self) -> bool {
        self.0.starts_with("http://")
    }

    fn host(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        host_of(rest.split(['/', '?', '#']).next().unwrap_or_default())
    }

    fn checked(text: &str, scheme: &str) -> Result<Self, InvalidInput> {
        let bad = InvalidInput::Malformed { what: "link base" };
        if text.len() > Self::MAX_BYTES {
            return Err(InvalidInput::TooLong { what: "link base", max: Self::MAX_BYTES });
        }
        let rest = text.strip_prefix(scheme).ok_or(bad.clone())?;
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = host_of(authority);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
        let named = !host.is_empty() && !host.starts_with(['.', '-']) && host.bytes().all(plain);
        let named = named || (scheme == "http://" && host == "[::1]");
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
        match text.strip_prefix(INSECURE) {
            Some(address) => Self::insecure_loopback(address),
            None => Self::parse(&text),
        }
    }
}

impl From<LinkBase> for String {
    fn from(base: LinkBase) -> Self {
        if base.is_insecure() { format!("{INSECURE}{}", base.0) } else { base.0 }
    }
}

/// What stands before an `http` address in documents and records.
const INSECURE: &str = "insecure-loopback:";

/// The host of an authority without a user: up to the port, or in brackets.
fn host_of(authority: &str) -> &str {
    match authority.find(']') {
        Some(end) => &authority[..=end],
        None => authority.split(':').next().unwrap_or_default(),
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

    /// Finds the secret in what surrounds it: an address, a sentence, another site's redirect.
    ///
    /// It is a run of 43 symbols of base64url that stands alone. Where there are several, one
    /// behind `#` is taken before one behind `=`, that before one behind `/`, and any of those
    /// before one behind something else. A text without any is read once more with its
    /// percent-encoding undone, then without white space, since mail programs break lines, and then
    /// as quoted-printable (RFC 2045, 6.7), in which `=` is written `=3D`.
    pub(crate) fn find(text: &str) -> Result<Self, InvalidInput> {
        if let Some(secret) = Self::best(text) {
            return Ok(secret);
        }
        let once = percent_decoded(text);
        let twice = once.as_ref().and_then(|text| percent_decoded(text));
        let decoded = [once, twice].into_iter().flatten().find_map(|text| Self::best(&text));
        let joined = || {
            let mut joined = Zeroizing::new(String::with_capacity(text.len()));
            // A soft line break of quoted-printable is `=` and a line end (RFC 2045, 6.7).
            for part in text.split("=\r\n").flat_map(|part| part.split("=\n")) {
                joined.extend(part.chars().filter(|&c| !is_blank(c)));
            }
            Self::best(&joined).or_else(|| {
                let quoted = Zeroizing::new(joined.replace('=', "%"));
                percent_decoded(&quoted).and_then(|text| Self::best(&text))
            })
        };
        decoded.or_else(joined).ok_or(InvalidInput::Malformed { what: "link" })
    }

    fn best(text: &str) -> Option<Self> {
        let mut best: Option<(usize, Self)> = None;
        let mut start = 0;
        for run in text.split_inclusive(|c: char| !is_symbol(c)) {
            let symbols = run.trim_end_matches(|c| !is_symbol(c));
            let before = text.get(..start).and_then(|text| text.chars().next_back());
            start += run.len();
            let Some(secret) = Self::alone(symbols) else { continue };
            let rank = before.and_then(|c| ['/', '=', '#'].iter().position(|&sign| sign == c));
            let rank = rank.map_or(0, |place| place + 1);
            if best.as_ref().is_none_or(|(held, _)| rank > *held) {
                best = Some((rank, secret));
            }
        }
        best.map(|(_, secret)| secret)
    }

    /// A run of symbols that is a secret. The last symbol of one carries four bits, so it is never
    /// a hyphen or an underscore: those behind it, and in front of a run that is too long, are of
    /// the text around it.
    fn alone(run: &str) -> Option<Self> {
        let marks = |c: char| matches!(c, '-' | '_');
        let run = run
            .get(..Self::TEXT)
            .filter(|secret| run.get(secret.len()..).is_some_and(|rest| rest.chars().all(marks)))?;
        Self::parse(run).ok()
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

/// A symbol of base64url (RFC 4648, 5).
const fn is_symbol(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
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
    fn links_over_http_lead_to_this_machine_only_and_are_asked_for_by_name() {
        for good in [
            "http://localhost/#",
            "http://localhost:8080/reset?link=",
            "http://127.0.0.1:3000/r#",
            "http://127.8.9.1/r/",
            "http://[::1]/r#",
            "http://[::1]:3000/r#",
            "http://id.localhost/#",
        ] {
            let base = LinkBase::insecure_loopback(good).expect(good);
            assert!(base.is_insecure() && base.as_str() == good);
            assert!(LinkBase::parse(good).is_err(), "{good} needs the other constructor");
            // It is stored, and no plain address in a document becomes one.
            let stored = serde_json::to_string(&base).expect("text");
            assert_eq!(stored, format!("\"insecure-loopback:{good}\""));
            assert_eq!(serde_json::from_str::<LinkBase>(&stored).expect("stored"), base);
            let plain = serde_json::to_string(good).expect("text");
            let error = serde_json::from_str::<LinkBase>(&plain).unwrap_err().to_string();
            assert!(error.contains("must start with https://"), "{error}");
        }
        for bad in [
            "http://id.example/#",
            "http://localhost.evil.example/#",
            "http://localhost@evil.example/#",
            "http://evil.example/localhost#",
            "http://127.0.0.1.evil.example/#",
            "http://128.0.0.1/#",
            "http://0.0.0.0/#",
            "http://[::2]/#",
            "http://[::1].evil.example/#",
            "http://[::1]evil.example/#",
            "http://[::1]:99999/#",
            "http://notlocalhost/#",
            "http://192.168.0.2/#",
            "http://2130706433/#",
            "http://localhost",
            "https://localhost/#",
            "ftp://localhost/#",
        ] {
            assert!(LinkBase::insecure_loopback(bad).is_err(), "{bad}");
            let stored = format!("\"insecure-loopback:{bad}\"");
            assert!(serde_json::from_str::<LinkBase>(&stored).is_err(), "{bad}");
        }
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

    /// T12: as people, mail programs, chats and gateways hand a link over.
    #[test]
    fn a_link_is_found_in_what_surrounds_it() {
        let secret = LinkSecret::from_bytes(std::array::from_fn(|place| 251 ^ (place as u8 * 7)));
        let s = secret.encode();
        let other = LinkSecret::from_bytes([9; 32]).encode();
        let url = format!("https://id.contoso.example/reset#{s}");
        for text in [
            s.clone(),
            url.clone(),
            format!("{url}."),
            format!("{url},"),
            format!("<{url}>"),
            format!("{url}>"),
            format!("\"{url}\""),
            format!("'{url}'"),
            format!("({url})"),
            format!("[open]({url})"),
            format!("[{url}]"),
            format!("*{url}*"),
            format!("_{url}_"),
            format!("{url}--"),
            format!("{url}\u{200B}"),
            format!("\u{FEFF}{url}\r\n"),
            format!("{url}\u{A0}"),
            format!("{url}&utm_source=mail&utm_campaign=x"),
            format!("{url}?utm_x=1"),
            format!("https://id.contoso.example/r?tenant=contoso&link={s}&utm_x=1#top"),
            format!("https://id.contoso.example/r?link={s}&amp;utm_x=1"),
            format!("https://id.contoso.example/r/{s}/"),
            format!("https://id.contoso.example/r/{s}?a=b"),
            format!("Somebody asked for this link. Open it: {url} It is good once."),
            format!("<a href=\"{url}\" rel=\"noreferrer\">"),
            format!("https://id.contoso.example/reset%23{s}"),
            format!(
                "https://safelinks.example/?url=https%3A%2F%2Fid.example%2Freset%23{s}&data=05%7C0"
            ),
            format!("https://safelinks.example/?url=https%3a%2f%2fid.example%2freset%2523{s}&d=x"),
            format!("https://track.example/{other}?to=https://id.example/reset#{s}"),
            format!("https://id.example/reset#\n{s}"),
            format!("{}\n{}", &url[..60], &url[60..]),
            format!("{}=\r\n{}", &url[..50], &url[50..]),
            format!("> {url}"),
            format!("链接：{url}。"),
            // RFC 3986, appendix C; RFC 3676, 4.5; RFC 2045, 6.7; and what chats put around.
            format!("<URL:{url}>"),
            format!("<URL:{}\r\n{}>", &url[..45], &url[45..]),
            format!("\"{url}\", said Ada"),
            format!(">> {url}\r\n>> "),
            format!("https://id.contoso.example/r?link=3D{s}"),
            format!("https://id.contoso.example/r?link=3d{s}=\r\n&utm_x=3D1"),
            format!("<a href=3D\"https://id.contoso.example/reset=23{s}\">"),
            format!("{url}=20"),
            format!("[1]: {url} \"title\""),
            format!("{url}!"),
            format!("\u{AB}{url}\u{BB}"),
            format!("\u{201C}{url}\u{201D}"),
            format!("{url}\u{2026}"),
            format!("`{url}`"),
            format!("|{url}|"),
            format!("{url}%0D%0A"),
            format!("{url}#:~:text=x"),
        ] {
            assert!(LinkSecret::find(&text).is_ok_and(|found| found == secret), "{text}");
        }
        for text in [
            String::new(),
            "https://id.contoso.example/reset#".to_owned(),
            format!("{url}A"),
            format!("A{s}"),
            url[..url.len() - 1].to_owned(),
            format!("{}+{}", &s[..20], &s[21..]),
        ] {
            assert!(LinkSecret::find(&text).is_err(), "{text}");
        }
    }
}

//! The address that links lead to: checked, so that no link leaves the host's own site.

use serde::{Deserialize, Serialize};

use crate::domain::invalid::InvalidInput;

/// The address to which the secret of a link is appended. It is configuration and never comes from
/// a request: with a host name that a stranger chose, the link would lead to the stranger.
///
/// The end of the address decides how the page gets the secret. After `#` the secret appears in no
/// log and in no `Referer` of another site, and a script of the page must pass it on. After
/// `?link=` no script is needed, and the page must send `Referrer-Policy: strict-origin`.
///
/// ```
/// use sspr::policy::LinkBase;
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

#[cfg(test)]
crate::domain::schema_forms::text_form!(LinkBase);

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

    /// Takes an absolute `http` address of this machine, for development: `localhost`, a name below
    /// `.localhost`, `127.0.0.0/8` or `[::1]`, otherwise as [`LinkBase::parse`]. Insecure: the
    /// secret of a link crosses the network in clear text if the address is forwarded to another
    /// machine. [`Policy::review`](crate::Policy::review) reports it as a requirement that is not
    /// met.
    ///
    /// Stored and read as `insecure-loopback:http://...`, so that a plain `http` address in a
    /// document is refused.
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

    /// Whether links use `http`: see [`LinkBase::insecure_loopback`].
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
        let appendable = rest.contains(['/', '?', '#']) && text.ends_with(['#', '=', '/']);
        let one_fragment = text.matches('#').count() <= 1;
        if is_address(text, scheme) && appendable && one_fragment {
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

/// The prefix of an `http` address in documents and records.
const INSECURE: &str = "insecure-loopback:";

/// Whether the text is an absolute address of this scheme: printable ASCII with a host name, and
/// without a user.
pub(in crate::domain) fn is_address(text: &str, scheme: &str) -> bool {
    let Some(rest) = text.strip_prefix(scheme) else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host_of(authority);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let named = !host.is_empty() && !host.starts_with(['.', '-']) && host.bytes().all(plain);
    let loopback_v6 = scheme == "http://" && host == "[::1]";
    let after_host = authority.strip_prefix(host).unwrap_or_default();
    let port_ok = after_host.is_empty()
        || after_host.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok());
    let printable =
        |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\');
    (named || loopback_v6) && port_ok && text.bytes().all(printable)
}

/// The host of an authority without a user: the part before the port, or the part in brackets.
fn host_of(authority: &str) -> &str {
    match authority.find(']') {
        Some(end) => &authority[..=end],
        None => authority.split(':').next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-145, R-172: `https`, a plain host name, and no character that browsers interpret
    /// differently.
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
    fn links_over_http_lead_to_this_machine_only_and_need_their_own_constructor() {
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
            // It is stored with its prefix; a plain `http` address in a document is refused.
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
}

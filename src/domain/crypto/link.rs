//! The secret of a link, which proves what a code proves.

use zeroize::{Zeroize, Zeroizing};

use crate::domain::crypto::secret::redacted;
use crate::domain::invalid::InvalidInput;
use crate::domain::text::{is_blank, percent_decoded};

/// The secret of a link: 32 derived bytes. The first 8 select the challenge within the account, the
/// other 24 are compared.
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

    /// Finds the secret in a text: an address, a sentence, a redirect of another site.
    ///
    /// The secret is a separate run of 43 symbols of base64url. Of several, a run after `#` is
    /// preferred to one after `=`, then one after `/`, then any other. If there is none, the text
    /// is searched again with its percent-encoding undone, then without white space, since mail
    /// programs break lines, and then as quoted-printable (RFC 2045, 6.7), in which `=` is written
    /// `=3D`.
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
            let rank = before
                .and_then(|c| ['/', '=', '#'].iter().position(|&sign| sign == c))
                .map_or(0, |place| place + 1);
            if best.as_ref().is_none_or(|(held, _)| rank > *held) {
                best = Some((rank, secret));
            }
        }
        best.map(|(_, secret)| secret)
    }

    /// The secret in a run of symbols, if it is one. The last symbol of a secret carries four bits,
    /// so it is never a hyphen or an underscore: those that follow it belong to the surrounding
    /// text.
    fn alone(run: &str) -> Option<Self> {
        let marks = |c: char| matches!(c, '-' | '_');
        let secret = run
            .get(..Self::TEXT)
            .filter(|secret| run.get(secret.len()..).is_some_and(|rest| rest.chars().all(marks)))?;
        Self::parse(secret).ok()
    }

    pub(crate) fn encode(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.0)
    }

    /// The part that selects the challenge; not secret.
    pub(crate) fn selector(&self) -> &[u8] {
        &self.0[..Self::SELECTOR]
    }

    /// The part that is compared.
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

redacted!(LinkSecret);

#[cfg(test)]
mod tests {
    use super::*;

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

    /// A secret, another one's text, the secret's text, and the link with it.
    fn link() -> (LinkSecret, String, String, String) {
        let secret = LinkSecret::from_bytes(std::array::from_fn(|place| 251 ^ (place as u8 * 7)));
        let other = LinkSecret::from_bytes([9; 32]).encode();
        let s = secret.encode();
        let url = format!("https://id.contoso.example/reset#{s}");
        (secret, other, s, url)
    }

    /// T12: links as people, mail programs and gateways pass them on.
    #[test]
    fn a_link_is_found_in_the_text_around_it() {
        let (secret, other, s, url) = link();
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
            format!("You asked for this link. Open it: {url} It works once."),
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
        ] {
            assert!(LinkSecret::find(&text).is_ok_and(|found| found == secret), "{text}");
        }
    }

    /// T12: RFC 3986, appendix C; RFC 3676, 4.5; RFC 2045, 6.7; and what chats put around a link.
    #[test]
    fn a_link_is_found_in_delimiters_quotes_and_encodings() {
        let (secret, _, s, url) = link();
        for text in [
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
    }

    #[test]
    fn a_link_that_has_lost_or_gained_a_symbol_is_refused() {
        let (_, _, s, url) = link();
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

//! The site to which the code of a text message is bound.

use crate::InvalidInput;

/// The site into which the code of a text message is typed, by its host name.
///
/// Browsers and phones offer a code whose message ends in the line `@contoso.example #482139` for
/// filling in on that site and on no other (WICG, *Origin-bound one-time codes delivered via SMS*).
/// This protects from typing a code into a look-alike site, not from a stolen number.
///
/// ```
/// use sspr::adapters::render::SmsOrigin;
///
/// let origin = SmsOrigin::parse("contoso.example")?;
/// assert_eq!(origin.host(), "contoso.example");
/// assert!(SmsOrigin::parse("https://contoso.example/reset").is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SmsOrigin {
    host: String,
    embedded: Option<String>,
}

const WHAT: &str = "sms origin";
const MAX_HOST: usize = 253;
const MAX_LABEL: usize = 63;

impl SmsOrigin {
    /// Parses the host name of the page: lower-case ASCII (other letters as A-labels, `xn--…`), at
    /// most 253 bytes, without scheme, port, path or space. The scheme is always `https`. IP
    /// addresses are refused.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Empty`], [`InvalidInput::TooLong`], [`InvalidInput::Malformed`].
    pub fn parse(host: &str) -> Result<Self, InvalidInput> {
        Ok(Self { host: checked(host)?, embedded: None })
    }

    /// Adds the host of a frame within the page into which the code is typed. The code is then
    /// offered in that frame only.
    ///
    /// ```
    /// use sspr::adapters::render::SmsOrigin;
    ///
    /// let origin = SmsOrigin::parse("contoso.example")?.with_embedded("reset.example")?;
    /// assert_eq!(origin.embedded(), Some("reset.example"));
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`SmsOrigin::parse`].
    pub fn with_embedded(mut self, host: &str) -> Result<Self, InvalidInput> {
        self.embedded = Some(checked(host)?);
        Ok(self)
    }

    /// The host of the page.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The host of the frame, if there is one.
    #[must_use]
    pub fn embedded(&self) -> Option<&str> {
        self.embedded.as_deref()
    }

    /// The last line of a text message with this code. Nothing may follow it.
    pub(crate) fn line(&self, code: &str) -> String {
        match &self.embedded {
            Some(embedded) => format!("@{} #{code} @{embedded}", self.host),
            None => format!("@{} #{code}", self.host),
        }
    }
}

fn checked(host: &str) -> Result<String, InvalidInput> {
    if host.is_empty() {
        return Err(InvalidInput::Empty { what: WHAT });
    }
    if host.len() > MAX_HOST {
        return Err(InvalidInput::TooLong { what: WHAT, max: MAX_HOST });
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // Browsers read a name that ends in a number as an IPv4 address, and no top-level domain is a
    // number.
    let last = host.rsplit('.').next().unwrap_or_default();
    if host.split('.').all(label) && last.starts_with(|first: char| first.is_ascii_lowercase()) {
        Ok(host.to_owned())
    } else {
        Err(InvalidInput::Malformed { what: WHAT })
    }
}

#[cfg(test)]
#[path = "origin_tests.rs"]
pub(super) mod tests;

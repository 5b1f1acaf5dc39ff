//! The lookup of a service that gets the beginning of a hash and returns every ending that it knows.

use std::fmt;

use zeroize::Zeroizing;

use super::hash::{BreachHash, hash_of, hex_of};
use crate::{InvalidInput, SecretText};

/// The lookup of a password at a service such as Have I Been Pwned without telling it the password
/// (k-anonymity): the service gets five digits of the SHA-1 hash, and returns the endings of all
/// listed hashes that begin so.
///
/// The request is the host's, with its own HTTP client. A failed request is an error of
/// [`BreachList::contains`](crate::port::BreachList::contains).
///
/// ```
/// use sspr::adapters::breach::RangeQuery;
///
/// let query = RangeQuery::new(&"password".into());
/// assert_eq!(query.prefix(), "5BAA6"); // GET https://api.pwnedpasswords.com/range/5BAA6
///
/// let response = "1D2DA4053E34E76F6576ED1DA63134B5E2A:2\r\n1E4C9B93F3F0682250B6CF8331B7EE68FD8:9545824";
/// assert!(query.is_listed_in(response)?);
/// assert!(query.is_listed_in("<html>Too many requests</html>").is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
pub struct RangeQuery {
    hash: Zeroizing<String>,
}

/// The digits that the service gets.
const PREFIX: usize = 5;

impl RangeQuery {
    /// The query of a password.
    #[must_use]
    pub fn new(password: &SecretText) -> Self {
        Self { hash: hex_of(password, BreachHash::Sha1) }
    }

    /// The five digits to send, in upper case.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.hash[..PREFIX]
    }

    /// Whether the response lists the password. A line is `ENDING:COUNT`; a count of zero is padding.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Rule`] for a response without lines, or with a line of another form.
    pub fn is_listed_in(&self, response: &str) -> Result<bool, InvalidInput> {
        let wanted = &self.hash[PREFIX..];
        let rule = "each line must be 35 hexadecimal digits, a colon and a count";
        let foreign = || InvalidInput::Rule { what: "response of a breach list", rule };
        let (mut listed, mut lines) = (false, 0);
        for line in response.lines() {
            let ending = hash_of(line, wanted.len()).ok_or_else(foreign)?;
            let count = line[ending.len()..].strip_prefix(':').ok_or_else(foreign)?;
            let is_padding = count.bytes().all(|digit| digit == b'0');
            listed |= ending.eq_ignore_ascii_case(wanted) && !is_padding;
            lines += 1;
        }
        if lines == 0 { Err(foreign()) } else { Ok(listed) }
    }
}

impl fmt::Debug for RangeQuery {
    /// Shows nothing of the hash.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RangeQuery")
    }
}

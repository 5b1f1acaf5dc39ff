//! Names of time zones.

use std::fmt;

use crate::domain::invalid::InvalidInput;

/// A time zone by its name in the IANA database, such as `Europe/Riga`. Whether it exists is not
/// checked: the renderer shows a time of an unknown zone in UTC.
///
/// ```
/// use sspr::facts::TimeZone;
///
/// assert_eq!(TimeZone::parse("Europe/Riga")?.as_str(), "Europe/Riga");
/// assert!(TimeZone::parse("../etc/passwd").is_err());
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct TimeZone(String);

impl TimeZone {
    /// The longest name, in bytes; the longest of the database has 32.
    const MAX_BYTES: usize = 64;

    /// Parses a name: parts of ASCII letters, digits, `_`, `+` and `-`, separated by `/`.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] for another text.
    pub fn parse(name: &str) -> Result<Self, InvalidInput> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte);
        let is_part = |part: &str| !part.is_empty() && part.bytes().all(is_plain);
        if name.len() <= Self::MAX_BYTES && name.split('/').all(is_part) {
            Ok(Self(name.to_owned()))
        } else {
            Err(InvalidInput::Malformed { what: "time zone" })
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_database_are_accepted_and_paths_refused() {
        for name in ["UTC", "Europe/Riga", "America/Argentina/Buenos_Aires", "Etc/GMT+2"] {
            assert_eq!(TimeZone::parse(name).expect(name).to_string(), name);
        }
        for bad in ["", "/", "/etc", "Europe/", "..", "a b", "Europe\\Riga", "Rīga"] {
            assert!(TimeZone::parse(bad).is_err(), "{bad:?}");
        }
        assert!(TimeZone::parse(&"a".repeat(65)).is_err());
    }
}

//! Which phone numbers get codes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::breaker::Breaker;
use crate::domain::identity::contact::{Destination, NumberPrefix, PhoneNumber};

/// Which phone numbers get codes, and how many: the defence against *pumping*, codes that are
/// requested for numbers whose holder is paid for each message.
///
/// Beside the list of countries, a budget for each day and a [`Breaker`] stop codes to *new numbers*:
/// confirmation codes of a registration, and codes to a number that the user has registered less than
/// [`new_days`](Self::new_days) ago. They act where messages are handed to the delivery, so no reply
/// changes. They never stop a notice, a mail, or a code to another number: one that the user registered
/// before, or that the directory or an administrator supplied.
///
/// The budget and the breaker count by prefix: the longest one of [`allowed`](Self::allowed) that
/// begins the number, otherwise its country code.
///
/// ```
/// use sspr::policy::{NumberPolicy, NumberPrefix};
///
/// let mut numbers = NumberPolicy::default();
/// assert!(numbers.allowed.is_empty(), "every country");
/// numbers.allowed = [NumberPrefix::parse("+371")?, NumberPrefix::parse("+49")?].into();
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct NumberPolicy {
    /// The countries and ranges to which codes go by text and voice. A number outside cannot be
    /// registered, is not offered, and gets no code; a notice to it is left out if a mail address
    /// gets the same. At most 256. Default: none, which allows every number.
    pub allowed: BTreeSet<NumberPrefix>,
    /// For how many days after its registration a number is new: 0 to 365, default 30.
    pub new_days: u16,
    /// The most codes to new numbers of one prefix in a day (UTC), by text and voice together. At least
    /// 1. Default: none, which sets no limit.
    pub new_per_prefix: Option<u32>,
    /// The most codes to new numbers of the whole tenant in a day (UTC), by text and voice together. At
    /// least 1. Default: none, which sets no limit.
    pub new_per_tenant: Option<u32>,
    /// Stops codes to new numbers of a prefix of which too few are verified. Default: none. A person
    /// with stolen accounts can open a breaker and so stop registrations in one country for a while.
    pub breaker: Option<Breaker>,
}

impl Default for NumberPolicy {
    fn default() -> Self {
        Self {
            allowed: BTreeSet::new(),
            new_days: 30,
            new_per_prefix: None,
            new_per_tenant: None,
            breaker: None,
        }
    }
}

impl NumberPolicy {
    /// Whether codes to new numbers are counted at all.
    pub(crate) const fn counts_new(&self) -> bool {
        self.new_per_prefix.is_some() || self.new_per_tenant.is_some() || self.breaker.is_some()
    }

    /// The prefix under which codes to this number are counted.
    pub(crate) fn prefix_of(&self, number: &PhoneNumber) -> NumberPrefix {
        let listed = self.allowed.iter().filter(|prefix| prefix.begins(number));
        let longest = listed.max_by_key(|prefix| prefix.as_str().len());
        longest.cloned().unwrap_or_else(|| NumberPrefix::country_of(number))
    }

    /// Whether codes may go to this destination. Mail is always allowed.
    pub(crate) fn allows(&self, destination: &Destination) -> bool {
        match destination {
            Destination::Email(_) => true,
            Destination::Phone(number) => {
                self.allowed.is_empty() || self.allowed.iter().any(|prefix| prefix.begins(number))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_counted_under_its_longest_listed_prefix_or_its_country() {
        let prefix = |text| NumberPrefix::parse(text).expect("valid");
        let number = |text| PhoneNumber::parse(text).expect("valid");
        let mut numbers = NumberPolicy::default();
        for (text, country) in
            [("+1 425 555 0100", "+1"), ("+49 30 1234567", "+49"), ("+371 2600 0000", "+371")]
        {
            assert_eq!(numbers.prefix_of(&number(text)), prefix(country));
        }
        numbers.allowed = [prefix("+371"), prefix("+3712"), prefix("+4")].into();
        assert_eq!(numbers.prefix_of(&number("+371 2600 0000")), prefix("+3712"));
        assert_eq!(numbers.prefix_of(&number("+371 6700 0000")), prefix("+371"));
        assert_eq!(numbers.prefix_of(&number("+49 30 1234567")), prefix("+4"));
        // A number that left the list keeps a prefix of its own.
        assert_eq!(numbers.prefix_of(&number("+1 425 555 0100")), prefix("+1"));
    }
}

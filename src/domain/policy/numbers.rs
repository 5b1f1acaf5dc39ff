//! Which phone numbers get codes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::identity::contact::{Destination, NumberPrefix};

/// Which phone numbers get codes: the first defence against *pumping*, codes that are requested for
/// numbers whose holder is paid for each message.
///
/// ```
/// use sspr::policy::{NumberPolicy, NumberPrefix};
///
/// let mut numbers = NumberPolicy::default();
/// assert!(numbers.allowed.is_empty(), "every country");
/// numbers.allowed = [NumberPrefix::parse("+371")?, NumberPrefix::parse("+49")?].into();
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct NumberPolicy {
    /// The countries and ranges to which codes go by text and voice. A number outside cannot be
    /// registered, is not offered, and gets no code; a notice to it is left out if a mail address
    /// gets the same. At most 256. Default: none, which allows every number.
    pub allowed: BTreeSet<NumberPrefix>,
}

impl NumberPolicy {
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

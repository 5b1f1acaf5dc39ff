//! The head of a chain, as a record holds it.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::link::{Place, TAG, tag_of};
use crate::domain::invalid::InvalidInput;
use crate::domain::record::serde_text;
use crate::domain::time::Timestamp;

/// The last place of a record's chain, sealed for one version of the record.
///
/// It is copied with each record that is decided on, so it has no allocation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Head {
    pub(super) last: Place,
    /// When a commit found a record without a genuine head and began this chain; `EPOCH` if the record
    /// was new.
    pub(super) broken_at: Timestamp,
    pub(super) seal: [u8; TAG],
}

impl Head {
    /// A head without events and without a seal, for the body of a record that is never stored.
    pub(crate) const UNUSED: Self =
        Self { last: Place::start(0), broken_at: Timestamp::EPOCH, seal: [0; TAG] };

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut next = || parts.next();
        let last = Place {
            chain: next()?.parse().ok()?,
            number: next()?.parse().ok()?,
            at: Timestamp::from_unix_millis(next()?.parse().ok()?),
            name: u64::from_str_radix(next()?, 16).ok()?,
        };
        let broken_at = Timestamp::from_unix_millis(next()?.parse().ok()?);
        let seal = tag_of(next()?)?;
        next().is_none().then_some(Self { last, broken_at, seal })
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { chain, number, at, name } = self.last;
        let [at, broken] = [at, self.broken_at].map(Timestamp::unix_millis);
        write!(f, "{chain}.{number}.{at}.{name:016x}.{broken}.")?;
        f.write_str(&HEXLOWER.encode(&self.seal))
    }
}

impl Serialize for Head {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Head {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let malformed = InvalidInput::Malformed { what: "head of the trail" };
        serde_text::deserialize(from, |text| Self::parse(text).ok_or(malformed))
    }
}

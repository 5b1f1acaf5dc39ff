//! The stored forms of a link in an event, and of the head in a record.

use std::fmt;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;

/// Bytes of a link's MAC, and of the head's seal.
pub(crate) const TAG: usize = 16;

/// The link of an event, as text.
///
/// It is read only when a trail is verified, so that a damaged one makes no event unreadable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Link(Box<str>);

impl Link {
    /// The fields; `None` if the text is damaged.
    pub(super) fn fields(&self) -> Option<LinkFields> {
        LinkFields::parse(&self.0)
    }
}

/// One place of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    /// The chain: the count of the version that began it.
    pub(super) chain: u64,
    /// The number of the event, from 1.
    pub(super) number: u64,
    /// The time of the event.
    pub(super) at: Timestamp,
    /// The name of the event, which is random.
    pub(super) name: u64,
}

impl Place {
    /// The place before the first event of a chain.
    pub(super) const fn start(chain: u64) -> Self {
        Self { chain, number: 0, at: Timestamp::EPOCH, name: 0 }
    }
}

/// The fields of a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LinkFields {
    pub(super) chain: u64,
    pub(super) number: u64,
    /// The time of the event before. A purge by age explains a gap before this event if that time is
    /// past the retention.
    pub(super) before_at: Timestamp,
    /// The name of the event before.
    pub(super) before: u64,
    pub(super) name: u64,
    /// Whether the store may purge the record in the state after this event.
    pub(super) ends: bool,
    pub(super) tag: [u8; TAG],
}

impl LinkFields {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut next = || parts.next();
        let fields = Self {
            chain: next()?.parse().ok()?,
            number: next()?.parse().ok()?,
            before_at: Timestamp::from_unix_millis(next()?.parse().ok()?),
            before: u64::from_str_radix(next()?, 16).ok()?,
            name: u64::from_str_radix(next()?, 16).ok()?,
            ends: next()? == "1",
            tag: tag_of(next()?)?,
        };
        (next().is_none() && fields.to_string() == text).then_some(fields)
    }

    pub(super) fn link(&self) -> Link {
        Link(self.to_string().into())
    }
}

impl fmt::Display for LinkFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { chain, number, before_at, before, name, ends, tag } = self;
        let (at, ends) = (before_at.unix_millis(), u8::from(*ends));
        write!(f, "{chain}.{number}.{at}.{before:016x}.{name:016x}.{ends}.")?;
        f.write_str(&HEXLOWER.encode(tag))
    }
}

/// Reads a MAC from hexadecimal digits.
pub(super) fn tag_of(digits: &str) -> Option<[u8; TAG]> {
    let bytes = HEXLOWER.decode(digits.as_bytes()).ok()?;
    bytes.try_into().ok()
}

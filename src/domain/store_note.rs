//! What the engine notes about the store itself: which one it is, and how far it was purged.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::RecordKey;
use super::invalid::InvalidInput;
use super::time::Timestamp;

/// Which store this is: 16 random bytes, drawn when an engine first opens it. Displayed and parsed
/// as 32 hexadecimal digits.
///
/// A copy made by [`transfer`](crate::transfer) has an id of its own; a restored backup keeps the
/// id of the store that it was made of. It is no secret.
///
/// ```
/// let id: sspr::StoreId = "00112233445566778899aabbccddeeff".parse()?;
/// assert_eq!(id.to_string(), "00112233445566778899aabbccddeeff");
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreId([u8; 16]);

impl StoreId {
    /// An id of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreId({self})")
    }
}

impl std::str::FromStr for StoreId {
    type Err = InvalidInput;

    fn from_str(hex: &str) -> Result<Self, InvalidInput> {
        let bad = InvalidInput::Malformed { what: "store id" };
        if hex.len() != 32 {
            return Err(bad);
        }
        let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes()).map_err(|_| bad.clone())?;
        <[u8; 16]>::try_from(bytes).map(Self).map_err(|_| bad)
    }
}

impl Serialize for StoreId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for StoreId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let hex = std::borrow::Cow::<'_, str>::deserialize(from)?;
        hex.parse().map_err(serde::de::Error::custom)
    }
}

/// What the engine notes about the store itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Meta {
    pub(crate) key: RecordKey,
    /// A keyed value that only the right lookup key yields.
    pub(crate) check: String,
    /// None in a store of an early release, until an engine opens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<StoreId>,
    /// Raised after each restore: a cursor made before it is not accepted after it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) incarnation: u32,
    /// The store that this one is a copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) copied_from: Option<StoreId>,
    /// The store that this one was moved to. No engine opens a store that was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moved_to: Option<StoreId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Meta {
    /// What stands before the check value until a copy into the store is opened. In the place of
    /// the value itself, so that no engine can take the one for the other.
    pub(crate) const UNFINISHED: &str = "unfinished copy";

    /// The one key that does not depend on the lookup key.
    pub(crate) const KEY: RecordKey = RecordKey::from_bytes([0; 32]);

    pub(crate) const fn new(check: String, id: StoreId) -> Self {
        let (copied_from, moved_to) = (None, None);
        Self { key: Self::KEY, check, id: Some(id), incarnation: 0, copied_from, moved_to }
    }

    pub(crate) fn is_unfinished(&self) -> bool {
        self.check.starts_with(Self::UNFINISHED)
    }
}

/// How far the store was purged. It stands beside [`Meta`], so that a purge changes nothing that a
/// copy or a restore compares.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct PurgeNote {
    pub(crate) key: RecordKey,
    /// The latest time that an engine's clock showed and that was believed.
    pub(crate) believed: Timestamp,
    /// For how long engines have seen a clock far ahead of that, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ahead_for: Option<u64>,
    /// For how long engines have seen no clock but ones far behind that, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) behind_for: Option<u64>,
}

/// How far a clock may be ahead of the last time that was believed, and of the time that has
/// passed since by a clock that is not set. Longer than a day: a store that is tended once a day is
/// purged once a day.
pub(crate) const SLACK: Duration = Duration::from_secs(25 * 3_600);

/// For how long a clock that has jumped must go on to show its time before it is believed.
const HOLD: Duration = Duration::from_secs(24 * 3_600);

/// How old a note may be before a purge writes it again. Well within [`SLACK`].
const NOTE_EVERY: Duration = Duration::from_secs(6 * 3_600);

/// What a clock is worth to a purge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Believed {
    /// Purge by it. What is to be noted, if anything.
    Yes(Option<PurgeNote>),
    /// Purge nothing: it is this far ahead of what was believed last; none if nothing was.
    NotYet { ahead: Option<Duration>, note: PurgeNote },
}

impl PurgeNote {
    pub(crate) const KEY: RecordKey = {
        let mut key = [0; 32];
        key[31] = 1;
        RecordKey::from_bytes(key)
    };

    const fn at(believed: Timestamp) -> Self {
        Self { key: Self::KEY, believed, ahead_for: None, behind_for: None }
    }

    /// Judges a clock that shows `now`. `passed` is how much time has passed since the same engine
    /// looked last (or was opened), by a clock that is not set.
    ///
    /// A store without a note is treated as if the clock had jumped: the first engine's clock may be
    /// wrong as well.
    pub(crate) fn judge(noted: Option<&Self>, now: Timestamp, passed: Duration) -> Believed {
        let ahead = noted.map(|note| now.since(note.believed));
        let jumped = ahead.is_none_or(|ahead| ahead > passed.saturating_add(SLACK));
        if jumped {
            let Some(held) = held(noted.and_then(|note| note.ahead_for), passed) else {
                return Believed::Yes(Some(Self::at(now)));
            };
            let believed = noted.map_or(Timestamp::EPOCH, |note| note.believed);
            let note = Self { ahead_for: Some(held), ..Self::at(believed) };
            // The epoch stands for "nothing was believed yet".
            let ahead = ahead.filter(|_| believed > Timestamp::EPOCH);
            return Believed::NotYet { ahead, note };
        }
        // It purges less than is due, which does no harm. But what it shows is noted only once no other
        // clock was seen for as long: the right one would be far ahead of the note, and not believed.
        if let Some(note) = noted.filter(|note| note.believed.since(now) > SLACK) {
            let next = held(note.behind_for, passed).map_or_else(
                || Self::at(now),
                |held| Self { behind_for: Some(held), ..Self::at(note.believed) },
            );
            return Believed::Yes(Some(next));
        }
        let stale = noted.is_none_or(|note| {
            // An engine with the right clock has looked: what others saw was no passing of time.
            let others = note.ahead_for.is_some() || note.behind_for.is_some();
            others || now.since(note.believed) > NOTE_EVERY
        });
        Believed::Yes(stale.then(|| Self::at(now)))
    }
}

/// For how long, in milliseconds, a clock has been seen that is not believed; none once that is long
/// enough.
fn held(before: Option<u64>, passed: Duration) -> Option<u64> {
    let passed = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
    let held = before.unwrap_or(0).saturating_add(passed);
    (u128::from(held) < HOLD.as_millis()).then_some(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn at(day: u64) -> Timestamp {
        Timestamp::from_unix_seconds(1_700_000_000).plus(Duration::from_secs(day * DAY))
    }

    fn noted(day: u64) -> PurgeNote {
        PurgeNote::at(at(day))
    }

    #[test]
    fn a_clock_that_jumps_is_believed_only_once_it_has_lasted() {
        for days in [2, 8, 31, 800] {
            let mut note = noted(100);
            let now = at(100 + days);
            let minute = Duration::from_secs(60);
            for look in 1..=1_440_u64 {
                match PurgeNote::judge(Some(&note), now, minute) {
                    Believed::NotYet { ahead, note: next } => {
                        assert!(look < 1_440, "a day of looks is enough");
                        assert_eq!(ahead, Some(Duration::from_secs(days * DAY)));
                        note = next;
                    }
                    Believed::Yes(next) => {
                        assert_eq!((look, next), (1_440, Some(noted(100 + days))));
                        break;
                    }
                }
            }
        }
    }

    #[test]
    fn a_right_clock_in_between_takes_back_what_a_wrong_one_has_gathered() {
        let hour = Duration::from_secs(3_600);
        let Believed::NotYet { note, .. } = PurgeNote::judge(Some(&noted(1)), at(32), 23 * hour)
        else {
            panic!("23 hours are not enough");
        };
        assert_eq!(PurgeNote::judge(Some(&note), at(1), hour), Believed::Yes(Some(noted(1))));
    }

    #[test]
    fn time_that_has_passed_by_a_clock_that_is_not_set_is_no_jump() {
        let month = Duration::from_secs(30 * DAY);
        assert_eq!(
            PurgeNote::judge(Some(&noted(1)), at(31), month),
            Believed::Yes(Some(noted(31)))
        );
        // A look once a day, by a process of its own.
        let daily = PurgeNote::judge(Some(&noted(1)), at(2), Duration::ZERO);
        assert_eq!(daily, Believed::Yes(Some(noted(2))));
        assert_eq!(PurgeNote::judge(Some(&noted(1)), at(1), Duration::ZERO), Believed::Yes(None));
    }

    #[test]
    fn a_clock_that_is_behind_purges_less_and_is_noted_once_no_other_was_seen_for_a_day() {
        for days in [2, 8, 800] {
            let right = 900;
            let mut note = noted(right);
            let hour = Duration::from_secs(3_600);
            for look in 1..=24 {
                let judged = PurgeNote::judge(Some(&note), at(right - days), hour);
                let Believed::Yes(Some(next)) = judged else { panic!("{judged:?}") };
                let shown = if look < 24 { right } else { right - days };
                assert_eq!(next.believed, at(shown), "{days} days, look {look}");
                note = next;
            }
            assert_eq!(note, noted(right - days), "nothing is left of what was gathered");
        }
    }

    #[test]
    fn a_clock_that_is_behind_makes_the_right_one_no_clock_that_is_ahead() {
        let hour = Duration::from_secs(3_600);
        let judged = PurgeNote::judge(Some(&noted(9)), at(1), 23 * hour);
        let Believed::Yes(Some(note)) = judged else { panic!("{judged:?}") };
        assert_eq!(PurgeNote::judge(Some(&note), at(9), hour), Believed::Yes(Some(noted(9))));
        // And takes back what the other has gathered.
        let again = PurgeNote::judge(Some(&noted(9)), at(1), hour);
        assert!(matches!(again, Believed::Yes(Some(note)) if note.believed == at(9)));
    }

    #[test]
    fn a_store_without_a_note_is_not_purged_at_once() {
        let first = PurgeNote::judge(None, at(1), Duration::from_secs(60));
        let Believed::NotYet { ahead: None, note } = first else { panic!("{first:?}") };
        let rest = PurgeNote::judge(Some(&note), at(2), Duration::from_secs(DAY));
        assert_eq!(rest, Believed::Yes(Some(noted(2))));
    }
}

//! The engine's notes about the store: its identity, and the time by which it was purged.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::identity::ids::RecordKey;
use crate::domain::invalid::InvalidInput;
use crate::domain::time::Timestamp;

/// The identity of a store: 16 random bytes, drawn when an engine first opens it. Displayed and
/// parsed as 32 hexadecimal digits. Not secret.
///
/// A copy made by [`transfer`](crate::transfer) has an id of its own; a restored backup keeps the
/// id of the store that it is a backup of.
///
/// ```
/// let id: sspr::port::StoreId = "00112233445566778899aabbccddeeff".parse()?;
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

/// The engine's note about the store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Meta {
    pub(crate) key: RecordKey,
    /// A keyed value that only the right lookup key yields.
    pub(crate) check: String,
    /// `None` in a store of an early release, until an engine opens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<StoreId>,
    /// Grows with each restore: a cursor from before the restore is not accepted after it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) incarnation: u32,
    /// The store that this one is a copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) copied_from: Option<StoreId>,
    /// The store that this one was moved to. An engine refuses to open a store that was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) moved_to: Option<StoreId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Meta {
    /// The prefix of the check value of a copy that no engine has opened yet. It is part of the
    /// value, so that no engine mistakes an unfinished copy for a finished one.
    pub(crate) const UNFINISHED: &str = "unfinished copy";

    /// The key of the note: the same for every lookup key.
    pub(crate) const KEY: RecordKey = RecordKey::from_bytes([0; 32]);

    /// The key of the record with the sealed check value of the seal. No account has this key.
    pub(crate) const SEAL_KEY: RecordKey = RecordKey::from_bytes({
        let mut bytes = [0; 32];
        bytes[31] = 2;
        bytes
    });

    pub(crate) const fn new(check: String, id: StoreId) -> Self {
        let (copied_from, moved_to) = (None, None);
        Self { key: Self::KEY, check, id: Some(id), incarnation: 0, copied_from, moved_to }
    }

    pub(crate) fn is_unfinished(&self) -> bool {
        self.check.starts_with(Self::UNFINISHED)
    }
}

/// The time by which the store was purged. It is a record beside [`Meta`], so that a purge changes
/// nothing that a copy or a restore compares.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct PurgeNote {
    pub(crate) key: RecordKey,
    /// The latest time of an engine's clock that was believed.
    pub(crate) believed: Timestamp,
    /// For how many milliseconds engines have seen a clock far ahead of that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ahead_for: Option<u64>,
    /// For how many milliseconds engines have seen only clocks far behind that time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) behind_for: Option<u64>,
}

/// How far a clock may be ahead of the last believed time plus the time that has passed on a
/// monotonic clock since. Longer than a day, so that a store with daily maintenance is purged every
/// day.
pub(crate) const SLACK: Duration = Duration::from_secs(25 * 3_600);

/// For how long a clock that has jumped must keep its new time before it is believed.
const HOLD: Duration = Duration::from_secs(24 * 3_600);

/// The age at which a purge writes the note again. Much less than [`SLACK`].
const NOTE_EVERY: Duration = Duration::from_secs(6 * 3_600);

/// Whether a purge may use a clock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Believed {
    /// It may. The note to write, if one is due.
    Yes(Option<PurgeNote>),
    /// It may not: the clock is this far ahead of the last believed time, `None` if there is no
    /// such time. The note must be written.
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

    /// Judges a clock that shows `now`. `passed` is the time since the same engine looked last, or
    /// was opened, on its monotonic clock.
    ///
    /// A store without a note is treated as if the clock had jumped: the clock of the first engine
    /// may be wrong too.
    pub(crate) fn judge(noted: Option<&Self>, now: Timestamp, passed: Duration) -> Believed {
        let ahead = noted.map(|note| now.since(note.believed));
        let jumped = ahead.is_none_or(|ahead| ahead > passed.saturating_add(SLACK));
        if jumped {
            let Some(held) = held(noted.and_then(|note| note.ahead_for), passed) else {
                return Believed::Yes(Some(Self::at(now)));
            };
            let believed = noted.map_or(Timestamp::EPOCH, |note| note.believed);
            let note = Self { ahead_for: Some(held), ..Self::at(believed) };
            // The epoch means that no time was believed yet.
            let known = believed > Timestamp::EPOCH;
            return Believed::NotYet { ahead: ahead.filter(|_| known), note };
        }
        // A purge by a clock that is behind removes less than is due, which does no harm. Its time
        // is noted only once no other clock was seen for a day: with that note, the right clock
        // would be far ahead and not be believed.
        if let Some(note) = noted.filter(|note| note.believed.since(now) > SLACK) {
            let next = held(note.behind_for, passed).map_or_else(
                || Self::at(now),
                |held| Self { behind_for: Some(held), ..Self::at(note.believed) },
            );
            return Believed::Yes(Some(next));
        }
        let stale = noted.is_none_or(|note| {
            // The right clock was seen: the count for wrong clocks starts again.
            let others = note.ahead_for.is_some() || note.behind_for.is_some();
            others || now.since(note.believed) > NOTE_EVERY
        });
        Believed::Yes(stale.then(|| Self::at(now)))
    }
}

/// For how many milliseconds a clock that is not believed has been seen; `None` once that reaches
/// [`HOLD`].
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
    fn a_look_by_a_right_clock_ends_the_count_of_a_wrong_one() {
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
        // A look by the right clock starts the count of the other again.
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

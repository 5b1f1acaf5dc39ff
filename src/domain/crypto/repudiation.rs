//! The link of a notice by which the owner repudiates a change.
//!
//! Nothing is stored for it: the link names the time of the change in clear, and a code key
//! authenticates both for one account.

use std::time::Duration;

use crate::domain::crypto::code::CodeKey;
use crate::domain::crypto::keys::Keys;
use crate::domain::crypto::link::LinkSecret;
use crate::domain::identity::ids::RecordKey;
use crate::domain::time::{MINUTE, Timestamp};

/// What a link repudiates: all that has happened to the account since a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RepudiationClaim {
    /// When the change happened.
    pub(crate) since: Timestamp,
    /// When the notice was sent, in whole minutes after the change.
    pub(crate) issued: Timestamp,
}

impl RepudiationClaim {
    /// The claim of a notice about a change at `since` that is sent now.
    pub(crate) fn new(since: Timestamp, now: Timestamp) -> Self {
        Self::of(millis(since), minutes(now.since(since)))
    }

    fn of(since: u64, minutes: u16) -> Self {
        let at = Timestamp::from_unix_millis(i64::try_from(since).unwrap_or(i64::MAX));
        Self { since: at, issued: at.plus(MINUTE * u32::from(minutes)) }
    }

    /// The link of this claim, for this account.
    pub(crate) fn link(&self, key: &CodeKey, account: &RecordKey) -> LinkSecret {
        key.repudiation(account, self.selector())
    }

    /// The claim of a link, if one of the keys has made it for this account.
    pub(crate) fn open(given: &LinkSecret, keys: &Keys, account: &RecordKey) -> Option<Self> {
        let selector: [u8; 8] = given.selector().try_into().ok()?;
        // Every key is compared, even after a match.
        let mut genuine = false;
        for key in keys.all_short() {
            genuine |= key.code.check_repudiation(account, selector, given);
        }
        let named = u64::from_be_bytes(selector);
        // The lower 16 bits.
        let minutes = u16::try_from(named & 0xffff).unwrap_or(u16::MAX);
        genuine.then(|| Self::of(named >> 16, minutes))
    }

    /// The time of the change in milliseconds, and the minutes until the notice was sent.
    fn selector(&self) -> [u8; 8] {
        let minutes = minutes(self.issued.since(self.since));
        (millis(self.since) << 16 | u64::from(minutes)).to_be_bytes()
    }
}

/// The time in 48 bits, which last until the year 10889.
fn millis(at: Timestamp) -> u64 {
    u64::try_from(at.unix_millis()).unwrap_or_default() & ((1 << 48) - 1)
}

/// At most 45 days: a notice is not tried for longer.
fn minutes(wait: Duration) -> u16 {
    u16::try_from(wait.as_secs() / 60).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SecretBytes;

    fn keys(byte: u8) -> Keys {
        let secret = |byte| SecretBytes::new(vec![byte; 32]);
        Keys::new(secret(1), 7, secret(byte)).expect("long enough")
    }

    #[test]
    fn a_link_gives_its_claim_for_its_account_and_keys_only() {
        let (account, other) = (RecordKey::from_bytes([3; 32]), RecordKey::from_bytes([4; 32]));
        let since = Timestamp::from_unix_millis(1_800_000_000_123);
        let claim = RepudiationClaim::new(since, since.plus(Duration::from_secs(3 * 60 + 59)));
        assert_eq!(claim.since, since);
        assert_eq!(claim.issued, since.plus(Duration::from_secs(3 * 60)));
        let link = claim.link(&keys(2).issuing().code, &account);
        assert_eq!(RepudiationClaim::open(&link, &keys(2), &account), Some(claim));
        assert_eq!(RepudiationClaim::open(&link, &keys(2), &other), None);
        assert_eq!(RepudiationClaim::open(&link, &keys(5), &account), None);
        let rotated = keys(5).also_verify(6, SecretBytes::new(vec![2; 32])).expect("another");
        assert_eq!(RepudiationClaim::open(&link, &rotated, &account), Some(claim));
        let text = link.encode();
        for place in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("letters");
            let Ok(changed) = LinkSecret::parse(&changed) else { continue };
            assert_eq!(RepudiationClaim::open(&changed, &keys(2), &account), None, "{place}");
        }
    }

    #[test]
    fn a_notice_that_waited_for_months_has_a_link_of_its_last_day() {
        let since = Timestamp::from_unix_seconds(1_800_000_000);
        let late = RepudiationClaim::new(since, since.plus(Duration::from_secs(90 * 86_400)));
        assert_eq!(late.issued, since.plus(Duration::from_secs(65_535 * 60)));
    }
}

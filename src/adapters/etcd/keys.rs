//! The keys: each is text below the store's prefix, so that `etcdctl` can show it.
//!
//! | Key | Value |
//! |---|---|
//! | `head` | format and epoch |
//! | `schema` | format of the store, and whether it is closed to writers |
//! | `r/RECORD` | the record: version, columns that have an index, body |
//! | `w/TIME/RECORD` | empty; exists while the record has this `wake_at` |
//! | `x/TIME/RECORD` | empty; exists while the record has this `expires_at` |
//! | `t/TENANT/KIND/RECORD` | empty |
//! | `c/COUNTER` | expiry and value |
//! | `y/TIME/COUNTER` | empty; exists while the counter has this `expires_at` |
//! | `e/RECORD/COUNT/INDEX` | an event |
//! | `l/TENANT/EPOCH/RECORD/COUNT/INDEX` | empty: the tenant's log |
//! | `o/TIME/RECORD/COUNT/INDEX` | epoch and tenant of the event: its age |
//!
//! Numbers are 16 hexadecimal digits, an index 4. `RECORD` and `COUNTER` are 64.

use super::options::Prefix;
use crate::audit::EventId;
use crate::port::{CounterKey, RecordKey, RecordKind};
use crate::{TenantId, Timestamp};

/// The keys of one store.
#[derive(Clone, Debug)]
pub(super) struct KeySpace(Prefix);

/// Hexadecimal digits that sort like the times, also before 1970.
fn time(at: Timestamp) -> String {
    format!("{:016x}", at.unix_millis().cast_unsigned() ^ (1 << 63))
}

/// Escapes the separator, so that no tenant's keys begin with another tenant's.
fn tenant(id: &TenantId) -> String {
    id.as_str().replace('%', "%25").replace('/', "%2F")
}

fn event(id: &EventId) -> String {
    format!("{}/{:016x}/{:04x}", id.record, id.count, id.index)
}

impl KeySpace {
    pub(super) const fn new(prefix: Prefix) -> Self {
        Self(prefix)
    }

    fn key(&self, rest: &str) -> Vec<u8> {
        let mut key = Vec::with_capacity(self.0.as_str().len() + rest.len() + 1);
        key.extend_from_slice(self.0.as_str().as_bytes());
        key.extend_from_slice(rest.as_bytes());
        key
    }

    pub(super) fn head(&self) -> Vec<u8> {
        self.key("head")
    }

    pub(super) fn schema(&self) -> Vec<u8> {
        self.key("schema")
    }

    pub(super) fn record(&self, key: &RecordKey) -> Vec<u8> {
        self.key(&format!("r/{key}"))
    }

    pub(super) fn wakes(&self) -> Vec<u8> {
        self.key("w/")
    }

    /// Just after all records that wake at or before this time.
    pub(super) fn wakes_until(&self, now: Timestamp) -> Vec<u8> {
        super::request::end_of(&self.key(&format!("w/{}/", time(now))))
    }

    pub(super) fn wake(&self, at: Timestamp, key: &RecordKey) -> Vec<u8> {
        self.key(&format!("w/{}/{key}", time(at)))
    }

    pub(super) fn expiries(&self) -> Vec<u8> {
        self.key("x/")
    }

    pub(super) fn expiries_until(&self, cutoff: Timestamp) -> Vec<u8> {
        super::request::end_of(&self.key(&format!("x/{}/", time(cutoff))))
    }

    pub(super) fn expiry(&self, at: Timestamp, key: &RecordKey) -> Vec<u8> {
        self.key(&format!("x/{}/{key}", time(at)))
    }

    pub(super) fn tenant(&self, id: &TenantId, kind: RecordKind) -> Vec<u8> {
        self.key(&format!("t/{}/{}/", tenant(id), kind.as_str()))
    }

    pub(super) fn member(&self, id: &TenantId, kind: RecordKind, key: &RecordKey) -> Vec<u8> {
        self.key(&format!("t/{}/{}/{key}", tenant(id), kind.as_str()))
    }

    pub(super) fn counter(&self, key: &CounterKey) -> Vec<u8> {
        self.key(&format!("c/{key}"))
    }

    pub(super) fn counter_expiries(&self) -> Vec<u8> {
        self.key("y/")
    }

    pub(super) fn counter_expiries_until(&self, cutoff: Timestamp) -> Vec<u8> {
        super::request::end_of(&self.key(&format!("y/{}/", time(cutoff))))
    }

    pub(super) fn counter_expiry(&self, at: Timestamp, key: &CounterKey) -> Vec<u8> {
        self.key(&format!("y/{}/{key}", time(at)))
    }

    pub(super) fn record_events(&self, key: &RecordKey) -> Vec<u8> {
        self.key(&format!("e/{key}/"))
    }

    pub(super) fn event(&self, id: &EventId) -> Vec<u8> {
        self.key(&format!("e/{}", event(id)))
    }

    pub(super) fn log(&self, id: &TenantId) -> Vec<u8> {
        self.key(&format!("l/{}/", tenant(id)))
    }

    pub(super) fn log_from(&self, id: &TenantId, epoch: u64) -> Vec<u8> {
        self.key(&format!("l/{}/{epoch:016x}/", tenant(id)))
    }

    pub(super) fn log_entry(&self, of: &TenantId, epoch: u64, id: &EventId) -> Vec<u8> {
        self.key(&format!("l/{}/{epoch:016x}/{}", tenant(of), event(id)))
    }

    pub(super) fn ages(&self) -> Vec<u8> {
        self.key("o/")
    }

    /// Where the events of this time begin.
    pub(super) fn ages_from(&self, at: Timestamp) -> Vec<u8> {
        self.key(&format!("o/{}/", time(at)))
    }

    pub(super) fn age(&self, at: Timestamp, id: &EventId) -> Vec<u8> {
        self.key(&format!("o/{}/{}", time(at), event(id)))
    }
}

/// Parses a key from its end, where each part has a fixed length.
pub(super) struct Tail<'a>(&'a [u8]);

impl<'a> Tail<'a> {
    pub(super) const fn of(key: &'a [u8]) -> Self {
        Self(key)
    }

    fn last(&mut self, length: usize) -> Option<&'a str> {
        let (rest, part) = self.0.split_at_checked(self.0.len().checked_sub(length)?)?;
        let (b'/', rest) = rest.split_last()? else {
            return None;
        };
        self.0 = rest;
        std::str::from_utf8(part).ok()
    }

    pub(super) fn record(&mut self) -> Option<RecordKey> {
        self.last(64)?.parse().ok()
    }

    pub(super) fn counter(&mut self) -> Option<CounterKey> {
        self.last(64)?.parse().ok()
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        u64::from_str_radix(self.last(16)?, 16).ok()
    }

    pub(super) fn time(&mut self) -> Option<Timestamp> {
        let millis = (self.number()? ^ (1 << 63)).cast_signed();
        Some(Timestamp::from_unix_millis(millis))
    }

    pub(super) fn event(&mut self) -> Option<EventId> {
        let index = u16::from_str_radix(self.last(4)?, 16).ok()?;
        let count = self.number()?;
        Some(EventId::new(self.record()?, count, index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> KeySpace {
        KeySpace::new(Prefix::default())
    }

    fn tenant(id: &str) -> TenantId {
        TenantId::parse(id).expect("valid")
    }

    #[test]
    fn keys_sort_by_time() {
        let at = [i64::MIN, -1, 0, 1, i64::MAX].map(Timestamp::from_unix_millis);
        let key = RecordKey::from_bytes([7; 32]);
        let written = at.map(|at| keys().wake(at, &key));
        assert!(written.is_sorted());
        for (at, written) in at.into_iter().zip(&written) {
            let mut tail = Tail::of(written);
            assert_eq!((tail.record(), tail.time()), (Some(key), Some(at)));
            assert!(keys().wakes_until(at) > *written);
            assert!(
                at.unix_millis() == 0
                    || keys().wakes_until(at) != keys().wakes_until(Timestamp::EPOCH)
            );
        }
    }

    #[test]
    fn an_event_is_read_back_from_each_of_its_keys() {
        let id = EventId::new(RecordKey::from_bytes([9; 32]), u64::MAX, 0xabcd);
        let log = keys().log_entry(&tenant("a/b"), 77, &id);
        let mut tail = Tail::of(&log);
        assert_eq!((tail.event(), tail.number()), (Some(id), Some(77)));
        assert_eq!(Tail::of(&keys().event(&id)).event(), Some(id));
        assert_eq!(Tail::of(&keys().age(Timestamp::EPOCH, &id)).event(), Some(id));
    }

    #[test]
    fn no_tenant_reads_the_keys_of_another() {
        let ids = ["a", "a/", "a%", "a%2F", "a/account", "aa"].map(tenant);
        let key = RecordKey::from_bytes([1; 32]);
        for tenant in &ids {
            for other in ids.iter().filter(|other| *other != tenant) {
                let member = keys().member(other, RecordKind::Account, &key);
                assert!(!member.starts_with(&keys().tenant(tenant, RecordKind::Account)));
                let entry = keys().log_entry(other, 0, &EventId::new(key, 1, 0));
                assert!(!entry.starts_with(&keys().log(tenant)), "{tenant} {other}");
            }
        }
    }

    #[test]
    fn a_malformed_key_is_not_parsed() {
        for key in ["", "/", "sspr/w/", "sspr/w/00", "\u{e9}"].map(str::as_bytes) {
            assert_eq!((Tail::of(key).record(), Tail::of(key).event()), (None, None));
        }
    }
}

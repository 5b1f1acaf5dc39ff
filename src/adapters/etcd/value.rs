//! The stored values: a format byte, the indexed columns, the rest.

use super::error::corrupt;
use super::proto::KeyValue;
use crate::port::{Columns, PortResult, Record, RecordKey, RecordKind, Version};
use crate::{TenantId, Timestamp};

const FORMAT: u8 = 1;

/// The columns from which the indexes of a record are built.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Indexed {
    pub(super) tenant: TenantId,
    pub(super) kind: RecordKind,
    pub(super) wake_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
}

impl From<&Columns> for Indexed {
    fn from(columns: &Columns) -> Self {
        Self {
            tenant: columns.tenant.clone(),
            kind: columns.kind,
            wake_at: columns.wake_at,
            expires_at: columns.expires_at,
        }
    }
}

/// Format, version, times, kind, tenant, body. A length precedes each text but the last.
pub(super) fn encode_record(record: &Record, indexed: &Indexed) -> Vec<u8> {
    let (kind, tenant) = (indexed.kind.as_str(), indexed.tenant.as_str());
    let mut value = Vec::with_capacity(64 + kind.len() + tenant.len() + record.body().len());
    value.push(FORMAT);
    value.extend(record.version().count().to_be_bytes());
    value.extend(record.version().nonce().to_be_bytes());
    for at in [indexed.wake_at, indexed.expires_at] {
        value.push(u8::from(at.is_some()));
        value.extend(at.map_or(0, Timestamp::unix_millis).to_be_bytes());
    }
    for text in [kind, tenant] {
        // A kind is a short fixed name; a tenant has at most 64 bytes.
        value.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
        value.extend(text.as_bytes());
    }
    value.extend(record.body().as_bytes());
    value
}

/// A record and its indexed columns.
pub(super) fn decode_record(key: &RecordKey, value: &[u8]) -> PortResult<(Record, Indexed)> {
    let mut reader = Reader(value);
    let parts = (|| {
        reader.format()?;
        let version = Version::new(reader.number()?, reader.number()?);
        let wake_at = reader.optional_time()?;
        let expires_at = reader.optional_time()?;
        let kind = reader.text()?;
        let kind = RecordKind::ALL.into_iter().find(|known| known.as_str() == kind)?;
        let tenant = TenantId::parse(reader.text()?).ok()?;
        let body = std::str::from_utf8(reader.0).ok()?;
        let indexed = Indexed { tenant, kind, wake_at, expires_at };
        Some((Record::loaded(*key, version, body), indexed))
    })();
    parts.ok_or_else(|| corrupt("a record"))
}

/// The stored value of a counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Counter {
    pub(super) expires_at: Timestamp,
    pub(super) value: u64,
}

impl Counter {
    pub(super) fn encode(self) -> Vec<u8> {
        let mut value = vec![FORMAT];
        value.extend(self.expires_at.unix_millis().to_be_bytes());
        value.extend(self.value.to_be_bytes());
        value
    }

    pub(super) fn decode(found: &KeyValue) -> PortResult<Self> {
        let mut reader = Reader(&found.value);
        let parts = (|| {
            reader.format()?;
            let expires_at = Timestamp::from_unix_millis(reader.number()?.cast_signed());
            let value = reader.number()?;
            reader.0.is_empty().then_some(Self { expires_at, value })
        })();
        parts.ok_or_else(|| corrupt("a counter"))
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(part)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn format(&mut self) -> Option<()> {
        (self.byte()? == FORMAT).then_some(())
    }

    fn number(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_be_bytes)
    }

    fn optional_time(&mut self) -> Option<Option<Timestamp>> {
        let flag = self.byte()?;
        let at = Timestamp::from_unix_millis(self.number()?.cast_signed());
        match flag {
            0 => Some(None),
            1 => Some(Some(at)),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.byte()?;
        std::str::from_utf8(self.take(length.into())?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::PortErrorKind;

    fn record() -> (Record, Indexed) {
        let key = RecordKey::from_bytes([3; 32]);
        let record = Record::loaded(key, Version::new(u64::MAX, 7), "π \u{0}");
        let indexed = Indexed {
            tenant: TenantId::parse("contoso").expect("valid"),
            kind: RecordKind::Decoy,
            wake_at: None,
            expires_at: Some(Timestamp::from_unix_millis(-5)),
        };
        (record, indexed)
    }

    #[test]
    fn an_encoded_record_is_decoded_unchanged() {
        let (record, indexed) = record();
        let value = encode_record(&record, &indexed);
        let (found, columns) = decode_record(record.key(), &value).expect("readable");
        assert_eq!((found.version(), found.body()), (record.version(), record.body()));
        assert_eq!(columns, indexed);
    }

    #[test]
    fn a_record_cut_short_or_overwritten_is_corrupt() {
        let (record, indexed) = record();
        let value = encode_record(&record, &indexed);
        let body = record.body().len();
        let corrupt = |value: &[u8]| {
            let kind = decode_record(record.key(), value).map(drop).map_err(|error| error.kind());
            kind == Err(PortErrorKind::Corrupt)
        };
        assert!((0..value.len() - body).all(|length| corrupt(&value[..length])));
        for index in [0, 17] {
            let mut other = value.clone();
            other[index] = 0x55;
            assert!(corrupt(&other), "{index}");
        }
        let mut other = value;
        other.push(0xff);
        assert!(corrupt(&other), "not UTF-8");
    }

    #[test]
    fn a_counter_is_decoded_unchanged_or_refused() {
        let counter = Counter { expires_at: Timestamp::from_unix_millis(-1), value: u64::MAX };
        let found = |value| Counter::decode(&KeyValue { value, ..KeyValue::default() });
        assert_eq!(found(counter.encode()).expect("readable"), counter);
        for value in [vec![], vec![FORMAT; 16], vec![FORMAT; 18], vec![2; 17]] {
            let kind = found(value).map_err(|error| error.kind());
            assert_eq!(kind, Err(PortErrorKind::Corrupt));
        }
    }
}

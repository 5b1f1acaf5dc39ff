//! Links and seals: how a chain grows, and how it gets the names of another lookup key.

use super::head::Head;
use super::link::{LinkFields, Place, TAG};
use crate::domain::crypto::keys::Keys;
use crate::domain::crypto::secret::secrets_equal;
use crate::domain::event::{Event, EventId};
use crate::domain::identity::ids::RecordKey;
use crate::domain::record::Version;
use crate::domain::time::Timestamp;

/// What the events of one commit are linked with.
#[derive(Clone, Copy)]
pub(crate) struct Extension<'a> {
    /// The keys that sealed the record's head, and those that link from now on. They differ only
    /// while a transfer changes the lookup key.
    pub(crate) keys: [&'a Keys; 2],
    /// The key of the record before the commit and after it.
    pub(crate) records: [RecordKey; 2],
    /// The version of the record before the commit; `None` if there was no record.
    pub(crate) before: Option<Version>,
    pub(crate) version: Version,
    /// When the commit is made.
    pub(crate) at: Timestamp,
    /// Whether the store may purge the record after this commit.
    pub(crate) ends: bool,
}

/// Links the events of a commit, and returns the record's head after it.
///
/// A head whose seal does not fit is not continued: a forged head would otherwise be sealed by the
/// next commit. A new chain begins instead, and its head says so.
pub(crate) fn extend(step: Extension<'_>, head: Option<Head>, events: &mut [Event]) -> Head {
    let [from, keys] = step.keys;
    let [old, record] = step.records;
    let fits = |head: &Head| step.before.is_some_and(|before| is_sealed(from, &old, before, head));
    let genuine = head.filter(fits);
    let begun_at = if step.before.is_none() { Timestamp::EPOCH } else { step.at };
    let broken_at = genuine.map_or(begun_at, |head| head.broken_at);
    let mut last = genuine.map_or(Place::start(step.version.count()), |head| head.last);
    for (index, event) in (0_u64..).zip(events) {
        let fields = LinkFields {
            chain: last.chain,
            number: last.number.saturating_add(1),
            before_at: last.at,
            before: last.name,
            name: step.version.nonce().wrapping_add(index),
            ends: step.ends,
            tag: [0; TAG],
        };
        event.chain = None;
        let tag = tag(keys, &record, &fields, event.encode().as_bytes());
        event.chain = Some(LinkFields { tag, ..fields }.link());
        let LinkFields { chain, number, name, .. } = fields;
        last = Place { chain, number, at: event.at, name };
    }
    let next = Head { last, broken_at, seal: [0; TAG] };
    Head { seal: seal(keys, &record, step.version, &next), ..next }
}

/// The event under another lookup key: it has the same place in the chain. A link that does not fit
/// stays as it is, so that no change of the key makes a forged event a correct one.
pub(crate) fn relink(event: Event, from: &Keys, to: &Keys, record: RecordKey) -> Event {
    let old = event.id.record;
    let fields = authentic(from, &old, &event);
    let mut event = Event { id: EventId { record, ..event.id }, ..event };
    if let Some(fields) = fields {
        event.chain = None;
        let tag = tag(to, &record, &fields, event.encode().as_bytes());
        event.chain = Some(LinkFields { tag, ..fields }.link());
    }
    event
}

/// The fields of the event's link, if they and the event are as the engine has written them.
pub(super) fn authentic(keys: &Keys, record: &RecordKey, event: &Event) -> Option<LinkFields> {
    let fields = event.chain.as_ref()?.fields()?;
    let text = event.unlinked_text()?;
    let expected = tag(keys, record, &fields, text.as_bytes());
    secrets_equal(&expected, &fields.tag).then_some(fields)
}

/// Whether the head belongs to this version of the record.
pub(super) fn is_sealed(keys: &Keys, record: &RecordKey, version: Version, head: &Head) -> bool {
    secrets_equal(&seal(keys, record, version, head), &head.seal)
}

fn tag(keys: &Keys, record: &RecordKey, fields: &LinkFields, text: &[u8]) -> [u8; TAG] {
    let LinkFields { chain, number, before_at, before, name, ends, tag: _ } = *fields;
    let mut place = [0; 41];
    let numbers = [chain, number, before_at.unix_millis().cast_unsigned(), before, name];
    for (bytes, number) in place.as_chunks_mut::<8>().0.iter_mut().zip(numbers) {
        *bytes = number.to_be_bytes();
    }
    place[40] = u8::from(ends);
    keys.trail_link(record, &place, text)
}

fn seal(keys: &Keys, record: &RecordKey, version: Version, head: &Head) -> [u8; TAG] {
    let Place { chain, number, at, name } = head.last;
    let [at, broken_at] = [at, head.broken_at].map(|at| at.unix_millis().cast_unsigned());
    let numbers = [chain, number, at, name, broken_at, version.count(), version.nonce()];
    let mut place = [0; 56];
    for (bytes, number) in place.as_chunks_mut::<8>().0.iter_mut().zip(numbers) {
        *bytes = number.to_be_bytes();
    }
    keys.trail_seal(record, &place)
}

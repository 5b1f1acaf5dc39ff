//! A trail verifies as it was written, and no alteration of it does.

mod heads;

use proptest::prelude::*;

use super::*;
use crate::domain::account::FlowNumber;
use crate::domain::crypto::keys::Keys;
use crate::domain::crypto::secret::SecretBytes;
use crate::domain::event::{ActorKind, Event, EventId, EventKind};
use crate::domain::identity::ids::{RecordKey, TenantId};
use crate::domain::record::Version;
use crate::domain::time::{DAY, IDLE_LIFE, MINUTE, Timestamp};

fn keys(lookup: u8) -> Keys {
    let secret = |byte| SecretBytes::new(vec![byte; 32]);
    Keys::new(secret(lookup), 1, secret(200)).expect("valid")
}

const KEY: RecordKey = RecordKey::from_bytes([7; 32]);
const OTHER: RecordKey = RecordKey::from_bytes([8; 32]);
const START: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);

/// The events and the head of one record, as a store keeps them.
#[derive(Clone)]
struct Trail {
    key: RecordKey,
    events: Vec<Event>,
    version: Option<Version>,
    head: Option<Head>,
    now: Timestamp,
}

impl Trail {
    const fn new(key: RecordKey) -> Self {
        Self { key, events: Vec::new(), version: None, head: None, now: START }
    }

    /// A commit with this many events, a minute after the one before.
    fn commit(&mut self, events: u16, ends: bool) {
        self.now = self.now.plus(MINUTE);
        let start = self.now.unix_millis().unsigned_abs();
        let count = self.version.map_or(start, |before| before.count() + 1);
        let nonce = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let version = Version::new(count, nonce);
        let event = |index| Event {
            format: Event::FORMAT,
            id: EventId::new(self.key, count, index),
            tenant: TenantId::parse("contoso").expect("valid"),
            user: None,
            actor: ActorKind::Engine,
            at: self.now,
            source: Some("203.0.113.7".to_owned()),
            kind: EventKind::ChangeStarted { flow: FlowNumber(u32::from(index)) },
            chain: None,
            text: None,
        };
        let mut new: Vec<Event> = (0..events).map(event).collect();
        let keys = keys(1);
        let step = Extension {
            keys: [&keys; 2],
            records: [self.key; 2],
            before: self.version,
            version,
            at: self.now,
            ends,
        };
        self.head = Some(extend(step, self.head, &mut new));
        self.version = Some(version);
        self.events.extend(new.iter().map(|event| Event::decode(&event.encode()).expect("read")));
    }

    fn of(commits: &[u16]) -> Self {
        let mut trail = Self::new(KEY);
        for events in commits {
            trail.commit(*events, false);
        }
        trail
    }

    fn found(&self) -> Found {
        match self.version {
            Some(version) => Found::Record(version, self.head),
            None => Found::NoRecord { idle_since: self.now.minus(IDLE_LIFE) },
        }
    }

    /// The findings of all pages of this size, and the last report.
    fn verify(
        &self,
        keys: &Keys,
        edge: Timestamp,
        known: Option<&TrailHead>,
        page: usize,
    ) -> (Vec<TrailFinding>, TrailReport) {
        let (mut findings, mut at) = (Vec::new(), TrailPosition::default());
        for events in self.events.chunks(page) {
            let mut walk = Walk::new(keys, self.key, edge, known, at);
            events.iter().for_each(|event| walk.event(event));
            let report = walk.pause("next".to_owned());
            findings.extend(report.findings.clone());
            assert!(!report.is_whole(), "a page that is not the last");
            // A position survives being stored.
            let stored = serde_json::to_string(&report.next).expect("json");
            at = serde_json::from_str(&stored).expect("read");
        }
        let report = Walk::new(keys, self.key, edge, known, at).end(self.found());
        findings.extend(report.findings.clone());
        assert_eq!(report.is_whole(), findings.is_empty());
        (findings, report)
    }

    fn findings(&self) -> Vec<TrailFinding> {
        self.verify(&keys(1), START, None, 3).0
    }

    fn exported(&self) -> TrailHead {
        let (version, head) = (self.version.expect("a record"), self.head.expect("a head"));
        exported(&keys(1), &self.key, version, &head).expect("genuine")
    }
}

fn missing(from: u64, to: u64, gap: TrailGap) -> TrailFinding {
    TrailFinding::Missing { from, to, gap }
}

#[test]
fn each_alteration_is_found_where_it_is() {
    let trail = Trail::of(&[1, 3, 0, 2, 1]);
    assert_eq!(trail.findings(), []);
    let altered = |alter: &dyn Fn(&mut Trail)| {
        let mut altered = trail.clone();
        alter(&mut altered);
        altered.findings()
    };
    let id = |place: usize| trail.events[place].id;
    let remove = |from: usize, to: usize| altered(&|it| _ = it.events.drain(from..to));
    assert_eq!(remove(2, 4), [missing(3, 4, TrailGap::Middle)]);
    assert_eq!(remove(0, 2), [missing(1, 2, TrailGap::Start)]);
    assert_eq!(remove(5, 7), [missing(6, 7, TrailGap::End)]);
    assert_eq!(remove(0, 7), [missing(1, 7, TrailGap::End)]);
    let changed = |place: usize| [TrailFinding::Changed { event: id(place) }];
    for place in 0..trail.events.len() {
        assert_eq!(altered(&|it| it.events[place].at = START), changed(place));
        assert_eq!(altered(&|it| it.events[place].source = None), changed(place));
        let unlinked = altered(&|it| it.events[place].chain = None);
        assert!(!unlinked.is_empty(), "the link of {place} was removed");
    }
    let moved = |place: usize| TrailFinding::Moved { event: id(place), number: place as u64 + 1 };
    let swapped = altered(&|it| it.events.swap(1, 4));
    let expected =
        [moved(4), moved(1), missing(2, 2, TrailGap::Middle), missing(5, 5, TrailGap::Middle)];
    assert!(expected.iter().all(|finding| swapped.contains(finding)), "{swapped:?}");
    assert_eq!(swapped.len(), 4, "{swapped:?}");
    assert_eq!(altered(&|it| it.events.insert(3, it.events[2].clone())), [moved(2)]);
}

/// A link is authenticated whole: the place, the event before and whether the record may end.
#[test]
fn each_field_of_a_link_is_authenticated() {
    let trail = Trail::of(&[1, 1, 1]);
    let link = serde_json::to_value(&trail.events[1].chain).expect("json");
    let parts: Vec<&str> = link.as_str().expect("a text").split('.').collect();
    for place in 0..parts.len() {
        let mut altered = parts.clone();
        let last = if parts[place].ends_with('1') { "0" } else { "1" };
        let other = format!("{}{last}", &parts[place][..parts[place].len() - 1]);
        altered[place] = &other;
        let mut forged = trail.clone();
        let chain = serde_json::from_value(altered.join(".").into());
        forged.events[1].chain = chain.expect("a link");
        let event = forged.events[1].id;
        assert_eq!(forged.findings(), [TrailFinding::Changed { event }], "part {place}");
    }
}

/// An event of another record is found in both trails, whatever key it states.
#[test]
fn an_event_of_another_record_is_found() {
    let (trail, mut other) = (Trail::of(&[2, 1]), Trail::new(OTHER));
    other.commit(2, false);
    let moved = trail.events[1].clone();
    let mut taken = other.clone();
    taken.events.insert(1, moved.clone());
    assert_eq!(taken.findings(), [TrailFinding::Foreign { event: moved.id }]);
    taken.events[1].id.record = OTHER;
    assert_eq!(taken.findings(), [TrailFinding::Changed { event: taken.events[1].id }]);
}

/// The head that belongs to the events that are left is in these events: its seal is not.
#[test]
fn a_forged_head_is_found_also_after_the_next_commit() {
    let mut trail = Trail::of(&[1, 1, 1]);
    let earlier = Trail::of(&[1, 1]);
    trail.events.truncate(2);
    // Set back to the genuine head of an earlier version.
    trail.head = earlier.head;
    assert_eq!(trail.findings(), [TrailFinding::HeadChanged]);
    let mut quiet = trail.clone();
    quiet.commit(0, false);
    assert_eq!(quiet.findings(), [TrailFinding::Restarted { after: 2 }]);
    trail.commit(1, false);
    assert_eq!(trail.findings(), [TrailFinding::Restarted { after: 2 }]);
    // Also if no event is left.
    quiet.events.clear();
    assert_eq!(quiet.findings(), [TrailFinding::Restarted { after: 0 }]);
    quiet.head = None;
    assert_eq!(quiet.findings(), [TrailFinding::HeadMissing]);
}

/// A record that is set back alone is behind its events; set back with them, the exported head is
/// not reached, or is not continued once the trail has grown again.
#[test]
fn a_trail_that_is_set_back_is_found_by_an_exported_head() {
    let mut trail = Trail::of(&[1, 1, 1]);
    let (known, earlier) = (trail.exported(), Trail::of(&[1, 1]));
    let whole = trail.verify(&keys(1), START, Some(&known), 2);
    assert_eq!((whole.0, whole.1.head), (Vec::new(), Some(known)));
    let back = Trail { events: trail.events.clone(), ..earlier.clone() };
    assert_eq!(back.findings(), [TrailFinding::HeadBehind { head: 2, last: 3 }]);
    let lost = [TrailFinding::NotContinued { known: 3 }];
    assert_eq!(earlier.findings(), [], "nothing inside tells");
    assert_eq!(earlier.verify(&keys(1), START, Some(&known), 2).0, lost);
    // Another history, with other names.
    let mut grown = earlier;
    grown.now = grown.now.plus(MINUTE);
    grown.version = grown.version.map(|old| Version::new(old.count() + 5, old.nonce()));
    grown.head = Trail::of(&[1, 1]).head;
    let (keys, version) = (keys(1), grown.version.expect("a record"));
    let before = Trail::of(&[1, 1]).version;
    let step = Extension {
        keys: [&keys; 2],
        records: [KEY; 2],
        before,
        version,
        at: grown.now,
        ends: false,
    };
    grown.head = Some(extend(step, grown.head, &mut []));
    grown.commit(1, false);
    // The last event of the other history has the same place.
    let mut last = grown.clone();
    last.events[2] = trail.events[2].clone();
    assert_eq!(last.findings(), [TrailFinding::HeadChanged]);
    grown.commit(1, false);
    assert_eq!(grown.findings(), []);
    assert_eq!(grown.verify(&keys, START, Some(&known), 2).0, lost);
    // A mixture of both histories.
    grown.events[2] = trail.events.remove(2);
    let event = grown.events[3].id;
    assert_eq!(grown.findings(), [TrailFinding::Forked { event, number: 4 }]);
}

/// What the retention explains is no finding, and one event more is.
#[test]
fn a_purge_by_age_is_no_finding() {
    let trail = Trail::of(&[1, 1, 1, 1]);
    let keys = keys(1);
    for removed in 1..=4_usize {
        let mut purged = trail.clone();
        purged.events.drain(..removed);
        let edge = trail.events[removed - 1].at.plus(MINUTE);
        let (findings, report) = purged.verify(&keys, edge, None, 2);
        assert_eq!((findings, report.expired), (Vec::new(), removed as u64));
        let gap = if removed == 4 { TrailGap::End } else { TrailGap::Start };
        let edge = trail.events[removed - 1].at;
        let (findings, _) = purged.verify(&keys, edge, None, 2);
        assert_eq!(findings, [missing(1, removed as u64, gap)]);
    }
}

/// A purged record begins a new chain without a finding; a removed one does not.
#[test]
fn a_record_that_begins_again_is_judged_by_its_last_state() {
    for (ends, idle, whole) in
        [(true, IDLE_LIFE, true), (false, IDLE_LIFE, false), (true, DAY, false)]
    {
        let mut trail = Trail::of(&[2]);
        trail.commit(1, ends);
        (trail.version, trail.head) = (None, None);
        trail.now = trail.now.plus(idle).plus(MINUTE);
        let gone = if whole { vec![] } else { vec![TrailFinding::HeadMissing] };
        assert_eq!(trail.findings(), gone);
        trail.commit(2, false);
        let again = if whole { vec![] } else { vec![TrailFinding::Restarted { after: 3 }] };
        assert_eq!(trail.findings(), again);
    }
}

/// The links of another lookup key fit after the change of the key, and a forged event does not.
#[test]
fn a_change_of_the_lookup_key_keeps_the_chain_and_what_is_wrong_with_it() {
    let mut trail = Trail::of(&[2, 1]);
    let known = trail.exported();
    trail.events[1].source = None;
    let (old, new) = (keys(1), keys(2));
    let relinked = |event: &Event| relink(event.clone(), &old, &new, OTHER);
    let events: Vec<Event> = trail.events.iter().map(relinked).collect();
    let (before, version) = (trail.version, trail.version.expect("a record"));
    let step = Extension {
        keys: [&old, &new],
        records: [KEY, OTHER],
        before,
        version,
        at: trail.now,
        ends: false,
    };
    let head = Some(extend(step, trail.head, &mut []));
    let renamed = Trail { key: OTHER, events, head, ..trail };
    let (findings, report) = renamed.verify(&new, START, Some(&known), 2);
    assert_eq!(findings, [TrailFinding::Changed { event: renamed.events[1].id }]);
    assert_eq!(report.head, Some(known), "an exported head stays valid");
}

/// Events from before links are counted, and are no part of the chain.
#[test]
fn events_without_a_link_are_reported_together() {
    let mut trail = Trail::of(&[3, 1]);
    let unlinked = |event: &Event| Event { chain: None, ..event.clone() };
    let old: Vec<Event> = trail.events.iter().take(2).map(unlinked).collect();
    let event = old[0].id;
    trail.events.splice(0..0, old.clone());
    assert_eq!(trail.findings(), [TrailFinding::Unlinked { event, events: 2 }]);
    trail.events.drain(..2);
    trail.events.push(old[1].clone());
    assert_eq!(trail.findings(), [TrailFinding::Changed { event: old[1].id }]);
}

/// An alteration of one trail of at least two events: its kind and two places.
#[derive(Clone, Copy, Debug)]
enum Alter {
    Remove,
    Swap,
    Copy,
    Field,
    Text,
    Start,
    End,
}

const ALL: [Alter; 7] =
    [Alter::Remove, Alter::Swap, Alter::Copy, Alter::Field, Alter::Text, Alter::Start, Alter::End];

fn alter(trail: &mut Trail, alter: Alter, [one, two]: [usize; 2]) {
    let length = trail.events.len();
    let (one, two) = (one % length, two % length);
    match alter {
        Alter::Remove => drop(trail.events.remove(one)),
        Alter::Swap if one != two => trail.events.swap(one, two),
        Alter::Swap | Alter::Copy => trail.events.insert(two, trail.events[one].clone()),
        Alter::Field => trail.events[one].actor = ActorKind::User,
        Alter::Text => {
            // Any one digit of the stored text.
            let text = trail.events[one].encode();
            let digits: Vec<usize> =
                text.match_indices(|c: char| c.is_ascii_digit()).map(|it| it.0).collect();
            let place = digits[two % digits.len()];
            let mut bytes = text.into_bytes();
            bytes[place] = if bytes[place] == b'7' { b'3' } else { b'7' };
            let text = String::from_utf8(bytes).expect("ASCII");
            match Event::decode(&text) {
                Ok(event) => trail.events[one] = event,
                Err(_) => drop(trail.events.remove(one)),
            }
        }
        Alter::Start => drop(trail.events.drain(..=one)),
        Alter::End => trail.events.truncate(one),
    }
}

proptest! {
    /// Whole as written, at any size of a page; not whole after any alteration.
    #[test]
    fn no_alteration_verifies(
        commits in prop::collection::vec(0_u16..4, 1..12),
        page in 1_usize..6,
        alteration in prop::sample::select(ALL.to_vec()),
        places: [usize; 2],
    ) {
        let mut trail = Trail::of(&commits);
        trail.commit(2, false);
        let keys = keys(1);
        prop_assert_eq!(trail.verify(&keys, START, None, page).0, []);
        alter(&mut trail, alteration, places);
        let (findings, _) = trail.verify(&keys, START, None, page);
        prop_assert!(!findings.is_empty());
        prop_assert!(findings.len() <= trail.events.len() + 2, "{:?}", findings);
    }

    /// An attacker with other keys links events that never fit.
    #[test]
    fn links_of_other_keys_never_verify(commits in prop::collection::vec(1_u16..4, 1..4)) {
        let trail = Trail::of(&commits);
        let (findings, _) = trail.verify(&keys(3), START, None, 10);
        prop_assert_eq!(findings.len(), trail.events.len() + 1);
    }
}

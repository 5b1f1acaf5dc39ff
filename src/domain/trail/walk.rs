//! The verification of a trail, one event after the other.

use super::chain::{authentic, is_sealed};
use super::finding::{TrailFinding, TrailGap};
use super::head::Head;
use super::report::{Seen, TrailHead, TrailPosition, TrailReport};
use crate::domain::crypto::keys::Keys;
use crate::domain::event::Event;
use crate::domain::identity::ids::RecordKey;
use crate::domain::record::Version;
use crate::domain::time::{IDLE_LIFE, Timestamp};

/// One page of a verification. It holds the findings of this page, and a position of fixed size.
pub(crate) struct Walk<'a> {
    keys: &'a Keys,
    record: RecordKey,
    /// Events from before this time may have been purged.
    edge: Timestamp,
    known: Option<&'a TrailHead>,
    at: TrailPosition,
    findings: Vec<TrailFinding>,
}

/// The head of the record, and what is known about its age.
#[derive(Clone, Copy)]
pub(crate) enum Found {
    /// There is no record, and a record that may be purged would have been by now if its last event
    /// is from before this time.
    NoRecord { idle_since: Timestamp },
    /// The record of this version has this head.
    Record(Version, Option<Head>),
}

impl<'a> Walk<'a> {
    pub(crate) const fn new(
        keys: &'a Keys,
        record: RecordKey,
        edge: Timestamp,
        known: Option<&'a TrailHead>,
        at: TrailPosition,
    ) -> Self {
        Self { keys, record, edge, known, at, findings: Vec::new() }
    }

    /// Verifies the next event.
    pub(crate) fn event(&mut self, event: &Event) {
        if event.id.record != self.record {
            return self.find(TrailFinding::Foreign { event: event.id });
        }
        if event.chain.is_none() {
            return self.unlinked(event);
        }
        let Some(fields) = authentic(self.keys, &self.record, event) else {
            self.at.in_doubt += 1;
            return self.find(TrailFinding::Changed { event: event.id });
        };
        let seen = Seen {
            chain: fields.chain,
            number: fields.number,
            at: event.at,
            name: fields.name,
            ends: fields.ends,
            before: fields.before,
            before_at: fields.before_at,
        };
        self.genuine(seen, event);
    }

    /// A release that has links writes each event with one: only the first events may lack it.
    fn unlinked(&mut self, event: &Event) {
        if self.at.last.is_some() {
            return self.find(TrailFinding::Changed { event: event.id });
        }
        if let Some(TrailFinding::Unlinked { events, .. }) = self.findings.last_mut() {
            *events += 1;
            return;
        }
        self.find(TrailFinding::Unlinked { event: event.id, events: 1 });
    }

    fn genuine(&mut self, seen: Seen, event: &Event) {
        self.at.totals.events += 1;
        let known = self.known.copied();
        self.at.known_seen |= known.is_some_and(|known| {
            (known.chain, known.number, known.name) == (seen.chain, seen.number, seen.name)
        });
        if let Some((ahead, id)) = self.at.ahead.take() {
            if (seen.chain, seen.number) > (ahead.chain, ahead.number) {
                self.settle_gap(&ahead, TrailGap::Middle);
                self.accept(ahead);
            } else {
                self.find(TrailFinding::Moved { event: id, number: ahead.number });
            }
        }
        let (last, event) = (self.at.last, event.id);
        match last {
            None => {
                self.settle_gap(&seen, TrailGap::Start);
                self.accept(seen);
            }
            Some(last) if seen.chain > last.chain => {
                self.restart(seen.chain);
                self.settle_gap(&seen, TrailGap::Middle);
                self.accept(seen);
            }
            Some(last) if (seen.chain, seen.number) <= (last.chain, last.number) => {
                self.find(TrailFinding::Moved { event, number: seen.number });
            }
            Some(last) if seen.number == last.number + 1 => {
                if seen.before != last.name {
                    self.find(TrailFinding::Forked { event, number: seen.number });
                }
                self.accept(seen);
            }
            Some(_) if self.explained(&seen) => {
                self.settle_gap(&seen, TrailGap::Middle);
                self.accept(seen);
            }
            Some(_) => self.at.ahead = Some((seen, event)),
        }
    }

    /// A new chain begins: without a finding if the record may have been purged since the last event.
    /// A new record counts its versions, which name the chain, from the time in milliseconds.
    fn restart(&mut self, chain: u64) {
        let Some(last) = self.at.last.take() else { return };
        let begun = Timestamp::from_unix_millis(chain.cast_signed());
        if !(last.ends && begun >= last.at.plus(IDLE_LIFE)) {
            self.at.totals.restarted = true;
            self.find(TrailFinding::Restarted { after: last.number });
        }
    }

    fn accept(&mut self, seen: Seen) {
        self.at.totals.first.get_or_insert(seen.number);
        self.at.last = Some(seen);
        self.at.in_doubt = 0;
    }

    /// Whether the purge by age may have removed the event before this one. Times of one record do
    /// not decrease, so that the events before that are as old.
    fn explained(&self, seen: &Seen) -> bool {
        seen.before_at < self.edge
    }

    /// Reports the missing events before this one, unless their age explains it or events in doubt
    /// have their places.
    fn settle_gap(&mut self, seen: &Seen, gap: TrailGap) {
        let last = self.at.last.map_or(0, |last| last.number);
        let missing = seen.number.saturating_sub(last).saturating_sub(1);
        if missing == 0 {
            return;
        }
        if self.explained(seen) {
            self.at.totals.expired += missing;
        } else if missing > self.at.in_doubt {
            self.find(TrailFinding::Missing { from: last + 1, to: seen.number - 1, gap });
        }
    }

    /// The place after which the trail must not end: for the engine, to read a newer head first if
    /// events came after the one it has.
    pub(crate) fn is_beyond(&self, head: Option<&Head>) -> bool {
        let last = self.at.ahead.map(|(seen, _)| seen).or(self.at.last);
        let place = |head: &Head| (head.last.chain, head.last.number);
        last.zip(head).is_some_and(|(last, head)| (last.chain, last.number) > place(head))
    }

    /// Ends the verification at the head of the record.
    pub(crate) fn end(mut self, found: Found) -> TrailReport {
        if let Some((ahead, _)) = self.at.ahead.take() {
            self.settle_gap(&ahead, TrailGap::Middle);
            self.accept(ahead);
        }
        let head = match found {
            Found::NoRecord { idle_since } => {
                let purged = |last: &Seen| last.ends && last.at < idle_since;
                let none = self.at.last.is_none() && self.at.totals.findings == 0;
                if !none && !self.at.last.as_ref().is_some_and(purged) {
                    self.find(TrailFinding::HeadMissing);
                }
                None
            }
            Found::Record(_, None) => {
                self.find(TrailFinding::HeadMissing);
                None
            }
            Found::Record(version, Some(head)) => {
                if is_sealed(self.keys, &self.record, version, &head) {
                    self.compare(&head);
                    Some(head)
                } else {
                    self.find(TrailFinding::HeadChanged);
                    None
                }
            }
        };
        self.compare_known(head.as_ref());
        let mut report = self.report();
        report.head = head.map(|head| TrailHead::of(&head.last));
        report
    }

    /// Compares the genuine head with the last event.
    fn compare(&mut self, head: &Head) {
        let place = head.last;
        match self.at.last {
            Some(last) if last.chain > place.chain => {
                let (head, last) = (place.number, last.number);
                return self.find(TrailFinding::HeadBehind { head, last });
            }
            Some(last) if last.chain < place.chain => self.restart(place.chain),
            _ => {}
        }
        let broken = head.broken_at > Timestamp::EPOCH && head.broken_at >= self.edge;
        if broken && !self.at.totals.restarted {
            self.find(TrailFinding::Restarted { after: 0 });
        }
        let last = self.at.last;
        let number = last.map_or(0, |last| last.number);
        if number > place.number {
            self.find(TrailFinding::HeadBehind { head: place.number, last: number });
        } else if number < place.number {
            let missing = place.number - number;
            if place.at < self.edge {
                self.at.totals.expired += missing;
            } else if missing > self.at.in_doubt {
                let (from, to) = (number + 1, place.number);
                self.find(TrailFinding::Missing { from, to, gap: TrailGap::End });
            }
        } else if last.is_some_and(|last| last.name != place.name) {
            self.find(TrailFinding::HeadChanged);
        }
    }

    /// Compares with the exported head: the trail must reach it, and contain its event unless that
    /// event may have been purged.
    fn compare_known(&mut self, head: Option<&Head>) {
        let Some(known) = self.known else { return };
        let place = head.map(|head| (head.last.chain, head.last.number));
        let last = self.at.last.map(|last| (last.chain, last.number));
        let short = place.max(last).is_none_or(|reached| reached < (known.chain, known.number));
        let kept = known.number > 0 && known.at >= self.edge;
        if short || (kept && !self.at.known_seen) {
            self.find(TrailFinding::NotContinued { known: known.number });
        }
    }

    /// Ends the page; the next one continues at this cursor of the store.
    pub(crate) fn pause(mut self, cursor: String) -> TrailReport {
        self.at.cursor = Some(cursor);
        let next = self.at.clone();
        let mut report = self.report();
        report.next = Some(next);
        report
    }

    /// Ends the verification at an event that cannot be read.
    pub(crate) fn unreadable(mut self) -> TrailReport {
        let after = self.at.last.map_or(0, |last| last.number);
        self.find(TrailFinding::Unreadable { after });
        self.report()
    }

    fn report(self) -> TrailReport {
        let totals = self.at.totals;
        TrailReport {
            first: totals.first,
            events: totals.events,
            expired: totals.expired,
            found_before: totals.findings - self.findings.len() as u64,
            findings: self.findings,
            head: None,
            next: None,
        }
    }

    fn find(&mut self, finding: TrailFinding) {
        self.at.totals.findings += 1;
        self.findings.push(finding);
    }
}

/// The head of a record that a host may export; `None` if its seal does not fit.
pub(crate) fn exported(
    keys: &Keys,
    record: &RecordKey,
    version: Version,
    head: &Head,
) -> Option<TrailHead> {
    is_sealed(keys, record, version, head).then(|| TrailHead::of(&head.last))
}

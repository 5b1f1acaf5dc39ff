//! Compares the store with what was reported, written and delivered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use sspr::Engine;
use sspr::adapters::memory::MemoryInbox;
use sspr::audit::{Event, EventKind};
use sspr::port::RecordKind;
use sspr::port::{EventsOf, Store};

use crate::cluster::directory::written;
use crate::cluster::load::{People, Told};
use crate::support::tenant;

/// What was observed outside the engine.
#[derive(Default)]
pub(crate) struct Heard {
    told: Vec<Told>,
    /// Idempotency keys, by the kind of message.
    delivered: BTreeSet<(String, String)>,
}

impl Heard {
    pub(crate) fn line(&mut self, line: &str) {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["delivered", kind, key] => {
                self.delivered.insert((kind.to_owned(), key.to_owned()));
            }
            _ => self.told.push(line.parse().expect("something told")),
        }
    }

    pub(crate) fn tell(&mut self, told: Told) {
        self.told.push(told);
    }

    pub(crate) fn collect(&mut self, inbox: &MemoryInbox) {
        for message in inbox.all() {
            self.delivered.insert((message.kind.to_owned(), message.idempotency_key));
        }
    }

    pub(crate) fn resets(&self) -> usize {
        self.told.iter().filter(|told| matches!(told, Told::Reset { .. })).count()
    }

    fn notices(&self, wanted: &str) -> usize {
        self.delivered.iter().filter(|(kind, _)| kind == wanted).count()
    }
}

/// Compares everything, after all waiting work is done.
pub(crate) async fn audit(
    store: &Arc<dyn Store>,
    people: &People,
    file: &Path,
    heard: &Heard,
    engine: &Engine,
) {
    let events = events(store).await;
    once(&events);
    let writes = written(file);
    let mut made = BTreeSet::new();
    for write in &writes {
        let new = made.insert((write.user.clone(), write.number));
        assert!(new, "written twice under one number: {write:?}");
    }
    let resets = numbers(&events, |kind| match kind {
        EventKind::PasswordReset { write, .. } => Some(write.get()),
        _ => None,
    });
    let unsettled = numbers(&events, |kind| match kind {
        EventKind::DirectoryWriteUnsettled { write, .. } => Some(write.get()),
        _ => None,
    });
    // A process that was killed between the write and its record leaves the outcome unknown, and
    // the person is told so.
    let lied: Vec<_> = resets.difference(&made).collect();
    assert!(lied.is_empty(), "recorded but never written: {lied:?}");
    let silent: Vec<_> = made.iter().filter(|w| !resets.contains(w)).collect();
    let silent: Vec<_> = silent.into_iter().filter(|w| !unsettled.contains(w)).collect();
    assert!(silent.is_empty(), "written but never recorded: {silent:?}");
    // Each person has one address: one notice for each event.
    assert_eq!(heard.notices("notice.password_reset"), resets.len());
    assert_eq!(heard.notices("notice.password_may_have_changed"), unsettled.len());
    // Everything reported is recorded.
    let proofs = proofs_by_user(&events);
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &heard.told {
        match one {
            Told::Reset { user, password } => {
                let is = writes.iter().any(|w| w.user == *user && w.password == *password);
                assert!(is, "{user} was told of a password that was never written");
            }
            Told::Proven { user, .. } => *told.entry(user).or_default() += 1,
        }
    }
    for (user, count) in told {
        let kept = proofs.get(user).copied().unwrap_or_default();
        assert!(count <= kept, "{user} was told {count} times, {kept} proofs are kept");
    }
    // No work is left for any account.
    let due = store.due(engine.now(), None, 10).await.expect("listed");
    assert!(due.items.is_empty(), "{} records still wait", due.items.len());
    let (tenant, mut records, mut cursor) = (tenant(), 0, None);
    loop {
        let page = store.scan(&tenant, RecordKind::Account, cursor.as_ref(), 500).await;
        let page = page.expect("listed");
        records += page.items.len();
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(records, people.all().len(), "each has one record");
}

pub(crate) async fn events(store: &Arc<dyn Store>) -> Vec<Event> {
    let (tenant, mut all, mut cursor) = (tenant(), Vec::new(), None);
    loop {
        let page = store.events(EventsOf::Tenant(&tenant), cursor.as_ref(), 500).await;
        let page = page.expect("readable");
        if page.items.is_empty() {
            return all;
        }
        all.extend(page.items);
        cursor = page.next;
    }
}

/// No event is repeated, no code made two proofs, and no attempt was counted twice.
pub(crate) fn once(events: &[Event]) {
    let ids: BTreeSet<_> = events.iter().map(|event| event.id).collect();
    assert_eq!(ids.len(), events.len(), "an event twice");
    let mut proven = BTreeSet::new();
    let mut left = BTreeSet::new();
    for event in events {
        match event.kind {
            EventKind::MethodProven { flow, challenge, .. } => {
                let new = proven.insert((event.id.record, flow, challenge));
                assert!(new, "a code that made two proofs: {event:?}");
            }
            EventKind::AttemptCounted { flow, challenge, left: attempts, .. } => {
                let new = left.insert((event.id.record, flow, challenge, attempts));
                assert!(new, "two attempts counted as one: {event:?}");
            }
            _ => {}
        }
    }
}

/// The numbers of the writes in events of one kind, by user.
fn numbers(events: &[Event], write: impl Fn(&EventKind) -> Option<u32>) -> BTreeSet<(String, u32)> {
    let named =
        |event: &Event| Some((event.user.as_ref()?.as_str().to_owned(), write(&event.kind)?));
    let all: Vec<_> = events.iter().filter_map(named).collect();
    let distinct: BTreeSet<_> = all.iter().cloned().collect();
    assert_eq!(distinct.len(), all.len(), "one event for each write");
    distinct
}

fn proofs_by_user(events: &[Event]) -> BTreeMap<String, usize> {
    let mut proofs = BTreeMap::new();
    for event in events {
        if let (EventKind::MethodProven { .. }, Some(user)) = (&event.kind, &event.user) {
            *proofs.entry(user.as_str().to_owned()).or_default() += 1;
        }
    }
    proofs
}

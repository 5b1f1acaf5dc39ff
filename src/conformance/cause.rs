//! Finds the property whose violation explains many others.

use std::sync::Arc;

use super::harness::Harness;
use super::kit::Kit;
use super::sample::Draft;
use crate::port::{Committed, EventsOf, Record, Version};

/// The property that nearly every other one builds on and that this store violates, if any.
///
/// It writes two versions of one record, and looks for what is wrong with them.
pub(super) async fn cause(harness: &Arc<dyn Harness>) -> Option<&'static str> {
    let kit = Kit::open(Arc::clone(harness)).await.ok()?;
    // A nonce that a signed column cannot hold.
    let mut draft = Draft::first(1).versioned(Version::new(1, (1 << 63) + 7)).events(2);
    let mut before: Option<Record> = None;
    let mut events = Vec::new();
    for _ in 0..2 {
        if kit.store.commit(draft.commit()).await.ok()? != Committed::Applied {
            return None;
        }
        events.extend(draft.events.clone());
        for _ in 0..2 {
            let found = kit.store.load(&draft.key()).await.ok()?;
            if let Some(cause) = wrong(found.as_ref(), &draft.record, before.as_ref()) {
                return Some(cause);
            }
        }
        before = Some((*draft.record).clone());
        draft = draft.after().events(1);
    }
    let found = kit.events(EventsOf::Record(&draft.key()), 10).await.ok()?;
    (found != events).then_some("commit_writes_record_and_events")
}

/// The property that tells what is wrong with a record right after its commit.
fn wrong(found: Option<&Record>, right: &Record, before: Option<&Record>) -> Option<&'static str> {
    let Some(found) = found else {
        return Some("load_sees_applied_commits");
    };
    if before.map(Record::version) == Some(found.version()) {
        return Some("load_sees_applied_commits");
    }
    if found.version() != right.version() {
        return Some("load_returns_versions_as_given");
    }
    if before.map(Record::body) == Some(found.body()) {
        return Some("load_returns_one_committed_whole");
    }
    (found.body() != right.body()).then_some("load_returns_bodies_byte_for_byte")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::PROPERTIES;
    use crate::testing::block_on;
    use crate::testing::broken::{BrokenStore, Defect};

    #[test]
    fn the_cause_is_the_property_that_catches_the_defect() {
        for (defect, right) in [
            (Defect::SilentNoOp, Some("load_sees_applied_commits")),
            (Defect::StaleRead, Some("load_sees_applied_commits")),
            (Defect::NonceLosesABit, Some("load_returns_versions_as_given")),
            (Defect::BodyReencoded, Some("load_returns_bodies_byte_for_byte")),
            (Defect::EventsLost, Some("commit_writes_record_and_events")),
            (Defect::DueSkips, None),
        ] {
            let harness: Arc<dyn Harness> = Arc::new(move || BrokenStore::new(defect));
            let found = block_on(cause(&harness));
            assert_eq!(found, right, "{defect:?}");
            let named = |name| PROPERTIES.iter().any(|property| property.name == name);
            assert!(found.is_none_or(named), "no property is named {found:?}");
        }
    }
}

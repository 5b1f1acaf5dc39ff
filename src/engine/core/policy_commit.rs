//! The commit of a tenant's policy record.

use crate::domain::event::{ActorKind, Event, EventId, EventKind};
use crate::domain::policy::policy_record::PolicyRecord;
use crate::domain::record::{Record, Subject, Version, next_count};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::trail::{Extension, extend};
use crate::engine::api::error::{At as _, Error, Fault, FaultOrigin};
use crate::engine::core::{BoxedCall, Core};
use crate::port::{Commit, Committed, PortErrorKind};

/// A change of a policy record, and the event that records it.
pub(crate) struct PolicyStep {
    pub(crate) next: PolicyRecord,
    /// The version that it replaces; `None` if there is no record.
    pub(crate) before: Option<Version>,
    pub(crate) at: Timestamp,
    pub(crate) actor: ActorKind,
    pub(crate) kind: EventKind,
}

impl Core {
    /// Commits a policy record. Returns `false` if the stored one has changed in the meantime.
    ///
    /// # Errors
    ///
    /// [`Refusal::LimitReached`] if the record is too large; [`Fault`] of the store.
    pub(crate) fn commit_policy<'a>(&'a self, step: PolicyStep) -> BoxedCall<'a, bool> {
        Box::pin(async move {
            let PolicyStep { mut next, before, at, actor, kind } = step;
            let (key, head) = (next.key, next.trail);
            let count = next_count(before, at);
            let version = Version::new(count, u64::from_be_bytes(self.random()?));
            let mut events = [Event {
                format: Event::FORMAT,
                id: EventId::new(key, count, 0),
                tenant: next.tenant.clone(),
                user: None,
                actor,
                at,
                source: None,
                kind,
                chain: None,
                text: None,
            }];
            let (keys, ends) = ([&self.keys; 2], false);
            let step = Extension { keys, records: [key; 2], before, version, at, ends };
            next.trail = Some(extend(step, head, &mut events));
            let (tenant, columns) = (next.tenant.clone(), next.columns());
            let record = Record::new(key, version, Subject::Policy(next.into()));
            if record.body().len() > Record::MAX_BODY {
                return Err(Refusal::LimitReached.into());
            }
            let committed =
                self.store.commit(Commit::new(&record, before, &columns, &events)).await;
            self.policies.forget(&tenant);
            match committed {
                Ok(committed) => Ok(committed == Committed::Applied),
                Err(error) if error.kind() == PortErrorKind::Unknown => {
                    // No version is used twice.
                    let stored = self.store.load(&key).await.at(FaultOrigin::Store)?;
                    if stored.is_some_and(|record| record.version() == version) {
                        return Ok(true);
                    }
                    Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }))
                }
                Err(error) => Err(Error::Fault(Fault { origin: FaultOrigin::Store, error })),
            }
        })
    }
}

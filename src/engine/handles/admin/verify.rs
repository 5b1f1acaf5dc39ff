//! The verification of audit trails, and their heads.

use super::Admin;
use super::trail::trail;
use crate::domain::crypto::keys::DECOY_SLOTS;
use crate::domain::identity::ids::{RecordKey, UserId};
use crate::domain::invalid::InvalidInput;
use crate::domain::record::{Record, Subject};
use crate::domain::time::{IDLE_LIFE, MAX_SKEW};
use crate::domain::trail::{Found, Head, TrailHead, TrailPosition, TrailReport, Walk, exported};
use crate::engine::api::error::{At as _, Error, Fault, FaultOrigin};
use crate::engine::observe::Operation;
use crate::port::{Cursor, EventsOf, Page, PortError, PortErrorKind};

/// The most events that one call verifies.
const PAGE: usize = 1_000;

/// Whose audit trail is verified.
///
/// ```
/// use sspr::audit::TrailOf;
///
/// // Every trail of a tenant that is no user's: the policy's, and those of unknown identifiers.
/// let others = (0..TrailOf::UNKNOWN).map(|slot| TrailOf::Unknown { slot });
/// assert_eq!(others.chain([TrailOf::Policy]).count(), 1025);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum TrailOf<'a> {
    /// The trail of one user.
    User(&'a UserId),
    /// The trail of the tenant's policy.
    Policy,
    /// One of the trails of identifiers that no account has, which share [`TrailOf::UNKNOWN`] records.
    Unknown {
        /// Which record, below [`TrailOf::UNKNOWN`].
        slot: u16,
    },
}

impl TrailOf<'_> {
    /// The number of records that identifiers without an account share.
    pub const UNKNOWN: u16 = DECOY_SLOTS;
}

impl Admin<'_> {
    /// Verifies the next events of an audit trail, at most `limit` and at most 1,000, against the
    /// chain that links them and against the head in the record. Continue from
    /// [`TrailReport::next`] until it is `None`; then [`TrailReport::is_whole`] is the verdict. It
    /// reads one record and one page of events, and holds no more.
    ///
    /// It finds what a person who can write to the store has removed, changed, inserted, swapped,
    /// truncated or copied from another trail: the links are made with the lookup key. Events that are
    /// older than this engine's [`event_retention`](crate::builder::EngineBuilder::event_retention) may be
    /// missing at the start. A store that was set back as a whole has a trail that is whole: export
    /// heads with [`trail_head`](Self::trail_head), and pass one as `known`, the same on each page.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`](crate::Refusal::NotAuthorised); [`Error::Fault`]: nothing is known
    /// about the page then, and with the kind `Corrupt` the record cannot be read;
    /// [`InvalidInput::Foreign`] for a position of another store.
    pub async fn verify_trail(
        &self,
        of: TrailOf<'_>,
        known: Option<&TrailHead>,
        after: Option<&TrailPosition>,
        limit: usize,
    ) -> Result<TrailReport, Error> {
        let done = async {
            self.authorise(&[&self.core.roles.read])?;
            self.verify(of, known, after, limit.clamp(1, PAGE)).await
        };
        self.core.observe(Operation::AdminVerifyTrail, self.tenant, done).await
    }

    /// The present head of an audit trail, to be kept outside the store. A later
    /// [`verify_trail`](Self::verify_trail) finds with it that the store was set back. `None` if there
    /// is no record.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`](crate::Refusal::NotAuthorised); [`Error::Fault`], with the kind
    /// `Corrupt` if the record has no genuine head.
    pub async fn trail_head(&self, of: TrailOf<'_>) -> Result<Option<TrailHead>, Error> {
        let done = async {
            self.authorise(&[&self.core.roles.read])?;
            let key = self.trail_key(of)?;
            let Some(record) = self.core.store.load(&key).await.at(FaultOrigin::Store)? else {
                return Ok(None);
            };
            let head = head_of(&record)?;
            let export = |head| exported(&self.core.keys, &key, record.version(), head);
            match head.as_ref().and_then(export) {
                Some(head) => Ok(Some(head)),
                None => Err(corrupt("the record has no genuine head of its trail")),
            }
        };
        self.core.observe(Operation::AdminTrailHead, self.tenant, done).await
    }

    fn trail_key(&self, of: TrailOf<'_>) -> Result<RecordKey, InvalidInput> {
        let keys = &self.core.keys;
        match of {
            TrailOf::User(user) => Ok(keys.account(self.tenant, user)),
            TrailOf::Policy => Ok(keys.policy(self.tenant)),
            TrailOf::Unknown { slot } if slot < DECOY_SLOTS => Ok(keys.decoy(self.tenant, slot)),
            TrailOf::Unknown { .. } => {
                Err(InvalidInput::Rule { what: "slot of a trail", rule: "must be below 1024" })
            }
        }
    }

    async fn verify(
        &self,
        of: TrailOf<'_>,
        known: Option<&TrailHead>,
        after: Option<&TrailPosition>,
        limit: usize,
    ) -> Result<TrailReport, Error> {
        let core = self.core;
        let key = self.trail_key(of)?;
        let now = core.clock.now();
        let position = after.cloned().unwrap_or_default();
        let cursor = position.cursor.clone().map(Cursor::new);
        // The clocks of engines that purge differ.
        let edge = now.minus(core.event_retention).plus(MAX_SKEW);
        let mut walk = Walk::new(&core.keys, key, edge, known, position);
        // The head comes before the events: those of a commit in between follow it.
        let mut record = core.store.load(&key).await.at(FaultOrigin::Store)?;
        let page = match trail(core, EventsOf::Record(&key), cursor.as_ref(), limit).await {
            Err(Error::Fault(fault)) if fault.error.kind() == PortErrorKind::Corrupt => {
                return self.up_to_unreadable(walk, &key, cursor, limit).await;
            }
            page => page?,
        };
        for event in &page.items {
            walk.event(event);
        }
        if let Some(next) = page.next.filter(|_| !page.items.is_empty()) {
            return Ok(walk.pause(next.as_str().to_owned()));
        }
        let head = record.as_ref().map(head_of).transpose()?.flatten();
        if walk.is_beyond(head.as_ref()) {
            record = core.store.load(&key).await.at(FaultOrigin::Store)?;
        }
        Ok(walk.end(match record {
            None => Found::NoRecord { idle_since: now.minus(IDLE_LIFE) },
            Some(record) => Found::Record(record.version(), head_of(&record)?),
        }))
    }

    /// Verifies the events before one that cannot be read.
    async fn up_to_unreadable(
        &self,
        mut walk: Walk<'_>,
        key: &RecordKey,
        mut cursor: Option<Cursor>,
        limit: usize,
    ) -> Result<TrailReport, Error> {
        for _ in 0..limit {
            match trail(self.core, EventsOf::Record(key), cursor.as_ref(), 1).await {
                Err(Error::Fault(fault)) if fault.error.kind() == PortErrorKind::Corrupt => break,
                read => {
                    let Page { items, next } = read?;
                    for event in &items {
                        walk.event(event);
                    }
                    cursor = next;
                    if cursor.is_none() {
                        break;
                    }
                }
            }
        }
        Ok(walk.unreadable())
    }
}

fn head_of(record: &Record) -> Result<Option<Head>, Error> {
    match record.subject() {
        Ok(Subject::Account(account)) => Ok(account.trail),
        Ok(Subject::Policy(policy)) => Ok(policy.trail),
        _ => Err(corrupt("the record cannot be read")),
    }
}

fn corrupt(detail: &'static str) -> Error {
    let error = PortError::corrupt().because(detail);
    Error::Fault(Fault { origin: FaultOrigin::Store, error })
}

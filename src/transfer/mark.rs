//! The notes that the two stores of a copy have about themselves: the mark that keeps a target
//! closed, and the mark that closes a moved source.

use super::Transfer;
use super::carry::Naming;
use super::marks::Marks;
use super::position::KINDS;
use super::report::{At as _, Side, TransferError};
use crate::domain::crypto::secret::secrets_equal;
use crate::domain::identity::ids::TenantId;
use crate::domain::record::store_note::{Meta, StoreId};
use crate::domain::record::{Record, Subject, Version, next_count};
use crate::domain::time::Timestamp;
use crate::port::{Commit, Committed, Entropy as _, PortError, RecordKind, Store, SystemEntropy};

/// The most tries of writing a note while other processes write it too.
const TRIES: usize = 8;

/// The check value of a target whose copy was given up. It begins like that of an unfinished copy.
const GIVEN_UP: &str = "unfinished copy, given up";

/// A store's note and its version.
struct Found {
    meta: Meta,
    version: Version,
}

impl Transfer<'_> {
    /// Reads the source's note and marks the target as unfinished.
    pub(super) async fn begin(&self) -> Result<Marks, TransferError> {
        self.read_marks(false).await
    }

    /// As [`begin`](Self::begin), also if another process has begun to give this copy up.
    pub(super) async fn begin_giving_up(&self) -> Result<Marks, TransferError> {
        self.read_marks(true).await
    }

    async fn read_marks(&self, giving_up: bool) -> Result<Marks, TransferError> {
        let found = note(self.from, Side::Source).await?.ok_or(TransferError::NoSource)?;
        let meta = found.meta;
        let source = match meta.id {
            Some(id) if !meta.is_unfinished() => id,
            _ => return Err(TransferError::NoSource),
        };
        if let Naming::Other(renaming) = &self.naming
            && !secrets_equal(meta.check.as_bytes(), renaming.from.check_value().as_bytes())
        {
            return Err(TransferError::WrongKey);
        }
        let finished = self.naming.check(&meta.check);
        let unfinished = format!("{} of {source} to {finished}", Meta::UNFINISHED);
        for _ in 0..TRIES {
            let Some(found) = note(self.to, Side::Target).await? else {
                if self.is_empty().await? {
                    let mut mark = Meta::new(unfinished.clone(), random()?);
                    mark.copied_from = Some(source);
                    // The next round reads the outcome.
                    let _ = self.put(self.to, Side::Target, mark, None).await?;
                    continue;
                }
                // The records may be another copy's, which has begun in between.
                if note(self.to, Side::Target).await?.is_some() {
                    continue;
                }
                return Err(TransferError::Occupied);
            };
            let target = match marked_target(&found.meta, &meta, &unfinished) {
                Err(TransferError::GivenUp) if giving_up => {
                    found.meta.id.ok_or(TransferError::GivenUp)
                }
                target => target,
            }?;
            if meta.moved_to.is_some_and(|moved| moved != target) {
                return Err(TransferError::Moved);
            }
            return Ok(Marks { source, target, unfinished, finished });
        }
        Err(TransferError::Contended { key: Meta::KEY })
    }

    /// Checks that the target is still marked as unfinished by a copy of this source.
    pub(super) async fn check_mark(&self, marks: &Marks) -> Result<(), TransferError> {
        self.marked(marks).await.map(drop)
    }

    async fn marked(&self, marks: &Marks) -> Result<Found, TransferError> {
        let found = note(self.to, Side::Target).await?.ok_or(TransferError::Occupied)?;
        if found.meta.id != Some(marks.target) {
            return Err(TransferError::Occupied);
        }
        if found.meta.check == marks.unfinished {
            return Ok(found);
        }
        // The id is this target's: the target was opened, or its copy was given up.
        let given_up = found.meta.is_unfinished();
        Err(if given_up { TransferError::GivenUp } else { TransferError::Opened })
    }

    /// Closes the source: no engine opens it any more, and a store with a fence refuses all writes.
    /// Returns whether the store has a fence.
    pub(super) async fn close_source(&self, marks: &Marks) -> Result<bool, TransferError> {
        self.note_move(marks, Some(marks.target)).await?;
        self.from.fence(true).await.at(Side::Source)
    }

    /// Notes in the source that its records have moved to the target, or that they have not.
    async fn note_move(&self, marks: &Marks, to: Option<StoreId>) -> Result<(), TransferError> {
        for _ in 0..TRIES {
            let found = note(self.from, Side::Source).await?.ok_or(TransferError::NoSource)?;
            match found.meta.moved_to {
                moved_to if moved_to == to => return Ok(()),
                Some(other) if other != marks.target => return Err(TransferError::Moved),
                _ => {}
            }
            let next = Meta { moved_to: to, ..found.meta };
            let _ = self.put(self.from, Side::Source, next, Some(found.version)).await?;
        }
        Err(TransferError::Contended { key: Meta::KEY })
    }

    /// Closes the target for good, then opens the source again.
    pub(super) async fn reopen_source(&self, marks: &Marks) -> Result<(), TransferError> {
        // The target comes first: after this no process can open it.
        for _ in 0..TRIES {
            let found = match self.marked(marks).await {
                Err(TransferError::GivenUp) => break,
                found => found?,
            };
            let given_up = Meta { check: GIVEN_UP.to_owned(), ..found.meta };
            let _ = self.put(self.to, Side::Target, given_up, Some(found.version)).await?;
        }
        match self.marked(marks).await {
            Err(TransferError::GivenUp) => {}
            Err(error) => return Err(error),
            Ok(_) => return Err(TransferError::Contended { key: Meta::KEY }),
        }
        self.from.fence(false).await.at(Side::Source)?;
        self.note_move(marks, None).await
    }

    /// Opens the target to engines. If the target's note has the version that this object tried to
    /// write, that earlier try has succeeded.
    pub(super) async fn open_marked(&mut self, marks: &Marks) -> Result<(), TransferError> {
        // Sealed seeds are copied unchanged, and so is the seal's check value.
        self.carry_seal_note(marks).await?;
        for _ in 0..TRIES {
            let found = match self.marked(marks).await {
                Err(TransferError::Opened) if self.opening.is_some() => {
                    let opened = note(self.to, Side::Target).await?;
                    let own = opened.is_some_and(|found| Some(found.version) == self.opening);
                    return if own { Ok(()) } else { Err(TransferError::Opened) };
                }
                found => found?,
            };
            let version = Version::new(found.version.count().saturating_add(1), nonce()?);
            // The version is noted before the write, whose reply may be lost.
            self.opening = Some(version);
            let open = Meta { check: marks.finished.clone(), ..found.meta };
            let open = Record::new(Meta::KEY, version, Subject::Meta(open));
            let _ = self.commit(self.to, Side::Target, &open, Some(found.version)).await?;
        }
        Err(TransferError::Contended { key: Meta::KEY })
    }

    /// Copies the seal's check value while the target is still closed. An engine with another seal
    /// is then refused when it opens the target, and not at the first code of an app.
    async fn carry_seal_note(&self, marks: &Marks) -> Result<(), TransferError> {
        let Some(source) = self.from.load(&Meta::SEAL_KEY).await.at(Side::Source)? else {
            return Ok(());
        };
        for _ in 0..TRIES {
            let found = self.to.load(&Meta::SEAL_KEY).await.at(Side::Target)?;
            if found.as_ref().is_some_and(|found| found.body() == source.body()) {
                return Ok(());
            }
            // Checked after the load: if an engine writes to an opened target, the commit below is
            // stale.
            match self.marked(marks).await {
                Err(TransferError::Opened) => return Ok(()),
                marked => marked.map(drop)?,
            }
            let before = found.as_ref().map(Record::version);
            let version = Version::new(next_count(before, self.clock.now()), nonce()?);
            let note = Record::loaded(Meta::SEAL_KEY, version, source.body());
            let _ = self.commit(self.to, Side::Target, &note, before).await?;
        }
        Err(TransferError::Contended { key: Meta::SEAL_KEY })
    }

    async fn put(
        &self,
        store: &dyn Store,
        side: Side,
        note: Meta,
        expected: Option<Version>,
    ) -> Result<Committed, TransferError> {
        let count = expected.map_or(0, Version::count).saturating_add(1);
        let record = Record::new(Meta::KEY, Version::new(count, nonce()?), Subject::Meta(note));
        self.commit(store, side, &record, expected).await
    }

    async fn commit(
        &self,
        store: &dyn Store,
        side: Side,
        note: &Record,
        expected: Option<Version>,
    ) -> Result<Committed, TransferError> {
        let columns = Meta::columns(self.clock.now())?;
        store.commit(Commit::new(note, expected, &columns, &[])).await.at(side)
    }

    /// Whether the target has no records of these tenants and nothing due. A store cannot list the
    /// records of all tenants.
    async fn is_empty(&self) -> Result<bool, TransferError> {
        let mut after = None;
        // Empty pages may come first.
        loop {
            let page = self.to.due(Timestamp::MAX, after.as_ref(), 1).await.at(Side::Target)?;
            if !page.items.is_empty() {
                return Ok(false);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        for tenant in &self.tenants {
            for kind in KINDS {
                if !self.lists_none(tenant, kind).await? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    async fn lists_none(&self, tenant: &TenantId, kind: RecordKind) -> Result<bool, TransferError> {
        let mut after = None;
        loop {
            let page = self.to.scan(tenant, kind, after.as_ref(), 1).await.at(Side::Target)?;
            if !page.items.is_empty() {
                return Ok(false);
            }
            after = page.next;
            if after.is_none() {
                return Ok(true);
            }
        }
    }
}

/// Raises the incarnation of a store that was restored from a backup, and returns it.
///
/// A restored store has lost its last events. Its next events get positions and ids that a reader
/// of the audit trail has already seen, and the reader would skip them. After this call an older
/// cursor is refused with [`InvalidInput::Foreign`](crate::InvalidInput): the reader begins again,
/// and recognises known events by id and body.
///
/// Call it once after each restore, while no engine runs on the store. The manual has the other
/// steps for each store: [`restoring`](crate::manual::restoring).
///
/// # Errors
///
/// [`TransferError::NoSource`] if no engine has ever opened the store, or a copy into it was not
/// opened; [`TransferError::Contended`] if another process writes to it; [`TransferError::Store`].
///
/// ```
/// # use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
/// # use sspr::{Engine, Keys, SecretBytes};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = MemoryStore::new();
/// # let secret = |byte| SecretBytes::new(vec![byte; 32]);
/// # let keys = Keys::new(secret(1), 1, secret(2))?;
/// # let engine = Engine::builder().keys(keys).store(store.clone());
/// # engine.directory(MemoryDirectory::new()).sessions(sspr::port::NoSessions).delivery(MemoryInbox::new()).open().await?;
/// // The backup is restored, and no engine runs.
/// assert_eq!(sspr::transfer::restored(&store).await?, 1);
/// # Ok(())
/// # }
/// ```
pub async fn restored(store: &dyn Store) -> Result<u32, TransferError> {
    for _ in 0..TRIES {
        let found = note(store, Side::Source).await?.ok_or(TransferError::NoSource)?;
        if found.meta.is_unfinished() {
            return Err(TransferError::NoSource);
        }
        let incarnation = found.meta.incarnation.saturating_add(1);
        let next = Meta { incarnation, ..found.meta };
        let version = Version::new(found.version.count().saturating_add(1), nonce()?);
        let record = Record::new(Meta::KEY, version, Subject::Meta(next));
        // The time of the change is only for operators, and this function has no clock.
        let columns = Meta::columns(Timestamp::EPOCH)?;
        let commit = Commit::new(&record, Some(found.version), &columns, &[]);
        if store.commit(commit).await.at(Side::Source)? == Committed::Applied {
            return Ok(incarnation);
        }
    }
    Err(TransferError::Contended { key: Meta::KEY })
}

/// The id of the target, if its note is the mark of an unfinished copy of this source.
fn marked_target(target: &Meta, source: &Meta, unfinished: &str) -> Result<StoreId, TransferError> {
    let id = target.id.ok_or(TransferError::Occupied)?;
    if target.check == unfinished {
        return Ok(id);
    }

    if Some(id) == source.id {
        return Err(TransferError::SameStore);
    }
    let copy = target.copied_from == source.id;
    if copy && target.check == GIVEN_UP {
        return Err(TransferError::GivenUp);
    }
    // The target is an opened copy of this source, or the store of which this source is a copy.
    let opened = !target.is_unfinished();
    if opened && (copy || source.copied_from == Some(id)) {
        return Err(TransferError::Opened);
    }
    Err(TransferError::Occupied)
}

async fn note(store: &dyn Store, side: Side) -> Result<Option<Found>, TransferError> {
    let Some(record) = store.load(&Meta::KEY).await.at(side)? else {
        return Ok(None);
    };
    let meta = Meta::of(&record).map_err(PortError::from).at(side)?.clone();
    Ok(Some(Found { meta, version: record.version() }))
}

fn nonce() -> Result<u64, TransferError> {
    let mut bytes = [0; 8];
    SystemEntropy.fill(&mut bytes).map_err(|error| TransferError::Entropy { error })?;
    Ok(u64::from_be_bytes(bytes))
}

fn random() -> Result<StoreId, TransferError> {
    let mut bytes = [0; 16];
    SystemEntropy.fill(&mut bytes).map_err(|error| TransferError::Entropy { error })?;
    Ok(StoreId::from_bytes(bytes))
}

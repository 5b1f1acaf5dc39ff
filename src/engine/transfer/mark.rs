//! What the two stores of a copy note about themselves: the mark that keeps a target closed, and the
//! one that closes a source that was moved.

use super::carry::Naming;
use super::report::{Side, TransferError};
use super::{At as _, KINDS, Transfer};
use crate::domain::record::{Record, Subject, Version};
use crate::domain::secret::secrets_equal;
use crate::domain::store_note::{Meta, StoreId};
use crate::domain::time::Timestamp;
use crate::engine::check::meta_of;
use crate::engine::served::SEAL_KEY;
use crate::engine::step::next_count;
use crate::port::{Commit, Committed, Entropy as _, Store, SystemEntropy};

/// How often a note is written again because another process has written it in between.
const TRIES: usize = 8;

/// What the note of a target says whose copy was given up. It begins as that of an unfinished one.
const GIVEN_UP: &str = "unfinished copy, given up";

/// What this copy knows of both stores.
#[derive(Clone, Debug)]
pub(super) struct Marks {
    pub(super) source: StoreId,
    /// The id that the target has from its first mark on.
    pub(super) target: StoreId,
    /// What the target's note says until it is opened, and then.
    unfinished: String,
    finished: String,
}

/// A note, and the version that it has in its store.
struct Found {
    meta: Meta,
    version: Version,
}

impl Transfer<'_> {
    /// Reads what the source says about itself, and marks the target as unfinished.
    pub(super) async fn begin(&self) -> Result<Marks, TransferError> {
        self.begin_or_end(false).await
    }

    /// As [`begin`](Self::begin), also if another process has begun to give this copy up.
    pub(super) async fn begin_to_end(&self) -> Result<Marks, TransferError> {
        self.begin_or_end(true).await
    }

    async fn begin_or_end(&self, ends: bool) -> Result<Marks, TransferError> {
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
            let Some(there) = note(self.to, Side::Target).await? else {
                if self.is_empty().await? {
                    let mut mark = Meta::new(unfinished.clone(), random()?);
                    mark.copied_from = Some(source);
                    // Whatever it returns, what counts is what can be read next.
                    let _ = self.put(self.to, Side::Target, mark, None).await?;
                    continue;
                }
                // What stands there now may be another copy's, which has begun in between.
                if note(self.to, Side::Target).await?.is_some() {
                    continue;
                }
                return Err(TransferError::Occupied);
            };
            let target = match stands(&there.meta, &meta, &unfinished) {
                Err(TransferError::GivenUp) if ends => there.meta.id.ok_or(TransferError::GivenUp),
                target => target,
            }?;
            if meta.moved_to.is_some_and(|moved| moved != target) {
                return Err(TransferError::Moved);
            }
            return Ok(Marks { source, target, unfinished, finished });
        }
        Err(TransferError::Contended { key: Meta::KEY })
    }

    /// That the target is still marked as unfinished, by a copy of this source.
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
        // It is this target, so an engine may have opened it, or its copy was given up.
        let given_up = found.meta.is_unfinished();
        Err(if given_up { TransferError::GivenUp } else { TransferError::Opened })
    }

    /// Closes the source: no engine opens it any more, and where the store can do so, no writer
    /// changes it. Returns whether the store can.
    pub(super) async fn close_source(&self, marks: &Marks) -> Result<bool, TransferError> {
        for _ in 0..TRIES {
            let found = note(self.from, Side::Source).await?.ok_or(TransferError::NoSource)?;
            match found.meta.moved_to {
                Some(target) if target == marks.target => {
                    return self.from.fence(true).await.at(Side::Source);
                }
                Some(_) => return Err(TransferError::Moved),
                None => {}
            }
            let moved = Meta { moved_to: Some(marks.target), ..found.meta };
            let _ = self.put(self.from, Side::Source, moved, Some(found.version)).await?;
        }
        Err(TransferError::Contended { key: Meta::KEY })
    }

    /// Makes the target useless, and opens the source again.
    pub(super) async fn reopen_source(&self, marks: &Marks) -> Result<(), TransferError> {
        // The target first: from here on no process can open it.
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
        for _ in 0..TRIES {
            let found = note(self.from, Side::Source).await?.ok_or(TransferError::NoSource)?;
            match found.meta.moved_to {
                None => return Ok(()),
                Some(target) if target == marks.target => {}
                Some(_) => return Err(TransferError::Moved),
            }
            let back = Meta { moved_to: None, ..found.meta };
            let _ = self.put(self.from, Side::Source, back, Some(found.version)).await?;
        }
        Err(TransferError::Contended { key: Meta::KEY })
    }

    /// Opens the target to engines. If the version that this object has tried to write before stands
    /// there, that try has worked.
    pub(super) async fn open_marked(&mut self, marks: &Marks) -> Result<(), TransferError> {
        // What is sealed comes over as it is, and so does what says which seal opens it.
        self.carry_seal_note(marks).await?;
        for _ in 0..TRIES {
            let found = match self.marked(marks).await {
                Err(TransferError::Opened) if self.opening.is_some() => {
                    let there = note(self.to, Side::Target).await?;
                    let ours = there.is_some_and(|found| Some(found.version) == self.opening);
                    return if ours { Ok(()) } else { Err(TransferError::Opened) };
                }
                found => found?,
            };
            let version = Version::new(found.version.count().saturating_add(1), nonce()?);
            // Kept before it is written: the answer may be lost.
            self.opening = Some(version);
            let open = Meta { check: marks.finished.clone(), ..found.meta };
            let open = Record::new(Meta::KEY, version, Subject::Meta(open));
            let _ = self.commit(self.to, Side::Target, &open, Some(found.version)).await?;
        }
        Err(TransferError::Contended { key: Meta::KEY })
    }

    /// Brings over the note about the seal, while the target is still closed: an engine whose seal does
    /// not open what was copied is then refused when it opens, and not at the first code of an app.
    async fn carry_seal_note(&self, marks: &Marks) -> Result<(), TransferError> {
        let Some(source) = self.from.load(&SEAL_KEY).await.at(Side::Source)? else {
            return Ok(());
        };
        for _ in 0..TRIES {
            let there = self.to.load(&SEAL_KEY).await.at(Side::Target)?;
            if there.as_ref().is_some_and(|there| there.body() == source.body()) {
                return Ok(());
            }
            // After the load: what an engine writes once the target is open makes this one stale.
            match self.marked(marks).await {
                Err(TransferError::Opened) => return Ok(()),
                marked => marked.map(drop)?,
            }
            let before = there.as_ref().map(Record::version);
            let version = Version::new(next_count(before, self.clock.now()), nonce()?);
            let note = Record::loaded(SEAL_KEY, version, source.body());
            let _ = self.commit(self.to, Side::Target, &note, before).await?;
        }
        Err(TransferError::Contended { key: SEAL_KEY })
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

    /// A store cannot be asked for everything that it holds; but for what these tenants have, and
    /// for what is due.
    async fn is_empty(&self) -> Result<bool, TransferError> {
        let due = self.to.due(Timestamp::MAX, None, 1).await.at(Side::Target)?;
        let mut empty = due.items.is_empty();
        for tenant in &self.tenants {
            for kind in KINDS {
                let page = self.to.scan(tenant, kind, None, 1).await.at(Side::Target)?;
                empty &= page.items.is_empty();
            }
        }
        Ok(empty)
    }
}

/// Raises the incarnation of a store that was restored from a backup, and returns it.
///
/// A restored store has lost its last events. Its next ones get positions, and ids, that a reader
/// of the trail has seen already: without this call the reader would skip them. After it, a cursor
/// that was made before is refused with [`InvalidInput::Foreign`](crate::InvalidInput): the reader
/// begins again, and knows events by their id and body.
///
/// Call it once after each restore, while no engine runs on the store. The manual says for each
/// store what else to do: [`restoring`](crate::manual::restoring).
///
/// # Errors
///
/// [`TransferError::NoSource`] if no engine has ever opened the store, or a copy into it was not
/// opened; [`TransferError::Contended`] if something writes to it; [`TransferError::Store`].
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
/// # engine.directory(MemoryDirectory::new()).delivery(MemoryInbox::new()).open().await?;
/// // The backup stands in its place, and no engine runs.
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
        // The time of the change is for operators only; this call has no clock.
        let columns = Meta::columns(Timestamp::EPOCH)?;
        let commit = Commit::new(&record, Some(found.version), &columns, &[]);
        if store.commit(commit).await.at(Side::Source)? == Committed::Applied {
            return Ok(incarnation);
        }
    }
    Err(TransferError::Contended { key: Meta::KEY })
}

/// The id of the target, if its note is the mark of a copy of this source.
fn stands(there: &Meta, source: &Meta, unfinished: &str) -> Result<StoreId, TransferError> {
    let id = there.id.ok_or(TransferError::Occupied)?;
    if there.check == unfinished {
        return Ok(id);
    }
    let (own, theirs) = (Some(id), source.id);
    if own == theirs {
        return Err(TransferError::SameStore);
    }
    let copy = there.copied_from == theirs;
    if copy && there.check == GIVEN_UP {
        return Err(TransferError::GivenUp);
    }
    // A copy of this source that was opened, or the store that this source is a copy of.
    let opened = !there.is_unfinished();
    if opened && (copy || source.copied_from == own) {
        return Err(TransferError::Opened);
    }
    Err(TransferError::Occupied)
}

async fn note(store: &dyn Store, side: Side) -> Result<Option<Found>, TransferError> {
    let Some(record) = store.load(&Meta::KEY).await.at(side)? else {
        return Ok(None);
    };
    let meta = meta_of(&record).at(side)?.clone();
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

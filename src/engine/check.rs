//! The check that an engine makes of its store when it is opened.

use super::Engine;
use super::error::{At as _, Error, Fault, FaultOrigin};
use crate::domain::record::{Record, Subject, Version};
use crate::domain::secret::secrets_equal;
use crate::domain::store_note::{Meta, StoreId};
use crate::port::{Commit, PortError, PortResult};

impl Engine {
    /// Compares the lookup key with the one that the store was made with, or notes it in a new
    /// store; and sees that the store gives back what it was given, and is the one expected.
    pub(super) async fn check_store(&self, expected: Option<StoreId>) -> Result<StoreId, Error> {
        let refused = |cause: String| {
            Error::Fault(Fault {
                origin: FaultOrigin::Store,
                error: PortError::denied().because(cause),
            })
        };
        let ours = self.inner.keys.check_value();
        // Another engine may be the first: then what it wrote is compared.
        for _ in 0..3 {
            let found = self.store_note().await?;
            if let Some((meta, _)) = &found {
                if meta.is_unfinished() {
                    return Err(refused("a copy into the store was not opened".to_owned()));
                }
                if let Some(target) = meta.moved_to {
                    return Err(refused(format!("the store was moved: its copy is {target}")));
                }
                if !secrets_equal(meta.check.as_bytes(), ours.as_bytes()) {
                    return Err(refused("the store was made with another lookup key".to_owned()));
                }
            }
            let id = found.as_ref().and_then(|(meta, _)| meta.id);
            if let Some(wanted) = expected
                && id != Some(wanted)
            {
                let there = id.map_or_else(|| "a new one".to_owned(), |id| id.to_string());
                return Err(refused(format!("store {wanted} was expected, this is {there}")));
            }
            if let Some(id) = id {
                return Ok(id);
            }
            let id = Some(StoreId::from_bytes(self.random()?));
            let (meta, before) = match found {
                Some((meta, version)) => (Meta { id, ..meta }, Some(version)),
                None => {
                    (Meta { id, ..Meta::new(ours.clone(), StoreId::from_bytes([0; 16])) }, None)
                }
            };
            let count = before.map_or(0, Version::count).saturating_add(1);
            let version = Version::new(count, u64::from_be_bytes(self.random()?));
            let record = Record::new(Meta::KEY, version, Subject::Meta(meta));
            let columns = Meta::columns(self.inner.clock.now())?;
            let commit = Commit::new(&record, before, &columns, &[]);
            // Whatever it returns, what counts is what can be read next.
            let _ = self.inner.store.commit(commit).await.at(FaultOrigin::Store)?;
        }
        let cause = "the store does not keep what it is given";
        let error = PortError::corrupt().because(cause);
        Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }))
    }

    /// What the store says about itself now, and the version of that note.
    pub(super) async fn store_note(&self) -> Result<Option<(Meta, Version)>, Error> {
        let Some(record) = self.inner.store.load(&Meta::KEY).await.at(FaultOrigin::Store)? else {
            return Ok(None);
        };
        let meta = meta_of(&record).at(FaultOrigin::Store)?.clone();
        Ok(Some((meta, record.version())))
    }
}

/// What a record says about its store.
pub(super) fn meta_of(record: &Record) -> PortResult<&Meta> {
    match record.subject() {
        Ok(Subject::Meta(meta)) => Ok(meta),
        Ok(_) => Err(PortError::corrupt().because("no meta record")),
        Err(error) => Err(PortError::corrupt().because(error)),
    }
}

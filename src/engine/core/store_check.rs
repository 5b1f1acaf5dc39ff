//! The checks of a store when an engine opens it.

use crate::domain::crypto::secret::secrets_equal;
use crate::domain::record::store_note::{Meta, StoreId};
use crate::domain::record::{Record, Subject, Version};
use crate::engine::api::error::{At as _, Error, Fault, FaultOrigin};
use crate::engine::core::{BoxedCall, Core};
use crate::port::{Commit, PortError};

impl Core {
    /// Checks the store and the seal when the engine opens, and makes what decoys need.
    pub(crate) fn check_ports(&self, expected: Option<StoreId>) -> BoxedCall<'_, ()> {
        Box::pin(async move {
            let id = self.check_store(expected).await?;
            // The cell is empty until here, so that this cannot fail.
            let _ = self.store_id.set(id);
            self.check_seal().await?;
            self.make_decoys().await
        })
    }

    /// Checks that the store was created with this lookup key, is the expected one, is open and
    /// returns what was written to it. A new store is initialised.
    async fn check_store(&self, expected: Option<StoreId>) -> Result<StoreId, Error> {
        let refused = |cause: String| {
            Error::Fault(Fault {
                origin: FaultOrigin::Store,
                error: PortError::denied().because(cause),
            })
        };
        let own_check = self.keys.check_value();
        // Another engine may initialise the store first: then its note is compared.
        for _ in 0..3 {
            let found = self.store_note().await?;
            if let Some((meta, _)) = &found {
                if meta.is_unfinished() {
                    return Err(refused(
                        "a copy into the store is not finished: finish it and call `open_target`"
                            .to_owned(),
                    ));
                }
                if let Some(target) = meta.moved_to {
                    return Err(refused(format!("the store was moved: its copy is {target}")));
                }
                if !secrets_equal(meta.check.as_bytes(), own_check.as_bytes()) {
                    return Err(refused("the store was made with another lookup key".to_owned()));
                }
            }
            let id = found.as_ref().and_then(|(meta, _)| meta.id);
            if let Some(wanted) = expected
                && id != Some(wanted)
            {
                let found = id.map_or_else(|| "a new store".to_owned(), |id| id.to_string());
                return Err(refused(format!("store {wanted} was expected, this is {found}")));
            }
            if let Some(id) = id {
                return Ok(id);
            }
            let id = Some(StoreId::from_bytes(self.random()?));
            let (meta, before) = match found {
                Some((meta, version)) => (Meta { id, ..meta }, Some(version)),
                None => (
                    Meta { id, ..Meta::new(own_check.clone(), StoreId::from_bytes([0; 16])) },
                    None,
                ),
            };
            let count = before.map_or(0, Version::count).saturating_add(1);
            let version = Version::new(count, u64::from_be_bytes(self.random()?));
            let record = Record::new(Meta::KEY, version, Subject::Meta(meta));
            let columns = Meta::columns(self.clock.now())?;
            let commit = Commit::new(&record, before, &columns, &[]);
            // The next round reads the outcome.
            let _ = self.store.commit(commit).await.at(FaultOrigin::Store)?;
        }
        let cause = "the store does not return what was written to it";
        let error = PortError::corrupt().because(cause);
        Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }))
    }

    /// The store's note about itself, and the version of that note.
    pub(crate) async fn store_note(&self) -> Result<Option<(Meta, Version)>, Error> {
        let Some(record) = self.store.load(&Meta::KEY).await.at(FaultOrigin::Store)? else {
            return Ok(None);
        };
        let meta = Meta::of(&record).map_err(PortError::from).at(FaultOrigin::Store)?.clone();
        Ok(Some((meta, record.version())))
    }
}

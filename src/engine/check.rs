//! The check that an engine makes of its store when it is opened.

use super::Engine;
use super::error::{At as _, Error, Fault, Port};
use crate::domain::ids::RecordKey;
use crate::domain::record::{Meta, Record, Subject, Version};
use crate::domain::secret::secrets_equal;
use crate::port::{Commit, PortError, PortResult};

/// The one key that does not depend on the lookup key.
pub(super) const META_KEY: RecordKey = RecordKey::from_bytes([0; 32]);

impl Engine {
    /// Compares the lookup key with the one that the store was made with, or notes it in a new
    /// store; and sees that the store gives back what it was given.
    pub(super) async fn check_store(&self) -> Result<(), Error> {
        let ours = self.inner.keys.check_value();
        let fault = |error: PortError| Error::Fault(Fault { port: Port::Store, error });
        // Somebody else may be the first: then what they wrote is compared.
        for _ in 0..3 {
            if let Some(record) = self.inner.store.load(&META_KEY).await.at(Port::Store)? {
                let meta = meta_of(&record).map_err(fault)?;
                if meta.is_unfinished() {
                    let cause = "a copy into the store is not finished";
                    return Err(fault(PortError::denied().because(cause)));
                }
                if !secrets_equal(meta.check.as_bytes(), ours.as_bytes()) {
                    let cause = "the store was made with another lookup key";
                    return Err(fault(PortError::denied().because(cause)));
                }
                return Ok(());
            }
            let version = Version::new(1, u64::from_be_bytes(self.random()?));
            let meta = Meta { key: META_KEY, check: ours.clone() };
            let record = Record::new(META_KEY, version, Subject::Meta(meta));
            let columns = Meta::columns(self.inner.clock.now())?;
            let commit = Commit::new(&record, None, &columns, &[]);
            // Whatever it answers, what counts is what can be read next.
            let _ = self.inner.store.commit(commit).await.at(Port::Store)?;
        }
        let cause = "the store does not keep what it is given";
        Err(fault(PortError::corrupt().because(cause)))
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

//! Whether this engine can serve a policy, and whether its seal is the one that the store was first
//! used with.

use crate::domain::capabilities::Capabilities;
use crate::domain::identity::ids::TenantId;
use crate::domain::policy::Policy;
use crate::domain::policy::served::{Unserved, unserved};
use crate::domain::record::store_note::{Meta, StoreId};
use crate::domain::record::{Record, Subject, Version, next_count};
use crate::engine::api::error::{At as _, Error, Fault, FaultOrigin};
use crate::engine::core::Core;
use crate::port::{Commit, Committed, PortError, PortErrorKind};

/// A placeholder: the seal's record has no store id.
const NO_ID: StoreId = StoreId::from_bytes([0; 16]);
/// The sealed text, and its associated data.
const CHECK: &[u8] = b"sspr: what this seal must open";

/// The parts of a policy that this engine cannot serve for this tenant.
pub(crate) async fn check(
    core: &Core,
    tenant: &TenantId,
    policy: &Policy,
) -> Result<Vec<Unserved>, Error> {
    let facts = core.directory.tenant(tenant).await.at(FaultOrigin::Directory)?;
    let provided = core.delivery.channels(tenant).await.at(FaultOrigin::Delivery)?;
    let channels = policy.served_channels(&provided, facts.as_ref(), core.clock.now());
    let capabilities = Capabilities {
        channels,
        link: policy.link.is_some(),
        oath: core.seal.is_some(),
        questions: core.slow_hash.is_some(),
        external: core.external.iter().map(|method| method.kind()).collect(),
    };
    let mut found =
        unserved(policy, &capabilities, [core.human_check.is_some(), core.strength.is_some()]);
    found.extend(core.uncovered_hashes(policy));
    Ok(found)
}

impl Core {
    /// Requires that the seal opens the check value that was sealed at the store's first use. A
    /// check value under an older key is sealed again under the current key, so that the older key
    /// can be removed.
    pub(crate) async fn check_seal(&self) -> Result<(), Error> {
        let Some(seal) = &self.seal else { return Ok(()) };
        let store = &self.store;
        for _ in 0..3 {
            let found = store.load(&Meta::SEAL_KEY).await.at(FaultOrigin::Store)?;
            if let Some(record) = &found {
                let meta = Meta::of(record).map_err(PortError::from).at(FaultOrigin::Store)?;
                let sealed = data_encoding::BASE64
                    .decode(meta.check.as_bytes())
                    .map_err(|error| PortError::corrupt().because(error.to_string()))
                    .at(FaultOrigin::Store)?;
                let opened = seal.open(&sealed, CHECK).await;
                let wrong = |kind| matches!(kind, PortErrorKind::Corrupt | PortErrorKind::Denied);
                match opened {
                    Ok(_) => {}
                    Err(error) if wrong(error.kind()) => {
                        let cause = "the seal does not open what this store was sealed with: the key \
                                     is another one, or an older key was dropped too early";
                        let error = PortError::denied().because(cause);
                        return Err(Error::Fault(Fault { origin: FaultOrigin::Seal, error }));
                    }
                    Err(error) => {
                        return Err(Error::Fault(Fault { origin: FaultOrigin::Seal, error }));
                    }
                }
                if seal.is_current(&sealed) {
                    return Ok(());
                }
            }
            let sealed = seal.seal(CHECK, CHECK).await.at(FaultOrigin::Seal)?;
            let before = found.as_ref().map(Record::version);
            let now = self.clock.now();
            let count = next_count(before, now);
            let version = Version::new(count, u64::from_be_bytes(self.random()?));
            let check = data_encoding::BASE64.encode(&sealed);
            let meta = Meta { key: Meta::SEAL_KEY, id: None, ..Meta::new(check, NO_ID) };
            let record = Record::new(Meta::SEAL_KEY, version, Subject::Meta(meta));
            let columns = Meta::columns(now)?;
            let commit = Commit::new(&record, before, &columns, &[]);
            match store.commit(commit).await {
                // After an unknown outcome the record is read again: another engine may have
                // written it first.
                Ok(Committed::Applied) => return Ok(()),
                Ok(Committed::Stale) => {}
                Err(error) if error.kind() == PortErrorKind::Unknown => {}
                Err(error) => {
                    return Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }));
                }
            }
        }
        let cause = "the store does not keep the check value of the seal";
        Err(Error::Fault(Fault {
            origin: FaultOrigin::Store,
            error: PortError::corrupt().because(cause),
        }))
    }
}

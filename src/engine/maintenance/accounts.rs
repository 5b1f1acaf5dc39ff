//! Operations for the rotation of keys: they read the accounts of a tenant page by page and can be
//! resumed.

use crate::domain::identity::ids::{RecordKey, TenantId};
use crate::domain::record::{CorruptRecord, Record, RecordKind};
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::core::Core;
use crate::engine::core::commit::{Loaded, Target, target_of};
use crate::port::{Cursor, Page, PortError};

/// A record that cannot be read: it is damaged, names another account, or was closed by a newer
/// release. Its account stays closed, and the record is not changed.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, thiserror::Error)]
#[error("the account of record {record} cannot be read: {detail}")]
#[non_exhaustive]
pub struct UnreadableAccount {
    /// The key of the record in the store.
    pub record: RecordKey,
    /// What is wrong with the record, without its content.
    pub detail: String,
}

impl UnreadableAccount {
    fn of(record: &Record, error: &Error) -> Self {
        let source = match error {
            Error::Fault(fault) => std::error::Error::source(&fault.error),
            _ => None,
        };
        let corrupt = source.and_then(|source| source.downcast_ref::<CorruptRecord>());
        let detail = corrupt.map_or_else(|| error.to_string(), |corrupt| corrupt.detail.clone());
        Self { record: *record.key(), detail }
    }
}

/// A page of the tenant's account records.
pub(crate) async fn accounts_of(
    core: &Core,
    tenant: &TenantId,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<Record>, Error> {
    // An empty page would look like the end.
    let (kind, limit) = (RecordKind::Account, limit.max(1));
    core.store.scan(tenant, kind, after, limit).await.at(FaultOrigin::Store)
}

/// The account in a record, if it is one of the tenant's and can be read.
pub(crate) fn read_account(
    core: &Core,
    tenant: &TenantId,
    record: &Record,
) -> Result<(Target, Loaded), UnreadableAccount> {
    let read = target_of(record).and_then(|(target, loaded)| {
        core.check_target(&target)?;
        if target.tenant == *tenant && target.user.is_some() {
            return Ok((target, loaded));
        }
        let cause = record.corrupt("the body names another account".to_owned());
        Err(PortError::corrupt().because(cause)).at(FaultOrigin::Store)
    });
    read.map_err(|error| UnreadableAccount::of(record, &error))
}

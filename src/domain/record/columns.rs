//! The columns that a store keeps beside each body: a function of the body alone.

use crate::domain::account::Account;
use crate::domain::identity::ids::TenantId;
use crate::domain::invalid::InvalidInput;
use crate::domain::policy::policy_record::PolicyRecord;
use crate::domain::record::store_note::Meta;
use crate::domain::record::{Columns, RecordKind};
use crate::domain::time::Timestamp;

impl Account {
    /// Whether this is an account or a decoy.
    pub(crate) const fn record_kind(&self) -> RecordKind {
        if self.user.is_some() { RecordKind::Account } else { RecordKind::Decoy }
    }

    pub(crate) fn columns(&self) -> Columns {
        let mut columns = Columns::new(self.tenant.clone(), self.record_kind(), self.seen);
        columns.user.clone_from(&self.user);
        columns.wake_at = self.wake_at();
        columns.expires_at = self.expires_at();
        columns.registered = self.registration.completed_at.is_some();
        columns.locked_until = self.windows().filter_map(|window| window.locked_until).max();
        columns
    }
}

impl PolicyRecord {
    pub(crate) fn columns(&self) -> Columns {
        Columns::new(self.tenant.clone(), RecordKind::Policy, self.changed_at)
    }
}

impl Meta {
    /// The note belongs to no tenant, so it has a reserved one.
    pub(crate) fn columns(now: Timestamp) -> Result<Columns, InvalidInput> {
        Ok(Columns::new(TenantId::parse("_store")?, RecordKind::Meta, now))
    }
}

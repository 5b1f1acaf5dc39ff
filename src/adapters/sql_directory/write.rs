//! The writes: read the row, decide, change it under the condition that its password is still the same.

use super::directory::SqlDirectory;
use super::facts::UserRow;
use super::rows::{Changed, RowChange};
use super::statements::Effects;
use crate::facts::{PasswordHome, PolicyReason, WriteOutcome, WritePurpose, WriteReply};
use crate::port::{PasswordWrite, PortError, PortErrorKind, UnlockWrite};
use crate::{TenantId, UserId};

/// Longer passwords are refused: never cut them.
const LONGEST: usize = 1_024;

/// A reply that ends a write before its end.
pub(super) struct Refusal(pub(super) WriteReply);

/// What a failed call means for a write that has sent nothing, or whose transaction says what it did.
impl From<PortError> for Refusal {
    fn from(error: PortError) -> Self {
        let outcome = match error.kind() {
            PortErrorKind::Unavailable => WriteOutcome::Unreachable,
            PortErrorKind::Denied | PortErrorKind::Corrupt => WriteOutcome::AdminActionRequired,
            _ => WriteOutcome::Indeterminate,
        };
        let why = std::error::Error::source(&error).map(ToString::to_string);
        Self(outcome.with_detail(&why.unwrap_or_default()))
    }
}

fn refused<T>(why: &str) -> Result<T, Refusal> {
    Err(Refusal(WriteOutcome::AdminActionRequired.with_detail(why)))
}

fn violation<T>(reason: PolicyReason) -> Result<T, Refusal> {
    Err(Refusal(WriteOutcome::PolicyViolation(reason).into()))
}

impl SqlDirectory {
    /// The one row of a user whose password may be written.
    async fn writable(&self, tenant: &TenantId, user: &UserId) -> Result<UserRow, Refusal> {
        if !self.tenants.contains_key(tenant) {
            return refused("no such tenant");
        }
        let mut rows = self.by_id(tenant, user).await?.into_iter();
        match (rows.next(), rows.next()) {
            (None, _) => refused("no such user"),
            (Some(_), Some(_)) => refused("several rows have the user's identifier"),
            (Some(row), None) if row.facts.protected => refused("the user is protected"),
            (Some(row), None) => Ok(row),
        }
    }

    fn keys(&self, tenant: &TenantId, user: &UserId) -> Vec<Option<String>> {
        vec![Some(tenant.as_str().to_owned()), self.id_parameter(user)]
    }

    pub(super) async fn written(&self, write: &PasswordWrite<'_>) -> Result<WriteReply, Refusal> {
        if write.password.expose_secret().len() > LONGEST {
            return violation(PolicyReason::Length);
        }
        if write.expires_at.is_some() && self.table.expires_at.is_none() {
            return refused("no column for the time at which a temporary password expires");
        }
        if write.must_change && self.table.must_change.is_none() {
            return refused("no column for a password that must be changed");
        }
        let row = self.writable(write.tenant, write.user).await?;
        let number = write.number.to_string();
        let is_repeated = row.write_number.as_deref() == Some(number.as_str());
        let is_change = write.purpose == WritePurpose::Change && self.table.write_number.is_some();
        if (is_repeated || is_change)
            && self.hasher.is_of(row.password.as_deref(), write.password).await?
        {
            // The same write once more, after its reply was lost; or a change to the present password.
            return if is_repeated {
                Ok(WriteOutcome::Written.into())
            } else {
                violation(PolicyReason::History)
            };
        }
        let hash = self.hasher.hash(write.password).await?;
        let effects = Effects {
            password: true,
            must_change: Some(write.must_change),
            expires_at: Some(write.expires_at),
            changed_at: Some(self.clock.now()),
            write_number: Some(write.number),
            unlocks: write.clears.includes(PasswordHome::Cloud),
        };
        let mut parameters = self.keys(write.tenant, write.user);
        parameters.extend([Some(hash.clone()), row.stored]);
        let change = RowChange {
            update: self.statements.update(&effects),
            parameters,
            read_back: Some((self.statements.read_back.clone(), hash)),
        };
        reply_of(self.rows.change(change).await?)
    }

    pub(super) async fn unlocked(&self, unlock: &UnlockWrite<'_>) -> Result<WriteReply, Refusal> {
        self.writable(unlock.tenant, unlock.user).await?;
        let unlocks = unlock.clears.includes(PasswordHome::Cloud);
        let effects = Effects { unlocks, ..Effects::default() };
        let change = RowChange {
            update: self.statements.update(&effects),
            parameters: self.keys(unlock.tenant, unlock.user),
            read_back: None,
        };
        reply_of(self.rows.change(change).await?)
    }
}

fn reply_of(changed: Changed) -> Result<WriteReply, Refusal> {
    match changed {
        Changed::Done => Ok(WriteOutcome::Written.into()),
        // It may have been an earlier try of this one.
        Changed::NoRow => {
            Err(Refusal(WriteOutcome::Indeterminate.with_detail("another write came first")))
        }
        Changed::SeveralRows => refused("several rows would have been changed, none was"),
        Changed::NotKept => {
            refused("the column does not keep the hash that was written, nothing was changed")
        }
    }
}

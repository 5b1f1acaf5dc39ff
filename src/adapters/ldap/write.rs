//! The directory's verbs that write.

use zeroize::Zeroizing;

use super::connection::LdapConnection;
use super::facts::{is_locked_for_good, user_facts};
use super::fault::{LdapFault, LdapReply, LdapStage};
use super::filter::Filter;
use super::message::{Control, Entry, OperationResult, POLICY_HINTS, Replacement};
use super::outcome::{self, code};
use super::profile::LdapKind;
use super::shared::LdapDirectory;
use super::tenant::LdapTenant;
use crate::Timestamp;
use crate::facts::{PolicyReason, WriteOutcome, WriteReply};
use crate::port::{PasswordWrite, UnlockWrite};

/// A fault after a write was done: the outcome is not known, whatever failed.
fn after_write(fault: LdapFault) -> LdapFault {
    LdapFault { stage: LdapStage::Write, ..fault }
}

/// What a write reports that ended with this fault.
pub(super) fn reply_of(fault: &LdapFault) -> WriteReply {
    let outcome = match fault.stage {
        LdapStage::Write => WriteOutcome::Indeterminate,
        _ if fault.is_denied() => WriteOutcome::AdminActionRequired,
        _ => WriteOutcome::Unreachable,
    };
    outcome.with_detail(&fault.to_string())
}

fn unknown_user() -> WriteReply {
    WriteOutcome::AdminActionRequired.with_detail("no such user")
}

fn locked_for_good() -> WriteReply {
    WriteOutcome::AdminActionRequired
        .with_detail("an administrator has locked the account for good")
}

/// Whether the refusal may be about a password that an earlier try of the same write has set.
const fn may_be_a_repetition(reply: &WriteReply) -> bool {
    matches!(
        reply.outcome,
        WriteOutcome::PolicyViolation(
            PolicyReason::History | PolicyReason::TooYoung { .. } | PolicyReason::Unspecified
        )
    )
}

/// The form in which Active Directory takes a password: quoted, in UTF-16.
pub(super) fn unicode_password(password: &str) -> Zeroizing<Vec<u8>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * password.len() + 4));
    for unit in "\"".encode_utf16().chain(password.encode_utf16()).chain("\"".encode_utf16()) {
        bytes.extend_from_slice(&unit.to_le_bytes());
    }
    bytes
}

impl LdapDirectory {
    pub(super) async fn write_password(
        &self,
        tenant: &LdapTenant,
        write: &PasswordWrite<'_>,
        stage: &mut LdapStage,
    ) -> LdapReply<WriteReply> {
        if write.password.expose_secret().contains('\0') {
            let refused = WriteOutcome::PolicyViolation(PolicyReason::Unspecified);
            return Ok(refused.with_detail("the password holds a NUL"));
        }
        let pool = self.writing_pool();
        let mut lease = pool.lease(stage).await?;
        *stage = LdapStage::Read;
        let server = lease.server();
        let connection = lease.connection()?;
        let Some(entry) = self.entry_by_id(connection, tenant, write.user).await? else {
            return Ok(unknown_user());
        };
        let result = match self.profile.kind {
            LdapKind::ActiveDirectory => {
                let hints = self.policy_hints(connection).await?;
                *stage = LdapStage::Write;
                self.modify_unicode_password(connection, &entry, write, hints).await?
            }
            LdapKind::OpenLdap if is_locked_for_good(&entry) => return Ok(locked_for_good()),
            LdapKind::OpenLdap => {
                *stage = LdapStage::Write;
                connection.modify_password(&entry.name, write.password).await?
            }
        };
        let reply = outcome::of(&result, self.young_until(&entry)?);
        let refused = reply.outcome != WriteOutcome::Written;
        if refused && may_be_a_repetition(&reply) {
            let bound = pool.bind(server, &entry.name, write.password, stage).await;
            *stage = LdapStage::Write;
            if bound.map_err(after_write)?.code != code::SUCCESS {
                return Ok(reply);
            }
        } else if refused {
            return Ok(reply);
        }
        self.finish(connection, &entry, write, refused).await.map_err(after_write)
    }

    fn young_until(&self, entry: &Entry) -> LdapReply<Option<Timestamp>> {
        let facts = user_facts(&self.profile, entry, self.clock.now())?;
        let changed = facts.password_changed_at.zip(self.profile.minimum_password_age);
        Ok(changed.map(|(changed, age)| changed.plus(age)))
    }

    /// The control for policy hints, if the profile wants it and the server lists it.
    async fn policy_hints(&self, connection: &mut LdapConnection) -> LdapReply<Vec<Control>> {
        if !self.profile.policy_hints {
            return Ok(Vec::new());
        }
        let any = Filter::present("objectClass");
        let root = connection.entry("", &any, &["supportedControl"]).await?.unwrap_or_default();
        let listed = |oid: &&str| root.texts("supportedControl").any(|text| text == *oid);
        Ok(POLICY_HINTS.into_iter().find(listed).map(Control::policy_hints).into_iter().collect())
    }

    /// The effects of a write beside the password, in Active Directory.
    fn effects(&self, write: &PasswordWrite<'_>) -> Vec<Replacement<'static>> {
        let mut effects: Vec<Replacement<'static>> = Vec::new();
        if write.clears.includes(self.profile.password_home) {
            effects.push(("lockoutTime", vec![b"0"]));
        }
        if write.must_change {
            effects.push(("pwdLastSet", vec![b"0"]));
        }
        effects
    }

    /// The password and the effects of the write, all or none.
    async fn modify_unicode_password(
        &self,
        connection: &mut LdapConnection,
        entry: &Entry,
        write: &PasswordWrite<'_>,
        hints: Vec<Control>,
    ) -> LdapReply<OperationResult> {
        let password = unicode_password(write.password.expose_secret());
        let mut replaced: Vec<Replacement<'_>> = vec![("unicodePwd", vec![&password])];
        replaced.extend(self.effects(write));
        connection.modify(&entry.name, &replaced, &hints).await
    }

    /// Brings about the effects that the write of the password alone has not. Active Directory has
    /// done them in the same step, unless that step repeated an earlier write and was `refused`.
    async fn finish(
        &self,
        connection: &mut LdapConnection,
        entry: &Entry,
        write: &PasswordWrite<'_>,
        refused: bool,
    ) -> LdapReply<WriteReply> {
        let before = entry.text("pwdAccountLockedTime");
        let replaced = match self.profile.kind {
            LdapKind::ActiveDirectory if refused => self.effects(write),
            LdapKind::ActiveDirectory => Vec::new(),
            LdapKind::OpenLdap => {
                let after = read_state(connection, entry).await?;
                let mut replaced: Vec<Replacement<'_>> = Vec::new();
                if after.is_true("pwdReset") != write.must_change {
                    let value: &[&[u8]] = if write.must_change { &[b"TRUE"] } else { &[] };
                    replaced.push(("pwdReset", value.to_vec()));
                }
                let locked = after.text("pwdAccountLockedTime").is_some();
                match before {
                    // OpenLDAP clears a lockout with every new password.
                    Some(since) if !write.clears.includes(self.profile.password_home) => {
                        replaced.push(("pwdAccountLockedTime", vec![since.as_bytes()]));
                    }
                    _ if locked => replaced.push(("pwdAccountLockedTime", Vec::new())),
                    _ => {}
                }
                replaced
            }
        };
        if replaced.is_empty() {
            return Ok(WriteOutcome::Written.into());
        }
        let result = connection.modify(&entry.name, &replaced, &[]).await?;
        match result.code {
            code::SUCCESS => Ok(WriteOutcome::Written.into()),
            // The password is written, and an effect is missing: another try brings it about.
            number => Ok(WriteOutcome::Indeterminate
                .with_detail(&format!("{number}: after the password: {}", result.text))),
        }
    }

    pub(super) async fn write_unlock(
        &self,
        tenant: &LdapTenant,
        unlock: &UnlockWrite<'_>,
        stage: &mut LdapStage,
    ) -> LdapReply<WriteReply> {
        let mut lease = self.writing_pool().lease(stage).await?;
        *stage = LdapStage::Read;
        let connection = lease.connection()?;
        let Some(entry) = self.entry_by_id(connection, tenant, unlock.user).await? else {
            return Ok(unknown_user());
        };
        let replaced: Replacement<'_> = match self.profile.kind {
            _ if !unlock.clears.includes(self.profile.password_home) => {
                return Ok(WriteOutcome::Written.into());
            }
            LdapKind::ActiveDirectory => ("lockoutTime", vec![b"0"]),
            LdapKind::OpenLdap if is_locked_for_good(&entry) => return Ok(locked_for_good()),
            LdapKind::OpenLdap if entry.text("pwdAccountLockedTime").is_none() => {
                return Ok(WriteOutcome::Written.into());
            }
            LdapKind::OpenLdap => ("pwdAccountLockedTime", Vec::new()),
        };
        *stage = LdapStage::Write;
        let result = connection.modify(&entry.name, &[replaced], &[]).await?;
        // Another unlock came first.
        if result.code == code::NO_SUCH_ATTRIBUTE {
            return Ok(WriteOutcome::Written.into());
        }
        Ok(outcome::of(&result, None))
    }
}

/// The state of an OpenLDAP entry after a password was written.
async fn read_state(connection: &mut LdapConnection, entry: &Entry) -> LdapReply<Entry> {
    let any = Filter::present("objectClass");
    let state = connection.entry(&entry.name, &any, &["pwdAccountLockedTime", "pwdReset"]).await?;
    state.ok_or(LdapFault::unusable("the entry is gone after the write"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_directory_takes_a_password_in_quotes() {
        assert_eq!(*unicode_password("a\u{1f5dd}"), [34, 0, 97, 0, 61, 216, 221, 221, 34, 0]);
    }
}

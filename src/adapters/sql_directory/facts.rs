//! The facts of a user, from a row.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

use super::rows::TextRow;
use super::statements::COLUMNS;
use super::table::UserTable;
use crate::facts::{GroupId, MustChange, UserFacts};
use crate::message::Locale;
use crate::port::{PortError, PortResult};
use crate::{RoleId, Timestamp, UserId};

/// A user's row.
pub(super) struct UserRow {
    pub(super) facts: UserFacts,
    /// The hash. `None` if the user has no password.
    pub(super) password: Option<String>,
    /// The hash as it is stored, for the condition of a write.
    pub(super) stored: Option<String>,
    pub(super) write_number: Option<String>,
    pub(super) names: Vec<String>,
}

/// A name without case and in one normal form.
pub(super) fn folded(name: &str) -> String {
    name.nfc().collect::<String>().to_lowercase()
}

/// Reads a row of the statements. A value that cannot be what the column is for is an error.
pub(super) fn user_row(table: &UserTable, row: TextRow, now: Timestamp) -> PortResult<UserRow> {
    let stamp = change_stamp(&row);
    let mut columns = row.into_iter();
    let mut next = || columns.next().flatten();
    let id = next().and_then(|id| UserId::parse(&id).ok()).ok_or_else(|| wrong("id"))?;
    let stored = next();
    let mut facts = UserFacts::new(id);
    facts.enabled = table.enabled.is_none() | flag(next(), "enabled")?.unwrap_or(false);
    let protected = flag(next(), "protected")?;
    facts.protected = table.protected.is_some() && protected.unwrap_or(true);
    facts.locked_out = flag(next(), "locked_out")?;
    let must_change = flag(next(), "must_change")?;
    let expires = seconds(next(), "expires_at")?;
    facts.password_changed_at = seconds(next(), "changed_at")?;
    let write_number = next();
    facts.display_name = next();
    facts.primary_mail = next();
    facts.user_principal_name = next();
    facts.contacts.mail = next().into_iter().collect();
    facts.contacts.mobile_phone = next();
    facts.contacts.alternate_mobile = next();
    facts.contacts.office_phone = next();
    facts.locale = next().and_then(|tag| Locale::parse(tag.trim()).ok());
    let parsed = |text: Option<String>, what| list(text).ok_or_else(|| wrong(what));
    let roles: Result<_, _> =
        parsed(next(), "roles")?.iter().map(|role| RoleId::parse(role)).collect();
    facts.roles = roles.map_err(|_| wrong("roles"))?;
    let groups: Result<_, _> =
        parsed(next(), "groups")?.iter().map(|group| GroupId::parse(group)).collect();
    facts.groups = groups.map_err(|_| wrong("groups"))?;
    // Such a table knows neither role-assignable groups nor restricted units.
    facts.restricted_management = Some(false);
    let expired = expires.is_some_and(|at| at <= now);
    if table.must_change.is_some() || table.expires_at.is_some() {
        facts.password_expired = Some(expired || must_change == Some(true));
    }
    if must_change == Some(true) {
        facts.must_change = Some(MustChange::Temporary);
    }
    facts.change_stamp = Some(stamp);
    let names = columns.flatten().collect();
    let password = stored.clone().filter(|hash| !hash.is_empty());
    Ok(UserRow { facts, password, stored, write_number, names })
}

fn wrong(column: &str) -> PortError {
    PortError::denied().because(format!("sql: the column `{column}` holds an unreadable value"))
}

fn flag(text: Option<String>, column: &str) -> PortResult<Option<bool>> {
    match text.as_deref() {
        None => Ok(None),
        Some("1" | "true") => Ok(Some(true)),
        Some("0" | "false") => Ok(Some(false)),
        Some(_) => Err(wrong(column)),
    }
}

fn seconds(text: Option<String>, column: &str) -> PortResult<Option<Timestamp>> {
    let number: Option<i64> =
        text.map(|text| text.parse()).transpose().map_err(|_| wrong(column))?;
    Ok(number.map(Timestamp::from_unix_seconds))
}

fn list(text: Option<String>) -> Option<Vec<String>> {
    text.map_or_else(|| Some(Vec::new()), |text| serde_json::from_str(&text).ok())
}

/// A digest of the password, the state, the addresses and the names.
///
/// Lockouts are not among it: they would let an attacker who guesses passwords void what the user has
/// begun. Neither is what only a write of this adapter changes, nor roles and groups.
fn change_stamp(row: &TextRow) -> String {
    let mut digest = Sha256::new();
    let watched = [0, 1, 2, 3, 10, 11, 12, 13, 14, 15].into_iter().chain(COLUMNS..row.len());
    for column in watched {
        let value = row.get(column).and_then(Option::as_ref);
        digest.update(value.map_or(u64::MAX, |value| value.len() as u64).to_be_bytes());
        digest.update(value.map_or("", String::as_str));
    }
    HEXLOWER.encode(&digest.finalize()[..16])
}

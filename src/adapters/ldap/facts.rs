//! The facts of a user, from the attributes of an entry.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use super::fault::{LdapFault, LdapReply};
use super::message::Entry;
use super::profile::{LdapKind, LdapProfile};
use super::value::{file_time, generalized_time};
use crate::facts::{UserFacts, WritebackState};
use crate::message::Locale;
use crate::{Timestamp, UserId};

/// Bits of `userAccountControl` and of its computed companion.
const DISABLED: i64 = 0x2;
const LOCKED_OUT: i64 = 0x10;
const PASSWORD_EXPIRED: i64 = 0x80_0000;

/// The value of `pwdAccountLockedTime` with which an administrator locks an account for good.
const LOCKED_FOR_GOOD: &str = "000001010000Z";

/// The identifier of a user's entry. `None` if it cannot be one: it is empty or overlong.
pub(super) fn user_id(profile: &LdapProfile, entry: &Entry) -> LdapReply<UserId> {
    let value = entry.values(&profile.id.name).first();
    let text = value.and_then(|value| profile.id.text(value));
    text.and_then(|text| UserId::parse(&text).ok()).ok_or(LdapFault::unusable(
        "a user's identifier cannot be read: the account lacks the right, or the attribute has no value",
    ))
}

/// Whether an administrator has locked the account of this OpenLDAP entry for good.
pub(super) fn is_locked_for_good(entry: &Entry) -> bool {
    entry.text("pwdAccountLockedTime") == Some(LOCKED_FOR_GOOD)
}

/// The facts of an entry, but for groups, roles and protection.
pub(super) fn user_facts(
    profile: &LdapProfile,
    entry: &Entry,
    now: Timestamp,
) -> LdapReply<UserFacts> {
    let optional =
        |name: &Option<String>| name.as_ref().and_then(|name| entry.text(name)).map(str::to_owned);
    let mut facts = UserFacts::new(user_id(profile, entry)?);
    facts.password_home = profile.password_home;
    facts.writeback = Some(WritebackState::Running);
    // These directories know neither role-assignable groups nor restricted units.
    facts.restricted_management = Some(false);
    facts.names =
        profile.person_names.iter().flat_map(|name| entry.texts(name)).map(str::to_owned).collect();
    facts.names.dedup();
    facts.display_name = entry.text(&profile.display_name).map(str::to_owned);
    facts.primary_mail = entry.text(&profile.mail).map(str::to_owned);
    facts.user_principal_name = optional(&profile.user_principal_name);
    facts.contacts.mail = profile
        .alternate_mail
        .iter()
        .filter_map(|name| entry.text(name))
        .map(str::to_owned)
        .collect();
    facts.contacts.mobile_phone = optional(&profile.mobile_phone);
    facts.contacts.alternate_mobile = optional(&profile.alternate_mobile);
    facts.contacts.office_phone = optional(&profile.office_phone);
    facts.locale = optional(&profile.language).and_then(|tags| first_language(&tags));
    match profile.kind {
        LdapKind::ActiveDirectory => active_directory_state(entry, now, &mut facts)?,
        LdapKind::OpenLdap => open_ldap_state(entry, &mut facts),
    }
    if let Some((attribute, value)) = &profile.disabled {
        facts.enabled &= !entry.texts(attribute).any(|text| text.eq_ignore_ascii_case(value));
    }
    facts.change_stamp = Some(change_stamp(profile, entry, &facts));
    Ok(facts)
}

/// The first language of `de-CH, en;q=0.5`.
fn first_language(tags: &str) -> Option<Locale> {
    Locale::parse(tags.split([',', ';']).next()?.trim()).ok()
}

fn active_directory_state(entry: &Entry, now: Timestamp, facts: &mut UserFacts) -> LdapReply<()> {
    // Without it a disabled user would look like any other.
    let control = entry.integer("userAccountControl").ok_or(LdapFault::unusable(
        "userAccountControl cannot be read: the account lacks the right",
    ))?;
    let expired = entry.integer("accountExpires").and_then(file_time).is_some_and(|at| at <= now);
    facts.enabled = control & DISABLED == 0 && !expired;
    let computed = entry.integer("msDS-User-Account-Control-Computed");
    facts.locked_out = computed.map(|bits| bits & LOCKED_OUT != 0);
    let set = entry.integer("pwdLastSet");
    facts.password_changed_at = set.and_then(file_time);
    facts.password_expired = computed.map(|bits| bits & PASSWORD_EXPIRED != 0);
    facts.protected = entry.integer("adminCount").is_some_and(|count| count > 0);
    Ok(())
}

fn open_ldap_state(entry: &Entry, facts: &mut UserFacts) {
    // A reset clears the lock of an administrator too, so such an account counts as disabled.
    facts.enabled = !is_locked_for_good(entry);
    facts.locked_out = Some(facts.enabled && entry.text("pwdAccountLockedTime").is_some());
    facts.password_changed_at = entry.text("pwdChangedTime").and_then(generalized_time);
    // Whether it is too old depends on a policy that is elsewhere in the directory.
    facts.password_expired = entry.is_true("pwdReset").then_some(true);
}

/// A digest of what replicates to all servers: the time of the password, the state and the addresses.
///
/// Lockouts are not among it: they would let an attacker who guesses passwords void what the user has
/// begun.
fn change_stamp(profile: &LdapProfile, entry: &Entry, facts: &UserFacts) -> String {
    let (state, password): (&str, &str) = match profile.kind {
        LdapKind::ActiveDirectory => ("userAccountControl", "pwdLastSet"),
        LdapKind::OpenLdap => ("", "pwdChangedTime"),
    };
    let optional = [&profile.mobile_phone, &profile.alternate_mobile, &profile.office_phone];
    let attributes = [state, password, &profile.mail]
        .into_iter()
        .chain(profile.user_principal_name.as_deref())
        .chain(optional.into_iter().flatten().map(String::as_str))
        .chain(profile.alternate_mail.iter().map(String::as_str));
    let mut digest = Sha256::new();
    digest.update([u8::from(facts.enabled)]);
    for attribute in attributes {
        // Servers may return the values of an attribute in different orders.
        let mut values: Vec<_> = entry.values(attribute).iter().collect();
        values.sort_unstable();
        digest.update((values.len() as u64).to_be_bytes());
        for value in values {
            digest.update((value.len() as u64).to_be_bytes());
            digest.update(value);
        }
    }
    HEXLOWER.encode(&digest.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(more: &[(&str, &[&str])]) -> UserFacts {
        let mut profile = LdapProfile::active_directory();
        profile.id.name = "cn".to_owned();
        profile.id.syntax = super::super::IdSyntax::Text;
        let mut attributes: Vec<(&str, &[&str])> = vec![("cn", &["u-1"])];
        attributes.extend(more);
        let entry = Entry::of("CN=u-1", &attributes);
        let now = Timestamp::from_unix_seconds(1_764_506_096);
        user_facts(&profile, &entry, now).expect("facts")
    }

    #[test]
    fn the_state_of_an_account_is_read_from_its_bits() {
        let enabled = |control, expires| {
            facts(&[("userAccountControl", &[control]), ("accountExpires", &[expires])]).enabled
        };
        assert!(enabled("512", "0") && enabled("66048", "9223372036854775807"));
        assert!(enabled("512", "134089796970000000"));
        assert!(!enabled("514", "0") && !enabled("512", "134089796960000000"));
        let locked = facts(&[
            ("userAccountControl", &["512"]),
            ("msDS-User-Account-Control-Computed", &["8388624"]),
        ]);
        assert_eq!((locked.locked_out, locked.password_expired), (Some(true), Some(true)));
    }

    #[test]
    fn an_account_whose_state_cannot_be_read_is_an_error() {
        let mut profile = LdapProfile::active_directory();
        profile.id = super::super::IdAttribute::new("cn", super::super::IdSyntax::Text);
        let entry = Entry::of("CN=u-1", &[("cn", &["u-1"])]);
        assert!(user_facts(&profile, &entry, Timestamp::from_unix_seconds(0)).is_err());
    }

    #[test]
    fn the_stamp_changes_with_the_password_and_the_addresses_and_not_with_a_lockout() {
        let base: &[(&str, &[&str])] = &[("userAccountControl", &["512"]), ("pwdLastSet", &["1"])];
        let stamp = |more: (&'static str, &'static [&'static str])| {
            facts(&[base, &[more]].concat()).change_stamp
        };
        let before = facts(base).change_stamp;
        assert_eq!(stamp(("msDS-User-Account-Control-Computed", &["16"])), before);
        assert_eq!(stamp(("lockoutTime", &["7"])), before);
        assert_ne!(stamp(("mail", &["a@b.example"])), before);
        assert_ne!(stamp(("mobile", &["+1 555"])), before);
        assert_eq!(stamp(("mail", &["b", "a"])), stamp(("mail", &["a", "b"])));
        let later = facts(&[("userAccountControl", &["512"]), ("pwdLastSet", &["2"])]);
        assert_ne!(later.change_stamp, before);
    }
}

//! When a password must be changed, and when its user is told.

use std::time::Duration;

use crate::domain::identity::facts::{MustChange, PasswordHome, UserFacts};
use crate::domain::identity::ids::UserId;
use crate::domain::policy::{
    Deviation, DomainExpiry, PasswordDue, PasswordExpiry, Policy, PolicyError, PolicySettings,
};
use crate::domain::time::{DAY, Timestamp};

const CHANGED: Timestamp = Timestamp::from_unix_seconds(1_700_000_000);
const EXPIRED: PasswordDue = PasswordDue::Now { reason: MustChange::Expired };

fn after(days: u32) -> Timestamp {
    CHANGED.plus(DAY * days)
}

fn ninety_days() -> PasswordExpiry {
    PasswordExpiry { validity_days: 90, ..PasswordExpiry::default() }
}

/// A user of whom every fact is known.
fn user() -> UserFacts {
    let mut user = UserFacts::new(UserId::parse("u-1").unwrap());
    user.password_changed_at = Some(CHANGED);
    user.password_never_expires = Some(false);
    user.password_expired = Some(false);
    user.user_principal_name = Some("ada@contoso.example".to_owned());
    user
}

/// E9.2: the default is no expiry, whatever the age.
#[test]
fn no_password_expires_by_default() {
    assert_eq!(PasswordExpiry::default().due(&user(), after(3_650)), PasswordDue::Nothing);
}

/// E9.2: the days of notice count down to one, and the last moment is the end.
#[test]
fn a_password_is_noticed_and_expires_at_its_times() {
    let expiry = ninety_days();
    let soon = |days| PasswordDue::Soon { days, at: after(90) };
    let millisecond = Duration::from_millis(1);
    for (now, due) in [
        (CHANGED.minus(DAY), PasswordDue::Nothing),
        (CHANGED, PasswordDue::Nothing),
        (after(76).minus(millisecond), PasswordDue::Nothing),
        (after(76), soon(14)),
        (after(76).plus(millisecond), soon(14)),
        (after(77), soon(13)),
        (after(89), soon(1)),
        (after(90).minus(millisecond), soon(1)),
        (after(90), EXPIRED),
        (after(9_000), EXPIRED),
        (Timestamp::MAX, EXPIRED),
    ] {
        assert_eq!(expiry.due(&user(), now), due, "{now}");
    }
    let longest = PasswordExpiry { validity_days: 730, notice_days: 30, ..ninety_days() };
    let at = after(730);
    assert_eq!(longest.due(&user(), after(699)), PasswordDue::Nothing);
    assert_eq!(longest.due(&user(), after(700)), PasswordDue::Soon { days: 30, at });
}

/// An absence is never a fact: without one of the facts the age decides nothing.
#[test]
fn nothing_is_decided_by_a_fact_that_is_missing() {
    type Change = fn(&mut UserFacts);
    let expiry =
        PasswordExpiry { domains: vec![DomainExpiry::new("lab.example", 14)], ..ninety_days() };
    assert_eq!(expiry.due(&user(), after(90)), EXPIRED);
    let changes: [Change; 5] = [
        |user| user.password_changed_at = None,
        |user| user.password_never_expires = None,
        |user| user.password_never_expires = Some(true),
        |user| user.user_principal_name = None,
        |user| user.user_principal_name = Some("ada".to_owned()),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut user = user();
        change(&mut user);
        assert_eq!(expiry.due(&user, after(9_000)), PasswordDue::Nothing, "{number}");
    }
}

/// What the directory demands needs no policy and no age, and its reason comes first.
#[test]
fn the_directory_demands_a_change_with_its_reason() {
    let off = PasswordExpiry::default();
    let mut user = UserFacts::new(UserId::parse("u-1").unwrap());
    assert_eq!(off.due(&user, CHANGED), PasswordDue::Nothing);
    user.password_expired = Some(true);
    assert_eq!(off.due(&user, CHANGED), EXPIRED);
    for reason in [MustChange::Temporary, MustChange::Compromised, MustChange::Demanded] {
        user.must_change = Some(reason);
        assert_eq!(off.due(&user, CHANGED), PasswordDue::Now { reason });
    }
}

/// E9.2: days by domain; never by policy on premises unless the policy says so.
#[test]
fn domains_and_premises_have_their_own_days() {
    let mut expiry = ninety_days();
    expiry.domains = vec![
        DomainExpiry::new("LAB.example", 14),
        DomainExpiry { notice_days: 1, ..DomainExpiry::new("service.example", 0) },
    ];
    let at = |name: &str| UserFacts { user_principal_name: Some(name.to_owned()), ..user() };
    assert_eq!(expiry.due(&at("ada@lab.EXAMPLE"), after(14)), EXPIRED);
    let soon = PasswordDue::Soon { days: 14, at: after(14) };
    assert_eq!(expiry.due(&at("ada@lab.example"), CHANGED), soon);
    assert_eq!(expiry.due(&at("ada@service.example"), after(9_000)), PasswordDue::Nothing);
    assert_eq!(expiry.due(&at("ada@a.lab.example"), after(14)), PasswordDue::Nothing);
    assert_eq!(expiry.due(&at("ada@a.lab.example"), after(90)), EXPIRED);

    let premises = UserFacts { password_home: PasswordHome::OnPremises, ..user() };
    assert_eq!(expiry.due(&premises, after(90)), PasswordDue::Nothing);
    expiry.on_premises = true;
    assert_eq!(expiry.due(&premises, after(90)), EXPIRED);
}

/// E9.2: 14 to 730 days of validity, 1 to 30 of notice, for each domain.
#[test]
fn days_and_domains_are_within_their_limits() {
    let put = |expiry: PasswordExpiry| -> Result<Policy, PolicyError> {
        Policy::with(|settings: &mut PolicySettings| {
            settings.acknowledged.insert(Deviation::PeriodicChange);
            settings.password_expiry = expiry;
        })
    };
    for (days, accepted) in
        [(0, true), (1, false), (13, false), (14, true), (730, true), (731, false)]
    {
        assert_eq!(put(PasswordExpiry { validity_days: days, ..ninety_days() }).is_ok(), accepted);
        let domains = vec![DomainExpiry::new("contoso.example", days)];
        assert_eq!(put(PasswordExpiry { domains, ..ninety_days() }).is_ok(), accepted, "{days}");
    }
    let row =
        |domain: &str, notice_days| DomainExpiry { notice_days, ..DomainExpiry::new(domain, 90) };
    for (domains, accepted) in [
        (vec![row("a.example", 1), row("b.example", 30)], true),
        (vec![row("a.example", 0)], false),
        (vec![row("a.example", 31)], false),
        (vec![row("a.example", 14), row("A.example", 14)], false),
        (vec![row("", 14)], false),
        (vec![row("@a.example", 14)], false),
        (vec![row(&"a".repeat(253), 14)], true),
        (vec![row(&"a".repeat(254), 14)], false),
        ((0..33).map(|n| row(&format!("{n}.example"), 14)).collect(), false),
    ] {
        let shown = format!("{domains:?}");
        assert_eq!(put(PasswordExpiry { domains, ..ninety_days() }).is_ok(), accepted, "{shown}");
    }
}

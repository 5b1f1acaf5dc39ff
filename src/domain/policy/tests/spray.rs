//! The findings about one code tried against each of very many accounts.

use std::time::Duration;

use crate::domain::method::MethodKind;
use crate::domain::policy::{Deviation, Policy, PolicySettings, Rate};

/// The paths and texts of the findings about spraying, for one gate of one kind.
fn said(kind: MethodKind, change: impl FnOnce(&mut PolicySettings)) -> Vec<(String, String)> {
    let mut settings = PolicySettings::default();
    settings.users.required = 1;
    settings.users.methods = [kind].into();
    change(&mut settings);
    let review = Policy::new(settings).unwrap().review();
    let found =
        review.findings().iter().filter(|finding| finding.code() == "spray-above-threshold");
    found.map(|finding| (finding.path().to_owned(), finding.text().to_owned())).collect()
}

#[track_caller]
fn only(found: &[(String, String)], path: &str, number: &str, way_out: &str) {
    let [(at, text)] = found else { panic!("one finding: {found:?}") };
    assert_eq!(at, path, "{text}");
    assert!(text.contains(number) && text.contains(way_out), "{text}");
}

/// R6: codes that do not grow have no limit across accounts.
#[test]
fn spraying_is_reported_where_codes_do_not_grow() {
    let phone = |grown| said(MethodKind::MobilePhone, |s| s.limits.escalated_length = grown);
    only(
        &phone(0),
        "limits.escalated_length",
        "5.00 of 1000000 accounts",
        "`limits.escalated_length` of 2",
    );
    only(
        &phone(1),
        "limits.escalated_length",
        "0.50 of 1000000 accounts",
        "larger `limits.escalated_length`",
    );
    assert_eq!(phone(2), []);
    let long = |s: &mut PolicySettings| {
        s.limits.escalated_length = 0;
        (s.codes.sms.length, s.codes.voice.length) = (8, 8);
    };
    assert_eq!(said(MethodKind::MobilePhone, long), [], "eight digits need not grow");
    let more = |s: &mut PolicySettings| {
        (s.attempts, s.limits.tenant.max) = (10, 1_000);
    };
    let found = said(MethodKind::MobilePhone, more);
    assert!(
        found.iter().any(|(path, text)| path == "limits.escalated_length" && text.contains("0.10"))
    );
}

/// R6: a limit over 30 days may be spent in one day.
#[test]
fn spraying_is_reported_for_the_day_that_spends_a_long_window() {
    let day = Duration::from_secs(86_400);
    let tenant =
        |max, window| said(MethodKind::MobilePhone, |s| s.limits.tenant = Rate::new(max, window));
    only(
        &tenant(60_000, 30 * day),
        "limits.tenant",
        "0.3000 accounts",
        "`limits.tenant.max` of 2000",
    );
    assert_eq!(tenant(2_000, 30 * day), []);
    assert_eq!(tenant(80, day / 24), [], "1 920 a day");
    only(&tenant(2_000, day / 2), "limits.tenant", "0.0200 accounts", "`limits.tenant.max` of 999");
    // A day begins in one window and ends in another.
    only(&tenant(1_990, day * 3 / 4), "limits.tenant", "0.0200 accounts", "second gate");
    // The limit of each stripe is rounded up.
    only(&tenant(2_001, day), "limits.tenant", "0.0101 accounts", "longer codes");
}

/// R6: the tenant's limit does not lengthen the codes of an app or a token.
#[test]
fn spraying_is_reported_for_codes_of_apps_and_tokens() {
    for kind in [MethodKind::AuthenticatorApp, MethodKind::OathToken] {
        let found = said(kind, |s| s.oath.back = 0);
        only(&found, "users.methods", "5.00 of 1000000 accounts", kind.as_str());
        let beside = said(kind, |s| {
            s.oath.back = 0;
            s.users.methods.insert(MethodKind::Email);
        });
        only(&beside, "users.methods", "5.00 of 1000000 accounts", "a second gate beside it");
        let second = said(kind, |s| {
            s.users.required = 2;
            s.users.methods.insert(MethodKind::Email);
        });
        assert_eq!(second, [], "{kind} behind a second gate");
    }
    let of_administrators = said(MethodKind::Email, |s| {
        s.administrators.gates.required = 1;
        s.administrators.gates.methods = [MethodKind::AuthenticatorApp].into();
        s.oath.back = 0;
        s.acknowledged.insert(Deviation::OneGateAdministrators);
    });
    only(&of_administrators, "administrators.gates.methods", "5.00 of", "authenticator_app");
}

/// The limit that a finding proposes ends the finding.
#[test]
fn the_proposed_limit_of_the_tenant_ends_the_finding() {
    for (max, hours) in
        [(60_000, 720), (2_001, 24), (1_990, 18), (9_999, 5), (700, 3), (400_000, 1)]
    {
        for attempts in [1, 3, 5, 10] {
            let window = Duration::from_secs(3_600 * hours);
            let with = |max| {
                said(MethodKind::MobilePhone, |s| {
                    s.attempts = attempts;
                    s.limits.escalated_length = 4;
                    s.limits.tenant = Rate::new(max, window);
                })
            };
            let Some((_, text)) = with(max).pop() else { continue };
            let proposal = text.split("`limits.tenant.max` of ").nth(1).unwrap();
            let named: u32 = proposal.split(' ').next().unwrap().parse().unwrap();
            assert!(named < max, "{text}");
            assert_eq!(with(named), [], "{max} in {hours} h, {attempts} tries: {text}");
            // A much larger limit would not.
            assert_ne!(with(named + named / 10 + 16), [], "{max} in {hours} h, {attempts}: {text}");
        }
    }
}

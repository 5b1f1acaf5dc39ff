//! Each setting of a policy decides something.

use std::time::Duration;

use serde_json::{Value, json};

use sspr::policy::{Rate, Retired, Retirement, Throttle, ThrottledAct};
use sspr::{MethodKind, PolicySettings, Timestamp};

use super::questions::counted;
use super::run::Setup;
use super::scenes::{Scene, play};
use super::{
    administrator, by_directory, days_ago, expiring, on_premises, plain, policy, small_tenant,
};
use crate::support::*;
use Scene::{
    Acts, Ages, Apps, Cleared, Desk, Device, Enrol, Guesses, Help, Life, Limits, Link, Mails,
    Numbers, Oath, Passwords, Questions, Sound, Supplied, Write,
};

/// A setting, another value, and the scene in which the two differ.
struct Changed {
    path: &'static str,
    value: fn() -> Value,
    both: fn(&mut Setup),
    scene: Scene,
}

const fn to(path: &'static str, value: fn() -> Value, scene: Scene) -> Changed {
    Changed { path, value, both: plain, scene }
}

const fn with(
    path: &'static str,
    value: fn() -> Value,
    both: fn(&mut Setup),
    scene: Scene,
) -> Changed {
    Changed { path, value, both, scene }
}

/// Acknowledges every deviation, as the Entra preset does, so that a setting may deviate alone.
fn acknowledged(setup: &mut Setup) {
    policy(setup, |policy| {
        policy.acknowledged = PolicySettings::entra().acknowledged;
        policy.acknowledged.insert(sspr::policy::Deviation::SecurityQuestions);
    });
}

/// Every kind of method counts.
fn all_kinds(setup: &mut Setup) {
    acknowledged(setup);
    policy(setup, |policy| policy.users.methods = MethodKind::ALL.into());
}

fn free_tenant(setup: &mut Setup) {
    setup.tenant.push(|tenant| tenant.plan = Some(sspr::facts::Plan::Free));
}

fn by_administrators(setup: &mut Setup) {
    administrator(setup);
    acknowledged(setup);
}

fn told(setup: &mut Setup) {
    by_administrators(setup);
    policy(setup, |policy| {
        let root = sspr::RoleId::parse("Global Administrator").expect("valid");
        policy.notifications.administrators = true;
        policy.notifications.administrator_roles = [root].into();
    });
}

fn nobody_is_registered(setup: &mut Setup) {
    setup.register = false;
}

fn of_80_days(setup: &mut Setup) {
    expiring(setup);
    policy(setup, |policy| policy.password_expiry.validity_days = 0);
    setup.user.push(|user| user.password_changed_at = Some(days_ago(80)));
}

fn expiring_in_10_days(setup: &mut Setup) {
    of_80_days(setup);
    expiring(setup);
}

fn one_of(setup: &mut Setup, change: fn(&mut PolicySettings)) {
    acknowledged(setup);
    policy(setup, change);
}

const CHANGES: &[Changed] = &[
    to("scope", || json!("none"), Life),
    with("users.required", || json!(1), acknowledged, Life),
    to("users.methods", || json!(["email", "office_phone"]), Life),
    with("administrators.enabled", || json!(false), administrator, Life),
    with("administrators.roles", || json!(["another role"]), administrator, Life),
    with("administrators.one_gate_exceptions", || json!(false), small_tenant, Life),
    with("administrators.gates.required", || json!(1), by_administrators, Life),
    with("administrators.gates.methods", || json!(["email", "office_phone"]), administrator, Life),
    to("lifetimes.flow", || json!(1_200_000), Life),
    to("lifetimes.grant", || json!(300_000), Life),
    to("lifetimes.email_code", || json!(300_000), Life),
    with("lifetimes.email_link", || json!(300_000), |both| policy(both, with_link), Link),
    to("lifetimes.phone_code", || json!(300_000), Life),
    to("lifetimes.directory_write", || json!(60_000), Write),
    with("codes.email.alphabet", || json!("strong"), acknowledged, Life),
    to("codes.email.length", || json!(9), Life),
    with("codes.sms.alphabet", || json!("strong"), acknowledged, Life),
    to("codes.sms.length", || json!(7), Life),
    with("codes.voice.alphabet", || json!("strong"), acknowledged, Sound),
    to("codes.voice.length", || json!(7), Life),
    with("attempts", || json!(3), acknowledged, Guesses),
    to("failures.anonymous.max", || json!(6), Guesses),
    to("failures.anonymous.window", || json!(3_600_000), Guesses),
    to("failures.proven.max", || json!(5), Guesses),
    to("failures.proven.window", || json!(3_600_000), Guesses),
    to("failures.lock", || json!(86_400_000), Guesses),
    to("failures.consecutive", || json!(6), Guesses),
    to("sends.resend_after", || json!(120_000), Life),
    to("sends.per_hour", || json!(2), Mails),
    to("sends.per_day", || json!(7), Mails),
    with("sends.in_hand_per_hour", || json!(2), all_kinds, Apps),
    with("sends.in_hand_per_day", || json!(11), all_kinds, Apps),
    to("sends.live_flows", || json!(1), Mails),
    to("sends.source_share", || json!(100), Mails),
    with("throttles", || serde_json::to_value([two_mails()]).expect("a list"), acknowledged, Mails),
    to("notices.texts.max", || json!(1), Acts),
    with(
        "notices.texts.window",
        || json!(60_000),
        |both| {
            policy(both, |policy| policy.notices.texts.max = 1);
        },
        Acts,
    ),
    to("notices.mails.max", || json!(1), Acts),
    with(
        "notices.mails.window",
        || json!(60_000),
        |both| {
            policy(both, |policy| policy.notices.mails.max = 1);
        },
        Acts,
    ),
    to("notices.acts_per_hour", || json!(3), Acts),
    with(
        "notices.acts_per_day",
        || json!(3),
        |both| {
            policy(both, |policy| policy.notices.acts_per_hour = 3);
        },
        Acts,
    ),
    to("desk.help", || json!("off"), Help),
    to("desk.contact", || json!("Desk, +371 6700 0000"), Desk),
    to("desk.help_tiers", || json!([["another role"]]), Help),
    to("desk.repudiation_link", || json!("https://id.contoso.example/not-me#"), Desk),
    with("desk.repudiation_life", || json!(3_600_000), |both| policy(both, with_pages), Desk),
    with("desk.repudiation_notice", || json!(false), |both| policy(both, with_pages), Desk),
    with("desk.invitation_life", || json!(3_600_000), |both| policy(both, with_pages), Desk),
    to("desk.temporary_password_hours", || json!(48), Desk),
    to("notices.help.max", || json!(1), Help),
    with(
        "notices.help.window",
        || json!(60_000),
        |both| {
            policy(both, |policy| policy.notices.help.max = 1);
        },
        Help,
    ),
    to("limits.source.max", || json!(3), Limits),
    with(
        "limits.source.window",
        || json!(60_000),
        |both| {
            policy(both, |policy| policy.limits.source.max = 3);
        },
        Limits,
    ),
    to("limits.source_identifier.max", || json!(2), Limits),
    with(
        "limits.source_identifier.window",
        || json!(60_000),
        |both| {
            policy(both, |policy| policy.limits.source_identifier.max = 2);
        },
        Limits,
    ),
    to("limits.destination.max", || json!(1), Limits),
    with(
        "limits.destination.window",
        || json!(60_000),
        |both| {
            policy(both, |policy| policy.limits.destination.max = 1);
        },
        Limits,
    ),
    to("limits.prefix.max", || json!(1), Limits),
    with(
        "limits.prefix.window",
        || json!(60_000),
        |both| {
            policy(both, |policy| policy.limits.prefix.max = 1);
        },
        Limits,
    ),
    to("limits.tenant.max", || json!(1), Limits),
    with(
        "limits.tenant.window",
        || json!(60_000),
        |both| {
            policy(both, |policy| policy.limits.tenant.max = 1);
        },
        Limits,
    ),
    with(
        "limits.escalated_human_check",
        || json!(false),
        |both| {
            policy(both, |policy| policy.limits.tenant.max = 1);
        },
        Limits,
    ),
    with(
        "limits.escalated_length",
        || json!(4),
        |both| {
            policy(both, |policy| {
                (policy.limits.tenant.max, policy.limits.escalated_human_check) = (1, false)
            });
        },
        Limits,
    ),
    to("link", || json!("https://id.contoso.example/reset#"), Life),
    with("oath.digits", || json!(8), all_kinds, Enrol),
    with("oath.back", || json!(0), all_kinds, Oath),
    with("oath.forward", || json!(1), all_kinds, Oath),
    with("recovery_codes", || json!(8), all_kinds, Oath),
    with("questions.register", || json!(4), counted, Questions),
    with("questions.reset", || json!(4), counted, Questions),
    with(
        "questions.topics",
        || {
            json!([
                "first_pet",
                "first_school",
                "first_job",
                "childhood_hero",
                "childhood_friend",
                "favourite_food"
            ])
        },
        counted,
        Questions,
    ),
    with("questions.custom", || json!({"first-desk": "Where was it?"}), counted, Questions),
    with("questions.sticky", || json!(false), counted, Questions),
    with("questions.first", || json!(true), counted, Questions),
    to("known_device_days", || json!(1), Device),
    with("password.min_length", || json!(8), acknowledged, Passwords),
    to("password.max_length", || json!(64), Passwords),
    to("password.max_bytes", || json!(64), Passwords),
    with(
        "password.banned",
        || json!("entra_score"),
        |both| {
            short_passwords(both);
            policy(both, |policy| {
                policy.password.banned_words.insert("contoso".to_owned());
            });
        },
        Passwords,
    ),
    with("password.common_list", || json!(false), short_passwords, Passwords),
    with("password.banned_words", || json!(["contoso"]), short_passwords, Passwords),
    with("password.required_classes", || json!(3), acknowledged, Passwords),
    to("password.min_score", || json!(4), Passwords),
    with("password.ascii_only", || json!(true), acknowledged, Passwords),
    with("password_expiry.validity_days", || json!(90), of_80_days, Life),
    with("password_expiry.notice_days", || json!(5), expiring_in_10_days, Life),
    with(
        "password_expiry.domains",
        || json!([{ "domain": "contoso.example", "validity_days": 0, "notice_days": 14 }]),
        |both| {
            expiring_in_10_days(both);
            both.user.push(|user| {
                user.user_principal_name = Some("ada@contoso.example".to_owned());
            });
        },
        Life,
    ),
    with(
        "password_expiry.on_premises",
        || json!(true),
        |both| {
            on_premises(both);
            expiring_in_10_days(both);
        },
        Life,
    ),
    with("contacts.administrator", || json!(false), nobody_is_registered, Supplied),
    with(
        "contacts.directory",
        || json!(true),
        |both| {
            nobody_is_registered(both);
            acknowledged(both);
            both.user.push(|user| user.contacts.mail = vec![MAIL.to_owned()]);
        },
        Life,
    ),
    with(
        "contacts.phone_format",
        || json!("entra"),
        |both| {
            by_directory(both);
            both.user.push(|user| user.contacts.mobile_phone = Some(MOBILE.to_owned()));
        },
        Life,
    ),
    to("typed_number", || json!(true), Life),
    with("notifications.rule", || json!("primary_and_alternate"), acknowledged, Life),
    with("notifications.administrators", || json!(false), told, Life),
    with("notifications.administrator_roles", || json!(["another role"]), told, Life),
    with(
        "disclosure",
        || json!("reasoned"),
        |both| {
            acknowledged(both);
            both.human = true;
            policy(both, |policy| policy.human_check = true);
            both.user.push(|user| user.enabled = false);
        },
        Life,
    ),
    to("human_check", || json!(true), Life),
    with("registration.enforced", || json!(false), nobody_is_registered, Ages),
    with("registration.skip_days", || json!(0), nobody_is_registered, Ages),
    to("registration.reconfirm_days", || json!(30), Ages),
    to("registration.reauthentication", || json!(120_000), Ages),
    to("registration.session", || json!(300_000), Ages),
    to("registration.second_factor_age", || json!(120_000), Ages),
    with("registration.passkey_age", || json!(120_000), all_kinds, Ages),
    with("registration.second_factor_to_change", || json!(false), acknowledged, Ages),
    with("registration.hold", || json!(3_600_000), acknowledged, Ages),
    with("registration.office_phone", || json!(false), all_kinds, Oath),
    with("registration.max.email", || json!(3), all_kinds, Oath),
    with("registration.max.mobile_phone", || json!(3), all_kinds, Oath),
    with("registration.max.office_phone", || json!(3), all_kinds, Oath),
    with("registration.max.authenticator_app", || json!(3), all_kinds, Oath),
    with("registration.max.oath_token", || json!(3), all_kinds, Oath),
    with("registration.max.oath_total", || json!(1), all_kinds, Oath),
    with("registration.max.app_notification", || json!(3), all_kinds, Oath),
    with("registration.max.passkey", || json!(3), all_kinds, Oath),
    with("on_premises.writeback", || json!(false), on_premises, Life),
    with("on_premises.apply_password_rules", || json!(true), on_premises, Passwords),
    with(
        "on_premises.unlock_clears_sign_in",
        || json!(true),
        |both| {
            on_premises(both);
            policy(both, |policy| policy.unlock_without_reset = true);
        },
        Write,
    ),
    with(
        "unlock_without_reset",
        || json!(true),
        |both| {
            both.unlock = Some(sspr::facts::WriteOutcome::Written);
        },
        Life,
    ),
    with("clear_counters_on_reset", || json!(true), acknowledged, Cleared),
    with(
        "required_entitlement",
        || json!("premium"),
        |both| {
            both.user.push(|user| user.entitlements = Some([].into()));
        },
        Life,
    ),
    with("plans.reset", || json!(["paid"]), free_tenant, Life),
    with(
        "plans.on_premises",
        || json!(["paid"]),
        |both| {
            free_tenant(both);
            on_premises(both);
        },
        Life,
    ),
    with(
        "plans.voice",
        || json!(["paid"]),
        |both| {
            free_tenant(both);
            one_of(both, |policy| {
                policy.users.methods.insert(MethodKind::OfficePhone);
            });
        },
        Life,
    ),
    with(
        "method_policies",
        || json!({ "state": "complete", "authentication": ["email", "authenticator_app"] }),
        acknowledged,
        Life,
    ),
    to("numbers.allowed", || json!(["+371"]), Life),
    with(
        "numbers.new_days",
        || json!(1),
        |both| policy(both, |policy| policy.numbers.new_per_prefix = Some(2)),
        Numbers,
    ),
    to("numbers.new_per_prefix", || json!(2), Numbers),
    to("numbers.new_per_tenant", || json!(2), Numbers),
    to(
        "numbers.breaker",
        || json!({"sample": 5, "verified_percent": 90, "window": 3_600_000, "rest": 14_400_000}),
        Numbers,
    ),
    with(
        "scope_groups",
        || json!(1),
        |both| {
            policy(both, |policy| {
                let group = |name| sspr::facts::GroupId::parse(name).expect("valid");
                policy.scope = sspr::policy::Scope::Selected([group("a"), group("b")].into());
            });
        },
        Sound,
    ),
    to(
        "retirements",
        || {
            let at = Timestamp::from_unix_seconds(World::START);
            let ended = Retirement::new(Retired::Method(MethodKind::MobilePhone), at);
            serde_json::to_value([ended]).expect("a list")
        },
        Life,
    ),
    with(
        "acknowledged",
        || json!(["short_passwords"]),
        |both| {
            policy(both, |policy| policy.password.min_length = 12);
        },
        Sound,
    ),
];

/// Two mails in an hour lock for a day.
fn two_mails() -> Throttle {
    let hour = Duration::from_secs(3_600);
    Throttle::new(ThrottledAct::MailSent, Rate::new(2, hour), 24 * hour)
}

fn with_link(policy: &mut PolicySettings) {
    let base = sspr::policy::LinkBase::parse("https://id.contoso.example/reset#");
    policy.link = Some(base.expect("sound"));
}

fn with_pages(policy: &mut PolicySettings) {
    with_link(policy);
    let page = sspr::policy::LinkBase::parse("https://id.contoso.example/not-me#");
    policy.desk.repudiation_link = Some(page.expect("sound"));
}

/// Passwords of eight characters are long enough.
fn short_passwords(setup: &mut Setup) {
    one_of(setup, |policy| policy.password.min_length = 8);
}

/// The paths of all values that are no objects with fields.
fn leaves(value: &Value, path: &str, all: &mut Vec<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                leaves(value, &path, all);
            }
        }
        _ => all.push(path.to_owned()),
    }
}

fn changed(settings: &PolicySettings, path: &str, value: Value) -> PolicySettings {
    let mut document = serde_json::to_value(settings).expect("a document");
    let pointer = format!("/{}", path.replace('.', "/"));
    let place = document.pointer_mut(&pointer).unwrap_or_else(|| panic!("no {path}"));
    assert_ne!(*place, value, "{path}: the same value");
    *place = value;
    serde_json::from_value(document).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[tokio::test]
async fn each_setting_decides_something() {
    let mut all = Vec::new();
    let default = serde_json::to_value(PolicySettings::default()).expect("a document");
    leaves(&default, "", &mut all);
    let held: Vec<_> = CHANGES.iter().map(|change| change.path).collect();
    let missing: Vec<_> = all.iter().filter(|path| !held.contains(&path.as_str())).collect();
    let mut idle = Vec::new();
    for Changed { path, value, both, scene } in CHANGES {
        let [without, mut with] = [(); 2].map(|()| {
            let mut setup = Setup::new();
            both(&mut setup);
            setup
        });
        with.settings = changed(&with.settings, path, value());
        // The last line of a failed run names the setting whose scene has failed.
        println!("{path}");
        if play(*scene, without).await == play(*scene, with).await {
            idle.push(*path);
        }
    }
    assert!(missing.is_empty(), "no pair of runs for {missing:?}");
    assert!(idle.is_empty(), "these decide nothing in their scene: {idle:?}");
}

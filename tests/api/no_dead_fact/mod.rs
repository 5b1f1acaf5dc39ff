//! No dead fact and no dead setting: for each field of the facts that the directory and the host give, and
//! for each setting of a policy, there are two runs that differ in it alone, and their outcomes differ.
#![cfg(feature = "testing")]

mod questions;
mod run;
mod scenes;
mod settings;

use sspr::facts::{
    GroupId, MustChange, PasswordHome, TimeZone, UserKind, WriteOutcome, WritebackState,
};
use sspr::policy::{Deviation, PlanTable, Retired, Retirement, Scope};
use sspr::{MethodKind, PolicySettings, RoleId, Timestamp};

use crate::support::*;
use run::{Setup, transcript};

/// Two runs: what both have, and what only one of them has.
struct Pair {
    field: &'static str,
    both: fn(&mut Setup),
    one: fn(&mut Setup),
}

const fn pair(field: &'static str, both: fn(&mut Setup), one: fn(&mut Setup)) -> Pair {
    Pair { field, both, one }
}

fn plain(_: &mut Setup) {}

fn policy(setup: &mut Setup, change: impl FnOnce(&mut PolicySettings)) {
    change(&mut setup.settings);
}

fn on_premises(setup: &mut Setup) {
    policy(setup, |policy| policy.on_premises.writeback = true);
    setup.user.push(|user| user.password_home = PasswordHome::OnPremises);
}

/// The data of the directory count toward a reset of a user who has registered nothing.
fn by_directory(setup: &mut Setup) {
    setup.register = false;
    policy(setup, |policy| {
        policy.contacts.directory = true;
        policy.acknowledged.insert(Deviation::UnverifiedDirectoryContacts);
    });
}

fn administrator(setup: &mut Setup) {
    setup.user.push(|user| user.roles = [role("Global Administrator")].into());
}

/// A tenant in which administrators need one gate.
fn small_tenant(setup: &mut Setup) {
    administrator(setup);
    policy(setup, |policy| {
        policy.administrators.one_gate_exceptions = true;
        let known = [Deviation::OneGateAdministrators, Deviation::GuessingAboveThreshold];
        policy.acknowledged.extend(known);
    });
    setup.tenant.push(|tenant| {
        (tenant.custom_domain, tenant.synchronised) = (Some(false), Some(false));
    });
}

fn riga() -> TimeZone {
    TimeZone::parse("Europe/Riga").expect("a zone")
}

/// Passwords expire after 90 days.
fn expiring(setup: &mut Setup) {
    policy(setup, |policy| {
        policy.password_expiry.validity_days = 90;
        policy.acknowledged.insert(Deviation::PeriodicChange);
    });
    setup.user.push(|user| user.password_never_expires = Some(false));
}

fn days_ago(days: i64) -> Timestamp {
    Timestamp::from_unix_seconds(World::START - days * 86_400)
}

fn role(name: &str) -> RoleId {
    RoleId::parse(name).expect("valid")
}

const USER: &[Pair] = &[
    pair("incarnation", plain, |one| one.midway.push(|user| user.incarnation = Some("2".into()))),
    pair("enabled", plain, |one| one.user.push(|user| user.enabled = false)),
    pair("kind", plain, |one| one.user.push(|user| user.kind = UserKind::ForeignGuest)),
    pair("password_home", plain, |one| {
        one.user.push(|user| user.password_home = PasswordHome::OnPremises);
    }),
    pair("writeback", on_premises, |one| {
        one.user.push(|user| user.writeback = Some(WritebackState::Unreachable));
    }),
    pair("protected", plain, |one| one.user.push(|user| user.protected = true)),
    pair("restricted_management", plain, |one| {
        one.user.push(|user| user.restricted_management = Some(true));
    }),
    pair(
        "entitlements",
        |both| policy(both, |policy| policy.required_entitlement = Some("premium".to_owned())),
        |one| one.user.push(|user| user.entitlements = Some([].into())),
    ),
    pair("roles", plain, administrator),
    pair(
        "groups",
        |both| {
            policy(both, |policy| {
                policy.scope = Scope::Selected([GroupId::parse("pilot").expect("valid")].into());
            });
        },
        |one| {
            one.user.push(|user| user.groups = [GroupId::parse("pilot").expect("valid")].into());
        },
    ),
    pair("names", plain, |one| one.user.push(|user| user.names = vec![NEW.to_owned()])),
    pair("display_name", plain, |one| {
        one.user.push(|user| user.display_name = Some(NEW.to_owned()));
    }),
    pair("primary_mail", plain, |one| {
        one.user.push(|user| user.primary_mail = Some("ada@work.example".to_owned()));
    }),
    pair("user_principal_name", plain, |one| {
        one.user.push(|user| user.user_principal_name = Some(NEW.to_owned()));
    }),
    pair("locale", plain, |one| {
        one.user.push(|user| {
            user.locale = Some(sspr::message::Locale::parse("lv").expect("a language"))
        });
    }),
    pair("time_zone", plain, |one| one.user.push(|user| user.time_zone = Some(riga()))),
    pair("password_changed_at", expiring, |one| {
        one.user.push(|user| user.password_changed_at = Some(days_ago(90)));
    }),
    pair("password_expired", plain, |one| {
        one.user.push(|user| user.password_expired = Some(true));
    }),
    pair("must_change", plain, |one| {
        one.user.push(|user| user.must_change = Some(MustChange::Compromised));
    }),
    pair(
        "password_never_expires",
        |both| {
            expiring(both);
            both.user.push(|user| user.password_changed_at = Some(days_ago(90)));
        },
        |one| one.user.push(|user| user.password_never_expires = Some(true)),
    ),
    pair(
        "strong_password_required",
        |both| {
            policy(both, |policy| {
                policy.password.required_classes = 3;
                policy.acknowledged.insert(Deviation::CompositionRules);
            });
        },
        |one| one.user.push(|user| user.strong_password_required = Some(false)),
    ),
    pair(
        "locked_out",
        |both| {
            both.unlock = Some(WriteOutcome::Indeterminate);
            policy(both, |policy| policy.unlock_without_reset = true);
        },
        |one| one.midway.push(|user| user.locked_out = Some(false)),
    ),
    pair(
        "second_factor",
        |both| both.sign_in.push(|context| context.second_factor_at = None),
        |one| one.user.push(|user| user.second_factor = Some(true)),
    ),
    pair("change_stamp", plain, |one| {
        one.midway.push(|user| user.change_stamp = Some("another".to_owned()));
    }),
];

const CONTACTS: &[Pair] = &[
    pair("mail", by_directory, |one| {
        one.user.push(|user| user.contacts.mail = vec!["ada@old.example".to_owned()]);
    }),
    pair("mobile_phone", by_directory, |one| {
        one.user.push(|user| user.contacts.mobile_phone = Some("+14255550111".to_owned()));
    }),
    pair("alternate_mobile", plain, |one| {
        one.user.push(|user| user.contacts.alternate_mobile = Some("+14255550112".to_owned()));
    }),
    pair("office_phone", by_directory, |one| {
        one.user.push(|user| user.contacts.office_phone = Some("+14255550113".to_owned()));
    }),
];

const TENANT: &[Pair] = &[
    pair("display_name", plain, |one| {
        one.tenant.push(|tenant| tenant.display_name = "Fabrikam".to_owned());
    }),
    pair(
        "plan",
        |both| policy(both, |policy| policy.plans = PlanTable::entra()),
        |one| one.tenant.push(|tenant| tenant.plan = Some(sspr::facts::Plan::Free)),
    ),
    pair("trial_since", small_tenant, |one| {
        one.tenant.push(|tenant| {
            let long_ago = World::START - 40 * 86_400;
            tenant.trial_since = Some(Timestamp::from_unix_seconds(long_ago));
        });
    }),
    pair("custom_domain", small_tenant, |one| {
        one.tenant.push(|tenant| tenant.custom_domain = Some(true));
    }),
    pair("synchronised", small_tenant, |one| {
        one.tenant.push(|tenant| tenant.synchronised = None);
    }),
    pair(
        "education",
        |both| {
            policy(both, |policy| {
                policy.password.required_classes = 3;
                policy.acknowledged.insert(Deviation::CompositionRules);
            });
        },
        |one| one.tenant.push(|tenant| tenant.education = Some(true)),
    ),
    pair(
        "cloud",
        |both| {
            policy(both, |policy| {
                let at = Timestamp::from_unix_seconds(World::START);
                let mut ended = Retirement::new(Retired::Method(MethodKind::MobilePhone), at);
                ended.clouds = ["government".to_owned()].into();
                policy.retirements.push(ended);
            });
        },
        |one| one.tenant.push(|tenant| tenant.cloud = Some("government".to_owned())),
    ),
    pair("locale", plain, |one| {
        one.tenant.push(|tenant| {
            tenant.locale = Some(sspr::message::Locale::parse("lv").expect("a language"))
        });
    }),
    pair("time_zone", plain, |one| one.tenant.push(|tenant| tenant.time_zone = Some(riga()))),
];

const SIGN_IN: &[Pair] = &[
    pair(
        "session",
        |both| both.register = false,
        |one| one.sign_in.push(|context| context.session = "another".to_owned()),
    ),
    pair("signed_in_at", plain, |one| {
        one.sign_in.push(|context| {
            let hour = std::time::Duration::from_secs(3_600);
            context.signed_in_at = context.signed_in_at.minus(hour);
        });
    }),
    pair("second_factor_at", plain, |one| {
        one.sign_in.push(|context| context.second_factor_at = None);
    }),
    pair(
        "sign_in_kinds",
        |both| {
            policy(both, |policy| {
                policy.users.methods.insert(MethodKind::AuthenticatorApp);
                policy.acknowledged.insert(Deviation::GuessingAboveThreshold);
            });
        },
        |one| {
            one.sign_in.push(|context| {
                context.sign_in_kinds = [MethodKind::AuthenticatorApp].into();
            });
        },
    ),
];

/// The public fields of a structure, as its source has them.
fn fields(source: &str, name: &str) -> Vec<String> {
    let start = format!("pub struct {name} {{");
    let (_, body) = source.split_once(&start).unwrap_or_else(|| panic!("no {name}"));
    let (body, _) = body.split_once("\n}").expect("its end");
    let field = |line: &str| Some(line.trim().strip_prefix("pub ")?.split_once(':')?.0.to_owned());
    body.lines().filter_map(field).collect()
}

/// Compares the pairs with the source, and the runs of each pair.
async fn hold(name: &str, source: &str, without: &[&str], pairs: &[Pair]) {
    let mut all = fields(source, name);
    assert!(!all.is_empty(), "{name}");
    all.retain(|field| !without.contains(&field.as_str()));
    let held: Vec<_> = pairs.iter().map(|pair| pair.field.to_owned()).collect();
    assert_eq!(held, all, "{name}: one pair of runs for each field");
    for Pair { field, both, one } in pairs {
        let run = async |changes: &[fn(&mut Setup)]| {
            let mut setup = Setup::new();
            for change in changes {
                change(&mut setup);
            }
            transcript(setup).await
        };
        let (with, without) = (run(&[*both, *one]).await, run(&[*both]).await);
        assert_eq!(without, run(&[*both]).await, "{name}.{field}: a run is not repeatable");
        assert_ne!(with, without, "{name}.{field} decides nothing");
    }
}

/// The id is not compared: another id is another account.
#[tokio::test]
async fn each_fact_about_a_user_decides_something() {
    let source = include_str!("../../../src/domain/identity/facts.rs");
    let without = ["id", "contacts"];
    hold("UserFacts", source, &without, USER).await;
    hold("ContactFacts", source, &[], CONTACTS).await;
}

#[tokio::test]
async fn each_fact_about_a_tenant_decides_something() {
    let source = include_str!("../../../src/domain/identity/facts.rs");
    hold("TenantFacts", source, &[], TENANT).await;
}

#[tokio::test]
async fn each_fact_about_a_sign_in_decides_something() {
    let source = include_str!("../../../src/engine/api/request.rs");
    hold("SignInContext", source, &[], SIGN_IN).await;
}

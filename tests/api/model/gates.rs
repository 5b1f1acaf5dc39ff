//! Which gates and kinds apply: plans, trials, domains, dates, the migration of the three policies.

use std::time::Duration;

use sspr::facts::{PasswordHome, Plan, TenantFacts};
use sspr::method::Channel;
use sspr::policy::{
    Deviation, MethodPolicies, MigrationState, PlanTable, Retired, Retirement, Scope,
};
use sspr::port::Clock as _;
use sspr::{MethodKind, Policy, PolicySettings, Step, Timestamp};

use super::{change, number, put, refused, role, world};
use crate::support::*;

const DAY: Duration = Duration::from_secs(86_400);

fn tenant(world: &World, change: impl FnOnce(&mut TenantFacts)) {
    world.directory.update_tenant(&world.tenant, change).expect("known");
}

#[tokio::test]
async fn e10_1_each_plan_includes_what_the_table_says() {
    for (plan, cloud, premises) in [
        (None, None, None),
        (Some(Plan::Free), Some(12), Some(12)),
        (Some(Plan::Trial), Some(12), Some(12)),
        (Some(Plan::Paid), None, Some(12)),
        (Some(Plan::Premium), None, None),
    ] {
        let world = world().await;
        put(&world, |settings| {
            settings.plans = PlanTable::entra();
            settings.on_premises.writeback = true;
        })
        .await;
        tenant(&world, |facts| facts.plan = plan);
        for (home, expected) in [(PasswordHome::Cloud, cloud), (PasswordHome::OnPremises, premises)]
        {
            change(&world, |facts| facts.password_home = home);
            assert_eq!(number(&world).await, expected, "{plan:?} {home:?}");
        }
        change(&world, |facts| facts.password_home = PasswordHome::Cloud);
        let changes = world.engine.change();
        let begun = changes.start(&request(), &world.signed_in(), &OLD.into()).await;
        assert!(begun.is_ok(), "a change in the cloud is in every plan: {plan:?}");
    }
}

#[tokio::test]
async fn e1_3_calls_and_the_office_phone_depend_on_the_plan() {
    let mut settings = super::reasoned();
    settings.users.methods.insert(MethodKind::OfficePhone);
    settings.plans.voice = PlanTable::entra().voice;
    let builder = World::builder().settings(settings);
    let world = builder.engine(|engine| engine.human_check(super::Human)).open().await;
    let phone = |number| sspr::facts::PhoneNumber::parse(number).ok();
    let mut contacts = sspr::admin::Contacts::default();
    contacts.mobile_phone = phone(MOBILE);
    contacts.office_phone = phone("+14255550177");
    world.supply_contacts(&world.user, &contacts).await;
    for (plan, expected) in [(Plan::Trial, Some(14)), (Plan::Free, Some(14)), (Plan::Paid, None)] {
        tenant(&world, |facts| facts.plan = Some(plan));
        assert_eq!(number(&world).await, expected, "{plan:?}");
    }
}

/// Of administrators too.
#[tokio::test]
async fn e1_6_no_one_is_called_in_a_free_or_a_trial_tenant() {
    let world = world().await;
    put(&world, |settings| settings.plans.voice = PlanTable::entra().voice).await;
    for name in ["Directory Readers", "Helpdesk Administrator"] {
        change(&world, |facts| facts.roles = [role(name)].into());
        for (plan, called) in [(Plan::Free, false), (Plan::Trial, false), (Plan::Paid, true)] {
            tenant(&world, |facts| facts.plan = Some(plan));
            let request = request().with_human_answer("passed".into());
            let reply = world.engine.reset().start(&request, &ada()).await.expect("started");
            let Step::Choose { options } = reply.step else { panic!("{:?}", reply.step) };
            let offered = options.iter().any(|view| view.option.channel() == Channel::Voice);
            assert_eq!(offered, called, "{name} {plan:?}");
        }
    }
}

#[tokio::test]
async fn e1_6_one_gate_is_for_young_trials_without_domain_and_synchronisation() {
    let world = world().await;
    change(&world, |facts| facts.roles = [role("Helpdesk Administrator")].into());
    let required = async || {
        let seen = world.admin().explain(&world.user).await.expect("explained");
        seen.required.expect("gates apply")
    };
    let young = Some(world.clock.now().minus(DAY * 29));
    let old = Some(world.clock.now().minus(DAY * 30));
    let (no, yes) = (Some(false), Some(true));
    for exceptions in [false, true] {
        put(&world, |settings| {
            settings.administrators.one_gate_exceptions = exceptions;
            settings.acknowledged.insert(Deviation::OneGateAdministrators);
            settings.acknowledged.insert(Deviation::GuessingAboveThreshold);
        })
        .await;
        for (trial, domain, synchronised, one) in [
            (None, no, no, true),
            (young, no, no, true),
            (old, no, no, false),
            (young, yes, no, false),
            (young, no, yes, false),
            (None, yes, no, false),
            (None, no, yes, false),
            (None, None, no, false),
            (None, no, None, false),
        ] {
            tenant(&world, |facts| {
                facts.trial_since = trial;
                facts.custom_domain = domain;
                facts.synchronised = synchronised;
            });
            let expected = if exceptions && one { 1 } else { 2 };
            let case = format!("{exceptions} {trial:?} {domain:?} {synchronised:?}");
            assert_eq!(required().await, expected, "{case}");
        }
    }
}

/// Settings in this state of the migration, with a method of its own in each policy.
fn migrating(state: MigrationState, required: u8) -> PolicySettings {
    let mut settings = settings();
    settings.users.required = required;
    settings.users.methods = [MethodKind::Email, MethodKind::MobilePhone].into();
    let mut policies = MethodPolicies::new(state);
    policies.sign_in = [MethodKind::OfficePhone].into();
    policies.authentication =
        [MethodKind::AuthenticatorApp, MethodKind::AppNotification, MethodKind::OathToken].into();
    settings.method_policies = Some(policies);
    settings.acknowledged.insert(Deviation::GuessingAboveThreshold);
    settings
}

#[test]
fn e1_8_the_state_of_the_migration_says_which_policies_count() {
    let kinds = |state| migrating(state, 2).user_gates().methods;
    let legacy = [MethodKind::Email, MethodKind::MobilePhone];
    let new = [MethodKind::AuthenticatorApp, MethodKind::AppNotification, MethodKind::OathToken];
    assert_eq!(kinds(MigrationState::PreMigration), legacy.into());
    let all = legacy.into_iter().chain(new).chain([MethodKind::OfficePhone]).collect();
    assert_eq!(kinds(MigrationState::InProgress), all, "a method of any of the three");
    assert_eq!(kinds(MigrationState::Complete), new.into());
    for state in
        [MigrationState::PreMigration, MigrationState::InProgress, MigrationState::Complete]
    {
        let settings = migrating(state, 1);
        assert_eq!(settings.user_gates().required, 1, "the number stays in the reset policy");
        let administrators = &settings.administrators;
        assert_eq!(*administrators, PolicySettings::default().administrators, "{state:?}");
    }
}

/// The policy counts for a reset, not only in the settings.
#[tokio::test]
async fn e1_8_a_reset_takes_the_methods_of_the_migration() {
    let world = World::builder().settings(one_gate()).registered().open().await;
    let usable = async || {
        let seen = world.admin().explain(&world.user).await.expect("explained");
        seen.usable
    };
    assert_eq!(usable().await, [MethodKind::Email, MethodKind::MobilePhone]);
    world.put_policy(migrating(MigrationState::InProgress, 2)).await;
    world.enrol_app().await;
    let all = [MethodKind::Email, MethodKind::MobilePhone, MethodKind::AuthenticatorApp];
    assert_eq!(usable().await, all);
    world.put_policy(migrating(MigrationState::Complete, 2)).await;
    assert_eq!(usable().await, [MethodKind::AuthenticatorApp]);
}

#[test]
fn e1_4_the_rules_of_the_app_hold_until_the_migration_is_complete() {
    let notifies = |state, required| {
        migrating(state, required).user_gates().methods.contains(&MethodKind::AppNotification)
    };
    assert!(!notifies(MigrationState::InProgress, 1), "code only");
    assert!(notifies(MigrationState::InProgress, 2), "either");
    assert!(notifies(MigrationState::Complete, 1));
    let accepted = |state, required, kinds: &[MethodKind]| {
        let mut settings = migrating(state, required);
        settings.users.methods = kinds.iter().copied().collect();
        settings.method_policies = Some(MethodPolicies::new(state));
        if state == MigrationState::Complete {
            let policies = settings.method_policies.as_mut().expect("there");
            policies.authentication = kinds.iter().copied().collect();
        }
        Policy::new(settings).is_ok()
    };
    let (app, mail, mobile) =
        (MethodKind::AuthenticatorApp, MethodKind::Email, MethodKind::MobilePhone);
    let (before, after) = (MigrationState::PreMigration, MigrationState::Complete);
    assert!(!accepted(before, 1, &[app]), "the app alone");
    assert!(accepted(before, 1, &[app, mail]));
    assert!(!accepted(before, 2, &[app, mail]), "the app and one other");
    assert!(accepted(before, 2, &[app, mail, mobile]));
    assert!(accepted(after, 1, &[app]) && accepted(after, 2, &[app, mail]));
}

#[tokio::test]
async fn e1_9_a_method_and_a_provider_end_at_their_date() {
    let world = world().await;
    let at = world.clock.now().plus(DAY);
    for what in [
        Retired::Method(MethodKind::MobilePhone),
        Retired::Provider { channel: Channel::Sms, provider: "microsoft".to_owned() },
    ] {
        world.clock.advance(DAY);
        let at = at.max(world.clock.now().plus(DAY));
        let mut retirement = Retirement::new(what.clone(), at);
        retirement.clouds = ["public".to_owned()].into();
        put(&world, |settings| settings.retirements = vec![retirement]).await;
        // Texts of the platform only, and later also of a provider of the organisation.
        let platform =
            || [Channel::Sms.provided_by("microsoft"), Channel::Email.provided_by("contoso")];
        world.inbox.set_channels(&world.tenant, platform());
        assert_eq!(refused(&world).await, None, "{what:?}: before its date");
        world.clock.advance(DAY);
        assert!(refused(&world).await.is_some(), "{what:?}: at its date");
        tenant(&world, |facts| facts.cloud = Some("usgov".to_owned()));
        assert_eq!(refused(&world).await, None, "{what:?}: another cloud");
        tenant(&world, |facts| facts.cloud = None);
        let own = platform().into_iter().chain([Channel::Sms.provided_by("contoso-telecom")]);
        world.inbox.set_channels(&world.tenant, own);
        let outlives = matches!(what, Retired::Provider { .. });
        assert_eq!(refused(&world).await.is_none(), outlives, "{what:?}: another provider");
    }
}

#[test]
fn e1_9_the_entra_preset_ends_questions_and_the_platforms_texts_and_calls() {
    let february = Timestamp::from_unix_seconds(1_801_440_000);
    let ends = PolicySettings::entra().retirements;
    let platform = |channel| {
        let what = Retired::Provider { channel, provider: "microsoft".to_owned() };
        let mut retirement = Retirement::new(what, february);
        retirement.clouds = ["public".to_owned()].into();
        retirement
    };
    let march = Timestamp::from_unix_seconds(1_803_859_200);
    let mut questions = Retirement::new(Retired::Method(MethodKind::SecurityQuestions), march);
    questions.clouds = ["public".to_owned()].into();
    assert_eq!(ends, [platform(Channel::Sms), platform(Channel::Voice), questions]);
}

#[test]
fn e1_1_the_entra_preset_selects_one_group() {
    for (count, accepted) in [(1, true), (2, false)] {
        let mut settings = PolicySettings::entra();
        let groups = (0..count).map(|number| super::group(&format!("group-{number}")));
        settings.scope = Scope::Selected(groups.collect());
        assert_eq!(Policy::new(settings).is_ok(), accepted, "{count}");
    }
}

//! The effective policy: every reason alone and beside each other, gates, and what is withheld.

use super::*;
use crate::domain::identity::facts::Plan;
use crate::domain::identity::ids::{GroupId, RoleId, UserId};
use crate::domain::policy::{
    Deviation, MethodPolicies, MigrationState, PlanTable, PolicySettings, Retired, Retirement,
};

const NOW: Timestamp = Timestamp::from_unix_seconds(1_800_000_000);
const DAY: i64 = 86_400;
/// What some cases deviate by; it decides nothing here.
const ACKNOWLEDGED: [Deviation; 3] = [
    Deviation::OneGateAdministrators,
    Deviation::GuessingAboveThreshold,
    Deviation::CompositionRules,
];

/// Policy settings, tenant facts and user facts that allow a reset.
struct Case {
    settings: PolicySettings,
    has_policy: bool,
    tenant: Option<TenantFacts>,
    user: UserFacts,
}

impl Case {
    fn new() -> Self {
        let mut settings = PolicySettings { scope: Scope::All, ..PolicySettings::default() };
        settings.on_premises.writeback = true;
        let user = UserFacts::new(UserId::parse("u-1").expect("valid"));
        Self { settings, has_policy: true, tenant: Some(TenantFacts::new("Contoso")), user }
    }

    fn administrator() -> Self {
        let mut case = Self::new();
        case.user.roles = [RoleId::parse("HELPDESK administrator").expect("valid")].into();
        case
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn policy(&self) -> Policy {
        let mut settings = self.settings.clone();
        settings.acknowledged = ACKNOWLEDGED.into();
        Policy::new(settings).expect("a sound policy")
    }

    fn effective(&self) -> EffectivePolicy {
        let policy = self.policy();
        let (policy, tenant) = (self.has_policy.then_some(&policy), self.tenant.as_ref());
        EffectivePolicy::of(&PolicyFacts { policy, tenant, user: &self.user, now: NOW })
    }

    fn reasons(&self) -> Vec<SsprReason> {
        self.effective().against_reset().iter().copied().collect()
    }
}

fn group() -> GroupId {
    GroupId::parse("pilot").expect("valid")
}

type Change = fn(&mut Case);

/// A change of facts for each reason that does not depend on methods, in the order of evaluation.
const CAUSES: &[(SsprReason, Change)] = &[
    (SsprReason::UnknownTenant, |case| case.tenant = None),
    (SsprReason::HomeTenant, |case| case.user.kind = UserKind::ForeignGuest),
    (SsprReason::PersonalAccount, |case| case.user.kind = UserKind::Personal),
    (SsprReason::AccountDisabled, |case| case.user.enabled = false),
    (SsprReason::NoPolicy, |case| case.has_policy = false),
    (SsprReason::SwitchedOff, |case| case.settings.scope = Scope::None),
    (SsprReason::AdministratorsOff, |case| {
        case.user.roles = [RoleId::parse("Global Administrator").expect("valid")].into();
        case.settings.administrators.enabled = false;
    }),
    (SsprReason::WritebackOff, |case| {
        case.user.password_home = PasswordHome::OnPremises;
        case.settings.on_premises.writeback = false;
    }),
    (SsprReason::NotEntitled, |case| {
        case.settings.required_entitlement = Some("premium".to_owned());
        case.user.entitlements = Some(BTreeSet::new());
    }),
    (SsprReason::NotInScope, |case| case.settings.scope = Scope::Selected([group()].into())),
    (SsprReason::Protected, |case| case.user.protected = true),
    (SsprReason::DirectoryUnreachable, |case| {
        case.user.password_home = PasswordHome::OnPremises;
        case.user.writeback = Some(WritebackState::Unreachable);
    }),
];

/// Reasons that exclude each other, since one fact or one setting decides between them, or since
/// one hides what the other needs.
fn exclude(left: SsprReason, right: SsprReason) -> bool {
    use SsprReason::{
        AdministratorsOff, HomeTenant, NoPolicy, NotEntitled, NotInScope, PersonalAccount,
        SwitchedOff, WritebackOff,
    };
    let pair = |one, other| (left, right) == (one, other) || (left, right) == (other, one);
    // Without a policy nothing that a policy says can hold.
    let of_policy = [SwitchedOff, AdministratorsOff, WritebackOff, NotEntitled, NotInScope];
    let needs_policy = |reason| of_policy.contains(&reason);
    (left == NoPolicy && needs_policy(right))
        || (right == NoPolicy && needs_policy(left))
        || pair(HomeTenant, PersonalAccount)
        || pair(SwitchedOff, NotInScope)
        // The scope governs users only.
        || pair(SwitchedOff, AdministratorsOff)
        || pair(NotInScope, AdministratorsOff)
}

#[test]
fn a_user_whom_nothing_excludes_may_reset() {
    assert_eq!(Case::new().reasons(), []);
    assert!(Case::new().effective().may_reset().is_ok());
    assert!(Case::new().effective().may_change().is_ok());
}

/// E3.2, E7.1: each reason alone.
#[test]
fn each_cause_gives_its_reason() {
    for (reason, cause) in CAUSES {
        let reasons = Case::new().with(cause).reasons();
        assert_eq!(reasons, [*reason]);
    }
}

/// For every two reasons that hold at once both are reported, and a flow takes the earlier one.
#[test]
fn of_two_reasons_the_earlier_one_comes_first() {
    let mut pairs = 0;
    for (n, (first, one)) in CAUSES.iter().enumerate() {
        for (second, other) in &CAUSES[n + 1..] {
            if exclude(*first, *second) {
                continue;
            }
            let case = Case::new().with(one).with(other);
            assert_eq!(case.reasons(), [*first, *second], "{first:?} and {second:?}");
            assert_eq!(case.effective().may_reset().err(), Some(*first));
            pairs += 1;
        }
    }
    assert_eq!(pairs, 12 * 11 / 2 - 9);
}

/// E3.4: a change depends on the account and its home, not on the scope, the switch or the gates.
#[test]
fn a_change_does_not_depend_on_the_scope() {
    for (reason, cause) in CAUSES {
        let changed = Case::new().with(cause).effective().may_change();
        let free = [
            SsprReason::SwitchedOff,
            SsprReason::AdministratorsOff,
            SsprReason::NotEntitled,
            SsprReason::NotInScope,
        ];
        let expected = if free.contains(reason) { Ok(()) } else { Err(*reason) };
        assert_eq!(changed, expected, "{reason:?}");
    }
}

/// E10.1: the table of plans.
#[test]
fn the_plan_decides_about_resets_premises_and_calls() {
    let entra = |plan, home| {
        Case::new().with(|case| {
            case.settings.plans = PlanTable::entra();
            case.tenant.as_mut().expect("one").plan = plan;
            case.user.password_home = home;
        })
    };
    let rows = [
        // plan, cloud reset, reset on premises, change on premises
        (None, true, true, true),
        (Some(Plan::Free), false, false, false),
        (Some(Plan::Trial), false, false, false),
        (Some(Plan::Paid), true, false, false),
        (Some(Plan::Premium), true, true, true),
    ];
    for (plan, cloud, premises, change) in rows {
        let in_cloud = entra(plan, PasswordHome::Cloud);
        let on_premises = entra(plan, PasswordHome::OnPremises);
        assert_eq!(in_cloud.reasons().is_empty(), cloud, "{plan:?}");
        assert_eq!(on_premises.reasons().is_empty(), premises, "{plan:?}");
        assert!(in_cloud.effective().may_change().is_ok(), "a change in the cloud is free");
        assert_eq!(on_premises.effective().may_change().is_ok(), change, "{plan:?}");
        let not_entitled = in_cloud.reasons() == [SsprReason::NotEntitled];
        assert_eq!(not_entitled, !cloud, "{plan:?}");
    }
    // Administrators reset under every plan.
    let mut root = entra(Some(Plan::Trial), PasswordHome::Cloud);
    root.user.roles = [RoleId::parse("Global Administrator").expect("valid")].into();
    assert_eq!(root.reasons(), []);
}

/// E1.3: the office phone needs a paid plan, and its voice channel.
#[test]
fn the_office_phone_is_bound_to_the_plan() {
    let case = |plan| {
        Case::new().with(|case| {
            case.settings.users.methods.insert(MethodKind::OfficePhone);
            case.settings.plans = PlanTable::entra();
            case.tenant.as_mut().expect("one").plan = Some(plan);
        })
    };
    let trial = case(Plan::Trial).effective();
    assert!(!trial.gates.methods.contains(&MethodKind::OfficePhone));
    let withheld = WithheldMethod { method: MethodKind::OfficePhone, why: Withheld::Plan };
    assert_eq!(trial.withheld, [withheld]);
    let paid = case(Plan::Paid).effective();
    assert!(paid.gates.methods.contains(&MethodKind::OfficePhone) && paid.withheld.is_empty());

    let provided = [Channel::Sms.provided_by("a"), Channel::Voice.provided_by("a")];
    for (plan, channels) in
        [(Plan::Trial, vec![Channel::Sms]), (Plan::Paid, vec![Channel::Sms, Channel::Voice])]
    {
        let case = case(plan);
        let served = case.policy().served_channels(&provided, case.tenant.as_ref(), NOW);
        assert_eq!(served, channels, "{plan:?}");
    }
}

/// E1.9: a method ends at its date, and a provider too, in the clouds that are named.
#[test]
fn methods_and_providers_end_at_their_dates() {
    let at = |offset: i64| Timestamp::from_unix_seconds(1_800_000_000 + offset);
    let ends = |what, offset, clouds: &[&str]| {
        let named = clouds.iter().map(|cloud| (*cloud).to_owned()).collect();
        Retirement { clouds: named, ..Retirement::new(what, at(offset)) }
    };
    let phone = || Retired::Method(MethodKind::MobilePhone);
    for (offset, clouds, cloud, counts) in [
        (1, &[][..], None, true),
        (0, &[][..], None, false),
        (-DAY, &["public"][..], None, false),
        (-DAY, &["public"][..], Some("public"), false),
        (-DAY, &["public"][..], Some("government"), true),
        (-DAY, &["government"][..], None, true),
    ] {
        let case = Case::new().with(|case| {
            case.settings.retirements = vec![ends(phone(), offset, clouds)];
            case.tenant.as_mut().expect("one").cloud = cloud.map(str::to_owned);
        });
        let gates = case.effective().gates.methods;
        assert_eq!(gates.contains(&MethodKind::MobilePhone), counts, "{offset} {clouds:?}");
        let shown = shown_kinds(&case.policy(), case.tenant.as_ref(), NOW);
        assert_eq!(shown.contains(&MethodKind::MobilePhone), counts, "{offset} {clouds:?}");
    }
    // A provider of the tenant's own outlives the platform's.
    let ended = Retired::Provider { channel: Channel::Sms, provider: "microsoft".to_owned() };
    let case = Case::new().with(|case| case.settings.retirements = vec![ends(ended, 0, &[])]);
    let served = |names: &[&str]| {
        let provided: Vec<_> = names.iter().map(|name| Channel::Sms.provided_by(name)).collect();
        case.policy().served_channels(&provided, case.tenant.as_ref(), NOW)
    };
    assert_eq!(served(&["microsoft"]), []);
    assert_eq!(served(&["microsoft", "contoso-telecom"]), [Channel::Sms]);
}

/// E1.6, C12: two gates for administrators, one where every exception is known to hold.
#[test]
fn one_gate_suffices_for_administrators_only_where_no_two_gate_circumstance_holds() {
    let rows = [
        // own domain, synchronised, days into a trial, gates
        (Some(false), Some(false), None, 1),
        (Some(false), Some(false), Some(29), 1),
        (Some(false), Some(false), Some(30), 2),
        (Some(true), Some(false), Some(1), 2),
        (Some(false), Some(true), Some(1), 2),
        (Some(true), Some(true), None, 2),
        (None, Some(false), None, 2),
        (Some(false), None, None, 2),
    ];
    for (custom_domain, synchronised, days, gates) in rows {
        let mut case = Case::administrator();
        case.settings.administrators.one_gate_exceptions = true;
        let tenant = case.tenant.as_mut().expect("one");
        (tenant.custom_domain, tenant.synchronised) = (custom_domain, synchronised);
        tenant.trial_since =
            days.map(|days: i64| Timestamp::from_unix_seconds(1_800_000_000 - days * DAY));
        let label = format!("{custom_domain:?} {synchronised:?} {days:?}");
        assert_eq!(case.effective().gates.required, gates, "{label}");
        case.settings.administrators.one_gate_exceptions = false;
        assert_eq!(case.effective().gates.required, 2, "{label}");
    }
    let unknown = Case::administrator().with(|case| {
        case.settings.administrators.one_gate_exceptions = true;
        case.tenant = None;
    });
    assert_eq!(unknown.effective().gates.required, 2);
}

/// E1.4, E1.8: the methods of users by the state of the migration, and the rules of the app.
#[test]
fn the_migration_decides_which_methods_count() {
    let case = |state, required| {
        Case::new().with(|case| {
            case.settings.users.required = required;
            case.settings.users.methods = [MethodKind::Email, MethodKind::MobilePhone].into();
            let mut policies = MethodPolicies::new(state);
            policies.sign_in = [MethodKind::AppNotification].into();
            policies.authentication =
                [MethodKind::AuthenticatorApp, MethodKind::Email, MethodKind::OathToken].into();
            case.settings.method_policies = Some(policies);
        })
    };
    let methods = |state, required| case(state, required).effective().gates.methods;
    assert_eq!(
        methods(MigrationState::PreMigration, 1),
        [MethodKind::Email, MethodKind::MobilePhone].into()
    );
    let all: BTreeSet<_> = [
        MethodKind::Email,
        MethodKind::MobilePhone,
        MethodKind::AuthenticatorApp,
        MethodKind::OathToken,
        MethodKind::AppNotification,
    ]
    .into();
    assert_eq!(methods(MigrationState::InProgress, 2), all);
    let mut code_only = all;
    code_only.remove(&MethodKind::AppNotification);
    assert_eq!(methods(MigrationState::InProgress, 1), code_only, "never its notification");
    assert_eq!(
        methods(MigrationState::Complete, 1),
        [MethodKind::Email, MethodKind::AuthenticatorApp, MethodKind::OathToken].into()
    );
    // The methods of administrators do not depend on it.
    let mut root = Case::administrator();
    root.settings.method_policies = Some(MethodPolicies::new(MigrationState::PreMigration));
    assert!(root.effective().gates.methods.contains(&MethodKind::OfficePhone));
}

/// E1.4: until the migration is complete the app is not enough by itself.
#[test]
fn the_app_needs_other_kinds_beside_it() {
    let sound = |required, methods: &[MethodKind], state| {
        let mut settings = PolicySettings { scope: Scope::All, ..PolicySettings::default() };
        settings.acknowledged = ACKNOWLEDGED.into();
        settings.users.required = required;
        settings.users.methods = methods.iter().copied().collect();
        let mut policies = MethodPolicies::new(state);
        policies.authentication = settings.users.methods.clone();
        settings.method_policies = Some(policies);
        Policy::new(settings).is_ok()
    };
    use MethodKind::{AppNotification as Push, AuthenticatorApp as App, Email, MobilePhone};
    let before = MigrationState::InProgress;
    assert!(!sound(1, &[App], before), "one gate: not the only method");
    assert!(sound(1, &[App, Email], before));
    assert!(!sound(2, &[App, Email], before), "two gates: two others");
    assert!(!sound(2, &[App, Push, Email], before), "its features are one method");
    assert!(sound(2, &[App, Email, MobilePhone], before));
    assert!(sound(1, &[App], MigrationState::Complete), "the rules end with the migration");
    assert!(sound(2, &[App, Email], MigrationState::Complete));
}

/// E9.1: a school and a user may be excused from classes of characters, and from nothing else.
#[test]
fn facts_excuse_from_classes_of_characters() {
    let (no, yes) = (Some(false), Some(true));
    for (education, required) in [(None, None), (no, yes), (yes, yes), (None, no), (yes, no)] {
        let case = Case::new().with(|case| {
            case.settings.password.required_classes = 3;
            case.tenant.as_mut().expect("one").education = education;
            case.user.strong_password_required = required;
        });
        let policy = case.policy();
        let required_classes = if education == yes || required == no { 0 } else { 3 };
        let expected = PasswordRules { required_classes, ..policy.password.clone() };
        let rules = password_rules(&policy, case.tenant.as_ref(), &case.user);
        assert_eq!(*rules, expected, "{education:?}, {required:?}");
    }
}

/// E3.4: which lockouts a reset, a change and an unlock clear.
#[test]
fn each_write_clears_its_lockouts() {
    let cleared = |effect, home, keeps: bool| {
        let case = Case::new().with(|case| {
            case.user.password_home = home;
            case.settings.on_premises.unlock_clears_sign_in = !keeps;
        });
        let Lockouts { sign_in, on_premises } = cleared(effect, &case.policy(), &case.user);
        (sign_in, on_premises)
    };
    let (cloud, premises) = (PasswordHome::Cloud, PasswordHome::OnPremises);
    for home in [cloud, premises] {
        assert_eq!(cleared(Effect::Reset, home, true), (true, true));
        assert_eq!(cleared(Effect::Change, home, true), (true, false));
    }
    assert_eq!(cleared(Effect::Unlock, cloud, true), (true, false));
    assert_eq!(cleared(Effect::Unlock, premises, true), (false, true));
    assert_eq!(cleared(Effect::Unlock, premises, false), (true, true));
}

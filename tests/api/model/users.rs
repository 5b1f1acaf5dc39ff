//! Kinds of users, and the numbered reasons.

use sspr::audit::EventKind;
use sspr::error::SsprReason;
use sspr::facts::{PasswordHome, TenantFacts, UserFacts, UserKind, WriteOutcome, WritebackState};
use sspr::method::{Channel, SignInContext};
use sspr::policy::Scope;
use sspr::port::Clock as _;
use sspr::{Identifier, MethodKind, Refusal, Request, SignedIn, Source, Step, TenantId};

use super::{change, number, put, refused, world};
use crate::support::*;

#[tokio::test]
async fn e7_1_each_condition_has_its_number() {
    let world = world().await;
    assert_eq!(refused(&world).await, None);
    put(&world, |settings| settings.scope = Scope::None).await;
    assert_eq!(number(&world).await, Some(9));
    put(&world, |settings| {
        settings.scope = Scope::All;
        settings.required_entitlement = Some("premium".to_owned());
    })
    .await;
    assert_eq!(refused(&world).await, None, "entitlements are not tracked");
    change(&world, |facts| facts.entitlements = Some(Default::default()));
    assert_eq!(number(&world).await, Some(12));
    change(&world, |facts| facts.entitlements = Some(["premium".to_owned()].into()));
    assert_eq!(refused(&world).await, None);
    change(&world, |facts| facts.protected = true);
    assert_eq!(number(&world).await, Some(29));
    change(&world, |facts| facts.protected = false);
    world.admin().revoke_methods(&world.user).await.expect("revoked");
    assert_eq!(number(&world).await, Some(14));
}

/// A tenant that the directory has and that has no policy.
#[tokio::test]
async fn e7_1_a_tenant_without_a_policy_has_a_number_of_its_own() {
    let world = world().await;
    let tenant = TenantId::parse("fabrikam").expect("valid");
    world.directory.add_tenant(tenant.clone(), TenantFacts::new("Fabrikam"));
    let facts = UserFacts::new(world.user.clone());
    world.directory.add_user(&tenant, facts, &[World::NAME], OLD).expect("added");
    let session = SignInContext::new("s", world.clock.now());
    let user = SignedIn::vouch(tenant.clone(), world.user.clone(), session);
    let request = Request::new(tenant, Source::parse("203.0.113.7"));
    let listed = world.engine.registration().list(&request, &user).await;
    let Refusal::NotEligible { reason } = refusal(listed) else { panic!("no reason") };
    assert_eq!(reason.code(), Some(11));
}

#[tokio::test]
async fn e3_1_a_human_check_comes_before_anything_else() {
    let world = world().await;
    for name in [World::NAME, "unknown"] {
        let name = Identifier::parse(name).expect("valid");
        let started = world.engine.reset().start(&request(), &name).await;
        assert_eq!(refusal(started), Refusal::HumanCheckRequired);
    }
    assert_eq!(refused(&world).await, None, "passed");
}

#[tokio::test]
async fn e6_1_a_password_on_premises_needs_writeback_that_runs() {
    let world = world().await;
    change(&world, |facts| facts.password_home = PasswordHome::OnPremises);
    assert_eq!(number(&world).await, Some(10), "the policy does not write back");
    put(&world, |settings| settings.on_premises.writeback = true).await;
    assert_eq!(refused(&world).await, None);
    for (state, expected) in [
        (WritebackState::NotConfigured, Some(10)),
        (WritebackState::Unreachable, Some(30)),
        (WritebackState::Running, None),
    ] {
        change(&world, |facts| facts.writeback = Some(state));
        assert_eq!(number(&world).await, expected, "{state:?}");
    }
    reset(&world).await;
    assert!(world.password_is(NEW), "written on premises");
}

/// A reset with both methods; whether every system has the password.
async fn reset(world: &World) -> Option<SsprReason> {
    let from = || request().with_human_answer("passed".into());
    let reset = world.engine.reset();
    let mut ticket = reset.start(&from(), &ada()).await.expect("started").ticket;
    for (selection, address) in [(email(), MAIL), (sms(), MOBILE)] {
        let reply = reset.challenge(&from(), &ticket, &selection).await.expect("opened");
        let right = world.code_to(address).await;
        let reply = reset.prove(&from(), &reply.ticket, &code(&right)).await.expect("proven");
        ticket = reply.ticket;
    }
    let reply = reset.complete(&from(), &ticket, &NEW.into()).await.expect("reset");
    assert!(matches!(reply.step, Step::Done { .. }), "{:?}", reply.step);
    reply.step.reason()
}

#[tokio::test]
async fn e6_1_the_home_tenant_decides_about_guests_and_personal_accounts_are_refused() {
    let world = world().await;
    for (kind, may) in [
        (UserKind::Member, true),
        (UserKind::LocalGuest, true),
        (UserKind::ForeignGuest, false),
        (UserKind::Personal, false),
    ] {
        change(&world, |facts| facts.kind = kind);
        let reason = refused(&world).await;
        assert_eq!(reason.is_none(), may, "{kind:?}: {reason:?}");
        assert_eq!(reason.and_then(|reason| reason.code()), None, "no number of Entra's");
    }
}

/// Also the methods of a reset, which a report shows.
#[tokio::test]
async fn e7_1_a_write_that_the_cloud_does_not_have_yet_is_a_success() {
    let world = world().await;
    world.directory.script_outcome(WriteOutcome::WrittenButNotPropagated);
    assert_eq!(reset(&world).await, Some(SsprReason::NotPropagated), "the page says so");
    assert!(world.password_is(NEW));
    let events = world.admin().user_events(&world.user, None, 1_000).await.expect("listed").items;
    let recorded = events.iter().find_map(|event| match &event.kind {
        EventKind::PasswordReset { methods, propagated, .. } => {
            Some((methods.clone(), *propagated))
        }
        _ => None,
    });
    let methods = vec![MethodKind::Email, MethodKind::MobilePhone];
    assert_eq!(recorded, Some((methods, false)));
}

#[tokio::test]
async fn e3_4_a_reset_remediates_the_users_risk() {
    let world = world().await;
    reset(&world).await;
    let writes = world.directory.writes(&world.tenant, &world.user);
    let [write] = &writes[..] else { panic!("{writes:?}") };
    assert!(write.risk_remediated, "{write:?}");
}

/// Whatever the scope is, a user who knows the password may change it.
#[tokio::test]
async fn e3_4_a_change_in_the_cloud_cannot_be_switched_off() {
    let world = world().await;
    put(&world, |settings| settings.scope = Scope::None).await;
    let changes = world.engine.change();
    let user = world.signed_in();
    let reply = changes.start(&request(), &user, &OLD.into()).await.expect("known");
    changes.complete(&request(), &reply.ticket, &NEW.into()).await.expect("changed");
    assert!(world.password_is(NEW));
}

/// A mobile and an office phone are two methods, if their numbers differ.
#[tokio::test]
async fn e1_3_a_mobile_and_an_office_phone() {
    let mut settings = super::reasoned();
    settings.users.methods = [MethodKind::MobilePhone, MethodKind::OfficePhone].into();
    let builder = World::builder().settings(settings);
    let world = builder.engine(|engine| engine.human_check(super::Human)).open().await;
    let phone = |number| sspr::facts::PhoneNumber::parse(number).ok();
    for (office, expected) in [(MOBILE, Some(14)), ("+14255550177", None)] {
        let mut contacts = sspr::admin::Contacts::default();
        contacts.mobile_phone = phone(MOBILE);
        contacts.office_phone = phone(office);
        world.supply_contacts(&world.user, &contacts).await;
        assert_eq!(number(&world).await, expected, "{office}");
    }
    let channels = sspr::method::ChallengeOption::new(MethodKind::OfficePhone, Channel::Sms);
    assert!(channels.is_err(), "an office phone is called only");
}

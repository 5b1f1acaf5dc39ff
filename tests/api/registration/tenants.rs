//! A sign-in belongs to one tenant.

use crate::support::*;
use sspr::adapters::memory::MemoryStore;
use sspr::facts::{EmailAddress, TenantFacts, UserFacts};
use sspr::method::{Channel, MethodId, NewAuthenticator, NewMethod, SignInContext};
use sspr::port::Clock as _;
use sspr::testing::{CallLog, Recorder};
use sspr::{
    Error, InvalidInput, Policy, RegistrationTicket, Request, SecretText, SignedIn, Source,
    TenantId,
};

/// A session of one tenant and a request of another: every operation is refused, also if the other
/// tenant has a user with the same id.
#[tokio::test]
async fn a_sign_in_of_one_tenant_changes_and_reads_nothing_in_another() {
    let log = CallLog::new();
    let world = World::builder()
        .store(Recorder::new(MemoryStore::new(), log.clone()))
        .settings(settings())
        .open()
        .await;
    let other = TenantId::parse("fabrikam").expect("valid");
    world.directory.add_tenant(other.clone(), TenantFacts::new("Fabrikam"));
    let facts = UserFacts::new(world.user.clone());
    world.directory.add_user(&other, facts, &["ada@contoso.example"], OLD).expect("added");
    let policy = Policy::new(settings()).expect("sound");
    world.engine.admin(&other, &admin()).put_policy(&policy, None).await.expect("put");
    let other_request = Request::new(other.clone(), Source::parse("203.0.113.7"));
    let now = world.clock.now();
    let session = SignInContext::new("s", now).with_second_factor(now);
    let stranger = world.signed_in();
    let native = SignedIn::vouch(other, world.user.clone(), session);
    let registration = world.engine.registration();
    let begun =
        registration.add(&other_request, &native, &mail()).await.expect("a user of that tenant");

    log.clear();
    let seen = every_operation(&world, &other_request, &stranger, &begun.ticket).await;
    let wanted = InvalidInput::Foreign { what: "sign-in" };
    for (name, answer) in seen {
        match answer {
            Err(Error::Invalid(error)) => assert_eq!(error, wanted, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(log.calls().len(), 0, "{:?}", log.shapes());
}

fn mail() -> NewMethod {
    NewMethod::email(EmailAddress::parse(MAIL).expect("valid"))
}

async fn every_operation(
    world: &World,
    request: &Request,
    user: &SignedIn,
    ticket: &RegistrationTicket,
) -> Vec<(&'static str, Result<(), Error>)> {
    let (registration, change) = (world.engine.registration(), world.engine.change());
    let id = MethodId::parse("m1").expect("valid");
    let app = NewAuthenticator::new("Contoso", "ada");
    let mobile = sspr::facts::PhoneNumber::parse(MOBILE).expect("valid");
    let mobile = NewMethod::mobile_phone(mobile, Channel::Sms).expect("reached");
    let (typed, present) = (code("12345678"), SecretText::from(OLD));
    vec![
        ("prompt", registration.prompt(request, user).await.map(drop)),
        ("postpone", registration.skip(request, user).await),
        ("list", registration.list(request, user).await.map(drop)),
        ("review", registration.review(request, user).await.map(drop)),
        ("add", registration.add(request, user, &mobile).await.map(drop)),
        ("replace", registration.replace(request, user, &id, &mobile).await.map(drop)),
        ("confirm", registration.confirm(request, user, ticket, &typed).await.map(drop)),
        ("remove", registration.remove(request, user, &id).await),
        ("set_default", registration.set_default(request, user, &id).await),
        ("reconfirm", registration.reconfirm(request, user).await),
        ("enrol", registration.enrol_authenticator(request, user, &app).await.map(drop)),
        ("replace app", {
            registration.replace_authenticator(request, user, &id, &app).await.map(drop)
        }),
        ("claim", registration.claim_token(request, user, &id).await.map(drop)),
        ("create codes", registration.create_recovery_codes(request, user).await.map(drop)),
        ("keep codes", registration.acknowledge_recovery_codes(request, user, &id).await.map(drop)),
        ("device", registration.remember_device(request, user).await.map(drop)),
        ("change", change.start(request, user, &present).await.map(drop)),
    ]
}

//! Users who register methods, with a password alone or with a second factor.

use crate::support::*;
use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::method::{
    Channel, MethodView, NewAuthenticator, NewMethod, OathParameters, SignInContext,
};
use sspr::port::Clock as _;
use sspr::testing::SoftToken;
use sspr::{
    Attempt, Error, MethodKind, PolicySettings, RegistrationTicket, Selection, SignedIn, Step,
};

pub(crate) const THEIR_MAIL: &str = "mallory@elsewhere.example";
pub(crate) const THEIR_MOBILE: &str = "+14255550666";

/// The default policy, switched on for all users.
pub(crate) fn by_default() -> PolicySettings {
    let mut settings = PolicySettings::default();
    settings.scope = sspr::policy::Scope::All;
    settings
}

/// The default policy, and also methods in hand, which the default does not count.
pub(crate) fn with_devices() -> PolicySettings {
    let mut settings = by_default();
    settings.users.methods.extend([MethodKind::AuthenticatorApp, MethodKind::RecoveryCode]);
    settings
}

/// The Entra preset, switched on for all users. Its human check and what that allows to disclose
/// concern anonymous callers only.
pub(crate) fn entra() -> PolicySettings {
    let mut settings = PolicySettings::entra();
    settings.scope = sspr::policy::Scope::All;
    (settings.human_check, settings.disclosure) = (false, sspr::policy::Disclosure::Uniform);
    settings
}

/// Signed in now with the password alone, in the session of this name.
pub(crate) fn password_only(world: &World, session: &str) -> SignedIn {
    let context = SignInContext::new(session, world.clock.now());
    SignedIn::vouch(world.tenant.clone(), world.user.clone(), context)
}

/// Signed in now with the password and a second factor.
pub(crate) fn with_second_factor(world: &World, session: &str) -> SignedIn {
    let now = world.clock.now();
    let context = SignInContext::new(session, now).with_second_factor(now);
    SignedIn::vouch(world.tenant.clone(), world.user.clone(), context)
}

pub(crate) fn mail_to(address: &str) -> NewMethod {
    NewMethod::email(EmailAddress::parse(address).expect("valid"))
}

pub(crate) fn text_to(number: &str) -> NewMethod {
    NewMethod::mobile_phone(PhoneNumber::parse(number).expect("valid"), Channel::Sms).expect("sms")
}

/// Adds a method with a sent code. Returns the ticket and the code.
pub(crate) async fn begin(
    world: &World,
    user: &SignedIn,
    method: &NewMethod,
    address: &str,
) -> Result<(RegistrationTicket, Attempt), Error> {
    let reply = world.engine.registration().add(&request(), user, method).await?;
    world.deliver().await;
    Ok((reply.ticket, code(&world.inbox.last_code_to(address).expect("a code"))))
}

/// Adds a method with a sent code and confirms it.
pub(crate) async fn bind(
    world: &World,
    user: &SignedIn,
    method: &NewMethod,
    address: &str,
) -> Result<MethodView, Error> {
    let (ticket, typed) = begin(world, user, method, address).await?;
    world.engine.registration().confirm(&request(), user, &ticket, &typed).await
}

pub(crate) async fn bind_mail(world: &World, user: &SignedIn) -> Result<MethodView, Error> {
    bind(world, user, &mail_to(MAIL), MAIL).await
}

pub(crate) async fn bind_mobile(world: &World, user: &SignedIn) -> Result<MethodView, Error> {
    bind(world, user, &text_to(MOBILE), MOBILE).await
}

pub(crate) async fn bind_app(world: &World, user: &SignedIn) -> Result<SoftToken, Error> {
    let (registration, app) = (world.engine.registration(), NewAuthenticator::new("C", "ada"));
    let enrolled = registration.enrol_authenticator(&request(), user, &app).await?;
    let token =
        SoftToken::new(enrolled.seed.expose_secret(), OathParameters::default()).expect("a seed");
    let typed = code(&token.code(world.clock.now()));
    registration.confirm(&request(), user, &enrolled.reply.ticket, &typed).await?;
    Ok(token)
}

pub(crate) async fn bind_codes(world: &World, user: &SignedIn) -> Result<Vec<String>, Error> {
    let registration = world.engine.registration();
    let set = registration.create_recovery_codes(&request(), user).await?;
    registration.acknowledge_recovery_codes(&request(), user, &set.id).await?;
    Ok(set.codes.iter().map(|code| code.expose_secret().to_owned()).collect())
}

/// Whether the user's registration is complete, and whether each method counts now.
pub(crate) async fn registered(world: &World, user: &SignedIn) -> (bool, bool) {
    let review = world.engine.registration().review(&request(), user).await.expect("reviewed");
    let now = world.clock.now();
    let usable =
        review.methods.iter().all(|method| method.active && method.usable_from <= Some(now));
    (review.complete, usable)
}

/// Whether a reset by these two methods reaches the step for the new password.
pub(crate) async fn passes(world: &World, ways: [(&str, &str); 2]) -> bool {
    let mut ticket = world.start().await.ticket;
    for (option, to) in ways {
        let option = Selection::parse(option).expect("an option");
        let reply = world.challenge(&ticket, &option).await;
        world.deliver().await;
        let typed = match world.inbox.last_code_to(to) {
            Some(typed) => typed,
            None => to.to_owned(),
        };
        match world.prove(&reply.ticket, &typed).await {
            Ok(reply) if matches!(reply.step, Step::NewPassword { .. }) => return true,
            Ok(reply) => ticket = reply.ticket,
            Err(_) => return false,
        }
    }
    false
}

//! The scripts of thieves and owners. A step with an error is repeated, as the page offers; a
//! refused step is skipped.

use std::future::Future;
use std::pin::Pin;

use sspr::facts::{EmailAddress, PhoneNumber};
use sspr::method::{ChallengeOption, Channel, NewAuthenticator, NewMethod, OathParameters};
use sspr::{
    Attempt, Engine, Error, MethodKind, Policy, PolicySettings, RegistrationTicket, Reply, Request,
    ResetTicket, SecretText, Selection, SignedIn, Source, Step, UnlockTicket,
};

use crate::no_error_opens::fixture::Fixture;
use crate::support::{
    MAIL, MOBILE, NEW, OLD, World, ada, admin, code, email, other_than, request, request_from, sms,
};

pub(crate) const EVIL: &str = "thief@evil.example";
const EVIL_PHONE: &str = "+14255550166";
const EVIL_TOO: &str = "new@evil.example";
/// The number that an administrator supplies.
const OFFICE: &str = "+14255550177";

/// The addresses that a script adds; notices to them do not concern the owner.
pub(crate) const FOREIGN: [&str; 4] = [EVIL, EVIL_PHONE, EVIL_TOO, OFFICE];

/// The pages that the person has seen.
#[derive(Debug, Default)]
pub(crate) struct Gains {
    pub(crate) granted: bool,
    pub(crate) signed_in: usize,
}

pub(crate) type Script =
    for<'a> fn(&'a Fixture, &'a Engine) -> Pin<Box<dyn Future<Output = Gains> + 'a>>;

/// Repeats a call after an error; returns none if it is refused.
async fn again<T>(mut call: impl AsyncFnMut() -> Result<T, Error>) -> Option<T> {
    for _ in 0..4 {
        match call().await {
            Ok(answer) => return Some(answer),
            Err(Error::Fault(_)) => {}
            Err(_) => return None,
        }
    }
    None
}

/// The same for an administrator, who also tries again after "no such user".
async fn insists<T>(mut call: impl AsyncFnMut() -> Result<T, Error>) -> Option<T> {
    for _ in 0..4 {
        if let Ok(answer) = call().await {
            return Some(answer);
        }
    }
    None
}

/// Does all due work, as far as possible now.
async fn deliver(engine: &Engine) {
    for _ in 0..20 {
        if engine.maintain(100).await.is_ok_and(|done| !done.more) {
            return;
        }
    }
}

fn with_human() -> Request {
    request().with_human_answer(SecretText::from("seven"))
}

fn evil_mail() -> NewMethod {
    NewMethod::email(EmailAddress::parse(EVIL).expect("valid"))
}

fn password() -> SecretText {
    SecretText::from(NEW)
}

fn by(kind: MethodKind) -> Selection {
    ChallengeOption::preferred(kind).into()
}

/// A reset, or a part of one.
struct Reset<'a> {
    fixture: &'a Fixture,
    engine: &'a Engine,
    request: Request,
    reply: Option<Reply<ResetTicket>>,
    gains: Gains,
}

impl<'a> Reset<'a> {
    async fn start(fixture: &'a Fixture, engine: &'a Engine) -> Self {
        let request = with_human();
        let reply = again(async || engine.reset().start(&request, &ada()).await).await;
        Self { fixture, engine, request, reply, gains: Gains::default() }
    }

    fn keep(&mut self, reply: Option<Reply<ResetTicket>>) {
        let Some(reply) = reply else { return };
        self.gains.granted |= matches!(reply.step, Step::NewPassword { .. });
        self.reply = Some(reply);
    }

    async fn challenge(&mut self, selection: &Selection) {
        let Some(reply) = &self.reply else { return };
        let (engine, request) = (self.engine, &self.request);
        let call = async || engine.reset().challenge(request, &reply.ticket, selection).await;
        let reply = again(call).await;
        self.keep(reply);
        deliver(engine).await;
    }

    async fn prove(&mut self, attempt: &Attempt) {
        let Some(reply) = &self.reply else { return };
        let (engine, request) = (self.engine, &self.request);
        let call = async || engine.reset().prove(request, &reply.ticket, attempt).await;
        let reply = again(call).await;
        self.keep(reply);
    }

    /// Tries a wrong code, and then the code that arrived at this address.
    async fn prove_sent(&mut self, address: &str) {
        let Some(sent) = self.fixture.inbox.last_code_to(address) else { return };
        self.prove(&code(&other_than(&sent))).await;
        self.prove(&code(&sent)).await;
    }

    async fn complete(&mut self) {
        let Some(reply) = &self.reply else { return };
        let (engine, request) = (self.engine, &self.request);
        let call = async || engine.reset().complete(request, &reply.ticket, &password()).await;
        let reply = again(call).await;
        self.keep(reply);
    }
}

/// A reset by an address, in the order of the pages.
async fn reset_by_mail(fixture: &Fixture, engine: &Engine, address: &str) -> Gains {
    let mut reset = Reset::start(fixture, engine).await;
    reset.challenge(&email()).await;
    reset.prove_sent(address).await;
    reset.complete().await;
    reset.gains
}

/// Adds methods in every possible way as the user of this sign-in, and removes the earlier ones.
async fn registers(fixture: &Fixture, engine: &Engine, user: &SignedIn) {
    let (registration, request) = (engine.registration(), request());
    let confirm = async |ticket: &RegistrationTicket, typed: &str| {
        let typed = code(typed);
        again(async || registration.confirm(&request, user, ticket, &typed).await).await;
    };
    let _ = again(async || registration.prompt(&request, user).await).await;
    let phone = PhoneNumber::parse(EVIL_PHONE).expect("valid");
    let phone = NewMethod::mobile_phone(phone, Channel::Sms).expect("reached");
    for (method, address) in [(evil_mail(), EVIL), (phone, EVIL_PHONE)] {
        let added = again(async || registration.add(&request, user, &method).await).await;
        if let Some(added) = &added {
            let _ = again(async || registration.view(&request, user, &added.ticket).await).await;
        }
        deliver(engine).await;
        if let (Some(added), Some(sent)) = (added, fixture.inbox.last_code_to(address)) {
            confirm(&added.ticket, &other_than(&sent)).await;
            confirm(&added.ticket, &sent).await;
        }
    }
    let app = NewAuthenticator::new("Contoso", "ada");
    let call = async || registration.enrol_authenticator(&request, user, &app).await;
    if let Some(enrolled) = again(call).await {
        let seed = enrolled.seed.expose_secret();
        let soft = sspr::testing::SoftToken::new(seed, OathParameters::default());
        let typed = soft.expect("a seed").code(sspr::port::Clock::now(&fixture.clock));
        confirm(&enrolled.reply.ticket, &typed).await;
    }
    if let Some(set) =
        again(async || registration.create_recovery_codes(&request, user).await).await
    {
        let call = async || registration.acknowledge_recovery_codes(&request, user, &set.id).await;
        let _ = again(call).await;
    }
    if let Some((id, token)) = fixture.prepared.and_then(|prepared| prepared.token.as_ref()) {
        let claimed = again(async || registration.claim_token(&request, user, id).await).await;
        if let Some(claimed) = claimed {
            confirm(&claimed.ticket, &token.code(sspr::port::Clock::now(&fixture.clock))).await;
        }
    }
    for (kind, channel) in
        [(MethodKind::Email, Channel::Email), (MethodKind::MobilePhone, Channel::Sms)]
    {
        let call = async || registration.claim_contact(&request, user, kind, channel).await;
        let _ = again(call).await;
    }
    let call = async || registration.check_host_verified(&request, user, MethodKind::Passkey).await;
    let _ = again(call).await;
    // The notices of the other acts would leave the outbox no room.
    deliver(engine).await;
    let offered = again(async || registration.security_questions(&request, user).await).await;
    if let Some((questions, count)) = offered {
        let chosen = questions.into_iter().take(count.into()).map(|view| view.question);
        let answers: Vec<_> = chosen.map(|id| (id.clone(), World::answer_to(&id))).collect();
        let call = async || registration.set_security_questions(&request, user, &answers).await;
        let _ = again(call).await;
    }
}

/// Changes the existing methods.
async fn takes_over(fixture: &Fixture, engine: &Engine, user: &SignedIn) {
    let (registration, request) = (engine.registration(), request());
    let listed = again(async || registration.list(&request, user).await).await;
    for method in listed.unwrap_or_default() {
        let _ = again(async || registration.set_default(&request, user, &method.id).await).await;
        if method.kind == MethodKind::Email {
            let other = NewMethod::email(EmailAddress::parse(EVIL_TOO).expect("valid"));
            let call = async || registration.replace(&request, user, &method.id, &other).await;
            let replaced = again(call).await;
            deliver(engine).await;
            let sent = fixture.inbox.last_code_to(EVIL_TOO);
            if let (Some(replaced), Some(sent)) = (replaced, sent) {
                let typed = code(&sent);
                let ticket = &replaced.ticket;
                let call = async || registration.confirm(&request, user, ticket, &typed).await;
                let _ = again(call).await;
            }
        } else {
            if method.kind == MethodKind::AuthenticatorApp {
                let app = NewAuthenticator::new("Contoso", "ada");
                let id = &method.id;
                let call =
                    async || registration.replace_authenticator(&request, user, id, &app).await;
                let _ = again(call).await;
            }
            let _ = again(async || registration.remove(&request, user, &method.id).await).await;
        }
    }
}

/// A thief with a password-only session adds a method, and at once resets by it.
pub(crate) fn thief<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        registers(fixture, engine, &fixture.by_password()).await;
        reset_by_mail(fixture, engine, EVIL).await
    })
}

/// The same, but the thief removes the existing methods.
pub(crate) fn thief_removes<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        takes_over(fixture, engine, &fixture.by_password()).await;
        reset_by_mail(fixture, engine, EVIL_TOO).await
    })
}

/// A thief whose session has a fresh second factor: added methods are on hold, and the owner is
/// notified.
pub(crate) fn thief_with_two_factors<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        registers(fixture, engine, &fixture.by_two_factors()).await;
        reset_by_mail(fixture, engine, EVIL).await
    })
}

/// The owner manages the registered methods.
pub(crate) fn owner_manages<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        let (registration, request, user) =
            (engine.registration(), request(), fixture.by_two_factors());
        let _ = again(async || registration.skip(&request, &user).await).await;
        let _ = again(async || registration.reconfirm(&request, &user).await).await;
        let _ = again(async || registration.remember_device(&request, &user).await).await;
        let _ = again(async || registration.review(&request, &user).await).await;
        let _ = again(async || engine.pages(request.tenant()).await).await;
        takes_over(fixture, engine, &user).await;
        reset_by_mail(fixture, engine, EVIL_TOO).await
    })
}

/// A thief who reads the owner's mail, where two methods are required.
pub(crate) fn half_a_reset<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        let mut reset = Reset::start(fixture, engine).await;
        reset.challenge(&email()).await;
        reset.prove_sent(MAIL).await;
        reset.complete().await;
        reset.challenge(&sms()).await;
        for guess in ["00000000", "11111111", "22222222"] {
            reset.prove(&code(guess)).await;
        }
        reset.complete().await;
        // The same code in another flow, and again in this one.
        let sent = fixture.inbox.last_code_to(MAIL);
        let mut next = Reset::start(fixture, engine).await;
        if let Some(sent) = sent {
            reset.prove(&code(&sent)).await;
            next.prove(&code(&sent)).await;
            next.complete().await;
        }
        // A cancelled flow goes no further.
        if let Some(reply) = &reset.reply {
            let (request, ticket) = (&reset.request, &reply.ticket);
            let _ = again(async || engine.reset().cancel(request, ticket).await).await;
        }
        reset.complete().await;
        reset.gains.granted |= next.gains.granted;
        reset.gains
    })
}

/// The owner's reset by both methods; then the grant is used again.
pub(crate) fn owner_resets<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        let mut reset = Reset::start(fixture, engine).await;
        for (selection, address) in [(email(), MAIL), (sms(), MOBILE)] {
            reset.challenge(&selection).await;
            reset.prove_sent(address).await;
        }
        reset.complete().await;
        if let Some(reply) = &reset.reply {
            let (request, ticket) = (&reset.request, &reply.ticket);
            let _ = again(async || engine.reset().remember_device(request, ticket).await).await;
            let _ = again(async || engine.reset().view(request, ticket).await).await;
            let other = SecretText::from("walnut ferry ribbon meadow");
            let _ = again(async || engine.reset().complete(request, ticket, &other).await).await;
        }
        reset.gains
    })
}

/// A reset by an authenticator's code, a recovery code or a passkey: wrong, correct, and repeated.
pub(crate) fn owner_resets_in_hand<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        let prepared = fixture.prepared.expect("a copy");
        let mut reset = Reset::start(fixture, engine).await;
        if let Some(app) = &prepared.app {
            reset.challenge(&by(MethodKind::AuthenticatorApp)).await;
            let typed = app.code(sspr::port::Clock::now(&fixture.clock));
            reset.prove(&code(&other_than(&typed))).await;
            reset.prove(&code(&typed)).await;
        } else if let [saved, ..] = &prepared.codes[..] {
            reset.challenge(&by(MethodKind::RecoveryCode)).await;
            let saved = Attempt::code(saved).expect("well formed");
            reset.prove(&saved).await;
        } else if prepared.questions {
            reset.challenge(&by(MethodKind::SecurityQuestions)).await;
            let step = reset.reply.as_ref().map(|reply| reply.step.clone());
            if let Some(step) = step.filter(|step| !World::questions(step).is_empty()) {
                let wrong = World::questions(&step).into_iter().map(|id| (id, "wrong".into()));
                reset.prove(&Attempt::answers(wrong).expect("answers")).await;
                reset.prove(&World::answers(&step)).await;
            }
        } else {
            reset.challenge(&by(MethodKind::Passkey)).await;
            let page = reset.reply.as_ref().and_then(|reply| reply.page.clone());
            if let Some(page) = page {
                let wrong = Attempt::response(SecretText::from("another's")).expect("short");
                reset.prove(&wrong).await;
                let right = fixture.passkey.response(&fixture.user, &page);
                reset.prove(&Attempt::response(right).expect("short")).await;
            }
        }
        reset.complete().await;
        if let Some(reply) = &reset.reply {
            let (request, ticket) = (&reset.request, &reply.ticket);
            let call = async || engine.reset().replace_recovery_code(request, ticket).await;
            let _ = again(call).await;
            let call = async || engine.reset().acknowledge_recovery_code(request, ticket).await;
            let _ = again(call).await;
        }
        // The correct secret is tried again in another flow.
        let mut next = Reset::start(fixture, engine).await;
        if let [saved, ..] = &prepared.codes[..] {
            next.challenge(&by(MethodKind::RecoveryCode)).await;
            next.prove(&Attempt::code(saved).expect("well formed")).await;
        }
        reset.gains
    })
}

/// A link, redeemed without the ticket, and then again by another person.
pub(crate) fn redeems_elsewhere<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        let link = ChallengeOption::new(MethodKind::Email, Channel::Link).expect("reached");
        let mut reset = Reset::start(fixture, engine).await;
        reset.challenge(&link.into()).await;
        let elsewhere = request_from("198.51.100.9").with_human_answer(SecretText::from("seven"));
        let mut redeemed = Reset { request: elsewhere, ..Reset::start(fixture, engine).await };
        if let Some(link) = fixture.inbox.last_link_to(MAIL) {
            let secret = link.rsplit('#').next().unwrap_or_default().to_owned();
            let attempt = Attempt::link(&secret).expect("well formed");
            for _ in 0..2 {
                let request = &redeemed.request;
                let call = async || engine.reset().redeem_link(request, &ada(), &attempt).await;
                let reply = again(call).await;
                redeemed.keep(reply);
            }
            redeemed.complete().await;
            reset.complete().await;
        }
        redeemed.gains.granted |= reset.gains.granted;
        redeemed.gains
    })
}

/// An administrator invites the user twice; both links are redeemed, the later one twice, and the
/// password is set with whatever grant that gives.
pub(crate) fn accepts_an_invitation<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        let actor = admin();
        let admin = engine.admin(&fixture.tenant, &actor);
        let mut links = Vec::new();
        for _ in 0..2 {
            let _ = again(async || admin.invite(&fixture.user).await).await;
            deliver(engine).await;
            links.extend(fixture.inbox.last_link_to(MAIL));
            fixture.clock.advance(std::time::Duration::from_secs(120));
        }
        let mut gains = Gains::default();
        for link in links.iter().chain(links.last()) {
            let secret = link.rsplit('#').next().unwrap_or_default();
            let attempt = Attempt::link(secret).expect("well formed");
            let mut redeemed = Reset {
                fixture,
                engine,
                request: with_human(),
                reply: None,
                gains: Gains::default(),
            };
            let request = with_human();
            let call = async || engine.reset().redeem_link(&request, &ada(), &attempt).await;
            let reply = again(call).await;
            redeemed.keep(reply);
            redeemed.complete().await;
            gains.granted |= redeemed.gains.granted;
        }
        gains
    })
}

/// An unlock by the methods of a reset.
pub(crate) fn owner_unlocks<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        let (unlock, request) = (engine.unlock(), with_human());
        let mut gains = Gains::default();
        let started = again(async || unlock.start(&request, &ada()).await).await;
        let Some(mut reply) = started else { return gains };
        let mut keep = |reply: &mut Reply<UnlockTicket>, next: Option<Reply<UnlockTicket>>| {
            let Some(next) = next else { return };
            gains.granted |= matches!(next.step, Step::ConfirmUnlock { .. });
            *reply = next;
        };
        for (selection, address) in [(email(), MAIL), (sms(), MOBILE)] {
            let ticket = &reply.ticket;
            let call = async || unlock.challenge(&request, ticket, &selection).await;
            let next = again(call).await;
            keep(&mut reply, next);
            deliver(engine).await;
            let Some(sent) = fixture.inbox.last_code_to(address) else { continue };
            for typed in [other_than(&sent), sent] {
                let typed = code(&typed);
                let ticket = &reply.ticket;
                let next = again(async || unlock.prove(&request, ticket, &typed).await).await;
                keep(&mut reply, next);
            }
        }
        let ticket = &reply.ticket;
        let next = again(async || unlock.complete(&request, ticket).await).await;
        keep(&mut reply, next);
        gains
    })
}

/// A change: the current password is guessed, then typed, then changed.
pub(crate) fn changes<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        let (change, request, user) = (engine.change(), request(), fixture.by_password());
        let mut gains = Gains::default();
        for present in ["a guess", OLD] {
            let present = SecretText::from(present);
            let started = again(async || change.start(&request, &user, &present).await).await;
            let Some(started) = started else { continue };
            gains.granted |= matches!(started.step, Step::NewPassword { .. });
            let ticket = &started.ticket;
            let call = async || change.complete(&request, ticket, &password()).await;
            let _ = again(call).await;
        }
        gains
    })
}

/// The same by a person who only guesses.
pub(crate) fn guesses_the_password<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        let (change, request, user) = (engine.change(), request(), fixture.by_password());
        let mut gains = Gains::default();
        for present in ["a guess", "another guess"] {
            let present = SecretText::from(present);
            let started = again(async || change.start(&request, &user, &present).await).await;
            let Some(started) = started else { continue };
            gains.granted = true;
            let ticket = &started.ticket;
            let call = async || change.complete(&request, ticket, &password()).await;
            let _ = again(call).await;
        }
        gains
    })
}

/// An authenticator's codes at the host's sign-in: wrong, correct, and the correct one again.
pub(crate) fn signs_in<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        let mut gains = Gains::default();
        let Some(app) = fixture.prepared.and_then(|prepared| prepared.app.as_ref()) else {
            return gains;
        };
        let right = app.code(sspr::port::Clock::now(&fixture.clock));
        for typed in [other_than(&right), right.clone(), right] {
            let typed = code(&typed);
            let (authenticator, request) = (engine.authenticator(), request());
            let call = async || authenticator.verify(&request, &fixture.user, &typed).await;
            gains.signed_in += usize::from(again(call).await.is_some());
        }
        gains
    })
}

/// Requests help before any proof.
pub(crate) fn asks_for_help<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        let reset = Reset::start(fixture, engine).await;
        if let Some(reply) = &reset.reply {
            let (request, ticket) = (&reset.request, &reply.ticket);
            let call = async || engine.reset().contact_administrator(request, ticket).await;
            let _ = again(call).await;
        }
        deliver(engine).await;
        reset.gains
    })
}

/// A page of each report.
async fn reads_reports(admin: &sspr::Admin<'_>) {
    use sspr::report::{
        BlockedFilter, DeskFilter, ExpiringFilter, RegistrationFilter, UsageFilter,
    };

    let registration = RegistrationFilter::default();
    let _ = insists(async || admin.registration_report(&registration, None, 10).await).await;
    let expiring = ExpiringFilter::default();
    let _ = insists(async || admin.expiring_report(&expiring, None, 10).await).await;
    let blocked = BlockedFilter::default();
    let _ = insists(async || admin.blocked_report(&blocked, None, 10).await).await;
    let usage = UsageFilter::default();
    let _ = insists(async || admin.usage_report(&usage, None, 10).await).await;
    let _ = insists(async || admin.usage_counts(&usage, None, 1).await).await;
    let desk = DeskFilter::default();
    let _ = insists(async || admin.desk_report(&desk, None, 10).await).await;
}

/// All acts of administrators on an account, as this actor.
async fn administrates(fixture: &Fixture, engine: &Engine, actor: &sspr::Actor) {
    let (admin, user) = (engine.admin(&fixture.tenant, actor), &fixture.user);
    let mut contacts = sspr::admin::Contacts::default();
    contacts.office_phone = Some(PhoneNumber::parse(OFFICE).expect("valid"));
    let _ = insists(async || admin.supply_contacts(user, &contacts).await).await;
    deliver(engine).await;
    let _ = insists(async || admin.require_registration(user).await).await;
    deliver(engine).await;
    let _ = insists(async || admin.initiate_reset(user).await).await;
    deliver(engine).await;
    let _ = insists(async || admin.invite(user).await).await;
    deliver(engine).await;
    let _ = insists(async || admin.revoke_invitation(user).await).await;
    let _ = insists(async || admin.unblock(user).await).await;
    let _ = insists(async || admin.explain(user).await).await;
    let proposed = Policy::new(PolicySettings::default()).expect("the default is sound");
    let _ = insists(async || admin.dry_run(&proposed, None, 10).await).await;
    let _ = insists(async || engine.write_counts().await).await;
    reads_reports(&admin).await;
    let trail = sspr::audit::TrailOf::User(user);
    let _ = insists(async || admin.verify_trail(trail, None, None, 10).await).await;
    let _ = insists(async || admin.trail_head(trail).await).await;
    let _ = insists(async || admin.revoke_flows(user).await).await;
    let _ = insists(async || admin.revoke_methods(user).await).await;
    deliver(engine).await;
    let _ = insists(async || admin.accounts(None, 10).await).await;
    let _ = insists(async || admin.events(None, 10).await).await;
    let _ = insists(async || admin.breakers().await).await;
    let latvia = sspr::policy::NumberPrefix::parse("+371").expect("valid");
    let _ = insists(async || admin.close_breaker(&latvia).await).await;
    let _ = insists(async || admin.user_events(user, None, 10).await).await;
    let _ = insists(async || admin.confirm_incarnation(user).await).await;
    let policy = insists(async || admin.policy().await).await.flatten();
    if let Some(stored) = policy {
        let _ = insists(async || engine.check(&fixture.tenant, &stored.policy).await).await;
        let put = async || admin.put_policy(&stored.policy, Some(stored.revision)).await;
        let _ = insists(put).await;
    }
}

pub(crate) fn administrator<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        administrates(fixture, engine, &admin()).await;
        Gains::default()
    })
}

/// An administrator sets a temporary password.
pub(crate) fn sets_a_temporary_password<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        let actor = admin();
        let admin = engine.admin(&fixture.tenant, &actor);
        let set = async || admin.set_temporary_password(&fixture.user, None).await;
        let _ = insists(set).await;
        deliver(engine).await;
        Gains::default()
    })
}

/// A thief with a session adds a method, the owner repudiates it by the link of the notice, twice,
/// and the thief tries a reset.
pub(crate) fn owner_repudiates<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        registers(fixture, engine, &fixture.by_two_factors()).await;
        // A notice that was not delivered is tried again.
        for _ in 0..4 {
            deliver(engine).await;
            fixture.clock.advance(std::time::Duration::from_secs(600));
        }
        if let Some(link) = fixture.inbox.last_repudiation_link_to(MAIL) {
            let link = Attempt::link(&link).expect("well formed");
            for _ in 0..2 {
                let request = with_human();
                let call = async || engine.repudiation().redeem(&request, &ada(), &link).await;
                let _ = again(call).await;
            }
            for _ in 0..4 {
                deliver(engine).await;
                fixture.clock.advance(std::time::Duration::from_secs(600));
            }
        }
        reset_by_mail(fixture, engine, EVIL).await
    })
}

/// A thief after an administrator has forgotten the account.
pub(crate) fn thief_after_forgetting<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        let actor = admin();
        let admin = engine.admin(&fixture.tenant, &actor);
        let _ = again(async || admin.forget(&fixture.user).await).await;
        deliver(engine).await;
        registers(fixture, engine, &fixture.by_password()).await;
        reset_by_mail(fixture, engine, EVIL).await
    })
}

/// A user without a role.
pub(crate) fn no_administrator<'a>(
    fixture: &'a Fixture,
    engine: &'a Engine,
) -> Pin<Box<dyn Future<Output = Gains> + 'a>> {
    Box::pin(async {
        let eve = sspr::UserId::parse("eve@contoso.example").expect("valid");
        administrates(fixture, engine, &sspr::Actor::user(eve, [])).await;
        Gains::default()
    })
}

/// Checks that the scripts' sources are valid addresses.
#[test]
fn the_sources_of_the_scripts_are_addresses() {
    assert_ne!(Source::parse("198.51.100.9"), Source::Unknown);
}

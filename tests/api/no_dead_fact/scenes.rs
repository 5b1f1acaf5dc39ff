//! What shows the effect of a setting.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sspr::admin::Contacts;
use sspr::facts::{EmailAddress, Lockouts, PhoneNumber, WriteReply};
use sspr::method::{
    ChallengeOption, Channel, NewAuthenticator, NewMethod, OathParameters, OathSeed, SignInContext,
};
use sspr::port::{Clock as _, Directory, PasswordWrite, PortResult, UnlockWrite, async_trait};
use sspr::testing::forward;
use sspr::{Identifier, MethodKind, ResetTicket, SecretBytes, SecretText, Selection, SignedIn};

use super::run::{Setup, transcript};
use crate::support::*;

const MINUTE: Duration = Duration::from_secs(60);

/// What is played with a setup.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scene {
    /// Sign-in, registration, reset, unlock and change.
    Life,
    /// Wrong codes, by the owner's source and by others, for hours.
    Guesses,
    /// A wrong code before a reset.
    Cleared,
    /// Codes by mail, from three sources, for a day.
    Mails,
    /// Challenges of an app, for a day.
    Apps,
    /// Six flows from one source, and names of no account.
    Limits,
    /// Methods added and removed within an hour.
    Acts,
    /// Requests for help of three users.
    Help,
    /// A temporary password, an invitation, and a notice that is repudiated after two hours.
    Desk,
    /// Codes of an app from other times, and what can be enrolled.
    Oath,
    /// A set of security questions, and what a reset asks.
    Questions,
    /// The first page of an app's enrolment.
    Enrol,
    /// A link by mail.
    Link,
    /// Codes to numbers that six users register.
    Numbers,
    /// Passwords of every sort.
    Passwords,
    /// Contacts that an administrator supplied.
    Supplied,
    /// Sign-ins of every age.
    Ages,
    /// A device that was remembered.
    Device,
    /// What the directory is asked to write.
    Write,
    /// Whether the policy is sound.
    Sound,
}

/// Plays a scene, and tells what was seen.
pub(super) async fn play(scene: Scene, setup: Setup) -> String {
    if let Scene::Life = scene {
        return transcript(setup).await;
    }
    if let Scene::Sound = scene {
        return format!("{:?}", sspr::Policy::new(setup.settings).map(drop));
    }
    let mut stage = Stage { world: setup.open().await, seen: String::new() };
    match scene {
        Scene::Guesses => stage.guesses().await,
        Scene::Cleared => stage.cleared().await,
        Scene::Mails => stage.challenges(&email(), 70).await,
        Scene::Apps => stage.apps().await,
        Scene::Limits => stage.limits().await,
        Scene::Acts => stage.acts().await,
        Scene::Help => stage.help().await,
        Scene::Desk => stage.desk().await,
        Scene::Oath => stage.oath().await,
        Scene::Questions => stage.seen = super::questions::played(&stage.world).await,
        Scene::Enrol => stage.enrol().await,
        Scene::Link => stage.link().await,
        Scene::Numbers => stage.numbers().await,
        Scene::Passwords => stage.passwords().await,
        Scene::Supplied => stage.supplied().await,
        Scene::Ages => stage.ages().await,
        Scene::Device => stage.device().await,
        Scene::Write => stage.write().await,
        Scene::Life | Scene::Sound => {}
    }
    stage.seen
}

struct Stage {
    world: World,
    seen: String,
}

impl Stage {
    fn see(&mut self, what: &str, seen: &impl Debug) {
        writeln!(self.seen, "{what}: {seen:?}").expect("a text");
    }

    async fn explain(&mut self) {
        let seen = self.world.admin().explain(&self.world.user).await;
        self.see("explain", &seen);
    }

    /// Begins a reset of the account from this source, with one challenge.
    async fn begin(&mut self, source: &str, selection: &Selection) -> Option<ResetTicket> {
        let (world, from) = (self.world.clone(), request_from(source));
        let reset = world.engine.reset();
        let started = reset.start(&from, &world.name).await;
        let Ok(started) = started else {
            self.see("start", &started.map(|reply| reply.step));
            return None;
        };
        let opened = reset.challenge(&from, &started.ticket, selection).await;
        world.deliver().await;
        self.see("challenge", &opened.as_ref().map(|reply| &reply.step));
        opened.ok().map(|reply| reply.ticket)
    }

    async fn guess(&mut self, source: &str, ticket: &ResetTicket, typed: &str) {
        let reset = self.world.engine.reset();
        let proven = reset.prove(&request_from(source), ticket, &code(typed)).await;
        self.see("prove", &proven.map(|reply| reply.step));
    }

    async fn guesses(&mut self) {
        for round in 0..14 {
            let stranger = format!("198.51.100.{round}");
            let source = if round % 2 == 0 { "203.0.113.7" } else { &stranger };
            let Some(ticket) = self.begin(source, &email()).await else { continue };
            let right = self.world.inbox.last_code_to(MAIL).unwrap_or_default();
            for _ in 0..6 {
                self.guess(source, &ticket, &other_than(&right)).await;
            }
            if round % 5 == 4 {
                self.guess(source, &ticket, &right).await;
            }
            self.explain().await;
            self.world.clock.advance(20 * MINUTE);
        }
    }

    async fn cleared(&mut self) {
        if let Some(ticket) = self.begin("198.51.100.7", &email()).await {
            self.guess("198.51.100.7", &ticket, "00000000").await;
        }
        let ticket = self.finished().await.expect("proven");
        self.see("complete", &self.world.complete(&ticket, NEW).await.map(|done| done.step));
        self.explain().await;
    }

    /// The ticket of a reset that has all its proofs, begun after every lock has ended.
    async fn finished(&mut self) -> Option<ResetTicket> {
        self.world.clock.advance(2 * 3_600 * Duration::from_secs(1));
        let mut ticket = self.world.start().await.ticket;
        for (selection, address) in [(email(), MAIL), (sms(), MOBILE)] {
            let (reply, typed) = self.world.challenged(&ticket, &selection, address).await;
            ticket = self.world.prove(&reply.ticket, &typed).await.ok()?.ticket;
        }
        Some(ticket)
    }

    /// Challenges every five minutes, then every half hour, and how many messages there were.
    async fn challenges(&mut self, selection: &Selection, count: u32) {
        for n in 0..count {
            let source = format!("198.51.100.{}", n % 3);
            self.begin(&source, selection).await;
            let sent = self.world.inbox.all().len();
            self.see("sent", &sent);
            self.world.clock.advance(if n < 20 { 3 * MINUTE } else { 30 * MINUTE });
        }
        self.see("trail", &self.world.event_codes().await);
        self.explain().await;
    }

    async fn apps(&mut self) {
        self.world.enrol_app().await;
        let app = ChallengeOption::preferred(MethodKind::AuthenticatorApp).into();
        self.challenges(&app, 40).await;
    }

    async fn limits(&mut self) {
        // A familiar source has no share, so that only the limits bound its attempts.
        let source = "203.0.113.7";
        for n in 0..6 {
            let name = Identifier::parse(&format!("unknown-{n}")).expect("valid");
            let started = self.world.engine.reset().start(&request_from(source), &name).await;
            self.see("unknown", &started.map(|reply| reply.step));
            let selection = if n % 2 == 0 { email() } else { sms() };
            if let Some(ticket) = self.begin(source, &selection).await {
                let address = if n % 2 == 0 { MAIL } else { MOBILE };
                let sent = self.world.inbox.all().len();
                self.see("sent", &sent);
                let right = self.world.inbox.last_code_to(address).unwrap_or_default();
                for _ in 0..2 {
                    self.guess(source, &ticket, &other_than(&right)).await;
                }
                self.guess(source, &ticket, &right).await;
            }
            self.world.clock.advance(2 * MINUTE);
        }
    }

    async fn acts(&mut self) {
        let world = self.world.clone();
        let registration = world.engine.registration();
        for n in 0..8 {
            let address = format!("ada-{n}@private.example");
            let mail = NewMethod::email(EmailAddress::parse(&address).expect("valid"));
            let added = registration.add(&request(), &world.signed_in(), &mail).await;
            self.see("add", &added.as_ref().map(|reply| &reply.step));
            world.deliver().await;
            let typed = world.inbox.last_code_to(&address);
            if let (Ok(reply), Some(typed)) = (added, typed) {
                let user = world.signed_in();
                let own =
                    registration.confirm(&request(), &user, &reply.ticket, &code(&typed)).await;
                self.see("confirm", &own);
                if let Ok(own) = own {
                    let user = world.signed_in();
                    self.see("remove", &registration.remove(&request(), &user, &own.id).await);
                }
            }
            world.deliver().await;
            world.clock.advance(2 * MINUTE);
        }
        let kinds: Vec<_> =
            world.inbox.all().into_iter().map(|sent| (sent.channel, sent.kind)).collect();
        self.see("sent", &kinds);
    }

    async fn numbers(&mut self) {
        let world = self.world.clone();
        for n in 0..6 {
            let user = world.add_user(&format!("user-{n}"), &format!("user-{n}"));
            let number = PhoneNumber::parse(&format!("+1555020000{n}")).expect("valid");
            let mobile = NewMethod::mobile_phone(number, Channel::Sms).expect("reached");
            let user = world.signed_in_as(&user);
            let added = world.engine.registration().add(&request(), &user, &mobile).await;
            self.see("add", &added.map(|reply| reply.step));
            world.deliver().await;
        }
        world.clock.advance(11 * MINUTE);
        // The account's number was registered two days ago.
        self.begin("203.0.113.7", &sms()).await;
        let sent: Vec<_> =
            world.inbox.all().into_iter().map(|sent| sent.destination.normalised()).collect();
        self.see("sent", &sent);
        self.see("trail", &world.event_codes().await);
    }

    async fn help(&mut self) {
        let world = self.world.clone();
        for n in 0..3 {
            let name = format!("user-{n}");
            world.add_user(&name, &name);
            let from = request_from(&format!("198.51.100.{n}"));
            let reset = world.engine.reset();
            let name = Identifier::parse(&name).expect("valid");
            let reply = reset.start(&from, &name).await.expect("uniform");
            self.see("help", &reset.contact_administrator(&from, &reply.ticket).await);
            world.deliver().await;
            world.clock.advance(2 * MINUTE);
        }
        world.clock.advance(Duration::from_secs(7 * 3_600));
        world.deliver().await;
        let told: Vec<_> = world
            .inbox
            .all()
            .into_iter()
            .map(|sent| (sent.kind, sent.about, sent.destination.normalised(), sent.notice))
            .collect();
        self.see("told", &told);
    }

    async fn desk(&mut self) {
        let world = self.world.clone();
        self.see("temporary", &world.admin().set_temporary_password(&world.user, None).await);
        world.deliver().await;
        let link = world.inbox.last_repudiation_link_to(MAIL);
        self.see("linked", &link.is_some());
        self.see("invited", &world.admin().invite(&world.user).await);
        world.deliver().await;
        world.clock.advance(120 * MINUTE);
        if let Some(link) = link {
            let link = sspr::Attempt::link(&link).expect("well formed");
            let redeemed = world.engine.repudiation().redeem(&request(), &ada(), &link).await;
            self.see("redeemed", &redeemed);
        }
        world.deliver().await;
        let sent = world.inbox.all().into_iter();
        let sent: Vec<_> = sent.map(|sent| (sent.kind, sent.valid_for, sent.contact)).collect();
        self.see("sent", &sent);
    }

    async fn oath(&mut self) {
        let world = self.world.clone();
        let app = world.enrol_app().await;
        let codes = world.create_recovery_codes().await;
        self.see("recovery codes", &codes.len());
        let seed = OathSeed::from_bytes(SecretBytes::new(vec![7; 20])).expect("a seed");
        let parameters = OathParameters::default();
        let supplied = world.admin().supply_token(&world.user, &seed, parameters).await;
        self.see("token", &supplied);
        let registration = world.engine.registration();
        self.see("review", &registration.review(&request(), &world.signed_in()).await);
        let selection = ChallengeOption::preferred(MethodKind::AuthenticatorApp).into();
        for seconds in [-60, -30, 0, 30_i64] {
            world.clock.advance(10 * MINUTE);
            let Some(ticket) = self.begin("203.0.113.7", &selection).await else { continue };
            let now = world.clock.now();
            let span = Duration::from_secs(seconds.unsigned_abs());
            let at = if seconds < 0 { now.minus(span) } else { now.plus(span) };
            self.guess("203.0.113.7", &ticket, &app.code(at)).await;
        }
    }

    async fn enrol(&mut self) {
        let (registration, user) = (self.world.engine.registration(), self.world.signed_in());
        let app = NewAuthenticator::new("Contoso", World::NAME);
        let enrolled = registration.enrol_authenticator(&request(), &user, &app).await;
        self.see("enrol", &enrolled.map(|enrolled| enrolled.reply.step));
    }

    async fn link(&mut self) {
        let link = ChallengeOption::new(MethodKind::Email, Channel::Link).expect("reached");
        self.begin("203.0.113.7", &link.into()).await;
        for sent in self.world.inbox.all() {
            self.see(sent.kind, &(sent.link().map(|_| "a link"), sent.valid_for));
        }
    }

    /// Each password is tried in a reset of its own.
    async fn passwords(&mut self) {
        let long = "plum tractor violet candle ".repeat(3);
        let words = ["contoso contoso", "abcontosocontoso", "plüm tractor violet candle"];
        for password in ["short one", "password", &long, NEW].into_iter().chain(words) {
            let ticket = self.finished().await.expect("proven");
            let done = self.world.complete(&ticket, password).await;
            self.see(password, &done.map(|reply| reply.step));
        }
    }

    async fn supplied(&mut self) {
        let world = self.world.clone();
        let mut contacts = Contacts::default();
        contacts.email = EmailAddress::parse(MAIL).ok();
        contacts.mobile_phone = PhoneNumber::parse(MOBILE).ok();
        world.supply_contacts(&world.user, &contacts).await;
        self.explain().await;
    }

    async fn ages(&mut self) {
        let world = self.world.clone();
        let registration = world.engine.registration();
        let now = world.clock.now();
        let ago = |minutes: u64| now.minus(Duration::from_secs(60 * minutes));
        let vouch = |context| SignedIn::vouch(world.tenant.clone(), world.user.clone(), context);
        for minutes in [0, 2, 3, 4, 6, 11] {
            let old = vouch(SignInContext::new("s", ago(minutes)));
            self.see("old", &registration.list(&request(), &old).await.map(drop));
            let weak = vouch(SignInContext::new("s", now).with_second_factor(ago(minutes)));
            self.see("weak", &registration.list(&request(), &weak).await.map(drop));
            let kind = MethodKind::Passkey;
            let passkey = registration.check_host_verified(&request(), &weak, kind).await;
            self.see("passkey", &passkey);
        }
        let password_only = vouch(SignInContext::new("s", now));
        let mail = NewMethod::email(EmailAddress::parse("ada@second.example").expect("valid"));
        let added = registration.add(&request(), &password_only, &mail).await;
        self.see("add", &added.map(|reply| reply.step));
        let (reply, user) = (
            registration.add(&request(), &world.signed_in(), &mail).await.expect("added"),
            world.signed_in(),
        );
        let typed = code(&world.code_to("ada@second.example").await);
        let own = registration.confirm(&request(), &user, &reply.ticket, &typed).await;
        self.see("confirm", &own);
        for _ in 0..8 {
            let before = world.clock.now();
            world.clock.advance(2 * MINUTE);
            let again = vouch(SignInContext::new("s", before).with_second_factor(before));
            self.see("session", &registration.list(&request(), &again).await.map(drop));
        }
        for days in [1, 99, 200] {
            world.clock.advance(Duration::from_secs(days * 86_400));
            let session = SignInContext::new("later", world.clock.now());
            let later = vouch(session.with_second_factor(world.clock.now()));
            self.see("prompt", &registration.prompt(&request(), &later).await);
        }
    }

    async fn device(&mut self) {
        let world = self.world.clone();
        let ticket = self.finished().await.expect("proven");
        let done = world.complete(&ticket, NEW).await.expect("reset");
        let device = world.engine.reset().remember_device(&request(), &done.ticket).await;
        self.see("remembered", &device.as_ref().map(|_| ()));
        let Ok(device) = device else { return };
        world.clock.advance(Duration::from_secs(3 * 86_400));
        let from = request_from("198.51.100.9").with_device(device);
        let reset = world.engine.reset();
        let reply = reset.start(&from, &world.name).await.expect("started");
        reset.challenge(&from, &reply.ticket, &email()).await.expect("opened");
        self.explain().await;
    }

    /// What the directory is asked to write, by a reset and by an unlock.
    async fn write(&mut self) {
        let world = self.world.clone();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let noting = world.beside().seed(9).directory(|inner| Noting { inner, seen: kept });
        let other = noting.open().await;
        let ticket = self.finished().await.expect("proven");
        let password = SecretText::from(NEW);
        let done = other.engine.reset().complete(&request(), &ticket, &password).await;
        self.see("complete", &done.map(|reply| reply.step));
        world.clock.advance(120 * MINUTE);
        let unlock = other.engine.unlock();
        if let Ok(mut reply) = unlock.start(&request(), &world.name).await {
            for (selection, address) in [(email(), MAIL), (sms(), MOBILE)] {
                let opened = unlock.challenge(&request(), &reply.ticket, &selection).await;
                let opened = opened.expect("opened");
                let typed = code(&world.code_to(address).await);
                let proven = unlock.prove(&request(), &opened.ticket, &typed).await;
                reply = proven.expect("proven");
            }
            let done = unlock.complete(&request(), &reply.ticket).await;
            self.see("unlock", &done.map(|reply| reply.step));
        }
        self.see("writes", &*seen.lock().expect("no panic"));
    }
}

/// A directory that notes what it is asked to write.
struct Noting {
    inner: Arc<dyn Directory>,
    seen: Arc<Mutex<Vec<(Duration, Lockouts)>>>,
}

#[async_trait]
impl Directory for Noting {
    forward!(self.inner => tenant, find, users, role_holders, verify_password);

    async fn set_password(&self, write: &PasswordWrite<'_>) -> PortResult<WriteReply> {
        self.seen.lock().expect("no panic").push((write.timeout, write.clears));
        self.inner.set_password(write).await
    }

    async fn unlock(&self, unlock: &UnlockWrite<'_>) -> PortResult<WriteReply> {
        self.seen.lock().expect("no panic").push((unlock.timeout, unlock.clears));
        self.inner.unlock(unlock).await
    }
}

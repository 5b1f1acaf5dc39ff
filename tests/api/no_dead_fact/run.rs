//! One run through the operations, as a text.

use std::fmt::{Debug, Write as _};

use sspr::facts::{EmailAddress, TenantFacts, UserFacts, WriteOutcome};
use sspr::method::{NewMethod, SignInContext};
use sspr::port::{Clock as _, HumanCheck, PortResult, StrengthEstimator};
use sspr::recovery::FlowTicket;
use sspr::{Actor, Error, PolicySettings, Reply, Request, SecretText, SignedIn, Step, TenantId};

use super::role;
use crate::support::*;

/// What a run is made with.
pub(super) struct Setup {
    pub(super) settings: PolicySettings,
    pub(super) user: Vec<fn(&mut UserFacts)>,
    pub(super) tenant: Vec<fn(&mut TenantFacts)>,
    pub(super) sign_in: Vec<fn(&mut SignInContext)>,
    /// What the directory changes while a reset waits for the new password, or an unlock for its
    /// repetition.
    pub(super) midway: Vec<fn(&mut UserFacts)>,
    /// Whether the account has registered before.
    pub(super) register: bool,
    /// The outcome of an unlock that is tried.
    pub(super) unlock: Option<WriteOutcome>,
    /// Whether requests carry the answer of a human check.
    pub(super) human: bool,
}

impl Setup {
    pub(super) fn new() -> Self {
        Self {
            settings: settings(),
            user: Vec::new(),
            tenant: Vec::new(),
            sign_in: Vec::new(),
            midway: Vec::new(),
            register: true,
            unlock: None,
            human: false,
        }
    }

    /// The world of the setup, with an administrator and a helper.
    pub(super) async fn open(&self) -> World {
        let builder = World::builder().settings(settings());
        let builder = builder.engine(|engine| engine.human_check(Human).strength_estimator(Spaces));
        let builder = if self.register { builder.registered() } else { builder };
        let world = builder.open().await;
        let helper = world.add_user("helper", "helper");
        let root = world.add_user("root", "root");
        for (user, name) in [(&helper, "Helpdesk Administrator"), (&root, "Global Administrator")] {
            let change = |facts: &mut UserFacts| {
                facts.roles = [role(name)].into();
                facts.primary_mail = Some(format!("{user}@contoso.example"));
            };
            world.directory.update_user(&world.tenant, user, change).expect("known");
        }
        for change in &self.tenant {
            world.directory.update_tenant(&world.tenant, change).expect("known");
        }
        for change in &self.user {
            world.directory.update_user(&world.tenant, &world.user, change).expect("known");
        }
        world.put_policy(self.settings.clone()).await;
        world
    }
}

/// Scores the spaces of a password.
struct Spaces;

impl StrengthEstimator for Spaces {
    fn score(&self, password: &SecretText, _words: &[&str]) -> u8 {
        password.expose_secret().matches(' ').count().try_into().unwrap_or(u8::MAX)
    }
}

struct Human;

#[sspr::port::async_trait]
impl HumanCheck for Human {
    async fn passed(&self, _: &TenantId, _: &SecretText) -> PortResult<bool> {
        Ok(true)
    }
}

/// A world with the facts of a setup, and what has been seen in it.
struct Run {
    world: World,
    setup: Setup,
    seen: String,
}

/// Runs through sign-in, registration, reset, unlock and change, and tells what was seen.
pub(super) async fn transcript(setup: Setup) -> String {
    let world = setup.open().await;
    let mut run = Run { world, setup, seen: String::new() };
    run.sign_in().await;
    run.register().await;
    run.administer().await;
    run.reset().await;
    run.unlock().await;
    run.change().await;
    run.finish().await;
    run.seen
}

impl Run {
    fn see(&mut self, what: &str, seen: &impl Debug) {
        writeln!(self.seen, "{what}: {seen:?}").expect("a text");
    }

    fn see_step<T: FlowTicket>(&mut self, what: &str, reply: &Result<Reply<T>, Error>) {
        self.see(what, &reply.as_ref().map(|reply| (&reply.step, reply.expires_at)));
    }

    fn request(&self) -> Request {
        let request = request();
        if self.setup.human { request.with_human_answer("passed".into()) } else { request }
    }

    fn signed_in(&self) -> SignedIn {
        let now = self.world.clock.now();
        let mut context = SignInContext::new("s", now).with_second_factor(now);
        for change in &self.setup.sign_in {
            change(&mut context);
        }
        SignedIn::vouch(self.world.tenant.clone(), self.world.user.clone(), context)
    }

    async fn sign_in(&mut self) {
        let world = self.world.clone();
        let registration = world.engine.registration();
        let skipped = registration.skip(&request(), &world.signed_in()).await;
        self.see("skip", &skipped);
        let asked = registration.prompt(&request(), &self.signed_in()).await;
        self.see("prompt", &asked);
        self.see("review", &registration.review(&request(), &self.signed_in()).await);
    }

    async fn register(&mut self) {
        let world = self.world.clone();
        let registration = world.engine.registration();
        let second = EmailAddress::parse("ada@second.example").expect("valid");
        let added =
            registration.add(&request(), &self.signed_in(), &NewMethod::email(second)).await;
        self.see_step("add", &added);
        if let Ok(reply) = added {
            let typed = code(&world.code_to("ada@second.example").await);
            let user = self.signed_in();
            let confirmed = registration.confirm(&request(), &user, &reply.ticket, &typed).await;
            self.see("confirm", &confirmed);
        }
        self.see("explain", &world.admin().explain(&world.user).await);
    }

    async fn administer(&mut self) {
        let world = self.world.clone();
        let helper = Actor::user(
            sspr::UserId::parse("helper").expect("an id"),
            [role("Helpdesk Administrator")],
        );
        let by = world.engine.admin(&world.tenant, &helper);
        self.see("unblock", &by.unblock(&world.user).await);
    }

    async fn reset(&mut self) {
        let world = self.world.clone();
        let reset = world.engine.reset();
        let started = reset.start(&self.request(), &world.name).await;
        self.see_step("start", &started);
        let Ok(mut reply) = started else { return };
        let helped = reset.contact_administrator(&self.request(), &reply.ticket).await;
        self.see("help", &helped);
        for (selection, address) in [(email(), MAIL), (sms(), MOBILE)] {
            let opened = reset.challenge(&self.request(), &reply.ticket, &selection).await;
            self.see_step("challenge", &opened);
            let Ok(opened) = opened else { return };
            world.deliver().await;
            let Some(typed) = world.inbox.last_code_to(address) else { return };
            let proven = reset.prove(&self.request(), &opened.ticket, &code(&typed)).await;
            self.see_step("prove", &proven);
            let Ok(proven) = proven else { return };
            reply = proven;
            if matches!(reply.step, Step::NewPassword { .. }) {
                break;
            }
        }
        self.change_midway();
        let done = reset.complete(&self.request(), &reply.ticket, &SecretText::from(NEW)).await;
        self.see_step("complete", &done);
    }

    fn change_midway(&self) {
        for change in &self.setup.midway {
            let (tenant, user) = (&self.world.tenant, &self.world.user);
            self.world.directory.update_user(tenant, user, change).expect("known");
        }
    }

    /// An unlock, tried twice if its first outcome is unknown.
    async fn unlock(&mut self) {
        let Some(outcome) = self.setup.unlock.clone() else { return };
        let world = self.world.clone();
        let unlock = world.engine.unlock();
        // Codes of the reset came from the same budget.
        world.clock.advance(std::time::Duration::from_secs(86_400));
        let started = unlock.start(&request(), &world.name).await;
        self.see_step("start of an unlock", &started);
        let Ok(mut reply) = started else { return };
        for (selection, address) in [(email(), MAIL), (sms(), MOBILE)] {
            let opened = unlock.challenge(&request(), &reply.ticket, &selection).await;
            let Ok(opened) = opened else { return self.see_step("challenge", &opened) };
            let typed = code(&world.code_to(address).await);
            let proven = unlock.prove(&request(), &opened.ticket, &typed).await;
            let Ok(proven) = proven else { return self.see_step("prove", &proven) };
            reply = proven;
        }
        world.directory.script_outcome(outcome);
        for time in ["first", "second"] {
            self.see_step(time, &unlock.complete(&request(), &reply.ticket).await);
            self.change_midway();
        }
        self.see("unlocks", &world.directory.unlocks(&world.tenant, &world.user));
    }

    async fn change(&mut self) {
        let world = self.world.clone();
        let (change, user) = (world.engine.change(), self.signed_in());
        let present = SecretText::from(if world.password_is(OLD) { OLD } else { NEW });
        let started = change.start(&request(), &user, &present).await;
        self.see_step("start of a change", &started);
        if let Ok(reply) = started {
            let next = SecretText::from("another plum on the tractor");
            self.see_step("changed", &change.complete(&request(), &reply.ticket, &next).await);
        }
    }

    /// What was sent, written and recorded.
    async fn finish(&mut self) {
        let world = self.world.clone();
        world.deliver().await;
        for message in world.inbox.all() {
            let to = (message.channel, message.destination.normalised());
            let (about, words) = (&message.about, (&message.locale, &message.organisation));
            let reader = (&message.display_name, &message.time_zone, &message.cloud);
            self.see(message.kind, &(to, about, words, reader, message.notice, message.valid_for));
        }
        self.see("writes", &world.directory.writes(&world.tenant, &world.user));
        self.see("revocations", &world.directory.revocations(&world.tenant, &world.user));
        self.see("trail", &world.trail().await);
    }
}

//! The fixture of most tests: one tenant, one user and an engine over any store.
#![allow(unreachable_pub, reason = "shared by several test binaries")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::Arc;
use std::time::Duration;

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
use sspr::builder::Ready;
use sspr::facts::{EmailAddress, PhoneNumber, TenantFacts, UserFacts};
use sspr::method::{
    ChallengeOption, Channel, NewAuthenticator, NewMethod, OathParameters, SignInContext,
};
use sspr::policy::Scope;
use sspr::port::{Clock as _, Delivery, Directory, Store};
use sspr::testing::{ManualClock, SeededEntropy, SimulatedMethod, SoftToken, TestSeal};
use sspr::{
    Actor, Attempt, Engine, EngineBuilder, Identifier, Keys, MethodKind, Policy, PolicySettings,
    Refusal, Reply, Request, ResetTicket, RoleId, SecretBytes, SecretText, SignedIn, Source, Step,
    TenantId, Timestamp, UserId,
};

pub const MAIL: &str = "ada@private.example";
pub const MOBILE: &str = "+14255550100";
pub const OLD: &str = "an old password of ada";
pub const NEW: &str = "plum tractor violet candle";
pub const START: i64 = 1_800_000_000;

pub struct World {
    pub engine: Engine,
    pub clock: ManualClock,
    pub directory: MemoryDirectory,
    pub inbox: MemoryInbox,
    pub tenant: TenantId,
    pub user: UserId,
    /// Host-verified methods, which no user has at first.
    pub passkey: SimulatedMethod,
    pub push: SimulatedMethod,
}

pub fn tenant() -> TenantId {
    TenantId::parse("contoso").expect("valid")
}

pub fn user() -> UserId {
    UserId::parse("6e7b768e-07e2-4810-8459-485f84f8f204").expect("valid")
}

pub fn keys() -> Keys {
    let secret = |byte| SecretBytes::new(vec![byte; 32]);
    Keys::new(secret(1), 1, secret(2)).expect("long enough")
}

pub fn settings() -> PolicySettings {
    let mut settings = PolicySettings::default();
    settings.scope = Scope::All;
    settings.users.methods = MethodKind::CONTACTS.into();
    settings
}

pub fn one_gate() -> PolicySettings {
    let mut settings = settings();
    settings.users.required = 1;
    settings.users.methods = [MethodKind::Email, MethodKind::MobilePhone].into();
    settings
}

pub fn admin() -> Actor {
    Actor::new("root@contoso.example", [RoleId::parse("Global Administrator").expect("valid")])
}

pub fn request() -> Request {
    request_from("203.0.113.7")
}

pub fn request_from(source: &str) -> Request {
    Request::new(tenant(), Source::parse(source))
}

pub fn ada() -> Identifier {
    Identifier::parse("ada@contoso.example").expect("valid")
}

pub fn code(text: &str) -> Attempt {
    Attempt::code(text).expect("well formed")
}

pub fn email() -> sspr::Selection {
    ChallengeOption::preferred(MethodKind::Email).into()
}

pub fn sms() -> sspr::Selection {
    ChallengeOption::preferred(MethodKind::MobilePhone).into()
}

pub fn voice() -> sspr::Selection {
    ChallengeOption::new(MethodKind::MobilePhone, Channel::Voice).expect("reached").into()
}

pub fn directory(clock: &ManualClock) -> MemoryDirectory {
    let directory = MemoryDirectory::with_hash_cost(8, 1).with_clock(clock.clone());
    directory.add_tenant(tenant(), TenantFacts::new("Contoso"));
    let mut facts = UserFacts::new(user());
    facts.user_principal_name = Some("ada@contoso.example".to_owned());
    facts.primary_mail = Some(EmailAddress::parse("ada@contoso.example").expect("valid"));
    directory.add_user(&tenant(), facts, &["ada@contoso.example"], OLD).expect("new user");
    directory
}

impl World {
    pub async fn memory(settings: PolicySettings) -> Self {
        Self::over(MemoryStore::new(), settings).await
    }

    /// A world over this store, with a policy and no registered methods.
    pub async fn over(store: impl Store + 'static, settings: PolicySettings) -> Self {
        let clock = ManualClock::new(Timestamp::from_unix_seconds(START));
        let (directory, inbox) = (directory(&clock), MemoryInbox::new());
        let passkey = SimulatedMethod::new(MethodKind::Passkey);
        let push = SimulatedMethod::new(MethodKind::AppNotification);
        let builder = builder(Arc::new(store), &clock, directory.clone(), inbox.clone(), 7)
            .external_method(passkey.clone())
            .external_method(push.clone());
        let builder = builder.external_method(SimulatedMethod::new(MethodKind::HostVerified));
        let engine = builder.open().await.expect("opened");
        let policy = Policy::new(settings).expect("a sound policy");
        engine.admin(&tenant(), &admin()).put_policy(&policy, None).await.expect("put");
        Self { passkey, push, ..Self::of(engine, clock, directory, inbox) }
    }

    /// A world around an engine without host-verified methods.
    pub fn of(
        engine: Engine,
        clock: ManualClock,
        directory: MemoryDirectory,
        inbox: MemoryInbox,
    ) -> Self {
        let passkey = SimulatedMethod::new(MethodKind::Passkey);
        let push = SimulatedMethod::new(MethodKind::AppNotification);
        Self { engine, clock, directory, inbox, tenant: tenant(), user: user(), passkey, push }
    }

    /// Enrols an authenticator app. Its first code is consumed.
    pub async fn enrol_app(&self) -> SoftToken {
        let (request, user) = (request(), self.signed_in());
        let app = NewAuthenticator::new("Contoso", "ada@contoso.example");
        let registration = self.engine.registration();
        let enrolled =
            registration.enrol_authenticator(&request, &user, &app).await.expect("enrolled");
        let token = SoftToken::new(enrolled.seed.expose_secret(), OathParameters::default())
            .expect("a seed");
        let typed = code(&token.code(self.clock.now()));
        let confirmed = registration.confirm(&request, &user, &enrolled.reply.ticket, &typed).await;
        assert!(confirmed.expect("confirmed").active);
        token
    }

    /// Creates recovery codes and acknowledges them.
    pub async fn save_codes(&self) -> Vec<String> {
        let (request, user) = (request(), self.signed_in());
        let registration = self.engine.registration();
        let set = registration.create_recovery_codes(&request, &user).await.expect("created");
        let saved = registration.acknowledge_recovery_codes(&request, &user, &set.id).await;
        assert!(saved.expect("acknowledged").active);
        set.codes.iter().map(|code| code.expose_secret().to_owned()).collect()
    }

    pub fn signed_in(&self) -> SignedIn {
        let now = self.clock.now();
        SignedIn::vouch(
            self.tenant.clone(),
            self.user.clone(),
            SignInContext::new("s", now).with_second_factor(now),
        )
    }

    /// Delivers all waiting messages.
    pub async fn deliver(&self) {
        while self.engine.maintain(100).await.expect("maintained").more {}
    }

    pub async fn register(&self, method: NewMethod, address: &str) {
        let (request, user) = (request(), self.signed_in());
        let reply = self.engine.registration().add(&request, &user, &method).await.expect("added");
        self.deliver().await;
        let code_text = self.inbox.last_code_to(address).expect("a code");
        let confirmed = self
            .engine
            .registration()
            .confirm(&request, &user, &reply.ticket, &code(&code_text))
            .await
            .expect("confirmed");
        assert!(confirmed.active);
    }

    /// Registers a mail address and a mobile phone, and lets the holds pass.
    pub async fn register_both(&self) {
        self.register(NewMethod::email(EmailAddress::parse(MAIL).expect("valid")), MAIL).await;
        let mobile = PhoneNumber::parse(MOBILE).expect("valid");
        let mobile = NewMethod::mobile_phone(mobile, Channel::Sms).expect("reached");
        self.register(mobile, MOBILE).await;
        self.deliver().await;
        self.clock.advance(Duration::from_secs(2 * 86_400));
    }

    pub async fn start(&self) -> Reply<ResetTicket> {
        self.engine.reset().start(&request(), &ada()).await.expect("started")
    }

    pub async fn challenge(
        &self,
        ticket: &ResetTicket,
        selection: &sspr::Selection,
    ) -> Reply<ResetTicket> {
        self.engine.reset().challenge(&request(), ticket, selection).await.expect("challenged")
    }

    /// Opens a challenge and reads the code that arrives.
    pub async fn challenged(
        &self,
        ticket: &ResetTicket,
        selection: &sspr::Selection,
        address: &str,
    ) -> (Reply<ResetTicket>, String) {
        let reply = self.challenge(ticket, selection).await;
        self.deliver().await;
        (reply, self.inbox.last_code_to(address).expect("a code"))
    }

    pub async fn prove(
        &self,
        ticket: &ResetTicket,
        typed: &str,
    ) -> Result<Reply<ResetTicket>, sspr::Error> {
        self.engine.reset().prove(&request(), ticket, &code(typed)).await
    }

    /// A ticket with a grant, earned by mail and text.
    pub async fn granted(&self) -> ResetTicket {
        let reply = self.start().await;
        let (reply, mail) = self.challenged(&reply.ticket, &email(), MAIL).await;
        let reply = self.prove(&reply.ticket, &mail).await.expect("proven");
        let (reply, text) = self.challenged(&reply.ticket, &sms(), MOBILE).await;
        let reply = self.prove(&reply.ticket, &text).await.expect("proven");
        assert!(matches!(reply.step, Step::NewPassword { .. }), "{:?}", reply.step);
        reply.ticket
    }

    pub async fn complete(
        &self,
        ticket: &ResetTicket,
        password: &str,
    ) -> Result<Reply<ResetTicket>, sspr::Error> {
        self.engine.reset().complete(&request(), ticket, &SecretText::from(password)).await
    }

    pub fn password_is(&self, password: &str) -> bool {
        self.directory.password_is(&self.tenant, &self.user, password)
    }

    pub async fn event_codes(&self) -> Vec<String> {
        let tenant = tenant();
        let events =
            self.engine.admin(&tenant, &admin()).events(None, 1000).await.expect("readable");
        events.items.iter().map(|event| event.code().to_owned()).collect()
    }
}

pub async fn engine(
    store: Arc<dyn Store>,
    clock: &ManualClock,
    directory: MemoryDirectory,
    inbox: MemoryInbox,
    seed: u64,
) -> Engine {
    builder(store, clock, directory, inbox, seed).open().await.expect("opened")
}

pub fn builder(
    store: Arc<dyn Store>,
    clock: &ManualClock,
    directory: MemoryDirectory,
    inbox: MemoryInbox,
    seed: u64,
) -> EngineBuilder<Ready> {
    builder_over(store, Arc::new(directory), Arc::new(inbox), clock, seed)
}

pub fn builder_over(
    store: Arc<dyn Store>,
    directory: Arc<dyn Directory>,
    delivery: Arc<dyn Delivery>,
    clock: &ManualClock,
    seed: u64,
) -> EngineBuilder<Ready> {
    Engine::builder()
        .keys(keys())
        .store(store)
        .directory(directory)
        .delivery(delivery)
        .clock(clock.clone())
        .entropy(SeededEntropy::new(seed))
        .seal(TestSeal)
}

pub fn refusal<T: std::fmt::Debug>(result: Result<T, sspr::Error>) -> Refusal {
    match result {
        Err(sspr::Error::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// A code that is not this one.
pub fn other_than(right: &str) -> String {
    let first = if right.starts_with('1') { '2' } else { '1' };
    format!("{first}{}", &right[1..])
}

//! The system under test: an engine over copies of a world of registered users.

use std::sync::Arc;

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
use sspr::facts::{ContactFacts, EmailAddress, PhoneNumber, TenantFacts, UserFacts};
use sspr::method::{Channel, NewMethod, QuestionId, QuestionTopic, SignInContext};
use sspr::policy::{LinkBase, Rate};
use sspr::port::Commit;
use sspr::port::{Clock as _, Columns, Record, RecordKind, Store};
use sspr::testing::{
    Encoded, ManualClock, SeededEntropy, SimulatedMethod, SoftToken, TestHash, TestSeal,
};
use sspr::{Engine, MethodKind, PolicySettings, RoleId, SignedIn, UserId};

use crate::model::{ATTEMPTS, BUDGET, DAY, HOLD, Method, Model, QuestionSet, RUN, User};
use crate::support::{self, World, tenant};

pub(crate) const NAMES: [&str; 3] =
    ["ada@contoso.example", "root@contoso.example", "unknown@x.example"];
const PRIVATE: [(&str, &str); 2] =
    [(support::MAIL, support::MOBILE), ("root@private.example", "+14255550101")];

pub(crate) fn settings(required: u8) -> PolicySettings {
    let mut settings = support::every_kind(required);
    settings.link = Some(LinkBase::parse("https://id.contoso.example/reset#").expect("sound"));
    settings.unlock_without_reset = true;
    settings.attempts = ATTEMPTS;
    let day = std::time::Duration::from_secs(DAY as u64);
    let rate = Rate::new(BUDGET as u32, day);
    (settings.failures.anonymous, settings.failures.proven) = (rate, rate);
    settings.failures.consecutive = RUN;
    (settings.sends.per_hour, settings.sends.per_day, settings.sends.live_flows) = (20, 20, 6);
    // All calls come from one source, since the reference knows neither sources nor shares.
    (settings.sends.in_hand_per_hour, settings.sends.in_hand_per_day) = (20, 20);
    settings.sends.source_share = 100;
    settings.known_device_days = 0;
    settings.sends.resend_after = std::time::Duration::from_secs(30);
    settings.registration.hold = std::time::Duration::from_secs(HOLD as u64);
    // Limits on acts and notices have tests of their own; the reference does not merge notices.
    let many = Rate::new(16, std::time::Duration::from_secs(60));
    (settings.notices.texts, settings.notices.mails) = (many, many);
    (settings.notices.acts_per_hour, settings.notices.acts_per_day) = (60, 60);
    let wide = Rate::new(100_000, day);
    let limits = &mut settings.limits;
    (limits.source, limits.source_identifier, limits.tenant) = (wide, wide, wide);
    (limits.destination, limits.prefix) = (wide, wide);
    settings
}

pub(crate) fn user(who: usize) -> UserId {
    if who == 0 { support::user() } else { UserId::parse("root-1").expect("valid") }
}

fn facts(who: usize) -> UserFacts {
    let mut facts = UserFacts::new(user(who));
    facts.user_principal_name = Some(NAMES[who].to_owned());
    facts.primary_mail = Some(NAMES[who].to_owned());
    facts.contacts = ContactFacts::default();
    if who == 1 {
        facts.roles = [RoleId::parse("Helpdesk Administrator").expect("valid")].into();
    }
    facts
}

/// The records after all users have registered, and their methods.
pub(crate) struct Prepared {
    records: Vec<(RecordKind, Record)>,
    start: sspr::Timestamp,
    app: Arc<SoftToken>,
    codes: Vec<String>,
}

impl Prepared {
    pub(crate) async fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let world = World::builder().store(Arc::clone(&store)).settings(settings(1)).open().await;
        world.directory.add_user(&tenant(), facts(1), &[NAMES[1]], "-").expect("new");
        let mut world = world;
        for who in [1, 0] {
            world.user = user(who);
            for (kind, address) in [(0, PRIVATE[who].0), (1, PRIVATE[who].1)] {
                let method = if kind == 0 { email(address) } else { mobile(address) };
                world.register(method, address).await;
            }
        }
        let app = Arc::new(world.enrol_app().await);
        let codes = world.create_recovery_codes().await;
        world.set_questions().await;
        world.deliver().await;
        world.clock.advance(std::time::Duration::from_secs(3 * DAY as u64));
        world.deliver().await;
        let mut records = Vec::new();
        for kind in [RecordKind::Policy, RecordKind::Account] {
            let found = store.scan(&tenant(), kind, None, 10).await.expect("read").items;
            records.extend(found.into_iter().map(|record| (kind, record)));
        }
        assert_eq!(records.len(), 3);
        Self { records, start: world.clock.now(), app, codes }
    }

    /// A fresh copy, and the model of it.
    pub(crate) async fn copy(&self, encoded: bool) -> (Sut, Model) {
        let memory = MemoryStore::new();
        for (kind, record) in &self.records {
            let columns = Columns::new(tenant(), *kind, self.start);
            let commit = Commit::new(record, None, &columns, &[]);
            let _ = memory.commit(commit).await.expect("copied");
        }
        let store: Arc<dyn Store> =
            if encoded { Arc::new(Encoded::new(memory)) } else { Arc::new(memory) };
        let clock = ManualClock::new(self.start);
        // With a clock that never steps back, since a password from the future would be too young.
        let directory_clock = ManualClock::new(self.start);
        let directory = MemoryDirectory::new().with_clock(directory_clock.clone());
        directory.add_tenant(tenant(), TenantFacts::new("Contoso"));
        for (who, name) in NAMES.iter().take(2).enumerate() {
            directory.add_user(&tenant(), facts(who), &[name], support::OLD).expect("new");
        }
        let passkey = SimulatedMethod::new(MethodKind::Passkey);
        passkey.give(&user(0));
        let inbox = MemoryInbox::new();
        let engine = open(&store, &clock, &directory, &inbox, &passkey, 1_000).await;
        let now = self.start.unix_millis() / 1_000;
        let restarts = 1_000;
        let sut =
            Sut { engine, store, clock, directory_clock, directory, inbox, passkey, restarts };
        let users = (0..2).map(|who| self.user(who)).collect();
        (sut, Model { now, latest: now, required: 1, users, ..Model::default() })
    }

    fn user(&self, who: usize) -> User {
        let mut methods = Vec::new();
        let mut add = |kind, to: Option<&str>| {
            let ids = methods.len();
            methods.push(Method {
                id: format!("m{}", ids + 1),
                kind,
                to: to.map(str::to_owned),
                supplied: false,
                added: 0,
                usable_from: 0,
                replaces: None,
                token: None,
                used: None,
                codes: Vec::new(),
                set: None,
            });
        };
        add(MethodKind::Email, Some(PRIVATE[who].0));
        add(MethodKind::MobilePhone, Some(PRIVATE[who].1));
        if who == 0 {
            add(MethodKind::AuthenticatorApp, None);
            add(MethodKind::RecoveryCode, None);
            add(MethodKind::SecurityQuestions, None);
            methods[2].token = Some(Arc::clone(&self.app));
            methods[3].codes.clone_from(&self.codes);
            methods[4].set = Some(QuestionSet::of(&first_questions(), "Answer to"));
        }
        User {
            primary: NAMES[who].to_owned(),
            administrator: who == 1,
            passkey: who == 0,
            password: support::OLD.to_owned(),
            methods,
            ..User::default()
        }
    }
}

/// The questions of the set that [`World::set_questions`] registers.
fn first_questions() -> Vec<QuestionId> {
    QuestionTopic::ALL.into_iter().take(5).map(QuestionId::from).collect()
}

pub(crate) fn email(address: &str) -> NewMethod {
    NewMethod::email(EmailAddress::parse(address).expect("valid"))
}

pub(crate) fn mobile(number: &str) -> NewMethod {
    let number = PhoneNumber::parse(number).expect("valid");
    NewMethod::mobile_phone(number, Channel::Sms).expect("reached")
}

/// Not a [`World`]: the directory has two users and a clock of its own, and the engine restarts.
pub(crate) struct Sut {
    pub(crate) engine: Engine,
    store: Arc<dyn Store>,
    pub(crate) clock: ManualClock,
    pub(crate) directory_clock: ManualClock,
    pub(crate) directory: MemoryDirectory,
    pub(crate) inbox: MemoryInbox,
    pub(crate) passkey: SimulatedMethod,
    restarts: u64,
}

async fn open(
    store: &Arc<dyn Store>,
    clock: &ManualClock,
    directory: &MemoryDirectory,
    inbox: &MemoryInbox,
    passkey: &SimulatedMethod,
    seed: u64,
) -> Engine {
    let unused = [MethodKind::AppNotification, MethodKind::HostVerified].map(SimulatedMethod::new);
    let [push, other] = unused;
    let year = std::time::Duration::from_secs(365 * DAY as u64);
    Engine::builder()
        .keys(World::keys())
        .store(Arc::clone(store))
        .directory(directory.clone())
        .sessions(directory.clone())
        .delivery(inbox.clone())
        .clock(clock.clone())
        .entropy(SeededEntropy::new(seed))
        .seal(TestSeal)
        .slow_hash(TestHash::new())
        .external_method(passkey.clone())
        .external_method(push)
        .external_method(other)
        .event_retention(year)
        .open()
        .await
        .expect("opened")
}

impl Sut {
    /// Another engine over the same store.
    pub(crate) async fn restart(&mut self) {
        self.restarts += 1;
        let (store, seed) = (&self.store, self.restarts);
        let opened = open(store, &self.clock, &self.directory, &self.inbox, &self.passkey, seed);
        self.engine = opened.await;
    }

    pub(crate) async fn deliver(&self) {
        while self.engine.maintain(100).await.expect("maintained").more {}
    }

    pub(crate) fn signed_in(&self, who: usize) -> SignedIn {
        let now = self.clock.now();
        SignedIn::vouch(tenant(), user(who), SignInContext::new("s", now).with_second_factor(now))
    }

    /// The numbers of passwords written and lockouts cleared.
    pub(crate) fn written(&self, who: usize) -> (usize, usize) {
        let (tenant, user) = (tenant(), user(who));
        let writes = self.directory.writes(&tenant, &user).len();
        (writes, self.directory.unlocks(&tenant, &user).len())
    }
}

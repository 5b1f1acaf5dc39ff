//! Two tenants with people who have every method. They are enrolled once; each case starts from a
//! copy of the records.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
use sspr::audit::Event;
use sspr::facts::{TenantFacts, UserFacts};
use sspr::method::{MethodId, QuestionId, SignInContext};
use sspr::policy::LinkBase;
use sspr::port::Commit;
use sspr::port::{Clock as _, Columns, Record, Store};
use sspr::testing::{
    FaultPlan, Faulty, ManualClock, SeededEntropy, SimulatedMethod, SoftToken, TestHash, TestSeal,
    block_on,
};
use sspr::{
    Engine, Identifier, MethodKind, Policy, PolicySettings, Request, SignedIn, Source, TenantId,
    Timestamp, UserId,
};

use crate::support::{OLD, START, admin, every_kind, keys};

pub(crate) const BASE: &str = "https://id.contoso.example/reset#";

/// A user's knowledge and devices.
pub(crate) struct Person {
    pub(crate) tenant: TenantId,
    pub(crate) user: UserId,
    pub(crate) name: Identifier,
    pub(crate) number: u32,
    pub(crate) app: SoftToken,
    pub(crate) token: SoftToken,
    /// A token that was assigned but not claimed yet.
    pub(crate) unclaimed: (MethodId, SoftToken),
    pub(crate) codes: Vec<String>,
}

impl Person {
    pub(crate) fn mail(&self, new: bool) -> String {
        format!("person{}@{}.example", self.number, if new { "new" } else { "private" })
    }

    pub(crate) fn password(&self) -> String {
        present(&self.tenant, &self.user)
    }

    /// The answer to a question of the present or of a new set.
    pub(crate) fn answer(&self, question: &QuestionId, new: bool) -> String {
        format!("{}{} {question}", if new { "new " } else { "" }, self.number)
    }

    pub(crate) fn primary(&self) -> String {
        format!("{}@{}.example", self.user.as_str(), self.tenant.as_str())
    }

    pub(crate) fn mobile(&self, new: bool) -> String {
        format!("+1425555{}{:02}", if new { 12 } else { 11 }, self.number)
    }

    pub(crate) fn office(&self, new: bool) -> String {
        format!("+1425555{}{:02}", if new { 22 } else { 21 }, self.number)
    }

    pub(crate) fn signed_in(&self, now: Timestamp) -> SignedIn {
        let session = SignInContext::new("s", now).with_second_factor(now);
        SignedIn::vouch(self.tenant.clone(), self.user.clone(), session)
    }

    pub(crate) fn request(&self, source: &str) -> Request {
        Request::new(self.tenant.clone(), Source::parse(source))
    }
}

/// Each person has a password of their own.
fn present(tenant: &TenantId, user: &UserId) -> String {
    format!("{OLD} {} {}", user.as_str(), tenant.as_str())
}

pub(crate) struct Enrolled {
    pub(crate) people: [Person; 3],
    pub(crate) records: Vec<(Record, Columns)>,
    pub(crate) now: Timestamp,
}

/// The directory, store and engines of one case. Not a `World`: it has two tenants and three people.
pub(crate) struct Fixture {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: ManualClock,
    pub(crate) directory: MemoryDirectory,
    pub(crate) inbox: MemoryInbox,
    pub(crate) external: [SimulatedMethod; 3],
    /// Removed with the fixture, after the store.
    pub(crate) _guard: Option<Box<dyn std::any::Any>>,
}

/// Ada, Bob in the same tenant, and the Ada of another tenant.
pub(crate) fn people() -> &'static [Person; 3] {
    &enrolled().people
}

fn enrolled() -> &'static Enrolled {
    static ENROLLED: OnceLock<Enrolled> = OnceLock::new();
    ENROLLED.get_or_init(|| block_on(crate::matrix::enrol::enrol()))
}

/// A policy that allows every method and requires this many.
pub(crate) fn policy(required: u8) -> PolicySettings {
    let mut settings = every_kind(required);
    if required == 1 {
        // With one gate the policy must allow fewer guesses, or it is refused.
        settings.failures.consecutive = 15;
    }
    settings.link = Some(LinkBase::parse(BASE).expect("sound"));
    settings.unlock_without_reset = true;
    // Costs are not under test, so each act in a case gets a notice of its own.
    settings.notices.texts.max = 16;
    let role = sspr::RoleId::parse("Global Administrator").expect("valid");
    settings.notifications.administrator_roles = [role].into();
    settings
}

impl Fixture {
    /// A fixture without records and policies.
    pub(crate) fn over(store: Arc<dyn Store>) -> Self {
        let clock = ManualClock::new(Timestamp::from_unix_seconds(START));
        let directory = MemoryDirectory::new().with_clock(clock.clone());
        let kinds = [MethodKind::AppNotification, MethodKind::Passkey, MethodKind::HostVerified];
        let external = kinds.map(SimulatedMethod::new);
        for (tenant, users) in [("contoso", &["ada", "bob"][..]), ("fabrikam", &["ada"])] {
            let tenant = TenantId::parse(tenant).expect("valid");
            directory.add_tenant(tenant.clone(), TenantFacts::new(tenant.as_str()));
            for name in users {
                let user = UserId::parse(name).expect("valid");
                let mut facts = UserFacts::new(user.clone());
                let primary = format!("{name}@{}.example", tenant.as_str());
                facts.primary_mail = Some(primary.clone());
                facts.locked_out = Some(true);
                let known = [&*format!("{name}@id.example"), &primary];
                let present = present(&tenant, &user);
                directory.add_user(&tenant, facts, &known, &present).expect("new");
                external.iter().for_each(|method| method.give(&user));
            }
        }
        let inbox = MemoryInbox::new();
        Self { store, clock, directory, inbox, external, _guard: None }
    }

    /// A copy of the prepared people, under a policy that requires this many methods.
    pub(crate) fn new(required: u8) -> Self {
        Self::with(policy(required))
    }

    pub(crate) fn with(settings: PolicySettings) -> Self {
        Self::filled(Arc::new(MemoryStore::new()), settings)
    }

    pub(crate) fn filled(store: Arc<dyn Store>, settings: PolicySettings) -> Self {
        let fixture = Self::over(store);
        fixture.arrive();
        block_on(async {
            for (record, columns) in &enrolled().records {
                let commit = Commit::new(record, None, columns, &[]);
                let _ = fixture.store.commit(commit).await.expect("copied");
            }
            fixture.put(settings).await;
        });
        fixture
    }

    /// Sets the time to when the prepared people were ready.
    pub(crate) fn arrive(&self) {
        self.clock.set(enrolled().now);
    }

    pub(crate) async fn put(&self, settings: PolicySettings) {
        let engine = self.healthy(1).await;
        let policy = Policy::new(settings).expect("a sound policy");
        for name in ["contoso", "fabrikam"] {
            let tenant = TenantId::parse(name).expect("valid");
            engine.admin(&tenant, &admin()).put_policy(&policy, None).await.expect("put");
        }
    }

    pub(crate) async fn healthy(&self, seed: u64) -> Engine {
        self.engine(&FaultPlan::none(), seed).await
    }

    /// An engine whose port calls all follow the plan.
    pub(crate) async fn engine(&self, plan: &FaultPlan, seed: u64) -> Engine {
        let mut builder = Engine::builder()
            .keys(keys())
            .store(Faulty::new(Arc::clone(&self.store), plan.clone()))
            .directory(Faulty::new(self.directory.clone(), plan.clone()))
            .sessions(Faulty::new(self.directory.clone(), plan.clone()))
            .delivery(Faulty::new(self.inbox.clone(), plan.clone()))
            .clock(self.clock.clone())
            .entropy(SeededEntropy::new(seed))
            .seal(Faulty::new(TestSeal, plan.clone()))
            .slow_hash(Faulty::new(TestHash::new(), plan.clone()));
        for method in &self.external {
            builder = builder.external_method(Faulty::new(method.clone(), plan.clone()));
        }
        builder.open().await.expect("opened")
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) async fn events(&self, tenant: &TenantId) -> Vec<Event> {
        let of = sspr::port::EventsOf::Tenant(tenant);
        self.store.events(of, None, 1000).await.expect("readable").items
    }
}

/// Runs `maintain` until it reports no more work. Endless work fails here instead of hanging.
pub(crate) async fn idle(engine: &Engine) {
    for _ in 0..20 {
        if !engine.maintain(100).await.expect("the store lists what is due").more {
            return;
        }
    }
    panic!("maintain has more to do after twenty calls at one instant");
}

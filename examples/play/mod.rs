//! The host around the example `methods`: one tenant, one user, everything in memory.

pub(crate) mod push;

use std::error::Error;

use sspr::adapters::memory::{MemoryDirectory, MemoryInbox, MemoryStore};
use sspr::adapters::seal::KeySeal;
use sspr::facts::{TenantFacts, UserFacts};
use sspr::method::SignInContext;
use sspr::policy::{Deviation, LinkBase, Scope};
use sspr::port::Clock as _;
use sspr::testing::{ManualClock, SimulatedMethod, TestHash};
use sspr::{
    Actor, Engine, Keys, MethodKind, Policy, PolicySettings, Request, RoleId, SecretBytes,
    SignedIn, Source, TenantId, Timestamp, UserId,
};

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

pub(crate) const NAME: &str = "ada@contoso.example";

pub(crate) struct Host {
    pub(crate) engine: Engine,
    pub(crate) clock: ManualClock,
    pub(crate) directory: MemoryDirectory,
    pub(crate) inbox: MemoryInbox,
    pub(crate) push: push::Push,
    pub(crate) passkey: SimulatedMethod,
    pub(crate) tenant: TenantId,
    pub(crate) root: Actor,
    pub(crate) ada: UserId,
    pub(crate) request: Request,
    pub(crate) password: String,
}

impl Host {
    pub(crate) async fn new() -> Outcome<Self> {
        let secret = |byte| SecretBytes::new(vec![byte; 32]); // real ones come from a vault
        let clock = ManualClock::new(Timestamp::from_unix_seconds(1_800_000_000));
        let directory = MemoryDirectory::new().with_clock(clock.clone());
        let (tenant, ada) = (TenantId::parse("contoso")?, UserId::parse("u-1001")?);
        let (push, passkey) = (push::Push::default(), SimulatedMethod::new(MethodKind::Passkey));
        let inbox = MemoryInbox::new();
        let engine = Engine::builder()
            .keys(Keys::new(secret(1), 1, secret(2))?)
            .store(MemoryStore::new())
            .directory(directory.clone())
            .sessions(directory.clone())
            .delivery(inbox.clone())
            .clock(clock.clone())
            .seal(KeySeal::new(1, secret(3))?) // seals the seeds of authenticators
            .slow_hash(TestHash::new()) // a host takes `adapters::argon2`
            .external_method(push.clone())
            .external_method(passkey.clone())
            .open()
            .await?;
        directory.add_tenant(tenant.clone(), TenantFacts::new("Contoso"));
        let password = "the old password of ada".to_owned();
        directory.add_user(&tenant, UserFacts::new(ada.clone()), &[NAME], &password)?;
        let root = Actor::service("setup", [RoleId::parse("Global Administrator")?]);

        heading("The administrator: one method is enough, and any counts");
        let mut settings = PolicySettings::default();
        settings.scope = Scope::All;
        settings.users.required = 1; // to show each method alone; the default is two
        settings.users.methods = MethodKind::ALL.into();
        // Questions alone are no proof by any standard: the owner says so, three times.
        settings.questions.first = true;
        settings.acknowledged.extend([
            Deviation::SecurityQuestions,
            Deviation::QuestionsFirst,
            Deviation::GuessingAboveThreshold,
        ]);
        // The engine must be able to verify each kind that the policy names.
        settings.users.methods.remove(&MethodKind::HostVerified);
        settings.failures.consecutive = 15; // with one required method, the policy must allow fewer guesses
        settings.link = Some(LinkBase::parse("https://id.contoso.example/reset/link#")?);
        settings.unlock_without_reset = true;
        engine.admin(&tenant, &root).put_policy(&Policy::new(settings)?, None).await?;
        say("the policy names a page for links, and offers to unlock without a reset");
        let request = Request::new(tenant.clone(), Source::parse("203.0.113.7"));
        #[rustfmt::skip]
        let host = Self {
            engine, clock, directory, inbox, push, passkey, tenant, root, ada, request, password,
        };
        Ok(host)
    }

    /// A recent sign-in with a second factor: the example registers more methods than a first
    /// registration allows with a password alone.
    pub(crate) fn signed_in(&self) -> SignedIn {
        let now = self.clock.now();
        let session = SignInContext::new("session-1", now).with_second_factor(now);
        SignedIn::vouch(self.tenant.clone(), self.ada.clone(), session)
    }

    pub(crate) async fn deliver(&self) -> Outcome<()> {
        while self.engine.maintain(100).await?.more {} // in a service a task calls this
        Ok(())
    }

    /// Checks that the directory accepts this password and no other.
    pub(crate) fn holds(&self, password: &str) -> Outcome<()> {
        let accepts = |text: &str| self.directory.password_is(&self.tenant, &self.ada, text);
        check(accepts(password), "the directory refuses the password")?;
        check(password == self.password || !accepts(&self.password), "two passwords at once")?;
        say(&format!("\"{password}\" signs Ada in"));
        Ok(())
    }

    /// The code that has arrived at this address.
    pub(crate) async fn code_at(&self, address: &str) -> Outcome<String> {
        self.deliver().await?;
        let code = self.inbox.last_code_to(address).ok_or("no code has arrived")?;
        let message = self.inbox.messages_to(address).pop().ok_or("no message")?;
        say(&format!("Ada: {code} arrives at {address}, by {}", message.channel));
        Ok(code)
    }
}

pub(crate) fn check(holds: bool, otherwise: &str) -> Outcome<()> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

pub(crate) fn heading(text: &str) {
    println!("\n{text}");
}

pub(crate) fn say(text: &str) {
    println!("  {text}");
}

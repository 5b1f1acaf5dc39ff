//! One user, prepared once for each kind of account; each case starts from a copy of the records.

use sspr::testing::WorldBuilder;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sspr::adapters::memory::MemoryStore;
use sspr::facts::{ContactFacts, Destination, EmailAddress, PhoneNumber, UserFacts};
use sspr::method::{Channel, MethodId, NewMethod, OathParameters, OathSeed, SignInContext};
use sspr::policy::Deviation;
use sspr::port::{BreachList, Commit, HumanCheck, PortResult, RiskSignal, RiskSignals, Store};
use sspr::port::{Clock as _, Columns, Record, RecordKind};
use sspr::testing::{ManualClock, SeededEntropy, SoftToken, TestHash, TestSeal, block_on};
use sspr::{Engine, MethodKind, PolicySettings, SecretText, SignedIn, TenantId, Timestamp, UserId};

use crate::no_error_opens::twist::{Plan, Twisted};
use crate::support::{MAIL, MOBILE, World, tenant};

pub(crate) const HELPDESK: &str = "help@contoso.example";
const TOKEN: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/// The methods of the account before the script begins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Holds {
    /// None, and none before.
    Nothing,
    /// A passkey that the host verifies; none in the record.
    Passkey,
    /// A phone of the directory; none in the record.
    DirectoryPhone,
    /// A phone that an administrator supplied.
    SuppliedPhone,
    /// A confirmed mail address.
    Mail,
    /// A confirmed mail address and a confirmed phone.
    Both,
    /// An authenticator app.
    App,
    /// Recovery codes.
    Codes,
    /// Security questions.
    Questions,
    /// Only a token that an administrator assigned.
    UnclaimedToken,
    /// Methods that were revoked.
    Revoked,
    /// Methods that were forgotten with the account.
    Forgotten,
}

/// A prepared account, and what its owner holds.
pub(crate) struct Prepared {
    records: Vec<(Record, Columns)>,
    now: Timestamp,
    pub(crate) codes: Vec<String>,
    pub(crate) app: Option<SoftToken>,
    pub(crate) token: Option<(MethodId, SoftToken)>,
    pub(crate) questions: bool,
}

/// Every prepared account under its policy.
pub(crate) fn prepared(holds: Holds, required: u8) -> &'static Prepared {
    static ALL: OnceLock<Mutex<BTreeMap<(Holds, u8), &'static Prepared>>> = OnceLock::new();
    let mut all = ALL.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    all.entry((holds, required)).or_insert_with(|| Box::leak(Box::new(prepare(holds, required))))
}

fn policy(holds: Holds, required: u8) -> PolicySettings {
    let mut settings = PolicySettings::default();
    settings.scope = sspr::policy::Scope::All;
    // A method that the policy counts but the engine lacks is unknown, which would refuse every
    // registration.
    let lacking = [MethodKind::AppNotification, MethodKind::HostVerified];
    let kinds = MethodKind::ALL.into_iter().filter(|kind| !lacking.contains(kind));
    settings.users.methods = kinds.collect();
    settings.users.required = required;
    // Questions need an acknowledgement; as the only gate, three.
    settings.questions.first = required == 1;
    settings.acknowledged.extend([
        Deviation::SecurityQuestions,
        Deviation::QuestionsFirst,
        Deviation::GuessingAboveThreshold,
    ]);
    if required == 1 {
        // With one gate the policy must allow fewer guesses, or it is refused.
        settings.failures.consecutive = 15;
    }
    settings.unlock_without_reset = true;
    let link = sspr::policy::LinkBase::parse("https://id.contoso.example/reset#");
    settings.link = Some(link.expect("sound"));
    let page = sspr::policy::LinkBase::parse("https://id.contoso.example/not-me#");
    settings.desk.repudiation_link = Some(page.expect("sound"));
    let role = sspr::RoleId::parse("Helpdesk Administrator").expect("valid");
    settings.notifications.administrator_roles = [role].into();
    if holds == Holds::DirectoryPhone {
        settings.contacts.directory = true;
        settings.acknowledged.insert(Deviation::UnverifiedDirectoryContacts);
    }
    settings
}

fn prepare(holds: Holds, required: u8) -> Prepared {
    block_on(async {
        let builder = World::builder().settings(policy(holds, required));
        let fixture = Fixture::of(builder, holds, None).await;
        let world = fixture.joined(&Plan::default(), 1, Lacks::Nothing).await;
        let mail = || NewMethod::email(EmailAddress::parse(MAIL).expect("valid"));
        let (mut codes, mut app, mut token) = (Vec::new(), None, None);
        match holds {
            Holds::Nothing | Holds::Passkey | Holds::DirectoryPhone => {}
            Holds::SuppliedPhone => {
                let mut contacts = sspr::admin::Contacts::default();
                contacts.mobile_phone = Some(PhoneNumber::parse(MOBILE).expect("valid"));
                let admin = world.admin();
                admin.supply_contacts(&world.user, &contacts).await.expect("supplied");
            }
            Holds::Mail => world.register(mail(), MAIL).await,
            Holds::Both => world.register_contacts().await,
            Holds::App => app = Some(world.enrol_app().await),
            Holds::Codes => codes = world.create_recovery_codes().await,
            Holds::Questions => world.set_questions().await,
            Holds::UnclaimedToken => {
                let seed = OathSeed::parse_base32(TOKEN).expect("a seed");
                let admin = world.admin();
                let id = admin.supply_token(&world.user, &seed, OathParameters::default()).await;
                let soft = SoftToken::new(TOKEN, OathParameters::default()).expect("a seed");
                token = Some((id.expect("supplied"), soft));
            }
            Holds::Revoked | Holds::Forgotten => {
                world.register_contacts().await;
                let admin = world.admin();
                if holds == Holds::Revoked {
                    admin.revoke_methods(&world.user).await.expect("revoked");
                } else {
                    admin.forget(&world.user).await.expect("forgotten");
                }
            }
        }
        world.deliver().await;
        world.clock.advance(Duration::from_secs(3 * 86_400));
        world.deliver().await;
        let mut records = Vec::new();
        for kind in [RecordKind::Account, RecordKind::Policy] {
            let found = world.store.scan(&tenant(), kind, None, 10).await.expect("readable");
            let mut columns = Columns::new(tenant(), kind, world.clock.now());
            // An early alarm does no harm: the engine finds that nothing is due.
            columns.wake_at = (kind == RecordKind::Account).then_some(Timestamp::EPOCH);
            records.extend(found.items.into_iter().map(|record| (record, columns.clone())));
        }
        Prepared {
            records,
            now: world.clock.now(),
            codes,
            app,
            token,
            questions: holds == Holds::Questions,
        }
    })
}

/// The ports and engines of one script.
pub(crate) struct Fixture {
    world: World,
    pub(crate) prepared: Option<&'static Prepared>,
}

/// An ability that another process may lack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lacks {
    Nothing,
    ExternalMethod,
    Seal,
    SlowHash,
}

impl Deref for Fixture {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Fixture {
    async fn of(builder: WorldBuilder, holds: Holds, prepared: Option<&'static Prepared>) -> Self {
        let world = builder.account(|facts| {
            facts.locked_out = Some(true);
            if holds == Holds::DirectoryPhone {
                let mut contacts = ContactFacts::default();
                contacts.mobile_phone = Some(MOBILE.to_owned());
                facts.contacts = contacts;
            }
        });
        let world = world.open().await;
        let mut helpdesk = UserFacts::new(UserId::parse("helpdesk").expect("valid"));
        helpdesk.primary_mail = Some(HELPDESK.to_owned());
        let role = sspr::RoleId::parse("Helpdesk Administrator").expect("valid");
        helpdesk.roles.insert(role);
        let added = world.directory.add_user(&tenant(), helpdesk, &[HELPDESK], "their own");
        added.expect("new user");
        if holds == Holds::Passkey {
            world.passkey.give(&world.user);
        }
        Self { world, prepared }
    }

    pub(crate) fn copy(holds: Holds, required: u8) -> Self {
        let prepared = prepared(holds, required);
        block_on(async {
            let store = MemoryStore::new();
            for (record, columns) in &prepared.records {
                let commit = Commit::new(record, None, columns, &[]);
                let _ = store.commit(commit).await.expect("copied");
            }
            let builder = World::builder().store(store).clock(ManualClock::new(prepared.now));
            Self::of(builder, holds, Some(prepared)).await
        })
    }

    pub(crate) async fn whole(&self, plan: &Plan, seed: u64) -> Engine {
        self.engine(plan, seed, Lacks::Nothing).await
    }

    pub(crate) async fn engine(&self, plan: &Plan, seed: u64, lacks: Lacks) -> Engine {
        self.joined(plan, seed, lacks).await.engine
    }

    async fn joined(&self, plan: &Plan, seed: u64, lacks: Lacks) -> World {
        let [of_directory, of_sessions] = [plan.clone(), plan.clone()];
        let [of_delivery, of_others] = [plan.clone(), plan.clone()];
        let passkey = self.passkey.clone();
        let joined = self
            .beside()
            .store(Twisted(Arc::clone(&self.store), plan.clone()))
            .directory(|directory| Twisted(directory, of_directory))
            .sessions(|sessions| Twisted(sessions, of_sessions))
            .delivery(|inbox| Twisted(inbox, of_delivery))
            .without_abilities()
            .engine(move |engine| {
                let plan = || of_others.clone();
                let mut engine = engine
                    .entropy(Twisted(SeededEntropy::new(seed), plan()))
                    .breach_list(Twisted(Unbreached, plan()))
                    .human_check(Twisted(Human, plan()))
                    .risk_signals(Twisted(NoRisk, plan()));
                if lacks != Lacks::Seal {
                    engine = engine.seal(Twisted(TestSeal, plan()));
                }
                if lacks != Lacks::SlowHash {
                    engine = engine.slow_hash(Twisted(TestHash::new(), plan()));
                }
                if lacks != Lacks::ExternalMethod {
                    engine = engine.external_method(Twisted(passkey, plan()));
                }
                engine
            });
        joined.open().await
    }

    /// A current sign-in with only the password.
    pub(crate) fn by_password(&self) -> SignedIn {
        let session = SignInContext::new("stolen", self.clock.now());
        SignedIn::vouch(self.tenant.clone(), self.user.clone(), session)
    }

    /// A current sign-in with a second factor.
    pub(crate) fn by_two_factors(&self) -> SignedIn {
        let now = self.clock.now();
        let session = SignInContext::new("whole", now).with_second_factor(now);
        SignedIn::vouch(self.tenant.clone(), self.user.clone(), session)
    }
}

struct Unbreached;

#[async_trait]
impl BreachList for Unbreached {
    async fn contains(&self, _: &SecretText) -> PortResult<bool> {
        Ok(false)
    }
}

struct Human;

#[async_trait]
impl HumanCheck for Human {
    async fn passed(&self, _: &TenantId, _: &SecretText) -> PortResult<bool> {
        Ok(true)
    }
}

struct NoRisk;

#[async_trait]
impl RiskSignals for NoRisk {
    async fn before_send(
        &self,
        _: &TenantId,
        _: Channel,
        _: &Destination,
    ) -> PortResult<RiskSignal> {
        Ok(RiskSignal::Clear)
    }
}

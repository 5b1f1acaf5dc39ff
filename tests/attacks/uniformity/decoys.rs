//! After a flood of unknown names, an unknown name costs the same as an untouched account, step by
//! step. Also the calls that a spent budget saves, which only the reply floor hides.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use sspr::adapters::memory::MemoryStore;
use sspr::admin::Contacts;
use sspr::facts::UserFacts;
use sspr::policy::LinkBase;
use sspr::port::PortResult;
use sspr::port::{Record, RecordKey, Store};
use sspr::testing::{CallLog, Encoded, block_on, forward};
use sspr::{Attempt, Engine, PolicySettings, Request, ResetTicket, RoleId, Source, UserId};

use crate::support::*;
use crate::uniformity::identifier;

/// Some hundred names for each of the 1 024 records that stand for unknown names.
const FLOOD: u32 = 100_000;
/// Eight names for each of these records: more challenges than one account may be sent in an hour,
/// and more flows than it may have.
const SHORT_FLOOD: u32 = 8_192;

/// A store of text that weighs what is loaded.
#[derive(Clone)]
struct Weighed {
    inner: Arc<Encoded<MemoryStore>>,
    loaded: Arc<AtomicU64>,
}

#[async_trait]
impl Store for Weighed {
    forward!(self.inner => commit, increment, due, scan, events, purge, fence);

    async fn load(&self, key: &RecordKey) -> PortResult<Option<Record>> {
        let found = self.inner.load(key).await?;
        let bytes = found.as_ref().map_or(0, |record| record.body().len() as u64);
        self.loaded.fetch_add(bytes, Ordering::Relaxed);
        Ok(found)
    }
}

struct Weighing {
    world: World,
    /// Another process on the same store, whose calls no one counts.
    flooded: Engine,
    log: CallLog,
    loaded: Arc<AtomicU64>,
}

/// The default policy, with links and help for the steps that need them.
fn defaults() -> PolicySettings {
    let mut settings = PolicySettings::default();
    settings.scope = sspr::policy::Scope::All;
    settings.link = Some(LinkBase::parse("https://id.contoso.example/reset#").expect("sound"));
    settings.notifications.administrator_roles =
        [RoleId::parse("Global Administrator").expect("valid")].into();
    settings
}

async fn weighing() -> Weighing {
    let (log, loaded) = (CallLog::new(), Arc::new(AtomicU64::new(0)));
    let memory = MemoryStore::new();
    let inner = Arc::new(Encoded::new(memory.clone()));
    let store = Weighed { inner, loaded: Arc::clone(&loaded) };
    let world = World::builder().store(store.clone()).settings(defaults()).open().await;
    let flooded = world.beside().store(memory).seed(6).without_abilities().open().await.engine;
    let world = world.beside().seed(5).recorded(&log).without_abilities().open().await;
    Weighing { world, flooded, log, loaded }
}

impl Weighing {
    /// An account with mail and mobile phone, without any flow.
    async fn settle(&self, name: &str) {
        let id = UserId::parse(&format!("6e7b768e-07e2-4810-8459-{name:0>12}")).expect("valid");
        let typed = identifier(name);
        let facts = UserFacts::new(id.clone());
        let directory = &self.world.directory;
        directory.add_user(&self.world.tenant, facts, &[typed.as_str()], OLD).expect("new");
        let mut contacts = Contacts::default();
        contacts.email = Some(format!("{name}@mailbox.example").parse_mail());
        contacts.mobile_phone =
            Some(sspr::facts::PhoneNumber::parse("+14255550142").expect("valid"));
        let admin = admin();
        let admin = self.world.engine.admin(&self.world.tenant, &admin);
        admin.supply_contacts(&id, &contacts).await.expect("supplied");
        self.world.deliver().await;
    }

    /// The calls, and the bytes loaded, since the last look.
    fn look(&self) -> (Vec<String>, u64) {
        let calls = self.log.shapes();
        self.log.clear();
        (calls, self.loaded.swap(0, Ordering::Relaxed))
    }

    /// Each step that a stranger can take, and what it costs.
    async fn walk(&self, name: &str, source: u32) -> Vec<(&'static str, Vec<String>, u64)> {
        let (engine, typed, request) = (&self.world.engine, identifier(name), from(source));
        let mut all = Vec::new();
        let mut note = |step| {
            let (calls, bytes) = self.look();
            all.push((step, calls, bytes));
        };
        self.look();
        let reset = engine.reset();
        let mut ticket = reset.start(&request, &typed).await.expect("started").ticket;
        note("start");
        for step in ["first challenge", "second challenge"] {
            let option = if step.starts_with("first") { email() } else { sms() };
            let reply = reset.challenge(&request, &ticket, &option).await.expect("uniform");
            ticket = reply.ticket;
            note(step);
        }
        reset.view(&request, &ticket).await.expect("shown");
        note("view");
        for step in ["first guess", "second guess"] {
            let wrong = reset.prove(&request, &ticket, &code("000000")).await;
            assert_eq!(refusal(wrong), sspr::Refusal::NotAccepted);
            note(step);
        }
        reset.contact_administrator(&request, &ticket).await.expect("uniform");
        note("contact administrator");
        let link = Attempt::link(&"A".repeat(43)).expect("the form of a link");
        let redeemed = reset.redeem_link(&request, &typed, &link).await;
        assert_eq!(refusal(redeemed), sspr::Refusal::NotAccepted);
        note("redeem a link");
        reset.cancel(&request, &ticket).await.expect("cancelled");
        note("cancel");
        all
    }

    async fn ask(&self, name: &str, source: u32) -> ResetTicket {
        self.ask_by(&email(), name, source).await
    }

    async fn ask_by(&self, option: &sspr::Selection, name: &str, source: u32) -> ResetTicket {
        let (reset, request) = (self.world.engine.reset(), from(source));
        let reply = reset.start(&request, &identifier(name)).await.expect("started");
        let reply = reset.challenge(&request, &reply.ticket, option).await;
        reply.expect("uniform").ticket
    }

    /// So many unknown names are asked for, each from a source of its own, by as many threads as
    /// there are processors in the smallest machine that runs this.
    fn flood(&self, names: u32) {
        const THREADS: u32 = 2;
        let ask = |first: u32| async move {
            let reset = self.flooded.reset();
            for n in (first..names).step_by(THREADS as usize) {
                let request = from(0x20_0000 + n);
                let name = identifier(&format!("unknown{n}"));
                let reply = reset.start(&request, &name).await.expect("started");
                reset.challenge(&request, &reply.ticket, &email()).await.expect("uniform");
            }
        };
        std::thread::scope(|scope| {
            for first in 0..THREADS {
                scope.spawn(move || block_on(ask(first)));
            }
        });
        let stats = self.flooded.stats();
        assert_eq!((stats.silenced, stats.silenced_decoys), (0, 0), "no decoy ran dry");
    }
}

trait ParseMail {
    fn parse_mail(&self) -> sspr::facts::EmailAddress;
}

impl ParseMail for String {
    fn parse_mail(&self) -> sspr::facts::EmailAddress {
        sspr::facts::EmailAddress::parse(self).expect("valid")
    }
}

fn from(number: u32) -> Request {
    let [_, a, b, c] = number.to_be_bytes();
    Request::new(tenant(), Source::parse(&format!("10.{a}.{b}.{c}")))
}

/// Bytes by which one loaded body may differ from another, of 1 200 to 3 000: a decoy that was used
/// still holds the flow of the name before (560 more at the first step), and an account holds the
/// codes and the events' numbers that wait in its outbox (at most 740 more, for two codes).
const TOLERANCE: u64 = 768;

#[test]
fn an_unknown_name_costs_what_an_untouched_account_costs_after_a_flood() {
    block_on(async {
        let weighing = weighing().await;
        weighing.settle("known").await;
        weighing.flood(FLOOD);
        let known = weighing.walk("known", 1).await;
        for name in ["unknown-after", "unknown7"] {
            let unknown = weighing.walk(name, 2).await;
            for ((step, calls, bytes), (_, other, weight)) in known.iter().zip(&unknown) {
                assert_eq!(calls, other, "{name}: {step}");
                // A step that loads a record twice weighs it twice.
                let bodies = calls.iter().filter(|call| call.contains("load")).count().max(1);
                let apart = bytes.abs_diff(*weight) / bodies as u64;
                assert!(apart <= TOLERANCE, "{name}: {step}: {bytes} and {weight} bytes");
            }
        }
        let commits = |step: &str| {
            let found = known.iter().find(|(name, ..)| *name == step).expect("a step");
            found.1.iter().filter(|call| call.contains("commit")).count()
        };
        for step in ["first challenge", "second challenge", "first guess", "second guess"] {
            assert_eq!(commits(step), 1, "{step} was really a step of an untouched account");
        }
    });
}

/// A flow whose decoy another name has taken meanwhile goes on as an account's would.
#[test]
fn a_flow_for_an_unknown_name_continues_though_its_decoy_was_taken() {
    block_on(async {
        let weighing = weighing().await;
        weighing.settle("known").await;
        let known = weighing.ask("known", 1).await;
        let unknown = weighing.ask("unknown-before", 2).await;
        weighing.flood(SHORT_FLOOD);
        let mut costs = Vec::new();
        for (ticket, source) in [(&known, 1), (&unknown, 2)] {
            weighing.look();
            let reset = weighing.world.engine.reset();
            let mut calls = Vec::new();
            for _ in 0..7 {
                let wrong = reset.prove(&from(source), ticket, &code("00000000")).await;
                assert_eq!(refusal(wrong), sspr::Refusal::NotAccepted);
                calls.push(weighing.look().0);
            }
            reset.cancel(&from(source), ticket).await.expect("cancelled");
            calls.push(weighing.look().0);
            reset.cancel(&from(source), ticket).await.expect("cancelled");
            calls.push(weighing.look().0);
            costs.push(calls);
        }
        assert_eq!(costs[0], costs[1]);
    });
}

/// A single unknown name under attack gets suppressed challenges like an account, and `Stats` shows
/// it.
#[test]
fn an_unknown_name_under_attack_acts_as_an_account() {
    block_on(async {
        let weighing = weighing().await;
        weighing.settle("known").await;
        let mut costs = Vec::new();
        for name in ["known", "unknown"] {
            let mut calls = Vec::new();
            for n in 0..8 {
                weighing.look();
                weighing.ask(name, 100 + n).await;
                calls.push(weighing.look().0);
            }
            costs.push(calls);
        }
        assert_eq!(costs[0], costs[1]);
        let stats = weighing.world.engine.stats();
        assert!(stats.silenced_decoys > 0, "the budget was spent");
        assert_eq!(stats.silenced, 2 * stats.silenced_decoys);
    });
}

/// A spent budget saves only the commits of its challenge and of the guesses at it, which only the
/// reply floor hides.
#[test]
fn a_spent_budget_saves_commits_and_nothing_else() {
    block_on(async {
        let weighing = weighing().await;
        for name in ["fresh", "spent"] {
            weighing.settle(name).await;
        }
        for n in 0..8 {
            let option = if n % 2 == 0 { email() } else { sms() };
            weighing.ask_by(&option, "spent", 100 + n).await;
        }
        assert!(weighing.world.engine.stats().silenced > 0, "the budget was spent");
        let fresh = weighing.walk("fresh", 1).await;
        let silenced = weighing.world.engine.stats().silenced;
        let spent = weighing.walk("spent", 2).await;
        assert_eq!(weighing.world.engine.stats().silenced, silenced + 2);
        for ((step, calls, _), (_, fewer, _)) in fresh.iter().zip(&spent) {
            let silent =
                step.ends_with("challenge") || step.ends_with("guess") || *step == "cancel";
            let mut calls = calls.clone();
            if silent {
                calls.retain(|call| !call.contains("store.commit"));
            }
            assert_eq!(calls, *fewer, "{step}");
        }
    });
}

//! Invariant 7: before the first proof the answer does not tell who exists. The same script of
//! calls for an unknown identifier, a disabled account, one out of scope, one without methods and
//! one that may reset: the same serialised answers, and the same port calls.
#![cfg(feature = "testing")]

mod decoys;
mod kinds;
mod silence;

use std::time::Duration;

use crate::support::*;
use sspr::adapters::memory::{GroupMember, MemoryStore};
use sspr::facts::{GroupId, UserFacts};
use sspr::policy::{Disclosure, Scope};
use sspr::port::Clock as _;
use sspr::testing::{CallLog, ManualClock, block_on};
use sspr::{
    Engine, Error, Identifier, PolicySettings, Reply, Request, ResetTicket, SecretText, Selection,
    Source, UserId,
};

const GROUP: &str = "sspr-pilot";
const NAMES: [&str; 4] = ["unknown", "disabled", "outside", "without"];

struct Watched {
    world: World,
    engine: Engine,
    log: CallLog,
}

fn group() -> GroupId {
    GroupId::parse(GROUP).expect("valid")
}

fn identifier(name: &str) -> Identifier {
    Identifier::parse(&format!("{name}@contoso.example")).expect("valid")
}

/// A tenant with one account of each kind; ada has both methods.
async fn watched(disclosure: Disclosure) -> Watched {
    let mut settings: PolicySettings = one_gate();
    settings.scope = Scope::Selected([group()].into());
    settings.disclosure = disclosure;
    let store = MemoryStore::new();
    let world = World::builder().store(store.clone()).settings(settings).open().await;
    let mut members = vec![GroupMember::User(world.user.clone())];
    for name in ["disabled", "outside", "without"] {
        let id = UserId::parse(name).expect("valid");
        let mut facts = UserFacts::new(id.clone());
        facts.enabled = name != "disabled";
        let typed = identifier(name);
        world.directory.add_user(&world.tenant, facts, &[typed.as_str()], OLD).expect("new");
        if name != "outside" {
            members.push(GroupMember::User(id));
        }
    }
    world.directory.add_group(&world.tenant, group(), members).expect("added");
    world.register_contacts().await;
    let log = CallLog::new();
    let engine = watching(&world, &log, &world.clock).await;
    Watched { world, engine, log }
}

async fn watching(world: &World, log: &CallLog, clock: &ManualClock) -> Engine {
    let watched = world.beside().clock(clock.clone()).seed(5).recorded(log).without_abilities();
    watched.open().await.engine
}

/// The replies that a caller sees, and the calls that an observer of the traffic counts.
#[derive(Default)]
struct Seen {
    answers: Vec<String>,
    calls: Vec<Vec<String>>,
    tickets: Vec<String>,
}

/// Plays one side of the conversation.
struct Script<'a> {
    watched: &'a Watched,
    request: Request,
    ticket: Option<ResetTicket>,
    seen: Seen,
}

impl Script<'_> {
    fn note(&mut self, answer: Result<Reply<ResetTicket>, Error>) {
        let start = sspr::Timestamp::from_unix_seconds(START);
        let since = |at: sspr::Timestamp| at.since(start).as_millis();
        let text = match answer {
            Ok(reply) => {
                let step = serde_json::to_string(&reply.step).expect("json");
                let ticket = reply.ticket.expose_secret().to_owned();
                let line = format!(
                    "{step} until {} not before {:?}, a ticket of {}",
                    since(reply.expires_at),
                    reply.not_before.map(since),
                    ticket.len()
                );
                self.seen.tickets.push(ticket);
                self.ticket = Some(reply.ticket);
                line
            }
            Err(error) => format!("{error:?}"),
        };
        self.seen.answers.push(text);
        self.seen.calls.push(self.watched.log.shapes());
        self.watched.log.clear();
    }

    fn ticket(&self) -> &ResetTicket {
        self.ticket.as_ref().expect("started")
    }

    async fn start(&mut self, name: &str) {
        let typed = identifier(name);
        let answer = self.watched.engine.reset().start(&self.request, &typed).await;
        self.note(answer);
    }

    async fn challenge(&mut self, selection: &Selection) {
        let reset = self.watched.engine.reset();
        let answer = reset.challenge(&self.request, self.ticket(), selection).await;
        self.note(answer);
    }

    async fn prove(&mut self, typed: &str) {
        let reset = self.watched.engine.reset();
        let answer = reset.prove(&self.request, self.ticket(), &code(typed)).await;
        self.note(answer);
    }

    async fn view(&mut self) {
        let answer = self.watched.engine.reset().view(&self.request, self.ticket()).await;
        self.note(answer);
    }

    async fn complete(&mut self) {
        let password = SecretText::from(NEW);
        let reset = self.watched.engine.reset();
        let answer = reset.complete(&self.request, self.ticket(), &password).await;
        self.note(answer);
    }

    async fn wait(&self, seconds: u64) {
        self.watched.world.clock.advance(Duration::from_secs(seconds));
        self.watched.world.deliver().await;
        self.watched.log.clear();
    }
}

/// Thirty calls without knowledge of the code.
async fn thirty_calls(watched: &Watched, name: &str) -> Seen {
    let request = Request::new(watched.world.tenant.clone(), Source::parse("203.0.113.9"));
    let mut script = Script { watched, request, ticket: None, seen: Seen::default() };
    watched.log.clear();
    script.start(name).await;
    script.view().await;
    script.complete().await;
    script.prove("12345678").await;
    script.challenge(&email()).await;
    script.view().await;
    script.challenge(&email()).await;
    for guess in 0..7 {
        script.prove(&format!("{guess:08}")).await;
    }
    script.complete().await;
    script.challenge(&sms()).await;
    script.challenge(&voice()).await;
    script.prove("1").await;
    script.view().await;
    script.wait(61).await;
    script.challenge(&voice()).await;
    script.prove("000000").await;
    script.wait(61).await;
    script.challenge(&email()).await;
    script.prove("00000000").await;
    script.complete().await;
    script.wait(11 * 60).await;
    script.view().await;
    script.prove("00000000").await;
    script.wait(5 * 60).await;
    script.view().await;
    script.challenge(&email()).await;
    script.prove("00000000").await;
    script.complete().await;
    script.start(name).await;
    assert!(script.seen.answers.len() >= 30, "{} calls", script.seen.answers.len());
    script.seen
}

/// The same script for each name, each in a world of its own, so that no budget is shared.
fn seen_for_each(disclosure: Disclosure, names: &[&str]) -> Vec<Seen> {
    let one = |name: &&str| {
        block_on(async {
            let watched = watched(disclosure).await;
            thirty_calls(&watched, name).await
        })
    };
    names.iter().map(one).collect()
}

fn same(all: &[Seen], names: &[&str], of: impl Fn(&Seen) -> Vec<String>) {
    let first = of(&all[0]);
    for (other, name) in all.iter().zip(names).skip(1) {
        for (place, (left, right)) in first.iter().zip(of(other)).enumerate() {
            assert_eq!(*left, right, "call {place}: {} and {name} differ", names[0]);
        }
    }
}

#[test]
fn a_uniform_reply_is_the_same_for_every_name_the_owners_included() {
    let names = ["unknown", "disabled", "outside", "without", "ada"];
    let all = seen_for_each(Disclosure::Uniform, &names);
    same(&all, &names, |seen| seen.answers.clone());
}

#[test]
fn uniform_port_calls_are_the_same_for_every_name_the_owners_included() {
    let names = ["unknown", "disabled", "outside", "without", "ada"];
    let all = seen_for_each(Disclosure::Uniform, &names);
    same(&all, &names, |seen| seen.calls.iter().map(|calls| calls.join(", ")).collect());
}

/// Masked answers show destinations, so they differ by what was typed; by nothing else, and the
/// port calls by nothing at all.
#[test]
fn masked_answers_differ_by_the_mask_only() {
    let all = seen_for_each(Disclosure::Masked, &NAMES);
    same(&all, &NAMES, |seen| seen.calls.iter().map(|calls| calls.join(", ")).collect());
    same(&all, &NAMES, |seen| seen.answers.iter().map(|answer| without_masks(answer)).collect());
    let again = seen_for_each(Disclosure::Masked, &["unknown"]);
    assert_eq!(all[0].answers, again[0].answers, "a decoy's mask never changes");
}

fn without_masks(answer: &str) -> String {
    let mut parts = answer.split("\"masked\":\"");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once('"').map_or("", |(_, rest)| rest));
    }
    text
}

/// A test of the script itself: under another disclosure the names differ.
#[test]
fn the_script_detects_a_difference() {
    let all = seen_for_each(Disclosure::Masked, &["unknown", "ada"]);
    assert_ne!(all[0].answers, all[1].answers, "two kinds of method, and three channels of them");
}

/// V14: no run of bytes links two tickets.
#[test]
fn no_two_tickets_share_a_run_of_bytes() {
    let all = seen_for_each(Disclosure::Uniform, &["unknown", "ada"]);
    let mut tickets: Vec<String> = all.into_iter().flat_map(|seen| seen.tickets).collect();
    tickets.sort();
    // The same claim gives the same ticket, so that an answer can be given again.
    tickets.dedup();
    assert!(tickets.len() >= 4, "{} tickets", tickets.len());
    let bytes: Vec<Vec<u8>> = tickets.iter().map(|text| decoded(text)).collect();
    for (place, left) in bytes.iter().enumerate() {
        for right in &bytes[place + 1..] {
            for run in left.windows(4) {
                let shared = right.windows(4).any(|other| other == run);
                assert!(!shared, "{run:?} stands in two tickets");
            }
        }
    }
}

/// base64url without padding.
fn decoded(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for symbol in text.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == symbol).expect("base64url") as u32;
        bits = (bits << 6 | value) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    bytes
}

/// The clock that the answers are measured by is the test's own.
#[test]
fn not_before_is_the_arrival_and_the_floor() {
    block_on(async {
        let watched = watched(Disclosure::Uniform).await;
        let now = watched.world.clock.now();
        for name in NAMES.iter().chain(&["ada"]) {
            let reply = watched.engine.reset().start(&request(), &identifier(name)).await;
            let floor = now.plus(Duration::from_millis(300));
            assert_eq!(reply.expect("started").not_before, Some(floor), "{name}");
        }
    });
}

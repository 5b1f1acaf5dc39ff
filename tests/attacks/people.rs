//! Helpers besides the shared fixture: more accounts, more engines, acts of an attacker.

use std::time::Duration;

use sspr::admin::Contacts;
use sspr::audit::{Event, EventKind};
use sspr::facts::{EmailAddress, PhoneNumber, UserFacts};
use sspr::policy::{LinkBase, Rate};
use sspr::{
    Engine, Error, Identifier, Policy, PolicySettings, Refusal, Reply, Request, ResetTicket,
    Selection, Step, UserId,
};

use crate::stores::StoreUnderTest;
use crate::support::*;

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// A user besides Ada, with addresses that an administrator supplied.
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) name: Identifier,
    pub(crate) mail: String,
    pub(crate) mobile_phone: String,
}

/// Settings with high limits across accounts and for challenges. A test that uses it says which limit
/// would end it before the rule that it tests.
pub(crate) fn roomy(mut settings: PolicySettings) -> PolicySettings {
    settings.sends.per_hour = 20;
    settings.sends.per_day = 20;
    settings.sends.live_flows = 10;
    settings.sends.source_share = 100;
    let far = Rate::new(1_000_000, HOUR);
    settings.limits.source = far;
    settings.limits.source_identifier = far;
    settings.limits.destination = far;
    settings.limits.prefix = far;
    settings.limits.tenant = far;
    settings
}

pub(crate) const BASE: &str = "https://id.contoso.example/reset#";

/// The same with every method, links and unlocks.
pub(crate) fn everything(required: u8) -> PolicySettings {
    // Roomy, since its tests open a challenge of each method from one source.
    let mut settings = roomy(settings());
    settings.users.methods = accepted_kinds();
    settings.users.required = required;
    settings.link = Some(LinkBase::parse(BASE).expect("sound"));
    settings.unlock_without_reset = true;
    if required == 1 {
        // With one gate the policy must allow fewer guesses.
        settings.failures.consecutive = 15;
    }
    settings
}

pub(crate) fn option(text: &str) -> Selection {
    Selection::parse(text).expect("an option")
}

/// The source with this number.
pub(crate) fn source(number: u32) -> Request {
    let [_, a, b, c] = number.to_be_bytes();
    request_from(&format!("10.{a}.{b}.{c}"))
}

pub(crate) fn named(text: &str) -> Identifier {
    Identifier::parse(text).expect("valid")
}

pub(crate) fn mail(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("valid")
}

pub(crate) fn phone(text: &str) -> PhoneNumber {
    PhoneNumber::parse(text).expect("valid")
}

/// Adds user number `n` with a mail address and a mobile phone.
pub(crate) async fn settle(world: &World, n: u32) -> Person {
    let person = Person {
        id: UserId::parse(&format!("person-{n}")).expect("valid"),
        name: named(&format!("person{n}@contoso.example")),
        mail: format!("p{n}@private.example"),
        mobile_phone: format!("+1555{n:07}"),
    };
    let facts = UserFacts::new(person.id.clone());
    let added = world.directory.add_user(&world.tenant, facts, &[person.name.as_str()], OLD);
    added.expect("new user");
    let mut contacts = Contacts::default();
    contacts.email = Some(mail(&person.mail));
    contacts.mobile_phone = Some(phone(&person.mobile_phone));
    supply(world, &person.id, &contacts).await;
    person
}

pub(crate) async fn supply(world: &World, user: &UserId, contacts: &Contacts) {
    world.supply_contacts(user, contacts).await;
}

/// Another engine on the same store, as in another process.
pub(crate) async fn twin(world: &World, under_test: &StoreUnderTest, seed: u64) -> Engine {
    world.beside().store(under_test.open()).seed(seed).open().await.engine
}

pub(crate) async fn put(world: &World, settings: PolicySettings, expected: u64) {
    let policy = Policy::new(settings).expect("a sound policy");
    world.admin().put_policy(&policy, Some(expected)).await.expect("put");
}

/// Starts and opens a challenge; `None` if the source has spent its own limit.
pub(crate) async fn opened(
    engine: &Engine,
    request: &Request,
    who: &Identifier,
    selection: &Selection,
) -> Option<Reply<ResetTicket>> {
    let reply = engine.reset().start(request, who).await.expect("started");
    match engine.reset().challenge(request, &reply.ticket, selection).await {
        Ok(reply) => Some(reply),
        Err(Error::Refused(Refusal::TooOften { .. })) => None,
        Err(other) => panic!("{other:?}"),
    }
}

pub(crate) async fn try_code(
    engine: &Engine,
    request: &Request,
    ticket: &ResetTicket,
    typed: &str,
) -> Result<Reply<ResetTicket>, Error> {
    engine.reset().prove(request, ticket, &code(typed)).await
}

/// An attacker opens challenges from many sources and guesses until no guess is compared. Returns
/// the number of comparisons.
pub(crate) async fn exhaust(
    world: &World,
    who: &Identifier,
    selection: &Selection,
    flows: u32,
) -> u64 {
    let before = world.engine.stats().comparisons;
    for n in 0..flows {
        let stranger = source(0x10_0000 + n);
        if let Some(reply) = opened(&world.engine, &stranger, who, selection).await {
            guess(&world.engine, &stranger, &reply.ticket, 12).await;
        }
    }
    world.engine.stats().comparisons - before
}

/// Types codes that are certainly wrong, since they contain a letter.
pub(crate) async fn guess(engine: &Engine, request: &Request, ticket: &ResetTicket, times: u32) {
    for n in 0..times {
        let wrong = try_code(engine, request, ticket, &format!("x{n:05}")).await;
        assert_eq!(refusal(wrong), Refusal::NotAccepted);
    }
}

pub(crate) async fn events_of(world: &World, user: &UserId) -> Vec<Event> {
    world.admin().user_events(user, None, 1000).await.expect("readable").items
}

pub(crate) async fn all_events(world: &World) -> Vec<Event> {
    let admin = world.admin();
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = admin.events(after.as_ref(), 500).await.expect("readable");
        if page.items.is_empty() {
            return all;
        }
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

pub(crate) fn count(events: &[Event], code: &str) -> usize {
    events.iter().filter(|event| event.code() == code).count()
}

pub(crate) fn counted(events: &[Event]) -> u64 {
    let counted = |event: &&Event| {
        matches!(event.kind, EventKind::AttemptCounted { .. } | EventKind::NumberCounted { .. })
    };
    events.iter().filter(counted).count() as u64
}

/// The visible parts of a reply: everything but the ticket, of which only the length.
pub(crate) fn seen(answer: &Result<Reply<ResetTicket>, Error>) -> String {
    match answer {
        Ok(reply) => format!(
            "{:?} {} {:?} {:?}",
            reply.step,
            reply.ticket.expose_secret().len(),
            reply.expires_at,
            reply.not_before
        ),
        Err(error) => format!("{error:?}"),
    }
}

pub(crate) const fn granted(step: &Step) -> bool {
    matches!(step, Step::NewPassword { .. })
}

/// The normalised address of a method; empty if no message is sent to it.
pub(crate) fn address(method: &sspr::method::MethodView) -> String {
    method.destination.as_ref().map(sspr::facts::Destination::normalised).unwrap_or_default()
}

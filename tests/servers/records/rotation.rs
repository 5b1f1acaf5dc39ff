//! Rotation of short-lived keys during normal operation.

use std::sync::Arc;
use std::time::Duration;

use sspr::policy::LinkBase;
use sspr::port::Clock as _;
use sspr::testing::block_on;
use sspr::{Engine, Error, PolicySettings, Refusal, ResetTicket, SecretText, Selection};

use crate::records::keys::{address, identifier, supplied, user, with_keys};
use crate::records::may_drop::counted;
use crate::records::stores::{StoreUnderTest, all};
use crate::support::{NEW, World, code, email, one_gate, request, tenant};

const MINUTE: Duration = Duration::from_secs(60);

const BEFORE: &[u16] = &[1];
pub(crate) const VERIFY: &[u16] = &[1, 2];
pub(crate) const ISSUE: &[u16] = &[2, 1];
pub(crate) const DROP: &[u16] = &[2];

pub(crate) fn linked() -> PolicySettings {
    let mut settings = one_gate();
    settings.link = Some(LinkBase::parse("https://id.contoso.example/reset#").expect("sound"));
    settings
}

pub(crate) async fn world(under_test: &StoreUnderTest) -> World {
    World::builder().store(Arc::clone(&under_test.store)).settings(linked()).open().await
}

/// One person's reset; each step is made by the next engine, after the keys may have changed.
struct Resetting {
    name: String,
    number: usize,
    ticket: Option<ResetTicket>,
    steps: usize,
}

impl Resetting {
    async fn begun(world: &World, number: usize) -> Self {
        let name = format!("u{number}");
        supplied(world, &name).await;
        Self { name, number, ticket: None, steps: 0 }
    }

    fn engine<'a>(&self, engines: &'a [Engine]) -> &'a Engine {
        &engines[(self.number + self.steps) % engines.len()]
    }

    async fn by_link(&self, engine: &Engine, world: &World) -> Result<ResetTicket, Error> {
        let link = world.inbox.last_link_to(&address(&self.name)).expect("a link");
        let link = sspr::Attempt::link(&link).expect("well formed");
        let reset = engine.reset();
        let reply = reset.redeem_link(&request(), &identifier(&self.name), &link).await?;
        Ok(reply.ticket)
    }

    /// Makes the next step; returns whether it was the last.
    async fn step(&mut self, world: &World, engines: &[Engine]) -> Result<bool, Error> {
        let reset = self.engine(engines).reset();
        let link = self.number % 2 == 1;
        let option = if link { link_option() } else { email() };
        let ticket = match (self.steps, &self.ticket) {
            (0, _) => reset.start(&request(), &identifier(&self.name)).await?.ticket,
            (1, Some(ticket)) => reset.challenge(&request(), ticket, &option).await?.ticket,
            (2, Some(ticket)) => {
                // The message goes out from any process, too.
                while self.engine(engines).maintain(100).await?.more {}
                reset.view(&request(), ticket).await?.ticket
            }
            (3, Some(_)) if link => self.by_link(self.engine(engines), world).await?,
            (3, Some(ticket)) => {
                let typed = world.inbox.last_code_to(&address(&self.name)).expect("a code");
                reset.prove(&request(), ticket, &code(&typed)).await?.ticket
            }
            (_, Some(ticket)) => {
                reset.complete(&request(), ticket, &SecretText::from(NEW)).await?;
                assert!(world.directory.password_is(&tenant(), &user(&self.name), NEW));
                return Ok(true);
            }
            (_, None) => unreachable!("it was started"),
        };
        self.ticket = Some(ticket);
        self.steps += 1;
        Ok(false)
    }
}

fn link_option() -> Selection {
    Selection::parse("email.link").expect("an option")
}

/// Resets that begin at every tick, each step at another tick on another engine.
struct Stream<'a> {
    under_test: &'a StoreUnderTest,
    world: &'a World,
    under_way: Vec<Resetting>,
    begun: usize,
    ended: usize,
    engines: u64,
}

impl Stream<'_> {
    /// One minute with engines that have these keys.
    async fn tick(&mut self, keys: [&[u16]; 3]) {
        let mut engines = Vec::new();
        for ids in keys {
            self.engines += 1;
            engines.push(with_keys(self.world, &self.under_test.store, ids, self.engines).await);
        }
        self.under_way.push(Resetting::begun(self.world, self.begun).await);
        self.begun += 1;
        let label = format!("{}: {keys:?}", self.under_test.name);
        let mut done = 0;
        for one in &mut self.under_way {
            let step = one.steps;
            match one.step(self.world, &engines).await {
                Ok(last) => done += usize::from(last),
                Err(error) => panic!("{label}: step {step} of {}: {error:?}", one.name),
            }
        }
        // All take the same number of ticks, so the oldest are done first.
        self.under_way.drain(..done);
        self.ended += done;
        self.world.clock.advance(MINUTE);
    }
}

/// The three steps of a rotation, one engine after another: flows under way continue.
#[test]
fn no_flow_is_refused_during_a_rotation() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test).await;
            let mut stream = Stream {
                under_test: &under_test,
                world: &world,
                under_way: Vec::new(),
                begun: 0,
                ended: 0,
                engines: 100,
            };
            for keys in [
                [BEFORE, BEFORE, BEFORE],
                [VERIFY, BEFORE, BEFORE],
                [VERIFY, VERIFY, BEFORE],
                [VERIFY, VERIFY, VERIFY],
                [ISSUE, VERIFY, VERIFY],
                [ISSUE, ISSUE, VERIFY],
            ] {
                stream.tick(keys).await;
            }
            let issued_until = world.clock.now();
            let mut waited = 0;
            let asked = with_keys(&world, &under_test.store, ISSUE, 99).await;
            while !counted(&asked, 7).await.may_drop(1, issued_until) {
                stream.tick([ISSUE, ISSUE, ISSUE]).await;
                waited += 1;
            }
            // The life of a flow, and the allowed clock difference.
            assert_eq!(waited, 16, "{}", under_test.name);
            for keys in [[DROP, ISSUE, ISSUE], [DROP, DROP, ISSUE]] {
                stream.tick(keys).await;
            }
            for _ in 0..5 {
                stream.tick([DROP, DROP, DROP]).await;
            }
            assert_eq!((stream.begun, stream.ended), (29, 25), "{}", under_test.name);
            assert!(stream.under_way.iter().all(|flow| flow.number > 24), "{}", under_test.name);
        });
    }
}

/// Tickets and codes of a dropped key are not accepted, even if their flow is live.
#[test]
fn secrets_of_a_dropped_key_are_not_accepted() {
    for under_test in all() {
        block_on(async {
            let world = world(&under_test).await;
            let before = with_keys(&world, &under_test.store, VERIFY, 11).await;
            let issue = with_keys(&world, &under_test.store, ISSUE, 12).await;
            let drop = with_keys(&world, &under_test.store, DROP, 13).await;
            for (number, one) in ["code", "ticket", "link", "message"].into_iter().enumerate() {
                let name = format!("d{number}");
                supplied(&world, &name).await;
                let at = identifier(&name);
                let reset = before.reset();
                let ticket = reset.start(&request(), &at).await.expect("started").ticket;
                let option = if one == "link" { link_option() } else { email() };
                let opened = reset.challenge(&request(), &ticket, &option).await.expect("open");
                let ticket = opened.ticket;
                // From here on the ticket is of the new key, but the sent secret is not.
                let fresh = issue.reset().view(&request(), &ticket).await.expect("seen").ticket;
                let sends = if one == "message" { &drop } else { &before };
                while sends.maintain(100).await.expect("maintained").more {}
                let label = format!("{}: {one}", under_test.name);
                let sent = world.inbox.messages_to(&address(&name)).len();
                match one {
                    "link" => {
                        let link = world.inbox.last_link_to(&address(&name)).expect("a link");
                        let link = sspr::Attempt::link(&link).expect("well formed");
                        let answer = drop.reset().redeem_link(&request(), &at, &link).await;
                        let refused = matches!(answer, Err(Error::Refused(Refusal::NotAccepted)));
                        assert!(refused, "{label}: {answer:?}");
                        let answer = before.reset().redeem_link(&request(), &at, &link).await;
                        answer.expect("it was right");
                    }
                    "message" => assert_eq!(sent, 0, "{label}: a code that no key answers"),
                    _ => {
                        let typed = world.inbox.last_code_to(&address(&name)).expect("a code");
                        let given = if one == "ticket" { &ticket } else { &fresh };
                        let answer = drop.reset().prove(&request(), given, &code(&typed)).await;
                        let refused = match &answer {
                            Err(Error::Refused(Refusal::NotAccepted)) => one == "code",
                            Err(Error::Invalid(_)) => one == "ticket",
                            _ => false,
                        };
                        assert!(refused, "{label}: {answer:?}");
                        let answer = before.reset().prove(&request(), given, &code(&typed)).await;
                        let known = answer.expect("it was right");
                        let answer =
                            drop.reset().complete(&request(), &known.ticket, &NEW.into()).await;
                        assert!(matches!(answer, Err(Error::Invalid(_))), "{label}: {answer:?}");
                    }
                }
                assert!(!world.directory.password_is(&tenant(), &user(&name), NEW), "{label}");
            }
        });
    }
}

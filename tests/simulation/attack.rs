//! The attackers: so many sources that take whatever an account's budgets give them.

use std::time::Duration;

use sspr::{DeviceSecret, Reply, Request, ResetTicket, Scope, Step};

use crate::place::Place;
use crate::support::{
    MAIL, MOBILE, World, ada, code, email, other_than, request, request_from, sms, tenant,
};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
/// How often each attacker comes.
pub(crate) const TICK: Duration = Duration::from_secs(1_200);

/// What the attackers have, and what they attack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attack {
    pub(crate) sources: u32,
    /// Whether they guess, or only keep the owner from getting codes.
    pub(crate) guesses: bool,
    pub(crate) gates: u8,
}

impl Attack {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let sizes = [1, 5, 50, 1_000].into_iter();
        sizes.flat_map(|sources| {
            [false, true].into_iter().flat_map(move |guesses| {
                [1, 2].into_iter().map(move |gates| Self { sources, guesses, gates })
            })
        })
    }
}

/// One account under attack.
pub(crate) struct Siege {
    pub(crate) world: World,
    pub(crate) attack: Attack,
    /// A browser that the account knows.
    pub(crate) device: DeviceSecret,
    ticks: u32,
    /// Codes that the attackers had sent, and comparisons that they were given.
    pub(crate) opened: u32,
    pub(crate) compared: u64,
}

impl Siege {
    /// The defaults, for everybody; users prove one method where one gate is attacked.
    pub(crate) async fn new(place: &Place, attack: Attack) -> Self {
        let mut settings = sspr::PolicySettings::default();
        settings.scope = Scope::All;
        settings.users.required = attack.gates;
        let world = World::over(std::sync::Arc::clone(&place.store), settings).await;
        world.register_both().await;
        let registration = world.engine.registration();
        let device = registration.remember_device(&request(), &world.signed_in()).await;
        let device = device.expect("remembered");
        Self { world, attack, device, ticks: 0, opened: 0, compared: 0 }
    }

    /// The name of an attacker's source.
    fn source(number: u32) -> Request {
        request_from(&format!("198.18.{}.{}", number / 250, number % 250 + 1))
    }

    /// The attackers come once, then time passes.
    pub(crate) async fn tick(&mut self) {
        let (all, first) = (self.attack.sources, self.ticks % self.attack.sources);
        let mut in_vain = 0;
        for place in 0..all {
            // With many, fresh ones come first: they may take an entry where others may not.
            let number = if all > 10 { (first + place) % all } else { place };
            let took = self.take(&Self::source(number)).await;
            in_vain = if took { 0 } else { in_vain + 1 };
            // The next ones would be answered the same.
            if all > 10 && in_vain > 2 {
                break;
            }
        }
        self.ticks += all.min(7);
        self.world.clock.advance(TICK);
        self.world.deliver().await;
    }

    /// One attacker takes a code of either kind in turn, and guesses it. Gives whether it got one.
    async fn take(&mut self, source: &Request) -> bool {
        let engine = &self.world.engine;
        let mail = self.ticks.is_multiple_of(2);
        let selection = if mail { email() } else { sms() };
        let silenced = engine.stats().silenced;
        let Ok(reply) = engine.reset().start(source, &ada()).await else { return false };
        let Ok(reply) = engine.reset().challenge(source, &reply.ticket, &selection).await else {
            return false;
        };
        if engine.stats().silenced > silenced {
            return false;
        }
        self.opened += 1;
        if self.attack.guesses {
            self.world.deliver().await;
            let address = if mail { MAIL } else { MOBILE };
            let right = self.world.inbox.last_code_to(address).expect("a code");
            let before = engine.stats().comparisons;
            for _ in 0..5 {
                let wrong = code(&other_than(&right));
                let answer = engine.reset().prove(source, &reply.ticket, &wrong).await;
                assert!(answer.is_err(), "a guess was right");
            }
            self.compared += engine.stats().comparisons - before;
        }
        true
    }

    /// The owner asks for a reset and types what arrives. Gives whether all gates were passed.
    pub(crate) async fn owner_passes(&self, request: &Request) -> bool {
        let engine = &self.world.engine;
        let reply = engine.reset().start(request, &ada()).await.expect("started");
        let mut held = self.prove(request, reply, &[true, false]).await;
        if self.attack.gates == 2
            && let Some((first, reply)) = held.take()
        {
            held = self.prove(request, reply, &[!first]).await;
        }
        let Some((_, reply)) = held else { return false };
        assert!(matches!(reply.step, Step::NewPassword { .. }), "{:?}", reply.step);
        // A completed reset would make the source familiar.
        engine.reset().cancel(request, &reply.ticket).await.expect("cancelled");
        true
    }

    /// Proves the first of these methods of which a code arrives: mail, or the phone.
    async fn prove(
        &self,
        request: &Request,
        reply: Reply<ResetTicket>,
        methods: &[bool],
    ) -> Option<(bool, Reply<ResetTicket>)> {
        let engine = &self.world.engine;
        let mut reply = reply;
        for &mail in methods {
            let (selection, address) = if mail { (email(), MAIL) } else { (sms(), MOBILE) };
            let before = self.world.inbox.messages_to(address).len();
            reply = engine.reset().challenge(request, &reply.ticket, &selection).await.ok()?;
            self.world.deliver().await;
            if self.world.inbox.messages_to(address).len() == before {
                continue;
            }
            let typed = self.world.inbox.last_code_to(address).expect("a code");
            let proven = engine.reset().prove(request, &reply.ticket, &code(&typed)).await;
            return Some((mail, proven.expect("a code that arrives is right")));
        }
        None
    }

    /// A request from the browser that the account knows, in an unknown place.
    pub(crate) fn from_known_device(&self) -> Request {
        let device = DeviceSecret::parse(self.device.expose_secret()).expect("ours");
        Request::new(tenant(), sspr::Source::parse("203.0.113.99")).with_device(device)
    }

    /// A request from the address from which the methods were registered.
    pub(crate) fn from_familiar_source() -> Request {
        request()
    }

    /// A request of the owner from a place where the account has never been.
    pub(crate) fn from_fresh_source() -> Request {
        request_from("192.0.2.200")
    }
}

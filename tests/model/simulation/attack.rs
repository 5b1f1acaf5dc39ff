//! The attackers: a number of sources that take all they can of an account's budgets.

use std::collections::BTreeSet;
use std::time::Duration;

use sspr::policy::Scope;
use sspr::port::Clock as _;
use sspr::recovery::DeviceSecret;
use sspr::{Reply, Request, ResetTicket, Step, Timestamp};

use crate::simulation::under_test::StoreUnderTest;
use crate::support::{
    MAIL, MOBILE, NEW, World, ada, code, email, other_than, request, request_from, sms, tenant,
};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);
pub(crate) const DAY: Duration = Duration::from_secs(86_400);
/// After which times what was taken of a budget is free again: a flow has ended, the hour's and the
/// day's entries have aged.
const FREED: [Duration; 3] = [Duration::from_secs(900), HOUR, DAY];

/// The means and the target of the attackers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attack {
    pub(crate) sources: u32,
    /// Whether they guess, or only keep the owner from getting codes.
    pub(crate) guesses: bool,
    pub(crate) gates: u8,
    /// Whether the first of them shares the address from which the methods were registered.
    pub(crate) behind_familiar: bool,
}

impl Attack {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let sizes = [1, 5, 50, 1_000].into_iter();
        sizes.flat_map(|sources| {
            [false, true].into_iter().flat_map(move |guesses| {
                [1, 2].into_iter().map(move |gates| Self {
                    sources,
                    guesses,
                    gates,
                    behind_familiar: false,
                })
            })
        })
    }
}

/// One account under attack.
pub(crate) struct Attackers {
    pub(crate) world: World,
    pub(crate) attack: Attack,
    /// A browser that the account knows.
    pub(crate) device: DeviceSecret,
    /// When parts of the spent budgets are free again.
    wakes: BTreeSet<Timestamp>,
    /// The attacker that strikes first.
    first: u32,
    /// Codes that the attackers had sent.
    pub(crate) opened: u32,
    /// The attackers' wrong codes that were compared, with the time and whether they were of a
    /// mail.
    pub(crate) compared: Vec<(Timestamp, bool)>,
}

impl Attackers {
    /// The defaults, for all users, who prove one method where one gate is attacked.
    pub(crate) async fn new(under_test: &StoreUnderTest, attack: Attack) -> Self {
        let mut settings = sspr::PolicySettings::default();
        settings.scope = Scope::All;
        settings.users.required = attack.gates;
        let world = World::builder()
            .store(std::sync::Arc::clone(&under_test.store))
            .settings(settings)
            .registered()
            .open()
            .await;
        Self::complete_a_reset(&world).await;
        let registration = world.engine.registration();
        let device = registration.remember_device(&request(), &world.signed_in()).await;
        let device = device.expect("remembered");
        let (wakes, compared) = (BTreeSet::new(), Vec::new());
        Self { world, attack, device, wakes, first: 0, opened: 0, compared }
    }

    /// The owner has reset once, from another place, long before.
    async fn complete_a_reset(world: &World) {
        let (reset, request) = (world.engine.reset(), Self::from_source_of_a_reset());
        let mut reply = reset.start(&request, &ada()).await.expect("started");
        for (selection, address) in [(email(), MAIL), (sms(), MOBILE)] {
            if matches!(reply.step, Step::NewPassword { .. }) {
                break;
            }
            reply = reset.challenge(&request, &reply.ticket, &selection).await.expect("asked");
            world.deliver().await;
            let sent = code(&world.inbox.last_code_to(address).expect("a code"));
            reply = reset.prove(&request, &reply.ticket, &sent).await.expect("proven");
        }
        let password = sspr::SecretText::from(NEW);
        reset.complete(&request, &reply.ticket, &password).await.expect("reset");
        world.deliver().await;
        world.clock.advance(2 * DAY);
    }

    /// The name of an attacker's source.
    fn source(&self, number: u32) -> Request {
        if self.attack.behind_familiar && number == 0 {
            return Self::from_familiar_source();
        }
        request_from(&format!("198.18.{}.{}", number / 250, number % 250 + 1))
    }

    /// Lets time pass. The attackers strike whenever a part of a budget is free again, and at the
    /// end, so that they always precede the owner.
    pub(crate) async fn pass(&mut self, span: Duration) {
        let end = self.world.clock.now().plus(span);
        loop {
            self.strike().await;
            let now = self.world.clock.now();
            if now >= end {
                return;
            }
            self.wakes = self.wakes.split_off(&now.plus(Duration::from_millis(1)));
            let next = self.wakes.first().map_or(end, |wake| end.min(*wake));
            self.world.clock.advance(next.since(now));
        }
    }

    /// Each attacker takes as much as it can.
    async fn strike(&mut self) {
        let all = self.attack.sources;
        if self.attack.behind_familiar {
            // It draws on another pool than the others, so it strikes each time.
            let source = self.source(0);
            self.take(&source, true).await;
            self.take(&source, false).await;
        }
        let mut in_vain = 0;
        for under_test in 0..all {
            // Among many, those that hold nothing come first: one may take an entry where another
            // that holds some may not.
            let number = (self.first + under_test) % all;
            let source = self.source(number);
            let mail = self.take(&source, true).await;
            let text = self.take(&source, false).await;
            in_vain = if mail || text { 0 } else { in_vain + 1 };
            // The next ones hold no less than these, and would be answered the same.
            if all > 10 && in_vain > 2 {
                self.first = number;
                break;
            }
        }
        self.world.deliver().await;
    }

    /// Records when the parts taken now will be free again.
    fn note_taken(&mut self) {
        let now = self.world.clock.now();
        self.wakes.extend(FREED.map(|span| now.plus(span)));
    }

    /// One attacker takes a code, of mail or the phone, and guesses it. Gives whether it got one.
    async fn take(&mut self, source: &Request, mail: bool) -> bool {
        let engine = &self.world.engine;
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
        self.note_taken();
        if self.attack.guesses {
            self.guess(source, &reply.ticket, mail).await;
        }
        true
    }

    /// Types five wrong codes.
    async fn guess(&mut self, source: &Request, ticket: &ResetTicket, mail: bool) {
        self.world.deliver().await;
        let (engine, now) = (&self.world.engine, self.world.clock.now());
        let address = if mail { MAIL } else { MOBILE };
        let wrong = other_than(&self.world.inbox.last_code_to(address).expect("a code"));
        for _ in 0..5 {
            let before = engine.stats().comparisons;
            let answer = engine.reset().prove(source, ticket, &code(&wrong)).await;
            assert!(answer.is_err(), "a guess was right");
            if engine.stats().comparisons > before {
                self.compared.push((now, mail));
            }
        }
    }

    /// The most wrong codes of one method that were compared in any 24 hours.
    pub(crate) fn most_guesses_a_day(&self) -> usize {
        let within = |(from, mail): &(Timestamp, bool)| {
            let same = self.compared.iter().filter(|(at, kind)| kind == mail && at >= from);
            same.filter(|(at, _)| at.since(*from) < DAY).count()
        };
        self.compared.iter().map(within).max().unwrap_or(0)
    }

    /// The owner requests a reset and types the codes that arrive; returns whether all gates were
    /// passed.
    pub(crate) async fn owner_passes(&mut self, request: &Request) -> bool {
        self.note_taken();
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
    pub(crate) fn at_a_known_device(&self) -> Request {
        let device = DeviceSecret::parse(self.device.expose_secret()).expect("ours");
        Request::new(tenant(), sspr::Source::parse("203.0.113.99")).with_device(device)
    }

    /// A request from the address from which the methods were registered.
    pub(crate) fn from_familiar_source() -> Request {
        request()
    }

    /// A request from an address from which a reset was completed.
    pub(crate) fn from_source_of_a_reset() -> Request {
        request_from("192.0.2.50")
    }

    /// A request of the owner from a place where the account has never been.
    pub(crate) fn from_fresh_source() -> Request {
        request_from("192.0.2.200")
    }
}

//! Attackers that guess at one kind of method of one account, as often as the engine lets them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use sspr::adapters::memory::{MemoryInbox, MemoryStore};
use sspr::port::{HumanCheck, PortResult, async_trait};
use sspr::testing::{ManualClock, SoftToken};
use sspr::{
    ChallengeOption, Channel, Clock as _, DeviceSecret, EmailAddress, MethodKind, NewMethod,
    PhoneNumber, Policy, PoolKind, Request, ResetTicket, SecretText, Selection, TenantId,
    Timestamp,
};

use super::policies::{Case, code_life};
use crate::attack::{DAY, HOUR};
use crate::support::{
    MAIL, MOBILE, START, World, ada, admin, builder, code, directory, request, request_from, tenant,
};

/// The seed of the engine's entropy.
const SEED: u64 = 7;
/// Guesses after which a siege is broken off: weeks of them under the fastest policy.
pub(crate) const ENOUGH: usize = 12_000;
/// Longer than the hold of a new method.
const HOLD: Duration = Duration::from_secs(2 * 86_400);

/// Who guesses, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attacker {
    /// One source, which waits for what is free again and stops before a lock that is longer than
    /// the window.
    Patient,
    /// Reads the codes of the other gate: guesses before the first proof and after it.
    OneGateHeld,
    /// Has a browser that the account knows, in a place that it knows, and other sources beside.
    KnownDevice,
    /// A fresh source for each request.
    ManySources,
    /// All of that, against an owner who proves the method whenever a run of failures stops the
    /// attacker, and completes a reset whenever that helps.
    OwnerWhoResets,
}

impl Attacker {
    pub(crate) const ALL: [Self; 5] = [
        Self::Patient,
        Self::OneGateHeld,
        Self::KnownDevice,
        Self::ManySources,
        Self::OwnerWhoResets,
    ];
}

/// From where a flow is begun, and what it has proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Stranger,
    /// From the place where the methods were registered.
    Familiar,
    Device,
    Held,
}

impl Way {
    const fn pool(self) -> PoolKind {
        match self {
            Self::Stranger => PoolKind::Open,
            // The open pool is tried first, and was spent before.
            Self::Familiar | Self::Device | Self::Held => PoolKind::Proven,
        }
    }
}

struct Human;

#[async_trait]
impl HumanCheck for Human {
    async fn passed(&self, _: &TenantId, _: &SecretText) -> PortResult<bool> {
        Ok(true)
    }
}

/// What the attacker remembers of one pool.
#[derive(Default)]
struct Seen {
    failed: Vec<Timestamp>,
    locked_until: Option<Timestamp>,
    opened: Vec<(Timestamp, bool)>,
}

/// One account under attack.
pub(crate) struct Siege {
    world: World,
    case: Case,
    attacker: Attacker,
    device: Option<DeviceSecret>,
    /// When the account is told again that it knows the device.
    remember_at: Timestamp,
    app: Option<SoftToken>,
    open: Seen,
    proven: Seen,
    /// Failures since the last right secret of the method.
    run: u32,
    sources: u32,
    wakes: BTreeSet<Timestamp>,
    /// When a guess was compared.
    pub(crate) compared: Vec<Timestamp>,
    /// Right secrets of the owner, and resets that the owner completed.
    pub(crate) owner: (u32, u32),
}

async fn world(case: &Case) -> (World, Option<SoftToken>) {
    let clock = ManualClock::new(Timestamp::from_unix_seconds(START));
    let (directory, inbox) = (directory(&clock), MemoryInbox::new());
    let store = Arc::new(MemoryStore::new());
    let builder = builder(store, &clock, directory.clone(), inbox.clone(), SEED);
    let engine = builder.human_check(Human).open().await.expect("opened");
    let policy = Policy::new(case.settings.clone()).expect("a sound policy");
    engine.admin(&tenant(), &admin()).put_policy(&policy, None).await.expect("put");
    let world = World::of(engine, clock, directory, inbox);
    let mut app = None;
    for kind in [Some(case.target), case.other].into_iter().flatten() {
        match kind {
            MethodKind::Email => {
                let mail = EmailAddress::parse(MAIL).expect("valid");
                world.register(NewMethod::email(mail), MAIL).await;
            }
            MethodKind::MobilePhone => {
                let mobile = PhoneNumber::parse(MOBILE).expect("valid");
                let mobile = NewMethod::mobile_phone(mobile, Channel::Sms).expect("reached");
                world.register(mobile, MOBILE).await;
            }
            _ => app = Some(world.enrol_app().await),
        }
        world.deliver().await;
        // The budgets of the day are those of the attack.
        world.clock.advance(HOLD);
    }
    world.deliver().await;
    world.inbox.clear();
    (world, app)
}

impl Siege {
    pub(crate) async fn new(case: &Case, attacker: Attacker) -> Self {
        let (world, app) = world(case).await;
        let mut siege = Self {
            world,
            case: case.clone(),
            attacker,
            device: None,
            remember_at: Timestamp::MAX,
            app,
            open: Seen::default(),
            proven: Seen::default(),
            run: 0,
            sources: 0,
            wakes: BTreeSet::new(),
            compared: Vec::new(),
            owner: (0, 0),
        };
        siege.remember_device().await;
        siege
    }

    /// The account knows the device for as long as the policy says, counted from now.
    async fn remember_device(&mut self) {
        let days = self.case.settings.known_device_days;
        if days == 0 {
            return;
        }
        let (registration, user) = (self.world.engine.registration(), self.world.signed_in());
        let device = registration.remember_device(&request(), &user).await.expect("remembered");
        self.device = Some(device);
        self.remember_at = self.now().plus(DAY * u32::from(days) - HOUR);
        self.wakes.insert(self.remember_at);
    }

    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    fn seen(&self, pool: PoolKind) -> &Seen {
        if pool == PoolKind::Open { &self.open } else { &self.proven }
    }

    fn seen_mut(&mut self, pool: PoolKind) -> &mut Seen {
        if pool == PoolKind::Open { &mut self.open } else { &mut self.proven }
    }

    fn request(&mut self, way: Way) -> Request {
        if self.attacker != Attacker::Patient {
            self.sources += 1;
        }
        let [_, a, b, c] = self.sources.to_be_bytes();
        let request = match way {
            Way::Familiar => request(),
            _ => request_from(&format!("11.{a}.{b}.{c}")),
        };
        let request = request.with_human_answer(SecretText::from("a person"));
        match (&self.device, way) {
            (Some(device), Way::Device) => {
                let device = DeviceSecret::parse(device.expose_secret()).expect("ours");
                request.with_device(device)
            }
            _ => request,
        }
    }

    /// The pool from which the owner proves the method.
    const fn owners_way(&self) -> Way {
        if self.device.is_some() { Way::Device } else { Way::Stranger }
    }

    /// Whether the numbers that are typed are guessed at: that is compared too, and sends nothing.
    fn types_numbers(&self) -> bool {
        self.case.settings.typed_number && self.case.target == MethodKind::MobilePhone
    }

    /// How many guesses the attacker wants to make now of this pool, as far as is known.
    fn room(&self, pool: PoolKind) -> usize {
        let (now, settings) = (self.now(), &self.case.settings);
        let (failures, seen) = (&settings.failures, self.seen(pool));
        let rate = if pool == PoolKind::Open { failures.open } else { failures.proven };
        if seen.locked_until.is_some_and(|until| now < until) {
            return 0;
        }
        let kept = failures.proven.max.min(failures.consecutive / 5);
        let kept = kept.min(failures.consecutive - u32::from(settings.attempts));
        let run = failures.consecutive - if pool == PoolKind::Open { kept } else { 0 };
        // One less keeps the pool open, where a lock would last longer than the window.
        let short = u32::from(failures.lock > rate.window && rate.max > 1);
        // The owner needs one comparison.
        let owners = self.attacker == Attacker::OwnerWhoResets && self.owners_way().pool() == pool;
        let most = rate.max.saturating_sub(short.max(owners.into()));
        let live = seen.failed.iter().filter(|at| now.since(**at) < rate.window).count();
        (most as usize).saturating_sub(live).min(run.saturating_sub(self.run) as usize)
    }

    /// How many challenges of this kind are left of this pool.
    fn challenges_left(&self, pool: PoolKind, kind: MethodKind) -> usize {
        let (now, sends) = (self.now(), &self.case.settings.sends);
        let sent = kind != MethodKind::AuthenticatorApp;
        let [hour, day] = if sent {
            [sends.per_hour, sends.per_day]
        } else {
            [sends.in_hand_per_hour, sends.in_hand_per_day]
        };
        let within = |span| {
            let opened = self.seen(pool).opened.iter();
            opened.filter(|(at, kind)| *kind == sent && now.since(*at) < span).count()
        };
        let left = |most: u32, span| (most as usize).saturating_sub(within(span));
        left(hour, HOUR).min(left(day, DAY))
    }

    fn note_opened(&mut self, pool: PoolKind, kind: MethodKind) {
        let now = self.now();
        self.wakes.extend([now.plus(HOUR), now.plus(DAY)]);
        let opened = &mut self.seen_mut(pool).opened;
        opened.retain(|(at, _)| now.since(*at) < DAY);
        opened.push((now, kind != MethodKind::AuthenticatorApp));
    }

    fn note_failed(&mut self, pool: PoolKind) {
        let (now, failures) = (self.now(), self.case.settings.failures.clone());
        let rate = if pool == PoolKind::Open { failures.open } else { failures.proven };
        self.compared.push(now);
        self.run += 1;
        let seen = self.seen_mut(pool);
        seen.failed.retain(|at| now.since(*at) < rate.window);
        seen.failed.push(now);
        if seen.failed.len() >= rate.max as usize {
            seen.locked_until = Some(now.plus(failures.lock));
        }
        self.wakes.extend([now.plus(rate.window), now.plus(failures.lock)]);
    }

    fn option(kind: MethodKind) -> Selection {
        ChallengeOption::preferred(kind).into()
    }

    /// What is selected for a challenge, with the right number where one is asked for.
    fn selection(&self, kind: MethodKind) -> Selection {
        let asks = self.case.settings.typed_number && kind == MethodKind::MobilePhone;
        let option = Self::option(kind);
        if asks { option.with_typed_number(MOBILE).expect("a number") } else { option }
    }

    /// Opens a challenge. Gives the new ticket, if anything was opened.
    async fn challenge(
        &mut self,
        request: &Request,
        ticket: &ResetTicket,
        kind: MethodKind,
        pool: PoolKind,
    ) -> Option<ResetTicket> {
        let engine = &self.world.engine;
        let silenced = engine.stats().silenced;
        let reply = engine.reset().challenge(request, ticket, &self.selection(kind)).await.ok()?;
        if engine.stats().silenced > silenced {
            return None;
        }
        self.note_opened(pool, kind);
        Some(reply.ticket)
    }

    /// Answers a challenge with the right code.
    async fn answer(
        &mut self,
        request: &Request,
        ticket: &ResetTicket,
        kind: MethodKind,
    ) -> Option<ResetTicket> {
        let typed = match kind {
            MethodKind::AuthenticatorApp => self.app.as_ref().expect("enrolled").code(self.now()),
            kind => {
                self.world.deliver().await;
                let address = if kind == MethodKind::Email { MAIL } else { MOBILE };
                let typed = self.world.inbox.last_code_to(address);
                self.world.inbox.clear();
                typed?
            }
        };
        let proven = self.world.engine.reset().prove(request, ticket, &code(&typed)).await;
        let ticket = proven.ok()?.ticket;
        if kind == self.case.target {
            self.run = 0;
        }
        Some(ticket)
    }

    async fn start(&self, request: &Request) -> ResetTicket {
        self.world.engine.reset().start(request, &ada()).await.expect("started").ticket
    }

    async fn cancel(&self, request: &Request, ticket: &ResetTicket) {
        self.world.engine.reset().cancel(request, ticket).await.expect("cancelled");
    }

    /// Guesses at what was opened, up to so many times. A code of one digit is never right.
    async fn guess(
        &mut self,
        request: &Request,
        ticket: &ResetTicket,
        most: usize,
        pool: PoolKind,
    ) {
        for _ in 0..most {
            let before = self.world.engine.stats().comparisons;
            let answer = self.world.engine.reset().prove(request, ticket, &code("1")).await;
            assert!(answer.is_err(), "a guess was right");
            if self.world.engine.stats().comparisons == before {
                break;
            }
            self.note_failed(pool);
        }
    }

    /// Types wrong numbers, up to so many times.
    async fn type_numbers(
        &mut self,
        request: &Request,
        ticket: &ResetTicket,
        most: usize,
        pool: PoolKind,
    ) {
        for _ in 0..most {
            let before = self.world.engine.stats().comparisons;
            let wrong = Self::option(self.case.target).with_typed_number("+14255550199");
            let wrong = wrong.expect("a number");
            // Before the first proof the answer does not tell; whether it was compared, the count does.
            let _ = self.world.engine.reset().challenge(request, ticket, &wrong).await;
            if self.world.engine.stats().comparisons == before {
                break;
            }
            self.note_failed(pool);
        }
    }

    /// Guesses in a flow of its own as long as one challenge allows. Gives whether anything was
    /// compared.
    async fn take(&mut self, way: Way) -> bool {
        let (target, pool) = (self.case.target, way.pool());
        let most = self.room(pool);
        if most == 0 || self.challenges_left(pool, target) == 0 {
            return false;
        }
        let before = self.compared.len();
        let request = self.request(way);
        let mut ticket = self.start(&request).await;
        if way == Way::Held {
            let Some(proven) = self.prove_other(&request, &ticket).await else { return false };
            ticket = proven;
        }
        if self.types_numbers() {
            self.type_numbers(&request, &ticket, most, pool).await;
        } else if let Some(opened) = self.challenge(&request, &ticket, target, pool).await {
            ticket = opened;
            self.guess(&request, &ticket, most, pool).await;
        }
        self.cancel(&request, &ticket).await;
        self.compared.len() > before
    }

    /// Proves the gate that the attacker holds.
    async fn prove_other(
        &mut self,
        request: &Request,
        ticket: &ResetTicket,
    ) -> Option<ResetTicket> {
        let other = self.case.other?;
        if self.challenges_left(PoolKind::Open, other) == 0 {
            return None;
        }
        let ticket = self.challenge(request, ticket, other, PoolKind::Open).await?;
        self.answer(request, &ticket, other).await
    }

    fn ways(&self) -> Vec<Way> {
        let held = self.case.other.filter(|_| self.case.settings.users.required == 2);
        let device = self.device.as_ref().map(|_| Way::Device);
        let held = held.map(|_| Way::Held);
        let ways = match self.attacker {
            Attacker::Patient | Attacker::ManySources => [None, None],
            Attacker::OneGateHeld => [held, None],
            Attacker::KnownDevice => [device, None],
            // Whichever costs less.
            Attacker::OwnerWhoResets => [device.or(held), None],
        };
        ways.into_iter().flatten().chain([Way::Stranger]).collect()
    }

    /// Takes all that can be had now.
    async fn strike(&mut self) {
        loop {
            let before = self.compared.len();
            for way in self.ways() {
                while self.take(way).await {}
            }
            let took = self.compared.len() > before;
            if self.attacker != Attacker::OwnerWhoResets || !self.owner_helps(took).await {
                return;
            }
        }
    }

    /// The owner comes, if that gives the attacker anything. Gives whether it did.
    async fn owner_helps(&mut self, took: bool) -> bool {
        let settings = &self.case.settings;
        let spent = |seen: &Seen| !seen.failed.is_empty() || seen.locked_until.is_some();
        if settings.clear_counters_on_reset && (spent(&self.open) || spent(&self.proven)) {
            return self.owner_proves(true).await;
        }
        let stopped = self.run + u32::from(settings.attempts) > settings.failures.consecutive / 2;
        stopped && self.run > 0 && self.owner_proves(false).await && took
    }

    /// The owner proves the method, and completes the reset if so.
    async fn owner_proves(&mut self, completes: bool) -> bool {
        let way = self.owners_way();
        let (target, other) = (self.case.target, self.case.other);
        let gates = self.case.settings.users.required;
        let wanted: Vec<MethodKind> = match (completes, other) {
            (true, Some(other)) if gates == 2 => vec![other, target],
            (true, Some(other)) if self.run == 0 => vec![other],
            _ => vec![target],
        };
        let request = self.request(way);
        let mut ticket = self.start(&request).await;
        let mut pool = way.pool();
        for kind in wanted {
            if self.challenges_left(pool, kind) == 0 {
                return false;
            }
            let Some(opened) = self.challenge(&request, &ticket, kind, pool).await else {
                return false;
            };
            let Some(proven) = self.answer(&request, &opened, kind).await else {
                self.cancel(&request, &opened).await;
                return false;
            };
            (ticket, pool) = (proven, PoolKind::Proven);
        }
        self.owner.0 += 1;
        if !completes {
            self.cancel(&request, &ticket).await;
            return true;
        }
        let password = SecretText::from(format!("Plum7 tractor violet {}", self.owner.1).as_str());
        let done = self.world.engine.reset().complete(&request, &ticket, &password).await;
        done.expect("reset");
        self.owner.1 += 1;
        for pool in [PoolKind::Open, PoolKind::Proven] {
            let seen = self.seen_mut(pool);
            (seen.failed, seen.locked_until) = (Vec::new(), None);
        }
        self.world.deliver().await;
        self.world.inbox.clear();
        true
    }

    /// Attacks for this long, from one instant at which something may be allowed to the next.
    pub(crate) async fn attack_for(&mut self, span: Duration) {
        let end = self.now().plus(span);
        loop {
            if self.now() >= self.remember_at {
                self.remember_device().await;
            }
            self.strike().await;
            let Some(wait) = self.next_before(end).filter(|_| self.compared.len() < ENOUGH) else {
                return;
            };
            self.world.clock.advance(wait);
        }
    }

    /// How long until something may be allowed again, if that is before the end.
    fn next_before(&mut self, end: Timestamp) -> Option<Duration> {
        let now = self.now();
        self.wakes = self.wakes.split_off(&now.plus(Duration::from_millis(1)));
        let next = self.wakes.first().copied();
        next.filter(|next| *next < end).map(|next| next.since(now))
    }

    /// Attacks within one flow: what strangers may spend first, then as one who has proven a gate or
    /// comes from a familiar place.
    pub(crate) async fn attack_one_flow(&mut self) {
        let settings = self.case.settings.clone();
        let target = self.case.target;
        let strong = !matches!(self.attacker, Attacker::Patient | Attacker::ManySources);
        let holds = strong && settings.users.required == 2 && self.case.other.is_some();
        let known = strong && self.device.is_some();
        // The gate that is held costs a challenge, of those that strangers have.
        let reserve = if holds { 1 } else { 0 };
        let mut way = Way::Stranger;
        let first = self.request(way);
        let mut ticket = self.start(&first).await;
        let end = self.now().plus(settings.lifetimes.flow);
        let gap = settings.sends.resend_after.min(code_life(&settings, target));
        loop {
            // Each from a source of its own.
            let request = self.request(way);
            let pool = way.pool();
            let (before, most) = (self.compared.len(), self.room(pool));
            let spare = if way == Way::Stranger { reserve } else { 0 };
            if self.types_numbers() {
                self.type_numbers(&request, &ticket, most, pool).await;
            } else if most > 0
                && self.challenges_left(pool, target) > spare
                && let Some(opened) = self.challenge(&request, &ticket, target, pool).await
            {
                ticket = opened;
                self.guess(&request, &ticket, most, pool).await;
            }
            let spent = self.room(pool) == 0 || self.challenges_left(pool, target) <= spare;
            if self.compared.len() == before && spent && way == Way::Stranger {
                if holds && let Some(proven) = self.prove_other(&request, &ticket).await {
                    (ticket, way) = (proven, Way::Held);
                    continue;
                }
                if known && !holds {
                    way = Way::Familiar;
                    continue;
                }
            }
            let run_is_over = spent && self.run > 0;
            if self.attacker == Attacker::OwnerWhoResets && run_is_over {
                self.owner_proves(false).await;
            }
            self.wakes.insert(self.now().plus(gap));
            let Some(wait) = self.next_before(end) else { return };
            self.world.clock.advance(wait);
        }
    }

    /// The most guesses in any span of this length.
    pub(crate) fn most_in(&self, span: Duration) -> u64 {
        let (mut most, mut first) = (0, 0);
        for (last, at) in self.compared.iter().enumerate() {
            while at.since(self.compared[first]) >= span {
                first += 1;
            }
            most = most.max(last + 1 - first);
        }
        most as u64
    }
}

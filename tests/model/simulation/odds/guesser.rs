//! Attackers that guess at one kind of method of one account, as often as the engine lets them.

use std::collections::BTreeSet;
use std::time::Duration;

use sspr::method::ChallengeOption;
use sspr::policy::PoolKind;
use sspr::port::Clock as _;
use sspr::recovery::DeviceSecret;
use sspr::testing::SoftToken;
use sspr::{MethodKind, Request, ResetTicket, SecretText, Selection, Timestamp};

use super::account::world;
use super::model::Seen;
use super::policies::Case;
use crate::simulation::attack::{DAY, HOUR};
use crate::support::{MAIL, MOBILE, World, ada, code, request, request_from};

/// The attacker and its means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attacker {
    /// One source, which waits until budgets are free again and stops before a lock longer than the
    /// window.
    Patient,
    /// Reads the codes of the other gate: guesses before the first proof and after it.
    OneGateHeld,
    /// Has a browser that the account knows, in a place that it knows, and other sources beside.
    KnownDevice,
    /// A fresh source for each request.
    ManySources,
    /// All of these, against an owner who proves the method whenever a run of failures stops the
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

/// The origin of a flow, and its proofs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Stranger,
    /// From the place where the methods were registered.
    Familiar,
    Device,
    Held,
}

impl Way {
    pub(super) const fn pool(self) -> PoolKind {
        match self {
            Self::Stranger => PoolKind::Anonymous,
            // The anonymous pool is tried first, and was spent before.
            Self::Familiar | Self::Device | Self::Held => PoolKind::Proven,
        }
    }
}

/// One account under attack.
pub(crate) struct Guesser {
    pub(super) world: World,
    pub(super) case: Case,
    pub(super) attacker: Attacker,
    pub(super) device: Option<DeviceSecret>,
    /// When the account is told again that it knows the device.
    remember_at: Timestamp,
    app: Option<SoftToken>,
    pub(super) open: Seen,
    pub(super) proven: Seen,
    /// Failures since the last right secret of the method.
    pub(super) run: u32,
    sources: u32,
    /// For how long it attacks.
    pub(super) horizon: Duration,
    pub(super) wakes: BTreeSet<Timestamp>,
    /// When a guess was compared.
    pub(crate) compared: Vec<Timestamp>,
    /// Right secrets of the owner, and resets that the owner completed.
    pub(crate) owner: (u32, u32),
}

impl Guesser {
    pub(crate) async fn new(case: &Case, attacker: Attacker) -> Self {
        let (world, app) = world(case).await;
        let mut guesser = Self {
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
            horizon: Duration::ZERO,
            wakes: BTreeSet::new(),
            compared: Vec::new(),
            owner: (0, 0),
        };
        guesser.remember_device().await;
        guesser
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

    pub(super) fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    pub(super) fn request(&mut self, way: Way) -> Request {
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
    pub(super) const fn owners_way(&self) -> Way {
        if self.device.is_some() { Way::Device } else { Way::Stranger }
    }

    /// Whether the numbers that are typed are guessed at: that is compared too, and sends nothing.
    pub(super) fn types_numbers(&self) -> bool {
        self.case.settings.typed_number && self.case.target == MethodKind::MobilePhone
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
    pub(super) async fn challenge(
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
    pub(super) async fn answer(
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

    pub(super) async fn start(&self, request: &Request) -> ResetTicket {
        self.world.engine.reset().start(request, &ada()).await.expect("started").ticket
    }

    pub(super) async fn cancel(&self, request: &Request, ticket: &ResetTicket) {
        self.world.engine.reset().cancel(request, ticket).await.expect("cancelled");
    }

    /// Whether the last try was compared, which the count of comparisons tells; it is noted then.
    fn was_compared(&mut self, before: u64, pool: PoolKind) -> bool {
        let compared = self.world.engine.stats().comparisons > before;
        if compared {
            self.note_failed(pool);
        }
        compared
    }

    /// Guesses at what was opened, up to so many times. A code of one digit is never right.
    pub(super) async fn guess(
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
            if !self.was_compared(before, pool) {
                break;
            }
        }
    }

    /// Types wrong numbers, up to so many times.
    pub(super) async fn type_numbers(
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
            // Before the first proof the answer does not tell; whether it was compared, the count
            // does.
            let _ = self.world.engine.reset().challenge(request, ticket, &wrong).await;
            if !self.was_compared(before, pool) {
                break;
            }
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
    pub(super) async fn prove_other(
        &mut self,
        request: &Request,
        ticket: &ResetTicket,
    ) -> Option<ResetTicket> {
        let other = self.case.other?;
        if self.challenges_left(PoolKind::Anonymous, other) == 0 {
            return None;
        }
        let ticket = self.challenge(request, ticket, other, PoolKind::Anonymous).await?;
        self.answer(request, &ticket, other).await
    }

    pub(super) fn ways(&self) -> Vec<Way> {
        let held = self.case.other.filter(|_| self.case.settings.users.required == 2);
        let device = self.device.as_ref().map(|_| Way::Device);
        let held = held.map(|_| Way::Held);
        let ways = match self.attacker {
            Attacker::Patient | Attacker::ManySources => [None, None],
            Attacker::OneGateHeld => [held, None],
            Attacker::KnownDevice => [device, None],
            // The cheaper of the two.
            Attacker::OwnerWhoResets => [device.or(held), None],
        };
        ways.into_iter().flatten().chain([Way::Stranger]).collect()
    }

    /// Makes all guesses that are possible now.
    async fn strike(&mut self) {
        loop {
            for way in self.ways() {
                while self.take(way).await {}
            }
            if self.attacker != Attacker::OwnerWhoResets || !self.owner_helps().await {
                return;
            }
        }
    }

    /// Attacks for this long, from one instant at which something may be allowed to the next, or
    /// until so many guesses were compared.
    pub(crate) async fn attack_for(&mut self, span: Duration, enough: usize) {
        self.horizon = span;
        let end = self.now().plus(span);
        loop {
            if self.now() >= self.remember_at {
                self.remember_device().await;
            }
            self.strike().await;
            let Some(wait) = self.next_before(end).filter(|_| self.compared.len() < enough) else {
                return;
            };
            self.world.clock.advance(wait);
        }
    }

    /// How long until something may be allowed again, if that is before the end.
    pub(super) fn next_before(&mut self, end: Timestamp) -> Option<Duration> {
        let now = self.now();
        self.wakes = self.wakes.split_off(&now.plus(Duration::from_millis(1)));
        let next = self.wakes.first().copied();
        next.filter(|next| *next < end).map(|next| next.since(now))
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

//! Access to internals for the benchmarks of this package. Not an API: anything here may change.

use std::sync::Arc;

use crate::domain::account::{
    Account, Challenge, ChallengeNumber, CredentialEpoch, Factor, FlowId, FlowNumber, Generation,
    Method, MethodState, Offer, Provenance, Purpose, SourceHash, Unknown,
};
use crate::domain::crypto::code::{CodeContext, CodeInput, CodeKey, TypedCode};
use crate::domain::crypto::flow_ticket::{ClaimsTicket as _, ResetTicket};
use crate::domain::crypto::keys::Keys;
use crate::domain::crypto::ticket::{TicketClaims, TicketSubject};
use crate::domain::crypto::totp::{Drift, OathAlgorithm, OathParameters, code_at, matching_step};
use crate::domain::event::{ActorKind, Event};
use crate::domain::identity::contact::{Destination, EmailAddress, PhoneNumber};
use crate::domain::identity::ids::{MethodId, RecordKey, TenantId, UserId};
use crate::domain::message::CodePurpose;
use crate::domain::method::{ChallengeOption, MethodKind};
use crate::domain::policy::{CodeAlphabet, CodeFormat, Policy};
use crate::domain::record::{Columns, Record, Subject, Version};
use crate::domain::rules::{
    Asked, Asker, AttemptReservation, FlowTerms, FreshChallenge, Match, Open, Proving, Transition,
    consume, open_challenge, reserve_attempt,
};
use crate::domain::time::Timestamp;
use crate::domain::trail::{Extension, Found, Head, TrailPosition, Walk, extend};
use crate::port::{Commit, Committed, PortResult, Store};

/// The benchmarks pass valid values only; any other is a bug in them.
fn valid<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| unreachable!("{error:?}"))
}

/// The check of a typed code, with its key prepared and the code parsed.
pub struct CodeCheck {
    key: CodeKey,
    account: RecordKey,
    typed: TypedCode,
    nonce: [u8; 12],
    format: CodeFormat,
}

/// The prepared context of one challenge.
pub struct PreparedCheck(CodeInput);

impl CodeCheck {
    /// The check of a typed code.
    #[must_use]
    pub fn new(key: &[u8; 32], typed: &str) -> Self {
        Self {
            key: CodeKey::new(key),
            account: RecordKey::from_bytes([7; 32]),
            typed: valid(TypedCode::parse(typed)),
            nonce: [9; 12],
            format: CodeFormat::new(CodeAlphabet::Digits, 8),
        }
    }

    fn context(&self, challenge: u32) -> CodeContext<'_> {
        CodeContext {
            account: &self.account,
            flow: FlowNumber(1),
            challenge: ChallengeNumber(challenge),
            purpose: CodePurpose::Reset,
            method: MethodKind::Email,
            nonce: &self.nonce,
        }
    }

    /// Whether the typed code belongs to this challenge.
    #[must_use]
    pub fn check(&self, challenge: u32) -> bool {
        self.compare(&self.prepare(challenge))
    }

    /// What the engine prepares when it reserves the attempt.
    #[must_use]
    pub fn prepare(&self, challenge: u32) -> PreparedCheck {
        PreparedCheck(self.context(challenge).code_input())
    }

    /// What the engine does after the commit of the reservation.
    #[must_use]
    pub fn compare(&self, prepared: &PreparedCheck) -> bool {
        self.key.check(&self.account, &prepared.0, self.format, &self.typed)
    }

    /// The correct code of a challenge.
    #[must_use]
    pub fn right(&self, challenge: u32) -> String {
        self.key.derive(&self.context(challenge), self.format).expose_secret().to_owned()
    }
}

/// The check of a code from an authenticator, with the default window.
pub struct TotpCheck {
    seed: Vec<u8>,
    parameters: OathParameters,
    now: Timestamp,
}

impl TotpCheck {
    /// Uses codes of eight digits, which are unique within the window.
    #[must_use]
    pub fn new(algorithm: OathAlgorithm) -> Self {
        let parameters = OathParameters { algorithm, digits: 8, period: 30 };
        let now = Timestamp::from_unix_seconds(Self::STEP as i64 * 30 + 15);
        Self { seed: vec![5; algorithm.seed_bytes()], parameters, now }
    }

    /// The current step.
    pub const STEP: u64 = 37_037_037;

    /// The code of a step, as a number.
    #[must_use]
    pub fn code(&self, step: u64) -> u32 {
        valid(code_at(&self.seed, self.parameters, step).expose_secret().parse())
    }

    /// The step that the typed code matches.
    #[must_use]
    pub fn check(&self, typed: Option<u32>) -> Option<u64> {
        matching_step(&self.seed, self.parameters, Drift::default(), self.now, typed)
    }
}

/// The result of a decision, ready to be committed.
pub struct Decided {
    account: Account,
    columns: Columns,
    events: Vec<Event>,
}

impl Decided {
    fn of(mut transition: Transition<'_>) -> Self {
        let events = transition.take_events(Version::new(2, 2));
        let columns = transition.account.columns();
        Self { account: transition.account, columns, events }
    }

    /// The numbers of methods, flows and events.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        debug_assert!(self.columns.user.is_some());
        [self.account.methods.len(), self.account.flows.len(), self.events.len()]
    }
}

/// The decisions of one `prove` call, on a record of three methods and two flows.
pub struct ProveStep {
    fresh: Account,
    reserved: Account,
    reservation: AttemptReservation,
    policy: Policy,
    now: Timestamp,
}

impl ProveStep {
    /// One flow waits for a mailed code, the other for a texted one.
    #[must_use]
    pub fn new(policy: Policy, now: Timestamp) -> Self {
        let fresh = template(&policy, now);
        let mut transition = Transition::new(&fresh, &policy, now);
        let reservation = valid(reserve_attempt(&mut transition, &proving(&flow_id(0, 0))));
        let reserved = transition.account;
        Self { fresh, reserved, reservation, policy, now }
    }

    fn transition<'a>(&'a self, account: &Account, actor: ActorKind) -> Transition<'a> {
        let mut transition = Transition::new(account, &self.policy, self.now);
        transition.set_actor(actor, Some("203.0.113.7"), None);
        transition
    }

    /// Reserves an attempt.
    #[must_use]
    pub fn reserve(&self) -> Decided {
        let mut transition = self.transition(&self.fresh, ActorKind::Anonymous);
        valid(reserve_attempt(&mut transition, &proving(&flow_id(0, 0))));
        Decided::of(transition)
    }

    /// Consumes the challenge of the reserved attempt, whose code is correct.
    #[must_use]
    pub fn consume(&self) -> Decided {
        let mut transition = self.transition(&self.reserved, ActorKind::User);
        valid(consume(&mut transition, &flow_id(0, 0), &self.reservation, &Match::Challenge));
        Decided::of(transition)
    }

    /// Refuses to reserve an attempt of an unknown flow.
    #[must_use]
    pub fn refuse(&self) -> bool {
        let mut transition = self.transition(&self.fresh, ActorKind::Anonymous);
        reserve_attempt(&mut transition, &proving(&flow_id(9, 9))).is_err()
    }
}

/// The events of a reservation, which its commit links and whose head it seals.
pub struct TrailStep {
    keys: Keys,
    record: RecordKey,
    events: Vec<Event>,
    /// The head before the commit, and after it.
    heads: [Head; 2],
    now: Timestamp,
}

impl TrailStep {
    /// The versions of the record before the commit and after it.
    const VERSIONS: [Version; 2] = [Version::new(1, 1), Version::new(2, 2)];

    /// The reservation of this step, on a record that has a head.
    #[must_use]
    pub fn new(keys: Keys, step: &ProveStep) -> Self {
        let Decided { account, events, .. } = step.reserve();
        let heads = [Head::UNUSED; 2];
        let mut new = Self { keys, record: account.key, events, heads, now: step.now };
        let [version, _] = Self::VERSIONS;
        let first = Extension { before: None, version, ..new.extension() };
        new.heads[0] = extend(first, None, &mut []);
        new.link();
        new
    }

    fn extension(&self) -> Extension<'_> {
        let ([before, version], keys, records) =
            (Self::VERSIONS, [&self.keys; 2], [self.record; 2]);
        Extension { keys, records, before: Some(before), version, at: self.now, ends: false }
    }

    /// Links the events and seals the head, as the commit does. Returns the number of events.
    pub fn link(&mut self) -> usize {
        let mut events = std::mem::take(&mut self.events);
        self.heads[1] = extend(self.extension(), Some(self.heads[0]), &mut events);
        self.events = events;
        self.events.len()
    }

    /// Verifies the linked events against the head.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let ([_, version], [_, head]) = (Self::VERSIONS, self.heads);
        let mut walk = Walk::new(&self.keys, self.record, self.now, None, TrailPosition::default());
        self.events.iter().for_each(|event| walk.event(event));
        walk.end(Found::Record(version, Some(head))).is_whole()
    }
}

/// Any number of accounts with three methods and two flows each. The first flow waits for a mailed
/// code, with all attempts left.
pub struct Accounts {
    keys: Keys,
    tenant: TenantId,
    template: Account,
    policy: Policy,
    started_at: Timestamp,
}

impl Accounts {
    /// Accounts of a tenant, under these keys.
    #[must_use]
    pub fn new(keys: Keys, tenant: TenantId, policy: Policy, now: Timestamp) -> Self {
        let template = template(&policy, now);
        Self { keys, tenant, template, policy, started_at: now }
    }

    /// The same accounts without the second flow.
    #[must_use]
    pub fn with_one_flow(mut self) -> Self {
        self.template.flows.truncate(1);
        self
    }

    fn user(number: u64) -> UserId {
        valid(UserId::parse(&format!("6e7b768e-07e2-4810-8459-{number:012}")))
    }

    /// The key of the account with this number.
    #[must_use]
    pub fn key(&self, number: u64) -> RecordKey {
        self.keys.account(&self.tenant, &Self::user(number))
    }

    /// The ticket of the first flow of the account with this number.
    #[must_use]
    pub fn ticket(&self, number: u64) -> ResetTicket {
        let claim = TicketClaims {
            purpose: Purpose::Reset,
            flow: flow_id(number, 0),
            generation: Generation::default(),
            started_at: self.started_at,
            identifier: [7; 8],
            subject: TicketSubject::User(Self::user(number)),
            epoch: CredentialEpoch::default(),
            asked: Default::default(),
        };
        ResetTicket::issue(&claim, &self.tenant, &self.keys)
    }

    /// Writes the account with this number in its initial state, over any stored record.
    ///
    /// # Errors
    ///
    /// Any error of the store.
    pub async fn put(&self, store: &dyn Store, number: u64) -> PortResult<()> {
        let user = Self::user(number);
        let mut account = self.template.clone();
        account.key = self.keys.account(&self.tenant, &user);
        account.tenant = self.tenant.clone();
        account.user = Some(user);
        for (index, flow) in account.flows.iter_mut().enumerate() {
            flow.id = flow_id(number, index as u64);
        }
        let expected = store.load(&account.key).await?.map(|record| record.version());
        let count = expected.map_or(1, |version| version.count() + 1);
        let columns = Transition::new(&account, &self.policy, self.started_at).account.columns();
        let version = Version::new(count, number);
        let record = Record::new(account.key, version, Subject::Account(Arc::new(account)));
        let commit = Commit::new(&record, expected, &columns, &[]);
        assert_eq!(store.commit(commit).await?, Committed::Applied, "there is no other writer");
        Ok(())
    }
}

/// Matches any open challenge of a reset flow without a proof.
fn proving(flow: &FlowId) -> Proving<'_> {
    let fits = &|_: &Challenge| true;
    Proving { flow, purpose: Purpose::Reset, generation: Generation::default(), fits }
}

fn flow_id(number: u64, index: u64) -> FlowId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_be_bytes());
    id[8..].copy_from_slice(&index.to_be_bytes());
    FlowId(id)
}

/// Three confirmed methods and two flows, with a code sent and delivered in each.
fn template(policy: &Policy, now: Timestamp) -> Account {
    let tenant = valid(TenantId::parse("contoso"));
    let user = Accounts::user(0);
    let mut account = Account::blank(RecordKey::from_bytes([7; 32]), tenant, Some(user), now);
    let phone = |number| Destination::Phone(valid(PhoneNumber::parse(number)));
    let destinations = [
        Destination::Email(valid(EmailAddress::parse("ada@private.example"))),
        phone("+14255550100"),
        phone("+14255550101"),
    ];
    for (number, (kind, destination)) in
        (1..).zip(MethodKind::CONTACTS.into_iter().zip(destinations))
    {
        account
            .offers
            .push(Offer { option: ChallengeOption::preferred(kind), masked: destination.masked() });
        account.methods.push(Method {
            id: valid(MethodId::parse(&format!("m{number}"))),
            kind,
            factor: Factor::Address(destination),
            state: MethodState::Active,
            provenance: Provenance::Confirmed,
            added_at: now,
            confirmed_at: None,
            usable_from: now,
            replaces: None,
            session: None,
            unknown: Unknown::NONE,
        });
    }
    account.registration.completed_at = Some(now);
    for (index, kind) in (0..).zip([MethodKind::Email, MethodKind::MobilePhone]) {
        let methods = account.methods.clone();
        let expected = methods.iter().find(|method| method.kind == kind).map(Method::expected);
        let flow = FlowTerms {
            id: flow_id(0, index),
            purpose: Purpose::Reset,
            generation: Generation::default(),
            started_at: now,
            invitation: None,
            epoch: CredentialEpoch::default(),
            required: 2,
            stamp: Some("41"),
            incarnation: Some("1"),
        };
        let asked = Asked { by: Asker::Unrecognised, source: SourceHash(7), at: now };
        let fresh = FreshChallenge { key: 1, nonce: [index as u8; 12] };
        let open = Open {
            expected: expected.ok_or(crate::error::SsprReason::NoSuchMethod),
            offers: account.offers.to_vec(),
            ..Open::new(flow, asked, ChallengeOption::preferred(kind), fresh)
        };
        let mut transition = Transition::new(&account, policy, now);
        valid(open_challenge(&mut transition, &open));
        account = transition.account;
        // The code has been delivered.
        account.outbox.clear();
    }
    account
}

//! Opening a challenge.

use std::time::Duration;

use super::prove::distinct;
use super::{MAX_OUTBOX, Turn};
use crate::domain::account::{
    Account, Answer, Challenge, Flow, FlowId, Offer, PendingBody, Purpose, Sent, Unknown,
};
use crate::domain::budget::{Charged, PoolKind};
use crate::domain::event::EventKind;
use crate::domain::ids::MethodId;
use crate::domain::message::Locale;
use crate::domain::method::{ChallengeOption, Channel, MethodKind};
use crate::domain::policy::{CodeAlphabet, CodeFormat, Policy};
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
/// Codes never grow beyond this.
const MAX_LENGTH: u8 = 12;
/// Saved codes: 28 of 20 symbols are 121 bits, more than the 112 from which a plain digest is
/// enough (NIST SP 800-63B-4, 3.1.2.2).
pub(crate) const SAVED_CODE: CodeFormat = CodeFormat::new(CodeAlphabet::Strong, 28);
/// Codes that may wait in one outbox, so that notices always find room. The second number is for
/// whoever has shown something already: strangers must not fill their place.
const MAX_WAITING_CODES: [usize; 2] = [6, 9];

/// The command: open a challenge in a flow that is there, or begin the flow with it.
#[derive(Clone)]
pub(crate) struct Open<'a> {
    pub(crate) flow: FlowId,
    pub(crate) purpose: Purpose,
    pub(crate) generation: u8,
    pub(crate) started_at: Timestamp,
    pub(crate) option: ChallengeOption,
    /// What answers it, or why nothing does.
    pub(crate) answer: Result<Answer, SsprReason>,
    /// Whether an administrator opens it, for the user to go on with.
    pub(crate) by_administrator: bool,
    /// Whether the request comes from a browser that has completed a flow of this account.
    pub(crate) known_device: bool,
    pub(crate) required: u8,
    pub(crate) stamp: Option<&'a str>,
    pub(crate) incarnation: Option<&'a str>,
    /// A limit across accounts that is spent; the event alarms.
    pub(crate) exceeded: Option<Exceeded>,
    pub(crate) offers: Vec<Offer>,
    pub(crate) confirms: Option<MethodId>,
    /// What was counted for a phone number that was typed and was right.
    pub(crate) number: Option<NumberCharge>,
    /// The account's epoch when the flow began.
    pub(crate) epoch: u32,
    /// When the request arrived: the wait for another code runs from then.
    pub(crate) asked_at: Timestamp,
    pub(crate) locale: Locale,
    /// A short keyed hash of the source.
    pub(crate) source: u32,
    pub(crate) key: u16,
    pub(crate) nonce: [u8; 12],
}

/// A limit across accounts that is spent, and so what is asked grows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exceeded {
    /// The tenant's: whoever asks, codes are longer.
    Tenant,
    /// A destination's or a number range's: its codes allow fewer tries. That does not show, since
    /// it would tell whose destination it is.
    Destination,
    Prefix,
}

impl Exceeded {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Destination => "destination",
            Self::Prefix => "prefix",
        }
    }
}

/// Tries that a code allows while its destination has been sent too many.
const WARY_ATTEMPTS: u8 = 2;

/// What became of the command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opened {
    /// The challenge is open.
    Open,
    /// A budget of the account is spent. The answer must not tell; nothing was changed. It may be
    /// tried again at that time.
    Silent(Timestamp),
}

/// Opens a challenge, if the account's budgets allow it.
///
/// The comparisons that the new code allows are set aside from the failure budget now: a check of
/// a live challenge is never refused for what happens elsewhere, and no number of challenges
/// allows more comparisons than the budget.
pub(crate) fn open_challenge(turn: &mut Turn<'_>, open: &Open<'_>) -> Result<Opened, Refusal> {
    turn.sweep();
    if let Some(number) = &open.number {
        let budget = turn.account.budget_mut(number.kind);
        budget.take_back(number.pool, number.at, number.brought_about);
    }
    let (now, policy) = (turn.now, turn.policy);
    if let Some(retry_at) = check_open(turn, open)? {
        return Ok(Opened::Silent(retry_at));
    }
    let expires_at = open.started_at.plus(policy.lifetimes.flow);
    let flow = turn.account.flow(&open.flow);
    let flow_number = flow.map(|flow| flow.number);
    let pool = pool_of(flow, open);
    let kind = open.option.method();

    if let Some(at) = spent_until(&turn.account, open, flow_number, pool, policy, now) {
        return Ok(Opened::Silent(at));
    }
    let register = open.purpose == Purpose::Register;
    let mut attempts =
        available_attempts(&turn.account, kind, pool, flow_number, register, policy, now);
    if matches!(open.exceeded, Some(Exceeded::Destination | Exceeded::Prefix)) {
        attempts = attempts.min(WARY_ATTEMPTS);
    }
    let waiting = turn.account.outbox.iter().filter(|pending| pending.is_code()).count();
    let [strangers, all] = MAX_WAITING_CODES;
    let most = if pool == PoolKind::Open { strangers } else { all };
    let full =
        turn.account.outbox.len() >= MAX_OUTBOX || waiting >= most || turn.account.is_large(pool);
    if attempts == 0 || full {
        return Ok(Opened::Silent(retry_at(&turn.account, kind, pool, policy, now)));
    }

    let number = Turn::number(&mut turn.account.numbers.challenge);
    let life = code_life(policy, open.option.channel());
    let challenge = Challenge {
        number,
        option: open.option,
        key: open.key,
        nonce: open.nonce,
        format: code_format(policy, open.option, open.exceeded == Some(Exceeded::Tenant)),
        opened_at: open.asked_at.min(now),
        expires_at: now.plus(life).min(expires_at),
        attempts,
        pool,
        answer: open.answer.clone().unwrap_or(Answer::Hollow),
        confirms: open.confirms.clone(),
        unknown: Unknown::NONE,
    };
    let code_dies_at = challenge.expires_at;
    if !open.offers.is_empty() {
        *turn.account.offers = open.offers.clone();
    }
    turn.belongs_to(open.incarnation);
    let flow = put_challenge(turn, open, expires_at, challenge);
    turn.sweep();
    if matches!(open.answer, Ok(Answer::Sent(_))) {
        let body = PendingBody::Code { flow, challenge: number, locale: open.locale.clone() };
        turn.queue(body, now, code_dies_at, None);
    }
    let sends = turn.account.sends.pool_mut(pool);
    sends.retain(|sent| now.since(sent.at) < DAY);
    sends.push(Sent { at: now, source: open.source });
    turn.note_exceeded(open.exceeded);
    turn.note(EventKind::ChallengeOpened {
        flow,
        method: kind,
        channel: open.option.channel(),
        hollow: open.answer.as_ref().err().copied(),
    });
    Ok(Opened::Open)
}

/// Whether the flow lets a challenge be opened now. Gives when it may be tried again, if the wait
/// between two codes has not passed and must not show: before the first proof the answer is a
/// function of the ticket, which has its own wait.
fn check_open(turn: &Turn<'_>, open: &Open<'_>) -> Result<Option<Timestamp>, Refusal> {
    let (now, policy, account) = (turn.now, turn.policy, &turn.account);
    if now >= open.started_at.plus(policy.lifetimes.flow) {
        return Err(Refusal::Ended);
    }
    let Some(flow) = account.flow(&open.flow) else {
        if account.flows.iter().any(|flow| flow.former == Some(open.flow)) {
            // Somebody else has redeemed its link. That they have must not show.
            return Ok(Some(Timestamp::MAX));
        }
        if open.generation != 0 {
            // A flow that has proofs is always on the record: this one has ended.
            return Err(Refusal::Ended);
        }
        // A ticket from before everything outstanding became void opens nothing.
        return Ok((open.epoch != account.epoch).then_some(Timestamp::MAX));
    };
    check_flow(flow, open, account.epoch, now)?;
    let retry_at = resend_at(flow, open.option.method(), policy).filter(|at| now < *at);
    match retry_at {
        Some(retry_at) if !flow.proofs.is_empty() => Err(Refusal::TooOften { retry_at }),
        retry_at => Ok(retry_at),
    }
}

fn check_flow(flow: &Flow, open: &Open<'_>, epoch: u32, now: Timestamp) -> Result<(), Refusal> {
    if !flow.live(now) || flow.epoch != epoch || flow.purpose != open.purpose {
        return Err(Refusal::Ended);
    }
    if flow.generation != open.generation {
        return Err(Refusal::TicketReplaced);
    }
    let kind = open.option.method();
    let identity = open.answer.as_ref().ok().map(|answer| answer.identity(kind));
    let same = |proof: &crate::domain::account::Proof| {
        proof.method.same_class(kind) || identity.as_ref() == Some(&proof.identity)
    };
    let enough = distinct(&flow.proofs) >= flow.required.max(open.required);
    if enough || flow.proofs.iter().any(same) {
        return Err(Refusal::AlreadyProven);
    }
    Ok(())
}

fn pool_of(flow: Option<&Flow>, open: &Open<'_>) -> PoolKind {
    match flow {
        Some(flow) => flow.pool(),
        None if open.known_device || open.by_administrator => PoolKind::Proven,
        None if !open.purpose.anonymous() => PoolKind::Proven,
        None => PoolKind::Open,
    }
}

/// Until when opening is refused by what the account has already seen, if it is.
fn spent_until(
    account: &Account,
    open: &Open<'_>,
    flow: Option<u32>,
    pool: PoolKind,
    policy: &Policy,
    now: Timestamp,
) -> Option<Timestamp> {
    let budgets = &policy.sends;
    // What a stranger can begin is one kind, whatever it is for.
    let of_kind = |flow: &&Flow| {
        flow.purpose.anonymous() == open.purpose.anonymous()
            // Strangers must not fill the place of a known device, nor of an administrator.
            && flow.known_device == open.known_device
            && flow.by_administrator == open.by_administrator
    };
    let live = account.flows.iter().filter(|flow| flow.live(now)).filter(of_kind);
    let share_of = |all: u32| (all * u32::from(budgets.source_share)).div_ceil(100).max(1);
    if flow.is_none() && open.purpose.anonymous() {
        let mine = live.clone().filter(|flow| flow.source == open.source).count();
        let own_share = share_of(u32::from(budgets.live_flows)) as usize;
        if live.clone().count() >= usize::from(budgets.live_flows) || mine >= own_share {
            return live.map(|flow| flow.expires_at).min();
        }
    }
    let sends = account.sends.pool(pool);
    let within = |span| sends.iter().filter(move |sent| now.since(sent.at) < span);
    let oldest = |span| within(span).map(|sent| sent.at.plus(span)).min();
    if within(HOUR).count() >= budgets.per_hour as usize {
        return oldest(HOUR);
    }
    if within(DAY).count() >= budgets.per_day as usize {
        return oldest(DAY);
    }
    // No source may take more than its share of what a stranger can open.
    let share = share_of(budgets.per_hour);
    let mine = within(HOUR).filter(|sent| sent.source == open.source);
    if pool == PoolKind::Open && mine.clone().count() >= share as usize {
        return mine.map(|sent| sent.at.plus(HOUR)).min();
    }
    None
}

/// Comparisons that a new code of this kind may allow: the pool's, less those that other live
/// codes were promised.
pub(super) fn available_attempts(
    account: &Account,
    kind: MethodKind,
    pool: PoolKind,
    flow: Option<u32>,
    register: bool,
    policy: &Policy,
    now: Timestamp,
) -> u8 {
    let rate = policy.failures.rate(pool);
    let (remaining, consecutive) = match account.budget(kind) {
        None => (rate.max, policy.failures.consecutive),
        // Registering anew is the way back: the run of failures does not stand in it.
        Some(budget) if register => (budget.pool(pool).remaining(rate, now), u32::MAX),
        Some(budget) if budget.disabled => return 0,
        Some(budget) => (
            budget.pool(pool).remaining(rate, now),
            policy.failures.consecutive.saturating_sub(budget.consecutive),
        ),
    };
    let promised = |pools: &[PoolKind]| -> u32 {
        let others = account.flows.iter().flat_map(|other| {
            // The challenge that this one replaces gives its promise back.
            let open = other
                .challenges
                .iter()
                .filter(move |one| Some(other.number) != flow || one.method() != kind);
            open.chain(other.repeat.iter().map(|repeat| &repeat.challenge))
        });
        let live =
            others.filter(|one| one.method() == kind && one.live(now) && pools.contains(&one.pool));
        live.map(|one| u32::from(one.attempts)).sum()
    };
    let in_pool = remaining.saturating_sub(promised(&[pool]));
    // Both pools count toward the cap that never decays.
    let in_all = consecutive.saturating_sub(promised(&[PoolKind::Open, PoolKind::Proven]));
    let attempts = u32::from(policy.attempts).min(in_pool).min(in_all);
    u8::try_from(attempts).unwrap_or(u8::MAX)
}

pub(super) fn retry_at(
    account: &Account,
    kind: MethodKind,
    pool: PoolKind,
    policy: &Policy,
    now: Timestamp,
) -> Timestamp {
    if account.budget(kind).is_some_and(|budget| budget.disabled) {
        return Timestamp::MAX;
    }
    open_at(account, kind, pool, policy, now)
}

/// When a window that is spent, or promised to others, has a try again.
pub(super) fn open_at(
    account: &Account,
    kind: MethodKind,
    pool: PoolKind,
    policy: &Policy,
    now: Timestamp,
) -> Timestamp {
    let rate = policy.failures.rate(pool);
    let window = account.budget(kind).map(|budget| budget.pool(pool));
    let locked = window.and_then(|window| window.locked_until);
    let aged = window.and_then(|window| window.times.first()).map(|at| at.plus(rate.window));
    let promised = account.flows.iter().flat_map(|flow| &flow.challenges);
    let freed = promised.filter(|one| one.method() == kind).map(|one| one.expires_at).min();
    locked.filter(|until| *until > now).or(freed).or(aged).unwrap_or(now.plus(HOUR))
}

/// How long a code lives, if its flow does.
pub(crate) fn code_life(policy: &Policy, channel: Channel) -> Duration {
    match channel {
        Channel::Email => policy.lifetimes.email_code,
        Channel::Link => policy.lifetimes.email_link,
        Channel::Sms | Channel::Voice => policy.lifetimes.phone_code,
        // What is in hand does not run out; only its attempts and its flow do.
        Channel::InHand => policy.lifetimes.flow,
    }
}

/// The form of a code now.
pub(crate) fn code_format(policy: &Policy, option: ChallengeOption, raised: bool) -> CodeFormat {
    let mut format = match option.channel() {
        Channel::Email | Channel::Link => policy.codes.email,
        Channel::Sms => policy.codes.sms,
        Channel::Voice => policy.codes.voice,
        Channel::InHand if option.method() == MethodKind::SavedCode => return SAVED_CODE,
        Channel::InHand => return CodeFormat::new(CodeAlphabet::Digits, policy.oath.digits),
    };
    if raised {
        let longer = format.length.saturating_add(policy.limits.raised_length);
        format.length = longer.min(MAX_LENGTH).max(format.length);
    }
    format
}

/// Puts the challenge into its flow, which begins now if it is not there; a code of the same
/// method that the flow still had is dead from here on.
fn put_challenge(
    turn: &mut Turn<'_>,
    open: &Open<'_>,
    expires_at: Timestamp,
    challenge: Challenge,
) -> u32 {
    let epoch = turn.account.epoch;
    let place = turn.account.flows.iter().position(|flow| flow.id == open.flow);
    let place = place.unwrap_or_else(|| {
        let number = Turn::number(&mut turn.account.numbers.flow);
        turn.account.flows.push(Flow {
            number,
            id: open.flow,
            former: None,
            purpose: open.purpose,
            generation: 0,
            started_at: open.started_at,
            expires_at,
            epoch,
            source: open.source,
            by_administrator: open.by_administrator,
            known_device: open.known_device,
            stamp: open.stamp.map(str::to_owned),
            required: open.required,
            challenges: Vec::new(),
            proofs: Vec::new(),
            repeat: None,
            grant: None,
            done: None,
            unknown: Unknown::NONE,
        });
        turn.account.flows.len() - 1
    });
    let flow = &mut turn.account.flows[place];
    // The strictest that any step has seen.
    flow.required = flow.required.max(open.required);
    // A policy that has been raised meanwhile wants more than what the grant was earned with.
    flow.grant = None;
    flow.challenges.retain(|one| one.method() != challenge.method());
    flow.challenges.push(challenge);
    flow.number
}

/// Whether this flow's own wait between two challenges of one method has not passed.
pub(crate) fn resend_at(flow: &Flow, kind: MethodKind, policy: &Policy) -> Option<Timestamp> {
    let opened = flow.challenges.iter().filter(|one| one.method() == kind);
    opened.map(|one| one.opened_at.plus(policy.sends.resend_after)).max()
}

/// What was counted for a typed phone number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct NumberCharge {
    kind: MethodKind,
    pool: PoolKind,
    at: Timestamp,
    brought_about: Charged,
}

/// Counts one typed phone number against the failure budget of the method; `Err` is when it may be
/// tried again, if the budget is spent.
///
/// # Errors
///
/// [`Refusal`] as for opening the challenge itself: what could not be opened is not counted.
pub(crate) fn charge_number(
    turn: &mut Turn<'_>,
    open: &Open<'_>,
) -> Result<Result<NumberCharge, Timestamp>, Refusal> {
    turn.sweep();
    let (now, policy, kind) = (turn.now, turn.policy, open.option.method());
    if let Some(retry_at) = check_open(turn, open)? {
        return Ok(Err(retry_at));
    }
    let pool = pool_of(turn.account.flow(&open.flow), open);
    // Nobody's promise is spent on it but that of this flow's own live code, which the new one is
    // to replace: one try of that code is given up.
    if available_attempts(&turn.account, kind, pool, None, false, policy, now) == 0 {
        let own = turn.account.flow_mut(&open.flow);
        let own = own.and_then(|flow| {
            let live = |one: &&mut Challenge| one.method() == kind && one.live(now);
            flow.challenges.iter_mut().find(|one| live(one) && one.attempts > 0)
        });
        match own {
            Some(challenge) => challenge.attempts -= 1,
            None => return Ok(Err(retry_at(&turn.account, kind, pool, policy, now))),
        }
    }
    let brought_about = turn.charge(kind, pool);
    turn.note(EventKind::NumberCounted { method: kind });
    Ok(Ok(NumberCharge { kind, pool, at: now, brought_about }))
}

impl Turn<'_> {
    /// Alarms that a limit across accounts is spent.
    pub(super) fn note_exceeded(&mut self, exceeded: Option<Exceeded>) {
        if let Some(limit) = exceeded {
            self.note(EventKind::LimitExceeded { limit: limit.as_str().to_owned() });
        }
    }

    /// Counts one attempt and notes what that brings about.
    pub(super) fn charge(&mut self, kind: MethodKind, pool: PoolKind) -> Charged {
        let (now, rules) = (self.now, &self.policy.failures);
        let charged = self.account.budget_mut(kind).charge(pool, rules, now);
        if let Some(until) = charged.locked_until {
            self.note(EventKind::Blocked { method: kind, pool, until });
        }
        if charged.disabled {
            self.note(EventKind::MethodDisabled { method: kind });
        }
        if charged.told {
            self.warn_owner(kind);
        }
        charged
    }
}

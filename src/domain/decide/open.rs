//! Opening a challenge.

use super::{MAX_OUTBOX, Turn};
use crate::domain::account::{Account, Challenge, Flow, FlowId, Offer, PendingBody, Purpose, Sent};
use crate::domain::budget::{Charged, PoolKind};
use crate::domain::contact::Destination;
use crate::domain::event::EventKind;
use crate::domain::ids::MethodId;
use crate::domain::message::Locale;
use crate::domain::method::{ChallengeOption, Channel, MethodKind};
use crate::domain::policy::{CodeFormat, Policy};
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

const HOUR: std::time::Duration = std::time::Duration::from_secs(3_600);
const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);
/// Codes never grow beyond this.
const MAX_LENGTH: u8 = 12;
/// Codes that may wait in one outbox, so that notices always find room.
const MAX_WAITING_CODES: usize = 6;

/// The command: open a challenge in a flow that is there, or begin the flow with it.
#[derive(Clone)]
pub(crate) struct Open<'a> {
    pub(crate) flow: FlowId,
    pub(crate) purpose: Purpose,
    pub(crate) generation: u8,
    pub(crate) started_at: Timestamp,
    pub(crate) option: ChallengeOption,
    /// Where the code goes, or why it goes nowhere.
    pub(crate) destination: Result<&'a Destination, SsprReason>,
    pub(crate) required: u8,
    pub(crate) stamp: Option<&'a str>,
    pub(crate) incarnation: Option<&'a str>,
    /// A limit across accounts that is spent: codes grow, and the event alarms.
    pub(crate) exceeded: Option<&'static str>,
    pub(crate) offers: Vec<Offer>,
    pub(crate) confirms: Option<MethodId>,
    /// What was counted for a phone number that was typed and was right.
    pub(crate) number: Option<NumberCharge>,
    pub(crate) locale: Locale,
    /// A short keyed hash of the source.
    pub(crate) source: u32,
    pub(crate) key: u16,
    pub(crate) nonce: [u8; 12],
}

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
        budget.take_back(number.pool, number.at, number.lock);
    }
    let (now, policy) = (turn.now, turn.policy);
    let expires_at = open.started_at.plus(policy.lifetimes.flow);
    if now >= expires_at {
        return Err(Refusal::Ended);
    }
    let flow = turn.account.flow(&open.flow);
    if let Some(flow) = flow {
        check_flow(flow, open, turn.account.epoch, now)?;
        if let Some(retry_at) = resend_at(flow, open.option.method(), policy)
            && now < retry_at
        {
            return Err(Refusal::TooOften { retry_at });
        }
    } else if open.generation != 0 {
        // A flow that has proofs is always on the record: this one has ended.
        return Err(Refusal::Ended);
    }
    let flow_number = flow.map(|flow| flow.number);
    let pool = pool_of(flow, open.purpose);
    let kind = open.option.method();

    if let Some(at) = spent_until(&turn.account, open, flow_number, pool, policy, now) {
        return Ok(Opened::Silent(at));
    }
    let attempts = available_attempts(&turn.account, kind, pool, flow_number, policy, now);
    let waiting = turn.account.outbox.iter().filter(|pending| pending.is_code()).count();
    let full = turn.account.outbox.len() >= MAX_OUTBOX || waiting >= MAX_WAITING_CODES;
    if attempts == 0 || full {
        return Ok(Opened::Silent(retry_at(&turn.account, kind, pool, policy, now)));
    }

    let number = Turn::number(&mut turn.account.numbers.challenge);
    let life = match open.option.channel() {
        Channel::Email => policy.lifetimes.email_code,
        Channel::Sms | Channel::Voice => policy.lifetimes.phone_code,
    };
    let challenge = Challenge {
        number,
        option: open.option,
        key: open.key,
        nonce: open.nonce,
        format: code_format(policy, open.option.channel(), open.exceeded.is_some()),
        opened_at: now,
        expires_at: now.plus(life).min(expires_at),
        attempts,
        pool,
        destination: open.destination.ok().cloned(),
        confirms: open.confirms.clone(),
    };
    let code_dies_at = challenge.expires_at;
    turn.account.offers.clone_from(&open.offers);
    if turn.account.incarnation.is_none() {
        turn.account.incarnation = open.incarnation.map(str::to_owned);
    }
    let flow = put_challenge(turn, open, expires_at, challenge);
    turn.sweep();
    if open.destination.is_ok() {
        let body = PendingBody::Code { flow, challenge: number, locale: open.locale.clone() };
        turn.queue(body, now, code_dies_at, None);
    }
    let sends = turn.account.sends.pool_mut(pool);
    sends.retain(|sent| now.since(sent.at) < DAY);
    sends.push(Sent { at: now, source: open.source });
    if let Some(limit) = open.exceeded {
        turn.note(EventKind::LimitExceeded { limit: limit.to_owned() });
    }
    turn.note(EventKind::ChallengeOpened {
        flow,
        method: kind,
        channel: open.option.channel(),
        hollow: open.destination.err(),
    });
    Ok(Opened::Open)
}

fn check_flow(flow: &Flow, open: &Open<'_>, epoch: u32, now: Timestamp) -> Result<(), Refusal> {
    if !flow.live(now) || flow.epoch != epoch || flow.purpose != open.purpose {
        return Err(Refusal::Ended);
    }
    if flow.generation != open.generation {
        return Err(Refusal::TicketReplaced);
    }
    let same = |proof: &crate::domain::account::Proof| {
        proof.method == open.option.method()
            || open.destination.is_ok_and(|to| to.normalised() == proof.destination.normalised())
    };
    if flow.grant.is_some() || flow.proofs.iter().any(same) {
        return Err(Refusal::AlreadyProven);
    }
    Ok(())
}

fn pool_of(flow: Option<&Flow>, purpose: Purpose) -> PoolKind {
    match flow {
        Some(flow) => flow.pool(),
        None if purpose == Purpose::Register => PoolKind::Proven,
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
    let live = account.flows.iter().filter(|flow| flow.live(now) && flow.purpose == open.purpose);
    if flow.is_none() && live.clone().count() >= usize::from(budgets.live_flows) {
        return live.map(|flow| flow.expires_at).min();
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
    let share = (budgets.per_hour * u32::from(budgets.source_share)).div_ceil(100).max(1);
    let mine = within(HOUR).filter(|sent| sent.source == open.source);
    if pool == PoolKind::Open && mine.clone().count() >= share as usize {
        return mine.map(|sent| sent.at.plus(HOUR)).min();
    }
    None
}

/// Comparisons that a new code of this kind may allow: the pool's, less those that other live
/// codes were promised.
fn available_attempts(
    account: &Account,
    kind: MethodKind,
    pool: PoolKind,
    flow: Option<u32>,
    policy: &Policy,
    now: Timestamp,
) -> u8 {
    let rate = policy.failures.rate(pool);
    let (remaining, consecutive) = match account.budget(kind) {
        None => (rate.max, policy.failures.consecutive),
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

fn retry_at(
    account: &Account,
    kind: MethodKind,
    pool: PoolKind,
    policy: &Policy,
    now: Timestamp,
) -> Timestamp {
    let rate = policy.failures.rate(pool);
    let budget = account.budget(kind);
    if budget.is_some_and(|budget| budget.disabled) {
        return Timestamp::MAX;
    }
    let window = budget.map(|budget| budget.pool(pool));
    let locked = window.and_then(|window| window.locked_until);
    let aged = window.and_then(|window| window.times.first()).map(|at| at.plus(rate.window));
    let promised = account.flows.iter().flat_map(|flow| &flow.challenges);
    let freed = promised.filter(|one| one.method() == kind).map(|one| one.expires_at).min();
    locked.filter(|until| *until > now).or(freed).or(aged).unwrap_or(now.plus(HOUR))
}

/// The form of a code now.
pub(crate) fn code_format(policy: &Policy, channel: Channel, raised: bool) -> CodeFormat {
    let mut format = match channel {
        Channel::Email => policy.codes.email,
        Channel::Sms => policy.codes.sms,
        Channel::Voice => policy.codes.voice,
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
            purpose: open.purpose,
            generation: 0,
            started_at: open.started_at,
            expires_at,
            epoch,
            stamp: open.stamp.map(str::to_owned),
            required: open.required,
            challenges: Vec::new(),
            proofs: Vec::new(),
            repeat: None,
            grant: None,
            done: None,
        });
        turn.account.flows.len() - 1
    });
    let flow = &mut turn.account.flows[place];
    // The strictest that any step has seen.
    flow.required = flow.required.max(open.required);
    flow.challenges.retain(|one| one.method() != challenge.method());
    flow.challenges.push(challenge);
    flow.number
}

/// Whether this flow's own wait between two challenges of one method has not passed.
pub(crate) fn resend_at(flow: &Flow, kind: MethodKind, policy: &Policy) -> Option<Timestamp> {
    let opened = flow.challenges.iter().filter(|one| one.method() == kind);
    opened.map(|one| one.opened_at.plus(policy.sends.resend_after)).max()
}

/// The command: count one typed phone number before it is compared.
pub(crate) struct Number<'a> {
    pub(crate) flow: &'a FlowId,
    pub(crate) purpose: Purpose,
    pub(crate) kind: MethodKind,
}

/// What was counted for a typed phone number.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct NumberCharge {
    kind: MethodKind,
    pool: PoolKind,
    at: Timestamp,
    lock: Option<Timestamp>,
}

/// Counts one typed phone number against the failure budget of the method; `Err` is when it may be
/// tried again, if the budget is spent.
pub(crate) fn charge_number(
    turn: &mut Turn<'_>,
    number: &Number<'_>,
) -> Result<Result<NumberCharge, Timestamp>, Refusal> {
    turn.sweep();
    let (now, policy, kind) = (turn.now, turn.policy, number.kind);
    let flow = turn.account.flow(number.flow);
    let pool = pool_of(flow, number.purpose);
    let flow = flow.map(|flow| flow.number);
    if available_attempts(&turn.account, kind, pool, flow, policy, now) == 0 {
        return Ok(Err(retry_at(&turn.account, kind, pool, policy, now)));
    }
    let lock = turn.charge(kind, pool).locked_until;
    turn.note(EventKind::NumberCounted { method: kind });
    Ok(Ok(NumberCharge { kind, pool, at: now, lock }))
}

impl Turn<'_> {
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
        charged
    }
}

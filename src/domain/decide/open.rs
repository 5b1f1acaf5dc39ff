//! Opening a challenge.

use std::borrow::Cow;
use std::time::Duration;

use super::Transition;
use super::allowance::{Caller, DAY};
use super::prove::distinct;
use crate::domain::account::{
    Challenge, Expected, Flow, FlowId, Offer, PendingBody, Purpose, Unknown,
};
use crate::domain::budget::{BudgetEffects, Entry, PoolKind, Verdict};
use crate::domain::event::EventKind;
use crate::domain::ids::MethodId;
use crate::domain::message::Locale;
use crate::domain::method::{ChallengeOption, Channel, MethodKind};
use crate::domain::policy::{CodeAlphabet, CodeFormat, Policy};
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;

/// Codes never grow beyond this.
const MAX_LENGTH: u8 = 12;
/// Recovery codes: 28 of 20 symbols are 121 bits, more than the 112 from which a plain digest is
/// enough (NIST SP 800-63B-4, 3.1.2.2).
pub(crate) const RECOVERY_CODE: CodeFormat = CodeFormat::new(CodeAlphabet::Strong, 28);
/// The command: open a challenge in a flow that is there, or begin the flow with it.
#[derive(Clone)]
pub(crate) struct Open<'a> {
    pub(crate) flow: FlowId,
    pub(crate) purpose: Purpose,
    pub(crate) generation: u8,
    pub(crate) started_at: Timestamp,
    pub(crate) option: ChallengeOption,
    /// What answers it, or why nothing does.
    pub(crate) expected: Result<Expected, SsprReason>,
    /// Whether an administrator opens it, for the user to go on with.
    pub(crate) by_administrator: bool,
    /// Whether the request comes from a browser that has completed a flow of this account.
    pub(crate) known_device: bool,
    /// Whether the request comes from a source that the account knows.
    pub(crate) familiar: bool,
    pub(crate) required: u8,
    pub(crate) stamp: Option<&'a str>,
    pub(crate) incarnation: Option<&'a str>,
    /// A limit across accounts that is spent; the event alarms.
    pub(crate) limit_spent: Option<LimitSpent>,
    pub(crate) offers: Vec<Offer>,
    pub(crate) confirms: Option<MethodId>,
    /// What was counted for a phone number that was typed and was right.
    pub(crate) number: Option<NumberReservation>,
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
pub(crate) enum LimitSpent {
    /// The tenant's: whoever asks, codes are longer.
    Tenant,
    /// A destination's or a number range's: its codes allow fewer tries. That does not show, since
    /// it would tell whose destination it is.
    Destination,
    Prefix,
}

impl LimitSpent {
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
    Suppressed(Timestamp),
}

/// Opens a challenge, if the account's budgets allow it.
///
/// The comparisons that the new code allows are set aside from the failure budget now: a check of
/// a live challenge is never refused for what happens elsewhere, and no number of challenges
/// allows more comparisons than the budget.
pub(crate) fn open_challenge(
    transition: &mut Transition<'_>,
    open: &Open<'_>,
) -> Result<Opened, Refusal> {
    transition.sweep();
    if let Some(number) = &open.number {
        transition.refund(number.kind, number.pool, number.at, number.source, number.effects);
    }
    let (now, policy) = (transition.now, transition.policy);
    if let Some(retry_at) = check_open(transition, open)? {
        return Ok(Opened::Suppressed(retry_at));
    }
    let expires_at = open.started_at.plus(policy.lifetimes.flow);
    let open = &*drawing(transition, open);
    let mut attempts = match room(transition, open) {
        Ok(attempts) => attempts,
        Err(retry_at) => return Ok(Opened::Suppressed(retry_at)),
    };
    let (kind, pool) = (open.option.method(), open.caller(transition).pool);
    if matches!(open.limit_spent, Some(LimitSpent::Destination | LimitSpent::Prefix)) {
        attempts = attempts.min(WARY_ATTEMPTS);
    }

    let number = Transition::number(&mut transition.account.numbers.challenge);
    let life = code_life(policy, open.option.channel());
    let challenge = Challenge {
        number,
        option: open.option,
        key: open.key,
        nonce: open.nonce,
        format: code_format(policy, open.option, open.limit_spent == Some(LimitSpent::Tenant)),
        opened_at: open.asked_at.min(now),
        expires_at: now.plus(life).min(expires_at),
        attempts,
        pool,
        source: open.source,
        expected: open.expected.clone().unwrap_or(Expected::Decoy),
        confirms: open.confirms.clone(),
        unknown: Unknown::NONE,
    };
    let code_dies_at = challenge.expires_at;
    if !open.offers.is_empty() {
        *transition.account.offers = open.offers.clone();
    }
    transition.belongs_to(open.incarnation);
    let flow = put_challenge(transition, open, expires_at, challenge);
    transition.sweep();
    if matches!(open.expected, Ok(Expected::Sent(_))) {
        let body = PendingBody::Code { flow, challenge: number, locale: open.locale.clone() };
        transition.queue(body, now, code_dies_at, None);
    }
    transition.count_opened(kind, pool, open);
    transition.record_limit_spent(open.limit_spent);
    transition.record(EventKind::ChallengeOpened {
        flow,
        method: kind,
        channel: open.option.channel(),
        suppressed: open.expected.as_ref().err().copied(),
    });
    Ok(Opened::Open)
}

/// Whether the flow lets a challenge be opened now. Gives when it may be tried again, if the wait
/// between two codes has not passed and must not show: before the first proof the answer is a
/// function of the ticket, which has its own wait.
fn check_open(transition: &Transition<'_>, open: &Open<'_>) -> Result<Option<Timestamp>, Refusal> {
    let (now, policy, account) = (transition.now, transition.policy, &transition.account);
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
    let identity = open.expected.as_ref().ok().map(|answer| answer.identity(kind));
    let same = |proof: &crate::domain::account::Proof| {
        proof.method.same_class(kind) || identity.as_ref() == Some(&proof.identity)
    };
    let enough = distinct(&flow.proofs) >= flow.required.max(open.required);
    if enough || flow.proofs.iter().any(same) {
        return Err(Refusal::AlreadyProven);
    }
    Ok(())
}

/// A familiar source draws on the proven pool only where the open one has nothing left for it: then
/// strangers cannot keep it out, and it keeps nothing from the user who is signed in.
fn drawing<'o, 'a>(transition: &Transition<'_>, open: &'o Open<'a>) -> Cow<'o, Open<'a>> {
    if !open.familiar {
        return Cow::Borrowed(open);
    }
    let plain = Open { familiar: false, ..open.clone() };
    if room(transition, &plain).is_ok() { Cow::Owned(plain) } else { Cow::Borrowed(open) }
}

/// The comparisons that a new challenge may allow; `Err` is when there may be some again.
fn room(transition: &Transition<'_>, open: &Open<'_>) -> Result<u8, Timestamp> {
    let caller = open.caller(transition);
    if let Some(at) = spent_until(&caller, open) {
        return Err(at);
    }
    match caller.attempts() {
        attempts if attempts > 0 && caller.outbox_has_room() => Ok(attempts),
        _ => Err(caller.attempts_at()),
    }
}

fn pool_of(flow: Option<&Flow>, open: &Open<'_>) -> PoolKind {
    match flow {
        Some(_) if open.familiar => PoolKind::Proven,
        Some(flow) => flow.pool(),
        None if open.known_device || open.familiar || open.by_administrator => PoolKind::Proven,
        None if !open.purpose.anonymous() => PoolKind::Proven,
        None => PoolKind::Anonymous,
    }
}

impl Open<'_> {
    /// Who asks, and which budgets of the account that draws on.
    fn caller<'a>(&self, transition: &'a Transition<'_>) -> Caller<'a> {
        let flow = transition.account.flow(&self.flow);
        let own = self.known_device || self.by_administrator || !self.purpose.anonymous();
        Caller {
            account: &transition.account,
            policy: transition.policy,
            now: transition.now,
            kind: self.option.method(),
            pool: pool_of(flow, self),
            source: self.source,
            shared: flow.map_or(!own, Flow::shared),
            register: self.purpose == Purpose::Register,
            replaces: flow.map(|flow| flow.number),
        }
    }
}

/// Until when opening is refused by what the account has already seen, if it is.
fn spent_until(caller: &Caller<'_>, open: &Open<'_>) -> Option<Timestamp> {
    // What a stranger can begin is one kind, whatever it is for. Strangers must not fill the place
    // of a known device, of a familiar source, nor of an administrator.
    let alike = |flow: &Flow| {
        flow.purpose.anonymous() == open.purpose.anonymous()
            && flow.known_device == open.known_device
            && flow.familiar == open.familiar
            && flow.by_administrator == open.by_administrator
    };
    let begins = caller.replaces.is_none() && open.purpose.anonymous();
    let full = begins.then(|| caller.flows_full_until(alike)).flatten();
    full.or_else(|| caller.sends_spent_until())
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
pub(crate) fn code_format(policy: &Policy, option: ChallengeOption, escalated: bool) -> CodeFormat {
    let mut format = match option.channel() {
        Channel::Email | Channel::Link => policy.codes.email,
        Channel::Sms => policy.codes.sms,
        Channel::Voice => policy.codes.voice,
        Channel::InHand if option.method() == MethodKind::RecoveryCode => return RECOVERY_CODE,
        Channel::InHand => return CodeFormat::new(CodeAlphabet::Digits, policy.oath.digits),
    };
    if escalated {
        let longer = format.length.saturating_add(policy.limits.escalated_length);
        format.length = longer.min(MAX_LENGTH).max(format.length);
    }
    format
}

/// Puts the challenge into its flow, which begins now if it is not there; a code of the same
/// method that the flow still had is dead from here on.
fn put_challenge(
    transition: &mut Transition<'_>,
    open: &Open<'_>,
    expires_at: Timestamp,
    challenge: Challenge,
) -> u32 {
    let epoch = transition.account.epoch;
    let place = transition.account.flows.iter().position(|flow| flow.id == open.flow);
    let place = place.unwrap_or_else(|| {
        let number = Transition::number(&mut transition.account.numbers.flow);
        transition.account.flows.push(Flow {
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
            familiar: open.familiar,
            stamp: open.stamp.map(str::to_owned),
            required: open.required,
            challenges: Vec::new(),
            proofs: Vec::new(),
            repeat: None,
            grant: None,
            done: None,
            unknown: Unknown::NONE,
        });
        transition.account.flows.len() - 1
    });
    let flow = &mut transition.account.flows[place];
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
pub(crate) struct NumberReservation {
    kind: MethodKind,
    pool: PoolKind,
    source: u32,
    at: Timestamp,
    effects: BudgetEffects,
}

impl NumberReservation {
    /// What the number brought about, if it was wrong.
    pub(crate) fn verdict(&self) -> (MethodKind, Verdict) {
        let (at, pool, effects) = (self.at, self.pool, self.effects);
        (self.kind, Verdict { at, pool, effects })
    }
}

/// Counts one typed phone number against the failure budget of the method; `Err` is when it may be
/// tried again, if the budget is spent.
///
/// # Errors
///
/// [`Refusal`] as for opening the challenge itself: what could not be opened is not counted.
pub(crate) fn reserve_number(
    transition: &mut Transition<'_>,
    open: &Open<'_>,
) -> Result<Result<NumberReservation, Timestamp>, Refusal> {
    transition.sweep();
    let (now, kind) = (transition.now, open.option.method());
    if let Some(retry_at) = check_open(transition, open)? {
        return Ok(Err(retry_at));
    }
    let open = &*drawing(transition, open);
    let caller = Caller { replaces: None, ..open.caller(transition) };
    let pool = caller.pool;
    // No challenge could be opened: no number is compared for it.
    if let Some(retry_at) = spent_until(&open.caller(transition), open) {
        return Ok(Err(retry_at));
    }
    // No other promise is spent on it but that of this flow's own live code, which the new one is
    // to replace: one try of that code is given up.
    if caller.attempts() == 0 {
        let retry_at = caller.attempts_at();
        let own = transition.account.flow_mut(&open.flow);
        let own = own.and_then(|flow| {
            let live = |one: &&mut Challenge| one.method() == kind && one.live(now);
            flow.challenges.iter_mut().find(|one| live(one) && one.attempts > 0)
        });
        match own {
            Some(challenge) => challenge.attempts -= 1,
            None => return Ok(Err(retry_at)),
        }
    }
    let source = open.source;
    let effects = transition.reserve(kind, pool, source);
    transition.record(EventKind::NumberCounted { method: kind });
    Ok(Ok(NumberReservation { kind, pool, source, at: now, effects }))
}

impl Transition<'_> {
    /// Alarms that a limit across accounts is spent.
    pub(super) fn record_limit_spent(&mut self, limit_spent: Option<LimitSpent>) {
        if let Some(limit) = limit_spent {
            self.record(EventKind::LimitSpent { limit: limit.as_str().to_owned() });
        }
    }

    /// Counts a challenge that was opened, and records that it spends its day's budget or its
    /// source's share of it.
    fn count_opened(&mut self, kind: MethodKind, pool: PoolKind, open: &Open<'_>) {
        let now = self.now;
        let counted =
            if kind.sends() { &mut self.account.sends } else { &mut self.account.in_hand };
        let counted = counted.pool_mut(pool);
        counted.retain(|one| now.since(one.at) < DAY);
        counted.push(Entry { at: now, source: open.source });
        let caller = Caller { pool, ..open.caller(self) };
        if let Some((by_one_source, until)) = caller.day_spent() {
            self.record(EventKind::ChallengesSpent {
                pool,
                sent: kind.sends(),
                by_one_source,
                until,
            });
        }
    }

    /// Counts one attempt. What that brings about acts at once and is recorded once the attempt has
    /// turned out wrong.
    pub(super) fn reserve(
        &mut self,
        kind: MethodKind,
        pool: PoolKind,
        source: u32,
    ) -> BudgetEffects {
        let (now, policy) = (self.now, self.policy);
        let budget = self.account.budget_mut(kind);
        budget.reserve(pool, &policy.failures, policy.attempts, now, source)
    }

    /// What was reserved was no failure; the run of failures goes on.
    fn refund(
        &mut self,
        kind: MethodKind,
        pool: PoolKind,
        at: Timestamp,
        source: u32,
        effects: BudgetEffects,
    ) {
        let recorded = self.account.budget_mut(kind).refund(pool, at, source, effects);
        self.record_refund(recorded, kind, pool);
    }

    /// What was reserved was right, and the run of failures ends.
    pub(super) fn refund_and_end_run(
        &mut self,
        kind: MethodKind,
        pool: PoolKind,
        at: Timestamp,
        source: u32,
        effects: BudgetEffects,
    ) {
        let recorded = self.account.budget_mut(kind).refund_and_end_run(pool, at, source, effects);
        self.record_refund(recorded, kind, pool);
    }

    /// An event that was written before a slow comparison was right is corrected by another one.
    fn record_refund(&mut self, recorded: bool, method: MethodKind, pool: PoolKind) {
        if recorded {
            self.record(EventKind::AttemptRefunded { method, pool });
        }
    }

    /// Records what a wrong attempt has brought about.
    pub(super) fn record_verdict(&mut self, method: MethodKind, verdict: &Verdict) {
        let Verdict { pool, effects, .. } = *verdict;
        if let Some(until) = effects.locked_until {
            self.record(EventKind::Blocked { method, pool, until });
        }
        if effects.closed {
            self.record(EventKind::MethodClosed { method });
        }
        if effects.disabled {
            self.record(EventKind::MethodDisabled { method });
        }
        if effects.told {
            self.warn_owner(method);
        }
    }
}

/// The attempt was wrong: records what it has brought about, if that was not done before.
pub(crate) fn record_failure(
    transition: &mut Transition<'_>,
    failed: &[(MethodKind, Verdict)],
) -> bool {
    transition.sweep();
    let mut any = false;
    for (kind, verdict) in failed {
        let Verdict { at, pool, effects } = *verdict;
        if transition.account.budget_mut(*kind).take_verdict(pool, at, effects).is_some() {
            transition.record_verdict(*kind, verdict);
            any = true;
        }
    }
    any
}

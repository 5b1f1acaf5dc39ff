//! Opening a challenge: the flow that it joins, the budgets that it draws on, and what is sent.

use std::borrow::Cow;
use std::sync::Arc;

use super::allowance::Caller;
use super::challenge::{Asker, LimitSpent, Open};
use super::prove::distinct;
use super::{Transition, code_format, code_life};
use crate::domain::account::budget::{Entry, PoolKind};
use crate::domain::account::{
    Challenge, CredentialEpoch, Expected, Flow, FlowNumber, Generation, PendingBody, Proof,
    Purpose, Unknown,
};
use crate::domain::event::EventKind;
use crate::domain::method::MethodKind;
use crate::domain::policy::{Policy, ThrottledAct};
use crate::domain::refusal::Refusal;
use crate::domain::time::{DAY, Timestamp};

/// The attempts of a code to a destination that was sent too many codes, and of the link of an
/// invitation.
const WARY_ATTEMPTS: u8 = 2;

/// The outcome of [`open_challenge`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opened {
    /// The challenge is open.
    Open,
    /// A budget of the account is spent until this time, and nothing was changed. The reply must
    /// not show it.
    Suppressed(Timestamp),
}

/// Opens a challenge, if the account's budgets allow it.
///
/// The attempts of the new code are taken from the failure budget now. So other flows cannot use up
/// the attempts of a live challenge, and all challenges together never allow more than the budget.
pub(crate) fn open_challenge(
    transition: &mut Transition<'_>,
    open: &Open<'_>,
) -> Result<Opened, Refusal> {
    transition.sweep();
    if let Some(number) = &open.number {
        transition.refund(number);
    }
    let (now, policy) = (transition.now, transition.policy);
    if let Some(retry_at) = check_open(transition, open)? {
        return Ok(Opened::Suppressed(retry_at));
    }
    let expires_at = open.flow.ends_at(policy);
    let open = &*choose_pool(transition, open);
    let attempts = match room(transition, open) {
        Ok(attempts) => attempts,
        Err(retry_at) => return Ok(Opened::Suppressed(retry_at)),
    };
    let kind = open.option.method();
    let challenge = new_challenge(transition, open, attempts, expires_at);
    let Challenge { number, pool, expires_at: code_dies_at, .. } = challenge;
    if !open.offers.is_empty() {
        *transition.account.offers = open.offers.clone();
    }
    transition.belongs_to(open.flow.incarnation);
    let begins = transition.account.flow(&open.flow.id).is_none();
    let flow = put_challenge(transition, open, expires_at, challenge);
    transition.sweep();
    if open.expected.as_ref().is_ok_and(Expected::is_sent) {
        let body = PendingBody::Code { flow, challenge: number, locale: open.locale.clone() };
        transition.queue(body, now, code_dies_at, None);
    }
    transition.count_opened(kind, pool, open);
    transition.record_limit_spent(open.limit_spent);
    transition.record(EventKind::ChallengeOpened {
        flow,
        purpose: open.flow.purpose,
        begins,
        method: kind,
        channel: open.option.channel(),
        suppressed: open.suppressed(),
    });
    Ok(Opened::Open)
}

/// The challenge to open, with its number. It ends with its flow at the latest.
fn new_challenge(
    transition: &mut Transition<'_>,
    open: &Open<'_>,
    attempts: u8,
    flow_expires_at: Timestamp,
) -> Challenge {
    let (now, policy) = (transition.now, transition.policy);
    let invitation = open.flow.invitation;
    let life = invitation.unwrap_or_else(|| code_life(policy, open.option.channel()));
    // An invitation sets its attempts aside for days, and its link is not typed.
    let wary = invitation.is_some()
        || matches!(open.limit_spent, Some(LimitSpent::Destination | LimitSpent::Prefix));
    Challenge {
        number: transition.account.numbers.challenge.advance(),
        option: open.option,
        key: open.fresh.key,
        nonce: open.fresh.nonce,
        format: code_format(policy, open.option, open.limit_spent == Some(LimitSpent::Tenant)),
        opened_at: open.asked.at.min(now),
        expires_at: now.plus(life).min(flow_expires_at),
        attempts: if wary { attempts.min(WARY_ATTEMPTS) } else { attempts },
        tried: false,
        pool: open.caller(transition).pool,
        source: open.asked.source,
        expected: open.expected.clone().unwrap_or(Expected::Decoy),
        confirms: open.confirms.clone(),
        unknown: Unknown::NONE,
    }
}

/// Checks that the flow accepts a challenge now. `Some` is the end of a wait that the reply must
/// hide: before the first proof, the reply depends on the ticket alone, which has its own wait.
pub(super) fn check_open(
    transition: &Transition<'_>,
    open: &Open<'_>,
) -> Result<Option<Timestamp>, Refusal> {
    let (now, policy, account) = (transition.now, transition.policy, &transition.account);
    if now >= open.flow.ends_at(policy) {
        return Err(Refusal::Ended);
    }
    let Some(flow) = account.flow(&open.flow.id) else {
        if account.flows.iter().any(|flow| flow.former == Some(open.flow.id)) {
            // The link of the flow was redeemed elsewhere. The reply must not show that.
            return Ok(Some(Timestamp::MAX));
        }
        if open.flow.generation != Generation::default() {
            // A flow that has proofs is always on the record: this one has ended.
            return Err(Refusal::Ended);
        }
        // A ticket of an earlier epoch opens nothing.
        return Ok((open.flow.epoch != account.epoch).then_some(Timestamp::MAX));
    };
    check_flow(flow, open, account.epoch, now)?;
    let retry_at = resend_at(flow, open.option.method(), policy).filter(|at| now < *at);
    match retry_at {
        Some(retry_at) if !flow.proofs.is_empty() => Err(Refusal::TooOften { retry_at }),
        retry_at => Ok(retry_at),
    }
}

fn check_flow(
    flow: &Flow,
    open: &Open<'_>,
    epoch: CredentialEpoch,
    now: Timestamp,
) -> Result<(), Refusal> {
    if !flow.live(now) || flow.epoch != epoch || flow.purpose != open.flow.purpose {
        return Err(Refusal::Ended);
    }
    if flow.generation != open.flow.generation {
        return Err(Refusal::TicketReplaced);
    }
    let kind = open.option.method();
    let identity = open.expected.as_ref().ok().map(|expected| expected.identity(kind));
    let same =
        |proof: &Proof| proof.method.same_class(kind) || identity.as_ref() == Some(&proof.identity);
    let enough = distinct(&flow.proofs) >= flow.required.max(open.flow.required);
    if enough || flow.proofs.iter().any(same) {
        return Err(Refusal::AlreadyProven);
    }
    Ok(())
}

/// Chooses the pool of a familiar source: the anonymous pool while that has room, then the proven
/// pool. Strangers cannot lock the source out, and it leaves the proven pool to signed-in users
/// while it can.
pub(super) fn choose_pool<'o, 'a>(
    transition: &Transition<'_>,
    open: &'o Open<'a>,
) -> Cow<'o, Open<'a>> {
    if open.asked.by != Asker::FamiliarSource {
        return Cow::Borrowed(open);
    }
    let mut plain = open.clone();
    plain.asked.by = Asker::Unrecognised;
    if room(transition, &plain).is_ok() { Cow::Owned(plain) } else { Cow::Borrowed(open) }
}

/// The attempts that a new challenge may have; `Err` is the time at which attempts are free again.
fn room(transition: &Transition<'_>, open: &Open<'_>) -> Result<u8, Timestamp> {
    let caller = open.caller(transition);
    if let Some(at) = spent_until(&caller, open) {
        return Err(at);
    }
    if !caller.may_compare(caller.replaced()) {
        return Err(caller.may_compare_at());
    }
    match caller.attempts() {
        attempts if attempts > 0 && caller.outbox_has_room() => Ok(attempts),
        _ => Err(caller.attempts_at()),
    }
}

fn pool_of(flow: Option<&Flow>, open: &Open<'_>) -> PoolKind {
    match flow {
        Some(_) if open.asked.by == Asker::FamiliarSource => PoolKind::Proven,
        Some(flow) => flow.pool(),
        None if open.asked.by != Asker::Unrecognised => PoolKind::Proven,
        None if !open.flow.purpose.anonymous() => PoolKind::Proven,
        None => PoolKind::Anonymous,
    }
}

impl Open<'_> {
    /// The caller, and the budgets of the account that it draws on.
    pub(super) fn caller<'a>(&self, transition: &'a Transition<'_>) -> Caller<'a> {
        let flow = transition.account.flow(&self.flow.id);
        let own = matches!(self.asked.by, Asker::KnownDevice | Asker::Administrator)
            || !self.flow.purpose.anonymous();
        Caller {
            account: &transition.account,
            policy: transition.policy,
            now: transition.now,
            kind: self.option.method(),
            pool: pool_of(flow, self),
            source: self.asked.source,
            shared: flow.map_or(!own, Flow::shared),
            register: self.flow.purpose == Purpose::Register,
            replaces: flow.map(|flow| flow.number),
        }
    }
}

/// The caller that began a flow.
const fn asker_of(flow: &Flow) -> Asker {
    match flow {
        Flow { by_administrator: true, .. } => Asker::Administrator,
        Flow { known_device: true, .. } => Asker::KnownDevice,
        Flow { familiar: true, .. } => Asker::FamiliarSource,
        _ => Asker::Unrecognised,
    }
}

/// The time until which a lock, live flows or counted challenges leave no room for this one, if they
/// do.
pub(super) fn spent_until(caller: &Caller<'_>, open: &Open<'_>) -> Option<Timestamp> {
    // Flows that a stranger can begin share one limit, whatever their purpose. They must not take
    // the room of known devices, familiar sources or administrators.
    let alike = |flow: &Flow| {
        flow.purpose.anonymous() == open.flow.purpose.anonymous() && asker_of(flow) == open.asked.by
    };
    let begins = caller.replaces.is_none() && open.flow.purpose.anonymous();
    let full = begins.then(|| caller.flows_full_until(alike)).flatten();
    caller.throttled_until().or(full).or_else(|| caller.sends_spent_until())
}

/// Puts the challenge into its flow, and returns the number of the flow. A flow that does not exist
/// begins now; a challenge of the same method that the flow still has is dropped.
fn put_challenge(
    transition: &mut Transition<'_>,
    open: &Open<'_>,
    expires_at: Timestamp,
    challenge: Challenge,
) -> FlowNumber {
    let epoch = transition.account.epoch;
    let existing = transition.account.flows.iter().position(|flow| flow.id == open.flow.id);
    let place = existing.unwrap_or_else(|| {
        let number = transition.account.numbers.flow.advance();
        transition.account.flows.push(Flow {
            number,
            id: open.flow.id,
            former: None,
            purpose: open.flow.purpose,
            generation: Generation::default(),
            started_at: open.flow.started_at,
            expires_at,
            epoch,
            source: open.asked.source,
            by_administrator: open.asked.by == Asker::Administrator,
            known_device: open.asked.by == Asker::KnownDevice,
            familiar: open.asked.by == Asker::FamiliarSource,
            stamp: open.flow.stamp.map(Arc::from),
            required: open.flow.required,
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
    // A flow keeps the highest number that any of its steps has required.
    flow.required = flow.required.max(open.flow.required);
    // Another proof is needed: the policy now requires more than the grant was earned with.
    flow.grant = None;
    flow.challenges.retain(|other| other.method() != challenge.method());
    flow.challenges.push(challenge);
    flow.number
}

/// When the flow's own wait between two challenges of this kind ends; `None` if it has none open.
pub(crate) fn resend_at(flow: &Flow, kind: MethodKind, policy: &Policy) -> Option<Timestamp> {
    let opened = flow.challenges.iter().filter(|challenge| challenge.method() == kind);
    opened.map(|challenge| challenge.opened_at.plus(policy.sends.resend_after)).max()
}

impl Transition<'_> {
    /// Records the alarm that a limit across accounts is spent.
    pub(super) fn record_limit_spent(&mut self, limit_spent: Option<LimitSpent>) {
        if let Some(limit) = limit_spent {
            self.record(EventKind::LimitSpent { limit: limit.as_str().to_owned() });
        }
    }

    /// Counts an opened challenge, and records if it was the last that the day's budget allows, or
    /// the last of its source's share.
    fn count_opened(&mut self, kind: MethodKind, pool: PoolKind, open: &Open<'_>) {
        let now = self.now;
        let sends = if kind.sends() { &mut self.account.sends } else { &mut self.account.in_hand };
        let counted = sends.pool_mut(pool);
        counted.retain(|entry| now.since(entry.at) < DAY);
        counted.push(Entry { at: now, source: open.asked.source });
        if let Some(act) =
            ThrottledAct::of_challenge(kind).filter(|_| open.flow.purpose.anonymous())
        {
            self.count_throttled(act, kind, pool, open.asked.source);
        }
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
}

//! Removes what has expired, and what a change has voided. Most decisions sweep first.

use super::Transition;
use crate::domain::account::budget::Verdict;
use crate::domain::account::{
    Account, Challenge, CredentialEpoch, Flow, FlowNumber, Pending, PendingBody, WriteNumber,
    WriteState,
};
use crate::domain::event::{EventKind, FlowEnd};
use crate::domain::method::Channel;
use crate::domain::reason::FlowStage;
use crate::domain::record::store_note::SLACK;
use crate::domain::time::{IDLE_LIFE, MAX_SKEW, Timestamp};

impl Transition<'_> {
    /// Ends expired flows and challenges, and removes messages that are no longer of use.
    pub(super) fn sweep(&mut self) {
        let now = self.now;
        self.give_up_codes();
        let writing = self.account.writing_flow();
        self.end_flows(|flow| flow.is_over(now, writing), FlowEnd::Abandoned);
        for flow in &mut self.account.flows {
            flow.challenges.retain(|challenge| challenge.live(now));
            if flow.repeat.as_ref().is_some_and(|repeat| !repeat.challenge.live(now)) {
                flow.repeat = None;
            }
        }
        self.take_superseded();
        self.drop_dead_messages();
        self.record_overdue();
    }

    /// Records the budget effects of attempts whose comparison has not reported a result in time.
    fn record_overdue(&mut self) {
        let now = self.now;
        let is_overdue = |verdict: &mut Verdict| verdict.due() <= now;
        let budgets = self.account.budgets.iter_mut();
        let overdue: Vec<_> = budgets
            .flat_map(|budget| {
                let method = budget.method;
                budget.verdicts.extract_if(.., is_overdue).map(move |verdict| (method, verdict))
            })
            .collect();
        for (method, verdict) in overdue {
            self.record_verdict(method, &verdict);
        }
    }

    /// Removes each replaced method once the hold of its replacement is over. From then on it does
    /// not count, even before the removal is committed (`eligibility::candidates`).
    fn take_superseded(&mut self) {
        if self.account.superseded(self.now).next().is_none() {
            return;
        }
        let now = self.now;
        let mut done = Vec::new();
        for method in self.account.methods.iter_mut() {
            if method.active() && method.usable_from <= now {
                let replaced = method.replaces.take();
                done.extend(replaced.map(|replaced| (method.kind, method.id.clone(), replaced)));
            }
        }
        for (method, id, replaced) in done {
            if self.take_out(&replaced).is_some() {
                self.record(EventKind::MethodReplaced { method, id, replaced });
            }
        }
    }

    fn end_flows(&mut self, is_over: impl Fn(&Flow) -> bool, ended: FlowEnd) {
        let over: Vec<Flow> = self.account.flows.extract_if(.., |flow| is_over(flow)).collect();
        over.iter().for_each(|flow| self.end_flow(flow, ended));
    }

    /// Records the end of a flow that has been removed from the account.
    pub(super) fn end_flow(&mut self, flow: &Flow, ended: FlowEnd) {
        let write = self.account.write.take_if(|write| write.flow == flow.number);
        let unsettled = write.is_some();
        if let Some(write) = write.filter(|write| write.state == WriteState::Writing) {
            // No flow is left to learn the outcome, so the owner is notified that the write may
            // have happened.
            self.release(write.number);
            self.record(EventKind::DirectoryWriteUnsettled {
                flow: flow.number,
                purpose: flow.purpose,
                write: write.number,
            });
        }
        if flow.done.is_none() {
            let stage = if unsettled { FlowStage::Writing } else { flow.stage() };
            let (flow, purpose) = (flow.number, flow.purpose);
            self.record(EventKind::FlowEnded { flow, purpose, stage, ended });
        }
    }

    /// Makes the messages that wait for this write due now. A sign-in during the write may have
    /// used the old password, so sessions are revoked up to now.
    pub(super) fn release(&mut self, write: WriteNumber) {
        let now = self.now;
        for pending in self.account.outbox.iter_mut().filter(|pending| pending.write == Some(write))
        {
            pending.due = pending.due.min(now);
            pending.write = None;
            if let PendingBody::Revoke { authenticated_before, .. } = &mut pending.body {
                *authenticated_before = now;
            }
        }
    }

    /// Voids everything outstanding except the flow `acting`.
    pub(super) fn void_others(&mut self, acting: Option<FlowNumber>) {
        self.void_but(acting, &[]);
    }

    /// Voids everything outstanding except the flows named here: `acting` loses its challenges,
    /// `continuing` keep theirs.
    pub(super) fn void_but(&mut self, acting: Option<FlowNumber>, continuing: &[FlowNumber]) {
        let epoch = self.account.epoch.advance();
        let stays = |flow: &Flow| Some(flow.number) == acting || continuing.contains(&flow.number);
        self.end_flows(|flow| !stays(flow), FlowEnd::Superseded);
        for flow in &mut self.account.flows {
            flow.epoch = epoch;
            if Some(flow.number) != acting {
                continue;
            }
            flow.challenges.clear();
            flow.repeat = None;
        }
        self.drop_dead_messages();
    }

    /// Ends one flow.
    pub(super) fn drop_flow(&mut self, number: FlowNumber, ended: FlowEnd) {
        if let Some(place) = self.account.flows.iter().position(|flow| flow.number == number) {
            let flow = self.account.flows.remove(place);
            self.end_flow(&flow, ended);
            self.drop_dead_messages();
        }
    }

    /// Removes codes that expired after failed tries to send them, and records that they were not
    /// sent.
    fn give_up_codes(&mut self) {
        let now = self.now;
        let is_dead =
            |pending: &Pending| pending.is_code() && pending.tries > 0 && now >= pending.not_after;
        let outbox = self.account.outbox.iter();
        let failed: Vec<EventKind> = outbox
            .filter(|pending| is_dead(pending))
            .filter_map(|pending| {
                let (kind, channel) = self.account.kind_of(&pending.body)?;
                Some(pending.failed(kind, channel, true))
            })
            .collect();
        if !failed.is_empty() {
            self.account.outbox.retain(|pending| !is_dead(pending));
            self.events.extend(failed);
        }
    }

    /// Removes expired messages, and codes whose challenge is no longer open.
    fn drop_dead_messages(&mut self) {
        let (now, mut failed) = (self.now, Vec::new());
        let flows = &self.account.flows;
        self.account.outbox.retain(|pending| {
            if let PendingBody::Code { flow: flow_number, challenge: challenge_number, .. } =
                &pending.body
            {
                // A code whose challenge was superseded, proven or ended is useless.
                let is_wanted = |challenge: &Challenge| {
                    challenge.number == *challenge_number && challenge.live(now)
                };
                let flow = flows.iter().find(|flow| flow.number == *flow_number);
                return flow.is_some_and(|flow| flow.challenges.iter().any(is_wanted));
            }
            let dead = pending.is_dead(now);
            if dead {
                failed.extend(message_failed(pending));
            }
            !dead
        });
        self.events.extend(failed);
    }

    /// Distrusts the record's timestamps, which are ahead of this engine's clock: either they come
    /// from a clock that was far ahead, or this clock has stepped back. Codes and grants become
    /// void; windows, locks and holds start again at full length.
    pub(super) fn void_future_stamps(&mut self) {
        let now = self.now;
        let horizon = now.plus(MAX_SKEW);
        self.restart_budgets(horizon);
        self.account.help_at = self.account.help_at.map(|at| at.min(now));
        let repudiated = &mut self.account.repudiated;
        for at in [&mut repudiated.blocked_since, &mut repudiated.through].into_iter().flatten() {
            *at = (*at).min(now);
        }
        let acts = &mut self.account.acts;
        let told = self.account.told.iter_mut().flat_map(|told| &mut told.times);
        let counted = acts.user.iter_mut().chain(&mut acts.administrators);
        for at in counted.chain(&mut acts.refused).chain(told) {
            *at = (*at).min(now);
        }
        for act in &mut self.account.registration.acts {
            *act = (*act).min(now);
        }
        let seen = self.account.seen;
        let registration = &mut self.account.registration;
        registration.sittings.clear();
        registration.required_since = registration.required_since.map(|at| at.min(now));
        // The days that have passed stay passed: a clock that steps back gives none of them back.
        registration.prompted_at = registration.prompted_at.map(|at| now.minus(seen.since(at)));
        for method in self.account.methods.iter_mut() {
            method.confirmed_at = method.confirmed_at.map(|at| at.min(now));
            if method.added_at > horizon {
                let hold = method.usable_from.since(method.added_at);
                method.added_at = now;
                method.usable_from = now.plus(hold);
            }
        }
        // Messages that wait for a write become due when the write is settled.
        for pending in self.account.outbox.iter_mut().filter(|pending| pending.write.is_none()) {
            pending.due = pending.due.min(now);
            pending.claimed_until = None;
        }
        if let Some(write) = &mut self.account.write
            && write.started_at > horizon
        {
            write.deadline = now;
        }
        let writing = self.account.write.as_ref().map(|write| write.flow);
        self.drop_flows(writing);
    }

    /// Starts windows and locks again that begin after the horizon.
    fn restart_budgets(&mut self, horizon: Timestamp) {
        let (now, lock) = (self.now, self.policy.failures.lock);
        for budget in &mut self.account.budgets {
            budget.anonymous.restart_after(horizon, now, lock);
            budget.proven.restart_after(horizon, now, lock);
            for verdict in &mut budget.verdicts {
                verdict.at = verdict.at.min(now);
            }
        }
        let policy = self.policy;
        for state in &mut self.account.throttles {
            let lock = policy.throttle(state.act).map_or(lock, |throttle| throttle.lock);
            state.anonymous.restart_after(horizon, now, lock);
            state.proven.restart_after(horizon, now, lock);
        }
        for sends in [&mut self.account.sends, &mut self.account.in_hand] {
            for sent in sends.anonymous.iter_mut().chain(&mut sends.proven) {
                sent.at = sent.at.min(now);
            }
        }
    }

    /// Ends every flow except this one.
    pub(crate) fn drop_flows(&mut self, but: Option<FlowNumber>) {
        let all: Vec<FlowNumber> = self.account.flows.iter().map(|flow| flow.number).collect();
        for number in all.into_iter().filter(|number| Some(*number) != but) {
            self.drop_flow(number, FlowEnd::Superseded);
        }
    }
}

/// The event for an expired message. None for a code: `give_up_codes` records those that failed.
fn message_failed(pending: &Pending) -> Option<EventKind> {
    match &pending.body {
        PendingBody::Code { .. } => None,
        PendingBody::Revoke { write, .. } => Some(EventKind::SessionsKept { write: *write }),
        PendingBody::Notice { notice, channel, .. } => {
            Some(pending.failed(notice.id(), *channel, true))
        }
        // It expired before addresses were found for it.
        PendingBody::Announce { notice } | PendingBody::Administrators { notice, .. } => {
            Some(pending.failed(notice.id(), Channel::Email, true))
        }
    }
}

impl Pending {
    /// The event for a message that is given up.
    pub(super) fn failed(&self, kind: &str, channel: Channel, expired: bool) -> EventKind {
        let (message, kind) = (self.number, kind.to_owned());
        EventKind::MessageFailed { message, kind, channel, expired }
    }
}

impl Flow {
    /// Whether the flow has expired. The flow of a write in flight is kept until the write's
    /// deadline.
    pub(super) fn is_over(&self, now: Timestamp, writing: Option<FlowNumber>) -> bool {
        now >= self.expires_at && writing != Some(self.number)
    }
}

impl Account {
    /// The flow whose directory write is in flight.
    pub(super) fn writing_flow(&self) -> Option<FlowNumber> {
        let in_flight = self.write.as_ref().filter(|write| write.state == WriteState::Writing);
        in_flight.map(|write| write.flow)
    }

    /// Whether the record was stamped by a clock so far ahead of `now`, a believed time, that its
    /// stamp cannot be believed.
    pub(crate) fn is_stamped_ahead(&self, now: Timestamp) -> bool {
        self.seen.since(now) > SLACK
    }

    /// When maintenance next has work on the account.
    pub(crate) fn wake_at(&self) -> Option<Timestamp> {
        let messages = self.outbox.iter().map(Pending::wake_at);
        let writing = self.writing_flow();
        let flows = self
            .flows
            .iter()
            .filter(|flow| Some(flow.number) != writing)
            .map(|flow| flow.expires_at);
        let in_flight = self.write.iter().filter(|write| write.state == WriteState::Writing);
        let deadline = in_flight.map(|write| write.deadline);
        let verdicts = self.budgets.iter().flat_map(|budget| &budget.verdicts).map(Verdict::due);
        let replacing =
            self.methods.iter().filter(|method| method.active() && method.replaces.is_some());
        let replaced = replacing.map(|method| method.usable_from);
        let unwritten = self.unwritten.iter().map(|batch| batch.at);
        let passing = messages.chain(flows).chain(deadline).chain(verdicts).chain(replaced);
        let watched = self.watched.iter().map(|code| code.ends_at);
        passing.chain(unwritten).chain(watched).min()
    }

    /// When the record may be purged; `None` while it holds something that must be kept.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        let idle = self.flows.is_empty()
            && self.outbox.is_empty()
            && self.write.is_none()
            && self.unwritten.is_empty()
            && self.watched.is_empty()
            && self.budgets.iter().all(|budget| budget.verdicts.is_empty());
        // The count of failures in a row never decays, and an epoch must not restart at zero.
        let kept = self.user.is_some()
            && !self.forgotten
            && (!self.methods.is_empty()
                || self.epoch > CredentialEpoch::default()
                || self.registration.completed_at.is_some()
                || self.registration.required_since.is_some()
                || self.repudiated.is_blocked()
                || self.budgets.iter().any(|budget| budget.consecutive > 0 || budget.disabled));
        (idle && !kept).then(|| self.seen.plus(IDLE_LIFE))
    }
}

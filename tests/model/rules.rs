//! The rules of the reference: correct secrets, compared secrets, voided flows, allowed writes.

use std::collections::BTreeSet;

use sspr::testing::SoftToken;
use sspr::{MethodKind, Timestamp};

use crate::model::{
    ATTEMPTS, Answer, BUDGET, Challenge, Method, Model, OPEN_RUN, Purpose, RUN, SKEW,
};

/// The code that an app shows, this many time steps from now.
pub(crate) fn app_code(token: &SoftToken, now: i64, steps: i64) -> String {
    token.code(Timestamp::from_unix_seconds(now + 30 * steps))
}

impl Model {
    pub(crate) fn event(&mut self, code: &'static str) {
        *self.events.entry(code).or_default() += 1;
    }

    pub(crate) fn tell(&mut self, notice: &'static str, addresses: BTreeSet<String>) {
        for address in addresses {
            *self.notices.entry((notice, address)).or_default() += 1;
        }
    }

    /// The directory has a new password of this user.
    pub(crate) fn changed(&mut self, user: usize, password: &str) {
        let account = &mut self.users[user];
        account.stamp += 1;
        account.changed_at = Some(self.latest);
        password.clone_into(&mut account.password);
    }

    /// Whether a password was set since the link of this invitation was sent, as the directory dates it.
    /// Its clock may be behind.
    pub(crate) fn is_worthless(&self, index: usize) -> bool {
        let flow = &self.flows[index];
        let account = &self.users[flow.user.unwrap_or(0)];
        let touched = flow.stamp != Some(account.stamp);
        let changed = match account.changed_at {
            Some(at) => at >= flow.started || (touched && at + SKEW >= flow.started),
            None => touched,
        };
        flow.is_invitation() && changed
    }

    pub(crate) fn required_of(&self, user: usize) -> u8 {
        if self.users[user].administrator { 2 } else { self.required }
    }

    pub(crate) fn eligible(&self, user: usize) -> bool {
        self.users[user].kinds(self.now).len() >= usize::from(self.required_of(user))
    }

    /// The method that this option asks for, for this flow.
    pub(crate) fn answer(&self, flow: usize, kind: MethodKind) -> Option<&Method> {
        let user = &self.users[self.flows[flow].user?];
        user.kinds(self.now).contains(&kind).then(|| user.usable(kind, self.now)).flatten()
    }

    /// The time step of a correct code (zero for other secrets), or none for a wrong secret.
    pub(crate) fn right(&self, flow: usize, challenge: &Challenge, given: &Answer) -> Option<i64> {
        let user = &self.users[self.flows[flow].user?];
        let pending = self.flows[flow].confirms.as_ref().map(|flow| &flow.0);
        let method = |id: &String| {
            let active = user.methods.iter().find(|method| method.id == *id);
            active.or_else(|| pending.filter(|_| id == "pending"))
        };
        match (challenge.answer.as_ref()?, given) {
            (Answer::App(id), Answer::Text(typed)) => {
                let found = method(id)?;
                let token = found.token.as_ref()?;
                let step = self.now.div_euclid(30);
                let fits = |ago: &i64| app_code(token, self.now, -ago) == *typed;
                let fresh = |ago: &i64| found.used.is_none_or(|used| step - ago > used);
                (0..=1).filter(fits).find(fresh).map(|ago| step - ago)
            }
            (Answer::RecoveryCode(id), Answer::Text(typed)) => {
                method(id)?.codes.contains(typed).then_some(0)
            }
            (Answer::Questions(id), Answer::Answers(given)) => {
                let set = method(id)?.set.as_ref()?;
                let asked: BTreeSet<_> = set.asked.as_ref()?.iter().collect();
                let answered: BTreeSet<_> = given.iter().map(|(question, _)| question).collect();
                let right = given.iter().all(|(id, typed)| set.answers.get(id) == Some(typed));
                (right && asked == answered && given.len() == asked.len()).then_some(0)
            }
            (answer, given) => (answer == given).then_some(0),
        }
    }

    /// The comparisons of a new challenge that no other challenge can have reserved.
    pub(crate) fn certain(&self, flow: usize, kind: MethodKind, proven: bool) -> u8 {
        let Some(user) = self.flows[flow].user else { return 0 };
        let spent = self.users[user].failures(kind, proven, self.now);
        let run = self.users[user].run.get(&kind).copied().unwrap_or_default();
        // Failures at the sign-in count for this kind as well.
        let run = run + self.users[user].sign_ins;
        let promised = self.promised(user, kind);
        let left = BUDGET.saturating_sub(spent + promised);
        let most = if proven { RUN } else { OPEN_RUN };
        let left = left.min((most as usize).saturating_sub(run as usize + promised));
        // The challenge would not have been opened without one.
        u8::try_from(left).unwrap_or(u8::MAX).clamp(1, ATTEMPTS)
    }

    /// The most comparisons that live challenges of this kind may still make.
    pub(crate) fn promised(&self, user: usize, kind: MethodKind) -> usize {
        let flows = self.flows.iter().filter(|flow| flow.user == Some(user) && !flow.dead);
        let all = flows.flat_map(|flow| flow.challenges.iter().chain(&flow.last));
        let all = all.filter(|challenge| challenge.kind == kind && self.now < challenge.until);
        all.map(|challenge| usize::from(ATTEMPTS.saturating_sub(challenge.compared))).sum()
    }

    /// Whether a secret without a challenge is certainly compared.
    pub(crate) fn judged(&self, user: usize, kind: MethodKind) -> bool {
        let account = &self.users[user];
        let run = account.run.get(&kind).copied().unwrap_or_default() as usize;
        let spent = account.failures(kind, true, self.now);
        let promised = self.promised(user, kind);
        !account.shaken && spent + promised < BUDGET && run + promised < RUN as usize
    }

    /// Whether a code at the host's sign-in is certainly compared.
    pub(crate) fn judged_sign_in(&self, user: usize, kind: MethodKind) -> bool {
        let account = &self.users[user];
        let spent = account.failures(kind, true, self.now);
        !account.shaken && spent + self.promised(user, kind) < BUDGET && account.sign_ins < RUN
    }

    /// A new method replaces a pending one for the same address, for the replacement of the same
    /// method, or for the one app of this session.
    pub(crate) fn drop_pending(
        &mut self,
        user: usize,
        kind: MethodKind,
        to: Option<&String>,
        replaced: Option<&String>,
    ) {
        for flow in self.flows.iter_mut().filter(|flow| flow.user == Some(user)) {
            let same = flow.confirms.as_ref().is_some_and(|(pending, other)| {
                let replaces = replaced.is_some() && other.as_ref() == replaced;
                pending.kind == kind && (pending.to.as_ref() == to || replaces)
            });
            flow.dead |= same && !flow.done;
        }
    }

    /// Removes methods whose replacements have become usable.
    pub(crate) fn end_holds(&mut self) {
        let now = self.now;
        let mut gone = 0;
        for user in &mut self.users {
            let over = user.methods.iter_mut().filter(|method| method.usable_from <= now);
            let replaced: Vec<_> = over.filter_map(|method| method.replaces.take()).collect();
            let before = user.methods.len();
            user.methods.retain(|method| !replaced.contains(&method.id));
            gone += before - user.methods.len();
        }
        for _ in 0..gone {
            self.event("method_replaced");
        }
    }

    /// A reset drops the methods on hold, and their owner is notified.
    pub(crate) fn drop_held(&mut self, user: usize) {
        let now = self.now;
        let methods = &mut self.users[user].methods;
        let before = methods.len();
        methods.retain(|method| method.supplied || method.usable_from <= now);
        let dropped = before - methods.len();
        for _ in 0..dropped {
            let told = self.users[user].addresses();
            self.tell("notice.method_removed", told);
            self.event("method_removed");
        }
    }

    /// Voids everything outstanding, except the acting flow.
    pub(crate) fn void_others(&mut self, user: usize, acting: Option<usize>) {
        self.users[user].epoch += 1;
        let epoch = self.users[user].epoch;
        for (index, flow) in self.flows.iter_mut().enumerate() {
            if flow.user != Some(user) {
                continue;
            }
            if Some(index) == acting {
                flow.epoch = epoch;
                flow.challenges.clear();
                flow.last = None;
            } else {
                flow.dead |= !flow.done;
                flow.challenges.clear();
                flow.last = None;
            }
        }
        if self.users[user].unsettled != acting {
            self.users[user].unsettled = None;
        }
    }

    /// Whether the latest ticket may write a password now.
    pub(crate) fn may_complete(&self, index: usize) -> bool {
        let flow = &self.flows[index];
        let Some(user) = flow.user else { return false };
        let account = &self.users[user];
        let unsettled = account.unsettled == Some(index);
        let known = unsettled || flow.stamp == Some(account.stamp);
        let required = match flow.purpose {
            Purpose::Change => 1,
            _ => flow.required.max(self.required_of(user)),
        };
        let eligible = flow.purpose == Purpose::Change || self.eligible(user);
        flow.live(&self.users, self.now)
            && flow.granted_until.is_some_and(|until| self.now < until)
            && known
            && eligible
            && flow.proofs.len() >= usize::from(required)
    }
}

//! Runs commands on the engine and on the model, and compares after each.

use std::collections::BTreeMap;

use sspr::method::MethodId;
use sspr::policy::PoolKind;
use sspr::{
    Attempt, ChangeTicket, Error, Identifier, MethodKind, ResetTicket, SecretText, Step, Timestamp,
    UnlockTicket,
};

use crate::command::{Act, Command, How, Span};
use crate::model::{Answer, Checked, DAY, FLOW, Flow, GRANT, Model, Purpose, SKEW, Ticket};
use crate::support::{admin, request, tenant};
use crate::world::{NAMES, Sut, user};

/// The states that were reached, by name.
pub(crate) type Goals = BTreeMap<&'static str, u64>;

pub(crate) struct Run {
    pub(crate) sut: Sut,
    pub(crate) model: Model,
    pub(crate) goals: Goals,
    /// Secrets that were correct at some time.
    pub(crate) seen: Vec<Answer>,
    /// The comparisons that this engine and those before it had made at the last count.
    compared: u64,
    /// Those of the engines before the last restart.
    compared_earlier: u64,
    blocked: [Vec<(MethodKind, PoolKind, Timestamp)>; 2],
    /// The number of messages read from the inbox.
    read: usize,
}

/// The parts of a step that the model compares.
pub(crate) struct Answered {
    pub(crate) ticket: String,
    pub(crate) step: Step,
    pub(crate) page: Option<String>,
}

macro_rules! ensure {
    ($holds:expr, $($why:tt)+) => {
        if !$holds {
            return Err(format!($($why)+));
        }
    };
}
pub(crate) use ensure;

macro_rules! answered {
    ($reply:expr) => {
        $reply.map(|reply: sspr::Reply<_>| $crate::run::Answered {
            ticket: reply.ticket.expose_secret().to_owned(),
            step: reply.step,
            page: reply.page,
        })
    };
}
pub(crate) use answered;

impl Run {
    pub(crate) fn new((sut, model): (Sut, Model)) -> Self {
        let (goals, blocked) = Default::default();
        Self {
            sut,
            model,
            goals,
            seen: Vec::new(),
            compared: 0,
            compared_earlier: 0,
            blocked,
            read: 0,
        }
    }

    pub(crate) fn goal(&mut self, name: &'static str) {
        *self.goals.entry(name).or_default() += 1;
    }

    /// The comparisons since the last count. Each call that may compare is followed by a count.
    pub(crate) fn comparisons(&mut self) -> u64 {
        let all = self.compared_earlier + self.sut.engine.stats().comparisons;
        all - std::mem::replace(&mut self.compared, all)
    }

    pub(crate) async fn step(&mut self, command: Command) -> Checked {
        let before: Vec<_> = (0..2).map(|who| self.sut.written(who)).collect();
        match command {
            Command::Start { who, unlock } => self.start(usize::from(who) % 7, unlock).await,
            Command::Challenge { flow, option } => self.challenge(flow, option).await.map(drop),
            Command::Prove { flow, how } => self.prove(flow, how, false).await,
            Command::Gate { flow, option } => {
                self.challenge(flow, option).await?;
                self.prove(flow, How::Right, false).await
            }
            Command::Guess { flow, option } => {
                self.challenge(flow, option % 2).await?;
                for _ in 0..3 {
                    self.prove(flow, How::Wrong, false).await?;
                }
                Ok(())
            }
            Command::OldTicket { flow, how } => self.prove(flow, how, true).await,
            Command::Redeem { link, who } => self.redeem(link, who).await,
            Command::Complete { flow, with } => return self.complete(flow, with).await,
            Command::Cancel { flow } => self.cancel(flow).await,
            Command::View { flow } => self.view(flow).await,
            Command::StartChange { who, right } => {
                self.start_change(usize::from(who % 2), right).await
            }
            Command::SignIn { who, how } => self.sign_in(usize::from(who % 4 == 3), how).await,
            Command::Register { who, what } => self.register(usize::from(who % 4 == 3), what).await,
            Command::Remove { who, method } => self.remove(usize::from(who % 2), method).await,
            Command::Admin { who, act: Act::TemporaryPassword(with) } => {
                return self.temporary_password(usize::from(who % 2), with).await;
            }
            Command::Admin { who, act: Act::Invite } => self.invite(usize::from(who % 2)).await,
            Command::Admin { who, act: Act::RevokeInvitation } => {
                self.revoke_invitation(usize::from(who % 2)).await
            }
            Command::Admin { who, act } => self.administer(usize::from(who % 2), act).await,
            Command::Require(required) => self.require(required).await,
            Command::Maintain => {
                self.sut.deliver().await;
                Ok(())
            }
            Command::Advance(span) => self.advance(span).await,
            Command::Restart => {
                ensure!(self.comparisons() == 0, "a call compared that should not");
                self.compared_earlier = self.compared;
                self.sut.restart().await;
                Ok(())
            }
        }?;
        for (who, before) in before.into_iter().enumerate() {
            ensure!(self.sut.written(who) == before, "the directory was written to");
        }
        Ok(())
    }

    /// The flow that a command selects, usually the last one.
    pub(crate) fn pick(&self, byte: u8) -> Option<usize> {
        let flows = self.model.flows.iter().enumerate();
        let mut with_ticket = flows.filter(|(_, flow)| !flow.is_invitation());
        if byte < 200 {
            return with_ticket.next_back().map(|(index, _)| index);
        }
        let all = with_ticket.clone().count();
        with_ticket.nth(usize::from(byte).checked_rem(all)?).map(|(index, _)| index)
    }

    async fn start(&mut self, who: usize, unlock: bool) -> Checked {
        let who = [0, 0, 0, 0, 1, 1, 2][who];
        let name = Identifier::parse(NAMES[who]).expect("valid");
        let reply = if unlock {
            answered!(self.sut.engine.unlock().start(&request(), &name).await)
        } else {
            answered!(self.sut.engine.reset().start(&request(), &name).await)
        };
        let reply = reply.map_err(|error| format!("not started: {error}"))?;
        let eligible = who < 2 && self.model.eligible(who);
        let epoch = if eligible { self.model.users[who].epoch } else { 0 };
        let (user, now) = (eligible.then_some(who), self.model.now);
        let purpose = if unlock { Purpose::Unlock } else { Purpose::Reset };
        self.model.flows.push(Flow {
            tickets: vec![Ticket { text: reply.ticket, generation: 0, void: false }],
            ..Flow::begun(user, purpose, now, epoch)
        });
        Ok(())
    }

    /// The messages that have arrived since the last call.
    pub(crate) fn arrived(&mut self) -> Vec<sspr::adapters::memory::Delivered> {
        let all = self.sut.inbox.all();
        let new = all[self.read..].to_vec();
        self.read = all.len();
        new
    }

    async fn view(&mut self, flow: u8) -> Checked {
        let Some(index) = self.pick(flow) else { return Ok(()) };
        let flow = &self.model.flows[index];
        let ticket = flow.tickets.last().expect("issued").text.clone();
        let engine = &self.sut.engine;
        let reply = match flow.purpose {
            Purpose::Reset => {
                let ticket = ResetTicket::parse(&ticket).expect("ours");
                answered!(engine.reset().view(&request(), &ticket).await)
            }
            Purpose::Unlock => {
                let ticket = UnlockTicket::parse(&ticket).expect("ours");
                answered!(engine.unlock().view(&request(), &ticket).await)
            }
            Purpose::Change => {
                let ticket = ChangeTicket::parse(&ticket).expect("ours");
                answered!(engine.change().view(&request(), &ticket).await)
            }
            Purpose::Register => return Ok(()),
        };
        let granted = flow.granted_until.is_some_and(|until| self.model.now < until)
            && flow.live(&self.model.users, self.model.now);
        let shows = reply.as_ref().is_ok_and(|reply| {
            matches!(reply.step, Step::NewPassword { .. } | Step::ConfirmUnlock { .. })
        });
        ensure!(!shows || granted, "a grant is shown that is none");
        ensure!(shows || !granted || flow.shaken, "a grant is not shown");
        Ok(())
    }

    async fn advance(&mut self, span: Span) -> Checked {
        let seconds = match span {
            Span::HalfStep => 15,
            Span::Minute => 61,
            Span::Minutes(n) => 60 * i64::from(n),
            Span::Hour => 3_600,
            Span::Day => DAY,
            Span::HourBack => -3_600,
        };
        // No message may wait longer than a notice lives.
        self.sut.deliver().await;
        self.model.now += seconds;
        let now = self.model.now;
        self.sut.clock.set(Timestamp::from_unix_seconds(now));
        self.model.latest = self.model.latest.max(now);
        self.sut.directory_clock.set(Timestamp::from_unix_seconds(self.model.latest));
        self.model.end_holds();
        if seconds < 0 {
            for user in &mut self.model.users {
                user.shaken = true;
                // Windows restart at full length.
                user.wrong.iter_mut().for_each(|failure| failure.2 = failure.2.min(now));
            }
            self.model.flows.iter_mut().for_each(|flow| flow.shaken = true);
            self.take_up().await?;
            self.blocked = Default::default();
            self.goal("the clock stepped back");
        }
        Ok(())
    }

    /// Lets the engine load each record, so that the model knows when it detects the clock step:
    /// holds of methods from the future restart.
    async fn take_up(&mut self) -> Checked {
        let none = MethodId::parse("m9999").expect("valid");
        let now = self.model.now;
        for who in 0..2 {
            let signed_in = self.sut.signed_in(who);
            let registration = self.sut.engine.registration();
            let gone = registration.remove(&request(), &signed_in, &none).await;
            ensure!(code_of(&gone) == "not_found", "a method that is not there");
            for method in &mut self.model.users[who].methods {
                if method.added > now + SKEW {
                    let hold = method.usable_from - method.added;
                    (method.added, method.usable_from) = (now, now + hold);
                }
            }
        }
        Ok(())
    }

    /// Checks that the administrator's view of spent budgets only ages.
    pub(crate) async fn check_blocked(&mut self, who: usize) -> Checked {
        let (tenant, root) = (tenant(), admin());
        let seen = self.sut.engine.admin(&tenant, &root).explain(&user(who)).await;
        let seen = seen.map_err(|error| format!("not explained: {error}"))?;
        let now = Timestamp::from_unix_seconds(self.model.now);
        let found = |method, pool| {
            let mut all = seen.blocked.iter().filter(|entry| entry.method == method);
            all.find(|entry| entry.pool.is_none() || entry.pool == Some(pool))
        };
        for (method, pool, until) in &self.blocked[who] {
            let still = found(*method, *pool);
            let aged = *until <= now;
            let kept = still.is_some_and(|entry| entry.until.is_none_or(|at| at >= *until));
            ensure!(aged || kept, "the spent {method} budget has come back early");
        }
        let with_end = seen.blocked.iter().filter_map(|entry| {
            // A full window opens by its oldest entry: only locks have entry end.
            Some((entry.method, entry.pool?, entry.until?))
        });
        self.blocked[who] = with_end.collect();
        if !self.blocked[who].is_empty() {
            self.goal("a budget was spent");
        }
        Ok(())
    }

    pub(crate) fn forget_blocked(&mut self, who: usize, kind: Option<MethodKind>) {
        self.blocked[who].retain(|entry| kind.is_some_and(|kind| entry.0 != kind));
    }
}

pub(crate) fn code_of<T>(result: &Result<T, Error>) -> &'static str {
    match result {
        Ok(_) => "accepted",
        Err(Error::Refused(refusal)) => refusal.code(),
        Err(Error::Invalid(_)) => "invalid",
        Err(_) => "fault",
    }
}

pub(crate) fn attempt(given: &Answer) -> Attempt {
    match given {
        Answer::Text(text)
        | Answer::App(text)
        | Answer::RecoveryCode(text)
        | Answer::Questions(text) => Attempt::code(text).expect("well formed"),
        Answer::Answers(answers) => {
            let given = answers.iter().map(|(id, answer)| (id.clone(), answer.as_str().into()));
            Attempt::answers(given).expect("well formed")
        }
        Answer::Link(url) => Attempt::link(url).expect("well formed"),
        Answer::Response(text) => {
            Attempt::response(SecretText::from(text.as_str())).expect("bounded")
        }
    }
}

pub(crate) const fn granted_until(now: i64, started: i64) -> i64 {
    if now + GRANT < started + FLOW { now + GRANT } else { started + FLOW }
}

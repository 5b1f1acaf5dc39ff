//! Runs commands on the engine and on the model, and compares after each.

use std::collections::BTreeMap;

use sspr::{
    Attempt, ChangeTicket, Error, Identifier, MethodKind, PoolKind, ResetTicket, SecretText,
    Selection, Step, Timestamp, UnlockTicket,
};

use crate::command::{Command, How, Span};
use crate::model::{
    Answer, CODE, Challenge, Checked, DAY, FLOW, Flow, GRANT, Model, Purpose, Ticket, app_code,
};
use crate::support::{admin, other_than, request, tenant};
use crate::world::{NAMES, Sut, user};

/// What has happened, by name.
pub(crate) type Goals = BTreeMap<&'static str, u64>;

pub(crate) struct Run {
    pub(crate) sut: Sut,
    pub(crate) model: Model,
    pub(crate) goals: Goals,
    /// Secrets that were right for something once.
    pub(crate) seen: Vec<Answer>,
    /// Comparisons and silent openings of engines that were restarted.
    pub(crate) compared: u64,
    blocked: [Vec<(MethodKind, PoolKind, Timestamp)>; 2],
    /// Messages of the inbox that were looked at.
    read: usize,
}

/// What a step answers that matters here.
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
        Self { sut, model, goals, seen: Vec::new(), compared: 0, blocked, read: 0 }
    }

    pub(crate) fn goal(&mut self, name: &'static str) {
        *self.goals.entry(name).or_default() += 1;
    }

    pub(crate) fn comparisons(&self) -> u64 {
        self.compared + self.sut.engine.stats().comparisons
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
            Command::Admin { who, act } => self.administer(usize::from(who % 2), act).await,
            Command::Require(required) => self.require(required).await,
            Command::Maintain => {
                self.sut.deliver().await;
                Ok(())
            }
            Command::Advance(span) => self.advance(span).await,
            Command::Restart => {
                self.compared = self.comparisons();
                self.sut.restart().await;
                Ok(())
            }
        }?;
        for (who, before) in before.into_iter().enumerate() {
            ensure!(self.sut.written(who) == before, "the directory was written to");
        }
        Ok(())
    }

    /// The flow that a command names: most often the last one.
    pub(crate) fn pick(&self, byte: u8) -> Option<usize> {
        let all = self.model.flows.len();
        let last = all.checked_sub(1)?;
        Some(if byte < 200 { last } else { usize::from(byte) % all })
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
        self.model.flows.push(Flow {
            user: eligible.then_some(who),
            purpose: if unlock { Purpose::Unlock } else { Purpose::Reset },
            started: self.model.now,
            epoch,
            stamp: None,
            required: 0,
            generation: 0,
            tickets: vec![Ticket { text: reply.ticket, generation: 0, void: false }],
            challenges: Vec::new(),
            proofs: Default::default(),
            last: None,
            granted_until: None,
            rejections: 0,
            done: false,
            dead: false,
            shaken: false,
            confirms: None,
        });
        Ok(())
    }

    /// Messages that have arrived since this was last asked.
    pub(crate) fn arrived(&mut self) -> Vec<sspr::adapters::memory::Delivered> {
        let all = self.sut.inbox.all();
        let new = all[self.read..].to_vec();
        self.read = all.len();
        new
    }

    async fn challenge(&mut self, flow: u8, option: u8) -> Checked<bool> {
        let Some(index) = self.pick(flow) else { return Ok(false) };
        self.sut.deliver().await;
        let _ = self.arrived();
        let flow = &self.model.flows[index];
        if matches!(flow.purpose, Purpose::Change | Purpose::Register) {
            return Ok(false);
        }
        let options = [
            ("email.email.0", MethodKind::Email),
            ("mobile_phone.sms.0", MethodKind::MobilePhone),
            ("authenticator_app.in_hand.0", MethodKind::AuthenticatorApp),
            ("saved_code.in_hand.0", MethodKind::SavedCode),
            ("passkey.in_hand.0", MethodKind::Passkey),
            ("email.link.0", MethodKind::Email),
        ];
        let any = option >= 200;
        let left = options.iter().filter(|one| any || !flow.proofs.contains(&one.1));
        let left: Vec<_> = left.copied().collect();
        let (text, kind) = left[usize::from(option) % left.len()];
        let ticket = flow.tickets.last().expect("issued").text.clone();
        let selection = Selection::parse(text).expect("an option");
        let silenced = self.sut.engine.stats().silenced;
        let engine = &self.sut.engine;
        let reply = if flow.purpose == Purpose::Unlock {
            let ticket = UnlockTicket::parse(&ticket).expect("ours");
            answered!(engine.unlock().challenge(&request(), &ticket, &selection).await)
        } else {
            let ticket = ResetTicket::parse(&ticket).expect("ours");
            answered!(engine.reset().challenge(&request(), &ticket, &selection).await)
        };
        let opened = self.sut.engine.stats().silenced == silenced;
        self.sut.deliver().await;
        let arrived = self.arrived();
        let secrets: Vec<_> =
            arrived.iter().filter(|one| one.code().or(one.link()).is_some()).collect();
        let Ok(reply) = reply else {
            ensure!(secrets.is_empty(), "a refused challenge was sent");
            return Ok(false);
        };
        let now = self.model.now;
        let flow = &self.model.flows[index];
        if flow.proofs.is_empty() {
            let generation = flow.generation;
            let ticket = Ticket { text: reply.ticket.clone(), generation, void: false };
            self.model.flows[index].tickets.push(ticket);
        }
        if !opened {
            ensure!(secrets.is_empty(), "a silent challenge was sent");
            self.goal("a challenge was silent");
            return Ok(false);
        }
        self.model.event("challenge_opened");
        let flow = &self.model.flows[index];
        ensure!(flow.live(&self.model.users, now), "a dead flow was challenged");
        ensure!(!flow.proofs.contains(&kind), "a proven method was challenged");
        let eligible = flow.user.is_some_and(|user| self.model.eligible(user));
        let found = self.model.answer(index, kind).filter(|_| eligible);
        let found = found.map(|one| (one.id.clone(), one.to.clone()));
        let answer = match (kind, found) {
            (MethodKind::Passkey, _) => {
                let has = flow.user == Some(0) && eligible;
                let page = reply.page.clone().unwrap_or_default();
                let response = || self.sut.passkey.response(&user(0), &page);
                has.then(|| Answer::Response(response().expose_secret().to_owned()))
            }
            (_, None) => None,
            (MethodKind::AuthenticatorApp, Some((id, _))) => Some(Answer::App(id)),
            (MethodKind::SavedCode, Some((id, _))) => Some(Answer::Saved(id)),
            (_, Some((_, to))) => {
                ensure!(secrets.len() == 1, "{} messages for one challenge", secrets.len());
                let to = to.unwrap_or_default();
                let reached = self.sut.inbox.messages_to(&to);
                let here = reached.last().map(|one| &one.idempotency_key);
                let key = Some(&secrets[0].idempotency_key);
                ensure!(here == key, "sent to another address than {to}");
                let code = secrets[0].code().map(|code| Answer::Text(code.to_owned()));
                let link = |url: &str| Answer::Link(url.to_owned());
                code.or_else(|| secrets[0].link().map(link))
            }
        };
        let sent = matches!(answer, Some(Answer::Text(_) | Answer::Link(_)));
        ensure!(sent || secrets.is_empty(), "sent though nothing was to be sent");
        let proven_pool = flow.proven_pool();
        let life = match text {
            "email.link.0" => 1_800,
            _ if kind == MethodKind::Email || kind == MethodKind::MobilePhone => CODE,
            _ => FLOW,
        };
        let until = (now + life).min(flow.started + FLOW);
        let required = match flow.user {
            Some(user) => self.model.required_of(user),
            None => 1,
        };
        let stamp = flow.user.map(|user| self.model.users[user].stamp);
        self.model.flows[index].challenges.retain(|one| one.kind != kind);
        let certain = self.model.certain(index, kind, proven_pool);
        if let Some(answer) = &answer {
            self.seen.push(answer.clone());
        }
        let flow = &mut self.model.flows[index];
        flow.required = flow.required.max(required);
        flow.granted_until = None;
        flow.stamp = flow.stamp.or(stamp);
        let (option, compared) = (text.to_owned(), 0);
        flow.challenges.push(Challenge {
            kind,
            option,
            answer,
            until,
            compared,
            certain,
            proven_pool,
        });
        Ok(true)
    }

    /// The secret to give to this challenge.
    pub(crate) fn secret(&mut self, index: usize, challenge: &Challenge, how: How) -> Answer {
        let right = match &challenge.answer {
            Some(Answer::App(id)) => {
                let ago = i64::from(how == How::Late);
                Answer::Text(self.app_code_of(index, id, ago))
            }
            Some(Answer::Saved(id)) => {
                let user = &self.model.users[self.model.flows[index].user.unwrap_or(0)];
                let set = user.methods.iter().find(|one| one.id == *id);
                let code = set.and_then(|set| set.codes.first()).cloned();
                Answer::Text(code.unwrap_or_else(|| "BCDF".repeat(7)))
            }
            Some(answer) => answer.clone(),
            None if challenge.kind == MethodKind::Passkey => Answer::Response("yes".to_owned()),
            None if challenge.option.contains("link") => Answer::Link("A".repeat(43)),
            None => Answer::Text("12345678".to_owned()),
        };
        match (how, &right) {
            (How::Seen(ago), _) => {
                let same = std::mem::discriminant(&right);
                let fits = self.seen.iter().filter(|one| std::mem::discriminant(*one) == same);
                let fits: Vec<_> = fits.rev_nth(usize::from(ago));
                fits.first().map_or(right, |one| (*one).clone())
            }
            (How::Wrong, Answer::Text(text)) => Answer::Text(other_than(text)),
            (How::Wrong, Answer::Link(_)) => Answer::Link("A".repeat(43)),
            (How::Wrong, _) => Answer::Response("no".to_owned()),
            _ => right,
        }
    }

    pub(crate) fn app_code_of(&self, index: usize, id: &str, ago: i64) -> String {
        let flow = &self.model.flows[index];
        let user = &self.model.users[flow.user.unwrap_or(0)];
        let pending = flow.confirms.as_ref().map(|one| &one.0).filter(|_| id == "pending");
        let method = user.methods.iter().find(|one| one.id == id).or(pending);
        let token = method.and_then(|one| one.token.as_ref());
        token.map_or("123456".to_owned(), |token| app_code(token, self.model.now, -ago))
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
        // Nothing waits for longer than a notice lives.
        self.sut.deliver().await;
        self.model.now += seconds;
        let now = self.model.now;
        self.sut.clock.set(Timestamp::from_unix_seconds(now));
        if seconds < 0 {
            for user in &mut self.model.users {
                user.shaken = true;
                // Windows start again, at full length.
                user.wrong.iter_mut().for_each(|one| one.2 = one.2.min(now));
            }
            self.model.flows.iter_mut().for_each(|flow| flow.shaken = true);
            self.blocked = Default::default();
            self.goal("the clock stepped back");
        }
        Ok(())
    }

    /// What the administrator sees of spent budgets only ages.
    pub(crate) async fn check_blocked(&mut self, who: usize) -> Checked {
        let (tenant, root) = (tenant(), admin());
        let seen = self.sut.engine.admin(&tenant, &root).explain(&user(who)).await;
        let seen = seen.map_err(|error| format!("not explained: {error}"))?;
        let now = Timestamp::from_unix_seconds(self.model.now);
        let found = |method, pool| {
            let mut all = seen.blocked.iter().filter(|one| one.method == method);
            all.find(|one| one.pool.is_none() || one.pool == Some(pool))
        };
        for (method, pool, until) in &self.blocked[who] {
            let still = found(*method, *pool);
            let aged = *until <= now;
            let kept = still.is_some_and(|one| one.until.is_none_or(|at| at >= *until));
            ensure!(aged || kept, "the spent {method} budget has come back early");
        }
        let with_end = seen.blocked.iter().filter_map(|one| {
            // A full window opens by its oldest entry: only locks have one end.
            Some((one.method, one.pool?, one.until?))
        });
        self.blocked[who] = with_end.collect();
        if !self.blocked[who].is_empty() {
            self.goal("a budget was spent");
        }
        Ok(())
    }

    pub(crate) fn forget_blocked(&mut self, who: usize, kind: Option<MethodKind>) {
        self.blocked[who].retain(|one| kind.is_some_and(|kind| one.0 != kind));
    }
}

trait RevNth<'a> {
    fn rev_nth(self, ago: usize) -> Vec<&'a Answer>;
}

impl<'a, I: Iterator<Item = &'a Answer>> RevNth<'a> for I {
    fn rev_nth(self, ago: usize) -> Vec<&'a Answer> {
        let all: Vec<_> = self.collect();
        let place = all.len().checked_sub(1 + ago % all.len().max(1));
        place.map(|place| all[place]).into_iter().collect()
    }
}

/// Whether this is a refusal, and not a fault.
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
        Answer::Text(text) | Answer::App(text) | Answer::Saved(text) => {
            Attempt::code(text).expect("well formed")
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

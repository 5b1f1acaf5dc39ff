//! Proofs: to a challenge, without the flow's ticket, without a challenge.

use sspr::method::QuestionId;
use sspr::{Identifier, MethodKind, RegistrationTicket, ResetTicket, Step, UnlockTicket};

use crate::command::How;
use crate::model::{ATTEMPTS, Answer, Challenge, Checked, FLOW, Purpose};
use crate::run::{Answered, Run, answered, attempt, code_of, ensure, granted_until};
use crate::support::{World, request};
use crate::world::NAMES;

impl Run {
    pub(crate) async fn prove(&mut self, flow: u8, how: How, old: bool) -> Checked {
        let Some(index) = self.pick(flow) else { return Ok(()) };
        let flow = &self.model.flows[index];
        let all = flow.tickets.len();
        let place = if old { usize::from(flow.generation) % all } else { all - 1 };
        let (ticket, void) = (flow.tickets[place].text.clone(), flow.tickets[place].void);
        let generation = flow.tickets[place].generation;
        let before = generation + 1 == flow.generation && !void;
        let current = generation == flow.generation && !void;
        // With no open challenge the reply is repeated, without a second proof.
        let spent = !before && flow.challenges.is_empty();
        let given_before = before || spent;
        if !given_before {
            self.read_questions(index).await?;
        }
        let flow = &self.model.flows[index];
        let challenge = if given_before { &flow.last } else { &flow.challenges.last().cloned() };
        let challenge = challenge.clone();
        let Some(challenge) = challenge else { return Ok(()) };
        let given = self.secret(index, &challenge, how);
        let result = self.ask(index, &ticket, &given, &challenge).await?;
        let compared = self.comparisons();
        ensure!(compared <= 1, "{compared} comparisons for one try");
        let flow = &self.model.flows[index];
        let live = current && !spent && flow.live(&self.model.users, self.model.now);
        let live = live && self.model.now < challenge.until;
        // A change outside the engine voids confirmations.
        let changed = flow.purpose == Purpose::Register
            && flow.user.is_some_and(|who| flow.stamp != Some(self.model.users[who].stamp));
        let live = live && !changed;
        let right = self.model.right(index, &challenge, &given);
        let (user, shaken) = (flow.user, flow.shaken);
        if before {
            return self.repeated(index, &given, compared, result.is_ok());
        }
        ensure!(compared == 0 || live, "compared with what is not live");
        self.count(compared);
        let shaken = shaken || user.is_some_and(|user| self.model.users[user].shaken);
        if let Some(own) = self.model.flows[index].challenges.last_mut() {
            own.compared += u8::try_from(compared).unwrap_or(u8::MAX);
            own.certain = own.certain.saturating_sub(1);
            ensure!(own.compared <= ATTEMPTS, "compared more often than a code allows");
        }
        match result {
            Ok(answered) => {
                ensure!(live && compared == 1, "accepted without a live challenge");
                let step = right.ok_or("a wrong secret was accepted")?;
                ensure!(user.is_some(), "an unknown user has proven a method");
                self.proven(index, challenge, step, &given, answered).await
            }
            Err(code) => {
                ensure!(code == "not_accepted" || code == "busy", "refused as {code}");
                let must = live && right.is_some() && challenge.certain > 0 && !shaken;
                ensure!(!must, "a right secret with attempts left was refused");
                if matches!(how, How::Seen(_)) && live {
                    self.goal("a replay was refused");
                }
                if compared == 0 {
                    return Ok(());
                }
                let Some(who) = user else { return Ok(()) };
                let (kind, pool) = (challenge.kind, challenge.proven_pool);
                let register = self.model.flows[index].purpose == Purpose::Register;
                self.model.users[who].failed(kind, pool, register, self.model.now)?;
                self.check_blocked(who).await
            }
        }
    }

    /// Reads the questions on the page of a flow, if it asks some.
    async fn read_questions(&mut self, index: usize) -> Checked {
        let flow = &self.model.flows[index];
        let kind = MethodKind::SecurityQuestions;
        if flow.challenges.last().is_none_or(|challenge| challenge.kind != kind) {
            return Ok(());
        }
        let ticket = flow.tickets.last().expect("issued").text.clone();
        let engine = &self.sut.engine;
        let view = if flow.purpose == Purpose::Unlock {
            let ticket = UnlockTicket::parse(&ticket).expect("ours");
            answered!(engine.unlock().view(&request(), &ticket).await)
        } else {
            let ticket = ResetTicket::parse(&ticket).expect("ours");
            answered!(engine.reset().view(&request(), &ticket).await)
        };
        let asked = view.map(|view| World::questions(&view.step)).unwrap_or_default();
        self.see_questions(index, asked)
    }

    /// Takes note of the questions that a reply asks for the last challenge of a flow. There are none if
    /// the page is that of a later challenge, which a spent budget suppressed.
    pub(crate) fn see_questions(&mut self, index: usize, asked: Vec<QuestionId>) -> Checked {
        if asked.is_empty() {
            return Ok(());
        }
        let flow = &mut self.model.flows[index];
        let live = flow.live(&self.model.users, self.model.now);
        let challenge = flow.challenges.last_mut().expect("one is open");
        challenge.asked.clone_from(&asked);
        let (Some(Answer::Questions(id)), Some(who), true) = (&challenge.answer, flow.user, live)
        else {
            return Ok(());
        };
        let methods = &mut self.model.users[who].methods;
        let set =
            methods.iter_mut().find(|method| method.id == *id).and_then(|own| own.set.as_mut());
        let Some(set) = set else { return Ok(()) };
        let others = set.asked.is_none() && set.answered.is_some();
        set.see(&asked)?;
        if others {
            self.goal("other questions were asked after right answers");
        }
        Ok(())
    }

    async fn ask(
        &self,
        index: usize,
        ticket: &str,
        given: &Answer,
        challenge: &Challenge,
    ) -> Checked<Result<Option<Answered>, &'static str>> {
        let flow = &self.model.flows[index];
        let engine = &self.sut.engine;
        let mut attempt = attempt(given);
        if !challenge.option.is_empty() {
            attempt = attempt.answering(challenge.option.parse().expect("an option"));
        }
        let result = match flow.purpose {
            Purpose::Reset => {
                let ticket = ResetTicket::parse(ticket).expect("ours");
                answered!(engine.reset().prove(&request(), &ticket, &attempt).await).map(Some)
            }
            Purpose::Unlock => {
                let ticket = UnlockTicket::parse(ticket).expect("ours");
                answered!(engine.unlock().prove(&request(), &ticket, &attempt).await).map(Some)
            }
            Purpose::Register => {
                let ticket = RegistrationTicket::parse(ticket).expect("ours");
                let signed_in = self.sut.signed_in(flow.user.unwrap_or(0));
                let registration = engine.registration();
                registration.confirm(&request(), &signed_in, &ticket, &attempt).await.map(|_| None)
            }
            Purpose::Change => return Ok(Err("not_accepted")),
        };
        let code = code_of(&result);
        ensure!(code != "fault" && code != "invalid", "an error instead of an answer: {code}");
        Ok(result.map_err(|_| code))
    }

    pub(crate) fn count(&mut self, compared: u64) {
        *self.model.events.entry("compared").or_default() += compared;
    }

    /// The previous ticket with its correct secret gets the same reply, without another proof.
    fn repeated(&mut self, index: usize, given: &Answer, compared: u64, accepted: bool) -> Checked {
        self.count(compared);
        let flow = &mut self.model.flows[index];
        let challenge = flow.last.clone().ok_or("a repetition of nothing")?;
        let same = flow.last_given.as_ref() == Some(given);
        ensure!(!accepted || same, "another secret was accepted with the ticket before");
        if let Some(last) = &mut flow.last {
            last.compared += u8::try_from(compared).unwrap_or(u8::MAX);
            ensure!(last.compared <= ATTEMPTS, "repeated more often than a code allows");
        }
        let register = flow.purpose == Purpose::Register;
        let live = self.model.now < flow.started + FLOW;
        ensure!(!accepted || live, "a repetition in a dead flow");
        let Some(who) = flow.user else { return Ok(()) };
        if accepted {
            self.model.users[who].run.insert(challenge.kind, 0);
            if !register {
                self.model.event("proof_repeated");
            }
            self.goal("a proof was repeated");
        } else if compared == 1 {
            let (kind, pool, now) = (challenge.kind, challenge.proven_pool, self.model.now);
            self.model.users[who].failed(kind, pool, register, now)?;
        }
        Ok(())
    }

    /// Records a proof in the model, and checks the reply against it.
    async fn proven(
        &mut self,
        index: usize,
        challenge: Challenge,
        step: i64,
        given: &Answer,
        answered: Option<Answered>,
    ) -> Checked {
        let now = self.model.now;
        let who = self.model.flows[index].user.unwrap_or(0);
        self.seen.push(given.clone());
        let account = &mut self.model.users[who];
        account.run.insert(challenge.kind, 0);
        let pending = self.model.flows[index].confirms.as_mut().map(|(pending, _)| pending);
        match (&challenge.answer, given) {
            (Some(Answer::App(id)), _) => {
                let own = account.methods.iter_mut().find(|method| method.id == *id);
                if let Some(method) = own.or(pending) {
                    method.used = Some(step);
                }
                self.model.event("oath_step_used");
            }
            (Some(Answer::RecoveryCode(id)), Answer::Text(typed)) => {
                let own = account.methods.iter_mut().find(|method| method.id == *id);
                if let Some(method) = own {
                    method.codes.retain(|code| code != typed);
                }
                let told = account.addresses();
                self.model.tell("notice.recovery_code_used", told);
                self.model.event("recovery_code_used");
            }
            (Some(Answer::Questions(id)), _) => {
                let own = account.methods.iter_mut().find(|method| method.id == *id);
                if let Some(set) = own.and_then(|method| method.set.as_mut()) {
                    set.answered = set.asked.take();
                }
                self.goal("questions were answered");
            }
            _ => {}
        }
        let Some(answered) = answered else { return self.confirmed(index, challenge, given).await };
        self.model.event("method_proven");
        let flow = &mut self.model.flows[index];
        ensure!(flow.proofs.insert(challenge.kind), "one method was proven twice");
        flow.challenges.retain(|open| open.kind != challenge.kind);
        flow.last = Some(challenge);
        flow.last_given = Some(given.clone());
        flow.earned(answered.ticket);
        let enough = flow.proofs.len() >= usize::from(flow.required);
        if enough {
            flow.granted_until = Some(granted_until(now, flow.started));
            flow.challenges.clear();
        }
        let (proofs, purpose) = (flow.proofs.len(), flow.purpose);
        let shows = match answered.step {
            Step::NewPassword { .. } => purpose == Purpose::Reset,
            Step::ConfirmUnlock { .. } => purpose == Purpose::Unlock,
            _ => false,
        };
        ensure!(shows == enough, "{proofs} proofs, and the next step is {:?}", answered.step);
        if enough && proofs > 1 {
            self.goal("two methods earned a grant");
        }
        Ok(())
    }

    pub(crate) async fn redeem(&mut self, link: u8, who: u8) -> Checked {
        let links = self.seen.iter().filter_map(|answer| match answer {
            Answer::Link(url) => Some(url.clone()),
            _ => None,
        });
        let links: Vec<String> = links.collect();
        if links.is_empty() {
            return Ok(());
        }
        let place = links.len() - 1 - usize::from(link / 64) % links.len();
        let given = Answer::Link(links[place].clone());
        let owner = self.model.flows.iter().find(|flow| {
            let all = flow.challenges.iter().chain(&flow.last);
            all.into_iter().any(|challenge| challenge.answer.as_ref() == Some(&given))
        });
        let owner = owner.and_then(|flow| flow.user).unwrap_or(0);
        let named = if who < 200 { owner } else { usize::from(who) % 3 };
        let name = Identifier::parse(NAMES[named]).expect("valid");
        let engine = &self.sut.engine;
        let found = self.model.flows.iter().position(|flow| {
            flow.user == Some(named)
                && flow.proofs.is_empty()
                && flow.challenges.iter().any(|challenge| challenge.answer.as_ref() == Some(&given))
        });
        let unlock = found.is_some_and(|at| self.model.flows[at].purpose == Purpose::Unlock);
        let result = if unlock {
            answered!(engine.unlock().redeem_link(&request(), &name, &attempt(&given)).await)
        } else {
            answered!(engine.reset().redeem_link(&request(), &name, &attempt(&given)).await)
        };
        let code = code_of(&result);
        let compared = self.comparisons();
        self.count(compared);
        let Some(index) = found else {
            // A link works once.
            ensure!(result.is_err() && compared == 0, "a dead link was compared");
            return Ok(());
        };
        let flow = &self.model.flows[index];
        let challenge =
            flow.challenges.iter().find(|challenge| challenge.answer.as_ref() == Some(&given));
        let challenge = challenge.cloned().expect("found");
        let live = flow.live(&self.model.users, self.model.now);
        let live = live && self.model.now < challenge.until && !self.model.is_worthless(index);
        let Ok(answered) = result else {
            ensure!(code == "not_accepted" || code == "busy", "a link was refused as {code}");
            let must = live && challenge.certain > 0 && !flow.shaken;
            ensure!(!must || self.model.users[named].shaken, "a live link was refused");
            return Ok(());
        };
        ensure!(live && compared == 1, "a dead link was redeemed");
        let flow = &mut self.model.flows[index];
        if flow.is_invitation() {
            // The flow begins now, with the account as it is now.
            (flow.started, flow.stamp) = (self.model.now, Some(self.model.users[named].stamp));
            self.goal("an invitation was redeemed");
        }
        for ticket in &mut self.model.flows[index].tickets {
            ticket.void = true;
        }
        self.model.event("link_redeemed_elsewhere");
        self.goal("a link was redeemed elsewhere");
        self.proven(index, challenge, 0, &given, Some(answered)).await
    }
}

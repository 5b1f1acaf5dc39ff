//! Challenges: opening, messages and expected secrets.

use sspr::method::QuestionId;
use sspr::{MethodKind, ResetTicket, Selection, UnlockTicket};

use crate::command::How;
use crate::model::{Answer, CODE, Challenge, Checked, FLOW, Purpose, Ticket};
use crate::rules::app_code;
use crate::run::{Run, answered, ensure};
use crate::support::{World, other_than, request};
use crate::world::user;

impl Run {
    pub(crate) async fn challenge(&mut self, flow: u8, option: u8) -> Checked<bool> {
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
            ("recovery_code.in_hand.0", MethodKind::RecoveryCode),
            ("passkey.in_hand.0", MethodKind::Passkey),
            ("email.link.0", MethodKind::Email),
        ];
        let any = option >= 200;
        let left = options.iter().filter(|option| any || !flow.proofs.contains(&option.1));
        let left: Vec<_> = left.copied().collect();
        let asks = ("security_questions.in_hand.0", MethodKind::SecurityQuestions);
        let questions = (170..200).contains(&option) && !flow.proofs.contains(&asks.1);
        let (text, kind) = if questions { asks } else { left[usize::from(option) % left.len()] };
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
            arrived.iter().filter(|message| message.code().or(message.link()).is_some()).collect();
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
        let found = found.map(|method| (method.id.clone(), method.to.clone()));
        let answer = match (kind, found) {
            (MethodKind::Passkey, _) => {
                let has = flow.user == Some(0) && eligible;
                let page = reply.page.clone().unwrap_or_default();
                let response = || self.sut.passkey.response(&user(0), &page);
                has.then(|| Answer::Response(response().expose_secret().to_owned()))
            }
            (_, None) => None,
            (MethodKind::AuthenticatorApp, Some((id, _))) => Some(Answer::App(id)),
            (MethodKind::RecoveryCode, Some((id, _))) => Some(Answer::RecoveryCode(id)),
            (MethodKind::SecurityQuestions, Some((id, _))) => Some(Answer::Questions(id)),
            (_, Some((_, to))) => {
                ensure!(secrets.len() == 1, "{} messages for one challenge", secrets.len());
                let to = to.unwrap_or_default();
                let reached = self.sut.inbox.messages_to(&to);
                let here = reached.last().map(|message| &message.idempotency_key);
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
        self.model.flows[index].challenges.retain(|challenge| challenge.kind != kind);
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
            asked: Vec::new(),
            until,
            compared,
            certain,
            proven_pool,
        });
        self.see_questions(index, World::questions(&reply.step))?;
        Ok(true)
    }

    /// The secret that a command gives to this challenge.
    pub(crate) fn secret(&mut self, index: usize, challenge: &Challenge, how: How) -> Answer {
        let right = match &challenge.answer {
            Some(Answer::App(id)) => {
                let ago = i64::from(how == How::Late);
                Answer::Text(self.app_code_of(index, id, ago))
            }
            Some(Answer::RecoveryCode(id)) => {
                let user = &self.model.users[self.model.flows[index].user.unwrap_or(0)];
                let set = user.methods.iter().find(|method| method.id == *id);
                let code = set.and_then(|set| set.codes.first()).cloned();
                Answer::Text(code.unwrap_or_else(|| "BCDF".repeat(7)))
            }
            Some(Answer::Questions(id)) => {
                let user = &self.model.users[self.model.flows[index].user.unwrap_or(0)];
                let set = user.methods.iter().find(|method| method.id == *id);
                let set = set.and_then(|method| method.set.as_ref());
                let answer = |id| set.and_then(|set| set.answers.get(id)).cloned();
                let answers = challenge.asked.iter();
                answers_to(answers.map(|id| (id.clone(), answer(id).unwrap_or_default())))
            }
            Some(answer) => answer.clone(),
            None if challenge.kind == MethodKind::SecurityQuestions => {
                answers_to(challenge.asked.iter().map(|id| (id.clone(), "unknown".to_owned())))
            }
            None if challenge.kind == MethodKind::Passkey => Answer::Response("yes".to_owned()),
            None if challenge.option.contains("link") => Answer::Link("A".repeat(43)),
            None => Answer::Text("12345678".to_owned()),
        };
        match (how, &right) {
            (How::Seen(ago), _) => {
                let same = std::mem::discriminant(&right);
                let fits =
                    self.seen.iter().filter(|answer| std::mem::discriminant(*answer) == same);
                let fits: Vec<_> = fits.collect();
                let place = fits.len().checked_sub(1 + usize::from(ago) % fits.len().max(1));
                place.map_or(right, |place| fits[place].clone())
            }
            (How::Wrong, Answer::Text(text)) => Answer::Text(other_than(text)),
            (How::Wrong, Answer::Link(_)) => Answer::Link("A".repeat(43)),
            (How::Wrong, Answer::Answers(answers)) => {
                let mut answers = answers.clone();
                answers[0].1.push('s');
                Answer::Answers(answers)
            }
            (How::Wrong, _) => Answer::Response("no".to_owned()),
            _ => right,
        }
    }

    pub(crate) fn app_code_of(&self, index: usize, id: &str, ago: i64) -> String {
        let flow = &self.model.flows[index];
        let user = &self.model.users[flow.user.unwrap_or(0)];
        let pending =
            flow.confirms.as_ref().map(|confirmed| &confirmed.0).filter(|_| id == "pending");
        let method = user.methods.iter().find(|method| method.id == id).or(pending);
        let token = method.and_then(|method| method.token.as_ref());
        token.map_or("123456".to_owned(), |token| app_code(token, self.model.now, -ago))
    }
}

/// These answers; without questions, one to a question that no set has.
fn answers_to(answers: impl Iterator<Item = (QuestionId, String)>) -> Answer {
    let mut answers: Vec<_> = answers.collect();
    if answers.is_empty() {
        answers.push((QuestionId::parse("none").expect("an id"), "none".to_owned()));
    }
    Answer::Answers(answers)
}

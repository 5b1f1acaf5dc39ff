//! Registration, administrators, the policy.

use std::collections::BTreeSet;
use std::sync::Arc;

use sspr::MethodKind;
use sspr::method::{
    MethodId, NewAuthenticator, OathParameters, Provenance, QuestionId, QuestionTopic,
};
use sspr::testing::SoftToken;

use crate::command::What;
use crate::model::{
    Answer, CODE, Challenge, Checked, FLOW, Flow, HOLD, Method, Purpose, QuestionSet, Ticket,
};
use crate::run::{Run, code_of, ensure};
use crate::support::request;
use crate::world::{email, mobile};

impl Run {
    pub(crate) async fn register(&mut self, who: usize, what: What) -> Checked {
        let (signed_in, request) = (self.sut.signed_in(who), request());
        let engine = self.sut.engine.clone();
        let registration = engine.registration();
        self.sut.deliver().await;
        let _ = self.arrived();
        let account = &self.model.users[who];
        let confirmed = |kind| {
            account.methods.iter().find(move |method| method.kind == kind && !method.supplied)
        };
        let (mut replaced, mut token) = (None, None);
        let (kind, to, reply) = match what {
            What::RecoveryCodes => return self.recovery_codes(who).await,
            What::Questions(n) => return self.questions(who, n).await,
            What::Email(n) => {
                let to = format!("new{}@private.example", n % 3);
                let reply = registration.add(&request, &signed_in, &email(&to)).await;
                (MethodKind::Email, Some(to), reply)
            }
            What::Mobile(n) => {
                let to = format!("+1425555020{}", n % 3);
                let reply = registration.add(&request, &signed_in, &mobile(&to)).await;
                (MethodKind::MobilePhone, Some(to), reply)
            }
            What::ReplaceEmail(n) => {
                let Some(old) = confirmed(MethodKind::Email) else { return Ok(()) };
                let to = format!("other{}@private.example", n % 3);
                replaced = Some(old.id.clone());
                let id = MethodId::parse(&old.id).expect("valid");
                let new = email(&to);
                let reply = registration.replace(&request, &signed_in, &id, &new).await;
                (MethodKind::Email, Some(to), reply)
            }
            What::App => {
                let app = NewAuthenticator::new("Contoso", "ada");
                let enrolled = registration.enrol_authenticator(&request, &signed_in, &app).await;
                let reply = enrolled.map(|enrolled| {
                    let seed = enrolled.seed.expose_secret();
                    let made = SoftToken::new(seed, OathParameters::default()).expect("a seed");
                    token = Some(Arc::new(made));
                    enrolled.reply
                });
                (MethodKind::AuthenticatorApp, None, reply)
            }
        };
        self.sut.deliver().await;
        let arrived = self.arrived();
        let code = code_of(&reply);
        let Ok(reply) = reply else {
            ensure!(code != "fault" && arrived.is_empty(), "not registered: {code}");
            return Ok(());
        };
        self.model.event("method_added");
        self.model.event("challenge_opened");
        let answer = if to.is_some() {
            let code =
                arrived.last().and_then(|message| message.code()).ok_or("no code was sent")?;
            ensure!(arrived.len() == 1, "more than a code was sent");
            Answer::Text(code.to_owned())
        } else {
            Answer::App("pending".to_owned())
        };
        self.seen.push(answer.clone());
        self.model.drop_pending(who, kind, to.as_ref(), replaced.as_ref());
        let now = self.model.now;
        let method = Method {
            id: "pending".to_owned(),
            kind,
            to,
            supplied: false,
            added: now,
            usable_from: now,
            replaces: None,
            token,
            used: None,
            codes: Vec::new(),
            set: None,
        };
        let life = if answer == Answer::App("pending".to_owned()) { FLOW } else { CODE };
        self.model.flows.push(Flow {
            stamp: Some(self.model.users[who].stamp),
            required: 1,
            tickets: vec![Ticket {
                text: reply.ticket.expose_secret().to_owned(),
                generation: 0,
                void: false,
            }],
            confirms: Some((method, replaced)),
            ..Flow::begun(Some(who), Purpose::Register, now, self.model.users[who].epoch)
        });
        let index = self.model.flows.len() - 1;
        let certain = self.model.certain(index, kind, true);
        self.model.flows[index].challenges.push(Challenge {
            kind,
            option: String::new(),
            answer: Some(answer),
            asked: Vec::new(),
            until: now + life,
            compared: 0,
            certain,
            proven_pool: true,
        });
        Ok(())
    }

    /// Activates the pending method of a flow.
    pub(crate) async fn confirmed(
        &mut self,
        index: usize,
        challenge: Challenge,
        given: &Answer,
    ) -> Checked {
        let flow = &mut self.model.flows[index];
        let who = flow.user.unwrap_or(0);
        let (mut method, replaced) = flow.confirms.take().ok_or("nothing was to be confirmed")?;
        let hold = if method.to.is_some() { HOLD } else { 0 };
        method.usable_from = self.model.now + hold;
        let kind = method.kind;
        let told_before = self.model.users[who].addresses();
        let there = |one: &Method| Some(&one.id) == replaced.as_ref();
        let replaces = self.model.users[who].methods.iter().any(there);
        method.replaces = replaced.filter(|_| replaces);
        self.model.users[who].methods.push(method);
        let notice = if replaces { "notice.method_replaced" } else { "notice.method_added" };
        self.model.tell(notice, told_before);
        // The method that it replaces is removed at the end of the hold.
        if !replaces || hold > 0 {
            self.model.event("method_confirmed");
        }
        self.model.end_holds();
        self.forget_blocked(who, Some(kind));
        self.model.void_others(who, Some(index));
        let flow = &mut self.model.flows[index];
        (flow.done, flow.last) = (true, Some(challenge));
        flow.last_given = Some(given.clone());
        flow.generation += 1;
        self.goal("a method was confirmed");
        self.compare_methods(who).await
    }

    /// Compares the engine's list of active methods with the model's.
    pub(crate) async fn compare_methods(&mut self, who: usize) -> Checked {
        let signed_in = self.sut.signed_in(who);
        let listed = self.sut.engine.registration().list(&request(), &signed_in).await;
        let listed = listed.map_err(|error| format!("not listed: {error}"))?;
        let active: Vec<_> = listed.iter().filter(|method| method.active).collect();
        let methods = &mut self.model.users[who].methods;
        ensure!(active.len() == methods.len(), "{} methods, not {}", active.len(), methods.len());
        for view in active {
            let own = methods.iter_mut().find(|own| {
                let supplied = view.provenance == Provenance::Administrator;
                let same = own.id == view.id.as_str();
                let new = ["pending", "supplied"].contains(&own.id.as_str());
                let to = view.destination.as_ref().map(|to| to.normalised());
                let reached = own.to.is_none() == to.is_none();
                same || (new && own.kind == view.kind && own.supplied == supplied && reached)
            });
            let own = own.ok_or("a method that is not registered")?;
            own.id = view.id.as_str().to_owned();
        }
        // Takes over the engine's order, since the first method is offered first.
        let place = |id: &str| listed.iter().position(|method| method.id.as_str() == id);
        methods.sort_by_key(|own| place(&own.id));
        Ok(())
    }

    async fn recovery_codes(&mut self, who: usize) -> Checked {
        let (signed_in, request) = (self.sut.signed_in(who), request());
        let engine = self.sut.engine.clone();
        let registration = engine.registration();
        let Ok(set) = registration.create_recovery_codes(&request, &signed_in).await else {
            ensure!(who == 1, "no recovery codes were made");
            return Ok(());
        };
        self.model.event("method_added");
        let told = self.model.users[who].addresses();
        let done = registration.acknowledge_recovery_codes(&request, &signed_in, &set.id).await;
        let code = code_of(&done);
        if done.is_err() {
            ensure!(code == "busy", "recovery codes were refused as {code}");
            return Ok(());
        }
        let kind = MethodKind::RecoveryCode;
        let mut method = self.in_hand(kind, &set.id);
        method.codes = set.codes.iter().map(|code| code.expose_secret().to_owned()).collect();
        self.one_of_a_kind(who, method, told).await
    }

    /// Puts a whole set of questions.
    async fn questions(&mut self, who: usize, n: u8) -> Checked {
        let (signed_in, request) = (self.sut.signed_in(who), request());
        let kind = MethodKind::SecurityQuestions;
        let chosen = QuestionTopic::ALL.into_iter().skip(usize::from(n % 30)).take(5);
        let chosen: Vec<_> = chosen.map(QuestionId::from).collect();
        let set = QuestionSet::of(&chosen, &format!("{n} for"));
        let answers = set.answers.iter().map(|(id, answer)| (id.clone(), answer.as_str().into()));
        let answers: Vec<_> = answers.collect();
        let told = self.model.users[who].addresses();
        let registration = self.sut.engine.registration();
        let put = registration.set_security_questions(&request, &signed_in, &answers).await;
        let code = code_of(&put);
        let Ok(view) = put else {
            let refused = if who == 1 { "not_offered" } else { "busy" };
            ensure!(code == refused, "questions were refused as {code}");
            return Ok(());
        };
        ensure!(who == 0, "an administrator has questions");
        self.model.event("method_added");
        self.goal("a set of questions was put");
        let method = Method { set: Some(set), ..self.in_hand(kind, &view.id) };
        self.one_of_a_kind(who, method, told).await
    }

    /// A method without an address that is usable at once.
    fn in_hand(&self, kind: MethodKind, id: &MethodId) -> Method {
        Method {
            id: id.as_str().to_owned(),
            kind,
            to: None,
            supplied: false,
            added: self.model.now,
            usable_from: self.model.now,
            replaces: None,
            token: None,
            used: None,
            codes: Vec::new(),
            set: None,
        }
    }

    /// A method of which an account has one was added, or has replaced the one before.
    async fn one_of_a_kind(
        &mut self,
        who: usize,
        method: Method,
        told: BTreeSet<String>,
    ) -> Checked {
        let kind = method.kind;
        let user = &mut self.model.users[who];
        user.run.insert(kind, 0);
        let before = user.methods.len();
        user.methods.retain(|method| method.kind != kind);
        let gone = user.methods.len() < before;
        user.methods.push(method);
        let (notice, event) = if gone {
            ("notice.method_replaced", "method_replaced")
        } else {
            ("notice.method_added", "method_confirmed")
        };
        self.model.tell(notice, told);
        self.model.event(event);
        self.forget_blocked(who, Some(kind));
        self.model.void_others(who, None);
        self.compare_methods(who).await
    }

    pub(crate) async fn remove(&mut self, who: usize, method: u8) -> Checked {
        let methods = &self.model.users[who].methods;
        if methods.is_empty() {
            return Ok(());
        }
        let id = methods[usize::from(method) % methods.len()].id.clone();
        let told = self.model.users[who].addresses();
        let signed_in = self.sut.signed_in(who);
        let method = MethodId::parse(&id).expect("valid");
        let registration = self.sut.engine.registration();
        let removed = registration.remove(&request(), &signed_in, &method).await;
        let code = code_of(&removed);
        if removed.is_err() {
            ensure!(code == "busy", "not removed: {code}");
            return Ok(());
        }
        self.model.users[who].methods.retain(|method| method.id != id);
        self.model.tell("notice.method_removed", told);
        self.model.event("method_removed");
        self.model.void_others(who, None);
        self.compare_methods(who).await
    }
}

//! The reference model: what the engine may do and must do, in whole seconds. It shares no decision
//! with the engine.
//!
//! If an exact number does not matter, it keeps bounds: accepted secrets must be allowed here, and
//! correct, live secrets within the lower bound must be accepted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sspr::MethodKind;
use sspr::method::QuestionId;
use sspr::testing::SoftToken;

pub(crate) const ATTEMPTS: u8 = 3;
pub(crate) const BUDGET: usize = 4;
pub(crate) const RUN: u32 = 8;
/// The part of these for the anonymous pool; a fifth is reserved for the proven pool.
pub(crate) const OPEN_RUN: u32 = 7;
pub(crate) const FLOW: i64 = 900;
pub(crate) const GRANT: i64 = 600;
pub(crate) const CODE: i64 = 600;
pub(crate) const DAY: i64 = 86_400;
/// The allowed difference of clocks.
pub(crate) const SKEW: i64 = 30;
pub(crate) const HOLD: i64 = 3_600;
/// How long the link of an invitation lives.
pub(crate) const INVITATION: i64 = 7 * DAY;

/// Why a sequence contradicts the model.
pub(crate) type Checked<T = ()> = Result<T, String>;

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Purpose {
    Reset,
    Unlock,
    Change,
    Register,
}

#[derive(Clone)]
pub(crate) struct Method {
    pub(crate) id: String,
    pub(crate) kind: MethodKind,
    pub(crate) to: Option<String>,
    pub(crate) supplied: bool,
    pub(crate) added: i64,
    pub(crate) usable_from: i64,
    /// The id of the method that is removed once this one is usable.
    pub(crate) replaces: Option<String>,
    pub(crate) token: Option<Arc<SoftToken>>,
    pub(crate) used: Option<i64>,
    pub(crate) codes: Vec<String>,
    pub(crate) set: Option<QuestionSet>,
}

/// A set of security questions.
#[derive(Clone)]
pub(crate) struct QuestionSet {
    pub(crate) answers: BTreeMap<QuestionId, String>,
    /// The questions that are asked until they are answered; none before they were seen.
    pub(crate) asked: Option<Vec<QuestionId>>,
    /// Those that were answered last.
    pub(crate) answered: Option<Vec<QuestionId>>,
}

impl QuestionSet {
    pub(crate) fn of(questions: &[QuestionId], style: &str) -> Self {
        let answers = questions.iter().map(|id| (id.clone(), format!("{style} {id}")));
        Self { answers: answers.collect(), asked: None, answered: None }
    }

    /// Takes note of the questions on a page. They stay until they were answered, and then are
    /// others.
    pub(crate) fn see(&mut self, asked: &[QuestionId]) -> Checked {
        if !asked.iter().all(|id| self.answers.contains_key(id)) {
            return Err(format!("asked what is not registered: {asked:?}"));
        }
        let same =
            |other: &Vec<QuestionId>| BTreeSet::from_iter(other) == BTreeSet::from_iter(asked);
        if self.asked.as_ref().is_some_and(|before| !same(before)) {
            return Err("the questions have changed before they were answered".to_owned());
        }
        if self.asked.is_none() && self.answered.as_ref().is_some_and(same) {
            return Err("the questions that were answered are asked again".to_owned());
        }
        self.asked = Some(asked.to_vec());
        Ok(())
    }
}

#[derive(Clone, Default)]
pub(crate) struct User {
    pub(crate) primary: String,
    pub(crate) administrator: bool,
    pub(crate) passkey: bool,
    pub(crate) password: String,
    pub(crate) methods: Vec<Method>,
    /// Grows whenever everything outstanding is voided.
    pub(crate) epoch: u32,
    /// Grows with each change of the account in the directory.
    pub(crate) stamp: u32,
    /// When the directory has dated the last password.
    pub(crate) changed_at: Option<i64>,
    /// Wrong secrets: kind, whether of the proven pool, time.
    pub(crate) wrong: Vec<(MethodKind, bool, i64)>,
    /// Wrong secrets in a row, except those of registrations.
    pub(crate) run: BTreeMap<MethodKind, u32>,
    /// Wrong codes in a row at the host's sign-in, which are a run of their own.
    pub(crate) sign_ins: u32,
    /// The flow with an unsettled write.
    pub(crate) unsettled: Option<usize>,
    /// Whether the clock has stepped back, so that lower bounds do not hold.
    pub(crate) shaken: bool,
}

#[derive(Clone)]
pub(crate) struct Challenge {
    pub(crate) kind: MethodKind,
    pub(crate) option: String,
    /// The expected secret; none for a decoy.
    pub(crate) answer: Option<Answer>,
    /// The questions that the page has shown last.
    pub(crate) asked: Vec<QuestionId>,
    pub(crate) until: i64,
    pub(crate) compared: u8,
    /// The number of comparisons that are certainly left.
    pub(crate) certain: u8,
    pub(crate) proven_pool: bool,
}

#[derive(Clone, PartialEq)]
pub(crate) enum Answer {
    Text(String),
    Link(String),
    Response(String),
    App(String),
    RecoveryCode(String),
    /// The questions of this set.
    Questions(String),
    Answers(Vec<(QuestionId, String)>),
}

pub(crate) struct Ticket {
    pub(crate) text: String,
    pub(crate) generation: u8,
    pub(crate) void: bool,
}

pub(crate) struct Flow {
    pub(crate) user: Option<usize>,
    pub(crate) purpose: Purpose,
    pub(crate) started: i64,
    pub(crate) epoch: u32,
    pub(crate) stamp: Option<u32>,
    pub(crate) required: u8,
    pub(crate) generation: u8,
    /// None before the link of an invitation is redeemed.
    pub(crate) tickets: Vec<Ticket>,
    pub(crate) challenges: Vec<Challenge>,
    pub(crate) proofs: BTreeSet<MethodKind>,
    pub(crate) last: Option<Challenge>,
    /// The last correct secret, which may be repeated without being consumed.
    pub(crate) last_given: Option<Answer>,
    pub(crate) granted_until: Option<i64>,
    pub(crate) rejections: u8,
    pub(crate) done: bool,
    pub(crate) dead: bool,
    /// Whether the clock has stepped back since, so that the flow may have ended.
    pub(crate) shaken: bool,
    /// The method that it confirms, and the id of the method that this replaces.
    pub(crate) confirms: Option<(Method, Option<String>)>,
}

#[derive(Default)]
pub(crate) struct Model {
    pub(crate) now: i64,
    /// The time of the directory, whose clock never steps back.
    pub(crate) latest: i64,
    pub(crate) required: u8,
    pub(crate) users: Vec<User>,
    pub(crate) flows: Vec<Flow>,
    /// The notices that must arrive in the end, by kind and address.
    pub(crate) notices: BTreeMap<(&'static str, String), u32>,
    /// The events that must be recorded in the end.
    pub(crate) events: BTreeMap<&'static str, u64>,
}

impl User {
    /// The first usable method of a kind.
    pub(crate) fn usable(&self, kind: MethodKind, now: i64) -> Option<&Method> {
        let of_kind = |supplied| {
            let mut all = self.methods.iter();
            all.find(move |method| {
                method.kind == kind && method.supplied == supplied && method.usable_from <= now
            })
        };
        of_kind(false).or_else(|| of_kind(true))
    }

    pub(crate) fn kinds(&self, now: i64) -> BTreeSet<MethodKind> {
        let all = MethodKind::ALL.into_iter();
        all.filter(|kind| {
            let counts = !self.administrator || MethodKind::CONTACTS.contains(kind);
            let passkey = *kind == MethodKind::Passkey && self.passkey;
            counts && (passkey || self.usable(*kind, now).is_some())
        })
        .collect()
    }

    /// The addresses for notices: those of the record and of the directory.
    pub(crate) fn addresses(&self) -> BTreeSet<String> {
        let told = [MethodKind::Email, MethodKind::MobilePhone];
        let own = self.methods.iter().filter(|method| told.contains(&method.kind));
        let own = own.filter_map(|method| method.to.clone());
        own.chain([self.primary.clone()]).collect()
    }

    pub(crate) fn failures(&self, kind: MethodKind, proven: bool, now: i64) -> usize {
        let counted = self.wrong.iter().filter(|failure| failure.0 == kind && failure.1 == proven);
        counted.filter(|failure| now - failure.2 < DAY).count()
    }

    /// Records a wrong secret, and checks that no more are compared than the budgets allow.
    pub(crate) fn failed(
        &mut self,
        kind: MethodKind,
        proven: bool,
        register: bool,
        now: i64,
    ) -> Checked {
        self.wrong.push((kind, proven, now));
        let run = self.run.entry(kind).or_default();
        *run += u32::from(!register);
        if self.failures(kind, proven, now) > BUDGET {
            return Err(format!("more wrong {kind} secrets than the window allows"));
        }
        if self.run[&kind] > RUN {
            return Err(format!("more wrong {kind} secrets in a row than are allowed"));
        }
        Ok(())
    }
}

impl User {
    /// Records a wrong code at the sign-in, which strangers' failures do not close.
    pub(crate) fn failed_sign_in(&mut self, kind: MethodKind, now: i64) -> Checked {
        self.wrong.push((kind, true, now));
        self.sign_ins += 1;
        if self.failures(kind, true, now) > BUDGET {
            return Err(format!("more wrong {kind} codes than the window allows"));
        }
        if self.sign_ins > RUN {
            return Err(format!("more wrong {kind} codes in a row than a sign-in allows"));
        }
        Ok(())
    }
}

impl Flow {
    /// A flow that begins now, without a ticket, a challenge or a proof.
    pub(crate) fn begun(user: Option<usize>, purpose: Purpose, started: i64, epoch: u32) -> Self {
        Self {
            user,
            purpose,
            started,
            epoch,
            stamp: None,
            required: 0,
            generation: 0,
            tickets: Vec::new(),
            challenges: Vec::new(),
            proofs: BTreeSet::new(),
            last: None,
            last_given: None,
            granted_until: None,
            rejections: 0,
            done: false,
            dead: false,
            shaken: false,
            confirms: None,
        }
    }

    /// Whether this flow is live: neither expired nor voided.
    pub(crate) fn live(&self, users: &[User], now: i64) -> bool {
        let current = self.user.is_none_or(|user| users[user].epoch == self.epoch);
        let life = if self.is_invitation() { INVITATION } else { FLOW };
        !self.dead && !self.done && now < self.started + life && current
    }

    /// Whether an administrator has begun it, and its link is not redeemed.
    pub(crate) const fn is_invitation(&self) -> bool {
        self.tickets.is_empty()
    }

    pub(crate) fn proven_pool(&self) -> bool {
        matches!(self.purpose, Purpose::Change | Purpose::Register) || !self.proofs.is_empty()
    }

    pub(crate) fn earned(&mut self, ticket: String) {
        self.generation += 1;
        self.tickets.push(Ticket { text: ticket, generation: self.generation, void: false });
    }
}

//! Decoys: a fixed pool of records that stand in for names which no account has.
//!
//! Many names share one record. It stands for the name that used it last; to any other name it
//! looks like an account that was never touched. So a flood of unknown names spends only its own
//! budgets, and a single name under attack behaves like a single account under attack.

use std::collections::BTreeSet;

use super::{Transition, code_format, code_life};
use crate::domain::account::budget::PoolKind;
use crate::domain::account::{
    Account, Challenge, Decoy, Expected, Factor, Flow, Generation, Method, Provenance, QuestionSet,
    SourceHash, StoredAnswer, Unknown,
};
use crate::domain::crypto::ticket::TicketClaims;
use crate::domain::identity::contact::{Destination, EmailAddress, PhoneNumber};
use crate::domain::identity::ids::{MethodId, RecordKey, TenantId};
use crate::domain::method::{MethodKind, Verification};
use crate::domain::policy::Policy;
use crate::domain::time::Timestamp;
use crate::domain::trail::Head;

/// Methods in the body of a decoy: as many as most accounts have.
const SHOWN: usize = 2;

/// The name that a decoy is to stand for, and the claims of its ticket, if there is one.
#[derive(Clone, Debug)]
pub(crate) struct StandIn {
    pub(crate) identifier: [u8; 8],
    pub(crate) claim: Option<TicketClaims>,
    /// The key of challenges that [`Transition::put_back`] restores.
    pub(crate) key: u16,
}

/// The body of a decoy that no name has used, as the store would hold it. Reading it costs the same
/// as reading an untouched account under this policy.
pub(crate) fn decoy_body(policy: &Policy, now: Timestamp) -> Option<String> {
    let tenant = TenantId::parse("decoy").ok()?;
    let mut account = Account::blank(RecordKey::from_bytes([0; 32]), tenant, None, now);
    let mut methods = shape(&policy.user_gates().methods, now);
    methods.extend(question_set(policy, now));
    let unknown = Unknown::NONE;
    account.trail = Some(Head::UNUSED);
    account.decoy =
        Some(Box::new(Decoy { identifier: [0; 8], methods, taken_over: false, unknown }));
    serde_json::to_string(&account).ok()
}

/// A decoy for this name, with the methods of [`decoy_body`].
pub(crate) fn unused_decoy(
    body: &str,
    key: RecordKey,
    tenant: &TenantId,
    stand_in: &StandIn,
    now: Timestamp,
) -> Account {
    let blank = Account::blank(key, tenant.clone(), None, now);
    let template = serde_json::from_str::<Account>(body).ok();
    let methods = template.and_then(|account| account.decoy).map(|decoy| decoy.methods);
    blank.standing_for(stand_in.identifier, methods.unwrap_or_default(), false)
}

/// The decoy as this name finds it: `None` if `account` stands for the name already, otherwise one
/// that was never touched.
pub(crate) fn decoy_for(account: &Account, stand_in: &StandIn) -> Option<Account> {
    let decoy = account.decoy.as_ref();
    if decoy.is_some_and(|decoy| decoy.identifier == stand_in.identifier) {
        return None;
    }
    let mut fresh = Account::blank(account.key, account.tenant.clone(), None, account.seen);
    // The numbers of a record never repeat, whichever name it stands for.
    fresh.numbers = account.numbers;
    fresh.unwritten = account.unwritten.clone();
    fresh.trail = account.trail;
    fresh.unknown = account.unknown.clone();
    let methods = decoy.map(|decoy| decoy.methods.clone()).unwrap_or_default();
    Some(fresh.standing_for(stand_in.identifier, methods, true))
}

impl Account {
    fn standing_for(mut self, identifier: [u8; 8], methods: Vec<Method>, taken_over: bool) -> Self {
        let unknown = Unknown::NONE;
        self.decoy = Some(Box::new(Decoy { identifier, methods, taken_over, unknown }));
        self
    }
}

impl Transition<'_> {
    /// Restores the challenges that a ticket asked for, if another name has used the decoy
    /// meanwhile. An account would still have them, and each step on them would be a commit.
    pub(crate) fn put_back(&mut self, stand_in: &StandIn) {
        let taken_over = self.account.decoy.as_ref().is_some_and(|decoy| decoy.taken_over);
        let (Some(claim), true) = (&stand_in.claim, taken_over) else { return };
        let (now, policy) = (self.now, self.policy);
        let expires_at = claim.started_at.plus(policy.lifetimes.flow);
        if claim.asked.iter().all(Option::is_none)
            || now >= expires_at
            || claim.generation > Generation::default()
        {
            return;
        }
        let mut challenges = Vec::new();
        for asked in claim.asked.iter().flatten() {
            let mut format = code_format(policy, asked.option, false);
            format.length = asked.length;
            challenges.push(Challenge {
                number: self.account.numbers.challenge.advance(),
                option: asked.option,
                key: stand_in.key,
                nonce: [0; 12],
                format,
                opened_at: asked.at,
                expires_at: asked
                    .at
                    .plus(code_life(policy, asked.option.channel()))
                    .min(expires_at),
                attempts: policy.attempts,
                tried: false,
                pool: PoolKind::Anonymous,
                source: SourceHash::NONE,
                expected: Expected::Decoy,
                confirms: None,
                unknown: Unknown::NONE,
            });
        }
        challenges.retain(|challenge| challenge.live(now));
        self.account.flows.push(Flow {
            number: self.account.numbers.flow.advance(),
            id: claim.flow,
            former: None,
            purpose: claim.purpose,
            generation: Generation::default(),
            started_at: claim.started_at,
            expires_at,
            epoch: self.account.epoch,
            source: SourceHash::NONE,
            by_administrator: false,
            known_device: false,
            familiar: false,
            stamp: None,
            required: policy.users.required,
            challenges,
            proofs: Vec::new(),
            repeat: None,
            grant: None,
            done: None,
            unknown: Unknown::NONE,
        });
    }
}

/// A set of questions, if the policy counts them: hashes of the length of Argon2id's in the form of
/// PHC.
fn question_set(policy: &Policy, now: Timestamp) -> Option<Method> {
    const HASH: usize = 97;
    let kind = MethodKind::SecurityQuestions;
    let questions = policy.questions.ids().take(policy.questions.register.into());
    let answers = questions.map(|question| StoredAnswer::new(question, "0".repeat(HASH)));
    let factor = Factor::SecurityQuestions(QuestionSet::new(answers.collect()));
    let id = MethodId::parse("m9").ok().filter(|_| policy.counts_questions())?;
    Some(Method::active_at(now, id, kind, factor, Provenance::Confirmed))
}

/// Methods of the kinds that the policy counts, with reserved addresses (RFC 2606) and numbers.
fn shape(kinds: &BTreeSet<MethodKind>, now: Timestamp) -> Vec<Method> {
    let factor = |kind: MethodKind| match kind {
        MethodKind::Email => {
            EmailAddress::parse("account@mailbox.example").ok().map(Destination::Email)
        }
        _ if kind.verification() == Verification::Contact => {
            PhoneNumber::parse("+14255550100").ok().map(Destination::Phone)
        }
        _ => None,
    };
    let contacts = kinds.iter().filter_map(|kind| Some((*kind, Factor::Address(factor(*kind)?))));
    let method = |(number, (kind, factor)): (usize, (MethodKind, Factor))| {
        let id = MethodId::parse(&format!("m{}", number + 1)).ok()?;
        Some(Method::active_at(now, id, kind, factor, Provenance::Confirmed))
    };
    contacts.take(SHOWN).enumerate().filter_map(method).collect()
}

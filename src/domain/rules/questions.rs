//! Security questions: which ones a challenge asks, and what right answers change.

use super::Transition;
use crate::domain::account::{
    Account, AnswerHash, Challenge, Expected, Factor, FlowId, Method, QuestionSet, StoredAnswer,
};
use crate::domain::event::EventKind;
use crate::domain::identity::ids::MethodId;
use crate::domain::message::Notice;
use crate::domain::method::MethodKind;
use crate::domain::policy::QuestionPolicy;
use crate::domain::questions::QuestionId;
use crate::domain::questions::draw::{decoy_set, draw};
use crate::domain::refusal::Refusal;

/// Questions that were answered, and their answers hashed again if the hashes were of an old form.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Answered {
    pub(crate) asked: Vec<QuestionId>,
    pub(crate) rehashed: Vec<StoredAnswer>,
}

/// The questions that this challenge asks now. They are drawn from its nonce and the attempts that it
/// has left, so that counting an attempt draws others; sticky questions stay until they are answered.
/// Empty for a decoy, and if the policy has removed too many questions of the set.
pub(crate) fn asked_now(
    account: &Account,
    challenge: &Challenge,
    questions: &QuestionPolicy,
) -> Vec<QuestionId> {
    let Expected::SecurityQuestions(id) = &challenge.expected else { return Vec::new() };
    let set = set_of(account, id).filter(|set| set.is_answerable(questions));
    set.map(|set| drawn(account, (id, set), Some(challenge), questions)).unwrap_or_default()
}

/// The questions that are shown before the first proof: those of the account, or, if it has none
/// that count, those that `decoy` gives its name. Budgets are ignored, since the reply must not show
/// them.
pub(crate) fn asked_first(
    account: &Account,
    flow: &FlowId,
    decoy: &[u8; 32],
    questions: &QuestionPolicy,
) -> Vec<QuestionId> {
    let open = account.flow(flow).into_iter().flat_map(|flow| &flow.challenges);
    let challenge = open
        .filter(|challenge| challenge.method() == MethodKind::SecurityQuestions)
        .max_by_key(|challenge| challenge.number);
    let own = account.methods.iter().find_map(|method| match &method.factor {
        Factor::SecurityQuestions(set) if method.active() && set.is_answerable(questions) => {
            Some((&method.id, set))
        }
        _ => None,
    });
    if let Some(own) = own {
        return drawn(account, own, challenge, questions);
    }
    let set = decoy_set(questions.ids(), decoy, questions.register.into());
    let (seed, turn) = seed_and_turn(decoy.to_vec(), 0, challenge, questions);
    draw(&set, &seed, turn, questions.reset.into())
}

fn drawn(
    account: &Account,
    (id, set): (&MethodId, &QuestionSet),
    challenge: Option<&Challenge>,
    questions: &QuestionPolicy,
) -> Vec<QuestionId> {
    let own = [account.key.as_bytes(), id.as_str().as_bytes()].concat();
    let (seed, turn) = seed_and_turn(own, set.answered, challenge, questions);
    draw(&set.askable(questions), &seed, turn, questions.reset.into())
}

/// What a draw depends on: for sticky questions the set and how often it was answered, otherwise the
/// challenge and the attempts that it has left.
fn seed_and_turn(
    own: Vec<u8>,
    answered: u32,
    challenge: Option<&Challenge>,
    questions: &QuestionPolicy,
) -> (Vec<u8>, u32) {
    match challenge.filter(|_| !questions.sticky) {
        Some(challenge) => (challenge.nonce.to_vec(), challenge.attempts.into()),
        None => (own, answered),
    }
}

/// The set of questions with this id.
pub(crate) fn set_of<'a>(account: &'a Account, id: &MethodId) -> Option<&'a QuestionSet> {
    match &account.method(id)?.factor {
        Factor::SecurityQuestions(set) => Some(set),
        _ => None,
    }
}

impl Transition<'_> {
    /// Records that the questions were answered: sticky ones change, and hashes of an old form are
    /// replaced.
    pub(super) fn consume_answers(
        &mut self,
        id: &MethodId,
        answered: &Answered,
    ) -> Result<(), Refusal> {
        let method = self.account.method_mut(id).ok_or(Refusal::NotAccepted)?;
        let Factor::SecurityQuestions(set) = &mut method.factor else {
            return Err(Refusal::NotAccepted);
        };
        set.answered = set.answered.wrapping_add(1);
        for new in &answered.rehashed {
            let mut stored = set.answers.iter_mut();
            if let Some(old) = stored.find(|old| old.question == new.question) {
                old.hash = AnswerHash(new.hash.0.clone());
            }
        }
        Ok(())
    }

    /// Removes every set of questions, for a lookup key under which no answer matches, and notifies
    /// the owner. Returns whether there was one.
    pub(crate) fn drop_question_sets(&mut self) -> bool {
        let is_set = |method: &&Method| matches!(method.factor, Factor::SecurityQuestions(_));
        let methods = self.account.methods.iter().filter(is_set);
        let sets: Vec<_> = methods.map(|set| (set.kind, set.id.clone())).collect();
        let now = self.now;
        for (method, id) in &sets {
            self.tell_owner(Notice::MethodRemoved { method: *method, at: now });
            self.take_out(id);
            self.record(EventKind::MethodRemoved { method: *method, id: id.clone() });
        }
        !sets.is_empty()
    }
}

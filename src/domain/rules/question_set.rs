//! Registering security questions: a whole set is put at once.

use super::Transition;
use super::confirm::{Confirm, activate};
use super::register::MAX_METHODS;
use crate::domain::account::budget::PoolKind;
use crate::domain::account::{Factor, Method, Provenance, QuestionSet, StoredAnswer};
use crate::domain::event::EventKind;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::rules::binding::MethodToBind;

/// Replaces the set of questions, or adds the first. A notice goes to every address that was valid
/// before.
///
/// # Errors
///
/// [`Refusal::SecondFactorRequired`]; [`Refusal::LimitReached`] if the account has no room;
/// [`Refusal::TooOften`], [`Refusal::ReauthenticationRequired`].
pub(crate) fn put_questions(
    transition: &mut Transition<'_>,
    answers: &[StoredAnswer],
    confirm: &Confirm<'_>,
) -> Result<Method, Refusal> {
    transition.sweep();
    let kind = MethodKind::SecurityQuestions;
    confirm.binding.admit(transition, &MethodToBind::new(&transition.account, kind, None, None))?;
    let is_set = |method: &&Method| method.kind == kind && method.active();
    let replaces = transition.account.methods.iter().find(is_set).map(|set| set.id.clone());
    let full = transition.account.methods.len() >= MAX_METHODS
        || transition.account.is_large(PoolKind::Proven);
    if full {
        return Err(Refusal::LimitReached);
    }
    let id = transition.next_method_id()?;
    let factor = Factor::SecurityQuestions(QuestionSet::new(answers.to_vec()));
    let method =
        Method::active_at(transition.now, id.clone(), kind, factor, Provenance::Unconfirmed);
    transition.account.methods.push(Method { replaces, ..method.pending() });
    transition.record(EventKind::MethodAdded { method: kind, id: id.clone() });
    activate(transition, &id, None, confirm)
}

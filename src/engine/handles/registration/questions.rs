//! Security questions: what a user may choose, and the set that the user answers.

use super::state::RegistrationContext;
use super::{Registration, view};
use crate::domain::crypto::secret::SecretText;
use crate::domain::event::ActorKind;
use crate::domain::identity::facts::UserFacts;
use crate::domain::invalid::InvalidInput;
use crate::domain::method::MethodKind;
use crate::domain::policy::Policy;
use crate::domain::questions::QuestionId;
use crate::domain::questions::answer::{MAX_ANSWERS, check_new};
use crate::domain::refusal::Refusal;
use crate::domain::rules::binding::MethodToBind;
use crate::domain::rules::{Confirm, Transition, put_questions};
use crate::engine::api::error::Error;
use crate::engine::core::commit::Origin;
use crate::engine::observe::Operation;
use crate::engine::{MethodView, QuestionView, Request, SignedIn};

impl Registration<'_> {
    /// The questions from which the user chooses, and how many a set has. Custom questions come with
    /// their text.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add); [`Refusal::NotOffered`] also if the engine has no
    /// [`slow_hash`](crate::builder::EngineBuilder::slow_hash).
    pub async fn security_questions(
        &self,
        request: &Request,
        user: &SignedIn,
    ) -> Result<(Vec<QuestionView>, u8), Error> {
        let done = async {
            let state = RegistrationContext::read_fresh(self.core, request, user).await?;
            state.offers(self.mode, MethodKind::SecurityQuestions)?;
            let questions = &state.context.policy.questions;
            let all = questions.ids().map(|question| QuestionView::of(question, questions));
            Ok((all.collect(), questions.register))
        };
        self.core.observe(Operation::RegistrationSecurityQuestions, &request.tenant, done).await
    }

    /// Registers the whole set of security questions: it replaces the one before. The set is active
    /// at once, and the user's addresses are notified.
    ///
    /// The set has as many answers as the policy requires
    /// ([`QuestionPolicy::register`](crate::policy::QuestionPolicy::register)), each of 3 to 40
    /// characters in its normal form, no two of them equal, none a name of the user. Only hashes are
    /// stored. Neither this engine nor an administrator can read or set the answers of a user.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a set of another number, a question that the policy does not have or that
    /// is answered twice, and an answer that is not accepted; the text never holds an answer.
    /// [`Refusal::Overloaded`] while too many answers are hashed; otherwise as
    /// [`security_questions`](Self::security_questions).
    pub async fn set_security_questions(
        &self,
        request: &Request,
        user: &SignedIn,
        answers: &[(QuestionId, SecretText)],
    ) -> Result<MethodView, Error> {
        let done = async {
            let core = self.core;
            let state = RegistrationContext::read_fresh(core, request, user).await?;
            state.offers(self.mode, MethodKind::SecurityQuestions)?;
            let account = &state.loaded.account;
            let new = MethodToBind::new(account, MethodKind::SecurityQuestions, None, None);
            state.require_known_holdings(&new)?;
            let context = &state.context;
            let eligible = context.eligible_user().ok_or(Refusal::NotOffered)?;
            check_set(answers, &context.policy, eligible.user)?;
            let binding = state.binding()?;
            let tell = &context.addresses(account);
            let source = core.familiar_source(request, &state.target.key);
            let confirm = Confirm { eligible, binding, tell, source };
            // Decided before hashing, so that a refusal costs no hash.
            let mut dry_run = Transition::new(account, &context.policy, core.clock.now());
            put_questions(&mut dry_run, &[], &confirm)?;
            let permit = core.permit(true)?;
            let hashed = core.hash_answers(&request.tenant, user.of(request)?, answers).await?;
            drop(permit);
            let origin = Origin::of(request, ActorKind::User);
            let incarnation = state.incarnation();
            // The record is read again: other steps may have passed while the answers were hashed.
            let step = core.commit(&state.target, &context.policy, &origin).wake();
            let (method, committed) = step
                .apply(|transition| {
                    transition.belongs_to(incarnation.as_deref());
                    put_questions(transition, &hashed, &confirm)
                })
                .await?;
            Ok(view(&method, &committed.account))
        };
        self.core.observe(Operation::RegistrationSetSecurityQuestions, &request.tenant, done).await
    }
}

/// Checks a new set against the policy and the user's names.
fn check_set(
    answers: &[(QuestionId, SecretText)],
    policy: &Policy,
    user: &UserFacts,
) -> Result<(), InvalidInput> {
    let questions = &policy.questions;
    if answers.len() > MAX_ANSWERS || answers.len() != usize::from(questions.register) {
        let rule = "must be as many as the policy requires";
        return Err(InvalidInput::Rule { what: "number of answers", rule });
    }
    if !answers.iter().all(|(question, _)| questions.has(question)) {
        return Err(InvalidInput::Rule {
            what: "question",
            rule: "must be one that the policy offers",
        });
    }
    let named = [&user.user_principal_name, &user.primary_mail];
    let own = named.into_iter().flatten().chain(&user.names).map(String::as_str);
    let local = own.clone().filter_map(|name| name.split_once('@').map(|(local, _)| local));
    check_new(answers, own.chain(local).chain([user.id.as_str()]))
}

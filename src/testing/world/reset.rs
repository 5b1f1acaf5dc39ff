//! A reset of the account, step by step.

use super::{World, expected};
use crate::method::{ChallengeOption, QuestionId};
use crate::{Attempt, Error, MethodKind, Reply, ResetTicket, SecretText, Selection, Step};

impl World {
    /// Starts a reset of the account.
    pub async fn start(&self) -> Reply<ResetTicket> {
        expected("started", self.engine.reset().start(&self.request(), &self.name).await)
    }

    /// Opens a challenge.
    pub async fn challenge(
        &self,
        ticket: &ResetTicket,
        selection: &Selection,
    ) -> Reply<ResetTicket> {
        let reset = self.engine.reset();
        expected("challenged", reset.challenge(&self.request(), ticket, selection).await)
    }

    /// Opens a challenge, and returns with its reply the code that arrives at `address`.
    pub async fn challenged(
        &self,
        ticket: &ResetTicket,
        selection: &Selection,
        address: &str,
    ) -> (Reply<ResetTicket>, String) {
        let reply = self.challenge(ticket, selection).await;
        (reply, self.code_to(address).await)
    }

    /// Enters a code.
    ///
    /// # Errors
    ///
    /// As [`Reset::prove`](crate::Reset::prove).
    pub async fn prove(
        &self,
        ticket: &ResetTicket,
        code: &str,
    ) -> Result<Reply<ResetTicket>, Error> {
        let code = Attempt::code(code)?;
        self.engine.reset().prove(&self.request(), ticket, &code).await
    }

    /// Opens a challenge and enters the code that arrives at `address`.
    pub async fn proven(
        &self,
        ticket: &ResetTicket,
        selection: &Selection,
        address: &str,
    ) -> Reply<ResetTicket> {
        let (reply, code) = self.challenged(ticket, selection, address).await;
        expected("proven", self.prove(&reply.ticket, &code).await)
    }

    /// Selects the security questions.
    #[must_use]
    pub fn by_questions() -> Selection {
        ChallengeOption::preferred(MethodKind::SecurityQuestions).into()
    }

    /// The questions that the step asks; none for another step.
    #[must_use]
    pub fn questions(step: &Step) -> Vec<QuestionId> {
        match step {
            Step::Answer { questions, .. } => {
                questions.iter().map(|view| view.question.clone()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Answers the questions that the step asks, as
    /// [`set_questions`](Self::set_questions) has answered them.
    ///
    /// # Panics
    ///
    /// If the step asks none.
    #[must_use]
    pub fn answers(step: &Step) -> Attempt {
        let asked = Self::questions(step).into_iter();
        let answers = asked.map(|question| (question.clone(), Self::answer_to(&question)));
        expected("answers", Attempt::answers(answers))
    }

    /// Selects the mail address that the account prefers.
    #[must_use]
    pub fn by_mail() -> Selection {
        ChallengeOption::preferred(MethodKind::Email).into()
    }

    /// Selects the mobile phone that the account prefers.
    #[must_use]
    pub fn by_phone() -> Selection {
        ChallengeOption::preferred(MethodKind::MobilePhone).into()
    }

    /// A code of the same form that is not this one.
    #[must_use]
    pub fn wrong(code: &str) -> String {
        let first = if code.starts_with('7') { '3' } else { '7' };
        code.char_indices().map(|(at, digit)| if at == 0 { first } else { digit }).collect()
    }

    /// Starts a reset and opens a challenge at the [registered](super::WorldBuilder::registered)
    /// mail address: the ticket that waits for a code, and the code.
    ///
    /// # Panics
    ///
    /// If a call fails, or no code arrives.
    pub async fn entering(&self) -> (ResetTicket, String) {
        let reply = self.start().await;
        let (reply, code) = self.challenged(&reply.ticket, &Self::by_mail(), Self::MAIL).await;
        (reply.ticket, code)
    }

    /// Proves the [registered](super::WorldBuilder::registered) mail address and, if the policy
    /// requires two methods, the mobile phone: the ticket may [complete](Self::complete) the reset.
    ///
    /// # Panics
    ///
    /// If a call fails, no code arrives, or the policy requires another method.
    pub async fn granted(&self) -> ResetTicket {
        let reply = self.start().await;
        let mut reply = self.proven(&reply.ticket, &Self::by_mail(), Self::MAIL).await;
        if !matches!(reply.step, Step::NewPassword { .. }) {
            reply = self.proven(&reply.ticket, &Self::by_phone(), Self::MOBILE).await;
        }
        assert!(matches!(reply.step, Step::NewPassword { .. }), "{:?}", reply.step);
        reply.ticket
    }

    /// Sets the new password.
    ///
    /// # Errors
    ///
    /// As [`Reset::complete`](crate::Reset::complete).
    pub async fn complete(
        &self,
        ticket: &ResetTicket,
        password: &str,
    ) -> Result<Reply<ResetTicket>, Error> {
        let password = SecretText::from(password);
        self.engine.reset().complete(&self.request(), ticket, &password).await
    }
}

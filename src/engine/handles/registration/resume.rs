//! The present state of a confirmation that has begun.

use super::state::RegistrationContext;
use super::{Registration, pending_of, registration_reply};
use crate::domain::crypto::flow_ticket::{ClaimsTicket as _, RegistrationTicket};
use crate::domain::crypto::ticket::TicketSubject;
use crate::domain::invalid::InvalidInput;
use crate::domain::refusal::Refusal;
use crate::domain::rules::time_of;
use crate::engine::api::error::Error;
use crate::engine::observe::Operation;
use crate::engine::{Reply, Request, SignedIn};

impl Registration<'_> {
    /// The step at which the confirmation of a method is, for a page that is loaded again. Only reads:
    /// no code is sent, and no attempt counts.
    ///
    /// # Errors
    ///
    /// [`Refusal::Ended`] if the method is confirmed or removed, or its flow has ended;
    /// [`Refusal::TicketReplaced`], [`Refusal::ReauthenticationRequired`],
    /// [`Refusal::SecondFactorRequired`], [`Refusal::NotEligible`]; [`InvalidInput::Foreign`] for a ticket
    /// of another user or flow; [`Error::Fault`].
    pub async fn view(
        &self,
        request: &Request,
        user: &SignedIn,
        ticket: &RegistrationTicket,
    ) -> Result<Reply<RegistrationTicket>, Error> {
        let done = async {
            let core = self.core;
            let claim = ticket.open(&request.tenant, &core.keys)?;
            if claim.subject != TicketSubject::User(user.of(request)?.clone()) {
                return Err(InvalidInput::Foreign { what: "ticket" }.into());
            }
            let state = RegistrationContext::read_fresh(core, request, user).await?;
            let account = &state.loaded.account;
            let now = time_of(account, core.clock.now());
            let begun = account.flow(&claim.flow).filter(|flow| {
                now < flow.expires_at
                    && flow.epoch == account.epoch
                    && pending_of(account, &claim.flow).is_some()
            });
            let flow = begun.ok_or(Refusal::Ended)?;
            if flow.generation != claim.generation {
                return Err(Refusal::TicketReplaced.into());
            }
            Ok(registration_reply(core, request, &claim, account, &state.context))
        };
        self.core.observe(Operation::RegistrationView, &request.tenant, done).await
    }
}

//! Contact data that an administrator or the directory supplied, and the user confirms.

use super::state::RegistrationContext;
use super::{PendingMethod, Registration};
use crate::domain::account::Factor;
use crate::domain::crypto::flow_ticket::RegistrationTicket;
use crate::domain::method::{ChallengeOption, Channel, MethodKind, Verification};
use crate::domain::refusal::Refusal;
use crate::domain::rules::supplied_contact;
use crate::engine::api::error::Error;
use crate::engine::observe::Operation;
use crate::engine::{Reply, Request, SignedIn};

impl Registration<'_> {
    /// Begins the confirmation of contact data that an administrator or the directory supplied: the
    /// code goes to the address of this kind that [`RegistrationPlan::supplied`] shows masked. Its
    /// code is given to [`confirm`](Self::confirm). From then on it is the user's own method, which
    /// a reset offers first; the supplied data is the fallback. Data that counts already is
    /// confirmed without a second factor and without a hold, since it gives the account nothing
    /// new.
    ///
    /// [`RegistrationPlan::supplied`]: crate::method::RegistrationPlan::supplied
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add); [`Refusal::NotFound`] if there is no such data, or the user has
    /// confirmed it.
    pub async fn claim_contact(
        &self,
        request: &Request,
        user: &SignedIn,
        kind: MethodKind,
        channel: Channel,
    ) -> Result<Reply<RegistrationTicket>, Error> {
        let done = async {
            let option = ChallengeOption::new(kind, channel)?;
            if kind.verification() != Verification::Contact || channel == Channel::Link {
                return Err(Refusal::NotOffered.into());
            }
            let state = RegistrationContext::read_fresh(self.core, request, user).await?;
            let facts = state.context.user.as_ref().ok_or(Refusal::NotFound)?;
            let to = supplied_contact(&state.loaded.account, &state.context.policy, facts, kind);
            let factor = Factor::Address(to.ok_or(Refusal::NotFound)?);
            let pending = PendingMethod { option, factor, replaces: None };
            self.begin(request, user, state, &pending).await
        };
        self.core.observe(Operation::RegistrationClaimContact, &request.tenant, done).await
    }
}

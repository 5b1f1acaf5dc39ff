//! Operations of administrators on one account: tokens, revocation, required registration, and
//! forgetting.

use super::Admin;
use crate::domain::crypto::totp::{OathParameters, OathSeed};
use crate::domain::event::{ActorKind, AdminAct};
use crate::domain::identity::facts::UserKind;
use crate::domain::identity::ids::{MethodId, UserId};
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::rules::{
    forget, require_registration, revoke_flows, revoke_methods, supply_token,
};
use crate::engine::api::error::Error;
use crate::engine::core::commit::Origin;
use crate::engine::observe::Operation;
use crate::engine::{Request, Source};

impl Admin<'_> {
    /// Supplies a hardware token with the seed that its maker has given to the organisation. It is
    /// pending until its user types one of its codes ([`Registration::claim_token`]). Returns its
    /// id.
    ///
    /// The seed is sealed before it is stored. The person who imports the maker's list can read its
    /// seeds: destroy the list.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`](crate::Refusal::NotAuthorised), [`Refusal::OwnAccount`](crate::Refusal::OwnAccount), [`Refusal::NotFound`](crate::Refusal::NotFound),
    /// [`Refusal::LimitReached`](crate::Refusal::LimitReached); [`Refusal::NotEligible`](crate::Refusal::NotEligible) for a guest
    /// of another tenant (Entra), who resets nothing here;
    /// [`Refusal::NotOffered`](crate::Refusal::NotOffered) if the engine has no seal; [`InvalidInput`](crate::InvalidInput) for
    /// parameters out of range; [`Error::Fault`].
    ///
    /// [`Registration::claim_token`]: crate::Registration::claim_token
    pub async fn supply_token(
        &self,
        user: &UserId,
        seed: &OathSeed,
        parameters: OathParameters,
    ) -> Result<MethodId, Error> {
        let done = async {
            let context = self.authorise_act(AdminAct::SupplyToken, user).await?;
            if context.user.as_ref().is_some_and(|user| user.kind == UserKind::ForeignGuest) {
                return Err(Refusal::NotEligible { reason: SsprReason::HomeTenant }.into());
            }
            let device = self.core.token(self.tenant, user, seed, parameters).await?;
            self.change(user, &context, |transition, context| {
                let facts = context.user.as_ref();
                let incarnation = facts.and_then(|user| user.incarnation.as_deref());
                supply_token(transition, &device, incarnation)
            })
            .await
        };
        self.core.observe(Operation::AdminSupplyToken, self.tenant, done).await
    }

    /// Removes all methods of a user, including those that administrators supplied, voids
    /// everything outstanding, and requires a new registration. The user is notified at every
    /// address that was valid before.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`](crate::Refusal::NotAuthorised), [`Refusal::OwnAccount`](crate::Refusal::OwnAccount), [`Refusal::NotFound`](crate::Refusal::NotFound),
    /// [`Refusal::Busy`](crate::Refusal::Busy); [`Error::Fault`].
    pub async fn revoke_methods(&self, user: &UserId) -> Result<(), Error> {
        let done = async {
            let context = self.authorise_act(AdminAct::RevokeMethods, user).await?;
            self.change(user, &context, |transition, context| {
                revoke_methods(transition, |account| context.addresses(account))
            })
            .await
        };
        self.core.observe(Operation::AdminRevokeMethods, self.tenant, done).await
    }

    /// Voids every flow, code, proof and grant of a user at once, and forgets the known devices.
    /// The host's sessions are not affected.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`](crate::Refusal::NotAuthorised), [`Refusal::OwnAccount`](crate::Refusal::OwnAccount), [`Refusal::NotFound`](crate::Refusal::NotFound); [`Error::Fault`].
    pub async fn revoke_flows(&self, user: &UserId) -> Result<(), Error> {
        let done = async {
            let context = self.authorise_act(AdminAct::RevokeFlows, user).await?;
            self.change(user, &context, |transition, _| {
                revoke_flows(transition);
                Ok(())
            })
            .await
        };
        self.core.observe(Operation::AdminRevokeFlows, self.tenant, done).await
    }

    /// Requires a new registration at the user's next sign-in: methods registered before can still
    /// prove, but are not enough for [`Registration::prompt`](crate::Registration::prompt). The
    /// user is notified.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`](crate::Refusal::NotAuthorised), [`Refusal::OwnAccount`](crate::Refusal::OwnAccount), [`Refusal::NotFound`](crate::Refusal::NotFound),
    /// [`Refusal::Busy`](crate::Refusal::Busy); [`Error::Fault`].
    pub async fn require_registration(&self, user: &UserId) -> Result<(), Error> {
        let done = async {
            let context = self.authorise_act(AdminAct::RequireRegistration, user).await?;
            self.change(user, &context, |transition, context| {
                require_registration(transition, |account| context.addresses(account))
            })
            .await
        };
        self.core.observe(Operation::AdminRequireRegistration, self.tenant, done).await
    }

    /// Removes the data of a user who has left or asks for removal: methods, budgets, devices and
    /// flows. The record itself is removed after 31 days without use, the events after their
    /// retention. Also works for users whom the directory no longer has, but their former
    /// roles are then unknown, and it takes an administrator who may act on
    /// [every role](crate::admin::TargetRules::others). A user whom the directory has is notified.
    ///
    /// This is also the operation for an id that was assigned to another person
    /// ([`UserFacts::incarnation`](crate::facts::UserFacts::incarnation) has changed). Until then the
    /// record is closed to the new user, for resets and for registration. Afterwards the new user
    /// starts with an empty record; the events of the previous user stay.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`](crate::Refusal::NotAuthorised), [`Refusal::OwnAccount`](crate::Refusal::OwnAccount), [`Refusal::Busy`](crate::Refusal::Busy); [`Error::Fault`].
    pub async fn forget(&self, user: &UserId) -> Result<(), Error> {
        let done = async {
            let core = self.core;
            let context = self.authorise_act(AdminAct::Forget, user).await?;
            let target = core.user_target(self.tenant, user);
            let loaded = core.load(&target).await?;
            if !loaded.exists() {
                return Ok(());
            }
            let (policy, origin) = (&context.policy, self.origin());
            let step = core.commit(&target, policy, &origin).from(loaded).wake();
            step.apply(|transition| forget(transition, |account| context.addresses(account)))
                .await?;
            Ok(())
        };
        self.core.observe(Operation::AdminForget, self.tenant, done).await
    }

    pub(super) fn origin(&self) -> Origin {
        let request = Request::new(self.tenant.clone(), Source::Unknown);
        Origin::of(&request, ActorKind::Administrator(self.actor.id.clone()))
    }
}

//! What administrators do to an account beside its contact data.

use super::Admin;
use crate::domain::account::{Expected, FlowId, Purpose};
use crate::domain::decide::{
    Open, Opened, Transition, forget, locale_of, open_challenge, request_reset,
    require_registration, revoke_flows, revoke_methods, supply_token, time_of,
};
use crate::domain::event::{ActorKind, EventKind};
use crate::domain::facts::UserSelector;
use crate::domain::ids::{MethodId, UserId};
use crate::domain::method::{ChallengeOption, Channel, MethodKind};
use crate::domain::refusal::Refusal;
use crate::domain::totp::{OathParameters, OathSeed};
use crate::engine::error::Error;
use crate::engine::step::{Decision, OnUnknown, Origin};
use crate::engine::{Request, Source};

impl Admin<'_> {
    /// Supplies a hardware token, by the seed that its maker has given to the organisation: pending
    /// until its user has typed one of its codes ([`Registration::claim_token`]). Gives its id.
    ///
    /// The seed is sealed before it is kept. Whoever imported it knows it: destroy the list.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::NotFound`], [`Refusal::LimitReached`],
    /// [`Refusal::NotOffered`] if the engine has no seal;
    /// [`InvalidInput`](crate::InvalidInput) for parameters that no token has; [`Error::Fault`].
    ///
    /// [`Registration::claim_token`]: crate::Registration::claim_token
    pub async fn supply_token(
        &self,
        user: &UserId,
        seed: &OathSeed,
        parameters: OathParameters,
    ) -> Result<MethodId, Error> {
        self.authorise(&[&self.engine.inner.roles.contacts])?;
        let device = self.engine.token(self.tenant, user, seed, parameters).await?;
        self.change(user, |transition, context| {
            let facts = context.user.as_ref();
            let incarnation = facts.and_then(|user| user.incarnation.as_deref());
            supply_token(transition, &device, incarnation)
        })
        .await
    }

    /// Removes all methods of a user, those that administrators supplied included, ends what is
    /// outstanding, and has the user register anew. The user is told at every address that was
    /// valid before.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::NotFound`], [`Refusal::Busy`]; [`Error::Fault`].
    pub async fn revoke_methods(&self, user: &UserId) -> Result<(), Error> {
        self.authorise(&[&self.engine.inner.roles.revoke])?;
        self.change(user, |transition, context| {
            revoke_methods(transition, |account| context.addresses(account))
        })
        .await
    }

    /// Ends every flow, code, proof and grant of a user at once, and forgets the known devices. The
    /// host's own sessions are not the engine's.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::NotFound`]; [`Error::Fault`].
    pub async fn revoke_flows(&self, user: &UserId) -> Result<(), Error> {
        self.authorise(&[&self.engine.inner.roles.revoke])?;
        self.change(user, |transition, _| {
            revoke_flows(transition);
            Ok(())
        })
        .await
    }

    /// Has a user register anew at the next sign-in: what was registered before still proves, but is
    /// not enough for [`Registration::prompt`](crate::Registration::prompt). The user is told.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::NotFound`], [`Refusal::Busy`]; [`Error::Fault`].
    pub async fn require_registration(&self, user: &UserId) -> Result<(), Error> {
        self.authorise(&[&self.engine.inner.roles.revoke])?;
        self.change(user, |transition, context| {
            require_registration(transition, |account| context.addresses(account))
        })
        .await
    }

    /// Asks a user to reset the password, and learns no secret: where the policy has a link base and
    /// the user a mail address, a link goes there that opens a reset when it is
    /// [redeemed](crate::Reset::redeem_link); otherwise a notice without a link goes to every
    /// address.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::NotFound`],
    /// [`Refusal::NotEligible`] if the user could not reset, or cannot be reached;
    /// [`Refusal::TooOften`] if the user's budgets are spent ([`unblock`](Self::unblock) first);
    /// [`Error::Fault`].
    pub async fn initiate_reset(&self, user: &UserId) -> Result<(), Error> {
        let engine = self.engine;
        self.authorise(&[&engine.inner.roles.initiate])?;
        let context = engine.context(self.tenant, UserSelector::Id(user), true).await?;
        if context.user.is_none() {
            return Err(Refusal::NotFound.into());
        }
        let target = engine.user_target(self.tenant, user);
        let loaded = engine.load(&target).await?;
        let policy = &*context.policy;
        let now = time_of(&loaded.account, engine.inner.clock.now());
        let eligible = context
            .eligible(&loaded.account, now)
            .map_err(|reason| Refusal::NotEligible { reason })?;
        let link = ChallengeOption::new(MethodKind::Email, Channel::Link)?;
        let candidate = eligible.candidate(link).map(|one| one.expected.clone());
        let Some(answer) =
            candidate.filter(|_| context.capabilities.allow(MethodKind::Email, Channel::Link))
        else {
            return self
                .change(user, |transition, context| {
                    request_reset(transition, |account| context.addresses(account))
                })
                .await;
        };
        let open = Open {
            flow: FlowId(engine.random()?),
            purpose: Purpose::Reset,
            generation: 0,
            started_at: now,
            option: link,
            expected: Ok::<Expected, _>(answer),
            by_administrator: true,
            known_device: false,
            familiar: false,
            required: eligible.gates.required,
            stamp: eligible.user.change_stamp.as_deref(),
            incarnation: eligible.user.incarnation.as_deref(),
            limit_spent: None,
            offers: eligible.offers(&context.capabilities),
            confirms: None,
            number: None,
            epoch: loaded.account.epoch,
            asked_at: now,
            locale: locale_of(eligible.user, context.tenant.as_ref()),
            source: engine.inner.keys.source(self.tenant, "administrator"),
            key: engine.inner.keys.issuing().id,
            nonce: engine.random()?,
        };
        let origin = self.origin();
        let decide = |transition: &mut Transition<'_>| {
            if let Opened::Suppressed(retry_at) = open_challenge(transition, &open)? {
                return Err(Refusal::TooOften { retry_at });
            }
            transition.record(EventKind::ResetRequested { link: true });
            Ok(Decision::Commit(()))
        };
        engine.step(&target, Some(loaded), policy, &origin, OnUnknown::Resolve, decide).await?;
        (engine.inner.on_work)();
        Ok(())
    }

    /// Removes all that is known of a user who has left, or asks for it: methods, budgets, devices,
    /// flows. The record itself goes after 31 days without use, the events after their retention.
    /// Also for users whom the directory no longer knows; those whom it knows are told.
    ///
    /// This is also what opens an identifier that was given to another person
    /// ([`UserFacts::incarnation`](crate::UserFacts::incarnation) has changed): until then the
    /// record of the one before is closed to the new holder, for a reset and for registration
    /// alike. Afterwards the new holder starts with an empty record; what the one before did stays
    /// in the events.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::Busy`]; [`Error::Fault`].
    pub async fn forget(&self, user: &UserId) -> Result<(), Error> {
        let engine = self.engine;
        self.authorise(&[&engine.inner.roles.revoke])?;
        let context = engine.context(self.tenant, UserSelector::Id(user), true).await?;
        let target = engine.user_target(self.tenant, user);
        let loaded = engine.load(&target).await?;
        if !loaded.exists() {
            return Ok(());
        }
        let decide = |transition: &mut Transition<'_>| {
            forget(transition, |account| context.addresses(account)).map(Decision::Commit)
        };
        let (policy, origin) = (&context.policy, self.origin());
        engine.step(&target, Some(loaded), policy, &origin, OnUnknown::Resolve, decide).await?;
        (engine.inner.on_work)();
        Ok(())
    }

    pub(super) fn origin(&self) -> Origin {
        let request = Request::new(self.tenant.clone(), Source::Unknown);
        Origin::of(&request, ActorKind::Administrator(self.actor.id.clone()))
    }
}

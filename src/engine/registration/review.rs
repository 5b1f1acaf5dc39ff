//! What is registered, looked at: the prompt at sign-in, the review, the default method.

use super::Registration;
use crate::domain::decide::{
    Asked, Prompt, Turn, postpone, prompt, reconfirm, reconfirm_at, remember_device, set_default,
    time_of,
};
use crate::domain::event::ActorKind;
use crate::domain::facts::UserSelector;
use crate::domain::ids::MethodId;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::engine::error::Error;
use crate::engine::request::DeviceSecret;
use crate::engine::step::{Origin, Plan, Unsure};
use crate::engine::{MethodView, Request, SignedIn};

use serde::{Deserialize, Serialize};

/// What a user has registered, and whether it is enough.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegistrationReview {
    /// The methods. Pending ones are included while they may still be confirmed.
    pub methods: Vec<MethodView>,
    /// Kinds that the host verifies and says that the user has.
    pub external: Vec<MethodKind>,
    /// The kinds that the policy counts for this user.
    pub allowed: Vec<MethodKind>,
    /// Distinct methods that a reset requires.
    pub required: u8,
    /// Whether what is registered is enough, once the holds have passed.
    pub complete: bool,
    /// When the registration was completed.
    pub completed_at: Option<Timestamp>,
    /// When it was last confirmed.
    pub confirmed_at: Option<Timestamp>,
    /// When it is to be confirmed again; `None`: never, or it is not completed.
    pub reconfirm_at: Option<Timestamp>,
}

impl Registration<'_> {
    /// What this user must be asked now that they sign in. Only reads, and answers for users too
    /// whom nothing is asked: out of scope, unknown, without a policy.
    ///
    /// Two facts are kept apart (Entra). A registration that was never completed is asked for at
    /// every new sign-in, once per session: after [`postpone`](Self::postpone) not again in this
    /// one. One that was completed and has fallen below since is not asked for until the interval
    /// ends; a reset refuses meanwhile.
    ///
    /// ```
    /// use sspr::{Engine, Error, Prompt, Request, SignedIn};
    ///
    /// async fn next_page(
    ///     engine: &Engine,
    ///     request: &Request,
    ///     user: &SignedIn,
    /// ) -> Result<&'static str, Error> {
    ///     Ok(match engine.registration().prompt(request, user).await? {
    ///         Prompt::ChangePassword => "/password/change",
    ///         Prompt::Register => "/security-info/add",
    ///         Prompt::Reconfirm => "/security-info/review",
    ///         _ => "/",
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Fault`]: let the user in; they are asked at the next sign-in.
    pub async fn prompt(&self, request: &Request, user: &SignedIn) -> Result<Prompt, Error> {
        let engine = self.engine;
        let (tenant, id) = (&request.tenant, user.of(request)?);
        let context = engine.context(tenant, UserSelector::Id(id), false).await?;
        let target = engine.user_target(tenant, id);
        let loaded = engine.load(&target).await?;
        let Some(facts) = &context.user else {
            return Ok(Prompt::Nothing);
        };
        let account = &loaded.account;
        // A record of somebody else's is closed to them: nothing can be registered.
        if !account.is_of(facts.incarnation.as_deref()) {
            return Ok(Prompt::Nothing);
        }
        let now = time_of(account, engine.inner.clock.now());
        let session = engine.inner.keys.session(tenant, &user.context.session);
        let may_change = context.may_change(account).is_ok();
        let asked = Asked { user: facts, may_change, registrant: context.registrant() };
        Ok(prompt(account, &context.policy, &asked, session, now))
    }

    /// The user registers later: [`prompt`](Self::prompt) does not ask again in this session.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotEligible`]; [`Error::Fault`].
    pub async fn postpone(&self, request: &Request, user: &SignedIn) -> Result<(), Error> {
        let session = self.engine.inner.keys.session(&request.tenant, &user.context.session);
        let state = self.state(request, user).await?;
        let change = |turn: &mut Turn<'_>| {
            postpone(turn, session);
            Ok(())
        };
        self.change(request, &state, change).await
    }

    /// What is registered, and whether it is enough. Only reads.
    ///
    /// # Errors
    ///
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::NotEligible`]; [`Error::Fault`].
    pub async fn review(
        &self,
        request: &Request,
        user: &SignedIn,
    ) -> Result<RegistrationReview, Error> {
        let state = self.state(request, user).await?;
        self.check_fresh(user, &state)?;
        let (context, account) = (&state.context, &state.loaded.account);
        let registrant = context.registrant().ok_or(Refusal::NotOffered)?;
        let gates = registrant.gates;
        Ok(RegistrationReview {
            methods: self.views(account),
            external: context.available.clone(),
            allowed: gates.methods.iter().copied().collect(),
            required: gates.required,
            complete: registrant.is_complete(account, &context.policy),
            completed_at: account.registration.completed_at,
            confirmed_at: account.registration.confirmed_at,
            reconfirm_at: reconfirm_at(account, &context.policy),
        })
    }

    /// The user has looked at what is registered, and it is still right.
    ///
    /// # Errors
    ///
    /// [`Refusal::MoreProofNeeded`] if it is not enough any more: more is to be registered;
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::NotEligible`]; [`Error::Fault`].
    pub async fn reconfirm(&self, request: &Request, user: &SignedIn) -> Result<(), Error> {
        let state = self.state(request, user).await?;
        self.check_fresh(user, &state)?;
        self.change(request, &state, |turn| {
            reconfirm(turn, &state.context.registrant().ok_or(Refusal::NotOffered)?)
        })
        .await
    }

    /// Chooses the method that is offered first among those of its kind.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] if there is no such active method;
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::NotEligible`]; [`Error::Fault`].
    pub async fn set_default(
        &self,
        request: &Request,
        user: &SignedIn,
        method: &MethodId,
    ) -> Result<(), Error> {
        let state = self.state_to_change(request, user).await?;
        self.change(request, &state, |turn| set_default(turn, method)).await
    }

    /// This browser is a known device of the user from now on: hand the secret back with
    /// [`Request::with_device`].
    ///
    /// # Errors
    ///
    /// [`Refusal::NotOffered`] if the policy knows no devices;
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::NotEligible`]; [`Error::Fault`].
    pub async fn remember_device(
        &self,
        request: &Request,
        user: &SignedIn,
    ) -> Result<DeviceSecret, Error> {
        let state = self.state_to_change(request, user).await?;
        if state.context.policy.known_device_days == 0 {
            return Err(Refusal::NotOffered.into());
        }
        let device = self.engine.new_device()?;
        let digest = device.digest(&request.tenant, user.of(request)?);
        let change = |turn: &mut Turn<'_>| {
            remember_device(turn, digest);
            Ok(())
        };
        self.change(request, &state, change).await?;
        Ok(device)
    }

    async fn change(
        &self,
        request: &Request,
        state: &super::State,
        change: impl Fn(&mut Turn<'_>) -> Result<(), Refusal>,
    ) -> Result<(), Error> {
        let origin = Origin::of(request, ActorKind::User);
        let incarnation = state.incarnation();
        let decide = |turn: &mut Turn<'_>| {
            turn.belongs_to(incarnation.as_deref());
            change(turn).map(Plan::Commit)
        };
        let (target, policy) = (&state.target, &state.context.policy);
        self.engine.step(target, None, policy, &origin, Unsure::Resolve, decide).await?;
        Ok(())
    }
}

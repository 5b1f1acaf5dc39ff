//! What is registered, looked at: the prompt at sign-in, the review, the default method.

use super::Registration;
use crate::domain::binding::Known;
use crate::domain::decide::{
    Prompt, SignInSubject, Transition, is_known_device, postpone, prompt, reconfirm, reconfirm_at,
    remember_user_device, set_default, time_of,
};
use crate::domain::eligibility::Registrant;
use crate::domain::event::ActorKind;
use crate::domain::facts::UserSelector;
use crate::domain::ids::MethodId;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::engine::error::Error;
use crate::engine::request::DeviceSecret;
use crate::engine::step::{Decision, OnUnknown, Origin};
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
    /// Kinds of which the host could not say whether the user has them; `complete` does not count
    /// them.
    pub unanswered: Vec<MethodKind>,
    /// Whether another method takes a second factor that this sign-in does not hold: offer none to a
    /// user who has no second factor.
    pub second_factor_wanted: bool,
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
    /// ends; a reset refuses meanwhile. A registration that would be refused with
    /// [`Refusal::SecondFactorRequired`] is not asked for, unless the sign-in holds a second factor
    /// that only has to be proven again.
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
    /// [`Error::Fault`], also where the host cannot say whether the user has a method and the answer
    /// depends on it: let the user in; they are asked at the next sign-in.
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
        let unsure = context.gates_of().map(|gates| context.unsure_kinds(gates));
        let unsure = unsure.unwrap_or_default();
        // A user who has a second factor can be sent to prove it.
        let strong = user.context.second_factor_at.is_some()
            || !context.policy.registration.second_factor_to_change;
        let wanted = context.holdings(&unsure);
        let wanted = wanted.map(|held| held.always_second_factor(account, &context.policy));
        let answer = |available: &[MethodKind], may_register| {
            let registrant =
                context.registrant().map(|registrant| Registrant { available, ..registrant });
            let asked = SignInSubject { user: facts, may_change, registrant, may_register };
            prompt(account, &context.policy, &asked, session, now)
        };
        let least = answer(&context.available, strong || wanted != Some(Known::Yes));
        let all: Vec<_> = context.available.iter().chain(&unsure).copied().collect();
        let most = answer(&all, strong || wanted == Some(Known::No));
        if least != most {
            return Err(context.unanswered(&unsure));
        }
        Ok(least)
    }

    /// The user registers later: [`prompt`](Self::prompt) does not ask again in this session. Said
    /// again in one session, nothing changes.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotEligible`], [`Refusal::TooOften`]; [`Error::Fault`].
    pub async fn postpone(&self, request: &Request, user: &SignedIn) -> Result<(), Error> {
        let session = self.engine.inner.keys.session(&request.tenant, &user.context.session);
        let state = self.state(request, user).await?;
        self.change(request, &state, |transition| postpone(transition, session)).await
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
            unanswered: state.vouched.unsure.clone(),
            second_factor_wanted: state.context.policy.registration.second_factor_to_change
                && !state.vouched.second_factor
                && state.binding()?.holdings.always_second_factor(account, &context.policy)
                    != Known::No,
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
        let registrant = state.context.registrant().ok_or(Refusal::NotOffered)?;
        let (account, policy) = (&state.loaded.account, &state.context.policy);
        let unsure = &state.vouched.unsure;
        let all: Vec<_> = registrant.available.iter().chain(unsure).copied().collect();
        let most = Registrant { available: &all, ..registrant };
        if !registrant.is_complete(account, policy) && most.is_complete(account, policy) {
            return Err(state.context.unanswered(unsure));
        }
        self.change(request, &state, |transition| reconfirm(transition, &registrant)).await
    }

    /// Chooses the method that is offered first among those of its kind.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] if there is no such active method;
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::SecondFactorRequired`],
    /// [`Refusal::NotEligible`], [`Refusal::TooOften`]; [`Error::Fault`].
    pub async fn set_default(
        &self,
        request: &Request,
        user: &SignedIn,
        method: &MethodId,
    ) -> Result<(), Error> {
        let state = self.state_to_change(request, user).await?;
        self.change(request, &state, |transition| set_default(transition, method)).await
    }

    /// This browser is a known device of the user from now on: hand the secret back with
    /// [`Request::with_device`]. A request that carries the secret of a known device gets the same
    /// secret back, and nothing changes.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotOffered`] if the policy knows no devices;
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::SecondFactorRequired`],
    /// [`Refusal::NotEligible`], [`Refusal::TooOften`]; [`Error::Fault`].
    pub async fn remember_device(
        &self,
        request: &Request,
        user: &SignedIn,
    ) -> Result<DeviceSecret, Error> {
        let state = self.state_to_change(request, user).await?;
        if state.context.policy.known_device_days == 0 {
            return Err(Refusal::NotOffered.into());
        }
        let id = user.of(request)?;
        if let Some(device) = &request.device {
            let (account, now) = (&state.loaded.account, self.engine.inner.clock.now());
            let digest = device.digest(&request.tenant, id);
            if is_known_device(account, &digest, time_of(account, now)) {
                return Ok(DeviceSecret::parse(device.expose_secret())?);
            }
        }
        let device = self.engine.new_device()?;
        let digest = device.digest(&request.tenant, id);
        let change = |transition: &mut Transition<'_>| {
            remember_user_device(transition, digest).map(|()| true)
        };
        self.change(request, &state, change).await?;
        Ok(device)
    }

    async fn change(
        &self,
        request: &Request,
        state: &super::State,
        change: impl Fn(&mut Transition<'_>) -> Result<bool, Refusal>,
    ) -> Result<(), Error> {
        let origin = Origin::of(request, ActorKind::User);
        let incarnation = state.incarnation();
        let decide = |transition: &mut Transition<'_>| {
            transition.belongs_to(incarnation.as_deref());
            let plan = if change(transition)? { Decision::Commit } else { Decision::Discard };
            Ok(plan(()))
        };
        let (target, policy) = (&state.target, &state.context.policy);
        self.engine.step(target, None, policy, &origin, OnUnknown::Resolve, decide).await?;
        Ok(())
    }
}

//! The review of registered methods, the default method and known devices.

use serde::{Deserialize, Serialize};

use super::Registration;
use super::state::RegistrationContext;
use super::view::views;
use crate::domain::event::ActorKind;
use crate::domain::identity::ids::MethodId;
use crate::domain::method::MethodKind;
use crate::domain::refusal::Refusal;
use crate::domain::rules::binding::Known;
use crate::domain::rules::eligibility::EligibleUser;
use crate::domain::rules::{
    RegistrationPlan, Transition, is_known_device, reconfirm, reconfirm_at, remember_user_device,
    set_default, time_of,
};
use crate::domain::time::Timestamp;
use crate::engine::api::error::Error;
use crate::engine::api::request::DeviceSecret;
use crate::engine::core::commit::{Decision, Origin};
use crate::engine::observe::Operation;
use crate::engine::{MethodView, Request, SignedIn, flow};

/// The registered methods of a user, and whether they are enough.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RegistrationReview {
    /// The methods. Pending ones are included while they may still be confirmed.
    pub methods: Vec<MethodView>,
    /// Host-verified kinds that the user has.
    pub external: Vec<MethodKind>,
    /// The kinds that the policy counts for this user.
    pub allowed: Vec<MethodKind>,
    /// Distinct methods that a reset requires.
    pub required: u8,
    /// Host-verified kinds for which the host could not say whether the user has them; `complete`
    /// does not count them.
    pub unanswered: Vec<MethodKind>,
    /// Whether adding a method needs a second factor that this sign-in lacks. Do not offer it to a
    /// user who has no second factor.
    pub second_factor_wanted: bool,
    /// What the user may register now, and what is missing.
    pub plan: RegistrationPlan,
    /// Whether the registered methods are enough, once the holds have passed.
    pub complete: bool,
    /// When the registration was completed.
    pub completed_at: Option<Timestamp>,
    /// When the user last confirmed it.
    pub confirmed_at: Option<Timestamp>,
    /// When it must be confirmed again; `None` if never, or if it is not completed.
    pub reconfirm_at: Option<Timestamp>,
}

impl Registration<'_> {
    /// The registered methods, and whether they are enough. Only reads.
    ///
    /// # Errors
    ///
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::SecondFactorRequired`] for a second factor that is
    /// too old or missing, [`Refusal::NotEligible`]; [`Error::Fault`].
    pub async fn review(
        &self,
        request: &Request,
        user: &SignedIn,
    ) -> Result<RegistrationReview, Error> {
        let done = async {
            let state = RegistrationContext::read_fresh(self.core, request, user).await?;
            let (context, account) = (&state.context, &state.loaded.account);
            let eligible = context.eligible_user().ok_or(Refusal::NotOffered)?;
            let gates = eligible.gates;
            Ok(RegistrationReview {
                methods: views(account, self.core.clock.now()),
                external: context.available.clone(),
                allowed: gates.methods.iter().copied().collect(),
                required: gates.required,
                unanswered: state.sign_in.unsure.clone(),
                second_factor_wanted: state.context.policy.registration.second_factor_to_change
                    && !state.sign_in.second_factor
                    && state.binding()?.holdings.always_second_factor(account, &context.policy)
                        != Known::No,
                plan: state.planner(self.mode, user)?.plan(),
                complete: eligible.is_complete(account, &context.policy),
                completed_at: account.registration.completed_at,
                confirmed_at: account.registration.confirmed_at,
                reconfirm_at: reconfirm_at(account, &context.policy),
            })
        };
        self.core.observe(Operation::RegistrationReview, &request.tenant, done).await
    }

    /// Records that the user has reviewed the registered methods and found them right.
    ///
    /// # Errors
    ///
    /// [`Refusal::MoreProofNeeded`] if they are no longer enough: the user must register more;
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::SecondFactorRequired`] for a second factor that is
    /// too old or missing, [`Refusal::NotEligible`]; [`Error::Fault`].
    pub async fn reconfirm(&self, request: &Request, user: &SignedIn) -> Result<(), Error> {
        let done = async {
            let state = RegistrationContext::read_fresh(self.core, request, user).await?;
            let eligible = state.context.eligible_user().ok_or(Refusal::NotOffered)?;
            let (account, policy) = (&state.loaded.account, &state.context.policy);
            let unsure = &state.sign_in.unsure;
            let all: Vec<_> = eligible.available.iter().chain(unsure).copied().collect();
            let most = EligibleUser { available: &all, ..eligible };
            if !eligible.is_complete(account, policy) && most.is_complete(account, policy) {
                return Err(state.context.unanswered(unsure));
            }
            self.change(request, &state, |transition| reconfirm(transition, &eligible)).await
        };
        self.core.observe(Operation::RegistrationReconfirm, &request.tenant, done).await
    }

    /// Makes this method the first that is offered among those of its kind.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`] if the user has no such active method;
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::SecondFactorRequired`],
    /// [`Refusal::NotEligible`], [`Refusal::TooOften`]; [`Error::Fault`].
    pub async fn set_default(
        &self,
        request: &Request,
        user: &SignedIn,
        method: &MethodId,
    ) -> Result<(), Error> {
        let done = async {
            self.must_manage()?;
            let state = RegistrationContext::read_to_change(self.core, request, user).await?;
            self.change(request, &state, |transition| set_default(transition, method)).await
        };
        self.core.observe(Operation::RegistrationSetDefault, &request.tenant, done).await
    }

    /// Makes this browser a known device of the user. Store the secret in a cookie and pass it with
    /// [`Request::with_device`]. A request that carries the secret of a known device gets the same
    /// secret back, and nothing changes.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotOffered`] if the policy switches known devices off;
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::SecondFactorRequired`],
    /// [`Refusal::NotEligible`], [`Refusal::TooOften`]; [`Error::Fault`].
    pub async fn remember_device(
        &self,
        request: &Request,
        user: &SignedIn,
    ) -> Result<DeviceSecret, Error> {
        let done = async {
            let state = RegistrationContext::read_to_change(self.core, request, user).await?;
            if state.context.policy.known_device_days == 0 {
                return Err(Refusal::NotOffered.into());
            }
            let id = user.of(request)?;
            if let Some(device) = &request.device {
                let (account, now) = (&state.loaded.account, self.core.clock.now());
                let digest = device.digest(&request.tenant, id);
                if is_known_device(account, &digest, time_of(account, now)) {
                    return Ok(DeviceSecret::parse(device.expose_secret())?);
                }
            }
            let device = flow::new_device(self.core)?;
            let digest = device.digest(&request.tenant, id);
            let change = |transition: &mut Transition<'_>| {
                remember_user_device(transition, digest).map(|()| true)
            };
            self.change(request, &state, change).await?;
            Ok(device)
        };
        self.core.observe(Operation::RegistrationRememberDevice, &request.tenant, done).await
    }

    pub(super) async fn change(
        &self,
        request: &Request,
        state: &RegistrationContext,
        change: impl Fn(&mut Transition<'_>) -> Result<bool, Refusal>,
    ) -> Result<(), Error> {
        let origin = Origin::of(request, ActorKind::User);
        let incarnation = state.incarnation();
        let step = self.core.commit(&state.target, &state.context.policy, &origin);
        step.decide(|transition| {
            transition.belongs_to(incarnation.as_deref());
            let changed = change(transition)?;
            Ok(if changed { Decision::Commit(()) } else { Decision::Discard(()) })
        })
        .await?;
        Ok(())
    }
}

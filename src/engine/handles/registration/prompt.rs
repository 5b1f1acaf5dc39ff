//! The prompt at sign-in: what is asked, what may be registered, and whether it may be skipped.

use serde::{Deserialize, Serialize};

use super::Registration;
use super::state::RegistrationContext;
use crate::domain::account::{Account, SessionHash};
use crate::domain::event::ActorKind;
use crate::domain::identity::facts::UserSelector;
use crate::domain::method::{MethodKind, RegistrationMode};
use crate::domain::policy::PasswordDue;
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::rules::binding::Known;
use crate::domain::rules::eligibility::EligibleUser;
use crate::domain::rules::{
    Planner, Prompt, RegistrationPlan, SignInSubject, Skip, Transition, note_prompt, prompt,
    sign_in_is_met, skip, skip_of, time_of,
};
use crate::engine::api::error::Error;
use crate::engine::core::commit::Origin;
use crate::engine::core::context::Context;
use crate::engine::observe::Operation;
use crate::engine::{Request, SignedIn};

/// What to ask a user at sign-in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SignInPrompt {
    /// What is asked.
    pub ask: Prompt,
    /// Whether the user may skip it, by [`Registration::skip`]. [`Skip::Never`] without a question, for
    /// a password that must be changed, and with [`Prompt::NothingOffered`], which asks nothing.
    pub skip: Skip,
    /// What the user may register and what is missing, with [`Prompt::Register`] and
    /// [`Prompt::Reconfirm`].
    pub plan: Option<RegistrationPlan>,
    /// What the age of the password asks for, beside `ask`: [`PasswordDue::Now`] with
    /// [`Prompt::ChangePassword`], [`PasswordDue::Soon`] with any other. [`PasswordDue::Nothing`] for a
    /// user whose password the engine may not change.
    pub password: PasswordDue,
}

impl SignInPrompt {
    const fn without_plan(ask: Prompt, password: PasswordDue) -> Self {
        Self { ask, skip: Skip::Never, plan: None, password }
    }
}

impl Registration<'_> {
    /// What to ask this user at sign-in. A user who is unknown, or whose tenant has no policy, is
    /// asked nothing; one out of scope is asked only to change an expired password. Call it at most
    /// once per interactive session: the engine does not know how often a page is shown.
    ///
    /// As in Entra, there are two cases. A user who has never completed the registration is asked
    /// at every new sign-in: after [`skip`](Self::skip) not again in that session. A user who has
    /// completed it, but no longer has enough methods, is not asked until the interval ends; a
    /// reset is refused until then. The user is not asked to register if that would be refused with
    /// [`Refusal::SecondFactorRequired`] unless the user has a second factor that only has to be
    /// proven again.
    ///
    /// The call only reads, unless
    /// [`skip_days`](crate::policy::RegistrationPolicy::skip_days) allows skipping for some days:
    /// then the first prompt stores its time, from which the days count.
    ///
    /// ```
    /// use sspr::{Engine, Error, Request, SignedIn};
    /// use sspr::method::Prompt;
    ///
    /// async fn next_page(
    ///     engine: &Engine,
    ///     request: &Request,
    ///     user: &SignedIn,
    /// ) -> Result<&'static str, Error> {
    ///     Ok(match engine.registration().prompt(request, user).await?.ask {
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
    /// [`Error::Fault`], also if the host cannot say whether the user has a method and the result
    /// depends on it: let the user in, and ask at the next sign-in.
    pub async fn prompt(&self, request: &Request, user: &SignedIn) -> Result<SignInPrompt, Error> {
        let done = async {
            let core = self.core;
            let (tenant, id) = (&request.tenant, user.of(request)?);
            let context = core.context(tenant, UserSelector::Id(id), false).await?;
            let target = core.user_target(tenant, id);
            let loaded = core.load(&target).await?;
            // The record may belong to a previous user with this id; then nothing can be
            // registered.
            let mark = context.user.as_ref().map(|facts| facts.incarnation.as_deref());
            let Some(mark) = mark.filter(|mark| loaded.account.is_of(*mark)) else {
                return Ok(SignInPrompt::without_plan(Prompt::Nothing, PasswordDue::Nothing));
            };
            let kinds = context.gates_of().map(|gates| context.unsure_kinds(gates));
            let unsure = kinds.unwrap_or_default();
            let session = core.keys.session(tenant, &user.context.session);
            let policy = &*context.policy;
            let seen = Transition::new(&loaded.account, policy, core.clock.now());
            let planner =
                context.planner(&seen.account, &unsure, RegistrationMode::Interrupt, user);
            let password = password_due(&context, &seen);
            let ask = ask(&context, planner.as_ref(), &seen, session, password)?;
            if !matches!(ask, Prompt::Register | Prompt::Reconfirm) {
                return Ok(SignInPrompt::without_plan(ask, password));
            }
            let plan = planner.as_ref().map(Planner::plan);
            let lacks = planner.as_ref().is_some_and(lacks_sign_in);
            let origin = Origin::of(request, ActorKind::User);
            let step = core.commit(&target, policy, &origin).from(loaded);
            let note = |transition: &mut Transition<'_>| {
                transition.belongs_to(mark);
                note_prompt(transition)
            };
            let (_, noted) = step.apply_if(note).await?;
            let now = time_of(&noted.account, core.clock.now());
            let skip = if lacks { Skip::Never } else { skip_of(&noted.account, policy, now) };
            Ok(SignInPrompt { ask, skip, plan, password })
        };
        self.core.observe(Operation::RegistrationPrompt, &request.tenant, done).await
    }

    /// Skips the prompt: [`prompt`](Self::prompt) does not ask again in this session. A second call
    /// in the same session changes nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotOffered`] if the policy does not allow it, or no longer, or if the sign-in
    /// requires a kind of method that the user lacks; [`Refusal::NotEligible`],
    /// [`Refusal::TooOften`]; [`Error::Fault`].
    pub async fn skip(&self, request: &Request, user: &SignedIn) -> Result<(), Error> {
        let done = async {
            let session = self.core.keys.session(&request.tenant, &user.context.session);
            let state = RegistrationContext::read(self.core, request, user).await?;
            if lacks_sign_in(&state.planner(RegistrationMode::Interrupt, user)?) {
                return Err(Refusal::NotOffered.into());
            }
            self.change(request, &state, |transition| skip(transition, session)).await
        };
        self.core.observe(Operation::RegistrationSkip, &request.tenant, done).await
    }
}

/// Whether the sign-in requires a kind of method that the user lacks and may register.
fn lacks_sign_in(planner: &Planner<'_>) -> bool {
    let Planner { account, policy, holdings, sign_in, .. } = planner;
    !sign_in_is_met(account, policy, holdings, sign_in)
        && planner.plan().offered.iter().any(|offered| sign_in.contains(&offered.kind))
}

/// What the password of the user asks for, if the engine may change it.
fn password_due(context: &Context, seen: &Transition<'_>) -> PasswordDue {
    match context.may_change(&seen.account) {
        Ok(user) => seen.policy.password_expiry.due(user, seen.now),
        Err(_) => PasswordDue::Nothing,
    }
}

/// What is asked of the user of this planner; without one, of a user who may not register.
fn ask(
    context: &Context,
    planner: Option<&Planner<'_>>,
    seen: &Transition<'_>,
    session: SessionHash,
    password: PasswordDue,
) -> Result<Prompt, Error> {
    let account = &seen.account;
    if context.user.is_none() {
        return Ok(Prompt::Nothing);
    }
    let administrators_off =
        context.against(account, seen.now).first() == Some(&SsprReason::AdministratorsOff);
    let unsure = planner.map_or(&[][..], |planner| planner.holdings.unsure);
    let wanted = planner
        .map(|planner| planner.holdings.always_second_factor(account, seen.policy))
        .filter(|_| seen.policy.registration.second_factor_to_change);
    let strong = planner.is_some_and(|planner| planner.second_factor) || wanted.is_none();
    let offers = planner.is_some_and(|planner| !planner.plan().offered.is_empty());
    let lacks_sign_in = planner.is_some_and(lacks_sign_in);
    let answer = |available: &[MethodKind], admitted: bool| {
        let eligible =
            context.eligible_user().map(|eligible| EligibleUser { available, ..eligible });
        let may_register = offers && (strong || admitted);
        let asked =
            SignInSubject { password, administrators_off, eligible, may_register, lacks_sign_in };
        prompt(account, seen.policy, &asked, session, seen.now)
    };
    let least = answer(&context.available, wanted != Some(Known::Yes));
    let all: Vec<_> = context.available.iter().chain(unsure).copied().collect();
    let most = answer(&all, wanted == Some(Known::No));
    // Without an answer of the host, the plan holds what is missing at most.
    if least == most { Ok(least) } else { Err(context.unanswered(unsure)) }
}

impl Context {
    /// What a plan for this user depends on; `None` if the user may not register methods.
    pub(super) fn planner<'a>(
        &'a self,
        account: &'a Account,
        unsure: &'a [MethodKind],
        mode: RegistrationMode,
        user: &'a SignedIn,
    ) -> Option<Planner<'a>> {
        let second_factor = user.context.second_factor_at.is_some() || self.has_second_factor();
        Some(Planner {
            account,
            policy: &self.policy,
            holdings: self.holdings(unsure)?,
            capabilities: &self.capabilities,
            mode,
            second_factor,
            sign_in: &user.context.sign_in_kinds,
        })
    }
}

//! What every registration operation reads first, the user's facts and record, and the checks on
//! the sign-in.

use std::time::Duration;

use crate::domain::account::{Account, SessionHash};
use crate::domain::identity::facts::UserSelector;
use crate::domain::method::{MethodKind, RegistrationMode, Verification};
use crate::domain::policy::Gates;
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::rules::binding::{Holdings, Known, MethodToBind};
use crate::domain::rules::eligibility::EligibleUser;
use crate::domain::rules::{
    Binding, Planner, RegistrationStatus, Transition, is_open, is_over, registration_status,
    time_of,
};
use crate::domain::time::{MAX_SKEW, Timestamp};
use crate::engine::api::error::{Error, Fault, FaultOrigin};
use crate::engine::core::Core;
use crate::engine::core::commit::{Loaded, Target};
use crate::engine::core::context::Context;
use crate::engine::{Request, SignedIn};
use crate::port::PortError;

/// The facts and the record of a signed-in user, and what the sign-in proves.
pub(super) struct RegistrationContext {
    pub(super) context: Context,
    pub(super) target: Target,
    pub(super) loaded: Loaded,
    /// How many gates a reset of this user requires.
    pub(super) required: u8,
    pub(super) sign_in: SignInProof,
}

/// What the rules for binding a method need to know besides the facts and the record.
pub(super) struct SignInProof {
    /// Host-verified kinds that the user may or may not have: the host did not answer, or was not
    /// asked.
    pub(super) unsure: Vec<MethodKind>,
    /// A keyed hash of the session.
    pub(super) session: SessionHash,
    /// Whether the sign-in has a second factor that is fresh enough for the policy.
    pub(super) second_factor: bool,
    pub(super) signed_in_at: Timestamp,
}

impl SignInProof {
    pub(super) fn binding<'a>(&'a self, context: &'a Context) -> Result<Binding<'a>, Refusal> {
        let holdings = context.holdings(&self.unsure).ok_or(Refusal::NotOffered)?;
        Ok(Binding {
            holdings,
            second_factor: self.second_factor,
            session: self.session,
            signed_in_at: self.signed_in_at,
        })
    }
}

impl RegistrationContext {
    /// Reads the facts and the record.
    pub(super) async fn read(
        core: &Core,
        request: &Request,
        user: &SignedIn,
    ) -> Result<Self, Error> {
        let id = user.of(request)?;
        let context = core.context(&request.tenant, UserSelector::Id(id), false).await?;
        let target = core.user_target(&request.tenant, id);
        let loaded = core.load(&target).await?;
        // As in Entra, the policy's scope restricts registration too. The user is signed in, so the
        // reason discloses nothing.
        let refused = |reason| Refusal::NotEligible { reason };
        let (facts, effective) = context.known().map_err(refused)?;
        let gates = effective.may_reset().map_err(refused)?;
        if !loaded.account.is_of(facts.incarnation.as_deref()) {
            return Err(refused(SsprReason::OtherIncarnation).into());
        }
        if loaded.account.repudiated.is_blocked() {
            return Err(refused(SsprReason::Repudiated).into());
        }
        let required = gates.required;
        let unsure = context.unsure_kinds(gates);
        let session = core.keys.session(&request.tenant, &user.context.session);
        let now = core.clock.now();
        let second_factor_at = user.context.second_factor_at;
        let most = context.policy.registration.second_factor_age;
        let second_factor = second_factor_at.is_some_and(|at| is_fresh(at, most, now));
        let signed_in_at = user.context.signed_in_at;
        let sign_in = SignInProof { unsure, session, second_factor, signed_in_at };
        Ok(Self { context, target, loaded, required, sign_in })
    }

    /// Reads the facts and the record, and requires a fresh sign-in.
    pub(super) async fn read_fresh(
        core: &Core,
        request: &Request,
        user: &SignedIn,
    ) -> Result<Self, Error> {
        let state = Self::read(core, request, user).await?;
        state.check_fresh(user, core.clock.now())?;
        Ok(state)
    }

    /// Reads the facts and the record, and requires the rights to change registered methods.
    pub(super) async fn read_to_change(
        core: &Core,
        request: &Request,
        user: &SignedIn,
    ) -> Result<Self, Error> {
        let state = Self::read_fresh(core, request, user).await?;
        let account = &state.loaded.account;
        let policy = &state.context.policy;
        if state.sign_in.second_factor || !policy.registration.second_factor_to_change {
            return Ok(state);
        }
        match state.binding()?.holdings.any(account, policy) {
            Known::Yes => Err(Refusal::SecondFactorRequired.into()),
            Known::No if account.registration.ever_active => {
                Err(Refusal::SecondFactorRequired.into())
            }
            Known::No => Ok(state),
            Known::Unknown => Err(state.context.unanswered(&state.sign_in.unsure)),
        }
    }

    /// Requires a fresh sign-in, a registration session that is not over, and a fresh second factor
    /// if the sign-in or the user has one. Typing the password again does not refresh an old second
    /// factor.
    pub(super) fn check_fresh(&self, user: &SignedIn, now: Timestamp) -> Result<(), Refusal> {
        let (account, sign_in) = (&self.loaded.account, &self.sign_in);
        let registration = &self.context.policy.registration;
        let old = !is_fresh(sign_in.signed_in_at, registration.reauthentication, now);
        if old || is_over(account, sign_in.session, sign_in.signed_in_at, time_of(account, now)) {
            return Err(Refusal::ReauthenticationRequired);
        }
        let has_one = user.context.second_factor_at.is_some()
            || (registration.second_factor_to_change && self.context.has_second_factor());
        if has_one && !sign_in.second_factor {
            return Err(Refusal::SecondFactorRequired);
        }
        Ok(())
    }

    pub(super) fn binding(&self) -> Result<Binding<'_>, Refusal> {
        self.sign_in.binding(&self.context)
    }

    /// The directory's mark that tells this user from earlier holders of the same id.
    pub(super) fn incarnation(&self) -> Option<String> {
        self.context.user.as_ref().and_then(|user| user.incarnation.clone())
    }

    /// What a plan for this user depends on.
    pub(super) fn planner<'a>(
        &'a self,
        mode: RegistrationMode,
        user: &'a SignedIn,
    ) -> Result<Planner<'a>, Refusal> {
        let planner = self.context.planner(&self.loaded.account, &self.sign_in.unsure, mode, user);
        planner.ok_or(Refusal::NotOffered)
    }

    /// Refuses a kind of method that this user cannot register in this mode.
    pub(super) fn offers(&self, mode: RegistrationMode, kind: MethodKind) -> Result<(), Refusal> {
        let (context, account) = (&self.context, &self.loaded.account);
        let allowed = context.eligible_user().is_some_and(|eligible| {
            eligible.gates.methods.contains(&kind)
                && is_open(mode, account, &context.policy, eligible.user, kind)
        });
        let able = context.capabilities.channels_of(kind).next().is_some();
        if allowed && able { Ok(()) } else { Err(Refusal::NotOffered) }
    }

    /// Fails if methods that the user may or may not have decide whether this one needs a second
    /// factor or a hold. The origin of the fault is the host-verified method that did not answer.
    pub(super) fn require_known_holdings(&self, new: &MethodToBind) -> Result<(), Error> {
        let (account, policy) = (&self.loaded.account, &self.context.policy);
        let holdings = self.binding()?.holdings;
        let factor = holdings.second_factor(account, policy, new) == Known::Unknown
            && policy.registration.second_factor_to_change
            && !self.sign_in.second_factor;
        // A method that this engine was built without causes no fault here: the strictest case
        // applies, and the new address gets a hold.
        let hold = holdings.any(account, policy) == Known::Unknown
            && !self.context.unsure.is_empty()
            && !account.registration.ever_active
            && !policy.registration.hold.is_zero();
        if factor || hold { Err(self.context.unanswered(&self.sign_in.unsure)) } else { Ok(()) }
    }

    pub(super) fn check_admitted(&self, new: &MethodToBind) -> Result<(), Error> {
        let transition =
            Transition::new(&self.loaded.account, &self.context.policy, self.loaded.account.seen);
        Ok(self.binding()?.admit(&transition, new)?)
    }
}

/// Whether this time of a sign-in or a proof is at most so long ago. A time in the future is an
/// error or an attack.
pub(super) fn is_fresh(at: Timestamp, most: Duration, now: Timestamp) -> bool {
    now.since(at) <= most && at <= now.plus(MAX_SKEW)
}

impl Context {
    /// Whether the directory reports that a second factor follows the user's password.
    pub(crate) fn has_second_factor(&self) -> bool {
        self.user.as_ref().is_some_and(|user| user.second_factor == Some(true))
    }

    /// The user, with the gates that apply; `None` if the user may not register methods.
    pub(crate) fn eligible_user(&self) -> Option<EligibleUser<'_>> {
        let (user, gates) = (self.user.as_ref()?, self.gates_of()?);
        Some(EligibleUser { user, gates, available: &self.available })
    }

    /// The three facts of the user's registration. `registered` is computed under the gates that
    /// would apply if the user might reset.
    pub(crate) fn registration_status(&self, account: &Account) -> RegistrationStatus {
        let eligible = self.known().ok().map(|(user, effective)| EligibleUser {
            user,
            gates: &effective.gates,
            available: &self.available,
        });
        let own = eligible.filter(|known| account.is_of(known.user.incarnation.as_deref()));
        registration_status(account, &self.policy, own.as_ref(), self.gates_of().is_some())
    }

    /// The methods that the user has outside the record; `None` if the user may not register any.
    pub(crate) fn holdings<'a>(&'a self, unsure: &'a [MethodKind]) -> Option<Holdings<'a>> {
        let (user, gates) = (self.user.as_ref()?, self.gates_of()?);
        Some(Holdings { user, gates, external: &self.available, unsure })
    }

    /// Host-verified kinds that the user may or may not have: `available` failed, or this engine
    /// was built without the method and cannot ask.
    pub(crate) fn unsure_kinds(&self, gates: &Gates) -> Vec<MethodKind> {
        let asked = self.unsure.iter().map(|(kind, _)| *kind);
        let counted = gates.methods.iter().copied();
        let not_asked = counted.filter(|kind| {
            kind.verification() == Verification::External
                && !self.capabilities.external.contains(kind)
        });
        asked.chain(not_asked).collect()
    }

    /// The fault if a rule depends on host-verified methods that the user may or may not have.
    pub(crate) fn unanswered(&self, unsure: &[MethodKind]) -> Error {
        let error = match self.unsure.first() {
            Some((kind, error)) => PortError::new(error.kind())
                .because(format!("`available` of the method {kind} failed: {error}")),
            None => {
                let kinds: Vec<_> = unsure.iter().map(|kind| kind.as_str()).collect();
                PortError::denied().because(format!(
                    "the policy counts {}: build this engine with `external_method` for it",
                    kinds.join(", ")
                ))
            }
        };
        Error::Fault(Fault { origin: FaultOrigin::ExternalMethod, error })
    }

    /// The gates that apply to the user, if any do.
    pub(crate) fn gates_of(&self) -> Option<&Gates> {
        self.effective.as_ref()?.may_reset().ok()
    }
}

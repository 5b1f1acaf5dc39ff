//! Registration of methods by a signed-in user.

mod enrol;
mod review;

pub use enrol::{Enrolment, NewAuthenticator, RecoveryCodes};
pub use review::RegistrationReview;

use super::Engine;
use super::attempt::Attempt;
use super::context::Context;
use super::error::{Error, Fault, FaultOrigin};
use super::limits::{LimitCaller, LimitScope};
use super::reply::{MethodView, Reply};
use super::request::{Request, SignedIn};
use super::step::{Decision, Loaded, OnUnknown, Origin, Target};
use super::view::enter_step;
use crate::domain::account::{Account, Factor, FlowId, Method, Purpose};
use crate::domain::binding::{Holdings, Known, Newcomer};
use crate::domain::contact::{Destination, EmailAddress, PhoneNumber};
use crate::domain::decide::{
    Add, Binding, Confirm, MAX_SKEW, Open, Transition, add_method, confirm_method, is_alive,
    locale_of, remove_method, time_of,
};
use crate::domain::eligibility::{Registrant, may_reset};
use crate::domain::event::ActorKind;
use crate::domain::facts::UserSelector;
use crate::domain::ids::MethodId;
use crate::domain::invalid::InvalidInput;
use crate::domain::method::{ChallengeOption, Channel, MethodKind, Verification};
use crate::domain::policy::{Gates, Policy};
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::ticket::{FlowTicket as _, RegistrationTicket, TicketClaims, TicketSubject};
use crate::domain::time::Timestamp;
use crate::port::PortError;

/// Registration of methods by a signed-in user: [`add`](Self::add) sends a code to the new
/// address, [`enrol_authenticator`](Self::enrol_authenticator) and [`claim_token`](Self::claim_token)
/// want a code of the device, and [`confirm`](Self::confirm) makes it active.
/// [`create_recovery_codes`](Self::create_recovery_codes) needs an acknowledgement instead.
/// [`prompt`](Self::prompt) says what to ask at sign-in.
///
/// The host vouches for the sign-in, and every call wants a fresh one: the sign-in of the last five
/// minutes by default, and so its second factor where it holds one
/// ([`SignInContext::with_second_factor`](crate::SignInContext::with_second_factor)).
///
/// - **Until the account could pass a reset**, adding takes no more: a host without a second factor
///   registers what a reset wants in one sitting. Beside a method that is there already, only one of
///   another kind is added in this way.
/// - **From then on** adding takes a second factor, and so do replacing, removing and choosing a
///   default from the first method on: [`Refusal::SecondFactorRequired`].
/// - **After [`Admin::revoke_methods`](crate::Admin::revoke_methods) or
///   [`Admin::require_registration`](crate::Admin::require_registration)** it begins again, and only
///   what is registered from then on counts.
/// - **A new address waits a day** before it counts
///   ([`MethodView::usable_from`](crate::MethodView::usable_from)), and the addresses before it are
///   told. None waits that is bound in the session of a first registration, within an hour of its
///   first method.
///
/// What the account holds is never guessed: where the host cannot say whether the user has a passkey,
/// and it matters, the answer is [`Error::Fault`] and nothing changes. A ticket of a registration has
/// no `view`: show each answer as the answer to its request.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    pub(in crate::engine) engine: &'a Engine,
}

/// A method to be registered, and the channel over which its code comes.
///
/// ```
/// use sspr::{Channel, EmailAddress, NewMethod, PhoneNumber};
///
/// let mail = NewMethod::email(EmailAddress::parse("ada@private.example")?);
/// let phone = NewMethod::mobile_phone(PhoneNumber::parse("+1 4255550100")?, Channel::Sms)?;
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewMethod {
    destination: Destination,
    option: ChallengeOption,
}

impl NewMethod {
    /// A mail address.
    #[must_use]
    pub fn email(address: EmailAddress) -> Self {
        let destination = Destination::Email(address);
        let option = ChallengeOption::preferred(MethodKind::Email);
        Self { destination, option }
    }

    /// A mobile phone, its code sent by text or by voice.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] for another channel.
    pub fn mobile_phone(number: PhoneNumber, channel: Channel) -> Result<Self, InvalidInput> {
        let option = ChallengeOption::new(MethodKind::MobilePhone, channel)?;
        Ok(Self { destination: Destination::Phone(number), option })
    }

    /// An office phone, its code read aloud.
    #[must_use]
    pub fn office_phone(number: PhoneNumber) -> Self {
        let option = ChallengeOption::preferred(MethodKind::OfficePhone);
        Self { destination: Destination::Phone(number), option }
    }
}

/// A method that is to be confirmed.
struct PendingMethod {
    option: ChallengeOption,
    factor: Factor,
    replaces: Option<MethodId>,
}

/// The facts, the record and its name, for a signed-in user.
struct State {
    context: Context,
    target: Target,
    loaded: Loaded,
    required: u8,
    vouched: Vouched,
}

/// What the sign-in is good for.
struct Vouched {
    /// The kinds that the host verifies and of which it has not said whether the user has them.
    unsure: Vec<MethodKind>,
    /// A keyed hash of the session.
    session: u32,
    /// Whether it holds a second factor as fresh as the policy wants.
    second_factor: bool,
}

impl Vouched {
    fn binding<'a>(&'a self, context: &'a Context) -> Result<Binding<'a>, Refusal> {
        let holdings = context.holdings(&self.unsure).ok_or(Refusal::NotOffered)?;
        Ok(Binding { holdings, second_factor: self.second_factor, session: self.session })
    }
}

impl Registration<'_> {
    /// The methods of the user. Pending ones are included while they may still be confirmed.
    ///
    /// # Errors
    ///
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::NotEligible`]; [`Error::Fault`].
    pub async fn list(&self, request: &Request, user: &SignedIn) -> Result<Vec<MethodView>, Error> {
        let state = self.state(request, user).await?;
        self.check_fresh(user, &state)?;
        Ok(self.views(&state.loaded.account))
    }

    /// Adds a method that is pending until its code comes back, and sends the code.
    ///
    /// # Errors
    ///
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::SecondFactorRequired`],
    /// [`Refusal::NotEligible`], [`Refusal::NotOffered`] for a kind that the policy does not allow,
    /// [`Refusal::AlreadyProven`] if the user has it, [`Refusal::LimitReached`],
    /// [`Refusal::TooOften`], [`Refusal::TooManyCodes`] if the address was sent too many, for
    /// whichever accounts; [`Error::Fault`].
    pub async fn add(
        &self,
        request: &Request,
        user: &SignedIn,
        method: &NewMethod,
    ) -> Result<Reply<RegistrationTicket>, Error> {
        let factor = Factor::Address(method.destination.clone());
        let pending = PendingMethod { option: method.option, factor, replaces: None };
        let state = self.fresh_state(request, user).await?;
        self.begin(request, user, state, &pending).await
    }

    /// Adds a method that takes the place of another of its kind, once its code has come back and its
    /// hold is over; until then the other stays as it is. Both are told when the code comes back.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add); [`Refusal::NotFound`] if there is no such active method of this kind.
    pub async fn replace(
        &self,
        request: &Request,
        user: &SignedIn,
        replaced: &MethodId,
        method: &NewMethod,
    ) -> Result<Reply<RegistrationTicket>, Error> {
        let factor = Factor::Address(method.destination.clone());
        let replaces = Some(replaced.clone());
        let pending = PendingMethod { option: method.option, factor, replaces };
        let state = self.fresh_state(request, user).await?;
        self.begin(request, user, state, &pending).await
    }

    async fn begin(
        &self,
        request: &Request,
        user: &SignedIn,
        state: State,
        pending: &PendingMethod,
    ) -> Result<Reply<RegistrationTicket>, Error> {
        let kind = pending.option.method();
        let (factor, replaces) = (&pending.factor, pending.replaces.as_ref());
        let account = &state.loaded.account;
        let replaced = replaces.and_then(|id| account.method(id));
        state.can_tell(&Newcomer::new(account, kind, factor.destination(), replaced))?;
        let decide =
            move |transition: &mut Transition<'_>, binding: &Binding<'_>, open: &Open<'_>| {
                let add = Add { kind, factor, replaces, binding: *binding, open: open.clone() };
                add_method(transition, &add).map(|_| ())
            };
        self.open(request, user, state, pending.option, factor.destination(), &decide).await
    }

    /// Opens the flow that confirms a method: `decide` says which.
    async fn open(
        &self,
        request: &Request,
        user: &SignedIn,
        state: State,
        option: ChallengeOption,
        destination: Option<&Destination>,
        decide: &(
             dyn Fn(&mut Transition<'_>, &Binding<'_>, &Open<'_>) -> Result<(), Refusal> + Sync
         ),
    ) -> Result<Reply<RegistrationTicket>, Error> {
        let engine = self.engine;
        let (tenant, arrival) = (&request.tenant, engine.inner.clock.now());
        let State { context, target, loaded, required, vouched } = state;
        let kind = option.method();
        let allowed = context.gates_of().is_some_and(|gates| gates.methods.contains(&kind));
        if !allowed || !context.capabilities.allow(kind, option.channel()) {
            return Err(Refusal::NotOffered.into());
        }
        let identifier = first_bytes(target.key.as_bytes());
        let claim = TicketClaims {
            purpose: Purpose::Register,
            flow: FlowId(engine.random()?),
            generation: 0,
            started_at: time_of(&loaded.account, arrival),
            identifier,
            subject: TicketSubject::User(user.of(request)?.clone()),
            epoch: loaded.account.epoch,
            asked: Default::default(),
        };
        let facts = context.user.as_ref();
        let mut open = Open {
            flow: claim.flow,
            purpose: Purpose::Register,
            generation: 0,
            started_at: claim.started_at,
            option,
            expected: Err(SsprReason::NoSuchMethod),
            by_administrator: false,
            known_device: false,
            familiar: false,
            required,
            stamp: facts.and_then(|user| user.change_stamp.as_deref()),
            incarnation: facts.and_then(|user| user.incarnation.as_deref()),
            limit_spent: None,
            offers: Vec::new(),
            confirms: None,
            number: None,
            epoch: loaded.account.epoch,
            asked_at: claim.started_at,
            locale: facts.map(|user| locale_of(user, context.tenant.as_ref())).unwrap_or_default(),
            source: engine.inner.keys.source(tenant, &request.source.bucket()),
            key: engine.inner.keys.issuing().id,
            nonce: engine.random()?,
        };
        let policy = &*context.policy;
        let binding = vouched.binding(&context)?;
        let mut dry = Transition::new(&loaded.account, policy, engine.inner.clock.now());
        decide(&mut dry, &binding, &open)?;
        let scope = LimitScope {
            caller: LimitCaller::SignedIn,
            identifier,
            option,
            destination,
            record: &target.key,
            sends: true,
        };
        open.limit_spent = engine.count_against_limits(request, policy, &scope).await?;
        let origin = Origin::of(request, ActorKind::User);
        let opened = |transition: &mut Transition<'_>| {
            decide(transition, &binding, &open).map(Decision::Commit)
        };
        let step = engine.step(&target, Some(loaded), policy, &origin, OnUnknown::Resolve, opened);
        let ((), account) = step.await?;
        (engine.inner.on_work)();
        Ok(engine.registration_reply(request, &claim, &account, &context))
    }

    /// Makes a pending method active, if the code is right. Everybody who could be reached before
    /// is told; the new address is not. If the answer is lost, the same call with the same code
    /// gives it again.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAccepted`] whatever the reason is; [`Refusal::ReauthenticationRequired`],
    /// [`Refusal::SecondFactorRequired`] if other methods were confirmed meanwhile,
    /// [`Refusal::NotEligible`]; [`InvalidInput::Foreign`] for a ticket of another user or flow;
    /// [`Error::Fault`].
    pub async fn confirm(
        &self,
        request: &Request,
        user: &SignedIn,
        ticket: &RegistrationTicket,
        attempt: &Attempt,
    ) -> Result<MethodView, Error> {
        let engine = self.engine;
        let claim = ticket.open(&request.tenant, &engine.inner.keys)?;
        if claim.subject != TicketSubject::User(user.of(request)?.clone()) {
            return Err(InvalidInput::Foreign { what: "ticket" }.into());
        }
        let state = self.fresh_state(request, user).await?;
        let account = &state.loaded.account;
        if let Some(pending) = pending_of(account, &claim.flow) {
            let new = Newcomer::of(account, pending);
            state.can_tell(&new)?;
            state.admits(&new)?;
        }
        let binding = state.binding()?;
        let State { context, target, loaded, .. } = &state;
        let registrant = context.registrant().ok_or(Refusal::NotOffered)?;
        let stamp = registrant.user.change_stamp.as_deref();
        let begun = loaded.account.flow(&claim.flow);
        if begun.is_some_and(|flow| flow.stamp.as_deref() != stamp) {
            // The account was changed outside: whoever began may be somebody else.
            return Err(Refusal::NotAccepted.into());
        }
        let tell = &context.addresses(&loaded.account);
        let policy = &*context.policy;
        let origin = Origin::of(request, ActorKind::User);
        let (reservation, matched) =
            engine.reserve_and_compare(target, policy, &origin, &claim, attempt).await?;
        let source = engine.familiar_source(request, &target.key);
        let confirm = Confirm { registrant, binding, tell, source };
        let decide = |transition: &mut Transition<'_>| {
            confirm_method(transition, &claim.flow, &reservation, &matched, &confirm)
                .map(Decision::Commit)
        };
        let step = engine.step(target, None, policy, &origin, OnUnknown::Resolve, decide);
        let (method, account) = step.await?;
        (engine.inner.on_work)();
        Ok(view(&method, &account))
    }

    /// Removes a method. Everybody who could be reached before is told, it included.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`], [`Refusal::ReauthenticationRequired`],
    /// [`Refusal::SecondFactorRequired`] unless it is a pending method of the user's own,
    /// [`Refusal::NotEligible`]; [`Error::Fault`].
    pub async fn remove(
        &self,
        request: &Request,
        user: &SignedIn,
        method: &MethodId,
    ) -> Result<(), Error> {
        let engine = self.engine;
        let State { context, target, loaded, vouched, .. } =
            self.fresh_state(request, user).await?;
        let binding = vouched.binding(&context)?;
        let tell = |account: &Account| context.addresses(account);
        let origin = Origin::of(request, ActorKind::User);
        let decide = |transition: &mut Transition<'_>| {
            remove_method(transition, method, &binding, tell).map(Decision::Commit)
        };
        let policy = &context.policy;
        engine.step(&target, Some(loaded), policy, &origin, OnUnknown::Resolve, decide).await?;
        (engine.inner.on_work)();
        Ok(())
    }

    /// What the user sees of the methods: a pending one whose code is dead is not there any more, nor
    /// is one whose place another has taken.
    fn views(&self, account: &Account) -> Vec<MethodView> {
        let now = time_of(account, self.engine.inner.clock.now());
        let gone: Vec<_> = account.superseded(now).collect();
        let stands =
            |method: &&Method| is_alive(method, account, now) && !gone.contains(&&method.id);
        account.methods.iter().filter(stands).map(|method| view(method, account)).collect()
    }

    /// The state, for a user whose sign-in is fresh.
    async fn fresh_state(&self, request: &Request, user: &SignedIn) -> Result<State, Error> {
        let state = self.state(request, user).await?;
        self.check_fresh(user, &state)?;
        Ok(state)
    }

    /// The state, for a user who may change what belongs to the methods.
    async fn state_to_change(&self, request: &Request, user: &SignedIn) -> Result<State, Error> {
        let state = self.fresh_state(request, user).await?;
        let account = &state.loaded.account;
        let policy = &state.context.policy;
        if state.vouched.second_factor || !policy.registration.second_factor_to_change {
            return Ok(state);
        }
        let held = state.binding()?.holdings.any(account, policy);
        match held {
            Known::Yes => Err(Refusal::SecondFactorRequired.into()),
            Known::No if account.registration.ever_active => {
                Err(Refusal::SecondFactorRequired.into())
            }
            Known::No => Ok(state),
            Known::Unknown => Err(state.context.unanswered(&state.vouched.unsure)),
        }
    }

    async fn state(&self, request: &Request, user: &SignedIn) -> Result<State, Error> {
        let engine = self.engine;
        let id = user.of(request)?;
        let selector = UserSelector::Id(id);
        let context = engine.context(&request.tenant, selector, false).await?;
        let target = engine.user_target(&request.tenant, id);
        let loaded = engine.load(&target).await?;
        let facts = context.user.as_ref();
        let facts = facts.ok_or(Refusal::NotEligible { reason: SsprReason::UnknownUser })?;
        let policy = context.stored.then_some(&*context.policy);
        // Scope gates registration too (Entra); the sign-in has told the user who they are.
        let eligibility = may_reset(policy, context.tenant.as_ref(), facts)
            .map_err(|reason| Refusal::NotEligible { reason })?;
        if !loaded.account.is_of(facts.incarnation.as_deref()) {
            return Err(Refusal::NotEligible { reason: SsprReason::AccountDisabled }.into());
        }
        let required = eligibility.gates.required;
        let unsure = context.unsure_kinds(eligibility.gates);
        let session = engine.inner.keys.session(&request.tenant, &user.context.session);
        let second_factor =
            user.context.second_factor_at.is_some_and(|at| self.is_fresh(at, &context.policy));
        let vouched = Vouched { unsure, session, second_factor };
        Ok(State { context, target, loaded, required, vouched })
    }

    /// The stricter of two timers: the sign-in must be fresh, and so must its second factor where it
    /// holds one. A password that was typed again does not make an old second factor young.
    fn check_fresh(&self, user: &SignedIn, state: &State) -> Result<(), Refusal> {
        if !self.is_fresh(user.context.signed_in_at, &state.context.policy) {
            return Err(Refusal::ReauthenticationRequired);
        }
        if user.context.second_factor_at.is_some() && !state.vouched.second_factor {
            return Err(Refusal::SecondFactorRequired);
        }
        Ok(())
    }

    fn is_fresh(&self, at: Timestamp, policy: &Policy) -> bool {
        let now = self.engine.inner.clock.now();
        // A sign-in of the future is a mistake, or worse.
        now.since(at) <= policy.registration.reauthentication && at <= now.plus(MAX_SKEW)
    }
}

impl State {
    fn binding(&self) -> Result<Binding<'_>, Refusal> {
        self.vouched.binding(&self.context)
    }

    /// Whether what the host has not answered leaves open what binding this method takes: a second
    /// factor, or a hold. Unknown is a fault of the host's method, before anything changes.
    fn can_tell(&self, new: &Newcomer) -> Result<(), Error> {
        let (account, policy) = (&self.loaded.account, &self.context.policy);
        let holdings = self.binding()?.holdings;
        let factor = holdings.second_factor(account, policy, new) == Known::Unknown
            && policy.registration.second_factor_to_change
            && !self.vouched.second_factor;
        // An engine that cannot ask at all takes the strictest: the address waits.
        let hold = holdings.any(account, policy) == Known::Unknown
            && !self.context.unsure.is_empty()
            && !account.registration.ever_active
            && !policy.registration.hold.is_zero();
        if factor || hold { Err(self.context.unanswered(&self.vouched.unsure)) } else { Ok(()) }
    }

    fn admits(&self, new: &Newcomer) -> Result<(), Error> {
        let transition =
            Transition::new(&self.loaded.account, &self.context.policy, self.loaded.account.seen);
        Ok(self.binding()?.admit(&transition, new)?)
    }
}

/// The pending method that this flow confirms.
fn pending_of<'a>(account: &'a Account, flow: &FlowId) -> Option<&'a Method> {
    let challenges = account.flow(flow)?.challenges.iter();
    let mut confirmed = challenges.filter_map(|one| one.confirms.as_ref());
    confirmed.find_map(|id| account.method(id)).filter(|method| !method.active())
}

impl Context {
    /// The user as somebody who registers methods, if they may.
    pub(super) fn registrant(&self) -> Option<Registrant<'_>> {
        let (user, gates) = (self.user.as_ref()?, self.gates_of()?);
        Some(Registrant { user, gates, available: &self.available })
    }

    /// What the user holds beside the record, if they may register methods.
    pub(super) fn holdings<'a>(&'a self, unsure: &'a [MethodKind]) -> Option<Holdings<'a>> {
        let (user, gates) = (self.user.as_ref()?, self.gates_of()?);
        Some(Holdings { user, gates, external: &self.available, unsure })
    }

    /// The kinds of which the host has not said whether the user has them: it could not, or this
    /// engine was built without the method and cannot ask.
    pub(super) fn unsure_kinds(&self, gates: &Gates) -> Vec<MethodKind> {
        let asked = self.unsure.iter().map(|(kind, _)| *kind);
        let counted = gates.methods.iter().copied();
        let not_asked = counted.filter(|kind| {
            kind.verification() == Verification::External
                && !self.capabilities.external.contains(kind)
        });
        asked.chain(not_asked).collect()
    }

    /// The fault of what the host has not answered.
    pub(super) fn unanswered(&self, unsure: &[MethodKind]) -> Error {
        let error = match self.unsure.first() {
            Some((kind, error)) => PortError::new(error.kind())
                .because(format!("`available` of the method {kind} failed: {error}")),
            None => {
                let kinds: Vec<_> = unsure.iter().map(|kind| kind.as_str()).collect();
                PortError::denied().because(format!(
                    "the policy counts {}, and this engine was built without `external_method` for it",
                    kinds.join(", ")
                ))
            }
        };
        Error::Fault(Fault { origin: FaultOrigin::ExternalMethod, error })
    }

    /// The gates that apply to the user, if any do.
    pub(super) fn gates_of(&self) -> Option<&Gates> {
        let policy = self.stored.then_some(&*self.policy);
        let user = self.user.as_ref()?;
        may_reset(policy, self.tenant.as_ref(), user).ok().map(|eligibility| eligibility.gates)
    }
}

impl Engine {
    fn registration_reply(
        &self,
        request: &Request,
        claim: &TicketClaims,
        account: &Account,
        context: &Context,
    ) -> Reply<RegistrationTicket> {
        let policy = &*context.policy;
        let step = enter_step(claim, account, policy);
        Reply {
            ticket: RegistrationTicket::issue(claim, &request.tenant, &self.inner.keys),
            step,
            expires_at: claim.started_at.plus(policy.lifetimes.flow),
            not_before: None,
            page: None,
            replace_recovery_code: false,
            unlock_offered: policy.unlock_without_reset,
        }
    }
}

fn view(method: &Method, account: &Account) -> MethodView {
    let codes_left = match &method.factor {
        Factor::RecoveryCode(set) => u8::try_from(set.codes.len()).ok(),
        _ => None,
    };
    MethodView {
        id: method.id.clone(),
        kind: method.kind,
        destination: method.destination().cloned(),
        codes_left,
        default: account.registration.default.as_ref() == Some(&method.id),
        active: method.active(),
        provenance: method.provenance,
        usable_from: method.active().then_some(method.usable_from),
    }
}

fn first_bytes(key: &[u8; 32]) -> [u8; 8] {
    std::array::from_fn(|place| key[place])
}

//! Registration of methods by a signed-in user.

mod enrol;
mod host_verified;
mod new_method;
mod prompt;
mod questions;
mod resume;
mod review;
mod state;
mod supplied;
mod view;

pub use enrol::{Enrolment, NewAuthenticator, RecoveryCodes};
pub use new_method::NewMethod;
pub use prompt::SignInPrompt;
pub use review::RegistrationReview;
use state::RegistrationContext;
use view::{view, views};

use crate::domain::account::{Account, Factor, FlowId, Generation, Method, Purpose};
use crate::domain::crypto::flow_ticket::{ClaimsTicket as _, RegistrationTicket};
use crate::domain::crypto::ticket::{TicketClaims, TicketSubject};
use crate::domain::event::ActorKind;
use crate::domain::identity::contact::Destination;
use crate::domain::identity::ids::MethodId;
use crate::domain::invalid::InvalidInput;
use crate::domain::method::{ChallengeOption, RegistrationMode};
use crate::domain::refusal::Refusal;
use crate::domain::rules::binding::MethodToBind;
use crate::domain::rules::{
    Add, Asked, Asker, Binding, Confirm, FlowTerms, Open, Transition, add_method, confirm_method,
    remove_method, time_of,
};
use crate::engine::api::attempt::Attempt;
use crate::engine::api::error::Error;
use crate::engine::api::reply::{MethodView, Reply};
use crate::engine::api::request::{Request, SignedIn};
use crate::engine::core::Core;
use crate::engine::core::commit::Origin;
use crate::engine::core::compare::Compared;
use crate::engine::core::context::{Context, code_locale};
use crate::engine::core::limits::{LimitCaller, LimitScope};
use crate::engine::flow::step::enter_step;
use crate::engine::observe::Operation;

/// Registration of methods by a signed-in user: [`add`](Self::add) sends a code to the new address
/// ([`NewMethod`] has an example),
/// [`enrol_authenticator`](Self::enrol_authenticator) and [`claim_token`](Self::claim_token) need a
/// code of the device, and [`confirm`](Self::confirm) makes it active.
/// [`create_recovery_codes`](Self::create_recovery_codes) needs an acknowledgement instead.
/// [`prompt`](Self::prompt) returns what to ask the user at sign-in.
///
/// The host vouches for the sign-in, and every call except [`prompt`](Self::prompt) and
/// [`skip`](Self::skip) needs a fresh one: at most five minutes old by default. A second factor of the
/// sign-in must be as fresh
/// ([`SignInContext::with_second_factor`](crate::method::SignInContext::with_second_factor)); a user
/// whom the directory reports with one
/// ([`UserFacts::second_factor`](crate::facts::UserFacts::second_factor)) needs it for each of them.
/// A registration session begins with the first method that is added, confirmed or removed in the
/// session of the sign-in, and lasts 15 minutes by default; after its end the user must sign in
/// again ([`RegistrationPolicy::session`](crate::policy::RegistrationPolicy::session)).
///
/// - **Until the account has enough methods for a reset**, adding a method needs no second factor,
///   so that a user without one can register everything in one session. An account that already has
///   a method can add only a method of another kind in this way.
/// - **From then on** adding needs a second factor. Replacing, removing and choosing a default need
///   one as soon as the account has its first method: [`Refusal::SecondFactorRequired`].
/// - **After [`Admin::revoke_methods`](crate::Admin::revoke_methods) or
///   [`Admin::require_registration`](crate::Admin::require_registration)** registration starts
///   over, and only methods registered from then on count.
/// - **A new address waits a day** before it counts
///   ([`MethodView::usable_from`](crate::method::MethodView::usable_from)), and the user's previous
///   addresses are notified. An address does not wait if it is bound in the registration session
///   of a first registration.
///
/// The engine never guesses which methods a user has: if the host cannot say whether the user has a
/// passkey, and the decision depends on it, the call returns [`Error::Fault`] and nothing changes.
/// A registration ticket has no `view`: render each reply in the response to its own request.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    pub(crate) core: &'a Core,
    pub(crate) mode: RegistrationMode,
}

/// A method that is to be confirmed.
struct PendingMethod {
    option: ChallengeOption,
    factor: Factor,
    replaces: Option<MethodId>,
}

impl Registration<'_> {
    /// The same operations for the page that interrupts a sign-in (Entra: interrupt mode). It adds
    /// what the [prompt](Self::prompt) asks for: replacing, removing and choosing a default are
    /// [`Refusal::NotOffered`], and so are a second mobile phone, and an office phone unless the
    /// directory has one.
    ///
    /// ```
    /// # fn page(engine: &sspr::Engine) {
    /// let registration = engine.registration().interrupt();
    /// # let _ = registration;
    /// # }
    /// ```
    #[must_use]
    pub const fn interrupt(self) -> Self {
        Self { mode: RegistrationMode::Interrupt, ..self }
    }

    /// Refuses what only the page that manages methods may do.
    fn must_manage(&self) -> Result<(), Refusal> {
        match self.mode {
            RegistrationMode::Manage => Ok(()),
            RegistrationMode::Interrupt => Err(Refusal::NotOffered),
        }
    }

    /// The methods of the user. Pending ones are included while they may still be confirmed.
    ///
    /// # Errors
    ///
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::SecondFactorRequired`] for a second factor that is
    /// too old or missing, [`Refusal::NotEligible`]; [`Error::Fault`].
    pub async fn list(&self, request: &Request, user: &SignedIn) -> Result<Vec<MethodView>, Error> {
        let done = async {
            let state = RegistrationContext::read_fresh(self.core, request, user).await?;
            Ok(views(&state.loaded.account, self.core.clock.now()))
        };
        self.core.observe(Operation::RegistrationList, &request.tenant, done).await
    }

    /// Adds a method and sends it a code. The method is pending until the code is confirmed.
    ///
    /// # Errors
    ///
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::SecondFactorRequired`],
    /// [`Refusal::NotEligible`], [`Refusal::NotOffered`] for a kind that the policy does not allow,
    /// [`Refusal::AlreadyProven`] if the user already has it, [`Refusal::LimitReached`],
    /// [`Refusal::TooOften`], [`Refusal::TooManyCodes`] if too many codes went to the address,
    /// across all accounts; [`Error::Fault`].
    pub async fn add(
        &self,
        request: &Request,
        user: &SignedIn,
        method: &NewMethod,
    ) -> Result<Reply<RegistrationTicket>, Error> {
        let done = async {
            let factor = Factor::Address(method.destination.clone());
            let pending = PendingMethod { option: method.option, factor, replaces: None };
            let state = RegistrationContext::read_fresh(self.core, request, user).await?;
            self.begin(request, user, state, &pending).await
        };
        self.core.observe(Operation::RegistrationAdd, &request.tenant, done).await
    }

    /// Adds a method that replaces another of its kind once its code is confirmed and its hold is
    /// over. Until then the other method stays in use. Both are notified when the code is
    /// confirmed.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add); [`Refusal::NotFound`] if the user has no such active method of this
    /// kind.
    pub async fn replace(
        &self,
        request: &Request,
        user: &SignedIn,
        replaced: &MethodId,
        method: &NewMethod,
    ) -> Result<Reply<RegistrationTicket>, Error> {
        let done = async {
            self.must_manage()?;
            let factor = Factor::Address(method.destination.clone());
            let replaces = Some(replaced.clone());
            let pending = PendingMethod { option: method.option, factor, replaces };
            let state = RegistrationContext::read_fresh(self.core, request, user).await?;
            self.begin(request, user, state, &pending).await
        };
        self.core.observe(Operation::RegistrationReplace, &request.tenant, done).await
    }

    async fn begin(
        &self,
        request: &Request,
        user: &SignedIn,
        state: RegistrationContext,
        pending: &PendingMethod,
    ) -> Result<Reply<RegistrationTicket>, Error> {
        let kind = pending.option.method();
        let (factor, replaces) = (&pending.factor, pending.replaces.as_ref());
        let account = &state.loaded.account;
        let replaced = replaces.and_then(|id| account.method(id));
        state.require_known_holdings(&MethodToBind::new(
            account,
            kind,
            factor.destination(),
            replaced,
        ))?;
        let decide =
            move |transition: &mut Transition<'_>, binding: &Binding<'_>, open: &Open<'_>| {
                let add = Add { kind, factor, replaces, binding: *binding, open: open.clone() };
                add_method(transition, &add).map(|_| ())
            };
        self.open(request, user, state, pending.option, factor.destination(), &decide).await
    }

    /// Opens the flow that confirms a method. `decide` changes the record.
    async fn open(
        &self,
        request: &Request,
        user: &SignedIn,
        state: RegistrationContext,
        option: ChallengeOption,
        destination: Option<&Destination>,
        decide: &(
             dyn Fn(&mut Transition<'_>, &Binding<'_>, &Open<'_>) -> Result<(), Refusal> + Sync
         ),
    ) -> Result<Reply<RegistrationTicket>, Error> {
        let core = self.core;
        let arrival = core.clock.now();
        let kind = option.method();
        state.offers(self.mode, kind)?;
        let RegistrationContext { context, target, loaded, required, sign_in } = state;
        if !context.capabilities.allow(kind, option.channel()) {
            return Err(Refusal::NotOffered.into());
        }
        let identifier = first_bytes(target.key.as_bytes());
        let claim = TicketClaims {
            purpose: Purpose::Register,
            flow: FlowId(core.random()?),
            generation: Generation::default(),
            started_at: time_of(&loaded.account, arrival),
            identifier,
            subject: TicketSubject::User(user.of(request)?.clone()),
            epoch: loaded.account.epoch,
            asked: Default::default(),
        };
        let mut open = self.challenge_to_open(request, &claim, &context, (option, required))?;
        let policy = &*context.policy;
        let binding = sign_in.binding(&context)?;
        let mut dry_run = Transition::new(&loaded.account, policy, core.clock.now());
        decide(&mut dry_run, &binding, &open)?;
        let scope = LimitScope {
            caller: LimitCaller::SignedIn,
            identifier,
            option,
            destination,
            record: &target.key,
            sends: true,
        };
        open.limit_spent = core.count_against_limits(request, policy, &scope).await?;
        let origin = Origin::of(request, ActorKind::User);
        let step = core.commit(&target, policy, &origin).from(loaded).wake();
        let ((), committed) = step.apply(|transition| decide(transition, &binding, &open)).await?;
        Ok(registration_reply(core, request, &claim, &committed.account, &context))
    }

    /// The challenge of a method to be confirmed, before the limits are counted.
    fn challenge_to_open<'a>(
        &self,
        request: &Request,
        claim: &TicketClaims,
        context: &'a Context,
        (option, required): (ChallengeOption, u8),
    ) -> Result<Open<'a>, Error> {
        let user = context.user.as_ref();
        let source = self.core.keys.source(&request.tenant, &request.source.bucket());
        let asked = Asked { by: Asker::Unrecognised, source, at: claim.started_at };
        let flow = FlowTerms::of(claim, user, required);
        Ok(Open {
            locale: code_locale(request, context),
            ..Open::new(flow, asked, option, self.core.fresh_challenge()?)
        })
    }

    /// Makes a pending method active if the code is correct. The addresses that were valid before
    /// are notified; the new address is not. If the reply is lost, repeat the call with the same
    /// code.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAccepted`] for a wrong code and for every other reason not to accept it;
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::SecondFactorRequired`] if other methods
    /// have been confirmed in the meantime, [`Refusal::NotEligible`]; [`InvalidInput::Foreign`] for
    /// a ticket of another user or flow; [`Error::Fault`].
    pub async fn confirm(
        &self,
        request: &Request,
        user: &SignedIn,
        ticket: &RegistrationTicket,
        attempt: &Attempt,
    ) -> Result<MethodView, Error> {
        let done = async {
            let core = self.core;
            let claim = ticket.open(&request.tenant, &core.keys)?;
            if claim.subject != TicketSubject::User(user.of(request)?.clone()) {
                return Err(InvalidInput::Foreign { what: "ticket" }.into());
            }
            let state = RegistrationContext::read_fresh(self.core, request, user).await?;
            let account = &state.loaded.account;
            if let Some(pending) = pending_of(account, &claim.flow) {
                let new = MethodToBind::of(account, pending);
                state.require_known_holdings(&new)?;
                state.check_admitted(&new)?;
            }
            let binding = state.binding()?;
            let RegistrationContext { context, target, loaded, .. } = &state;
            let eligible = context.eligible_user().ok_or(Refusal::NotOffered)?;
            let stamp = eligible.user.change_stamp.as_deref();
            let begun = loaded.account.flow(&claim.flow);
            if begun.is_some_and(|flow| flow.stamp.as_deref() != stamp) {
                // The account changed outside the engine: another person may have begun this flow.
                return Err(Refusal::NotAccepted.into());
            }
            let tell = &context.addresses(&loaded.account);
            let policy = &*context.policy;
            let origin = Origin::of(request, ActorKind::User);
            let Compared { reservation, matched, record } =
                core.reserve_and_compare(target, policy, &origin, &claim, attempt).await?;
            let source = core.familiar_source(request, &target.key);
            let confirm = Confirm { eligible, binding, tell, source };
            let step = core.commit(target, policy, &origin).from(record).wake();
            let (method, committed) = step
                .apply(|transition| {
                    confirm_method(transition, &claim.flow, &reservation, &matched, &confirm)
                })
                .await?;
            Ok(view(&method, &committed.account))
        };
        self.core.observe(Operation::RegistrationConfirm, &request.tenant, done).await
    }

    /// Removes a method. All addresses that were valid before are notified, the removed one
    /// included.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotFound`], [`Refusal::ReauthenticationRequired`],
    /// [`Refusal::SecondFactorRequired`] unless the user added the method and it is still pending,
    /// [`Refusal::NotEligible`]; [`Error::Fault`].
    pub async fn remove(
        &self,
        request: &Request,
        user: &SignedIn,
        method: &MethodId,
    ) -> Result<(), Error> {
        let done = async {
            let core = self.core;
            self.must_manage()?;
            let RegistrationContext { context, target, loaded, sign_in, .. } =
                RegistrationContext::read_fresh(self.core, request, user).await?;
            let binding = sign_in.binding(&context)?;
            let tell = |account: &Account| context.addresses(account);
            let origin = Origin::of(request, ActorKind::User);
            let policy = &context.policy;
            let step = core.commit(&target, policy, &origin).from(loaded).wake();
            step.apply(|transition| remove_method(transition, method, &binding, tell)).await?;
            Ok(())
        };
        self.core.observe(Operation::RegistrationRemove, &request.tenant, done).await
    }
}

/// The pending method that this flow confirms.
fn pending_of<'a>(account: &'a Account, flow: &FlowId) -> Option<&'a Method> {
    let challenges = account.flow(flow)?.challenges.iter();
    let mut confirmed = challenges.filter_map(|challenge| challenge.confirms.as_ref());
    confirmed.find_map(|id| account.method(id)).filter(|method| !method.active())
}

fn registration_reply(
    core: &Core,
    request: &Request,
    claim: &TicketClaims,
    account: &Account,
    context: &Context,
) -> Reply<RegistrationTicket> {
    let policy = &*context.policy;
    let step = enter_step(claim, account, policy);
    Reply {
        ticket: RegistrationTicket::issue(claim, &request.tenant, &core.keys),
        step,
        expires_at: claim.started_at.plus(policy.lifetimes.flow),
        not_before: None,
        page: None,
        replace_recovery_code: false,
        unlock_offered: policy.unlock_without_reset,
    }
}

fn first_bytes(key: &[u8; 32]) -> [u8; 8] {
    std::array::from_fn(|place| key[place])
}

//! Resets: start, challenge, prove, complete.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Engine;
use super::attempt::{Attempt, Selection};
use super::context::{Context, Eligible, nobody};
use super::error::Error;
use super::limits::Charged;
use super::reply::Reply;
use super::request::Request;
use super::step::{Loaded, Origin, Plan, Target, Unsure};
use super::view::{step_of, typed_number};
use crate::domain::account::{Account, FlowId, Purpose};
use crate::domain::contact::{Destination, PhoneNumber};
use crate::domain::decide::{
    self, Exceeded, Open, Opened, Turn, code_format, locale_of, open_challenge, time_of,
};
use crate::domain::event::ActorKind;
use crate::domain::facts::UserSelector;
use crate::domain::ids::{Identifier, TenantId};
use crate::domain::invalid::InvalidInput;
use crate::domain::method::ChallengeOption;
use crate::domain::policy::{Disclosure, Policy};
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::secret::SecretText;
use crate::domain::ticket::{Asked, Claim, ResetTicket, TicketSubject};
use crate::domain::time::Timestamp;

/// Resets of a forgotten password. Call in this order: [`start`](Self::start),
/// [`challenge`](Self::challenge), [`prove`](Self::prove) (the last two once for each method that
/// the policy requires), [`complete`](Self::complete). [`view`](Self::view) shows where a flow
/// stands, at any point.
#[derive(Clone, Copy, Debug)]
pub struct Reset<'a> {
    pub(super) engine: &'a Engine,
}

impl Reset<'_> {
    /// Begins a reset for whoever has this identifier. Nothing is written and nothing is sent.
    ///
    /// # Errors
    ///
    /// [`Refusal::HumanCheckRequired`]; [`Refusal::NotEligible`] only under
    /// [`Disclosure::Reasoned`]; [`Error::Fault`] if a port failed.
    pub async fn start(
        &self,
        request: &Request,
        identifier: &Identifier,
    ) -> Result<Reply<ResetTicket>, Error> {
        let engine = self.engine;
        let (tenant, arrival) = (&request.tenant, engine.inner.clock.now());
        let human = engine.human_passed(request).await;
        let context = engine.context(tenant, UserSelector::Identifier(identifier), false).await?;
        let wanted =
            context.policy.human_check || context.policy.disclosure == Disclosure::Reasoned;
        if wanted && !human {
            return Err(Refusal::HumanCheckRequired.into());
        }
        let typed = engine.inner.keys.identifier(tenant, identifier);
        let target = match &context.user {
            Some(user) => engine.user_target(tenant, &user.id),
            None => {
                let reason = SsprReason::UnknownUser;
                let subject = TicketSubject::Decoy { reason, user: None };
                engine.subject_target(tenant, &subject, typed)
            }
        };
        let loaded = engine.load(&target).await?;
        let eligible = context.eligible(&loaded.account, arrival);
        let subject = match &eligible {
            Ok(eligible) => TicketSubject::User(eligible.user.id.clone()),
            Err(reason) => {
                if context.policy.disclosure == Disclosure::Reasoned {
                    return Err(Refusal::NotEligible { reason: *reason }.into());
                }
                let user = context.user.as_ref().map(|user| user.id.clone());
                TicketSubject::Decoy { reason: *reason, user }
            }
        };
        let claim = Claim {
            purpose: Purpose::Reset,
            flow: FlowId(engine.random()?),
            generation: 0,
            started_at: arrival,
            identifier: typed,
            subject,
            epoch: match &eligible {
                Ok(_) => loaded.account.epoch,
                Err(_) => 0,
            },
            asked: Default::default(),
        };
        let first = engine.first_offers(&context, eligible.ok().as_ref(), typed);
        // The flow has no state yet: whatever the record holds belongs to others.
        Ok(engine.reply(tenant, &claim, &loaded.account, &context.policy, &first, arrival))
    }

    /// Shows where a flow stands. Only reads: a mail scanner or a refreshed page changes nothing.
    ///
    /// # Errors
    ///
    /// [`Refusal::Ended`], [`Refusal::TicketReplaced`]; [`InvalidInput::Foreign`] for a ticket that
    /// is not one of this tenant's resets; [`Error::Fault`].
    pub async fn view(
        &self,
        request: &Request,
        ticket: &ResetTicket,
    ) -> Result<Reply<ResetTicket>, Error> {
        let engine = self.engine;
        let (tenant, arrival) = (&request.tenant, engine.inner.clock.now());
        let claim = ticket.open(tenant, &engine.inner.keys)?;
        let (context, _, loaded) = engine.reset_state(tenant, &claim, false).await?;
        let now = time_of(&loaded.account, arrival);
        claim.check_time(context.policy.lifetimes.flow, arrival)?;
        // Until the first proof only the ticket says what is shown: the record knows who exists.
        let proven = loaded.account.flow(&claim.flow).filter(|flow| !flow.proofs.is_empty());
        match proven {
            None if claim.generation > 0 => return Err(Refusal::Ended.into()),
            Some(flow) if now >= flow.expires_at || flow.epoch != loaded.account.epoch => {
                return Err(Refusal::Ended.into());
            }
            Some(flow) if flow.generation != claim.generation => {
                return Err(Refusal::TicketReplaced.into());
            }
            _ => {}
        }
        let eligible = context.claimed_eligible(&claim, &loaded.account, now);
        let first = engine.first_offers(&context, eligible.ok().as_ref(), claim.identifier);
        Ok(engine.reply(tenant, &claim, &loaded.account, &context.policy, &first, arrival))
    }

    /// Opens a challenge: a code goes to the stored address of the chosen method, if the account
    /// has it and its budgets allow. Before the first proof the answer does not tell.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotOffered`] for an option that was not shown; [`Refusal::TooOften`] for another
    /// code of one method within the wait, and for a source that has spent its own limit; [`Refusal::Ended`], [`Refusal::TicketReplaced`],
    /// [`Refusal::AlreadyProven`]; [`InvalidInput`] for a foreign ticket or a missing phone number;
    /// [`Error::Fault`].
    pub async fn challenge(
        &self,
        request: &Request,
        ticket: &ResetTicket,
        selection: &Selection,
    ) -> Result<Reply<ResetTicket>, Error> {
        let engine = self.engine;
        let (tenant, arrival) = (&request.tenant, engine.inner.clock.now());
        let mut claim = ticket.open(tenant, &engine.inner.keys)?;
        let option = selection.option;
        let (context, target, loaded) = engine.reset_state(tenant, &claim, false).await?;
        let policy = &*context.policy;
        let now = time_of(&loaded.account, arrival);
        claim.check_time(policy.lifetimes.flow, arrival)?;
        // The wait between two codes is the ticket's: the record knows who exists.
        if let Some(asked) = claim.asked_for(option.method()) {
            let retry_at = asked.at.plus(policy.sends.resend_after);
            if arrival < retry_at {
                return Err(Refusal::TooOften { retry_at }.into());
            }
        }
        let eligible = context.claimed_eligible(&claim, &loaded.account, now);
        let first = engine.first_offers(&context, eligible.as_ref().ok(), claim.identifier);
        let proven = loaded.account.flow(&claim.flow).is_some_and(|flow| !flow.proofs.is_empty());
        match &eligible {
            Ok(eligible) if proven => {
                let offers = eligible.offers(&context.channels);
                if !offers.iter().any(|offer| offer.option == option) {
                    return Err(Refusal::NotOffered.into());
                }
            }
            // Whoever has proven a method is not left waiting for a code that is never sent.
            Err(reason) if proven => return Err(Refusal::NotEligible { reason: *reason }.into()),
            _ => check_offered(&context, option)?,
        }
        let typed = match &selection.typed {
            typed if typed_number(policy, option) => {
                Some(typed.as_ref().ok_or(InvalidInput::Empty { what: "phone number" })?)
            }
            _ => None,
        };
        let user = context.user.as_ref();
        let mut open = Open {
            flow: claim.flow,
            purpose: Purpose::Reset,
            generation: claim.generation,
            started_at: claim.started_at,
            option,
            destination: chosen(&eligible, option),
            required: eligible.as_ref().map_or(policy.users.required, |one| one.gates.required),
            stamp: user.and_then(|user| user.change_stamp.as_deref()),
            incarnation: user.and_then(|user| user.incarnation.as_deref()),
            exceeded: None,
            offers: eligible.as_ref().map(|one| one.offers(&context.channels)).unwrap_or_default(),
            confirms: None,
            number: None,
            epoch: claim.epoch,
            asked_at: arrival,
            locale: user.map(|user| locale_of(user, context.tenant.as_ref())).unwrap_or_default(),
            source: engine.inner.keys.source(tenant, &request.source.bucket()),
            key: engine.inner.keys.issuing().id,
            nonce: engine.random()?,
        };
        // What the rules refuse anyway is not charged to anybody.
        let mut dry = Turn::new(&loaded.account, policy, engine.inner.clock.now());
        open_challenge(&mut dry, &open)?;
        let charged = Charged {
            identifier: claim.identifier,
            option,
            destination: open.destination.ok(),
            record: &target.key,
        };
        open.exceeded = engine.charge_limits(request, policy, &charged).await?;
        let origin = Origin::about(request, &claim.subject);
        let longer = open.exceeded == Some(Exceeded::Tenant);
        let (opened, account) = engine.open(&target, loaded, policy, &origin, open, typed).await?;
        if let Opened::Silent(retry_at) = opened {
            engine.inner.silenced.fetch_add(1, Ordering::Relaxed);
            // Whoever has proven a method, and whoever is told reasons anyway, is told the wait.
            if proven || policy.disclosure == Disclosure::Reasoned {
                return Err(Refusal::TooOften { retry_at }.into());
            }
        }
        if !proven {
            let format = code_format(policy, option, longer);
            claim.ask(Asked { option, at: arrival, length: format.length });
        }
        (engine.inner.on_work)();
        Ok(engine.reply(tenant, &claim, &account, policy, &first, arrival))
    }

    /// Judges a code that was typed: accepted or not accepted, nothing else.
    ///
    /// One attempt is taken before the code is compared. The right code, given again with the
    /// ticket before, gets the same answer and makes no second proof.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAccepted`] whatever the reason is; [`InvalidInput::Foreign`] for a foreign
    /// ticket; [`Error::Fault`] if a port failed, in which case the code was not compared or the
    /// proof not recorded.
    pub async fn prove(
        &self,
        request: &Request,
        ticket: &ResetTicket,
        attempt: &Attempt,
    ) -> Result<Reply<ResetTicket>, Error> {
        let engine = self.engine;
        let (tenant, arrival) = (&request.tenant, engine.inner.clock.now());
        let mut claim = ticket.open(tenant, &engine.inner.keys)?;
        let (policy, _) = engine.policy(tenant, false).await?;
        let target = engine.subject_target(tenant, &claim.subject, claim.identifier);
        let origin = Origin::about(request, &claim.subject);
        let charge = engine.charge_and_compare(&target, &policy, &origin, &claim, attempt).await?;
        let origin = Origin { actor: ActorKind::User, ..origin };
        let decide =
            |turn: &mut Turn<'_>| decide::consume(turn, &claim.flow, &charge).map(Plan::Commit);
        let step = engine.step(&target, None, &policy, &origin, Unsure::Resolve, decide);
        let (proven, account) = step.await?;
        claim.generation = proven.flow.generation;
        // From here on the record says what is shown.
        claim.asked = Default::default();
        (engine.inner.on_work)();
        let mut reply = engine.reply(tenant, &claim, &account, &policy, &[], arrival);
        reply.not_before = None;
        Ok(reply)
    }

    /// Writes the new password, if the flow holds a live grant and the password satisfies the
    /// rules, and tells the owner. If the answer is lost, [`view`](Self::view) shows
    /// [`Step::Done`](crate::Step::Done).
    ///
    /// A refused password costs nothing and keeps the grant, ten times. If the outcome is not
    /// known ([`Error::Fault`] from the directory), the owner is told that the password may have
    /// changed, and the same ticket may repeat the call with the same password.
    ///
    /// # Errors
    ///
    /// [`Refusal::MoreProofNeeded`], [`Refusal::Ended`], [`Refusal::TicketReplaced`],
    /// [`Refusal::Password`], [`Refusal::DirectoryPassword`], [`Refusal::Busy`],
    /// [`Refusal::NotEligible`]; [`InvalidInput`]; [`Error::Fault`].
    pub async fn complete(
        &self,
        request: &Request,
        ticket: &ResetTicket,
        new_password: &SecretText,
    ) -> Result<Reply<ResetTicket>, Error> {
        let arrival = self.engine.inner.clock.now();
        let claim = ticket.open(&request.tenant, &self.engine.inner.keys)?;
        self.engine.complete_reset(request, &claim, new_password, arrival).await
    }
}

/// Whether the option is one of those shown before the first proof: the policy's, whoever asks.
fn check_offered(context: &Context, option: ChallengeOption) -> Result<(), Refusal> {
    let policy = &*context.policy;
    let administrators = &policy.administrators;
    let kind = option.method();
    let allowed = policy.users.methods.contains(&kind)
        || (administrators.enabled && administrators.gates.methods.contains(&kind));
    // What is shown is the first of each kind, or all that an account may have, masked.
    let shown = match policy.disclosure {
        Disclosure::Uniform => 1,
        _ => policy.registration.max_per_kind,
    };
    let reached = context.channels.contains(&option.channel());
    if allowed && reached && option.index() < shown { Ok(()) } else { Err(Refusal::NotOffered) }
}

/// Where the code of this option goes, or why nowhere.
fn chosen<'a>(
    eligible: &'a Result<Eligible<'_>, SsprReason>,
    option: ChallengeOption,
) -> Result<&'a Destination, SsprReason> {
    let eligible = eligible.as_ref().map_err(|reason| *reason)?;
    let candidate = eligible.candidate(option).ok_or(SsprReason::NoSuchMethod)?;
    Ok(&candidate.destination)
}

impl Context {
    /// Whether the ticket's user may reset now; a ticket of nobody's keeps its reason.
    fn claimed_eligible(
        &self,
        claim: &Claim,
        account: &Account,
        now: Timestamp,
    ) -> Result<Eligible<'_>, SsprReason> {
        match &claim.subject {
            TicketSubject::Decoy { reason, .. } => Err(*reason),
            TicketSubject::User(_) => self.eligible(account, now),
        }
    }
}

impl Engine {
    /// Compares the phone number, where one must be typed, and opens the challenge.
    async fn open(
        &self,
        target: &Target,
        loaded: Loaded,
        policy: &Policy,
        origin: &Origin,
        mut open: Open<'_>,
        typed: Option<&PhoneNumber>,
    ) -> Result<(Opened, Arc<Account>), Error> {
        let mut loaded = Some(loaded);
        if let Some(typed) = typed
            && let Some(found) = loaded.take()
        {
            match self.compare_number(target, found, policy, origin, &open, typed).await? {
                Ok((matched, charge)) => {
                    loaded = Some(matched);
                    open.number = Some(charge);
                }
                Err(retry_at) => {
                    let account = self.load(target).await?.account;
                    return Ok((Opened::Silent(retry_at), account));
                }
            }
        }
        let decide = |turn: &mut Turn<'_>| {
            Ok(match open_challenge(turn, &open)? {
                // A number that was right was no failure, whatever else is spent.
                silent @ Opened::Silent(_) if open.number.is_none() => Plan::Keep(silent),
                opened => Plan::Commit(opened),
            })
        };
        self.step(target, loaded, policy, origin, Unsure::Resolve, decide).await
    }

    /// Asks the human check, if there is one: the first port call, whatever the policy says.
    async fn human_passed(&self, request: &Request) -> bool {
        match (&self.inner.human_check, &request.human) {
            (Some(check), Some(answer)) => {
                check.passed(&request.tenant, answer).await.unwrap_or(false)
            }
            _ => false,
        }
    }

    /// Facts and record for a ticket: the same calls whoever it names.
    pub(super) async fn reset_state(
        &self,
        tenant: &TenantId,
        claim: &Claim,
        fresh: bool,
    ) -> Result<(Context, Target, Loaded), Error> {
        let user = match &claim.subject {
            TicketSubject::User(user) => user.clone(),
            TicketSubject::Decoy { user, .. } => match user {
                Some(user) => user.clone(),
                None => nobody(claim.identifier)?,
            },
        };
        let context = self.context(tenant, UserSelector::Id(&user), fresh).await?;
        let target = self.subject_target(tenant, &claim.subject, claim.identifier);
        let loaded = self.load(&target).await?;
        Ok((context, target, loaded))
    }

    pub(super) fn reply(
        &self,
        tenant: &TenantId,
        claim: &Claim,
        account: &Arc<Account>,
        policy: &Policy,
        first: &[super::OptionView],
        arrival: Timestamp,
    ) -> Reply<ResetTicket> {
        let proven = account.flow(&claim.flow).is_some_and(|flow| !flow.proofs.is_empty());
        // Until then not even the record's time may show.
        let now = if proven { time_of(account, arrival) } else { arrival };
        Reply {
            ticket: ResetTicket::issue(claim, tenant, &self.inner.keys),
            step: step_of(claim, account, policy, first, now),
            expires_at: claim.started_at.plus(policy.lifetimes.flow),
            not_before: (!proven).then(|| arrival.plus(self.inner.reply_floor)),
        }
    }
}

//! What resets and unlocks have in common: from the identifier to the grant.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Engine;
use super::attempt::{Attempt, Selection};
use super::context::{Context, Eligible, nobody};
use super::error::Error;
use super::limits::{LimitCaller, LimitScope};
use super::reply::Reply;
use super::request::Request;
use super::step::{Decision, Loaded, OnUnknown, Origin, Target};
use super::view::{first_kinds, step_of, typed_number};
use crate::domain::account::{Account, Expected, FlowId, Purpose};
use crate::domain::contact::PhoneNumber;
use crate::domain::decide::{
    self, LimitSpent, Open, Opened, Transition, code_format, locale_of, open_challenge, time_of,
};
use crate::domain::event::ActorKind;
use crate::domain::facts::UserSelector;
use crate::domain::ids::{Identifier, TenantId};
use crate::domain::invalid::InvalidInput;
use crate::domain::method::{ChallengeOption, Verification};
use crate::domain::policy::{Disclosure, Policy};
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::ticket::{AskedChallenge, FlowTicket, TicketClaims, TicketSubject};
use crate::domain::time::Timestamp;

/// What the page of a method that the host verifies may hold, in bytes.
const MAX_PAGE: usize = 4096;

impl Engine {
    pub(super) async fn begin_flow<T: FlowTicket>(
        &self,
        request: &Request,
        identifier: &Identifier,
    ) -> Result<Reply<T>, Error> {
        let (tenant, arrival) = (&request.tenant, self.inner.clock.now());
        let context = self.admitted(request, identifier).await?;
        if T::PURPOSE == Purpose::Unlock && !context.policy.unlock_without_reset {
            return Err(Refusal::NotOffered.into());
        }
        let typed = self.inner.keys.identifier(tenant, identifier);
        let (_, loaded) = self.named(tenant, &context, typed).await?;
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
        let claim = TicketClaims {
            purpose: T::PURPOSE,
            flow: FlowId(self.random()?),
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
        let first = self.first_offers(&context, eligible.ok().as_ref(), typed);
        // The flow has no state yet: whatever the record holds belongs to others.
        Ok(self.reply(tenant, &claim, &loaded.account, &context.policy, &first, arrival))
    }

    /// Facts for an identifier that a stranger typed, after the human check.
    pub(super) async fn admitted(
        &self,
        request: &Request,
        identifier: &Identifier,
    ) -> Result<Context, Error> {
        let tenant = &request.tenant;
        let human = self.human_passed(request).await;
        let context = self.context(tenant, UserSelector::Identifier(identifier), false).await?;
        let policy = &context.policy;
        let wanted = policy.human_check || policy.disclosure == Disclosure::Reasoned;
        if wanted && !human {
            return Err(Refusal::HumanCheckRequired.into());
        }
        Ok(context)
    }

    /// The record of whoever was named; a decoy's if that is nobody.
    pub(super) async fn named(
        &self,
        tenant: &TenantId,
        context: &Context,
        typed: [u8; 8],
    ) -> Result<(Target, Loaded), Error> {
        let target = match &context.user {
            Some(user) => self.user_target(tenant, &user.id),
            None => self.decoy_target(tenant, typed, None),
        };
        let loaded = self.load(&target).await?;
        Ok((target, loaded))
    }

    pub(super) async fn view_flow<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
    ) -> Result<Reply<T>, Error> {
        let (tenant, arrival) = (&request.tenant, self.inner.clock.now());
        let claim = ticket.open(tenant, &self.inner.keys)?;
        let (context, _, loaded) = self.flow_state(tenant, &claim, false).await?;
        let now = time_of(&loaded.account, arrival);
        claim.check_time(context.policy.lifetimes.flow, arrival)?;
        // Until the first proof only the ticket says what is shown: the record knows who exists.
        let proven = loaded.account.flow(&claim.flow).filter(|flow| !flow.proofs.is_empty());
        match proven {
            None if claim.generation > 0 || !claim.purpose.anonymous() => {
                return Err(Refusal::Ended.into());
            }
            Some(flow) if now >= flow.expires_at || flow.epoch != loaded.account.epoch => {
                return Err(Refusal::Ended.into());
            }
            Some(flow) if flow.generation != claim.generation => {
                return Err(Refusal::TicketReplaced.into());
            }
            _ => {}
        }
        let eligible = context.claimed_eligible(&claim, &loaded.account, now);
        let first = self.first_offers(&context, eligible.ok().as_ref(), claim.identifier);
        Ok(self.reply(tenant, &claim, &loaded.account, &context.policy, &first, arrival))
    }

    pub(super) async fn challenge_flow<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
        selection: &Selection,
    ) -> Result<Reply<T>, Error> {
        let (tenant, arrival) = (&request.tenant, self.inner.clock.now());
        let mut claim = ticket.open(tenant, &self.inner.keys)?;
        let option = selection.option;
        let (context, target, loaded) = self.flow_state(tenant, &claim, false).await?;
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
        let first = self.first_offers(&context, eligible.as_ref().ok(), claim.identifier);
        let proven = loaded.account.flow(&claim.flow).is_some_and(|flow| !flow.proofs.is_empty());
        check_choice(&context, &eligible, option, proven)?;
        let typed = match &selection.typed {
            typed if typed_number(policy, option) => {
                Some(typed.as_ref().ok_or(InvalidInput::Empty { what: "phone number" })?)
            }
            _ => None,
        };
        let user = context.user.as_ref();
        let known_device = self.is_known_device(request, &claim.subject, &loaded.account, now);
        let mut open = Open {
            flow: claim.flow,
            purpose: claim.purpose,
            generation: claim.generation,
            started_at: claim.started_at,
            option,
            expected: chosen(&eligible, option),
            by_administrator: false,
            known_device,
            // A known device has its own place: it is not limited to what a source may hold.
            familiar: !known_device && self.is_familiar(request, &loaded.account, now),
            required: eligible.as_ref().map_or(policy.users.required, |one| one.gates.required),
            stamp: user.and_then(|user| user.change_stamp.as_deref()),
            incarnation: user.and_then(|user| user.incarnation.as_deref()),
            limit_spent: None,
            offers: match &eligible {
                Ok(eligible) => eligible.offers(&context.capabilities),
                // As many as an account shows: the record is as long.
                Err(_) if target.user.is_none() => self.decoy_offers(&context, claim.identifier),
                Err(_) => Vec::new(),
            },
            confirms: None,
            number: None,
            epoch: claim.epoch,
            asked_at: arrival,
            locale: user.map(|user| locale_of(user, context.tenant.as_ref())).unwrap_or_default(),
            source: self.inner.keys.source(tenant, &request.source.bucket()),
            key: self.inner.keys.issuing().id,
            nonce: self.random()?,
        };
        // What the rules refuse anyway is counted against no limit.
        let mut dry = Transition::new(&loaded.account, policy, self.inner.clock.now());
        if let Some(stand_in) = &target.stand_in {
            dry.put_back(stand_in);
        }
        let decided = open_challenge(&mut dry, &open)?;
        // A number that is typed is counted in any case, and may make room for a code.
        let silent = (decided != Opened::Open && typed.is_none()).then_some(decided);
        let scope = LimitScope {
            caller: LimitCaller::Anonymous,
            identifier: claim.identifier,
            option,
            destination: open.expected.as_ref().ok().and_then(Expected::destination),
            record: &target.key,
            sends: silent.is_none(),
        };
        open.limit_spent = self.count_against_limits(request, policy, &scope).await?;
        let origin = Origin::about(request, &claim.subject);
        let longer = open.limit_spent == Some(LimitSpent::Tenant);
        let (opened, account) = match silent {
            // Decided before the limits were counted, and not decided again: no code is sent that
            // no limit has counted.
            Some(silent) => (silent, loaded.account),
            None => self.open(&target, loaded, policy, &origin, &mut open, typed).await?,
        };
        if let Opened::Suppressed(retry_at) = opened {
            self.inner.silenced.fetch_add(1, Ordering::Relaxed);
            if target.user.is_none() {
                self.inner.silenced_decoys.fetch_add(1, Ordering::Relaxed);
            }
            // Whoever has proven a method, and whoever is told reasons anyway, is told the wait.
            if proven || policy.disclosure == Disclosure::Reasoned {
                return Err(Refusal::TooOften { retry_at }.into());
            }
        }
        if !proven {
            let format = code_format(policy, option, longer);
            claim.ask(AskedChallenge { option, at: arrival, length: format.length });
        }
        let page = self.begin_external(&target, &claim, &open, &account).await?;
        (self.inner.on_work)();
        let mut reply = self.reply(tenant, &claim, &account, policy, &first, arrival);
        reply.page = page;
        Ok(reply)
    }

    /// Has the host begin a proof of its own: for nobody, where nothing was opened. A budget that is
    /// spent sends no push to anybody.
    async fn begin_external(
        &self,
        target: &Target,
        claim: &TicketClaims,
        open: &Open<'_>,
        account: &Account,
    ) -> Result<Option<String>, Error> {
        let Some(method) = self.external(open.option.method()) else {
            return Ok(None);
        };
        // The one just opened; or, after a lost answer and within the wait, the one before.
        let opened = account.flow(&claim.flow).into_iter().flat_map(|flow| &flow.challenges);
        let opened = opened.filter(|one| one.option == open.option).max_by_key(|one| one.number);
        let (key, nonce) = opened.map_or((open.key, &open.nonce), |one| (one.key, &one.nonce));
        let nobody = nobody(claim.identifier)?;
        let theirs = opened.is_some_and(|one| one.expected != Expected::Decoy);
        let user = target.user.as_ref().filter(|_| theirs).unwrap_or(&nobody);
        let Some(name) = self.external_challenge(&target.key, key, nonce) else {
            return Ok(None);
        };
        // An error could depend on the user: the page then lacks what it needs, whoever it is.
        let page = method.begin(&target.tenant, user, &name).await.ok();
        Ok(page.filter(|page| page.len() <= MAX_PAGE))
    }

    pub(super) async fn prove_flow<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
        attempt: &Attempt,
    ) -> Result<Reply<T>, Error> {
        let (tenant, arrival) = (&request.tenant, self.inner.clock.now());
        let mut claim = ticket.open(tenant, &self.inner.keys)?;
        let (policy, _) = self.policy(tenant, false).await?;
        let target = self.subject_target(tenant, &claim);
        let origin = Origin::about(request, &claim.subject);
        let proven = self.reserve_and_compare(&target, &policy, &origin, &claim, attempt).await?;
        let (reservation, matched) = proven;
        let origin = Origin { actor: ActorKind::User, ..origin };
        let decide = |transition: &mut Transition<'_>| {
            decide::consume(transition, &claim.flow, &reservation, &matched).map(Decision::Commit)
        };
        let step = self.step(&target, None, &policy, &origin, OnUnknown::Resolve, decide);
        let (proven, account) = step.await?;
        claim.generation = proven.flow.generation;
        // From here on the record says what is shown.
        claim.asked = Default::default();
        (self.inner.on_work)();
        let mut reply = self.reply(tenant, &claim, &account, &policy, &[], arrival);
        reply.not_before = None;
        Ok(reply)
    }

    pub(super) async fn cancel_flow<T: FlowTicket>(
        &self,
        request: &Request,
        ticket: &T,
    ) -> Result<(), Error> {
        let tenant = &request.tenant;
        let claim = ticket.open(tenant, &self.inner.keys)?;
        let (policy, _) = self.policy(tenant, false).await?;
        let target = self.subject_target(tenant, &claim);
        let origin = Origin::about(request, &claim.subject);
        let decide = |transition: &mut Transition<'_>| {
            let cancelled = decide::cancel(transition, &claim.bearer());
            Ok(if cancelled { Decision::Commit(()) } else { Decision::Discard(()) })
        };
        self.step(&target, None, &policy, &origin, OnUnknown::Resolve, decide).await?;
        Ok(())
    }

    /// Compares the phone number, where one must be typed, and opens the challenge.
    async fn open(
        &self,
        target: &Target,
        loaded: Loaded,
        policy: &Policy,
        origin: &Origin,
        open: &mut Open<'_>,
        typed: Option<&PhoneNumber>,
    ) -> Result<(Opened, Arc<Account>), Error> {
        let mut loaded = Some(loaded);
        if let Some(typed) = typed
            && let Some(found) = loaded.take()
        {
            match self.compare_number(target, found, policy, origin, open, typed).await? {
                Ok((matched, reservation)) => {
                    loaded = Some(matched);
                    open.number = Some(reservation);
                }
                Err(retry_at) => {
                    let account = self.load(target).await?.account;
                    return Ok((Opened::Suppressed(retry_at), account));
                }
            }
        }
        let decide = |transition: &mut Transition<'_>| {
            Ok(match open_challenge(transition, open)? {
                // A number that was right was no failure, whatever else is spent.
                silent @ Opened::Suppressed(_) if open.number.is_none() => {
                    Decision::Discard(silent)
                }
                opened => Decision::Commit(opened),
            })
        };
        self.step(target, loaded, policy, origin, OnUnknown::Resolve, decide).await
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
    pub(super) async fn flow_state(
        &self,
        tenant: &TenantId,
        claim: &TicketClaims,
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
        let target = self.subject_target(tenant, claim);
        let loaded = self.load(&target).await?;
        Ok((context, target, loaded))
    }

    pub(super) fn reply<T: FlowTicket>(
        &self,
        tenant: &TenantId,
        claim: &TicketClaims,
        account: &Arc<Account>,
        policy: &Policy,
        first: &[super::OptionView],
        arrival: Timestamp,
    ) -> Reply<T> {
        let proven = account.flow(&claim.flow).is_some_and(|flow| !flow.proofs.is_empty());
        // Until then not even the record's time may show.
        let now = if proven { time_of(account, arrival) } else { arrival };
        Reply {
            ticket: T::issue(claim, tenant, &self.inner.keys),
            step: step_of(claim, account, policy, first, now),
            expires_at: claim.started_at.plus(policy.lifetimes.flow),
            not_before: (!proven).then(|| arrival.plus(self.inner.reply_floor)),
            page: None,
            replace_recovery_code: account
                .flow(&claim.flow)
                .and_then(|flow| flow.done)
                .is_some_and(|done| done.replace_recovery_code),
            unlock_offered: policy.unlock_without_reset,
        }
    }
}

fn check_choice(
    context: &Context,
    eligible: &Result<Eligible<'_>, SsprReason>,
    option: ChallengeOption,
    proven: bool,
) -> Result<(), Refusal> {
    match eligible {
        Ok(eligible) if proven => {
            let offers = eligible.offers(&context.capabilities);
            let offered = offers.iter().any(|offer| offer.option == option);
            if offered { Ok(()) } else { Err(Refusal::NotOffered) }
        }
        // Whoever has proven a method is not left waiting for a code that is never sent.
        Err(reason) if proven => Err(Refusal::NotEligible { reason: *reason }),
        _ => check_offered(context, option),
    }
}

/// Whether the option is one of those shown before the first proof: the policy's, whoever asks.
fn check_offered(context: &Context, option: ChallengeOption) -> Result<(), Refusal> {
    let policy = &*context.policy;
    let administrators = &policy.administrators;
    let kind = option.method();
    let allowed = match policy.disclosure {
        Disclosure::Uniform => first_kinds(policy).contains(&kind),
        // Masks show an administrator their own methods, of whichever kind.
        _ => {
            policy.users.methods.contains(&kind)
                || (administrators.enabled && administrators.gates.methods.contains(&kind))
        }
    };
    // What is shown is the first of each kind, or all that an account may have, masked.
    let shown = match policy.disclosure {
        Disclosure::Uniform => 1,
        _ => policy.registration.max_per_kind,
    };
    let shown = if kind.verification() == Verification::External { 1 } else { shown };
    let reached = context.capabilities.allow(kind, option.channel());
    if allowed && reached && option.index() < shown { Ok(()) } else { Err(Refusal::NotOffered) }
}

/// What answers this option, or why nothing does.
fn chosen(
    eligible: &Result<Eligible<'_>, SsprReason>,
    option: ChallengeOption,
) -> Result<Expected, SsprReason> {
    let eligible = eligible.as_ref().map_err(|reason| *reason)?;
    let candidate = eligible.candidate(option).ok_or(SsprReason::NoSuchMethod)?;
    Ok(candidate.expected.clone())
}

impl Context {
    /// Whether the ticket's user may reset now; a ticket of nobody's keeps its reason.
    fn claimed_eligible(
        &self,
        claim: &TicketClaims,
        account: &Account,
        now: Timestamp,
    ) -> Result<Eligible<'_>, SsprReason> {
        match &claim.subject {
            TicketSubject::Decoy { reason, .. } => Err(*reason),
            TicketSubject::User(_) => self.eligible(account, now),
        }
    }
}

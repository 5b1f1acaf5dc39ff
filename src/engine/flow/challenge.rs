//! The challenge of a reset or an unlock: the choice checked, the limits counted, the code queued.

use std::sync::atomic::Ordering;

use crate::domain::account::{Account, Expected, Generation};
use crate::domain::crypto::flow_ticket::FlowTicket;
use crate::domain::crypto::ticket::{AskedChallenge, TicketClaims};
use crate::domain::identity::contact::{Destination, EmailAddress, PhoneNumber};
use crate::domain::identity::ids::Identifier;
use crate::domain::invalid::InvalidInput;
use crate::domain::method::{ChallengeOption, Channel, Verification};
use crate::domain::policy::{Disclosure, Policy};
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::report::CountedStep;
use crate::domain::rules::effective::{administrator_kinds, user_kinds};
use crate::domain::rules::{
    Asked, Asker, FlowTerms, LimitSpent, Open, Opened, Transition, code_format, open_challenge,
    time_of,
};
use crate::domain::time::Timestamp;
use crate::engine::api::attempt::Selection;
use crate::engine::api::error::Error;
use crate::engine::api::reply::Reply;
use crate::engine::api::request::Request;
use crate::engine::core::Core;
use crate::engine::core::commit::{Decision, Loaded, Origin, Target};
use crate::engine::core::compare::TypedNumber;
use crate::engine::core::context::{Context, code_locale, decoy_user_id};
use crate::engine::core::eligible::Eligible;
use crate::engine::core::limits::{LimitCaller, LimitScope};
use crate::engine::flow::step::{decoy_offers, first_offers, reply, typed_number};

/// The longest page data of a host-verified method, in bytes.
const MAX_PAGE: usize = 4096;

pub(crate) async fn challenge<T: FlowTicket>(
    core: &Core,
    request: &Request,
    ticket: &T,
    selection: &Selection,
) -> Result<Reply<T>, Error> {
    let (tenant, arrival) = (&request.tenant, core.clock.now());
    let mut claim = ticket.open(tenant, &core.keys)?;
    let option = selection.option;
    let (context, target, loaded) = core.flow_state(tenant, &claim, false).await?;
    let policy = &*context.policy;
    let now = time_of(&loaded.account, arrival);
    claim.check_time(policy.lifetimes.flow, arrival)?;
    check_wait(&claim, option, policy, arrival)?;
    let eligible = context.claimed_eligible(&claim, &loaded.account, now);
    let first = first_offers(core, &context, eligible.as_ref().ok(), claim.identifier);
    let proven = loaded.account.flow(&claim.flow).is_some_and(|flow| !flow.proofs.is_empty());
    check_choice(&context, &eligible, option, proven)?;
    let typed = required_number(policy, selection)?;
    let state = (&context, &target, &loaded);
    let mut open = challenge_to_open(core, request, &claim, state, &eligible, (option, arrival))?;
    // A challenge that the rules refuse is not counted against the limits.
    let outcome = dry_run(core, &target, &loaded, policy, &open)?;
    // A typed number is always reserved, and a correct one can turn a suppressed challenge into
    // an open one.
    let suppressed = (outcome != Opened::Open && typed.is_none()).then_some(outcome);
    let scope = LimitScope {
        caller: LimitCaller::Anonymous,
        identifier: claim.identifier,
        option,
        destination: open.expected.as_ref().ok().and_then(Expected::destination),
        record: &target.key,
        sends: suppressed.is_none(),
    };
    open.limit_spent = core.count_against_limits(request, policy, &scope).await?;
    let origin = Origin::about(request, &claim.subject);
    let longer = open.limit_spent == Some(LimitSpent::Tenant);
    let (opened, record) = match suppressed {
        // The outcome is final: a second decision could open a challenge whose code no limit has
        // counted.
        Some(outcome) => (outcome, loaded),
        None => commit_open(core, &target, loaded, policy, &origin, &mut open, typed).await?,
    };
    if let Opened::Suppressed(retry_at) = opened {
        count_suppressed(core, &target);
        // A flow with a proof and a policy with reasons may disclose the wait.
        if proven || policy.disclosure == Disclosure::Reasoned {
            return Err(Refusal::TooOften { retry_at }.into());
        }
    }
    if !proven {
        let format = code_format(policy, option, longer);
        claim.ask(AskedChallenge { option, at: arrival, length: format.length });
    }
    let page = begin_external(core, &target, &claim, &open, &record.account).await?;
    // Also for a suppressed challenge, so that the call does the same for every account.
    core.wake();
    let reply = reply(core, tenant, &claim, &record.account, policy, &first, arrival);
    Ok(Reply { page, ..reply })
}

/// As what a challenge is counted: the first of its flow or a further one, by the ticket, since the
/// record would tell a decoy from an account.
pub(crate) fn counted_step<T: FlowTicket>(
    core: &Core,
    request: &Request,
    ticket: &T,
) -> CountedStep {
    let is_first = ticket.open(&request.tenant, &core.keys).is_ok_and(|claim| {
        claim.generation == Generation::default() && claim.asked.iter().all(Option::is_none)
    });
    if is_first { CountedStep::FirstChallenge } else { CountedStep::Challenge }
}

/// What the rules decide about the challenge now, without a commit.
fn dry_run(
    core: &Core,
    target: &Target,
    loaded: &Loaded,
    policy: &Policy,
    open: &Open<'_>,
) -> Result<Opened, Refusal> {
    let mut transition = Transition::new(&loaded.account, policy, core.clock.now());
    if let Some(stand_in) = &target.stand_in {
        transition.put_back(stand_in);
    }
    open_challenge(&mut transition, open)
}

fn count_suppressed(core: &Core, target: &Target) {
    core.silenced.fetch_add(1, Ordering::Relaxed);
    if target.user.is_none() {
        core.silenced_decoys.fetch_add(1, Ordering::Relaxed);
    }
}

/// The challenge that was asked for, before the limits are counted.
fn challenge_to_open<'a>(
    core: &Core,
    request: &Request,
    claim: &TicketClaims,
    (context, target, loaded): (&'a Context, &Target, &Loaded),
    eligible: &Result<Eligible<'_>, SsprReason>,
    (option, arrival): (ChallengeOption, Timestamp),
) -> Result<Open<'a>, Error> {
    let account = &loaded.account;
    let now = time_of(account, arrival);
    let (user, required) = (context.user.as_ref(), context.policy.users.required);
    let by = if core.is_known_device(request, &claim.subject, account, now) {
        Asker::KnownDevice
    } else if core.is_familiar(request, account, now) {
        Asker::FamiliarSource
    } else {
        Asker::Unrecognised
    };
    let source = core.keys.source(&request.tenant, &request.source.bucket());
    let asked = Asked { by, source, at: arrival };
    let required = eligible.as_ref().map_or(required, |user| user.gates.required);
    let flow = FlowTerms::of(claim, user, required);
    Ok(Open {
        expected: match core.mailbox_of_several(request, claim, context, option) {
            Some(mailbox) => Ok(Expected::SignInNames(mailbox)),
            None => chosen(eligible, option),
        },
        offers: match eligible {
            Ok(eligible) => eligible.offers(&context.capabilities),
            // A decoy offers as many methods as an account, so that both records have the same
            // length.
            Err(_) if target.user.is_none() => decoy_offers(core, context, claim.identifier),
            Err(_) => Vec::new(),
        },
        locale: code_locale(request, context),
        ..Open::new(flow, asked, option, core.fresh_challenge()?)
    })
}

impl Core {
    /// The address that was typed as the name, if the option sends a mail and the name is a mailbox
    /// of several users.
    fn mailbox_of_several(
        &self,
        request: &Request,
        claim: &TicketClaims,
        context: &Context,
        option: ChallengeOption,
    ) -> Option<Destination> {
        let by_mail = option.channel().carrier() == Some(Channel::Email);
        let shared = context.shared.as_ref().filter(|_| by_mail)?;
        let is_typed = |mail: &EmailAddress| {
            let name = Identifier::parse(mail.as_str()).ok();
            name.is_some_and(|name| {
                self.keys.identifier(&request.tenant, &name) == claim.identifier
            })
        };
        shared.mailboxes().find(is_typed).map(Destination::Email)
    }
}

/// Begins a proof of a host-verified method. If no challenge was opened, the call names a decoy
/// user, so that a spent budget sends no push to a user.
async fn begin_external(
    core: &Core,
    target: &Target,
    claim: &TicketClaims,
    open: &Open<'_>,
    account: &Account,
) -> Result<Option<String>, Error> {
    let Some(method) = core.external(open.option.method()) else {
        return Ok(None);
    };
    // The challenge just opened; or the one before, if its reply was lost and the wait has not
    // passed.
    let opened = account
        .flow(&claim.flow)
        .into_iter()
        .flat_map(|flow| &flow.challenges)
        .filter(|challenge| challenge.option == open.option)
        .max_by_key(|challenge| challenge.number);
    let (key, nonce) = opened
        .map_or((open.fresh.key, &open.fresh.nonce), |challenge| (challenge.key, &challenge.nonce));
    let decoy_user = decoy_user_id(claim.identifier)?;
    let is_real = opened.is_some_and(|challenge| !challenge.expected.is_decoy());
    let user = target.user.as_ref().filter(|_| is_real).unwrap_or(&decoy_user);
    let Some(name) = core.external_challenge(&target.key, key, nonce) else {
        return Ok(None);
    };
    // An error could depend on the user and is not shown: the reply then has no page data.
    let page = method.begin(&target.tenant, user, &name).await.ok();
    Ok(page.filter(|page| page.len() <= MAX_PAGE))
}

/// Compares the typed phone number, if the policy requires one, and opens the challenge.
async fn commit_open(
    core: &Core,
    target: &Target,
    mut loaded: Loaded,
    policy: &Policy,
    origin: &Origin,
    open: &mut Open<'_>,
    typed: Option<&PhoneNumber>,
) -> Result<(Opened, Loaded), Error> {
    if let Some(typed) = typed {
        let compared = core.compare_number(target, loaded, policy, origin, open, typed).await?;
        loaded = core.load(target).await?;
        match compared {
            TypedNumber::Matched(reservation) => open.number = Some(reservation),
            TypedNumber::Refused { retry_at } => {
                return Ok((Opened::Suppressed(retry_at), loaded));
            }
        }
    }
    let decide = |transition: &mut Transition<'_>| {
        Ok(match open_challenge(transition, open)? {
            // The reservation of a correct number is refunded, even if the challenge is
            // suppressed.
            suppressed @ Opened::Suppressed(_) if open.number.is_none() => {
                Decision::Discard(suppressed)
            }
            opened => Decision::Commit(opened),
        })
    };
    core.commit(target, policy, origin).from(loaded).decide(decide).await
}

/// Refuses another challenge of one method within the wait between two codes.
///
/// The wait is read from the ticket: the record would show whether the account exists.
fn check_wait(
    claim: &TicketClaims,
    option: ChallengeOption,
    policy: &Policy,
    arrival: Timestamp,
) -> Result<(), Refusal> {
    let retry_at =
        claim.asked_for(option.method()).map(|asked| asked.at.plus(policy.sends.resend_after));
    match retry_at.filter(|retry_at| arrival < *retry_at) {
        Some(retry_at) => Err(Refusal::TooOften { retry_at }),
        None => Ok(()),
    }
}

/// The phone number that was typed with the option, if the policy requires one.
fn required_number<'a>(
    policy: &Policy,
    selection: &'a Selection,
) -> Result<Option<&'a PhoneNumber>, InvalidInput> {
    if !typed_number(policy, selection.option) {
        return Ok(None);
    }
    let missing = InvalidInput::Empty { what: "phone number" };
    selection.typed.as_ref().map(Some).ok_or(missing)
}

/// Checks that the caller may choose this option.
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
        // A flow with a proof gets the reason, so that its user does not wait for a code that is
        // never sent.
        Err(reason) if proven => Err(Refusal::NotEligible { reason: *reason }),
        _ => check_offered(context, option),
    }
}

/// Checks that the option is shown before the first proof. That depends on the tenant and the time
/// only.
fn check_offered(context: &Context, option: ChallengeOption) -> Result<(), Refusal> {
    let policy = &*context.policy;
    let (tenant, now) = (context.tenant.as_ref(), context.read_at);
    let kind = option.method();
    let allowed = match policy.disclosure {
        Disclosure::Uniform => context.shown_kinds().contains(&kind),
        // With masks, administrators see their own methods, including kinds that only their gates
        // count.
        _ => {
            user_kinds(policy, tenant, now).contains(&kind)
                || administrator_kinds(policy, tenant, now).contains(&kind)
        }
    };
    // Uniform replies show the first method of each kind; masked ones show as many as an account
    // may have.
    let shown = match policy.disclosure {
        _ if kind.verification() == Verification::External => 1,
        Disclosure::Uniform => 1,
        _ => policy.registration.max.of(kind).unwrap_or(1),
    };
    let reached = context.capabilities.allow(kind, option.channel());
    let is_first = policy.may_be_first(kind);
    if allowed && is_first && reached && option.index() < shown {
        Ok(())
    } else {
        Err(Refusal::NotOffered)
    }
}

/// What a challenge of this option expects, or why no method of the user has it.
fn chosen(
    eligible: &Result<Eligible<'_>, SsprReason>,
    option: ChallengeOption,
) -> Result<Expected, SsprReason> {
    let user = eligible.as_ref().map_err(|reason| *reason)?;
    let candidate = user.candidate(option).ok_or(SsprReason::NoSuchMethod)?;
    Ok(candidate.expected.clone())
}

//! The step of a reply: what to render for a flow and its ticket.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::account::{Account, Challenge, Flow, Offer, Purpose, WriteState};
use crate::domain::crypto::flow_ticket::FlowTicket;
use crate::domain::crypto::ticket::{AskedChallenge, TicketClaims};
use crate::domain::identity::contact::{Destination, EmailAddress, PhoneNumber};
use crate::domain::identity::ids::TenantId;
use crate::domain::method::{ChallengeOption, Channel, MethodKind, Verification};
use crate::domain::policy::{CodeFormat, Disclosure, Policy};
use crate::domain::questions::QuestionId;
use crate::domain::rules::effective::{shown_kinds, user_kinds};
use crate::domain::rules::eligibility::kind_options;
use crate::domain::rules::{asked_first, asked_now, code_format, code_life, time_of};
use crate::domain::time::Timestamp;
use crate::engine::api::reply::{OptionView, QuestionView, Reply, Step};
use crate::engine::core::Core;
use crate::engine::core::context::Context;
use crate::engine::core::eligible::Eligible;

/// How long a person waits before *try again* and *contact your administrator* appear (Entra).
const HELP_AFTER: Duration = Duration::from_secs(10);

/// The reply to a verb: the ticket for the next step, and what to render.
pub(crate) fn reply<T: FlowTicket>(
    core: &Core,
    tenant: &TenantId,
    claim: &TicketClaims,
    account: &Arc<Account>,
    policy: &Policy,
    first: &[OptionView],
    arrival: Timestamp,
) -> Reply<T> {
    let proven = account.flow(&claim.flow).is_some_and(|flow| !flow.proofs.is_empty());
    // Before the first proof not even the record's time may influence the reply.
    let now = if proven { time_of(account, arrival) } else { arrival };
    Reply {
        ticket: T::issue(claim, tenant, &core.keys),
        step: step_of(core, claim, account, policy, first, now),
        expires_at: claim.started_at.plus(policy.lifetimes.flow),
        not_before: (!proven).then(|| arrival.plus(core.reply_floor)),
        page: None,
        replace_recovery_code: account
            .flow(&claim.flow)
            .and_then(|flow| flow.done)
            .is_some_and(|done| done.replace_recovery_code),
        unlock_offered: policy.unlock_without_reset,
    }
}

/// The options shown before the first proof.
pub(crate) fn first_offers(
    core: &Core,
    context: &Context,
    eligible: Option<&Eligible<'_>>,
    identifier: [u8; 8],
) -> Vec<OptionView> {
    let policy = &*context.policy;
    let typed = |option: ChallengeOption| typed_number(policy, option);
    if policy.disclosure == Disclosure::Uniform {
        let options = kind_options(&context.shown_kinds(), &context.capabilities);
        let view = |option| OptionView { option, masked: None, typed_number: typed(option) };
        return options.into_iter().map(view).collect();
    }
    let mut offers = match eligible {
        Some(eligible) => eligible.offers(&context.capabilities),
        None => decoy_offers(core, context, identifier),
    };
    offers.retain(|offer| policy.may_be_first(offer.option.method()));
    offers.into_iter().map(|offer| masked_view(policy, offer)).collect()
}

/// Masked options for an unknown identifier, always the same for one identifier.
pub(crate) fn decoy_offers(core: &Core, context: &Context, identifier: [u8; 8]) -> Vec<Offer> {
    let bytes = core.keys.mask(identifier);
    let letter = |byte: u8| char::from(b'a' + byte % 26);
    let email = format!("{0}{0}{0}@{1}{1}{1}.example", letter(bytes[0]), letter(bytes[1]));
    let phone = |byte: u8| format!("+1425555{:04}", u32::from(byte) % 100);
    let destination = |kind: MethodKind| match kind {
        MethodKind::Email => EmailAddress::parse(&email).ok().map(Destination::Email),
        MethodKind::MobilePhone => {
            PhoneNumber::parse(&phone(bytes[2])).ok().map(Destination::Phone)
        }
        MethodKind::OfficePhone => {
            PhoneNumber::parse(&phone(bytes[3])).ok().map(Destination::Phone)
        }
        _ => None,
    };
    // Few users have every kind that a policy counts: a decoy has the addresses and numbers
    // among them.
    let mut kinds = user_kinds(&context.policy, context.tenant.as_ref(), context.read_at);
    if kinds.iter().any(|kind| kind.verification() == Verification::Contact) {
        kinds.retain(|kind| kind.verification() == Verification::Contact);
    }
    let options = kind_options(&kinds, &context.capabilities);
    options
        .into_iter()
        .map(|option| {
            let masked = destination(option.method()).map(|to| to.masked());
            Offer { option, masked: masked.unwrap_or_default() }
        })
        .collect()
}

impl Context {
    /// The kinds that are shown before the first proof for every identifier.
    pub(crate) fn shown_kinds(&self) -> BTreeSet<MethodKind> {
        shown_kinds(&self.policy, self.tenant.as_ref(), self.read_at)
    }
}

pub(crate) fn typed_number(policy: &Policy, option: ChallengeOption) -> bool {
    let phone = matches!(option.method(), MethodKind::MobilePhone | MethodKind::OfficePhone);
    policy.typed_number && phone
}

fn masked_view(policy: &Policy, offer: Offer) -> OptionView {
    let typed_number = typed_number(policy, offer.option);
    let masked = Some(offer.masked).filter(|masked| !masked.is_empty());
    OptionView { option: offer.option, masked, typed_number }
}

/// The step for this ticket and account.
fn step_of(
    core: &Core,
    claim: &TicketClaims,
    account: &Account,
    policy: &Policy,
    first: &[OptionView],
    now: Timestamp,
) -> Step {
    let flow = account.flow(&claim.flow);
    let options = options_of(flow, account, policy, first);
    // Before the first proof the step is built from the ticket only: the record would show whether
    // the account exists.
    let Some(flow) = flow.filter(|flow| !flow.proofs.is_empty()) else {
        let live = claim
            .asked
            .iter()
            .flatten()
            .filter(|asked| now < asked.at.plus(code_life(policy, asked.option.channel())));
        return match live.max_by_key(|asked| asked.at) {
            Some(asked) => {
                let decoy = || core.keys.questions(claim.identifier);
                let questions = || asked_first(account, &claim.flow, &decoy(), &policy.questions);
                enter_asked(asked, policy, &questions, options)
            }
            None => Step::Choose { options },
        };
    };
    if let Some(done) = flow.done {
        return Step::Done { propagated: done.propagated };
    }
    if let Some(grant) = flow.grant.as_ref().filter(|grant| now < grant.expires_at) {
        let unsettled = account
            .write
            .as_ref()
            .is_some_and(|write| write.flow == flow.number && write.state == WriteState::Unsettled);
        if flow.purpose == Purpose::Unlock {
            return Step::ConfirmUnlock { until: grant.expires_at, unsettled };
        }
        let rules = (&policy.password).into();
        return Step::NewPassword { rules, until: grant.expires_at, unsettled };
    }
    match flow.challenges.iter().filter(|open| open.live(now)).max_by_key(|open| open.number) {
        Some(challenge) => enter(account, challenge, policy, options),
        None => Step::Choose { options },
    }
}

/// The step for the code of a method that a signed-in user registers.
pub(crate) fn enter_step(claim: &TicketClaims, account: &Account, policy: &Policy) -> Step {
    let challenge = account.flow(&claim.flow).and_then(|flow| flow.challenges.last());
    match challenge {
        Some(challenge) => {
            let masked = challenge.expected.destination().map(|to| to.masked());
            let option = challenge.option;
            let view = OptionView { option, masked, typed_number: false };
            enter(account, challenge, policy, vec![view])
        }
        None => Step::Choose { options: Vec::new() },
    }
}

fn options_of(
    flow: Option<&Flow>,
    account: &Account,
    policy: &Policy,
    first: &[OptionView],
) -> Vec<OptionView> {
    match flow {
        Some(flow) if !flow.proofs.is_empty() => {
            let open = account.offers.iter().filter(|offer| {
                flow.proofs.iter().all(|proof| !proof.method.same_class(offer.option.method()))
            });
            open.map(|offer| masked_view(policy, offer.clone())).collect()
        }
        _ => first.to_vec(),
    }
}

fn enter(
    account: &Account,
    challenge: &Challenge,
    policy: &Policy,
    options: Vec<OptionView>,
) -> Step {
    let opened = (challenge.option, challenge.opened_at, challenge.format);
    let questions = || asked_now(account, challenge, &policy.questions);
    step_for(opened, policy, &questions, options)
}

fn enter_asked(
    asked: &AskedChallenge,
    policy: &Policy,
    questions: &dyn Fn() -> Vec<QuestionId>,
    options: Vec<OptionView>,
) -> Step {
    let mut format = code_format(policy, asked.option, false);
    format.length = asked.length;
    step_for((asked.option, asked.at, format), policy, questions, options)
}

/// The step for an open challenge.
fn step_for(
    (option, at, format): (ChallengeOption, Timestamp, CodeFormat),
    policy: &Policy,
    questions: &dyn Fn() -> Vec<QuestionId>,
    options: Vec<OptionView>,
) -> Step {
    let chosen = option;
    let option = shown(chosen, policy, &options);
    let (resend_at, help_at) = (at.plus(policy.sends.resend_after), at.plus(HELP_AFTER));
    match (chosen.channel(), chosen.method().verification()) {
        (Channel::Link, _) => Step::OpenLink { option, resend_at, help_at, options },
        (_, Verification::External) => Step::Respond { option, resend_at, help_at, options },
        (_, Verification::Knowledge) => {
            let view = |question| QuestionView::of(question, &policy.questions);
            let questions = questions().into_iter().map(view).collect();
            Step::Answer { option, questions, resend_at, help_at, options }
        }
        _ => Step::Enter { option, format, resend_at, help_at, options },
    }
}

fn shown(option: ChallengeOption, policy: &Policy, options: &[OptionView]) -> OptionView {
    let offered = options.iter().find(|view| view.option == option).cloned();
    let typed_number = typed_number(policy, option);
    offered.unwrap_or(OptionView { option, masked: None, typed_number })
}

//! The delivery of one message: claimed in a commit, delivered, settled in a second commit.

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use crate::domain::account::{Account, Expected, FlowNumber, Pending, PendingBody};
use crate::domain::crypto::code::CodeContext;
use crate::domain::crypto::repudiation::RepudiationClaim;
use crate::domain::crypto::secret::SecretText;
use crate::domain::identity::contact::Destination;
use crate::domain::identity::facts::{UserFacts, UserQuery, UserSelector};
use crate::domain::identity::ids::{Identifier, TenantId};
use crate::domain::message::{
    CodeMessage, LinkMessage, Message, Notice, RepudiationLink, SignInNames,
};
use crate::domain::method::Channel;
use crate::domain::policy::Policy;
use crate::domain::rules::{
    ClaimedMessage, DeliveryClaim, DeliveryOutcome, SentSecret, claim, settle_message,
};
use crate::engine::api::error::Error;
use crate::engine::api::report::MaintenanceReport;
use crate::engine::core::Core;
use crate::engine::core::commit::{Decision, Loaded, Origin};
use crate::engine::core::context::the_user;
use crate::engine::maintenance::help::{Help, count_help};
use crate::engine::maintenance::notices::{tenant_channels, tenant_facts};
use crate::engine::maintenance::pass::DueMessage;
use crate::engine::maintenance::pumping::stopped;
use crate::port::{Envelope, PortError, PortErrorKind, PortResult, RiskSignal};

/// Claims one message, delivers it and commits the outcome.
pub(crate) async fn dispatch(due: DueMessage<'_>, loaded: Loaded) -> Result<bool, Error> {
    let DueMessage { core, target, policy, pass, number, .. } = due;
    let origin = Origin::engine();
    // A claim whose outcome is unknown is not acted on: its lease expires.
    let step = core.commit(target, policy, &origin).from(loaded).must_be_known();
    let (taken, record) = step
        .decide(|transition| {
            Ok(match claim(transition, number) {
                DeliveryClaim::Gone => Decision::Discard(DeliveryClaim::Gone),
                claim => Decision::Commit(claim),
            })
        })
        .await?;
    let claimed = match taken {
        DeliveryClaim::Gone => return Ok(false),
        DeliveryClaim::Folded => {
            pass.done().settled += 1;
            return Ok(true);
        }
        DeliveryClaim::Taken(claimed) => claimed,
    };
    let mut hidden = Vec::new();
    let mut outcome = match count_first(due, &claimed).await {
        Ok(Help::Settle(outcome)) => outcome,
        Ok(Help::Send(notice)) => {
            let performed = perform(due, &claimed, (&record.account, notice), &mut hidden).await;
            judge_delivery(due, &claimed, performed, &hidden)
        }
        Err(_) => DeliveryOutcome::Uncounted,
    };
    // Sessions must end: a revocation is retried even after a permanent refusal.
    let revoke = matches!(claimed.pending.body, PendingBody::Revoke { .. });
    if revoke && outcome == DeliveryOutcome::Never {
        outcome = DeliveryOutcome::Later;
    }
    let step = core.commit(target, policy, &origin).from(record);
    step.apply_if(|transition| settle_message(transition, &claimed.pending, outcome)).await?;
    count_outcome(&mut pass.done(), outcome);
    Ok(true)
}

/// Counts a request for help. Other messages continue; those without a notice get a placeholder
/// that is not used.
async fn count_first(due: DueMessage<'_>, claimed: &ClaimedMessage) -> PortResult<Help> {
    match &claimed.pending.body {
        PendingBody::Notice { .. } => {
            count_help(due.core, &due.target.tenant, claimed, due.policy).await
        }
        _ => Ok(Help::Send(Notice::HelpRequested { at: claimed.pending.queued_at })),
    }
}

/// The outcome of a delivery. A failure is noted for the rest of this call and for operators.
fn judge_delivery(
    due: DueMessage<'_>,
    claimed: &ClaimedMessage,
    performed: PortResult<DeliveryOutcome>,
    hidden: &[String],
) -> DeliveryOutcome {
    let DueMessage { core, pass, way, .. } = due;
    let tenant = &due.target.tenant;
    match performed {
        Ok(outcome) => {
            if outcome == DeliveryOutcome::Done {
                pass.tenant(tenant, |tenant| tenant.worked(way));
                core.failing.worked(tenant, way.channel);
            }
            outcome
        }
        Err(error) => {
            due.report_failure(claimed.pending.queued_at, &error, hidden);
            if error.kind() == PortErrorKind::Denied {
                return DeliveryOutcome::Never;
            }
            pass.tenant(tenant, |tenant| tenant.failed(way, error.scope()));
            DeliveryOutcome::Later
        }
    }
}

/// Delivers a message, or revokes sessions. Adds to `hidden` the texts that operators must not
/// see.
async fn perform(
    due: DueMessage<'_>,
    claimed: &ClaimedMessage,
    (account, notice): (&Account, Notice),
    hidden: &mut Vec<String>,
) -> PortResult<DeliveryOutcome> {
    let DueMessage { core, target, policy, pass, .. } = due;
    let pending = &claimed.pending;
    if let PendingBody::Revoke { authenticated_before, kinds, .. } = &pending.body {
        if let Some(user) = &target.user {
            let (tenant, before) = (&target.tenant, *authenticated_before);
            core.sessions.revoke(tenant, user, before, *kinds).await?;
        }
        return Ok(DeliveryOutcome::Done);
    }
    let tenant = tenant_facts(core, &target.tenant, pass).await.map_err(not_final)?;
    let names = match claimed.sent.as_ref().map(|sent| &sent.challenge.expected) {
        Some(Expected::SignInNames(mailbox)) => {
            Some(sign_in_names(core, &target.tenant, mailbox).await.map_err(not_final)?)
        }
        _ => None,
    };
    let Some(mut envelope) = envelope(due, claimed, (notice, names)) else {
        return Ok(DeliveryOutcome::Never);
    };
    let about_another = matches!(&pending.body, PendingBody::Notice { about: Some(_), .. });
    if !about_another {
        address_person(due, account, &mut envelope).await;
    }
    if let Some(tenant) = tenant {
        envelope.organisation = tenant.display_name;
        envelope.cloud = tenant.cloud;
        envelope.time_zone = envelope.time_zone.or(tenant.time_zone);
    }
    hidden.extend(secrets_of(&envelope));
    if let PendingBody::Notice { channel, .. } = &pending.body
        && !tenant_channels(core, &target.tenant, policy, pass)
            .await
            .map_err(not_final)?
            .contains(channel)
    {
        return Ok(DeliveryOutcome::NoChannel);
    }
    if let Some(outcome) = not_allowed(policy, &envelope, pending) {
        return Ok(outcome);
    }
    if let Some(outcome) = denied(core, &envelope, pending).await {
        return Ok(outcome);
    }
    match stopped(due, claimed).await {
        Ok(None) => {}
        Ok(Some(by)) => return Ok(DeliveryOutcome::Stopped(by)),
        // Not known to be counted: an error must not open a breaker or a budget.
        Err(_) => return Ok(DeliveryOutcome::Uncounted),
    }
    core.delivery.deliver(&envelope).await?;
    Ok(DeliveryOutcome::Done)
}

/// The outcome of a message to a number whose prefix the policy does not allow. A notice is withheld
/// if it also goes to a mail address.
fn not_allowed(policy: &Policy, envelope: &Envelope, pending: &Pending) -> Option<DeliveryOutcome> {
    if policy.numbers.allows(&envelope.destination) {
        return None;
    }
    match &pending.body {
        PendingBody::Notice { mail_too: true, .. } => Some(DeliveryOutcome::Withheld),
        PendingBody::Code { .. } => Some(DeliveryOutcome::Never),
        _ => None,
    }
}

/// The outcome of a phone message that the risk signals stop. A code is sent only if they allow
/// the number. A notice is withheld if they deny the number and the same notice also goes to a
/// mail address; otherwise it is sent.
async fn denied(core: &Core, envelope: &Envelope, pending: &Pending) -> Option<DeliveryOutcome> {
    let signals = core.risk_signals.as_ref()?;
    if envelope.channel == Channel::Email {
        return None;
    }
    let (tenant, to) = (&envelope.tenant, &envelope.destination);
    let signal = signals.before_send(tenant, envelope.channel, to).await;
    match (&pending.body, signal) {
        (PendingBody::Notice { mail_too: true, .. }, Ok(RiskSignal::Deny)) => {
            Some(DeliveryOutcome::Withheld)
        }
        (PendingBody::Notice { .. }, _) => None,
        (_, signal) => {
            let denied = signal.unwrap_or(RiskSignal::Deny) == RiskSignal::Deny;
            denied.then_some(DeliveryOutcome::Never)
        }
    }
}

/// Adds the name and the time zone of the user, if the directory has them now. A message without them
/// is better than none, so an error adds nothing.
async fn address_person(due: DueMessage<'_>, account: &Account, envelope: &mut Envelope) {
    let DueMessage { core, target, .. } = due;
    let Some(id) = &target.user else {
        return;
    };
    let groups = BTreeSet::new();
    let query = UserQuery::new(UserSelector::Id(id), &groups);
    let Ok(found) = core.directory.find(&target.tenant, &query).await else {
        return;
    };
    // If the id belongs to another person now, their name is none of the previous user's business.
    if let Ok(Some(user)) = the_user(found, query.by)
        && account.is_of(user.incarnation.as_deref())
    {
        envelope.display_name = user.display_name;
        envelope.time_zone = user.time_zone;
    }
}

fn envelope(
    due: DueMessage<'_>,
    claimed: &ClaimedMessage,
    (notice, names): (Notice, Option<SignInNames>),
) -> Option<Envelope> {
    let DueMessage { core, target, .. } = due;
    let Pending { number, queued_at, not_after, from, body, .. } = &claimed.pending;
    let claimed_until = claimed.pending.claimed_until.filter(|_| !claimed.pending.is_code());
    let (mut about, mut repudiation) = (None, None);
    let (channel, destination, locale, message) = match body {
        PendingBody::Notice { channel, destination, locale, about: user, .. } => {
            // A digest counts requests about several users and names none.
            if !matches!(notice, Notice::HelpRequests { .. }) {
                about.clone_from(user);
            }
            if *channel == Channel::Email && user.is_none() {
                repudiation = repudiation_link(due, notice);
            }
            (*channel, destination.clone(), locale, Message::Notice(notice))
        }
        PendingBody::Code { flow, locale, .. } => {
            let sent = claimed.sent.as_ref()?;
            let message = match names {
                Some(names) if names.names.is_empty() => return None,
                Some(names) => Message::SignInNames(names),
                None => secret_message(due, *flow, sent)?,
            };
            let channel = sent.challenge.channel().carrier()?;
            (channel, sent.challenge.expected.destination()?.clone(), locale, message)
        }
        PendingBody::Revoke { .. }
        | PendingBody::Announce { .. }
        | PendingBody::Administrators { .. } => return None,
    };
    let to_user = !matches!(body, PendingBody::Notice { about: Some(_), .. });
    let contact = due.policy.desk.shown_contact().filter(|_| to_user).map(str::to_owned);
    let key = core.keys.message(&target.key, *number, *queued_at);
    // An overdue notice may be delivered until this engine's lease ends.
    let until = claimed_until.map_or(*not_after, |until| until.max(*not_after));
    let (tenant, nameless, locale) = (target.tenant.clone(), String::new(), locale.clone());
    let envelope =
        Envelope::new(key, tenant, nameless, channel, destination, locale, message, until);
    Some(Envelope {
        about,
        contact,
        repudiation,
        requested_at: Some(*queued_at),
        origin: *from,
        ..envelope
    })
}

/// The sign-in names of the users who have this mailbox now.
async fn sign_in_names(
    core: &Core,
    tenant: &TenantId,
    mailbox: &Destination,
) -> PortResult<SignInNames> {
    let Destination::Email(mail) = mailbox else { return Ok(SignInNames::new(Vec::new())) };
    let name = Identifier::parse(mail.as_str()).map_err(|_| PortError::denied())?;
    let query = UserQuery::new(UserSelector::Identifier(&name), const { &BTreeSet::new() });
    let found = core.directory.find(tenant, &query).await?;
    let has_it = |user: &&UserFacts| {
        user.mailboxes().any(|mail| Destination::Email(mail).normalised() == mailbox.normalised())
    };
    let names: BTreeSet<_> = found.iter().filter(has_it).map(UserFacts::known_as).collect();
    Ok(SignInNames::new(names.into_iter().take(SignInNames::MAX).collect()))
}

/// The link by which the owner repudiates the change of this notice, if the policy has a page for it.
fn repudiation_link(due: DueMessage<'_>, notice: Notice) -> Option<RepudiationLink> {
    let DueMessage { core, target, policy, .. } = due;
    let base = policy.desk.repudiation_link.as_ref()?;
    let claim = RepudiationClaim::new(notice.repudiable_since()?, core.clock.now());
    let secret = Zeroizing::new(claim.link(&core.keys.issuing().code, &target.key).encode());
    let url = SecretText::new([base.as_str(), &secret].concat());
    let expires_at = claim.issued.plus(policy.desk.repudiation_life);
    let valid_for = Some(expires_at.since(core.clock.now()));
    Some(RepudiationLink { valid_for, ..RepudiationLink::new(url, expires_at) })
}

/// The message with the code or link of a challenge, which is derived here and stored nowhere.
fn secret_message(due: DueMessage<'_>, flow: FlowNumber, sent: &SentSecret) -> Option<Message> {
    let DueMessage { core, target, policy, .. } = due;
    let SentSecret { challenge, by_administrator, .. } = sent;
    let purpose = sent.purpose.code();
    let context = CodeContext {
        account: &target.key,
        flow,
        challenge: challenge.number,
        purpose,
        method: challenge.method(),
        nonce: &challenge.nonce,
    };
    let key = core.keys.short(challenge.key)?;
    let expires_at = challenge.expires_at;
    let left = expires_at.since(core.clock.now());
    if challenge.channel() != Channel::Link {
        let code = key.code.derive(&context, challenge.format);
        let code = CodeMessage::new(purpose, code, expires_at);
        return Some(Message::Code(code.lasting(left)));
    }
    // Without a link base in the current policy there is no link to send.
    let base = policy.link.as_ref()?;
    let secret = Zeroizing::new(key.code.link(&context).encode());
    let url = SecretText::new([base.as_str(), &secret].concat());
    let mut link = LinkMessage::new(purpose, url, expires_at).lasting(left);
    link.by_administrator = *by_administrator;
    Some(Message::Link(link))
}

fn count_outcome(done: &mut MaintenanceReport, outcome: DeliveryOutcome) {
    match outcome {
        DeliveryOutcome::Done => done.delivered += 1,
        DeliveryOutcome::Withheld
        | DeliveryOutcome::Stopped(_)
        | DeliveryOutcome::InDigest
        | DeliveryOutcome::Digest { .. } => done.settled += 1,
        DeliveryOutcome::Later
        | DeliveryOutcome::NoChannel
        | DeliveryOutcome::Uncounted
        | DeliveryOutcome::Never => done.failed += 1,
    }
}

/// A failure before the delivery is not the delivery's refusal: only that one is final.
fn not_final(error: PortError) -> PortError {
    match error.kind() {
        PortErrorKind::Denied => PortError::unavailable().because(error),
        _ => error,
    }
}

/// The texts of a message that an error for operators must not contain.
fn secrets_of(envelope: &Envelope) -> Vec<String> {
    let mut secrets = vec![envelope.destination.normalised()];
    secrets.push(match &envelope.destination {
        Destination::Email(mail) => mail.as_str().to_owned(),
        Destination::Phone(phone) => phone.as_e164().to_owned(),
    });
    match &envelope.message {
        Message::Code(code) => secrets.push(code.code.expose_secret().to_owned()),
        Message::Link(link) => secrets.push(link.url.expose_secret().to_owned()),
        Message::SignInNames(message) => secrets.extend(message.names.iter().cloned()),
        Message::Notice(_) => {}
    }
    let repudiation = envelope.repudiation.iter();
    secrets.extend(repudiation.map(|link| link.url.expose_secret().to_owned()));
    secrets
}

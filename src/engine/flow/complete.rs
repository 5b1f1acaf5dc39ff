//! The completion of a flow: the password rules, the pending write, the directory and the outcome.
//! `write_eligibility.rs` says who may complete.

use std::sync::Arc;

use crate::domain::account::{Account, Effect, Offer, Proof, Purpose, WriteNumber};
use crate::domain::crypto::flow_ticket::FlowTicket;
use crate::domain::crypto::secret::SecretText;
use crate::domain::crypto::ticket::TicketClaims;
use crate::domain::event::{ActorKind, RejectedBy};
use crate::domain::identity::facts::{PasswordHome, UserFacts};
use crate::domain::identity::writes::{PolicyReason, WriteOutcome, WritePurpose, WriteReply};
use crate::domain::method::MethodKind;
use crate::domain::password::{PasswordContext, composed};
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::rules::effective::{cleared, password_rules};
use crate::domain::rules::{
    Address, FailureCause, PendingWrite, PendingWriteFailure, PendingWriteTerms, Transition,
    begin_write, may_complete, raise_required, reject_password, settle_unasked, settle_unknown,
    settle_unwritten, settle_written, time_of,
};
use crate::engine::api::error::{At as _, Error, Fault, FaultOrigin};
use crate::engine::api::reply::Reply;
use crate::engine::api::request::Request;
use crate::engine::core::Core;
use crate::engine::core::commit::{Origin, Target};
use crate::engine::core::context::Context;
use crate::engine::flow::step::reply;
use crate::port::{PasswordWrite, PortError, PortErrorKind, PortResult, UnlockWrite};

/// The facts, the ticket and the notices of one completion.
struct PendingWriteScope<'a> {
    effect: Effect,
    context: &'a Context,
    user: &'a UserFacts,
    claim: &'a TicketClaims,
    target: &'a Target,
    origin: Origin,
    required: u8,
    allowed: Vec<(MethodKind, String)>,
    tell: Vec<Address>,
    /// The name of the administrator whose reset the other administrators are notified of.
    administrator: Option<String>,
    offers: Vec<Offer>,
    /// The digest under which the account would store the source of the request.
    source: Option<[u8; 8]>,
}

impl PendingWriteScope<'_> {
    fn terms<'b>(&'b self, allowed: &'b (dyn Fn(&Proof) -> bool + Sync)) -> PendingWriteTerms<'b> {
        PendingWriteTerms {
            effect: self.effect,
            flow: &self.claim.flow,
            generation: self.claim.generation,
            required: self.required,
            methods_allowed: allowed,
            stamp: self.user.change_stamp.as_deref(),
            tell: &self.tell,
            administrator: self.administrator.as_deref().map(|name| (&self.user.id, name)),
            source: self.source,
        }
    }

    /// Whether a proof still counts: its method is allowed now, and the account still has it.
    fn allows(&self, proof: &Proof) -> bool {
        self.allowed.iter().any(|(kind, to)| *kind == proof.method && *to == proof.identity)
    }
}

/// Writes the password, or clears the lockout if no password is given.
pub(crate) async fn complete<T: FlowTicket>(
    core: &Core,
    request: &Request,
    ticket: &T,
    effect: Effect,
    password: Option<&SecretText>,
) -> Result<Reply<T>, Error> {
    let (tenant, arrival) = (&request.tenant, core.clock.now());
    let claim = &ticket.open(tenant, &core.keys)?;
    // The reads are the same for a decoy ticket as for one without a grant.
    let (mut context, target, loaded) = core.flow_state(tenant, claim, true).await?;
    let now = time_of(&loaded.account, arrival);
    claim.check_time(context.policy.lifetimes.flow, now)?;
    check_stage(claim, &loaded.account)?;
    check_proofs_known(&mut context, claim, &loaded.account)?;
    // A reason is disclosed here because the flow has a grant.
    let refused = |reason| Refusal::NotEligible { reason };
    let eligible = context.write_eligibility(effect, &loaded.account, now).map_err(refused)?;
    let mut scope = PendingWriteScope {
        effect,
        context: &context,
        user: eligible.user,
        claim,
        target: &target,
        origin: Origin::of(request, ActorKind::User),
        required: eligible.required,
        allowed: eligible.allowed,
        tell: context.addresses(&loaded.account),
        administrator: None,
        offers: eligible.offers,
        source: core.familiar_source(request, &target.key),
    };
    // The grant is checked before the password rules and the breach list.
    check_grant(core, &scope, &loaded.account).await?;
    let password = match password {
        Some(password) => Some(judge(core, &scope, password).await?),
        None => None,
    };
    if eligible.administrator
        && effect == Effect::Reset
        && context.policy.notifications.administrators
    {
        scope.administrator = Some(eligible.user.known_as());
    }
    let allows = |proof: &Proof| scope.allows(proof);
    let terms = scope.terms(&allows);
    let policy = &*context.policy;
    let step = core.commit(&target, policy, &scope.origin).from(loaded);
    let (pending, _) = step.apply(|transition| begin_write(transition, &terms)).await?;
    let account = write(core, &scope, &pending, password.as_ref()).await?;
    let reply = reply(core, tenant, claim, &account, policy, &[], arrival);
    Ok(Reply { not_before: None, ..reply })
}

/// Checks that the grant is live under the current policy and facts.
async fn check_grant(
    core: &Core,
    scope: &PendingWriteScope<'_>,
    account: &Account,
) -> Result<(), Error> {
    let allows = |proof: &Proof| scope.allows(proof);
    let terms = scope.terms(&allows);
    let mut look = Transition::new(account, &scope.context.policy, core.clock.now());
    let checked = may_complete(&mut look, &terms);
    if checked == Err(Refusal::MoreProofNeeded) {
        // The policy requires more methods than when the grant was earned: the flow continues
        // with its proofs.
        note(core, scope, |transition| raise_required(transition, &terms, &scope.offers)).await?;
    }
    Ok(checked?)
}

/// Applies the engine's password rules to the accounts that they cover. Returns the password to
/// write.
async fn judge(
    core: &Core,
    scope: &PendingWriteScope<'_>,
    password: &SecretText,
) -> Result<SecretText, Error> {
    let policy = &*scope.context.policy;
    let on_premises = scope.user.password_home == PasswordHome::OnPremises;
    if on_premises && !policy.on_premises.apply_password_rules {
        // The directory decides. Only empty and overlong passwords are not passed to it.
        crate::domain::invalid::bounded_text("password", password.expose_secret(), 4096)?;
        return Ok(composed(password));
    }
    let words = words_of(scope.user, scope.context);
    let rules = password_rules(policy, scope.context.tenant.as_ref(), scope.user);
    let normalised = match rules.check(password, &words) {
        Ok(normalised) => normalised,
        Err(rejection) => {
            let codes = rejection.faults.iter().map(|fault| fault.code().to_owned());
            reject(core, scope, RejectedBy::Rules, codes.collect()).await?;
            return Err(Refusal::Password(rejection).into());
        }
    };
    if let Some(list) = &core.breach_list
        && list.contains(&normalised).await.at(FaultOrigin::BreachList)?
    {
        reject(core, scope, RejectedBy::BreachList, vec!["breached".to_owned()]).await?;
        return Err(Refusal::DirectoryPassword { reason: "breached", retry_at: None }.into());
    }
    Ok(normalised)
}

async fn reject(
    core: &Core,
    scope: &PendingWriteScope<'_>,
    by: RejectedBy,
    reasons: Vec<String>,
) -> Result<(), Error> {
    let flow = &scope.claim.flow;
    note(core, scope, |transition| reject_password(transition, flow, by, reasons.clone())).await?;
    Ok(())
}

/// Calls the directory and commits the outcome.
async fn write(
    core: &Core,
    scope: &PendingWriteScope<'_>,
    pending: &PendingWrite,
    password: Option<&SecretText>,
) -> Result<Arc<Account>, Error> {
    if pending.ask_first {
        match already_written(core, scope, password).await {
            Ok(true) => return settled(core, scope, pending, true).await,
            Ok(false) if pending.changed_outside => {
                let cause = FailureCause::Failed(SsprReason::PasswordRefused);
                let why = PendingWriteFailure::new(cause, None);
                unwritten(core, scope, pending, &why).await?;
                return Err(Refusal::Ended.into());
            }
            Ok(false) => {}
            Err(error) => {
                let settle = |transition: &mut Transition<'_>| settle_unasked(transition, pending);
                note(core, scope, settle).await?;
                return Err(directory_fault(error));
            }
        }
    }
    let replied = match ask_directory(core, scope, pending, password).await {
        Ok(replied) => replied,
        Err(error) if error.kind() == PortErrorKind::Unavailable => {
            let cause = FailureCause::Failed(SsprReason::DirectoryUnreachable);
            unwritten(core, scope, pending, &PendingWriteFailure::new(cause, None)).await?;
            return Err(directory_fault(error));
        }
        Err(error) => return Err(unknown(core, scope, pending.write, error).await?),
    };
    let because = |cause| PendingWriteFailure::new(cause, replied.detail.as_deref());
    let reason = match replied.outcome {
        WriteOutcome::Written => return settled(core, scope, pending, true).await,
        WriteOutcome::WrittenButNotPropagated => {
            return settled(core, scope, pending, false).await;
        }
        WriteOutcome::PolicyViolation(reason) => {
            let code = reason.code();
            unwritten(core, scope, pending, &because(FailureCause::Refused(code))).await?;
            let retry_at = match reason {
                PolicyReason::TooYoung { until } => until,
                _ => None,
            };
            return Err(Refusal::DirectoryPassword { reason: code, retry_at }.into());
        }
        WriteOutcome::AdminActionRequired => SsprReason::AdministratorRequired,
        WriteOutcome::Unreachable => SsprReason::DirectoryUnreachable,
        WriteOutcome::Indeterminate => {
            let error = PortError::unknown().because("the outcome is indeterminate");
            return Err(unknown(core, scope, pending.write, error).await?);
        }
    };
    unwritten(core, scope, pending, &because(FailureCause::Failed(reason))).await?;
    Err(Refusal::NotEligible { reason }.into())
}

const fn directory_fault(error: PortError) -> Error {
    Error::Fault(Fault { origin: FaultOrigin::Directory, error })
}

/// Whether an earlier write of this flow, whose outcome was unknown, has been applied.
async fn already_written(
    core: &Core,
    scope: &PendingWriteScope<'_>,
    password: Option<&SecretText>,
) -> PortResult<bool> {
    let (tenant, user) = (&scope.target.tenant, &scope.user.id);
    match password {
        Some(password) => {
            let password = composed(password);
            core.directory.verify_password(tenant, user, &password).await
        }
        // The current facts tell it, if the directory reports lockouts.
        None => Ok(scope.user.locked_out == Some(false)),
    }
}

async fn ask_directory(
    core: &Core,
    scope: &PendingWriteScope<'_>,
    pending: &PendingWrite,
    password: Option<&SecretText>,
) -> PortResult<WriteReply> {
    let (tenant, user) = (&scope.target.tenant, &scope.user.id);
    let policy = &*scope.context.policy;
    let timeout = policy.lifetimes.directory_write;
    match password {
        Some(password) => {
            let mut write = PasswordWrite::new(tenant, user, password, pending.write.get());
            write.timeout = timeout;
            if scope.effect == Effect::Change {
                write.purpose = WritePurpose::Change;
            }
            write.clears = cleared(scope.effect, policy, scope.user);
            // A change proves only knowledge of the current password, which an attacker may
            // share: it remediates no risk.
            write.risk_remediated = scope.effect == Effect::Reset;
            core.directory.set_password(&write).await
        }
        None => {
            let mut unlock = UnlockWrite::new(tenant, user, pending.write.get());
            unlock.timeout = timeout;
            unlock.clears = cleared(scope.effect, policy, scope.user);
            core.directory.unlock(&unlock).await
        }
    }
}

async fn settled(
    core: &Core,
    scope: &PendingWriteScope<'_>,
    pending: &PendingWrite,
    propagated: bool,
) -> Result<Arc<Account>, Error> {
    note(core, scope, |transition| settle_written(transition, pending, propagated)).await
}

async fn unwritten(
    core: &Core,
    scope: &PendingWriteScope<'_>,
    pending: &PendingWrite,
    why: &PendingWriteFailure,
) -> Result<Arc<Account>, Error> {
    note(core, scope, |transition| settle_unwritten(transition, pending, why)).await
}

/// Records that the outcome is unknown; returns the fault to report.
async fn unknown(
    core: &Core,
    scope: &PendingWriteScope<'_>,
    write: WriteNumber,
    error: PortError,
) -> Result<Error, Error> {
    note(core, scope, |transition| settle_unknown(transition, write)).await?;
    Ok(directory_fault(error))
}

/// Commits a change of the record, on whatever version the record has by then.
async fn note(
    core: &Core,
    scope: &PendingWriteScope<'_>,
    change: impl Fn(&mut Transition<'_>),
) -> Result<Arc<Account>, Error> {
    let step = core.commit(scope.target, &scope.context.policy, &scope.origin).wake();
    let (_, committed) = step
        .apply(|transition| {
            change(transition);
            Ok(())
        })
        .await?;
    Ok(committed.account)
}

/// If the host cannot say whether the user still has a proven method, the call fails and keeps the
/// proof.
fn check_proofs_known(
    context: &mut Context,
    claim: &TicketClaims,
    account: &Account,
) -> Result<(), Error> {
    let proofs = account.flow(&claim.flow).map_or(&[][..], |flow| &flow.proofs);
    let proven = |(kind, _): &mut (MethodKind, _)| proofs.iter().any(|proof| proof.method == *kind);
    match context.unsure.extract_if(.., proven).next() {
        Some((_, error)) => Err(Error::Fault(Fault { origin: FaultOrigin::ExternalMethod, error })),
        None => Ok(()),
    }
}

/// Checks that the flow has a grant and that the ticket is the current one.
fn check_stage(claim: &TicketClaims, account: &Account) -> Result<(), Refusal> {
    let flow = account.flow(&claim.flow);
    if flow.is_some_and(|flow| flow.done.is_some()) {
        return Err(Refusal::Ended);
    }
    if flow.is_some_and(|flow| flow.generation != claim.generation) {
        return Err(Refusal::TicketReplaced);
    }
    match flow {
        Some(flow) if flow.grant.is_some() => Ok(()),
        // A change has no further proof to give: its flow has ended.
        _ if claim.purpose == Purpose::Change => Err(Refusal::Ended),
        _ => Err(Refusal::MoreProofNeeded),
    }
}

/// Words that the password must not contain: the names of the user and of the organisation.
fn words_of(user: &UserFacts, context: &Context) -> PasswordContext {
    let mut words = PasswordContext::new();
    let names = user.names.iter().map(String::as_str);
    let tenant = context.tenant.as_ref().map(|tenant| tenant.display_name.as_str());
    for name in names.chain(tenant) {
        words = words.name(name);
    }
    let UserFacts { display_name, user_principal_name, primary_mail, .. } = user;
    for word in [display_name, user_principal_name, primary_mail].into_iter().flatten() {
        words = words.word(word);
    }
    words
}

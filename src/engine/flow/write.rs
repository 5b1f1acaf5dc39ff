//! A directory write that has begun: the call of the directory, and the commit of its outcome.

use std::sync::Arc;

use crate::domain::account::{Account, Effect, WriteNumber};
use crate::domain::crypto::secret::SecretText;
use crate::domain::event::RejectedBy;
use crate::domain::identity::facts::{PasswordHome, UserFacts};
use crate::domain::identity::writes::{PolicyReason, WriteOutcome, WritePurpose, WriteReply};
use crate::domain::password::{
    PasswordContext, PasswordFault, PasswordRejection, PasswordRules, composed,
};
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::rules::effective::{cleared, password_rules};
use crate::domain::rules::{
    FailureCause, PendingWrite, PendingWriteFailure, Transition, settle_unasked, settle_unknown,
    settle_unwritten, settle_written,
};
use crate::domain::time::Timestamp;
use crate::engine::api::error::{At as _, Error, Fault, FaultOrigin};
use crate::engine::core::commit::{Origin, Target};
use crate::engine::core::context::Context;
use crate::engine::core::{BoxedCall, Core};
use crate::port::{PasswordWrite, PortError, PortErrorKind, PortResult, UnlockWrite};

/// The user, the record and the effect of one write.
pub(crate) struct WriteScope<'a> {
    pub(crate) effect: Effect,
    pub(crate) context: &'a Context,
    pub(crate) user: &'a UserFacts,
    pub(crate) target: &'a Target,
    pub(crate) origin: Origin,
    /// When a temporary password expires, if it does.
    pub(crate) expires_at: Option<Timestamp>,
}

impl WriteScope<'_> {
    /// Calls the directory and commits the outcome.
    pub(crate) fn write<'a>(
        &'a self,
        core: &'a Core,
        pending: &'a PendingWrite,
        password: Option<&'a SecretText>,
    ) -> BoxedCall<'a, Arc<Account>> {
        Box::pin(async move {
            if pending.ask_first {
                match self.already_written(core, password).await {
                    Ok(true) => return self.settled(core, pending, true).await,
                    Ok(false) if pending.changed_outside => {
                        let cause = FailureCause::Failed(SsprReason::PasswordRefused);
                        let why = PendingWriteFailure::new(cause, None);
                        self.unwritten(core, pending, &why).await?;
                        return Err(Refusal::Ended.into());
                    }
                    Ok(false) => {}
                    Err(error) => {
                        let settle =
                            |transition: &mut Transition<'_>| settle_unasked(transition, pending);
                        self.note(core, settle).await?;
                        return Err(directory_fault(error));
                    }
                }
            }
            let replied = match self.ask_directory(core, pending, password).await {
                Ok(replied) => replied,
                Err(error) if error.kind() == PortErrorKind::Unavailable => {
                    let cause = FailureCause::Failed(SsprReason::DirectoryUnreachable);
                    self.unwritten(core, pending, &PendingWriteFailure::new(cause, None)).await?;
                    return Err(directory_fault(error));
                }
                Err(error) => return Err(self.unknown(core, pending.write, error).await?),
            };
            let because = |cause| PendingWriteFailure::new(cause, replied.detail.as_deref());
            let reason = match replied.outcome {
                WriteOutcome::Written => return self.settled(core, pending, true).await,
                WriteOutcome::WrittenButNotPropagated => {
                    return self.settled(core, pending, false).await;
                }
                WriteOutcome::PolicyViolation(reason) => {
                    let code = reason.code();
                    self.unwritten(core, pending, &because(FailureCause::Refused(code))).await?;
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
                    return Err(self.unknown(core, pending.write, error).await?);
                }
            };
            self.unwritten(core, pending, &because(FailureCause::Failed(reason))).await?;
            Err(Refusal::NotEligible { reason }.into())
        })
    }

    /// Whether an earlier write of this flow, whose outcome was unknown, has been applied.
    async fn already_written(
        &self,
        core: &Core,
        password: Option<&SecretText>,
    ) -> PortResult<bool> {
        let (tenant, user) = (&self.target.tenant, &self.user.id);
        match password {
            Some(password) => {
                let password = composed(password);
                core.directory.verify_password(tenant, user, &password).await
            }
            // The current facts tell it, if the directory reports lockouts.
            None => Ok(self.user.locked_out == Some(false)),
        }
    }

    async fn ask_directory(
        &self,
        core: &Core,
        pending: &PendingWrite,
        password: Option<&SecretText>,
    ) -> PortResult<WriteReply> {
        let (tenant, user) = (&self.target.tenant, &self.user.id);
        let policy = &*self.context.policy;
        let timeout = policy.lifetimes.directory_write;
        match password {
            Some(password) => {
                let mut write = PasswordWrite::new(tenant, user, password, pending.write.get());
                write.timeout = timeout;
                if self.effect == Effect::Change {
                    write.purpose = WritePurpose::Change;
                }
                write.clears = cleared(self.effect, policy, self.user);
                // A change proves only knowledge of the current password, which an attacker may
                // share: it remediates no risk.
                write.risk_remediated = self.effect == Effect::Reset;
                if self.effect == Effect::Temporary {
                    write.purpose = WritePurpose::Administrator;
                    (write.must_change, write.expires_at) = (true, self.expires_at);
                }
                core.directory.set_password(&write).await
            }
            None => {
                let mut unlock = UnlockWrite::new(tenant, user, pending.write.get());
                unlock.timeout = timeout;
                unlock.clears = cleared(self.effect, policy, self.user);
                core.directory.unlock(&unlock).await
            }
        }
    }

    async fn settled(
        &self,
        core: &Core,
        pending: &PendingWrite,
        propagated: bool,
    ) -> Result<Arc<Account>, Error> {
        self.note(core, |transition| settle_written(transition, pending, propagated)).await
    }

    async fn unwritten(
        &self,
        core: &Core,
        pending: &PendingWrite,
        why: &PendingWriteFailure,
    ) -> Result<Arc<Account>, Error> {
        self.note(core, |transition| settle_unwritten(transition, pending, why)).await
    }

    /// Records that the outcome is unknown; returns the fault to report.
    async fn unknown(
        &self,
        core: &Core,
        write: WriteNumber,
        error: PortError,
    ) -> Result<Error, Error> {
        self.note(core, |transition| settle_unknown(transition, write)).await?;
        Ok(directory_fault(error))
    }

    /// Commits a change of the record, on whatever version the record has by then.
    pub(crate) async fn note(
        &self,
        core: &Core,
        change: impl Fn(&mut Transition<'_>),
    ) -> Result<Arc<Account>, Error> {
        let step = core.commit(self.target, &self.context.policy, &self.origin).wake();
        let (_, committed) = step
            .apply(|transition| {
                change(transition);
                Ok(())
            })
            .await?;
        Ok(committed.account)
    }
}

const fn directory_fault(error: PortError) -> Error {
    Error::Fault(Fault { origin: FaultOrigin::Directory, error })
}

/// A password that the engine's rules refuse.
pub(crate) struct Rejected {
    pub(crate) by: RejectedBy,
    /// Stable codes of the rules.
    pub(crate) reasons: Vec<String>,
    pub(crate) refusal: Refusal,
}

/// Applies the engine's password rules to the accounts that they cover. Returns the password to
/// write.
pub(crate) async fn judge(
    core: &Core,
    context: &Context,
    user: &UserFacts,
    password: &SecretText,
) -> Result<Result<SecretText, Rejected>, Error> {
    let policy = &*context.policy;
    let on_premises = user.password_home == PasswordHome::OnPremises;
    if on_premises && !policy.on_premises.apply_password_rules {
        // The directory decides. Only empty and overlong passwords are not passed to it.
        crate::domain::invalid::bounded_text("password", password.expose_secret(), 4096)?;
        return Ok(Ok(composed(password)));
    }
    let words = words_of(user, context);
    let rules = password_rules(policy, context.tenant.as_ref(), user);
    let normalised = match rules.check(password, &words) {
        Ok(normalised) => normalised,
        Err(rejection) => {
            let codes = rejection.faults.iter().map(|fault| fault.code().to_owned());
            let (by, reasons) = (RejectedBy::Rules, codes.collect());
            return Ok(Err(Rejected { by, reasons, refusal: Refusal::Password(rejection) }));
        }
    };
    if let Some(weak) = too_weak(core, &rules, &normalised, &words)? {
        let (by, reasons) = (RejectedBy::Rules, vec![weak.code().to_owned()]);
        let refusal = Refusal::Password(PasswordRejection { faults: vec![weak] });
        return Ok(Err(Rejected { by, reasons, refusal }));
    }
    if let Some(list) = &core.breach_list
        && list.contains(&normalised).await.at(FaultOrigin::BreachList)?
    {
        let refusal = Refusal::DirectoryPassword { reason: "breached", retry_at: None };
        let (by, reasons) = (RejectedBy::BreachList, vec!["breached".to_owned()]);
        return Ok(Err(Rejected { by, reasons, refusal }));
    }
    Ok(Ok(normalised))
}

/// The fault of a password whose score is below the one that the rules require.
///
/// Without an estimator no password is accepted: a missing score is no good one.
fn too_weak(
    core: &Core,
    rules: &PasswordRules,
    password: &SecretText,
    words: &PasswordContext,
) -> Result<Option<PasswordFault>, Error> {
    if rules.min_score == 0 {
        return Ok(None);
    }
    let Some(estimator) = &core.strength else {
        return Err(Refusal::NotEligible { reason: SsprReason::ServiceIncomplete }.into());
    };
    let score = estimator.score(&PasswordRules::scored(password), &words.parts());
    Ok(rules.weakness(score))
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

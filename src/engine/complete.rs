//! The end of a reset: the rules, then the directory, then the notices.

use std::sync::Arc;

use super::Engine;
use super::context::Context;
use super::error::{At as _, Error, Fault, Port};
use super::reply::Reply;
use super::request::Request;
use super::step::{Origin, Plan, Target, Unsure};
use crate::domain::account::{Account, Offer, Proof};
use crate::domain::contact::Destination;
use crate::domain::decide::{
    Address, Begin, Begun, Turn, Unwritten, begin_write, locale_of, may_complete, raise_required,
    reject_password, settle_unasked, settle_unknown, settle_unwritten, settle_written, time_of,
};
use crate::domain::event::{ActorKind, RejectedBy};
use crate::domain::facts::{PasswordHome, PolicyReason, UserFacts, WriteOutcome};
use crate::domain::ids::TenantId;
use crate::domain::method::Channel;
use crate::domain::password::PasswordContext;
use crate::domain::reason::SsprReason;
use crate::domain::refusal::Refusal;
use crate::domain::secret::SecretText;
use crate::domain::ticket::{Claim, ResetTicket};
use crate::domain::time::Timestamp;
use crate::port::{PasswordWrite, PortError, PortErrorKind};

/// Administrators who are told of one reset, at most.
const MAX_ADMINISTRATORS: usize = 3;

/// What the end of a reset works with.
struct Ending<'a> {
    context: &'a Context,
    user: &'a UserFacts,
    claim: &'a Claim,
    target: &'a Target,
    origin: Origin,
    required: u8,
    allowed: Vec<(crate::MethodKind, String)>,
    tell: Vec<Address>,
    tell_administrators: Vec<Address>,
    offers: Vec<Offer>,
}

impl Ending<'_> {
    fn begin<'b>(&'b self, allowed: &'b (dyn Fn(&Proof) -> bool + Sync)) -> Begin<'b> {
        Begin {
            flow: &self.claim.flow,
            generation: self.claim.generation,
            required: self.required,
            methods_allowed: allowed,
            stamp: self.user.change_stamp.as_deref(),
            tell: &self.tell,
            tell_administrators: &self.tell_administrators,
        }
    }

    /// Whether a proof still counts: its method is allowed now, and the account still has it.
    fn allows(&self, proof: &Proof) -> bool {
        let destination = proof.destination.normalised();
        self.allowed.iter().any(|(kind, to)| *kind == proof.method && *to == destination)
    }
}

impl Engine {
    pub(super) async fn complete_reset(
        &self,
        request: &Request,
        claim: &Claim,
        password: &SecretText,
        arrival: Timestamp,
    ) -> Result<Reply<ResetTicket>, Error> {
        let tenant = &request.tenant;
        // The same reads for everybody: a ticket of nobody's is answered as any without a grant.
        let (context, target, loaded) = self.reset_state(tenant, claim, true).await?;
        let now = time_of(&loaded.account, arrival);
        claim.check_time(context.policy.lifetimes.flow, now)?;
        let flow = loaded.account.flow(&claim.flow);
        if flow.is_some_and(|flow| flow.done.is_some()) {
            return Err(Refusal::Ended.into());
        }
        if flow.is_some_and(|flow| flow.generation != claim.generation) {
            return Err(Refusal::TicketReplaced.into());
        }
        if flow.is_none_or(|flow| flow.grant.is_none()) {
            return Err(Refusal::MoreProofNeeded.into());
        }
        // Only somebody who has proven enough is told why.
        let eligible = context.eligible(&loaded.account, now);
        let eligible = eligible.map_err(|reason| Refusal::NotEligible { reason })?;
        let allowed = eligible.candidates.iter();
        let mut ending = Ending {
            context: &context,
            user: eligible.user,
            claim,
            target: &target,
            origin: Origin::of(request, ActorKind::User),
            required: eligible.gates.required,
            allowed: allowed.map(|one| (one.kind, one.destination.normalised())).collect(),
            tell: context.addresses(&loaded.account),
            tell_administrators: Vec::new(),
            offers: eligible.offers(&context.channels),
        };
        // No rule is evaluated, and no list asked, before the grant is known to be live.
        self.check_grant(&ending, &loaded.account).await?;
        let normalised = self.judge(&ending, password).await?;
        if eligible.administrator {
            let tell = self.administrators_to_tell(tenant, &context, eligible.user).await?;
            ending.tell_administrators = tell;
        }
        let allows = |proof: &Proof| ending.allows(proof);
        let begin = ending.begin(&allows);
        let policy = &*context.policy;
        let decide = |turn: &mut Turn<'_>| begin_write(turn, &begin).map(Plan::Commit);
        let begun =
            self.step(&target, Some(loaded), policy, &ending.origin, Unsure::Resolve, decide);
        let (begun, _) = begun.await?;
        let account = self.write(&ending, &begun, &normalised).await?;
        (self.inner.on_work)();
        let mut reply = self.reply(tenant, claim, &account, policy, &[], arrival);
        reply.not_before = None;
        Ok(reply)
    }

    /// Whether the grant is live under the policy and the facts of now.
    async fn check_grant(&self, ending: &Ending<'_>, account: &Account) -> Result<(), Error> {
        let allows = |proof: &Proof| ending.allows(proof);
        let begin = ending.begin(&allows);
        let mut look = Turn::new(account, &ending.context.policy, self.inner.clock.now());
        let checked = may_complete(&mut look, &begin);
        if checked == Err(Refusal::MoreProofNeeded) {
            // The policy has been raised since the grant was earned: the flow goes on from there.
            self.note(ending, |turn| raise_required(turn, &begin, &ending.offers)).await?;
        }
        Ok(checked?)
    }

    /// The engine's own rules, for the accounts that they judge. Gives the password to be written.
    async fn judge(&self, ending: &Ending<'_>, password: &SecretText) -> Result<SecretText, Error> {
        let policy = &*ending.context.policy;
        let on_premises = ending.user.password_home == PasswordHome::OnPremises;
        if on_premises && !policy.on_premises.apply_password_rules {
            // The directory's answer is final; only what no directory takes is kept from it.
            crate::domain::invalid::bounded_text("password", password.expose_secret(), 4096)?;
            return Ok(SecretText::from(password.expose_secret()));
        }
        let words = words_of(ending.user, ending.context);
        let normalised = match policy.password.check(password, &words) {
            Ok(normalised) => normalised,
            Err(rejection) => {
                let codes = rejection.faults.iter().map(|fault| fault.code().to_owned());
                self.reject(ending, RejectedBy::Rules, codes.collect()).await?;
                return Err(Refusal::Password(rejection).into());
            }
        };
        if let Some(list) = &self.inner.breach_list
            && list.contains(&normalised).await.at(Port::BreachList)?
        {
            self.reject(ending, RejectedBy::BreachList, vec!["breached".to_owned()]).await?;
            return Err(Refusal::DirectoryPassword { reason: "breached", retry_at: None }.into());
        }
        Ok(normalised)
    }

    async fn reject(
        &self,
        ending: &Ending<'_>,
        by: RejectedBy,
        reasons: Vec<String>,
    ) -> Result<(), Error> {
        let flow = &ending.claim.flow;
        self.note(ending, |turn| reject_password(turn, flow, by, reasons.clone())).await?;
        Ok(())
    }

    /// Asks the directory, and notes what it answered.
    async fn write(
        &self,
        ending: &Ending<'_>,
        begun: &Begun,
        password: &SecretText,
    ) -> Result<Arc<Account>, Error> {
        let policy = &*ending.context.policy;
        let (tenant, user) = (&ending.target.tenant, &ending.user.id);
        let directory = &self.inner.directory;
        if begun.ask_first {
            let asked = directory.verify_password(tenant, user, password).await;
            match asked {
                Ok(true) => return self.settled(ending, begun, true).await,
                Ok(false) if begun.changed_outside => {
                    let why = Unwritten::Failed(SsprReason::PasswordRefused);
                    self.unwritten(ending, begun, &why).await?;
                    return Err(Refusal::Ended.into());
                }
                Ok(false) => {}
                Err(error) => {
                    let settle = |turn: &mut Turn<'_>| settle_unasked(turn, begun);
                    self.note(ending, settle).await?;
                    return Err(Error::Fault(Fault { port: Port::Directory, error }));
                }
            }
        }
        let mut write = PasswordWrite::new(tenant, user, password, begun.write);
        write.timeout = policy.lifetimes.directory_write;
        match directory.set_password(&write).await {
            Ok(WriteOutcome::Written) => self.settled(ending, begun, true).await,
            Ok(WriteOutcome::WrittenButNotPropagated) => self.settled(ending, begun, false).await,
            Ok(WriteOutcome::PolicyViolation(reason)) => {
                let code = reason.code();
                self.unwritten(ending, begun, &Unwritten::Refused(code)).await?;
                let retry_at = match reason {
                    PolicyReason::TooYoung { until } => until,
                    _ => None,
                };
                Err(Refusal::DirectoryPassword { reason: code, retry_at }.into())
            }
            Ok(WriteOutcome::AdminActionRequired) => {
                let reason = SsprReason::AdministratorRequired;
                self.unwritten(ending, begun, &Unwritten::Failed(reason)).await?;
                Err(Refusal::NotEligible { reason }.into())
            }
            Ok(WriteOutcome::Unreachable) => {
                let reason = SsprReason::DirectoryUnreachable;
                self.unwritten(ending, begun, &Unwritten::Failed(reason)).await?;
                Err(Refusal::NotEligible { reason }.into())
            }
            Ok(WriteOutcome::Indeterminate) => {
                self.unknown(ending, begun.write).await?;
                let error = PortError::unknown().because("the outcome is indeterminate");
                Err(Error::Fault(Fault { port: Port::Directory, error }))
            }
            Err(error) => {
                if error.kind() == PortErrorKind::Unavailable {
                    let reason = SsprReason::DirectoryUnreachable;
                    self.unwritten(ending, begun, &Unwritten::Failed(reason)).await?;
                } else {
                    self.unknown(ending, begun.write).await?;
                }
                Err(Error::Fault(Fault { port: Port::Directory, error }))
            }
        }
    }

    async fn settled(
        &self,
        ending: &Ending<'_>,
        begun: &Begun,
        propagated: bool,
    ) -> Result<Arc<Account>, Error> {
        self.note(ending, |turn| settle_written(turn, begun, propagated)).await
    }

    async fn unwritten(
        &self,
        ending: &Ending<'_>,
        begun: &Begun,
        why: &Unwritten,
    ) -> Result<Arc<Account>, Error> {
        self.note(ending, |turn| settle_unwritten(turn, begun, why)).await
    }

    async fn unknown(&self, ending: &Ending<'_>, write: u32) -> Result<(), Error> {
        self.note(ending, |turn| settle_unknown(turn, write)).await?;
        (self.inner.on_work)();
        Ok(())
    }

    /// Notes something in the record, whatever else happens to it meanwhile.
    async fn note(
        &self,
        ending: &Ending<'_>,
        change: impl Fn(&mut Turn<'_>),
    ) -> Result<Arc<Account>, Error> {
        let decide = |turn: &mut Turn<'_>| {
            change(turn);
            Ok(Plan::Commit(()))
        };
        let policy = &ending.context.policy;
        let step = self.step(ending.target, None, policy, &ending.origin, Unsure::Resolve, decide);
        Ok(step.await?.1)
    }

    /// The other administrators to be told that this one has reset, where the policy says so.
    async fn administrators_to_tell(
        &self,
        tenant: &TenantId,
        context: &Context,
        actor: &UserFacts,
    ) -> Result<Vec<Address>, Error> {
        let rules = &context.policy.notifications;
        if !rules.administrators || rules.administrator_roles.is_empty() {
            return Ok(Vec::new());
        }
        let roles: Vec<_> = rules.administrator_roles.iter().cloned().collect();
        let most = MAX_ADMINISTRATORS + 1;
        let holders = self.inner.directory.role_holders(tenant, &roles, most).await;
        let others = holders.at(Port::Directory)?.into_iter().filter(|one| one.id != actor.id);
        let reachable = others.filter_map(|one| {
            let locale = locale_of(&one, context.tenant.as_ref());
            let destination = Destination::Email(one.primary_mail?);
            Some(Address { channel: Channel::Email, destination, locale })
        });
        Ok(reachable.take(MAX_ADMINISTRATORS).collect())
    }
}

/// Words that the password must not be made of: the person's and the organisation's.
fn words_of(user: &UserFacts, context: &Context) -> PasswordContext {
    let mut words = PasswordContext::new();
    let names = user.names.iter().map(String::as_str);
    let shown = user.display_name.as_deref();
    let sign_in = user.user_principal_name.as_deref();
    let mail = user.primary_mail.as_ref().map(|mail| mail.as_str());
    let tenant = context.tenant.as_ref().map(|tenant| tenant.display_name.as_str());
    for word in names.chain(shown).chain(sign_in).chain(mail).chain(tenant) {
        words = words.word(word);
    }
    words
}

//! Links that administrators have sent to a user: a reset, and an invitation.

use std::time::Duration;

use super::Admin;
use crate::domain::account::{Expected, FlowId, Generation, Purpose};
use crate::domain::event::{AdminAct, EventKind};
use crate::domain::identity::ids::UserId;
use crate::domain::method::{ChallengeOption, Channel, MethodKind};
use crate::domain::refusal::Refusal;
use crate::domain::rules::{
    Asked, Asker, FlowTerms, Open, Opened, locale_of, open_challenge, request_reset, revoke_links,
    time_of,
};
use crate::domain::time::Timestamp;
use crate::engine::api::error::Error;
use crate::engine::core::commit::{Loaded, Target};
use crate::engine::core::context::Context;
use crate::engine::core::eligible::Eligible;
use crate::engine::observe::Operation;

/// A user to whom a link is sent, as the administrator's request found them.
struct Recipient {
    context: Context,
    target: Target,
    loaded: Loaded,
}

impl Admin<'_> {
    /// Asks a user to reset the password, without showing the administrator a secret. If the policy
    /// has a link base and the user a mail address, the user is mailed a link that begins a reset
    /// when it is [redeemed](crate::Reset::redeem_link); otherwise a notice without a link goes to
    /// every address.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::OwnAccount`], [`Refusal::NotFound`],
    /// [`Refusal::NotEligible`] if the user may not reset or has no address; [`Refusal::TooOften`]
    /// if the user's budgets are spent ([`unblock`](Self::unblock) first); [`Error::Fault`].
    pub async fn initiate_reset(&self, user: &UserId) -> Result<(), Error> {
        let done = async {
            let to = self.recipient(AdminAct::InitiateReset, user).await?;
            let eligible = to.eligible(self.core.clock.now())?;
            let Some(expected) = mailbox(&to.context, &eligible)? else {
                return self
                    .change(user, &to.context, |transition, context| {
                        request_reset(transition, |account| context.addresses(account))
                    })
                    .await;
            };
            self.send_link(&to, &eligible, expected, None).await
        };
        self.core.observe(Operation::AdminInitiateReset, self.tenant, done).await
    }

    /// Invites a user to set a first password, or to begin a reset when they are ready: a link is
    /// mailed that is accepted for [`invitation_life`](crate::policy::DeskPolicy::invitation_life).
    /// [Redeeming](crate::Reset::redeem_link) it proves the mail address and begins a reset: if the
    /// gates count two methods, a second one must be proven too. Supply the contact data of a new
    /// user first ([`supply_contacts`](Self::supply_contacts)).
    ///
    /// Another call sends another link, and voids those before it. A link is worthless once a
    /// password was set: through the engine always, and elsewhere if the directory reports
    /// [`password_changed_at`](crate::facts::UserFacts::password_changed_at), or a changed
    /// [`change_stamp`](crate::facts::UserFacts::change_stamp). So is it after every other change
    /// that voids codes, such as a registered method.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotOffered`] without a link base in the policy, or if the user has no mail address
    /// that the gates count; [`Refusal::NotAuthorised`], [`Refusal::OwnAccount`],
    /// [`Refusal::NotFound`]; [`Refusal::NotEligible`] if the user may not reset;
    /// [`Refusal::TooOften`] if the user's budgets are spent; [`Error::Fault`].
    pub async fn invite(&self, user: &UserId) -> Result<(), Error> {
        let done = async {
            let to = self.recipient(AdminAct::Invite, user).await?;
            let eligible = to.eligible(self.core.clock.now())?;
            let expected = mailbox(&to.context, &eligible)?.ok_or(Refusal::NotOffered)?;
            let life = to.context.policy.desk.invitation_life;
            self.send_link(&to, &eligible, expected, Some(life)).await
        };
        self.core.observe(Operation::AdminInvite, self.tenant, done).await
    }

    /// Voids the links that [`invite`](Self::invite) and [`initiate_reset`](Self::initiate_reset)
    /// have sent and that are not redeemed. A flow whose link was redeemed goes on:
    /// [`revoke_flows`](Self::revoke_flows) ends it.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::OwnAccount`], [`Refusal::NotFound`]; [`Error::Fault`].
    pub async fn revoke_invitation(&self, user: &UserId) -> Result<(), Error> {
        let done = async {
            let context = self.authorise_act(AdminAct::RevokeInvitation, user).await?;
            self.change(user, &context, |transition, _| {
                let count = revoke_links(transition);
                if count > 0 {
                    transition.record(EventKind::InvitationRevoked { count });
                }
                Ok(())
            })
            .await
        };
        self.core.observe(Operation::AdminRevokeInvitation, self.tenant, done).await
    }

    async fn recipient(&self, act: AdminAct, user: &UserId) -> Result<Recipient, Error> {
        let context = self.authorise_act(act, user).await?;
        if context.user.is_none() {
            return Err(Refusal::NotFound.into());
        }
        let target = self.core.user_target(self.tenant, user);
        let loaded = self.core.load(&target).await?;
        Ok(Recipient { context, target, loaded })
    }

    /// Opens the flow of a link, which its mail begins. An `invitation` lives that long, and voids
    /// the links before it.
    async fn send_link(
        &self,
        to: &Recipient,
        eligible: &Eligible<'_>,
        expected: Expected,
        invitation: Option<Duration>,
    ) -> Result<(), Error> {
        let core = self.core;
        let Recipient { context, target, loaded } = to;
        let now = time_of(&loaded.account, core.clock.now());
        let flow = FlowTerms {
            id: FlowId(core.random()?),
            purpose: Purpose::Reset,
            generation: Generation::default(),
            started_at: now,
            invitation,
            epoch: loaded.account.epoch,
            required: eligible.gates.required,
            stamp: eligible.user.change_stamp.as_deref(),
            incarnation: eligible.user.incarnation.as_deref(),
        };
        let source = core.keys.source(self.tenant, "administrator");
        let asked = Asked { by: Asker::Administrator, source, at: now };
        let link = ChallengeOption::new(MethodKind::Email, Channel::Link)?;
        let open = Open {
            expected: Ok(expected),
            offers: eligible.offers(&context.capabilities),
            locale: locale_of(eligible.user, context.tenant.as_ref()),
            ..Open::new(flow, asked, link, core.fresh_challenge()?)
        };
        let origin = self.origin();
        let step = core.commit(target, &context.policy, &origin).wake();
        step.apply(|transition| {
            if invitation.is_some() {
                revoke_links(transition);
            }
            if let Opened::Suppressed(retry_at) = open_challenge(transition, &open)? {
                return Err(Refusal::TooOften { retry_at });
            }
            transition.record(match invitation {
                Some(_) => EventKind::Invited {},
                None => EventKind::ResetRequested { link: true },
            });
            Ok(())
        })
        .await?;
        Ok(())
    }
}

impl Recipient {
    fn eligible(&self, now: Timestamp) -> Result<Eligible<'_>, Refusal> {
        let now = time_of(&self.loaded.account, now);
        let eligible = self.context.eligible(&self.loaded.account, now);
        eligible.map_err(|reason| Refusal::NotEligible { reason })
    }
}

/// The mail address to which a link can be sent, if there is one.
fn mailbox(context: &Context, eligible: &Eligible<'_>) -> Result<Option<Expected>, Error> {
    let link = ChallengeOption::new(MethodKind::Email, Channel::Link)?;
    let able = context.capabilities.allow(MethodKind::Email, Channel::Link);
    let candidate = eligible.candidate(link).filter(|_| able);
    Ok(candidate.map(|method| method.expected.clone()))
}

//! Temporary passwords.

use zeroize::Zeroizing;

use super::Admin;
use crate::domain::account::Effect;
use crate::domain::crypto::secret::SecretText;
use crate::domain::event::AdminAct;
use crate::domain::identity::facts::{PasswordHome, UserFacts};
use crate::domain::identity::ids::UserId;
use crate::domain::invalid::InvalidInput;
use crate::domain::password::{RANDOM, temporary_password};
use crate::domain::refusal::Refusal;
use crate::domain::rules::begin_temporary_password;
use crate::domain::rules::effective::password_rules;
use crate::domain::time::{HOUR, Timestamp};
use crate::engine::api::error::{Error, Fault, FaultOrigin};
use crate::engine::core::context::Context;
use crate::engine::flow::write::{Rejected, WriteScope, judge};
use crate::engine::observe::Operation;
use crate::port::PortError;

/// How many passwords are generated before the rules of a tenant count as unsatisfiable.
const MAX_TRIES: usize = 8;

/// A temporary password that was set.
#[derive(Debug)]
#[non_exhaustive]
pub struct TemporaryPassword {
    /// The generated password: show it once, to the administrator. `None` if it was supplied.
    pub password: Option<SecretText>,
    /// When it expires if the user has not changed it; `None` if it does not expire.
    pub expires_at: Option<Timestamp>,
}

impl Admin<'_> {
    /// Sets a temporary password, for a user who cannot reset. The user must change it at the next
    /// sign-in. It is generated for an account in the cloud, and supplied by the administrator for one
    /// whose password is managed on premises. The directory is asked to require the change
    /// ([`PasswordWrite::must_change`](crate::port::PasswordWrite::must_change)), and, under
    /// [`temporary_password_hours`](crate::policy::DeskPolicy::temporary_password_hours), to refuse it
    /// after that time.
    ///
    /// As after a reset, everything outstanding is void, sessions end, and the user is notified at every
    /// address; a user without an address gets the notice once there is one. The policy's scope does
    /// not matter. The block of a [repudiation](crate::recovery::Repudiation) stays:
    /// [`unblock`](Self::unblock) ends it.
    ///
    /// After [`Error::Fault`] the password may have been set, unless the fault says otherwise, and
    /// the user gets a notice that fits both. Call again: another password is generated.
    ///
    /// ```
    /// use sspr::{Admin, Error, UserId};
    ///
    /// async fn desk(admin: Admin<'_>, user: &UserId) -> Result<(), Error> {
    ///     let set = admin.set_temporary_password(user, None).await?;
    ///     let _read_out = set.password.as_ref().map(|password| password.expose_secret());
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::OwnAccount`], [`Refusal::NotFound`];
    /// [`Refusal::NotEligible`] if the password is not managed here, or the account is disabled or
    /// protected; [`Refusal::Password`] and [`Refusal::DirectoryPassword`] for a supplied password
    /// that is not accepted; [`Refusal::Busy`] while another write is in flight;
    /// [`Refusal::TooOften`]; [`InvalidInput`] for a password that is supplied for an account in the
    /// cloud, or not supplied for one on premises; [`Error::Fault`].
    pub async fn set_temporary_password(
        &self,
        user: &UserId,
        supplied: Option<&SecretText>,
    ) -> Result<TemporaryPassword, Error> {
        let done = self.temporary(user, supplied);
        self.core.observe(Operation::AdminSetTemporaryPassword, self.tenant, done).await
    }

    async fn temporary(
        &self,
        user: &UserId,
        supplied: Option<&SecretText>,
    ) -> Result<TemporaryPassword, Error> {
        let core = self.core;
        let context = self.authorise_act(AdminAct::SetTemporaryPassword, user).await?;
        if context.user.is_none() {
            return Err(Refusal::NotFound.into());
        }
        let target = core.user_target(self.tenant, user);
        let loaded = core.load(&target).await?;
        let refused = |reason| Refusal::NotEligible { reason };
        let facts = context.may_be_written(&loaded.account).map_err(refused)?;
        let password = self.password(&context, facts, supplied).await?;
        let policy = &*context.policy;
        let hours = policy.desk.temporary_password_hours;
        let expires_at = hours.map(|hours| core.clock.now().plus(HOUR * u32::from(hours)));
        let scope = WriteScope {
            effect: Effect::Temporary,
            context: &context,
            user: facts,
            target: &target,
            origin: self.origin(),
            expires_at,
        };
        let tell = context.addresses(&loaded.account);
        let incarnation = facts.incarnation.as_deref();
        let step = core.commit(&target, policy, &scope.origin).from(loaded);
        let (pending, _) = step
            .apply(|transition| {
                transition.belongs_to(incarnation);
                begin_temporary_password(transition, &tell)
            })
            .await?;
        scope.write(core, &pending, Some(&password)).await?;
        let generated = supplied.is_none().then_some(password);
        Ok(TemporaryPassword { password: generated, expires_at })
    }

    /// The password to write: supplied and accepted by the rules, or generated by them.
    async fn password(
        &self,
        context: &Context,
        user: &UserFacts,
        supplied: Option<&SecretText>,
    ) -> Result<SecretText, Error> {
        const WHAT: &str = "temporary password";
        let (core, rule) = (self.core, |rule| InvalidInput::Rule { what: WHAT, rule });
        match (user.password_home, supplied) {
            (PasswordHome::OnPremises, Some(password)) => {
                let judged = judge(core, context, user, password).await?;
                Ok(judged.map_err(|rejected| rejected.refusal)?)
            }
            (PasswordHome::OnPremises, None) => {
                Err(rule("must be supplied for an account managed on premises").into())
            }
            (PasswordHome::Cloud, Some(_)) => {
                Err(rule("is generated for an account in the cloud: supply none").into())
            }
            (PasswordHome::Cloud, None) => {
                let rules = password_rules(&context.policy, context.tenant.as_ref(), user);
                let mut rejected = None;
                for _ in 0..MAX_TRIES {
                    let random = Zeroizing::new(core.random::<RANDOM>()?);
                    let Some(password) = temporary_password(&rules, &random) else { continue };
                    match judge(core, context, user, &password).await? {
                        Ok(password) => return Ok(password),
                        Err(refused) => rejected = Some(refused),
                    }
                }
                Err(match rejected {
                    Some(Rejected { refusal, .. }) => refusal.into(),
                    None => entropy_fault(),
                })
            }
        }
    }
}

fn entropy_fault() -> Error {
    let error = PortError::unavailable().because("the random bytes are not random");
    Error::Fault(Fault { origin: FaultOrigin::Entropy, error })
}

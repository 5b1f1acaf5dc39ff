//! Codes of authenticator apps and OATH tokens at the host's own sign-in.

use std::sync::atomic::Ordering;

use crate::domain::account::{Factor, Method, OathDevice};
use crate::domain::event::ActorKind;
use crate::domain::identity::facts::UserSelector;
use crate::domain::identity::ids::{MethodId, UserId};
use crate::domain::invalid::InvalidInput;
use crate::domain::refusal::Refusal;
use crate::domain::rules::{accept_sign_in, reserve_sign_in};
use crate::engine::api::attempt::{Attempt, Given};
use crate::engine::api::error::Error;
use crate::engine::api::request::Request;
use crate::engine::core::Core;
use crate::engine::core::commit::Origin;
use crate::engine::observe::Operation;

/// Codes of registered authenticator apps and tokens, for the host's own sign-in.
///
/// The sign-in must check codes here and not keep the seeds itself. Then one record of the last
/// accepted step covers every purpose: a code that opened a session cannot reset a password, nor
/// the reverse (RFC 6238, 5.2).
///
/// ```
/// use sspr::{Attempt, Engine, Error, Refusal, Request, UserId};
///
/// /// Whether the code is correct. Ask only after the password of this user was correct.
/// async fn accepts(engine: &Engine, request: &Request, user: &UserId, code: &str) -> Result<bool, Error> {
///     match engine.authenticator().verify(request, user, &Attempt::code(code)?).await {
///         Ok(_) => Ok(true),
///         Err(Error::Refused(Refusal::NotAccepted)) => Ok(false),
///         Err(error) => Err(error),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Authenticator<'a> {
    pub(crate) core: &'a Core,
}

impl Authenticator<'_> {
    /// Checks a code of any of the user's active authenticators. A correct code consumes its time
    /// step. Call this only after the first factor: each attempt counts in the account's own
    /// budget.
    ///
    /// Returns the id of the method whose code it was.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAccepted`] for a wrong code, a code used before, and a user without an
    /// authenticator; [`Refusal::TooOften`], with [`Timestamp::MAX`](crate::Timestamp::MAX) after
    /// too long a run of failures, until an administrator calls [`unblock`](crate::Admin::unblock);
    /// [`InvalidInput::Malformed`] for an attempt that is not a code; [`Error::Fault`].
    pub async fn verify(
        &self,
        request: &Request,
        user: &UserId,
        attempt: &Attempt,
    ) -> Result<MethodId, Error> {
        let done = async {
            let core = self.core;
            let Given::Code(typed) = &attempt.given else {
                return Err(InvalidInput::Malformed { what: "code" }.into());
            };
            let tenant = &request.tenant;
            let context = core.context(tenant, UserSelector::Id(user), false).await?;
            let target = core.user_target(tenant, user);
            let loaded = core.load(&target).await?;
            let facts = context.user.as_ref().ok_or(Refusal::NotAccepted)?;
            // The authenticators belong to a previous user with this id.
            if !facts.enabled || !loaded.account.is_of(facts.incarnation.as_deref()) {
                return Err(Refusal::NotAccepted.into());
            }
            let policy = &*context.policy;
            let origin = Origin::of(request, ActorKind::User);
            let step = core.commit(&target, policy, &origin).from(loaded).must_be_known();
            let (reservation, reserved) = step.apply(reserve_sign_in).await?;
            core.comparisons.fetch_add(1, Ordering::Relaxed);
            // All devices that were counted are compared, even after a match.
            let mut found = None;
            let devices = reserved.account.methods.iter().filter_map(device_of);
            for (method, device) in devices.filter(|(method, _)| reservation.covers(method.kind)) {
                let device = Some((method.kind, device));
                let step = core.matching_step(&target, device, policy, typed).await?;
                found = found.or(step.map(|step| (method.id.clone(), step)));
            }
            let Some((method, at)) = found else {
                let failed = reservation.verdicts();
                return Err(core.failed(&target, policy, &origin, &failed).await);
            };
            // The code is accepted only if the consumed step is known to be recorded.
            let step = core.commit(&target, policy, &origin).from(reserved).must_be_known();
            step.apply(|transition| accept_sign_in(transition, &reservation, &method, at)).await?;
            Ok(method)
        };
        self.core.observe(Operation::AuthenticatorVerify, &request.tenant, done).await
    }
}

fn device_of(method: &Method) -> Option<(&Method, &OathDevice)> {
    match &method.factor {
        Factor::Oath(device) if method.active() => Some((method, device)),
        _ => None,
    }
}

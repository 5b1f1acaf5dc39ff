//! Whether a sign-in may manage host-verified methods, which the host itself enrols.

use super::Registration;
use super::state::{RegistrationContext, is_fresh};
use crate::domain::method::{MethodKind, Verification};
use crate::domain::refusal::Refusal;
use crate::domain::rules::binding::MethodToBind;
use crate::engine::api::error::Error;
use crate::engine::observe::Operation;
use crate::engine::{Request, SignedIn};

impl Registration<'_> {
    /// Checks that this sign-in may add, change or remove a host-verified method of this kind. Call
    /// it before your own page of the method begins, and again before you store the result. Only
    /// reads.
    ///
    /// The rules are those of every other method: a fresh sign-in, and a second factor once the
    /// account has enough methods. A passkey always needs a second factor, at most
    /// [`passkey_age`](crate::policy::RegistrationPolicy::passkey_age) old.
    ///
    /// ```
    /// use sspr::{Engine, Error, MethodKind, Request, SignedIn};
    ///
    /// async fn passkey_page(
    ///     engine: &Engine,
    ///     request: &Request,
    ///     user: &SignedIn,
    /// ) -> Result<(), Error> {
    ///     engine.registration().check_host_verified(request, user, MethodKind::Passkey).await?;
    ///     // Begin the ceremony of the WebAuthn library.
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::SecondFactorRequired`],
    /// [`Refusal::NotEligible`], [`Refusal::NotOffered`] for a kind that the policy does not count,
    /// that this engine was built without, or that the host does not verify; [`Error::Fault`].
    pub async fn check_host_verified(
        &self,
        request: &Request,
        user: &SignedIn,
        kind: MethodKind,
    ) -> Result<(), Error> {
        let done = async {
            let state = RegistrationContext::read_fresh(self.core, request, user).await?;
            if kind.verification() != Verification::External {
                return Err(Refusal::NotOffered.into());
            }
            state.offers(self.mode, kind)?;
            let most = state.context.policy.registration.passkey_age;
            let now = self.core.clock.now();
            let proven_at = user.context.second_factor_at;
            let is_strong = proven_at.is_some_and(|at| is_fresh(at, most, now));
            if kind == MethodKind::Passkey && !is_strong {
                return Err(Refusal::SecondFactorRequired.into());
            }
            let new = MethodToBind::new(&state.loaded.account, kind, None, None);
            state.require_known_holdings(&new)?;
            state.check_admitted(&new)
        };
        let operation = Operation::RegistrationCheckHostVerified;
        self.core.observe(operation, &request.tenant, done).await
    }
}

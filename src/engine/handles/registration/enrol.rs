//! Enrolment of authenticator apps, OATH tokens and recovery codes, whose secrets the owner sees
//! once.

use zeroize::Zeroizing;

use super::state::RegistrationContext;
use super::{PendingMethod, Registration, view};
use crate::domain::account::{Factor, OathDevice, Unknown};
use crate::domain::crypto::flow_ticket::RegistrationTicket;
use crate::domain::crypto::secret::{SecretBytes, SecretText};
use crate::domain::crypto::totp::{
    OathAlgorithm, OathParameters, base32_grouped, enrolment_uri, label,
};
use crate::domain::event::ActorKind;
use crate::domain::identity::ids::MethodId;
use crate::domain::method::{ChallengeOption, MethodKind};
use crate::domain::refusal::Refusal;
use crate::domain::rules::binding::MethodToBind;
use crate::domain::rules::{
    Binding, Confirm, Open, Transition, acknowledge_recovery_codes, claim_method,
    put_recovery_codes,
};
use crate::engine::api::error::Error;
use crate::engine::core::commit::Origin;
use crate::engine::observe::Operation;
use crate::engine::{MethodView, Reply, Request, SignedIn, flow};

/// An authenticator app to be enrolled, and the label under which the app shows it.
///
/// ```
/// let app = sspr::method::NewAuthenticator::new("Contoso", "ada@contoso.example");
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewAuthenticator {
    /// The organisation.
    pub issuer: String,
    /// The account's name.
    pub account: String,
    /// The hash function. Default SHA-1: many apps ignore this parameter and always use SHA-1.
    pub algorithm: OathAlgorithm,
}

impl NewAuthenticator {
    /// An app that shows these names, each on one line. A colon becomes a space, since apps split
    /// the label at it; a name of more than 64 characters is cut and ends in `…`.
    #[must_use]
    pub fn new(issuer: &str, account: &str) -> Self {
        let (issuer, account) = (label(issuer), label(account));
        Self { issuer, account, algorithm: OathAlgorithm::default() }
    }
}

/// The seed of an authenticator app, to be shown to its owner once.
#[derive(Debug)]
#[non_exhaustive]
pub struct Enrolment {
    /// The ticket for the confirmation, and the step to render.
    pub reply: Reply<RegistrationTicket>,
    /// The `otpauth` address, for a QR code that the host draws.
    pub uri: SecretText,
    /// The seed in Base32, in groups of four, for typing into an app without a camera.
    pub seed: SecretText,
}

/// A set of recovery codes, to be shown to its owner once.
#[derive(Debug)]
#[non_exhaustive]
pub struct RecoveryCodes {
    /// The id of the set, for [`Registration::acknowledge_recovery_codes`].
    pub id: MethodId,
    /// The codes, in groups of four letters.
    pub codes: Vec<SecretText>,
}

impl Registration<'_> {
    /// Creates a seed for an authenticator app. The method is pending until a code of the app is
    /// given to [`confirm`](Self::confirm). That code is consumed: the next proof needs a later
    /// one. In tests `testing::SoftToken` stands in for the app. The secrets are returned once; a
    /// user who has lost the page enrols again.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add); [`Refusal::NotOffered`] also if the engine has no
    /// [`seal`](crate::builder::EngineBuilder::seal).
    pub async fn enrol_authenticator(
        &self,
        request: &Request,
        user: &SignedIn,
        app: &NewAuthenticator,
    ) -> Result<Enrolment, Error> {
        let done = self.enrol(request, user, app, None);
        self.core.observe(Operation::RegistrationEnrolAuthenticator, &request.tenant, done).await
    }

    /// Enrols an app that replaces another. The other app stays in use until the new one is
    /// confirmed.
    ///
    /// # Errors
    ///
    /// As [`enrol_authenticator`](Self::enrol_authenticator); [`Refusal::NotFound`].
    pub async fn replace_authenticator(
        &self,
        request: &Request,
        user: &SignedIn,
        replaced: &MethodId,
        app: &NewAuthenticator,
    ) -> Result<Enrolment, Error> {
        let done = self.enrol(request, user, app, Some(replaced.clone()));
        self.core.observe(Operation::RegistrationReplaceAuthenticator, &request.tenant, done).await
    }

    async fn enrol(
        &self,
        request: &Request,
        user: &SignedIn,
        app: &NewAuthenticator,
        replaces: Option<MethodId>,
    ) -> Result<Enrolment, Error> {
        let core = self.core;
        if replaces.is_some() {
            self.must_manage()?;
        }
        let kind = MethodKind::AuthenticatorApp;
        let state = RegistrationContext::read_fresh(self.core, request, user).await?;
        state.offers(self.mode, kind)?;
        let policy = &state.context.policy;
        let parameters =
            OathParameters { algorithm: app.algorithm, digits: policy.oath.digits, period: 30 };
        let random = Zeroizing::new(core.random::<64>()?);
        let bytes = random.get(..app.algorithm.seed_bytes()).unwrap_or(&random[..]);
        let seed = SecretBytes::new(bytes.to_vec());
        let (tenant, id) = (&request.tenant, user.of(request)?);
        let sealed = core.seal_seed(tenant, id, kind, seed.expose_secret()).await?;
        let factor = Factor::Oath(OathDevice {
            seed: sealed,
            parameters,
            used: None,
            unknown: Unknown::NONE,
        });
        let option = ChallengeOption::preferred(kind);
        let pending = PendingMethod { option, factor, replaces };
        let reply = self.begin(request, user, state, &pending).await?;
        let secret = seed.expose_secret();
        Ok(Enrolment {
            reply,
            uri: enrolment_uri(secret, parameters, &app.issuer, &app.account),
            seed: base32_grouped(secret),
        })
    }

    /// Begins the confirmation of a token that an administrator has supplied
    /// ([`Admin::supply_token`](crate::Admin::supply_token)): its code goes to
    /// [`confirm`](Self::confirm).
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add); [`Refusal::NotFound`] if there is no such pending token.
    pub async fn claim_token(
        &self,
        request: &Request,
        user: &SignedIn,
        token: &MethodId,
    ) -> Result<Reply<RegistrationTicket>, Error> {
        let done = async {
            let state = RegistrationContext::read_fresh(self.core, request, user).await?;
            let account = &state.loaded.account;
            state.require_known_holdings(&MethodToBind::new(
                account,
                MethodKind::OathToken,
                None,
                None,
            ))?;
            let option = ChallengeOption::preferred(MethodKind::OathToken);
            let decide =
                |transition: &mut Transition<'_>, binding: &Binding<'_>, open: &Open<'_>| {
                    claim_method(transition, token, binding, open)
                };
            self.open(request, user, state, option, None, &decide).await
        };
        self.core.observe(Operation::RegistrationClaimToken, &request.tenant, done).await
    }

    /// Creates a set of recovery codes, which is pending until its owner confirms having saved it
    /// ([`acknowledge_recovery_codes`](Self::acknowledge_recovery_codes)). The previous set stays
    /// in use until then.
    ///
    /// # Errors
    ///
    /// [`Refusal::ReauthenticationRequired`], [`Refusal::SecondFactorRequired`],
    /// [`Refusal::NotEligible`], [`Refusal::NotOffered`], [`Refusal::LimitReached`],
    /// [`Refusal::TooOften`]; [`Error::Fault`].
    pub async fn create_recovery_codes(
        &self,
        request: &Request,
        user: &SignedIn,
    ) -> Result<RecoveryCodes, Error> {
        let done = async {
            let core = self.core;
            let state = self.state_for_codes(request, user).await?;
            let binding = state.sign_in.binding(&state.context)?;
            let policy = &*state.context.policy;
            let (mut codes, mut digests) = (Vec::new(), Vec::new());
            for _ in 0..policy.recovery_codes {
                let (code, digest) =
                    flow::new_recovery_code(core, &request.tenant, user.of(request)?)?;
                codes.push(code);
                digests.push(digest);
            }
            let origin = Origin::of(request, ActorKind::User);
            let incarnation = state.incarnation();
            let step = core.commit(&state.target, policy, &origin).from(state.loaded);
            let (id, _) = step
                .apply(|transition| {
                    transition.belongs_to(incarnation.as_deref());
                    put_recovery_codes(transition, &digests, &binding)
                })
                .await?;
            Ok(RecoveryCodes { id, codes })
        };
        self.core.observe(Operation::RegistrationCreateRecoveryCodes, &request.tenant, done).await
    }

    /// Makes the set active, since the owner has saved its codes, and revokes the previous set. The
    /// user's addresses are notified.
    ///
    /// # Errors
    ///
    /// As [`create_recovery_codes`](Self::create_recovery_codes); [`Refusal::NotFound`].
    pub async fn acknowledge_recovery_codes(
        &self,
        request: &Request,
        user: &SignedIn,
        set: &MethodId,
    ) -> Result<MethodView, Error> {
        let done = async {
            let core = self.core;
            let state = self.state_for_codes(request, user).await?;
            let binding = state.sign_in.binding(&state.context)?;
            let context = &state.context;
            let eligible = context.eligible_user().ok_or(Refusal::NotOffered)?;
            let tell = &context.addresses(&state.loaded.account);
            let source = core.familiar_source(request, &state.target.key);
            let confirm = Confirm { eligible, binding, tell, source };
            let origin = Origin::of(request, ActorKind::User);
            let incarnation = state.incarnation();
            let step =
                core.commit(&state.target, &context.policy, &origin).from(state.loaded).wake();
            let (method, committed) = step
                .apply(|transition| {
                    transition.belongs_to(incarnation.as_deref());
                    acknowledge_recovery_codes(transition, set, &confirm)
                })
                .await?;
            Ok(view(&method, &committed.account))
        };
        self.core
            .observe(Operation::RegistrationAcknowledgeRecoveryCodes, &request.tenant, done)
            .await
    }

    /// The state of a user who may register recovery codes now.
    async fn state_for_codes(
        &self,
        request: &Request,
        user: &SignedIn,
    ) -> Result<RegistrationContext, Error> {
        let state = RegistrationContext::read_fresh(self.core, request, user).await?;
        state.offers(self.mode, MethodKind::RecoveryCode)?;
        let account = &state.loaded.account;
        let new = MethodToBind::new(account, MethodKind::RecoveryCode, None, None);
        state.require_known_holdings(&new)?;
        Ok(state)
    }
}

//! Who sends a request: its tenant and source, a signed-in user, an administrator with roles.

use std::collections::BTreeSet;
use std::fmt;

use crate::domain::crypto::digest::{Digest, DigestOf};
use crate::domain::crypto::secret::{SecretText, redacted};
use crate::domain::identity::coarse::CoarseOrigin;
use crate::domain::identity::ids::{RoleId, TenantId, UserId};
use crate::domain::identity::locale::Locale;
use crate::domain::identity::roles::same_name;
use crate::domain::invalid::InvalidInput;
use crate::domain::method::MethodKind;
use crate::domain::time::Timestamp;
use crate::engine::api::source::Source;

/// One request: its tenant and its source.
///
/// It has no field for a host name or for an address to send to: neither is ever taken from a
/// request.
///
/// ```
/// use sspr::{Request, Source, TenantId};
///
/// let tenant = TenantId::parse("contoso")?;
/// let request = Request::new(tenant, Source::parse("203.0.113.7"));
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Request {
    pub(crate) tenant: TenantId,
    pub(crate) source: Source,
    pub(crate) human: Option<SecretText>,
    pub(crate) device: Option<DeviceSecret>,
    pub(crate) locale: Option<Locale>,
    pub(crate) origin: Option<CoarseOrigin>,
}

impl Request {
    /// A request of this tenant from this source. The source is required, since leaving it out
    /// would disable a limit.
    #[must_use]
    pub const fn new(tenant: TenantId, source: Source) -> Self {
        Self { tenant, source, human: None, device: None, locale: None, origin: None }
    }

    /// Adds the answer to a human check.
    #[must_use]
    pub fn with_human_answer(mut self, answer: SecretText) -> Self {
        self.human = Some(answer);
        self
    }

    /// Adds the secret of a known device, from its long-lived cookie. It proves nothing, but its
    /// attempts use a budget that other callers' wrong guesses do not spend.
    #[must_use]
    pub fn with_device(mut self, device: DeviceSecret) -> Self {
        self.device = Some(device);
        self
    }

    /// Adds the language of the page. Codes and links are sent in it; without it in the user's
    /// language, else in the tenant's. Notices are always in the user's language, else in the
    /// tenant's: an attacker must not choose one that the owner cannot read.
    ///
    /// ```
    /// use sspr::{Request, Source, TenantId};
    /// use sspr::message::Locale;
    ///
    /// let request = Request::new(TenantId::parse("contoso")?, Source::Unknown)
    ///     .with_locale(Locale::parse("zh-TW")?);
    /// # Ok::<(), sspr::InvalidInput>(())
    /// ```
    #[must_use]
    pub fn with_locale(mut self, locale: Locale) -> Self {
        self.locale = Some(locale);
        self
    }

    /// Adds where the request came from, as coarsely as the messages that it causes tell it to the
    /// owner.
    #[must_use]
    pub const fn with_origin(mut self, place: CoarseOrigin) -> Self {
        self.origin = Some(place);
        self
    }

    /// The tenant.
    #[must_use]
    pub const fn tenant(&self) -> &TenantId {
        &self.tenant
    }
}

/// The secret of a known device: 32 random bytes. Keep it in a long-lived cookie (`HttpOnly`,
/// `Secure`, `SameSite=Strict`), one for each user who has completed a flow in this browser.
///
/// ```
/// use sspr::recovery::DeviceSecret;
///
/// assert!(DeviceSecret::parse("not one").is_err());
/// let device = DeviceSecret::parse(&"A".repeat(43))?;
/// assert_eq!(format!("{device:?}"), "DeviceSecret([redacted])");
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
pub struct DeviceSecret(SecretText);

impl DeviceSecret {
    pub(crate) fn from_random(bytes: [u8; 32]) -> Self {
        Self(SecretText::new(data_encoding::BASE64URL_NOPAD.encode(&bytes)))
    }

    /// Parses a secret from the cookie. Checks only its form.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Malformed`] for text that is not such a secret.
    pub fn parse(text: &str) -> Result<Self, InvalidInput> {
        let bad = || InvalidInput::Malformed { what: "device secret" };
        if text.len() != 43 {
            return Err(bad());
        }
        let decoded = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes());
        decoded.map_err(|_| bad())?;
        Ok(Self(SecretText::from(text)))
    }

    /// The text, for the cookie.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }

    pub(crate) fn digest(&self, tenant: &TenantId, user: &UserId) -> Digest {
        Digest::of(DigestOf::Device, tenant, user, self.0.expose_secret().as_bytes())
    }
}

redacted!(DeviceSecret);

/// A user of one tenant whom the host's own sign-in has identified.
///
/// Take tenant, user and context from the session. The tenant of the [`Request`] may come from a
/// path or a host name that the caller chooses: if the two differ, every operation returns
/// [`InvalidInput::Foreign`] before it reads anything.
///
/// ```
/// use sspr::{SignedIn, TenantId, Timestamp, UserId};
/// use sspr::method::SignInContext;
///
/// let (tenant, user) = (TenantId::parse("contoso")?, UserId::parse("u-1")?);
/// let session = SignInContext::new("session-1", Timestamp::from_unix_seconds(1_700_000_000));
/// let ada = SignedIn::vouch(tenant, user, session);
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignedIn {
    tenant: TenantId,
    user: UserId,
    pub(crate) context: SignInContext,
}

impl SignedIn {
    /// The host vouches that this user of this tenant is signed in. Dangerous if misused: the
    /// engine relies on it.
    #[must_use]
    pub const fn vouch(tenant: TenantId, user: UserId, context: SignInContext) -> Self {
        Self { tenant, user, context }
    }

    /// The user, for a request of the tenant of the sign-in. No other function returns the user's
    /// id, so that every operation compares the tenants.
    ///
    /// # Errors
    ///
    /// [`InvalidInput::Foreign`] for a request of another tenant.
    pub(crate) fn of(&self, request: &Request) -> Result<&UserId, InvalidInput> {
        if self.tenant == request.tenant {
            Ok(&self.user)
        } else {
            Err(InvalidInput::Foreign { what: "sign-in" })
        }
    }
}

/// What the host knows about a sign-in. Take each value from the host's own session, never from a form.
///
/// ```
/// use sspr::method::SignInContext;
/// use sspr::port::{Clock as _, SystemClock};
///
/// let now = SystemClock.now();
/// let context = SignInContext::new("session-7d1f", now).with_second_factor(now);
/// assert_eq!(context.second_factor_at, Some(now));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignInContext {
    /// A name of the session, which no other session has: a skipped prompt and a registration session
    /// belong to it. Only a hash of it is stored.
    pub session: String,
    /// When the user signed in.
    pub signed_in_at: Timestamp,
    /// When a second factor was last proven in this session.
    pub second_factor_at: Option<Timestamp>,
    /// The kinds of which the host's sign-in requires one; empty if it requires none.
    pub sign_in_kinds: BTreeSet<MethodKind>,
}

impl fmt::Debug for SignInContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { session: _, signed_in_at, second_factor_at, sign_in_kinds } = self;
        f.debug_struct("SignInContext")
            .field("session", &"[redacted]")
            .field("signed_in_at", signed_in_at)
            .field("second_factor_at", second_factor_at)
            .field("sign_in_kinds", sign_in_kinds)
            .finish()
    }
}

impl SignInContext {
    /// A sign-in with a password only.
    #[must_use]
    pub fn new(session: &str, signed_in_at: Timestamp) -> Self {
        Self {
            session: session.to_owned(),
            signed_in_at,
            second_factor_at: None,
            sign_in_kinds: BTreeSet::new(),
        }
    }

    /// Adds a second factor that was proven at this time. A passkey with user verification is one,
    /// also without a password.
    #[must_use]
    pub const fn with_second_factor(mut self, at: Timestamp) -> Self {
        self.second_factor_at = Some(at);
        self
    }

    /// Adds that the host's policy for sign-ins requires one of these kinds. The prompt then asks
    /// for one too, and cannot be skipped until the user has it.
    #[must_use]
    pub fn with_sign_in_kinds(mut self, kinds: impl IntoIterator<Item = MethodKind>) -> Self {
        self.sign_in_kinds = kinds.into_iter().collect();
        self
    }
}

/// An administrator who acts, with the roles that the host vouches for.
///
/// An actor names no tenant: its roles apply to the tenant that is passed to
/// [`Engine::admin`](crate::Engine::admin). Build the actor from the roles that the administrator
/// has in that tenant, and take the tenant from the same session, never from a URL.
///
/// Pass an administrator who is a user of the tenant's directory as a [`user`](Self::user): they
/// cannot act on their own account. *A person passed as a [`service`](Self::service)* can.
///
/// ```
/// use sspr::{Actor, RoleId, UserId};
///
/// let admin = Actor::user(UserId::parse("u-7")?, [RoleId::parse("Helpdesk Administrator")?]);
/// let sync = Actor::service("hr-sync", [RoleId::parse("Privileged Authentication Administrator")?]);
/// # Ok::<(), sspr::InvalidInput>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Actor {
    pub(crate) id: String,
    /// `None` for a service.
    pub(crate) subject: Option<UserId>,
    pub(crate) roles: BTreeSet<RoleId>,
}

impl Actor {
    /// A user of the tenant's directory with these roles. The id goes into the audit trail.
    #[must_use]
    pub fn user(user: UserId, roles: impl IntoIterator<Item = RoleId>) -> Self {
        let id = user.as_str().to_owned();
        Self { id, subject: Some(user), roles: roles.into_iter().collect() }
    }

    /// A program with these roles, such as a service principal or a job. It has no account of its
    /// own; the target rules apply to it as to any administrator. The first 128 characters of the name go into the audit trail.
    #[must_use]
    pub fn service(name: &str, roles: impl IntoIterator<Item = RoleId>) -> Self {
        let shown = name.chars().filter(|symbol| !symbol.is_control()).take(128);
        Self { id: shown.collect(), subject: None, roles: roles.into_iter().collect() }
    }

    /// Whether this is the actor's own account: the actor's id, in any letter case.
    pub(crate) fn is(&self, user: &UserId) -> bool {
        self.subject.as_ref().is_some_and(|own| same_name(own.as_str(), user.as_str()))
    }
}

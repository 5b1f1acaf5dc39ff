//! Passkeys, verified by `webauthn_rp`. They need the script of their pages; without it, users choose
//! another method.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Form;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Redirect, Response};
use minijinja::context;
use serde::Deserialize;
use sspr::facts::{Destination, EmailAddress};
use sspr::message::{Message, Notice};
use sspr::method::Channel;
use sspr::port::{
    Entropy as _, Envelope, ExternalMethod, PortError, PortResult, SystemEntropy, async_trait,
};
use sspr::{Actor, Error, InvalidInput, MethodKind, RoleId, SecretText, TenantId, UserId};
use webauthn_rp::bin::{Decode as _, Encode as _};
use webauthn_rp::request::auth::AuthenticationVerificationOptions;
use webauthn_rp::request::register::{
    CredProtect, PublicKeyCredentialUserEntity, RegistrationVerificationOptions, UserHandle64,
};
use webauthn_rp::request::{AsciiDomain, PublicKeyCredentialDescriptor, RpId};
use webauthn_rp::response::register::{DynamicState, StaticState};
use webauthn_rp::response::{AuthTransports, CredentialId};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication64, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, Registration,
    RegistrationServerState,
};

use crate::sign_in::Session;
use crate::visit::Visit;
use crate::{Portal, demo};

/// How many challenges are kept; the oldest of a demonstration that runs for long are forgotten.
const KEPT: usize = 10_000;

/// The policy of headers of pages with the script of passkeys.
pub(crate) const WITH_SCRIPT: [(HeaderName, &str); 1] = [(
    header::CONTENT_SECURITY_POLICY,
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; \
     base-uri 'none'; frame-ancestors 'none'",
)];

/// The passkeys of all users, in memory.
#[derive(Clone)]
pub struct Passkeys {
    origin: Arc<str>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    handles: HashMap<UserId, UserHandle64>,
    passkeys: Vec<Passkey>,
    /// By the secret of the session.
    registrations: HashMap<String, RegistrationServerState<64>>,
    /// By the name of the challenge.
    challenges: HashMap<String, Challenge>,
}

struct Passkey {
    owner: UserId,
    id: Vec<u8>,
    /// The public key, as the library encodes it.
    key: Vec<u8>,
    state: DynamicState,
    transports: AuthTransports,
}

struct Challenge {
    page: String,
    /// Taken by the first response.
    state: Option<DiscoverableAuthenticationServerState>,
    /// The first response and its result, which a repetition gets again.
    answered: Option<(SecretText, bool)>,
}

impl Passkeys {
    /// The passkeys of a portal at this origin.
    #[must_use]
    pub fn new(origin: &str) -> Self {
        Self { origin: origin.into(), kept: Arc::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // After a panic some passkey may be missing: its owner uses another method.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The site to which passkeys are bound: the host of the origin.
    fn site(&self) -> Option<RpId> {
        let host = self.origin.split_once("://")?.1.split([':', '/']).next()?;
        AsciiDomain::try_from(host.to_owned()).ok().map(RpId::Domain)
    }

    fn held_by(&self, user: &UserId) -> bool {
        self.kept().passkeys.iter().any(|passkey| passkey.owner == *user)
    }

    /// The options of `navigator.credentials.create`.
    fn begin(&self, session: &Session) -> Option<String> {
        let site = self.site()?;
        let mut kept = self.kept();
        let Kept { handles, passkeys, registrations, .. } = &mut *kept;
        let handle = handles.entry(session.user.clone()).or_insert_with(UserHandle64::new);
        let held = passkeys.iter().filter(|passkey| passkey.owner == session.user);
        let held = held.filter_map(|passkey| {
            let id = CredentialId::<Vec<u8>>::decode(passkey.id.clone()).ok()?;
            Some(PublicKeyCredentialDescriptor { id, transports: passkey.transports })
        });
        let name = session.name.as_str().try_into().ok()?;
        let user = PublicKeyCredentialUserEntity { name, id: &*handle, display_name: None };
        let mut options = PublicKeyCredentialCreationOptions::passkey(&site, user, held.collect());
        // Devices that do not know the extension would refuse, such as that of the tests; the assertion
        // requires the user anyway.
        options.extensions.cred_protect = CredProtect::None;
        let (state, client) = options.start_ceremony().ok()?;
        let page = serde_json::to_string(&client).ok()?;
        registrations.insert(session.secret().to_owned(), state);
        Some(page)
    }

    /// Keeps the passkey that the browser has created.
    fn finish(&self, session: &Session, response: &str) -> Option<()> {
        let site = self.site()?;
        let mut kept = self.kept();
        let state = kept.registrations.remove(session.secret())?;
        let made: Registration = serde_json::from_str(response).ok()?;
        let origins = [&*self.origin];
        let options = RegistrationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            ..Default::default()
        };
        let passkey = state.verify(&site, &made, &options).ok()?;
        let key = passkey.static_state().encode().ok()?;
        kept.passkeys.push(Passkey {
            owner: session.user.clone(),
            id: passkey.id().as_ref().to_vec(),
            key,
            state: passkey.dynamic_state(),
            transports: passkey.transports(),
        });
        Some(())
    }

    /// Whether this response to the challenge is signed by a passkey of this user.
    fn check(
        &self,
        kept: &mut Kept,
        user: &UserId,
        state: DiscoverableAuthenticationServerState,
        response: &str,
    ) -> Option<bool> {
        let site = self.site()?;
        let response: DiscoverableAuthentication64 = serde_json::from_str(response).ok()?;
        let handle = kept.handles.get(user)?;
        let id = response.raw_id();
        // Only a passkey of this user counts.
        let mut own = kept.passkeys.iter_mut().filter(|passkey| passkey.owner == *user);
        let held = own.find(|passkey| passkey.id == id.as_ref())?;
        let key = StaticState::decode(held.key.as_slice()).ok()?;
        let mut passkey = AuthenticatedCredential::new(id, handle, key, held.state).ok()?;
        let origins = [&*self.origin];
        let options = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &origins,
            ..Default::default()
        };
        state.verify(&site, &response, &mut passkey, &options).ok()?;
        held.state = passkey.dynamic_state();
        Some(true)
    }
}

#[async_trait]
impl ExternalMethod for Passkeys {
    fn kind(&self) -> MethodKind {
        MethodKind::Passkey
    }

    async fn available(&self, _tenant: &TenantId, user: &UserId) -> PortResult<bool> {
        Ok(self.held_by(user))
    }

    /// The options of `navigator.credentials.get`: the same for all users except for the challenge.
    async fn begin(&self, _: &TenantId, _: &UserId, challenge: &str) -> PortResult<String> {
        let fault = || PortError::unavailable().because("no challenge of a passkey");
        let site = self.site().ok_or_else(fault)?;
        let mut kept = self.kept();
        if let Some(known) = kept.challenges.get(challenge) {
            return Ok(known.page.clone());
        }
        let options = DiscoverableCredentialRequestOptions::passkey(&site);
        let (state, client) = options.start_ceremony().map_err(|_| fault())?;
        let page = serde_json::to_string(&client).map_err(|_| fault())?;
        if kept.challenges.len() >= KEPT {
            kept.challenges.clear();
        }
        let new = Challenge { page: page.clone(), state: Some(state), answered: None };
        kept.challenges.insert(challenge.to_owned(), new);
        Ok(page)
    }

    async fn verify(
        &self,
        _tenant: &TenantId,
        user: &UserId,
        challenge: &str,
        response: &SecretText,
    ) -> PortResult<bool> {
        let mut kept = self.kept();
        let Some(asked) = kept.challenges.get_mut(challenge) else { return Ok(false) };
        if let Some((first, result)) = &asked.answered {
            return Ok(*result && first.expose_secret() == response.expose_secret());
        }
        let Some(state) = asked.state.take() else { return Ok(false) };
        let result = self.check(&mut kept, user, state, response.expose_secret()) == Some(true);
        if let Some(asked) = kept.challenges.get_mut(challenge) {
            asked.answered = Some((SecretText::from(response.expose_secret()), result));
        }
        Ok(result)
    }
}

/// How long a notice is worth delivering.
const NOTICE_LASTS: Duration = Duration::from_secs(86_400);

/// An idempotency key: 64 hexadecimal digits.
fn new_key() -> Result<String, Error> {
    let mut bytes = [0; 32];
    let filled = SystemEntropy.fill(&mut bytes);
    filled.map_err(|_| InvalidInput::Malformed { what: "passkey" })?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// No `Debug`: it holds a response.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct PasskeyForm {
    verb: String,
    response: String,
}

pub(crate) async fn script() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=3600"),
    ];
    (headers, include_str!("../static/passkey.js"))
}

/// Adds or removes a passkey of the signed-in user.
pub(crate) async fn form(
    State(portal): State<Arc<Portal>>,
    visit: Visit,
    Form(form): Form<PasskeyForm>,
) -> Response {
    let Some(session) = portal.session(&visit) else {
        return Redirect::to("/sign-in").into_response();
    };
    match portal.change_passkeys(&visit, &session, &form).await {
        Ok(Some(options)) => {
            let page = portal.page("passkey.html", &visit, context! { options });
            (WITH_SCRIPT, page).into_response()
        }
        Ok(None) => Redirect::to("/security").into_response(),
        Err(error) => {
            let alert = Some(portal.alert(&visit, &error));
            let page = portal.security_page(&visit, &session, alert).await;
            portal.failed(&error, page)
        }
    }
}

impl Portal {
    /// The options of a passkey to create, or `None` once the form is done.
    async fn change_passkeys(
        &self,
        visit: &Visit,
        session: &Session,
        form: &PasskeyForm,
    ) -> Result<Option<String>, Error> {
        let (request, user) = (visit.request(), session.signed_in(&self.tenant));
        let registration = self.engine.registration();
        // Before the page, and again before the passkey is kept.
        registration.check_host_verified(&request, &user, MethodKind::Passkey).await?;
        let malformed = || Error::from(InvalidInput::Malformed { what: "passkey" });
        let (method, at) = (MethodKind::Passkey, self.engine.now());
        let notice = match &*form.verb {
            "begin" => return self.passkeys.begin(session).map(Some).ok_or_else(malformed),
            "finish" => Notice::MethodAdded { method, at },
            "remove" => Notice::MethodRemoved { method, at },
            _ => return Err(malformed()),
        };
        // The engine does not see the change, so the portal tells the owner. What can fail comes first: no
        // passkey is added without a notice.
        let notices = self.notices(visit, session, notice).await?;
        if form.verb == "finish" {
            self.passkeys.finish(session, &form.response).ok_or_else(malformed)?;
        } else {
            self.passkeys.kept().passkeys.retain(|passkey| passkey.owner != session.user);
        }
        for notice in notices {
            self.mails.send(notice).await;
        }
        // What was begun before the change is void.
        let portal = Actor::service("portal", [RoleId::parse(demo::ADMINISTRATOR)?]);
        self.engine.admin(&self.tenant, &portal).revoke_flows(&session.user).await?;
        Ok(None)
    }

    /// The notice for every confirmed address of the account and for the mailbox that the directory has.
    async fn notices(
        &self,
        visit: &Visit,
        session: &Session,
        notice: Notice,
    ) -> Result<Vec<Envelope>, Error> {
        let (request, user) = (visit.request(), session.signed_in(&self.tenant));
        let methods = self.engine.registration().list(&request, &user).await?;
        let own = methods.into_iter().filter(|method| method.active);
        let mut addresses: Vec<Destination> = own.filter_map(|method| method.destination).collect();
        let user = self.find(&session.name).await;
        let user = user.map_err(|_| InvalidInput::Malformed { what: "passkey" })?;
        if let Some(mail) = user.and_then(|user| user.primary_mail) {
            addresses.push(Destination::Email(EmailAddress::parse(&mail)?));
        }
        let mut notices = Vec::new();
        for (address, number) in addresses.iter().zip(0..) {
            if addresses.iter().take(number).any(|earlier| earlier == address) {
                continue;
            }
            let channel = match address {
                Destination::Email(_) => Channel::Email,
                _ => Channel::Sms,
            };
            notices.push(Envelope::new(
                new_key()?,
                self.tenant.clone(),
                demo::ORGANISATION.to_owned(),
                channel,
                address.clone(),
                visit.language.locale(),
                Message::Notice(notice),
                notice.at().plus(NOTICE_LASTS),
            ));
        }
        Ok(notices)
    }
}

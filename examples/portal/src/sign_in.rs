//! The host's own sign-in, as small as a demonstration allows, and its sessions.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use minijinja::context;
use serde::Deserialize;
use sspr::facts::{SessionKinds, UserFacts, UserQuery, UserSelector};
use sspr::method::{Prompt, SignInContext, SignInPrompt};
use sspr::port::{Entropy as _, PortResult, Sessions, SystemEntropy, async_trait};
use sspr::web::SecretCookie;
use sspr::{
    Actor, Attempt, Error, Identifier, MethodKind, Refusal, RoleId, SecretText, SignedIn, TenantId,
    Timestamp, UserId,
};

use crate::Portal;
use crate::guard::set_cookie;
use crate::pages::value;
use crate::problem::Alert;
use crate::visit::Visit;

/// The sessions of signed-in users, in memory. A reset ends those of its user.
#[derive(Clone, Default)]
pub struct SignIns {
    sessions: Arc<Mutex<HashMap<String, Session>>>,
}

#[derive(Clone)]
pub(crate) struct Session {
    /// The secret in the cookie, which also names the session to the engine.
    secret: String,
    pub(crate) user: UserId,
    pub(crate) name: String,
    signed_in_at: Timestamp,
    second_factor_at: Option<Timestamp>,
    roles: BTreeSet<RoleId>,
    /// What the sign-in asks for, until the user has done or skipped it.
    pub(crate) asked: Option<SignInPrompt>,
}

impl Session {
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// Whether this is what the sign-in asks for.
    pub(crate) fn asks(&self, prompt: Prompt) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.ask == prompt)
    }

    /// The user, as this host vouches for them.
    pub(crate) fn signed_in(&self, tenant: &TenantId) -> SignedIn {
        let context = SignInContext::new(&self.secret, self.signed_in_at);
        let context = match self.second_factor_at {
            Some(at) => context.with_second_factor(at),
            None => context,
        };
        SignedIn::vouch(tenant.clone(), self.user.clone(), context)
    }
}

impl SignIns {
    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        // Each change of the map is one call, so it is whole after every panic.
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, secret: &str) -> Option<Session> {
        self.sessions().get(secret).cloned()
    }

    fn keep(&self, session: Session) {
        self.sessions().insert(session.secret.clone(), session);
    }
}

#[async_trait]
impl Sessions for SignIns {
    async fn revoke(
        &self,
        _tenant: &TenantId,
        user: &UserId,
        authenticated_before: Timestamp,
        _kinds: SessionKinds,
    ) -> PortResult<()> {
        let stays = |session: &Session| {
            session.user != *user || session.signed_in_at > authenticated_before
        };
        self.sessions().retain(|_, session| stays(session));
        Ok(())
    }
}

fn cookie() -> SecretCookie {
    SecretCookie::new("session")
}

impl Portal {
    /// The session of this browser.
    pub(crate) fn session(&self, visit: &Visit) -> Option<Session> {
        self.sign_ins.find(visit.cookie(&cookie())?)
    }

    /// The pages after an interrupted sign-in are those of any other.
    pub(crate) fn end_interruption(&self, session: &Session) {
        self.sign_ins.keep(Session { asked: None, ..session.clone() });
    }
}

/// No `Debug`: it holds a password and a code.
#[derive(Deserialize)]
pub(crate) struct SignInForm {
    name: String,
    password: String,
    #[serde(default)]
    code: String,
}

pub(crate) async fn page(State(portal): State<Arc<Portal>>, visit: Visit) -> Response {
    portal.page("sign_in.html", &visit, context! { alert => () })
}

pub(crate) async fn form(
    State(portal): State<Arc<Portal>>,
    visit: Visit,
    Form(form): Form<SignInForm>,
) -> Response {
    match portal.sign_in(&visit, &form).await {
        Ok(session) => {
            let set = set_cookie(&cookie().keep(&session.secret));
            let to = portal.prompt(&visit, session).await;
            (set, Redirect::to(to)).into_response()
        }
        Err(error) => {
            let alert = match error.refusal() {
                Some(Refusal::NotAccepted) => Alert::text("sign_in.refused"),
                Some(Refusal::SecondFactorRequired) => Alert::text("sign_in.code_needed"),
                _ => portal.alert(&visit, &error),
            };
            let page = portal.page("sign_in.html", &visit, context! { alert => value(alert) });
            portal.failed(&error, page)
        }
    }
}

impl Portal {
    async fn sign_in(&self, visit: &Visit, form: &SignInForm) -> Result<Session, Error> {
        let user = self.user(&form.name).await.ok_or(Refusal::NotAccepted)?;
        let password = SecretText::from(form.password.as_str());
        let right = self.directory.verify_password(&self.tenant, &user.id, &password).await;
        // A directory that does not answer signs no user in.
        if !matches!(right, Ok(true)) {
            return Err(Refusal::NotAccepted.into());
        }
        let mut secret = [0; 32];
        if SystemEntropy.fill(&mut secret).is_err() {
            return Err(Refusal::NotAccepted.into());
        }
        let secret = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let now = self.engine.now();
        let mut session = Session {
            secret,
            name: name_of(&user),
            roles: user.roles,
            user: user.id,
            signed_in_at: now,
            second_factor_at: None,
            asked: None,
        };
        let request = visit.request();
        let signed_in = session.signed_in(&self.tenant);
        let methods = self.engine.registration().list(&request, &signed_in).await?;
        let is_app = |kind: MethodKind| kind == MethodKind::AuthenticatorApp;
        if methods.iter().any(|method| method.active && is_app(method.kind)) {
            if form.code.is_empty() {
                return Err(Refusal::SecondFactorRequired.into());
            }
            let code = Attempt::code(&form.code)?;
            self.engine.authenticator().verify(&request, &session.user, &code).await?;
            session.second_factor_at = Some(now);
        }
        Ok(session)
    }

    /// Keeps the session, and returns the page to which the sign-in leads.
    async fn prompt(&self, visit: &Visit, mut session: Session) -> &'static str {
        let signed_in = session.signed_in(&self.tenant);
        // An engine that cannot answer keeps no user out.
        session.asked = match self.engine.registration().prompt(&visit.request(), &signed_in).await
        {
            Ok(prompt) => Some(prompt),
            Err(error) => {
                eprintln!("the prompt: {error}");
                None
            }
        };
        let to = if session.asks(Prompt::ChangePassword) { "/change" } else { "/security" };
        self.sign_ins.keep(session);
        to
    }

    /// The user with this sign-in name.
    pub(crate) async fn user(&self, name: &str) -> Option<UserFacts> {
        self.find(name).await.ok().flatten()
    }

    /// The same, for callers to whom a fault of the directory is not the absence of a user.
    pub(crate) async fn find(&self, name: &str) -> PortResult<Option<UserFacts>> {
        let Ok(name) = Identifier::parse(name) else { return Ok(None) };
        let groups = BTreeSet::new();
        let query = UserQuery::new(UserSelector::Identifier(&name), &groups);
        let found = self.directory.find(&self.tenant, &query).await?;
        Ok(<[UserFacts; 1]>::try_from(found).ok().map(|[user]| user))
    }

    /// The administrator of this browser's session, with the roles that the directory had at sign-in.
    pub(crate) fn administrator(&self, visit: &Visit) -> Option<Actor> {
        let Session { user, roles, .. } = self.session(visit)?;
        Some(Actor::user(user, roles))
    }
}

/// The name by which a page shows a user.
pub(crate) fn name_of(user: &UserFacts) -> String {
    user.user_principal_name.clone().unwrap_or_else(|| user.id.as_str().to_owned())
}

pub(crate) async fn sign_out(State(portal): State<Arc<Portal>>, visit: Visit) -> Response {
    if let Some(secret) = visit.cookie(&cookie()) {
        portal.sign_ins.sessions().remove(secret);
    }
    (set_cookie(&cookie().delete()), Redirect::to("/")).into_response()
}

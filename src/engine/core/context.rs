//! Policy and facts of a request, read with the same port calls for every user and for unknown
//! identifiers.

use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::domain::account::FORMAT;
use crate::domain::capabilities::Capabilities;
use crate::domain::crypto::ticket::{TicketClaims, TicketSubject};
use crate::domain::identity::facts::{TenantFacts, UserFacts, UserQuery, UserSelector};
use crate::domain::identity::ids::{GroupId, TenantId, UserId};
use crate::domain::identity::locale::Locale;
use crate::domain::method::{MethodKind, ProvidedChannel};
use crate::domain::policy::policy_record::PolicyRecord;
use crate::domain::policy::{Policy, Scope};
use crate::domain::record::{Record, Subject};
use crate::domain::rules::effective::{EffectivePolicy, PolicyFacts};
use crate::domain::rules::{decoy_body, locale_of};
use crate::domain::time::Timestamp;
use crate::engine::api::error::{At as _, Error, Fault, FaultOrigin};
use crate::engine::api::request::Request;
use crate::engine::core::commit::{Loaded, Target};
use crate::engine::core::{BoxedCall, Core};
use crate::engine::observe::Observed;
use crate::port::{ExternalMethod, PortError, PortResult};

/// Facts about a tenant and one of its users.
pub(crate) struct Context {
    pub(crate) tenant: Option<TenantFacts>,
    /// The tenant's policy, or a fallback if `stored` is false.
    pub(crate) policy: Arc<Policy>,
    pub(crate) stored: bool,
    pub(crate) capabilities: Capabilities,
    /// Host-verified kinds that this user has.
    pub(crate) available: Vec<MethodKind>,
    /// Host-verified kinds for which the host's reply failed, and the error.
    pub(crate) unsure: Vec<(MethodKind, PortError)>,
    pub(crate) user: Option<UserFacts>,
    /// The rules that apply to the user; `None` without a user.
    pub(crate) effective: Option<EffectivePolicy>,
    /// When the facts were read.
    pub(crate) read_at: Timestamp,
    /// For a name that several users have: one of them. The name selects no user.
    pub(crate) shared: Option<UserFacts>,
}

/// The facts, the policy and the providers of channels of a tenant.
#[derive(Clone)]
pub(crate) struct TenantContext {
    pub(crate) facts: Option<TenantFacts>,
    /// The tenant's policy, or a fallback if `stored` is false.
    pub(crate) policy: Arc<Policy>,
    pub(crate) stored: bool,
    pub(crate) provided: Vec<ProvidedChannel>,
    pub(crate) read_at: Timestamp,
}

impl TenantContext {
    /// The groups whose members the policy distinguishes.
    pub(crate) fn groups(&self) -> &BTreeSet<GroupId> {
        match &self.policy.scope {
            Scope::Selected(groups) => groups,
            Scope::None | Scope::All => const { &BTreeSet::new() },
        }
    }
}

/// Which host-verified methods a user has, as far as the host has answered.
#[derive(Default)]
pub(crate) struct ExternalAnswers {
    /// The kinds that the host was asked about.
    kinds: Vec<MethodKind>,
    pub(crate) available: Vec<MethodKind>,
    pub(crate) unsure: Vec<(MethodKind, PortError)>,
}

impl ExternalAnswers {
    /// The methods of these kinds that the user is known to have.
    pub(crate) fn about(&self, kinds: &[MethodKind]) -> Self {
        let asked = |kind: &MethodKind| kinds.contains(kind);
        Self {
            kinds: kinds.to_vec(),
            available: self.available.iter().copied().filter(asked).collect(),
            unsure: Vec::new(),
        }
    }
}

impl Core {
    /// The tenant's policy: read now if `fresh`, otherwise at most a few seconds old.
    pub(crate) async fn policy_record(
        &self,
        tenant: &TenantId,
        fresh: bool,
    ) -> Result<Option<Arc<PolicyRecord>>, Error> {
        let now = self.clock.now();
        if !fresh && let Some(cached) = self.policies.young(tenant, now, self.policy_max_age) {
            return Ok(cached);
        }
        let key = self.keys.policy(tenant);
        let found = self.store.load(&key).await.at(FaultOrigin::Store)?;
        let policy = found.as_ref().map(policy_of).transpose()?;
        if let Some(record) = &found
            && policy.as_ref().is_some_and(|policy| policy.tenant != *tenant)
        {
            return Err(corrupt_policy(record, "the body names another tenant"));
        }
        self.policies.put(tenant, policy.clone(), now);
        Ok(policy)
    }

    /// The tenant's policy, or the fallback of a tenant that has none.
    pub(crate) async fn policy(
        &self,
        tenant: &TenantId,
        fresh: bool,
    ) -> Result<Arc<Policy>, Error> {
        let stored = self.policy_record(tenant, fresh).await?;
        Ok(self.policy_in(stored.as_deref()))
    }

    fn policy_in(&self, stored: Option<&PolicyRecord>) -> Arc<Policy> {
        Arc::clone(stored.map_or(&self.fallback, |record| &record.policy))
    }

    /// Reads the tenant's facts, policy and channels.
    pub(crate) async fn tenant_context(
        &self,
        tenant: &TenantId,
        fresh: bool,
    ) -> Result<TenantContext, Error> {
        let facts = self.directory.tenant(tenant).await.at(FaultOrigin::Directory)?;
        let record = self.policy_record(tenant, fresh).await?;
        let (policy, stored) = (self.policy_in(record.as_deref()), record.is_some());
        let provided = self.delivery.channels(tenant).await.at(FaultOrigin::Delivery)?;
        Ok(TenantContext { facts, policy, stored, provided, read_at: self.clock.now() })
    }

    /// Reads the facts, with the same port calls for every user and for unknown identifiers.
    pub(crate) fn context<'a>(
        &'a self,
        tenant: &'a TenantId,
        selector: UserSelector<'a>,
        fresh: bool,
    ) -> BoxedCall<'a, Context> {
        Box::pin(async move {
            let of_tenant = self.tenant_context(tenant, fresh).await?;
            let query = UserQuery::new(selector, of_tenant.groups());
            let found = self.directory.find(tenant, &query).await.at(FaultOrigin::Directory)?;
            let shared = if found.len() > 1 { found.first().cloned() } else { None };
            let user = the_user(found, selector).at(FaultOrigin::Directory)?;
            let id = match (&user, selector) {
                (Some(user), _) => user.id.clone(),
                (None, UserSelector::Id(id)) => id.clone(),
                (None, UserSelector::Identifier(typed)) => {
                    decoy_user_id(self.keys.identifier(tenant, typed))?
                }
            };
            let external = self.external_kinds(&of_tenant.policy);
            let answers = self.ask_external(tenant, &id, external, user.is_some()).await;
            Ok(Context { shared, ..self.user_context(of_tenant, user, answers) })
        })
    }

    /// Asks the host which of these kinds the user has.
    pub(crate) async fn ask_external(
        &self,
        tenant: &TenantId,
        user: &UserId,
        kinds: Vec<MethodKind>,
        exists: bool,
    ) -> ExternalAnswers {
        let mut answers = ExternalAnswers { kinds, ..ExternalAnswers::default() };
        for kind in &answers.kinds {
            let Some(method) = self.external(*kind) else { continue };
            match method.available(tenant, user).await {
                Ok(true) if exists => answers.available.push(*kind),
                Ok(_) => {}
                // A method whose check fails is unavailable; the other methods stay usable.
                Err(error) => answers.unsure.push((*kind, error)),
            }
        }
        answers
    }

    /// The context of a user whose facts were read.
    pub(crate) fn user_context(
        &self,
        of_tenant: TenantContext,
        user: Option<UserFacts>,
        answers: ExternalAnswers,
    ) -> Context {
        let TenantContext { facts, policy, stored, provided, read_at } = of_tenant;
        let known = user.map(with_short_marks);
        let effective = known.as_ref().map(|user| {
            let (policy, tenant) = (stored.then_some(&*policy), facts.as_ref());
            EffectivePolicy::of(&PolicyFacts { policy, tenant, user, now: read_at })
        });
        let capabilities = Capabilities {
            channels: policy.served_channels(&provided, facts.as_ref(), read_at),
            link: policy.link.is_some(),
            oath: self.seal.is_some(),
            questions: self.slow_hash.is_some(),
            external: answers.kinds,
        };
        Context {
            tenant: facts,
            effective,
            read_at,
            policy,
            stored,
            capabilities,
            available: answers.available,
            unsure: answers.unsure,
            user: known,
            shared: None,
        }
    }

    /// The host-verified method of this kind.
    pub(crate) fn external(&self, kind: MethodKind) -> Option<&Observed<dyn ExternalMethod>> {
        let mut all = self.external.iter();
        all.find(|method| method.kind() == kind)
    }

    /// The host-verified kinds that the policy counts.
    pub(crate) fn external_kinds(&self, policy: &Policy) -> Vec<MethodKind> {
        let users = policy.user_gates().methods;
        let counted = |kind: &MethodKind| {
            users.contains(kind) || policy.administrators.gates.methods.contains(kind)
        };
        self.external.iter().map(|method| method.kind()).filter(counted).collect()
    }

    /// The record of the user whom a ticket names, or of its decoy.
    pub(crate) fn subject_target(&self, tenant: &TenantId, claim: &TicketClaims) -> Target {
        match &claim.subject {
            TicketSubject::User(user) => self.user_target(tenant, user),
            TicketSubject::Decoy { .. } => self.decoy_target(tenant, claim.identifier, Some(claim)),
        }
    }

    /// Reads the facts and the record for a ticket, with the same port calls for a user and for a
    /// decoy.
    pub(crate) async fn flow_state(
        &self,
        tenant: &TenantId,
        claim: &TicketClaims,
        fresh: bool,
    ) -> Result<(Context, Target, Loaded), Error> {
        let user = match &claim.subject {
            TicketSubject::User(user) => user.clone(),
            TicketSubject::Decoy { user, .. } => match user {
                Some(user) => user.clone(),
                None => decoy_user_id(claim.identifier)?,
            },
        };
        let mut context = self.context(tenant, UserSelector::Id(&user), fresh).await?;
        if claim.subject.is_shared() {
            (context.shared, context.effective) = (context.user.take(), None);
        }
        let target = self.subject_target(tenant, claim);
        let loaded = self.load(&target).await?;
        Ok((context, target, loaded))
    }

    /// The body of an unused decoy, under the tenant's policy as last read.
    pub(crate) fn decoy_body(&self, tenant: &TenantId) -> Arc<str> {
        let now = self.clock.now();
        let body = |policy: &Policy| Arc::from(decoy_body(policy, now).unwrap_or_default());
        self.policies
            .decoy_body(tenant, |record| body(&self.policy_in(record)))
            .unwrap_or_else(|| body(&self.fallback))
    }
}

/// The user id with which the ports are called for an identifier that no account has.
pub(crate) fn decoy_user_id(identifier: [u8; 8]) -> Result<UserId, Error> {
    let name = format!("unknown-{}", data_encoding::HEXLOWER.encode(&identifier));
    Ok(UserId::parse(&name)?)
}

/// The one user of a directory's reply. A name that several users have stands for none of them.
///
/// # Errors
///
/// `Corrupt` for a reply to an id that is not the one user of this id.
pub(crate) fn the_user(
    found: Vec<UserFacts>,
    selector: UserSelector<'_>,
) -> PortResult<Option<UserFacts>> {
    if let UserSelector::Id(id) = selector
        && (found.len() > 1 || found.iter().any(|user| user.id != *id))
    {
        return Err(PortError::corrupt().because("the directory names another user for an id"));
    }
    let mut users = found.into_iter();
    Ok(users.next().filter(|_| users.next().is_none()))
}

/// The language of a code or a link: that of the page, else the user's, else the tenant's.
pub(crate) fn code_locale(request: &Request, context: &Context) -> Locale {
    let of_user = || context.user.as_ref().map(|user| locale_of(user, context.tenant.as_ref()));
    request.locale.clone().or_else(of_user).unwrap_or_default()
}

/// The facts, with incarnation and change stamp hashed if they are too long for a record.
fn with_short_marks(mut user: UserFacts) -> UserFacts {
    const MAX_MARK: usize = 128;
    for mark in [&mut user.incarnation, &mut user.change_stamp].into_iter().flatten() {
        if mark.len() > MAX_MARK {
            let digest = Sha256::digest(mark.as_bytes());
            *mark = format!("sha256:{}", data_encoding::HEXLOWER.encode(&digest));
        }
    }
    user
}

pub(crate) fn policy_of(record: &Record) -> Result<Arc<PolicyRecord>, Error> {
    match record.subject() {
        Ok(Subject::Policy(policy)) if policy.min_reader <= FORMAT => Ok(Arc::clone(policy)),
        Ok(Subject::Policy(_)) => {
            Err(corrupt_policy(record, "a newer release has closed this policy"))
        }
        Ok(_) => Err(corrupt_policy(record, "the body is of another kind")),
        Err(cause) => {
            let error = PortError::corrupt().because(cause);
            Err(Error::Fault(Fault { origin: FaultOrigin::Store, error }))
        }
    }
}

pub(crate) fn corrupt_policy(record: &Record, detail: &str) -> Error {
    let error = PortError::corrupt().because(record.corrupt(detail.to_owned()));
    Error::Fault(Fault { origin: FaultOrigin::Store, error })
}

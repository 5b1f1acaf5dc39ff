//! Correct implementations of the optional ports, and their fixtures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use sspr::conformance::{
    Ability, BreachListUnderTest, ExternalMethodUnderTest, HumanCheckUnderTest,
    RiskSignalsUnderTest,
};
use sspr::facts::Destination;
use sspr::method::Channel;
use sspr::port::{
    BreachList, ExternalMethod, HumanCheck, PortError, PortResult, RiskSignal, RiskSignals,
};
use sspr::{MethodKind, SecretText, TenantId, UserId};

type Owner = (TenantId, UserId);

#[derive(Default)]
struct State {
    off: bool,
    owners: BTreeSet<Owner>,
    /// The challenges that each user was prompted for.
    prompts: BTreeMap<Owner, BTreeSet<String>>,
    answers: BTreeSet<String>,
    made: usize,
    risks: Vec<Destination>,
}

/// The system behind each of the ports, and the port over it.
pub(crate) struct System<P: ?Sized> {
    below: Behind,
    port: Arc<P>,
}

/// A push, a list of two passwords, a puzzle and signals, of one system.
#[derive(Clone, Default)]
pub(crate) struct Behind(Arc<Mutex<State>>);

impl<P: ?Sized> System<P> {
    pub(crate) fn new(port: impl FnOnce(Behind) -> Arc<P>) -> Self {
        let below = Behind::default();
        Self { port: port(below.clone()), below }
    }

    fn cut_off(&self, off: bool) -> PortResult<Ability> {
        self.below.state().off = off;
        Ok(Ability::Has)
    }
}

impl Behind {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reached(&self) -> PortResult<MutexGuard<'_, State>> {
        let state = self.state();
        if state.off { Err(PortError::unavailable()) } else { Ok(state) }
    }
}

#[async_trait]
impl ExternalMethod for Behind {
    fn kind(&self) -> MethodKind {
        MethodKind::AppNotification
    }

    async fn available(&self, tenant: &TenantId, user: &UserId) -> PortResult<bool> {
        Ok(self.reached()?.owners.contains(&(tenant.clone(), user.clone())))
    }

    async fn begin(&self, tenant: &TenantId, user: &UserId, challenge: &str) -> PortResult<String> {
        let mut state = self.reached()?;
        let owner = (tenant.clone(), user.clone());
        if state.owners.contains(&owner) {
            state.prompts.entry(owner).or_default().insert(challenge.to_owned());
        }
        Ok(format!("wait for {challenge}"))
    }

    async fn verify(
        &self,
        tenant: &TenantId,
        user: &UserId,
        challenge: &str,
        response: &SecretText,
    ) -> PortResult<bool> {
        let state = self.reached()?;
        let prompted = state.prompts.get(&(tenant.clone(), user.clone()));
        let right = format!("{user} approves {challenge}");
        Ok(prompted.is_some_and(|prompted| prompted.contains(challenge))
            && response.expose_secret() == right)
    }
}

#[async_trait]
impl ExternalMethodUnderTest for System<dyn ExternalMethod> {
    fn method(&self) -> Arc<dyn ExternalMethod> {
        Arc::clone(&self.port)
    }

    async fn register(&self, tenant: &TenantId, user: &UserId) -> PortResult<()> {
        self.below.state().owners.insert((tenant.clone(), user.clone()));
        Ok(())
    }

    async fn respond(
        &self,
        _tenant: &TenantId,
        user: &UserId,
        challenge: &str,
        _page: &str,
    ) -> PortResult<SecretText> {
        Ok(SecretText::new(format!("{user} approves {challenge}")))
    }

    async fn prompts(&self, tenant: &TenantId, user: &UserId) -> PortResult<Option<usize>> {
        let state = self.below.state();
        Ok(state.prompts.get(&(tenant.clone(), user.clone())).map(BTreeSet::len))
    }

    async fn cut_off(&self, off: bool) -> PortResult<Ability> {
        Self::cut_off(self, off)
    }
}

const LISTED: [&str; 2] = ["password", "sunshine"];

#[async_trait]
impl BreachList for Behind {
    async fn contains(&self, password: &SecretText) -> PortResult<bool> {
        drop(self.reached()?);
        Ok(LISTED.contains(&password.expose_secret()))
    }
}

#[async_trait]
impl BreachListUnderTest for System<dyn BreachList> {
    fn list(&self) -> Arc<dyn BreachList> {
        Arc::clone(&self.port)
    }

    fn listed(&self) -> Vec<String> {
        LISTED.map(str::to_owned).to_vec()
    }

    async fn cut_off(&self, off: bool) -> PortResult<Ability> {
        Self::cut_off(self, off)
    }
}

#[async_trait]
impl HumanCheck for Behind {
    async fn passed(&self, _tenant: &TenantId, answer: &SecretText) -> PortResult<bool> {
        Ok(self.reached()?.answers.remove(answer.expose_secret()))
    }
}

#[async_trait]
impl HumanCheckUnderTest for System<dyn HumanCheck> {
    fn check(&self) -> Arc<dyn HumanCheck> {
        Arc::clone(&self.port)
    }

    async fn solve(&self, _tenant: &TenantId) -> PortResult<SecretText> {
        let mut state = self.below.state();
        state.made += 1;
        let answer = format!("answer {}", state.made);
        state.answers.insert(answer.clone());
        Ok(SecretText::new(answer))
    }

    async fn cut_off(&self, off: bool) -> PortResult<Ability> {
        Self::cut_off(self, off)
    }
}

#[async_trait]
impl RiskSignals for Behind {
    async fn before_send(
        &self,
        _tenant: &TenantId,
        _channel: Channel,
        destination: &Destination,
    ) -> PortResult<RiskSignal> {
        let risky = self.reached()?.risks.contains(destination);
        Ok(if risky { RiskSignal::Deny } else { RiskSignal::Clear })
    }
}

#[async_trait]
impl RiskSignalsUnderTest for System<dyn RiskSignals> {
    fn signals(&self) -> Arc<dyn RiskSignals> {
        Arc::clone(&self.port)
    }

    async fn flag(&self, destination: &Destination) -> PortResult<Ability> {
        self.below.state().risks.push(destination.clone());
        Ok(Ability::Has)
    }

    async fn cut_off(&self, off: bool) -> PortResult<Ability> {
        Self::cut_off(self, off)
    }
}

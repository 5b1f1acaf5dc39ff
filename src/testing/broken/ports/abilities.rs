//! Defects of the optional ports.

use async_trait::async_trait;

use super::{BrokenPort, PortDefect};
use crate::facts::Destination;
use crate::method::Channel;
use crate::port::{BreachList, ExternalMethod, HumanCheck, PortResult, RiskSignal, RiskSignals};
use crate::testing::lock;
use crate::{MethodKind, SecretText, TenantId, UserId};

#[async_trait]
impl ExternalMethod for BrokenPort<dyn ExternalMethod> {
    fn kind(&self) -> MethodKind {
        match self.defect {
            PortDefect::MethodIsTheEngines => MethodKind::Email,
            _ => self.inner.kind(),
        }
    }

    async fn available(&self, tenant: &TenantId, user: &UserId) -> PortResult<bool> {
        match self.inner.available(tenant, user).await {
            Err(_) if self.is(PortDefect::MethodVanishesInOutages) => Ok(false),
            Ok(_) if self.is(PortDefect::MethodOfEveryUser) => Ok(true),
            available => available,
        }
    }

    async fn begin(&self, tenant: &TenantId, user: &UserId, challenge: &str) -> PortResult<String> {
        match self.defect {
            PortDefect::MethodNamesTheUser => {
                let page = self.inner.begin(tenant, user, challenge).await?;
                Ok(format!("{page} {user}"))
            }
            PortDefect::MethodPromptsAgain => {
                let times = {
                    let mut memo = lock(&self.memo);
                    memo.calls += 1;
                    memo.calls
                };
                let page = self.inner.begin(tenant, user, challenge).await?;
                Ok(format!("{page} {times:04}"))
            }
            _ => self.inner.begin(tenant, user, challenge).await,
        }
    }

    async fn verify(
        &self,
        tenant: &TenantId,
        user: &UserId,
        challenge: &str,
        response: &SecretText,
    ) -> PortResult<bool> {
        let passed = self.inner.verify(tenant, user, challenge, response).await;
        match self.defect {
            PortDefect::MethodTakesAnyResponse => Ok(true),
            PortDefect::MethodOpensInOutages => Ok(passed.unwrap_or(true)),
            _ => passed,
        }
    }
}

#[async_trait]
impl BreachList for BrokenPort<dyn BreachList> {
    async fn contains(&self, password: &SecretText) -> PortResult<bool> {
        match self.defect {
            PortDefect::ListMatchesParts => {
                let start: String = password.expose_secret().chars().take(8).collect();
                let whole = self.inner.contains(password).await?;
                Ok(whole || self.inner.contains(&SecretText::new(start)).await?)
            }
            PortDefect::ListIsEmptyInOutages => {
                Ok(self.inner.contains(password).await.unwrap_or(false))
            }
            _ => self.inner.contains(password).await,
        }
    }
}

#[async_trait]
impl HumanCheck for BrokenPort<dyn HumanCheck> {
    async fn passed(&self, tenant: &TenantId, answer: &SecretText) -> PortResult<bool> {
        let passed = self.inner.passed(tenant, answer).await;
        match self.defect {
            PortDefect::CheckTakesAnswersAgain => {
                let text = answer.expose_secret().to_owned();
                let mut memo = lock(&self.memo);
                if matches!(passed, Ok(true)) {
                    memo.alike.insert(text.clone());
                }
                Ok(memo.alike.contains(&text))
            }
            PortDefect::CheckTakesAnyAnswer => Ok(!answer.expose_secret().is_empty()),
            PortDefect::CheckOpensInOutages => Ok(passed.unwrap_or(true)),
            _ => passed,
        }
    }
}

#[async_trait]
impl RiskSignals for BrokenPort<dyn RiskSignals> {
    async fn before_send(
        &self,
        tenant: &TenantId,
        channel: Channel,
        destination: &Destination,
    ) -> PortResult<RiskSignal> {
        let signal = self.inner.before_send(tenant, channel, destination).await;
        match self.defect {
            PortDefect::SignalsAreOfTextsOnly if channel != Channel::Sms => Ok(RiskSignal::Clear),
            PortDefect::SignalsAreClearInOutages => Ok(signal.unwrap_or(RiskSignal::Clear)),
            _ => signal,
        }
    }
}

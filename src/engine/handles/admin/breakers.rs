//! The breakers of a tenant: which are open, and closing one.

use serde::Serialize;

use super::Admin;
use crate::domain::event::ActorKind;
use crate::domain::identity::contact::NumberPrefix;
use crate::domain::policy::breakers::BreakerChange;
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::engine::api::error::Error;
use crate::engine::observe::Operation;

/// A breaker that stops codes to new numbers of one prefix: see
/// [`NumberPolicy::breaker`](crate::policy::NumberPolicy::breaker).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct OpenBreaker {
    /// The prefix.
    pub prefix: NumberPrefix,
    /// When it was opened.
    pub since: Timestamp,
    /// From when on it lets some codes through, to see whether they are verified.
    pub probes_from: Timestamp,
    /// The codes that were counted when it was opened.
    pub ended: u64,
    /// How many of them were verified.
    pub verified: u64,
}

impl Admin<'_> {
    /// The tenant's open breakers, at most 16, the one that was opened first at the start.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`]; [`Error::Fault`].
    pub async fn breakers(&self) -> Result<Vec<OpenBreaker>, Error> {
        let done = async {
            let roles = &self.core.roles;
            self.authorise(&[&roles.read, &roles.policy])?;
            let stored = self.core.policy_record(self.tenant, true).await?;
            let now = self.core.clock.now();
            let breakers = stored.map(|record| record.breakers.at(now)).unwrap_or_default();
            let shown = breakers.open().map(|state| OpenBreaker {
                prefix: state.prefix.clone(),
                since: state.since,
                probes_from: state.until,
                ended: state.ended,
                verified: state.verified,
            });
            Ok(shown.collect())
        };
        self.core.observe(Operation::AdminBreakers, self.tenant, done).await
    }

    /// Closes an open breaker: codes to new numbers of this prefix are sent again, within their budgets.
    /// The codes that were counted before cannot open it again. Requires a role that may store the
    /// policy. Engines of other processes follow within five seconds.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`]; [`Refusal::NotFound`] if the breaker of the prefix is not open;
    /// [`Error::Fault`].
    pub async fn close_breaker(&self, prefix: &NumberPrefix) -> Result<(), Error> {
        let done = async {
            self.authorise(&[&self.core.roles.policy])?;
            let actor = ActorKind::Administrator(self.actor.id.clone());
            let closed = self
                .core
                .change_breakers(self.tenant, prefix, &actor, |breakers, policy, now| {
                    let hold = policy.numbers.breaker.unwrap_or_default().least_rest();
                    breakers.close(prefix, now, hold).then_some(BreakerChange::Closed)
                })
                .await?;
            if closed.is_some() { Ok(()) } else { Err(Refusal::NotFound.into()) }
        };
        self.core.observe(Operation::AdminCloseBreaker, self.tenant, done).await
    }
}

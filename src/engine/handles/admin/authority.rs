//! Whether an administrator may perform an operation, and on which users.

use std::collections::BTreeSet;

use super::Admin;
use crate::domain::event::{ActRefusal, AdminAct};
use crate::domain::identity::facts::UserSelector;
use crate::domain::identity::ids::{RoleId, UserId};
use crate::domain::identity::roles::lists_any;
use crate::domain::refusal::Refusal;
use crate::domain::rules::record_refused_act;
use crate::engine::api::error::Error;
use crate::engine::core::context::Context;

impl Admin<'_> {
    /// Checks that one of the actor's roles is in one of the lists of an operation.
    pub(super) fn authorise(&self, lists: &[&BTreeSet<RoleId>]) -> Result<(), Refusal> {
        let holds = |list: &&BTreeSet<RoleId>| lists_any(list, &self.actor.roles);
        if lists.iter().any(holds) { Ok(()) } else { Err(Refusal::NotAuthorised) }
    }

    /// Checks that the actor may perform this act on this user, and returns the facts that were
    /// read for it. A user whom the directory does not have is refused like the most privileged
    /// one, so that the refusal does not tell which ids exist.
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`], [`Refusal::OwnAccount`]; [`Error::Fault`]: without the
    /// directory's facts, no act is permitted.
    pub(super) async fn authorise_act(
        &self,
        act: AdminAct,
        user: &UserId,
    ) -> Result<Context, Error> {
        let core = self.core;
        self.authorise(&[core.roles.of(act)])?;
        let context = core.context(self.tenant, UserSelector::Id(user), true).await?;
        let Err(cause) = core.roles.check(act, self.actor, user, context.user.as_ref()) else {
            return Ok(context);
        };
        self.record_refused(act, cause, user, &context).await?;
        Err(match cause {
            ActRefusal::OwnAccount => Refusal::OwnAccount.into(),
            ActRefusal::Roles => Refusal::NotAuthorised.into(),
        })
    }

    /// Records a refused act on the user's record. An id that neither the directory nor the store
    /// has gets no record: otherwise a caller could fill the store with invented ids.
    async fn record_refused(
        &self,
        act: AdminAct,
        cause: ActRefusal,
        user: &UserId,
        context: &Context,
    ) -> Result<(), Error> {
        let core = self.core;
        let target = core.user_target(self.tenant, user);
        let loaded = core.load(&target).await?;
        if context.user.is_none() && !loaded.exists() {
            return Ok(());
        }
        let origin = self.origin();
        let step = core.commit(&target, &context.policy, &origin).from(loaded);
        step.apply_if(|transition| record_refused_act(transition, act, cause)).await?;
        Ok(())
    }
}

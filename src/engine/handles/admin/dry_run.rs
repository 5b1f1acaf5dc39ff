//! The dry run of a policy: what a change of the policy would do to each user of the directory.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Admin;
use crate::domain::account::Account;
use crate::domain::identity::facts::UserFacts;
use crate::domain::identity::ids::UserId;
use crate::domain::method::MethodKind;
use crate::domain::policy::Policy;
use crate::domain::reason::SsprReason;
use crate::domain::rules::time_of;
use crate::engine::api::error::{At as _, Error, FaultOrigin};
use crate::engine::core::context::TenantContext;
use crate::engine::observe::Operation;
use crate::port::{Cursor, Page, PortErrorKind};

/// The most users that one call evaluates.
const MAX_PAGE: usize = 1_000;

/// What a change of the policy would do to one user.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DryRunUser {
    /// The user.
    pub user: UserId,
    /// The first reason against a reset today; `None` if the user may reset.
    pub before: Option<SsprReason>,
    /// The reason against a reset under the proposed policy.
    pub after: Option<SsprReason>,
    /// Host-verified kinds for which the host did not answer. They count as absent, so the user may
    /// in fact fare better.
    pub unanswered: Vec<MethodKind>,
    /// Whether the user's record cannot be read. `before` and `after` are then
    /// [`SsprReason::AdministratorRequired`]; calls on the account return [`Error::Fault`].
    pub unreadable: bool,
}

/// What changes for a user.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DryRunEffect {
    /// The user may reset under both policies, or under neither.
    Unchanged,
    /// The user may reset under the proposed policy only.
    Gains,
    /// The user may reset under the present policy only.
    Loses,
    /// As `Loses`, because the user has fewer methods than the proposed policy requires.
    FallsBelow,
}

impl DryRunUser {
    /// What changes for the user.
    #[must_use]
    pub const fn effect(&self) -> DryRunEffect {
        match (self.before, self.after) {
            (None, Some(SsprReason::TooFewMethods)) => DryRunEffect::FallsBelow,
            (None, Some(_)) => DryRunEffect::Loses,
            (Some(_), None) => DryRunEffect::Gains,
            (None, None) | (Some(_), Some(_)) => DryRunEffect::Unchanged,
        }
    }
}

impl Admin<'_> {
    /// Evaluates each user of the directory under the stored policy and under a proposed one, and
    /// writes nothing.
    ///
    /// A page has at most `limit` users, in the directory's order; pass the cursor of the last page
    /// to continue, also in another process. Users without a record are evaluated too. Failure
    /// budgets are ignored: a locked account counts as able to reset. Each page reads the stored
    /// policy; do not store another one between pages. A limit counts as at least 1 and at most 1000.
    ///
    /// ```
    /// use sspr::admin::DryRunEffect;
    /// use sspr::{Actor, Engine, Error, Policy, TenantId};
    ///
    /// async fn losers(
    ///     engine: &Engine,
    ///     (tenant, root): (&TenantId, &Actor),
    ///     proposed: &Policy,
    /// ) -> Result<usize, Error> {
    ///     let (mut cursor, mut lost) = (None, 0);
    ///     loop {
    ///         let admin = engine.admin(tenant, root);
    ///         let page = admin.dry_run(proposed, cursor.as_ref(), 250).await?;
    ///         let loses = page.items.iter().filter(|user| user.effect() == DryRunEffect::Loses);
    ///         lost += loses.count();
    ///         cursor = page.next;
    ///         if cursor.is_none() {
    ///             return Ok(lost);
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refusal::NotAuthorised`](crate::Refusal::NotAuthorised); [`Error::Fault`]: continue with
    /// the same cursor.
    pub async fn dry_run(
        &self,
        proposed: &Policy,
        after: Option<&Cursor>,
        limit: usize,
    ) -> Result<Page<DryRunUser>, Error> {
        let done = async {
            let core = self.core;
            self.authorise(&[&core.roles.read, &core.roles.policy])?;
            let today = core.tenant_context(self.tenant, true).await?;
            let policy = Arc::new(proposed.clone());
            let then = TenantContext { policy, stored: true, ..today.clone() };
            let groups: BTreeSet<_> = today.groups() | then.groups();
            let users =
                core.directory.users(self.tenant, &groups, after, limit.clamp(1, MAX_PAGE)).await;
            let page = users.at(FaultOrigin::Directory)?;
            let mut items = Vec::with_capacity(page.items.len());
            for user in page.items {
                items.push(self.evaluate([&today, &then], user).await?);
            }
            Ok(Page::new(items, page.next))
        };
        self.core.observe(Operation::AdminDryRun, self.tenant, done).await
    }

    /// Evaluates one user today and then.
    async fn evaluate(
        &self,
        policies: [&TenantContext; 2],
        user: UserFacts,
    ) -> Result<DryRunUser, Error> {
        let core = self.core;
        let kinds = policies.map(|context| core.external_kinds(&context.policy));
        let either: BTreeSet<_> = kinds.iter().flatten().copied().collect();
        let asked = either.into_iter().collect();
        let answers = core.ask_external(self.tenant, &user.id, asked, true).await;
        let unanswered = answers.unsure.iter().map(|(kind, _)| *kind).collect();
        let id = user.id.clone();
        let account = match core.load(&core.user_target(self.tenant, &id)).await {
            Ok(loaded) => Some(loaded.account),
            Err(Error::Fault(fault)) if fault.error.kind() == PortErrorKind::Corrupt => None,
            Err(error) => return Err(error),
        };
        let first_reason = |at: usize, account: &Account| {
            let held = answers.about(&kinds[at]);
            let context = core.user_context(policies[at].clone(), Some(user.clone()), held);
            context.against(account, time_of(account, context.read_at)).first().copied()
        };
        let [before, after] = match &account {
            Some(account) => [0, 1].map(|at| first_reason(at, account)),
            // A record that cannot be read is closed.
            None => [Some(SsprReason::AdministratorRequired); 2],
        };
        let unreadable = account.is_none();
        Ok(DryRunUser { user: id, before, after, unanswered, unreadable })
    }
}

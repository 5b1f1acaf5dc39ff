//! The gates that follow from a policy alone, after the three policies of methods and the rules of
//! Entra's app; and the kinds and channels that facts of the tenant and the time leave.

use std::collections::BTreeSet;

use super::method_policies::MigrationState;
use super::plans::includes;
use super::retirement::{Retired, Retirement};
use super::settings::{Gates, PolicySettings};
use super::throttle::{Throttle, ThrottledAct};
use crate::domain::identity::facts::TenantFacts;
use crate::domain::identity::roles::same_name;
use crate::domain::method::{Channel, MethodKind, ProvidedChannel, Verification};
use crate::domain::time::Timestamp;

/// Whether this kind belongs to the app, whose features count as one method.
const fn is_app(kind: MethodKind) -> bool {
    matches!(kind, MethodKind::AuthenticatorApp | MethodKind::AppNotification)
}

impl PolicySettings {
    /// The gates of users after [`method_policies`](Self::method_policies). Facts of the tenant and
    /// the time can still withhold a kind: see [`Retirement`](super::Retirement) and
    /// [`PlanTable`](super::PlanTable).
    #[must_use]
    pub fn user_gates(&self) -> Gates {
        let Some(policies) = &self.method_policies else { return self.users.clone() };
        let all = || &(&self.users.methods | &policies.sign_in) | &policies.authentication;
        let mut methods = match policies.state {
            MigrationState::PreMigration => self.users.methods.clone(),
            MigrationState::InProgress => all(),
            MigrationState::Complete => policies.authentication.clone(),
        };
        // Entra's policy of authentication methods has no questions: the legacy policy keeps them.
        methods.extend(self.users.methods.get(&MethodKind::SecurityQuestions));
        if self.has_app_rules() && self.users.required < 2 {
            methods.remove(&MethodKind::AppNotification);
        }
        Gates { required: self.users.required, methods }
    }

    /// The throttle that counts this act, if there is one.
    pub(crate) fn throttle(&self, act: ThrottledAct) -> Option<&Throttle> {
        self.throttles.iter().find(|throttle| throttle.counts == act)
    }

    /// Whether security questions count for users.
    pub(crate) fn counts_questions(&self) -> bool {
        self.user_gates().methods.contains(&MethodKind::SecurityQuestions)
    }

    /// Whether a method of this kind may be the first that a flow proves.
    pub(crate) fn may_be_first(&self, kind: MethodKind) -> bool {
        kind.verification() != Verification::Knowledge || self.questions.first
    }

    /// The gates that suffice for an administrator in the most lenient case.
    pub(super) fn least_administrator_gates(&self) -> Gates {
        let gates = &self.administrators.gates;
        let required = if self.administrators.one_gate_exceptions { 1 } else { gates.required };
        Gates { required, methods: gates.methods.clone() }
    }

    /// Whether Entra's rules of its app hold.
    fn has_app_rules(&self) -> bool {
        let policies = self.method_policies.as_ref();
        policies.is_some_and(|policies| policies.state != MigrationState::Complete)
    }

    /// Whether the app has too few other kinds beside it: one for one gate, two for two.
    pub(super) fn app_lacks_others(&self) -> bool {
        let methods = self.user_gates().methods;
        let others = methods.iter().filter(|kind| !is_app(**kind)).count();
        self.has_app_rules()
            && methods.iter().any(|kind| is_app(*kind))
            && others < usize::from(self.users.required)
    }
}

impl PolicySettings {
    fn retired(
        &self,
        tenant: Option<&TenantFacts>,
        now: Timestamp,
    ) -> impl Iterator<Item = &Retired> {
        let come = move |retirement: &&Retirement| retirement.has_come(tenant, now);
        self.retirements.iter().filter(come).map(|retirement| &retirement.what)
    }

    /// Whether this kind of method has ended.
    pub(crate) fn has_retired(
        &self,
        kind: MethodKind,
        tenant: Option<&TenantFacts>,
        now: Timestamp,
    ) -> bool {
        self.retired(tenant, now).any(|retired| *retired == Retired::Method(kind))
    }

    /// The channels that the tenant's plan includes and that a provider serves which has not ended,
    /// each once.
    pub(crate) fn served_channels(
        &self,
        provided: &[ProvidedChannel],
        tenant: Option<&TenantFacts>,
        now: Timestamp,
    ) -> Vec<Channel> {
        let serves = |provided: &&ProvidedChannel| {
            let ends = |retired: &Retired| {
                matches!(retired, Retired::Provider { channel, provider }
                    if *channel == provided.channel && same_name(provider, &provided.provider))
            };
            let included =
                provided.channel != Channel::Voice || includes(&self.plans.voice, tenant);
            included && !self.retired(tenant, now).any(ends)
        };
        let served: BTreeSet<_> =
            provided.iter().filter(serves).map(|provided| provided.channel).collect();
        served.into_iter().collect()
    }
}

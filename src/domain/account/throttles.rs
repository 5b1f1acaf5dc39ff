//! The windows of an account, and those that the throttles of a policy count in.

use super::Account;
use super::budget::{ThrottleState, Window};
use crate::domain::method::MethodKind;
use crate::domain::policy::Throttle;

impl Account {
    /// The windows of all failure budgets and throttles.
    pub(crate) fn windows(&self) -> impl Iterator<Item = &Window> {
        let budgets = self.budgets.iter().flat_map(|budget| [&budget.anonymous, &budget.proven]);
        budgets.chain(self.throttles.iter().flat_map(|state| [&state.anonymous, &state.proven]))
    }

    /// What this throttle has counted of acts of this kind of method.
    pub(crate) fn throttled(
        &self,
        throttle: &Throttle,
        kind: MethodKind,
    ) -> Option<&ThrottleState> {
        let method = throttle.method(kind);
        self.throttles.iter().find(|state| state.act == throttle.counts && state.method == method)
    }

    /// The same, to count in.
    pub(crate) fn throttled_mut(
        &mut self,
        throttle: &Throttle,
        kind: MethodKind,
    ) -> &mut ThrottleState {
        let (act, method) = (throttle.counts, throttle.method(kind));
        let is_it = |state: &ThrottleState| state.act == act && state.method == method;
        let place = self.throttles.iter().position(is_it).unwrap_or_else(|| {
            let (anonymous, proven) = Default::default();
            self.throttles.push(ThrottleState { act, method, anonymous, proven });
            self.throttles.len() - 1
        });
        &mut self.throttles[place]
    }
}

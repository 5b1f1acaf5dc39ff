//! What codes to new numbers can cost in a day.

use std::fmt;

use serde::Serialize;

use super::numbers::NumberPolicy;

/// The most codes to new numbers in a day, by text and voice, that the policy lets through. Multiply them
/// by the price of a message for the cost that remains.
///
/// Codes to other numbers are bounded by the budgets of each account
/// ([`SendBudgets`](super::SendBudgets)).
///
/// ```
/// use sspr::{Policy, PolicySettings};
///
/// let mut settings = PolicySettings::default();
/// assert_eq!(Policy::new(settings.clone())?.review().phone_spend().per_tenant, None);
/// settings.numbers.new_per_tenant = Some(500);
/// settings.numbers.new_per_prefix = Some(800);
/// let spend = Policy::new(settings)?.review().phone_spend();
/// assert_eq!((spend.per_prefix, spend.per_tenant), (Some(500), Some(500)));
/// # Ok::<(), sspr::policy::PolicyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct PhoneSpend {
    /// To one prefix. `None`: without a limit.
    pub per_prefix: Option<u32>,
    /// To all prefixes. `None`: without a limit.
    pub per_tenant: Option<u32>,
    /// Whether a breaker stops a prefix before that, once its codes have expired unverified.
    pub has_breaker: bool,
}

impl PhoneSpend {
    pub(super) fn of(numbers: &NumberPolicy) -> Self {
        let per_tenant = numbers.new_per_tenant;
        // The prefixes of a list bound the whole; without one there are some 200 countries.
        let count = u32::try_from(numbers.allowed.len()).ok().filter(|count| *count > 0);
        let listed =
            numbers.new_per_prefix.zip(count).map(|(most, count)| most.saturating_mul(count));
        let per_prefix = [numbers.new_per_prefix, per_tenant].into_iter().flatten().min();
        let per_tenant = [per_tenant, listed].into_iter().flatten().min();
        Self { per_prefix, per_tenant, has_breaker: numbers.breaker.is_some() }
    }
}

impl fmt::Display for PhoneSpend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = |limit: Option<u32>| {
            limit.map_or_else(|| "without a limit".to_owned(), |most| format!("at most {most}"))
        };
        let breaker = if self.has_breaker { "with a breaker" } else { "without a breaker" };
        let (tenant, prefix) = (most(self.per_tenant), most(self.per_prefix));
        write!(f, "codes a day to new phone numbers: {tenant}, to one prefix {prefix}, {breaker}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::contact::NumberPrefix;

    #[test]
    fn a_list_of_prefixes_bounds_what_the_tenant_can_spend() {
        let mut numbers = NumberPolicy { new_per_prefix: Some(100), ..NumberPolicy::default() };
        let spend = PhoneSpend::of(&numbers);
        assert_eq!((spend.per_prefix, spend.per_tenant), (Some(100), None));
        assert_eq!(
            spend.to_string(),
            "codes a day to new phone numbers: without a limit, to one prefix at most 100, without a \
             breaker"
        );
        numbers.allowed =
            ["+371", "+49"].map(|text| NumberPrefix::parse(text).expect("valid")).into();
        assert_eq!(PhoneSpend::of(&numbers).per_tenant, Some(200));
        numbers.new_per_tenant = Some(150);
        assert_eq!(PhoneSpend::of(&numbers).per_tenant, Some(150));
    }
}

//! The numbers of Entra's smart lockout, for a host with a sign-in.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::identity::roles::same_name;
use crate::domain::time::{MINUTE, duration_ms};

/// The numbers of a sign-in's lockout, by cloud (Entra: smart lockout).
///
/// This is data for the host: the engine neither counts nor locks sign-ins, and a throttled reset
/// does not lock the sign-in. Entra does not document how fast the later lockouts grow.
///
/// ```
/// use std::time::Duration;
/// use sspr::policy::SignInLockout;
///
/// let public = SignInLockout::of_cloud(None);
/// assert_eq!((public.failures, public.first), (10, Duration::from_secs(60)));
/// assert_eq!(SignInLockout::of_cloud(Some("UsGov")).failures, 3);
/// assert!(!SignInLockout::of_cloud(Some("21vianet")).customisable);
///
/// let mut own = SignInLockout::default();
/// own.failures = 5;
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct SignInLockout {
    /// Failed sign-ins that lead to a lockout. Entra: 10, in the cloud of the United States'
    /// government 3.
    pub failures: u32,
    /// The first lockout. Each further failure locks again, for longer. Entra: 60 seconds.
    #[serde(with = "duration_ms")]
    pub first: Duration,
    /// How many of the last wrong passwords do not count again if they are repeated. Entra: 3.
    pub repeats_ignored: u32,
    /// Whether a tenant may set numbers of its own (Entra: everywhere but in the cloud of 21Vianet,
    /// with a premium plan).
    pub customisable: bool,
}

impl SignInLockout {
    /// The numbers of the cloud of this name ([`TenantFacts::cloud`], in any letter case): `public`,
    /// `usgov` or `21vianet`. Without a name, those of the public cloud; for another name, the
    /// strictest.
    ///
    /// [`TenantFacts::cloud`]: crate::facts::TenantFacts::cloud
    #[must_use]
    pub fn of_cloud(cloud: Option<&str>) -> Self {
        let public = Self::default();
        let Some(cloud) = cloud else { return public };
        let is = |name| same_name(cloud, name);
        if is("public") {
            public
        } else if is("21vianet") {
            Self { customisable: false, ..public }
        } else {
            Self { failures: 3, customisable: is("usgov"), ..public }
        }
    }
}

impl Default for SignInLockout {
    fn default() -> Self {
        Self { failures: 10, first: MINUTE, repeats_ignored: 3, customisable: true }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// E4.2.20: ten failures in the public cloud and that of 21Vianet, three in that of the United
    /// States' government; a minute first.
    #[test]
    fn the_lockout_of_sign_ins_has_its_numbers_in_each_cloud() {
        let of = |cloud| {
            let lockout = SignInLockout::of_cloud(cloud);
            assert_eq!((lockout.first, lockout.repeats_ignored), (MINUTE, 3), "{cloud:?}");
            (lockout.failures, lockout.customisable)
        };
        assert_eq!([None, Some("public"), Some("Public")].map(of), [(10, true); 3]);
        assert_eq!(of(Some("21Vianet")), (10, false));
        assert_eq!(of(Some("usgov")), (3, true));
        assert_eq!(of(Some("a cloud of its own")), (3, false), "the strictest");
    }

    #[test]
    fn numbers_of_ones_own_are_read_and_a_missing_one_is_the_default() {
        let read: SignInLockout = serde_json::from_str(r#"{"failures": 5}"#).unwrap();
        assert_eq!(read, SignInLockout { failures: 5, ..SignInLockout::default() });
        assert!(serde_json::from_str::<SignInLockout>(r#"{"tries": 5}"#).is_err());
    }
}

//! What pages show before an account is known.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::domain::policy::HelpDesk;
use crate::domain::time::duration_ms;
use crate::engine::api::reply::PasswordGuide;

/// What the pages of a tenant show before a user is known: [`Engine::pages`](crate::Engine::pages).
///
/// It depends on the tenant's policy and on the tenant's counters, and never on an account, so a page may
/// show all of it to every visitor.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PageFacts {
    /// Whether `start` refuses a request without an answer to the human check at the moment: by the
    /// policy, or because the tenant's limit is spent. Show the check on the first page.
    pub human_check: bool,
    /// Whether the policy offers an unlock that keeps the password.
    pub unlock_offered: bool,
    /// How long the secret of a known device is accepted: the lifetime of its cookie. `None` if the policy
    /// switches known devices off; then do not offer to remember the browser.
    #[serde(with = "optional_ms")]
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub known_device: Option<Duration>,
    /// The rules for a new password, to show before a change. A reply that asks for a new password has
    /// them as well.
    pub password: PasswordGuide,
    /// Where a user who cannot reset gets help.
    pub help: HelpDesk,
}

mod optional_ms {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::duration_ms;

    #[derive(Serialize, Deserialize)]
    struct Millis(#[serde(with = "duration_ms")] Duration);

    pub(super) fn serialize<S: Serializer>(
        span: &Option<Duration>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        span.map(Millis).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<Millis>::deserialize(from)?.map(|Millis(span)| span))
    }
}

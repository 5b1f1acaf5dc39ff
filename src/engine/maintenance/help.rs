//! Requests for help: each administrator gets a limited number of mails in a window, then one
//! digest that counts the rest.
//!
//! No commit spans two accounts, so each administrator has a counter for the window. The first
//! request beyond the limit becomes the digest.

use crate::domain::account::{Counted, PendingBody};
use crate::domain::identity::ids::TenantId;
use crate::domain::message::Notice;
use crate::domain::policy::{Policy, Rate};
use crate::domain::rules::{ClaimedMessage, DeliveryOutcome};
use crate::domain::time::Timestamp;
use crate::engine::core::Core;
use crate::port::{CounterIncrement, PortError, PortResult};

/// The number of this kind of counter, never reused.
const HELP: u8 = 32;

/// What to do with a notice before its delivery.
pub(crate) enum Help {
    /// Deliver this notice.
    Send(Notice),
    /// Do not deliver it; settle it with this outcome.
    Settle(DeliveryOutcome),
}

/// Counts a request for help against its administrator's limit. Other notices are delivered
/// unchanged.
pub(crate) async fn count_help(
    core: &Core,
    tenant: &TenantId,
    claimed: &ClaimedMessage,
    policy: &Policy,
) -> PortResult<Help> {
    let PendingBody::Notice { notice, destination, .. } = &claimed.pending.body else {
        return Ok(Help::Settle(DeliveryOutcome::Never));
    };
    let Notice::HelpRequested { .. } = notice else {
        return Ok(Help::Send(*notice));
    };
    let rate = policy.notices.help;
    let now = core.clock.now();
    let (window, amount) = match claimed.counted {
        Counted::Yes => return Ok(Help::Send(*notice)),
        Counted::Digest { window } => (window, 0),
        Counted::No | Counted::Begun => (window_of(rate, now), 1),
    };
    let address = destination.normalised();
    let key = core.keys.counter(tenant, HELP, address.as_bytes(), 0, window);
    // The counter outlives the longest wait of a digest for its mail server.
    let expires_at = window.plus(rate.window).plus(rate.window).plus(DIGEST_LIFE);
    let counts = core.store.increment(&[CounterIncrement::new(key, amount, expires_at)]).await?;
    let count = counts
        .first()
        .copied()
        .ok_or_else(|| PortError::corrupt().because("the store returned too few counts"))?;
    let beyond = count.saturating_sub(u64::from(rate.max));
    if let Counted::Digest { window } = claimed.counted {
        let at = window.plus(rate.window).min(now.max(window));
        let count = u32::try_from(beyond.max(1)).unwrap_or(u32::MAX);
        return Ok(Help::Send(Notice::HelpRequests { count, since: window, at }));
    }
    Ok(match beyond {
        0 => Help::Send(*notice),
        // The first request beyond the limit becomes the digest. A request that may already be
        // counted may have been that first one: a second digest is better than none.
        1 => Help::Settle(digest(window, rate.window)),
        _ if claimed.counted == Counted::Begun => Help::Settle(digest(window, rate.window)),
        _ => Help::Settle(DeliveryOutcome::InDigest),
    })
}

/// How long the delivery of a digest is retried.
const DIGEST_LIFE: std::time::Duration = std::time::Duration::from_secs(86_400);

fn digest(window: Timestamp, span: std::time::Duration) -> DeliveryOutcome {
    DeliveryOutcome::Digest { window, due: window.plus(span) }
}

/// The start of the window that holds this instant.
fn window_of(rate: Rate, now: Timestamp) -> Timestamp {
    let span = i64::try_from(rate.window.as_millis()).unwrap_or(i64::MAX).max(1);
    Timestamp::from_unix_millis(now.unix_millis().div_euclid(span).saturating_mul(span))
}

//! Requests for help: so many mails to one administrator in a window, then one that counts the rest.
//!
//! No commit spans two accounts, so a counter for each administrator and window decides: the request
//! that is the first beyond the limit becomes the digest.

use super::Engine;
use crate::domain::account::{Counted, PendingBody};
use crate::domain::decide::{ClaimedMessage, DeliveryOutcome};
use crate::domain::ids::TenantId;
use crate::domain::message::Notice;
use crate::domain::policy::{Policy, Rate};
use crate::domain::time::Timestamp;
use crate::port::{CounterIncrement, PortError, PortResult};

/// The number of these counters among all, never reused.
const HELP: u8 = 32;

/// What becomes of a notice before it is handed over.
pub(super) enum Help {
    /// It goes out, in these words.
    Send(Notice),
    /// It does not go out now.
    Instead(DeliveryOutcome),
}

impl Engine {
    /// Counts a request for help with its administrator. Other notices go out as they are.
    pub(super) async fn count_help(
        &self,
        tenant: &TenantId,
        claimed: &ClaimedMessage,
        policy: &Policy,
    ) -> PortResult<Help> {
        let PendingBody::Notice { notice, destination, .. } = &claimed.pending.body else {
            return Ok(Help::Instead(DeliveryOutcome::Never));
        };
        let Notice::HelpRequested { .. } = notice else {
            return Ok(Help::Send(*notice));
        };
        let rate = policy.notices.help;
        let now = self.inner.clock.now();
        let (window, amount) = match claimed.counted {
            Counted::Yes => return Ok(Help::Send(*notice)),
            Counted::Digest { window } => (window, 0),
            Counted::No | Counted::Begun => (window_of(rate, now), 1),
        };
        let whom = destination.normalised();
        let key = self.inner.keys.counter(tenant, HELP, whom.as_bytes(), 0, window);
        // Longer than the digest may wait for its mail server.
        let gone = window.plus(rate.window).plus(rate.window).plus(DIGEST_LIFE);
        let counts =
            self.inner.store.increment(&[CounterIncrement::new(key, amount, gone)]).await?;
        let count = counts
            .first()
            .copied()
            .ok_or_else(|| PortError::corrupt().because("a count is missing"))?;
        let beyond = count.saturating_sub(u64::from(rate.max));
        if let Counted::Digest { window } = claimed.counted {
            let at = window.plus(rate.window).min(now.max(window));
            let count = u32::try_from(beyond.max(1)).unwrap_or(u32::MAX);
            return Ok(Help::Send(Notice::HelpRequests { count, since: window, at }));
        }
        Ok(match beyond {
            0 => Help::Send(*notice),
            // The first one beyond the limit. One that may have been counted before may have been the
            // first as well: a digest too many is better than none.
            1 => Help::Instead(digest(window, rate.window)),
            _ if claimed.counted == Counted::Begun => Help::Instead(digest(window, rate.window)),
            _ => Help::Instead(DeliveryOutcome::InDigest),
        })
    }
}

/// How long a digest is tried.
const DIGEST_LIFE: std::time::Duration = std::time::Duration::from_secs(86_400);

fn digest(window: Timestamp, span: std::time::Duration) -> DeliveryOutcome {
    DeliveryOutcome::Digest { window, due: window.plus(span) }
}

/// The start of the window that holds this instant.
fn window_of(rate: Rate, now: Timestamp) -> Timestamp {
    let span = i64::try_from(rate.window.as_millis()).unwrap_or(i64::MAX).max(1);
    Timestamp::from_unix_millis(now.unix_millis().div_euclid(span).saturating_mul(span))
}
